/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read mode without a guest: what it draws, what is found and selected, and that no key leads astray. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/probe.h"
#include "ui/read_mode.h"

#define ROWS 10
#define COLS 40

struct show {
	struct screen *screen;
	struct text_screen text;
	struct text_cell cells[ROWS * COLS];
	struct screen_history *history;
};

static void put(struct show *show, int row, const char *text)
{
	for (int col = 0; col < COLS; col++) {
		gunichar ch = *text ? g_utf8_get_char(text) : ' ';

		show->cells[row * COLS + col] = (struct text_cell){.ch = ch, .fg = 0xaaaaaa, .bg = 0xaa, .confidence = 100};
		text = *text ? g_utf8_next_char(text) : text;
	}
}

/* Twenty lines went by, ten are there. */
static struct show *show_new(void)
{
	struct show *show = g_new0(struct show, 1);

	show->screen = probe_screen(14, 60);
	show->history = screen_history_new();
	show->text = (struct text_screen){.kind = SCREEN_TEXT, .rows = ROWS, .cols = COLS, .cell_w = 8, .cell_h = 16,
	        .cursor_row = ROWS - 1, .cursor_col = 5, .font = "", .cells = show->cells};
	for (int i = 0; i < 30; i++) {
		g_autofree char *line = g_strdup_printf("line %d of thirty", i + 1);

		if (i >= ROWS)
			memmove(show->cells, show->cells + COLS, sizeof(show->cells[0]) * (ROWS - 1) * COLS);
		put(show, MIN(i, ROWS - 1), line);
		for (int row = i + 1; row < ROWS; row++)
			put(show, row, "");
		screen_history_feed(show->history, &show->text, i);
	}
	return show;
}

static void show_free(struct show *show)
{
	screen_history_free(show->history);
	screen_free(show->screen);
	g_free(show);
}

static struct read_mode *read_new(struct show *show)
{
	return read_mode_new(&show->screen->app, &(struct read_options){.screen = &show->text,
	                                                  .history = show->history,
	                                                  .cursor_row = show->text.cursor_row,
	                                                  .cursor_col = show->text.cursor_col});
}

static char *drawn(struct show *show, struct read_mode *read, int rows, int cols)
{
	read_mode_draw(read, area_sub(canvas_area(&show->screen->app.canvas), 0, 0, rows, cols), true);
	return canvas_text(&show->screen->app.canvas);
}

static void assert_draws(struct show *show, struct read_mode *read, const char *expected)
{
	g_autofree char *text = drawn(show, read, 12, 60);

	if (!strstr(text, expected))
		fail_msg("no '%s' in:\n%s", expected, text);
}

static void keys(struct read_mode *read, const char *names)
{
	g_auto(GStrv) words = g_strsplit(names, " ", -1);

	for (char **word = words; *word; word++)
		assert_int_equal(read_mode_key(read, key_parse(*word)), READ_TAKEN);
}

/* As the panel showed it: from `top` on in so many rows. */
static struct read_mode *read_seen(struct show *show, int cursor_row, int top, int rows)
{
	return read_mode_new(&show->screen->app, &(struct read_options){.screen = &show->text,
	                                                  .history = show->history,
	                                                  .cursor_row = cursor_row,
	                                                  .top = top,
	                                                  .rows = rows});
}

/* Twelve rows are drawn, the last of them read mode's own. */
static void assert_first(struct show *show, struct read_mode *read, const char *line, int cursor_y)
{
	g_autofree char *text = drawn(show, read, 12, 60);

	if (!g_str_has_prefix(text, line))
		fail_msg("'%s' is not first in:\n%s", line, text);
	assert_int_equal(show->screen->app.canvas.cursor_y, cursor_y);
}

