/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest, Hardware: its devices as libvirt sees them, as a tree; the running
 * guest's and the stored ones side by side. Read anew only when a definition
 * changed; a frame costs the rows on screen. Cursor and folding go by the
 * devices' names, never by row. Main thread.
 */
#include <string.h>

#include "app.h"
#include "content.h"
#include "list.h"
#include "look.h"
#include "nvirt/hardware.h"
#include "nvirt/text.h"
#include "review.h"

enum { SIDE_BY_SIDE_COLS = 72, TITLE_COLS_MAX = 40 };

struct guest_hardware {
	struct view view;
	struct obj_ref ref;
	char *live, *stored; /* what `hardware` was read from; compared, not drawn */
	struct hardware *hardware;
	char *problem;       /* why there is none */
	GArray *rows;        /* unsigned: nodes that are not folded away */
	GHashTable *toggled; /* ids of nodes whose folding is not the usual one */
	struct list list;
	char *cursor_id;
	char *filter, *filter_fold;
	int body_y; /* first line of the list in the view, as last drawn */
};

/* ---- rows ------------------------------------------------------------------- */

static const struct hw_node *node_at(const struct guest_hardware *self, unsigned row)
{
	if (row >= self->rows->len)
		return NULL;
	return hardware_at(self->hardware, g_array_index(self->rows, unsigned, row));
}

/* Groups stand open, devices closed. */
static bool is_folded(const struct guest_hardware *self, const struct hw_node *node)
{
	bool usual = node->what != HW_GROUP;

	return node->below > 0 && usual != g_hash_table_contains(self->toggled, node->id);
}

static bool text_matches(const struct guest_hardware *self, const char *text)
{
	g_autofree char *fold = text ? text_fold(text) : NULL;

	return fold && filter_match(fold, self->filter_fold);
}

static bool node_matches(const struct guest_hardware *self, const struct hw_node *node)
{
	return text_matches(self, node->title) || text_matches(self, node->live) ||
	       text_matches(self, node->stored);
}

/* Whatever matches, and what it is in. */
static void add_matching(struct guest_hardware *self, const bool *matches, unsigned index)
{
	const struct hw_node *node = hardware_at(self->hardware, index);

	for (unsigned i = index; i <= index + node->below; i++)
		if (matches[i]) {
			g_array_append_val(self->rows, index);
			return;
		}
}

static void filter_rows(struct guest_hardware *self)
{
	unsigned n = self->hardware->nodes->len;
	g_autofree bool *matches = g_new0(bool, n + 1);

	for (unsigned i = 0; i < n; i++)
		matches[i] = node_matches(self, hardware_at(self->hardware, i));
	for (unsigned i = 0; i < n; i++)
		add_matching(self, matches, i);
}

static void open_rows(struct guest_hardware *self)
{
	for (unsigned i = 0; i < self->hardware->nodes->len; i++) {
		const struct hw_node *node = hardware_at(self->hardware, i);

		g_array_append_val(self->rows, i);
		if (is_folded(self, node))
			i += node->below;
	}
}

/* The row of that name, or of what it is in and where it is folded away. */
static int find_row(const struct guest_hardware *self, const char *id)
{
	int best = -1;
	gsize best_len = 0;

	for (unsigned row = 0; id && row < self->rows->len; row++) {
		const char *other = node_at(self, row)->id;
		gsize len = strlen(other);

		if (strcmp(other, id) == 0)
			return (int)row;
		if (len > best_len && strncmp(other, id, len) == 0 && id[len] == ' ') {
			best = (int)row;
			best_len = len;
		}
	}
	return best;
}

static void remember_cursor(struct guest_hardware *self)
{
	const struct hw_node *node = self->hardware ? node_at(self, self->list.cursor) : NULL;

	g_free(self->cursor_id);
	self->cursor_id = node ? g_strdup(node->id) : NULL;
}

static void make_rows(struct guest_hardware *self)
{
	g_array_set_size(self->rows, 0);
	if (self->hardware && *self->filter)
		filter_rows(self);
	else if (self->hardware)
		open_rows(self);
	list_set_count(&self->list, self->rows->len);
	int row = self->hardware ? find_row(self, self->cursor_id) : -1;
	if (row >= 0)
		list_goto(&self->list, (unsigned)row);
}

/* Reads the definitions when they are others than before. */
static void sync_hardware(struct guest_hardware *self)
{
	const struct guest *guest = store_guest(self->view.app->store, &self->ref);
	const struct guest_detail *detail = guest ? guest->detail : NULL;
	const char *live = detail ? detail->xml : NULL, *stored = detail ? detail->xml_stored : NULL;
	g_autoptr(GError) error = NULL;

	if (!g_strcmp0(live, self->live) && !g_strcmp0(stored, self->stored))
		return;
	g_free(self->live);
	g_free(self->stored);
	g_free(self->problem);
	self->live = g_strdup(live);
	self->stored = g_strdup(stored);
	hardware_free(self->hardware);
	self->hardware = live ? hardware_new(live, stored, &error) : NULL;
	self->problem = error ? text_clean(error->message, -1) : NULL;
	make_rows(self);
}

