/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tab that is a table of objects: see table_view.h. Main thread. */
#include "table_view.h"

#include "content.h"
#include "look.h"
#include "nvirt/text.h"

enum { FOOT_FROM_ROWS = 6 };

struct host *table_view_host(const struct table_view *self)
{
	return store_host(self->view.app->store, self->ref.host);
}

static const void *row_at(const struct table_view *self, unsigned index)
{
	return index < self->rows->len ? self->rows->pdata[index] : NULL;
}

static const char *part_of(const struct table_view *self, const void *row)
{
	return self->table_ops->part ? self->table_ops->part(row) : "";
}

static void settle(struct table_view *self)
{
	const void *row = row_at(self, self->table.list.cursor);

	if (!row)
		return;
	self->at = self->table_ops->ref(self, row);
	g_free(self->at_part);
	self->at_part = g_strdup(part_of(self, row));
}

void table_view_goto(struct table_view *self, unsigned index)
{
	list_goto(&self->table.list, index);
	settle(self);
	content_touch(&self->view);
}

/* ---- rows ---- */

struct sorting {
	const struct table_view *self;
	int direction;
};

/* The sort is stable, so equals keep the order they were collected in. */
static int compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct sorting *sorting = data;
	const struct table_view *self = sorting->self;

	return sorting->direction
	       * self->table_ops->compare(*(const void *const *)a, *(const void *const *)b, (unsigned)self->table.sort);
}

static void drop_unmatched(struct table_view *self)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < self->rows->len; i++)
		if (self->table_ops->match(self->rows->pdata[i], self->filter_fold))
			self->rows->pdata[kept++] = self->rows->pdata[i];
	g_ptr_array_set_size(self->rows, (int)kept);
}

static int find_row(const struct table_view *self)
{
	for (unsigned i = 0; i < self->rows->len; i++) {
		struct obj_ref ref = self->table_ops->ref(self, self->rows->pdata[i]);

		if (obj_ref_equal(&ref, &self->at) && g_strcmp0(part_of(self, self->rows->pdata[i]), self->at_part) == 0)
			return (int)i;
	}
	return -1;
}

/* The table turns around the cursor, which stays on its line as far as it can. */
static void keep_cursor(struct table_view *self)
{
	struct list *list = &self->table.list;
	unsigned line = list->cursor - list->top;
	int index;

	list_set_count(list, self->rows->len);
	if (self->at.kind == OBJ_NONE)
		return;
	index = find_row(self);
	if (index < 0) {
		settle(self);
		return;
	}
	list->top = (unsigned)index > line ? (unsigned)index - line : 0;
	list_goto(list, (unsigned)index);
}

/* Before any use of the rows. */
static void sync_rows(struct table_view *self)
{
	struct sorting sorting = {self, self->table.invert ? -1 : 1};
	uint64_t generation = store_generation(self->view.app->store);

	if (!self->stale && self->generation == generation)
		return;
	self->stale = false;
	self->generation = generation;
	g_ptr_array_set_size(self->rows, 0);
	if (self->ref.kind != OBJ_NONE && table_view_host(self))
		self->table_ops->collect(self, self->rows);
	if (*self->filter_fold)
		drop_unmatched(self);
	g_ptr_array_sort_with_data(self->rows, compare_rows, &sorting);
	keep_cursor(self);
}

const void *table_view_at_cursor(struct table_view *self)
{
	sync_rows(self);
	return row_at(self, self->table.list.cursor);
}

/* ---- drawing ---- */

void table_view_text(struct area cell, enum role role, const char *text)
{
	area_text(cell, 0, 0, cell.cols, role, text ? text : "");
}

void table_view_number(struct area cell, enum role role, char *text)
{
	area_text_right(cell, 0, 0, cell.cols, role, text);
	g_free(text);
}

static void draw_cell(void *data, unsigned row, unsigned column, struct area cell)
{
	struct table_view *self = data;
	const void *at = row_at(self, row);
	enum role role = look_host_stale(self->view.app, table_view_host(self)) ? ROLE_STALE
	                 : self->table_ops->role                                ? self->table_ops->role(at)
	                                                                        : ROLE_TEXT;

	self->table_ops->cell(self, at, column, cell, role);
}

static void draw_foot(struct table_view *self, struct area line)
{
	const char *legend = self->table_ops->legend;
	g_autofree char *text = self->table_ops->foot(self);
	g_autofree char *age = look_host_age(self->view.app, table_view_host(self));
	int x = 0;

	area_clear(line, ROLE_DIM);
	x += area_text(line, 0, x, -1, ROLE_DIM, text);
	if (*self->filter)
		x += area_textf(line, 0, x, -1, ROLE_MATCH, ", %u match \"%s\"", self->rows->len, self->filter);
	if (age)
		x += area_textf(line, 0, x, -1, ROLE_STALE, ", %s", age);
	if (legend && line.cols - x > text_columns(legend) + 2)
		area_text_right(line, 0, x, line.cols - x, ROLE_DIM, legend);
}

void table_view_draw(struct view *view, struct area area, bool focused)
{
	struct table_view *self = (struct table_view *)view;
	bool foot = area.rows >= FOOT_FROM_ROWS;

	view->dirty = false;
	sync_rows(self);
	area_clear(area, ROLE_TEXT);
	if (!table_view_host(self))
		return;
	/* Whoever has the keys here has chosen a row, even without moving. */
	if (focused && self->at.kind == OBJ_NONE)
		settle(self);
	table_draw(&self->table, area_sub(area, 0, 0, area.rows - foot, area.cols), focused, draw_cell, self);
	if (!self->rows->len)
		area_text(area, 1, 0, -1, ROLE_DIM,
		        *self->filter ? "Nothing matches the filter." : self->table_ops->empty(self));
	if (foot)
		draw_foot(self, area_sub(area, area.rows - 1, 0, 1, area.cols));
}

