/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One operation under way: what it says, how it waits, how it ends.
 *
 * Any thread. Knows the inbox and the journal by its sink only, so that a
 * thread left behind in a dead call can come back after both are gone.
 */
#include "backend/job.h"

#include "backend/lock.h"
#include "backend/steps.h"
#include "nvirt/text.h"

/* What a journal line may carry of a text; QEMU's command lines in errors are long. */
#define TEXT_MAX_BYTES 8192

struct job_sink {
	unsigned refs; /* atomic */
	struct inbox *inbox;
	struct journal *journal;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	unsigned busy;
	bool closed;
};

struct job_sink *job_sink_new(struct inbox *inbox, struct journal *journal)
{
	struct job_sink *sink = g_new0(struct job_sink, 1);

	sink->refs = 1;
	sink->inbox = inbox;
	sink->journal = journal;
	pthread_mutex_init(&sink->lock, NULL);
	lock_cond_init(&sink->cond);
	return sink;
}

void job_sink_unref(struct job_sink *sink)
{
	if (!sink || __atomic_sub_fetch(&sink->refs, 1, __ATOMIC_ACQ_REL))
		return;
	pthread_mutex_destroy(&sink->lock);
	pthread_cond_destroy(&sink->cond);
	g_free(sink);
}

bool job_sink_enter(struct job_sink *sink)
{
	pthread_mutex_lock(&sink->lock);
	bool open = !sink->closed;
	if (open)
		sink->busy++;
	pthread_mutex_unlock(&sink->lock);
	return open;
}

void job_sink_leave(struct job_sink *sink)
{
	pthread_mutex_lock(&sink->lock);
	sink->busy--;
	pthread_cond_broadcast(&sink->cond);
	pthread_mutex_unlock(&sink->lock);
}

void job_sink_close(struct job_sink *sink, gint64 until_us)
{
	pthread_mutex_lock(&sink->lock);
	sink->closed = true;
	while (sink->busy)
		if (!lock_cond_wait_until(&sink->cond, &sink->lock, until_us))
			break;
	pthread_mutex_unlock(&sink->lock);
}

void job_sink_post(struct job_sink *sink, struct msg *msg)
{
	if (!job_sink_enter(sink)) {
		msg_free(msg);
		return;
	}
	inbox_post(sink->inbox, msg);
	job_sink_leave(sink);
}

/* Takes the record. */
static bool sink_record(struct job_sink *sink, struct journal_record *record, bool sync, bool posted)
{
	bool ok = true;

	if (sink->journal && job_sink_enter(sink)) {
		if (posted) {
			journal_post(sink->journal, g_steal_pointer(&record));
		} else {
			ok = journal_append(sink->journal, record, sync);
		}
		job_sink_leave(sink);
	}
	journal_record_free(record);
	return ok;
}

struct job *job_new(struct job_sink *sink, struct op_request *request)
{
	struct job *job = g_new0(struct job, 1);

	job->refs = 1;
	__atomic_add_fetch(&sink->refs, 1, __ATOMIC_RELAXED);
	job->sink = sink;
	job->request = request;
	job->user = text_clean(g_get_user_name(), -1);
	job->start_unix_us = g_get_real_time();
	job->paths = g_string_new(NULL);
	pthread_mutex_init(&job->lock, NULL);
	lock_cond_init(&job->cond);
	return job;
}

struct job *job_ref(struct job *job)
{
	__atomic_add_fetch(&job->refs, 1, __ATOMIC_RELEASE);
	return job;
}

void job_unref(struct job *job)
{
	if (!job || __atomic_sub_fetch(&job->refs, 1, __ATOMIC_ACQ_REL))
		return;
	op_request_free(job->request);
	g_free(job->uri);
	g_free(job->host_name);
	g_free(job->user);
	g_free(job->message);
	steps_free(job->steps);
	g_string_free(job->paths, TRUE);
	pthread_mutex_destroy(&job->lock);
	pthread_cond_destroy(&job->cond);
	job_sink_unref(job->sink);
	g_free(job);
}

/* ---- speaking ---- */

