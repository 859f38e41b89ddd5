/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host, Guests: all guests of a host as a table like top's, with the columns,
 * order and groups that a person has chosen. The cursor keeps to its guest when
 * the order changes. Main thread.
 */
#include "app.h"
#include "columns_dialog.h"
#include "content.h"
#include "graph.h"
#include "guest_cells.h"
#include "look.h"
#include "nvirt/text.h"
#include "saved.h"

#define LIST_NAME "guests"

enum { SPARK_COLS_MIN = 16, SPARK_COLS_MAX = 75, FOOT_FROM_ROWS = 6 };
enum { SECONDS_TOLD_US = 2 * 60 * G_USEC_PER_SEC };

struct host_guests {
	struct view view;
	struct obj_ref ref;
	struct guest_rows rows;
	struct table table;
	enum guest_column shown[GUEST_COL_N]; /* the table's columns */
	struct table_column columns[GUEST_COL_N];
	struct obj_ref at;    /* the cursor's guest; OBJ_NONE before the first, and on a group's row */
	const char *at_group; /* interned: the group it stands in, or is */
	bool saving;          /* what is kept is our own */
};

static void settle(struct host_guests *self)
{
	struct guest_line line = guest_rows_line(&self->rows, self->table.list.cursor);

	if (!line.guest && !line.group)
		return;
	self->at = line.guest ? line.guest->ref : (struct obj_ref){.kind = OBJ_NONE};
	self->at_group = line.group;
}

/* Fresh rows, and the cursor on its guest; before any use of them. */
static void sync_rows(struct host_guests *self)
{
	struct list *list = &self->table.list;
	unsigned line = list->cursor - list->top;
	int index;

	if (!guest_rows_sync(&self->rows))
		return;
	list_set_count(list, guest_rows_count(&self->rows));
	if (self->at.kind == OBJ_NONE && !self->at_group)
		return;
	index = guest_rows_find(&self->rows, &self->at, self->at_group);
	/* Gone, or hidden by the filter: its neighbour is the cursor's guest from now on. */
	if (index < 0) {
		settle(self);
		return;
	}
	/* The table turns around the cursor, which stays on its line as far as it can. */
	list->top = (unsigned)index > line ? (unsigned)index - line : 0;
	list_goto(list, (unsigned)index);
}

/* ---- columns ---- */

static void usual_choices(struct column_choice choices[GUEST_COL_N])
{
	for (unsigned i = 0; i < GUEST_COL_N; i++)
		choices[i] = (struct column_choice){guest_column_word((enum guest_column)i),
		        guest_column_title((enum guest_column)i), guest_column_usual((enum guest_column)i),
		        i == GUEST_COL_STATE || i == GUEST_COL_NAME};
}

/* The sorted column among the table's; -1 while it is not shown, and no title tells it. */
static int sort_place(const struct host_guests *self)
{
	for (unsigned i = 0; i < self->table.column_count; i++)
		if (self->shown[i] == self->rows.sort)
			return (int)i;
	return -1;
}

static void set_columns(struct host_guests *self)
{
	struct column_choice choices[GUEST_COL_N];
	unsigned count = 0;

	usual_choices(choices);
	columns_order(self->view.app, LIST_NAME, choices, GUEST_COL_N);
	for (unsigned i = 0; i < GUEST_COL_N; i++) {
		enum guest_column column = guest_column_by_word(choices[i].word);

		if (!choices[i].shown)
			continue;
		self->shown[count] = column;
		self->columns[count++] = guest_columns[column];
	}
	self->table.columns = self->columns;
	self->table.column_count = count;
	self->table.sort = sort_place(self);
	if (self->table.sort < 0) {
		self->rows.sort = GUEST_COL_NAME;
		self->table.sort = sort_place(self);
		self->rows.stale = true;
	}
}

