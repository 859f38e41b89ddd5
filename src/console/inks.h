/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text on a picture: the few colours that it is written in. Pure.
 *
 * A boot menu over a wallpaper has cells of many colours, but each glyph is of one, and no wallpaper has
 * so many pixels of the very same colour that stand out from its mean.
 */
#ifndef NVIRT_CONSOLE_INKS_H
#define NVIRT_CONSOLE_INKS_H

#include "cell.h"
#include "fonts.h"

#define INKS_MAX 5

struct inks {
	uint32_t colours[INKS_MAX]; /* 0xRRGGBB, those of most pixels first */
	unsigned count;             /* 0 = the screen is not read by its inks */
};

/* All of a cell's pixels are shades of one colour: what is written on, not drawn. Its mean then. */
bool inks_is_ground(const uint32_t *pixels, int stride, int width, int height, uint32_t *ret_mean);
/* The colours of a frame that may be text's. */
struct inks inks_find(const struct frame *frame);
/* How far apart two colours are: 0 to 255, of the channel that tells them apart best. */
int inks_contrast(uint32_t one, uint32_t other);
/* Closer ones are shades of a picture, not text and what it is written on. */
#define INKS_CONTRAST_MIN 56
bool inks_have(const struct inks *inks, uint32_t pixel);
/*
 * Reads a cell of many colours as one of two: an ink, and what else is there as its background. The one that
 * makes a known glyph if any does. False: no ink is in it, `bits` is as it was.
 */
bool inks_read(const struct inks *inks, const struct fonts *fonts, const uint32_t *pixels, int stride, int width, int height,
        struct cell_bits *bits);

#endif
