/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal's reader: other processes, dead ones, rotation. */
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

static void start_only(struct journals *journals, int number)
{
	struct journal *journal = journals_open_writer(journals);
	g_autofree char *id = g_strdup_printf("dead-%d", number);

	if (!journals_put(journal, JOURNAL_START, id, NULL, true))
		_exit(1);
	raise(SIGKILL);
}

static void task_of_a_killed_process_is_interrupted_and_written_once(void **state)
{
	struct journals *journals = *state;

	assert_true(WIFSIGNALED(journals_wait_child(journals_in_child(start_only, journals, 1))));
	journals_follow(journals);
	struct journal_record *start = journals_wait_record(journals, "dead-1", JOURNAL_START, NULL);
	assert_string_equal(start->object, "web1");
	assert_false(journal_instance_alive(start->instance));
	journal_record_free(start);
	struct journal_record *end = journals_wait_record(journals, "dead-1", JOURNAL_END, NULL);
	assert_int_equal(end->state, TASK_INTERRUPTED);
	assert_string_equal(end->verb, "start");
	journal_record_free(end);

	/* A second reader agrees and adds nothing. */
	struct inbox *inbox = inbox_new();
	struct journal *second = journal_open(journals->dir, inbox);
	unsigned skipped;
	journal_close(second, 5000);
	inbox_free(inbox);
	GPtrArray *records = journals_read_all(journals, &skipped);
	assert_int_equal(records->len, 2);
	assert_int_equal(skipped, 0);
	g_ptr_array_unref(records);
}

static void two_readers(struct journals *journals, int number)
{
	(void)number;
	journals_follow(journals);
	journal_record_free(journals_wait_record(journals, "dead-1", JOURNAL_END, NULL));
	journal_close(journals->journal, 5000);
}

static void readers_that_start_together_write_one_end(void **state)
{
	struct journals *journals = *state;
	pid_t children[4];
	unsigned skipped;

	assert_true(WIFSIGNALED(journals_wait_child(journals_in_child(start_only, journals, 1))));
	for (int i = 0; i < 4; i++)
		children[i] = journals_in_child(two_readers, journals, i);
	for (int i = 0; i < 4; i++)
		assert_int_equal(journals_wait_child(children[i]), 0);
	GPtrArray *records = journals_read_all(journals, &skipped);
	assert_int_equal(records->len, 2);
	g_ptr_array_unref(records);
}

static void command_line_sees_interrupted_tasks_too(void **state)
{
	struct journals *journals = *state;
	unsigned skipped;

	assert_true(WIFSIGNALED(journals_wait_child(journals_in_child(start_only, journals, 4))));
	GPtrArray *records = journals_read_all(journals, &skipped);
	assert_int_equal(records->len, 2);
	const struct journal_record *end = g_ptr_array_index(records, 1);
	assert_int_equal(end->event, JOURNAL_END);
	assert_int_equal(end->state, TASK_INTERRUPTED);
	g_ptr_array_unref(records);
}

static void start_and_wait(struct journals *journals, int fd)
{
	char byte;

	if (!journals_put(journals_open_writer(journals), JOURNAL_START, "live", NULL, true))
		_exit(1);
	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
	raise(SIGKILL);
}

static void task_of_a_living_process_runs_until_that_dies(void **state)
{
	struct journals *journals = *state;
	int pipe_fds[2];

	assert_int_equal(pipe(pipe_fds), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(pipe_fds[1]);
		start_and_wait(journals, pipe_fds[0]);
	}
	close(pipe_fds[0]);
	journals_follow(journals);
	struct journal_record *start = journals_wait_record(journals, "live", JOURNAL_START, NULL);
	assert_true(journal_instance_alive(start->instance));
	journal_record_free(start);
	assert_null(inbox_take(journals->inbox));
	close(pipe_fds[1]);
	assert_true(WIFSIGNALED(journals_wait_child(pid)));
	struct journal_record *end = journals_wait_record(journals, "live", JOURNAL_END, NULL);
	assert_int_equal(end->state, TASK_INTERRUPTED);
	journal_record_free(end);
}

static void write_marker(struct journals *journals, int number)
{
	struct journal *journal = journals_open_writer(journals);
	g_autofree char *id = g_strdup_printf("mark-%d", number);

	if (!journals_put(journal, JOURNAL_END, id, "", true))
		_exit(1);
	journal_close(journal, 5000);
}

static void reader_follows_others_across_rotation_and_skips_its_own(void **state)
{
	struct journals *journals = *state;

	journals_follow(journals);
	assert_int_equal(journals_wait_child(journals_in_child(write_marker, journals, 1)), 0);
	journal_record_free(journals_wait_record(journals, "mark-1", JOURNAL_END, NULL));
	assert_true(journals_put(journals->journal, JOURNAL_START, "mine", NULL, true));
	for (int round = 0; round < 4; round++)
		assert_int_equal(journals_wait_child(journals_in_child(journals_write_big_lines, journals, round)), 0);
	assert_true(g_file_test(journals->old, G_FILE_TEST_EXISTS));
	assert_int_equal(journals_wait_child(journals_in_child(write_marker, journals, 2)), 0);
	unsigned seen = 0;
	for (bool done = false; !done;) {
		struct msg *msg = journals_next_msg(journals->inbox, g_get_monotonic_time() + JOURNALS_DEADLINE_US);
		assert_non_null(msg);
		assert_null(msg->text);
		assert_string_not_equal(msg->record->task_id, "mine");
		seen += msg->record->task_id[0] == 'r';
		done = g_str_equal(msg->record->task_id, "mark-2");
		msg_free(msg);
	}
	assert_int_equal(seen, 4 * 350);
}

static void corrupt_line_that_comes_later_is_reported(void **state)
{
	struct journals *journals = *state;

	journals_follow(journals);
	assert_int_equal(journals_wait_child(journals_in_child(write_marker, journals, 1)), 0);
	journal_record_free(journals_wait_record(journals, "mark-1", JOURNAL_END, NULL));
	journals_put_raw(journals->file, "nonsense\n");
	g_autofree char *notice = journals_wait_notice(journals);
	assert_non_null(strstr(notice, "1 line of"));
	assert_non_null(strstr(notice, "first at line 2"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, journals_set_up, journals_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(task_of_a_killed_process_is_interrupted_and_written_once),
		TEST(readers_that_start_together_write_one_end),
		TEST(command_line_sees_interrupted_tasks_too),
		TEST(task_of_a_living_process_runs_until_that_dies),
		TEST(reader_follows_others_across_rotation_and_skips_its_own),
		TEST(corrupt_line_that_comes_later_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
