/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The app: its parts, what views may ask of it, and who is told of what.
 * Drawing, keys, actions and the loop have files of their own. Main thread.
 */
#include "app.h"

#include <string.h>

#include "app_graphics.h"
#include "app_private.h"
#include "dialog.h"
#include "kept_screens.h"
#include "nvirt/text.h"
#include "saved.h"

#define FRESH_US (950 * G_TIME_SPAN_MILLISECOND)
#define OLD_US (3 * G_TIME_SPAN_SECOND)
#define WHOLE_US (4 * G_TIME_SPAN_SECOND)

/* ---- life ------------------------------------------------------------------- */

void app_init_regions(struct app *app, const struct options *options, int rows, int cols,
        const struct view_ops *const regions[REGION_N])
{
	memset(app, 0, sizeof(*app));
	app->options = options;
	app->store = store_new();
	app->refresh_ms = options->refresh_ms ? options->refresh_ms : 2000;
	app->focus = REGION_TREE;
	app->modals = g_ptr_array_new();
	theme_init_builtin(&app->theme);
	canvas_init(&app->canvas, rows, cols, options->ascii);
	for (int i = 0; i < REGION_N; i++)
		if (regions[i])
			app->regions[i] = regions[i]->create(app);
	app_redraw(app);
}

void app_init(struct app *app, const struct options *options, int rows, int cols)
{
	const struct view_ops *const regions[REGION_N] = {
	        [REGION_HEADER] = &header_view,
	        [REGION_TREE] = &tree_view,
	        [REGION_CONTENT] = &content_view,
	        [REGION_TASKS] = &tasklog_view,
	};
	app_init_regions(app, options, rows, cols, regions);
}

void app_fini(struct app *app)
{
	app_filter_stop(app);
	app_range_end(app, true);
	app_plan_drop(app);
	app_edit_drop(app);
	while (app->modals->len > 0)
		app_pop_modal(app);
	g_ptr_array_free(app->modals, TRUE);
	for (int i = 0; i < REGION_N; i++)
		if (app->regions[i])
			app->regions[i]->ops->destroy(app->regions[i]);
	g_free(app->last_virsh);
	g_clear_pointer(&app->recent, g_ptr_array_unref);
	kept_screens_free(app->kept_screens);
	app_graphics_free(app);
	if (app->hot)
		g_array_unref(app->hot);
	canvas_fini(&app->canvas);
	theme_fini(&app->theme);
	saved_free(app);
	store_free(app->store);
}

gint64 app_now_us(const struct app *app)
{
	return app->held_us ? app->held_us : g_get_monotonic_time();
}

/* ---- what changed ----------------------------------------------------------- */

void app_redraw(struct app *app)
{
	app->dirty = true;
	app->whole_us = app_now_us(app);
	for (int i = 0; i < REGION_N; i++)
		if (app->regions[i])
			app->regions[i]->dirty = true;
	for (guint i = 0; i < app->modals->len; i++)
		((struct view *)app->modals->pdata[i])->dirty = true;
}

bool app_needs_draw(const struct app *app)
{
	bool dirty = app->dirty;
	for (int i = 0; i < REGION_N; i++)
		dirty |= app->regions[i] && (app->regions[i]->dirty || app->regions[i]->moved);
	for (guint i = 0; i < app->modals->len; i++)
		dirty |= ((struct view *)app->modals->pdata[i])->dirty;
	return dirty;
}

static void tell(struct app *app, unsigned changes)
{
	for (int i = 0; i < REGION_N; i++)
		if (app->regions[i] && app->regions[i]->ops->update)
			app->regions[i]->ops->update(app->regions[i], changes);
	for (guint i = 0; i < app->modals->len; i++) {
		struct view *modal = app->modals->pdata[i];
		if (modal->ops->update)
			modal->ops->update(modal, changes);
	}
}

/* Times and ages move on; where new figures have just been drawn, so have they. */
void app_tick(struct app *app)
{
	gint64 now_us = app_now_us(app);

	if (now_us - app->fresh_us < FRESH_US)
		return;
	app->dirty = true;
	/* Ages of what is old stand everywhere; else only a running task's time, and what tells seconds. */
	if (now_us - app->fresh_us >= OLD_US || now_us - app->whole_us >= WHOLE_US)
		app_redraw(app);
	else
		tell(app, CHANGE_STATS | (store_tasks_running(app->store) ? CHANGE_TASKS : 0));
}

