/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks: everything that was asked of a host, by whom, and what came of it.
 *
 * A task lives in the store (main thread). Workers know only its id and post
 * task_update messages. The same facts are journalled as records, one JSON
 * object a line (journal.h), so that a task survives nvirt, is seen by every
 * nvirt of the same user, and an interrupted one is recognised.
 */
#ifndef NVIRT_TASK_H
#define NVIRT_TASK_H

#include "nvirt/inv.h"

enum task_state {
	TASK_QUEUED,
	TASK_RUNNING,
	TASK_OK,
	TASK_WARNING, /* done, with something to know */
	TASK_FAILED,
	TASK_ABORTED,
	TASK_UNKNOWN,     /* its host was lost while it ran; settled by looking */
	TASK_INTERRUPTED, /* its nvirt was killed while it ran */
	TASK_STATE_N
};

enum task_origin {
	TASK_OURS,        /* this process runs it */
	TASK_OTHER_NVIRT, /* read from the journal: another or an earlier nvirt */
	TASK_FOREIGN,     /* seen by libvirt's events: virsh, the guest itself, a timer */
};

struct task_log_line {
	gint64 unix_us;
	char *text; /* cleaned */
};

/*
 * What a task makes or changes on its host, written down before it is done, so
 * that whoever finds the task cut short knows what it may have left.
 */
enum step_kind {
	/*
	 * Makes the file `path`, through libvirt; undone by deleting it. `text`: it was
	 * looked for and was not there, and is to be an overlay that stands on that file.
	 */
	STEP_FILE,
	STEP_LOCAL_FILE, /* the same, by this machine itself; `text` = "device:inode" where it is known before */
	STEP_DEFINITION, /* defines the guest `uuid`, called `text`; undone by removing the definition */
	STEP_MODE,       /* changes the permissions of `path`; `text` = those of before, octal */
	STEP_REPLACED,   /* replaces the content of `path`, of which `text` is the copy; undone by putting that back */
	STEP_OTHER,      /* `text` says it; only the task itself can undo it */
	STEP_N
};

enum step_mark {
	STEP_WILL,   /* about to be done, or done */
	STEP_MADE,   /* surely done, by this task */
	STEP_UNDONE, /* surely not there any more, or never was */
	STEP_KEPT,   /* part of what the task was to make; number 0 = all of them */
};

struct task_step {
	unsigned number; /* from 1 */
	enum step_mark mark;
	enum step_kind kind;
	char *path; /* raw, on the host; "" */
	char *text; /* cleaned; "" */
	uint8_t uuid[16];
};

struct task {
	char *id; /* sorts by start: "20261120T214503.123456-1f3a-0001" */
	enum task_origin origin;
	char *verb;         /* the action's: "start"; foreign ones: "started", "crashed", … */
	struct obj_ref ref; /* host 0 where that host is not in this store */
	char *host_name;    /* what a person calls the host */
	char *uri;
	char *user;
	char *object;                      /* the object's name then */
	gint64 start_unix_us, end_unix_us; /* end 0 while it runs */
	gint64 start_us;                   /* monotonic; 0 when not ours */
	enum task_state state;
	bool abortable, abort_asked;
	double progress;                  /* 0..1; < 0 = libvirt tells none */
	uint64_t done_bytes, total_bytes; /* 0 = not known */
	char *message;                    /* last line of status: error with remedy, or result; "" */
	GPtrArray *log;                   /* struct task_log_line * */
	GPtrArray *steps;                 /* struct task_step *, one a number, with its newest mark; NULL = none */
};

const char *task_state_word(enum task_state state); /* "running", "OK", "failed", … */
bool task_state_ended(enum task_state state);

struct task *task_new(const char *id, enum task_origin origin);
void task_free(struct task *task);
void task_log(struct task *task, gint64 unix_us, const char *text);
struct task_step *task_step_new(unsigned number, enum step_kind kind, const char *path, const char *text);
struct task_step *task_step_copy(const struct task_step *step);
void task_step_free(struct task_step *step);
/* A new step, or a new mark of a known one. */
void task_note_step(struct task *task, const struct task_step *step);
/* Steps that may still be there once the task has ended, newest first, borrowed; empty where nothing is left. */
GPtrArray *task_leftovers(const struct task *task);
/* "the file '/pool/x'", "the guest 'x'": owned, cleaned. */
char *task_step_words(const struct task_step *step);
/* A fresh id: time, process, counter. Main thread and command line only. */
char *task_make_id(void);
/*
 * The end of an id for a person, the shorter the lower `level`: 0 = process and
 * count ("77f-0001"), 1 = with the fraction of its second, 2 and more = all of it.
 */
const char *task_id_end(const char *id, unsigned level);
#define TASK_ID_ENDS 3

/* What a worker says of its task; a message. Fields left zero/NULL mean: unchanged. */
struct task_update {
	char *task_id;
	bool set_state;
	enum task_state state;
	bool set_abortable, abortable;
	bool set_progress;
	double progress;
	uint64_t done_bytes, total_bytes;
	char *message; /* cleaned */
	char *log;     /* one more line, cleaned */
	struct task_step *step; /* one more, or a mark */
};

struct task_update *task_update_new(const char *task_id);
void task_update_free(struct task_update *update);

#endif
