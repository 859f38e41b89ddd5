/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queues of operations, and the threads that run them.
 *
 * The main thread submits, aborts and asks for plans; it never blocks here.
 * Threads come on demand, at most three a host, and end when their queue is
 * empty. What a job does is in job.c and op_*.c; how one that lost its
 * connection is settled is in settle.c.
 */
#include "backend/worker_private.h"

#include <string.h>

#include "backend/conn.h"
#include "backend/settle.h"
#include "backend/steps.h"

#define THREADS_A_HOST 3
/* For a line that is just being written when the program ends. */
#define CLOSE_US (G_USEC_PER_SEC / 5)

/* What a thread is born with. */
struct worker {
	struct workers *workers;
	struct job *job;
	unsigned host;
	bool readonly;
	char *uri; /* where its connection goes */
};

static void host_free(void *data)
{
	struct worker_host *host = data;

	g_queue_clear_full(&host->queue, (GDestroyNotify)job_unref);
	g_ptr_array_unref(host->running);
	conn_close(host->lent);
	g_free(host->uri);
	g_free(host->name);
	g_free(host);
}

struct workers *workers_new(
        struct inbox *inbox, struct journal *journal, void (*touched)(unsigned host, void *data), void *data)
{
	struct workers *workers = g_new0(struct workers, 1);

	workers->refs = 1;
	workers->sink = job_sink_new(inbox, journal);
	workers->touched = touched;
	workers->data = data;
	pthread_mutex_init(&workers->lock, NULL);
	workers->threads = threads_new();
	workers->hosts = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, host_free);
	workers->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	workers->jobs =
	        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)job_unref);
	return workers;
}

struct workers *workers_ref(struct workers *workers)
{
	__atomic_add_fetch(&workers->refs, 1, __ATOMIC_RELAXED);
	return workers;
}

void workers_unref(struct workers *workers)
{
	if (__atomic_sub_fetch(&workers->refs, 1, __ATOMIC_ACQ_REL))
		return;
	job_sink_unref(workers->sink);
	g_hash_table_unref(workers->hosts);
	g_hash_table_unref(workers->jobs);
	g_hash_table_unref(workers->seen);
	pthread_mutex_destroy(&workers->lock);
	g_free(workers);
}

struct worker_host *workers_find_host(struct workers *workers, unsigned id)
{
	return g_hash_table_lookup(workers->hosts, GUINT_TO_POINTER(id));
}

static void forget_job(struct workers *workers, struct job *job)
{
	g_hash_table_remove(workers->jobs, job->request->task_id);
}

/* ---- the queue (all with the lock held) ---- */

/* A snapshot's operations are its guest's: they change the same disks and the same definition. */
static enum obj_kind queue_kind(const struct job *job)
{
	enum obj_kind kind = job->request->ref.kind;

	return kind == OBJ_SNAPSHOT ? OBJ_GUEST : kind;
}

static bool same_object(const struct job *a, const struct job *b)
{
	const struct obj_ref *x = &a->request->ref, *y = &b->request->ref;

	if (queue_kind(a) != queue_kind(b))
		return false;
	if (queue_kind(a) == OBJ_GUEST)
		return x->host == y->host && memcmp(x->uuid, y->uuid, sizeof x->uuid) == 0;
	return obj_ref_equal(x, y);
}

static const struct job *same_object_running(const struct worker_host *host, const struct job *job)
{
	for (unsigned i = 0; i < host->running->len; i++) {
		const struct job *other = g_ptr_array_index(host->running, i);
		if (same_object(other, job))
			return other;
	}
	return NULL;
}

/* The first whose object is free: an object's operations stay in their order. Hands over the reference. */
static struct job *pick_job(struct worker_host *host)
{
	for (GList *link = host->queue.head; link; link = link->next) {
		struct job *job = link->data;
		if (same_object_running(host, job))
			continue;
		g_queue_delete_link(&host->queue, link);
		g_ptr_array_add(host->running, job);
		pthread_mutex_lock(&job->lock);
		job->phase = JOB_CONNECTING;
		pthread_mutex_unlock(&job->lock);
		return job;
	}
	return NULL;
}

static void worker_free(struct worker *worker)
{
	job_unref(worker->job);
	g_free(worker->uri);
	g_free(worker);
}

static void worker_thread(void *data);

