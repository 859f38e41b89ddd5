/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row of the table of actions as a verb: words, objects, refusals, plan,
 * confirmation. What can be refused is refused before anything is done.
 *
 * Main thread.
 */
#include <string.h>

#include "cli.h"
#include "cli_edit.h"
#include "cli_resolve.h"
#include "cli_run.h"
#include "cli_say.h"
#include "nvirt/text.h"

const struct cli_option cli_options_action[] = {
        {"dry-run", 'n', NULL, false, "Say what would be done, and change nothing"},
        {"no-wait", 0, NULL, false, "Leave when it was begun; 'nvirt tasks' says how it goes on"},
        {"wait", 0, NULL, false, "Wait for its end (the default)"},
        {0},
};

const struct cli_option cli_options_plan[] = {
        {"remove", 0, "ID,ID", true, "Remove these, too (--dry-run shows the ids)"},
        {"remove-all-storage", 0, NULL, false, "Remove every disk that may be removed"},
        {"keep", 0, "ID,ID", true, "Keep these"},
        {0},
};

/* One verb under way. */
struct verb {
	struct cli *cli;
	const struct action *action;
	struct cli_session *session;
	GPtrArray *targets; /* struct target *, owned: those that can run */
	bool refused;       /* some were taken out */
};

static bool is_dry(const struct verb *verb)
{
	return cli_line_flag(&verb->cli->line, "dry-run");
}

static struct verb_said said_of(const struct verb *verb)
{
	return (struct verb_said){&verb->cli->out, verb->session->store, verb->action, verb->targets};
}

/* ---- words ---- */

/* Needed ones, and the name of something new, which can be left out. */
static bool is_word(const struct param *param)
{
	return param->required || param->propose;
}

static unsigned count_words(const struct verb *verb)
{
	unsigned words = 0;

	for (const struct param *param = verb->action->params; param && param->name; param++)
		words += is_word(param) && !args_get(verb->cli->line.params, param->name);
	return words;
}

/* Words after the object fill those parameters that were not given as options. */
static void take_params(struct verb *verb, unsigned objects)
{
	GPtrArray *words = verb->cli->line.words;
	unsigned next = objects;

	for (const struct param *param = verb->action->params; param && param->name; param++) {
		if (next >= words->len)
			break;
		if (!is_word(param) || args_get(verb->cli->line.params, param->name))
			continue;
		args_set(verb->cli->line.params, param->name, words->pdata[next++]);
	}
	g_ptr_array_set_size(words, (gint)objects);
}

/* Actions whose parameters all have a value today: without any of them there is nothing to do. */
static bool changes_nothing(const struct verb *verb)
{
	const struct param *param = verb->action->params;

	if (!param || !param->name)
		return false;
	for (; param->name; param++)
		if (!param->current || param->required || args_get(verb->cli->line.params, param->name))
			return false;
	return true;
}

/* A snapshot is named by its guest's name and its own. */
static unsigned object_words(const struct action *action)
{
	return action->kind == OBJ_HOST ? 0 : action->kind == OBJ_SNAPSHOT ? 2 : 1;
}

static int ask_object(const struct verb *verb)
{
	const struct action *action = verb->action;
	bool guest_first = action->kind == OBJ_SNAPSHOT && !verb->cli->line.words->len;

	return cli_usage_error(verb->cli, action->verb, "%s: which %s?", action->verb,
	        guest_first ? "guest and which snapshot of it" : obj_kind_word(action->kind));
}

static int check_words(struct verb *verb)
{
	const struct action *action = verb->action;
	GPtrArray *words = verb->cli->line.words;
	bool bulk = action->flags & ACTION_BULK;
	unsigned objects = object_words(action);
	unsigned most = objects + (bulk ? 0 : count_words(verb));
	g_autoptr(GError) error = NULL;
	struct args *args;
	bool ok;

	if (words->len < objects)
		return ask_object(verb);
	if (words->len > most && !(bulk && objects)) {
		g_autofree char *extra = text_clean(words->pdata[most], -1);

		return cli_usage_error(
		        verb->cli, action->verb, "%s: '%s' is one word too many", action->verb, extra);
	}
	if (!bulk)
		take_params(verb, objects);
	if (changes_nothing(verb))
		return cli_usage_error(
		        verb->cli, action->verb, "%s: nothing to change was given", action->verb);
	args = args_copy(verb->cli->line.params);
	ok = action_check_args(action, args, &error);
	args_free(args);
	if (!ok)
		return cli_usage_error(verb->cli, action->verb, "%s: %s", action->verb, error->message);
	return EXIT_CODE_OK;
}

