/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See plane.h. */
#include "support/plane.h"

#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIXEL_COLOURS = 256, NONE = -1 };

struct image {
	uint32_t id;
	int row, col, rows, cols;
	struct picture *picture; /* as many pixels as its cells have */
};

struct plane {
	int rows, cols, cell_w, cell_h;
	bool resized;      /* what was drawn for another size may still come, and is cut */
	int *sixels;       /* 0xrrggbb or NONE, a pixel */
	GPtrArray *images; /* struct image * */
	GString *base64;   /* of an image that comes in chunks; NULL = none does */
	struct image next;
};

static void image_free(void *data)
{
	struct image *image = data;
	picture_free(image->picture);
	g_free(image);
}

static int width_of(const struct plane *plane)
{
	return plane->cols * plane->cell_w;
}

static int height_of(const struct plane *plane)
{
	return plane->rows * plane->cell_h;
}

void plane_resize(struct plane *plane, int rows, int cols)
{
	plane->resized = true;
	plane->rows = rows;
	plane->cols = cols;
	g_free(plane->sixels);
	plane->sixels = g_new(int, (gsize)width_of(plane) * (gsize)height_of(plane) + 1);
	for (int i = 0; i < width_of(plane) * height_of(plane); i++)
		plane->sixels[i] = NONE;
	g_ptr_array_set_size(plane->images, 0);
}

struct plane *plane_new(int rows, int cols, int cell_w, int cell_h)
{
	struct plane *plane = g_new0(struct plane, 1);
	plane->cell_w = cell_w;
	plane->cell_h = cell_h;
	plane->images = g_ptr_array_new_with_free_func(image_free);
	plane_resize(plane, rows, cols);
	plane_settle(plane);
	return plane;
}

void plane_settle(struct plane *plane)
{
	plane->resized = false;
}

void plane_free(struct plane *plane)
{
	if (!plane)
		return;
	g_ptr_array_unref(plane->images);
	if (plane->base64)
		g_string_free(plane->base64, TRUE);
	g_free(plane->sixels);
	g_free(plane);
}

/* ---- kitty ---- */

static struct picture *decode_png(const guint8 *bytes, gsize length)
{
	png_image png = {.version = PNG_IMAGE_VERSION};
	if (!png_image_begin_read_from_memory(&png, bytes, length))
		fail_msg("what was sent is no PNG: %s", png.message);
	png.format = PNG_FORMAT_RGB;
	struct picture *picture = picture_new(png.width, png.height);
	assert_true(png_image_finish_read(&png, NULL, picture->rgb, 0, NULL));
	return picture;
}

static void drop_image(struct plane *plane, uint32_t id)
{
	for (guint i = plane->images->len; i-- > 0;)
		if (((struct image *)plane->images->pdata[i])->id == id)
			g_ptr_array_remove_index(plane->images, i);
}

static void end_image(struct plane *plane)
{
	gsize length;
	g_autofree guint8 *bytes = g_base64_decode(plane->base64->str, &length);
	struct picture *sent = decode_png(bytes, length);
	struct image *image = g_memdup2(&plane->next, sizeof(plane->next));
	g_string_free(g_steal_pointer(&plane->base64), TRUE);
	assert_true(plane->resized || (image->row + image->rows <= plane->rows && image->col + image->cols <= plane->cols));
	image->picture = picture_scaled(sent, 0, 0, sent->width, sent->height, (unsigned)(image->cols * plane->cell_w),
	        (unsigned)(image->rows * plane->cell_h));
	picture_free(sent);
	drop_image(plane, image->id);
	g_ptr_array_add(plane->images, image);
}

static int number_of(const char *keys, const char *name)
{
	g_auto(GStrv) pairs = g_strsplit(keys, ",", -1);
	for (gsize i = 0; pairs[i]; i++)
		if (g_str_has_prefix(pairs[i], name) && pairs[i][strlen(name)] == '=')
			return (int)strtoll(pairs[i] + strlen(name) + 1, NULL, 10);
	return 0;
}

void plane_kitty(struct plane *plane, const char *text, gsize length, int row, int col)
{
	g_autofree char *all = g_strndup(text, length);
	char *data = strchr(all, ';');
	if (data)
		*data++ = '\0';
	if (strstr(all, "a=q"))
		return;
	/* Answers would be typed keys. */
	assert_non_null(strstr(all, "q=2"));
	if (strstr(all, "a=d")) {
		assert_non_null(strstr(all, "d=I"));
		drop_image(plane, (uint32_t)number_of(all, "i"));
		return;
	}
	if (!plane->base64) {
		assert_non_null(strstr(all, "a=T"));
		assert_int_equal(number_of(all, "f"), 100);
		plane->next = (struct image){.id = (uint32_t)number_of(all, "i"),
		        .row = row, .col = col, .rows = number_of(all, "r"), .cols = number_of(all, "c")};
		plane->base64 = g_string_new(NULL);
	}
	assert_true(data && strlen(data) <= 4096);
	g_string_append(plane->base64, data);
	if (!number_of(all, "m"))
		end_image(plane);
}

/* ---- sixels ---- */

struct sixel {
	struct plane *plane;
	const char *at, *end;
	int x0, y0, x, y, width, height;
	int colours[SIXEL_COLOURS], colour;
};

static int read_number(struct sixel *sixel)
{
	int value = 0;
	while (sixel->at < sixel->end && g_ascii_isdigit(*sixel->at))
		value = value * 10 + *sixel->at++ - '0';
	return value;
}

