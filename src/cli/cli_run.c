/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From checked targets to reported results.
 *
 * Main thread. Results for people go to stderr; with --json one object a task
 * goes to stdout, as it ends.
 */
#include "cli_run.h"

#include "nvirt/text.h"

#define PROGRESS_EVERY_US (G_USEC_PER_SEC / 10)
#define LOOK_EVERY_US G_USEC_PER_SEC

struct run {
	struct cli *cli;
	const struct action *action;
	GPtrArray *targets;
	gint64 progress_us; /* when it was last drawn */
	gint64 lost_us;     /* since when nothing but lost hosts' tasks is left; 0 = not so */
	bool failed;
};

void target_free(struct target *target)
{
	g_free(target->name);
	args_free(target->args);
	edit_free(target->edit);
	g_free(target->task_id);
	plan_free(target->plan);
	g_free(target->goes);
	g_free(target);
}

void cli_report_refused(
        struct cli *cli, const struct action *action, const struct target *target, const char *why)
{
	output_message(&cli->out, "%s '%s': refused: %s", action->verb, target->name, why);
	if (!cli->out.json)
		return;
	g_autoptr(json_object) object = json_object_new_object();
	json_add_string(object, "verb", action->verb);
	json_add_string(object, "kind", obj_kind_word(action->kind));
	json_add_string(object, "object", target->name);
	json_add_string(object, "state", "refused");
	json_add_string(object, "message", why);
	output_json(&cli->out, object, false);
}

static void submit(struct run *run, struct cli_session *session, unsigned at)
{
	struct target *target = run->targets->pdata[at];
	struct task *task = action_task(
	        run->action, session->store, &target->ref, g_get_monotonic_time(), g_get_real_time());
	char *told = cli_detached_id(at, run->targets->len);

	if (told) {
		g_free(task->id);
		task->id = told;
	}
	struct op_request *request =
	        action_request(run->action, session->store, &target->ref, target->args, task->id);

	target->task_id = g_strdup(task->id);
	request->edit = g_steal_pointer(&target->edit);
	backend_submit(session->backend, request);
	store_add_task(session->store, task);
}

static void report(struct run *run, const struct target *target, const struct task *task)
{
	struct output *out = &run->cli->out;
	bool good = task->state == TASK_OK || task->state == TASK_WARNING;
	const char *message = task->message && *task->message ? task->message : NULL;
	char span[32];

	run->failed |= !good;
	cli_task_span(task, g_get_real_time(), span, sizeof(span));
	g_autofree char *line = g_strdup_printf("%s '%s': %s (%s)%s%s", task->verb, target->name,
	        task_state_word(task->state), span, message ? ": " : "", message ? message : "");
	if (!out->json || !good)
		output_message(out, "%s", line);
	if (!out->json)
		return;
	g_autoptr(json_object) object = cli_task_json(task);
	run->failed |= !output_json(out, object, false);
}

static char *progress_of(const struct task *task)
{
	GString *text = g_string_new(NULL);
	char span[32], done[32], total[32];

	cli_task_span(task, g_get_real_time(), span, sizeof(span));
	g_string_append_printf(text, "%s '%s': %s", task->verb, task->object, task_state_word(task->state));
	if (task->progress >= 0)
		g_string_append_printf(text, " %d%%", (int)(task->progress * 100));
	if (task->total_bytes) {
		text_format_bytes(done, sizeof(done), task->done_bytes);
		text_format_bytes(total, sizeof(total), task->total_bytes);
		g_string_append_printf(text, " (%s of %s)", done, total);
	}
	g_string_append_printf(text, ", %s", span);
	if (task->message && *task->message)
		g_string_append_printf(text, ": %s", task->message);
	return g_string_free(text, FALSE);
}

