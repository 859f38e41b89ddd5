/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resource tree: rows of tree_rows.h with a cursor that stays on its
 * object, whatever comes and goes around it. Moving it opens the object in the
 * content panel. A frame costs what is on screen. Main thread.
 */
#include "app.h"
#include "list.h"
#include "look.h"
#include "nvirt/text.h"
#include "saved.h"
#include "tree_cells.h"

struct tree {
	struct view view;
	struct tree_rows rows;
	struct list list, drawn; /* … as last drawn */
	struct tree_row at;   /* the cursor's row, by identity */
	bool placed;          /* `at` was ever set */
	struct tree_row home; /* where it was before a filter; back there if it is not moved meanwhile */
	bool has_home;
	struct tree_row left; /* what another order could not show; back there if it is not moved meanwhile */
	bool has_left;
};

/* The rows above grew or shrank: the cursor's line on screen stays, as far as it can. */
static void move_to(struct list *list, unsigned index)
{
	unsigned line = list->cursor - list->top;

	if (index == list->cursor)
		return;
	list->top = index > line ? index - line : 0;
	list_goto(list, index);
}

/* Fresh rows, and the cursor where its object is now. Whoever uses rows or cursor comes here first. */
static void sync_rows(struct tree *self)
{
	int index;

	if (!tree_rows_sync(&self->rows))
		return;
	list_set_count(&self->list, self->rows.rows->len);
	index = self->placed ? tree_rows_find(&self->rows, &self->at) : -1;
	if (index >= 0)
		move_to(&self->list, (unsigned)index);
	else if (self->placed && self->list.count)
		/* An object that went away leaves the cursor on its neighbour, at the same row. */
		self->at = *tree_rows_at(&self->rows, self->list.cursor);
}

static const struct tree_row *cursor_row(struct tree *self)
{
	sync_rows(self);
	return tree_rows_at(&self->rows, self->list.cursor);
}

/* The cursor is where the user wants it: remembers it and opens what is there. */
static void settle(struct tree *self)
{
	const struct tree_row *row = cursor_row(self);

	if (!row)
		return;
	self->view.moved = true;
	self->at = *row;
	self->placed = true;
	self->has_home = self->has_left = false;
	/* A group is no object: what is open stays. */
	if (self->at.ref.kind != OBJ_NONE)
		app_open(self->view.app, &self->at.ref);
}

static struct view *tree_create(struct app *app)
{
	struct tree *self = g_new0(struct tree, 1);

	self->view = (struct view){.ops = &tree_view, .app = app, .dirty = true};
	tree_rows_init(&self->rows, app->store);
	return &self->view;
}

static void tree_destroy(struct view *view)
{
	struct tree *self = (struct tree *)view;

	tree_rows_fini(&self->rows);
	g_free(self);
}

/* ---- drawing ---- */

/* How many guests' tags are known, and of how many; false when there is nothing left to read. */
static bool reading_tags(const struct tree *self, unsigned *ret_known, unsigned *ret_all)
{
	const struct store *store = self->view.app->store;

	*ret_known = *ret_all = 0;
	for (unsigned i = 0; self->rows.by == TREE_BY_TAG && i < store_host_count(store); i++) {
		const struct host *host = store_host_at(store, i);

		*ret_known += host->described;
		*ret_all += host->guests->len;
	}
	return *ret_known < *ret_all;
}

/* Into a clear line. */
static void draw_row(struct tree *self, unsigned index, struct area line, bool focused)
{
	line.cols -= self->list.count > self->list.height;
	tree_draw_row(self->view.app, tree_rows_at(&self->rows, index), line);
	if (index != self->list.cursor)
		return;
	area_set_role(line, 0, 0, line.cols, focused ? ROLE_CURSOR : ROLE_CURSOR_UNFOCUSED);
	if (focused)
		area_cursor(line, 0, 0, false);
}

static void draw_rows(struct tree *self, struct area area, bool focused)
{
	struct list *list = &self->list;

	for (int y = 0; y < area.rows && list->top + (unsigned)y < list->count; y++)
		draw_row(self, list->top + (unsigned)y, area_sub(area, y, 0, 1, area.cols), focused);
	self->drawn = *list;
	look_scrollbar(area, list->top, list->count);
	if (!list->count && (*self->rows.filter || self->rows.by == TREE_BY_STATE || self->rows.by == TREE_BY_TAG))
		area_text(area, 0, 1, -1, ROLE_DIM,
		        *self->rows.filter ? "Nothing matches the filter." : "No guests.");
}

