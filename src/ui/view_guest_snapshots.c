/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest, Snapshots: their tree with the present state in its place, and what
 * is known of the one under the cursor. Actions act on that one; on "now" they
 * act on the guest. Rows are made anew when something changed; the cursor goes
 * by the snapshot, never by row. Main thread.
 */
#include <string.h>

#include "content.h"
#include "keymap.h"
#include "look.h"
#include "nvirt/definition.h"
#include "nvirt/text.h"
#include "review.h"
#include "snapshot_page.h"
#include "nvirt/snapshot_rows.h"
#include "table.h"

enum { BESIDE_COLS = 130, TABLE_COLS_MAX = 84, PAGE_ROWS_MIN = 5, DEPTH_COLS = 2 };

enum column { COL_TREE, COL_AGE, COL_KIND, COL_STATE, COL_SIZE, COL_TAKEN, COL_TEXT, COL_N };

static const struct table_column columns[COL_N] = {
        [COL_TREE] = {.title = "  Snapshot", .width = 16, .grow = 2},
        [COL_AGE] = {.title = "Age", .width = 7, .drop = 4, .right = true},
        [COL_KIND] = {.title = "Kind", .width = 12, .drop = 3},
        [COL_STATE] = {.title = "Then", .width = 8, .drop = 2},
        [COL_SIZE] = {.title = "Held", .width = 8, .drop = 1, .right = true},
        [COL_TAKEN] = {.title = "Taken", .width = 11, .drop = 6},
        [COL_TEXT] = {.title = "Description", .width = 14, .drop = 5, .grow = 3},
};

struct guest_snapshots {
	struct view view;
	struct obj_ref ref;
	struct table table;
	struct pane page;
	GArray *rows;       /* struct snapshot_item */
	GHashTable *folded; /* interned raw names */
	const char *at;     /* the cursor's snapshot, interned raw name; NULL = now */
	char *filter, *filter_fold;
	bool stale; /* rows must be made anew */
};

/* ---- rows ------------------------------------------------------------------- */

static const struct guest *guest_of(const struct guest_snapshots *self)
{
	return store_guest(self->view.app->store, &self->ref);
}

static const struct snapshot_item *item_at(const struct guest_snapshots *self, unsigned row)
{
	return row < self->rows->len ? &g_array_index(self->rows, struct snapshot_item, row) : NULL;
}

static const char *identity(const struct snapshot_item *item)
{
	return item && item->snapshot ? item->snapshot->row->raw : NULL;
}

static int find_row(const struct guest_snapshots *self, const char *name)
{
	for (unsigned i = 0; i < self->rows->len; i++)
		if (identity(item_at(self, i)) == name)
			return (int)i;
	return -1;
}

static void settle(struct guest_snapshots *self)
{
	self->at = identity(item_at(self, self->table.list.cursor));
}

/* What the cursor was on may be folded away, or gone: then the row that came to its line. */
static void sync_rows(struct guest_snapshots *self)
{
	const struct guest *guest = guest_of(self);
	struct list *list = &self->table.list;
	if (!self->stale)
		return;
	self->stale = false;
	if (guest && guest->snapshots)
		snapshot_rows_make(self->rows, guest->snapshots, self->folded, self->filter_fold);
	else
		g_array_set_size(self->rows, 0);
	list_set_count(list, self->rows->len);
	int row = find_row(self, self->at);
	if (row >= 0)
		list_goto(list, (unsigned)row);
	else if (self->rows->len)
		settle(self);
}

static const struct snapshot_item *cursor_item(struct guest_snapshots *self)
{
	sync_rows(self);
	return item_at(self, self->table.list.cursor);
}

static void touch(struct guest_snapshots *self)
{
	self->stale = true;
	content_touch(&self->view);
}

/* ---- life ------------------------------------------------------------------- */

static struct view *create(struct app *app)
{
	struct guest_snapshots *self = g_new0(struct guest_snapshots, 1);
	self->view = (struct view){.ops = &guest_snapshots_view, .app = app, .dirty = true};
	self->rows = g_array_new(FALSE, FALSE, sizeof(struct snapshot_item));
	self->folded = g_hash_table_new(g_direct_hash, g_direct_equal);
	self->filter = g_strdup("");
	self->filter_fold = g_strdup("");
	self->stale = true;
	table_init(&self->table, columns, COL_N, -1);
	pane_init(&self->page);
	return &self->view;
}

