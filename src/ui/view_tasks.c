/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host, Tasks and Guest, Tasks: the task table of one object. Main thread. */
#include "task_table.h"

static struct view *create_host(struct app *app)
{
	return task_view_new(app, &host_tasks_view);
}

static struct view *create_guest(struct app *app)
{
	return task_view_new(app, &guest_tasks_view);
}

#define TASKS_OPS                                                                                            \
	.title = "Tasks", .destroy = task_view_destroy, .draw = task_view_draw,                              \
	.draw_moved = task_view_draw_moved, .cmds = task_view_cmds, .key = task_view_key,                    \
	.mouse = task_view_mouse, .update = task_view_update,                          \
	.selected = task_view_selected, .set_object = task_view_set_object,                                  \
	.set_filter = task_view_set_filter, .filter = task_view_filter

const struct view_ops host_tasks_view = {.name = "host-tasks", .create = create_host, TASKS_OPS};
const struct view_ops guest_tasks_view = {.name = "guest-tasks", .create = create_guest, TASKS_OPS};
