/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host, Images: what stands on what over all pools, who uses it, and what is wrong with it. Main thread. */
#include <string.h>

#include "content.h"
#include "look.h"
#include "nvirt/images.h"
#include "nvirt/text.h"
#include "table_view.h"

/* Deeper branches are drawn as this deep. */
#define BRANCH_MAX 12

enum column { COL_IMAGE, COL_FORMAT, COL_SIZE, COL_REAL, COL_USERS, COL_PROBLEM, COL_POOL, COL_PATH, COL_N };

static const struct table_column columns[COL_N] = {
        [COL_IMAGE] = {.title = "Image", .width = 20, .grow = 3},
        [COL_FORMAT] = {.title = "Format", .width = 7, .drop = 3},
        [COL_SIZE] = {.title = "Size", .width = 9, .drop = 2, .right = true, .descending = true},
        [COL_REAL] = {.title = "On disk", .width = 9, .drop = 4, .right = true, .descending = true},
        [COL_USERS] = {.title = "Used by", .width = 13, .grow = 2},
        [COL_PROBLEM] = {.title = "Problem", .width = 13, .descending = true},
        [COL_POOL] = {.title = "Pool", .width = 10, .drop = 1},
        [COL_PATH] = {.title = "Path", .width = 24, .grow = 2, .drop = 5, .tail = true},
};

struct host_images {
	struct table_view table;
	struct images *images; /* of the rows; NULL before the first */
	GHashTable *folded;    /* keys of images whose overlays are not shown */
};

static bool is_tree(const struct table_view *self)
{
	return self->table.sort == COL_IMAGE && !self->table.invert && !*self->filter;
}

/* ---- rows ---- */

static void collect(struct table_view *view, GPtrArray *rows)
{
	struct host_images *self = (struct host_images *)view;
	const GPtrArray *all;
	unsigned hide_below = G_MAXUINT;

	images_free(self->images);
	self->images = images_of_host(table_view_host(view));
	all = images_tree(self->images);
	for (unsigned i = 0; i < all->len; i++) {
		const struct image *image = all->pdata[i];

		if (image->depth > hide_below && is_tree(view))
			continue;
		hide_below = g_hash_table_contains(self->folded, image->key) ? image->depth : G_MAXUINT;
		g_ptr_array_add(rows, (gpointer)image);
	}
}

static struct obj_ref ref(const struct table_view *self, const void *row)
{
	(void)self;
	return ((const struct image *)row)->ref;
}

static const char *part(const void *row)
{
	return ((const struct image *)row)->key;
}

/* By its path, its pool and its users: "what stands on root", "all of web1". */
static bool match(const void *row, const char *filter_fold)
{
	const struct image *image = row;
	const char *users = image->row && image->row->used_by ? image->row->used_by : "";
	g_autofree char *text =
	        g_strjoin(" ", image->path, image->pool, users, images_problem_word(image), NULL);
	g_autofree char *fold = text_fold(text);

	return filter_match(fold, filter_fold);
}

static uint64_t size_of(const struct image *image, bool real)
{
	if (!image->row)
		return 0;
	return real ? image->row->allocation_bytes : image->row->capacity_bytes;
}

static const char *users_of(const struct image *image)
{
	return image->row && image->row->used_by ? image->row->used_by : "";
}

static int compare(const void *a, const void *b, unsigned column)
{
	const struct image *x = a, *y = b;

	switch ((enum column)column) {
	case COL_IMAGE:
		return TABLE_VIEW_ORDER(x->place, y->place);
	case COL_FORMAT:
		return strcmp(x->format, y->format);
	case COL_SIZE:
	case COL_REAL:
		return TABLE_VIEW_ORDER(size_of(x, column == COL_REAL), size_of(y, column == COL_REAL));
	case COL_USERS:
		return text_compare(users_of(x), users_of(y));
	case COL_PROBLEM:
		return TABLE_VIEW_ORDER(
		        !!(x->problems & IMAGE_FAULTS) * 2 + !!x->problems, !!(y->problems & IMAGE_FAULTS) * 2 + !!y->problems);
	case COL_POOL:
		return text_compare(x->pool, y->pool);
	case COL_PATH:
		return text_compare(x->path, y->path);
	case COL_N:
		break;
	}
	return 0;
}

