/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the journal's writer and its reader share. */
#ifndef NVIRT_BACKEND_JOURNAL_PRIVATE_H
#define NVIRT_BACKEND_JOURNAL_PRIVATE_H

#include <pthread.h>
#include <sys/stat.h>

#include "nvirt/journal.h"
#include "nvirt/msg.h"

#define JOURNAL_FILE "tasks.jsonl"
#define JOURNAL_OLD_FILE "tasks.jsonl.1"

struct journal {
	int refs; /* the owner and every thread; atomic */
	char *dir, *path;
	struct threads *threads;
	int stop_fd; /* eventfd: readable = the reader ends */

	pthread_mutex_t lock; /* the file */
	int dir_fd, fd;       /* -1 = not open */
	bool unsynced;        /* something was written to `fd` since its last fdatasync() */
	bool told;            /* that it can not be written */

	pthread_mutex_t post_lock; /* what follows; never held while writing */
	pthread_cond_t posted_cond;
	GQueue posted; /* struct journal_record * */
	bool writer, closing;
	struct inbox *inbox; /* NULL once closed */
};

/*
 * The directory: made 0700 where it is missing and `create`; refused where it
 * is not ours or others may write to it. A descriptor, or -1 with `error`.
 */
int journal_open_dir(const char *dir, bool create, GError **error);
char *journal_default_dir(const char *dir);
/* For reading; -1 without `error` when there is none. */
int journal_open_file(int dir_fd, const char *name, GError **error);

/* Opens, locks against every other process, and makes sure that it is still the current file. */
bool journal_lock_file(struct journal *journal, GError **error);
/* With the lock held. */
bool journal_write_locked(struct journal *journal, const struct journal_record *record, GError **error);
void journal_unlock_file(struct journal *journal);

void journal_post_msg(struct journal *journal, struct msg *msg);
void journal_post_notice(struct journal *journal, const char *text);
void journal_unref(struct journal *journal);

/* The reader's thread. */
void journal_follow_thread(void *data);

#endif
