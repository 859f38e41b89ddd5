/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture as pixels, as it crosses threads: owned, frozen when posted. Pure. */
#ifndef NVIRT_PICTURE_H
#define NVIRT_PICTURE_H

#include <glib.h>
#include <stdint.h>

/* What is larger is refused before anything is allocated for it. */
#define PICTURE_SIDE_MAX 4096

struct picture {
	unsigned width, height;
	uint8_t *rgb; /* three bytes a pixel, rows from the top, without padding */
};

struct picture *picture_new(unsigned width, unsigned height);
void picture_free(struct picture *picture);
/*
 * The part of `width` x `height` pixels from (x, y), which must lie within it, as `to_width` x `to_height` pixels:
 * each the mean of what it covers, so that lines stay when it shrinks and edges when it grows. No side is 0. Owned.
 * Takes a while: not for the main thread.
 */
struct picture *picture_scaled(const struct picture *picture, unsigned x, unsigned y, unsigned width, unsigned height,
        unsigned to_width, unsigned to_height);
/* Owned. Takes a while: not for the main thread. */
GBytes *picture_png(const struct picture *picture, GError **error);

#endif