/*
 * A sample came. Views whose figures are what they were need not draw; all of it
 * does from time to time, for coarse times and sparklines, and when figures were
 * shown as old before.
 */
static void app_fresh(struct app *app)
{
	gint64 now_us = app_now_us(app);

	if (now_us - app->fresh_us >= OLD_US || now_us - app->whole_us >= WHOLE_US)
		app_redraw(app);
	app->fresh_us = now_us;
}

/* What was open has gone: its neighbour in the tree, or its host, takes its place. */
static void follow_open(struct app *app)
{
	if (app->open.kind == OBJ_NONE || store_has(app->store, &app->open))
		return;
	struct view *tree = app->regions[REGION_TREE];
	struct obj_ref ref = {.kind = OBJ_NONE};
	if (tree && tree->ops->selected && tree->ops->selected(tree, &ref) && store_has(app->store, &ref)) {
		app_open(app, &ref);
		return;
	}
	const struct host *host = store_host(app->store, app->open.host);
	if (!host && store_host_count(app->store) > 0)
		host = store_host_at(app->store, 0);
	ref = host ? host->ref : (struct obj_ref){.kind = OBJ_NONE};
	app_open(app, &ref);
}

void app_changed(struct app *app, unsigned changes)
{
	if (!changes)
		return;
	/* A sample alone changes neither titles nor what can be done. */
	app->dirty |= changes != CHANGE_STATS;
	if (changes & CHANGE_STATS)
		app_fresh(app);
	tell(app, changes);
	if (changes & (CHANGE_LIST | CHANGE_HOST))
		follow_open(app);
	if (changes & CHANGE_PLAN)
		app_plan_came(app);
	if (changes & CHANGE_TASKS)
		app_edit_look(app);
	if (changes & (CHANGE_TASKS | CHANGE_HOST))
		app_leftovers_look(app);
}

void app_message(struct app *app, struct msg *msg)
{
	if (msg->type == MSG_EDIT && msg->edit)
		app_edit_answer(app, g_steal_pointer(&msg->edit));
	if (msg->type == MSG_PICTURE) {
		kept_screens_came(app->kept_screens, msg);
		app_redraw(app);
	}
	struct view *content = app->regions[REGION_CONTENT];
	if ((msg->type == MSG_SERIAL || msg->type == MSG_SCREEN) && content && content->ops->message)
		content->ops->message(content, msg);
	app_changed(app, store_apply(app->store, msg, app_now_us(app), g_get_real_time()));
}

void app_resize(struct app *app, int rows, int cols)
{
	canvas_resize(&app->canvas, rows, cols);
	app_redraw(app);
}

void app_compute_layout(const struct app *app, struct layout *layout)
{
	struct view *view = app->regions[app->focus], *inner = view && view->ops->inner ? view->ops->inner(view) : NULL;
	struct layout_wish wish = {
	        .tree_cols = app->tree_cols, .task_rows = app->task_rows, .bare = inner && inner->ops->bare};
	layout_compute_with(layout, app->canvas.rows, app->canvas.cols, app->focus, app->zoomed, &wish);
}

/* ---- services --------------------------------------------------------------- */

struct view *app_focused_view(const struct app *app)
{
	if (app->modals->len > 0)
		return app->modals->pdata[app->modals->len - 1];
	return app->regions[app->focus];
}

bool app_selected(struct app *app, struct obj_ref *ret_ref)
{
	struct view *view = app->regions[app->focus];
	struct view *inner = view && view->ops->inner ? view->ops->inner(view) : NULL;
	struct view *const chain[] = {inner, view};
	for (gsize i = 0; i < G_N_ELEMENTS(chain); i++)
		/* A row that is no object (a group) is not to be taken for what is open. */
		if (chain[i] && chain[i]->ops->selected && chain[i]->ops->selected(chain[i], ret_ref))
			return ret_ref->kind != OBJ_NONE;
	if (app->open.kind == OBJ_NONE)
		return false;
	*ret_ref = app->open;
	return true;
}

static void show_in(struct view *view, const struct obj_ref *ref)
{
	if (!view)
		return;
	/* Itself knows whether that changes anything but its cursor. */
	if (view->ops->set_object)
		view->ops->set_object(view, ref);
	else
		view->dirty = true;
}

