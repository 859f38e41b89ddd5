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

static void replace_word(GString *text, const char *word, const char *name)
{
	g_autofree char *quoted = NULL;
	bool plain = *name;

	for (const char *p = name; *p; p++)
		plain &= g_ascii_isalnum(*p) || strchr("._+-:@/", *p);
	quoted = plain ? g_strdup(name) : g_shell_quote(name);
	const char *at = strstr(text->str, word);
	if (!at)
		return;
	gssize pos = at - text->str;
	g_string_erase(text, pos, (gssize)strlen(word));
	g_string_insert(text, pos, quoted);
}

char *action_virsh(const struct action *action, const struct store *store, const struct obj_ref *ref)
{
	GString *text;

	if (!action->virsh)
		return NULL;
	text = g_string_new(action->virsh);
	/* The guest first: the snapshot's own name may be anything. */
	if (ref->kind == OBJ_SNAPSHOT) {
		struct obj_ref guest = *ref;

		guest.kind = OBJ_GUEST;
		guest.name = NULL;
		gssize mark = strstr(text->str, "%s") ? strstr(text->str, "%s") - text->str : -1;
		const char *domain = strstr(text->str, "DOMAIN");
		if (domain && (mark < 0 || domain - text->str < mark))
			replace_word(text, "DOMAIN", store_name(store, &guest));
	}
	replace_word(text, "%s", store_name(store, ref));
	return g_string_free(text, FALSE);
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

void action_plan_after(struct op_request *request, const struct obj_ref *earlier)
{
	const struct obj_ref *ref = &request->ref;
	const char *before = args_get(request->args, OP_ARG_AFTER);

	if (earlier->kind != ref->kind || earlier->host != ref->host || !earlier->name || !ref->name ||
	        memcmp(earlier->uuid, ref->uuid, sizeof ref->uuid) != 0)
		return;
	g_autofree char *names = before ? g_strdup_printf("%s\n%s", before, earlier->name) : g_strdup(earlier->name);
	args_set(request->args, OP_ARG_AFTER, names);
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
