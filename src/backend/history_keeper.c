/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper: one thread that reads and writes the history files, so that the
 * main thread never waits for a disk. Jobs are done in the order they came.
 */
#include <pthread.h>
#include <string.h>

#include "backend/history_file.h"
#include "backend/journal_private.h"
#include "backend/lock.h"
#include "backend/threads.h"
#include "nvirt/msg.h"
#include "nvirt/text.h"

/* What waits while another process holds the lock; then the oldest is left out. */
#define WAITING_MAX 200000
#define JOBS_MAX 64

struct job {
	unsigned host;
	char *uri;
	GArray *records; /* to write; NULL = read */
	bool of_guest;
	uint8_t uuid[16];
};

/* Thread's own. */
struct kept {
	struct history_file *file;
	GArray *waiting; /* struct history_record not yet written */
	bool told;       /* that it can not be used */
};

struct history_keeper {
	int refs; /* owner and thread; atomic */
	char *dir;
	struct threads *threads;
	pthread_mutex_t lock; /* what follows */
	pthread_cond_t wake;
	GQueue jobs; /* struct job * */
	struct inbox *inbox; /* NULL once closed */
	bool running, closing;
	GHashTable *files; /* thread's own: uri -> struct kept * */
};

static void job_free(struct job *job)
{
	if (!job)
		return;
	g_free(job->uri);
	if (job->records)
		g_array_unref(job->records);
	g_free(job);
}

static void kept_free(gpointer data)
{
	struct kept *kept = data;

	history_file_free(kept->file);
	g_array_unref(kept->waiting);
	g_free(kept);
}

/* ---- the thread --------------------------------------------------------------- */

/* Takes the message. */
static void post(struct history_keeper *keeper, struct msg *msg)
{
	pthread_mutex_lock(&keeper->lock);
	if (keeper->inbox)
		inbox_post(keeper->inbox, g_steal_pointer(&msg));
	pthread_mutex_unlock(&keeper->lock);
	msg_free(msg);
}

static void post_notice(struct history_keeper *keeper, const char *text)
{
	struct msg *msg = msg_new(MSG_NOTICE, 0, 0);

	msg->level = LEVEL_WARNING;
	msg->text = text_clean(text, -1);
	post(keeper, msg);
}

static void tell(struct history_keeper *keeper, struct kept *kept, const GError *error)
{
	g_autofree char *notice = history_file_take_notice(kept->file);
	g_autofree char *text = NULL;

	if (notice)
		post_notice(keeper, notice);
	if (!error || kept->told)
		return;
	kept->told = true;
	text = g_strdup_printf("history: %s; graphs are shown, but not kept", error->message);
	post_notice(keeper, text);
}

static struct kept *find_kept(struct history_keeper *keeper, const char *uri)
{
	struct kept *kept = g_hash_table_lookup(keeper->files, uri);

	if (kept)
		return kept;
	kept = g_new0(struct kept, 1);
	kept->file = history_file_new(keeper->dir, uri);
	kept->waiting = g_array_new(FALSE, FALSE, sizeof(struct history_record));
	g_hash_table_insert(keeper->files, g_strdup(uri), kept);
	return kept;
}

static void read_job(struct history_keeper *keeper, struct kept *kept, const struct job *job)
{
	struct msg *msg = msg_new(MSG_HISTORY, job->host, 0);
	g_autoptr(GError) error = NULL;

	msg->history = g_array_new(FALSE, FALSE, sizeof(struct history_record));
	history_file_read(kept->file, job->of_guest ? job->uuid : NULL, g_get_real_time(), msg->history, &error);
	tell(keeper, kept, error);
	if (msg->history->len > 0)
		post(keeper, msg);
	else
		msg_free(msg);
}

static void write_waiting(struct history_keeper *keeper, struct kept *kept, bool wait)
{
	g_autoptr(GError) error = NULL;
	enum history_written state =
	        history_file_write(kept->file, kept->waiting, wait, g_get_real_time(), &error);

	tell(keeper, kept, error);
	if (state == HISTORY_WRITTEN)
		kept->told = false;
	if (state != HISTORY_BUSY)
		g_array_set_size(kept->waiting, 0);
}

static void write_job(struct history_keeper *keeper, struct kept *kept, const struct job *job)
{
	if (job->records->len > 0)
		g_array_append_vals(kept->waiting, job->records->data, job->records->len);
	if (kept->waiting->len > WAITING_MAX)
		g_array_remove_range(kept->waiting, 0, kept->waiting->len - WAITING_MAX);
	write_waiting(keeper, kept, false);
}