/* Order and groups as a person left them. */
static void apply_saved(struct host_guests *self)
{
	struct json_object *kept = saved_get(self->view.app, LIST_NAME), *invert = NULL;
	enum guest_column sort = guest_column_by_word(saved_string(kept, "sort"));
	const char *group = saved_string(kept, "group");

	if (self->saving)
		return;
	if (sort < GUEST_COL_N)
		self->rows.sort = sort;
	if (kept && json_object_object_get_ex(kept, "invert", &invert))
		self->rows.invert = self->table.invert = json_object_get_boolean(invert);
	for (unsigned i = 0; group && i < GUEST_GROUP_N; i++)
		if (!g_strcmp0(group, guest_group_word((enum guest_group)i)))
			guest_rows_set_group(&self->rows, (enum guest_group)i);
	self->rows.stale = true;
	set_columns(self);
}

static void keep_order(struct host_guests *self)
{
	struct json_object *old = saved_get(self->view.app, LIST_NAME), *now = NULL;

	if (!old || json_object_deep_copy(old, &now, NULL) != 0)
		now = json_object_new_object();
	json_object_object_add(now, "sort", json_object_new_string(guest_column_word(self->rows.sort)));
	json_object_object_add(now, "invert", json_object_new_boolean(self->rows.invert));
	json_object_object_add(now, "group", json_object_new_string(guest_group_word(self->rows.group)));
	self->saving = true;
	saved_put(self->view.app, LIST_NAME, now);
	self->saving = false;
}

static struct view *create(struct app *app)
{
	struct host_guests *self = g_new0(struct host_guests, 1);

	self->view = (struct view){.ops = &host_guests_view, .app = app, .dirty = true};
	guest_rows_init(&self->rows, app->store);
	table_init(&self->table, guest_columns, GUEST_COL_N, GUEST_COL_NAME);
	apply_saved(self);
	return &self->view;
}

static void destroy(struct view *view)
{
	struct host_guests *self = (struct host_guests *)view;

	guest_rows_fini(&self->rows);
	g_free(self);
}

/* ---- cells ---- */

/* The last minutes where the column is wide enough, one slot of the history a character. */
static bool draw_spark(const struct history *history, const struct guest *guest, struct area cell, enum role role)
{
	struct history_key key = history_key(guest->ref.uuid, METRIC_CPU, NULL);
	uint32_t head = history_slot_at(TIER_5M, look_wall_us());
	struct history_slot slots[SPARK_COLS_MAX];

	cell.cols = MIN(cell.cols, SPARK_COLS_MAX);
	if (cell.cols < SPARK_COLS_MIN || !history_has(history, &key))
		return false;
	/* The slot under way would grow from nothing with every look. */
	head--;
	history_read(history, &key, TIER_5M, head - (uint32_t)cell.cols + 2, (unsigned)cell.cols - 1, slots);
	graph_spark(cell, slots, head, 100.0 * MAX(guest->vcpus, 1), role == ROLE_STALE ? ROLE_STALE : ROLE_BAR_USED);
	return true;
}

static void draw_bar(const struct history *history, const struct guest *guest, struct area cell, enum role role)
{
	double whole = 100.0 * MAX(guest->vcpus, 1);
	double fraction = guest->cpu_pct / whole;

	if (guest_state_active(guest->state) && draw_spark(history, guest, cell, role))
		return;
	if (guest_state_active(guest->state) && guest->cpu_pct >= 0)
		area_bar(cell, 0, 0, cell.cols, role == ROLE_STALE ? ROLE_STALE : ROLE_BAR_USED,
		        ROLE_BAR_FREE, MIN(fraction, 1));
}

static void draw_state(const struct guest *guest, struct area cell, bool stale)
{
	struct look look = look_guest(guest);

	if (guest->marked)
		area_glyph(cell, 0, 0, ROLE_MARKED, GLYPH_MARK);
	area_glyph(cell, 0, 1, stale && !guest->stuck_us ? ROLE_STALE : look.role, look.glyph);
}

