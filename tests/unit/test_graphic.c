/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A terminal's own graphics: what it says it has, pictures as bands of images, and what lies over them. */
#include "unit.h"

#include <string.h>

#include "nvirt/graphic.h"
#include "support/plane.h"
#include "ui/canvas.h"
#include "ui/term_ask.h"

/* ---- what a terminal says ---- */

static void answers_are_read_and_nonsense_is_not(void **state)
{
	static const struct {
		enum answer_kind kind;
		const char *text;
		bool taken;
		struct term_says says;
	} rows[] = {
	        {ANSWER_ATTRIBUTES, "62;4;22", true, {.attributes = true, .sixel = true}},
	        {ANSWER_ATTRIBUTES, "63;1;2;4", true, {.attributes = true, .sixel = true}},
	        {ANSWER_ATTRIBUTES, "1;2", true, {.attributes = true}},
	        {ANSWER_ATTRIBUTES, "6", true, {.attributes = true}},
	        /* A class, no attribute: and 14 is another one. */
	        {ANSWER_ATTRIBUTES, "4", true, {.attributes = true}},
	        {ANSWER_ATTRIBUTES, "62;14;44", true, {.attributes = true}},
	        {ANSWER_ATTRIBUTES, "", false, {0}},
	        {ANSWER_ATTRIBUTES, "62;4;", false, {0}},
	        {ANSWER_ATTRIBUTES, "62;-4", false, {0}},
	        {ANSWER_ATTRIBUTES, "62;99999999999999999999;4", false, {0}},
	        {ANSWER_ATTRIBUTES, "1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;4", false, {0}},
	        {ANSWER_CELL, "20;10", true, {.cell_w = 10, .cell_h = 20}},
	        {ANSWER_CELL, "20", false, {0}},
	        {ANSWER_CELL, "0;0", false, {0}},
	        {ANSWER_CELL, "20;10;3", false, {0}},
	        {ANSWER_CELL, "20;999999", false, {0}},
	        {ANSWER_KITTY, "i=7566;OK", true, {.kitty = true}},
	        {ANSWER_KITTY, "i=7566;ENOTSUPPORTED:no", false, {0}},
	        {ANSWER_KITTY, "i=1;OK", false, {0}},
	        {ANSWER_KITTY, "", false, {0}},
	};

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct term_says says = {0};

		assert_int_equal(term_says_take(&says, rows[i].kind, rows[i].text), rows[i].taken);
		assert_int_equal(says.attributes, rows[i].says.attributes);
		assert_int_equal(says.kitty, rows[i].says.kitty);
		assert_int_equal(says.sixel, rows[i].says.sixel);
		assert_int_equal(says.cell_w, rows[i].says.cell_w);
		assert_int_equal(says.cell_h, rows[i].says.cell_h);
	}
}

/* ---- pictures of another size ---- */

static uint8_t *pixel(const struct picture *picture, unsigned x, unsigned y)
{
	return picture->rgb + ((gsize)y * picture->width + x) * 3;
}

/* Colours that differ everywhere. */
static struct picture *make_picture(unsigned width, unsigned height)
{
	struct picture *picture = picture_new(width, height);

	for (unsigned y = 0; y < height; y++)
		for (unsigned x = 0; x < width; x++) {
			pixel(picture, x, y)[0] = (uint8_t)(x * 255 / width);
			pixel(picture, x, y)[1] = (uint8_t)(y * 255 / height);
			pixel(picture, x, y)[2] = (uint8_t)((x / 8 + y / 8) % 2 * 200);
		}
	return picture;
}

static void a_picture_as_large_as_it_is_stays_as_it_is(void **state)
{
	struct picture *picture = make_picture(37, 23), *same = picture_scaled(picture, 0, 0, 37, 23, 37, 23);

	(void)state;
	assert_memory_equal(same->rgb, picture->rgb, 37 * 23 * 3);
	picture_free(picture);
	picture_free(same);
}

static void each_pixel_is_the_mean_of_what_it_covers(void **state)
{
	struct picture *picture = picture_new(3, 2), *small, *large;

	(void)state;
	/* Two thirds of the width are one and a half pixels. */
	pixel(picture, 0, 0)[0] = pixel(picture, 0, 1)[0] = 90;
	small = picture_scaled(picture, 0, 0, 3, 2, 2, 1);
	assert_int_equal(pixel(small, 0, 0)[0], 60);
	assert_int_equal(pixel(small, 1, 0)[0], 0);
	large = picture_scaled(picture, 0, 0, 1, 1, 5, 7);
	for (unsigned i = 0; i < 5 * 7; i++)
		assert_int_equal(large->rgb[i * 3], 90);
	picture_free(small);
	small = picture_scaled(picture, 1, 1, 2, 1, 1, 1);
	assert_int_equal(pixel(small, 0, 0)[0], 0);
	picture_free(picture);
	picture_free(small);
	picture_free(large);
}

