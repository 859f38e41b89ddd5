/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Themes, configuration, clipboard and title, by the bytes that reach the terminal. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "support/files.h"
#include "support/pty.h"

static const char *const argv_test[] = {"-c", "test:///default", NULL};

/* A home with the project's themes in it, and what is said of config.json and state.json. */
static char *make_home(const char *config, const char *state)
{
	char *home = g_dir_make_tmp("nvt-XXXXXX", NULL);
	g_autofree char *themes = g_build_filename(home, "config", "nvirt", "themes", NULL);
	g_autofree char *states = g_build_filename(home, "state", "nvirt", NULL);
	g_autofree char *config_path = g_build_filename(home, "config", "nvirt", "config.json", NULL);
	g_autofree char *state_path = g_build_filename(states, "state.json", NULL);
	assert_int_equal(g_mkdir_with_parents(themes, 0700), 0);
	assert_int_equal(g_mkdir_with_parents(states, 0700), 0);
	g_autoptr(GDir) dir = g_dir_open("themes", 0, NULL);
	assert_non_null(dir);
	const char *name;
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *from = g_build_filename("themes", name, NULL);
		g_autofree char *to = g_build_filename(themes, name, NULL);
		g_autofree char *text = NULL;
		assert_true(g_file_get_contents(from, &text, NULL, NULL));
		files_write(to, text, -1);
	}
	if (config)
		files_write(config_path, config, -1);
	if (state)
		files_write(state_path, state, -1);
	return home;
}

static struct pty *start(const char *home, const char *const *env)
{
	struct pty *pty = pty_start_with(&(struct pty_options){.argv = argv_test, .env = env, .home = home});
	pty_wait_text(pty, "▶ test");
	return pty;
}

static void quit(struct pty *pty)
{
	pty_keys(pty, "q");
	pty_wait_exit_code(pty, 0);
	pty_free(pty);
}

static bool sent(struct pty *pty, const char *bytes)
{
	const GByteArray *raw = pty_raw_bytes(pty);
	return memmem(raw->data, raw->len, bytes, strlen(bytes)) != NULL;
}

static void assert_sent(struct pty *pty, const char *bytes)
{
	if (!sent(pty, bytes))
		fail_msg("these bytes were not sent: %s", bytes + 1);
}

static void choose_theme(struct pty *pty, const char *name)
{
	g_autofree char *command = g_strdup_printf("theme %s", name);
	g_autofree char *notice = g_strdup_printf("(?m)^ ?theme %s$", name);
	pty_keys(pty, ":");
	pty_wait_text(pty, "Palette");
	pty_type(pty, command);
	pty_wait_text(pty, command);
	pty_keys(pty, "Enter");
	pty_wait_text(pty, notice);
}

static char *state_of(const char *home)
{
	g_autofree char *path = g_build_filename(home, "state", "nvirt", "state.json", NULL);
	char *text = NULL;
	g_file_get_contents(path, &text, NULL, NULL);
	return text ? text : g_strdup("");
}

/* ---- themes ----------------------------------------------------------------- */

static void a_theme_is_there_at_once_on_every_cell(void **state)
{
	(void)state;
	g_autofree char *home = make_home(NULL, NULL);
	struct pty *pty = start(home, NULL);
	choose_theme(pty, "nord");
	/* nord's background, of 256 colours. */
	for (int row = 0; row < 23; row++)
		for (int col = 0; col < 80; col++)
			assert_int_not_equal(pty_cell_at(pty, row, col).bg, -1);
	assert_int_equal(pty_cell_at(pty, 10, 5).bg, 236);
	quit(pty);
	/* Remembered. */
	g_autofree char *text = state_of(home);
	assert_non_null(strstr(text, "nord"));
	pty = start(home, NULL);
	assert_int_equal(pty_cell_at(pty, 10, 5).bg, 236);
	quit(pty);
	files_remove(home);
}