static void draw_group(const struct guest_line *line, unsigned column, struct area cell)
{
	/* The label takes whatever the other cells leave empty. */
	if (column == GUEST_COL_STATE)
		area_glyph(cell, 0, 1, ROLE_TREE_GUIDE, line->folded ? GLYPH_FOLDED : GLYPH_UNFOLDED);
	else if (column == GUEST_COL_NAME)
		area_text(cell, 0, 0, -1, ROLE_TREE_GROUP, guest_group_title(line->group));
	else if (column == GUEST_COL_WORD)
		area_textf(cell, 0, 0, -1, ROLE_TREE_COUNT, "%u of %u", line->active, line->count);
}

static void draw_text(const struct app *app, const struct guest *guest, enum guest_column column, enum role role,
        struct area cell)
{
	g_autofree char *text = guest_cell_text(app, guest, column);

	table_text(&guest_columns[column], cell, role, text);
}

static void draw_cell(void *data, unsigned row, unsigned place, struct area cell)
{
	const struct host_guests *self = data;
	struct guest_line line = guest_rows_line(&self->rows, row);
	const struct guest *guest = line.guest;
	enum guest_column column = self->shown[place];
	const struct host *host = guest ? store_host(self->view.app->store, guest->ref.host) : NULL;
	bool stale = guest && (guest->stuck_us || !host || look_host_stale(self->view.app, host));
	enum role role;

	if (!guest) {
		draw_group(&line, column, cell);
		return;
	}
	role = stale ? ROLE_STALE : guest_state_active(guest->state) ? ROLE_TEXT : ROLE_STOPPED;
	if (column == GUEST_COL_STATE)
		draw_state(guest, cell, stale);
	else if (column == GUEST_COL_BAR)
		draw_bar(host ? host->history : NULL, guest, cell, role);
	else if (column == GUEST_COL_NAME && guest->marked)
		draw_text(self->view.app, guest, column, ROLE_MARKED, cell);
	else if (column == GUEST_COL_WORD)
		draw_text(self->view.app, guest, column,
		        guest->stuck_us || !stale ? look_guest(guest).role : ROLE_STALE, cell);
	else
		draw_text(self->view.app, guest, column, role, cell);
}

static void draw_foot(struct host_guests *self, const struct host *host, struct area line)
{
	g_autofree char *age = look_host_age(self->view.app, host);
	int x = 0;

	area_clear(line, ROLE_DIM);
	x += area_textf(line, 0, x, -1, ROLE_DIM, "%u guest%s, %u active", host->guests->len,
	        host->guests->len == 1 ? "" : "s", host->running);
	if (*self->rows.filter)
		x += area_textf(line, 0, x, -1, ROLE_MATCH, ", %u match \"%s\"", self->rows.shown, self->rows.filter);
	if (self->rows.group != GUEST_GROUP_NONE)
		x += area_textf(line, 0, x, -1, ROLE_DIM, ", by %s", guest_group_word(self->rows.group));
	if (self->rows.group == GUEST_GROUP_TAG && host->described < host->guests->len)
		x += area_textf(line, 0, x, -1, ROLE_DIM, ", reading tags %u of %u", host->described,
		        host->guests->len);
	if (age)
		x += area_textf(line, 0, x, -1, ROLE_STALE, ", %s", age);
	if (line.cols - x > 76)
		area_text_right(line, 0, x, line.cols - x, ROLE_DIM,
		        "a autostart t template x transient s saved n snapshots T emulated ! alarm");
	else if (line.cols - x > 20)
		area_text_right(line, 0, x, line.cols - x, ROLE_DIM, "o columns  b group");
}

