/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mouse as terminals report it: SGR and the old three bytes, in every kind of terminal. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "support/files.h"
#include "support/pty.h"

enum { LEFT = 0, MOTION = 32, WHEEL_UP = 64, WHEEL_DOWN = 65 };

static const char *const argv_test[] = {"-c", "test:///default", NULL};

static struct pty *start_at(const char *term, const char *home)
{
	g_autofree char *set_term = g_strconcat("TERM=", term, NULL);
	const char *const env[] = {set_term, NULL};
	struct pty *pty = pty_start_with(
	        &(struct pty_options){.argv = argv_test, .env = env, .home = home, .rows = 24, .cols = 80});
	pty_wait_text(pty, "guests 1 of 1");
	/* All rows of the tree: none comes in between later. */
	pty_wait_text(pty, "▶ test");
	pty_wait_text(pty, "default-pool");
	pty_wait_text(pty, "⇄ default");
	return pty;
}

static struct pty *start(void)
{
	return start_at("xterm-256color", NULL);
}

static void quit(struct pty *pty)
{
	pty_keys(pty, "q");
	pty_wait_exit_code(pty, 0);
	pty_free(pty);
}

/* Rows and columns from 0, as on the screen. */
static void send(struct pty *pty, int button, int row, int col, bool press)
{
	g_autofree char *report = g_strdup_printf("\033[<%d;%d;%d%c", button, col + 1, row + 1, press ? 'M' : 'm');
	pty_type(pty, report);
}

static void click(struct pty *pty, int row, int col)
{
	send(pty, LEFT, row, col, true);
	send(pty, LEFT, row, col, false);
}

static void drag(struct pty *pty, int row, int col, int to_row, int to_col)
{
	send(pty, LEFT, row, col, true);
	send(pty, LEFT | MOTION, to_row, to_col, true);
	send(pty, LEFT, to_row, to_col, false);
}

/* Column of `text` in a row; the row has characters of one column only. */
static int column_of(struct pty *pty, int row, const char *text)
{
	g_autofree char *line = pty_row_text(pty, row);
	const char *at = strstr(line, text);
	return at ? (int)g_utf8_strlen(line, at - line) : -1;
}

static void a_click_selects_and_a_double_click_folds(void **state)
{
	(void)state;
	struct pty *pty = start();
	int row = pty_find_row(pty, "▶ test");
	click(pty, row, 8);
	pty_wait_text(pty, "guest test");
	row = pty_find_row(pty, "Storage +1");
	click(pty, row, 12);
	pty_wait_text(pty, "host [a-z0-9]");
	click(pty, row, 13);
	click(pty, row, 13);
	pty_wait_gone(pty, "default-pool");
	quit(pty);
}

static void the_wheel_moves_the_cursor(void **state)
{
	(void)state;
	struct pty *pty = start();
	click(pty, pty_find_row(pty, "▶ test"), 8);
	pty_wait_text(pty, "guest test");
	send(pty, WHEEL_DOWN, 5, 5, true);
	pty_wait_gone(pty, "guest test");
	send(pty, WHEEL_UP, 5, 5, true);
	pty_wait_text(pty, "guest test");
	quit(pty);
}

static void a_click_on_a_tab_and_on_a_title_goes_there(void **state)
{
	(void)state;
	struct pty *pty = start();
	pty_keys(pty, "M-1", "Home");
	pty_wait_text(pty, "\\[Summary\\]");
	int row = pty_find_row(pty, "\\[Summary\\]");
	click(pty, row, column_of(pty, row, "Guests"));
	pty_wait_text(pty, "\\[Guests\\]");
	row = pty_find_row(pty, "─ Tasks ─");
	click(pty, row, 60);
	pty_wait_text(pty, "►Tasks ═");
	quit(pty);
}

