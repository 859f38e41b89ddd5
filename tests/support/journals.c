/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See journals.h. */
#include "support/journals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int journals_set_up(void **state)
{
	struct journals *journals = g_new0(struct journals, 1);

	journals->top = g_dir_make_tmp("nvirt-journal-XXXXXX", NULL);
	journals->dir = g_build_filename(journals->top, "state", NULL);
	journals->file = g_build_filename(journals->dir, "tasks.jsonl", NULL);
	journals->old = g_build_filename(journals->dir, "tasks.jsonl.1", NULL);
	*state = journals;
	return journals->top ? 0 : -1;
}

int journals_tear_down(void **state)
{
	struct journals *journals = *state;

	journal_close(journals->journal, 5000);
	inbox_free(journals->inbox);
	g_remove(journals->file);
	g_remove(journals->old);
	if (g_remove(journals->dir) < 0)
		g_rmdir(journals->dir);
	g_rmdir(journals->top);
	g_free(journals->top);
	g_free(journals->dir);
	g_free(journals->file);
	g_free(journals->old);
	g_free(journals);
	return 0;
}

struct journal_record *journals_make(enum journal_event event, const char *id, const char *text)
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

bool journals_put(struct journal *journal, enum journal_event event, const char *id, const char *text, bool sync)
{
	struct journal_record *record = journals_make(event, id, text);
	bool ok = journal_append(journal, record, sync);

	journal_record_free(record);
	return ok;
}

void journals_put_raw(const char *path, const char *bytes)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
	close(fd);
}

void journals_make_dir(struct journals *journals)
{
	assert_int_equal(g_mkdir(journals->dir, 0700), 0);
}

struct journal *journals_open_writer(struct journals *journals)
{
	return journal_open(journals->dir, NULL);
}

/* The next MSG_JOURNAL, or NULL at the deadline. */
struct msg *journals_next_msg(struct inbox *inbox, gint64 deadline_us)
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
struct journal_record *journals_wait_record(
        struct journals *journals, const char *id, enum journal_event event, char **ret_notice)
{
	gint64 deadline = g_get_monotonic_time() + JOURNALS_DEADLINE_US;
	struct msg *msg;

	while ((msg = journals_next_msg(journals->inbox, deadline))) {
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

char *journals_wait_notice(struct journals *journals)
{
	gint64 deadline = g_get_monotonic_time() + JOURNALS_DEADLINE_US;
	struct msg *msg;

	while ((msg = journals_next_msg(journals->inbox, deadline))) {
		char *text = g_strdup(msg->text);
		msg_free(msg);
		if (text)
			return text;
	}
	fail_msg("no notice came");
	return NULL;
}

void journals_follow(struct journals *journals)
{
	journals->inbox = inbox_new();
	journals->journal = journal_open(journals->dir, journals->inbox);
}

GPtrArray *journals_read_all(struct journals *journals, unsigned *ret_skipped)
{
	g_autoptr(GError) error = NULL;
	GPtrArray *records = journal_read_all(journals->dir, ret_skipped, &error);

	assert_null(error);
	assert_non_null(records);
	return records;
}

/*
 * A child of a process with threads may only exec: another thread may have held
 * the allocator's lock at the fork (ASan's does not mind that). So the child is
 * this program again, told where in it the function is and in which directory.
 */
#define CHILD_WORD "--journals-child"

static void __attribute__((constructor)) be_the_child(int argc, char **argv)
{
	struct journals journals = {0};
	void (*body)(struct journals *journals, int number);

	if (argc != 5 || strcmp(argv[1], CHILD_WORD))
		return;
	body = (void (*)(struct journals *, int))((char *)journals_set_up + g_ascii_strtoll(argv[2], NULL, 10));
	journals.top = argv[4];
	journals.dir = g_build_filename(journals.top, "state", NULL);
	journals.file = g_build_filename(journals.dir, "tasks.jsonl", NULL);
	journals.old = g_build_filename(journals.dir, "tasks.jsonl.1", NULL);
	body(&journals, atoi(argv[3]));
	_exit(0);
}

/* Runs `body` in a child that ends with 0 when it returned. */
pid_t journals_in_child(void (*body)(struct journals *journals, int number), struct journals *journals, int number)
{
	g_autofree char *where = g_strdup_printf("%td", (char *)body - (char *)journals_set_up);
	g_autofree char *digits = g_strdup_printf("%d", number);
	char name[] = "journals", word[] = CHILD_WORD;
	char *const argv[] = {name, word, where, digits, journals->top, NULL};
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	execv("/proc/self/exe", argv);
	_exit(127);
}

int journals_wait_child(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

void journals_write_big_lines(struct journals *journals, int number)
{
	struct journal *journal = journals_open_writer(journals);
	g_autofree char *text = g_strnfill(8000, 'r');

	for (int i = 0; i < 350; i++) {
		g_autofree char *id = g_strdup_printf("r%d-%d", number, i);
		if (!journals_put(journal, JOURNAL_END, id, text, false))
			_exit(1);
	}
	journal_close(journal, 5000);
}