static int check_asking(struct verb *verb)
{
	const struct action *action = verb->action;

	if (action->flags & ACTION_EDITOR)
		return cli_edit_check(verb->cli, action);
	if (action->confirm == CONFIRM_NONE || verb->cli->yes || is_dry(verb) || cli_can_ask())
		return EXIT_CODE_OK;
	return cli_usage_error(verb->cli, action->verb,
	        "%s asks for confirmation, and there is no terminal to ask on: give --yes", action->verb);
}

/* ---- objects ---- */

static bool is_target(const struct verb *verb, const struct obj_ref *ref)
{
	for (unsigned i = 0; i < verb->targets->len; i++) {
		const struct target *target = verb->targets->pdata[i];

		if (obj_ref_equal(&target->ref, ref))
			return true;
	}
	return false;
}

static void add_target(struct verb *verb, const struct obj_ref *ref)
{
	struct target *target;

	if (is_target(verb, ref))
		return;
	target = g_new0(struct target, 1);
	target->ref = *ref;
	target->name = g_strdup(store_name(verb->session->store, ref));
	target->args = args_copy(verb->cli->line.params);
	/* It was checked with the words; here it fills in the defaults. */
	action_check_args(verb->action, target->args, NULL);
	g_ptr_array_add(verb->targets, target);
}

static bool open_pool_of(struct verb *verb, const struct host *host, const char *word)
{
	const char *slash = strchr(word, '/');
	g_autofree char *pool = slash ? g_strndup(word, (gsize)(slash - word)) : g_strdup(word);
	struct obj_ref ref;

	return !cli_resolve(host, OBJ_POOL, pool, &ref, NULL) ||
	       cli_session_open(verb->session, &ref) != WAIT_INTERRUPTED;
}

/* The first word is the guest, whose list must be read to know the others. */
static int resolve_snapshots(struct verb *verb, const struct host *host)
{
	GPtrArray *words = verb->cli->line.words;
	g_autoptr(GError) error = NULL;
	struct obj_ref ref;
	const struct guest *guest;
	int code = EXIT_CODE_OK;

	if (!cli_resolve(host, OBJ_GUEST, words->pdata[0], &ref, &error)) {
		output_message(&verb->cli->out, "%s", error->message);
		return EXIT_CODE_FAILED;
	}
	if (cli_session_snapshots(verb->session, &ref) == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	guest = store_guest(verb->session->store, &ref);
	if (!guest || !guest->snapshots) {
		output_message(&verb->cli->out, "the snapshots of '%s' could not be read",
		        store_name(verb->session->store, &ref));
		return EXIT_CODE_FAILED;
	}
	for (unsigned i = 1; i < words->len; i++) {
		g_autoptr(GError) unknown = NULL;

		if (cli_resolve_snapshot(guest, words->pdata[i], &ref, &unknown)) {
			add_target(verb, &ref);
			continue;
		}
		output_message(&verb->cli->out, "%s", unknown->message);
		code = EXIT_CODE_FAILED;
	}
	return code;
}

static bool is_end_of(const char *word, const char *id)
{
	for (unsigned level = 0; level < TASK_ID_ENDS; level++)
		if (g_str_equal(word, task_id_end(id, level)))
			return true;
	return false;
}

/* By its id, by the end of it that 'nvirt tasks' shows, or by any other end. */
static bool resolve_task(struct verb *verb, const char *word, struct obj_ref *ret_ref, GError **error)
{
	const struct task *task, *shown = NULL, *other = NULL;
	g_autofree char *clean = text_clean(word, -1);
	unsigned shown_n = 0, other_n = 0;

	for (unsigned i = 0; *word && (task = store_task_at(verb->session->store, i)); i++) {
		if (is_end_of(word, task->id)) {
			shown = task;
			shown_n++;
		} else if (g_str_has_suffix(task->id, word)) {
			other = task;
			other_n++;
		}
	}
	const struct task *found = shown_n == 1 ? shown : !shown_n && other_n == 1 ? other : NULL;
	if (!found) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		        shown_n + other_n ? "the ids of several tasks end in '%s': give more of it, as 'nvirt tasks' shows it"
		                          : "there is no task '%s'; 'nvirt tasks' shows their ids",
		        clean);
		return false;
	}
	*ret_ref = (struct obj_ref){.kind = OBJ_TASK, .host = found->ref.host, .name = g_intern_string(found->id)};
	return true;
}

