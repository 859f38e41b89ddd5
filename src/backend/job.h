/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One operation under way, as its functions see it.
 *
 * An operation's function runs on a worker thread with a connection of its
 * own; it speaks to people only by the functions here, waits only by
 * job_wait(), and returns how it ended. job_* are safe on any thread that
 * holds a reference.
 */
#ifndef NVIRT_BACKEND_JOB_H
#define NVIRT_BACKEND_JOB_H

#include <libvirt/libvirt.h>
#include <pthread.h>

#include "nvirt/msg.h"

/* Where jobs speak to; shared by all jobs, closed once when the program ends. */
struct job_sink;
struct job_sink *job_sink_new(struct inbox *inbox, struct journal *journal);
void job_sink_unref(struct job_sink *sink);
/* Nothing leaves after it; waits until `until_us` (monotonic) for what is just being written. */
void job_sink_close(struct job_sink *sink, gint64 until_us);
/* Between the two the close waits; false after it. */
bool job_sink_enter(struct job_sink *sink);
void job_sink_leave(struct job_sink *sink);
/* Takes the message; drops it after the close. */
void job_sink_post(struct job_sink *sink, struct msg *msg);

enum job_phase {
	JOB_QUEUED,
	JOB_CONNECTING, /* nothing was asked of the host since; may be abandoned in here */
	JOB_RUNNING,
	JOB_SETTLING, /* its connection died; looks at the host until it knows */
};

enum job_wake {
	JOB_WAKE_TIME,
	JOB_WAKE_KICK, /* something happened: look again */
	JOB_WAKE_ABORT,
	JOB_WAKE_STOP, /* the program ends or the host was removed */
};

/* How a guest was before the operation, for settling. */
struct job_before {
	bool known;
	int id; /* -1 = inactive */
	int state;
};

struct steps;

struct job {
	unsigned refs; /* atomic */
	struct job_sink *sink;
	struct op_request *request;
	char *uri, *host_name, *user;
	gint64 start_unix_us;
	/* Owned by the worker thread. */
	virConnectPtr conn;
	struct job_before before;
	struct steps *steps; /* steps.h; NULL = it has made none */
	GString *paths; /* undefine: newline-separated files that it meant to delete */

	/* Under `lock`. */
	pthread_mutex_t lock;
	pthread_cond_t cond;
	enum job_phase phase;
	bool acted; /* the operation's function was entered */
	bool abortable, abort_asked, stop, kicked, ended;
	unsigned reboots;
	char *message;
	bool journalled; /* the start is in the journal, or was tried */
};

/* Takes the request. */
struct job *job_new(struct job_sink *sink, struct op_request *request);
struct job *job_ref(struct job *job);
void job_unref(struct job *job);

/* ---- speaking ---- */
/* One more line in the task's log, also journalled. Cleans it. */
void job_log(struct job *job, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The same from the main thread: never blocks. */
void job_log_posted(struct job *job, const char *text);
/* The one line of status; what an ended task shows as its result. Cleans it. */
void job_say(struct job *job, const char *format, ...) G_GNUC_PRINTF(2, 3);
void job_state(struct job *job, enum task_state state);
/* `fraction` < 0 = not known. */
void job_progress(struct job *job, double fraction, uint64_t done_bytes, uint64_t total_bytes);
void job_set_abortable(struct job *job, bool abortable);
/*
 * START in the journal, once; on the disk before it returns when `sync`, else
 * with the next record or job_sync(). `posted`: by the journal's own thread.
 * false: could not be written.
 */
bool job_begin(struct job *job, bool sync, bool posted);
/*
 * A step in the journal; `sync` as above. `task_id` NULL = the job's own task.
 * false: it could not be written.
 */
bool job_step(struct job *job, const char *task_id, const struct task_step *step, bool sync);
/* Everything that was written to the journal is on the disk when it returns true. */
bool job_sync(struct job *job);
/*
 * END in the journal and the task's last update, once: false when it had
 * ended. `message` NULL = what job_say() said last. `posted`: the main thread
 * calls, which must not block.
 */
bool job_end(struct job *job, enum task_state state, const char *message, bool posted);

/* ---- waiting ---- */
/* Until `until_us` (monotonic), a kick, an abort request or the end. */
enum job_wake job_wait(struct job *job, gint64 until_us);
void job_kick(struct job *job);
bool job_abort_asked(struct job *job);
bool job_stopping(struct job *job);
unsigned job_reboots(struct job *job);

/* Kicks the job on every lifecycle event of the guest (and counts reboots) until job_deafen(). */
struct job_ears {
	int lifecycle, reboot; /* callback ids, -1 = none */
};
void job_listen(struct job *job, virDomainPtr dom, struct job_ears *ears);
void job_deafen(struct job *job, struct job_ears *ears);

/*
 * While a call blocks on this thread another one asks libvirt twice a second
 * how far its job on the guest is, posts the progress, and passes an abort on.
 */
struct job_watch;
struct job_watch *job_watch_begin(struct job *job, virDomainPtr dom, const char *what);
void job_watch_end(struct job_watch *watch);

#endif
