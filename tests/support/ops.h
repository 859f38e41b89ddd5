/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running operations as the workers do, and waiting for what becomes of them. */
#ifndef TESTS_SUPPORT_OPS_H
#define TESTS_SUPPORT_OPS_H

#include "backend/conn.h"
#include "backend/worker.h"

#define OPS_HOST 1
#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

struct ops {
	const char *uri;
	virConnectPtr conn;
	struct inbox *inbox;
	struct journal *journal;
	struct workers *workers;
	char *dir;
	unsigned tasks;
	int touched; /* atomic */
};

/* What became of one task. */
struct ops_result {
	enum task_state state;
	char *message, *log;
	double progress; /* the highest seen */
	bool abortable, unknown;
};

/* Workers, a journal of their own and a connection for looking; fails the test when there is none. */
struct ops *ops_new(const char *uri);
int ops_tear_down(void **state);
/* After the daemon was killed: what the test itself looks with. */
void ops_reconnect(struct ops *ops);

struct obj_ref ops_host_ref(void);
struct obj_ref ops_guest_ref(struct ops *ops, const char *name);
struct obj_ref ops_pool_ref(struct ops *ops, const char *name);
struct obj_ref ops_network_ref(struct ops *ops, const char *name);

/* The task's id, owned. `args`: ARGS("name", "value", ...) or NULL. */
char *ops_submit(struct ops *ops, enum op op, const struct obj_ref *ref, const char *name,
        const char *const *args);
struct msg *ops_next_msg(struct ops *ops, gint64 deadline_us);
/* Waits until the task has ended, or until `stop` says so of what was seen. */
void ops_await(struct ops *ops, const char *task_id, struct ops_result *result,
        bool (*stop)(const struct ops_result *result));
struct ops_result ops_run(struct ops *ops, enum op op, const struct obj_ref *ref, const char *name,
        const char *const *args);
struct ops_result ops_run_guest(struct ops *ops, enum op op, const char *name, const char *const *args);
/* Ended so, with `words` (may be NULL) in its message; clears the result. */
void ops_expect(struct ops_result result, enum task_state state, const char *words);
void ops_result_clear(struct ops_result *result);

/* VIR_DOMAIN_*; -1 = there is no such guest. */
int ops_state_of(struct ops *ops, const char *name);
struct plan *ops_plan_of(struct ops *ops, const char *name);
const struct plan_item *ops_item_of(const struct plan *plan, const char *id);

#endif
