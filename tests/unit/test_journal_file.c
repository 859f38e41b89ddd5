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

#include "nvirt/journal.h"
#include "nvirt/msg.h"

#define DEADLINE_US (30 * G_USEC_PER_SEC)

struct fixture {
	char *top, *dir, *file, *old;
	struct inbox *inbox;
	struct journal *journal;
};

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->top = g_dir_make_tmp("nvirt-journal-XXXXXX", NULL);
	fixture->dir = g_build_filename(fixture->top, "state", NULL);
	fixture->file = g_build_filename(fixture->dir, "tasks.jsonl", NULL);
	fixture->old = g_build_filename(fixture->dir, "tasks.jsonl.1", NULL);
	*state = fixture;
	return fixture->top ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	journal_close(fixture->journal, 5000);
	inbox_free(fixture->inbox);
	g_remove(fixture->file);
	g_remove(fixture->old);
	if (g_remove(fixture->dir) < 0)
		g_rmdir(fixture->dir);
	g_rmdir(fixture->top);
	g_free(fixture->top);
	g_free(fixture->dir);
	g_free(fixture->file);
	g_free(fixture->old);
	g_free(fixture);
	return 0;
}

static struct journal_record *make(enum journal_event event, const char *id, const char *text)
{
	struct journal_record *record = journal_record_new(event, id);

	record->unix_us = 1700000000000000;
	record->instance = g_strdup(journal_instance());
	record->verb = g_strdup("start");
	record->object = g_strdup("web1");
	record->kind = OBJ_GUEST;
	record->state = TASK_OK;
	record->text = g_strdup(text);
	if (event == JOURNAL_START) {
		record->host_name = g_strdup("h");
		record->uri = g_strdup("test:///default");
		record->user = g_strdup("root");
	}
	return record;
}

static bool put(struct journal *journal, enum journal_event event, const char *id, const char *text, bool sync)
{
	struct journal_record *record = make(event, id, text);
	bool ok = journal_append(journal, record, sync);

	journal_record_free(record);
	return ok;
}

static void put_raw(const char *path, const char *bytes)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
	close(fd);
}

static void make_dir(struct fixture *fixture)
{
	assert_int_equal(g_mkdir(fixture->dir, 0700), 0);
}

static struct journal *open_writer(struct fixture *fixture)
{
	return journal_open(fixture->dir, NULL);
}

/* The next MSG_JOURNAL, or NULL at the deadline. */
static struct msg *next_msg(struct inbox *inbox, gint64 deadline_us)
{
	for (;;) {
		struct msg *msg = inbox_take(inbox);
		gint64 left = deadline_us - g_get_monotonic_time();
		struct pollfd fd = {.fd = inbox_fd(inbox), .events = POLLIN};
		if (msg || left <= 0)
			return msg;
		poll(&fd, 1, (int)(left / 1000) + 1);
	}
}

/* Waits for a record of a task and event; frees what comes before, keeping the last notice. */
static struct journal_record *wait_record(
        struct fixture *fixture, const char *id, enum journal_event event, char **ret_notice)
{
	gint64 deadline = g_get_monotonic_time() + DEADLINE_US;
	struct msg *msg;

	while ((msg = next_msg(fixture->inbox, deadline))) {
		assert_int_equal(msg->type, MSG_JOURNAL);
		if (msg->text && ret_notice) {
			g_free(*ret_notice);
			*ret_notice = g_strdup(msg->text);
		}
		if (msg->record && msg->record->event == event && g_str_equal(msg->record->task_id, id)) {
			struct journal_record *record = g_steal_pointer(&msg->record);
			msg_free(msg);
			return record;
		}
		msg_free(msg);
	}
	fail_msg("no record of task %s came", id);
	return NULL;
}

static char *wait_notice(struct fixture *fixture)
{
	gint64 deadline = g_get_monotonic_time() + DEADLINE_US;
	struct msg *msg;

	while ((msg = next_msg(fixture->inbox, deadline))) {
		char *text = g_strdup(msg->text);
		msg_free(msg);
		if (text)
			return text;
	}
	fail_msg("no notice came");
	return NULL;
}

static void follow(struct fixture *fixture)
{
	fixture->inbox = inbox_new();
	fixture->journal = journal_open(fixture->dir, fixture->inbox);
}

static GPtrArray *read_all(struct fixture *fixture, unsigned *ret_skipped)
{
	g_autoptr(GError) error = NULL;
	GPtrArray *records = journal_read_all(fixture->dir, ret_skipped, &error);

	assert_null(error);
	assert_non_null(records);
	return records;
}

