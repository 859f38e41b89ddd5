/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the workers' queues and their planners share. */
#ifndef NVIRT_BACKEND_WORKER_PRIVATE_H
#define NVIRT_BACKEND_WORKER_PRIVATE_H

#include "backend/op_table.h"
#include "backend/threads.h"
#include "backend/worker.h"

struct worker_host {
	unsigned id;
	char *uri, *name;
	bool readonly, removed;
	virConnectPtr lent; /* goes on being the poller's; NULL = each opens its own */
	GQueue queue;       /* struct job *, first in first out; owns one reference each */
	GPtrArray *running; /* struct job *, borrowed from their threads */
};

struct workers {
	unsigned refs; /* atomic */
	struct job_sink *sink;
	void (*touched)(unsigned host, void *data);
	void *data;

	pthread_mutex_t lock; /* taken before a job's */
	GHashTable *hosts; /* id -> struct worker_host */
	GHashTable *jobs;  /* task id -> struct job, while queued or under way */
	GHashTable *seen;  /* "host uuid" -> what its last plan showed: "id\tpath\n…" */
	struct threads *threads;
	bool closed;
};

/* With the lock held; NULL when it was never connected. */
struct worker_host *workers_find_host(struct workers *workers, unsigned id);
struct workers *workers_ref(struct workers *workers);
void workers_unref(struct workers *workers);
/* A connection for one thread's work, to be closed by it: the lent one, else one of its own. Without the lock. */
virConnectPtr workers_connect(struct workers *workers, unsigned host, const char *uri, bool readonly, GError **error);
/* With the lock held: tells an operation what its last plan showed. */
void workers_attach_seen(struct workers *workers, struct op_request *request);

#endif
