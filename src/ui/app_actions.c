/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An action on its way: refused with its reason, else parameters, plan,
 * confirmation, and then one task an object. Each step is a dialog that hands
 * the run on; who holds it frees it. Main thread.
 */
#include <string.h>

#include "app_private.h"
#include "dialog.h"
#include "form.h"
#include "nvirt/text.h"

enum { NAMES_SHOWN = 12 };

struct action_run {
	const struct action *action;
	GArray *targets;    /* struct obj_ref; those it can run on */
	GPtrArray *refused; /* char *: "web1: it is off" */
	struct args *args;
	struct view *wait; /* the dialog shown while a plan is made, borrowed */
	struct plan *plan; /* of the targets asked so far */
	guint planned;     /* how many were */
	bool formed;       /* its parameters were typed: going back goes there */
};

static void run_free(void *data)
{
	struct action_run *run = data;
	if (!run)
		return;
	g_array_unref(run->targets);
	g_ptr_array_unref(run->refused);
	args_free(run->args);
	plan_free(run->plan);
	g_free(run);
}

static const struct obj_ref *target(const struct action_run *run, guint i)
{
	return &g_array_index(run->targets, struct obj_ref, i);
}

/* ---- words ------------------------------------------------------------------ */

/* A task has no name of its own in the store: what it does, to what. */
static char *name_of(const struct app *app, const struct obj_ref *ref)
{
	const struct task *task = ref->kind == OBJ_TASK ? store_task(app->store, ref->name) : NULL;
	if (task)
		return g_strdup_printf("%s %s", task->verb, task->object);
	return g_strdup(store_name(app->store, ref));
}

/* " of web1": a snapshot's name alone does not say what is lost. */
static char *owner_words(const struct app *app, const struct obj_ref *ref)
{
	struct obj_ref guest = *ref;
	if (ref->kind != OBJ_SNAPSHOT)
		return g_strdup("");
	guest.kind = OBJ_GUEST;
	guest.name = NULL;
	return g_strdup_printf(" of %s", store_name(app->store, &guest));
}

static char *subject(const struct app *app, const struct action_run *run)
{
	const struct obj_ref *first = target(run, 0);
	const char *kind = obj_kind_word(run->action->kind);
	g_autofree char *owner = owner_words(app, first);
	if (run->targets->len > 1)
		return g_strdup_printf("%u %ss%s", run->targets->len, kind, owner);
	g_autofree char *alone = name_of(app, first);
	g_autofree char *name = g_strconcat(alone, owner, NULL);
	const struct host *host = store_host(app->store, first->host);
	if (!host || first->kind == OBJ_HOST || store_host_count(app->store) < 2)
		return g_strdup_printf("%s %s", kind, name);
	return g_strdup_printf("%s %s on %s", kind, name, host->name);
}

static void append_names(const struct app *app, const struct action_run *run, GString *out)
{
	for (guint i = 0; i < MIN(run->targets->len, NAMES_SHOWN); i++) {
		g_autofree char *name = name_of(app, target(run, i));
		g_string_append_printf(out, "%s%s", i ? ", " : "", name);
	}
	if (run->targets->len > NAMES_SHOWN)
		g_string_append_printf(out, " and %u more", run->targets->len - NAMES_SHOWN);
	g_string_append(out, "\n\n");
}

static void append_refused(const struct action_run *run, GString *out)
{
	if (run->refused->len == 0)
		return;
	g_string_append_printf(out, "\n\n%u left out:", run->refused->len);
	for (guint i = 0; i < MIN(run->refused->len, NAMES_SHOWN); i++)
		g_string_append_printf(out, "\n  %s", (const char *)run->refused->pdata[i]);
	if (run->refused->len > NAMES_SHOWN)
		g_string_append_printf(out, "\n  and %u more", run->refused->len - NAMES_SHOWN);
}

/* What it would be in a shell. */
static void append_virsh(const struct app *app, const struct action_run *run, GString *out)
{
	g_autofree char *virsh = action_virsh(run->action, app->store, target(run, 0));
	if (virsh && run->targets->len == 1)
		g_string_append_printf(out, "\n\nSame as: %s", virsh);
}

static char *question(const struct app *app, const struct action_run *run)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *what = subject(app, run);
	g_string_append_printf(out, "%s %s?\n\n", run->action->title, what);
	if (run->targets->len > 1)
		append_names(app, run, out);
	const char *consequence = run->action->consequence;
	g_string_append(out, consequence ? consequence : run->action->help);
	append_refused(run, out);
	append_virsh(app, run, out);
	return g_strdup(out->str);
}

