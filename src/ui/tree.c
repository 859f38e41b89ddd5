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
#include "tree_rows.h"

#define CPU_FROM_COLS 30

struct tree {
	struct view view;
	struct tree_rows rows;
	struct list list;
	struct tree_row at;   /* the cursor's row, by identity */
	bool placed;          /* `at` was ever set */
	struct tree_row home; /* where it was before a filter; back there if it is not moved meanwhile */
	bool has_home;
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
	index = self->placed ? tree_rows_find(&self->rows, &self->at.ref, self->at.part) : -1;
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

	self->view.dirty = true;
	if (!row)
		return;
	self->at = *row;
	self->placed = true;
	self->has_home = false;
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

/* What a row shows; strings borrowed. */
struct cell_row {
	const char *name;
	enum role name_role;
	struct look look;
	bool has_glyph, marked;
	char right[24]; /* figure at the right edge */
	enum role right_role;
};

static void describe_guest(const struct app *app, const struct guest *guest, int cols, struct cell_row *ret)
{
	(void)app;
	ret->name = guest->name;
	ret->look = look_guest(guest);
	ret->marked = guest->marked;
	ret->name_role = guest_state_active(guest->state) ? ROLE_TREE : ROLE_STOPPED;
	if (cols >= CPU_FROM_COLS && guest_state_active(guest->state) && guest->cpu_pct >= 0)
		g_snprintf(ret->right, sizeof(ret->right), "%.0f%%%s", MIN(guest->cpu_pct, 99999.0),
		        guest->tcg ? " T" : "  ");
	else if (guest->tcg)
		g_strlcpy(ret->right, "T", sizeof(ret->right));
}

static void describe_pool(const struct pool *pool, struct cell_row *ret)
{
	const struct pool_row *row = pool->row;

	ret->name = row->name;
	ret->look = look_pool(pool);
	ret->marked = pool->marked;
	if (row->state != POOL_INACTIVE && row->capacity_bytes) {
		double used = (double)row->allocation_bytes / (double)row->capacity_bytes;

		g_snprintf(ret->right, sizeof(ret->right), "%.0f%%", MIN(used, 9.99) * 100);
		ret->right_role = look_level(used) == ROLE_OK ? ROLE_TREE_COUNT : look_level(used);
	}
}

static void describe_host(const struct app *app, const struct host *host, struct cell_row *ret)
{
	ret->name = host->name;
	ret->look = look_host(app, host);
	ret->marked = host->marked;
	if (host->listed)
		g_snprintf(ret->right, sizeof(ret->right), "%u/%u", host->running, host->guests->len);
	else if (host->status->link == HOST_CONNECTING)
		g_strlcpy(ret->right, "...", sizeof(ret->right));
}

/* False where the object is gone: its row stays empty until the rows are made anew. */
static bool describe_object(const struct app *app, const struct obj_ref *ref, int cols, struct cell_row *ret)
{
	const struct store *store = app->store;
	const struct guest *guest = ref->kind == OBJ_GUEST ? store_guest(store, ref) : NULL;
	const struct pool *pool = ref->kind == OBJ_POOL ? store_pool(store, ref) : NULL;
	const struct volume *volume = ref->kind == OBJ_VOLUME ? store_volume(store, ref) : NULL;
	const struct network *network = ref->kind == OBJ_NETWORK ? store_network(store, ref) : NULL;
	const struct host *host = ref->kind == OBJ_HOST ? store_host(store, ref->host) : NULL;

	ret->has_glyph = true;
	if (guest)
		describe_guest(app, guest, cols, ret);
	if (pool)
		describe_pool(pool, ret);
	if (host)
		describe_host(app, host, ret);
	if (volume) {
		ret->name = volume->row->name;
		ret->look = (struct look){GLYPH_VOLUME, ROLE_TREE};
		ret->marked = volume->marked;
	}
	if (network) {
		ret->name = network->row->name;
		ret->look = look_network(network);
		ret->marked = network->marked;
	}
	return ret->name != NULL;
}

static bool describe(const struct app *app, const struct tree_row *row, int cols, struct cell_row *ret)
{
	const struct host *host = store_host(app->store, row->ref.host);
	const struct pool *pool;

	*ret = (struct cell_row){.name_role = ROLE_TREE, .right_role = ROLE_TREE_COUNT};
	switch (row->part) {
	case TREE_OBJECT:
		return describe_object(app, &row->ref, cols, ret);
	case TREE_STORAGE:
	case TREE_NETWORKS:
		ret->name = row->part == TREE_STORAGE ? "Storage" : "Networks";
		ret->name_role = ROLE_TREE_GROUP;
		if (host)
			g_snprintf(ret->right, sizeof(ret->right), "%u",
			        row->part == TREE_STORAGE ? host->pools->len : host->networks->len);
		return host != NULL;
	case TREE_NOTE:
		pool = store_pool(app->store, &row->ref);
		ret->name = pool && pool->row->state == POOL_INACTIVE ? "not active" : "reading ...";
		ret->name_role = ROLE_DIM;
		return true;
	}
	return false;
}

static void draw_row(struct tree *self, const struct tree_row *row, struct area line)
{
	struct app *app = self->view.app;
	const struct host *host = store_host(app->store, row->ref.host);
	int x = 1 + 2 * row->depth, right;
	struct cell_row cell;

	if (!describe(app, row, line.cols, &cell))
		return;
	if (host && look_host_stale(app, host)) {
		cell.name_role = cell.right_role = ROLE_STALE;
		if (row->ref.kind != OBJ_HOST)
			cell.look.role = ROLE_STALE;
	}
	if (cell.marked)
		area_glyph(line, 0, 0, ROLE_MARKED, GLYPH_MARK);
	if (row->foldable)
		area_glyph(line, 0, x, ROLE_TREE_GUIDE, row->folded ? GLYPH_FOLDED : GLYPH_UNFOLDED);
	if (cell.has_glyph)
		area_glyph(line, 0, x + 1, cell.look.role, cell.look.glyph);
	x += cell.has_glyph ? 3 : 2;
	right = text_columns(cell.right);
	/* A name too long for its line is worth more than the figure beside it. */
	if (right && line.cols - x - right - 1 < MIN(text_columns(cell.name), 12))
		right = 0;
	area_text(line, 0, x, line.cols - x - right - (right > 0), cell.marked ? ROLE_MARKED : cell.name_role,
	        cell.name);
	if (right)
		area_text_right(line, 0, line.cols - right, right, cell.right_role, cell.right);
}

static void tree_draw(struct view *view, struct area area, bool focused)
{
	struct tree *self = (struct tree *)view;
	struct list *list = &self->list;
	int cols;

	view->dirty = false;
	sync_rows(self);
	list_set_height(list, (unsigned)MAX(area.rows, 0));
	area_clear(area, ROLE_TREE);
	cols = area.cols - (list->count > list->height);
	for (int y = 0; y < area.rows && list->top + (unsigned)y < list->count; y++) {
		unsigned index = list->top + (unsigned)y;

		draw_row(self, tree_rows_at(&self->rows, index), area_sub(area, y, 0, 1, cols));
		if (index != list->cursor)
			continue;
		area_set_role(area, y, 0, cols, focused ? ROLE_CURSOR : ROLE_CURSOR_UNFOCUSED);
		if (focused)
			area_cursor(area, y, 0, false);
	}
	look_scrollbar(area, list->top, list->count);
	if (!list->count && *self->rows.filter)
		area_text(area, 0, 1, -1, ROLE_DIM, "Nothing matches the filter.");
}

/* ---- folding ---- */

static void fold_row(struct tree *self, const struct tree_row *row, bool folded)
{
	struct tree_row copy = *row;

	tree_rows_set_fold(&self->rows, &copy, folded);
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

	if (!(changes & (CHANGE_HOST | CHANGE_LIST | CHANGE_STATS)))
		return;
	view->dirty = true;
	/* The rows are made anew when they are needed; only a lost object must be replaced at once. */
	if ((changes & CHANGE_LIST) && self->placed && !store_has(view->app->store, &self->at.ref))
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

	view->dirty = true;
	/* A group's row opens its host and stays where it is. */
	if (self->placed && row && obj_ref_equal(&row->ref, ref))
		return;
	tree_rows_reveal(&self->rows, ref);
	self->at = (struct tree_row){.ref = *ref, .part = TREE_OBJECT};
	self->placed = true;
	sync_rows(self);
	row = tree_rows_at(&self->rows, self->list.cursor);
	if (row && !obj_ref_equal(&row->ref, ref)) {
		int index = tree_rows_find(&self->rows, ref, TREE_OBJECT);

		if (index >= 0)
			list_goto(&self->list, (unsigned)index);
	}
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
	if (tree_selected(view, &ref))
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

static const struct view_cmd cmds[] = {
        {"fold", "Fold, or go to the parent", "h Left", NULL, cmd_fold},
        {"unfold", "Unfold, or go to the first child", "l Right", NULL, cmd_unfold},
        {"enter", "Fold or unfold; open a guest's page", "Enter", "open", cmd_enter},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops tree_view = {
        .name = "tree",
        .title = "Resources",
        .create = tree_create,
        .destroy = tree_destroy,
        .draw = tree_draw,
        .cmds = cmds,
        .key = tree_key,
        .mouse = tree_mouse,
        .update = tree_update,
        .selected = tree_selected,
        .set_object = tree_set_object,
        .set_filter = tree_set_filter,
        .filter = tree_filter,
        .visible = tree_visible,
};
