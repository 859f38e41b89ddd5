/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pool, Volumes: what lies in it, on what, and who uses it. Main thread. */
#include <string.h>

#include "look.h"
#include "nvirt/text.h"
#include "table_view.h"

enum column { COL_MARK, COL_NAME, COL_FORMAT, COL_SIZE, COL_REAL, COL_USERS, COL_BACKING, COL_N };

static const struct table_column columns[COL_N] = {
        [COL_MARK] = {.title = "", .width = 1, .drop = 6},
        [COL_NAME] = {.title = "Volume", .width = 14, .grow = 2},
        [COL_FORMAT] = {.title = "Format", .width = 7, .drop = 2},
        [COL_SIZE] = {.title = "Size", .width = 9, .drop = 1, .right = true, .descending = true},
        [COL_REAL] = {.title = "On disk", .width = 9, .drop = 3, .right = true, .descending = true},
        [COL_USERS] = {.title = "Used by", .width = 14, .grow = 3},
        [COL_BACKING] = {.title = "Backing chain", .width = 18, .grow = 2, .drop = 4, .tail = false},
};

static struct pool *pool_of(const struct table_view *self)
{
	return store_pool(self->view.app->store, &self->ref);
}

static void collect(struct table_view *self, GPtrArray *rows)
{
	const struct pool *pool = pool_of(self);

	for (unsigned i = 0; pool && pool->volumes && i < pool->volumes->len; i++)
		g_ptr_array_add(rows, pool->volumes->pdata[i]);
}

static struct obj_ref ref(const struct table_view *self, const void *row)
{
	(void)self;
	return ((const struct volume *)row)->ref;
}

static bool match(const void *row, const char *filter_fold)
{
	return filter_match(((const struct volume *)row)->fold, filter_fold);
}

static unsigned users(const struct volume_row *row)
{
	return row->users ? row->users->len : 0;
}

static unsigned depth(const struct volume_row *row)
{
	return row->chain ? row->chain->len : 0;
}

static int compare(const void *a, const void *b, unsigned column)
{
	const struct volume *x = a, *y = b;
	const struct volume_row *p = x->row, *q = y->row;

	switch ((enum column)column) {
	case COL_MARK:
		return TABLE_VIEW_ORDER(x->marked, y->marked);
	case COL_NAME:
		return text_compare(x->fold, y->fold);
	case COL_FORMAT:
		return strcmp(p->format, q->format);
	case COL_SIZE:
		return TABLE_VIEW_ORDER(p->capacity_bytes, q->capacity_bytes);
	case COL_REAL:
		return TABLE_VIEW_ORDER(p->allocation_bytes, q->allocation_bytes);
	case COL_USERS:
		/* What nobody uses comes together, at one end. */
		return users(p) && users(q) ? text_compare(p->used_by, q->used_by)
		                            : TABLE_VIEW_ORDER(users(p), users(q));
	case COL_BACKING:
		return TABLE_VIEW_ORDER(depth(p), depth(q));
	case COL_N:
		break;
	}
	return 0;
}

static char *size(const struct volume_row *row, uint64_t bytes)
{
	return look_bytes(row->unread ? -1 : (gint64)MIN(bytes, (uint64_t)G_MAXINT64));
}

/* While some guests are not read yet, nobody known is not nobody. */
static const char *no_user(const struct pool *pool, const struct volume_row *row)
{
	return !row->users || !pool || pool->users_known < pool->users_total ? "?" : "-";
}

/* File names only: the Summary has the paths. Owned. */
static char *chain_words(const struct volume_row *row)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < depth(row); i++) {
		const struct volume_layer *layer = row->chain->pdata[i];
		const char *slash = strrchr(layer->path, '/');

		g_string_append_printf(text, "%s%s", i ? " < " : "", slash ? slash + 1 : layer->path);
	}
	return g_string_free(text, FALSE);
}

