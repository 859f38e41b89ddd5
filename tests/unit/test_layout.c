/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ui/layout.h"

enum { MAX_ROWS = 130, MAX_COLS = 260 };

static unsigned char grid[MAX_ROWS][MAX_COLS];

static void cover(const struct rect *rect, int rows, int cols)
{
	assert_true(rect->rows >= 0 && rect->cols >= 0);
	if (rect->rows == 0 || rect->cols == 0)
		return;
	assert_true(rect->y >= 0 && rect->x >= 0 && rect->y + rect->rows <= rows && rect->x + rect->cols <= cols);
	for (int y = rect->y; y < rect->y + rect->rows; y++)
		for (int x = rect->x; x < rect->x + rect->cols; x++)
			assert_int_equal(grid[y][x]++, 0);
}

static void check_covered(const struct layout *layout, int rows, int cols)
{
	memset(grid, 0, sizeof(grid));
	for (int i = 0; i < REGION_N; i++) {
		cover(&layout->region[i], rows, cols);
		cover(&layout->title[i], rows, cols);
	}
	cover(&layout->separator, rows, cols);
	cover(&layout->switcher, rows, cols);
	cover(&layout->status, rows, cols);
	cover(&layout->message, rows, cols);
	for (int y = 0; y < rows; y++)
		for (int x = 0; x < cols; x++)
			if (grid[y][x] != 1)
				fail_msg("%dx%d: cell %d,%d is covered %d times", rows, cols, y, x, grid[y][x]);
}

static void check(int rows, int cols, enum region focus, bool zoomed)
{
	struct layout layout;
	layout_compute(&layout, rows, cols, focus, zoomed);
	check_covered(&layout, rows, cols);
	if (layout.mode != LAYOUT_TOO_SMALL)
		assert_true(layout.region[focus].rows >= 2 && layout.region[focus].cols >= 19);
}

static void regions_cover_every_screen_exactly_once(void **state)
{
	(void)state;
	for (int rows = 0; rows <= 70; rows++)
		for (int cols = 0; cols <= 140; cols += rows % 3 + 1)
			check(rows, cols, (enum region)(REGION_TREE + (rows + cols) % 3), cols % 5 == 0);
	for (int rows = 1; rows < MAX_ROWS; rows += 13)
		for (int cols = 1; cols < MAX_COLS; cols += 17)
			for (int focus = REGION_TREE; focus < REGION_N; focus++)
				check(rows, cols, (enum region)focus, false);
}

static void usual_screen_has_all_four_regions(void **state)
{
	(void)state;
	struct layout layout;
	layout_compute(&layout, 24, 80, REGION_TREE, false);
	assert_int_equal(layout.mode, LAYOUT_FULL);
	assert_int_equal(layout.region[REGION_TREE].cols, 24);
	assert_true(layout.region[REGION_CONTENT].cols >= 55);
	assert_true(layout.region[REGION_CONTENT].rows >= 14);
	assert_int_equal(layout.region[REGION_TASKS].rows, 4);
	assert_int_equal(layout.region[REGION_HEADER].rows, 2);
}

static void drawn_borders_are_taken_as_far_as_there_is_room(void **state)
{
	(void)state;
	g_autoptr(GRand) rand = g_rand_new_with_seed(3);
	for (int i = 0; i < 5000; i++) {
		int rows = g_rand_int_range(rand, 0, 120), cols = g_rand_int_range(rand, 0, 250);
		struct layout_wish wish = {g_rand_int_range(rand, 0, 300), g_rand_int_range(rand, 0, 150), g_rand_boolean(rand)};
		struct layout layout;
		layout_compute_with(&layout, rows, cols, REGION_TREE, i % 7 == 0, &wish);
		check_covered(&layout, rows, cols);
		if (layout.mode != LAYOUT_FULL)
			continue;
		assert_true(layout.region[REGION_TREE].cols >= 12 && layout.region[REGION_TREE].rows >= 4);
		assert_true(layout.region[REGION_CONTENT].cols >= 30);
		assert_true(layout.region[REGION_TASKS].rows >= 1);
	}
	struct layout layout;
	layout_compute_with(&layout, 40, 100, REGION_TREE, false, &(struct layout_wish){50, 11, false});
	assert_int_equal(layout.region[REGION_TREE].cols, 50);
	assert_int_equal(layout.region[REGION_TASKS].rows, 11);
}

static void small_screens_show_one_region(void **state)
{
	(void)state;
	struct layout layout;
	layout_compute(&layout, 12, 40, REGION_CONTENT, false);
	assert_int_equal(layout.mode, LAYOUT_SINGLE);
	assert_int_equal(layout.switcher.rows, 1);
	assert_int_equal(layout.region[REGION_TREE].rows, 0);
	assert_int_equal(layout.region[REGION_CONTENT].cols, 40);
	layout_compute(&layout, 4, 200, REGION_CONTENT, false);
	assert_int_equal(layout.mode, LAYOUT_TOO_SMALL);
	layout_compute(&layout, 100, 19, REGION_CONTENT, false);
	assert_int_equal(layout.mode, LAYOUT_TOO_SMALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(regions_cover_every_screen_exactly_once),
	        cmocka_unit_test(usual_screen_has_all_four_regions),
	        cmocka_unit_test(drawn_borders_are_taken_as_far_as_there_is_room),
	        cmocka_unit_test(small_screens_show_one_region),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
