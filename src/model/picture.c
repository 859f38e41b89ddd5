/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures as pixels. Pure. */
#include "nvirt/picture.h"

/* More samples than that in a row or column of one cell tell nothing more. */
#define SAMPLES_MAX 12

struct picture *picture_new(unsigned width, unsigned height)
{
	struct picture *picture = g_new0(struct picture, 1);

	picture->width = width;
	picture->height = height;
	picture->rgb = g_malloc0((gsize)width * height * 3);
	return picture;
}

void picture_free(struct picture *picture)
{
	if (!picture)
		return;
	g_free(picture->rgb);
	g_free(picture);
}

/* Pixels from `from` to `to` of `size`: at least one, in steps of `ret_step`. */
static void span(unsigned size, double from, double to, unsigned *ret_first, unsigned *ret_last, unsigned *ret_step)
{
	unsigned first = (unsigned)CLAMP(from * size, 0, size - 1.0);
	unsigned last = (unsigned)CLAMP(to * size, 0, (double)size);

	last = MAX(last, first + 1);
	*ret_first = first;
	*ret_last = last;
	*ret_step = MAX((last - first) / SAMPLES_MAX, 1);
}

int picture_mean(const struct picture *picture, double x0, double y0, double x1, double y1)
{
	unsigned left, right, across, top, bottom, down;
	guint64 sum[3] = {0}, count = 0;

	if (!picture->width || !picture->height)
		return 0;
	span(picture->width, x0, x1, &left, &right, &across);
	span(picture->height, y0, y1, &top, &bottom, &down);
	for (unsigned y = top; y < bottom; y += down)
		for (unsigned x = left; x < right; x += across, count++)
			for (unsigned c = 0; c < 3; c++)
				sum[c] += picture->rgb[((gsize)y * picture->width + x) * 3 + c];
	return (int)(sum[0] / count) << 16 | (int)(sum[1] / count) << 8 | (int)(sum[2] / count);
}