static void true_colours_go_to_who_takes_them(void **state)
{
	(void)state;
	g_autofree char *home = make_home("{\"theme\": \"nord\"}", NULL);
	const char *const yes[] = {"COLORTERM=truecolor", NULL};
	const char *const in_screen[] = {"COLORTERM=truecolor", "TERM=screen-256color", "TMUX", NULL};
	const char *const in_tmux[] = {"COLORTERM=truecolor", "TERM=screen-256color", "TMUX=/tmp/x,1,0", NULL};
	static const char nord_bg[] = "\033[48;2;46;52;64m";
	struct pty *pty = start(home, yes);
	assert_sent(pty, nord_bg);
	assert_int_equal(pty_cell_at(pty, 10, 5).bg, -2);
	quit(pty);
	pty = start(home, NULL);
	assert_false(sent(pty, nord_bg));
	assert_sent(pty, "\033[48;5;236m");
	quit(pty);
	pty = start(home, in_screen);
	assert_false(sent(pty, nord_bg));
	quit(pty);
	pty = start(home, in_tmux);
	assert_sent(pty, nord_bg);
	quit(pty);
	files_remove(home);
}

static void sixteen_colours_and_none_are_the_built_in_look(void **state)
{
	(void)state;
	g_autofree char *home = make_home("{\"theme\": \"nord\"}", NULL);
	const char *const linux_console[] = {"TERM=linux", NULL};
	const char *const none[] = {"NO_COLOR=1", NULL};
	struct pty *pty = start(home, linux_console);
	assert_int_equal(pty_cell_at(pty, 10, 5).bg, -1);
	quit(pty);
	pty = start(home, none);
	for (int row = 0; row < 24; row++)
		for (int col = 0; col < 80; col++) {
			assert_int_equal(pty_cell_at(pty, row, col).bg, -1);
			assert_int_equal(pty_cell_at(pty, row, col).fg, -1);
		}
	quit(pty);
	files_remove(home);
}

static void every_theme_can_be_chosen_and_completed(void **state)
{
	(void)state;
	g_autofree char *home = make_home(NULL, NULL);
	struct pty *pty = start(home, NULL);
	g_autoptr(GDir) dir = g_dir_open("themes", 0, NULL);
	const char *file;
	while ((file = g_dir_read_name(dir))) {
		g_autofree char *name = g_strndup(file, strlen(file) - strlen(".json"));
		choose_theme(pty, name);
	}
	pty_keys(pty, ":");
	pty_type(pty, "theme solarized-d");
	pty_wait_text(pty, "theme solarized-d");
	pty_keys(pty, "Tab");
	pty_wait_text(pty, "> theme solarized-dark");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "(?m)^ ?theme solarized-dark$");
	quit(pty);
	files_remove(home);
}

static void the_configured_theme_comes_again(void **state)
{
	(void)state;
	g_autofree char *home = make_home("{\"theme\": \"nord\"}", NULL);
	struct pty *pty = start(home, NULL);
	pty_keys(pty, ":");
	pty_type(pty, "theme gruvbox-dark");
	pty_wait_text(pty, "> theme gruvbox-dark");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "until nvirt ends: the configuration names nord");
	quit(pty);
	pty = start(home, NULL);
	assert_int_equal(pty_cell_at(pty, 10, 5).bg, 236);
	quit(pty);
	files_remove(home);
}

static int check_theme(const char *text, char **ret_err)
{
	g_autofree char *home = make_home(NULL, NULL);
	g_autofree char *path = g_build_filename(home, "x.json", NULL);
	char *argv[] = {(char *)pty_program(), (char *)"--check-theme", path, NULL};
	int status = 0;
	files_write(path, text, -1);
	assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, ret_err, &status, NULL));
	files_remove(home);
	return WEXITSTATUS(status);
}

