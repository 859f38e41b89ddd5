/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of tasks: all of them (the task log), or those of one host or guest
 * (their Tasks tabs). What runs is on top. As long as the cursor is at the top
 * it stays there; below it keeps to its task. Main thread.
 */
#ifndef NVIRT_UI_TASK_TABLE_H
#define NVIRT_UI_TASK_TABLE_H

#include "app.h"
#include "table.h"

struct task_view {
	struct view view;
	struct obj_ref of; /* OBJ_NONE: all tasks */
	struct table table;
	GPtrArray *tasks;      /* const struct task *, into the store */
	const char *cursor_id; /* interned; NULL = follows the top */
	char *filter, *filter_fold;
	bool stale;
};

/* The ops of such a view; each file that has one names itself and its title. */
struct view *task_view_new(struct app *app, const struct view_ops *ops);
void task_view_destroy(struct view *view);
void task_view_draw(struct view *view, struct area area, bool focused);
void task_view_draw_moved(struct view *view, struct area area, bool focused);
bool task_view_key(struct view *view, keycode key, unsigned count);
bool task_view_mouse(struct view *view, const struct mouse *mouse);
void task_view_update(struct view *view, unsigned changes);
bool task_view_selected(struct view *view, struct obj_ref *ret_ref);
void task_view_set_object(struct view *view, const struct obj_ref *ref);
void task_view_set_filter(struct view *view, const char *filter);
const char *task_view_filter(const struct view *view);
extern const struct view_cmd task_view_cmds[];

#endif