static void the_key_bar_the_menu_and_dialogs_are_clicked(void **state)
{
	(void)state;
	struct pty *pty = start();
	int row = pty_find_row(pty, "▶ test");
	click(pty, row, 8);
	pty_wait_text(pty, "guest test");
	/* The key bar: menu. */
	click(pty, 23, column_of(pty, 23, "menu"));
	pty_wait_text(pty, "┌─ guest test");
	/* Its second click on a row runs it; force off asks. */
	row = pty_find_row(pty, "Force off|Destroy");
	assert_true(row > 0);
	click(pty, row, 30);
	click(pty, row, 30);
	pty_wait_text(pty, "\\[ Cancel \\]|> Cancel <");
	row = pty_find_row(pty, "Cancel [\\]<]");
	click(pty, row, column_of(pty, row, "Cancel"));
	pty_wait_gone(pty, "Cancel [\\]<]");
	pty_wait_text(pty, "▶ test");
	/* Beside the menu: it closes. */
	pty_keys(pty, "m");
	pty_wait_text(pty, "┌─ guest test");
	click(pty, 0, 0);
	pty_wait_gone(pty, "┌─ guest test");
	quit(pty);
}

static void click_text(struct pty *pty, const char *text)
{
	pty_wait_text(pty, text);
	int row = pty_find_row(pty, text);
	click(pty, row, column_of(pty, row, text));
}

static void open_guests(struct pty *pty)
{
	pty_keys(pty, "M-1", "Home");
	pty_wait_text(pty, "\\[Summary\\]");
	click_text(pty, "Guests  Storage");
	pty_wait_text(pty, "\\[Guests\\]");
}

static void fields_and_buttons_of_a_form_are_clicked(void **state)
{
	(void)state;
	struct pty *pty = start();
	open_guests(pty);
	pty_keys(pty, "E");
	pty_wait_text(pty, "Replace +\\[ \\]");
	click_text(pty, "Replace");
	pty_wait_text(pty, "Replace +\\[x\\]");
	click_text(pty, "Replace");
	pty_wait_text(pty, "Replace +\\[ \\]");
	/* A text field takes the keys once it was clicked. */
	click_text(pty, "File ");
	pty_keys(pty, "C-u");
	pty_type(pty, "/nowhere/there/is/x.csv");
	pty_wait_text(pty, "/nowhere/there/is/x\\.csv");
	click_text(pty, "Cancel");
	pty_wait_gone(pty, "Replace");
	pty_keys(pty, "E");
	pty_wait_text(pty, "Replace");
	click_text(pty, "File ");
	pty_keys(pty, "C-u");
	pty_type(pty, "/nowhere/there/is/x.csv");
	pty_wait_text(pty, "/nowhere/there/is/x\\.csv");
	click_text(pty, "Export ]");
	pty_wait_text(pty, "cannot .*/nowhere/there/is/x\\.csv");
	quit(pty);
}

static void tables_and_pages_take_click_double_click_and_wheel(void **state)
{
	(void)state;
	struct pty *pty = start();
	open_guests(pty);
	/* A title sorts, and turns the order round. */
	click_text(pty, "CPU%");
	pty_wait_text(pty, "CPU%↓");
	click_text(pty, "CPU%↓");
	pty_wait_text(pty, "CPU%↑");
	int row = pty_find_row(pty, "test +running");
	int col = column_of(pty, row, "running");
	click(pty, row, col);
	click(pty, row, col);
	pty_wait_text(pty, "guest test ═");
	/* A page scrolls under the wheel, three lines a notch. */
	pty_keys(pty, "M-1", "Home");
	pty_wait_text(pty, "host [^ ]+ [─═]");
	click_text(pty, "Summary");
	pty_wait_text(pty, "\\[Summary\\]");
	pty_wait_text(pty, "Load ─");
	send(pty, WHEEL_DOWN, 8, 60, true);
	pty_wait_gone(pty, "Load ─");
	send(pty, WHEEL_UP, 8, 60, true);
	pty_wait_text(pty, "Load ─");
	quit(pty);
}

