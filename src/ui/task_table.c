/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks as a table: see task_table.h. */
#include "task_table.h"

#include <string.h>

#include "content.h"
#include "look.h"
#include "nvirt/text.h"

enum column {
	COL_START,
	COL_END,
	COL_DURATION,
	COL_HOST,
	COL_USER,
	COL_OBJECT,
	COL_VERB,
	COL_STATUS,
	COL_MESSAGE,
	COL_N
};

static const struct table_column columns[COL_N] = {
        [COL_START] = {.title = "Start", .width = 11, .drop = 3},
        [COL_END] = {.title = "End", .width = 11, .drop = 9},
        [COL_DURATION] = {.title = "Duration", .width = 9, .drop = 5, .right = true},
        [COL_HOST] = {.title = "Host", .width = 10, .drop = 7},
        [COL_USER] = {.title = "User", .width = 8, .drop = 8},
        [COL_OBJECT] = {.title = "Object", .width = 12, .grow = 1},
        [COL_VERB] = {.title = "Task", .width = 15},
        [COL_STATUS] = {.title = "Status", .width = 14},
        [COL_MESSAGE] = {.title = "Message", .width = 16, .grow = 4, .drop = 2},
};

struct view *task_view_new(struct app *app, const struct view_ops *ops)
{
	struct task_view *self = g_new0(struct task_view, 1);

	self->view = (struct view){.ops = ops, .app = app, .dirty = true};
	table_init(&self->table, columns, COL_N, -1);
	self->tasks = g_ptr_array_new();
	self->filter = g_strdup("");
	self->filter_fold = g_strdup("");
	self->stale = true;
	return &self->view;
}

void task_view_destroy(struct view *view)
{
	struct task_view *self = (struct task_view *)view;

	g_ptr_array_unref(self->tasks);
	g_free(self->filter);
	g_free(self->filter_fold);
	g_free(self);
}

/* ---- rows ---- */

static bool is_of(const struct task_view *self, const struct task *task)
{
	const struct host *host;
	bool here;

	if (self->of.kind == OBJ_NONE)
		return true;
	/* Tasks of another nvirt know the host by its URI only. */
	host = store_host(self->view.app->store, self->of.host);
	here = task->ref.host == self->of.host ||
	       (!task->ref.host && host && host->status->uri && !g_strcmp0(task->uri, host->status->uri));
	if (self->of.kind == OBJ_HOST)
		return here;
	/* A snapshot's are its guest's. */
	return here && (task->ref.kind == OBJ_SNAPSHOT ? OBJ_GUEST : task->ref.kind) == self->of.kind &&
	       !memcmp(task->ref.uuid, self->of.uuid, sizeof(task->ref.uuid));
}

static bool matches(const struct task_view *self, const struct task *task)
{
	g_autofree char *all = NULL, *fold = NULL;

	if (!*self->filter_fold)
		return true;
	all = g_strjoin(" ", task->object, task->verb, task->host_name, task->user,
	        task_state_word(task->state), task->message, NULL);
	fold = text_fold(all);
	return filter_match(fold, self->filter_fold);
}

static const struct task *row_at(const struct task_view *self, unsigned row)
{
	return row < self->tasks->len ? g_ptr_array_index(self->tasks, row) : NULL;
}

/* Fresh rows; before any use of them, as they point into the store. */
static void sync_rows(struct task_view *self)
{
	const struct store *store = self->view.app->store;
	int at = self->cursor_id ? -1 : 0;

	if (!self->stale)
		return;
	self->stale = false;
	g_ptr_array_set_size(self->tasks, 0);
	for (unsigned i = 0; i < store_task_count(store); i++) {
		struct task *task = store_task_at(store, i);

		if (!is_of(self, task) || !matches(self, task))
			continue;
		if (self->cursor_id && !strcmp(task->id, self->cursor_id))
			at = (int)self->tasks->len;
		g_ptr_array_add(self->tasks, task);
	}
	list_set_count(&self->table.list, self->tasks->len);
	if (at >= 0)
		list_goto(&self->table.list, (unsigned)at);
}

