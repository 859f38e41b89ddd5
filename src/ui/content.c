/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The content panel: tabs and state of the open object in one line, and below it
 * the tab's own view. Tabs are made when first shown and kept; the tab chosen is
 * remembered for each kind of object. Main thread.
 */
#include "content.h"

#include <string.h>

#include "app.h"
#include "look.h"
#include "nvirt/text.h"

#define TABS_MAX 32

struct content {
	struct view view;
	struct obj_ref ref;
	struct view *tabs[TABS_MAX]; /* by row of tab_table; NULL until first shown */
	unsigned chosen[OBJ_N];      /* index among the kind's tabs */
	int head_rows;               /* lines above the tab's view, as last drawn */
	int tab_x[TABS_MAX];         /* end of each shown tab's label, as last drawn */
};

static unsigned tab_count(enum obj_kind kind)
{
	unsigned count = 0;

	for (const struct tab *tab = tab_table; tab->kind != OBJ_NONE; tab++)
		count += tab->kind == kind;
	return count;
}

/* Row of tab_table, or -1. */
static int tab_row(enum obj_kind kind, unsigned index)
{
	for (int row = 0; row < TABS_MAX && tab_table[row].kind != OBJ_NONE; row++)
		if (tab_table[row].kind == kind && index-- == 0)
			return row;
	return -1;
}

static void set_tab_object(struct content *self, struct view *tab)
{
	if (tab && tab->ops->set_object)
		tab->ops->set_object(tab, &self->ref);
}

struct view *content_active(struct view *content)
{
	struct content *self = (struct content *)content;
	int row = tab_row(self->ref.kind, self->chosen[self->ref.kind]);

	if (row < 0)
		return NULL;
	if (!self->tabs[row]) {
		self->tabs[row] = tab_table[row].ops->create(content->app);
		set_tab_object(self, self->tabs[row]);
	}
	return self->tabs[row];
}

void content_touch(struct view *tab)
{
	struct view *content = tab->app->regions[REGION_CONTENT];

	tab->dirty = true;
	if (content)
		content->dirty = true;
}

void content_moved(struct view *tab)
{
	struct view *content = tab->app->regions[REGION_CONTENT];

	tab->moved = true;
	if (content && content_active(content) == tab)
		content->moved = true;
}

/* The one that was shown before, where that is another one now. */
static void hide_tab(struct content *self, struct view *before)
{
	if (before && before->ops->hidden && content_active(&self->view) != before)
		before->ops->hidden(before);
}

bool content_show_tab(struct view *content, unsigned index)
{
	struct content *self = (struct content *)content;
	struct view *before = content_active(content);

	if (index >= tab_count(self->ref.kind))
		return false;
	self->chosen[self->ref.kind] = index;
	hide_tab(self, before);
	set_tab_object(self, content_active(content));
	content->dirty = true;
	return true;
}

static void step_tab(struct view *view, unsigned step)
{
	struct content *self = (struct content *)view;
	unsigned count = tab_count(self->ref.kind);

	if (count)
		content_show_tab(view, (self->chosen[self->ref.kind] + step) % count);
}

static void cmd_tab_next(struct view *view, unsigned count)
{
	step_tab(view, MAX(count, 1));
}

static void cmd_tab_prev(struct view *view, unsigned count)
{
	unsigned tabs = tab_count(((struct content *)view)->ref.kind);

	if (tabs)
		step_tab(view, tabs - MAX(count, 1) % tabs);
}

static struct view *content_create(struct app *app)
{
	struct content *self = g_new0(struct content, 1);

	self->view = (struct view){.ops = &content_view, .app = app, .dirty = true};
	return &self->view;
}

static void content_destroy(struct view *view)
{
	struct content *self = (struct content *)view;

	for (int i = 0; i < TABS_MAX; i++)
		if (self->tabs[i])
			self->tabs[i]->ops->destroy(self->tabs[i]);
	g_free(self);
}

/* ---- drawing ---- */

/* What the title says after the name: state, age; owned. */
static char *object_state(struct app *app, const struct obj_ref *ref)
{
	struct guest *guest = ref->kind == OBJ_GUEST ? store_guest(app->store, ref) : NULL;
	struct pool *pool = ref->kind == OBJ_POOL ? store_pool(app->store, ref) : NULL;
	struct network *network = ref->kind == OBJ_NETWORK ? store_network(app->store, ref) : NULL;
	struct host *host = ref->kind == OBJ_HOST ? store_host(app->store, ref->host) : NULL;

	if (guest)
		return look_guest_state(guest);
	if (pool)
		return g_strdup(pool_state_word(pool->row->state));
	if (network)
		return g_strdup(network->row->active ? "active" : "inactive");
	return host ? look_host_link(app, host) : g_strdup("");
}

