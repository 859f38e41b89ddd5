/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VNC server behind ssh: the command for it, and what is told when it fails. The ssh is a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/door_ssh.h"
#include "support/files.h"

static char *home;

/* A URI whose ssh is this script. */
static char *uri_of(const char *script)
{
	g_autofree char *path = g_build_filename(home, "ssh", NULL);
	g_autofree char *text = g_strdup_printf("#!/bin/sh\n%s\n", script);

	files_write(path, text, -1);
	assert_int_equal(g_chmod(path, 0700), 0);
	return g_strdup_printf("qemu+ssh://me@far.example:2222/system?command=%s&keyfile=/tmp/my%%20key&netcat=/opt/n'c", path);
}

static void expect_words(const char *uri, unsigned port, const char *path, const char *expected)
{
	g_auto(GStrv) words = door_ssh_words(uri, "127.0.0.1", port, path);
	g_autofree char *all = g_strjoinv("|", words + 1);

	assert_string_equal(all, expected);
}

static void the_command_is_that_of_libvirt(void **state)
{
	g_autofree char *uri = uri_of("");
	(void)state;

	expect_words(uri, 5901, NULL, "-T|-oBatchMode=yes|-i|/tmp/my key|-p2222|-W|127.0.0.1:5901|--|me@far.example");
	expect_words(uri, 0, "/run/a 'b", "-T|-oBatchMode=yes|-i|/tmp/my key|-p2222|--|me@far.example|exec '/opt/n'\\''c' -U '/run/a '\\''b'");
}

static void what_comes_through_is_left_to_be_read(void **state)
{
	g_autofree char *uri = uri_of("printf 'RFB 003.008\\n'; cat");
	g_autoptr(GError) error = NULL;
	int fd = door_ssh(uri, "127.0.0.1", 5901, NULL, &error);
	char bytes[13] = "";
	(void)state;

	assert_true(fd >= 0);
	assert_int_equal(recv(fd, bytes, 12, MSG_WAITALL), 12);
	assert_string_equal(bytes, "RFB 003.008\n");
	/* Both ways. */
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	assert_int_equal(recv(fd, bytes, 5, MSG_WAITALL), 5);
	assert_memory_equal(bytes, "hello", 5);
	close(fd);
}

static void expect_failure(const char *script, const char *part)
{
	g_autofree char *uri = uri_of(script);
	g_autoptr(GError) error = NULL;

	assert_int_equal(door_ssh(uri, "127.0.0.1", 5901, NULL, &error), -1);
	if (!strstr(error->message, part))
		print_error("%s\n", error->message);
	assert_non_null(strstr(error->message, part));
	assert_null(strchr(error->message, '\033'));
}

static void its_own_words_are_told(void **state)
{
	(void)state;
	expect_failure("echo 'Warning: new host' >&2; echo 'me@far: Permission denied \033[31m(publickey).' >&2; exit 255",
	        "'me@far.example': me@far: Permission denied");
	expect_failure("exit 1", "it ended without a word");
}

static int set_up(void **state)
{
	(void)state;
	home = g_dir_make_tmp("nvirt-ssh-XXXXXX", NULL);
	return home ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	files_remove(home);
	g_free(home);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_command_is_that_of_libvirt),
	        cmocka_unit_test(what_comes_through_is_left_to_be_read),
	        cmocka_unit_test(its_own_words_are_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
