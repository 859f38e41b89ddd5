/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The task log: the task table of everything, as a region. Main thread. */
#include "task_table.h"

static struct view *create(struct app *app)
{
	return task_view_new(app, &tasklog_view);
}

/* No set_object: it shows all tasks, whatever is open. */
const struct view_ops tasklog_view = {
        .name = "tasklog",
        .title = "Tasks",
        .create = create,
        .destroy = task_view_destroy,
        .draw = task_view_draw,
        .draw_moved = task_view_draw_moved,
        .cmds = task_view_cmds,
        .key = task_view_key,
        .mouse = task_view_mouse,
        .update = task_view_update,
        .selected = task_view_selected,
        .set_filter = task_view_set_filter,
        .filter = task_view_filter,
};
