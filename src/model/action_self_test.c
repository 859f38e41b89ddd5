/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table's invariants: what the compiler can not check, checked by a test at every build. Pure. */
#include "action_private.h"

#include <string.h>

/* Keys that mean the same everywhere; no row may take them. */
static const char *const global_keys[] = {"j", "k", "h", "l", "g", "G", "/", "?", ":", "q", "Tab", "S-Tab",
        "Space", "*", "n", "N", "v", "V", "+", "_", "[", "]", "1", "2", "3", "4", "t", "y", "C-l", "C-r",
        "C-z", "C-c", "F1", "F10", "Esc", "Enter", "Up", "Down", "Left", "Right", "Home", "End", "PgUp",
        "PgDn", "R", NULL};

/* NULL, or what is wrong with the row: a literal. */
typedef const char *row_rule(const struct action *action);

static bool is_word(const char *text)
{
	return text && *text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text) &&
	       *text != '-' && strlen(text) <= 24;
}

static bool is_sentence(const char *text)
{
	return text && g_ascii_isupper(*text) && g_str_has_suffix(text, ".") && !strchr(text, '\n');
}

static const char *words_rule(const struct action *action)
{
	if (!is_word(action->verb))
		return "its verb is no word of a-z, 0-9 and '-'";
	if (!action->title || !*action->title)
		return "it has no title";
	if (!is_sentence(action->help))
		return "its help is no full sentence";
	if (action->kind == OBJ_NONE || action->kind >= OBJ_N)
		return "it acts on nothing";
	return NULL;
}

static const char *key_rule(const struct action *action)
{
	if (!action->key)
		return NULL;
	/* The same key does it for whatever is selected; the row gives it its place in menus and help. */
	if (strcmp(action->verb, "reconnect") == 0)
		return NULL;
	if (g_strv_contains(global_keys, action->key))
		return "its key is a global one";
	if (action->flags & ACTION_DANGEROUS && !g_ascii_isupper(*action->key))
		return "it is dangerous but has no capital key";
	return NULL;
}

static const char *danger_rule(const struct action *action)
{
	if (action->flags & ACTION_DANGEROUS && action->confirm == CONFIRM_NONE)
		return "it is dangerous but asks for no confirmation";
	if (action->confirm == CONFIRM_NAME && !(action->flags & ACTION_DANGEROUS))
		return "it wants the name typed but is not marked dangerous";
	if (action->confirm != CONFIRM_NONE && !is_sentence(action->consequence))
		return "it asks for confirmation but names no consequence";
	if (action->confirm == CONFIRM_NONE && action->consequence)
		return "it names a consequence but never asks";
	return NULL;
}

static const char *flags_rule(const struct action *action)
{
	bool local = action->flags & ACTION_LOCAL;

	if (local != (action->op == OP_NONE))
		return "it must be local or have an operation, not both";
	if (local == !!(action->flags & ACTION_WRITES))
		return "an operation writes, a local row does not";
	if (action->flags & ACTION_OFFLINE && !local)
		return "an operation can not run while its host is away";
	if (action->flags & ACTION_PICK && !(action->flags & ACTION_PLAN))
		return "there is nothing to pick from without a plan";
	if (action->flags & ACTION_PICK && action->flags & ACTION_BULK)
		return "what is picked is of one object";
	return NULL;
}

static const char *virsh_rule(const struct action *action)
{
	const char *first = action->virsh ? strchr(action->virsh, '%') : NULL;

	if (!action->virsh)
		return NULL;
	if (!g_str_has_prefix(action->virsh, "virsh "))
		return "its equivalent is no virsh command";
	if (action->kind == OBJ_HOST)
		return first ? "its equivalent names an object, but it acts on the host" : NULL;
	if (!first || first[1] != 's' || strchr(first + 1, '%'))
		return "its equivalent must have %s just once";
	return NULL;
}

static bool is_choice(const struct param *param)
{
	g_auto(GStrv) choices = g_strsplit(param->choices ? param->choices : "", "|", -1);

	return param->fallback && g_strv_contains((const char *const *)choices, param->fallback);
}

static const char *param_rule(const struct action *action, const struct param *param)
{
	if (!is_word(param->name) || !param->title || !*param->title || !is_sentence(param->help))
		return "a parameter lacks name, title or help";
	if (param->required && param->fallback)
		return "a required parameter has a default";
	if (param->type == PARAM_CHOICE && !is_choice(param))
		return "a choice does not have its default among its choices";
	if (param->type == PARAM_BOOL && g_strcmp0(param->fallback, "yes") &&
	        g_strcmp0(param->fallback, "no"))
		return "a yes-or-no has no default";
	if (action->flags & ACTION_BULK && (param->type == PARAM_NAME || param->type == PARAM_PATH))
		return "many objects can not share one name or file";
	if (param->current && param->propose)
		return "a parameter has a value of today and a proposed one";
	for (const struct param *other = action->params; other != param; other++)
		if (strcmp(other->name, param->name) == 0)
			return "two parameters have the same name";
	return NULL;
}

static const char *params_rule(const struct action *action)
{
	const char *wrong = NULL;

	for (const struct param *param = action->params; param && param->name && !wrong; param++)
		wrong = param_rule(action, param);
	return wrong;
}

static const char *unique_rule(const struct action *action)
{
	for (const struct action *other = action_table; other != action; other++) {
		if (strcmp(other->verb, action->verb) == 0)
			return "its verb is taken";
		if (other->kind == action->kind && strcmp(other->title, action->title) == 0)
			return "its title is taken";
		if (other->kind == action->kind && action->key && g_strcmp0(other->key, action->key) == 0)
			return "its key is taken";
	}
	return NULL;
}

static char *check_row(const struct action *action)
{
	static row_rule *const rules[] = {words_rule, key_rule, danger_rule, flags_rule, virsh_rule,
	        params_rule, unique_rule};

	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		const char *wrong = rules[i](action);

		if (wrong)
			return g_strdup_printf(
			        "action '%s': %s", action->verb ? action->verb : "(none)", wrong);
	}
	return NULL;
}

static char *check_fixed(void)
{
	for (const struct action_fixed *fixed = action_fixed_table; fixed->verb; fixed++) {
		const struct action *action = action_by_verb(fixed->verb);

		if (!action)
			return g_strdup_printf("fixed argument of '%s', which is no action", fixed->verb);
		for (const struct param *param = action->params; param && param->name; param++)
			if (strcmp(param->name, fixed->name) == 0)
				return g_strdup_printf(
				        "action '%s': '%s' is fixed and asked for", fixed->verb, fixed->name);
	}
	return NULL;
}

/* Every operation can be asked for. */
static char *check_ops(void)
{
	for (unsigned op = OP_NONE + 1; op < OP_N; op++) {
		unsigned i = 0;

		while (i < action_count && action_table[i].op != (enum op)op)
			i++;
		if (i == action_count)
			return g_strdup_printf("no action has %s", op_word((enum op)op));
	}
	return NULL;
}

char *action_self_test(void)
{
	char *wrong = NULL;

	for (unsigned i = 0; i < action_count && !wrong; i++)
		wrong = check_row(&action_table[i]);
	if (!wrong)
		wrong = check_fixed();
	return wrong ? wrong : check_ops();
}