static void nothing_moves_when_it_is_frozen(void **state)
{
	struct show *show = show_new();
	struct read_mode *read;

	(void)state;
	/* All of the screen, and room to spare below it. */
	read = read_seen(show, 2, 0, 12);
	assert_first(show, read, "line 21 of thirty\n", 2);
	keys(read, "k k");
	assert_first(show, read, "line 21 of thirty\n", 0);
	keys(read, "k");
	assert_first(show, read, "line 20 of thirty\n", 0);
	/* A page up, and back to where it was. */
	keys(read, "j PgUp");
	assert_first(show, read, "line 10 of thirty\n", 1);
	keys(read, "PgDn");
	assert_first(show, read, "line 20 of thirty\n", 1);
	read_mode_free(read);
	/* A part of it: the cursor is in sight, or moves there. */
	read = read_seen(show, 5, 3, 12);
	assert_first(show, read, "line 24 of thirty\n", 2);
	read_mode_free(read);
	read = read_seen(show, 1, 3, 12);
	assert_first(show, read, "line 24 of thirty\n", 0);
	read_mode_free(read);
	/* It stood where read mode has its own row. */
	read = read_seen(show, 9, -2, 12);
	assert_first(show, read, "line 20 of thirty\n", 10);
	read_mode_free(read);
	show_free(show);
}

static void it_begins_where_the_screen_was(void **state)
{
	struct show *show = show_new();
	struct read_mode *read = read_new(show);

	(void)state;
	assert_draws(show, read, "line 20 of thirty\nline 21 of thirty\n");
	assert_draws(show, read, "line 30 of thirty\nREAD 30/30");
	assert_int_equal(show->screen->app.canvas.cursor_y, 10);
	assert_int_equal(show->screen->app.canvas.cursor_x, 5);
	/* The guest goes on; what is read does not. */
	put(show, 0, "another");
	screen_history_feed(show->history, &show->text, 99);
	assert_draws(show, read, "line 20 of thirty\nline 21 of thirty\n");
	keys(read, "g g");
	assert_draws(show, read, "line 1 of thirty\nline 2 of thirty\n");
	assert_draws(show, read, "READ 1/30 scrolled by");
	keys(read, "1 2 G");
	assert_draws(show, read, "READ 12/30 scrolled by");
	assert_int_equal(read_mode_key(read, 'q'), READ_LEAVE);
	assert_int_equal(read_mode_key(read, K_F1 + 9), READ_PASS);
	assert_int_equal(read_mode_key(read, KEY_ALT | '2'), READ_PASS);
	read_mode_free(read);
	show_free(show);
}

static void search_shows_while_it_is_typed(void **state)
{
	struct show *show = show_new();
	struct read_mode *read = read_new(show);

	(void)state;
	keys(read, "? L i n e Space 2");
	assert_draws(show, read, "?Line 2");
	assert_draws(show, read, "11 there");
	keys(read, "Enter");
	assert_draws(show, read, "READ 29/30  'Line 2' 11/11");
	keys(read, "n 2 n");
	assert_draws(show, read, "READ 26/30  'Line 2' 8/11");
	keys(read, "/ x y");
	assert_draws(show, read, "not here");
	/* Given up: all as it was. */
	keys(read, "Esc");
	assert_draws(show, read, "READ 26/30  'Line 2' 8/11");
	keys(read, "0 *");
	assert_draws(show, read, "'line' 27/30");
	read_mode_paste(read, "nothing is asked");
	keys(read, "/");
	read_mode_paste(read, "5 of");
	assert_draws(show, read, "3 there");
	keys(read, "Enter Esc");
	assert_int_equal(read_mode_key(read, K_ESC), READ_LEAVE);
	read_mode_free(read);
	show_free(show);
}