/* ---- life ------------------------------------------------------------------- */

static struct view *create(struct app *app)
{
	struct guest_hardware *self = g_new0(struct guest_hardware, 1);

	self->view = (struct view){.ops = &guest_hardware_view, .app = app, .dirty = true};
	self->rows = g_array_new(FALSE, FALSE, sizeof(unsigned));
	self->toggled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	self->filter = g_strdup("");
	self->filter_fold = g_strdup("");
	return &self->view;
}

static void destroy(struct view *view)
{
	struct guest_hardware *self = (struct guest_hardware *)view;

	hardware_free(self->hardware);
	g_array_unref(self->rows);
	g_hash_table_unref(self->toggled);
	g_free(self->live);
	g_free(self->stored);
	g_free(self->problem);
	g_free(self->cursor_id);
	g_free(self->filter);
	g_free(self->filter_fold);
	g_free(self);
}

/* ---- drawing ---------------------------------------------------------------- */

struct look_change {
	const char *mark;
	enum role role;
};

static struct look_change look_change(enum hw_change change)
{
	switch (change) {
	case HW_SAME:
		break;
	case HW_CHANGED:
		return (struct look_change){"!", ROLE_WARN};
	case HW_NEW:
		return (struct look_change){"+", ROLE_OK};
	case HW_GONE:
		return (struct look_change){"-", ROLE_CRIT};
	}
	return (struct look_change){" ", ROLE_TEXT};
}

static void draw_title(const struct guest_hardware *self, struct area line, const struct hw_node *node)
{
	struct look_change look = look_change(node->change);
	int x = 2 + 2 * (int)node->depth;
	bool folded = *self->filter == '\0' && is_folded(self, node);
	enum role role = node->what == HW_GROUP ? ROLE_BOLD : node->what == HW_PROPERTY ? ROLE_LABEL : ROLE_TEXT;

	area_text(line, 0, 0, 1, look.role, look.mark);
	if (node->below)
		area_glyph(line, 0, x - 1, ROLE_TREE_GUIDE,
		        folded ? GLYPH_FOLDED : GLYPH_UNFOLDED);
	area_text(line, 0, x, line.cols - x - 1, role, node->title);
}

/* One column for both: what it is now, and where it differs what it will be. */
static void draw_narrow(const struct hw_node *node, struct area cell)
{
	struct look_change look = look_change(node->change);

	switch (node->change) {
	case HW_SAME:
		area_text(cell, 0, 0, -1, ROLE_TEXT, node->live ? node->live : node->stored);
		return;
	case HW_NEW:
		area_textf(cell, 0, 0, -1, look.role, "(next start) %s", node->stored ? node->stored : "");
		return;
	case HW_GONE:
		area_textf(cell, 0, 0, -1, look.role, "(until off) %s", node->live ? node->live : "");
		return;
	case HW_CHANGED:
		if (!node->live || !node->stored || strcmp(node->live, node->stored) == 0)
			area_text(cell, 0, 0, -1, look.role, node->live);
		else
			area_textf(cell, 0, 0, -1, look.role, "%s -> %s", node->live, node->stored);
		return;
	}
}

static void draw_side_by_side(const struct hw_node *node, struct area cells)
{
	struct look_change look = look_change(node->change);
	int half = cells.cols / 2;

	if (node->live)
		area_text(cells, 0, 0, half - 1, node->change == HW_GONE ? look.role : ROLE_TEXT, node->live);
	else if (node->what != HW_GROUP)
		area_text(cells, 0, 0, half - 1, ROLE_DIM, "-");
	if (node->stored)
		area_text(cells, 0, half, -1, node->change == HW_SAME ? ROLE_DIM : look.role, node->stored);
	else if (node->what != HW_GROUP)
		area_text(cells, 0, half, -1, node->change == HW_GONE ? look.role : ROLE_DIM, "-");
}

static int title_cols(const struct area *area)
{
	return CLAMP(area->cols * 2 / 5, MIN(18, area->cols), TITLE_COLS_MAX);
}

static bool side_by_side(const struct guest_hardware *self, const struct area *area)
{
	return self->hardware->both && area->cols >= SIDE_BY_SIDE_COLS;
}

static void draw_row(const struct guest_hardware *self, struct area line, const struct hw_node *node)
{
	int at = title_cols(&line);
	struct area cells = area_sub(line, 0, at, 1, line.cols - at);

	draw_title(self, area_sub(line, 0, 0, 1, node->what == HW_GROUP ? line.cols : at), node);
	if (node->what == HW_GROUP)
		return;
	if (side_by_side(self, &line))
		draw_side_by_side(node, cells);
	else
		draw_narrow(node, cells);
}

