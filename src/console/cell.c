/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See cell.h. The inner loop of the whole recognition: 20 ns a cell of 8x16 with SSE2. */
#include "cell.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
static inline __m128i four_equal(const uint32_t *pixels, __m128i colour)
{
	__m128i four = _mm_and_si128(_mm_loadu_si128((const __m128i *)pixels), _mm_set1_epi32(RGB_MASK));

	return _mm_cmpeq_epi32(four, colour);
}

static inline uint32_t equal_bits(const uint32_t *pixels, int width, uint32_t colour)
{
	__m128i all = _mm_set1_epi32((int)colour);
	uint32_t bits = 0;

	if (width == 8) {
		__m128i words = _mm_packs_epi32(four_equal(pixels, all), four_equal(pixels + 4, all));

		return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(words, _mm_setzero_si128()));
	}
	if (width == 16) {
		__m128i low = _mm_packs_epi32(four_equal(pixels, all), four_equal(pixels + 4, all));
		__m128i high = _mm_packs_epi32(four_equal(pixels + 8, all), four_equal(pixels + 12, all));

		return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(low, high));
	}
	for (int x = 0; width < 4 && x < width; x++)
		bits |= (uint32_t)((pixels[x] & RGB_MASK) == colour) << x;
	for (int x = 0; width >= 4 && x < width; x += 4) {
		int at = MIN(x, width - 4);

		bits |= (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(four_equal(pixels + at, all))) << at;
	}
	return bits;
}
#else
static inline uint32_t equal_bits(const uint32_t *pixels, int width, uint32_t colour)
{
	uint32_t bits = 0;

	for (int x = 0; x < width; x++)
		bits |= (uint32_t)((pixels[x] & RGB_MASK) == colour) << x;
	return bits;
}
#endif

/* Something that changes when the cell does; never looked up. */
static uint64_t sum(const uint32_t *pixels, int stride, int width, int height)
{
	uint64_t hash = glyph_hash_start(width, height);

	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			hash = (hash ^ (pixels[(gsize)y * (gsize)stride + (gsize)x] & RGB_MASK)) * 0xff51afd7ed558ccdull;
	return hash ^ hash >> 32;
}

static void read_many(const uint32_t *pixels, int stride, int width, int height, struct cell_bits *bits)
{
	bits->kind = CELL_MANY;
	bits->key = sum(pixels, stride, width, height);
}

static inline void read_width(
        const uint32_t *pixels, int stride, int width, int height, struct cell_bits *bits, uint64_t *ret_eighth)
{
	const uint32_t mask = glyph_row_mask(width);
	const int rows_a_word = glyph_rows_a_word(width), shift = 64 / rows_a_word;
	uint64_t hash = glyph_hash_start(width, height), word = 0, eighth = 0;
	const uint32_t *row = pixels;
	int in_word = 0;

	bits->a = bits->b = pixels[0] & RGB_MASK;
	bits->kind = CELL_BLANK;
	for (int y = 0; y < height; y++, row += stride) {
		uint32_t set = ~equal_bits(row, width, bits->a) & mask;

		if (set) {
			if (bits->kind == CELL_BLANK) {
				bits->b = row[__builtin_ctz(set)] & RGB_MASK;
				bits->kind = CELL_TWO;
			}
			if (equal_bits(row, width, bits->b) != set) {
				bits->kind = CELL_MANY;
				return;
			}
		}
		word |= (uint64_t)set << (in_word * shift);
		eighth |= (uint64_t)(set >> 7 & 1) << y;
		if (++in_word == rows_a_word) {
			hash = glyph_hash_word(hash, word);
			word = 0;
			in_word = 0;
		}
	}
	if (in_word)
		hash = glyph_hash_word(hash, word);
	bits->key = glyph_hash_end(hash);
	*ret_eighth = eighth;
}

static bool read_ninth(const uint32_t *pixels, int stride, int height, uint64_t eighth, struct cell_bits *bits)
{
	uint64_t all = height >= 64 ? UINT64_MAX : (1ull << height) - 1, ninth = 0;
	bool blank = bits->kind == CELL_BLANK;
	uint32_t differs = 0;

	/* Nearly always: background. */
	for (int y = 0; y < height; y++)
		differs |= pixels[(gsize)y * (gsize)stride + 8] ^ bits->a;
	if (!(differs & RGB_MASK)) {
		bits->ninth = NINTH_A;
		bits->ninth_either = eighth == 0;
		return true;
	}
	if (blank)
		bits->b = pixels[8] & RGB_MASK;
	for (int y = 0; y < height; y++) {
		uint32_t pixel = pixels[(gsize)y * (gsize)stride + 8] & RGB_MASK;

		if (pixel != bits->a && pixel != bits->b)
			return false;
		ninth |= (uint64_t)(pixel != bits->a) << y;
	}
	bits->ninth = ninth == 0        ? NINTH_A
	              : ninth == all    ? NINTH_B
	              : ninth == eighth ? NINTH_COPY
	                                : NINTH_OTHER;
	bits->ninth_either = ninth == eighth;
	if (blank && ninth == all) {
		bits->kind = CELL_TWO;
		bits->ninth = NINTH_GAP;
	}
	return !blank || ninth == 0 || ninth == all;
}

