/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nvirt screen` asks for a VNC server's password at its terminal, and shows it nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nvirt/vnc.h"
#include "support/files.h"
#include "support/lab.h"
#include "support/pty.h"

#define PASSWORD "sesame-42"

static char *home, *address;
static GPid qemu;

/* It listens, or has ended. */
static bool answers(void *data)
{
	int fd = vnc_connect(address, 1000, NULL);

	(void)data;
	if (fd >= 0)
		close(fd);
	return fd >= 0 || waitpid(qemu, NULL, WNOHANG) != 0;
}

static int set_up(void **state)
{
	g_autofree char *command = NULL, *secret = NULL;
	g_auto(GStrv) argv = NULL;
	(void)state;

	home = g_dir_make_tmp("nvirt-vnc-XXXXXX", NULL);
	address = g_build_filename(home, "vnc.sock", NULL);
	secret = g_build_filename(home, "password", NULL);
	files_write(secret, PASSWORD "\n", -1);
	command = g_strdup_printf("qemu-system-x86_64 -M none -nodefaults -display none -object secret,id=p,data=" PASSWORD
	                          " -vnc unix:%s,password-secret=p",
	        address);
	if (!g_shell_parse_argv(command, NULL, &argv, NULL) ||
	        !g_spawn_async(NULL, argv, NULL,
	                G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, &qemu, NULL))
		return -1;
	lab_wait_for(answers, NULL, "QEMU's VNC", 60000);
	return kill(qemu, 0);
}

static int tear_down(void **state)
{
	(void)state;
	kill(qemu, SIGKILL);
	waitpid(qemu, NULL, 0);
	files_remove(home);
	g_free(home);
	g_free(address);
	return 0;
}

static struct pty *start(void)
{
	const char *argv[] = {"screen", "--vnc", address, NULL};

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
	const char *argv[] = {"screen", "--vnc", address, "--password-file", file, NULL};
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