/* ---- cells ---- */

static const char *file_name(const struct image *image)
{
	const char *slash = strrchr(image->path, '/');

	return slash && slash[1] ? slash + 1 : image->path;
}

static bool is_marked(const struct table_view *self, const struct image *image)
{
	return image->ref.kind != OBJ_NONE && store_marked(self->view.app->store, &image->ref);
}

static void draw_name(const struct host_images *self, const struct image *image, struct area cell, enum role role)
{
	const struct table_view *view = &self->table;
	g_autofree char *branch =
	        is_tree(view) ? images_branch(image, NULL, cell.canvas->ascii, BRANCH_MAX) : g_strdup("");
	int x = area_text(cell, 0, 0, cell.cols, ROLE_TREE_GUIDE, branch);
	bool folded = g_hash_table_contains(self->folded, image->key);

	if (is_marked(view, image)) {
		area_glyph(cell, 0, x++, ROLE_MARKED, GLYPH_MARK);
		role = ROLE_MARKED;
	}
	if (is_tree(view) && image->overlays->len)
		area_glyph(cell, 0, x++, ROLE_TREE_GUIDE, folded ? GLYPH_FOLDED : GLYPH_UNFOLDED);
	area_text(cell, 0, x, MAX(cell.cols - x, 0), role, file_name(image));
}

static void draw_size(const struct image *image, struct area cell, enum role role, bool real)
{
	bool known = image->row && !image->row->unread;

	table_view_number(cell, role, look_bytes(known ? (gint64)MIN(size_of(image, real), (uint64_t)G_MAXINT64) : -1));
}

/* "-" = nobody's, "?" = not known. Owned. */
static char *user_words(const struct image *image)
{
	char *words = images_user_words(image);

	if (*words)
		return words;
	g_free(words);
	return g_strdup((image->row && image->row->uses) || !image->row ? "-" : "?");
}

static void cell(struct table_view *self, const void *at, unsigned column, struct area area, enum role role)
{
	const struct image *image = at;
	g_autofree char *users = NULL;

	switch ((enum column)column) {
	case COL_IMAGE:
		draw_name((struct host_images *)self, image, area, role);
		break;
	case COL_FORMAT:
		table_view_text(area, role, *image->format ? image->format : "-");
		break;
	case COL_SIZE:
	case COL_REAL:
		draw_size(image, area, role, column == COL_REAL);
		break;
	case COL_USERS:
		users = user_words(image);
		table_view_text(area, role, users);
		break;
	case COL_PROBLEM:
		table_view_text(area,
		        role == ROLE_STALE                       ? role
		        : image->problems & IMAGE_FAULTS ? ROLE_WARN
		                                         : ROLE_DIM,
		        images_problem_word(image));
		break;
	case COL_POOL:
		table_view_text(area, role, *image->pool ? image->pool : "-");
		break;
	case COL_PATH:
		table_text(&columns[COL_PATH], area, role, image->path);
		break;
	case COL_N:
		break;
	}
}

static enum role role_of(const void *row)
{
	return ((const struct image *)row)->problems & IMAGE_MISSING ? ROLE_ERROR : ROLE_TEXT;
}

/* ---- foot ---- */

static const struct image *under_cursor(const struct table_view *self)
{
	unsigned at = self->table.list.cursor;

	return at < self->rows->len ? self->rows->pdata[at] : NULL;
}