static void draw_chain(const struct volume_row *row, struct area area, enum role role)
{
	g_autofree char *words = chain_words(row);

	table_text(&columns[COL_BACKING], area, role, *words ? words : row->backing);
}

/* The first user and how many more, where not all fit. */
static void draw_users(const struct volume_row *row, struct area area, enum role role)
{
	const char *comma = strchr(row->used_by, ',');
	g_autofree char *more = NULL;
	int room;

	if (users(row) < 2 || !comma || text_columns(row->used_by) <= area.cols) {
		table_view_text(area, role, row->used_by);
		return;
	}
	more = g_strdup_printf(" +%u", users(row) - 1);
	room = MAX(area.cols - text_columns(more), 0);
	g_autofree char *first = g_strndup(row->used_by, (gsize)(comma - row->used_by));
	int x = area_text(area, 0, 0, room, role, first);
	area_text(area, 0, x, -1, role, more);
}

static void cell(struct table_view *self, const void *at, unsigned column, struct area area, enum role role)
{
	const struct volume *volume = at;
	const struct volume_row *row = volume->row;

	switch ((enum column)column) {
	case COL_MARK:
		if (volume->marked)
			area_glyph(area, 0, 0, ROLE_MARKED, GLYPH_MARK);
		break;
	case COL_NAME:
		table_view_text(area, volume->marked ? ROLE_MARKED : role, row->name);
		break;
	case COL_FORMAT:
		table_view_text(area, role, *row->format ? row->format : "-");
		break;
	case COL_SIZE:
		table_view_number(area, role, size(row, row->capacity_bytes));
		break;
	case COL_REAL:
		table_view_number(area, role, size(row, row->allocation_bytes));
		break;
	case COL_USERS:
		if (row->used_by && *row->used_by)
			draw_users(row, area, role);
		else
			table_view_text(area, role == ROLE_STALE ? role : ROLE_DIM, no_user(pool_of(self), row));
		break;
	case COL_BACKING:
		draw_chain(row, area, role);
		break;
	case COL_N:
		break;
	}
}

static char *foot(struct table_view *self)
{
	const struct pool *pool = pool_of(self);
	GString *text = g_string_new(NULL);

	if (!pool || !pool->volumes)
		return g_string_free(text, FALSE);
	g_string_append_printf(text, "%u volume%s", pool->volumes->len, pool->volumes->len == 1 ? "" : "s");
	if (pool->users_known < pool->users_total)
		g_string_append_printf(
		        text, ", users known for %u of %u guests", pool->users_known, pool->users_total);
	return g_string_free(text, FALSE);
}

static const char *empty(struct table_view *self)
{
	const struct pool *pool = pool_of(self);

	if (!pool || pool->row->state == POOL_INACTIVE)
		return "Not known while the pool is not active.";
	return pool->volumes ? "No volumes." : "Volumes are being read ...";
}

static const struct table_view_ops ops = {
        .columns = columns,
        .column_count = COL_N,
        .sort = COL_NAME,
        .collect = collect,
        .ref = ref,
        .match = match,
        .compare = compare,
        .cell = cell,
        .foot = foot,
        .empty = empty,
};

static struct view *create(struct app *app)
{
	return table_view_new(app, &pool_volumes_view, &ops);
}

/* With a volume under the cursor the pool's own keys would have to be looked for elsewhere. */
static void cmd_refresh(struct view *view, unsigned count)
{
	const struct table_view *self = (const struct table_view *)view;

	(void)count;
	app_action(view->app, action_by_verb("pool-refresh"), &self->ref);
}

static const struct view_cmd cmds[] = {
        TABLE_VIEW_CMDS,
        {"refresh-pool", "Let libvirt look at what lies in the pool again", "r", "refresh", cmd_refresh},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops pool_volumes_view = {
        .name = "pool-volumes",
        .title = "Volumes",
        .create = create,
        .cmds = cmds,
        TABLE_VIEW_OPS,
};
