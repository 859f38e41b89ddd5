/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virt-viewer is started from the Console tab: with what, away from our terminal, and not where nothing could be seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "support/files.h"
#include "support/pty.h"
#include "support/session.h"

#define URI "test:///default"
/* Of libvirt's own test guest. */
#define UUID "6695eb01-f6a4-8304-79aa-97f2502e193f"

static char *home, *record;

/* It says what it was given, and speaks to its terminal, if it has one. */
static int set_up(void **state)
{
	g_autofree char *path = NULL, *script = NULL;

	(void)state;
	home = g_dir_make_tmp("nvirt-viewer-XXXXXX", NULL);
	record = g_build_filename(home, "record", NULL);
	path = g_build_filename(home, "virt-viewer", NULL);
	script = g_strdup_printf("#!/bin/sh\necho 'VIEWER NOISE'; echo 'VIEWER NOISE' >&2\n"
	                         "( for word; do echo \"<$word>\"; done\n"
	                         "echo \"session $(cut -d' ' -f6 /proc/$$/stat)\"\n"
	                         "echo \"terminal $(cut -d' ' -f7 /proc/$$/stat)\"\n"
	                         "echo \"input $(readlink /proc/$$/fd/0)\" ) >'%s.new'\nmv '%s.new' '%s'\n",
	        record, record, record);
	assert_true(g_file_set_contents(path, script, -1, NULL));
	assert_int_equal(g_chmod(path, 0755), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	files_remove(home);
	g_free(record);
	g_free(home);
	return 0;
}

static struct pty *open_console(const char *display)
{
	const char *const argv[] = {"-c", URI, NULL};
	g_autofree char *path = g_strdup_printf("PATH=%s:%s", home, g_getenv("PATH"));
	const char *const env[] = {path, "WAYLAND_DISPLAY", display, NULL};
	struct pty *pty = pty_start(argv, env, 24, 80);

	pty_wait_text(pty, "guests [0-9]+ of [0-9]+");
	session_open(pty, "guest test");
	pty_keys(pty, "M-2");
	for (int i = 0; i < 6 && !pty_shows(pty, "\\[Console\\]"); i++)
		pty_keys(pty, "]");
	pty_wait_text(pty, "\\[Console\\]");
	return pty;
}

static bool is_recorded(void *data)
{
	(void)data;
	return g_file_test(record, G_FILE_TEST_EXISTS);
}

static void it_is_given_the_guest_and_no_terminal(void **state)
{
	struct pty *pty = open_console("DISPLAY=:99");
	g_autofree char *text = NULL, *session = NULL;

	(void)state;
	pty_keys(pty, "O");
	pty_wait_for(pty, is_recorded, NULL, "virt-viewer", PTY_DEADLINE_MS);
	pty_wait_text(pty, "virt-viewer was started");
	assert_true(g_file_get_contents(record, &text, NULL, NULL));
	session = g_strdup_printf("session %d\n", (int)getsid(pty_pid(pty)));
	assert_non_null(strstr(text, "<--connect>\n<" URI ">\n"));
	assert_non_null(strstr(text, "<--uuid>\n<" UUID ">\n"));
	/* A session of its own without a terminal: neither Ctrl-C nor the end of ours reaches it. */
	assert_null(strstr(text, session));
	assert_non_null(strstr(text, "terminal 0\n"));
	assert_non_null(strstr(text, "input /dev/null\n"));
	assert_false(pty_shows(pty, "VIEWER NOISE"));
	session_quit(pty);
}

static void without_a_display_it_says_so(void **state)
{
	struct pty *pty = open_console("DISPLAY");

	(void)state;
	g_unlink(record);
	pty_keys(pty, "O");
	pty_wait_text(pty, "cannot open a window: there is no display here");
	assert_false(is_recorded(NULL));
	session_quit(pty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_is_given_the_guest_and_no_terminal),
	        cmocka_unit_test(without_a_display_it_says_so),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