static bool resolve(struct verb *verb, const struct host *host, const char *word, struct obj_ref *ret_ref, GError **error)
{
	if (verb->action->kind == OBJ_TASK)
		return resolve_task(verb, word, ret_ref, error);
	return cli_resolve(host, verb->action->kind, word, ret_ref, error);
}

/* All of them or none: a mistyped name must not leave half of a list done. */
static int resolve_targets(struct verb *verb)
{
	const struct host *host = store_host_at(verb->session->store, 0);
	GPtrArray *words = verb->cli->line.words;
	int code = EXIT_CODE_OK;

	if (verb->action->kind == OBJ_HOST)
		add_target(verb, &host->ref);
	if (verb->action->kind == OBJ_SNAPSHOT)
		return resolve_snapshots(verb, host);
	if (verb->action->kind == OBJ_TASK)
		cli_read_tasks(verb->session);
	for (unsigned i = 0; i < words->len; i++) {
		g_autoptr(GError) error = NULL;
		struct obj_ref ref;

		if (verb->action->kind == OBJ_VOLUME && !open_pool_of(verb, host, words->pdata[i]))
			return EXIT_CODE_INTERRUPTED;
		if (resolve(verb, host, words->pdata[i], &ref, &error)) {
			add_target(verb, &ref);
			continue;
		}
		output_message(&verb->cli->out, "%s", error->message);
		code = EXIT_CODE_FAILED;
	}
	return code;
}

/* What mends a connection that is read-only without having been asked for. */
static void advise_readonly(const struct verb *verb)
{
	const struct host *host = store_host_at(verb->session->store, 0);

	if (!host->status->readonly || verb->cli->readonly)
		return;
	if (host->status->advice)
		output_note(&verb->cli->out, "  %s", host->status->advice);
	if (host->status->command)
		output_note(&verb->cli->out, "  command: %s", host->status->command);
}

static void drop_refused(struct verb *verb)
{
	bool before = verb->refused;

	for (unsigned i = 0; i < verb->targets->len;) {
		const struct target *target = verb->targets->pdata[i];
		g_autofree char *why = action_why_not(verb->action, verb->session->store, &target->ref);

		if (!why) {
			i++;
			continue;
		}
		cli_report_refused(verb->cli, verb->action, target, why);
		verb->refused = true;
		g_ptr_array_remove_index(verb->targets, i);
	}
	if (verb->refused && !before)
		advise_readonly(verb);
}

/* ---- plan ---- */

static struct op_request *make_request(const struct verb *verb, const struct target *target)
{
	return action_request(verb->action, verb->session->store, &target->ref, target->args, NULL);
}

static bool choose(struct verb *verb, struct target *target)
{
	const struct cli_line *line = &verb->cli->line;
	g_autoptr(GError) error = NULL;

	if (!(verb->action->flags & ACTION_PICK)) {
		target->goes = cli_plan_all(target->plan);
		return true;
	}
	target->goes = cli_plan_choose(target->plan, cli_line_value(line, "remove"),
	        cli_line_value(line, "keep"), cli_line_flag(line, "remove-all-storage"), &error);
	if (target->goes)
		args_set(target->args, "remove", target->goes);
	else
		cli_report_refused(verb->cli, verb->action, target, error->message);
	return target->goes;
}

