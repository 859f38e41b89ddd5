/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A PNG file as pixels, by libpng's simplified API: see png_file.h. */
#include "png_file.h"

#include <png.h>

#include "nvirt/text.h"
#include "small_file.h"

static bool fail(const char *path, const char *why, GError **error)
{
	g_autofree char *clean = text_clean(path, -1);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "cannot show '%s': %s", clean, why);
	return false;
}

/* The size is known from the header, before anything is made for the pixels. */
static bool size_is_fine(const png_image *image, const char *path, GError **error)
{
	if (image->width >= 1 && image->height >= 1 && image->width <= PICTURE_SIDE_MAX &&
	        image->height <= PICTURE_SIDE_MAX)
		return true;
	g_autofree char *why = g_strdup_printf("%u x %u pixels are more than %d x %d", image->width, image->height,
	        PICTURE_SIDE_MAX, PICTURE_SIDE_MAX);
	return fail(path, why, error);
}

static struct picture *decode(const char *bytes, gsize len, const char *path, GError **error)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	const png_color black = {0, 0, 0};
	struct picture *picture = NULL;
	if (!png_image_begin_read_from_memory(&image, bytes, len)) {
		fail(path, image.message, error);
		return NULL;
	}
	image.format = PNG_FORMAT_RGB;
	if (size_is_fine(&image, path, error)) {
		picture = picture_new(image.width, image.height);
		if (!png_image_finish_read(&image, &black, picture->rgb, 0, NULL)) {
			fail(path, image.message, error);
			g_clear_pointer(&picture, picture_free);
		}
	}
	png_image_free(&image);
	return picture;
}

struct picture *png_file_read(const char *path, GError **error)
{
	gsize len = 0;
	g_autofree char *bytes = small_file_read(path, PNG_FILE_BYTES_MAX, &len, error);
	return bytes ? decode(bytes, len, path, error) : NULL;
}
