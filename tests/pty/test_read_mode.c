/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read mode on a real guest's screen and serial console: what scrolled by is found, selected,
 * copied and saved; `nvirt screen --history`, `--log`.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"

/* An emulated guest on a busy machine. */
enum { BOOT_MS = 180 * 1000 };

static struct lab *lab;
static struct pty *pty;

static int open_all(void **state)
{
	(void)state;
	lab = lab_start(1);
	lab_define_linux(lab, "shell", "nvirt.shell nvirt.serial-shell");
	lab_do(lab, "virsh", "h1", "start", "shell");
	pty = session_start(lab_uri(lab, "h1"), 24, 80);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	pty_free(pty);
	lab_stop(lab);
	return 0;
}

/* Without the guest at the other end the letters would be commands of nvirt's. */
static void type_to_guest(const char *text)
{
	pty_wait_text(pty, "Ctrl-\\] takes the keys back");
	pty_type(pty, text);
}

/* Faster than any hand, and no faster than the guest takes it. */
static void type_by_verb(const char *text)
{
	const char *const argv[] = {"type", "-c", lab_uri(lab, "h1"), "shell", "--enter", text, NULL};
	struct pty *verb = pty_start(argv, NULL, 24, 80);

	pty_wait_exit_code(verb, 0);
	pty_free(verb);
}

/* What was said on the last line goes with Esc: else it stays for up to 20 s before the hints are back. */
static void wait_left(void)
{
	pty_keys(pty, "Esc");
	pty_wait_text(pty, "H read");
}

static bool was_sent(const char *copied)
{
	g_autofree char *base64 = g_base64_encode((const guchar *)copied, strlen(copied));
	g_autofree char *sequence = g_strdup_printf("\033]52;c;%s\007", base64);
	const GByteArray *bytes = pty_raw_bytes(pty);

	return memmem(bytes->data, bytes->len, sequence, strlen(sequence));
}

static void what_scrolled_by_is_found_again(void **state)
{
	(void)state;
	session_open(pty, "guest shell");
	pty_keys(pty, "M-2", "]", "]", "]");
	pty_wait_text(pty, "\\[Console\\]");
	pty_wait_text_within(pty, "│lab:/#", BOOT_MS);
	/* Slower than frames come, so that each line is seen. */
	type_by_verb("for i in $(seq 101 160); do echo number $i of 60; sleep 0.1; done");
	pty_wait_text_within(pty, "│number 160 of 60", BOOT_MS);
	pty_wait_text(pty, "│lab:/# *\n");
	pty_wait_text(pty, "H read");
	pty_keys(pty, "/");
	pty_type(pty, "NUMBER 10");
	pty_wait_text(pty, "9 there");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "'NUMBER 10' 9/9");
	pty_wait_text(pty, "│number 109 of 60");
	pty_keys(pty, "n", "n");
	pty_wait_text(pty, "'NUMBER 10' 7/9");
	pty_wait_text(pty, "scrolled by");
	pty_keys(pty, "N");
	pty_wait_text(pty, "'NUMBER 10' 8/9");
	pty_keys(pty, "7", "n");
	pty_wait_text(pty, "'NUMBER 10' 1/9");
	pty_wait_text(pty, "│number 101 of 60");
	/* It is frozen, and no letter is a command of the guest's. */
	pty_keys(pty, "S");
	pty_wait_text(pty, "no key of read mode");
}

static void selections_are_copied(void **state)
{
	(void)state;
	/* From the first line that has it: a word, lines, a block. */
	pty_keys(pty, "0", "v", "e", "y");
	pty_wait_text(pty, "Selection copied");
	assert_true(was_sent("number"));
	pty_keys(pty, "V", "2", "j", "y");
	pty_wait_text(pty, "3 lines copied");
	assert_true(was_sent("number 101 of 60\nnumber 102 of 60\nnumber 103 of 60"));
	pty_keys(pty, "2", "k", "w", "C-v", "e", "j");
	pty_wait_text(pty, "selecting a block");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "2 lines copied");
	assert_true(was_sent("101\n102"));
	/* Enter has left it. */
	wait_left();
}

