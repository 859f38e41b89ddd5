/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture as PNG bytes: see picture.h. Pure, but not quick: no work for the main thread. */
#include <png.h>

#include "nvirt/picture.h"

GBytes *picture_png(const struct picture *picture, GError **error)
{
	png_image image = {.version = PNG_IMAGE_VERSION,
	        .width = picture->width,
	        .height = picture->height,
	        .format = PNG_FORMAT_RGB};
	png_alloc_size_t size = 0;
	g_autofree void *bytes = NULL;

	if (png_image_write_to_memory(&image, NULL, &size, 0, picture->rgb, 0, NULL)) {
		bytes = g_malloc(size);
		if (png_image_write_to_memory(&image, bytes, &size, 0, picture->rgb, 0, NULL))
			return g_bytes_new_take(g_steal_pointer(&bytes), size);
	}
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "the picture can not be made: %s", image.message);
	return NULL;
}