static void draw_head(const struct guest_hardware *self, struct area line)
{
	const struct hardware *hardware = self->hardware;
	const struct guest *guest = store_guest(self->view.app->store, &self->ref);
	int at = title_cols(&line);

	if (!hardware->both) {
		area_text(line, 0, 0, -1, ROLE_DIM,
		        guest && guest_state_active(guest->state) ? "as it runs; it has no stored definition"
		                                                   : "as stored");
		return;
	}
	if (!side_by_side(self, &line)) {
		if (hardware->changed)
			area_textf(line, 0, 0, -1, ROLE_WARN, "%u differ at the next start (! + -)", hardware->changed);
		else
			area_text(line, 0, 0, -1, ROLE_DIM, "as it runs; the same at the next start");
		return;
	}
	area_textf(line, 0, 0, at - 1, hardware->changed ? ROLE_WARN : ROLE_DIM,
	        hardware->changed ? "%u differ: ! changed + new - gone" : "nothing differs", hardware->changed);
	area_text(line, 0, at, -1, ROLE_TABLE_HEADER, "Now");
	area_text(line, 0, at + (line.cols - at) / 2, -1, ROLE_TABLE_HEADER, "At the next start");
}

static void draw_rows(struct guest_hardware *self, struct area body, bool focused)
{
	struct list *list = &self->list;

	for (int y = 0; y < body.rows; y++) {
		unsigned row = list->top + (unsigned)y;
		const struct hw_node *node = node_at(self, row);
		struct area line = area_sub(body, y, 0, 1, body.cols - 1);

		if (!node)
			break;
		draw_row(self, line, node);
		if (row != list->cursor)
			continue;
		area_set_role(line, 0, 0, line.cols, focused ? ROLE_CURSOR : ROLE_CURSOR_UNFOCUSED);
		area_cursor(body, y, 0, false);
	}
	look_scrollbar(body, list->top, list->count);
}

static void draw(struct view *view, struct area area, bool focused)
{
	struct guest_hardware *self = (struct guest_hardware *)view;

	view->dirty = false;
	sync_hardware(self);
	area_clear(area, ROLE_TEXT);
	self->body_y = 1;
	list_set_height(&self->list, (unsigned)MAX(area.rows - 1, 0));
	if (!self->hardware) {
		area_text(area, 0, 0, -1, self->problem ? ROLE_WARN : ROLE_DIM,
		        self->problem ? self->problem : "The definition is being read ...");
		return;
	}
	draw_head(self, area_sub(area, 0, 0, 1, area.cols - 1));
	if (!self->rows->len)
		area_text(area, 1, 0, -1, ROLE_DIM, "nothing matches");
	draw_rows(self, area_sub(area, 1, 0, area.rows - 1, area.cols), focused);
}

/* ---- keys ------------------------------------------------------------------- */

static void fold(struct guest_hardware *self, const struct hw_node *node, bool folded)
{
	if (!node->below || is_folded(self, node) == folded || *self->filter)
		return;
	if (!g_hash_table_remove(self->toggled, node->id))
		g_hash_table_add(self->toggled, g_strdup(node->id));
	remember_cursor(self);
	make_rows(self);
}

static int parent_row(const struct guest_hardware *self, unsigned row)
{
	unsigned depth = node_at(self, row)->depth;

	while (row-- > 0)
		if (node_at(self, row)->depth < depth)
			return (int)row;
	return -1;
}

static const struct hw_node *cursor_node(struct guest_hardware *self)
{
	sync_hardware(self);
	return self->hardware ? node_at(self, self->list.cursor) : NULL;
}

static void cmd_fold(struct view *view, unsigned count)
{
	struct guest_hardware *self = (struct guest_hardware *)view;
	const struct hw_node *node = cursor_node(self);

	(void)count;
	if (node && node->below && !is_folded(self, node) && !*self->filter) {
		fold(self, node, true);
	} else if (node) {
		int parent = parent_row(self, self->list.cursor);

		if (parent >= 0)
			list_goto(&self->list, (unsigned)parent);
	}
	remember_cursor(self);
	content_touch(view);
}

static void cmd_unfold(struct view *view, unsigned count)
{
	struct guest_hardware *self = (struct guest_hardware *)view;
	const struct hw_node *node = cursor_node(self);

	(void)count;
	if (node && is_folded(self, node) && !*self->filter)
		fold(self, node, false);
	else if (node && node->below)
		list_goto(&self->list, self->list.cursor + 1);
	remember_cursor(self);
	content_touch(view);
}

