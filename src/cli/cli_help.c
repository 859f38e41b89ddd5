/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Help and usage of the verbs, made from the tables; the self-test of the tables.
 *
 * Pure but for `nvirt help` and `nvirt self-test`, which print.
 */
#include <string.h>

#include "cli.h"
#include "cli_resolve.h"
#include "nvirt/text.h"

#define HELP_COLUMN 26

const struct cli_verb *cli_verb_by_name(const char *name)
{
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		if (g_str_equal(verb->name, name))
			return verb;
	for (const struct cli_verb *verb = cli_hidden_verbs; verb->name; verb++)
		if (g_str_equal(verb->name, name))
			return verb;
	return NULL;
}

bool cli_action_usable(const struct action *action)
{
	return !(action->flags & ACTION_LOCAL);
}

static void nearer(const char *fold, const char *name, unsigned *best, const char **ret_name)
{
	unsigned far = cli_edit_distance(fold, name, 2);

	/* "shutd" is near to "shutdown", though it lacks three letters. */
	if (far > 2 && strlen(fold) >= 3 && g_str_has_prefix(name, fold))
		far = 2;
	if (far < *best) {
		*best = far;
		*ret_name = name;
	}
}

const char *cli_near_verb(const char *word)
{
	g_autofree char *clean = text_clean(word, -1);
	g_autofree char *fold = text_fold(clean);
	const char *near = NULL;
	unsigned best = 3;

	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		nearer(fold, verb->name, &best, &near);
	for (unsigned i = 0; i < action_count; i++)
		if (cli_action_usable(&action_table[i]))
			nearer(fold, action_table[i].verb, &best, &near);
	return near;
}

static void append_row(GString *text, const char *left, const char *right)
{
	int used = text_columns(left) + 2;

	g_string_append_printf(text, "  %s", left);
	if (used >= HELP_COLUMN - 1)
		g_string_append_printf(text, "\n%*s%s\n", HELP_COLUMN, "", right);
	else
		g_string_append_printf(text, "%*s%s\n", HELP_COLUMN - used, "", right);
}

char *cli_help_verbs(void)
{
	static const struct {
		enum obj_kind kind;
		const char *title;
	} groups[] = {{OBJ_GUEST, "Guests"}, {OBJ_SNAPSHOT, "Snapshots"}, {OBJ_POOL, "Storage pools"}, {OBJ_VOLUME, "Volumes"},
	        {OBJ_NETWORK, "Networks"}, {OBJ_HOST, "Host"}, {OBJ_TASK, "Tasks"}};
	GString *text = g_string_new("Look:\n");

	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		append_row(text, verb->name, verb->help);
	for (unsigned group = 0; group < G_N_ELEMENTS(groups); group++) {
		bool titled = false;

		for (unsigned i = 0; i < action_count; i++) {
			const struct action *action = &action_table[i];

			if (action->kind != groups[group].kind || !cli_action_usable(action))
				continue;
			if (!titled)
				g_string_append_printf(text, "\n%s:\n", groups[group].title);
			titled = true;
			append_row(text, action->verb, action->help);
		}
	}
	g_string_append(text, "\n'nvirt help VERB' shows a verb's words and options.\n");
	return g_string_free(text, FALSE);
}

static bool in_group(const char *verb, const char *word)
{
	gsize len = strlen(word);

	return strncmp(verb, word, len) == 0 && verb[len] == '-' && verb[len + 1];
}

char *cli_help_group(const char *word)
{
	g_autofree char *clean = text_clean(word, -1);
	GString *text = g_string_new(NULL);
	bool some = false;

	g_string_append_printf(text, "Verbs of 'nvirt %s':\n", clean);
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		if (in_group(verb->name, word)) {
			append_row(text, verb->name + strlen(word) + 1, verb->help);
			some = true;
		}
	for (unsigned i = 0; i < action_count; i++)
		if (cli_action_usable(&action_table[i]) && in_group(action_table[i].verb, word)) {
			append_row(text, action_table[i].verb + strlen(word) + 1, action_table[i].help);
			some = true;
		}
	g_string_append_printf(text, "\n'nvirt help %s VERB' shows a verb's words and options.\n", clean);
	return g_string_free(text, !some);
}

char *cli_two_word_verb(const char *first, const char *second)
{
	g_autofree char *joined = g_strdup_printf("%s-%s", first, second);
	const struct action *action = action_by_verb(joined);

	if (cli_verb_by_name(joined) || (action && cli_action_usable(action)))
		return g_steal_pointer(&joined);
	return NULL;
}

static void append_array(GArray *all, const struct cli_option *options)
{
	for (; options->name; options++)
		g_array_append_val(all, *options);
}

struct cli_option *cli_action_options(const struct action *action)
{
	GArray *all = g_array_new(TRUE, TRUE, sizeof(struct cli_option));

	append_array(all, cli_options_action);
	if (action->flags & ACTION_PICK)
		append_array(all, cli_options_plan);
	append_array(all, cli_options_common);
	return (struct cli_option *)g_array_free(all, FALSE);
}

static void append_options(GString *text, const struct cli_option *options)
{
	for (; options->name; options++) {
		g_autofree char *letter =
		        options->letter ? g_strdup_printf("-%c, ", options->letter) : g_strdup("");
		g_autofree char *left = g_strdup_printf("%s--%s%s%s", letter, options->name,
		        options->value ? " " : "", options->value ? options->value : "");

		append_row(text, left, options->help);
	}
}

