/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host, Storage: its pools, how full they are, and how much more they promised than they have. Main thread. */
#include <string.h>

#include "look.h"
#include "nvirt/text.h"
#include "table_view.h"

enum column {
	COL_STATE,
	COL_NAME,
	COL_WORD,
	COL_TYPE,
	COL_BAR,
	COL_USED,
	COL_CAPACITY,
	COL_AVAILABLE,
	COL_PROMISED,
	COL_VOLUMES,
	COL_AUTOSTART,
	COL_PATH,
	COL_N
};

static const struct table_column columns[COL_N] = {
        [COL_STATE] = {.title = "S", .width = 3},
        [COL_NAME] = {.title = "Pool", .width = 12, .grow = 2},
        [COL_WORD] = {.title = "State", .width = 12, .drop = 5},
        [COL_TYPE] = {.title = "Type", .width = 8, .drop = 4},
        [COL_BAR] = {.title = "Used bar", .width = 10, .grow = 1, .drop = 6, .descending = true},
        [COL_USED] = {.title = "Used", .width = 6, .right = true, .descending = true},
        [COL_CAPACITY] = {.title = "Capacity", .width = 9, .right = true, .descending = true},
        [COL_AVAILABLE] = {.title = "Free", .width = 9, .drop = 1, .right = true, .descending = true},
        [COL_PROMISED] = {.title = "Promised", .width = 9, .drop = 2, .right = true, .descending = true},
        [COL_VOLUMES] = {.title = "Vols", .width = 6, .drop = 7, .right = true, .descending = true},
        [COL_AUTOSTART] = {.title = "Auto", .width = 5, .drop = 3},
        [COL_PATH] = {.title = "Path", .width = 20, .grow = 3, .drop = 8, .tail = true},
};

/* < 0 = not known. */
static double fraction_of(const struct pool_row *row, double bytes)
{
	return row->state == POOL_INACTIVE || !row->capacity_bytes ? -1 : bytes / (double)row->capacity_bytes;
}

static double used(const struct pool_row *row)
{
	return fraction_of(row, (double)row->allocation_bytes);
}

/* All volumes grown to their full size, against what the pool can hold. */
static double promised(const struct pool_row *row)
{
	return row->virtual_bytes < 0 ? -1 : fraction_of(row, (double)row->virtual_bytes);
}

static void collect(struct table_view *self, GPtrArray *rows)
{
	const struct host *host = table_view_host(self);

	for (unsigned i = 0; i < host->pools->len; i++)
		g_ptr_array_add(rows, host->pools->pdata[i]);
}

static struct obj_ref ref(const struct table_view *self, const void *row)
{
	(void)self;
	return ((const struct pool *)row)->ref;
}

static bool match(const void *row, const char *filter_fold)
{
	return filter_match(((const struct pool *)row)->fold, filter_fold);
}

static int compare(const void *a, const void *b, unsigned column)
{
	const struct pool *x = a, *y = b;
	const struct pool_row *p = x->row, *q = y->row;

	switch ((enum column)column) {
	case COL_STATE:
	case COL_WORD:
		return TABLE_VIEW_ORDER(p->state, q->state);
	case COL_NAME:
		return text_compare(x->fold, y->fold);
	case COL_TYPE:
		return strcmp(p->type, q->type);
	case COL_BAR:
	case COL_USED:
		return TABLE_VIEW_ORDER(used(p), used(q));
	case COL_CAPACITY:
		return TABLE_VIEW_ORDER(p->capacity_bytes, q->capacity_bytes);
	case COL_AVAILABLE:
		return TABLE_VIEW_ORDER(p->available_bytes, q->available_bytes);
	case COL_PROMISED:
		return TABLE_VIEW_ORDER(promised(p), promised(q));
	case COL_VOLUMES:
		return TABLE_VIEW_ORDER(p->volumes, q->volumes);
	case COL_AUTOSTART:
		return TABLE_VIEW_ORDER(p->autostart, q->autostart);
	case COL_PATH:
		return strcmp(p->path, q->path);
	case COL_N:
		break;
	}
	return 0;
}

static char *percent(double fraction)
{
	return fraction < 0 ? g_strdup("-") : g_strdup_printf("%.0f%%", MIN(fraction * 100, 99999.0));
}

