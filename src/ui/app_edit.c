/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A definition on its way through the user's editor: read, edited, looked at,
 * stored, and looked at again. Until it is stored or dropped by the user's own
 * word, what was typed stands in a file, and its name is told. Its texts hold
 * passwords; they live here only, and are wiped. Main thread; one at a time.
 */
#include <string.h>

#include "app_private.h"
#include "dialog.h"
#include "nvirt/editor.h"
#include "nvirt/secret.h"
#include "review.h"

enum { DIFF_CONTEXT = 3 };

struct edit_run {
	const struct action *action;
	struct obj_ref ref;
	char *name;
	unsigned id;                     /* of the answer that is waited for */
	char *base;                      /* secret: as it was read last; NULL while it is read */
	char *wanted;                    /* secret: what the editor left; NULL before */
	struct editor_file *file;
	char *task_id;                   /* while it is being stored */
	struct edit_answer *answer;      /* came before its task had ended */
	struct view *wait;               /* the dialog shown meanwhile, borrowed */
};

/* ---- the end ---------------------------------------------------------------- */

static void run_free(struct edit_run *run)
{
	if (!run)
		return;
	editor_file_keep(run->file);
	secret_free(run->base);
	secret_free(run->wanted);
	edit_answer_free(run->answer);
	g_free(run->name);
	g_free(run->task_id);
	g_free(run);
}

static void end(struct app *app)
{
	run_free(g_steal_pointer(&app->edit));
	app_redraw(app);
}

static void end_and_remove(struct app *app)
{
	editor_file_remove(g_steal_pointer(&app->edit->file));
	end(app);
}

static void end_and_keep(struct app *app, const char *why)
{
	struct edit_run *run = app->edit;
	app_notice(app, LEVEL_WARNING, "%s; your text is kept in %s", why, editor_file_path(run->file));
	end(app);
}

void app_edit_drop(struct app *app)
{
	struct edit_run *run = app->edit;
	/* The terminal was given back before: this line stays in sight. */
	if (run && run->file)
		g_printerr("nvirt: the edited definition of '%s' was not stored; it is kept in %s\n", run->name,
		        editor_file_path(run->file));
	run_free(g_steal_pointer(&app->edit));
}

/* ---- dialogs ---------------------------------------------------------------- */

static char *title_of(const struct edit_run *run, const char *what)
{
	return g_strdup_printf("%s: %s", what, run->name);
}

static void review(struct app *app, const char *what, const char *intro, GPtrArray *lines,
        const struct review_choice *choices, void (*done)(struct app *app, char key, void *data))
{
	g_autofree char *title = title_of(app->edit, what);
	app_push_modal(app, review_new(app, &(struct review_options){.title = title,
	                                            .intro = intro,
	                                            .lines = lines,
	                                            .choices = choices,
	                                            .done = done}));
}

static void waited_enough(struct app *app, bool yes, void *data)
{
	(void)yes;
	(void)data;
	struct edit_run *run = app->edit;
	if (!run)
		return;
	run->wait = NULL;
	if (run->task_id)
		end_and_keep(app, "not waited for: the task log will tell what became of it");
	else
		end(app);
}

static void show_wait(struct app *app, const char *text)
{
	struct edit_run *run = app->edit;
	g_autofree char *title = title_of(run, run->action->title);
	run->wait = dialog_new(app, &(struct dialog_options){.kind = DIALOG_WAIT,
	                                    .title = title,
	                                    .text = text,
	                                    .done = waited_enough});
	app_push_modal(app, run->wait);
}

static void end_wait(struct app *app)
{
	struct edit_run *run = app->edit;
	if (run->wait && app_focused_view(app) == run->wait)
		app_pop_modal(app);
	run->wait = NULL;
}

/* ---- editing ---------------------------------------------------------------- */

static void show_changes(struct app *app);
static void libvirt_refused(struct app *app, const char *words, bool schema);
static void edited(struct app *app, int status, void *data);

static void open_editor(struct app *app)
{
	struct edit_run *run = app->edit;
	g_autoptr(GError) error = NULL;
	if (app_loop_edit(app, editor_file_path(run->file), edited, NULL, &error))
		return;
	app_show_text(app, run->action->title, error->message);
	end_and_keep(app, "the editor could not be started");
}

static void editor_failed_answered(struct app *app, char key, void *data)
{
	(void)data;
	if (key == 'e')
		open_editor(app);
	else if (key == 's' && app->edit->wanted)
		show_changes(app);
	else if (key == 'd')
		end_and_remove(app);
	else
		end_and_keep(app, "not stored");
}