static void start_thread(struct workers *workers, struct worker_host *host, struct job *job)
{
	struct worker *worker = g_new0(struct worker, 1);

	worker->workers = workers_ref(workers);
	worker->job = job;
	worker->host = host->id;
	worker->readonly = host->readonly;
	worker->uri = g_strdup(host->uri);
	if (threads_start(workers->threads, "nvirt-task", worker_thread, worker))
		return;
	/* The caller holds one more, so this is not the last. */
	workers_unref(workers);
	g_ptr_array_remove_fast(host->running, job);
	job_end(job, TASK_FAILED, "cannot start a thread for it: out of resources", true);
	forget_job(workers, job);
	worker_free(worker);
}

static void schedule(struct workers *workers, struct worker_host *host)
{
	while (!workers->closed && host->running->len < THREADS_A_HOST) {
		struct job *job = pick_job(host);
		if (!job)
			return;
		start_thread(workers, host, job);
	}
}

/* ---- the lent connection ---- */

/* A lent one is dropped without the lock: closing the last reference may wait for its daemon. */
void workers_lend_conn(struct workers *workers, unsigned id, virConnectPtr conn)
{
	virConnectPtr old = NULL;

	pthread_mutex_lock(&workers->lock);
	struct worker_host *host = workers_find_host(workers, id);
	if (host && !workers->closed) {
		old = host->lent;
		host->lent = conn && virConnectRef(conn) == 0 ? conn : NULL;
	}
	pthread_mutex_unlock(&workers->lock);
	conn_close(old);
}

virConnectPtr workers_connect(struct workers *workers, unsigned id, const char *uri, bool readonly, GError **error)
{
	virConnectPtr conn = NULL;

	pthread_mutex_lock(&workers->lock);
	struct worker_host *host = workers_find_host(workers, id);
	if (host && host->lent && host->readonly == readonly && g_strcmp0(host->uri, uri) == 0
	        && virConnectRef(host->lent) == 0)
		conn = host->lent;
	pthread_mutex_unlock(&workers->lock);
	return conn && virConnectIsAlive(conn) == 1 ? conn : (conn_close(conn), conn_open(uri, readonly, error));
}

/* ---- a worker's thread ---- */

/* Enters the next phase unless the job was ended from outside meanwhile. */
static bool enter_phase(struct job *job, enum job_phase phase)
{
	pthread_mutex_lock(&job->lock);
	bool open = !job->ended;
	if (open)
		job->phase = phase;
	if (open && phase == JOB_RUNNING)
		job->acted = true;
	pthread_mutex_unlock(&job->lock);
	return open;
}

static void begin_job(struct job *job, const struct op_row *row)
{
	if (!job_begin(job, !row->steps_first, false))
		job_log(job, "the journal can not be written: this task will not be found there");
	job_state(job, TASK_RUNNING);
}

static enum task_state run_op(struct job *job, const struct op_row *row, GError **error)
{
	enum task_state state = row->run(job, error);

	if ((state == TASK_FAILED || state == TASK_ABORTED) && conn_lost(job->conn)) {
		job_say(job, "the connection was lost: %s", error && *error ? (*error)->message : "no answer");
		g_clear_error(error);
		state = TASK_UNKNOWN;
	}
	/* Asked for and answered so: no failure. */
	if (state == TASK_FAILED && job_abort_asked(job)
	        && g_error_matches(*error, CONN_ERROR, VIR_ERR_OPERATION_ABORTED))
		state = TASK_ABORTED;
	return state;
}

static void end_job(struct job *job, enum task_state state, const GError *error)
{
	if (state == TASK_ABORTED && !error && !job->message)
		job_say(job, "aborted");
	job_end(job, state, error ? error->message : NULL, false);
}

static void do_job(struct worker *worker, struct job *job)
{
	g_autoptr(GError) error = NULL;
	const struct op_row *row = op_row(job->request->op);

	begin_job(job, row);
	if (worker->readonly) {
		g_set_error(&error, CONN_ERROR, VIR_ERR_OPERATION_DENIED,
		        "the connection to '%s' is read-only: nothing was done", job->host_name);
		end_job(job, TASK_FAILED, error);
		return;
	}
	if (!job->conn)
		job->conn = workers_connect(worker->workers, worker->host, worker->uri, false, &error);
	if (job_stopping(job))
		job_end(job, TASK_ABORTED, "its host was removed before it began: nothing was done", false);
	if (!enter_phase(job, JOB_RUNNING))
		return;
	if (!job->conn) {
		g_prefix_error(&error, "nothing was done: ");
		end_job(job, TASK_FAILED, error);
		return;
	}
	enum task_state state = run_op(job, row, &error);
	bool lost = state == TASK_UNKNOWN;
	if (lost)
		state = settle_job(job, row, &error);
	/* A warning after that means that it can not be told: then nothing is undone, and nothing forgotten. */
	steps_end(job, lost && state == TASK_WARNING ? TASK_UNKNOWN : state, &error);
	end_job(job, state, error);
}

