/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A definition edited from the command line: see cli_edit.h. Its texts hold passwords: they are masked and wiped. */
#include "cli_edit.h"

#include <string.h>
#include <unistd.h>

#include "nvirt/diff.h"
#include "nvirt/editor.h"
#include "nvirt/secret.h"
#include "nvirt/text.h"

#define READ_TIMEOUT_US (20 * G_USEC_PER_SEC)

enum { DIFF_CONTEXT = 3 };

struct edit_run {
	struct cli *cli;
	struct cli_session *session;
	const struct action *action;
	GPtrArray *targets;
	struct target *target; /* the only one of them */
	char *base;            /* secret: as it was read last */
	char *wanted;          /* secret: what the editor left */
	struct editor_file *file;
	int code;
};

/* What is to be done next. */
enum next { NEXT_EDIT, NEXT_SHOW, NEXT_STORE, NEXT_STORE_UNCHECKED, NEXT_END };

static bool is_dry(const struct edit_run *run)
{
	return cli_line_flag(&run->cli->line, "dry-run");
}

static void say(const struct edit_run *run, const char *words)
{
	g_autofree char *clean = text_clean_lines(words, -1);

	output_message(&run->cli->out, "%s '%s': %s", run->action->verb, run->target->name, clean);
}

/* ---- the end ---- */

static enum next end(struct edit_run *run, int code)
{
	run->code = code;
	return NEXT_END;
}

static enum next end_and_remove(struct edit_run *run, int code)
{
	editor_file_remove(g_steal_pointer(&run->file));
	return end(run, code);
}

static enum next end_and_keep(struct edit_run *run, int code)
{
	output_message(&run->cli->out, "%s '%s': nothing was stored; your text is kept in %s", run->action->verb,
	        run->target->name, editor_file_path(run->file));
	return end(run, code);
}

/* ---- asking ---- */

/* A question whose answers are letters; without anybody to ask the text is kept. */
static enum next ask(struct edit_run *run, const char *question, const char *letters)
{
	char letter = '\0';

	if (run->cli->yes || !cli_can_ask())
		return end_and_keep(run, EXIT_CODE_FAILED);
	if (cli_ask_letter(run->session, question, letters, &letter) == ANSWER_INTERRUPTED)
		return end_and_keep(run, EXIT_CODE_INTERRUPTED);
	switch (letter) {
	case 'y':
		return NEXT_STORE;
	case 'i':
		return NEXT_STORE_UNCHECKED;
	case 'e':
		return NEXT_EDIT;
	case 'd':
		return end_and_remove(run, EXIT_CODE_FAILED);
	default:
		return end_and_keep(run, EXIT_CODE_FAILED);
	}
}

/* ---- differences ---- */

/* Every password of either text is masked. False: they have the same lines. */
static bool print_diff(const struct edit_run *run, const char *before, const char *after)
{
	g_autoptr(GArray) diff = diff_lines(before, after, DIFF_CONTEXT);

	for (guint i = 0; i < diff->len; i++) {
		char *raw = diff_line_text(&g_array_index(diff, struct diff_line, i));
		g_autofree char *once = secret_mask(raw, before);
		g_autofree char *twice = secret_mask(once, after);
		g_autofree char *clean = text_clean(twice, -1);

		secret_free(raw);
		output_note(&run->cli->out, "%s", clean);
	}
	return diff->len > 0;
}

static enum next show_changes(struct edit_run *run)
{
	const struct guest *guest = store_guest(run->session->store, &run->target->ref);

	if (!print_diff(run, run->base, run->wanted))
		output_note(&run->cli->out, "(only blank ends of the text differ)");
	if (guest && guest_state_active(guest->state))
		output_note(&run->cli->out, "The running guest takes them up at its next start.");
	if (is_dry(run))
		return end_and_keep(run, EXIT_CODE_OK);
	if (run->cli->yes)
		return NEXT_STORE;
	return ask(run, "Store these changes? [y] yes, [e] edit again, [d] drop, else keep the text and leave: ", "yed");
}

/* ---- editing ---- */

/* Takes what the editor left. */
static enum next edit(struct edit_run *run)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *failure = NULL;
	int status = 0;

	if (!editor_wait(editor_file_path(run->file), &status, &error)) {
		say(run, error->message);
		return end_and_keep(run, EXIT_CODE_FAILED);
	}
	failure = editor_failure(status);
	secret_free(run->wanted);
	run->wanted = editor_file_read(run->file, &error);
	if (failure)
		output_message(&run->cli->out, "the editor (%s) %s", editor_command(), failure);
	if (error)
		say(run, error->message);
	if (run->wanted && g_str_equal(run->wanted, run->base)) {
		say(run, "nothing was changed");
		return end_and_remove(run, failure ? EXIT_CODE_FAILED : EXIT_CODE_OK);
	}
	if (failure || error)
		return ask(run, "[e] edit again, [d] drop, else keep the text and leave: ", "ed");
	return NEXT_SHOW;
}

/* ---- storing ---- */

static enum next stored(struct edit_run *run, const char *now)
{
	g_autoptr(GArray) diff = now ? diff_lines(run->wanted, now, DIFF_CONTEXT) : NULL;