static void editor_failed(struct app *app, const char *failure)
{
	static const struct review_choice with_text[] = {
	        {'e', "Edit again", false}, {'s', "Show the changes", false}, {'d', "Drop", true}, {0}};
	static const struct review_choice without[] = {{'e', "Edit again", false}, {'d', "Drop", true}, {0}};
	g_autofree char *intro = g_strdup_printf("%s\n\nNothing was stored. Your text is in %s", failure,
	        editor_file_path(app->edit->file));
	review(app, "Editor", intro, NULL, app->edit->wanted ? with_text : without, editor_failed_answered);
}

/* Takes what the editor left. */
static void edited(struct app *app, int status, void *data)
{
	(void)data;
	struct edit_run *run = app->edit;
	g_autoptr(GError) error = NULL;
	g_autofree char *failure = editor_failure(status);
	char *text = editor_file_read(run->file, &error);
	secret_free(run->wanted);
	run->wanted = text;
	g_autofree char *words = failure ? g_strdup_printf("The editor (%s) %s.", editor_command(), failure)
	                                 : g_strdup(error ? error->message : NULL);
	if (text && g_str_equal(text, run->base)) {
		app_notice(app, failure ? LEVEL_ERROR : LEVEL_INFO, "%s: %s%snothing was changed", run->name,
		        failure ? words : "", failure ? " " : "");
		end_and_remove(app);
	} else if (words) {
		editor_failed(app, words);
	} else {
		show_changes(app);
	}
}

/* ---- storing ---------------------------------------------------------------- */

static void store_it(struct app *app, bool validate)
{
	struct edit_run *run = app->edit;
	g_autofree char *reason = action_why_not(run->action, app->store, &run->ref);
	if (reason) {
		libvirt_refused(app, reason, false);
		return;
	}
	struct task *task = action_task(run->action, app->store, &run->ref, app_now_us(app), g_get_real_time());
	struct op_request *request = action_request(run->action, app->store, &run->ref, NULL, task->id);
	run->id = ++app->edit_id;
	request->edit = edit_new(run->id, run->base, run->wanted, validate);
	g_free(run->task_id);
	run->task_id = g_strdup(task->id);
	store_add_task(app->store, task);
	show_wait(app, "Storing the definition …");
	backend_submit(app->backend, request);
	app_changed(app, CHANGE_TASKS);
}

/* What all questions about a text that is not stored have in common. */
static void not_stored_answered(struct app *app, char key, void *data)
{
	(void)data;
	switch (key) {
	case 'a':
		store_it(app, true);
		return;
	case 'i':
		store_it(app, false);
		return;
	case 'e':
		open_editor(app);
		return;
	case 's':
		show_changes(app);
		return;
	case 'd':
		end_and_remove(app);
		return;
	default:
		end_and_keep(app, "not stored");
		return;
	}
}

static void show_changes(struct app *app)
{
	static const struct review_choice choices[] = {
	        {'a', "Apply", false}, {'e', "Edit again", false}, {'d', "Drop", true}, {0}};
	const struct edit_run *run = app->edit;
	const struct guest *guest = store_guest(app->store, &run->ref);
	GPtrArray *lines = review_lines_new();
	if (!review_add_diff(lines, run->base, run->wanted, DIFF_CONTEXT))
		review_add_text(lines, ROLE_DIM, "(only blank ends of the text differ)");
	review(app, "Changes",
	        guest && guest_state_active(guest->state)
	                ? "These lines change in the stored definition. The running guest takes them up at its next start."
	                : "These lines change in the stored definition.",
	        lines, choices, not_stored_answered);
}

static void libvirt_refused(struct app *app, const char *words, bool schema)
{
	static const struct review_choice refused[] = {{'e', "Edit again", false}, {'s', "Show the changes", false},
	        {'d', "Drop", true}, {0}};
	static const struct review_choice invalid[] = {{'e', "Edit again", false},
	        {'i', "Apply without validation", true}, {'d', "Drop", true}, {0}};
	GPtrArray *lines = review_lines_new();
	g_autofree char *intro = g_strdup_printf("%s\nYour text is in %s\n",
	        schema ? "It does not fit libvirt's schema; nothing was stored. Without validation libvirt drops "
	                 "what it does not know."
	               : "It was refused; nothing was stored.",
	        editor_file_path(app->edit->file));
	review_add_text(lines, ROLE_CRIT, words ? words : "no reason was given");
	review(app, "Not stored", intro, lines, schema ? invalid : refused, not_stored_answered);
}