/*
 * True while the thread still counts. A job that was given up while it sat in
 * a dead call has left `running` already, and another thread has its place.
 */
static bool leave_job(struct worker *worker, struct job **ret_next)
{
	struct workers *workers = worker->workers;
	struct job *next = NULL;

	pthread_mutex_lock(&workers->lock);
	struct worker_host *host = workers_find_host(workers, worker->host);
	bool counted = host && g_ptr_array_remove_fast(host->running, worker->job);
	if (counted) {
		forget_job(workers, worker->job);
		bool moved = g_strcmp0(host->uri, worker->uri) || host->readonly != worker->readonly;
		if (moved)
			schedule(workers, host);
		else if (!workers->closed && !host->removed)
			next = pick_job(host);
		/* One that ended may have freed the object that several waited for. */
		if (next)
			schedule(workers, host);
	}
	pthread_mutex_unlock(&workers->lock);
	*ret_next = next;
	return counted;
}

static bool usable(virConnectPtr conn)
{
	return conn && virConnectIsAlive(conn) == 1;
}

/* Not after workers_free(): whoever asked to be told may be gone. */
static void tell_touched(struct workers *workers, unsigned host)
{
	if (!workers->touched || !job_sink_enter(workers->sink))
		return;
	workers->touched(host, workers->data);
	job_sink_leave(workers->sink);
}

static void worker_thread(void *data)
{
	struct worker *worker = data;
	struct workers *workers = worker->workers;
	virConnectPtr conn = NULL;

	while (worker->job) {
		struct job *job = worker->job, *next = NULL;
		job->conn = g_steal_pointer(&conn);
		do_job(worker, job);
		conn = g_steal_pointer(&job->conn);
		bool counted = leave_job(worker, &next);
		if (counted)
			tell_touched(workers, worker->host);
		if (!next || !usable(conn)) {
			conn_close(conn);
			conn = NULL;
		}
		job_unref(job);
		worker->job = next;
	}
	worker_free(worker);
	workers_unref(workers);
}

/* ---- from the main thread ---- */

static void stop_job(struct job *job)
{
	pthread_mutex_lock(&job->lock);
	job->stop = true;
	pthread_cond_broadcast(&job->cond);
	pthread_mutex_unlock(&job->lock);
}

static void drop_queue(struct workers *workers, struct worker_host *host, const char *why)
{
	struct job *job;

	while ((job = g_queue_pop_head(&host->queue))) {
		job_end(job, TASK_ABORTED, why, true);
		forget_job(workers, job);
		job_unref(job);
	}
}

static void stop_host(struct workers *workers, struct worker_host *host, const char *why)
{
	drop_queue(workers, host, why);
	for (unsigned i = 0; i < host->running->len; i++)
		stop_job(g_ptr_array_index(host->running, i));
}

void workers_set_host(
        struct workers *workers, unsigned id, const char *uri, bool readonly, const char *host_name)
{
	pthread_mutex_lock(&workers->lock);
	struct worker_host *host = workers_find_host(workers, id);
	if (!host) {
		host = g_new0(struct worker_host, 1);
		host->id = id;
		g_queue_init(&host->queue);
		host->running = g_ptr_array_new();
		g_hash_table_insert(workers->hosts, GUINT_TO_POINTER(id), host);
	}
	g_free(host->uri);
	host->uri = g_strdup(uri ? uri : "");
	g_free(host->name);
	host->name = g_strdup(host_name && *host_name ? host_name : host->uri);
	host->readonly = readonly;
	host->removed = false;
	/* It is back: whoever waits to settle tries again at once. */
	for (unsigned i = 0; i < host->running->len; i++)
		job_kick(g_ptr_array_index(host->running, i));
	pthread_mutex_unlock(&workers->lock);
}

void workers_remove_host(struct workers *workers, unsigned id)
{
	pthread_mutex_lock(&workers->lock);
	struct worker_host *host = workers_find_host(workers, id);
	if (host) {
		host->removed = true;
		stop_host(workers, host, "the host was removed before it began: nothing was done");
	}
	pthread_mutex_unlock(&workers->lock);
}

static void refuse(struct job *job, const char *why)
{
	job_end(job, TASK_FAILED, why, true);
	job_unref(job);
}