static void check_theme_says_what_is_wrong(void **state)
{
	(void)state;
	g_autofree char *bad = NULL, *broken = NULL, *good = NULL;
	assert_int_equal(check_theme("{\"roles\": {\n  \"titel\": {\"fg\": \"red\"},\n  \"title\": {\"fg\": \"mauve\"}}}", &bad), 1);
	assert_non_null(strstr(bad, "x.json:2:3: unknown role 'titel'"));
	assert_non_null(strstr(bad, "x.json:3:13: role 'title': 'mauve' is no colour"));
	assert_int_equal(check_theme("{\"roles\": {\n,}}", &broken), 1);
	assert_non_null(strstr(broken, "x.json:2:1: "));
	assert_int_equal(check_theme("{\"roles\": {\"title\": {\"fg\": \"red\"}}}", &good), 0);
	assert_string_equal(good, "");
}

/* ---- configuration and state ------------------------------------------------ */

static void what_is_wrong_is_shown_and_kept(void **state)
{
	(void)state;
	static const char wrong[] = "{\n  \"refresh\": \"fast\"\n}\n", torn[] = "{\"theme\": \"no";
	g_autofree char *home = make_home(wrong, torn);
	struct pty *pty = start(home, NULL);
	pty_wait_text(pty, "config.json:2:3: key 'refresh'");
	choose_theme(pty, "nord");
	quit(pty);
	g_autofree char *path = g_build_filename(home, "config", "nvirt", "config.json", NULL);
	g_autofree char *now = NULL, *kept = state_of(home);
	assert_true(g_file_get_contents(path, &now, NULL, NULL));
	assert_string_equal(now, wrong);
	assert_string_equal(kept, torn);
	files_remove(home);
}

/* Bytes of a file below the home. */
static char *contents(const char *home, const char *const *parts, gsize *ret_len)
{
	g_autofree char *below = g_build_filenamev((char **)parts);
	g_autofree char *path = g_build_filename(home, below, NULL);
	char *text = NULL;
	if (!g_file_get_contents(path, &text, ret_len, NULL))
		fail_msg("%s can not be read", path);
	return text;
}

/* Column of `text` on the screen, whose characters have one column each. */
static int column_of(struct pty *pty, const char *text)
{
	g_autofree char *line = pty_row_text(pty, pty_find_row(pty, text));
	return (int)g_utf8_strlen(line, strstr(line, text) - line);
}

/* A theme of one's own, as the configuration names it. */
static void wrong_theme(const char *text, const char *problem, int title_fg, bool title_bold)
{
	static const char *const parts[] = {"config", "nvirt", "themes", "mine.json", NULL};
	g_autofree char *home = make_home("{\"theme\": \"mine\"}", NULL);
	g_autofree char *path = g_build_filename(home, "config", "nvirt", "themes", "mine.json", NULL);
	files_write(path, text, -1);
	struct pty *pty = pty_start_with(&(struct pty_options){.argv = argv_test, .home = home, .rows = 24, .cols = 160});
	pty_wait_text(pty, problem);
	pty_wait_text(pty, "│Load ─");
	struct pty_cell cell = pty_cell_at(pty, pty_find_row(pty, "│Load ─"), column_of(pty, "Load ─"));
	assert_int_equal(cell.bold, title_bold);
	assert_int_equal(cell.fg, title_fg);
	quit(pty);
	g_autofree char *now = contents(home, parts, NULL);
	assert_string_equal(now, text);
	files_remove(home);
}

static void a_wrong_theme_is_told_with_its_line_and_the_default_used(void **state)
{
	(void)state;
	/* One colour is wrong: it is the one that the theme has for text, as if nothing were said of it. */
	wrong_theme("{\n  \"name\": \"mine\",\n  \"roles\": {\"text\": {\"fg\": \"#ffffff\", \"bg\": \"#000000\"},\n"
	            "    \"title\": {\"fg\": \"mauve\"}}\n}\n",
	        "theme: .*mine\\.json:4:15: role 'title': 'mauve' is no colour", 231, false);
	/* No JSON at all. */
	wrong_theme("{\n  \"name\": \"mine\",\n  oops\n}\n", "theme: .*mine\\.json:3:3: ", -1, true);
}