/* The device that row `row` is of; NULL for a group. */
static const struct hw_node *device_at(struct guest_hardware *self, unsigned row)
{
	const struct hw_node *node = node_at(self, row);

	while (node && node->what == HW_PROPERTY) {
		int parent = parent_row(self, row);

		if (parent < 0)
			return NULL;
		row = (unsigned)parent;
		node = node_at(self, row);
	}
	return node && node->what == HW_DEVICE ? node : NULL;
}

static const char *change_words(const struct guest_hardware *self, enum hw_change change)
{
	switch (change) {
	case HW_SAME:
		return self->hardware->both ? "The same at the next start." : "";
	case HW_CHANGED:
		return "Changed at the next start.";
	case HW_NEW:
		return "The running guest does not have it; it is there from the next start on.";
	case HW_GONE:
		return "Only the running guest has it; it is gone at the next start.";
	}
	return "";
}

static void show_xml(struct guest_hardware *self, const struct hw_node *node)
{
	static const struct review_choice choices[] = {{'c', "Close", false}, {0}};
	GPtrArray *lines = review_lines_new();
	bool two = node->change == HW_CHANGED;

	if (two)
		review_add_text(lines, ROLE_BOLD, "Now:");
	if (node->live_xml)
		review_add_text(lines, ROLE_DIALOG, node->live_xml);
	if (two)
		review_add_text(lines, ROLE_WARN, "At the next start:");
	if (node->stored_xml && (two || !node->live_xml))
		review_add_text(lines, ROLE_DIALOG, node->stored_xml);
	app_push_modal(self->view.app, review_new(self->view.app, &(struct review_options){.title = node->title,
	                                                                  .intro = change_words(self, node->change),
	                                                                  .lines = lines,
	                                                                  .choices = choices}));
}

static void cmd_enter(struct view *view, unsigned count)
{
	struct guest_hardware *self = (struct guest_hardware *)view;
	const struct hw_node *node = cursor_node(self);
	const struct hw_node *device = node ? device_at(self, self->list.cursor) : NULL;

	(void)count;
	if (device)
		show_xml(self, device);
	else if (node)
		fold(self, node, !is_folded(self, node));
	content_touch(view);
}

static bool key(struct view *view, keycode code, unsigned count)
{
	struct guest_hardware *self = (struct guest_hardware *)view;

	sync_hardware(self);
	if (!list_key(&self->list, code, count))
		return false;
	remember_cursor(self);
	content_touch(view);
	return true;
}

static bool mouse(struct view *view, const struct mouse *event)
{
	struct guest_hardware *self = (struct guest_hardware *)view;
	int row = event->y - self->body_y + (int)self->list.top;

	if (event->what != MOUSE_PRESS)
		return false;
	if (event->button == 4 || event->button == 5) {
		list_wheel(&self->list, event->button == 4 ? -3 : 3);
	} else if (event->button == 1 && event->y >= self->body_y && row < (int)self->rows->len) {
		list_goto(&self->list, (unsigned)row);
		if (event->clicks == 2)
			cmd_enter(view, 0);
	} else {
		return false;
	}
	remember_cursor(self);
	content_touch(view);
	return true;
}

static void update(struct view *view, unsigned changes)
{
	if (changes & (CHANGE_DETAIL | CHANGE_LIST))
		view->dirty = true;
}

static void set_object(struct view *view, const struct obj_ref *ref)
{
	struct guest_hardware *self = (struct guest_hardware *)view;

	if (!obj_ref_equal(&self->ref, ref)) {
		self->list.cursor = self->list.top = 0;
		g_clear_pointer(&self->cursor_id, g_free);
	}
	self->ref = *ref;
	content_touch(view);
}

static void set_filter(struct view *view, const char *filter)
{
	struct guest_hardware *self = (struct guest_hardware *)view;

	sync_hardware(self);
	g_free(self->filter);
	g_free(self->filter_fold);
	self->filter = g_strdup(filter ? filter : "");
	self->filter_fold = text_fold(self->filter);
	make_rows(self);
	content_touch(view);
}

static const char *filter_of(const struct view *view)
{
	return ((const struct guest_hardware *)view)->filter;
}

static const struct view_cmd cmds[] = {
        {"fold", "Fold, or go to what it is in", "h Left", NULL, cmd_fold},
        {"unfold", "Unfold, or go to the first in it", "l Right", NULL, cmd_unfold},
        {"device-xml", "The device's XML; fold or unfold a group", "Enter", "XML", cmd_enter},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops guest_hardware_view = {
        .name = "guest-hardware",
        .title = "Hardware",
        .create = create,
        .destroy = destroy,
        .draw = draw,
        .cmds = cmds,
        .key = key,
        .mouse = mouse,
        .update = update,
        .set_object = set_object,
        .set_filter = set_filter,
        .filter = filter_of,
};
