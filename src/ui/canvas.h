/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The canvas: a grid of cells that views draw on, and areas, clipped windows
 * on it. Pure memory: tests draw on it without a terminal; term.c sends the
 * rows that changed to ncurses. Writing a cell that already looks so does not
 * make its row dirty, so a view may simply draw itself again.
 */
#ifndef NVIRT_UI_CANVAS_H
#define NVIRT_UI_CANVAS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "nvirt/graphic.h"
#include "theme.h"

struct cell {
	gunichar ch;      /* 0 = right half of the wide character before it */
	gunichar comb[2]; /* combining marks, 0 = none */
	uint8_t role;     /* enum role */
	uint8_t flags;    /* enum draw_flag */
	uint8_t fg, bg;   /* DRAW_COLOURS: of xterm's palette; else 0, as cells are compared as memory */
};

G_STATIC_ASSERT(sizeof(struct cell) == 16);

enum draw_flag {
	DRAW_REVERSE = 1 << 0, /* cursor row where the theme has no colour for it, selections */
	DRAW_BOLD = 1 << 1,
	DRAW_UNDERLINE = 1 << 2,
	DRAW_COLOURS = 1 << 3, /* a part of a picture: its own colours instead of the role's */
	DRAW_OWN_FG = 1 << 4,  /* of these two only the background: `fg` is the role's */
	DRAW_OWN_BG = 1 << 5,  /* the other way round */
	DRAW_BELOW = 1 << 6,   /* the terminal may show the canvas's graphic in its place */
};

struct canvas {
	int rows, cols;
	struct cell *cells;     /* rows * cols */
	bool *dirty;            /* a row */
	bool ascii;             /* glyphs and the cut mark come from the ASCII set */
	int cursor_y, cursor_x; /* where the hardware cursor rests; -1 = hidden */
	bool cursor_visible;
	/*
	 * Drawn by the terminal over its cells at graphic_y, graphic_x, as long as all of them are DRAW_BELOW:
	 * whatever else is drawn there lies over it. A reference; NULL = none.
	 */
	struct graphic *graphic;
	int graphic_y, graphic_x;
};

/* A window on a canvas; a value. Rows and columns may be 0; drawing outside is clipped. */
struct area {
	struct canvas *canvas;
	int y, x, rows, cols;
};

void canvas_init(struct canvas *canvas, int rows, int cols, bool ascii);
void canvas_fini(struct canvas *canvas);
/* Contents are cleared; every row is dirty. */
void canvas_resize(struct canvas *canvas, int rows, int cols);
void canvas_touch(struct canvas *canvas); /* every row dirty */
/* Is the graphic's place still its own? Else it is let go. */
bool canvas_has_graphic(struct canvas *canvas);
struct area canvas_area(struct canvas *canvas);
/* What stands there as UTF-8 lines, trailing blanks cut; for tests and captures. Owned. */
char *canvas_text(const struct canvas *canvas);

struct area area_sub(struct area area, int y, int x, int rows, int cols); /* clipped to `area` */
void area_clear(struct area area, enum role role);
void area_fill(struct area area, int y, int x, int rows, int cols, enum role role, gunichar ch);
/*
 * Cleaned UTF-8 at y, x in at most `cols` columns (< 0: to the edge); cut with
 * the cut mark where it does not fit. Returns the columns used. Text that is
 * wider than the area never leaves it.
 */
int area_text(struct area area, int y, int x, int cols, enum role role, const char *utf8);
int area_textf(struct area area, int y, int x, int cols, enum role role, const char *format, ...)
        G_GNUC_PRINTF(6, 7);
/* Right-aligned in `cols`. */
void area_text_right(struct area area, int y, int x, int cols, enum role role, const char *utf8);
/* In its first row, cut at its beginning: of a path that is what all have in common. */
void area_tail(struct area area, enum role role, const char *utf8);
int area_glyph(struct area area, int y, int x, enum role role, enum glyph glyph);
/* Columns up to the last one that is not blank. */
int area_used(struct area area, int y);
/* A part of a picture: a character in colours 16..255 of xterm's palette. */
void area_colour(struct area area, int y, int x, gunichar ch, uint8_t fg, uint8_t bg);
/* A cell as it is, of 1 or 2 columns; no `comb` of what can not be drawn, and in ASCII none at all. */
void area_cell(struct area area, int y, int x, struct cell cell, int columns);
/* What stands there from the area's top left on may be shown by the terminal as this, which must fit. */
void area_graphic(struct area area, struct graphic *graphic);
/* Gives what already stands there another role, or adds flags (cursor row, match, selection). */
void area_set_role(struct area area, int y, int x, int cols, enum role role);
void area_add_flags(struct area area, int y, int x, int cols, unsigned flags);
/* A frame around the area with a title in its top line. */
void area_frame(struct area area, enum role border, enum role title_role, const char *title);
/* Horizontal bar of `cols` columns filled to fraction 0..1. */
void area_bar(struct area area, int y, int x, int cols, enum role used, enum role free, double fraction);
/* The hardware cursor rests here (screen readers follow it). */
void area_cursor(struct area area, int y, int x, bool visible);

#endif