/* Path of the only history below a directory, or NULL; owned. */
static char *find_ring(const char *dir_path)
{
	g_autoptr(GDir) dir = g_dir_open(dir_path, 0, NULL);
	const char *name;
	while (dir && (name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, ".ring"))
			return g_build_filename(dir_path, name, NULL);
	return NULL;
}

static bool has_ring(void *dir_path)
{
	g_autofree char *path = find_ring(dir_path);
	return path != NULL;
}

static void a_wrong_history_file_is_told_kept_and_begun_anew(void **state)
{
	(void)state;
	static const char rubbish[] = "this is no history of anything\n";
	g_autofree char *home = make_home(NULL, NULL);
	g_autofree char *dir_path = g_build_filename(home, "state", "nvirt", "history", NULL);
	struct pty *pty = start(home, NULL);
	pty_wait_for(pty, has_ring, dir_path, "a history file", PTY_DEADLINE_MS);
	quit(pty);
	g_autofree char *path = find_ring(dir_path), *bad = g_strconcat(path, ".bad", NULL);
	files_write(path, rubbish, -1);
	pty = pty_start_with(&(struct pty_options){.argv = argv_test, .home = home, .rows = 24, .cols = 200});
	pty_wait_text(pty, "\\.ring.*\\.ring\\.bad");
	quit(pty);
	g_autofree char *kept = NULL, *fresh = NULL;
	assert_true(g_file_get_contents(bad, &kept, NULL, NULL));
	assert_string_equal(kept, rubbish);
	assert_true(g_file_get_contents(path, &fresh, NULL, NULL));
	assert_string_not_equal(fresh, rubbish);
	files_remove(home);
}

static void rebound_keys_and_named_hosts_are_there(void **state)
{
	(void)state;
	g_autofree char *home = make_home(
	        "{\"hosts\": [{\"name\": \"my lab\", \"uri\": \"test:///default\", \"readonly\": true}],"
	        "\"keys\": {\"app.quit\": \"Q\", \"app.help\": \"F9\"}}",
	        NULL);
	struct pty *pty = pty_start_with(&(struct pty_options){.home = home});
	pty_wait_text(pty, "▶ test");
	pty_wait_text(pty, "host my lab");
	pty_wait_text(pty, "READ-ONLY|read-only");
	pty_wait_text(pty, "F9 help");
	pty_wait_text(pty, "Q quit");
	pty_keys(pty, "q");
	pty_keys(pty, "F9");
	pty_wait_text(pty, "─ Help");
	pty_keys(pty, "Esc");
	pty_keys(pty, "Q");
	pty_wait_exit_code(pty, 0);
	pty_free(pty);
	files_remove(home);
}

/* ---- clipboard and title ---------------------------------------------------- */

static void open_copy(struct pty *pty)
{
	pty_keys(pty, "M-1", "Home", "j");
	pty_wait_text(pty, "guest test");
	pty_keys(pty, "y");
	pty_wait_text(pty, "─ Copy");
}