/* Takes `theirs`. What they changed is shown; the next look at the changes is against their text. */
static void changed_meanwhile(struct app *app, char *theirs)
{
	static const struct review_choice choices[] = {{'s', "Show mine against theirs", false},
	        {'e', "Edit mine again", false}, {'d', "Drop mine", true}, {0}};
	struct edit_run *run = app->edit;
	GPtrArray *lines = review_lines_new();
	review_add_diff(lines, run->base, theirs, DIFF_CONTEXT);
	secret_free(run->base);
	run->base = theirs;
	g_autofree char *intro =
	        g_strdup_printf("Somebody else has changed the definition while you edited it. Nothing was stored; "
	                        "your text is in %s. This is what they changed:",
	                editor_file_path(run->file));
	review(app, "Changed meanwhile", intro, lines, choices, not_stored_answered);
}

static void seen(struct app *app, char key, void *data)
{
	(void)app;
	(void)key;
	(void)data;
}

static void stored(struct app *app, const char *now)
{
	static const struct review_choice choices[] = {{'c', "Close", false}, {0}};
	struct edit_run *run = app->edit;
	GPtrArray *lines = review_lines_new();
	if (now && review_add_diff(lines, run->wanted, now, DIFF_CONTEXT)) {
		review(app, "Stored",
		        "It is stored. libvirt has written these lines in its own way, or left them out:", lines,
		        choices, seen);
	} else {
		g_ptr_array_unref(lines);
		app_notice(app, LEVEL_INFO, "%s: the definition is stored", run->name);
	}
	end_and_remove(app);
}

/* ---- answers ---------------------------------------------------------------- */

static void came(struct app *app, struct edit_answer *answer)
{
	struct edit_run *run = app->edit;
	g_autoptr(GError) error = NULL;
	run->base = g_steal_pointer(&answer->xml);
	run->file = editor_file_new(run->name, run->base, &error);
	if (run->file) {
		open_editor(app);
		return;
	}
	app_show_text(app, run->action->title, error->message);
	end(app);
}

static void not_read(struct app *app, const char *words)
{
	app_show_text(app, app->edit->action->title, words ? words : "the definition can not be read");
	end(app);
}

/* Takes the answer. */
static void take_answer(struct app *app, struct edit_answer *answer)
{
	struct edit_run *run = app->edit;
	bool reading = !run->base;
	run->id = 0;
	g_clear_pointer(&run->task_id, g_free);
	end_wait(app);
	switch (answer->outcome) {
	case EDIT_READ:
		came(app, answer);
		break;
	case EDIT_DEFINED:
		stored(app, answer->xml);
		break;
	case EDIT_CHANGED:
		changed_meanwhile(app, g_steal_pointer(&answer->xml));
		break;
	case EDIT_INVALID:
		libvirt_refused(app, answer->text, true);
		break;
	case EDIT_REFUSED:
	case EDIT_LOST:
		if (reading)
			not_read(app, answer->text);
		else
			libvirt_refused(app, answer->text, false);
		break;
	}
	edit_answer_free(answer);
}

void app_edit_answer(struct app *app, struct edit_answer *answer)
{
	struct edit_run *run = app->edit;
	if (!run || answer->id != run->id) {
		edit_answer_free(answer);
	} else if (run->task_id) {
		/* While the task still counts as running, another could not be begun. */
		edit_answer_free(run->answer);
		run->answer = answer;
		app_edit_look(app);
	} else {
		take_answer(app, answer);
	}
}

void app_edit_look(struct app *app)
{
	struct edit_run *run = app->edit;
	const struct task *task = run && run->task_id ? store_task(app->store, run->task_id) : NULL;
	if (!task || !task_state_ended(task->state))
		return;
	if (run->answer) {
		take_answer(app, g_steal_pointer(&run->answer));
		return;
	}
	/* Its answer would have come before: it ended without getting so far. */
	g_autofree char *words = g_strdup(task->message);
	run->id = 0;
	g_clear_pointer(&run->task_id, g_free);
	end_wait(app);
	libvirt_refused(app, words, false);
}

/* ---- the first step --------------------------------------------------------- */

void app_edit_start(struct app *app, const struct action *action, const struct obj_ref *ref)
{
	if (app->edit) {
		app_notice(app, LEVEL_WARNING, "another definition is being edited");
		return;
	}
	if (!app->backend || !app->loop)
		return;
	struct edit_run *run = g_new0(struct edit_run, 1);
	run->action = action;
	run->ref = *ref;
	run->name = g_strdup(store_name(app->store, ref));
	run->id = ++app->edit_id;
	app->edit = run;
	show_wait(app, "Reading the definition …");
	backend_read_definition(app->backend, ref, run->name, run->id);
}
