/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nvirt screen` asks for a VNC server's password at its terminal, and shows it nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>

#include "support/files.h"
#include "support/pty.h"
#include "support/vnc_qemu.h"

#define PASSWORD "sesame-42"

static char *home;
static struct vnc_qemu qemu;

static int set_up(void **state)
{
	g_autofree char *socket = NULL, *secret = NULL;
	(void)state;

	home = g_dir_make_tmp("nvirt-vnc-XXXXXX", NULL);
	socket = g_build_filename(home, "vnc.sock", NULL);
	secret = g_build_filename(home, "password", NULL);
	files_write(secret, PASSWORD "\n", -1);
	vnc_qemu_start(&qemu, socket, "-object secret,id=p,data=" PASSWORD, ",password-secret=p");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	vnc_qemu_stop(&qemu);
	files_remove(home);
	g_free(home);
	return 0;
}

static struct pty *start(void)
{
	const char *argv[] = {"screen", "--vnc", qemu.address, NULL};

	return pty_start(argv, NULL, 24, 80);
}

static void it_is_asked_for_until_it_is_right(void **state)
{
	struct pty *pty = start();
	(void)state;

	pty_wait_text(pty, "Password for the VNC server");
	pty_type(pty, "wrong\r");
	pty_wait_text(pty, "did not let us in");
	pty_wait_text(pty, "(?s)Password for.*Password for");
	pty_type(pty, "sesame-43\177" "2\r");
	pty_wait_exit_code(pty, 0);
	assert_false(pty_shows(pty, "sesame|wrong"));
	pty_free(pty);
}

static void ctrl_c_ends_it_in_words(void **state)
{
	struct pty *pty = start();
	(void)state;

	pty_wait_text(pty, "Password for the VNC server");
	pty_type(pty, "ses\003");
	pty_wait_text(pty, "wants a password");
	pty_wait_exit_code(pty, 1);
	pty_free(pty);
}

static void a_file_needs_no_terminal(void **state)
{
	g_autofree char *file = g_build_filename(home, "password", NULL);
	const char *argv[] = {"screen", "--vnc", qemu.address, "--password-file", file, NULL};
	struct pty *pty = pty_start(argv, NULL, 24, 80);
	(void)state;

	pty_wait_exit_code(pty, 0);
	assert_false(pty_shows(pty, "Password for"));
	pty_free(pty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_is_asked_for_until_it_is_right),
	        cmocka_unit_test(ctrl_c_ends_it_in_words),
	        cmocka_unit_test(a_file_needs_no_terminal),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
