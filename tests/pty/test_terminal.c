/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Terminals as they are: small, resized, unknown, gone; and what is left of them after any end. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "support/pty.h"

static const char *const test_driver[] = {"-c", "test:///default", NULL};

static struct pty *start(const char *const *env)
{
	struct pty *pty = pty_start(test_driver, env, 24, 80);
	pty_wait_text(pty, "guests 1 of 1");
	return pty;
}

static void quit(struct pty *pty)
{
	pty_keys(pty, "q");
	pty_wait_exit_code(pty, 0);
	pty_free(pty);
}

static void assert_terminal_restored(struct pty *pty)
{
	struct termios before = pty_termios_before(pty), now = pty_termios(pty);
	pty_poll(pty);
	assert_memory_equal(&before, &now, sizeof(before));
	assert_false(pty_modes(pty).altscreen);
	assert_true(pty_modes(pty).cursor_visible);
	assert_int_equal(pty_modes(pty).mouse, 0);
}

/* ---- sizes ---- */

static void resize_storm_ends_in_the_same_screen_as_a_fresh_start(void **state)
{
	(void)state;
	struct pty *pty = start(NULL);
	GRand *rand = g_rand_new_with_seed(7);
	for (int i = 0; i < 300; i++)
		pty_resize(pty, g_rand_int_range(rand, 1, 60), g_rand_int_range(rand, 1, 200));
	g_rand_free(rand);
	pty_resize(pty, 1, 1);
	pty_wait_idle(pty);
	pty_resize(pty, 24, 80);
	pty_wait_text(pty, "guests 1 of 1");
	pty_wait_text(pty, "q quit");
	pty_wait_text(pty, "\\[Summary\\]");
	quit(pty);
}

static void every_small_size_is_survived_with_keys(void **state)
{
	(void)state;
	static const int sizes[][2] = {{1, 1}, {1, 80}, {24, 1}, {2, 2}, {5, 20}, {12, 40}, {15, 60}};
	struct pty *pty = start(NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
		pty_resize(pty, sizes[i][0], sizes[i][1]);
		pty_keys(pty, "j", "Tab", "?", "j", "Esc", ":", "x", "Esc", "Esc", "1");
	}
	pty_resize(pty, 24, 80);
	pty_wait_text(pty, "guests 1 of 1");
	quit(pty);
}

static void starts_on_a_screen_of_one_cell(void **state)
{
	(void)state;
	struct pty *pty = pty_start(test_driver, NULL, 1, 1);
	pty_wait_idle(pty);
	pty_resize(pty, 24, 80);
	pty_wait_text(pty, "guests 1 of 1");
	quit(pty);
}

static void forty_by_twelve_still_shows_the_guest(void **state)
{
	(void)state;
	struct pty *pty = pty_start(test_driver, NULL, 12, 40);
	pty_wait_text(pty, "test");
	quit(pty);
}

/* ---- kinds ---- */

static void assert_works_with(const char *term, const char *lang)
{
	g_autofree char *set_term = term ? g_strconcat("TERM=", term, NULL) : g_strdup("TERM");
	g_autofree char *set_lang = g_strconcat("LANG=", lang, NULL);
	const char *const env[] = {set_term, set_lang, NULL};
	struct pty *pty = start(env);
	pty_keys(pty, "j", "k");
	quit(pty);
}

static void known_terminals_work(void **state)
{
	(void)state;
	static const char *const terms[] = {
	        "xterm", "xterm-256color", "screen", "screen-256color", "tmux", "tmux-256color", "linux", "vt100", "vt220"};
	for (unsigned i = 0; i < G_N_ELEMENTS(terms); i++)
		assert_works_with(terms[i], "C.UTF-8");
}

static void unknown_and_missing_terminals_fall_back(void **state)
{
	(void)state;
	static const char *const terms[] = {"xterm-kitty", "alacritty", "foot", "xterm-ghostty", "no-such-terminal", ""};
	for (unsigned i = 0; i < G_N_ELEMENTS(terms); i++)
		assert_works_with(terms[i], "C.UTF-8");
	assert_works_with(NULL, "C.UTF-8");
}

