/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout's arithmetic. Rows are dealt out from the top, every one exactly once. Pure. */
#include "layout.h"

#include <glib.h>
#include <string.h>

bool rect_contains(const struct rect *rect, int y, int x)
{
	return y >= rect->y && y < rect->y + rect->rows && x >= rect->x && x < rect->x + rect->cols;
}

/* Cuts the top `rows` off `rest`. */
static struct rect take_top(struct rect *rest, int rows)
{
	rows = CLAMP(rows, 0, rest->rows);
	struct rect top = {rest->y, rest->x, rows, rest->cols};
	rest->y += rows;
	rest->rows -= rows;
	return top;
}

static struct rect take_bottom(struct rect *rest, int rows)
{
	rows = CLAMP(rows, 0, rest->rows);
	rest->rows -= rows;
	return (struct rect){rest->y + rest->rows, rest->x, rows, rest->cols};
}

static struct rect take_left(struct rect *rest, int cols)
{
	cols = CLAMP(cols, 0, rest->cols);
	struct rect left = {rest->y, rest->x, rest->rows, cols};
	rest->x += cols;
	rest->cols -= cols;
	return left;
}

static int header_rows(int rows)
{
	return rows < 20 ? 1 : rows < 34 ? 2 : 3;
}

/* The tree and the panel beside it keep five rows. */
static int task_rows(int rows, int wish)
{
	if (wish > 0)
		return CLAMP(wish, 1, rows - header_rows(rows) - 1 - 1 - 5);
	return rows < 20 ? 2 : CLAMP(rows / 6, 4, 12);
}

/* The panel beside it keeps 30 columns. */
static int tree_cols(int cols, int wish)
{
	return wish > 0 ? CLAMP(wish, 12, cols - 31) : CLAMP(cols * 3 / 10, 20, 36);
}

static void compute_full(struct layout *layout, struct rect rest, const struct layout_wish *wish)
{
	int rows = rest.rows, cols = rest.cols;
	layout->region[REGION_HEADER] = take_top(&rest, header_rows(rows));
	layout->status = take_bottom(&rest, 1);
	layout->region[REGION_TASKS] = take_bottom(&rest, task_rows(rows, wish->task_rows));
	layout->title[REGION_TASKS] = take_bottom(&rest, 1);
	struct rect tree = take_left(&rest, tree_cols(cols, wish->tree_cols));
	layout->separator = take_left(&rest, 1);
	layout->title[REGION_TREE] = take_top(&tree, 1);
	layout->region[REGION_TREE] = tree;
	layout->title[REGION_CONTENT] = take_top(&rest, 1);
	layout->region[REGION_CONTENT] = rest;
}

static void compute_zoomed(struct layout *layout, struct rect rest, enum region focus)
{
	layout->region[REGION_HEADER] = take_top(&rest, header_rows(rest.rows));
	layout->status = take_bottom(&rest, 1);
	layout->title[focus] = take_top(&rest, 1);
	layout->region[focus] = rest;
}

static void compute_bare(struct layout *layout, struct rect rest, enum region focus)
{
	layout->status = take_bottom(&rest, 1);
	layout->region[focus] = rest;
}

static void compute_single(struct layout *layout, struct rect rest, enum region focus)
{
	if (rest.rows >= 8)
		layout->region[REGION_HEADER] = take_top(&rest, 1);
	layout->status = take_bottom(&rest, 1);
	layout->switcher = take_top(&rest, 1);
	layout->region[focus] = rest;
}

void layout_compute_with(struct layout *layout, int rows, int cols, enum region focus, bool zoomed,
        const struct layout_wish *wish)
{
	memset(layout, 0, sizeof(*layout));
	struct rect all = {0, 0, MAX(rows, 0), MAX(cols, 0)};
	if (focus == REGION_HEADER)
		focus = REGION_TREE;
	if (rows < LAYOUT_MIN_ROWS || cols < LAYOUT_MIN_COLS) {
		layout->mode = LAYOUT_TOO_SMALL;
		layout->message = all;
	} else if (zoomed && wish->bare) {
		layout->mode = LAYOUT_ZOOMED;
		compute_bare(layout, all, focus);
	} else if (rows < LAYOUT_FULL_ROWS || cols < LAYOUT_FULL_COLS) {
		layout->mode = LAYOUT_SINGLE;
		compute_single(layout, all, focus);
	} else if (zoomed) {
		layout->mode = LAYOUT_ZOOMED;
		compute_zoomed(layout, all, focus);
	} else {
		layout->mode = LAYOUT_FULL;
		compute_full(layout, all, wish);
	}
}

void layout_compute(struct layout *layout, int rows, int cols, enum region focus, bool zoomed)
{
	layout_compute_with(layout, rows, cols, focus, zoomed, &(struct layout_wish){0});
}
