/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt self-test`: do the table of actions, the operations of the back end
 * and the command line's own tables agree? Calls no host.
 */
#include "cli.h"
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

int cli_self_test(struct cli *cli)
{
	char *(*const checks[])(void) = {action_self_test, check_ops, check_actions, check_self_test};
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
