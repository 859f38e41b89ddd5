/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The graphics of a terminal under test: what it was told by kitty's protocol and by sixels, decoded by means of its
 * own, as it would be seen. Sixels lie in the cells, so what is written to a cell or moved takes them away.
 */
#ifndef TESTS_SUPPORT_PLANE_H
#define TESTS_SUPPORT_PLANE_H

#include <glib.h>
#include <stdbool.h>

#include "nvirt/picture.h"

struct plane;

/* Cells, and pixels of a cell. */
struct plane *plane_new(int rows, int cols, int cell_w, int cell_h);
void plane_free(struct plane *plane); /* NULL is fine */
/* All goes. What was on its way is cut at the new edges, as in any terminal, until plane_settle(). */
void plane_resize(struct plane *plane, int rows, int cols);
/* From now on what does not fit is a fault. */
void plane_settle(struct plane *plane);
/* Between "ESC _ G" or "ESC P" and ST, with the cursor at a cell. Fails the test when it can not be right. */
void plane_kitty(struct plane *plane, const char *text, gsize length, int row, int col);
void plane_sixel(struct plane *plane, const char *text, gsize length, int row, int col);
/* Cells from (row, col) on were written to, or moved. */
void plane_write(struct plane *plane, int row, int col, int rows, int cols);
/* The cells of which any pixel is of a graphic; false = none. */
struct plane_box {
	int row, col, rows, cols;
};
bool plane_box(const struct plane *plane, struct plane_box *ret);
/* Those cells as pixels; owned. `ret_covered`: how many of them are of a graphic; the others are black. */
struct picture *plane_pixels(const struct plane *plane, const struct plane_box *box, unsigned *ret_covered);

#endif
