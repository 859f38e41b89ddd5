/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pool, Summary: its state and room, and its volumes with who uses them. Main thread. */
#include "look.h"
#include "pane.h"

/* Of the open pool the volumes themselves tell, also where the list of pools has no sum. */
static bool promised(const struct pool *pool, gint64 *ret_bytes)
{
	guint64 sum = 0;

	if (!pool->volumes)
		return false;
	for (unsigned i = 0; i < pool->volumes->len; i++) {
		const struct volume_row *row = ((struct volume *)g_ptr_array_index(pool->volumes, i))->row;

		if (row->unread)
			return false;
		sum += MIN(row->capacity_bytes, (guint64)G_MAXINT64 - sum);
	}
	*ret_bytes = (gint64)sum;
	return true;
}

static void fill_promised(struct pane *pane, const struct pool *pool, bool stale)
{
	double capacity = (double)pool->row->capacity_bytes;
	g_autofree char *text = NULL;
	gint64 bytes;

	if (!promised(pool, &bytes))
		return;
	text = look_bytes(bytes);
	pane_pairf(pane, "Promised", stale ? ROLE_STALE : (double)bytes > capacity ? ROLE_WARN : ROLE_TEXT,
	        "%s, %.0f%% of the capacity: all volumes at their full size", text, (double)bytes * 100 / capacity);
}

static void fill_facts(struct pane *pane, const struct pool *pool, bool stale)
{
	const struct pool_row *row = pool->row;
	g_autofree char *used = look_bytes((gint64)row->allocation_bytes);
	g_autofree char *capacity = look_bytes((gint64)row->capacity_bytes);
	g_autofree char *available = look_bytes((gint64)row->available_bytes);
	g_autofree char *text = g_strdup_printf("%s of %s", used, capacity);
	char uuid[37];

	uuid_format(row->uuid, uuid);
	pane_section(pane, "Storage pool", false);
	pane_pair(pane, "Name", ROLE_BOLD, row->name);
	pane_pair(pane, "State", stale ? ROLE_STALE : look_pool(pool).role, pool_state_word(row->state));
	pane_pair_opt(pane, "Type", row->type);
	pane_pair_opt(pane, "Path", row->path);
	pane_pair(pane, "Autostart", ROLE_TEXT, look_yes_no(row->autostart));
	pane_pair(pane, "Persistent", ROLE_TEXT, look_yes_no(row->persistent));
	pane_pair(pane, "UUID", ROLE_TEXT, uuid);
	pane_section(pane, "Room", false);
	if (row->state == POOL_INACTIVE || !row->capacity_bytes) {
		pane_text(pane, ROLE_DIM, "Not known while the pool is not active.");
		return;
	}
	pane_bar(pane, "Used", (double)row->allocation_bytes / (double)row->capacity_bytes, stale, text);
	pane_pair(pane, "Free", stale ? ROLE_STALE : ROLE_TEXT, available);
	fill_promised(pane, pool, stale);
}

static void fill_volumes(struct pane *pane, const struct pool *pool)
{
	static const struct table_column columns[] = {
	        {.title = "Volume", .width = 16, .grow = 1},
	        {.title = "Format", .width = 8, .drop = 3},
	        {.title = "Size", .width = 9, .right = true},
	        {.title = "On disk", .width = 9, .drop = 4, .right = true},
	        {.title = "Used by", .width = 14, .grow = 1, .drop = 1},
	        {.title = "Backing", .width = 14, .grow = 1, .drop = 5, .tail = true},
	};
	g_autofree char *title = pool->volumes ? g_strdup_printf("Volumes (%u)", pool->volumes->len) : NULL;

	pane_section(pane, title ? title : "Volumes", true);
	if (!pool->volumes || !pool->volumes->len) {
		pane_text(pane, ROLE_DIM,
		        pool->row->state == POOL_INACTIVE ? "Not known while the pool is not active."
		        : pool->volumes                   ? "No volumes."
		                                          : "Volumes are being read ...");
		return;
	}
	pane_titles(pane, columns, G_N_ELEMENTS(columns));
	for (unsigned i = 0; i < pool->volumes->len; i++) {
		const struct volume_row *row = ((struct volume *)g_ptr_array_index(pool->volumes, i))->row;
		char *cells[] = {g_strdup(row->name), g_strdup(row->format),
		        look_bytes(row->unread ? -1 : (gint64)row->capacity_bytes),
		        look_bytes(row->unread ? -1 : (gint64)row->allocation_bytes),
		        g_strdup(row->used_by), g_strdup(row->backing), NULL};

		pane_row(pane, ROLE_TEXT, cells);
	}
}

static void fill(struct pane_view *self)
{
	const struct pool *pool = store_pool(self->view.app->store, &self->ref);
	const struct host *host = pane_view_host(self);

	if (!pool || !host)
		return;
	fill_facts(&self->pane, pool, look_host_stale(self->view.app, host));
	fill_volumes(&self->pane, pool);
}

static struct view *create(struct app *app)
{
	return pane_view_new(app, &pool_summary_view, sizeof(struct pane_view), fill);
}

const struct view_ops pool_summary_view = {
        .name = "pool-summary",
        .title = "Summary",
        .create = create,
        .destroy = pane_view_destroy,
        .draw = pane_view_draw,
        .key = pane_view_key,
        .mouse = pane_view_mouse,
        .update = pane_view_update,
        .set_object = pane_view_set_object,
};
