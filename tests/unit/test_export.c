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

static void a_log_grows_and_follows_no_link(void **state)
{
	struct fixture *f = *state;
	struct file_log *log;

	assert_true(g_file_set_contents(f->path, "before\n", -1, NULL));
	log = file_log_new(f->inbox, f->path, "the log");
	assert_msg(f, MSG_NOTICE, "the log is written to");
	for (int i = 0; i < 1000; i++)
		file_log_write(log, "a line\n");
	file_log_write(log, "the last\n");
	file_log_close(log);
	g_autofree char *text = NULL;
	for (gint64 end_us = g_get_monotonic_time() + DEADLINE_MS * 1000; g_get_monotonic_time() < end_us;) {
		g_clear_pointer(&text, g_free);
		assert_true(g_file_get_contents(f->path, &text, NULL, NULL));
		if (g_str_has_suffix(text, "the last\n"))
			break;
		poll(NULL, 0, 10);
	}
	assert_true(g_str_has_prefix(text, "before\na line\n"));
	assert_int_equal(strlen(text), 7 + 1000 * 7 + 9);
	assert_int_equal(g_unlink(f->path), 0);
	assert_int_equal(symlink("/dev/null", f->path), 0);
	log = file_log_new(f->inbox, f->path, "the log");
	assert_msg(f, MSG_NOTICE, "can not be written to");
	file_log_write(log, "for nobody\n");
	file_log_close(log);
	file_log_close(NULL);
}

static void named_glyphs_are_kept(void **state)
{
	struct fixture *f = *state;
	struct named_glyph glyph = {.width = 8, .height = 16, .rows = {0, 1, 2, 4}, .ch = 'x'};
	g_autofree char *dir = g_build_filename(f->dir, "nvirt", NULL), *fonts = g_build_filename(dir, "fonts", NULL);
	g_autofree char *path = g_build_filename(fonts, "learned-8x16.psf", NULL), *bytes = NULL;
	gsize size = 0;

	g_setenv("XDG_DATA_HOME", f->dir, TRUE);
	file_learn_glyph(f->inbox, &glyph);
	assert_msg(f, MSG_NOTICE, "the glyph is 'x' from now on");
	glyph.rows[5] = 0x18;
	glyph.ch = 'y';
	file_learn_glyph(f->inbox, &glyph);
	assert_msg(f, MSG_NOTICE, "the glyph is 'y' from now on");
	assert_true(g_file_get_contents(path, &bytes, &size, NULL));
	assert_int_equal(size, 32 + 2 * 16 + 2 * 2);
	assert_true(g_file_set_contents(path, "mine", 4, NULL));
	file_learn_glyph(f->inbox, &glyph);
	assert_msg(f, MSG_NOTICE, "can not be kept");
	g_unlink(path);
	g_rmdir(fonts);
	g_rmdir(dir);
}

static void pictures_are_written_as_png(void **state)
{
	struct fixture *f = *state;
	struct picture *picture = picture_new(3, 2);
	g_autofree char *bytes = NULL;
	gsize size = 0;

	memset(picture->rgb, 0x55, 3 * 2 * 3);
	file_export_png(f->inbox, f->path, picture, false, "the picture");
	assert_msg(f, MSG_NOTICE, "the picture written to");
	assert_true(g_file_get_contents(f->path, &bytes, &size, NULL));
	assert_true(size > 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(export_refuses_what_is_there, setup, teardown),
	        cmocka_unit_test_setup_teardown(export_follows_no_link, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_log_grows_and_follows_no_link, setup, teardown),
	        cmocka_unit_test_setup_teardown(named_glyphs_are_kept, setup, teardown),
	        cmocka_unit_test_setup_teardown(pictures_are_written_as_png, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