static int make_plan(struct verb *verb, unsigned at)
{
	struct target *target = verb->targets->pdata[at];
	struct op_request *request = make_request(verb, target);
	enum cli_wait wait;

	for (unsigned i = 0; i < at; i++)
		action_plan_after(request, &((const struct target *)verb->targets->pdata[i])->ref);
	target->plan = cli_session_plan(verb->session, request, &wait);
	if (!target->plan)
		return wait == WAIT_INTERRUPTED ? EXIT_CODE_INTERRUPTED : EXIT_CODE_FAILED;
	if (!target->plan->refused)
		return choose(verb, target) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
	cli_report_refused(verb->cli, verb->action, target, target->plan->refused);
	return EXIT_CODE_FAILED;
}

/* The operation looks again in any case: what nobody is shown or asked about is not looked at twice. */
static bool goes_on_alone(const struct verb *verb)
{
	return cli_line_flag(&verb->cli->line, "no-wait") && !cli_line_flag(&verb->cli->line, "wait") &&
	       !cli_is_detached();
}

/* What nobody waits for is refused here, where somebody reads it. */
static bool needs_plan(const struct verb *verb)
{
	const struct action *action = verb->action;

	return action->flags & ACTION_PLAN
	       && (is_dry(verb) || goes_on_alone(verb) || action->flags & ACTION_PICK || action->confirm != CONFIRM_NONE);
}

static int make_plans(struct verb *verb)
{
	if (!needs_plan(verb))
		return EXIT_CODE_OK;
	for (unsigned i = 0; i < verb->targets->len;) {
		int code = make_plan(verb, i);

		if (code == EXIT_CODE_INTERRUPTED)
			return code;
		verb->refused |= code != EXIT_CODE_OK;
		if (code == EXIT_CODE_OK)
			i++;
		else
			g_ptr_array_remove_index(verb->targets, i);
	}
	return verb->targets->len ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

/*
 * What was not changed is not sent, so today's values must be here before the
 * request is made: else removing a title would look like leaving it.
 */
static int read_current(struct verb *verb)
{
	for (const struct param *param = verb->action->params; param && param->name; param++) {
		const struct target *target = verb->targets->pdata[0];
		const struct guest *guest;

		if (!param->current || param->required || target->ref.kind != OBJ_GUEST)
			continue;
		if (cli_session_open(verb->session, &target->ref) == WAIT_INTERRUPTED)
			return EXIT_CODE_INTERRUPTED;
		guest = store_guest(verb->session->store, &target->ref);
		if (guest && guest->detail)
			return EXIT_CODE_OK;
		cli_report_refused(verb->cli, verb->action, target, "what it is today could not be read");
		return EXIT_CODE_FAILED;
	}
	return EXIT_CODE_OK;
}

/* A proposal is made of what is known of the object: of a guest its definition and its snapshots. */
static int propose(struct verb *verb)
{
	bool some = false;

	for (const struct param *param = verb->action->params; param && param->name; param++)
		some |= param->propose && !args_get(verb->cli->line.params, param->name);
	for (unsigned i = 0; some && i < verb->targets->len; i++) {
		struct target *target = verb->targets->pdata[i];

		if (target->ref.kind == OBJ_GUEST &&
		        cli_session_snapshots(verb->session, &target->ref) == WAIT_INTERRUPTED)
			return EXIT_CODE_INTERRUPTED;
		action_propose(verb->action, verb->session->store, &target->ref, target->args);
	}
	return EXIT_CODE_OK;
}

/* ---- confirmation ---- */

static enum cli_answer ask(const struct verb *verb)
{
	struct verb_said said = said_of(verb);
	g_autofree char *words = cli_say_question(&said);
	enum cli_answer answer = ANSWER_YES;

	if (verb->action->confirm == CONFIRM_YES)
		return cli_ask_yes(verb->session, words);
	for (unsigned i = 0; i < verb->targets->len && answer == ANSWER_YES; i++) {
		const struct target *target = verb->targets->pdata[i];

		answer = cli_ask_name(verb->session, i ? "" : words, target->name);
	}
	return answer;
}

static int confirm(struct verb *verb)
{
	enum cli_answer answer = ANSWER_YES;

	if (verb->action->confirm != CONFIRM_NONE && !verb->cli->yes)
		answer = ask(verb);
	switch (answer) {
	case ANSWER_YES:
		return EXIT_CODE_OK;
	case ANSWER_NO:
		output_message(&verb->cli->out, "%s: not confirmed, nothing was done", verb->action->verb);
		return EXIT_CODE_FAILED;
	case ANSWER_INTERRUPTED:
		break;
	}
	return EXIT_CODE_INTERRUPTED;
}

/* ---- all together ---- */

static int prepare(struct verb *verb)
{
	int code;

	verb->session->by_state = verb->action->flags & ACTION_BY_STATE;
	code = cli_session_connect(verb->session, verb->action->kind);
	if (code == EXIT_CODE_OK)
		code = resolve_targets(verb);
	if (code != EXIT_CODE_OK)
		return code;
	drop_refused(verb);
	if (!verb->targets->len)
		return EXIT_CODE_FAILED;
	code = propose(verb);
	if (code == EXIT_CODE_OK)
		code = make_plans(verb);
	return code == EXIT_CODE_OK ? read_current(verb) : code;
}

/* Everything was looked at and agreed to: the rest needs nobody. */
static int detach(const struct verb *verb)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) ids = g_new0(char *, verb->targets->len + 1);

	for (unsigned i = 0; i < verb->targets->len; i++)
		ids[i] = task_make_id();
	if (!cli_detach((const char *const *)ids, &error)) {
		output_message(&verb->cli->out, "%s: cannot go on without waiting: %s", verb->action->verb,
		        error->message);
		return EXIT_CODE_FAILED;
	}
	for (unsigned i = 0; i < verb->targets->len; i++) {
		const struct target *target = verb->targets->pdata[i];
		g_autoptr(json_object) object = json_object_new_object();

		output_note(&verb->cli->out, "nvirt: %s '%s': begun as task %s; 'nvirt tasks' says how it goes on",
		        verb->action->verb, target->name, ids[i]);
		json_add_string(object, "verb", verb->action->verb);
		json_add_string(object, "kind", obj_kind_word(verb->action->kind));
		json_add_string(object, "object", target->name);
		json_add_string(object, "id", ids[i]);
		json_add_string(object, "state", "begun");
		if (verb->cli->out.json)
			output_json(&verb->cli->out, object, false);
	}
	return EXIT_CODE_OK;
}

