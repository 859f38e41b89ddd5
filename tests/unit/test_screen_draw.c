/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's screen on a canvas: as it is, a part of it, smaller; and what keys of the terminal are on its keyboard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ui/screen_draw.h"
#include "ui/screen_keys.h"

#define ROWS 25
#define COLS 80

struct world {
	struct canvas canvas;
	struct text_cell cells[ROWS * COLS];
	struct text_screen screen;
	struct screen_look look;
};

/* Row n says "row n", grey on black. */
static struct world *world_new(int rows, int cols)
{
	struct world *world = g_new0(struct world, 1);

	canvas_init(&world->canvas, rows, cols, false);
	for (int i = 0; i < ROWS * COLS; i++)
		world->cells[i] = (struct text_cell){.ch = ' ', .fg = 0xaaaaaa, .confidence = 100};
	for (int row = 0; row < ROWS; row++) {
		g_autofree char *text = g_strdup_printf("row %d", row);

		for (int i = 0; text[i]; i++)
			world->cells[row * COLS + i].ch = (gunichar)text[i];
	}
	world->screen = (struct text_screen){.kind = SCREEN_TEXT, .rows = ROWS, .cols = COLS, .cell_w = 9, .cell_h = 16,
	        .cursor_row = -1, .cursor_col = -1, .font = "", .cells = world->cells};
	world->look.coloured = true;
	return world;
}

static void world_free(struct world *world)
{
	canvas_fini(&world->canvas);
	g_free(world);
}

static void draw(struct world *world)
{
	area_clear(canvas_area(&world->canvas), ROLE_TEXT);
	screen_draw(canvas_area(&world->canvas), &world->screen, &world->look);
}

