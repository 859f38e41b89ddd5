/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mouse: hot places first (key bar, buttons), then the borders between the
 * regions, which can be drawn elsewhere, then the region below it. Main thread.
 */
#include "app_private.h"
#include "state.h"

/* A place that was drawn in this frame, where a click is a key. */
struct hot {
	struct rect rect;
	keycode key;
};

void app_hot(struct app *app, struct area area, keycode key)
{
	struct hot hot = {.rect = {area.y, area.x, area.rows, area.cols}, .key = key};
	if (!app->hot)
		app->hot = g_array_new(FALSE, FALSE, sizeof(struct hot));
	if (key != K_NONE)
		g_array_append_val(app->hot, hot);
}

void app_cool(struct app *app)
{
	if (app->hot)
		g_array_set_size(app->hot, 0);
}

static bool is_press(const struct mouse *mouse)
{
	return mouse->what == MOUSE_PRESS && mouse->button == 1;
}

static bool hot_mouse(struct app *app, const struct mouse *mouse)
{
	for (guint i = 0; app->hot && i < app->hot->len && is_press(mouse); i++) {
		const struct hot *hot = &g_array_index(app->hot, struct hot, i);
		if (!rect_contains(&hot->rect, mouse->y, mouse->x))
			continue;
		app_key(app, hot->key);
		return true;
	}
	return false;
}

static bool is_wheel(const struct mouse *mouse)
{
	return mouse->button == 4 || mouse->button == 5;
}

static bool switcher_mouse(struct app *app, const struct layout *layout, const struct mouse *mouse)
{
	if (!rect_contains(&layout->switcher, mouse->y, mouse->x) || mouse->what != MOUSE_PRESS)
		return false;
	int third = mouse->x * 3 / MAX(layout->switcher.cols, 1);
	app_focus(app, (enum region)(REGION_TREE + third));
	return true;
}

/* ---- borders ---------------------------------------------------------------- */

static void grab(struct app *app, const struct layout *layout, const struct mouse *mouse)
{
	if (!is_press(mouse) || layout->mode != LAYOUT_FULL)
		return;
	if (rect_contains(&layout->separator, mouse->y, mouse->x))
		app->dragged = REGION_TREE;
	else if (rect_contains(&layout->title[REGION_TASKS], mouse->y, mouse->x))
		app->dragged = REGION_TASKS;
}

static void drag(struct app *app, const struct layout *layout, const struct mouse *mouse)
{
	const struct rect *tasks = &layout->region[REGION_TASKS];
	if (app->dragged == REGION_TREE)
		app->tree_cols = MAX(mouse->x, 1);
	else
		app->task_rows = MAX(tasks->y + tasks->rows - 1 - mouse->y, 1);
	/* What the screen has room for, so that a way back does not begin beyond it. */
	struct layout now;
	app_compute_layout(app, &now);
	if (app->tree_cols > 0)
		app->tree_cols = now.region[REGION_TREE].cols;
	if (app->task_rows > 0)
		app->task_rows = now.region[REGION_TASKS].rows;
	app_redraw(app);
}

static void let_go(struct app *app)
{
	app->dragged = REGION_HEADER;
	if (app->tree_cols > 0)
		state_set_int(app->state, "layout.tree-columns", app->tree_cols);
	if (app->task_rows > 0)
		state_set_int(app->state, "layout.task-rows", app->task_rows);
	state_save(app->state);
}

/* True while a border is held: nothing else sees the mouse. */
static bool border_mouse(struct app *app, const struct layout *layout, const struct mouse *mouse)
{
	if (app->dragged == REGION_HEADER) {
		grab(app, layout, mouse);
		return app->dragged == REGION_TREE;
	}
	if (mouse->what == MOUSE_DRAG && layout->mode == LAYOUT_FULL)
		drag(app, layout, mouse);
	else if (mouse->what != MOUSE_DRAG)
		let_go(app);
	return mouse->what != MOUSE_PRESS;
}

void app_restore_layout(struct app *app)
{
	app->tree_cols = CLAMP(state_get_int(app->state, "layout.tree-columns", 0), 0, 10000);
	app->task_rows = CLAMP(state_get_int(app->state, "layout.task-rows", 0), 0, 10000);
	app_redraw(app);
}

/* ---- regions ---------------------------------------------------------------- */

static void region_mouse(struct app *app, enum region region, const struct rect *rect, const struct mouse *mouse)
{
	struct view *view = app->regions[region];
	if (!view)
		return;
	if (mouse->what == MOUSE_PRESS && !is_wheel(mouse))
		app_focus(app, region);
	struct mouse local = *mouse;
	local.y -= rect->y;
	local.x -= rect->x;
	if (view->ops->mouse && view->ops->mouse(view, &local))
		view->dirty = true;
}

/* What began in a region ends there, wherever the pointer is by then. True: nothing else sees it. */
static bool held_mouse(struct app *app, const struct layout *layout, const struct mouse *mouse)
{
	enum region region = app->held;

	if (mouse->what != MOUSE_DRAG)
		app->held = REGION_HEADER;
	if (region == REGION_HEADER || mouse->what == MOUSE_PRESS)
		return false;
	region_mouse(app, region, &layout->region[region], mouse);
	return true;
}

void app_mouse(struct app *app, const struct mouse *mouse)
{
	app->dirty = true;
	if (app->dragged == REGION_HEADER && hot_mouse(app, mouse))
		return;
	if (app->modals->len > 0) {
		struct view *modal = app_focused_view(app);
		if (modal->ops->mouse)
			modal->ops->mouse(modal, mouse);
		return;
	}
	struct layout layout;
	app_compute_layout(app, &layout);
	if (switcher_mouse(app, &layout, mouse) || border_mouse(app, &layout, mouse) || held_mouse(app, &layout, mouse))
		return;
	for (int i = 0; i < REGION_N; i++) {
		if (rect_contains(&layout.region[i], mouse->y, mouse->x)) {
			if (mouse->what == MOUSE_PRESS && !is_wheel(mouse))
				app->held = (enum region)i;
			region_mouse(app, (enum region)i, &layout.region[i], mouse);
		} else if (rect_contains(&layout.title[i], mouse->y, mouse->x) && mouse->what == MOUSE_PRESS)
			app_focus(app, (enum region)i);
	}
}