/* Runs `body` in a child that ends with 0 when it returned. */
static pid_t in_child(void (*body)(struct fixture *fixture, int number), struct fixture *fixture, int number)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	body(fixture, number);
	_exit(0);
}

static int wait_child(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* ---- tests ---- */

static void directory_and_files_are_private(void **state)
{
	struct fixture *fixture = *state;
	struct stat st;

	fixture->journal = open_writer(fixture);
	assert_true(put(fixture->journal, JOURNAL_START, "t1", NULL, true));
	assert_int_equal(stat(fixture->dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(fixture->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_string_equal(journal_path(fixture->journal), fixture->file);
}

static void directory_that_others_may_write_is_refused_and_said(void **state)
{
	struct fixture *fixture = *state;

	make_dir(fixture);
	assert_int_equal(chmod(fixture->dir, 0777), 0);
	follow(fixture);
	g_autofree char *text = wait_notice(fixture);
	assert_non_null(strstr(text, "others may write"));
	assert_non_null(strstr(text, fixture->dir));
	assert_false(put(fixture->journal, JOURNAL_START, "t1", NULL, true));
	assert_false(g_file_test(fixture->file, G_FILE_TEST_EXISTS));
}

static void directory_of_somebody_else_is_refused(void **state)
{
	struct fixture *fixture = *state;

	if (geteuid() != 0)
		skip();
	make_dir(fixture);
	assert_int_equal(chown(fixture->dir, 65534, 65534), 0);
	fixture->journal = open_writer(fixture);
	assert_false(put(fixture->journal, JOURNAL_START, "t1", NULL, true));
	g_autoptr(GError) error = NULL;
	assert_null(journal_read_all(fixture->dir, NULL, &error));
	assert_non_null(strstr(error->message, "belongs to user 65534"));
	assert_int_equal(chown(fixture->dir, 0, 0), 0);
}

static void link_or_fifo_in_place_of_the_file_is_refused(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *target = g_build_filename(fixture->top, "victim", NULL);

	make_dir(fixture);
	assert_int_equal(symlink(target, fixture->file), 0);
	fixture->journal = open_writer(fixture);
	assert_false(put(fixture->journal, JOURNAL_START, "t1", NULL, false));
	assert_false(g_file_test(target, G_FILE_TEST_EXISTS));
	g_remove(fixture->file);
	assert_int_equal(mkfifo(fixture->file, 0600), 0);
	assert_false(put(fixture->journal, JOURNAL_START, "t1", NULL, false));
	unsigned skipped;
	GPtrArray *records = read_all(fixture, &skipped); /* does not hang */
	assert_int_equal(records->len, 0);
	g_ptr_array_unref(records);
}

static void unwritable_place_is_said_once(void **state)
{
	struct fixture *fixture = *state;

	g_free(fixture->dir);
	fixture->dir = g_strdup("/proc/self/no/such");
	follow(fixture);
	g_autofree char *text = wait_notice(fixture);
	assert_non_null(strstr(text, "not kept"));
	assert_false(put(fixture->journal, JOURNAL_START, "t1", NULL, true));
	assert_false(put(fixture->journal, JOURNAL_END, "t1", NULL, true));
	journal_close(g_steal_pointer(&fixture->journal), 5000);
	struct msg *again = inbox_take(fixture->inbox);
	assert_null(again);
}

static void missing_journal_reads_as_empty(void **state)
{
	unsigned skipped = 7;
	GPtrArray *records = read_all(*state, &skipped);

	assert_int_equal(records->len, 0);
	assert_int_equal(skipped, 0);
	g_ptr_array_unref(records);
}

static void torn_last_line_is_ended_by_the_next_writer(void **state)
{
	struct fixture *fixture = *state;
	unsigned skipped;

	make_dir(fixture);
	put_raw(fixture->file, "{\"v\":1,\"event\":\"sta");
	fixture->journal = open_writer(fixture);
	assert_true(put(fixture->journal, JOURNAL_END, "whole", "done", true));
	GPtrArray *records = read_all(fixture, &skipped);
	assert_int_equal(records->len, 1);
	assert_int_equal(skipped, 1);
	const struct journal_record *record = g_ptr_array_index(records, 0);
	assert_string_equal(record->task_id, "whole");
	assert_string_equal(record->text, "done");
	g_ptr_array_unref(records);
}

static void garbage_is_counted_reported_and_never_overwritten(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *notice = NULL;

	make_dir(fixture);
	put_raw(fixture->file, "\x01\x02\xff garbage\n[]\n{\"v\":99}\n");
	fixture->journal = open_writer(fixture);
	assert_true(put(fixture->journal, JOURNAL_END, "good", "", true));
	journal_close(g_steal_pointer(&fixture->journal), 5000);
	/* Read by another process's eyes: ours skips what we wrote ourselves. */
	unsigned skipped;
	GPtrArray *records = read_all(fixture, &skipped);
	assert_int_equal(records->len, 1);
	assert_int_equal(skipped, 3);
	g_ptr_array_unref(records);

	follow(fixture);
	notice = wait_notice(fixture);
	assert_non_null(strstr(notice, "3 lines of"));
	assert_non_null(strstr(notice, "first at line 1"));
	g_autofree char *content = NULL;
	assert_true(g_file_get_contents(fixture->file, &content, NULL, NULL));
	assert_non_null(strstr(content, "garbage\n"));
}

static void endless_line_does_not_fill_memory(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *line = g_strnfill(3 * 1024 * 1024, 'x');
	unsigned skipped;

	make_dir(fixture);
	put_raw(fixture->file, line);
	fixture->journal = open_writer(fixture);
	assert_true(put(fixture->journal, JOURNAL_END, "after", "", false));
	GPtrArray *records = read_all(fixture, &skipped);
	assert_int_equal(records->len, 1);
	assert_int_equal(skipped, 1);
	g_ptr_array_unref(records);
}

static void write_lines(struct fixture *fixture, int number)
{
	struct journal *journal = open_writer(fixture);

	for (int i = 0; i < 400; i++) {
		g_autofree char *id = g_strdup_printf("w%d-%d", number, i);
		g_autofree char *text = g_strnfill((gsize)(i % 300), (char)('a' + number));
		if (!put(journal, JOURNAL_END, id, text, false))
			_exit(1);
	}
	journal_close(journal, 5000);
}

static void lines_of_many_writers_are_neither_lost_nor_mixed(void **state)
{
	struct fixture *fixture = *state;
	pid_t children[3];
	unsigned skipped, seen = 0;

	for (int i = 0; i < 3; i++)
		children[i] = in_child(write_lines, fixture, i);
	for (int i = 0; i < 3; i++)
		assert_int_equal(wait_child(children[i]), 0);

	g_autofree char *content = NULL;
	assert_true(g_file_get_contents(fixture->file, &content, NULL, NULL));
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
	GPtrArray *records = read_all(fixture, &skipped);
	assert_int_equal(skipped, 0);
	assert_int_equal(records->len, 1000); /* of the newest thousand tasks */
	g_ptr_array_unref(records);
}

/* Whole lines of both files, by task id. */
static GHashTable *ids_in_files(struct fixture *fixture, unsigned *ret_bad)
{
	GHashTable *ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const char *const paths[] = {fixture->old, fixture->file};

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

static void write_big_lines(struct fixture *fixture, int number)
{
	struct journal *journal = open_writer(fixture);
	g_autofree char *text = g_strnfill(8000, 'r');

	for (int i = 0; i < 350; i++) {
		g_autofree char *id = g_strdup_printf("r%d-%d", number, i);
		if (!put(journal, JOURNAL_END, id, text, false))
			_exit(1);
	}
	journal_close(journal, 5000);
}

static void rotation_under_two_writers_loses_no_line(void **state)
{
	struct fixture *fixture = *state;
	pid_t one = in_child(write_big_lines, fixture, 1), two = in_child(write_big_lines, fixture, 2);
	unsigned bad;
	struct stat st;

	assert_int_equal(wait_child(one), 0);
	assert_int_equal(wait_child(two), 0);
	g_autoptr(GHashTable) ids = ids_in_files(fixture, &bad);
	assert_int_equal(bad, 0);
	assert_int_equal(g_hash_table_size(ids), 700);
	assert_int_equal(stat(fixture->old, &st), 0);
	assert_true(st.st_size <= 4 * 1024 * 1024);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void write_for_ever(struct fixture *fixture, int number)
{
	struct journal *journal = open_writer(fixture);

	for (int i = 0;; i++) {
		g_autofree char *id = g_strdup_printf("k%d-%d", number, i);
		if (!put(journal, JOURNAL_END, id, "text", false))
			_exit(1);
	}
}

/* The kill comes once the file has grown by a random amount: at a random point, without a clock. */
static void kill_when_grown(struct fixture *fixture, pid_t pid, goffset from, GRand *rand)
{
	goffset target = from + g_rand_int_range(rand, 1, 20000);
	gint64 deadline = g_get_monotonic_time() + DEADLINE_US;
	struct stat st = {0};

	while (st.st_size < target && g_get_monotonic_time() < deadline)
		if (stat(fixture->file, &st) < 0)
			st.st_size = 0;
	kill(pid, SIGKILL);
	assert_true(WIFSIGNALED(wait_child(pid)));
	assert_true(st.st_size >= target);
}

static void kill_at_any_point_leaves_a_journal_that_goes_on(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GRand) rand = g_rand_new_with_seed(20261120);
	struct stat st = {0};

	for (int i = 0; i < 25; i++) {
		goffset from = stat(fixture->file, &st) == 0 ? st.st_size : 0;
		kill_when_grown(fixture, in_child(write_for_ever, fixture, i), from, rand);
		/* A line that a kill, or a full disk, has cut. */
		if (i % 2)
			put_raw(fixture->file, "{\"v\":1,\"t\":1");
		struct journal *journal = open_writer(fixture);
		g_autofree char *id = g_strdup_printf("after-%d", i);
		assert_true(put(journal, JOURNAL_END, id, "", true));
		journal_close(journal, 5000);
	}
	unsigned bad;
	g_autoptr(GHashTable) ids = ids_in_files(fixture, &bad);
	for (int i = 0; i < 25; i++) {
		g_autofree char *id = g_strdup_printf("after-%d", i);
		assert_true(g_hash_table_contains(ids, id));
	}
	assert_in_range(bad, 12, 12 + 25); /* the torn ones, at most one a kill */
}

static void start_only(struct fixture *fixture, int number)
{
	struct journal *journal = open_writer(fixture);
	g_autofree char *id = g_strdup_printf("dead-%d", number);

	if (!put(journal, JOURNAL_START, id, NULL, true))
		_exit(1);
	raise(SIGKILL);
}

static void task_of_a_killed_process_is_interrupted_and_written_once(void **state)
{
	struct fixture *fixture = *state;

	assert_true(WIFSIGNALED(wait_child(in_child(start_only, fixture, 1))));
	follow(fixture);
	struct journal_record *start = wait_record(fixture, "dead-1", JOURNAL_START, NULL);
	assert_string_equal(start->object, "web1");
	assert_false(journal_instance_alive(start->instance));
	journal_record_free(start);
	struct journal_record *end = wait_record(fixture, "dead-1", JOURNAL_END, NULL);
	assert_int_equal(end->state, TASK_INTERRUPTED);
	assert_string_equal(end->verb, "start");
	journal_record_free(end);

	/* A second reader agrees and adds nothing. */
	struct inbox *inbox = inbox_new();
	struct journal *second = journal_open(fixture->dir, inbox);
	unsigned skipped;
	journal_close(second, 5000);
	inbox_free(inbox);
	GPtrArray *records = read_all(fixture, &skipped);
	assert_int_equal(records->len, 2);
	assert_int_equal(skipped, 0);
	g_ptr_array_unref(records);
}

static void two_readers(struct fixture *fixture, int number)
{
	(void)number;
	follow(fixture);
	journal_record_free(wait_record(fixture, "dead-1", JOURNAL_END, NULL));
	journal_close(fixture->journal, 5000);
}

static void readers_that_start_together_write_one_end(void **state)
{
	struct fixture *fixture = *state;
	pid_t children[4];
	unsigned skipped;

	assert_true(WIFSIGNALED(wait_child(in_child(start_only, fixture, 1))));
	for (int i = 0; i < 4; i++)
		children[i] = in_child(two_readers, fixture, i);
	for (int i = 0; i < 4; i++)
		assert_int_equal(wait_child(children[i]), 0);
	GPtrArray *records = read_all(fixture, &skipped);
	assert_int_equal(records->len, 2);
	g_ptr_array_unref(records);
}

static void command_line_sees_interrupted_tasks_too(void **state)
{
	struct fixture *fixture = *state;
	unsigned skipped;

	assert_true(WIFSIGNALED(wait_child(in_child(start_only, fixture, 4))));
	GPtrArray *records = read_all(fixture, &skipped);
	assert_int_equal(records->len, 2);
	const struct journal_record *end = g_ptr_array_index(records, 1);
	assert_int_equal(end->event, JOURNAL_END);
	assert_int_equal(end->state, TASK_INTERRUPTED);
	g_ptr_array_unref(records);
}

static void start_and_wait(struct fixture *fixture, int fd)
{
	char byte;

	if (!put(open_writer(fixture), JOURNAL_START, "live", NULL, true))
		_exit(1);
	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
	raise(SIGKILL);
}

static void task_of_a_living_process_runs_until_that_dies(void **state)
{
	struct fixture *fixture = *state;
	int pipe_fds[2];

	assert_int_equal(pipe(pipe_fds), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(pipe_fds[1]);
		start_and_wait(fixture, pipe_fds[0]);
	}
	close(pipe_fds[0]);
	follow(fixture);
	struct journal_record *start = wait_record(fixture, "live", JOURNAL_START, NULL);
	assert_true(journal_instance_alive(start->instance));
	journal_record_free(start);
	assert_null(inbox_take(fixture->inbox));
	close(pipe_fds[1]);
	assert_true(WIFSIGNALED(wait_child(pid)));
	struct journal_record *end = wait_record(fixture, "live", JOURNAL_END, NULL);
	assert_int_equal(end->state, TASK_INTERRUPTED);
	journal_record_free(end);
}

static void write_marker(struct fixture *fixture, int number)
{
	struct journal *journal = open_writer(fixture);
	g_autofree char *id = g_strdup_printf("mark-%d", number);

	if (!put(journal, JOURNAL_END, id, "", true))
		_exit(1);
	journal_close(journal, 5000);
}

static void reader_follows_others_across_rotation_and_skips_its_own(void **state)
{
	struct fixture *fixture = *state;

	follow(fixture);
	assert_int_equal(wait_child(in_child(write_marker, fixture, 1)), 0);
	journal_record_free(wait_record(fixture, "mark-1", JOURNAL_END, NULL));
	assert_true(put(fixture->journal, JOURNAL_START, "mine", NULL, true));
	for (int round = 0; round < 4; round++)
		assert_int_equal(wait_child(in_child(write_big_lines, fixture, round)), 0);
	assert_true(g_file_test(fixture->old, G_FILE_TEST_EXISTS));
	assert_int_equal(wait_child(in_child(write_marker, fixture, 2)), 0);
	unsigned seen = 0;
	for (bool done = false; !done;) {
		struct msg *msg = next_msg(fixture->inbox, g_get_monotonic_time() + DEADLINE_US);
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
	struct fixture *fixture = *state;

	follow(fixture);
	assert_int_equal(wait_child(in_child(write_marker, fixture, 1)), 0);
	journal_record_free(wait_record(fixture, "mark-1", JOURNAL_END, NULL));
	put_raw(fixture->file, "nonsense\n");
	g_autofree char *notice = wait_notice(fixture);
	assert_non_null(strstr(notice, "1 line of"));
	assert_non_null(strstr(notice, "first at line 2"));
}

static void posted_records_are_written_before_the_close_returns(void **state)
{
	struct fixture *fixture = *state;
	unsigned skipped;

	fixture->journal = open_writer(fixture);
	for (int i = 0; i < 100; i++) {
		g_autofree char *id = g_strdup_printf("p-%d", i);
		journal_post(fixture->journal, make(JOURNAL_END, id, ""));
	}
	journal_close(g_steal_pointer(&fixture->journal), 20000);
	GPtrArray *records = read_all(fixture, &skipped);
	assert_int_equal(records->len, 100);
	g_ptr_array_unref(records);
}

static void only_the_newest_thousand_tasks_are_shown(void **state)
{
	struct fixture *fixture = *state;
	unsigned skipped;

	fixture->journal = open_writer(fixture);
	for (int i = 0; i < 1100; i++) {
		g_autofree char *id = g_strdup_printf("n-%04d", i);
		assert_true(put(fixture->journal, JOURNAL_START, id, NULL, false));
		assert_true(put(fixture->journal, JOURNAL_END, id, "", false));
	}
	GPtrArray *records = read_all(fixture, &skipped);
	assert_int_equal(records->len, 2000);
	const struct journal_record *first = g_ptr_array_index(records, 0);
	assert_string_equal(first->task_id, "n-0100");
	g_ptr_array_unref(records);
}

static void removed_directory_is_made_again(void **state)
{
	struct fixture *fixture = *state;

	fixture->journal = open_writer(fixture);
	assert_true(put(fixture->journal, JOURNAL_START, "a", NULL, true));
	g_remove(fixture->file);
	g_rmdir(fixture->dir);
	assert_true(put(fixture->journal, JOURNAL_END, "a", NULL, true));
	assert_true(g_file_test(fixture->file, G_FILE_TEST_EXISTS));
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
		TEST(task_of_a_killed_process_is_interrupted_and_written_once),
		TEST(readers_that_start_together_write_one_end),
		TEST(command_line_sees_interrupted_tasks_too),
		TEST(task_of_a_living_process_runs_until_that_dies),
		TEST(reader_follows_others_across_rotation_and_skips_its_own),
		TEST(corrupt_line_that_comes_later_is_reported),
		TEST(posted_records_are_written_before_the_close_returns),
		TEST(only_the_newest_thousand_tasks_are_shown),
		TEST(removed_directory_is_made_again),
		cmocka_unit_test(instance_tells_the_living_from_the_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