static void draw(struct view *view, struct area area, bool focused)
{
	struct host_guests *self = (struct host_guests *)view;
	const struct host *host = store_host(view->app->store, self->ref.host);
	bool foot = area.rows >= FOOT_FROM_ROWS;

	view->dirty = false;
	sync_rows(self);
	if (!host) {
		area_clear(area, ROLE_TEXT);
		return;
	}
	/* Whoever has the keys here has chosen a guest, even without moving. */
	if (focused && self->at.kind == OBJ_NONE && !self->at_group)
		settle(self);
	table_draw(&self->table, area_sub(area, 0, 0, area.rows - foot, area.cols), focused, draw_cell, self);
	if (!guest_rows_count(&self->rows))
		area_text(area, 1, 0, -1, ROLE_DIM,
		        *self->rows.filter ? "Nothing matches the filter."
		        : host->listed     ? "No guests on this host."
		                           : "Nothing was read from this host yet.");
	if (foot)
		draw_foot(self, host, area_sub(area, area.rows - 1, 0, 1, area.cols));
}

static void draw_moved(struct view *view, struct area area, bool focused)
{
	struct host_guests *self = (struct host_guests *)view;

	table_draw_moved(&self->table, area_sub(area, 0, 0, area.rows - (area.rows >= FOOT_FROM_ROWS), area.cols),
	        focused, draw_cell, self);
}

/* ---- order ---- */

/* The table's choice becomes the rows'. */
static void sort_changed(struct host_guests *self)
{
	self->rows.sort = self->shown[self->table.sort];
	self->rows.invert = self->table.invert;
	self->rows.stale = true;
	keep_order(self);
	content_touch(&self->view);
}

/* Columns that are not on screen are passed over, or the order would seem to come from nowhere. */
static void step_sort(struct host_guests *self, int step)
{
	for (unsigned i = 0; i < self->table.column_count; i++) {
		table_sort_step(&self->table, step);
		if (self->table.slots[self->table.sort].width && self->shown[self->table.sort] != GUEST_COL_BAR)
			break;
	}
	sort_changed(self);
}

static void cmd_sort_next(struct view *view, unsigned count)
{
	(void)count;
	step_sort((struct host_guests *)view, 1);
}

static void cmd_sort_prev(struct view *view, unsigned count)
{
	(void)count;
	step_sort((struct host_guests *)view, -1);
}

static void cmd_invert(struct view *view, unsigned count)
{
	struct host_guests *self = (struct host_guests *)view;

	(void)count;
	self->table.invert = !self->table.invert;
	sort_changed(self);
}

static void cmd_group(struct view *view, unsigned count)
{
	struct host_guests *self = (struct host_guests *)view;
	/* By host it would be one group where there is one host. */
	unsigned groups = store_host_count(view->app->store) > 1 ? GUEST_GROUP_N : GUEST_GROUP_HOST;

	(void)count;
	guest_rows_set_group(&self->rows, (enum guest_group)(((unsigned)self->rows.group + 1) % groups));
	if (self->at.kind == OBJ_NONE)
		self->at_group = NULL;
	keep_order(self);
	content_touch(view);
}

static void cmd_columns(struct view *view, unsigned count)
{
	struct column_choice usual[GUEST_COL_N], choices[GUEST_COL_N];

	(void)count;
	usual_choices(usual);
	usual_choices(choices);
	columns_order(view->app, LIST_NAME, choices, GUEST_COL_N);
	app_push_modal(view->app, columns_dialog_new(view->app, LIST_NAME, choices, usual, GUEST_COL_N));
}

static void cmd_open(struct view *view, unsigned count)
{
	struct host_guests *self = (struct host_guests *)view;
	struct guest_line line;
	struct obj_ref ref;

	(void)count;
	sync_rows(self);
	line = guest_rows_line(&self->rows, self->table.list.cursor);
	if (line.guest) {
		ref = line.guest->ref;
		app_open_inside(view->app, &ref);
	} else if (line.group) {
		settle(self);
		guest_rows_toggle(&self->rows, line.group);
		content_touch(view);
	}
}

