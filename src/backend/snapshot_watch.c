/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watching a file grow: see snapshot_watch.h. */
#include "backend/snapshot_watch.h"

#include "backend/lock.h"
#include "backend/op_util.h"
#include "nvirt/text.h"

#define TICK_US (G_USEC_PER_SEC / 2)

struct snapshot_watch {
	struct job *job;
	char *uri, *path;
	pthread_t thread;
	bool started;
	bool done; /* under the job's lock */
};

/* Bytes the file holds; 0 = not known. */
static uint64_t held(virConnectPtr conn, const char *path)
{
	g_autoptr(virStorageVol) vol = conn ? virStorageVolLookupByPath(conn, path) : NULL;
	virStorageVolInfo info;

	return vol && virStorageVolGetInfo(vol, &info) == 0 ? info.allocation : 0;
}

static void tell(const struct snapshot_watch *watch, gint64 since_us, uint64_t before, uint64_t now)
{
	int seconds = (int)((g_get_monotonic_time() - since_us) / G_USEC_PER_SEC);
	char bytes[32];

	if (now <= before) {
		job_say(watch->job, "saving the memory, for %d s; the guest is paused; this can not be aborted", seconds);
		return;
	}
	text_format_bytes(bytes, sizeof bytes, now - before);
	job_progress(watch->job, -1, now - before, 0);
	job_say(watch->job, "saving the memory: %s written in %d s; the guest is paused; this can not be aborted", bytes,
	        seconds);
}

/* False when the call has returned. */
static bool tick(struct snapshot_watch *watch)
{
	gint64 until = g_get_monotonic_time() + TICK_US;

	pthread_mutex_lock(&watch->job->lock);
	while (!watch->done)
		if (!lock_cond_wait_until(&watch->job->cond, &watch->job->lock, until))
			break;
	bool done = watch->done;
	pthread_mutex_unlock(&watch->job->lock);
	return !done;
}

static void *watch_thread(void *data)
{
	struct snapshot_watch *watch = data;
	gint64 since_us = g_get_monotonic_time();
	virConnectPtr conn = NULL;
	uint64_t before = 0;
	bool opened = false;

	while (tick(watch)) {
		if (!opened) {
			conn = conn_open(watch->uri, true, NULL);
			opened = true;
			before = held(conn, watch->path);
		}
		tell(watch, since_us, before, held(conn, watch->path));
	}
	conn_close(conn);
	return NULL;
}

struct snapshot_watch *snapshot_watch_begin(struct job *job, const char *path)
{
	struct snapshot_watch *watch = g_new0(struct snapshot_watch, 1);

	watch->job = job;
	watch->uri = g_strdup(job->uri);
	watch->path = g_strdup(path);
	watch->started = pthread_create(&watch->thread, NULL, watch_thread, watch) == 0;
	return watch;
}

void snapshot_watch_end(struct snapshot_watch *watch)
{
	pthread_mutex_lock(&watch->job->lock);
	watch->done = true;
	pthread_cond_broadcast(&watch->job->cond);
	pthread_mutex_unlock(&watch->job->lock);
	if (watch->started)
		pthread_join(watch->thread, NULL);
	g_free(watch->uri);
	g_free(watch->path);
	g_free(watch);
}
