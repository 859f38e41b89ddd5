/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout: which region gets which cells at a screen size. Pure arithmetic.
 *
 * The rectangles never overlap and together cover the screen, at any size.
 */
#ifndef NVIRT_UI_LAYOUT_H
#define NVIRT_UI_LAYOUT_H

#include <stdbool.h>

#include "app.h"

struct rect {
	int y, x, rows, cols;
};

enum layout_mode {
	LAYOUT_FULL,      /* all four regions */
	LAYOUT_SINGLE,    /* the focused region alone, with a line to switch (below 60x15) */
	LAYOUT_ZOOMED,    /* the focused region alone because the user asked */
	LAYOUT_TOO_SMALL, /* below 20x5: one message */
};

struct layout {
	enum layout_mode mode;
	struct rect region[REGION_N]; /* empty where a region is not shown */
	struct rect title[REGION_N];  /* one line above each region but the header */
	struct rect separator;        /* column between tree and content, from title to bottom */
	struct rect switcher;         /* LAYOUT_SINGLE: the line that names the regions */
	struct rect status;           /* last line: key hints, notice, filter prompt */
	struct rect message;          /* LAYOUT_TOO_SMALL: everything */
};

#define LAYOUT_MIN_COLS 20
#define LAYOUT_MIN_ROWS 5
#define LAYOUT_FULL_COLS 60
#define LAYOUT_FULL_ROWS 15

/* What the user drew the borders to; 0 = as it comes. Taken as far as there is room. */
struct layout_wish {
	int tree_cols, task_rows;
	bool bare; /* zoomed, the focused region has all but the status line */
};

void layout_compute_with(struct layout *layout, int rows, int cols, enum region focus, bool zoomed,
        const struct layout_wish *wish);
void layout_compute(struct layout *layout, int rows, int cols, enum region focus, bool zoomed);
bool rect_contains(const struct rect *rect, int y, int x);

#endif
