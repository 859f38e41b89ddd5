/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ui/canvas.h"

static void assert_text(const struct canvas *canvas, const char *expected)
{
	g_autofree char *text = canvas_text(canvas);
	assert_string_equal(text, expected);
}

static void text_is_cut_with_a_mark(void **state)
{
	(void)state;
	struct canvas canvas;
	canvas_init(&canvas, 1, 8, false);
	assert_int_equal(area_text(canvas_area(&canvas), 0, 0, 5, ROLE_TEXT, "abcdefgh"), 5);
	assert_text(&canvas, "abcd…\n");
	canvas_fini(&canvas);
	canvas_init(&canvas, 1, 8, true);
	area_text(canvas_area(&canvas), 0, 0, 5, ROLE_TEXT, "abcdefgh");
	assert_text(&canvas, "abcd~\n");
	canvas_fini(&canvas);
}

static void text_that_just_fits_is_whole(void **state)
{
	(void)state;
	struct canvas canvas;
	canvas_init(&canvas, 1, 3, false);
	assert_int_equal(area_text(canvas_area(&canvas), 0, 2, 1, ROLE_TEXT, "x"), 1);
	assert_int_equal(area_text(canvas_area(&canvas), 0, 0, 1, ROLE_TEXT, " "), 1);
	assert_text(&canvas, "  x\n");
	canvas_fini(&canvas);
}

static void wide_character_never_hangs_over_the_edge(void **state)
{
	(void)state;
	struct canvas canvas;
	canvas_init(&canvas, 1, 6, false);
	struct area left = area_sub(canvas_area(&canvas), 0, 0, 1, 3);
	area_text(canvas_area(&canvas), 0, 3, -1, ROLE_TEXT, "abc");
	area_text(left, 0, 0, -1, ROLE_TEXT, "漢字漢");
	assert_text(&canvas, "漢…abc\n");
	canvas_fini(&canvas);
}

static void half_of_a_wide_character_is_not_left_behind(void **state)
{
	(void)state;
	struct canvas canvas;
	canvas_init(&canvas, 1, 4, false);
	area_text(canvas_area(&canvas), 0, 0, -1, ROLE_TEXT, "漢字");
	area_text(canvas_area(&canvas), 0, 1, 2, ROLE_TEXT, "xy");
	assert_text(&canvas, " xy\n");
	canvas_fini(&canvas);
}

static void drawing_outside_is_clipped(void **state)
{
	(void)state;
	struct canvas canvas;
	canvas_init(&canvas, 3, 3, false);
	struct area area = area_sub(canvas_area(&canvas), 1, 1, 1, 1);
	area_fill(area, -5, -5, 50, 50, ROLE_TEXT, '#');
	area_text(area, 0, -2, -1, ROLE_TEXT, "....");
	area_text(area, 7, 0, -1, ROLE_TEXT, "no");
	area_glyph(area, -1, 0, ROLE_TEXT, GLYPH_V);
	area_set_role(area, 9, 0, 4, ROLE_CURSOR);
	area_cursor(area, 3, 3, true);
	g_autofree char *text = canvas_text(&canvas);
	assert_int_equal(strlen(text), strspn(text, "\n .#…"));
	assert_null(strstr(text, "no"));
	assert_int_equal(canvas.cursor_y, -1);
	canvas_fini(&canvas);
}

static void nothing_hostile_becomes_a_cell(void **state)
{
	(void)state;
	struct canvas canvas;
	canvas_init(&canvas, 1, 40, false);
	area_text(canvas_area(&canvas), 0, 0, -1, ROLE_TEXT,
	        "a\x1b]0;x\x07"
	        "b\xc2\x9b\xff\xe2\x80\xae\xe2\x80\x8b\xef\xbb\xbf"
	        "\xcc\x81\xcc\x81\xcc\x81\xcc\x81z");
	for (int x = 0; x < canvas.cols; x++) {
		gunichar ch = canvas.cells[x].ch;
		assert_true(ch == 0 || ch == 0xfffd || (g_unichar_isprint(ch) && ch != 0x202e && ch != 0x200b));
	}
	canvas_fini(&canvas);
}

