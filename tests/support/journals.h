/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A journal in a directory of its own, other processes that write to it, and waiting for its messages. */
#ifndef TESTS_SUPPORT_JOURNALS_H
#define TESTS_SUPPORT_JOURNALS_H

#include <sys/types.h>

#include "nvirt/msg.h"

#define JOURNALS_DEADLINE_US (30 * G_USEC_PER_SEC)

struct journals {
	char *top, *dir, *file, *old;
	struct inbox *inbox;
	struct journal *journal;
};

int journals_set_up(void **state);
int journals_tear_down(void **state);
bool journals_put(struct journal *journal, enum journal_event event, const char *id, const char *text, bool sync);
void journals_put_raw(const char *path, const char *bytes);
struct journal_record *journals_make(enum journal_event event, const char *id, const char *text);
void journals_make_dir(struct journals *journals);
struct journal *journals_open_writer(struct journals *journals);
struct msg *journals_next_msg(struct inbox *inbox, gint64 deadline_us);
struct journal_record *journals_wait_record(
        struct journals *journals, const char *id, enum journal_event event, char **ret_notice);
char *journals_wait_notice(struct journals *journals);
void journals_follow(struct journals *journals);
GPtrArray *journals_read_all(struct journals *journals, unsigned *ret_skipped);
pid_t journals_in_child(void (*body)(struct journals *journals, int number), struct journals *journals, int number);
int journals_wait_child(pid_t pid);
void journals_write_big_lines(struct journals *journals, int number);

#endif