static void show_refused(struct app *app, const struct action_run *run)
{
	if (run->refused->len == 1) {
		app_notice(app, LEVEL_WARNING, "%s: %s", run->action->title,
		        (const char *)run->refused->pdata[0]);
		return;
	}
	g_autoptr(GString) out = g_string_new("None of the marked objects:\n");
	for (guint i = 0; i < run->refused->len; i++)
		g_string_append_printf(out, "\n  %s", (const char *)run->refused->pdata[i]);
	app_show_text(app, run->action->title, out->str);
}

/* ---- the last step ---------------------------------------------------------- */

static void run_local(struct app *app, const struct action *action, const struct obj_ref *ref)
{
	if (!strcmp(action->verb, "task-abort")) {
		struct task *task = store_task(app->store, ref->name);
		if (task)
			task->abort_asked = true;
		if (task && app->backend)
			backend_abort(app->backend, task->id);
		app_changed(app, CHANGE_TASKS);
		return;
	}
	if (!app->backend)
		return;
	if (!strcmp(action->verb, "disconnect")) {
		backend_disconnect(app->backend, ref->host);
	} else if (!strcmp(action->verb, "connect") || !strcmp(action->verb, "reconnect")) {
		backend_reconnect(app->backend, ref->host);
		/* It may be so quick that nothing else is seen of it. */
		app_notice(app, LEVEL_INFO, "connecting to %s", store_name(app->store, ref));
	}
}

static void submit(struct app *app, const struct action_run *run, const struct obj_ref *ref)
{
	struct task *task =
	        action_task(run->action, app->store, ref, app_now_us(app), g_get_real_time());
	struct op_request *request = action_request(run->action, app->store, ref, run->args, task->id);
	store_add_task(app->store, task);
	if (app->backend)
		backend_submit(app->backend, request);
	else
		op_request_free(request);
}

/* Time has passed in the dialogs: each object is looked at once more. */
static void run_all(struct app *app, struct action_run *run)
{
	unsigned done = 0;
	g_autofree char *last = NULL;
	for (guint i = 0; i < run->targets->len; i++) {
		const struct obj_ref *ref = target(run, i);
		g_autofree char *reason = action_why_not(run->action, app->store, ref);
		if (reason) {
			g_free(last);
			last = g_steal_pointer(&reason);
			continue;
		}
		done++;
		if (run->action->flags & ACTION_LOCAL)
			run_local(app, run->action, ref);
		else if (run->action->flags & ACTION_EDITOR)
			app_edit_start(app, run->action, ref);
		else
			submit(app, run, ref);
		app_note_virsh(app, run->action, ref);
	}
	if (done < run->targets->len)
		app_notice(app, LEVEL_WARNING, "%s: %u left out: %s", run->action->title, run->targets->len - done,
		        last);
	if (run->targets->len > 1)
		store_clear_marks(app->store);
	app_changed(app, CHANGE_TASKS | CHANGE_STATS);
	app_redraw(app);
	run_free(run);
}

static void confirmed(struct app *app, bool yes, void *data)
{
	if (yes)
		run_all(app, data);
	else
		run_free(data);
}

/* What must be typed: the name; where that can not well be typed, the verb. */
static char *word_to_type(const struct app *app, const struct action_run *run)
{
	if (run->targets->len > 1)
		return g_strdup_printf("%s %u", run->action->verb, run->targets->len);
	const char *name = store_name(app->store, target(run, 0));
	bool easy = *name && strlen(name) <= 48;
	for (const char *p = name; *p; p++)
		easy &= g_ascii_isgraph(*p) || (*p == ' ' && p > name && p[1]);
	return g_strdup(easy ? name : run->action->verb);
}

static void confirm(struct app *app, struct action_run *run)
{
	bool ask = run->action->confirm != CONFIRM_NONE || run->targets->len > 1 || run->refused->len > 0;
	if (!ask) {
		run_all(app, run);
		return;
	}
	g_autofree char *text = question(app, run);
	g_autofree char *want = word_to_type(app, run);
	bool typed = run->action->confirm == CONFIRM_NAME;
	app_push_modal(app,
	        dialog_new(app, &(struct dialog_options){.kind = typed ? DIALOG_NAME : DIALOG_ASK,
	                                .title = run->action->title,
	                                .text = text,
	                                .yes = run->action->title,
	                                .want = want,
	                                .danger = run->action->flags & ACTION_DANGEROUS,
	                                .done = confirmed,
	                                .data = run,
	                                .free_data = run_free}));
}

/* ---- the plan --------------------------------------------------------------- */

static void plan_given_up(struct app *app, bool yes, void *data)
{
	(void)yes;
	(void)data;
	/* A plan that still comes is for nobody. */
	app->plan_id++;
	run_free(g_steal_pointer(&app->planned));
}