static void settle(struct task_view *self)
{
	const struct task *task = row_at(self, self->table.list.cursor);

	self->cursor_id = task && self->table.list.cursor ? g_intern_string(task->id) : NULL;
}

/* ---- cells ---- */

static gint64 elapsed_us(const struct task_view *self, const struct task *task)
{
	if (task->end_unix_us)
		return task->end_unix_us - task->start_unix_us;
	if (task->state == TASK_UNKNOWN || task->state == TASK_INTERRUPTED)
		return -1;
	if (task->start_us)
		return app_now_us(self->view.app) - task->start_us;
	return look_wall_us() - task->start_unix_us;
}

static enum role row_role(const struct task *task)
{
	switch (task->state) {
	case TASK_FAILED:
		return ROLE_TASK_ERROR;
	case TASK_WARNING:
	case TASK_UNKNOWN:
	case TASK_INTERRUPTED:
		return ROLE_TASK_WARN;
	case TASK_ABORTED:
		return ROLE_TASK_ABORTED;
	case TASK_QUEUED:
	case TASK_RUNNING:
	case TASK_OK:
	case TASK_STATE_N:
		break;
	}
	return ROLE_TEXT;
}

static void draw_time(struct area cell, enum role role, gint64 unix_us)
{
	char out[32];

	if (!unix_us)
		return;
	text_format_time(out, sizeof(out), unix_us, look_wall_us());
	area_text(cell, 0, 0, -1, role, out);
}

/* A block that goes to and fro, one step a second: it lives, but how far it is nobody tells. */
static void draw_moving(struct area cell, int x, int cols, gint64 seconds)
{
	int span = MAX(cols - 2, 1);
	int at = (int)(seconds % (2 * span));

	if (at >= span)
		at = 2 * span - at;
	for (int i = 0; i < cols; i++) {
		bool on = i >= at && i < at + 2;

		area_glyph(cell, 0, x + i, on ? ROLE_BAR_USED : ROLE_BAR_FREE,
		        on ? GLYPH_BAR_FULL : GLYPH_BAR_EMPTY);
	}
}

static void draw_status(const struct task_view *self, const struct task *task, struct area cell)
{
	struct look look = look_task(task->state);
	int x = area_glyph(cell, 0, 0, look.role, look.glyph) + 1;

	if (task->state != TASK_RUNNING || cell.cols < 10) {
		area_text(cell, 0, x, -1, look.role,
		        task->abort_asked && task->state == TASK_RUNNING ? "aborting"
		                                                         : task_state_word(task->state));
		return;
	}
	if (task->progress >= 0) {
		x += area_textf(cell, 0, x, -1, look.role, "%3.0f%% ", CLAMP(task->progress, 0, 1) * 100);
		area_bar(cell, 0, x, cell.cols - x, ROLE_BAR_USED, ROLE_BAR_FREE, task->progress);
	} else if (task->abort_asked) {
		area_text(cell, 0, x, -1, look.role, "aborting");
	} else {
		draw_moving(cell, x, cell.cols - x, elapsed_us(self, task) / G_USEC_PER_SEC);
	}
}

static void draw_duration(
        const struct task_view *self, const struct task *task, struct area cell, enum role role)
{
	g_autofree char *span = look_span_us(elapsed_us(self, task));

	area_text_right(cell, 0, 0, cell.cols, role, span);
}

