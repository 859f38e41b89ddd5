/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One cell of pixels: its two colours and its bitmap's key; or a miniature of it. Pure. */
#ifndef NVIRT_CONSOLE_CELL_H
#define NVIRT_CONSOLE_CELL_H

#include "glyph.h"
#include "nvirt/screen_text.h"

#define RGB_MASK 0x00ffffffu

enum cell_kind { CELL_NOT_READ, CELL_BLANK, CELL_TWO, CELL_MANY };

/* The ninth column of a cell in VGA text mode, beside its eight. */
enum cell_ninth {
	NINTH_NONE,   /* cells are not 9 wide */
	NINTH_A,      /* all of colour a */
	NINTH_B,      /* all of colour b */
	NINTH_COPY,   /* as the eighth, which has both colours */
	NINTH_GAP,    /* all eight are of colour a, the ninth is of b: a full block that the VGA does not widen */
	NINTH_OTHER,  /* anything else: a cursor stands there */
};

/* Which of the two colours is known to be the glyph's: see inks.h. */
enum cell_ink { INK_NONE, INK_A, INK_B };

struct cell_bits {
	uint64_t key;  /* CELL_TWO: of its first eight columns where it is nine wide */
	uint32_t a, b; /* of the top left pixel; the other one. CELL_MANY: key and these only tell a change */
	uint8_t kind;
	uint8_t ninth;
	uint8_t ink;
	bool ninth_either; /* the eighth column is of one colour and the ninth the same */
};

static inline bool cell_bits_same(const struct cell_bits *a, const struct cell_bits *b)
{
	return a->key == b->key && a->a == b->a && a->b == b->b && a->kind == b->kind && a->ninth == b->ninth;
}

/* `pixels` is the cell's first; width 4 to 32, or 9 for VGA text mode. */
void cell_read(const uint32_t *pixels, int stride, int width, int height, struct cell_bits *ret_bits);
/* Where the pixels are not (`same`: are) of `colour`, as rows; eight columns of nine. */
void cell_rows(const uint32_t *pixels, int stride, int width, int height, uint32_t colour, bool same,
        uint32_t rows[GLYPH_HEIGHT_MAX]);
/* Quadrants in two colours. */
void cell_miniature(const uint32_t *pixels, int stride, int width, int height, struct text_cell *ret_cell);

static inline int cell_glyph_width(int width)
{
	return width == 9 ? 8 : width;
}

#endif
