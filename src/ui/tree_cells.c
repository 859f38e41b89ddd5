/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row of the tree on one line: see tree_cells.h. */
#include "tree_cells.h"

#include <string.h>

#include "app.h"
#include "guest_groups.h"
#include "look.h"
#include "nvirt/text.h"

#define CPU_FROM_COLS 30
#define BARS_FROM_COLS 34
#define BAR_COLS 4
#define WIDE_FROM_COLS 48
#define WIDE_BAR_COLS 6

/* What a row shows; strings borrowed. */
struct cell_row {
	const char *name;
	enum role name_role;
	struct look look;
	bool has_glyph, marked;
	char right[24]; /* figure at the right edge */
	enum role right_role;
	char old; /* the one of its letters that may be over; 0 = none */
	double cpu, memory; /* fractions for the bars; < 0 = not known */
	const char *host;   /* to tell guests of several hosts apart, or NULL */
};

/* Columns for the letters behind a guest's figure, so that figures stand below each other. */
static int mark_cols(int cols)
{
	return cols >= BARS_FROM_COLS ? 3 : 2;
}

/* What the checks have against it, beside what its state tells anyway. */
static void add_health(const struct app *app, const struct guest *guest, char marks[5], struct cell_row *ret)
{
	const struct host *host = store_host(app->store, guest->ref.host);
	enum check_result worst = host && host->report ? check_report_of(host->report, &guest->ref) : CHECK_OK;

	if (worst < CHECK_WARN || *marks == '!')
		return;
	memmove(marks + 1, marks, 4);
	marks[0] = '!';
	marks[4] = '\0';
	ret->right_role = worst == CHECK_FAIL ? ROLE_CRIT : ROLE_WARN;
}

static void describe_guest(const struct app *app, const struct guest *guest, int cols, struct cell_row *ret)
{
	bool active = guest_state_active(guest->state);
	char marks[LOOK_MARKS];

	look_guest_marks(guest, marks);
	ret->name = guest->name;
	ret->look = look_guest(guest);
	ret->marked = guest->marked;
	ret->name_role = active ? ROLE_TREE : ROLE_STOPPED;
	if (look_guest_alarm(guest))
		ret->right_role = ROLE_CRIT;
	add_health(app, guest, marks, ret);
	if (look_guest_sign_old(app, guest))
		ret->old = screen_sign_letter(guest->sign);
	if (active && guest->cpu_pct >= 0 && guest->vcpus)
		ret->cpu = MIN(guest->cpu_pct / (100.0 * guest->vcpus), 1);
	if (active && guest->rss_kib && guest->memory_kib)
		ret->memory = MIN((double)guest->rss_kib / (double)guest->memory_kib, 1);
	if (cols >= CPU_FROM_COLS && active && guest->cpu_pct >= 0)
		g_snprintf(ret->right, sizeof(ret->right), "%.0f%% %-*.*s", MIN(guest->cpu_pct, 99999.0),
		        mark_cols(cols), mark_cols(cols), marks);
	else if (cols >= CPU_FROM_COLS && *marks)
		g_snprintf(ret->right, sizeof(ret->right), "%-*.*s", mark_cols(cols), mark_cols(cols), marks);
	else
		g_strlcpy(ret->right, marks, sizeof(ret->right));
}

static void describe_pool(const struct pool *pool, struct cell_row *ret)
{
	const struct pool_row *row = pool->row;

	ret->name = row->name;
	ret->look = look_pool(pool);
	ret->marked = pool->marked;
	if (row->state != POOL_INACTIVE && row->capacity_bytes) {
		double used = (double)row->allocation_bytes / (double)row->capacity_bytes;

		g_snprintf(ret->right, sizeof(ret->right), "%.0f%%", MIN(used, 9.99) * 100);
		ret->right_role = look_level(used) == ROLE_OK ? ROLE_TREE_COUNT : look_level(used);
	}
}

static void describe_host(const struct app *app, const struct host *host, struct cell_row *ret)
{
	ret->name = host->name;
	ret->look = look_host(app, host);
	ret->marked = host->marked;
	if (host->listed)
		g_snprintf(ret->right, sizeof(ret->right), "%u/%u", host->running, host->guests->len);
	else if (host->status->link == HOST_CONNECTING)
		g_strlcpy(ret->right, "...", sizeof(ret->right));
}

/* False where the object is gone: its row stays empty until the rows are made anew. */
static bool describe_object(
        const struct app *app, const struct obj_ref *ref, int cols, struct cell_row *ret)
{
	const struct store *store = app->store;
	const struct guest *guest = ref->kind == OBJ_GUEST ? store_guest(store, ref) : NULL;
	const struct pool *pool = ref->kind == OBJ_POOL ? store_pool(store, ref) : NULL;
	const struct volume *volume = ref->kind == OBJ_VOLUME ? store_volume(store, ref) : NULL;
	const struct network *network = ref->kind == OBJ_NETWORK ? store_network(store, ref) : NULL;
	const struct host *host = ref->kind == OBJ_HOST ? store_host(store, ref->host) : NULL;

	ret->has_glyph = true;
	if (guest)
		describe_guest(app, guest, cols, ret);
	if (pool)
		describe_pool(pool, ret);
	if (host)
		describe_host(app, host, ret);
	if (volume) {
		ret->name = volume->row->name;
		ret->look = (struct look){GLYPH_VOLUME, ROLE_TREE};
		ret->marked = volume->marked;
	}
	if (network) {
		ret->name = network->row->name;
		ret->look = look_network(network);
		ret->marked = network->marked;
	}
	return ret->name != NULL;
}

