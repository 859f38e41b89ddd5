/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures: from a PNG file, and as cells. */
#include "unit.h"

#include <unistd.h>

#include <glib/gstdio.h>
#include <png.h>

#include "ui/picture_cells.h"
#include "ui/png_file.h"

/* Left half red, right half white. */
static struct picture *two_halves(unsigned width, unsigned height)
{
	struct picture *picture = picture_new(width, height);

	for (unsigned y = 0; y < height; y++)
		for (unsigned x = 0; x < width; x++) {
			uint8_t *at = picture->rgb + ((gsize)y * width + x) * 3;

			at[0] = 255;
			at[1] = at[2] = x < width / 2 ? 0 : 255;
		}
	return picture;
}

static char *temp_file(void)
{
	char *path = NULL;
	int fd = g_file_open_tmp("nvirt-picture-XXXXXX.png", &path, NULL);

	assert_true(fd >= 0);
	close(fd);
	return path;
}

static void write_png(const char *path, const struct picture *picture)
{
	png_image image = {.version = PNG_IMAGE_VERSION,
	        .width = picture->width,
	        .height = picture->height,
	        .format = PNG_FORMAT_RGB};

	assert_true(png_image_write_to_file(&image, path, 0, picture->rgb, 0, NULL));
}

static void a_png_is_read_back(void **state)
{
	g_autofree char *path = temp_file();
	struct picture *picture = two_halves(64, 32), *back;

	(void)state;
	write_png(path, picture);
	back = png_file_read(path, NULL);
	assert_non_null(back);
	assert_int_equal(back->width, 64);
	assert_int_equal(back->height, 32);
	assert_memory_equal(back->rgb, picture->rgb, 64 * 32 * 3);
	picture_free(back);
	picture_free(picture);
	g_unlink(path);
}

static void what_is_no_picture_is_refused_with_its_reason(void **state)
{
	g_autofree char *path = temp_file();
	struct picture *wide = picture_new(PICTURE_SIDE_MAX + 1, 1);
	gsize len = 0;
	g_autofree char *bytes = NULL;

	(void)state;
	for (int i = 0; i < 4; i++) {
		g_autoptr(GError) error = NULL;

		if (i == 0)
			assert_true(g_file_set_contents(path, "hello", -1, NULL));
		if (i == 1)
			write_png(path, wide);
		if (i == 2) {
			assert_true(g_file_get_contents(path, &bytes, &len, NULL));
			assert_true(g_file_set_contents(path, bytes, (gssize)len / 2, NULL));
		}
		if (i == 3)
			g_unlink(path);
		assert_null(png_file_read(path, &error));
		assert_non_null(error);
		if (i == 1)
			assert_non_null(strstr(error->message, "4097 x 1 pixels are more than 4096 x 4096"));
	}
	picture_free(wide);
}

static void a_torn_one_is_refused(void **state)
{
	g_autofree char *path = temp_file();
	g_autofree char *bytes = NULL;
	struct picture *picture = two_halves(200, 100);
	gsize len = 0;

	(void)state;
	write_png(path, picture);
	assert_true(g_file_get_contents(path, &bytes, &len, NULL));
	for (gsize cut = 0; cut < len - 12; cut += 7) {
		g_autoptr(GError) error = NULL;

		assert_true(g_file_set_contents(path, bytes, (gssize)cut, NULL));
		assert_null(png_file_read(path, &error));
		assert_non_null(error);
	}
	picture_free(picture);
	g_unlink(path);
}

static void cells_have_the_colours_of_their_part(void **state)
{
	struct picture *picture = two_halves(160, 100);
	struct canvas canvas;
	int rows;

	(void)state;
	canvas_init(&canvas, 10, 16, false);
	rows = picture_cells_draw(canvas_area(&canvas), picture, true);
	/* 16 columns are as wide as 8 rows are high; the picture is 1.6 times as wide as high. */
	assert_int_equal(rows, 5);
	assert_true(canvas.cells[0].flags & DRAW_COLOURS);
	assert_int_equal(canvas.cells[0].bg, 196);
	assert_int_equal(canvas.cells[15].bg, 231);
	assert_false(canvas.cells[5 * 16].flags & DRAW_COLOURS);
	canvas_fini(&canvas);
	picture_free(picture);
}

static void without_colours_brightness_is_shown(void **state)
{
	struct picture *picture = two_halves(160, 100);
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, 10, 16, true);
	picture_cells_draw(canvas_area(&canvas), picture, true);
	g_autofree char *text = canvas_text(&canvas);
	assert_true(g_str_has_prefix(text, "::::::::@@@@@@@@\n"));
	canvas_fini(&canvas);
	picture_free(picture);
}

static void any_size_is_drawn_within_its_area(void **state)
{
	static const unsigned sizes[] = {1, 2, 3, 7, 100, 1000};
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, 12, 30, false);
	for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++)
		for (unsigned j = 0; j < G_N_ELEMENTS(sizes); j++)
			for (int rows = 0; rows < 10; rows += 3)
				for (int cols = 0; cols < 28; cols += 9) {
					struct picture *picture = two_halves(sizes[i], sizes[j]);
					struct area area = area_sub(canvas_area(&canvas), 1, 1, rows, cols);

					assert_true(picture_cells_draw(area, picture, true) <= rows);
					picture_free(picture);
				}
	assert_false(canvas.cells[0].flags & DRAW_COLOURS);
	canvas_fini(&canvas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_png_is_read_back),
	        cmocka_unit_test(what_is_no_picture_is_refused_with_its_reason),
	        cmocka_unit_test(a_torn_one_is_refused),
	        cmocka_unit_test(cells_have_the_colours_of_their_part),
	        cmocka_unit_test(without_colours_brightness_is_shown),
	        cmocka_unit_test(any_size_is_drawn_within_its_area),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