static void save_as(const char *path, const char *part)
{
	pty_keys(pty, "s");
	pty_wait_text(pty, "Save the screen");
	pty_keys(pty, "C-u");
	pty_type(pty, path);
	pty_keys(pty, "Tab", "Tab");
	for (int i = 0; i < 3 && !pty_shows(pty, part); i++)
		pty_keys(pty, "Right");
	for (int i = 0; i < 6 && pty_shows(pty, "Save the screen"); i++)
		pty_keys(pty, "Enter");
	pty_wait_gone(pty, "Save the screen");
	/* The file's name is known by its ending. */
	g_autofree char *said = g_strdup_printf("written to '.*\\%s'", strrchr(path, '.'));
	pty_wait_text(pty, said);
	pty_keys(pty, "M-2");
}

static void it_is_saved(void **state)
{
	g_autofree char *text_path = g_build_filename(lab_dir(lab), "read.txt", NULL), *text = NULL;
	g_autofree char *ansi_path = g_build_filename(lab_dir(lab), "read.ansi", NULL), *ansi = NULL;
	g_autofree char *png_path = g_build_filename(lab_dir(lab), "read.png", NULL), *png = NULL;
	gsize size = 0;

	(void)state;
	pty_keys(pty, "H");
	pty_wait_text(pty, "READ");
	save_as(text_path, "all");
	assert_true(g_file_get_contents(text_path, &text, NULL, NULL));
	assert_non_null(strstr(text, "\nnumber 101 of 60\nnumber 102 of 60\n"));
	assert_non_null(strstr(text, "\nnumber 160 of 60\nlab:/#\n"));
	save_as(ansi_path, "all");
	assert_true(g_file_get_contents(ansi_path, &ansi, NULL, NULL));
	assert_non_null(strstr(ansi, "\033[0;38;2;"));
	save_as(png_path, "all");
	assert_true(g_file_get_contents(png_path, &png, &size, NULL));
	assert_true(size > 1000 && memcmp(png, "\x89PNG\r\n\x1a\n", 8) == 0);
	/* What is there is left alone. */
	pty_keys(pty, "s", "C-u");
	pty_type(pty, png_path);
	for (int i = 0; i < 6 && pty_shows(pty, "Save the screen"); i++)
		pty_keys(pty, "Enter");
	pty_wait_text(pty, "is there already");
	pty_keys(pty, "q");
	wait_left();
}

static void the_help_has_its_keys(void **state)
{
	(void)state;
	pty_keys(pty, "H", "F1");
	pty_wait_text(pty, "┌─ Read mode");
	pty_wait_text(pty, "begin of the next word");
	pty_keys(pty, "Esc", "u");
	pty_wait_text(pty, "no unknown glyph");
	pty_keys(pty, "U");
	pty_wait_text(pty, "every glyph here is known");
	pty_keys(pty, "Esc");
	wait_left();
}

static void the_serial_console_too(void **state)
{
	(void)state;
	pty_keys(pty, "v");
	pty_wait_text(pty, "\\[Serial\\]");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "Ctrl-\\] takes the keys back");
	pty_type(pty, "\r");
	pty_wait_text(pty, "│/ #");
	type_to_guest("seq 5001 5100\r");
	pty_wait_text(pty, "│5100\\s");
	pty_keys(pty, "C-]", "H");
	pty_wait_text(pty, "READ");
	pty_keys(pty, "?");
	pty_type(pty, "5003");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "│5003\\s");
	pty_keys(pty, "V", "j", "y");
	pty_wait_text(pty, "2 lines copied");
	assert_true(was_sent("5003\n5004"));
	pty_keys(pty, "q", "x");
	pty_wait_text(pty, "Enter opens");
}

static void lines_are_logged_with_their_time(void **state)
{
	const char *const argv[] = {"screen", "-c", lab_uri(lab, "h1"), "shell", "--log", "-", NULL};
	struct pty *log = pty_start(argv, NULL, 50, 100);

	(void)state;
	pty_wait_text(log, "(?m)^2[0-9-]+ [0-9:]+\\.[0-9]{3} number 160 of 60");
	pty_keys(pty, "v", "v");
	pty_wait_text(pty, "\\[Screen\\]");
	wait_left();
	pty_keys(pty, "Enter");
	type_to_guest("echo it is logged\r");
	pty_wait_text(log, "(?m)^2[0-9-]+ [0-9:]+\\.[0-9]{3} it is logged");
	pty_type(log, "\003");
	pty_wait_exit_code(log, 0);
	pty_free(log);
	pty_keys(pty, "C-]");
	pty_wait_text(pty, "H read");
}

