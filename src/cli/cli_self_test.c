/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt self-test`: do the table of actions, the operations of the back end
 * and the command line's own tables agree? Calls no host.
 */
#include "cli.h"
#include "cli_complete.h"
#include "cli_fields.h"
#include "nvirt/check.h"

/* The first thing that is wrong, owned, or NULL. */
static char *check_ops(void)
{
	for (int op = OP_NONE + 1; op < OP_N; op++)
		if (!backend_op_known(op))
			return g_strdup_printf("the back end has no function for %s", op_word(op));
	return NULL;
}

static char *check_options(const struct action *action)
{
	g_autofree struct cli_option *options = cli_action_options(action);

	for (const struct cli_option *option = options; option->name; option++)
		for (const struct param *param = action->params; param && param->name; param++)
			if (g_str_equal(option->name, param->name))
				return g_strdup_printf("'%s': parameter '%s' hides the option --%s",
				        action->verb, param->name, option->name);
	return NULL;
}

static char *check_actions(void)
{
	for (unsigned i = 0; i < action_count; i++) {
		const struct action *action = &action_table[i];
		bool plan = action->flags & ACTION_PLAN;

		if (cli_verb_by_name(action->verb))
			return g_strdup_printf("'%s' is an action and a built-in verb", action->verb);
		if (plan != backend_op_has_plan(action->op))
			return g_strdup_printf(
			        "'%s': action and back end differ about its plan", action->verb);
		char *wrong = cli_action_usable(action) ? check_options(action) : NULL;
		if (wrong)
			return wrong;
	}
	return NULL;
}

static char *check_record(const struct record *record)
{
	for (const struct field *field = record->fields; field->name; field++) {
		bool nested = field->type == FIELD_LIST || field->type == FIELD_OBJECT;

		if (!*field->name || !field->help || !*field->help)
			return g_strdup_printf("record '%s': a member lacks name or help", record->name);
		if (nested != (field->of != NULL))
			return g_strdup_printf("record '%s': what is '%s' made of?", record->name, field->name);
		for (const struct field *other = record->fields; other != field; other++)
			if (g_str_equal(other->name, field->name))
				return g_strdup_printf("record '%s' has '%s' twice", record->name, field->name);
		char *wrong = nested ? check_record(field->of) : NULL;
		if (wrong)
			return wrong;
	}
	return NULL;
}

/* A document is printed by a verb that there is. */
static char *check_document(const struct document *document)
{
	g_auto(GStrv) words = g_strsplit(document->command, " ", 4);
	g_autofree char *two = words[1] && words[2] ? cli_two_word_verb(words[1], words[2]) : NULL;

	if (g_str_has_prefix(document->command, "nvirt ") && !two && !cli_verb_by_name(words[1]))
		return g_strdup_printf("document '%s' is printed by no verb", document->name);
	return check_record(document->record);
}

static char *check_documents(void)
{
	for (const struct document *document = documents; document->name; document++) {
		char *wrong = check_document(document);

		if (wrong)
			return wrong;
	}
	return NULL;
}

static char *check_letters(const struct cli_option *options, const char *whose)
{
	for (const struct cli_option *option = options; option->name; option++)
		for (const struct cli_option *other = options; other != option; other++)
			if (g_str_equal(other->name, option->name) || (option->letter && other->letter == option->letter))
				return g_strdup_printf("%s has two options --%s", whose, option->name);
	return NULL;
}

/* Completion reads it. */
static bool check_usage(const struct cli_verb *verb)
{
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autoptr(GPtrArray) next = usage_next(verb->usage, none);

	return !*verb->usage || next->len;
}

static char *check_verbs(void)
{
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		g_autofree struct cli_option *options = cli_verb_options(verb);
		char *wrong = check_letters(options, verb->name);

		if (wrong)
			return wrong;
		if (!check_usage(verb))
			return g_strdup_printf("'%s': its usage can not be read", verb->name);
		if (!g_ascii_isupper(*verb->help))
			return g_strdup_printf("'%s': its help is no sentence", verb->name);
	}
	return check_letters(cli_options_program, "nvirt");
}

int cli_self_test(struct cli *cli)
{
	char *(*const checks[])(void) = {action_self_test, check_ops, check_actions, check_verbs, check_documents, check_self_test};
	int code = EXIT_CODE_OK;

	for (unsigned i = 0; i < G_N_ELEMENTS(checks); i++) {
		g_autofree char *wrong = checks[i]();

		if (!wrong)
			continue;
		output_message(&cli->out, "self-test: %s", wrong);
		code = EXIT_CODE_FAILED;
	}
	if (code != EXIT_CODE_OK)
		return code;
	g_autofree char *text =
	        g_strdup_printf("self-test: %u actions, %d operations, %u checks: OK\n", action_count, OP_N - 1, check_count);
	return output_text(&cli->out, text) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}
