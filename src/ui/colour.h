/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Colours as numbers: xterm's palette, the nearest of it in CIELAB (what the eye
 * takes for near), and the contrast of two colours as WCAG 2 defines it. Pure.
 */
#ifndef NVIRT_UI_COLOUR_H
#define NVIRT_UI_COLOUR_H

#include <stdbool.h>

struct colour_lab {
	float l, a, b;
};

/* 0xrrggbb of xterm's colour 0..255. */
int colour_palette_rgb(int index);
struct colour_lab colour_lab(int rgb);
/* Of 16..255, which no terminal's user has changed. */
int colour_nearest_256(int rgb);
/* 1..21. */
double colour_contrast(int rgb_a, int rgb_b);
/* `share` of `rgb`, the rest of `other`: what a terminal makes of "dim". */
int colour_mix(int rgb, int other, double share);

#endif
