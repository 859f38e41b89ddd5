/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations as values: their arguments, requests and plans. Pure; whoever holds one owns it. */
#include "nvirt/op.h"

#include <string.h>

const char *op_word(enum op op)
{
	static const char *const words[] = {
#define X(id) [id] = #id,
	        OPS(X)
#undef X
	};

	return (unsigned)op < G_N_ELEMENTS(words) ? words[op] : "?";
}

struct args {
	GHashTable *pairs;
};

struct args *args_new(void)
{
	struct args *args = g_new0(struct args, 1);

	args->pairs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return args;
}

struct args *args_copy(const struct args *args)
{
	struct args *copy = args_new();
	GHashTableIter iter;
	gpointer name, value;

	if (!args)
		return copy;
	g_hash_table_iter_init(&iter, args->pairs);
	while (g_hash_table_iter_next(&iter, &name, &value))
		args_set(copy, name, value);
	return copy;
}

void args_free(struct args *args)
{
	if (!args)
		return;
	g_hash_table_unref(args->pairs);
	g_free(args);
}

void args_set(struct args *args, const char *name, const char *value)
{
	if (value)
		g_hash_table_replace(args->pairs, g_strdup(name), g_strdup(value));
	else
		g_hash_table_remove(args->pairs, name);
}

const char *args_get(const struct args *args, const char *name)
{
	return args ? g_hash_table_lookup(args->pairs, name) : NULL;
}

bool args_get_bool(const struct args *args, const char *name, bool fallback)
{
	const char *value = args_get(args, name);

	return value && *value ? strcmp(value, "yes") == 0 : fallback;
}

int64_t args_get_int(const struct args *args, const char *name, int64_t fallback)
{
	const char *value = args_get(args, name);
	gint64 number;

	if (!value || !g_ascii_string_to_signed(value, 10, G_MININT64, G_MAXINT64, &number, NULL))
		return fallback;
	return number;
}

static int compare_keys(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

void args_foreach(
        const struct args *args, void (*each)(const char *name, const char *value, void *data), void *data)
{
	GList *names;

	if (!args)
		return;
	names = g_list_sort(g_hash_table_get_keys(args->pairs), compare_keys);
	for (GList *name = names; name; name = name->next)
		each(name->data, g_hash_table_lookup(args->pairs, name->data), data);
	g_list_free(names);
}

struct op_request *op_request_new(enum op op, const struct obj_ref *ref, const char *name)
{
	struct op_request *request = g_new0(struct op_request, 1);

	request->op = op;
	request->ref = *ref;
	request->name = g_strdup(name ? name : "");
	request->args = args_new();
	return request;
}

void op_request_free(struct op_request *request)
{
	if (!request)
		return;
	g_free(request->task_id);
	g_free(request->name);
	g_free(request->verb);
	args_free(request->args);
	edit_free(request->edit);
	if (request->steps)
		g_ptr_array_unref(request->steps);
	g_free(request);
}

static void plan_item_free(gpointer data)
{
	struct plan_item *item = data;

	g_free(item->id);
	g_free(item->what);
	g_free(item->path);
	g_free(item->note);
	g_free(item->refused);
	g_free(item);
}

struct plan *plan_new(void)
{
	struct plan *plan = g_new0(struct plan, 1);

	plan->items = g_ptr_array_new_with_free_func(plan_item_free);
	plan->notes = g_ptr_array_new_with_free_func(g_free);
	return plan;
}

struct plan_item *plan_add(struct plan *plan, const char *id, const char *what, const char *path)
{
	struct plan_item *item = g_new0(struct plan_item, 1);

	item->id = g_strdup(id);
	item->what = g_strdup(what);
	item->path = g_strdup(path ? path : "");
	g_ptr_array_add(plan->items, item);
	return item;
}

void plan_note(struct plan *plan, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	g_ptr_array_add(plan->notes, g_strdup_vprintf(format, ap));
	va_end(ap);
}

const char *plan_does_word(enum plan_does does)
{
	switch (does) {
	case PLAN_REMOVE:
		return "remove";
	case PLAN_MAKE:
		return "make";
	case PLAN_CHANGE:
		return "change";
	case PLAN_KEEP:
		return "keep";
	}
	return "";
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	g_free(plan->diff);
	g_free(plan->refused);
	g_ptr_array_unref(plan->items);
	g_ptr_array_unref(plan->notes);
	g_free(plan);
}