void workers_submit(struct workers *workers, struct op_request *request)
{
	struct job *job = job_new(workers->sink, request);

	pthread_mutex_lock(&workers->lock);
	struct worker_host *host = workers_find_host(workers, request->ref.host);
	const struct op_row *row = op_row(request->op);
	if (!row || !host || host->removed || workers->closed) {
		pthread_mutex_unlock(&workers->lock);
		refuse(job, row ? "the host is not connected: nothing was done" : "no such operation");
		return;
	}
	workers_attach_seen(workers, request);
	job->uri = g_strdup(host->uri);
	job->host_name = g_strdup(host->name);
	g_hash_table_replace(workers->jobs, g_strdup(request->task_id), job_ref(job));
	g_queue_push_tail(&host->queue, job_ref(job));
	schedule(workers, host);
	bool waits = g_queue_find(&host->queue, job) != NULL;
	const struct job *first = waits ? same_object_running(host, job) : NULL;
	if (first)
		job_say(job, "waits for '%s' on the same %s", first->request->verb ? first->request->verb : "a task",
		        obj_kind_word(queue_kind(job)));
	pthread_mutex_unlock(&workers->lock);
	job_unref(job);
}

/* Nothing was asked of the host yet, or nothing more will be: the thread in its dead call is left behind. */
static void give_up(struct workers *workers, struct worker_host *host, struct job *job, bool acted)
{
	if (acted)
		job_end(job, TASK_WARNING,
		        "it can not be told what became of it: the connection was lost and you gave up waiting", true);
	else
		job_end(job, TASK_ABORTED, "aborted before it began: nothing was done", true);
	if (host)
		g_ptr_array_remove_fast(host->running, job);
	forget_job(workers, job);
	if (host)
		schedule(workers, host);
}

static void abort_running(struct job *job, bool abortable)
{
	pthread_mutex_lock(&job->lock);
	bool again = job->abort_asked;
	job->abort_asked = abortable;
	pthread_cond_broadcast(&job->cond);
	pthread_mutex_unlock(&job->lock);
	if (!abortable)
		job_log_posted(job, "can not be aborted: libvirt has no way to stop it once it runs; it goes on");
	else if (!again)
		job_log_posted(job, "abort asked");
}

static void abort_job(struct workers *workers, struct job *job)
{
	struct worker_host *host = workers_find_host(workers, job->request->ref.host);

	pthread_mutex_lock(&job->lock);
	enum job_phase phase = job->phase;
	bool abortable = job->abortable, acted = job->acted;
	pthread_mutex_unlock(&job->lock);
	switch (phase) {
	case JOB_QUEUED:
		if (host && g_queue_remove(&host->queue, job))
			job_unref(job);
		give_up(workers, NULL, job, false);
		break;
	case JOB_CONNECTING:
	case JOB_SETTLING:
		/* The wait between two tries ends too: the thread sees that the job has ended. */
		stop_job(job);
		give_up(workers, host, job, acted);
		break;
	case JOB_RUNNING:
		abort_running(job, abortable);
		break;
	}
}

void workers_abort(struct workers *workers, const char *task_id)
{
	pthread_mutex_lock(&workers->lock);
	struct job *job = g_hash_table_lookup(workers->jobs, task_id);
	if (job) {
		job_ref(job);
		abort_job(workers, job);
		job_unref(job);
	}
	pthread_mutex_unlock(&workers->lock);
}

/* ---- the end ---- */

static void close_queues(struct workers *workers)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, workers->hosts);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		stop_host(workers, value, "nvirt ended before it began: nothing was done");
}

/* What still runs: the daemon goes on with it, and the journal says so. */
static void hand_over(struct workers *workers)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, workers->jobs);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct job *job = value;
		pthread_mutex_lock(&job->lock);
		bool acted = job->acted;
		pthread_mutex_unlock(&job->lock);
		if (acted)
			job_end(job, TASK_UNKNOWN, "nvirt ended while it ran: the host goes on with it", true);
		else
			job_end(job, TASK_ABORTED, "nvirt ended before it began: nothing was done", true);
	}
}

void workers_free(struct workers *workers, int timeout_ms)
{
	if (!workers)
		return;
	pthread_mutex_lock(&workers->lock);
	workers->closed = true;
	close_queues(workers);
	pthread_mutex_unlock(&workers->lock);
	threads_free(workers->threads, timeout_ms);
	pthread_mutex_lock(&workers->lock);
	hand_over(workers);
	pthread_mutex_unlock(&workers->lock);
	job_sink_close(workers->sink, g_get_monotonic_time() + CLOSE_US);
	workers_unref(workers);
}

bool workers_op_known(enum op op)
{
	return op_row(op) != NULL;
}

bool workers_op_has_plan(enum op op)
{
	const struct op_row *row = op_row(op);

	return row && row->plan;
}