/* ---- bands ---- */

#define ROWS 10
#define COLS 31
#define CELL_W 9
#define MUCH (1024 * 1024)

static struct graphic_shape shape_of(enum graphic_kind kind, const struct picture *frame, int cell_h)
{
	return (struct graphic_shape){.kind = kind, .width = frame->width, .height = frame->height, .rows = ROWS, .cols = COLS,
	        .cell_w = CELL_W, .cell_h = cell_h};
}

/* As the terminal would: each band at its row. */
static void show(struct plane *plane, const struct graphic *graphic, unsigned index)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	const struct graphic_band *band = graphic_band(graphic, index);
	const char *at, *end;

	graphic_put_band(graphic, index, 100 + index, out);
	g_byte_array_append(out, (const guint8 *)"", 1);
	for (at = (const char *)out->data; *at; at = end + 2) {
		end = strstr(at, "\033\\");
		assert_non_null(end);
		if (at[1] == 'P')
			plane_sixel(plane, at + 2, (gsize)(end - at) - 2, 2 + band->row, 3);
		else
			plane_kitty(plane, at + 3, (gsize)(end - at) - 3, 2 + band->row, 3);
	}
}

static double difference(const struct picture *a, const struct picture *b)
{
	gsize sum = 0, count = (gsize)a->width * a->height * 3;

	assert_int_equal(a->width, b->width);
	assert_int_equal(a->height, b->height);
	for (gsize i = 0; i < count; i++)
		sum += (gsize)ABS(a->rgb[i] - b->rgb[i]);
	return (double)sum / (double)count;
}

static void assert_shown(enum graphic_kind kind, int cell_h, gsize band_bytes, double tolerance)
{
	struct picture *frame = make_picture(320, 200), *seen, *wanted;
	struct graphic_shape shape = shape_of(kind, frame, cell_h);
	struct graphic *graphic = graphic_new(&shape, frame, band_bytes, NULL);
	struct plane *plane = plane_new(ROWS + 4, COLS + 5, CELL_W, cell_h);
	const struct plane_box box = {2, 3, ROWS, COLS};
	unsigned height = (unsigned)(ROWS * cell_h), covered;

	assert_non_null(graphic);
	for (unsigned i = 0; i < graphic_bands(graphic); i++)
		show(plane, graphic, i);
	if (kind == GRAPHIC_SIXEL)
		height -= height % 6;
	seen = plane_pixels(plane, &box, &covered);
	assert_int_equal(covered, height * COLS * CELL_W);
	seen->height = height;
	wanted = picture_scaled(frame, 0, 0, 320, 200, COLS * CELL_W, height);
	assert_true(difference(seen, wanted) <= tolerance);
	picture_free(frame);
	picture_free(seen);
	picture_free(wanted);
	graphic_unref(graphic);
	plane_free(plane);
}

static void kittys_images_show_the_very_pixels(void **state)
{
	(void)state;
	assert_shown(GRAPHIC_KITTY, 20, MUCH, 0);
	assert_shown(GRAPHIC_KITTY, 17, MUCH, 0);
}

/* Percents, and 256 colours a band. */
static void sixels_show_nearly_the_same_whatever_a_cells_height(void **state)
{
	(void)state;
	for (int cell_h = 12; cell_h <= 24; cell_h++)
		assert_shown(GRAPHIC_SIXEL, cell_h, MUCH, 12);
}

static void a_band_is_made_coarser_until_it_may_be_sent(void **state)
{
	struct picture *frame = make_picture(320, 200);
	struct graphic_shape shape = shape_of(GRAPHIC_KITTY, frame, 20);
	struct graphic *fine, *coarse;
	gsize limit;

	(void)state;
	for (int kind = GRAPHIC_KITTY; kind <= GRAPHIC_SIXEL; kind++) {
		shape.kind = (enum graphic_kind)kind;
		fine = graphic_new(&shape, frame, MUCH, NULL);
		limit = g_bytes_get_size(graphic_band(fine, 0)->bytes) / 2;
		coarse = graphic_new(&shape, frame, limit, NULL);
		assert_int_equal(graphic_band(fine, 0)->coarse, 0);
		assert_true(graphic_band(coarse, 0)->coarse > 0);
		assert_true(g_bytes_get_size(graphic_band(coarse, 0)->bytes) < g_bytes_get_size(graphic_band(fine, 0)->bytes));
		assert_false(graphic_may_be_finer(fine, MUCH * 4));
		assert_false(graphic_may_be_finer(coarse, limit + limit / 4));
		assert_true(graphic_may_be_finer(coarse, limit * 2));
		/* Even so it shows the picture. */
		assert_shown(shape.kind, 20, limit, 40);
		graphic_unref(fine);
		graphic_unref(coarse);
	}
	picture_free(frame);
}