/* NULL at the end. */
static struct job *take_job(struct history_keeper *keeper)
{
	struct job *job;

	pthread_mutex_lock(&keeper->lock);
	while (!(job = g_queue_pop_head(&keeper->jobs)) && !keeper->closing)
		pthread_cond_wait(&keeper->wake, &keeper->lock);
	pthread_mutex_unlock(&keeper->lock);
	return job;
}

static void keeper_unref(struct history_keeper *keeper)
{
	if (__atomic_sub_fetch(&keeper->refs, 1, __ATOMIC_ACQ_REL))
		return;
	g_queue_clear_full(&keeper->jobs, (GDestroyNotify)job_free);
	g_hash_table_unref(keeper->files);
	pthread_cond_destroy(&keeper->wake);
	pthread_mutex_destroy(&keeper->lock);
	g_free(keeper->dir);
	g_free(keeper);
}

static void keeper_run(void *data)
{
	struct history_keeper *keeper = data;
	GHashTableIter iter;
	struct job *job;
	gpointer value;

	while ((job = take_job(keeper))) {
		struct kept *kept = find_kept(keeper, job->uri);

		if (job->records)
			write_job(keeper, kept, job);
		else
			read_job(keeper, kept, job);
		job_free(job);
	}
	/* The last chance: now it is worth to wait for the lock. */
	g_hash_table_iter_init(&iter, keeper->files);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (((struct kept *)value)->waiting->len > 0)
			write_waiting(keeper, value, true);
	keeper_unref(keeper);
}

/* ---- the main thread's side ------------------------------------------------------ */

struct history_keeper *history_keeper_new(const char *dir, struct inbox *inbox)
{
	struct history_keeper *keeper = g_new0(struct history_keeper, 1);
	g_autofree char *state = journal_default_dir(NULL);

	keeper->refs = 1;
	keeper->dir = dir ? g_strdup(dir) : g_build_filename(state, "history", NULL);
	keeper->threads = threads_new();
	keeper->inbox = inbox;
	keeper->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, kept_free);
	pthread_mutex_init(&keeper->lock, NULL);
	lock_cond_init(&keeper->wake);
	g_queue_init(&keeper->jobs);
	return keeper;
}

/* Takes the job. */
static void add_job(struct history_keeper *keeper, struct job *job)
{
	pthread_mutex_lock(&keeper->lock);
	/* The disk hangs: history has a gap then, memory has a limit. */
	if (keeper->jobs.length >= JOBS_MAX)
		job_free(g_queue_pop_head(&keeper->jobs));
	g_queue_push_tail(&keeper->jobs, job);
	if (!keeper->running) {
		__atomic_add_fetch(&keeper->refs, 1, __ATOMIC_RELAXED);
		keeper->running = threads_start(keeper->threads, "nvirt-history", keeper_run, keeper);
		if (!keeper->running)
			__atomic_sub_fetch(&keeper->refs, 1, __ATOMIC_RELAXED);
	}
	pthread_cond_signal(&keeper->wake);
	pthread_mutex_unlock(&keeper->lock);
}

static struct job *job_new(unsigned host, const char *uri)
{
	struct job *job = g_new0(struct job, 1);

	job->host = host;
	job->uri = g_strdup(uri);
	return job;
}

void history_keeper_load(struct history_keeper *keeper, unsigned host, const char *uri, const uint8_t uuid[16])
{
	struct job *job = job_new(host, uri);

	job->of_guest = uuid != NULL;
	if (uuid)
		memcpy(job->uuid, uuid, sizeof(job->uuid));
	add_job(keeper, job);
}

void history_keeper_store(struct history_keeper *keeper, unsigned host, const char *uri, GArray *records)
{
	struct job *job = job_new(host, uri);

	job->records = records;
	add_job(keeper, job);
}

void history_keeper_free(struct history_keeper *keeper, int timeout_ms)
{
	if (!keeper)
		return;
	pthread_mutex_lock(&keeper->lock);
	keeper->closing = true;
	pthread_cond_broadcast(&keeper->wake);
	pthread_mutex_unlock(&keeper->lock);
	threads_free(keeper->threads, timeout_ms);
	pthread_mutex_lock(&keeper->lock);
	keeper->inbox = NULL;
	pthread_mutex_unlock(&keeper->lock);
	keeper_unref(keeper);
}