static void tree_draw(struct view *view, struct area area, bool focused)
{
	struct tree *self = (struct tree *)view;
	unsigned known, all;

	view->dirty = false;
	sync_rows(self);
	area_clear(area, ROLE_TREE);
	if (reading_tags(self, &known, &all) && area.rows > 2) {
		area_textf(area, area.rows - 1, 1, -1, ROLE_DIM, "reading tags %u of %u", known, all);
		area.rows--;
	}
	list_set_height(&self->list, (unsigned)MAX(area.rows, 0));
	draw_rows(self, area, focused);
}

static void tree_draw_moved(struct view *view, struct area area, bool focused)
{
	struct tree *self = (struct tree *)view;
	const unsigned rows[] = {self->drawn.cursor, self->list.cursor};

	if (!list_only_moved(&self->list, &self->drawn)) {
		tree_draw(view, area, focused);
		return;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(rows) && self->list.count; i++) {
		struct area line = area_sub(area, (int)(rows[i] - self->list.top), 0, 1, area.cols);

		area_fill(line, 0, 0, 1, line.cols - (self->list.count > self->list.height), ROLE_TREE, ' ');
		draw_row(self, rows[i], line, focused);
	}
	self->drawn = self->list;
}

/* ---- orders ---- */

static const char *const order_words[TREE_BY_N] = {"host", "kind", "state", "tag"};

/*
 * Another order of the same objects. Where the new one does not list what the
 * cursor is on it begins at the top, and the cursor goes back there with the
 * next order that does, unless it was moved meanwhile.
 */
static void set_by(struct tree *self, enum tree_by by)
{
	struct tree_row wanted;
	int index;

	sync_rows(self);
	wanted = self->has_left ? self->left : self->at;
	tree_rows_set_by(&self->rows, by);
	if (self->placed && wanted.ref.kind != OBJ_NONE && !*self->rows.filter_fold)
		tree_rows_reveal(&self->rows, &wanted.ref);
	tree_rows_sync(&self->rows);
	list_set_count(&self->list, self->rows.rows->len);
	index = self->placed ? tree_rows_find(&self->rows, &wanted) : -1;
	self->has_left = self->placed && index < 0;
	self->left = wanted;
	list_goto(&self->list, index >= 0 ? (unsigned)index : 0);
	self->view.app->dirty = self->view.dirty = true;
	if (tree_rows_at(&self->rows, self->list.cursor))
		self->at = *tree_rows_at(&self->rows, self->list.cursor);
}

/* Chosen by a person: kept for the next run. */
static void choose_by(struct tree *self, enum tree_by by)
{
	struct json_object *kept = json_object_new_object();

	set_by(self, by);
	json_object_object_add(kept, "order", json_object_new_string(order_words[by]));
	saved_put(self->view.app, "tree", kept);
}

static void apply_saved(struct tree *self)
{
	const char *word = saved_string(saved_get(self->view.app, "tree"), "order");

	for (unsigned by = 0; word && by < TREE_BY_N; by++)
		if (!g_strcmp0(word, order_words[by]) && by != self->rows.by)
			set_by(self, (enum tree_by)by);
}

static void cmd_next_order(struct view *view, unsigned count)
{
	struct tree *self = (struct tree *)view;

	(void)count;
	choose_by(self, (enum tree_by)((self->rows.by + 1) % TREE_BY_N));
}

static void cmd_by_host(struct view *view, unsigned count)
{
	(void)count;
	choose_by((struct tree *)view, TREE_BY_HOST);
}

static void cmd_by_kind(struct view *view, unsigned count)
{
	(void)count;
	choose_by((struct tree *)view, TREE_BY_KIND);
}

static void cmd_by_state(struct view *view, unsigned count)
{
	(void)count;
	choose_by((struct tree *)view, TREE_BY_STATE);
}

static void cmd_by_tag(struct view *view, unsigned count)
{
	(void)count;
	choose_by((struct tree *)view, TREE_BY_TAG);
}

static char *tree_heading(const struct view *view)
{
	static const char *const words[TREE_BY_N] = {
	        [TREE_BY_HOST] = "Resources",
	        [TREE_BY_KIND] = "Resources by kind",
	        [TREE_BY_STATE] = "Guests by state",
	        [TREE_BY_TAG] = "Guests by tag",
	};

	return g_strdup(words[((const struct tree *)view)->rows.by]);
}