static struct look object_look(struct app *app, const struct obj_ref *ref)
{
	struct guest *guest = ref->kind == OBJ_GUEST ? store_guest(app->store, ref) : NULL;
	struct pool *pool = ref->kind == OBJ_POOL ? store_pool(app->store, ref) : NULL;
	struct network *network = ref->kind == OBJ_NETWORK ? store_network(app->store, ref) : NULL;
	struct host *host = ref->kind == OBJ_HOST ? store_host(app->store, ref->host) : NULL;

	if (guest)
		return look_guest(guest);
	if (pool)
		return look_pool(pool);
	if (network)
		return look_network(network);
	if (host)
		return look_host(app, host);
	return (struct look){ref->kind == OBJ_VOLUME ? GLYPH_VOLUME : GLYPH_UNKNOWN, ROLE_TEXT};
}

static const char *tab_title(const struct content *self, unsigned i)
{
	return tab_table[tab_row(self->ref.kind, i)].ops->title;
}

/* Where they do not all fit, those before the chosen one are left out until it does; one column says so. */
static unsigned first_tab(const struct content *self, unsigned chosen, int cols)
{
	unsigned first = chosen;
	int used = text_columns(tab_title(self, chosen)) + 2;

	for (; first > 0; first--) {
		used += text_columns(tab_title(self, first - 1)) + 2;
		if (used + (first > 1) > cols)
			break;
	}
	return first;
}

/* Tabs from the left; returns the columns used. */
static int draw_tabs(struct content *self, struct area line)
{
	unsigned count = tab_count(self->ref.kind);
	unsigned chosen = self->chosen[self->ref.kind];
	unsigned first = count > 0 ? first_tab(self, chosen, line.cols) : 0;
	int x = first > 0 ? area_text(line, 0, 0, -1, ROLE_TAB, "<") : 0;

	/* A click on the mark goes to the last one that is left out. */
	for (unsigned i = 0; i < first; i++)
		self->tab_x[i] = i + 1 == first ? x : 0;
	for (unsigned i = first; i < count; i++) {
		const char *title = tab_title(self, i);

		/* The active one is told by its brackets too, not by colour alone. */
		x += area_textf(line, 0, x, -1, i == chosen ? ROLE_TAB_ACTIVE : ROLE_TAB,
		        i == chosen ? "[%s]" : " %s ", title);
		self->tab_x[i] = x;
	}
	return x;
}

/* What the title above can not tell: state, host where there are several, age. At the right edge. */
static void draw_state(struct content *self, struct area room)
{
	struct app *app = self->view.app;
	const struct host *host = store_host(app->store, self->ref.host);
	bool there = store_has(app->store, &self->ref);
	bool many = self->ref.kind != OBJ_HOST && host && store_host_count(app->store) > 1;
	struct look look = object_look(app, &self->ref);
	g_autofree char *state = there ? object_state(app, &self->ref) : g_strdup("no longer there");
	g_autofree char *age = there && host && self->ref.kind != OBJ_HOST ? look_host_age(app, host) : NULL;
	g_autofree char *text = g_strconcat(state, many ? (*state ? " on " : "on ") : "",
	        many ? host->name : "", age ? ", " : "", age ? age : "", NULL);
	int cols = text_columns(text);

	if (!cols)
		return;
	/* The state is worth more than the host's name, and its word more than its reason. */
	if (cols + 2 > room.cols)
		cols = MIN(text_columns(state), room.cols - 2);
	char *reason = strstr(state, " (");
	if (reason && cols < text_columns(state)) {
		g_free(text);
		text = g_strndup(state, (gsize)(reason - state));
		cols = MIN(text_columns(text), room.cols - 2);
	}
	if (cols < 2)
		return;
	if (age)
		look.role = ROLE_STALE;
	area_glyph(room, 0, room.cols - cols - 2, look.role, look.glyph);
	area_text(room, 0, room.cols - cols, cols, look.role, text);
}

static void draw_head(struct content *self, struct area line)
{
	int x;

	area_clear(line, ROLE_TAB);
	x = draw_tabs(self, line) + 2;
	draw_state(self, area_sub(line, 0, x, 1, line.cols - x));
}

static void content_draw(struct view *view, struct area area, bool focused)
{
	struct content *self = (struct content *)view;
	struct view *tab = content_active(view);

	view->dirty = false;
	if (!tab) {
		area_clear(area, ROLE_TEXT);
		area_text(area, 0, 0, -1, ROLE_DIM, "Nothing is open: choose an object in the tree.");
		return;
	}
	self->head_rows = area.rows >= 3 && !(tab->ops->bare && view->app->zoomed);
	if (self->head_rows)
		draw_head(self, area_sub(area, 0, 0, 1, area.cols));
	tab->ops->draw(
	        tab, area_sub(area, self->head_rows, 0, area.rows - self->head_rows, area.cols), focused);
	tab->dirty = tab->moved = false;
}