static void fold_group(struct view *view, bool folded)
{
	struct host_guests *self = (struct host_guests *)view;
	struct guest_line line;

	sync_rows(self);
	line = guest_rows_line(&self->rows, self->table.list.cursor);
	/* From a guest to its group's row first. */
	if (line.guest && line.group && folded) {
		self->at = (struct obj_ref){.kind = OBJ_NONE};
		list_goto(&self->table.list,
		        (unsigned)MAX(guest_rows_find(&self->rows, &self->at, line.group), 0));
		settle(self);
	} else if (!line.guest && line.group && line.folded != folded) {
		settle(self);
		guest_rows_toggle(&self->rows, line.group);
	}
	content_touch(view);
}

static void cmd_fold(struct view *view, unsigned count)
{
	(void)count;
	fold_group(view, true);
}

static void cmd_unfold(struct view *view, unsigned count)
{
	(void)count;
	fold_group(view, false);
}

/* ---- export ---- */

static bool shown_table(struct app *app, struct guest_export *ret_export)
{
	struct view *content = app->regions[REGION_CONTENT];
	struct view *tab = content ? content_active(content) : NULL;
	struct host_guests *self = tab && tab->ops == &host_guests_view ? (struct host_guests *)tab : NULL;

	if (!self)
		return false;
	sync_rows(self);
	*ret_export = (struct guest_export){app, &self->rows, self->shown, self->table.column_count};
	return true;
}

static void cmd_export(struct view *view, unsigned count)
{
	struct host_guests *self = (struct host_guests *)view;

	(void)count;
	guest_export_ask(view->app, &self->ref, shown_table);
}

/* ---- input ---- */

static bool key(struct view *view, keycode code, unsigned count)
{
	struct host_guests *self = (struct host_guests *)view;

	sync_rows(self);
	if (!list_key(&self->table.list, code, count))
		return false;
	settle(self);
	content_moved(view);
	return true;
}

static bool mouse(struct view *view, const struct mouse *event)
{
	struct host_guests *self = (struct host_guests *)view;

	sync_rows(self);
	content_touch(view);
	switch (table_mouse(&self->table, event)) {
	case TABLE_MISS:
		return false;
	case TABLE_SORTED:
		sort_changed(self);
		break;
	case TABLE_MOVED:
		settle(self);
		break;
	case TABLE_OPENED:
		settle(self);
		cmd_open(view, 1);
		break;
	}
	return true;
}

/* Is a time on screen that tells seconds? Coarser ones wait for the next whole frame. */
static bool counts_seconds(const struct host_guests *self)
{
	const struct list *list = &self->table.drawn;
	gint64 now_us = app_now_us(self->view.app);

	for (unsigned i = list->top; i < list->count && i < list->top + list->height; i++) {
		const struct guest *guest = guest_rows_at(&self->rows, i);

		if (guest && now_us - guest->state_us < SECONDS_TOLD_US)
			return true;
	}
	return false;
}

static void update(struct view *view, unsigned changes)
{
	if (changes & CHANGE_SAVED)
		apply_saved((struct host_guests *)view);
	if (changes & (CHANGE_HOST | CHANGE_LIST | CHANGE_FIGURES | CHANGE_DETAIL | CHANGE_SAVED))
		view->dirty = true;
	/* Drawn since the list changed last: its rows are good. */
	else if ((changes & CHANGE_STATS) && !view->dirty)
		view->dirty = counts_seconds((struct host_guests *)view);
}

static bool selected(struct view *view, struct obj_ref *ret_ref)
{
	struct host_guests *self = (struct host_guests *)view;
	struct guest_line line;

	sync_rows(self);
	line = guest_rows_line(&self->rows, self->table.list.cursor);
	if (!line.guest && !line.group)
		return false;
	/* A group's row is no object: not the host that is open, either. */
	*ret_ref = line.guest ? line.guest->ref : (struct obj_ref){.kind = OBJ_NONE};
	return true;
}

static void set_object(struct view *view, const struct obj_ref *ref)
{
	struct host_guests *self = (struct host_guests *)view;

	if (self->ref.host != ref->host)
		self->at = (struct obj_ref){.kind = OBJ_NONE}, self->at_group = NULL;
	self->ref = *ref;
	guest_rows_set_host(&self->rows, ref->host);
	content_touch(view);
}

