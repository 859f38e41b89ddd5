/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of the table, used: lookup, the reasons all rows share, request and task. Pure; main thread. */
#include "action_private.h"

#include <string.h>

const struct action *action_by_verb(const char *verb)
{
	for (unsigned i = 0; verb && i < action_count; i++)
		if (strcmp(action_table[i].verb, verb) == 0)
			return &action_table[i];
	return NULL;
}

/* ---- why not ---- */

static char *why_no_host(const struct action *action, const struct host *host)
{
	bool writes = action->flags & ACTION_WRITES;

	if (action->flags & ACTION_OFFLINE)
		return NULL;
	switch (host->status->link) {
	case HOST_OFF:
		return g_strdup_printf("host '%s' is not connected: connect it first", host->name);
	case HOST_CONNECTING:
		return g_strdup_printf("host '%s' is being connected", host->name);
	case HOST_LOST:
		return g_strdup_printf("the connection to host '%s' is lost: R tries again now", host->name);
	case HOST_FAILED:
		return g_strdup_printf("host '%s' can not be reached: R tries again now", host->name);
	case HOST_UP:
	case HOST_LINK_N:
		break;
	}
	if (writes && (host->status->readonly || host->readonly_asked))
		return g_strdup_printf("the connection to host '%s' is read-only", host->name);
	return NULL;
}

/* Asked for twice: the second one would only wait for the first. */
static char *why_under_way(
        const struct action *action, const struct store *store, const struct obj_ref *ref)
{
	const struct task *task;

	for (unsigned i = 0; (task = store_task_at(store, i)) && !task_state_ended(task->state); i++) {
		if (task->origin == TASK_OURS && task->state != TASK_UNKNOWN && ref->kind != OBJ_HOST &&
		        strcmp(task->verb, action->verb) == 0 && obj_ref_equal(&task->ref, ref))
			return g_strdup_printf("'%s' of '%s' is already under way", task->verb, task->object);
	}
	return NULL;
}

char *action_why_not(const struct action *action, const struct store *store, const struct obj_ref *ref)
{
	const struct host *host;
	char *why;

	if (ref->kind != action->kind)
		return g_strdup_printf("'%s' is for a %s, not for a %s", action->verb,
		        obj_kind_word(action->kind), obj_kind_word(ref->kind));
	if (!store_has(store, ref))
		return g_strdup_printf("this %s is gone", obj_kind_word(ref->kind));
	host = ref->kind == OBJ_TASK ? NULL : store_host(store, ref->host);
	if (host && (why = why_no_host(action, host)))
		return why;
	if ((why = why_under_way(action, store, ref)))
		return why;
	return action->why_not ? action->why_not(store, ref) : NULL;
}

/* ---- request and task ---- */

static void add_fixed(const struct action *action, struct args *args)
{
	for (const struct action_fixed *fixed = action_fixed_table; fixed->verb; fixed++)
		if (strcmp(fixed->verb, action->verb) == 0)
			args_set(args, fixed->name, fixed->value);
}

/*
 * A form comes back with every field it showed. What was not changed is not
 * sent: nobody's later change of it, and nothing that was not read yet, is
 * overwritten.
 */
static void drop_unchanged(const struct action *action, const struct store *store, const struct obj_ref *ref,
        struct args *args)
{
	for (const struct param *param = action->params; param && param->name; param++) {
		const char *value = args_get(args, param->name);
		g_autofree char *current = param->current ? param->current(store, ref) : NULL;

		if (param->current && !param->required && value && strcmp(value, current ? current : "") == 0)
			args_set(args, param->name, NULL);
	}
}

void action_propose(const struct action *action, const struct store *store, const struct obj_ref *ref,
        struct args *args)
{
	for (const struct param *param = action->params; param && param->name; param++) {
		const char *value = args_get(args, param->name);
		g_autofree char *proposed = param->propose && !(value && *value) ? param->propose(store, ref) : NULL;

		if (proposed)
			args_set(args, param->name, proposed);
	}
}

static void step_free(gpointer step)
{
	task_step_free(step);
}

/* What is asked of a task is asked of what it left. */
static GPtrArray *steps_of(const struct store *store, const struct obj_ref *ref)
{
	const struct task *task = ref->kind == OBJ_TASK ? store_task(store, ref->name) : NULL;
	GPtrArray *steps = task ? g_ptr_array_new_with_free_func(step_free) : NULL;
	g_autoptr(GPtrArray) left = task ? task_leftovers(task) : NULL;

	for (unsigned i = 0; left && i < left->len; i++)
		g_ptr_array_add(steps, task_step_copy(left->pdata[i]));
	return steps;
}

struct op_request *action_request(const struct action *action, const struct store *store,
        const struct obj_ref *ref, const struct args *args, const char *task_id)
{
	struct op_request *request = op_request_new(action->op, ref, store_name(store, ref));

	args_free(request->args);
	request->args = args_copy(args);
	drop_unchanged(action, store, ref, request->args);
	action_propose(action, store, ref, request->args);
	add_fixed(action, request->args);
	request->steps = steps_of(store, ref);
	request->task_id = g_strdup(task_id);
	request->verb = g_strdup(action->verb);
	return request;
}

struct task *action_task(const struct action *action, const struct store *store, const struct obj_ref *ref,
        gint64 now_us, gint64 now_unix_us)
{
	const struct host *host = store_host(store, ref->host);
	g_autofree char *id = task_make_id();
	struct task *task = task_new(id, TASK_OURS);
	const char *user = host ? host->status->user : NULL;
	const char *uri = host ? host->status->uri ? host->status->uri : host->asked_uri : "";

	task->verb = g_strdup(action->verb);
	task->ref = *ref;
	task->host_name = g_strdup(host ? host->name : "");
	task->uri = g_strdup(uri);
	task->user = g_strdup(user ? user : g_get_user_name());
	task->object = g_strdup(store_name(store, ref));
	task->message = g_strdup("");
	task->start_us = now_us;
	task->start_unix_us = now_unix_us;
	task->state = TASK_QUEUED;
	return task;
}
