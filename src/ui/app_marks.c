/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Marks: one, all listed turned round, and a range that follows the cursor as
 * in vim. It knows lists by view_ops.row() only: what is folded or filtered
 * away is not marked by chance. Main thread.
 */
#include "app_private.h"

struct mark_range {
	struct view *view; /* borrowed; only compared */
	struct obj_ref anchor;
	GArray *before; /* struct obj_ref: what was marked when it began */
};

/* The list that the keys go to; NULL = the focused region is none. */
static struct view *focused_list(const struct app *app)
{
	struct view *view = app->regions[app->focus];
	struct view *inner = view && view->ops->inner ? view->ops->inner(view) : NULL;
	if (inner && inner->ops->row)
		return inner;
	return view && view->ops->row ? view : NULL;
}

static bool kind_markable(const struct obj_ref *ref)
{
	return ref->kind == OBJ_GUEST || ref->kind == OBJ_POOL || ref->kind == OBJ_VOLUME || ref->kind == OBJ_NETWORK ||
	       ref->kind == OBJ_SNAPSHOT;
}

/* What the cursor is on. A row that stands for no object (a guest's present state) marks none, though actions know one. */
static bool markable(struct app *app, struct obj_ref *ret_ref)
{
	struct view *view = focused_list(app);
	struct obj_ref row;
	if (view && view->ops->row(view, view->ops->cursor(view), &row) && row.kind == OBJ_NONE)
		return false;
	return app_selected(app, ret_ref) && kind_markable(ret_ref);
}

/* ---- the range -------------------------------------------------------------- */

void app_range_end(struct app *app, bool keep)
{
	struct mark_range *range = g_steal_pointer(&app->range);
	if (!range)
		return;
	if (!keep) {
		store_clear_marks(app->store);
		for (guint i = 0; i < range->before->len; i++)
			store_set_mark(app->store, &g_array_index(range->before, struct obj_ref, i), true);
	}
	g_array_unref(range->before);
	g_free(range);
	app_redraw(app);
}

/* The rows from the anchor to the cursor, both with it; false when the anchor is not listed any more. */
static bool range_rows(const struct mark_range *range, unsigned *ret_first, unsigned *ret_last)
{
	unsigned cursor = range->view->ops->cursor(range->view);
	struct obj_ref ref;
	for (unsigned i = 0; range->view->ops->row(range->view, i, &ref); i++) {
		if (!obj_ref_equal(&ref, &range->anchor))
			continue;
		*ret_first = MIN(i, cursor);
		*ret_last = MAX(i, cursor);
		return true;
	}
	return false;
}

void app_range_follow(struct app *app)
{
	struct mark_range *range = app->range;
	unsigned i, last;
	struct obj_ref ref;
	if (!range)
		return;
	if (app->modals->len > 0 || app->filter || focused_list(app) != range->view ||
	        !range_rows(range, &i, &last)) {
		app_range_end(app, true);
		return;
	}
	store_clear_marks(app->store);
	for (guint j = 0; j < range->before->len; j++)
		store_set_mark(app->store, &g_array_index(range->before, struct obj_ref, j), true);
	for (; i <= last && range->view->ops->row(range->view, i, &ref); i++)
		if (ref.kind == range->anchor.kind)
			store_set_mark(app->store, &ref, true);
	app_redraw(app);
}

void app_mark_range(struct app *app, unsigned count)
{
	struct view *view = focused_list(app);
	struct obj_ref ref;
	(void)count;
	if (app->range) {
		app_range_end(app, true);
		return;
	}
	if (!view || !markable(app, &ref))
		return;
	app->range = g_new0(struct mark_range, 1);
	*app->range = (struct mark_range){view, ref, store_marks(app->store, OBJ_NONE)};
}

/* ---- one and all ------------------------------------------------------------ */

void app_mark(struct app *app, unsigned count)
{
	struct obj_ref ref;
	if (app->range) {
		app_range_end(app, true);
		return;
	}
	for (unsigned i = 0; i < MAX(count, 1); i++) {
		if (!markable(app, &ref))
			return;
		store_set_mark(app->store, &ref, !store_marked(app->store, &ref));
		struct view *view = app_focused_view(app);
		if (view->ops->key)
			view->ops->key(view, K_DOWN, 0);
	}
	app_redraw(app);
}

static guint ref_hash(gconstpointer ref)
{
	return obj_ref_hash(ref);
}

static gboolean ref_equal(gconstpointer a, gconstpointer b)
{
	return obj_ref_equal(a, b);
}

/* A guest with two tags is listed twice, and is turned round once. */
void app_mark_invert(struct app *app, unsigned count)
{
	struct view *view = focused_list(app);
	struct obj_ref selected, ref;
	(void)count;
	if (!view || !markable(app, &selected))
		return;
	g_autoptr(GHashTable) done = g_hash_table_new_full(ref_hash, ref_equal, g_free, NULL);
	for (unsigned i = 0; view->ops->row(view, i, &ref); i++)
		if (ref.kind == selected.kind && g_hash_table_add(done, g_memdup2(&ref, sizeof(ref))))
			store_set_mark(app->store, &ref, !store_marked(app->store, &ref));
	app_redraw(app);
}
