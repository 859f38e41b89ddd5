/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See ops.h. */
#include "support/ops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "support/files.h"

#define DEADLINE_US (120 * G_USEC_PER_SEC)

static void touched(unsigned host, void *data)
{
	struct ops *ops = data;

	assert_int_equal(host, OPS_HOST);
	__atomic_add_fetch(&ops->touched, 1, __ATOMIC_RELAXED);
}

struct ops *ops_new(const char *uri)
{
	struct ops *ops = g_new0(struct ops, 1);
	g_autoptr(GError) error = NULL;

	ops->uri = uri;
	ops->conn = conn_open(uri, false, &error);
	if (!ops->conn)
		fail_msg("%s", error->message);
	ops->dir = g_dir_make_tmp("nvirt-ops-XXXXXX", NULL);
	ops->inbox = inbox_new();
	ops->journal = journal_open(ops->dir, NULL);
	ops->workers = workers_new(ops->inbox, ops->journal, touched, ops);
	workers_set_host(ops->workers, OPS_HOST, uri, false, "the host");
	return ops;
}

int ops_tear_down(void **state)
{
	struct ops *ops = *state;

	workers_free(ops->workers, 20000);
	journal_close(ops->journal, 5000);
	inbox_free(ops->inbox);
	conn_close(ops->conn);
	files_remove(ops->dir);
	g_free(ops->dir);
	g_free(ops);
	return 0;
}

void ops_reconnect(struct ops *ops)
{
	g_autoptr(GError) error = NULL;

	conn_close(ops->conn);
	ops->conn = conn_open(ops->uri, false, &error);
	if (!ops->conn)
		fail_msg("%s", error->message);
}

/* ---- running one task ---- */

void ops_result_clear(struct ops_result *result)
{
	g_free(result->message);
	g_free(result->log);
	*result = (struct ops_result){.progress = -1};
}

struct msg *ops_next_msg(struct ops *ops, gint64 deadline_us)
{
	for (;;) {
		struct msg *msg = inbox_take(ops->inbox);
		struct pollfd fd = {.fd = inbox_fd(ops->inbox), .events = POLLIN};
		gint64 left = deadline_us - g_get_monotonic_time();
		if (msg)
			return msg;
		if (left <= 0)
			fail_msg("no message came in time");
		poll(&fd, 1, (int)(left / 1000) + 1);
	}
}

/* True when the task has ended. */
static bool apply(struct ops_result *result, const struct task_update *update)
{
	if (update->message) {
		g_free(result->message);
		result->message = g_strdup(update->message);
	}
	if (update->log) {
		char *log = g_strdup_printf("%s%s\n", result->log ? result->log : "", update->log);
		g_free(result->log);
		result->log = log;
	}
	if (update->set_progress)
		result->progress = MAX(result->progress, update->progress);
	if (update->set_abortable)
		result->abortable |= update->abortable;
	if (!update->set_state)
		return false;
	result->state = update->state;
	result->unknown |= update->state == TASK_UNKNOWN;
	return task_state_ended(update->state) && update->state != TASK_UNKNOWN;
}

/* Waits until the task has ended, or until `stop` says so of what was seen. */
void ops_await(struct ops *ops, const char *task_id, struct ops_result *result,
        bool (*stop)(const struct ops_result *result))
{
	gint64 deadline = g_get_monotonic_time() + DEADLINE_US;

	for (bool done = false; !done;) {
		struct msg *msg = ops_next_msg(ops, deadline);
		if (msg->type == MSG_TASK && g_str_equal(msg->update->task_id, task_id))
			done = apply(result, msg->update) || (stop && stop(result));
		msg_free(msg);
	}
}

