/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans: a thread each, so that none waits behind a long operation. */
#include "backend/worker_private.h"

#include "backend/conn.h"

/* The same operation on the same object: what was seen for another one says nothing. */
static char *object_key(const struct op_request *request)
{
	const struct obj_ref *ref = &request->ref;
	char uuid[37];

	uuid_format(ref->uuid, uuid);
	return g_strdup_printf("%d %u %s %s", request->op, ref->host, uuid, ref->name ? ref->name : "");
}

/* What was agreed to are files, not names of drives that may hold others by now. */
void workers_attach_seen(struct workers *workers, struct op_request *request)
{
	g_autofree char *key = object_key(request);
	const char *seen = g_hash_table_lookup(workers->seen, key);

	if (!seen || !workers_op_has_plan(request->op))
		return;
	if (!request->args)
		request->args = args_new();
	args_set(request->args, OP_ARG_SEEN, seen);
}

struct planner {
	struct workers *workers;
	struct op_request *request;
	char *uri;
	bool readonly;
	unsigned plan_id;
};

static struct plan *make_plan(const struct planner *planner, GError **error)
{
	const struct op_row *row = op_row(planner->request->op);

	if (!row || !row->plan) {
		g_set_error(error, CONN_ERROR, VIR_ERR_NO_SUPPORT, "this operation has nothing to show beforehand");
		return NULL;
	}
	if (!planner->uri) {
		g_set_error(error, CONN_ERROR, VIR_ERR_NO_CONNECT, "the host is not connected");
		return NULL;
	}
	/* A directory that is no pool can be looked at only through one that is made for it. */
	virConnectPtr conn =
	        workers_connect(planner->workers, planner->request->ref.host, planner->uri, planner->readonly, error);
	struct plan *plan = conn ? row->plan(conn, planner->request, error) : NULL;
	conn_close(conn);
	return plan;
}

static void remember_plan(const struct planner *planner, const struct plan *plan)
{
	GString *seen = g_string_new(NULL);

	for (unsigned i = 0; i < plan->items->len; i++) {
		const struct plan_item *item = g_ptr_array_index(plan->items, i);
		g_string_append_printf(seen, "%s\t%s\n", item->id, item->path ? item->path : "");
	}
	pthread_mutex_lock(&planner->workers->lock);
	g_hash_table_replace(
	        planner->workers->seen, object_key(planner->request), g_string_free(seen, FALSE));
	pthread_mutex_unlock(&planner->workers->lock);
}

static void post_plan(const struct planner *planner, struct plan *plan, const GError *error)
{
	struct msg *msg = msg_new(MSG_PLAN, planner->request->ref.host, 0);

	if (!plan) {
		plan = plan_new();
		plan->refused = g_strdup(error ? error->message : "the host can not be asked");
	}
	msg->plan = plan;
	msg->plan_id = planner->plan_id;
	msg->kind = planner->request->ref.kind;
	memcpy(msg->uuid, planner->request->ref.uuid, sizeof msg->uuid);
	job_sink_post(planner->workers->sink, msg);
}

static void planner_free(struct planner *planner)
{
	workers_unref(planner->workers);
	op_request_free(planner->request);
	g_free(planner->uri);
	g_free(planner);
}

static void planner_thread(void *data)
{
	struct planner *planner = data;
	g_autoptr(GError) error = NULL;
	struct plan *plan = make_plan(planner, &error);

	if (plan)
		remember_plan(planner, plan);
	post_plan(planner, plan, error);
	planner_free(planner);
}

void workers_plan(struct workers *workers, struct op_request *request, unsigned plan_id)
{
	struct planner *planner = g_new0(struct planner, 1);

	planner->workers = workers_ref(workers);
	planner->request = request;
	planner->plan_id = plan_id;
	pthread_mutex_lock(&workers->lock);
	struct worker_host *host = workers_find_host(workers, request->ref.host);
	if (host && !host->removed)
		planner->uri = g_strdup(host->uri), planner->readonly = host->readonly;
	bool started = !workers->closed && threads_start(workers->threads, "nvirt-plan", planner_thread, planner);
	pthread_mutex_unlock(&workers->lock);
	if (started)
		return;
	post_plan(planner, NULL, NULL);
	planner_free(planner);
}
