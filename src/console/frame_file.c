/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See screen_file.h. The bytes may be hostile: sizes are bounded before anything is made for them. */
#include <glib/gstdio.h>
#include <png.h>
#include <string.h>

#include "nvirt/screen_file.h"
#include "nvirt/text.h"

#define FILE_BYTES_MAX (64u << 20)

static bool fail(const char *why, GError **error)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s", why);
	return false;
}

static bool size_is_fine(int64_t width, int64_t height, GError **error)
{
	if (width > 0 && height > 0 && width <= FRAME_SIDE_MAX && height <= FRAME_SIDE_MAX &&
	        width * height <= FRAME_PIXELS_MAX)
		return true;
	return fail("its size is not that of a screen", error);
}

static bool read_png(const uint8_t *bytes, gsize length, struct frame *ret_frame, GError **error)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	g_autofree uint32_t *pixels = NULL;
	bool done = false;

	if (!png_image_begin_read_from_memory(&image, bytes, length))
		return fail(image.message, error);
	image.format = G_BYTE_ORDER == G_LITTLE_ENDIAN ? PNG_FORMAT_BGRA : PNG_FORMAT_ARGB;
	if (size_is_fine(image.width, image.height, error)) {
		pixels = g_new(uint32_t, (gsize)image.width * image.height);
		done = png_image_finish_read(&image, NULL, pixels, 0, NULL);
		if (!done)
			fail(image.message, error);
	}
	if (done)
		*ret_frame = (struct frame){.width = (int)image.width, .height = (int)image.height,
		        .stride = (int)image.width, .pixels = g_steal_pointer(&pixels)};
	png_image_free(&image);
	return done;
}

/* QEMU fills each row of a width that is no multiple of four up to whole words; its file is longer then. */
static gsize ppm_row(gsize width, gsize height, gsize length)
{
	gsize padded = (width * 3 + 3) / 4 * 4;

	return length == padded * height ? padded : width * 3;
}

/* "P6", width, height, 255, each after blanks or a comment, one blank, then three bytes a pixel. */
static bool ppm_number(const uint8_t **at, const uint8_t *end, int *ret_number)
{
	int number = 0, digits = 0;

	while (*at < end && (g_ascii_isspace(**at) || **at == '#'))
		if (*(*at)++ == '#')
			while (*at < end && **at != '\n')
				(*at)++;
	for (; *at < end && g_ascii_isdigit(**at) && digits < 6; digits++)
		number = number * 10 + *(*at)++ - '0';
	*ret_number = number;
	return digits > 0;
}

static bool read_ppm(const uint8_t *bytes, gsize length, struct frame *ret_frame, GError **error)
{
	const uint8_t *at = bytes + 2, *end = bytes + length;
	int width, height, most;
	uint32_t *pixels;
	gsize row;

	if (!ppm_number(&at, end, &width) || !ppm_number(&at, end, &height) || !ppm_number(&at, end, &most) || most != 255)
		return fail("damaged PPM data", error);
	if (!size_is_fine(width, height, error))
		return false;
	at++;
	if (at > end || (gsize)(end - at) < (gsize)width * (gsize)height * 3)
		return fail("PPM data that ends too early", error);
	pixels = g_new(uint32_t, (gsize)width * (gsize)height);
	row = ppm_row((gsize)width, (gsize)height, (gsize)(end - at));
	for (int y = 0; y < height; y++, at += row)
		for (int x = 0; x < width; x++) {
			const uint8_t *from = at + (gsize)x * 3;

			pixels[(gsize)y * (gsize)width + (gsize)x] = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
		}
	*ret_frame = (struct frame){.width = width, .height = height, .stride = width, .pixels = pixels};
	return true;
}

bool frame_from_bytes(const uint8_t *bytes, gsize length, struct frame *ret_frame, GError **error)
{
	if (length > 2 && bytes[0] == 'P' && bytes[1] == '6')
		return read_ppm(bytes, length, ret_frame, error);
	if (length > 8 && memcmp(bytes, "\x89PNG", 4) == 0)
		return read_png(bytes, length, ret_frame, error);
	return fail("it is neither PNG nor PPM", error);
}

static bool read_bytes(const char *path, char **ret_bytes, gsize *ret_length, GError **error)
{
	GStatBuf info;

	if (g_stat(path, &info) == 0 && (!S_ISREG(info.st_mode) || info.st_size > FILE_BYTES_MAX))
		return fail("it is no file of a picture's size", error);
	return g_file_get_contents(path, ret_bytes, ret_length, error);
}

bool frame_file_read(const char *path, struct frame *ret_frame, GError **error)
{
	g_autofree char *clean = text_clean(path, -1), *bytes = NULL;
	gsize length;

	if (!read_bytes(path, &bytes, &length, error)) {
		/* GLib's words name the file themselves. */
		if (error && *error && !strstr((*error)->message, clean))
			g_prefix_error(error, "cannot read '%s': ", clean);
		return false;
	}
	if (frame_from_bytes((const uint8_t *)bytes, length, ret_frame, error))
		return true;
	g_prefix_error(error, "cannot read '%s': ", clean);
	return false;
}
