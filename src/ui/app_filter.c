/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filter prompt: what is typed filters the focused list at once; Enter keeps it, Esc clears it. Main thread. */
#include <string.h>

#include "app_private.h"

static bool can_filter(const struct view *view)
{
	return view && view->ops->set_filter && view->ops->filter;
}

struct view *app_filter_view(const struct app *app)
{
	struct view *view = app->regions[app->focus];
	struct view *inner = view && view->ops->inner ? view->ops->inner(view) : NULL;
	return can_filter(inner) ? inner : can_filter(view) ? view : NULL;
}

const char *app_filter(const struct app *app)
{
	const struct view *view = app_filter_view(app);
	const char *filter = view ? view->ops->filter(view) : NULL;
	return filter ? filter : "";
}

void app_filter_stop(struct app *app)
{
	if (!app->filter)
		return;
	lineedit_fini(app->filter);
	g_clear_pointer(&app->filter, g_free);
	app->dirty = true;
}

void app_start_filter(struct app *app)
{
	if (!app_filter_view(app)) {
		app_notice(app, LEVEL_INFO, "nothing to filter here");
		return;
	}
	app_filter_stop(app);
	app->filter = g_new0(struct lineedit, 1);
	lineedit_init(app->filter, app_filter(app), 256);
	app->dirty = true;
}

static void apply(struct app *app)
{
	struct view *view = app_filter_view(app);
	if (view)
		view->ops->set_filter(view, lineedit_get(app->filter));
	app_redraw(app);
}

/* The list can be walked while its filter is typed. */
static bool walk(struct app *app, keycode key)
{
	if (key != K_UP && key != K_DOWN && key != K_PGUP && key != K_PGDN)
		return false;
	struct view *view = app_filter_view(app);
	if (view && view->ops->key)
		view->ops->key(view, key, 0);
	app_redraw(app);
	return true;
}

void app_filter_key(struct app *app, keycode key)
{
	if (key == K_ENTER || key == K_TAB) {
		app_filter_stop(app);
	} else if (key == K_ESC || key == (KEY_CTRL | 'c') || key == (KEY_CTRL | 'g') ||
	           (key == K_BACKSPACE && !*lineedit_get(app->filter))) {
		lineedit_set(app->filter, "");
		apply(app);
		app_filter_stop(app);
	} else if (!walk(app, key) && lineedit_key(app->filter, key)) {
		apply(app);
	}
	app->dirty = true;
}