static void destroy(struct view *view)
{
	struct guest_snapshots *self = (struct guest_snapshots *)view;
	g_array_unref(self->rows);
	g_hash_table_unref(self->folded);
	g_free(self->filter);
	g_free(self->filter_fold);
	pane_fini(&self->page);
	g_free(self);
}

/* ---- drawing ---------------------------------------------------------------- */

/* The lines from the left to the row's own shape; returns the column after it. Deep ones leave room for the name. */
static int draw_lines(const struct snapshot_item *item, struct area cell)
{
	unsigned most = (unsigned)MAX((cell.cols - 12) / DEPTH_COLS, 1);
	unsigned depth = MIN(item->depth, most);
	int x = 1;
	for (unsigned i = 0; i < depth; i++, x += DEPTH_COLS) {
		bool last = i + 1 == depth;
		bool cut = i == 0 && item->depth > depth;
		area_glyph(cell, 0, x, ROLE_TREE_GUIDE,
		        cut                  ? GLYPH_CUT
		        : last && item->side ? GLYPH_T_RIGHT
		                             : GLYPH_V);
		if (last && item->side)
			area_glyph(cell, 0, x + 1, ROLE_TREE_GUIDE, GLYPH_H);
	}
	return x;
}

static void draw_tree(const struct guest_snapshots *self, const struct snapshot_item *item, struct area cell)
{
	const struct snapshot *snapshot = item->snapshot;
	bool missing = snapshot && snapshot->row->missing && *snapshot->row->missing;
	bool filtering = *self->filter;
	int x = filtering ? 1 : draw_lines(item, cell);
	if (snapshot && snapshot->marked)
		area_glyph(cell, 0, 0, ROLE_MARKED, GLYPH_MARK);
	if (missing)
		area_glyph(cell, 0, x, ROLE_CRIT, GLYPH_STUCK);
	else
		area_glyph(cell, 0, x, snapshot ? ROLE_TREE_GUIDE : ROLE_RUNNING,
		        !snapshot        ? GLYPH_HERE
		        : item->folded   ? GLYPH_FOLDED
		        : item->foldable ? GLYPH_UNFOLDED
		                         : GLYPH_HOST_UP);
	x += 2;
	if (!snapshot) {
		area_text(cell, 0, x, -1, ROLE_BOLD, "now");
		return;
	}
	g_autofree char *more = !item->folded ? NULL
	                        : item->hidden ? g_strdup_printf(" (+%u%s)", item->hidden, item->hides_now ? ", now" : "")
	                                       : g_strdup(" (+now)");
	int room = MAX(cell.cols - x - (more ? text_columns(more) : 0), 0);
	x += area_text(cell, 0, x, room, missing ? ROLE_CRIT : ROLE_TEXT, snapshot->row->name);
	if (more)
		area_text(cell, 0, x, -1, ROLE_DIM, more);
}

static void draw_now(const struct guest_snapshots *self, unsigned column, struct area cell)
{
	const struct guest *guest = guest_of(self);
	if (column == COL_STATE && guest)
		area_text(cell, 0, 0, cell.cols, look_guest(guest).role, look_guest_word(guest));
	if (column == COL_TEXT)
		area_text(cell, 0, 0, cell.cols, ROLE_DIM, "the present state");
}