static void a_selection_is_seen(void **state)
{
	struct show *show = show_new();
	struct read_mode *read = read_new(show);
	const struct canvas *canvas = &show->screen->app.canvas;

	(void)state;
	keys(read, "0 k C-v j l l");
	g_autofree char *text = drawn(show, read, 12, 60);
	assert_non_null(strstr(text, "selecting a block"));
	for (int row = 9; row <= 10; row++)
		for (int col = 0; col < 5; col++)
			assert_int_equal(!!(canvas->cells[row * canvas->cols + col].flags & DRAW_REVERSE), col < 3);
	keys(read, "o");
	assert_int_equal(read_mode_key(read, K_ESC), READ_TAKEN);
	assert_int_equal(read_mode_key(read, K_ESC), READ_LEAVE);
	/* By the mouse: pressed, dragged, and twice on a word. */
	read_mode_mouse(read, &(struct mouse){.y = 2, .x = 3, .button = 1, .clicks = 1, .what = MOUSE_PRESS});
	read_mode_mouse(read, &(struct mouse){.y = 4, .x = 6, .button = 1, .clicks = 1, .what = MOUSE_DRAG});
	assert_draws(show, read, "selecting");
	assert_draws(show, read, "READ 24/30");
	read_mode_mouse(read, &(struct mouse){.y = 2, .x = 6, .button = 1, .clicks = 2, .what = MOUSE_PRESS});
	g_free(drawn(show, read, 12, 60));
	assert_true(canvas->cells[2 * canvas->cols + 5].flags & DRAW_REVERSE);
	assert_false(canvas->cells[2 * canvas->cols + 4].flags & DRAW_REVERSE);
	read_mode_free(read);
	show_free(show);
}

/* Any keys at any size: nothing but what is there is drawn, and nothing is lost. */
static void no_key_leads_astray(void **state)
{
	static const keycode odd[] = {K_UP, K_DOWN, K_LEFT, K_RIGHT, K_HOME, K_END, K_PGUP, K_PGDN, K_ENTER, K_ESC, K_BACKSPACE,
	        KEY_CTRL | 'v', KEY_CTRL | 'd', KEY_CTRL | 'u', KEY_CTRL | 'e', KEY_CTRL | 'y', KEY_CTRL | 'f', KEY_CTRL | 'b'};
	g_autoptr(GRand) rand = g_rand_new_with_seed(11);

	(void)state;
	for (int round = 0; round < 60; round++) {
		struct show *show = show_new();
		struct read_mode *read;

		put(show, 3, "wide \xe6\xbc\xa2 and \xe5\xad\x97 there");
		show->cells[3 * COLS + 6] = (struct text_cell){.ch = 0, .flags = CELL_WIDE_REST};
		show->cells[5 * COLS + 2].flags = CELL_UNKNOWN;
		show->cells[5 * COLS + 3].flags = CELL_PICTURE;
		read = read_new(show);
		for (int i = 0; i < 200; i++) {
			keycode key = g_rand_boolean(rand) ? odd[g_rand_int_range(rand, 0, G_N_ELEMENTS(odd))]
			                                   : (keycode)g_rand_int_range(rand, 33, 127);

			/* Forms are another's. */
			if (key == 's')
				continue;
			read_mode_key(read, key);
			g_free(drawn(show, read, g_rand_int_range(rand, 0, 14), g_rand_int_range(rand, 0, 60)));
			if (g_rand_int_range(rand, 0, 5) == 0)
				read_mode_mouse(read, &(struct mouse){.y = g_rand_int_range(rand, 0, 14), .x = g_rand_int_range(rand, 0, 60),
				                              .button = g_rand_int_range(rand, 1, 6), .clicks = g_rand_int_range(rand, 1, 3),
				                              .what = g_rand_boolean(rand) ? MOUSE_PRESS : MOUSE_DRAG});
		}
		read_mode_free(read);
		show_free(show);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_begins_where_the_screen_was),
	        cmocka_unit_test(nothing_moves_when_it_is_frozen),
	        cmocka_unit_test(search_shows_while_it_is_typed),
	        cmocka_unit_test(a_selection_is_seen),
	        cmocka_unit_test(no_key_leads_astray),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
