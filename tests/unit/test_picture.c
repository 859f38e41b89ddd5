/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of pictures as cells. */
#include "unit.h"

#include "ui/picture_cells.h"

#define RED 0xff0000
#define WHITE 0xffffff

static void a_cell_has_the_two_colours_of_its_quarters(void **state)
{
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, 1, 3, false);
	picture_cells_quarters(canvas_area(&canvas), 0, 0, (const int[]){RED, WHITE, RED, WHITE}, true);
	picture_cells_quarters(canvas_area(&canvas), 0, 1, (const int[]){RED, RED, RED, RED}, true);
	g_autofree char *text = canvas_text(&canvas);
	assert_true(g_str_has_prefix(text, "▐"));
	assert_true(canvas.cells[0].flags & DRAW_COLOURS);
	assert_int_equal(canvas.cells[0].fg, 231);
	assert_int_equal(canvas.cells[0].bg, 196);
	assert_int_equal(canvas.cells[1].bg, 196);
	assert_false(canvas.cells[2].flags & DRAW_COLOURS);
	canvas_fini(&canvas);
}

static void without_colours_brightness_is_shown(void **state)
{
	static const int red[] = {RED, RED, RED, RED}, white[] = {WHITE, WHITE, WHITE, WHITE};
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, 1, 3, true);
	picture_cells_quarters(canvas_area(&canvas), 0, 0, red, true);
	picture_cells_quarters(canvas_area(&canvas), 0, 1, white, true);
	picture_cells_quarters(canvas_area(&canvas), 0, 2, white, false);
	g_autofree char *text = canvas_text(&canvas);
	assert_true(g_str_has_prefix(text, ":@@"));
	canvas_fini(&canvas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_cell_has_the_two_colours_of_its_quarters),
	        cmocka_unit_test(without_colours_brightness_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