static unsigned changed(const struct graphic *a, const struct graphic *b)
{
	unsigned n = 0;

	assert_int_equal(graphic_bands(a), graphic_bands(b));
	for (unsigned i = 0; i < graphic_bands(a); i++)
		n += graphic_band(a, i)->bytes != graphic_band(b, i)->bytes;
	return n;
}

static void only_bands_that_changed_are_made_anew(void **state)
{
	struct picture *frame = make_picture(320, 200);
	struct graphic_shape shape = shape_of(GRAPHIC_SIXEL, frame, 20);
	struct graphic *before = graphic_new(&shape, frame, MUCH, NULL), *after;

	(void)state;
	assert_true(graphic_bands(before) > 2);
	after = graphic_new(&shape, frame, MUCH, before);
	assert_int_equal(changed(before, after), 0);
	graphic_unref(after);
	for (unsigned i = 0; i < 3 * 4; i++)
		pixel(frame, 100 + i % 4, 150)[i / 4] ^= 0xff;
	after = graphic_new(&shape, frame, MUCH, before);
	assert_int_equal(changed(before, after), 1);
	graphic_unref(after);
	/* Another part is another picture. */
	shape.x = 8;
	shape.width -= 8;
	after = graphic_new(&shape, frame, MUCH, before);
	assert_int_equal(changed(before, after), graphic_bands(after));
	graphic_unref(after);
	graphic_unref(before);
	picture_free(frame);
}

static void what_can_not_be_is_refused(void **state)
{
	struct picture *frame = make_picture(32, 20);
	const struct graphic_shape right = shape_of(GRAPHIC_SIXEL, frame, 20);
	struct graphic_shape shapes[] = {right, right, right, right, right, right, right, right};

	(void)state;
	shapes[0].kind = GRAPHIC_NONE;
	shapes[1].cell_h = 5;
	shapes[2].cell_w = 1000;
	shapes[3].rows = 0;
	shapes[4].rows = shapes[4].cols = 30000;
	shapes[5].width++;
	shapes[6].y = 20;
	shapes[7].x = 1;
	for (unsigned i = 0; i < G_N_ELEMENTS(shapes); i++)
		assert_null(graphic_new(&shapes[i], frame, MUCH, NULL));
	picture_free(frame);
}

/* ---- on a canvas ---- */

static void what_lies_over_it_takes_it_away(void **state)
{
	struct picture *frame = make_picture(32, 20);
	struct graphic_shape shape = shape_of(GRAPHIC_KITTY, frame, 20);
	struct graphic *graphic = graphic_new(&shape, frame, MUCH, NULL);
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, ROWS + 2, COLS + 2, false);
	struct area area = area_sub(canvas_area(&canvas), 1, 1, ROWS, COLS);
	assert_false(canvas_has_graphic(&canvas));
	area_graphic(area, graphic);
	assert_true(canvas_has_graphic(&canvas));
	/* Beside it. */
	area_text(canvas_area(&canvas), 0, 0, -1, ROLE_TEXT, "over and above");
	area_text(canvas_area(&canvas), 1, 0, 1, ROLE_TEXT, "x");
	assert_true(canvas_has_graphic(&canvas));
	area_text(area, ROWS - 1, COLS - 1, -1, ROLE_TEXT, "x");
	assert_false(canvas_has_graphic(&canvas));
	assert_null(canvas.graphic);
	/* Where it has no room it is not put. */
	area_graphic(area_sub(canvas_area(&canvas), 3, 3, ROWS, COLS), graphic);
	assert_false(canvas_has_graphic(&canvas));
	area_graphic(area, graphic);
	canvas_resize(&canvas, ROWS, COLS);
	assert_false(canvas_has_graphic(&canvas));
	canvas_fini(&canvas);
	graphic_unref(graphic);
	picture_free(frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(answers_are_read_and_nonsense_is_not),
	        cmocka_unit_test(a_picture_as_large_as_it_is_stays_as_it_is),
	        cmocka_unit_test(each_pixel_is_the_mean_of_what_it_covers),
	        cmocka_unit_test(kittys_images_show_the_very_pixels),
	        cmocka_unit_test(sixels_show_nearly_the_same_whatever_a_cells_height),
	        cmocka_unit_test(a_band_is_made_coarser_until_it_may_be_sent),
	        cmocka_unit_test(only_bands_that_changed_are_made_anew),
	        cmocka_unit_test(what_can_not_be_is_refused),
	        cmocka_unit_test(what_lies_over_it_takes_it_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