/* Either it says what to do instead, or it works: it never hangs and never leaves a mess. */
static void dumb_terminal_is_answered(void **state)
{
	(void)state;
	const char *const env[] = {"TERM=dumb", NULL};
	struct pty *pty = pty_start(test_driver, env, 24, 80);
	pty_wait_text(pty, "nvirt|guests 1 of 1");
	pty_type(pty, "q");
	int status = pty_wait_exit(pty);
	assert_true(WIFEXITED(status));
	pty_free(pty);
}

static void without_utf8_only_ascii_leaves(void **state)
{
	(void)state;
	const char *const env[] = {"LANG=C", NULL};
	struct pty *pty = start(env);
	pty_keys(pty, "j", "?", "Esc");
	const GByteArray *raw = pty_raw_bytes(pty);
	for (guint i = 0; i < raw->len; i++)
		assert_true(raw->data[i] < 0x80);
	quit(pty);
}

static void ascii_option_draws_only_ascii(void **state)
{
	(void)state;
	const char *const argv[] = {"--ascii", "-c", "test:///default", NULL};
	struct pty *pty = pty_start(argv, NULL, 24, 80);
	pty_wait_text(pty, "guests 1 of 1");
	g_autofree char *text = pty_screen_text(pty);
	for (const char *p = text; *p; p++)
		assert_true((guchar)*p < 0x80);
	quit(pty);
}

static bool has_colour(struct pty *pty)
{
	for (int row = 0; row < 24; row++)
		for (int col = 0; col < 80; col++) {
			struct pty_cell cell = pty_cell_at(pty, row, col);
			if (cell.fg != -1 || cell.bg != -1)
				return true;
		}
	return false;
}

static void no_color_means_none(void **state)
{
	(void)state;
	const char *const env[] = {"NO_COLOR=1", NULL};
	struct pty *pty = start(NULL);
	assert_true(has_colour(pty));
	quit(pty);
	pty = start(env);
	assert_false(has_colour(pty));
	quit(pty);
}

/* libvirt's log is on stderr, and that is the terminal. */
static void what_libraries_say_on_stderr_stays_off_the_screen(void **state)
{
	(void)state;
	const char *const env[] = {"LIBVIRT_DEBUG=1", NULL};
	struct pty *pty = start(env);
	pty_keys(pty, "j", "C-r");
	const GByteArray *raw = pty_raw_bytes(pty);
	g_autofree char *text = g_strndup((const char *)raw->data, raw->len);
	const char *screen = strstr(text, "\033[?1049h");
	assert_non_null(screen);
	assert_null(strstr(screen, "debug : "));
	assert_null(strstr(screen, "info : "));
	quit(pty);
}

/* ---- slow lines ---- */

static bool has_written(struct pty *pty, const char *text)
{
	const GByteArray *raw = pty_raw_bytes(pty);
	return memmem(raw->data, raw->len, text, strlen(text)) != NULL;
}

/* What it has not shown yet is followed by no other frame; then comes the newest, not all that were. */
static void frames_wait_for_a_terminal_that_is_behind(void **state)
{
	(void)state;
	struct pty *pty = start(NULL);
	pty_hold_answers(pty, true);
	guint64 before = pty_behind(pty);
	for (int i = 0; i < 50 && pty_behind(pty) == before; i++)
		pty_keys(pty, i % 2 ? "q" : "?");
	assert_true(pty_behind(pty) > before);
	pty_keys(pty, "Esc", ":", "z", "z", "y", "z", "z", "x");
	assert_false(has_written(pty, "zzyzz"));
	pty_hold_answers(pty, false);
	pty_wait_text(pty, "zzyzzx");
	pty_keys(pty, "Esc");
	quit(pty);
}

/* ---- ends ---- */