static void names_and_commands_are_copied(void **state)
{
	(void)state;
	g_autofree char *home = make_home(NULL, NULL);
	struct pty *pty = start(home, NULL);
	open_copy(pty);
	pty_keys(pty, "n");
	pty_wait_text(pty, "Name copied");
	assert_sent(pty, "\033]52;c;dGVzdA==\007");
	open_copy(pty);
	pty_keys(pty, "u");
	pty_wait_text(pty, "UUID copied");
	/* 6695eb01-f6a4-8304-79aa-97f2502e193f, as the test driver has it. */
	assert_sent(pty, "\033]52;c;NjY5NWViMDEtZjZhNC04MzA0LTc5YWEtOTdmMjUwMmUxOTNm\007");
	open_copy(pty);
	pty_keys(pty, "v");
	pty_wait_text(pty, "nothing was done yet");
	pty_keys(pty, "Esc", "p");
	pty_wait_text(pty, "(suspend|pause) +. OK");
	open_copy(pty);
	pty_keys(pty, "v");
	pty_wait_text(pty, "last action copied");
	g_autofree char *base64 =
	        g_base64_encode((const guchar *)"virsh -c 'test:///default' suspend test", strlen("virsh -c 'test:///default' suspend test"));
	g_autofree char *sequence = g_strdup_printf("\033]52;c;%s\007", base64);
	assert_sent(pty, sequence);
	quit(pty);
	files_remove(home);
}

static void who_takes_no_clipboard_is_told(void **state)
{
	(void)state;
	g_autofree char *home = make_home(NULL, NULL);
	const char *const linux_console[] = {"TERM=linux", "TMUX", NULL};
	const char *const screen[] = {"TERM=screen", "TMUX", NULL};
	const char *const tmux[] = {"TERM=tmux-256color", "TMUX=/tmp/x,1,0", NULL};
	struct pty *pty = start(home, linux_console);
	open_copy(pty);
	pty_keys(pty, "n");
	pty_wait_text(pty, "not copied: this terminal has no clipboard");
	assert_false(sent(pty, "\033]52"));
	assert_false(sent(pty, "\033]2;"));
	quit(pty);
	pty = start(home, screen);
	open_copy(pty);
	pty_keys(pty, "n");
	pty_wait_text(pty, "not copied: GNU screen");
	quit(pty);
	pty = start(home, tmux);
	open_copy(pty);
	pty_keys(pty, "n");
	pty_wait_text(pty, "tmux set -g set-clipboard on");
	open_copy(pty);
	pty_keys(pty, "n");
	pty_wait_text(pty, "(?m)^ ?Name copied$");
	quit(pty);
	files_remove(home);
}

static void the_title_is_set_and_given_back(void **state)
{
	(void)state;
	g_autofree char *home = make_home("{\"hosts\": [{\"name\": \"lab\\u001b]0;x\\u0007\", \"uri\": \"test:///default\"}]}", NULL);
	struct pty *pty = pty_start_with(&(struct pty_options){.home = home});
	pty_wait_text(pty, "▶ test");
	assert_sent(pty, "\033[22;2t");
	assert_sent(pty, "\033]2;nvirt: lab\\x1b]0;x\\x07\007");
	assert_false(sent(pty, "\033[23;2t"));
	pty_type(pty, "\x1a");
	pty_wait_stopped(pty);
	pty_poll(pty);
	assert_sent(pty, "\033[23;2t");
	pty_continue(pty);
	pty_wait_text(pty, "▶ test");
	quit(pty);
	files_remove(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_theme_is_there_at_once_on_every_cell),
	        cmocka_unit_test(true_colours_go_to_who_takes_them),
	        cmocka_unit_test(sixteen_colours_and_none_are_the_built_in_look),
	        cmocka_unit_test(every_theme_can_be_chosen_and_completed),
	        cmocka_unit_test(the_configured_theme_comes_again),
	        cmocka_unit_test(check_theme_says_what_is_wrong),
	        cmocka_unit_test(what_is_wrong_is_shown_and_kept),
	        cmocka_unit_test(a_wrong_theme_is_told_with_its_line_and_the_default_used),
	        cmocka_unit_test(a_wrong_history_file_is_told_kept_and_begun_anew),
	        cmocka_unit_test(rebound_keys_and_named_hosts_are_there),
	        cmocka_unit_test(names_and_commands_are_copied),
	        cmocka_unit_test(who_takes_no_clipboard_is_told),
	        cmocka_unit_test(the_title_is_set_and_given_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