/* How many guests' definitions are not read yet, as the pools' rows say. */
static void add_known(GString *text, const struct host *host)
{
	for (unsigned i = 0; i < host->pools->len; i++) {
		const struct pool *pool = host->pools->pdata[i];

		if (pool->volumes && pool->users_known < pool->users_total) {
			g_string_append_printf(text, ", users known for %u of %u guests", pool->users_known, pool->users_total);
			return;
		}
	}
}

static char *foot(struct table_view *view)
{
	struct host_images *self = (struct host_images *)view;
	const struct image *image = under_cursor(view);
	g_autofree char *words = image ? images_problem_words(image, true) : g_strdup("");
	GString *text = g_string_new(NULL);

	if (!self->images)
		return g_string_free(text, FALSE);
	if (*words)
		g_string_append_printf(text, "%s: %s", file_name(image), words);
	else
		g_string_append_printf(text, "%u images", images_count(self->images));
	add_known(text, table_view_host(view));
	return g_string_free(text, FALSE);
}

static const char *empty(struct table_view *self)
{
	return table_view_host(self)->files ? "No images." : "Images are being read ...";
}

static const struct table_view_ops ops = {
        .columns = columns,
        .column_count = COL_N,
        .sort = COL_IMAGE,
        .collect = collect,
        .ref = ref,
        .part = part,
        .match = match,
        .compare = compare,
        .cell = cell,
        .role = role_of,
        .foot = foot,
        .empty = empty,
};

/* ---- folding ---- */

static void stale(struct host_images *self)
{
	self->table.stale = true;
	content_touch(&self->table.view);
}

static void go_to(struct host_images *self, const struct image *image)
{
	for (unsigned i = 0; i < self->table.rows->len; i++)
		if (self->table.rows->pdata[i] == image)
			table_view_goto(&self->table, i);
}

/* The rows are made anew first where a message came since the last frame. */
static const struct image *at_cursor(struct host_images *self)
{
	struct obj_ref ignored;

	table_view_selected(&self->table.view, &ignored);
	return under_cursor(&self->table);
}

/* Its overlays away; of what has none shown, to what it stands on. */
static void cmd_fold(struct view *view, unsigned count)
{
	struct host_images *self = (struct host_images *)view;
	const struct image *image = at_cursor(self);

	(void)count;
	if (!image || !is_tree(&self->table))
		return;
	if (image->overlays->len && g_hash_table_add(self->folded, g_strdup(image->key)))
		stale(self);
	else if (image->base && !image->ring_cut)
		go_to(self, image->base);
}

static void cmd_unfold(struct view *view, unsigned count)
{
	struct host_images *self = (struct host_images *)view;
	const struct image *image = at_cursor(self);

	(void)count;
	if (image && g_hash_table_remove(self->folded, image->key))
		stale(self);
}

static const struct view_cmd cmds[] = {
        TABLE_VIEW_CMDS,
        {"fold-image", "Fold what stands on the image, or go to what it stands on", "h Left", NULL, cmd_fold},
        {"unfold-image", "Unfold what stands on the image", "l Right", NULL, cmd_unfold},
        {NULL, NULL, NULL, NULL, NULL},
};

/* ---- the view ---- */

static struct view *create(struct app *app)
{
	struct host_images *self = g_new0(struct host_images, 1);

	table_view_init(&self->table, app, &host_images_view, &ops);
	self->folded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return &self->table.view;
}

static void destroy(struct view *view)
{
	struct host_images *self = (struct host_images *)view;

	images_free(self->images);
	g_hash_table_unref(self->folded);
	table_view_destroy(view);
}

const struct view_ops host_images_view = {
        .name = "host-images",
        .title = "Images",
        .create = create,
        .cmds = cmds,
        .actions_first = true,
        .destroy = destroy,
        .draw = table_view_draw,
        .key = table_view_key,
        .mouse = table_view_mouse,
        .update = table_view_update_facts,
        .selected = table_view_selected,
        .set_object = table_view_set_object,
        .set_filter = table_view_set_filter,
        .filter = table_view_filter,
};
