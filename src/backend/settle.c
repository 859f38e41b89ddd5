/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settling: connect again with back-off, look, tell. On the job's worker thread. */
#include "backend/settle.h"

#include "backend/conn.h"

#define FIRST_DELAY_US G_USEC_PER_SEC
#define LAST_DELAY_US (30 * G_USEC_PER_SEC)

/* False when somebody ended the job meanwhile: then nothing may be said any more. */
static bool enter(struct job *job, enum job_phase phase)
{
	pthread_mutex_lock(&job->lock);
	bool open = !job->ended;
	job->phase = phase;
	job->abortable = open && phase == JOB_SETTLING;
	pthread_mutex_unlock(&job->lock);
	return open;
}

static bool reconnect(struct job *job, gint64 delay_us)
{
	g_autoptr(GError) error = NULL;

	conn_close(job->conn);
	job->conn = conn_open(job->uri, false, &error);
	if (job->conn)
		return true;
	job_say(job, "not settled, next try within %d s: %s", (int)(delay_us / G_USEC_PER_SEC), error->message);
	return false;
}

static void tell_unknown(struct job *job)
{
	struct task_update *update = task_update_new(job->request->task_id);
	struct msg *msg = msg_new(MSG_TASK, job->request->ref.host, 0);

	update->set_state = true;
	update->state = TASK_UNKNOWN;
	update->set_abortable = true;
	update->abortable = true;
	msg->update = update;
	job_sink_post(job->sink, msg);
	job_log(job, "the connection was lost while it ran; it is settled when the host is back");
}

static enum task_state look(struct job *job, const struct op_row *row, GError **error)
{
	enum task_state state = row->settle(job, error);

	if (state != TASK_UNKNOWN || conn_lost(job->conn))
		return state;
	/* The host answers, but not this question. */
	job_say(job, "it can not be told what became of it: %s", error && *error ? (*error)->message : "no answer");
	g_clear_error(error);
	return TASK_WARNING;
}

enum task_state settle_job(struct job *job, const struct op_row *row, GError **error)
{
	gint64 delay_us = FIRST_DELAY_US;

	/* Before it is told: from then on it may be given up. */
	if (enter(job, JOB_SETTLING))
		tell_unknown(job);
	while (enter(job, JOB_SETTLING)) {
		g_clear_error(error);
		if (reconnect(job, delay_us)) {
			enum task_state state = look(job, row, error);
			if (state != TASK_UNKNOWN) {
				job_log(job, "settled by looking at the host");
				return state;
			}
		}
		enum job_wake wake = job_wait(job, g_get_monotonic_time() + delay_us);
		if (wake == JOB_WAKE_STOP || wake == JOB_WAKE_ABORT)
			break;
		delay_us = MIN(delay_us * 2, LAST_DELAY_US);
	}
	g_clear_error(error);
	job_say(job, "it can not be told what became of it: the host did not come back while nvirt waited");
	return TASK_UNKNOWN;
}