/* The guest's own memory has it, whoever looked. */
static void what_scrolled_by_unseen_is_there(void **state)
{
	const char *const argv[] = {"screen", "-c", lab_uri(lab, "h1"), "shell", "--history", "150", NULL};
	struct pty *past;

	(void)state;
	type_by_verb("clear; seq 2001 2120");
	pty_wait_text_within(pty, "│2120 *\n", BOOT_MS);
	past = pty_start(argv, NULL, 140, 80);
	pty_wait_exit_code(past, 0);
	pty_wait_text(past, "(?m)^2001\n2002\n2003\n");
	pty_wait_text(past, "(?m)^2119\n2120\nlab:/#");
	pty_free(past);
	/* Another nvirt, that has not seen it. */
	past = session_start(lab_uri(lab, "h1"), 24, 80);
	session_open(past, "guest shell");
	pty_keys(past, "M-2", "]", "]", "]");
	pty_wait_text(past, "│2120 *\n");
	/* Its memory is asked as soon as the screen is there; the answer takes a moment. */
	for (gint64 end_us = g_get_monotonic_time() + PTY_DEADLINE_MS * 1000;
	        !pty_shows(past, "'2001' [1-9]") && g_get_monotonic_time() < end_us;) {
		if (pty_shows(past, "READ"))
			pty_keys(past, "q");
		pty_keys(past, "H", "?");
		pty_type(past, "2001");
		pty_keys(past, "Enter");
	}
	pty_wait_text(past, "│2001 *\n");
	pty_keys(past, "q");
	session_quit(past);
}

static bool log_has_line(void *data)
{
	g_autofree char *text = NULL;

	return g_file_get_contents(data, &text, NULL, NULL) && g_regex_match_simple("(?m)^2[0-9-]+ [0-9:]+\\.[0-9]{3} in the file$", text, 0, 0);
}

static void the_tab_logs_too(void **state)
{
	g_autofree char *path = g_build_filename(lab_dir(lab), "screen.log", NULL), *text = NULL;

	(void)state;
	pty_keys(pty, "W");
	pty_wait_text(pty, "Log the screen");
	pty_keys(pty, "C-u");
	pty_type(pty, path);
	pty_keys(pty, "Enter");
	for (int i = 0; i < 3 && pty_shows(pty, "┌─ Log the screen"); i++)
		pty_keys(pty, "Enter");
	pty_wait_text(pty, "logged *\n");
	pty_keys(pty, "Esc", "Enter");
	type_to_guest("echo in the file\r");
	pty_wait_for(pty, log_has_line, path, "the line in the log", BOOT_MS);
	pty_keys(pty, "C-]", "W");
	pty_wait_text(pty, "the log of the screen has ended");
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_non_null(strstr(text, "lab:/# echo in the file\n"));
}

static void nothing_moves_when_it_is_frozen(void **state)
{
	int row;

	(void)state;
	type_by_verb("clear; echo the first row; echo the next");
	pty_wait_text_within(pty, "│the first row *\n.*│the next *\n.*│lab:/#", BOOT_MS);
	row = pty_find_row(pty, "│the first row");
	pty_keys(pty, "H");
	pty_wait_text(pty, "READ");
	assert_int_equal(pty_find_row(pty, "│the first row"), row);
	pty_keys(pty, "q");
	pty_wait_text(pty, "H read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_scrolled_by_is_found_again),
	        cmocka_unit_test(selections_are_copied),
	        cmocka_unit_test(it_is_saved),
	        cmocka_unit_test(the_help_has_its_keys),
	        cmocka_unit_test(the_serial_console_too),
	        cmocka_unit_test(lines_are_logged_with_their_time),
	        cmocka_unit_test(what_scrolled_by_unseen_is_there),
	        cmocka_unit_test(the_tab_logs_too),
	        cmocka_unit_test(nothing_moves_when_it_is_frozen),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