	if (diff && diff->len > 0) {
		say(run, "libvirt has written these lines in its own way, or left them out:");
		print_diff(run, run->wanted, now);
	}
	return end_and_remove(run, EXIT_CODE_OK);
}

/* What they changed is shown; the next look is at mine against theirs. */
static enum next changed_meanwhile(struct edit_run *run, char *theirs)
{
	say(run, "somebody else has changed the definition meanwhile. This is what they changed:");
	print_diff(run, run->base, theirs);
	secret_free(run->base);
	run->base = theirs;
	if (run->cli->yes || !cli_can_ask())
		return end_and_keep(run, EXIT_CODE_FAILED);
	say(run, "and this is yours against theirs:");
	return NEXT_SHOW;
}

static enum next refused(struct edit_run *run, const struct edit_answer *answer)
{
	/* The task's message is one line; the schema's words are more. */
	if (answer && answer->text && strchr(answer->text, '\n'))
		output_note(&run->cli->out, "%s", answer->text);
	if (answer && answer->outcome == EDIT_INVALID)
		return ask(run, "[e] edit again, [i] store without validation: libvirt drops what it does not know, [d] drop, "
		                "else keep the text and leave: ", "eid");
	return ask(run, "[e] edit again, [d] drop, else keep the text and leave: ", "ed");
}

static enum next store_it(struct edit_run *run, bool validate)
{
	struct edit_answer *answer;
	enum next next;
	int code;

	g_clear_pointer(&run->session->edit, edit_answer_free);
	run->target->edit = edit_new(++run->session->edits, run->base, run->wanted, validate);
	run->target->ended = false;
	g_clear_pointer(&run->target->task_id, g_free);
	code = cli_run(run->cli, run->session, run->action, run->targets);
	answer = g_steal_pointer(&run->session->edit);
	if (answer && answer->outcome == EDIT_DEFINED)
		next = stored(run, answer->xml);
	else if (code == EXIT_CODE_INTERRUPTED)
		next = end_and_keep(run, code);
	else if (answer && answer->outcome == EDIT_CHANGED)
		next = changed_meanwhile(run, g_steal_pointer(&answer->xml));
	else
		next = refused(run, answer);
	edit_answer_free(answer);
	return next;
}

/* ---- reading ---- */

static bool answered(struct cli_session *session, void *data)
{
	const struct host *host = store_host_at(session->store, 0);

	(void)data;
	return session->edit || host->status->link == HOST_LOST || host->status->link == HOST_FAILED;
}

/* The definition into a file. An exit code. */
static int read_base(struct edit_run *run)
{
	gint64 deadline_us = g_get_monotonic_time() + READ_TIMEOUT_US;
	g_autoptr(GError) error = NULL;
	struct edit_answer *answer;

	backend_read_definition(run->session->backend, &run->target->ref, run->target->name, ++run->session->edits);
	if (cli_session_wait(run->session, answered, NULL, -1, deadline_us) == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	answer = g_steal_pointer(&run->session->edit);
	if (answer && answer->outcome == EDIT_READ) {
		run->base = g_steal_pointer(&answer->xml);
		run->file = editor_file_new(run->target->name, run->base, &error);
	}
	if (!run->base)
		cli_report_refused(run->cli, run->action, run->target,
		        answer && answer->text ? answer->text : "its definition did not come");
	else if (!run->file)
		cli_report_refused(run->cli, run->action, run->target, error->message);
	edit_answer_free(answer);
	return run->file ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

/* ---- all together ---- */

static void work(struct edit_run *run)
{
	enum next next = NEXT_EDIT;

	for (;;) {
		switch (next) {
		case NEXT_EDIT:
			next = edit(run);
			break;
		case NEXT_SHOW:
			next = show_changes(run);
			break;
		case NEXT_STORE:
			next = store_it(run, true);
			break;
		case NEXT_STORE_UNCHECKED:
			next = store_it(run, false);
			break;
		case NEXT_END:
			return;
		}
	}
}

int cli_edit(struct cli *cli, struct cli_session *session, const struct action *action, GPtrArray *targets)
{
	struct edit_run run = {.cli = cli, .session = session, .action = action, .targets = targets,
	        .target = targets->pdata[0]};

	run.code = read_base(&run);
	if (run.code == EXIT_CODE_OK)
		work(&run);
	editor_file_keep(run.file);
	secret_free(run.base);
	secret_free(run.wanted);
	return run.code;
}

int cli_edit_check(struct cli *cli, const struct action *action)
{
	bool named = g_getenv("VISUAL") || g_getenv("EDITOR");

	if (!isatty(STDIN_FILENO) && !named)
		return cli_usage_error(cli, action->verb,
		        "%s: there is no terminal to edit on, and $VISUAL or $EDITOR names no program that needs none",
		        action->verb);
	if (cli->yes || cli_line_flag(&cli->line, "dry-run") || cli_can_ask())
		return EXIT_CODE_OK;
	return cli_usage_error(cli, action->verb,
	        "%s asks before it stores, and there is no terminal to ask on: give --yes", action->verb);
}
