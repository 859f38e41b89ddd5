/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volume, Summary: what it is, what it lies on, and who uses it. Main thread. */
#include "look.h"
#include "pane.h"

static void fill(struct pane_view *self)
{
	const struct store *store = self->view.app->store;
	const struct volume *volume = store_volume(store, &self->ref);
	struct obj_ref pool = self->ref;
	struct pane *pane = &self->pane;
	const struct volume_row *row;
	g_autofree char *capacity = NULL, *allocation = NULL;

	if (!volume)
		return;
	row = volume->row;
	pool.kind = OBJ_POOL;
	pool.name = NULL;
	capacity = look_bytes((gint64)row->capacity_bytes);
	allocation = look_bytes((gint64)row->allocation_bytes);
	pane_section(pane, "Volume", false);
	pane_pair(pane, "Name", ROLE_BOLD, row->name);
	pane_pair_opt(pane, "Pool", store_name(store, &pool));
	pane_pair_opt(pane, "Path", row->path);
	pane_pair_opt(pane, "Format", row->format);
	pane_pair(pane, "Size", ROLE_TEXT, capacity);
	pane_pair(pane, "On disk", ROLE_TEXT, allocation);
	pane_section(pane, "Use", false);
	if (row->used_by && *row->used_by)
		pane_pair(pane, "Used by", ROLE_TEXT, row->used_by);
	else
		pane_pair(pane, "Used by", ROLE_DIM, "no guest known");
	if (!row->backing || !*row->backing)
		return;
	pane_pair(pane, "Backing", ROLE_TEXT, row->backing);
	pane_pair_opt(pane, "Format", row->backing_format);
}

static struct view *create(struct app *app)
{
	return pane_view_new(app, &volume_summary_view, sizeof(struct pane_view), fill);
}

const struct view_ops volume_summary_view = {
        .name = "volume-summary",
        .title = "Summary",
        .create = create,
        .destroy = pane_view_destroy,
        .draw = pane_view_draw,
        .key = pane_view_key,
        .mouse = pane_view_mouse,
        .update = pane_view_update,
        .set_object = pane_view_set_object,
};
