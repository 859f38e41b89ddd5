/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who gets a key: the top dialog; the filter prompt; then the focused view's
 * commands, the actions on the selected object, the app's commands, and what
 * is left the view itself. Counts, "gg" and "g1" are made here. Main thread.
 */
#include "app_private.h"
#include "commands.h"
#include "keymap.h"
#include "nvirt/text.h"

enum { COUNT_MAX = 1000000 };

static struct view *inner_of(struct view *view)
{
	return view && view->ops->inner ? view->ops->inner(view) : NULL;
}

static bool view_key(struct view *view, keycode key, unsigned count)
{
	struct view *const chain[] = {inner_of(view), view};
	for (gsize i = 0; i < G_N_ELEMENTS(chain); i++)
		if (chain[i] && chain[i]->ops->key && chain[i]->ops->key(chain[i], key, count))
			return true;
	return false;
}

/* On a host that is not there R means connect now, whatever else it means while it is. */
static bool reconnect_key(struct app *app, keycode key)
{
	struct obj_ref ref;
	if (!commands_app_is(app, "reconnect", key) || !app_selected(app, &ref))
		return false;
	const struct host *host = store_host(app->store, ref.host);
	return host && host->status->link != HOST_UP && commands_app_key(app, key, 0);
}

static void dispatch(struct app *app, keycode key, unsigned count)
{
	struct view *view = app->regions[app->focus];
	if (view && commands_view_key(view, key, count))
		return;
	if (reconnect_key(app, key) || commands_action_key(app, key) || commands_app_key(app, key, count))
		return;
	if (view && view_key(view, keymap_list_key(app->keymap, key), count))
		return;
	if (key == K_ESC)
		app_peel(app);
}

static void modal_key(struct app *app, keycode key)
{
	struct view *modal = app_focused_view(app);
	if (!commands_view_key(modal, key, 0))
		view_key(modal, key, 0);
}

/* Digits are a count (5j, 20G) and nothing else, unless the configuration gives one to a command. */
static bool digit(struct app *app, keycode key)
{
	if (key < '0' || key > '9' || (app->count == 0 && (key == '0' || keymap_has_digit(app->keymap, key))))
		return false;
	app->count = MIN(app->count * 10 + (key - '0'), COUNT_MAX);
	return true;
}

/* True while the key only was the first half of something. */
static bool prefix(struct app *app, keycode *key)
{
	bool after_g = app->after_g;
	app->after_g = !after_g && *key == 'g';
	if (app->after_g)
		return true;
	if (after_g && *key == 'g')
		*key = K_HOME;
	/* Not every terminal lets Alt and a digit through. */
	else if (after_g && *key >= '0' && *key <= '9')
		*key |= KEY_ALT;
	return digit(app, *key);
}

void app_key(struct app *app, keycode key)
{
	app->dirty = true;
	if (key == K_NONE)
		return;
	if (app->modals->len > 0) {
		modal_key(app, key);
		return;
	}
	if (app->filter) {
		app_filter_key(app, key);
		return;
	}
	struct view *inner = inner_of(app->regions[app->focus]);
	if (inner && inner->ops->grab && inner->ops->grab(inner, key)) {
		app->regions[app->focus]->dirty = true;
		return;
	}
	if (prefix(app, &key))
		return;
	unsigned count = app->count;
	app->count = 0;
	if (key == K_ESC && count > 0)
		return;
	dispatch(app, key, count);
	app_range_follow(app);
	struct view *view = app->regions[app->focus];
	if (view && !view->moved)
		view->dirty = true;
}

void app_paste(struct app *app, const char *text)
{
	struct view *view = app_focused_view(app), *inner = inner_of(view);
	app->dirty = true;
	if (app->filter) {
		lineedit_insert(app->filter, text);
		/* Applied as if the last character had been typed. */
		app_filter_key(app, K_RIGHT);
	} else if (inner && inner->ops->paste) {
		inner->ops->paste(inner, text);
	} else if (view && view->ops->paste) {
		view->ops->paste(view, text);
	}
}
