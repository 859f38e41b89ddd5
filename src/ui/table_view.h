/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tab that is a table of objects: the tab's file says what its rows are, how
 * they compare and what stands in a cell; order, filter, cursor by identity,
 * mouse and opening live here once. Rows are made anew when something changed
 * and only for the frame or key that needs them. Main thread.
 */
#ifndef NVIRT_UI_TABLE_VIEW_H
#define NVIRT_UI_TABLE_VIEW_H

#include "app.h"
#include "table.h"

struct table_view;

struct table_view_ops {
	const struct table_column *columns;
	unsigned column_count;
	int sort; /* column to begin with */
	/* Appends its rows: pointers into the store, good until the next message. */
	void (*collect)(struct table_view *self, GPtrArray *rows);
	/* What the row is about: what Enter opens and actions act on. */
	struct obj_ref (*ref)(const struct table_view *self, const void *row);
	/* Tells rows of one object apart (two NICs of a guest); NULL = one row an object. Borrowed. */
	const char *(*part)(const void *row);
	/* Does the row match the folded filter? */
	bool (*match)(const void *row, const char *filter_fold);
	/* By one column; equals are put in order by `collect`'s order. */
	int (*compare)(const void *a, const void *b, unsigned column);
	void (*cell)(struct table_view *self, const void *row, unsigned column, struct area cell, enum role role);
	/* The row's role while its host's figures are fresh. */
	enum role (*role)(const void *row);
	/* Owned: the line below the table, and what stands there while it is empty. */
	char *(*foot)(struct table_view *self);
	const char *(*empty)(struct table_view *self);
	/* What Enter and a double click do with a row that is no object's page; may be NULL. */
	void (*open)(struct table_view *self, const void *row);
	const char *legend; /* right end of the foot where there is room; may be NULL */
};

struct table_view {
	struct view view;
	const struct table_view_ops *table_ops;
	struct obj_ref ref; /* of which object this is a tab */
	struct table table;
	GPtrArray *rows; /* borrowed rows in order */
	struct obj_ref at; /* the cursor's, OBJ_NONE before the first */
	char *at_part;
	char *filter, *filter_fold;
	uint64_t generation;
	bool stale; /* rows must be made anew */
};

/* For a view that has more than a table: its own struct begins with a zeroed table_view. */
void table_view_init(struct table_view *self, struct app *app, const struct view_ops *ops,
        const struct table_view_ops *table_ops);
struct view *table_view_new(
        struct app *app, const struct view_ops *ops, const struct table_view_ops *table_ops);
/* The row under the cursor, made anew first where something changed; NULL = none. Good until the next message. */
const void *table_view_at_cursor(struct table_view *self);
void table_view_goto(struct table_view *self, unsigned index);
struct host *table_view_host(const struct table_view *self);

/* ---- the tab's view_ops ---- */
void table_view_destroy(struct view *view);
void table_view_draw(struct view *view, struct area area, bool focused);
void table_view_draw_moved(struct view *view, struct area area, bool focused);
bool table_view_key(struct view *view, keycode key, unsigned count);
bool table_view_mouse(struct view *view, const struct mouse *mouse);
void table_view_update(struct view *view, unsigned changes);
/* The same where nothing of it is a figure of the tick. */
void table_view_update_facts(struct view *view, unsigned changes);
bool table_view_selected(struct view *view, struct obj_ref *ret_ref);
void table_view_set_object(struct view *view, const struct obj_ref *ref);
void table_view_set_filter(struct view *view, const char *filter);
const char *table_view_filter(const struct view *view);
void table_view_cmd_open(struct view *view, unsigned count);
void table_view_cmd_sort_next(struct view *view, unsigned count);
void table_view_cmd_sort_prev(struct view *view, unsigned count);
void table_view_cmd_invert(struct view *view, unsigned count);
extern const struct view_cmd table_view_cmds[];

/* The rows of view_cmd that every such tab has. */
#define TABLE_VIEW_CMDS                                                                                      \
	{"open-row", "Open what is under the cursor", "Enter", "open", table_view_cmd_open},     \
	        {"sort-next", "Sort by the next column", ">", "sort", table_view_cmd_sort_next},             \
	        {"sort-prev", "Sort by the previous column", "<", NULL, table_view_cmd_sort_prev},           \
	{                                                                                                    \
		"sort-invert", "Turn the order round", "i", NULL, table_view_cmd_invert                      \
	}

#define TABLE_VIEW_OPS                                                                                       \
	.destroy = table_view_destroy, .draw = table_view_draw, .draw_moved = table_view_draw_moved,         \
	.key = table_view_key, .mouse = table_view_mouse, .update = table_view_update,                       \
	.selected = table_view_selected, .set_object = table_view_set_object,                                \
	.set_filter = table_view_set_filter, .filter = table_view_filter

/* Cells that take what they draw. */
void table_view_text(struct area cell, enum role role, const char *text);
void table_view_number(struct area cell, enum role role, char *text);
/* -1, 0 or 1. */
#define TABLE_VIEW_ORDER(a, b) (((a) > (b)) - ((a) < (b)))

#endif
