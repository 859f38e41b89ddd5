/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frozen page: how one moves in it, what is found, what a selection copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nvirt/page.h"
#include "nvirt/screen_text.h"
#include "nvirt/serial.h"

/* Lines of a screen `width` columns wide; a wide character takes two. */
static struct page *page_of(unsigned width, const char *const *lines)
{
	struct page *page = page_new();

	for (; *lines; lines++) {
		g_autofree struct page_cell *cells = g_new0(struct page_cell, width);
		unsigned col = 0;

		for (const char *at = *lines; *at; at = g_utf8_next_char(at)) {
			gunichar ch = g_utf8_get_char(at);

			if (g_unichar_ismark(ch)) {
				cells[col - 1].comb = ch;
				continue;
			}
			cells[col++] = (struct page_cell){.ch = ch};
			if (g_unichar_iswide(ch))
				cells[col++] = (struct page_cell){.ch = 0};
		}
		while (col < width)
			cells[col++] = (struct page_cell){.ch = ' '};
		page_append(page, page_line_new(cells, width));
	}
	return page;
}

static const char *const prose[] = {"The quick brown-fox", "", "  jumps over_the 漢字 dog", "", "", "end.", NULL};

static void assert_at(const struct page *page, struct page_pos *pos, enum page_motion motion, unsigned count, int row, int col)
{
	page_move(page, pos, motion, count);
	if (pos->row != row || pos->col != col)
		fail_msg("motion %d led to %d,%d and not to %d,%d", motion, pos->row, pos->col, row, col);
}

static void words_and_lines(void **state)
{
	struct page *page = page_of(30, prose);
	struct page_pos pos = {0, 0};

	(void)state;
	assert_at(page, &pos, PAGE_WORD_NEXT, 1, 0, 4);
	assert_at(page, &pos, PAGE_WORD_NEXT, 2, 0, 15);
	assert_at(page, &pos, PAGE_WORD_NEXT, 1, 0, 16);
	assert_at(page, &pos, PAGE_WORD_NEXT, 1, 2, 2);
	assert_at(page, &pos, PAGE_WORD_PREV, 2, 0, 15);
	assert_at(page, &pos, PAGE_BIG_PREV, 1, 0, 10);
	assert_at(page, &pos, PAGE_BIG_END, 1, 0, 18);
	assert_at(page, &pos, PAGE_WORD_END, 1, 2, 6);
	assert_at(page, &pos, PAGE_WORD_END, 1, 2, 15);
	assert_at(page, &pos, PAGE_WORD_NEXT, 1, 2, 17);
	/* A wide character is one step, and its right half is no place. */
	assert_at(page, &pos, PAGE_RIGHT, 1, 2, 19);
	assert_at(page, &pos, PAGE_LEFT, 1, 2, 17);
	assert_at(page, &pos, PAGE_LINE_TEXT_END, 1, 2, 24);
	assert_at(page, &pos, PAGE_LINE_TEXT_START, 1, 2, 2);
	assert_at(page, &pos, PAGE_LINE_START, 1, 2, 0);
	assert_at(page, &pos, PAGE_PARAGRAPH_NEXT, 1, 3, 0);
	assert_at(page, &pos, PAGE_PARAGRAPH_PREV, 1, 1, 0);
	assert_at(page, &pos, PAGE_BOTTOM, 1, 5, 0);
	assert_at(page, &pos, PAGE_WORD_NEXT, 9, 5, 3);
	assert_at(page, &pos, PAGE_WORD_NEXT, 1000000, 5, 3);
	assert_at(page, &pos, PAGE_UP, 1000000, 0, 3);
	assert_at(page, &pos, PAGE_RIGHT, 1000000, 0, 29);
	assert_at(page, &pos, PAGE_DOWN, 3, 3, 29);
	assert_at(page, &pos, PAGE_TOP, 1, 0, 0);
	assert_at(page, &pos, PAGE_WORD_PREV, 3, 0, 0);
	page_free(page);
}

static void an_empty_page_is_harmless(void **state)
{
	struct page *page = page_new();
	struct page_pos pos = {7, -3};
	GArray *found = page_find(page, "x");
	g_autofree char *text = page_text(page, 0, 10), *ansi = page_ansi(page, 0, 10);
	struct page_selection selection = {PAGE_SELECT_BLOCK, {0, 0}, {0, 0}};
	g_autofree char *selected = page_selection_text(page, &selection);

	(void)state;
	for (enum page_motion motion = 0; motion < PAGE_MOTION_N; motion++)
		assert_at(page, &pos, motion, 3, 0, 0);
	assert_int_equal(found->len, 0);
	assert_int_equal(page_match_step(found, pos, 1), -1);
	assert_string_equal(text, "");
	assert_string_equal(ansi, "");
	assert_string_equal(selected, "");
	g_array_unref(found);
	page_free(page);
}

static struct page_match match_of(const GArray *found, unsigned i)
{
	assert_true(i < found->len);
	return g_array_index(found, struct page_match, i);
}

