/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A glyph's bitmap as a number. Pure.
 *
 * Rows are uint32_t, bit 0 the leftmost pixel. A bitmap and its complement are the same picture with
 * the colours swapped, so both have one key: that of the one whose top left pixel is not set.
 * Keys are written into the built-in table: changing one bit of this means making it anew.
 */
#ifndef NVIRT_CONSOLE_GLYPH_H
#define NVIRT_CONSOLE_GLYPH_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define GLYPH_WIDTH_MAX 32
#define GLYPH_HEIGHT_MAX 64
#define GLYPH_WORDS_MAX 32
#define GLYPH_KEY_BITS 39

/* Rows of a cell of that width in a 64-bit word of its packed form. */
static inline int glyph_rows_a_word(int width)
{
	return width <= 8 ? 8 : width <= 16 ? 4 : 2;
}

static inline uint64_t glyph_hash_start(int width, int height)
{
	return 0x9e3779b97f4a7c15ull * (uint64_t)(width * 128 + height);
}

static inline uint64_t glyph_hash_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0xff51afd7ed558ccdull;
	return hash ^ hash >> 32;
}

static inline uint64_t glyph_hash_end(uint64_t hash)
{
	hash *= 0xc4ceb9fe1a85ec53ull;
	return (hash ^ hash >> 29) >> (64 - GLYPH_KEY_BITS);
}

static inline uint64_t glyph_hash_words(const uint64_t *words, int width, int height)
{
	int n = glyph_rows_a_word(width), count = (height + n - 1) / n;
	uint64_t hash = glyph_hash_start(width, height);

	for (int i = 0; i < count; i++)
		hash = glyph_hash_word(hash, words[i]);
	return glyph_hash_end(hash);
}

static inline uint32_t glyph_row_mask(int width)
{
	return width >= 32 ? UINT32_MAX : (1u << width) - 1;
}

static inline void glyph_pack(const uint32_t *rows, int width, int height, uint64_t words[GLYPH_WORDS_MAX])
{
	int n = glyph_rows_a_word(width), bits = 64 / n;

	for (int i = 0; i < (height + n - 1) / n; i++)
		words[i] = 0;
	for (int y = 0; y < height; y++)
		words[y / n] |= (uint64_t)rows[y] << (y % n * bits);
}

/* The key, and whether the bitmap had to be inverted for it. */
static inline uint64_t glyph_key(const uint32_t *rows, int width, int height, bool *ret_inverted)
{
	uint32_t turned[GLYPH_HEIGHT_MAX], mask = glyph_row_mask(width);
	uint64_t words[GLYPH_WORDS_MAX];
	bool inverted = rows[0] & 1;

	for (int y = 0; y < height; y++)
		turned[y] = (inverted ? ~rows[y] : rows[y]) & mask;
	glyph_pack(turned, width, height, words);
	*ret_inverted = inverted;
	return glyph_hash_words(words, width, height);
}

/* Rows a text cursor of the VGA hides at the bottom of a cell. */
static inline int glyph_cursor_rows(int height)
{
	return height >= 12 ? 3 : 2;
}

/* Stands for the height of a glyph whose last rows are hidden. */
#define GLYPH_TOPS 64

#endif