static void expect_first_line(struct world *world, const char *expected)
{
	g_autofree char *text = canvas_text(&world->canvas);

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

static void all_of_it_is_there_where_there_is_room(void **state)
{
	struct world *world = world_new(30, 100);
	(void)state;

	world->look.row = world->look.col = 7;
	draw(world);
	expect_first_line(world, "row 0");
	assert_int_equal(world->canvas.cells[24 * 100 + 4].ch, '2');
	assert_false(world->look.shrunk);
	world_free(world);
}

static void the_colours_of_a_text_screen_are_the_terminals(void **state)
{
	struct world *world = world_new(ROWS, COLS);
	(void)state;

	world->cells[0].fg = 0xfc5454; /* as a VGA has it, of six bits */
	world->cells[0].bg = 0x0000a8;
	world->cells[1].fg = 0x123456;
	draw(world);
	assert_int_equal(world->canvas.cells[0].flags, DRAW_COLOURS);
	assert_int_equal(world->canvas.cells[0].fg, 9);
	assert_int_equal(world->canvas.cells[0].bg, 4);
	assert_true(world->canvas.cells[1].fg >= 16);
	assert_int_equal(world->canvas.cells[2].fg, 7);
	/* What is old has none. */
	world->look.grey = true;
	draw(world);
	assert_int_equal(world->canvas.cells[0].flags & DRAW_COLOURS, 0);
	assert_int_equal(world->canvas.cells[0].role, ROLE_STALE);
	world_free(world);
}

static void the_part_in_sight_follows_the_cursor(void **state)
{
	struct world *world = world_new(10, 40);
	int y, x;
	(void)state;

	draw(world);
	expect_first_line(world, "row 0");
	world->screen.cursor_row = 12;
	world->screen.cursor_col = 3;
	screen_follow(&world->screen, &world->look, 10, 40);
	draw(world);
	expect_first_line(world, "row 3");
	assert_true(screen_cursor(&world->screen, &world->look, &y, &x));
	assert_int_equal(y, 9);
	assert_int_equal(x, 3);
	/* Within it nothing moves; beyond its right edge it goes by more than a column. */
	world->screen.cursor_row = 5;
	world->screen.cursor_col = 41;
	screen_follow(&world->screen, &world->look, 10, 40);
	assert_int_equal(world->look.row, 3);
	assert_in_range(world->look.col, 2, 20);
	int col = world->look.col;
	world->screen.cursor_col = 42;
	screen_follow(&world->screen, &world->look, 10, 40);
	assert_int_equal(world->look.col, col);
	/* A cursor that is not seen moves nothing, and a new line begins at the left. */
	world->screen.cursor_row = world->screen.cursor_col = -1;
	screen_follow(&world->screen, &world->look, 10, 40);
	assert_int_equal(world->look.col, col);
	world->screen.cursor_row = 24;
	world->screen.cursor_col = 0;
	screen_follow(&world->screen, &world->look, 10, 40);
	assert_int_equal(world->look.col, 0);
	assert_int_equal(world->look.row, 15);
	world_free(world);
}

static void a_place_of_the_panel_is_a_pixel_of_the_guest(void **state)
{
	struct world *world = world_new(10, 40);
	int px, py;
	(void)state;

	world->screen.x = 5;
	world->look.row = 2;
	world->look.col = 10;
	draw(world);
	assert_true(screen_pixel(&world->screen, &world->look, 0, 0, false, &px, &py));
	assert_in_range(px, 5 + 90, 5 + 98);
	assert_in_range(py, 32, 47);
	world->look.scaled = true;
	draw(world);
	assert_true(world->look.shrunk);
	assert_true(screen_pixel(&world->screen, &world->look, 9, 0, false, &px, &py));
	assert_true(py > 350 && py < 400);
	assert_false(screen_pixel(&world->screen, &world->look, 10, 0, false, &px, &py));
	world_free(world);
}

static void expect_pixel(struct world *world, int y, int x, bool held, int wanted_x, int wanted_y)
{
	int px = -1, py = -1;

	assert_true(screen_pixel(&world->screen, &world->look, y, x, held, &px, &py));
	assert_int_equal(px, wanted_x);
	assert_int_equal(py, wanted_y);
}

static void corners_are_corners(void **state)
{
	struct world *world = world_new(ROWS, COLS);
	int px, py;
	(void)state;

	draw(world);
	expect_pixel(world, 0, 0, false, 4, 8);
	expect_pixel(world, ROWS - 1, COLS - 1, false, 79 * 9 + 4, 24 * 16 + 8);
	assert_false(screen_pixel(&world->screen, &world->look, 0, COLS, false, &px, &py));
	assert_false(screen_pixel(&world->screen, &world->look, -1, 0, false, &px, &py));
	/* A button that went down within it and is led out of it. */
	expect_pixel(world, -3, -1, true, 0, 0);
	expect_pixel(world, ROWS, COLS + 7, true, 80 * 9 - 1, 25 * 16 - 1);
	world_free(world);
	/* A part of it: beside the panel there is more of the screen. */
	world = world_new(10, 40);
	world->look.row = 5;
	world->look.col = 20;
	draw(world);
	expect_pixel(world, 0, 0, false, 20 * 9 + 4, 5 * 16 + 8);
	expect_pixel(world, 10, 40, true, 60 * 9 + 4, 15 * 16 + 8);
	/* Smaller: all of it, to the last pixel. */
	world->look.scaled = true;
	draw(world);
	expect_pixel(world, 11, 41, true, 80 * 9 - 1, 25 * 16 - 1);
	world_free(world);
}

static void it_is_drawn_smaller_at_any_size(void **state)
{
	(void)state;
	for (int rows = 0; rows < 28; rows++)
		for (int cols = 0; cols < 84; cols += 3) {
			struct world *world = world_new(MAX(rows, 1), MAX(cols, 1));
			struct area area = area_sub(canvas_area(&world->canvas), 0, 0, rows, cols);

			world->look.scaled = true;
			world->cells[0].ch = 0x2588;
			screen_draw(area, &world->screen, &world->look);
			if (rows && cols && world->look.shrunk)
				assert_true(world->canvas.cells[0].flags & DRAW_COLOURS);
			world_free(world);
		}
}

/* ---- keys ---- */

static char *pressed(keycode key)
{
	struct layout *layout = layout_new_us();
	g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
	GString *text = g_string_new(NULL);

	if (!screen_keys_press(layout, key, events, NULL))
		g_string_assign(text, "none");
	for (guint i = 0; i < events->len; i++) {
		const struct key_event *event = &g_array_index(events, struct key_event, i);

		g_string_append_printf(text, "%s%c%02x", i ? " " : "", event->down ? '+' : '-', event->scancode);
	}
	layout_free(layout);
	return g_string_free(text, FALSE);
}

static void keys_are_those_of_a_pc(void **state)
{
	static const struct {
		keycode key;
		const char *expected;
	} rows[] = {
	        {'a', "+1e -1e"},
	        {'A', "+2a +1e -1e -2a"},
	        {'-', "+0c -0c"},
	        {K_ENTER, "+1c -1c"},
	        {K_BACKSPACE, "+0e -0e"},
	        {K_UP, "+c8 -c8"},
	        {K_F12, "+58 -58"},
	        {KEY_CTRL | 'c', "+1d +2e -2e -1d"},
	        {KEY_CTRL | K_SPACE, "+1d +39 -39 -1d"},
	        {KEY_CTRL | '_', "+1d +2a +0c -0c -2a -1d"},
	        {KEY_ALT | 'x', "+38 +2d -2d -38"},
	        {KEY_ALT | '-', "+38 +0c -0c -38"},
	        {KEY_SHIFT | K_TAB, "+2a +0f -0f -2a"},
	        {0xe9, "none"},
	        {K_MOUSE, "none"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = pressed(rows[i].key);

		assert_string_equal(got, rows[i].expected);
	}
}

static void every_combination_is_one(void **state)
{
	struct layout *layout = layout_new_us();
	(void)state;

	for (const struct key_combination *keys = screen_combinations; keys->keys; keys++) {
		g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct key_event));

		assert_true(keyboard_press(layout, keys->keys, events, NULL));
		for (const struct key_combination *other = screen_combinations; keys->letter && other != keys; other++)
			assert_int_not_equal(other->letter, keys->letter);
	}
	layout_free(layout);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(all_of_it_is_there_where_there_is_room),
	        cmocka_unit_test(the_colours_of_a_text_screen_are_the_terminals),
	        cmocka_unit_test(the_part_in_sight_follows_the_cursor),
	        cmocka_unit_test(a_place_of_the_panel_is_a_pixel_of_the_guest),
	        cmocka_unit_test(corners_are_corners),
	        cmocka_unit_test(it_is_drawn_smaller_at_any_size),
	        cmocka_unit_test(keys_are_those_of_a_pc),
	        cmocka_unit_test(every_combination_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