static enum role level_role(enum role role, double fraction)
{
	return role == ROLE_STALE || fraction < 0.8 ? role : look_level(fraction);
}

static void draw_state(const struct pool *pool, struct area cell, enum role role)
{
	struct look look = look_pool(pool);

	if (pool->marked)
		area_glyph(cell, 0, 0, ROLE_MARKED, GLYPH_MARK);
	area_glyph(cell, 0, 1, role == ROLE_STALE ? ROLE_STALE : look.role, look.glyph);
}

static void draw_bar(const struct pool_row *row, struct area cell, enum role role)
{
	double fraction = used(row);
	enum role bar = role == ROLE_STALE ? ROLE_STALE : look_level(fraction);

	if (fraction >= 0)
		area_bar(cell, 0, 0, cell.cols, bar == ROLE_OK ? ROLE_BAR_USED : bar, ROLE_BAR_FREE, fraction);
}

static char *size(const struct pool_row *row, uint64_t bytes)
{
	return look_bytes(row->state == POOL_INACTIVE ? -1 : (gint64)MIN(bytes, (uint64_t)G_MAXINT64));
}

static void cell(struct table_view *self, const void *at, unsigned column, struct area area, enum role role)
{
	const struct pool *pool = at;
	const struct pool_row *row = pool->row;

	(void)self;
	switch ((enum column)column) {
	case COL_STATE:
		draw_state(pool, area, role);
		break;
	case COL_NAME:
		table_view_text(area, pool->marked ? ROLE_MARKED : role, row->name);
		break;
	case COL_WORD:
		table_view_text(area, role == ROLE_STALE ? role : look_pool(pool).role, pool_state_word(row->state));
		break;
	case COL_TYPE:
		table_view_text(area, role, row->type);
		break;
	case COL_BAR:
		draw_bar(row, area, role);
		break;
	case COL_USED:
		table_view_number(area, level_role(role, used(row)), percent(used(row)));
		break;
	case COL_CAPACITY:
		table_view_number(area, role, size(row, row->capacity_bytes));
		break;
	case COL_AVAILABLE:
		table_view_number(area, role, size(row, row->available_bytes));
		break;
	case COL_PROMISED:
		/* More than there is: a warning, as it need not come true. */
		table_view_number(area, promised(row) > 1 && role != ROLE_STALE ? ROLE_WARN : role,
		        percent(promised(row)));
		break;
	case COL_VOLUMES:
		table_view_number(area, role,
		        row->volumes < 0 ? g_strdup("-") : g_strdup_printf("%" G_GINT64_FORMAT, row->volumes));
		break;
	case COL_AUTOSTART:
		table_view_text(area, role, look_yes_no(row->autostart));
		break;
	case COL_PATH:
		table_text(&columns[COL_PATH], area, role, row->path);
		break;
	case COL_N:
		break;
	}
}

static enum role role_of(const void *row)
{
	return ((const struct pool *)row)->row->state == POOL_INACTIVE ? ROLE_STOPPED : ROLE_TEXT;
}

/* Two pools may lie on one filesystem, so their room is not added up. */
static char *foot(struct table_view *self)
{
	const struct host *host = table_view_host(self);
	unsigned active = 0;

	for (unsigned i = 0; i < host->pools->len; i++)
		active += ((const struct pool *)host->pools->pdata[i])->row->state != POOL_INACTIVE;
	return g_strdup_printf(
	        "%u pool%s, %u active", host->pools->len, host->pools->len == 1 ? "" : "s", active);
}

static const char *empty(struct table_view *self)
{
	return table_view_host(self)->listed ? "No storage pools are known on this host."
	                                     : "Nothing was read from this host yet.";
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
        .role = role_of,
        .foot = foot,
        .empty = empty,
        .legend = "Promised: all volumes at their full size",
};

static struct view *create(struct app *app)
{
	return table_view_new(app, &host_storage_view, &ops);
}

const struct view_ops host_storage_view = {
        .name = "host-storage",
        .title = "Storage",
        .create = create,
        .cmds = table_view_cmds,
        TABLE_VIEW_OPS,
};