static void ctrl_z_gives_the_terminal_back_and_fg_repaints(void **state)
{
	(void)state;
	struct pty *pty = start(NULL);
	for (int i = 0; i < 2; i++) {
		pty_type(pty, "\x1a");
		pty_wait_stopped(pty);
		assert_terminal_restored(pty);
		pty_continue(pty);
		pty_wait_text(pty, "guests 1 of 1");
		assert_true(pty_modes(pty).altscreen);
	}
	quit(pty);
}

static void resized_while_stopped_is_noticed(void **state)
{
	(void)state;
	struct pty *pty = start(NULL);
	pty_type(pty, "\x1a");
	pty_wait_stopped(pty);
	pty_resize(pty, 30, 100);
	pty_continue(pty);
	pty_wait_text(pty, "guests 1 of 1");
	g_autofree char *last = NULL;
	pty_keys(pty, "C-l");
	last = pty_row_text(pty, 29);
	assert_non_null(strstr(last, "quit"));
	quit(pty);
}

static void end_by(int number)
{
	struct pty *pty = start(NULL);
	kill(pty_pid(pty), number);
	int status = pty_wait_exit(pty);
	assert_terminal_restored(pty);
	/* By the signal, or with the code a shell would give. */
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == number : WEXITSTATUS(status) == 128 + number);
	pty_free(pty);
}

static void signals_that_end_restore_the_terminal(void **state)
{
	(void)state;
	end_by(SIGTERM);
	end_by(SIGHUP);
	end_by(SIGINT);
}

static void crashes_restore_the_terminal(void **state)
{
	(void)state;
	end_by(SIGSEGV);
	end_by(SIGABRT);
	end_by(SIGBUS);
}

static void hang_up_ends_it(void **state)
{
	(void)state;
	struct pty *pty = start(NULL);
	pty_hang_up(pty);
	pty_wait_exit(pty);
	pty_free(pty);
}

static void end_of_file_on_the_terminal_ends_it_without_a_signal(void **state)
{
	(void)state;
	struct pty *pty = pty_start_with(&(struct pty_options){.argv = test_driver, .ignore_hangup = true});
	pty_wait_text(pty, "guests 1 of 1");
	pty_hang_up(pty);
	pty_wait_exit(pty);
	pty_free(pty);
}

static void no_terminal_is_said_without_curses(void **state)
{
	(void)state;
	g_autofree char *out = NULL, *err = NULL;
	int status = 0;
	char *argv[] = {(char *)pty_program(), (char *)"-c", (char *)"test:///default", NULL};
	assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &err, &status, NULL));
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0);
	assert_non_null(strstr(err, "terminal"));
	assert_null(strchr(err, '\033'));
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(resize_storm_ends_in_the_same_screen_as_a_fresh_start),
	        cmocka_unit_test(every_small_size_is_survived_with_keys),
	        cmocka_unit_test(starts_on_a_screen_of_one_cell),
	        cmocka_unit_test(forty_by_twelve_still_shows_the_guest),
	        cmocka_unit_test(known_terminals_work),
	        cmocka_unit_test(unknown_and_missing_terminals_fall_back),
	        cmocka_unit_test(dumb_terminal_is_answered),
	        cmocka_unit_test(without_utf8_only_ascii_leaves),
	        cmocka_unit_test(ascii_option_draws_only_ascii),
	        cmocka_unit_test(no_color_means_none),
	        cmocka_unit_test(what_libraries_say_on_stderr_stays_off_the_screen),
	        cmocka_unit_test(frames_wait_for_a_terminal_that_is_behind),
	        cmocka_unit_test(ctrl_z_gives_the_terminal_back_and_fg_repaints),
	        cmocka_unit_test(resized_while_stopped_is_noticed),
	        cmocka_unit_test(signals_that_end_restore_the_terminal),
	        cmocka_unit_test(crashes_restore_the_terminal),
	        cmocka_unit_test(hang_up_ends_it),
	        cmocka_unit_test(end_of_file_on_the_terminal_ends_it_without_a_signal),
	        cmocka_unit_test(no_terminal_is_said_without_curses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