static bool tree_wants_all(struct view *view, unsigned host)
{
	(void)host;
	return ((struct tree *)view)->rows.by == TREE_BY_TAG;
}

/* ---- folding ---- */

static void fold_row(struct tree *self, const struct tree_row *row, bool folded)
{
	struct tree_row copy = *row;

	tree_rows_set_fold(&self->rows, &copy, folded);
	self->view.dirty = true;
	settle(self);
}

static void goto_row(struct tree *self, int index)
{
	if (index < 0)
		return;
	list_goto(&self->list, (unsigned)index);
	settle(self);
}

static void cmd_fold(struct view *view, unsigned count)
{
	struct tree *self = (struct tree *)view;
	const struct tree_row *row = cursor_row(self);

	(void)count;
	if (row && row->foldable && !row->folded && !*self->rows.filter_fold)
		fold_row(self, row, true);
	else if (row)
		goto_row(self, tree_rows_parent(&self->rows, self->list.cursor));
}

static void cmd_unfold(struct view *view, unsigned count)
{
	struct tree *self = (struct tree *)view;
	const struct tree_row *row = cursor_row(self);
	const struct tree_row *next = tree_rows_at(&self->rows, self->list.cursor + 1);

	(void)count;
	if (row && row->foldable && row->folded)
		fold_row(self, row, false);
	else if (row && next && next->depth > row->depth)
		goto_row(self, (int)self->list.cursor + 1);
}

/* Folds what can be folded; for the rest, into its page. */
static void cmd_enter(struct view *view, unsigned count)
{
	struct tree *self = (struct tree *)view;
	const struct tree_row *row = cursor_row(self);

	(void)count;
	if (!row)
		return;
	if (row->foldable && !*self->rows.filter_fold) {
		fold_row(self, row, !row->folded);
		return;
	}
	settle(self);
	app_focus(view->app, REGION_CONTENT);
}

/* ---- input ---- */

static bool tree_key(struct view *view, keycode key, unsigned count)
{
	struct tree *self = (struct tree *)view;

	sync_rows(self);
	if (!list_key(&self->list, key, count))
		return false;
	settle(self);
	return true;
}

static void click(struct tree *self, const struct mouse *mouse)
{
	const struct tree_row *row;
	int arrow;

	goto_row(self, (int)self->list.top + mouse->y);
	row = cursor_row(self);
	arrow = row ? 1 + 2 * row->depth : 0;
	if (!row || !row->foldable || *self->rows.filter_fold)
		return;
	if (mouse->clicks >= 2 || (mouse->x >= arrow - 1 && mouse->x <= arrow))
		fold_row(self, row, !row->folded);
}

static bool tree_mouse(struct view *view, const struct mouse *mouse)
{
	struct tree *self = (struct tree *)view;

	sync_rows(self);
	if (mouse->what != MOUSE_PRESS || mouse->y < 0)
		return false;
	if (mouse->button == 4 || mouse->button == 5) {
		list_wheel(&self->list, mouse->button == 4 ? -3 : 3);
		settle(self);
		return true;
	}
	if (mouse->button != 1 || self->list.top + (unsigned)mouse->y >= self->list.count)
		return false;
	click(self, mouse);
	return true;
}

static void tree_update(struct view *view, unsigned changes)
{
	struct tree *self = (struct tree *)view;

	if (changes & CHANGE_SAVED)
		apply_saved(self);
	if (!(changes & (CHANGE_HOST | CHANGE_LIST | CHANGE_FIGURES | CHANGE_DETAIL | CHANGE_HEALTH)))
		return;
	view->dirty = true;
	/* The rows are made anew when they are needed; only a lost object must be replaced at once. */
	if ((changes & CHANGE_LIST) && self->placed && self->at.ref.kind != OBJ_NONE &&
	        !store_has(view->app->store, &self->at.ref))
		settle(self);
	else if (!self->placed && store_host_count(view->app->store))
		settle(self);
}

static bool tree_selected(struct view *view, struct obj_ref *ret_ref)
{
	const struct tree_row *row = cursor_row((struct tree *)view);

	if (!row)
		return false;
	*ret_ref = row->ref;
	return true;
}

