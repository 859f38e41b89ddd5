/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal's file: kills, torn lines, garbage, other writers, rotation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/journals.h"

static void directory_and_files_are_private(void **state)
{
	struct journals *journals = *state;
	struct stat st;

	journals->journal = journals_open_writer(journals);
	assert_true(journals_put(journals->journal, JOURNAL_START, "t1", NULL, true));
	assert_int_equal(stat(journals->dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(journals->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_string_equal(journal_path(journals->journal), journals->file);
}

static void directory_that_others_may_write_is_refused_and_said(void **state)
{
	struct journals *journals = *state;

	journals_make_dir(journals);
	assert_int_equal(chmod(journals->dir, 0777), 0);
	journals_follow(journals);
	g_autofree char *text = journals_wait_notice(journals);
	assert_non_null(strstr(text, "others may write"));
	assert_non_null(strstr(text, journals->dir));
	assert_false(journals_put(journals->journal, JOURNAL_START, "t1", NULL, true));
	assert_false(g_file_test(journals->file, G_FILE_TEST_EXISTS));
}

static void directory_of_somebody_else_is_refused(void **state)
{
	struct journals *journals = *state;

	if (geteuid() != 0)
		skip();
	journals_make_dir(journals);
	assert_int_equal(chown(journals->dir, 65534, 65534), 0);
	journals->journal = journals_open_writer(journals);
	assert_false(journals_put(journals->journal, JOURNAL_START, "t1", NULL, true));
	g_autoptr(GError) error = NULL;
	assert_null(journal_read_all(journals->dir, NULL, &error));
	assert_non_null(strstr(error->message, "belongs to user 65534"));
	assert_int_equal(chown(journals->dir, 0, 0), 0);
}

static void link_or_fifo_in_place_of_the_file_is_refused(void **state)
{
	struct journals *journals = *state;
	g_autofree char *target = g_build_filename(journals->top, "victim", NULL);

	journals_make_dir(journals);
	assert_int_equal(symlink(target, journals->file), 0);
	journals->journal = journals_open_writer(journals);
	assert_false(journals_put(journals->journal, JOURNAL_START, "t1", NULL, false));
	assert_false(g_file_test(target, G_FILE_TEST_EXISTS));
	g_remove(journals->file);
	assert_int_equal(mkfifo(journals->file, 0600), 0);
	assert_false(journals_put(journals->journal, JOURNAL_START, "t1", NULL, false));
	unsigned skipped;
	GPtrArray *records = journals_read_all(journals, &skipped); /* does not hang */
	assert_int_equal(records->len, 0);
	g_ptr_array_unref(records);
}

static void unwritable_place_is_said_once(void **state)
{
	struct journals *journals = *state;

	g_free(journals->dir);
	journals->dir = g_strdup("/proc/self/no/such");
	journals_follow(journals);
	g_autofree char *text = journals_wait_notice(journals);
	assert_non_null(strstr(text, "not kept"));
	assert_false(journals_put(journals->journal, JOURNAL_START, "t1", NULL, true));
	assert_false(journals_put(journals->journal, JOURNAL_END, "t1", NULL, true));
	journal_close(g_steal_pointer(&journals->journal), 5000);
	struct msg *again = inbox_take(journals->inbox);
	assert_null(again);
}

static void missing_journal_reads_as_empty(void **state)
{
	unsigned skipped = 7;
	GPtrArray *records = journals_read_all(*state, &skipped);

	assert_int_equal(records->len, 0);
	assert_int_equal(skipped, 0);
	g_ptr_array_unref(records);
}

static void torn_last_line_is_ended_by_the_next_writer(void **state)
{
	struct journals *journals = *state;
	unsigned skipped;

	journals_make_dir(journals);
	journals_put_raw(journals->file, "{\"v\":1,\"event\":\"sta");
	journals->journal = journals_open_writer(journals);
	assert_true(journals_put(journals->journal, JOURNAL_END, "whole", "done", true));
	GPtrArray *records = journals_read_all(journals, &skipped);
	assert_int_equal(records->len, 1);
	assert_int_equal(skipped, 1);
	const struct journal_record *record = g_ptr_array_index(records, 0);
	assert_string_equal(record->task_id, "whole");
	assert_string_equal(record->text, "done");
	g_ptr_array_unref(records);
}

static void garbage_is_counted_reported_and_never_overwritten(void **state)
{
	struct journals *journals = *state;
	g_autofree char *notice = NULL;

	journals_make_dir(journals);
	journals_put_raw(journals->file, "\x01\x02\xff garbage\n[]\n{\"v\":99}\n");
	journals->journal = journals_open_writer(journals);
	assert_true(journals_put(journals->journal, JOURNAL_END, "good", "", true));
	journal_close(g_steal_pointer(&journals->journal), 5000);
	/* Read by another process's eyes: ours skips what we wrote ourselves. */
	unsigned skipped;
	GPtrArray *records = journals_read_all(journals, &skipped);
	assert_int_equal(records->len, 1);
	assert_int_equal(skipped, 3);
	g_ptr_array_unref(records);

	journals_follow(journals);
	notice = journals_wait_notice(journals);
	assert_non_null(strstr(notice, "3 lines of"));
	assert_non_null(strstr(notice, "first at line 1"));
	g_autofree char *content = NULL;
	assert_true(g_file_get_contents(journals->file, &content, NULL, NULL));
	assert_non_null(strstr(content, "garbage\n"));
}

static void endless_line_does_not_fill_memory(void **state)
{
	struct journals *journals = *state;
	g_autofree char *line = g_strnfill(3 * 1024 * 1024, 'x');
	unsigned skipped;

	journals_make_dir(journals);
	journals_put_raw(journals->file, line);
	journals->journal = journals_open_writer(journals);
	assert_true(journals_put(journals->journal, JOURNAL_END, "after", "", false));
	GPtrArray *records = journals_read_all(journals, &skipped);
	assert_int_equal(records->len, 1);
	assert_int_equal(skipped, 1);
	g_ptr_array_unref(records);
}

static void write_lines(struct journals *journals, int number)
{
	struct journal *journal = journals_open_writer(journals);

	for (int i = 0; i < 400; i++) {
		g_autofree char *id = g_strdup_printf("w%d-%d", number, i);
		g_autofree char *text = g_strnfill((gsize)(i % 300), (char)('a' + number));
		if (!journals_put(journal, JOURNAL_END, id, text, false))
			_exit(1);
	}
	journal_close(journal, 5000);
}

static void lines_of_many_writers_are_neither_lost_nor_mixed(void **state)
{
	struct journals *journals = *state;
	pid_t children[3];
	unsigned skipped, seen = 0;

	for (int i = 0; i < 3; i++)
		children[i] = journals_in_child(write_lines, journals, i);
	for (int i = 0; i < 3; i++)
		assert_int_equal(journals_wait_child(children[i]), 0);

	g_autofree char *content = NULL;
	assert_true(g_file_get_contents(journals->file, &content, NULL, NULL));
	g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
	for (unsigned i = 0; lines[i]; i++) {
		g_autoptr(GError) error = NULL;
		if (!*lines[i])
			continue;
		struct journal_record *record = journal_decode(lines[i], strlen(lines[i]), &error);
		assert_null(error);
		int writer = record->task_id[1] - '0';
		for (const char *p = record->text; *p; p++)
			assert_int_equal(*p, 'a' + writer);
		journal_record_free(record);
		seen++;
	}
	assert_int_equal(seen, 1200);
	GPtrArray *records = journals_read_all(journals, &skipped);
	assert_int_equal(skipped, 0);
	assert_int_equal(records->len, 1000); /* of the newest thousand tasks */
	g_ptr_array_unref(records);
}

/* Whole lines of both files, by task id. */
static GHashTable *ids_in_files(struct journals *journals, unsigned *ret_bad)
{
	GHashTable *ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const char *const paths[] = {journals->old, journals->file};

	*ret_bad = 0;
	for (unsigned f = 0; f < 2; f++) {
		g_autofree char *content = NULL;
		if (!g_file_get_contents(paths[f], &content, NULL, NULL))
			continue;
		g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
		for (unsigned i = 0; lines[i]; i++) {
			struct journal_record *record =
			        *lines[i] ? journal_decode(lines[i], strlen(lines[i]), NULL) : NULL;
			if (record)
				g_hash_table_add(ids, g_strdup(record->task_id));
			else if (*lines[i])
				(*ret_bad)++;
			journal_record_free(record);
		}
	}
	return ids;
}

static void rotation_under_two_writers_loses_no_line(void **state)
{
	struct journals *journals = *state;
	pid_t one = journals_in_child(journals_write_big_lines, journals, 1), two = journals_in_child(journals_write_big_lines, journals, 2);
	unsigned bad;
	struct stat st;

	assert_int_equal(journals_wait_child(one), 0);
	assert_int_equal(journals_wait_child(two), 0);
	g_autoptr(GHashTable) ids = ids_in_files(journals, &bad);
	assert_int_equal(bad, 0);
	assert_int_equal(g_hash_table_size(ids), 700);
	assert_int_equal(stat(journals->old, &st), 0);
	assert_true(st.st_size <= 4 * 1024 * 1024);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void write_for_ever(struct journals *journals, int number)
{
	struct journal *journal = journals_open_writer(journals);

	for (int i = 0;; i++) {
		g_autofree char *id = g_strdup_printf("k%d-%d", number, i);
		if (!journals_put(journal, JOURNAL_END, id, "text", false))
			_exit(1);
	}
}

/* The kill comes once the file has grown by a random amount: at a random point, without a clock. */
static void kill_when_grown(struct journals *journals, pid_t pid, goffset from, GRand *rand)
{
	goffset target = from + g_rand_int_range(rand, 1, 20000);
	gint64 deadline = g_get_monotonic_time() + JOURNALS_DEADLINE_US;
	struct stat st = {0};

	while (st.st_size < target && g_get_monotonic_time() < deadline)
		if (stat(journals->file, &st) < 0)
			st.st_size = 0;
	kill(pid, SIGKILL);
	assert_true(WIFSIGNALED(journals_wait_child(pid)));
	assert_true(st.st_size >= target);
}

static void kill_at_any_point_leaves_a_journal_that_goes_on(void **state)
{
	struct journals *journals = *state;
	g_autoptr(GRand) rand = g_rand_new_with_seed(20261120);
	struct stat st = {0};

	for (int i = 0; i < 25; i++) {
		goffset from = stat(journals->file, &st) == 0 ? st.st_size : 0;
		kill_when_grown(journals, journals_in_child(write_for_ever, journals, i), from, rand);
		/* A line that a kill, or a full disk, has cut. */
		if (i % 2)
			journals_put_raw(journals->file, "{\"v\":1,\"t\":1");
		struct journal *journal = journals_open_writer(journals);
		g_autofree char *id = g_strdup_printf("after-%d", i);
		assert_true(journals_put(journal, JOURNAL_END, id, "", true));
		journal_close(journal, 5000);
	}
	unsigned bad;
	g_autoptr(GHashTable) ids = ids_in_files(journals, &bad);
	for (int i = 0; i < 25; i++) {
		g_autofree char *id = g_strdup_printf("after-%d", i);
		assert_true(g_hash_table_contains(ids, id));
	}
	assert_in_range(bad, 12, 12 + 25); /* the torn ones, at most one a kill */
}

static void posted_records_are_written_before_the_close_returns(void **state)
{
	struct journals *journals = *state;
	unsigned skipped;

	journals->journal = journals_open_writer(journals);
	for (int i = 0; i < 100; i++) {
		g_autofree char *id = g_strdup_printf("p-%d", i);
		journal_post(journals->journal, journals_make(JOURNAL_END, id, ""));
	}
	journal_close(g_steal_pointer(&journals->journal), 20000);
	GPtrArray *records = journals_read_all(journals, &skipped);
	assert_int_equal(records->len, 100);
	g_ptr_array_unref(records);
}

static void only_the_newest_thousand_tasks_are_shown(void **state)
{
	struct journals *journals = *state;
	unsigned skipped;

	journals->journal = journals_open_writer(journals);
	for (int i = 0; i < 1100; i++) {
		g_autofree char *id = g_strdup_printf("n-%04d", i);
		assert_true(journals_put(journals->journal, JOURNAL_START, id, NULL, false));
		assert_true(journals_put(journals->journal, JOURNAL_END, id, "", false));
	}
	GPtrArray *records = journals_read_all(journals, &skipped);
	assert_int_equal(records->len, 2000);
	const struct journal_record *first = g_ptr_array_index(records, 0);
	assert_string_equal(first->task_id, "n-0100");
	g_ptr_array_unref(records);
}

static void removed_directory_is_made_again(void **state)
{
	struct journals *journals = *state;

	journals->journal = journals_open_writer(journals);
	assert_true(journals_put(journals->journal, JOURNAL_START, "a", NULL, true));
	g_remove(journals->file);
	g_rmdir(journals->dir);
	assert_true(journals_put(journals->journal, JOURNAL_END, "a", NULL, true));
	assert_true(g_file_test(journals->file, G_FILE_TEST_EXISTS));
}

static void instance_tells_the_living_from_the_dead(void **state)
{
	(void)state;
	assert_true(journal_instance_alive(journal_instance()));
	assert_false(journal_instance_alive("1:1"));
	assert_false(journal_instance_alive("0:0"));
	assert_false(journal_instance_alive("-1:5"));
	assert_false(journal_instance_alive("x"));
	assert_false(journal_instance_alive(""));
	assert_false(journal_instance_alive(NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, journals_set_up, journals_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(directory_and_files_are_private),
		TEST(directory_that_others_may_write_is_refused_and_said),
		TEST(directory_of_somebody_else_is_refused),
		TEST(link_or_fifo_in_place_of_the_file_is_refused),
		TEST(unwritable_place_is_said_once),
		TEST(missing_journal_reads_as_empty),
		TEST(torn_last_line_is_ended_by_the_next_writer),
		TEST(garbage_is_counted_reported_and_never_overwritten),
		TEST(endless_line_does_not_fill_memory),
		TEST(lines_of_many_writers_are_neither_lost_nor_mixed),
		TEST(rotation_under_two_writers_loses_no_line),
		TEST(kill_at_any_point_leaves_a_journal_that_goes_on),
		TEST(posted_records_are_written_before_the_close_returns),
		TEST(only_the_newest_thousand_tasks_are_shown),
		TEST(removed_directory_is_made_again),
		TEST(instance_tells_the_living_from_the_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