/* libvirt's and QEMU's words may have lines; a task's line has one. */
static char *one_line(const char *text)
{
	g_autofree char *flat = g_strdup(text);

	for (char *p = flat; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	g_strchomp(flat);
	g_autofree char *clean = text_clean(flat, -1);
	if (strlen(clean) <= TEXT_MAX_BYTES)
		return g_steal_pointer(&clean);
	char *end = g_utf8_find_prev_char(clean, clean + TEXT_MAX_BYTES);
	return g_strdup_printf("%.*s…", (int)(end ? end - clean : 0), clean);
}

static struct task_update *update_for(struct job *job)
{
	return task_update_new(job->request->task_id);
}

static void post_update(struct job *job, struct task_update *update)
{
	struct msg *msg = msg_new(MSG_TASK, job->request->ref.host, 0);

	msg->update = update;
	job_sink_post(job->sink, msg);
}

/* An ended task is not spoken of any more, whatever its thread still meets. */
static void speak(struct job *job, struct task_update *update)
{
	pthread_mutex_lock(&job->lock);
	bool ended = job->ended;
	pthread_mutex_unlock(&job->lock);
	if (ended)
		task_update_free(update);
	else
		post_update(job, update);
}

static struct journal_record *record_for(struct job *job, enum journal_event event)
{
	const struct op_request *request = job->request;
	struct journal_record *record = journal_record_new(event, request->task_id);

	if (!record->unix_us)
		record->unix_us = g_get_real_time();
	g_free(record->instance);
	record->instance = g_strdup(journal_instance());
	record->verb = g_strdup(request->verb ? request->verb : "");
	record->object = g_strdup(request->name ? request->name : "");
	record->kind = request->ref.kind;
	memcpy(record->uuid, request->ref.uuid, sizeof record->uuid);
	return record;
}

static void log_line(struct job *job, const char *text, bool posted)
{
	struct task_update *update = update_for(job);
	struct journal_record *record = record_for(job, JOURNAL_LOG);

	update->log = one_line(text);
	record->text = g_strdup(update->log);
	speak(job, update);
	sink_record(job->sink, record, false, posted);
}

void job_log(struct job *job, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	log_line(job, text, false);
}

void job_log_posted(struct job *job, const char *text)
{
	log_line(job, text, true);
}

void job_say(struct job *job, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	struct task_update *update = update_for(job);
	update->message = one_line(text);
	pthread_mutex_lock(&job->lock);
	g_free(job->message);
	job->message = g_strdup(update->message);
	pthread_mutex_unlock(&job->lock);
	speak(job, update);
}

void job_state(struct job *job, enum task_state state)
{
	struct task_update *update = update_for(job);

	update->set_state = true;
	update->state = state;
	speak(job, update);
}

void job_progress(struct job *job, double fraction, uint64_t done_bytes, uint64_t total_bytes)
{
	struct task_update *update = update_for(job);

	update->set_progress = true;
	update->progress = fraction;
	update->done_bytes = done_bytes;
	update->total_bytes = total_bytes;
	speak(job, update);
}

void job_set_abortable(struct job *job, bool abortable)
{
	pthread_mutex_lock(&job->lock);
	bool same = job->abortable == abortable;
	job->abortable = abortable;
	pthread_mutex_unlock(&job->lock);
	if (same)
		return;
	struct task_update *update = update_for(job);
	update->set_abortable = true;
	update->abortable = abortable;
	speak(job, update);
}

bool job_begin(struct job *job, bool sync, bool posted)
{
	pthread_mutex_lock(&job->lock);
	bool again = job->journalled;
	job->journalled = true;
	pthread_mutex_unlock(&job->lock);
	if (again)
		return true;
	struct journal_record *record = record_for(job, JOURNAL_START);
	record->unix_us = job->start_unix_us;
	record->host_name = g_strdup(job->host_name ? job->host_name : "");
	record->uri = g_strdup(job->uri ? job->uri : "");
	record->user = g_strdup(job->user);
	return sink_record(job->sink, record, sync, posted);
}

bool job_step(struct job *job, const char *task_id, const struct task_step *step, bool sync)
{
	const char *id = task_id ? task_id : job->request->task_id;
	struct journal_record *record = journal_record_new(JOURNAL_STEP, id);
	struct task_update *update = task_update_new(id);

	record->unix_us = g_get_real_time();
	record->instance = g_strdup(journal_instance());
	record->step = task_step_copy(step);
	update->step = task_step_copy(step);
	post_update(job, update);
	return sink_record(job->sink, record, sync, false);
}

bool job_sync(struct job *job)
{
	bool ok = true;

	if (job->sink->journal && job_sink_enter(job->sink)) {
		ok = journal_sync(job->sink->journal);
		job_sink_leave(job->sink);
	}
	return ok;
}

bool job_end(struct job *job, enum task_state state, const char *message, bool posted)
{
	pthread_mutex_lock(&job->lock);
	bool again = job->ended;
	job->ended = true;
	g_autofree char *said = message ? one_line(message) : g_strdup(job->message);
	pthread_mutex_unlock(&job->lock);
	if (again)
		return false;

	job_begin(job, false, posted);
	struct journal_record *record = record_for(job, JOURNAL_END);
	record->state = state;
	record->text = g_strdup(said ? said : "");
	sink_record(job->sink, record, true, posted);

	struct task_update *update = update_for(job);
	update->set_state = true;
	update->state = state;
	update->set_abortable = true;
	update->message = g_steal_pointer(&said);
	post_update(job, update);
	return true;
}

/* ---- waiting ---- */

enum job_wake job_wait(struct job *job, gint64 until_us)
{
	enum job_wake wake = JOB_WAKE_TIME;

	pthread_mutex_lock(&job->lock);
	while (!job->stop && !job->abort_asked && !job->kicked)
		if (!lock_cond_wait_until(&job->cond, &job->lock, until_us))
			break;
	if (job->stop)
		wake = JOB_WAKE_STOP;
	else if (job->abort_asked)
		wake = JOB_WAKE_ABORT;
	else if (job->kicked)
		wake = JOB_WAKE_KICK;
	job->kicked = false;
	pthread_mutex_unlock(&job->lock);
	return wake;
}

void job_kick(struct job *job)
{
	pthread_mutex_lock(&job->lock);
	job->kicked = true;
	pthread_cond_broadcast(&job->cond);
	pthread_mutex_unlock(&job->lock);
}

bool job_abort_asked(struct job *job)
{
	pthread_mutex_lock(&job->lock);
	bool asked = job->abort_asked;
	pthread_mutex_unlock(&job->lock);
	return asked;
}

bool job_stopping(struct job *job)
{
	pthread_mutex_lock(&job->lock);
	bool stop = job->stop;
	pthread_mutex_unlock(&job->lock);
	return stop;
}

unsigned job_reboots(struct job *job)
{
	pthread_mutex_lock(&job->lock);
	unsigned reboots = job->reboots;
	pthread_mutex_unlock(&job->lock);
	return reboots;
}

/* ---- hearing ---- */

/* Pairs with job_ref(): the job came here through libvirt, whose locks no checker of ours can see. */
static struct job *heard(void *opaque)
{
	struct job *job = opaque;

	__atomic_load_n(&job->refs, __ATOMIC_ACQUIRE);
	return job;
}

static int on_lifecycle(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *opaque)
{
	(void)conn, (void)dom, (void)event, (void)detail;
	job_kick(heard(opaque));
	return 0;
}

static void on_reboot(virConnectPtr conn, virDomainPtr dom, void *opaque)
{
	struct job *job = heard(opaque);

	(void)conn, (void)dom;
	pthread_mutex_lock(&job->lock);
	job->reboots++;
	pthread_mutex_unlock(&job->lock);
	job_kick(job);
}

static void drop_job(void *opaque)
{
	job_unref(opaque);
}

/* The callback holds a reference: it may still run after it was deregistered. */
static int register_ear(struct job *job, virDomainPtr dom, int id, virConnectDomainEventGenericCallback callback)
{
	int ear = virConnectDomainEventRegisterAny(job->conn, dom, id, callback, job_ref(job), drop_job);

	if (ear < 0)
		job_unref(job);
	return ear;
}

void job_listen(struct job *job, virDomainPtr dom, struct job_ears *ears)
{
	ears->lifecycle = register_ear(
	        job, dom, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle));
	ears->reboot =
	        register_ear(job, dom, VIR_DOMAIN_EVENT_ID_REBOOT, VIR_DOMAIN_EVENT_CALLBACK(on_reboot));
}

void job_deafen(struct job *job, struct job_ears *ears)
{
	if (ears->lifecycle >= 0)
		virConnectDomainEventDeregisterAny(job->conn, ears->lifecycle);
	if (ears->reboot >= 0)
		virConnectDomainEventDeregisterAny(job->conn, ears->reboot);
	ears->lifecycle = ears->reboot = -1;
}