static void ask_next(struct app *app, struct action_run *run)
{
	app->plan_id++;
	if (!app->backend)
		return;
	struct op_request *request =
	        action_request(run->action, app->store, target(run, run->planned), run->args, "");
	for (guint i = 0; i < run->planned; i++)
		action_plan_after(request, target(run, i));
	backend_plan(app->backend, request, app->plan_id);
}

static void ask_plan(struct app *app, struct action_run *run)
{
	run_free(app->planned);
	app->planned = run;
	run->planned = 0;
	plan_free(g_steal_pointer(&run->plan));
	g_autofree char *what = subject(app, run);
	g_autofree char *text = g_strdup_printf("Looking at what belongs to %s …", what);
	run->wait = dialog_new(app, &(struct dialog_options){.kind = DIALOG_WAIT,
	                                    .title = run->action->title,
	                                    .text = text,
	                                    .done = plan_given_up});
	app_push_modal(app, run->wait);
	ask_next(app, run);
}

static void copy_arg(const char *name, const char *value, void *data)
{
	args_set(data, name, value);
}

static void ask_form(struct app *app, struct action_run *run);

static void plan_chosen(struct app *app, struct args *args, void *data)
{
	struct action_run *run = data;
	if (!args && run->formed)
		ask_form(app, run);
	else if (!args)
		run_free(run);
	if (!args)
		return;
	args_foreach(args, copy_arg, run->args);
	args_free(args);
	confirm(app, run);
}

static bool has_note(const struct plan *plan, const char *note)
{
	for (guint i = 0; i < plan->notes->len; i++)
		if (!strcmp(plan->notes->pdata[i], note))
			return true;
	return false;
}

/* One plan of several: each part says whose it is; what is true of all is said once. */
static void add_to_plan(struct action_run *run, struct plan *more, const char *name)
{
	for (guint i = 0; i < more->items->len; i++) {
		const struct plan_item *from = more->items->pdata[i];
		g_autofree char *what = g_strdup_printf("%s: %s", name, from->what);
		struct plan_item *item = plan_add(run->plan, from->id, what, from->path);
		item->note = g_strdup(from->note);
		item->refused = g_strdup(from->refused);
		item->does = from->does;
		item->chosen = from->chosen;
		item->required = from->required;
	}
	for (guint i = 0; i < more->notes->len; i++)
		if (!has_note(run->plan, more->notes->pdata[i]))
			plan_note(run->plan, "%s", (const char *)more->notes->pdata[i]);
	plan_free(more);
}

/* Takes `plan`: of the next of the targets. One that is refused is left out, with its reason. */
static void take_plan(struct app *app, struct action_run *run, struct plan *plan)
{
	g_autofree char *name = name_of(app, target(run, run->planned));
	if (run->targets->len == 1) {
		run->plan = plan;
		run->planned++;
		return;
	}
	if (!run->plan)
		run->plan = plan_new();
	if (!plan->refused) {
		add_to_plan(run, plan, name);
		run->planned++;
		return;
	}
	g_ptr_array_add(run->refused, g_strdup_printf("%s: %s", name, plan->refused));
	g_array_remove_index(run->targets, run->planned);
	plan_free(plan);
}

static void plan_refused(struct app *app, struct action_run *run, const char *title, const char *why)
{
	/* What was typed is not lost: the form lies below the reason. */
	if (run->formed)
		ask_form(app, run);
	app_show_text(app, title, why);
	if (!run->formed)
		run_free(run);
}

/* The form shows what would come of what is in it. */
static void preview_came(struct app *app)
{
	struct view *form = app->previewed;
	struct plan *plan = form && app_focused_view(app) == form && view_is_form(form)
	                            ? store_take_plan(app->store, app->plan_id)
	                            : NULL;
	if (plan)
		form_say(form, plan);
	plan_free(plan);
}

void app_plan_came(struct app *app)
{
	if (!app->planned) {
		preview_came(app);
		return;
	}
	struct plan *plan = store_take_plan(app->store, app->plan_id);
	if (!plan)
		return;
	struct action_run *run = app->planned;
	take_plan(app, run, plan);
	if (run->planned < run->targets->len) {
		ask_next(app, run);
		return;
	}
	app->planned = NULL;
	if (app_focused_view(app) == run->wait)
		app_pop_modal(app);
	if (run->targets->len == 0) {
		show_refused(app, run);
		run_free(run);
		return;
	}
	g_autofree char *what = subject(app, run);
	g_autofree char *title = g_strdup_printf("%s: %s", run->action->title, what);
	if (run->plan->refused) {
		g_autofree char *why = g_strdup(run->plan->refused);
		plan_refused(app, run, title, why);
		return;
	}
	app_push_modal(app,
	        plan_form_new(app, &(struct plan_form_options){.title = title,
	                                   .plan = g_steal_pointer(&run->plan),
	                                   .pick = run->action->flags & ACTION_PICK,
	                                   .back = run->formed ? "Back" : "Cancel",
	                                   .done = plan_chosen,
	                                   .data = run,
	                                   .free_data = run_free}));
}