static void at_most_two_marks_stay_on_a_base_and_none_at_the_start(void **state)
{
	(void)state;
	struct canvas canvas;
	canvas_init(&canvas, 1, 4, false);
	area_text(canvas_area(&canvas), 0, 0, -1, ROLE_TEXT, "\xcc\x81" "a\xcc\x81\xcc\x82\xcc\x83" "b");
	assert_int_equal(canvas.cells[0].ch, 'a');
	assert_int_equal(canvas.cells[0].comb[0], 0x301);
	assert_int_equal(canvas.cells[0].comb[1], 0x302);
	assert_int_equal(canvas.cells[1].ch, 'b');
	canvas_fini(&canvas);
}

static void ascii_mode_has_only_ascii_and_keeps_columns(void **state)
{
	(void)state;
	struct canvas canvas;
	canvas_init(&canvas, 3, 12, true);
	area_frame(canvas_area(&canvas), ROLE_BORDER, ROLE_TITLE, "Tïtle");
	area_text(canvas_area(&canvas), 1, 1, -1, ROLE_TEXT, "漢→é…|");
	assert_text(&canvas, "+- T?tle --+\n|? >?~|    |\n+----------+\n");
	canvas_fini(&canvas);
}

static void writing_the_same_again_is_not_dirty(void **state)
{
	(void)state;
	struct canvas canvas;
	canvas_init(&canvas, 2, 10, false);
	area_text(canvas_area(&canvas), 0, 0, -1, ROLE_BOLD, "hello");
	memset(canvas.dirty, 0, sizeof(bool) * 2);
	area_text(canvas_area(&canvas), 0, 0, -1, ROLE_BOLD, "hello");
	assert_false(canvas.dirty[0]);
	area_text(canvas_area(&canvas), 0, 0, -1, ROLE_BOLD, "hallo");
	assert_true(canvas.dirty[0]);
	assert_false(canvas.dirty[1]);
	canvas_fini(&canvas);
}

static void bar_shows_a_little_and_never_pretends_full(void **state)
{
	(void)state;
	struct canvas canvas;
	canvas_init(&canvas, 1, 10, true);
	struct area area = canvas_area(&canvas);
	static const struct {
		double fraction;
		const char *bar;
	} cases[] = {{0, "..........\n"}, {0.001, "#.........\n"}, {0.5, "#####.....\n"}, {0.999, "#########.\n"},
	        {1, "##########\n"}, {7, "##########\n"}, {-1, "..........\n"}};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		area_bar(area, 0, 0, 10, ROLE_BAR_USED, ROLE_BAR_FREE, cases[i].fraction);
		assert_text(&canvas, cases[i].bar);
	}
	canvas_fini(&canvas);
}

static void empty_canvas_takes_everything(void **state)
{
	(void)state;
	struct canvas canvas;
	canvas_init(&canvas, 0, 0, false);
	struct area area = canvas_area(&canvas);
	area_text(area, 0, 0, -1, ROLE_TEXT, "x");
	area_frame(area, ROLE_BORDER, ROLE_TITLE, "t");
	area_clear(area_sub(area, 3, 3, 3, 3), ROLE_TEXT);
	assert_text(&canvas, "");
	canvas_fini(&canvas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(text_is_cut_with_a_mark),
	        cmocka_unit_test(text_that_just_fits_is_whole),
	        cmocka_unit_test(wide_character_never_hangs_over_the_edge),
	        cmocka_unit_test(half_of_a_wide_character_is_not_left_behind),
	        cmocka_unit_test(drawing_outside_is_clipped),
	        cmocka_unit_test(nothing_hostile_becomes_a_cell),
	        cmocka_unit_test(at_most_two_marks_stay_on_a_base_and_none_at_the_start),
	        cmocka_unit_test(ascii_mode_has_only_ascii_and_keeps_columns),
	        cmocka_unit_test(writing_the_same_again_is_not_dirty),
	        cmocka_unit_test(bar_shows_a_little_and_never_pretends_full),
	        cmocka_unit_test(empty_canvas_takes_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
