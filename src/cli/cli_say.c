/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See cli_say.h. */
#include "cli_say.h"

#include <string.h>

#include "nvirt/text.h"

static void add_arg(const char *name, const char *value, void *data)
{
	json_add_string(data, name, value);
}

static void print_dry_json(const struct verb_said *verb, const struct target *target)
{
	g_autoptr(json_object) object = json_object_new_object();
	json_object *args = json_object_new_object();
	char uuid[37];

	uuid_format(target->ref.uuid, uuid);
	args_foreach(target->args, add_arg, args);
	json_add_bool(object, "dry_run", true);
	json_add_string(object, "verb", verb->action->verb);
	json_add_string(object, "kind", obj_kind_word(target->ref.kind));
	json_add_string(object, "object", target->name);
	json_add_string(object, "uuid", target->ref.kind == OBJ_HOST ? NULL : uuid);
	json_object_object_add(object, "parameters", args);
	json_object_object_add(object, "plan", target->plan ? cli_plan_json(target->plan, target->goes) : NULL);
	output_json(verb->out, object, false);
}

static void append_arg(const char *name, const char *value, void *data)
{
	g_autofree char *clean = text_clean(value, -1);

	if (!g_str_equal(name, "remove"))
		g_string_append_printf(data, "  %s: %s\n", name, clean);
}

static void print_dry_text(const struct verb_said *verb, const struct target *target)
{
	const struct host *host = store_host_at(verb->store, 0);
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_append_printf(text, "would %s %s '%s' on '%s'\n", verb->action->verb,
	        obj_kind_word(target->ref.kind), target->name, host->name);
	args_foreach(target->args, append_arg, text);
	if (target->plan) {
		g_autofree char *plan = cli_plan_text(target->plan, target->goes);

		g_string_append(text, plan);
	}
	output_text(verb->out, text->str);
}

void cli_say_dry(const struct verb_said *verb)
{
	for (unsigned i = 0; i < verb->targets->len; i++) {
		if (verb->out->json)
			print_dry_json(verb, verb->targets->pdata[i]);
		else
			print_dry_text(verb, verb->targets->pdata[i]);
	}
}

char *cli_say_question(const struct verb_said *verb)
{
	const struct host *host = store_host_at(verb->store, 0);
	GString *text = g_string_new(verb->action->title);

	g_string_append_printf(text, " %s", obj_kind_word(verb->action->kind));
	for (unsigned i = 0; i < verb->targets->len; i++) {
		const struct target *target = verb->targets->pdata[i];

		g_string_append_printf(text, "%s '%s'", i ? "," : "", target->name);
	}
	if (verb->action->kind == OBJ_SNAPSHOT) {
		struct obj_ref guest = ((const struct target *)verb->targets->pdata[0])->ref;

		guest.kind = OBJ_GUEST;
		guest.name = NULL;
		g_string_append_printf(text, " of guest '%s'", store_name(verb->store, &guest));
	}
	if (verb->action->kind != OBJ_HOST)
		g_string_append_printf(text, " on '%s'", host->name);
	g_string_append_printf(text, "?\n%s", verb->action->consequence ? verb->action->consequence : "");
	for (unsigned i = 0; i < verb->targets->len; i++) {
		const struct target *target = verb->targets->pdata[i];
		g_autofree char *plan = target->plan ? cli_plan_text(target->plan, target->goes) : NULL;

		if (plan && verb->targets->len > 1)
			g_string_append_printf(text, "\n'%s':", target->name);
		if (plan)
			g_string_append_printf(text, "\n%s", g_strchomp(plan));
	}
	return g_string_free(text, FALSE);
}