void app_plan_drop(struct app *app)
{
	run_free(g_steal_pointer(&app->planned));
}

/* ---- parameters ------------------------------------------------------------- */

static void with_args(struct app *app, struct action_run *run)
{
	if (run->action->flags & ACTION_PLAN)
		ask_plan(app, run);
	else
		confirm(app, run);
}

static void form_filled(struct app *app, struct args *args, void *data)
{
	struct action_run *run = data;
	if (!args) {
		run_free(run);
		return;
	}
	args_free(run->args);
	run->args = args;
	with_args(app, run);
}

static void preview(struct app *app, struct view *form, void *data)
{
	struct action_run *run = data;
	struct args *args = form_args(form);
	app->previewed = form;
	if (args && app->backend)
		backend_plan(app->backend, action_request(run->action, app->store, target(run, 0), args, ""),
		        ++app->plan_id);
	args_free(args);
}

static void ask_form(struct app *app, struct action_run *run)
{
	bool planned = run->action->flags & ACTION_PLAN && run->targets->len == 1;
	run->formed = true;
	app->previewed = NULL;
	g_autofree char *what = run->targets->len > 1 ? subject(app, run) : NULL;
	struct view *form = form_new(app, &(struct form_options){.action = run->action,
	                                          .ref = target(run, 0),
	                                          .what = what,
	                                          .values = run->args,
	                                          .done = form_filled,
	                                          .changed = planned ? preview : NULL,
	                                          .data = run,
	                                          .free_data = run_free});
	app_push_modal(app, form);
	if (planned)
		preview(app, form, run);
}

/*
 * On its key an action runs with the usual values where there are any; the menu
 * asks for them. What has a plan is looked at first anyway, so it asks always.
 */
static bool needs_form(const struct action *action, bool ask)
{
	bool some = false, needed = action->flags & ACTION_PLAN;
	for (const struct param *param = action->params; param && param->name; param++) {
		some |= !param->rare || needed;
		ask |= needed || param->required || !param->fallback;
	}
	return some && ask;
}

static void ask_args(struct app *app, struct action_run *run, bool ask)
{
	if (needs_form(run->action, ask)) {
		ask_form(app, run);
		return;
	}
	g_autoptr(GError) error = NULL;
	if (!action_check_args(run->action, run->args, &error)) {
		app_notice(app, LEVEL_ERROR, "%s: %s", run->action->title, error->message);
		run_free(run);
		return;
	}
	with_args(app, run);
}

/* ---- the first step --------------------------------------------------------- */

static void sort_targets(const struct app *app, struct action_run *run, GArray *refs)
{
	for (guint i = 0; i < refs->len; i++) {
		const struct obj_ref *ref = &g_array_index(refs, struct obj_ref, i);
		g_autofree char *reason = action_why_not(run->action, app->store, ref);
		g_autofree char *name = name_of(app, ref);
		if (!reason)
			g_array_append_val(run->targets, *ref);
		else if (refs->len == 1)
			g_ptr_array_add(run->refused, g_steal_pointer(&reason));
		else
			g_ptr_array_add(run->refused, g_strdup_printf("%s: %s", name, reason));
	}
}

static void start(struct app *app, const struct action *action, const struct obj_ref *ref, bool ask)
{
	struct action_run *run = g_new0(struct action_run, 1);
	run->action = action;
	run->targets = g_array_new(FALSE, FALSE, sizeof(struct obj_ref));
	run->refused = g_ptr_array_new_with_free_func(g_free);
	run->args = args_new();
	g_autoptr(GArray) refs = store_marks(app->store, action->kind);
	if (!(action->flags & ACTION_BULK))
		g_array_set_size(refs, 0);
	if (refs->len == 0)
		g_array_append_val(refs, *ref);
	sort_targets(app, run, refs);
	if (run->targets->len > 0) {
		ask_args(app, run, ask);
		return;
	}
	show_refused(app, run);
	run_free(run);
}

void app_action(struct app *app, const struct action *action, const struct obj_ref *ref)
{
	start(app, action, ref, false);
}

void app_action_form(struct app *app, const struct action *action, const struct obj_ref *ref)
{
	start(app, action, ref, true);
}
