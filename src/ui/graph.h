/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Graphs on a canvas: a curve over time with axis and figures, and sparklines.
 *
 * A known value has at least one dot, also 0; a gap has none. Where a point
 * stands for more than one slot, its height is the average, and a dot above it
 * the maximum. Pure; main thread.
 */
#ifndef NVIRT_UI_GRAPH_H
#define NVIRT_UI_GRAPH_H

#include "canvas.h"
#include "nvirt/history.h"

enum graph_style { GRAPH_BRAILLE, GRAPH_BLOCKS, GRAPH_ASCII, GRAPH_STYLE_N };

/* "dots", "blocks", "ASCII" */
const char *graph_style_word(enum graph_style style);
/* What this terminal can show: ASCII on such a canvas and on the Linux console. */
enum graph_style graph_style_default(const struct canvas *canvas);

struct graph {
	const char *title;
	enum unit unit;
	const struct history_slot *slots; /* oldest first; borrowed */
	unsigned count;
	unsigned slot_s;
	gint64 end_unix_us; /* the end of the last slot */
	double now;         /* the newest value; NAN = not known */
	double limit;       /* the most there can be, as a figure; 0 = not known */
	bool stale;
};

/* Title and figures, plot with labels, times: as much as there is room for; any size. */
void graph_draw(struct area area, const struct graph *graph, enum graph_style style);
/* The end of an axis that is at least `value`: 1, 2 or 5 of a power of ten; for bytes a power of two. */
double graph_axis_top(enum unit unit, double value);
/* "50.1%", "12.0 MiB/s", "0.42 ms", "-" for NAN; owned. */
char *graph_value(enum unit unit, double value);

/*
 * A line of `area.cols` values as a ring: slot n lies in column n % cols, so a
 * new one changes two cells and nothing moves. The column after the newest is
 * blank, but not in a level line: that of an idle guest never changes. `slots` are the area.cols - 1 up to and with number `head`.
 */
void graph_spark(struct area line, const struct history_slot *slots, uint32_t head, double top, enum role role);

#endif
