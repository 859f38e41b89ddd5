/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans on the command line: what would be removed, and choosing from it.
 *
 * Pure.
 */
#include <string.h>

#include "cli.h"
#include "nvirt/text.h"

static const struct plan_item *find_item(const struct plan *plan, const char *id)
{
	for (unsigned i = 0; i < plan->items->len; i++) {
		const struct plan_item *item = plan->items->pdata[i];

		if (g_str_equal(item->id, id))
			return item;
	}
	return NULL;
}

static bool is_storage(const struct plan_item *item)
{
	return g_str_has_prefix(item->id, "disk:");
}

static bool fail_item(const char *id, const char *why, GError **error)
{
	g_autofree char *clean = text_clean(id, -1);

	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "'%s' %s", clean, why);
	return false;
}

static bool fail_unknown_item(const struct plan *plan, const char *id, GError **error)
{
	g_autoptr(GString) why = g_string_new("is nothing that could be removed: there ");

	g_string_append(why, plan->items->len ? "are" : "is nothing");
	for (unsigned i = 0; i < plan->items->len; i++) {
		const struct plan_item *item = plan->items->pdata[i];

		g_string_append_printf(why, "%s '%s'", i ? "," : "", item->id);
	}
	return fail_item(id, why->str, error);
}

/* Puts every id of the list into the set `wanted`. */
static bool collect_ids(const struct plan *plan, const char *ids, GHashTable *wanted, GError **error)
{
	g_auto(GStrv) list = g_strsplit_set(ids ? ids : "", ",\n", -1);

	for (char **id = list; *id; id++) {
		const struct plan_item *item;

		g_strstrip(*id);
		if (!**id)
			continue;
		item = find_item(plan, *id);
		if (!item)
			return fail_unknown_item(plan, *id, error);
		g_hash_table_add(wanted, (gpointer)item);
	}
	return true;
}

static bool check_item(const struct plan_item *item, bool remove, bool keep, GError **error)
{
	if (remove && item->refused) {
		g_autofree char *why = g_strdup_printf("can not be removed: %s", item->refused);

		return fail_item(item->id, why, error);
	}
	if (keep && item->required)
		return fail_item(item->id, "can not be kept: it always goes", error);
	if (keep && remove)
		return fail_item(item->id, "is in --remove and in --keep", error);
	return true;
}

char *cli_plan_choose(
        const struct plan *plan, const char *remove, const char *keep, bool all_storage, GError **error)
{
	g_autoptr(GHashTable) removed = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) kept = g_hash_table_new(NULL, NULL);
	g_autoptr(GString) ids = g_string_new(NULL);

	if (!collect_ids(plan, remove, removed, error) || !collect_ids(plan, keep, kept, error))
		return NULL;
	for (unsigned i = 0; i < plan->items->len; i++) {
		const struct plan_item *item = plan->items->pdata[i];
		bool asked = g_hash_table_contains(removed, item);
		bool spared = g_hash_table_contains(kept, item);
		bool goes = asked || item->required || (item->chosen && !spared && !item->refused) ||
		            (all_storage && is_storage(item) && !spared && !item->refused);

		if (!check_item(item, asked, spared, error))
			return NULL;
		if (goes)
			g_string_append_printf(ids, "%s%s", ids->len ? "\n" : "", item->id);
	}
	return g_strdup(ids->str);
}

char *cli_plan_all(const struct plan *plan)
{
	GString *ids = g_string_new(NULL);

	for (unsigned i = 0; i < plan->items->len; i++) {
		const struct plan_item *item = plan->items->pdata[i];

		if (!item->refused)
			g_string_append_printf(ids, "%s%s", ids->len ? "\n" : "", item->id);
	}
	return g_string_free(ids, FALSE);
}

static bool is_chosen(const char *ids, const char *id)
{
	g_auto(GStrv) list = g_strsplit(ids ? ids : "", "\n", -1);

	return g_strv_contains((const char *const *)list, id);
}

static void append_item(GString *text, const struct plan_item *item, bool goes)
{
	const char *does = plan_does_word(goes ? item->does : PLAN_KEEP);

	g_string_append_printf(text, "  %-6s  %s  [%s]", does, item->what, item->id);
	if (item->path && *item->path)
		g_string_append_printf(text, "  %s", item->path);
	if (item->note && *item->note)
		g_string_append_printf(text, "  (%s)", item->note);
	if (item->refused)
		g_string_append_printf(text, "  %s: %s", item->does == PLAN_REMOVE ? "can not be removed" : "refused",
		        item->refused);
	g_string_append_c(text, '\n');
}

char *cli_plan_text(const struct plan *plan, const char *ids)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < plan->items->len; i++) {
		const struct plan_item *item = plan->items->pdata[i];

		append_item(text, item, is_chosen(ids, item->id));
	}
	for (unsigned i = 0; i < plan->notes->len; i++)
		g_string_append_printf(text, "  %s\n", (const char *)plan->notes->pdata[i]);
	if (plan->diff && *plan->diff)
		g_string_append_printf(text, "%s%s", plan->diff, g_str_has_suffix(plan->diff, "\n") ? "" : "\n");
	return g_string_free(text, FALSE);
}

json_object *cli_plan_json(const struct plan *plan, const char *ids)
{
	json_object *object = json_object_new_object();
	json_object *items = json_object_new_array();
	json_object *notes = json_object_new_array();

	for (unsigned i = 0; i < plan->items->len; i++) {
		const struct plan_item *item = plan->items->pdata[i];
		json_object *one = json_object_new_object();

		json_add_string(one, "id", item->id);
		json_add_string(one, "what", item->what);
		json_add_string(one, "path", item->path && *item->path ? item->path : NULL);
		json_add_string(one, "note", item->note);
		json_add_string(one, "refused", item->refused);
		json_add_bool(one, "required", item->required);
		json_add_string(one, "does", plan_does_word(is_chosen(ids, item->id) ? item->does : PLAN_KEEP));
		json_add_bool(one, "remove", item->does == PLAN_REMOVE && is_chosen(ids, item->id));
		json_object_array_add(items, one);
	}
	for (unsigned i = 0; i < plan->notes->len; i++)
		json_object_array_add(notes, json_object_new_string(plan->notes->pdata[i]));
	json_add_string(object, "refused", plan->refused);
	json_object_object_add(object, "items", items);
	json_object_object_add(object, "notes", notes);
	json_add_string(object, "diff", plan->diff);
	return object;
}