/* "42 s", "12 min", "3 h", "17 d": for a glance; the page has it exactly. */
static char *short_age(gint64 seconds)
{
	static const struct {
		gint64 seconds;
		const char *unit;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
		if (seconds >= 2 * units[i].seconds || i + 1 == G_N_ELEMENTS(units))
			return g_strdup_printf("%" G_GINT64_FORMAT " %s", MAX(seconds, 0) / units[i].seconds, units[i].unit);
	return NULL;
}

static void draw_time(const struct snapshot_row *row, bool age, struct area cell, enum role role)
{
	gint64 now_us = look_wall_us(), then_us = snapshot_time_us(row);
	g_autofree char *words = short_age((now_us - then_us) / G_USEC_PER_SEC);
	char text[64];
	text_format_time(text, sizeof(text), then_us, now_us);
	table_text(&columns[age ? COL_AGE : COL_TAKEN], cell, role, age ? words : text);
}

static void draw_cell(void *data, unsigned row, unsigned column, struct area cell)
{
	struct guest_snapshots *self = data;
	const struct snapshot_item *item = item_at(self, row);
	const struct snapshot_row *facts = item->snapshot ? item->snapshot->row : NULL;
	struct host *host = store_host(self->view.app->store, self->ref.host);
	enum role role = host && look_host_stale(self->view.app, host) ? ROLE_STALE : ROLE_TEXT;
	if (column == COL_TREE) {
		draw_tree(self, item, cell);
		return;
	}
	if (!facts) {
		draw_now(self, column, cell);
		return;
	}
	switch ((enum column)column) {
	case COL_AGE:
	case COL_TAKEN:
		draw_time(facts, column == COL_AGE, cell, role);
		break;
	case COL_KIND:
		area_text(cell, 0, 0, cell.cols, facts->kind == SNAPSHOT_MIXED ? ROLE_WARN : role, snapshot_kind_short(facts));
		break;
	case COL_STATE:
		area_text(cell, 0, 0, cell.cols, role, guest_state_word(facts->state));
		break;
	case COL_SIZE: {
		g_autofree char *size = look_bytes(facts->size_bytes);
		area_text_right(cell, 0, 0, cell.cols, role, size);
		break;
	}
	case COL_TEXT: {
		g_autofree char *first = g_strndup(facts->description ? facts->description : "",
		        strcspn(facts->description ? facts->description : "", "\n"));
		area_text(cell, 0, 0, cell.cols, role, first);
		break;
	}
	case COL_TREE:
	case COL_N:
		break;
	}
}

static void draw_foot(const struct guest_snapshots *self, const GPtrArray *snapshots, struct area line)
{
	gint64 held = 0;
	unsigned missing = 0, marked = 0;
	bool unknown = false;
	for (guint i = 0; i < snapshots->len; i++) {
		const struct snapshot *snapshot = snapshots->pdata[i];
		const struct snapshot_row *row = snapshot->row;
		unknown |= row->size_bytes < 0;
		held += MAX(row->size_bytes, 0);
		missing += row->missing && *row->missing;
		marked += snapshot->marked;
	}
	g_autofree char *size = look_bytes(held);
	int x = area_textf(line, 0, 0, -1, ROLE_DIM, "%u snapshot%s", snapshots->len, snapshots->len == 1 ? "" : "s");
	if (held || !unknown)
		x += area_textf(line, 0, x, -1, ROLE_DIM, ", %s held%s", size, unknown ? " at least" : "");
	if (marked)
		x += area_textf(line, 0, x, -1, ROLE_MARKED, ", %u marked", marked);
	if (missing)
		x += area_textf(line, 0, x, -1, ROLE_CRIT, ", %u with a file missing", missing);
	if (*self->filter)
		area_textf(line, 0, x, -1, ROLE_MATCH, ", %u match \"%s\"", self->rows->len, self->filter);
}

/* How one is taken, with the key it has here. */
static void draw_how_to_take(const struct guest_snapshots *self, struct area area)
{
	const struct app *app = self->view.app;
	const struct action *take = action_by_verb("snapshot-create");
	const char *keys = take ? keymap_action(app->keymap, take) : NULL;
	g_autofree char *reason = take ? action_why_not(take, app->store, &self->ref) : NULL;
	g_autofree char *key = keys ? g_strndup(keys, strcspn(keys, " ")) : NULL;
	if (reason)
		area_textf(area, 0, 0, -1, ROLE_WARN, "No snapshot can be taken now: %s", reason);
	else if (key && *key)
		area_textf(area, 0, 0, -1, ROLE_TEXT, "Press %s to take a snapshot of now.", key);
}

static void draw_empty(const struct guest_snapshots *self, struct area area)
{
	area_text(area, 0, 0, -1, ROLE_DIM, "No snapshots yet. One keeps disks and RAM as they are");
	area_text(area, 1, 0, -1, ROLE_DIM, "now: the guest can be taken back to this moment.");
	draw_how_to_take(self, area_sub(area, 3, 0, 1, area.cols));
}

static void draw_now_page(const struct guest_snapshots *self, const struct snapshot_item *item, struct area area)
{
	const struct guest *guest = guest_of(self);
	const struct snapshot *below = item->parent >= 0 ? guest->snapshots->pdata[item->parent] : NULL;
	if (below)
		area_textf(area, 0, 0, -1, ROLE_DIM, "The present state goes on from %s.", below->row->name);
	else
		area_text(area, 0, 0, -1, ROLE_DIM, "The present state stands on no snapshot.");
	draw_how_to_take(self, area_sub(area, 1, 0, 1, area.cols));
}

static void draw_page(struct guest_snapshots *self, struct area area)
{
	const struct snapshot_item *item = item_at(self, self->table.list.cursor);
	if (item && item->snapshot)
		snapshot_page_draw(&self->page, self->view.app, item->snapshot, area);
	else if (item)
		draw_now_page(self, item, area);
}

/* Beside the table where it is wide, below it where it is high; the table has what it needs first. */
static struct area split(struct guest_snapshots *self, struct area area, struct area *ret_page)
{
	int wanted = (int)self->rows->len + 2;
	*ret_page = area_sub(area, 0, 0, 0, 0);
	if (area.cols >= BESIDE_COLS) {
		*ret_page = area_sub(area, 0, TABLE_COLS_MAX + 2, area.rows, area.cols - TABLE_COLS_MAX - 2);
		return area_sub(area, 0, 0, area.rows, TABLE_COLS_MAX);
	}
	int left = area.rows - MIN(MAX(wanted, 4), area.rows * 3 / 5);
	if (left - 1 < PAGE_ROWS_MIN)
		return area;
	*ret_page = area_sub(area, area.rows - left + 1, 0, left - 1, area.cols);
	return area_sub(area, 0, 0, area.rows - left, area.cols);
}

static void draw(struct view *view, struct area area, bool focused)
{
	struct guest_snapshots *self = (struct guest_snapshots *)view;
	const struct guest *guest = guest_of(self);
	struct area page;
	view->dirty = false;
	sync_rows(self);
	area_clear(area, ROLE_TEXT);
	if (!guest)
		return;
	if (!guest->snapshots) {
		area_text(area, 0, 0, -1, ROLE_DIM, "Snapshots are being read ...");
		return;
	}
	if (!guest->snapshots->len) {
		draw_empty(self, area);
		return;
	}
	struct area left = split(self, area, &page);
	bool foot = left.rows >= 4;
	table_draw(&self->table, area_sub(left, 0, 0, left.rows - foot, left.cols), focused, draw_cell, self);
	if (!self->rows->len)
		area_text(left, 1, 0, -1, ROLE_DIM, "Nothing matches the filter.");
	if (foot)
		draw_foot(self, guest->snapshots, area_sub(left, left.rows - 1, 0, 1, left.cols));
	draw_page(self, page);
}

/* ---- what two differ in ------------------------------------------------------- */

/* One side of the comparison: a snapshot, or NULL for now. */
static const char *name_of(const struct snapshot *snapshot)
{
	return snapshot ? snapshot->row->name : "now";
}

static const char *xml_of(const struct guest *guest, const struct snapshot *snapshot, const struct snapshot *other)
{
	const struct guest_detail *detail = guest->detail;
	if (snapshot)
		return snapshot->row->xml;
	return detail && other ? definition_like(other->row->xml, detail->xml, detail->xml_stored) : NULL;
}

/* The marked ones; with one mark that and the cursor's; else the cursor's and now. False = there are no two. */
static bool two_sides(struct guest_snapshots *self, const struct guest *guest, const struct snapshot *ret[2])
{
	const struct snapshot_item *item = cursor_item(self);
	const struct snapshot *marked[2] = {NULL, NULL};
	unsigned marks = 0;
	for (guint i = 0; i < guest->snapshots->len; i++) {
		const struct snapshot *snapshot = guest->snapshots->pdata[i];
		if (snapshot->marked && marks++ < 2)
			marked[marks - 1] = snapshot;
	}
	ret[0] = marked[0] ? marked[0] : item ? item->snapshot : NULL;
	ret[1] = marked[1];
	if (marks == 1 && item && item->snapshot && item->snapshot != marked[0])
		ret[1] = item->snapshot;
	/* On now itself: against what it goes on from. */
	if (!ret[0] && item && item->parent >= 0)
		ret[0] = guest->snapshots->pdata[item->parent];
	if (ret[0] && ret[1] && ret[0]->row->created_unix_s > ret[1]->row->created_unix_s) {
		const struct snapshot *older = ret[1];
		ret[1] = ret[0];
		ret[0] = older;
	}
	return ret[0] && marks <= 2;
}

static void show_difference(struct app *app, const struct snapshot *sides[2], const char *xml_before,
        const char *xml_after)
{
	g_autofree char *before = definition_lines(xml_before), *after = definition_lines(xml_after);
	static const struct review_choice choices[] = {{'c', "Close", false}, {0}};
	GPtrArray *lines = review_lines_new();
	g_autofree char *title = g_strdup_printf("%s and %s", name_of(sides[0]), name_of(sides[1]));
	g_autofree char *intro = g_strdup_printf("What changed in the definition from %s (-) to %s (+).",
	        name_of(sides[0]), name_of(sides[1]));
	if (!review_add_diff(lines, before, after, 3))
		review_add_text(lines, ROLE_DIM, "Nothing: both have the same definition.");
	app_push_modal(app,
	        review_new(app, &(struct review_options){
	                                .title = title, .intro = intro, .lines = lines, .choices = choices}));
}

static void cmd_compare(struct view *view, unsigned count)
{
	struct guest_snapshots *self = (struct guest_snapshots *)view;
	const struct guest *guest = guest_of(self);
	const struct snapshot *sides[2];
	(void)count;
	if (!guest || !guest->snapshots || !guest->snapshots->len)
		return;
	if (!two_sides(self, guest, sides)) {
		app_notice(view->app, LEVEL_WARNING, "Two can be compared: mark two, or one and put the cursor on the other");
		return;
	}
	const char *before = xml_of(guest, sides[0], sides[1]), *after = xml_of(guest, sides[1], sides[0]);
	if (!before || !after)
		app_notice(view->app, LEVEL_WARNING, "The definition of %s is not known",
		        name_of(before ? sides[1] : sides[0]));
	else
		show_difference(view->app, sides, before, after);
}

/* ---- keys ------------------------------------------------------------------- */

static void set_fold(struct guest_snapshots *self, const struct snapshot_item *item, bool folded)
{
	if (folded)
		g_hash_table_add(self->folded, (gpointer)item->snapshot->row->raw);
	else
		g_hash_table_remove(self->folded, item->snapshot->row->raw);
	settle(self);
	touch(self);
}

static void cmd_fold(struct view *view, unsigned count)
{
	struct guest_snapshots *self = (struct guest_snapshots *)view;
	const struct snapshot_item *item = cursor_item(self);
	const struct guest *guest = guest_of(self);
	(void)count;
	if (!item || !guest)
		return;
	if (item->foldable && !item->folded) {
		set_fold(self, item, true);
	} else if (item->parent >= 0) {
		const struct snapshot *parent = guest->snapshots->pdata[item->parent];
		int row = find_row(self, parent->row->raw);
		if (row >= 0)
			list_goto(&self->table.list, (unsigned)row);
		settle(self);
	}
	content_touch(view);
}

static void cmd_unfold(struct view *view, unsigned count)
{
	struct guest_snapshots *self = (struct guest_snapshots *)view;
	const struct snapshot_item *item = cursor_item(self);
	(void)count;
	if (item && item->folded) {
		set_fold(self, item, false);
	} else if (item && item->foldable) {
		list_goto(&self->table.list, self->table.list.cursor + 1);
		settle(self);
	}
	content_touch(view);
}

static void cmd_page(struct view *view, unsigned count)
{
	struct guest_snapshots *self = (struct guest_snapshots *)view;
	const struct snapshot_item *item = cursor_item(self);
	(void)count;
	if (item && item->snapshot)
		app_push_modal(view->app, snapshot_page_new(view->app, &item->snapshot->ref));
}

static bool key(struct view *view, keycode code, unsigned count)
{
	struct guest_snapshots *self = (struct guest_snapshots *)view;
	sync_rows(self);
	if (!list_key(&self->table.list, code, count))
		return false;
	settle(self);
	content_touch(view);
	return true;
}

static bool mouse(struct view *view, const struct mouse *event)
{
	struct guest_snapshots *self = (struct guest_snapshots *)view;
	sync_rows(self);
	switch (table_mouse(&self->table, event)) {
	case TABLE_MISS:
	case TABLE_SORTED:
		return false;
	case TABLE_MOVED:
		settle(self);
		break;
	case TABLE_OPENED:
		settle(self);
		cmd_page(view, 0);
		break;
	}
	content_touch(view);
	return true;
}

/* ---- what the app asks and tells ---------------------------------------------- */

static void update(struct view *view, unsigned changes)
{
	(void)changes;
	((struct guest_snapshots *)view)->stale = true;
	view->dirty = true;
}

static struct obj_ref row_ref(const struct guest_snapshots *self, const struct snapshot_item *item)
{
	return item->snapshot ? item->snapshot->ref : self->ref;
}

static bool selected(struct view *view, struct obj_ref *ret_ref)
{
	struct guest_snapshots *self = (struct guest_snapshots *)view;
	const struct snapshot_item *item = cursor_item(self);
	if (!item)
		return false;
	*ret_ref = row_ref(self, item);
	return true;
}

static bool row(struct view *view, unsigned index, struct obj_ref *ret_ref)
{
	struct guest_snapshots *self = (struct guest_snapshots *)view;
	sync_rows(self);
	const struct snapshot_item *item = item_at(self, index);
	if (!item)
		return false;
	*ret_ref = item->snapshot ? item->snapshot->ref : (struct obj_ref){.kind = OBJ_NONE};
	return true;
}

static unsigned cursor(struct view *view)
{
	struct guest_snapshots *self = (struct guest_snapshots *)view;
	sync_rows(self);
	return self->table.list.cursor;
}

static void set_object(struct view *view, const struct obj_ref *ref)
{
	struct guest_snapshots *self = (struct guest_snapshots *)view;
	if (!obj_ref_equal(&self->ref, ref)) {
		self->at = NULL;
		self->table.list.cursor = self->table.list.top = 0;
		g_hash_table_remove_all(self->folded);
	}
	self->ref = *ref;
	touch(self);
}

static void set_filter(struct view *view, const char *filter)
{
	struct guest_snapshots *self = (struct guest_snapshots *)view;
	g_free(self->filter);
	g_free(self->filter_fold);
	self->filter = g_strdup(filter ? filter : "");
	self->filter_fold = text_fold(self->filter);
	touch(self);
}

static const char *filter_of(const struct view *view)
{
	return ((const struct guest_snapshots *)view)->filter;
}

static const struct view_cmd cmds[] = {
        {"snapshot-page", "All about this snapshot, with the screen of then", "Enter", "details", cmd_page},
        {"snapshot-compare", "What changed in the definition: two marked, or this one and now", "=", "compare",
                cmd_compare},
        {"fold", "Fold, or go to what it stands on", "h Left", NULL, cmd_fold},
        {"unfold", "Unfold, or go to the next", "l Right", NULL, cmd_unfold},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops guest_snapshots_view = {
        .name = "guest-snapshots",
        .title = "Snapshots",
        .create = create,
        .destroy = destroy,
        .draw = draw,
        .cmds = cmds,
        .actions_first = true,
        .makes = "snapshot-create",
        .key = key,
        .mouse = mouse,
        .update = update,
        .selected = selected,
        .row = row,
        .cursor = cursor,
        .set_object = set_object,
        .set_filter = set_filter,
        .filter = filter_of,
};
