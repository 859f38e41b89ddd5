/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See inks.h. */
#include "inks.h"

#include <string.h>

/* Of a large frame only some lines are counted: so many pixels. */
#define COUNTED_MAX 160000
#define TABLE_SIZE 4096
/* A glyph's strokes are wider than a pixel, so a line that is left out misses none of a text's colours. */
#define LINE_STEP_MAX 7
/* Fewer pixels are no line of text; more than a third of the screen are no ink. */
#define INK_PIXELS_MIN 60

struct colour_count {
	uint32_t colour, count;
};

static void count_colour(struct colour_count table[TABLE_SIZE], uint32_t colour, uint32_t by)
{
	uint32_t at = (colour * 0x9e3779b1u) >> 20;

	/* A picture has more colours than there is room for: what is common comes early and often. */
	for (int tries = 0; tries < 8; tries++, at = (at + 1) % TABLE_SIZE)
		if (!table[at].count || table[at].colour == colour) {
			table[at].colour = colour;
			table[at].count += by;
			return;
		}
}

/* The number of pixels that were counted, and their mean. */
static uint32_t count_colours(const struct frame *frame, struct colour_count table[TABLE_SIZE], uint32_t *ret_mean)
{
	int step = CLAMP(frame->width * frame->height / COUNTED_MAX, 1, LINE_STEP_MAX);
	uint32_t counted = 0;
	uint64_t sums[3] = {0};

	for (int y = 0; y < frame->height; y += step) {
		const uint32_t *row = frame->pixels + (gsize)y * (gsize)frame->stride;

		for (int x = 0, from = 0; x < frame->width; from = x) {
			uint32_t colour = row[x] & RGB_MASK;

			while (x < frame->width && (row[x] & RGB_MASK) == colour)
				x++;
			count_colour(table, colour, (uint32_t)(x - from));
			for (int i = 0; i < 3; i++)
				sums[i] += (uint64_t)(colour >> (8 * i) & 0xff) * (unsigned)(x - from);
		}
		counted += (uint32_t)frame->width;
	}
	for (int i = 0; i < 3; i++)
		sums[i] /= MAX(counted, 1);
	*ret_mean = (uint32_t)(sums[2] << 16 | sums[1] << 8 | sums[0]);
	return counted;
}

int inks_contrast(uint32_t one, uint32_t other)
{
	int most = 0;

	for (int shift = 0; shift <= 16; shift += 8)
		most = MAX(most, ABS((int)(one >> shift & 0xff) - (int)(other >> shift & 0xff)));
	return most;
}

struct inks inks_find(const struct frame *frame)
{
	g_autofree struct colour_count *table = g_new0(struct colour_count, TABLE_SIZE);
	uint32_t mean, counted = count_colours(frame, table, &mean), counts[INKS_MAX] = {0};
	struct inks inks = {0};

	for (unsigned i = 0, at; i < TABLE_SIZE; i++) {
		if (table[i].count < INK_PIXELS_MIN || table[i].count > counted / 3 ||
		        inks_contrast(table[i].colour, mean) < INKS_CONTRAST_MIN)
			continue;
		for (at = inks.count; at > 0 && counts[at - 1] < table[i].count; at--)
			if (at < INKS_MAX) {
				inks.colours[at] = inks.colours[at - 1];
				counts[at] = counts[at - 1];
			}
		if (at == INKS_MAX)
			continue;
		inks.colours[at] = table[i].colour;
		counts[at] = table[i].count;
		inks.count = MIN(inks.count + 1, INKS_MAX);
	}
	return inks;
}

bool inks_have(const struct inks *inks, uint32_t pixel)
{
	for (unsigned i = 0; i < inks->count; i++)
		if (inks->colours[i] == (pixel & RGB_MASK))
			return true;
	return false;
}

/* The mean of all that is not of that colour. */
static uint32_t ground_of(const uint32_t *pixels, int stride, int width, int height, uint32_t ink)
{
	unsigned sums[3] = {0}, count = 0;

	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			uint32_t pixel = pixels[(gsize)y * (gsize)stride + (gsize)x] & RGB_MASK;

			if (pixel == ink)
				continue;
			for (int i = 0; i < 3; i++)
				sums[i] += pixel >> (8 * i) & 0xff;
			count++;
		}
	count = MAX(count, 1);
	return sums[2] / count << 16 | sums[1] / count << 8 | sums[0] / count;
}

bool inks_is_ground(const uint32_t *pixels, int stride, int width, int height, uint32_t *ret_mean)
{
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			if (inks_contrast(pixels[0], pixels[(gsize)y * (gsize)stride + (gsize)x]) >= INKS_CONTRAST_MIN)
				return false;
	/* No pixel is of this one. */
	*ret_mean = ground_of(pixels, stride, width, height, ~RGB_MASK);
	return true;
}

bool inks_read(const struct inks *inks, const struct fonts *fonts, const uint32_t *pixels, int stride, int width, int height,
        struct cell_bits *bits)
{
	uint32_t rows[GLYPH_HEIGHT_MAX], ground, ink = 0, set;
	bool inverted = false, found = false;
	uint64_t key = 0;

	for (unsigned i = 0; i < inks->count; i++) {
		bool turned;
		uint64_t tried;

		cell_rows(pixels, stride, width, height, inks->colours[i], true, rows);
		set = 0;
		for (int y = 0; y < height; y++)
			set |= rows[y];
		if (!set)
			continue;
		tried = glyph_key(rows, cell_glyph_width(width), height, &turned);
		if (found && !fonts_has(fonts, tried))
			continue;
		found = true;
		key = tried;
		inverted = turned;
		ink = inks->colours[i];
		if (fonts_has(fonts, tried))
			break;
	}
	if (!found)
		return false;
	ground = ground_of(pixels, stride, width, height, ink);
	*bits = (struct cell_bits){.key = key, .a = inverted ? ink : ground, .b = inverted ? ground : ink, .kind = CELL_TWO,
	        .ninth = NINTH_NONE, .ink = inverted ? INK_A : INK_B};
	return true;
}