static void tree_set_object(struct view *view, const struct obj_ref *ref)
{
	struct tree *self = (struct tree *)view;
	const struct tree_row *row = cursor_row(self);
	struct tree_row wanted = {.ref = *ref};
	int index;

	/* A group's row opens its host and stays where it is. */
	if (self->placed && row && obj_ref_equal(&row->ref, ref))
		return;
	view->dirty = true;
	tree_rows_reveal(&self->rows, ref);
	sync_rows(self);
	index = tree_rows_find(&self->rows, &wanted);
	/* The order has no place for it: the cursor stays until one has. */
	self->has_left = index < 0 && self->rows.by != TREE_BY_HOST;
	self->left = wanted;
	if (self->has_left && self->placed)
		return;
	self->at = index >= 0 ? *tree_rows_at(&self->rows, (unsigned)index) : wanted;
	self->placed = true;
	if (index >= 0)
		list_goto(&self->list, (unsigned)index);
}

/* The cursor on something that does not match is not what was looked for. */
static void goto_match(struct tree *self)
{
	const struct tree_row *row = tree_rows_at(&self->rows, self->list.cursor);
	int index = tree_rows_first_match(&self->rows);

	if (index < 0 || !row || row->match)
		return;
	list_goto(&self->list, (unsigned)index);
	self->at = *tree_rows_at(&self->rows, (unsigned)index);
}

static void tree_set_filter(struct view *view, const char *filter)
{
	struct tree *self = (struct tree *)view;
	struct obj_ref ref;

	if (!self->has_home)
		self->home = self->at;
	self->has_home = self->placed;
	self->at = self->home;
	tree_rows_set_filter(&self->rows, filter);
	view->dirty = true;
	sync_rows(self);
	goto_match(self);
	/* While typing, the page follows the cursor. */
	if (tree_selected(view, &ref) && ref.kind != OBJ_NONE)
		app_open(view->app, &ref);
	self->has_home = self->has_home && *self->rows.filter;
}

static const char *tree_filter(const struct view *view)
{
	return ((const struct tree *)view)->rows.filter;
}

static void tree_visible(struct view *view, unsigned host, GArray *uuids)
{
	struct tree *self = (struct tree *)view;

	sync_rows(self);
	for (unsigned i = self->list.top; i < self->list.top + self->list.height; i++) {
		const struct tree_row *row = tree_rows_at(&self->rows, i);

		if (!row)
			return;
		if (row->part == TREE_OBJECT && row->ref.kind == OBJ_GUEST && row->ref.host == host)
			g_array_append_vals(uuids, row->ref.uuid, 1);
	}
}

static bool tree_row_ref(struct view *view, unsigned index, struct obj_ref *ret_ref)
{
	struct tree *self = (struct tree *)view;
	const struct tree_row *row;

	if (!index)
		sync_rows(self);
	row = tree_rows_at(&self->rows, index);
	if (row)
		*ret_ref = row->part == TREE_OBJECT ? row->ref : (struct obj_ref){.kind = OBJ_NONE};
	return row != NULL;
}

static unsigned tree_cursor(struct view *view)
{
	struct tree *self = (struct tree *)view;

	sync_rows(self);
	return self->list.cursor;
}

static const struct view_cmd cmds[] = {
        {"enter", "Fold or unfold; open a guest's page", "Enter", "open", cmd_enter},
        {"view", "Next order of the tree: by host, kind, state, tag", "v", "view", cmd_next_order},
        {"view-host", "Tree by host", NULL, NULL, cmd_by_host},
        {"view-kind", "Tree by kind", NULL, NULL, cmd_by_kind},
        {"view-state", "Tree by state", NULL, NULL, cmd_by_state},
        {"view-tag", "Tree by tag", NULL, NULL, cmd_by_tag},
        {"fold", "Fold, or go to the parent", "h Left", NULL, cmd_fold},
        {"unfold", "Unfold, or go to the first child", "l Right", NULL, cmd_unfold},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops tree_view = {
        .name = "tree",
        .title = "Resources",
        .create = tree_create,
        .destroy = tree_destroy,
        .draw = tree_draw,
        .draw_moved = tree_draw_moved,
        .cmds = cmds,
        .key = tree_key,
        .mouse = tree_mouse,
        .update = tree_update,
        .selected = tree_selected,
        .set_object = tree_set_object,
        .set_filter = tree_set_filter,
        .filter = tree_filter,
        .heading = tree_heading,
        .wants_all = tree_wants_all,
        .row = tree_row_ref,
        .cursor = tree_cursor,
        .visible = tree_visible,
};