/* "1;2;3": how many. */
static int read_list(struct sixel *sixel, int values[8])
{
	int n = 0;
	do {
		assert_true(n < 8);
		values[n++] = read_number(sixel);
	} while (sixel->at < sixel->end && *sixel->at == ';' && sixel->at++);
	return n;
}

static void paint(struct sixel *sixel, int bits, int count)
{
	struct plane *plane = sixel->plane;
	for (; count > 0; count--, sixel->x++)
		for (int i = 0; i < 6; i++) {
			int x = sixel->x0 + sixel->x, y = sixel->y0 + sixel->y + i;
			if (!(bits & 1 << i))
				continue;
			bool inside = x < width_of(plane) && y < height_of(plane);
			assert_true((inside || plane->resized) && sixel->x < sixel->width && sixel->y + i < sixel->height);
			if (inside)
				plane->sixels[y * width_of(plane) + x] = sixel->colours[sixel->colour];
		}
}

static void choose_colour(struct sixel *sixel)
{
	int values[8], n = read_list(sixel, values);
	assert_true(values[0] < SIXEL_COLOURS);
	sixel->colour = values[0];
	if (n == 1)
		return;
	/* In percents. */
	assert_true(n == 5 && values[1] == 2 && values[2] <= 100 && values[3] <= 100 && values[4] <= 100);
	sixel->colours[sixel->colour] =
	        values[2] * 255 / 100 << 16 | values[3] * 255 / 100 << 8 | values[4] * 255 / 100;
}

static void step(struct sixel *sixel)
{
	int values[8], ch = *sixel->at++;
	if (ch == '"') {
		assert_int_equal(read_list(sixel, values), 4);
		sixel->width = values[2];
		sixel->height = values[3];
	} else if (ch == '#') {
		choose_colour(sixel);
	} else if (ch == '!') {
		int count = read_number(sixel);
		paint(sixel, *sixel->at++ - '?', count);
	} else if (ch == '$') {
		sixel->x = 0;
	} else if (ch == '-') {
		sixel->x = 0;
		sixel->y += 6;
	} else if (ch >= '?' && ch <= '~') {
		paint(sixel, ch - '?', 1);
	} else {
		fail_msg("'%c' is no part of a sixel", ch);
	}
}

void plane_sixel(struct plane *plane, const char *text, gsize length, int row, int col)
{
	struct sixel sixel = {.plane = plane, .at = text, .end = text + length, .x0 = col * plane->cell_w, .y0 = row * plane->cell_h};
	int values[8];
	/* What it does not paint stays (the second number). */
	assert_int_equal(read_list(&sixel, values), 3);
	assert_int_equal(values[1], 1);
	assert_int_equal(*sixel.at++, 'q');
	while (sixel.at < sixel.end)
		step(&sixel);
}

/* ---- what is seen ---- */

void plane_write(struct plane *plane, int row, int col, int rows, int cols)
{
	for (int y = row * plane->cell_h; y < MIN(row + rows, plane->rows) * plane->cell_h; y++)
		for (int x = col * plane->cell_w; x < MIN(col + cols, plane->cols) * plane->cell_w; x++)
			plane->sixels[y * width_of(plane) + x] = NONE;
}

static int image_pixel(const struct plane *plane, int x, int y)
{
	for (guint i = plane->images->len; i-- > 0;) {
		const struct image *image = plane->images->pdata[i];
		int ix = x - image->col * plane->cell_w, iy = y - image->row * plane->cell_h;
		if (ix < 0 || iy < 0 || ix >= (int)image->picture->width || iy >= (int)image->picture->height)
			continue;
		const uint8_t *rgb = image->picture->rgb + ((gsize)iy * image->picture->width + (gsize)ix) * 3;
		return rgb[0] << 16 | rgb[1] << 8 | rgb[2];
	}
	return NONE;
}

static int pixel_at(const struct plane *plane, int x, int y)
{
	int over = image_pixel(plane, x, y);
	return over != NONE ? over : plane->sixels[y * width_of(plane) + x];
}

bool plane_box(const struct plane *plane, struct plane_box *ret)
{
	int top = height_of(plane), left = width_of(plane), bottom = -1, right = -1;
	for (int y = 0; y < height_of(plane); y++)
		for (int x = 0; x < width_of(plane); x++) {
			if (pixel_at(plane, x, y) == NONE)
				continue;
			top = MIN(top, y);
			left = MIN(left, x);
			bottom = MAX(bottom, y);
			right = MAX(right, x);
		}
	*ret = (struct plane_box){.row = top / plane->cell_h, .col = left / plane->cell_w};
	ret->rows = bottom / plane->cell_h + 1 - ret->row;
	ret->cols = right / plane->cell_w + 1 - ret->col;
	return bottom >= 0;
}

struct picture *plane_pixels(const struct plane *plane, const struct plane_box *box, unsigned *ret_covered)
{
	struct picture *picture = picture_new((unsigned)(box->cols * plane->cell_w), (unsigned)(box->rows * plane->cell_h));
	uint8_t *out = picture->rgb;
	*ret_covered = 0;
	for (int y = 0; y < (int)picture->height; y++)
		for (int x = 0; x < (int)picture->width; x++, out += 3) {
			int rgb = pixel_at(plane, box->col * plane->cell_w + x, box->row * plane->cell_h + y);
			if (rgb == NONE)
				continue;
			++*ret_covered;
			out[0] = (uint8_t)(rgb >> 16);
			out[1] = (uint8_t)(rgb >> 8);
			out[2] = (uint8_t)rgb;
		}
	return picture;
}