/* The head tells of the object, not of the cursor in its tab. */
static void content_draw_moved(struct view *view, struct area area, bool focused)
{
	struct content *self = (struct content *)view;
	struct view *tab = content_active(view);

	if (!tab || !tab->ops->draw_moved) {
		content_draw(view, area, focused);
		return;
	}
	tab->ops->draw_moved(
	        tab, area_sub(area, self->head_rows, 0, area.rows - self->head_rows, area.cols), focused);
	tab->moved = false;
}

/* ---- input and news go on to the tab ---- */

static bool content_key(struct view *view, keycode key, unsigned count)
{
	struct view *tab = content_active(view);

	if (!tab || !tab->ops->key || !tab->ops->key(tab, key, count))
		return false;
	view->dirty |= !tab->moved;
	return true;
}

static bool click_tab(struct content *self, int x)
{
	for (unsigned i = 0; i < tab_count(self->ref.kind); i++)
		if (x < self->tab_x[i])
			return content_show_tab(&self->view, i);
	return false;
}

static bool content_mouse(struct view *view, const struct mouse *mouse)
{
	struct content *self = (struct content *)view;
	struct view *tab = content_active(view);
	struct mouse inner = *mouse;

	inner.y -= self->head_rows;
	if (inner.y < 0 && mouse->what == MOUSE_PRESS)
		return mouse->button == 1 && click_tab(self, mouse->x);
	if (!tab || !tab->ops->mouse || !tab->ops->mouse(tab, &inner))
		return false;
	view->dirty = true;
	return true;
}

static void content_update(struct view *view, unsigned changes)
{
	struct content *self = (struct content *)view;
	const struct view *tab;

	for (int i = 0; i < TABS_MAX; i++)
		if (self->tabs[i] && self->tabs[i]->ops->update)
			self->tabs[i]->ops->update(self->tabs[i], changes);
	tab = content_active(view);
	view->dirty |= tab && tab->dirty;
	/* The title has state and age of the object, whatever the tab shows. */
	if (changes & (CHANGE_HOST | CHANGE_LIST | CHANGE_FIGURES | CHANGE_DETAIL | CHANGE_TASKS))
		view->dirty = true;
}

static bool content_message(struct view *view, struct msg *msg)
{
	struct content *self = (struct content *)view;

	for (int i = 0; i < TABS_MAX; i++)
		if (self->tabs[i] && self->tabs[i]->ops->message && self->tabs[i]->ops->message(self->tabs[i], msg))
			return true;
	return false;
}

static bool content_selected(struct view *view, struct obj_ref *ret_ref)
{
	struct content *self = (struct content *)view;
	struct view *tab = content_active(view);

	if (tab && tab->ops->selected && tab->ops->selected(tab, ret_ref))
		return true;
	if (self->ref.kind == OBJ_NONE)
		return false;
	*ret_ref = self->ref;
	return true;
}

static void content_set_object(struct view *view, const struct obj_ref *ref)
{
	struct content *self = (struct content *)view;

	view->dirty = true;
	if (obj_ref_equal(&self->ref, ref))
		return;
	struct view *before = self->ref.kind == OBJ_NONE ? NULL : content_active(view);
	self->ref = *ref;
	hide_tab(self, before);
	set_tab_object(self, content_active(view));
}

static void content_set_filter(struct view *view, const char *filter)
{
	struct view *tab = content_active(view);

	if (tab && tab->ops->set_filter)
		tab->ops->set_filter(tab, filter);
	view->dirty = true;
}

static const char *content_filter(const struct view *view)
{
	const struct content *self = (const struct content *)view;
	int row = tab_row(self->ref.kind, self->chosen[self->ref.kind]);
	const struct view *tab = row < 0 ? NULL : self->tabs[row];

	return tab && tab->ops->filter ? tab->ops->filter(tab) : "";
}

static void content_visible(struct view *view, unsigned host, GArray *uuids)
{
	struct view *tab = content_active(view);

	if (tab && tab->ops->visible)
		tab->ops->visible(tab, host, uuids);
}

static const struct view_cmd cmds[] = {
        {"tab-next", "Next tab", "]", "next tab", cmd_tab_next},
        {"tab-prev", "Previous tab", "[", NULL, cmd_tab_prev},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops content_view = {
        .name = "content",
        .title = "Content",
        .create = content_create,
        .destroy = content_destroy,
        .draw = content_draw,
        .draw_moved = content_draw_moved,
        .cmds = cmds,
        .key = content_key,
        .mouse = content_mouse,
        .update = content_update,
        .message = content_message,
        .selected = content_selected,
        .set_object = content_set_object,
        .set_filter = content_set_filter,
        .filter = content_filter,
        .inner = content_active,
        .visible = content_visible,
};
