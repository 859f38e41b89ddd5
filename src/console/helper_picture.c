/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A PNG as the frame, where there is no VNC server: see helper.h. */
#include <png.h>
#include <stdlib.h>

#include "helper.h"

static uint32_t *decode(const uint8_t *bytes, size_t length, png_image *image)
{
	uint32_t *pixels;

	if (!png_image_begin_read_from_memory(image, bytes, length))
		return NULL;
	/* Little-endian 0x00RRGGBB. */
	image->format = G_BYTE_ORDER == G_LITTLE_ENDIAN ? PNG_FORMAT_BGRA : PNG_FORMAT_ARGB;
	if (!image->width || !image->height || image->width > FRAME_SIDE_MAX || image->height > FRAME_SIDE_MAX ||
	        image->width * image->height > FRAME_PIXELS_MAX)
		return NULL;
	pixels = malloc((size_t)image->width * image->height * 4);
	if (pixels && png_image_finish_read(image, NULL, pixels, 0, NULL))
		return pixels;
	free(pixels);
	return NULL;
}

void helper_show_picture(struct helper *helper, const uint8_t *bytes, size_t length)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	uint32_t *pixels = decode(bytes, length, &image);

	png_image_free(&image);
	if (!pixels)
		helper_end(helper, VNC_END_BROKEN, "the picture is no PNG, or larger than %d pixels", FRAME_PIXELS_MAX);
	free((void *)helper->frame.pixels);
	helper_set_frame(helper, pixels, (int)image.width, (int)image.height);
	helper_tell_frame(helper);
}