static int act(struct verb *verb)
{
	int code = prepare(verb);

	if (code != EXIT_CODE_OK)
		return code;
	if (verb->action->flags & ACTION_EDITOR)
		return cli_edit(verb->cli, verb->session, verb->action, verb->targets);
	if (is_dry(verb)) {
		struct verb_said said = said_of(verb);

		cli_say_dry(&said);
		return verb->refused ? EXIT_CODE_FAILED : EXIT_CODE_OK;
	}
	code = confirm(verb);
	if (code != EXIT_CODE_OK)
		return code;
	if (goes_on_alone(verb))
		return verb->refused ? (detach(verb), EXIT_CODE_FAILED) : detach(verb);
	/* The world went on while the question stood. */
	cli_session_pump(verb->session);
	drop_refused(verb);
	code = verb->targets->len ? cli_run(verb->cli, verb->session, verb->action, verb->targets)
	                          : EXIT_CODE_FAILED;
	return code == EXIT_CODE_OK && verb->refused ? EXIT_CODE_FAILED : code;
}

static void free_target(gpointer target)
{
	target_free(target);
}

int cli_action(struct cli *cli, const struct action *action)
{
	struct verb verb = {.cli = cli, .action = action};
	int code = check_words(&verb);

	cli->yes |= cli_is_detached();
	if (code == EXIT_CODE_OK)
		code = check_asking(&verb);
	if (code != EXIT_CODE_OK)
		return code;
	verb.session = cli_open_session(cli, action->verb, true, true);
	if (!verb.session)
		return EXIT_CODE_USAGE;
	verb.targets = g_ptr_array_new_with_free_func(free_target);
	code = act(&verb);
	g_ptr_array_unref(verb.targets);
	cli_session_free(verb.session);
	return code;
}
