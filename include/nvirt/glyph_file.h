/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Glyphs that a user has named, as a console font (PSF 2 with its Unicode table) of one
 * size: what fonts_load_dir() reads from $XDG_DATA_HOME/nvirt/fonts. Pure.
 */
#ifndef NVIRT_GLYPH_FILE_H
#define NVIRT_GLYPH_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define NAMED_GLYPH_WIDTH_MAX 32
#define NAMED_GLYPH_HEIGHT_MAX 64
/* A font of more is no longer one of glyphs that somebody named one by one. */
#define NAMED_GLYPHS_MAX 4096

struct named_glyph {
	int width, height;
	uint32_t rows[NAMED_GLYPH_HEIGHT_MAX]; /* bit 0 the leftmost pixel */
	gunichar ch;
};

/* May that character be what a cell shows: printable, no blank, one column wide, within the BMP? */
bool named_glyph_may_be(gunichar ch);
/* "learned-8x16.psf". Owned. */
char *glyph_file_name(const struct named_glyph *glyph);
/*
 * The font `bytes` (length 0: none yet) with the glyph; one that has its bitmap, or its inverse, is
 * renamed. Owned. NULL with `error`: `bytes` is no such font, or it is full.
 */
GByteArray *glyph_file_add(const uint8_t *bytes, gsize length, const struct named_glyph *glyph, GError **error);

#endif