char *ops_submit(struct ops *ops, enum op op, const struct obj_ref *ref, const char *name,
        const char *const *args)
{
	struct op_request *request = op_request_new(op, ref, name);

	g_free(request->task_id);
	request->task_id = g_strdup_printf("task-%u", ++ops->tasks);
	g_free(request->verb);
	request->verb = g_strdup("verb");
	for (; args && args[0]; args += 2) {
		if (!request->args)
			request->args = args_new();
		args_set(request->args, args[0], args[1]);
	}
	char *id = g_strdup(request->task_id);
	workers_submit(ops->workers, request);
	return id;
}

struct obj_ref ops_host_ref(void)
{
	return (struct obj_ref){.kind = OBJ_HOST, .host = OPS_HOST};
}

struct obj_ref ops_guest_ref(struct ops *ops, const char *name)
{
	struct obj_ref ref = {.kind = OBJ_GUEST, .host = OPS_HOST};
	virDomainPtr dom = virDomainLookupByName(ops->conn, name);

	assert_non_null(dom);
	virDomainGetUUID(dom, ref.uuid);
	virDomainFree(dom);
	return ref;
}

struct obj_ref ops_pool_ref(struct ops *ops, const char *name)
{
	struct obj_ref ref = {.kind = OBJ_POOL, .host = OPS_HOST};
	virStoragePoolPtr pool = virStoragePoolLookupByName(ops->conn, name);

	assert_non_null(pool);
	virStoragePoolGetUUID(pool, ref.uuid);
	virStoragePoolFree(pool);
	return ref;
}

struct obj_ref ops_network_ref(struct ops *ops, const char *name)
{
	struct obj_ref ref = {.kind = OBJ_NETWORK, .host = OPS_HOST};
	virNetworkPtr network = virNetworkLookupByName(ops->conn, name);

	assert_non_null(network);
	virNetworkGetUUID(network, ref.uuid);
	virNetworkFree(network);
	return ref;
}

struct ops_result ops_run(struct ops *ops, enum op op, const struct obj_ref *ref, const char *name,
        const char *const *args)
{
	struct ops_result result = {.progress = -1};
	g_autofree char *id = ops_submit(ops, op, ref, name, args);

	ops_await(ops, id, &result, NULL);
	return result;
}

void ops_expect(struct ops_result result, enum task_state state, const char *words)
{
	if (result.state != state || (words && !strstr(result.message ? result.message : "", words)))
		fail_msg("'%s' (%s) instead of '%s' (%s); log: %s", result.message, task_state_word(result.state),
		        words ? words : "", task_state_word(state), result.log);
	ops_result_clear(&result);
}

struct ops_result ops_run_guest(struct ops *ops, enum op op, const char *name, const char *const *args)
{
	struct obj_ref ref = ops_guest_ref(ops, name);

	return ops_run(ops, op, &ref, name, args);
}

int ops_state_of(struct ops *ops, const char *name)
{
	virDomainPtr dom = virDomainLookupByName(ops->conn, name);
	int state = -1, reason;

	if (dom)
		virDomainGetState(dom, &state, &reason, 0);
	if (dom)
		virDomainFree(dom);
	return state;
}

struct plan *ops_plan_of(struct ops *ops, const char *name)
{
	struct obj_ref ref = ops_guest_ref(ops, name);
	unsigned id = 1000 + ++ops->tasks;
	struct plan *plan = NULL;

	workers_plan(ops->workers, op_request_new(OP_GUEST_UNDEFINE, &ref, name), id);
	while (!plan) {
		struct msg *msg = ops_next_msg(ops, g_get_monotonic_time() + DEADLINE_US);
		if (msg->type == MSG_PLAN && msg->plan_id == id)
			plan = g_steal_pointer(&msg->plan);
		msg_free(msg);
	}
	return plan;
}

const struct plan_item *ops_item_of(const struct plan *plan, const char *id)
{
	for (unsigned i = 0; i < plan->items->len; i++) {
		const struct plan_item *item = g_ptr_array_index(plan->items, i);
		if (g_str_equal(item->id, id))
			return item;
	}
	fail_msg("the plan has no '%s'", id);
	return NULL;
}