static void all_places_are_found(void **state)
{
	static const char *const lines[] = {"Error: error 漢字 e\xcc\x81rror", "none", "a long line that is err", "or ends here  ", NULL};
	struct page *page = page_of(23, lines);
	GArray *found = page_find(page, "ERROR");

	(void)state;
	/* The one with an accent too, and one that was broken at the right edge. */
	assert_int_equal(found->len, 4);
	assert_int_equal(match_of(found, 1).from.col, 7);
	assert_int_equal(match_of(found, 1).to.col, 11);
	assert_int_equal(match_of(found, 2).from.col, 18);
	assert_int_equal(match_of(found, 3).from.row, 2);
	assert_int_equal(match_of(found, 3).from.col, 20);
	assert_int_equal(match_of(found, 3).to.row, 3);
	assert_int_equal(match_of(found, 3).to.col, 1);
	assert_int_equal(page_match_first(found, 0), 0);
	assert_int_equal(page_match_first(found, 1), 3);
	assert_int_equal(page_match_first(found, 3), 3);
	assert_int_equal(page_match_first(found, 4), 4);
	/* Both ways, and round. */
	assert_int_equal(page_match_step(found, (struct page_pos){0, 0}, 1), 1);
	assert_int_equal(page_match_step(found, (struct page_pos){0, 8}, -1), 1);
	assert_int_equal(page_match_step(found, (struct page_pos){0, 0}, -1), 3);
	assert_int_equal(page_match_step(found, (struct page_pos){2, 20}, 1), 0);
	g_array_unref(found);
	found = page_find(page, "漢字");
	assert_int_equal(found->len, 1);
	assert_int_equal(match_of(found, 0).from.col, 13);
	assert_int_equal(match_of(found, 0).to.col, 16);
	g_array_unref(found);
	found = page_find(page, "");
	assert_int_equal(found->len, 0);
	g_array_unref(found);
	page_free(page);
}

static void assert_copies(const struct page *page, enum page_select kind, struct page_pos from, struct page_pos to, const char *expected)
{
	struct page_selection selection = {kind, from, to}, back = {kind, to, from};
	g_autofree char *text = page_selection_text(page, &selection), *same = page_selection_text(page, &back);

	assert_string_equal(text, expected);
	assert_string_equal(same, expected);
}

static void selections(void **state)
{
	struct page *page = page_of(30, prose);

	(void)state;
	assert_copies(page, PAGE_SELECT_CHARS, (struct page_pos){0, 10}, (struct page_pos){2, 6}, "brown-fox\n\n  jumps");
	assert_copies(page, PAGE_SELECT_CHARS, (struct page_pos){0, 4}, (struct page_pos){0, 8}, "quick");
	assert_copies(page, PAGE_SELECT_LINES, (struct page_pos){0, 9}, (struct page_pos){2, 1}, "The quick brown-fox\n\n  jumps over_the 漢字 dog");
	assert_copies(page, PAGE_SELECT_BLOCK, (struct page_pos){0, 4}, (struct page_pos){2, 8}, "quick\n\nmps o");
	/* Half a wide character is none: it comes whole. */
	assert_copies(page, PAGE_SELECT_BLOCK, (struct page_pos){2, 18}, (struct page_pos){2, 19}, "漢字");
	assert_copies(page, PAGE_SELECT_NONE, (struct page_pos){0, 0}, (struct page_pos){1, 0}, "\n");
	page_free(page);
}

static void a_screen_and_its_colours(void **state)
{
	struct text_cell cells[2 * 4] = {{'a', 0xaaaaaa, 0xaa, 100, 0}, {'b', 0xffffff, 0xaa, 100, CELL_BOLD},
	        {0x2588, 1, 2, 100, CELL_PICTURE}, {0x2580, 3, 4, 0, CELL_UNKNOWN}, {' ', 0, 0, 100, 0}, {' ', 0, 0, 100, 0},
	        {' ', 0, 0, 100, 0}, {' ', 0, 0, 100, 0}};
	struct text_screen screen = {.kind = SCREEN_TEXT, .rows = 2, .cols = 4, .font = "", .cells = cells};
	struct page *page = page_of_screen(NULL, &screen);
	g_autofree char *text = page_text(page, 0, 2), *ansi = page_ansi(page, 0, 2);

	(void)state;
	assert_string_equal(text, "ab \xef\xbf\xbd\n");
	assert_string_equal(ansi, "\033[0;38;2;170;170;170;48;2;0;0;170ma\033[0;38;2;255;255;255;48;2;0;0;170mb"
	                          "\033[0;38;2;0;0;1;48;2;0;0;2m\xe2\x96\x88\033[0;38;2;0;0;3;48;2;0;0;4m\xe2\x96\x80\033[0m\n");
	/* What is blank at the end costs nothing, and keeps its colour. */
	assert_int_equal(page_line(page, 1)->count, 0);
	assert_int_equal(page_cell_at(page, 1, 3).flags & PAGE_BG, PAGE_BG);
	page_free(page);
}

static void a_serial_console(void **state)
{
	struct serial_term *term = serial_term_new(3, 10);
	struct serial_screen *screen = serial_screen_new();
	struct serial_frame *frame = serial_frame_new();
	const char bytes[] = "one\r\ntwo\r\n\033[1;31mred\033[0m\r\nfour";

	(void)state;
	serial_term_feed(term, bytes, sizeof(bytes) - 1);
	serial_term_frame(term, frame);
	serial_screen_apply(screen, frame);
	struct page *page = page_of_serial(screen);
	assert_int_equal(page_history(page), 1);
	assert_int_equal(page_cols(page), 10);
	g_autofree char *text = page_text(page, 0, 10), *ansi = page_ansi(page, 2, 2);
	assert_string_equal(text, "one\ntwo\nred\nfour\n");
	assert_string_equal(ansi, "\033[0;1;38;5;1mred\033[0m\nfour\n");
	page_free(page);
	serial_frame_free(frame);
	serial_screen_free(screen);
	serial_term_free(term);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(words_and_lines),
	        cmocka_unit_test(an_empty_page_is_harmless),
	        cmocka_unit_test(all_places_are_found),
	        cmocka_unit_test(selections),
	        cmocka_unit_test(a_screen_and_its_colours),
	        cmocka_unit_test(a_serial_console),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