static void describe_group(const struct tree_row *row, struct cell_row *ret)
{
	ret->name = guest_group_title(row->group);
	ret->name_role = ROLE_TREE_GROUP;
	if (row->active)
		g_snprintf(ret->right, sizeof(ret->right), "%u/%u", row->active, row->count);
	else
		g_snprintf(ret->right, sizeof(ret->right), "%u", row->count);
}

static bool describe(const struct app *app, const struct tree_row *row, int cols, struct cell_row *ret)
{
	const struct host *host = store_host(app->store, row->ref.host);
	const struct pool *pool;

	*ret = (struct cell_row){.name_role = ROLE_TREE, .right_role = ROLE_TREE_COUNT, .cpu = -1, .memory = -1};
	switch (row->part) {
	case TREE_GROUP:
		describe_group(row, ret);
		return true;
	case TREE_OBJECT:
		if (row->group && row->ref.kind != OBJ_HOST && host && store_host_count(app->store) > 1)
			ret->host = host->name;
		return describe_object(app, &row->ref, cols, ret);
	case TREE_STORAGE:
	case TREE_NETWORKS:
		ret->name = row->part == TREE_STORAGE ? "Storage" : "Networks";
		ret->name_role = ROLE_TREE_GROUP;
		if (host)
			g_snprintf(ret->right, sizeof(ret->right), "%u",
			        row->part == TREE_STORAGE ? host->pools->len : host->networks->len);
		return host != NULL;
	case TREE_NOTE:
		pool = store_pool(app->store, &row->ref);
		ret->name = pool && pool->row->state == POOL_INACTIVE ? "not active" : "reading ...";
		ret->name_role = ROLE_DIM;
		return true;
	}
	return false;
}

/* Left of the figure, right-aligned in `line`: CPU of its vCPUs, memory of what it was given. Their columns. */
static int draw_bars(struct area line, int x, int cols, const struct cell_row *cell, bool stale)
{
	const double fractions[] = {cell->cpu, cell->memory};
	bool wide = cols >= WIDE_FROM_COLS;
	int bar = wide ? WIDE_BAR_COLS : BAR_COLS, count = wide ? 2 : 1;
	int figure = 5 + mark_cols(cols) - (cols - line.cols - 1), all = count * (bar + 1) + MAX(figure, 0);

	/* Shorter figures leave a gap, so that the bars stand below each other. */
	if (cols < BARS_FROM_COLS || cell->cpu < 0 ||
	        line.cols - x - all < MIN(text_columns(cell->name), 16))
		return 0;
	for (int i = 0; i < count; i++)
		if (fractions[i] >= 0)
			area_bar(line, 0, line.cols - all + 1 + i * (bar + 1), bar,
			        stale ? ROLE_STALE : ROLE_BAR_USED, ROLE_BAR_FREE, fractions[i]);
	return all;
}

void tree_draw_row(const struct app *app, const struct tree_row *row, struct area line)
{
	const struct host *host = store_host(app->store, row->ref.host);
	int x = 1 + 2 * row->depth, cols = line.cols, right;
	struct cell_row cell;

	if (!describe(app, row, line.cols, &cell))
		return;
	if (host && look_host_stale(app, host)) {
		cell.name_role = cell.right_role = ROLE_STALE;
		if (row->ref.kind != OBJ_HOST)
			cell.look.role = ROLE_STALE;
	}
	if (cell.marked)
		area_glyph(line, 0, 0, ROLE_MARKED, GLYPH_MARK);
	if (row->foldable)
		area_glyph(line, 0, x, ROLE_TREE_GUIDE, row->folded ? GLYPH_FOLDED : GLYPH_UNFOLDED);
	if (cell.has_glyph)
		area_glyph(line, 0, x + 1, cell.look.role, cell.look.glyph);
	x += cell.has_glyph ? 3 : 2;
	right = text_columns(cell.right);
	/* A name too long for its line is worth more than the figure beside it. */
	if (right && line.cols - x - right - 1 < MIN(text_columns(cell.name), 12))
		right = 0;
	if (right)
		area_text_right(line, 0, line.cols - right, right, cell.right_role, cell.right);
	/* No other letter there is the same: signs are capitals, and T is none of them. */
	if (right && cell.old && strchr(cell.right, cell.old))
		area_set_role(line, 0, line.cols - right + (int)(strchr(cell.right, cell.old) - cell.right), 1, ROLE_DIM);
	line.cols -= right + (right > 0);
	if (right)
		line.cols -= draw_bars(line, x, cols, &cell, host && look_host_stale(app, host));
	x += area_text(
	        line, 0, x, line.cols - x, cell.marked ? ROLE_MARKED : cell.name_role, cell.name);
	if (cell.host && line.cols - x > 4)
		area_textf(line, 0, x, line.cols - x, ROLE_DIM, " @%s", cell.host);
}
