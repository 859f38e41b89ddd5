/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The watcher of a blocking call: progress out, abort in.
 *
 * A thread of its own beside the worker that sits in the call. Saving does not
 * block virDomainGetJobStats() (measured); where libvirt tells nothing, nothing
 * is shown.
 */
#include "backend/conn.h"
#include "backend/job.h"
#include "backend/lock.h"

#include "nvirt/text.h"

#define TICK_US (G_USEC_PER_SEC / 2)
/* The first look comes sooner, so that a short save shows something too. */
#define FIRST_TICK_US (G_USEC_PER_SEC / 8)

struct job_watch {
	struct job *job;
	virDomainPtr dom;
	const char *what;
	pthread_t thread;
	bool started;
	bool done;       /* under the job's lock */
	/* The watcher's own from here on. */
	bool looked, abort_tried, abort_sent, abort_told;
	gint64 last_us;
	uint64_t last_done;
	double rate_bps;
};

static uint64_t param_u64(virTypedParameterPtr params, int n, const char *name)
{
	unsigned long long value = 0;

	virTypedParamsGetULLong(params, n, name, &value);
	return value;
}

/* Speed over the last tick, smoothed; libvirt's own figure is absent for saves. */
static void note_rate(struct job_watch *watch, uint64_t done)
{
	gint64 now = g_get_monotonic_time();

	if (watch->last_us && now > watch->last_us && done >= watch->last_done) {
		double bps = (double)(done - watch->last_done) * G_USEC_PER_SEC / (double)(now - watch->last_us);
		watch->rate_bps = watch->rate_bps > 0 ? (watch->rate_bps + bps) / 2 : bps;
	}
	watch->last_us = now;
	watch->last_done = done;
}

static void tell(struct job_watch *watch, uint64_t total, uint64_t remaining)
{
	char done_text[32], total_text[32], rate_text[32];
	uint64_t done = total > remaining ? total - remaining : 0;

	note_rate(watch, done);
	job_progress(watch->job, (double)done / (double)total, done, total);
	text_format_bytes(done_text, sizeof done_text, done);
	text_format_bytes(total_text, sizeof total_text, total);
	text_format_bytes(rate_text, sizeof rate_text, (guint64)watch->rate_bps);
	job_say(watch->job, "%s: %s of %s, %s/s", watch->what, done_text, total_text, rate_text);
}

static void look(struct job_watch *watch)
{
	virTypedParameterPtr params = NULL;
	int type = VIR_DOMAIN_JOB_NONE, n = 0;

	watch->looked = true;
	if (virDomainGetJobStats(watch->dom, &type, &params, &n, 0) < 0)
		return;
	uint64_t total = param_u64(params, n, VIR_DOMAIN_JOB_DATA_TOTAL);
	uint64_t remaining = param_u64(params, n, VIR_DOMAIN_JOB_DATA_REMAINING);
	virTypedParamsFree(params, n);
	if ((type == VIR_DOMAIN_JOB_BOUNDED || type == VIR_DOMAIN_JOB_UNBOUNDED) && total)
		tell(watch, total, remaining);
}

/* "no job is active" comes when the job has not begun or is over: it is asked again at the next tick. */
static void pass_abort(struct job_watch *watch)
{
	g_autoptr(GError) error = NULL;

	watch->abort_tried = true;
	if (watch->abort_sent)
		return;
	if (virDomainAbortJob(watch->dom) == 0) {
		watch->abort_sent = true;
		job_log(watch->job, "libvirt was asked to abort it");
		return;
	}
	conn_set_error(&error, "cannot abort");
	if (!watch->abort_told && !g_error_matches(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID)) {
		job_log(watch->job, "%s", error->message);
		watch->abort_told = true;
	}
}

/* False when the call has returned. Wakes at once for the first abort, then at every tick until it was taken. */
static bool tick(struct job_watch *watch)
{
	struct job *job = watch->job;
	gint64 until = g_get_monotonic_time() + (watch->looked ? TICK_US : FIRST_TICK_US);

	pthread_mutex_lock(&job->lock);
	while (!watch->done && (watch->abort_tried || !job->abort_asked))
		if (!lock_cond_wait_until(&job->cond, &job->lock, until))
			break;
	bool done = watch->done, asked = job->abort_asked;
	pthread_mutex_unlock(&job->lock);
	if (done)
		return false;
	if (asked)
		pass_abort(watch);
	return true;
}

static void *watch_thread(void *data)
{
	struct job_watch *watch = data;

	while (tick(watch))
		look(watch);
	return NULL;
}

struct job_watch *job_watch_begin(struct job *job, virDomainPtr dom, const char *what)
{
	struct job_watch *watch = g_new0(struct job_watch, 1);

	watch->job = job;
	watch->dom = dom;
	watch->what = what;
	watch->started = pthread_create(&watch->thread, NULL, watch_thread, watch) == 0;
	if (watch->started)
		job_set_abortable(job, true);
	return watch;
}

void job_watch_end(struct job_watch *watch)
{
	struct job *job = watch->job;

	pthread_mutex_lock(&job->lock);
	watch->done = true;
	pthread_cond_broadcast(&job->cond);
	pthread_mutex_unlock(&job->lock);
	if (watch->started)
		pthread_join(watch->thread, NULL);
	job_set_abortable(job, false);
	g_free(watch);
}