void cell_read(const uint32_t *pixels, int stride, int width, int height, struct cell_bits *ret_bits)
{
	uint64_t eighth = 0;

	ret_bits->ninth = NINTH_NONE;
	ret_bits->ink = INK_NONE;
	ret_bits->ninth_either = false;
	/* The compiler makes a loop of its own for each. */
	if (width == 8 || width == 9)
		read_width(pixels, stride, 8, height, ret_bits, &eighth);
	else if (width == 16)
		read_width(pixels, stride, 16, height, ret_bits, &eighth);
	else
		read_width(pixels, stride, width, height, ret_bits, &eighth);
	if (ret_bits->kind != CELL_MANY && width == 9 && !read_ninth(pixels, stride, height, eighth, ret_bits))
		ret_bits->kind = CELL_MANY;
	if (ret_bits->kind == CELL_MANY)
		read_many(pixels, stride, width, height, ret_bits);
}

void cell_rows(const uint32_t *pixels, int stride, int width, int height, uint32_t colour, bool same,
        uint32_t rows[GLYPH_HEIGHT_MAX])
{
	uint32_t mask;

	width = cell_glyph_width(width);
	mask = glyph_row_mask(width);
	for (int y = 0; y < height; y++, pixels += stride) {
		uint32_t equal = equal_bits(pixels, width, colour);

		rows[y] = (same ? equal : ~equal) & mask;
	}
}

/* ---- miniature ---- */

struct mean {
	unsigned red, green, blue, count;
};

static void add_part(struct mean *mean, const uint32_t *pixels, int stride, int width, int height)
{
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			uint32_t pixel = pixels[(gsize)y * (gsize)stride + (gsize)x];

			mean->red += pixel >> 16 & 0xff;
			mean->green += pixel >> 8 & 0xff;
			mean->blue += pixel & 0xff;
		}
	mean->count += (unsigned)(width * height);
}

static uint32_t mean_colour(const struct mean *mean)
{
	unsigned n = MAX(mean->count, 1);

	return mean->red / n << 16 | mean->green / n << 8 | mean->blue / n;
}

static void merge(struct mean *into, const struct mean *part)
{
	into->red += part->red;
	into->green += part->green;
	into->blue += part->blue;
	into->count += part->count;
}

/* The channel that tells the parts apart best: how far to shift for it. */
static int widest_channel(const uint32_t parts[4], unsigned *ret_middle)
{
	unsigned best = 0;
	int shift = 0;

	*ret_middle = 0;
	for (int at = 16; at >= 0; at -= 8) {
		unsigned low = 255, high = 0;

		for (int i = 0; i < 4; i++) {
			low = MIN(low, parts[i] >> at & 0xff);
			high = MAX(high, parts[i] >> at & 0xff);
		}
		if (high - low > best) {
			best = high - low;
			shift = at;
			*ret_middle = (low + high + 1) / 2;
		}
	}
	return best < 4 ? -1 : shift;
}

void cell_miniature(const uint32_t *pixels, int stride, int width, int height, struct text_cell *ret_cell)
{
	/* Bits: upper left, upper right, lower left, lower right. */
	static const uint16_t quadrants[16] = {' ', 0x2598, 0x259d, 0x2580, 0x2596, 0x258c, 0x259e, 0x259b, 0x2597,
	        0x259a, 0x2590, 0x259c, 0x2584, 0x2599, 0x259f, 0x2588};
	int left = width / 2, top = height / 2, shift, set = 0;
	struct mean means[4] = {0}, groups[2] = {0};
	uint32_t parts[4];
	unsigned middle;

	for (int i = 0; i < 4; i++) {
		bool right = i & 1, low = i & 2;

		add_part(&means[i], pixels + (low ? (gsize)top * (gsize)stride : 0) + (right ? left : 0), stride,
		        right ? width - left : left, low ? height - top : top);
		parts[i] = mean_colour(&means[i]);
	}
	shift = widest_channel(parts, &middle);
	for (int i = 0; i < 4; i++) {
		bool on = shift >= 0 && (parts[i] >> shift & 0xff) >= middle;

		merge(&groups[on], &means[i]);
		set |= on << i;
	}
	ret_cell->ch = quadrants[set];
	ret_cell->bg = mean_colour(&groups[set == 15]);
	ret_cell->fg = set ? mean_colour(&groups[1]) : ret_cell->bg;
}
