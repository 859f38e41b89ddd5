/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that the dashboard keeps and writes: whole, private, never over another unasked. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "nvirt/files.h"

#define DEADLINE_MS 30000

struct fixture {
	struct inbox *inbox;
	char *dir, *path;
};

static int setup(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);

	f->inbox = inbox_new();
	f->dir = g_dir_make_tmp("nvirt-test-XXXXXX", NULL);
	f->path = g_build_filename(f->dir, "state.json", NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	g_unlink(f->path);
	g_rmdir(f->dir);
	inbox_free(f->inbox);
	g_free(f->dir);
	g_free(f->path);
	g_free(f);
	return 0;
}

static struct msg *wait_msg(struct fixture *f)
{
	struct pollfd fd = {.fd = inbox_fd(f->inbox), .events = POLLIN};

	assert_int_equal(poll(&fd, 1, DEADLINE_MS), 1);
	return inbox_take(f->inbox);
}

static void assert_msg(struct fixture *f, enum msg_type type, const char *part)
{
	struct msg *msg = wait_msg(f);

	assert_int_equal(msg->type, type);
	if (!strstr(msg->text, part))
		fail_msg("'%s' is not in '%s'", part, msg->text);
	msg_free(msg);
}

static void assert_file(const struct fixture *f, const char *part)
{
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents(f->path, &text, NULL, NULL));
	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
}

static void export_refuses_what_is_there(void **state)
{
	struct fixture *f = *state;
	g_autoptr(GBytes) bytes = g_bytes_new_static("new", 3);

	file_export(f->inbox, f->path, bytes, false, "3 guests");
	assert_msg(f, MSG_NOTICE, "3 guests written to");
	file_export(f->inbox, f->path, bytes, false, "3 guests");
	assert_msg(f, MSG_NOTICE, "was not touched");
	assert_true(g_file_set_contents(f->path, "old", -1, NULL));
	file_export(f->inbox, f->path, bytes, true, "3 guests");
	assert_msg(f, MSG_NOTICE, "written");
	assert_file(f, "new");
}

static void export_follows_no_link(void **state)
{
	struct fixture *f = *state;
	g_autoptr(GBytes) bytes = g_bytes_new_static("new", 3);
	g_autofree char *victim = g_build_filename(f->dir, "victim", NULL);

	assert_int_equal(symlink(victim, f->path), 0);
	file_export(f->inbox, f->path, bytes, false, "3 guests");
	assert_msg(f, MSG_NOTICE, "was not touched");
	file_export(f->inbox, f->path, bytes, true, "3 guests");
	assert_msg(f, MSG_NOTICE, "written");
	assert_false(g_file_test(victim, G_FILE_TEST_EXISTS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(export_refuses_what_is_there, setup, teardown),
	        cmocka_unit_test_setup_teardown(export_follows_no_link, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