static void draw_cell(void *data, unsigned row, unsigned column, struct area cell)
{
	const struct task_view *self = data;
	const struct task *task = row_at(self, row);
	enum role role = row_role(task);

	switch ((enum column)column) {
	case COL_START:
		draw_time(cell, role, task->start_unix_us);
		break;
	case COL_END:
		draw_time(cell, role, task->end_unix_us);
		break;
	case COL_DURATION:
		draw_duration(self, task, cell, role);
		break;
	case COL_HOST:
		area_text(cell, 0, 0, -1, role, task->host_name);
		break;
	case COL_USER:
		area_text(cell, 0, 0, -1, role, task->user);
		break;
	case COL_OBJECT:
		area_text(cell, 0, 0, -1, role, task->object);
		break;
	case COL_VERB:
		area_text(cell, 0, 0, -1, role, task->verb);
		break;
	case COL_STATUS:
		draw_status(self, task, cell);
		break;
	case COL_MESSAGE:
		area_text(cell, 0, 0, -1, role, task->message);
		break;
	case COL_N:
		break;
	}
}

void task_view_draw(struct view *view, struct area area, bool focused)
{
	struct task_view *self = (struct task_view *)view;

	view->dirty = false;
	sync_rows(self);
	table_draw(&self->table, area, focused, draw_cell, self);
	if (!self->tasks->len)
		area_text(area, 1, 0, -1, ROLE_DIM,
		        *self->filter ? "Nothing matches the filter."
		                      : "No tasks yet: what is done is listed here.");
}

void task_view_draw_moved(struct view *view, struct area area, bool focused)
{
	struct task_view *self = (struct task_view *)view;

	table_draw_moved(&self->table, area, focused, draw_cell, self);
}

/* ---- input ---- */

static void cmd_open(struct view *view, unsigned count)
{
	struct task_view *self = (struct task_view *)view;
	const struct task *task;

	(void)count;
	sync_rows(self);
	task = row_at(self, self->table.list.cursor);
	if (task)
		app_show_task(view->app, task->id);
}

bool task_view_key(struct view *view, keycode key, unsigned count)
{
	struct task_view *self = (struct task_view *)view;

	sync_rows(self);
	if (!list_key(&self->table.list, key, count))
		return false;
	settle(self);
	content_moved(view);
	return true;
}

bool task_view_mouse(struct view *view, const struct mouse *mouse)
{
	struct task_view *self = (struct task_view *)view;
	enum table_hit hit;

	sync_rows(self);
	hit = table_mouse(&self->table, mouse);
	if (hit == TABLE_MISS)
		return false;
	settle(self);
	content_touch(view);
	if (hit == TABLE_OPENED)
		cmd_open(view, 1);
	return true;
}

void task_view_update(struct view *view, unsigned changes)
{
	struct task_view *self = (struct task_view *)view;

	if (!(changes & CHANGE_TASKS))
		return;
	self->stale = true;
	view->dirty = true;
}

bool task_view_selected(struct view *view, struct obj_ref *ret_ref)
{
	struct task_view *self = (struct task_view *)view;
	const struct task *task;

	sync_rows(self);
	task = row_at(self, self->table.list.cursor);
	if (!task)
		return false;
	*ret_ref =
	        (struct obj_ref){.kind = OBJ_TASK, .host = task->ref.host, .name = g_intern_string(task->id)};
	return true;
}

void task_view_set_object(struct view *view, const struct obj_ref *ref)
{
	struct task_view *self = (struct task_view *)view;

	if (obj_ref_equal(&self->of, ref))
		return;
	self->of = *ref;
	self->cursor_id = NULL;
	self->stale = true;
	content_touch(view);
}

void task_view_set_filter(struct view *view, const char *filter)
{
	struct task_view *self = (struct task_view *)view;

	g_free(self->filter);
	g_free(self->filter_fold);
	self->filter = g_strdup(filter ? filter : "");
	self->filter_fold = text_fold(self->filter);
	self->stale = true;
	content_touch(view);
}

const char *task_view_filter(const struct view *view)
{
	return ((const struct task_view *)view)->filter;
}

const struct view_cmd task_view_cmds[] = {
        {"open-task", "Show the task with its log", "Enter", "detail", cmd_open},
        {NULL, NULL, NULL, NULL, NULL},
};