/* The first task that runs stands for all; how many are left is said before it. */
static void draw_progress(struct run *run, const struct cli_session *session)
{
	const struct task *first = NULL;
	unsigned ended = 0;
	gint64 now_us = g_get_monotonic_time();

	if (!run->cli->out.stderr_tty || now_us < run->progress_us + PROGRESS_EVERY_US)
		return;
	run->progress_us = now_us;
	for (unsigned i = 0; i < run->targets->len; i++) {
		const struct target *target = run->targets->pdata[i];
		const struct task *task = store_task(session->store, target->task_id);

		ended += target->ended;
		if (task && !target->ended && (!first || first->state == TASK_QUEUED))
			first = task;
	}
	if (!first)
		return;
	g_autofree char *words = progress_of(first);
	g_autofree char *line =
	        run->targets->len > 1 ? g_strdup_printf("[%u of %u done] %s", ended, run->targets->len, words)
	                              : g_steal_pointer(&words);
	output_progress(&run->cli->out, line);
}

/* Reports what has ended since; true when nothing is left. */
static bool step(struct cli_session *session, void *data)
{
	struct run *run = data;
	bool all = true;

	for (unsigned i = 0; i < run->targets->len; i++) {
		struct target *target = run->targets->pdata[i];
		const struct task *task = target->ended ? NULL : store_task(session->store, target->task_id);

		if (task && task_state_ended(task->state)) {
			report(run, target, task);
			target->ended = true;
		}
		all &= target->ended;
	}
	if (!all)
		draw_progress(run, session);
	return all;
}

/* Every task that is left hangs on a host that was lost, and has for longer than a connection may take. */
static bool given_up(struct run *run, const struct cli_session *session)
{
	gint64 now_us = g_get_monotonic_time();

	for (unsigned i = 0; i < run->targets->len; i++) {
		const struct target *target = run->targets->pdata[i];
		const struct task *task = store_task(session->store, target->task_id);

		if (!target->ended && task && task->state != TASK_UNKNOWN) {
			run->lost_us = 0;
			return false;
		}
	}
	if (!run->lost_us) {
		run->lost_us = now_us;
		output_message(&run->cli->out, "the connection was lost: waiting for the host to come back");
	}
	return now_us - run->lost_us > session->connect_timeout_us;
}

static void ask_abort(struct run *run, struct cli_session *session)
{
	bool any = false;

	for (unsigned i = 0; i < run->targets->len; i++) {
		const struct target *target = run->targets->pdata[i];
		struct task *task = store_task(session->store, target->task_id);

		if (target->ended || !task)
			continue;
		if (task->state != TASK_QUEUED && !task->abortable)
			continue;
		task->abort_asked = true;
		backend_abort(session->backend, task->id);
		any = true;
	}
	output_message(&run->cli->out, "%s; Ctrl-C again leaves it running on the host",
	        any ? "asked for the abort" : "it can not be aborted");
}

static void tell_left(struct run *run, const struct cli_session *session, const char *how)
{
	for (unsigned i = 0; i < run->targets->len; i++) {
		const struct target *target = run->targets->pdata[i];
		const struct task *task = store_task(session->store, target->task_id);

		if (target->ended || !task)
			continue;
		run->failed = true;
		output_message(&run->cli->out, "%s '%s': %s", task->verb, target->name, how);
		if (!run->cli->out.json)
			continue;
		g_autoptr(json_object) object = cli_task_json(task);
		output_json(&run->cli->out, object, false);
	}
}

static int run_to_the_end(struct run *run, struct cli_session *session)
{
	for (;;) {
		enum cli_wait wait =
		        cli_session_wait(session, step, run, -1, g_get_monotonic_time() + LOOK_EVERY_US);

		if (wait == WAIT_DONE)
			break;
		if (wait == WAIT_INTERRUPTED && session->interrupts >= INTERRUPTS_LEAVE) {
			tell_left(run, session, "left behind: its host goes on with it");
			break;
		}
		if (wait == WAIT_INTERRUPTED)
			ask_abort(run, session);
		else if (given_up(run, session)) {
			tell_left(run, session, "unknown: its host did not come back");
			break;
		}
	}
	output_progress(&run->cli->out, NULL);
	if (session->interrupts)
		return EXIT_CODE_INTERRUPTED;
	return run->failed ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

int cli_run(struct cli *cli, struct cli_session *session, const struct action *action, GPtrArray *targets)
{
	/* What is done at once shows its result only. */
	struct run run = {
	        .cli = cli, .action = action, .targets = targets, .progress_us = g_get_monotonic_time()};

	for (unsigned i = 0; i < targets->len; i++)
		submit(&run, session, i);
	return run_to_the_end(&run, session);
}
