/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a row of the tree looks: arrow, shape, name, and at the right what there
 * is room for: bars of CPU and memory, a figure, the letters of look_guest_marks().
 * Main thread; knows no cursor.
 */
#ifndef NVIRT_UI_TREE_CELLS_H
#define NVIRT_UI_TREE_CELLS_H

#include "canvas.h"
#include "tree_rows.h"

struct app;

/* Nothing where its object is gone: the line stays empty until the rows are made anew. */
void tree_draw_row(const struct app *app, const struct tree_row *row, struct area line);

#endif
