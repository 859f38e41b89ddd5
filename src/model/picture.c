/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures as pixels. Pure. */
#include "nvirt/picture.h"

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

/* ---- another size ---- */

/* The pixels that one of the new size covers, and how much of the first and the last: in 256ths. */
struct cover {
	unsigned first, last;
	unsigned first_part, last_part;
};

static struct cover *covers(unsigned from, unsigned size, unsigned to)
{
	struct cover *all = g_new(struct cover, to);

	for (unsigned i = 0; i < to; i++) {
		guint64 start = (guint64)i * size * 256 / to, end = MAX((guint64)(i + 1) * size * 256 / to, start + 1);
		unsigned first = (unsigned)(start >> 8), last = (unsigned)((end - 1) >> 8);

		all[i] = (struct cover){.first = from + first, .last = from + last};
		all[i].first_part = first == last ? (unsigned)(end - start) : 256 - (unsigned)(start & 255);
		all[i].last_part = (unsigned)(end - ((guint64)last << 8));
	}
	return all;
}

static unsigned part_of(const struct cover *cover, unsigned i)
{
	return i == cover->first ? cover->first_part : i == cover->last ? cover->last_part : 256;
}

static void mean_of_cover(const struct picture *picture, const struct cover *across, const struct cover *down, uint8_t ret_rgb[3])
{
	guint64 sum[3] = {0}, all = 0;

	for (unsigned y = down->first; y <= down->last; y++) {
		const uint8_t *pixel = picture->rgb + ((gsize)y * picture->width + across->first) * 3;

		for (unsigned x = across->first; x <= across->last; x++, pixel += 3) {
			unsigned part = part_of(across, x) * part_of(down, y);

			all += part;
			for (unsigned c = 0; c < 3; c++)
				sum[c] += (guint64)pixel[c] * part;
		}
	}
	for (unsigned c = 0; c < 3; c++)
		ret_rgb[c] = (uint8_t)((sum[c] + all / 2) / MAX(all, 1));
}

struct picture *picture_scaled(const struct picture *picture, unsigned x, unsigned y, unsigned width, unsigned height,
        unsigned to_width, unsigned to_height)
{
	struct picture *scaled = picture_new(to_width, to_height);
	g_autofree struct cover *across = covers(x, width, to_width), *down = covers(y, height, to_height);
	uint8_t *out = scaled->rgb;

	for (unsigned row = 0; row < to_height; row++)
		for (unsigned col = 0; col < to_width; col++, out += 3)
			mean_of_cover(picture, &across[col], &down[row], out);
	return scaled;
}
