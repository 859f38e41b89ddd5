/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The test support itself: a pty that lies would make every other test worthless. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "support/bytes.h"
#include "support/pty.h"

static struct pty *start_shell(const char *script)
{
	const char *const argv[] = {"-c", script, NULL};
	return pty_start_with(&(struct pty_options){.program = "/bin/sh", .argv = argv, .rows = 10, .cols = 40});
}

static void screen_shows_what_was_printed(void **state)
{
	(void)state;
	struct pty *pty = start_shell("printf 'one\\n\\033[1mtwo\\033[0m \\344\\270\\255x\\n'; read line");
	pty_wait_text(pty, "^two 中x$");
	assert_int_equal(pty_find_row(pty, "one"), 0);
	assert_true(pty_cell_at(pty, 1, 0).bold);
	assert_false(pty_cell_at(pty, 0, 0).bold);
	assert_int_equal(pty_cell_at(pty, 1, 4).width, 2);
	assert_int_equal(pty_cell_at(pty, 1, 0).fg, -1);
	pty_free(pty);
}

static void typed_text_arrives_and_exit_code_is_seen(void **state)
{
	(void)state;
	struct pty *pty = start_shell("read line; echo got $line; exit 7");
	pty_type(pty, "hello\r");
	pty_wait_exit_code(pty, 7);
	assert_true(pty_shows(pty, "got hello"));
	pty_free(pty);
}

static void resize_reaches_the_program(void **state)
{
	(void)state;
	struct pty *pty = start_shell("trap 'stty size' WINCH; echo ready; while :; do read line; done");
	pty_wait_text(pty, "ready");
	pty_resize(pty, 7, 33);
	pty_wait_text(pty, "7 33");
	pty_free(pty);
}

static void stopped_program_can_be_continued(void **state)
{
	(void)state;
	struct pty *pty = start_shell("kill -STOP $$; echo again; exit 0");
	pty_wait_stopped(pty);
	assert_false(pty_shows(pty, "again"));
	pty_continue(pty);
	pty_wait_exit_code(pty, 0);
	assert_true(pty_shows(pty, "again"));
	pty_free(pty);
}

static void hang_up_reaches_the_program(void **state)
{
	(void)state;
	struct pty *pty = start_shell("echo ready; sleep 1000");
	pty_wait_text(pty, "ready");
	pty_hang_up(pty);
	assert_true(WIFSIGNALED(pty_wait_exit(pty)));
	pty_free(pty);
}

static void homes_are_private(void **state)
{
	(void)state;
	struct pty *pty = start_shell("echo $HOME; echo $XDG_STATE_HOME; read line");
	g_autofree char *home = g_strdup(pty_home(pty));
	pty_wait_text(pty, "/state$");
	g_autofree char *row = pty_row_text(pty, 0);
	assert_string_equal(row, home);
	pty_free(pty);
	assert_false(g_file_test(home, G_FILE_TEST_EXISTS));
}

static void assert_refused(const char *bytes)
{
	g_autofree char *wrong = bytes_check((const guint8 *)bytes, strlen(bytes));
	if (!wrong)
		fail_msg("accepted: %s", bytes);
}

static void assert_accepted(const char *bytes)
{
	g_autofree char *wrong = bytes_check((const guint8 *)bytes, strlen(bytes));
	if (wrong)
		fail_msg("refused: %s", wrong);
}

static void byte_check_lets_curses_through(void **state)
{
	(void)state;
	assert_accepted("\033[?1049h\033[1;24r\033(B\033[m\033[4l\033[?7h\033[H\033[2J\033[38;5;12mname \xc3\xa9 \xe4\xb8\xad\r\n");
	assert_accepted("\033]2;nvirt: host\a\033]0;x\033\\\033[?2004h\033[?1006;1000h\033[22;0;0t\033=\033>\0337\0338");
}

static void byte_check_refuses_what_a_name_could_inject(void **state)
{
	(void)state;
	assert_refused("\033]8;;http://x\a");       /* a link */
	assert_refused("\033]2;a\nb\a");            /* a control in a title */
	assert_refused("\033P+q544e\033\\");        /* a device control string */
	assert_refused("\033[5i");                  /* the printer */
	assert_refused("a\x1a");                    /* a raw control */
	assert_refused("a\x7f");
	assert_refused("\xc2\x9b" "31m");           /* C1 as UTF-8 */
	assert_refused("\x9b" "31m");               /* C1 as a byte */
	assert_refused("\xe2\x80\xae" "gpj.exe");   /* right-to-left override */
	assert_refused("a\xe2\x80\x8b" "b");        /* zero width space */
	assert_refused("\xff\xfe");                 /* no UTF-8 */
	assert_refused("\xed\xa0\x80");             /* a surrogate */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(screen_shows_what_was_printed),
	        cmocka_unit_test(typed_text_arrives_and_exit_code_is_seen),
	        cmocka_unit_test(resize_reaches_the_program),
	        cmocka_unit_test(stopped_program_can_be_continued),
	        cmocka_unit_test(hang_up_reaches_the_program),
	        cmocka_unit_test(homes_are_private),
	        cmocka_unit_test(byte_check_lets_curses_through),
	        cmocka_unit_test(byte_check_refuses_what_a_name_could_inject),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