void app_open(struct app *app, const struct obj_ref *ref)
{
	/* The tree moves its cursor there, which may ask to open what it then stands on. */
	if (app->opening)
		return;
	app->opening = true;
	if (!obj_ref_equal(&app->open, ref))
		app->back = (struct obj_ref){.kind = OBJ_NONE};
	app->open = *ref;
	app->dirty = true;
	show_in(app->regions[REGION_TREE], ref);
	show_in(app->regions[REGION_CONTENT], ref);
	if (app->regions[REGION_HEADER])
		app->regions[REGION_HEADER]->dirty = true;
	app->opening = false;
}

void app_open_inside(struct app *app, const struct obj_ref *ref)
{
	struct obj_ref from = app->open;

	app_open(app, ref);
	if (!obj_ref_equal(&from, &app->open))
		app->back = from;
}

void app_go_back(struct app *app)
{
	struct obj_ref ref = app->back;

	app->back = (struct obj_ref){.kind = OBJ_NONE};
	if (ref.kind == OBJ_NONE || !store_has(app->store, &ref)) {
		app_notice(app, LEVEL_INFO, "there is no list to go back to: this was opened from the tree");
		return;
	}
	app_open(app, &ref);
	app_focus(app, REGION_CONTENT);
}

void app_focus(struct app *app, enum region region)
{
	if (region == REGION_HEADER || region >= REGION_N || !app->regions[region] || region == app->focus)
		return;
	app_filter_stop(app);
	app->focus = region;
	app_redraw(app);
}

void app_notice(struct app *app, enum level level, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	g_autofree char *text = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_autofree char *clean = text_clean(text, -1);
	store_set_notice(app->store, level, clean, app_now_us(app));
	app_changed(app, CHANGE_NOTICE);
}

void app_push_modal(struct app *app, struct view *view)
{
	app_filter_stop(app);
	g_ptr_array_add(app->modals, view);
	app_redraw(app);
}

void app_pop_modal(struct app *app)
{
	if (app->modals->len == 0)
		return;
	struct view *view = app->modals->pdata[app->modals->len - 1];
	g_ptr_array_set_size(app->modals, (gint)app->modals->len - 1);
	view->ops->destroy(view);
	app_redraw(app);
}

void app_show_text(struct app *app, const char *title, const char *text)
{
	app_push_modal(app,
	        dialog_new(app, &(struct dialog_options){.kind = DIALOG_TEXT, .title = title, .text = text}));
}

void app_show_task(struct app *app, const char *task_id)
{
	if (store_task(app->store, task_id))
		app_push_modal(app, taskview_new(app, task_id));
}

void app_switch_uri(struct app *app, unsigned host, const char *uri)
{
	const struct host *old = store_host(app->store, host);
	bool readonly = old ? old->readonly_asked : app->options->readonly;
	struct host *added = store_add_host(app->store, uri, readonly);
	struct obj_ref ref = added->ref;
	if (app->backend) {
		backend_add_host(app->backend, added->id, uri, readonly);
		backend_remove_host(app->backend, host);
	}
	store_remove_host(app->store, host);
	app_changed(app, CHANGE_HOST | CHANGE_LIST);
	app_open(app, &ref);
}

static void quit_answered(struct app *app, bool yes, void *data)
{
	(void)data;
	app->quitting = yes;
}

void app_quit(struct app *app)
{
	unsigned running = store_tasks_running(app->store);
	if (running == 0) {
		app->quitting = true;
		return;
	}
	g_autofree char *text = g_strdup_printf(
	        "%u task%s of yours still run%s. libvirt goes on with what it was asked for, but nobody watches it "
	        "then: the task log will show %s as interrupted.",
	        running, running == 1 ? "" : "s", running == 1 ? "s" : "", running == 1 ? "it" : "them");
	app_push_modal(app, dialog_new(app, &(struct dialog_options){.kind = DIALOG_ASK,
	                                            .title = "Quit nvirt?",
	                                            .text = text,
	                                            .yes = "Quit",
	                                            .danger = true,
	                                            .done = quit_answered}));
}

void app_peel(struct app *app)
{
	struct view *view = app_filter_view(app);
	g_autoptr(GArray) marks = store_marks(app->store, OBJ_NONE);
	if (app->range) {
		app_range_end(app, false);
	} else if (view && *app_filter(app)) {
		view->ops->set_filter(view, "");
	} else if (marks->len > 0) {
		store_clear_marks(app->store);
	} else {
		app->zoomed = false;
		/* A notice that was read may go. */
		if (store_notice(app->store))
			store_set_notice(app->store, LEVEL_INFO, "", app_now_us(app));
	}
	app_redraw(app);
}
