/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The task journal: $XDG_STATE_HOME/nvirt/tasks.jsonl, one JSON object a line.
 *
 * The codec (model, pure) turns a record into a line and back; the file
 * (backend) appends under flock with O_APPEND, rotates to tasks.jsonl.1 beyond
 * 4 MiB, and follows what other processes append. A torn last line, a line of
 * garbage or of a newer version is skipped, counted and reported, never fatal;
 * a broken file is never overwritten.
 */
#ifndef NVIRT_JOURNAL_H
#define NVIRT_JOURNAL_H

#include "nvirt/task.h"

struct inbox;

enum journal_event {
	JOURNAL_START,
	JOURNAL_LOG,
	JOURNAL_STEP, /* what the task is about to make or change (task.h); an older nvirt skips the line */
	JOURNAL_END,
};

/* One line. `instance` is "pid:starttime" of the writer (see /proc/PID/stat), so that a dead writer is told
 * from a live one. */
struct journal_record {
	enum journal_event event;
	gint64 unix_us;
	char *task_id, *instance;
	char *host_name, *uri, *user, *verb, *object; /* START only; END repeats verb and object */
	enum obj_kind kind;
	uint8_t uuid[16];
	enum task_state state; /* END */
	char *text;            /* LOG: the line; END: message */
	struct task_step *step; /* STEP, owned; else NULL */
};

struct journal_record *journal_record_new(enum journal_event event, const char *task_id);
void journal_record_free(struct journal_record *record);
/* A line with its final '\n'; bytes beyond ASCII and controls are escaped. */
char *journal_encode(const struct journal_record *record);
/* NULL with `error` set on anything that is no whole record of version 1. Strings come back cleaned. */
struct journal_record *journal_decode(const char *line, gsize len, GError **error);

/*
 * The file. Opens lazily; a directory that can not be written (read-only or
 * missing HOME) is reported once as a notice and the journal then only keeps
 * what is in memory. Any thread may append; one reader thread follows the file
 * and posts MSG_JOURNAL records that this process did not write itself.
 */
struct journal;
/* `dir` NULL = $XDG_STATE_HOME/nvirt (or ~/.local/state/nvirt). `inbox` NULL = no reader (command line). */
struct journal *journal_open(const char *dir, struct inbox *inbox);
/*
 * Blocks until the line, and every one before it, is on the disk (fdatasync)
 * when `sync`. false: could not be written.
 */
bool journal_append(struct journal *journal, const struct journal_record *record, bool sync);
/* The same for those that were appended without. */
bool journal_sync(struct journal *journal);
/* Never blocks: handed to the journal's own thread; takes the record. For the main thread. */
void journal_post(struct journal *journal, struct journal_record *record);
/* Waits for the posted ones, at most `timeout_ms`; stops the reader. NULL is fine. */
void journal_close(struct journal *journal, int timeout_ms);
/* Reads the newest records at once (command line): GPtrArray of struct journal_record *, owned; `ret_skipped`
 * counts bad lines. */
GPtrArray *journal_read_all(const char *dir, unsigned *ret_skipped, GError **error);
/* Of this process: "pid:starttime". */
const char *journal_instance(void);
/* Is the process that wrote `instance` still there? */
bool journal_instance_alive(const char *instance);
const char *journal_path(const struct journal *journal);

#endif
