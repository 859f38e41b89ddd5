/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture drawn with characters: see picture_cells.h. */
#include "picture_cells.h"

#include <stdlib.h>
#include <string.h>

/* Quarters of a cell from the top left, a bit each; the character that has those in its foreground. */
static const gunichar quarter_chars[16] = {' ', 0x2598, 0x259d, 0x2580, 0x2596, 0x258c, 0x259e, 0x259b, 0x2597,
        0x259a, 0x2590, 0x259c, 0x2584, 0x2599, 0x259f, 0x2588};

static int channel(int rgb, int c)
{
	return rgb >> (16 - 8 * c) & 255;
}

/* The nearest of the cube's six levels. */
static int cube_level(int value)
{
	return value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40;
}

static int far(int rgb, int r, int g, int b)
{
	int dr = channel(rgb, 0) - r, dg = channel(rgb, 1) - g, db = channel(rgb, 2) - b;
	return dr * dr + dg * dg + db * db;
}

/* By arithmetic, as there are thousands of cells in a frame. */
uint8_t picture_cells_colour(int rgb)
{
	static const int steps[6] = {0, 95, 135, 175, 215, 255};
	int r = cube_level(channel(rgb, 0)), g = cube_level(channel(rgb, 1)), b = cube_level(channel(rgb, 2));
	int mean = (channel(rgb, 0) + channel(rgb, 1) + channel(rgb, 2)) / 3;
	int grey = CLAMP((mean - 3) / 10, 0, 23), level = 8 + 10 * grey;
	if (far(rgb, level, level, level) < far(rgb, steps[r], steps[g], steps[b]))
		return (uint8_t)(232 + grey);
	return (uint8_t)(16 + 36 * r + 6 * g + b);
}

/* The channel in which the four quarters differ most. */
static int widest_channel(const int quarters[4], int *ret_middle)
{
	int best = 0, widest = -1;
	for (int c = 0; c < 3; c++) {
		int low = 255, high = 0;
		for (int i = 0; i < 4; i++) {
			low = MIN(low, channel(quarters[i], c));
			high = MAX(high, channel(quarters[i], c));
		}
		if (high - low <= widest)
			continue;
		widest = high - low;
		best = c;
		*ret_middle = (low + high + 1) / 2;
	}
	return best;
}

static int mean_of(const int quarters[4], unsigned mask)
{
	int sum[3] = {0}, n = 0;
	for (int i = 0; i < 4; i++) {
		if (!(mask & 1u << i))
			continue;
		n++;
		for (int c = 0; c < 3; c++)
			sum[c] += channel(quarters[i], c);
	}
	return n ? sum[0] / n << 16 | sum[1] / n << 8 | sum[2] / n : 0;
}

/* Split in two colours where they differ most. */
static void draw_quarters(struct area area, int y, int x, const int quarters[4])
{
	int middle = 0;
	int c = widest_channel(quarters, &middle);
	unsigned mask = 0;
	for (unsigned i = 0; i < 4; i++)
		if (channel(quarters[i], c) >= middle)
			mask |= 1u << i;
	uint8_t fg = picture_cells_colour(mean_of(quarters, mask)), bg = picture_cells_colour(mean_of(quarters, ~mask & 15));
	if (mask == 15)
		area_colour(area, y, x, ' ', fg, fg);
	else
		area_colour(area, y, x, quarter_chars[mask], fg, bg);
}

static void draw_by_brightness(struct area area, int y, int x, int rgb)
{
	static const char dense[] = " .:-=+*#%@";
	int brightness = (channel(rgb, 0) * 30 + channel(rgb, 1) * 59 + channel(rgb, 2) * 11) / 100;
	area_fill(area, y, x, 1, 1, ROLE_TEXT, (gunichar)dense[brightness * 9 / 255]);
}

void picture_cells_quarters(struct area area, int y, int x, const int quarters[4], bool coloured)
{
	if (coloured && !area.canvas->ascii)
		draw_quarters(area, y, x, quarters);
	else
		draw_by_brightness(area, y, x, mean_of(quarters, 15));
}
