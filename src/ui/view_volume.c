/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volume, Summary: what it is, what it lies on, and who uses it. Main thread. */
#include "look.h"
#include "pane.h"

static void fill_facts(struct pane *pane, const struct volume_row *row, const char *pool)
{
	g_autofree char *capacity = look_bytes(row->unread ? -1 : (gint64)row->capacity_bytes);
	g_autofree char *allocation = look_bytes(row->unread ? -1 : (gint64)row->allocation_bytes);

	pane_section(pane, "Volume", false);
	pane_pair(pane, "Name", ROLE_BOLD, row->name);
	pane_pair_opt(pane, "Pool", pool);
	pane_pair_opt(pane, "Path", row->path);
	pane_pair_opt(pane, "Format", row->format);
	pane_pair(pane, "Size", ROLE_TEXT, capacity);
	pane_pair(pane, "On disk", ROLE_TEXT, allocation);
}

/* "Nobody" is said only when everybody was asked. */
static void fill_users(struct pane *pane, const struct volume_row *row, const struct pool *pool)
{
	bool all = row->users && pool && pool->users_known >= pool->users_total;

	pane_section(pane, "Used by", false);
	for (unsigned i = 0; row->users && i < row->users->len; i++)
		pane_text(pane, ROLE_TEXT, row->users->pdata[i]);
	if (all && !row->users->len)
		pane_text(pane, ROLE_DIM, "No guest, snapshot or image that is known here.");
	if (!row->users)
		pane_text(pane, ROLE_DIM, "Definitions are being read ...");
	else if (!all && pool) {
		g_autofree char *known = g_strdup_printf(
		        "Users are known for %u of %u guests.", pool->users_known, pool->users_total);

		pane_text(pane, ROLE_WARN, known);
	}
}

static void fill_chain(struct pane *pane, const struct volume_row *row)
{
	static const struct table_column columns[] = {
	        {.title = "", .width = 2},
	        {.title = "Format", .width = 8},
	        {.title = "File", .width = 20, .grow = 1, .tail = true},
	        {.title = "Pool", .width = 14, .drop = 1},
	};

	if (!row->chain || !row->chain->len)
		return;
	pane_section(pane, "Backing chain, from this volume down", true);
	pane_titles(pane, columns, G_N_ELEMENTS(columns));
	for (unsigned i = 0; i <= row->chain->len; i++) {
		const struct volume_layer *layer = i ? row->chain->pdata[i - 1] : NULL;
		const char *format = layer ? layer->format : row->format;
		const char *pool = layer && *layer->pool ? layer->pool : layer ? "-" : "this one";
		char *cells[] = {g_strdup_printf("%u", i), g_strdup(*format ? format : "-"),
		        g_strdup(layer ? layer->path : row->path), g_strdup(pool), NULL};

		pane_row(pane, ROLE_TEXT, cells);
	}
}

static void fill(struct pane_view *self)
{
	const struct store *store = self->view.app->store;
	const struct volume *volume = store_volume(store, &self->ref);
	struct obj_ref pool = self->ref;

	if (!volume)
		return;
	pool.kind = OBJ_POOL;
	pool.name = NULL;
	fill_facts(&self->pane, volume->row, store_name(store, &pool));
	fill_users(&self->pane, volume->row, store_pool(store, &pool));
	fill_chain(&self->pane, volume->row);
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
