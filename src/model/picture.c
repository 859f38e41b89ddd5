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