static void set_filter(struct view *view, const char *filter)
{
	struct host_guests *self = (struct host_guests *)view;

	guest_rows_set_filter(&self->rows, filter);
	content_touch(view);
}

static const char *filter_of(const struct view *view)
{
	return ((const struct host_guests *)view)->rows.filter;
}

static void visible(struct view *view, unsigned host, GArray *uuids)
{
	struct host_guests *self = (struct host_guests *)view;
	const struct list *list = &self->table.list;

	sync_rows(self);
	for (unsigned i = list->top; i < list->count && i < list->top + list->height; i++) {
		const struct guest *guest = guest_rows_at(&self->rows, i);

		if (guest && guest->ref.host == host)
			g_array_append_vals(uuids, guest->ref.uuid, 1);
	}
}

/* Groups and order by what only definitions tell need those of the guests that are not on screen, too. */
static bool wants_all(struct view *view, unsigned host)
{
	const struct guest_rows *rows = &((struct host_guests *)view)->rows;

	if (rows->host != host && rows->group != GUEST_GROUP_HOST)
		return false;
	return rows->group == GUEST_GROUP_TAG || rows->sort == GUEST_COL_TAGS || rows->sort == GUEST_COL_TITLE;
}

/* Columns that there is room for, and the one it is ordered by. */
static unsigned wants_rows(struct view *view)
{
	static const struct {
		enum guest_column column;
		enum watch_row bit;
	} wants[] = {{GUEST_COL_NET, WATCH_NET}, {GUEST_COL_DISK, WATCH_DISK}, {GUEST_COL_IP, WATCH_ADDRESS}};
	const struct host_guests *self = (const struct host_guests *)view;
	unsigned rows = 0;

	for (unsigned i = 0; i < self->table.column_count; i++)
		for (unsigned j = 0; j < G_N_ELEMENTS(wants); j++)
			if (self->shown[i] == wants[j].column && self->table.slots[i].width)
				rows |= wants[j].bit;
	return rows;
}

static bool row_ref(struct view *view, unsigned index, struct obj_ref *ret_ref)
{
	struct host_guests *self = (struct host_guests *)view;
	struct guest_line line;

	if (!index)
		sync_rows(self);
	line = guest_rows_line(&self->rows, index);
	if (index >= guest_rows_count(&self->rows))
		return false;
	*ret_ref = line.guest ? line.guest->ref : (struct obj_ref){.kind = OBJ_NONE};
	return true;
}

static unsigned cursor(struct view *view)
{
	struct host_guests *self = (struct host_guests *)view;

	sync_rows(self);
	return self->table.list.cursor;
}

static const struct view_cmd cmds[] = {
        {"open-guest", "Open the guest's page; fold a group", "Enter", "open", cmd_open},
        {"group", "Group by state, tag, host, or not", "b", "group", cmd_group},
        {"columns", "Choose and order the columns", "o", "columns", cmd_columns},
        {"export", "Export the table as CSV or JSON", "E", NULL, cmd_export},
        {"fold-group", "Fold the group", "h Left", NULL, cmd_fold},
        {"unfold-group", "Unfold the group", "l Right", NULL, cmd_unfold},
        {"sort-next", "Sort by the next column", ">", "sort", cmd_sort_next},
        {"sort-prev", "Sort by the previous column", "<", NULL, cmd_sort_prev},
        {"sort-invert", "Turn the order round", "i", NULL, cmd_invert},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops host_guests_view = {
        .name = "host-guests",
        .title = "Guests",
        .create = create,
        .destroy = destroy,
        .draw = draw,
        .draw_moved = draw_moved,
        .cmds = cmds,
        .key = key,
        .mouse = mouse,
        .update = update,
        .selected = selected,
        .set_object = set_object,
        .set_filter = set_filter,
        .filter = filter_of,
        .row = row_ref,
        .cursor = cursor,
        .visible = visible,
        .wants_all = wants_all,
        .wants_rows = wants_rows,
};