void table_view_draw_moved(struct view *view, struct area area, bool focused)
{
	struct table_view *self = (struct table_view *)view;

	table_draw_moved(&self->table, area_sub(area, 0, 0, area.rows - (area.rows >= FOOT_FROM_ROWS), area.cols),
	        focused, draw_cell, self);
}

/* ---- order ---- */

static void sort_changed(struct table_view *self)
{
	self->stale = true;
	content_touch(&self->view);
}

/* Columns that are not on screen are passed over, or the order would seem to come from nowhere. */
static void step_sort(struct table_view *self, int step)
{
	for (unsigned i = 0; i < self->table.column_count; i++) {
		table_sort_step(&self->table, step);
		if (self->table.slots[self->table.sort].width)
			break;
	}
	sort_changed(self);
}

void table_view_cmd_sort_next(struct view *view, unsigned count)
{
	(void)count;
	step_sort((struct table_view *)view, 1);
}

void table_view_cmd_sort_prev(struct view *view, unsigned count)
{
	(void)count;
	step_sort((struct table_view *)view, -1);
}

void table_view_cmd_invert(struct view *view, unsigned count)
{
	struct table_view *self = (struct table_view *)view;

	(void)count;
	self->table.invert = !self->table.invert;
	sort_changed(self);
}

void table_view_cmd_open(struct view *view, unsigned count)
{
	struct table_view *self = (struct table_view *)view;
	const void *row = table_view_at_cursor(self);
	struct obj_ref ref;

	(void)count;
	if (row && self->table_ops->open)
		self->table_ops->open(self, row);
	else if (table_view_selected(view, &ref) && store_has(view->app->store, &ref))
		app_open_inside(view->app, &ref);
}

const struct view_cmd table_view_cmds[] = {
        TABLE_VIEW_CMDS,
        {NULL, NULL, NULL, NULL, NULL},
};

/* ---- input and news ---- */

bool table_view_key(struct view *view, keycode key, unsigned count)
{
	struct table_view *self = (struct table_view *)view;

	sync_rows(self);
	if (!list_key(&self->table.list, key, count))
		return false;
	settle(self);
	content_moved(view);
	return true;
}

bool table_view_mouse(struct view *view, const struct mouse *mouse)
{
	struct table_view *self = (struct table_view *)view;

	sync_rows(self);
	content_touch(view);
	switch (table_mouse(&self->table, mouse)) {
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
		table_view_cmd_open(view, 1);
		break;
	}
	return true;
}

void table_view_update(struct view *view, unsigned changes)
{
	struct table_view *self = (struct table_view *)view;

	if (!(changes & (CHANGE_HOST | CHANGE_LIST | CHANGE_STATS | CHANGE_DETAIL)))
		return;
	self->stale = true;
	view->dirty = true;
}

void table_view_update_facts(struct view *view, unsigned changes)
{
	if (changes & (CHANGE_HOST | CHANGE_LIST | CHANGE_DETAIL))
		table_view_update(view, changes);
}

bool table_view_selected(struct view *view, struct obj_ref *ret_ref)
{
	struct table_view *self = (struct table_view *)view;
	const void *row;

	sync_rows(self);
	row = row_at(self, self->table.list.cursor);
	if (!row)
		return false;
	*ret_ref = self->table_ops->ref(self, row);
	return ret_ref->kind != OBJ_NONE;
}

void table_view_set_object(struct view *view, const struct obj_ref *ref)
{
	struct table_view *self = (struct table_view *)view;

	if (!obj_ref_equal(&self->ref, ref)) {
		self->at = (struct obj_ref){.kind = OBJ_NONE};
		list_goto(&self->table.list, 0);
	}
	self->ref = *ref;
	self->stale = true;
	content_touch(view);
}

void table_view_set_filter(struct view *view, const char *filter)
{
	struct table_view *self = (struct table_view *)view;

	g_free(self->filter);
	g_free(self->filter_fold);
	self->filter = g_strdup(filter ? filter : "");
	self->filter_fold = text_fold(self->filter);
	self->stale = true;
	content_touch(view);
}

const char *table_view_filter(const struct view *view)
{
	return ((const struct table_view *)view)->filter;
}

void table_view_init(struct table_view *self, struct app *app, const struct view_ops *ops,
        const struct table_view_ops *table_ops)
{
	self->view = (struct view){.ops = ops, .app = app, .dirty = true};
	self->table_ops = table_ops;
	self->rows = g_ptr_array_new();
	self->filter = g_strdup("");
	self->filter_fold = g_strdup("");
	self->stale = true;
	table_init(&self->table, table_ops->columns, table_ops->column_count, table_ops->sort);
}

struct view *table_view_new(
        struct app *app, const struct view_ops *ops, const struct table_view_ops *table_ops)
{
	struct table_view *self = g_new0(struct table_view, 1);

	table_view_init(self, app, ops, table_ops);
	return &self->view;
}

void table_view_destroy(struct view *view)
{
	struct table_view *self = (struct table_view *)view;

	g_ptr_array_unref(self->rows);
	g_free(self->at_part);
	g_free(self->filter);
	g_free(self->filter_fold);
	g_free(self);
}
