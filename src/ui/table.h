/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table: columns of a width, a header row, a cursor and a column to sort by.
 * It knows no rows: the view draws each cell that is on screen, orders its
 * rows and keeps the cursor on its object. The cost of a frame depends on the
 * rows on screen only. Main thread.
 */
#ifndef NVIRT_UI_TABLE_H
#define NVIRT_UI_TABLE_H

#include "canvas.h"
#include "list.h"

#define TABLE_COLUMNS_MAX 24
#define TABLE_BAR_COLS 28 /* of the cursor, where the name is no longer */

struct table_column {
	const char *title;
	int width;       /* columns it needs at least */
	int grow;        /* its share of what is left over */
	int drop;        /* 0 = always there; the highest go first where it is narrow, equals together */
	bool right;      /* figures */
	bool tail;       /* its end tells more than its beginning: paths */
	bool descending; /* sorts from the largest first */
};

struct table_slot {
	int x, width; /* width 0 = dropped */
};

struct table {
	struct list list;
	const struct table_column *columns;
	unsigned column_count;
	int sort; /* column, or -1: not sortable */
	bool invert;
	struct table_slot slots[TABLE_COLUMNS_MAX]; /* as last drawn */
	struct list drawn;                          /* likewise */
};

/* Draws column `column` of row `row` into a one-line area. */
typedef void (*table_cell)(void *data, unsigned row, unsigned column, struct area cell);

enum table_hit {
	TABLE_MISS,
	TABLE_MOVED,  /* the cursor, or the scroll position */
	TABLE_SORTED, /* sort or invert changed */
	TABLE_OPENED, /* double click on the row under the cursor */
};

/* Columns and gaps of one column that fit into `cols`. */
void table_layout(const struct table_column *columns, unsigned count, int cols, struct table_slot *ret_slots);
void table_init(struct table *table, const struct table_column *columns, unsigned count, int sort);
/* `ROLE_CURSOR` on what names the cursor's row when focused; a thumb where not all rows fit. */
void table_draw(struct table *table, struct area area, bool focused, table_cell cell, void *data);
/* The same where nothing but the cursor has changed since. */
void table_draw_moved(struct table *table, struct area area, bool focused, table_cell cell, void *data);
/* The header line of some columns, as table_draw() has it. */
void table_draw_titles(const struct table_column *columns, unsigned count, const struct table_slot *slots,
        int sort, bool invert, struct area line);
enum table_hit table_mouse(struct table *table, const struct mouse *mouse);
/* By the next (+1) or previous (-1) column. */
void table_sort_step(struct table *table, int step);
/* Text in a cell, aligned as its column is. */
void table_text(const struct table_column *column, struct area cell, enum role role, const char *text);

#endif