const char *cli_param_value_word(const struct param *param)
{
	switch (param->type) {
	case PARAM_STRING:
	case PARAM_TEXT:
		return "TEXT";
	case PARAM_BOOL:
		return NULL;
	case PARAM_CHOICE:
		return param->choices;
	case PARAM_SECONDS:
		return "SECONDS";
	case PARAM_NUMBER:
		return "NUMBER";
	case PARAM_SIZE:
		return "SIZE";
	case PARAM_PATH:
		return "PATH";
	case PARAM_NAME:
		return "NAME";
	}
	return NULL;
}

static void append_param(GString *text, const struct param *param)
{
	const char *value = cli_param_value_word(param);
	bool on = param->type == PARAM_BOOL && g_strcmp0(param->fallback, "yes") == 0;
	g_autofree char *left = value ? g_strdup_printf("--%s %s", param->name, value)
	                              : g_strdup_printf(on ? "--no-%s" : "--%s", param->name);
	g_autofree char *help = g_strdup(param->help ? param->help : param->title);
	g_autofree char *right = NULL;

	if (g_str_has_suffix(help, "."))
		help[strlen(help) - 1] = '\0';

	if (param->required)
		right = g_strdup_printf("%s (needed)", help);
	else if (value && param->fallback && *param->fallback)
		right = g_strdup_printf("%s (%s)", help, param->fallback);
	else
		right = g_strdup_printf(on ? "%s (this switches it off)" : "%s", help);
	if (param->type == PARAM_CHOICE && param->fallback && !param->required) {
		g_autofree char *longer = g_strdup_printf("%s; '--%s X' is also '--X'", right, param->name);
		append_row(text, left, longer);
		return;
	}
	append_row(text, left, right);
}

static void append_object_word(GString *text, const struct action *action)
{
	g_autofree char *word = g_ascii_strup(obj_kind_word(action->kind), -1);

	if (action->kind == OBJ_HOST)
		return;
	if (action->kind == OBJ_VOLUME)
		g_string_append(text, " POOL/VOLUME");
	else if (action->kind == OBJ_SNAPSHOT)
		g_string_append(text, " GUEST SNAPSHOT");
	else
		g_string_append_printf(text, " %s", word);
	if (action->flags & ACTION_BULK)
		g_string_append(text, "...");
}

/* Needed parameters stand after the object; of a bulk verb, whose words are all objects, they are options. */
char *cli_action_usage(const struct action *action)
{
	bool bulk = action->flags & ACTION_BULK;
	GString *text = g_string_new(NULL);

	for (const struct param *param = action->params; param && param->name; param++) {
		if (bulk && param->required)
			g_string_append_printf(text, " --%s %s", param->name, cli_param_value_word(param));
	}
	append_object_word(text, action);
	for (const struct param *param = action->params; param && param->name; param++) {
		g_autofree char *word = g_ascii_strup(param->name, -1);

		if (!bulk && param->required)
			g_string_append_printf(text, " %s", word);
		else if (!bulk && param->propose)
			g_string_append_printf(text, " [%s]", word);
	}
	return g_string_free(text, FALSE);
}

char *cli_virsh_command(const struct action *action, const char *name, bool placeholder)
{
	const char *at = action->virsh ? strstr(action->virsh, "%s") : NULL;
	g_autofree char *word = placeholder ? g_ascii_strup(name, -1) : g_shell_quote(name);

	if (!at)
		return g_strdup(action->virsh);
	return g_strdup_printf("%.*s%s%s", (int)(at - action->virsh), action->virsh, word, at + 2);
}

char *cli_help_action(const struct action *action)
{
	g_autofree struct cli_option *options = cli_action_options(action);
	g_autofree char *usage = cli_action_usage(action);
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "Usage: nvirt %s [OPTION...]%s\n\n%s\n", action->verb, usage, action->help);
	if (action->consequence)
		g_string_append_printf(text, "%s\n", action->consequence);
	if (action->virsh) {
		g_autofree char *virsh = cli_virsh_command(action, obj_kind_word(action->kind), true);

		g_string_append_printf(text, "The same in virsh: %s\n", virsh);
	}
	if (action->params && action->params->name)
		g_string_append(text, "\nParameters:\n");
	for (const struct param *param = action->params; param && param->name; param++)
		append_param(text, param);
	g_string_append(text, "\nOptions:\n");
	append_options(text, options);
	return g_string_free(text, FALSE);
}

char *cli_help_verb(const struct cli_verb *verb)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "Usage: nvirt %s [OPTION...]%s%s\n\n%s\n\nOptions:\n", verb->name,
	        *verb->usage ? " " : "", verb->usage, verb->help);
	append_options(text, verb->options);
	append_options(text, cli_options_common);
	return g_string_free(text, FALSE);
}

int cli_help(struct cli *cli)
{
	GPtrArray *words = cli->line.words;
	const char *first = words->len ? words->pdata[0] : NULL;
	g_autofree char *joined = words->len > 1 ? cli_two_word_verb(first, words->pdata[1]) : NULL;
	const char *word = joined ? joined : first;
	const struct cli_verb *verb = word ? cli_verb_by_name(word) : NULL;
	const struct action *action = word ? action_by_verb(word) : NULL;
	g_autofree char *text = NULL;

	if (!word)
		text = cli_help_verbs();
	else if (verb)
		text = cli_help_verb(verb);
	else if (action && cli_action_usable(action))
		text = cli_help_action(action);
	else
		text = cli_help_group(word);
	if (!text) {
		g_autofree char *clean = text_clean(word, -1);

		return cli_usage_error(cli, NULL, "there is no verb '%s'", clean);
	}
	return output_text(&cli->out, text) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}