static void borders_are_dragged_and_remembered(void **state)
{
	(void)state;
	g_autofree char *home = g_dir_make_tmp("nvm-XXXXXX", NULL);
	struct pty *pty = start_at("xterm-256color", home);
	int row = pty_find_row(pty, "▶ test"), edge = column_of(pty, row, "│");
	assert_true(edge > 10);
	drag(pty, row, edge, row, edge + 9);
	pty_wait_text(pty, "(?m)^.{33}│");
	assert_int_equal(column_of(pty, row, "│"), edge + 9);
	int tasks = pty_find_row(pty, "─ Tasks ─");
	drag(pty, tasks, 50, tasks - 3, 50);
	/* It has the focus with the press already. */
	g_autofree char *moved = g_strdup_printf("\\A([^\n]*\n){%d}[^\n]*►Tasks ═", tasks - 3);
	pty_wait_text(pty, moved);
	/* Beyond what there is room for: it stops there, and comes back at once. */
	drag(pty, row, edge + 9, row, 79);
	drag(pty, row, 49, row, edge + 9);
	quit(pty);
	pty = start_at("xterm-256color", home);
	row = pty_find_row(pty, "▶ test");
	assert_int_equal(column_of(pty, row, "│"), edge + 9);
	assert_int_equal(pty_find_row(pty, "─ Tasks ─"), tasks - 3);
	quit(pty);
	files_remove(home);
}

static void every_terminal_that_has_a_mouse_reports_it(void **state)
{
	(void)state;
	static const char *const terms[] = {"xterm", "tmux-256color", "tmux", "screen-256color", "screen", "rxvt-unicode-256color",
	        "xterm-kitty"};
	for (gsize i = 0; i < G_N_ELEMENTS(terms); i++) {
		struct pty *pty = start_at(terms[i], NULL);
		assert_int_not_equal(pty_modes(pty).mouse, 0);
		click(pty, pty_find_row(pty, "▶ test"), 8);
		pty_wait_text(pty, "guest test");
		quit(pty);
	}
}

static void the_old_reports_are_understood(void **state)
{
	(void)state;
	struct pty *pty = start_at("screen", NULL);
	int row = pty_find_row(pty, "▶ test");
	g_autofree char *report = g_strdup_printf("\033[M %c%c\033[M#%c%c", 8 + 33, row + 33, 8 + 33, row + 33);
	pty_type(pty, report);
	pty_wait_text(pty, "guest test");
	quit(pty);
}

/* Whatever a broken terminal sends, no key comes of it and keys after it count. */
static void broken_reports_are_no_keys(void **state)
{
	(void)state;
	static const char *const broken[] = {"\033[<0;5M", "\033[<0;0;0M", "\033[<999;1;1M", "\033[<0;99999999;5M", "\033[<;;M",
	        "\033[<0;1;1;1M", "\033[<0;500;500M", "\033[<35;5;5M", "\033[<66;5;5M", "\033[<128;5;5M", "\033[<0;5;5Q"};
	struct pty *pty = start();
	for (gsize i = 0; i < G_N_ELEMENTS(broken); i++)
		pty_type(pty, broken[i]);
	pty_keys(pty, "?");
	pty_wait_text(pty, "Help");
	pty_keys(pty, "Esc");
	pty_wait_gone(pty, "─ Help");
	quit(pty);
}

static void the_mouse_can_be_left_to_the_terminal(void **state)
{
	(void)state;
	g_autofree char *home = g_dir_make_tmp("nvm-XXXXXX", NULL);
	g_autofree char *dir = g_build_filename(home, "config", "nvirt", NULL);
	g_autofree char *path = g_build_filename(dir, "config.json", NULL);
	assert_int_equal(g_mkdir_with_parents(dir, 0700), 0);
	files_write(path, "{\"mouse\": false}", -1);
	struct pty *pty = start_at("xterm-256color", home);
	assert_int_equal(pty_modes(pty).mouse, 0);
	quit(pty);
	files_remove(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_click_selects_and_a_double_click_folds),
	        cmocka_unit_test(the_wheel_moves_the_cursor),
	        cmocka_unit_test(a_click_on_a_tab_and_on_a_title_goes_there),
	        cmocka_unit_test(the_key_bar_the_menu_and_dialogs_are_clicked),
	        cmocka_unit_test(fields_and_buttons_of_a_form_are_clicked),
	        cmocka_unit_test(tables_and_pages_take_click_double_click_and_wheel),
	        cmocka_unit_test(borders_are_dragged_and_remembered),
	        cmocka_unit_test(every_terminal_that_has_a_mouse_reports_it),
	        cmocka_unit_test(the_old_reports_are_understood),
	        cmocka_unit_test(broken_reports_are_no_keys),
	        cmocka_unit_test(the_mouse_can_be_left_to_the_terminal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
