/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Task workers: one thread and one connection an operation, at most three at a
 * time a host, the rest queued in order.
 *
 * A worker journals the start (synced) before it acts, posts MSG_TASK updates,
 * and journals the end. When its connection dies under it the task becomes
 * UNKNOWN; the worker connects again with back-off, looks at the host and
 * settles it: done, not done, or can not be told.
 */
#ifndef NVIRT_BACKEND_WORKER_H
#define NVIRT_BACKEND_WORKER_H

#include "nvirt/msg.h"

struct workers;

/* `touched` is called on a worker thread after an operation ended: have another look at `host`. */
struct workers *workers_new(struct inbox *inbox, struct journal *journal,
	void (*touched)(unsigned host, void *data), void *data);
void workers_free(struct workers *workers, int timeout_ms);
/* Where operations on `host` go from now on; called whenever the host connected. */
void workers_set_host(struct workers *workers, unsigned host, const char *uri, bool readonly, const char *host_name);
void workers_remove_host(struct workers *workers, unsigned host);
void workers_submit(struct workers *workers, struct op_request *request);
void workers_abort(struct workers *workers, const char *task_id);
void workers_plan(struct workers *workers, struct op_request *request, unsigned plan_id);
/* Posts MSG_SCREEN: see backend_open_screen(). */
void workers_open_screen(struct workers *workers, const struct obj_ref *ref, const char *name, unsigned door_id);
void workers_read_definition(
        struct workers *workers, const struct obj_ref *ref, const char *name, unsigned edit_id);
bool workers_op_known(enum op op);
bool workers_op_has_plan(enum op op);

#endif
