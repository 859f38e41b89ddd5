/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's screen in an area: its cells as they are, a part of them where there is less room, or
 * all of it made smaller. Main thread; pure drawing.
 */
#ifndef NVIRT_UI_SCREEN_DRAW_H
#define NVIRT_UI_SCREEN_DRAW_H

#include "canvas.h"
#include "nvirt/screen_text.h"

/* How it is looked at. */
struct screen_look {
	bool scaled;    /* all of it where the area is smaller; else the part from (row, col) */
	bool grey;      /* it is old */
	bool coloured;  /* the terminal has colours */
	int row, col;   /* the first ones in sight; kept within bounds by drawing */
	int rows, cols; /* of the area, as last drawn */
	bool shrunk;    /* it was drawn smaller than it is */
	double shape;   /* of the terminal's cells, their height by their width; 0 = they are twice as high as wide */
};

void screen_draw(struct area area, const struct text_screen *screen, struct screen_look *look);
/* Moves the part in sight, no further than must be, so that the guest's cursor is in it. */
void screen_follow(const struct text_screen *screen, struct screen_look *look, int rows, int cols);
/* What part of the guest's frame was drawn, in its pixels, and the area's cells that it has; false = none of it. */
bool screen_part(const struct text_screen *screen, const struct screen_look *look, struct frame_rect *ret_part, int *ret_rows, int *ret_cols);
/* Where the guest's cursor was drawn; false = it is not in sight. */
bool screen_cursor(const struct text_screen *screen, const struct screen_look *look, int *ret_y, int *ret_x);
/*
 * The pixel of the guest's frame below the middle of a cell of the area; false = there is none. `held`: a button is down, and
 * what is beside the screen is its edge.
 */
bool screen_pixel(const struct text_screen *screen, const struct screen_look *look, int y, int x, bool held, int *ret_px, int *ret_py);
/* Fits it into the area as it is? */
bool screen_fits(const struct text_screen *screen, int rows, int cols);
/* Of xterm's palette: the sixteen colours of a text screen are the terminal's own, as in any program that runs in it. */
uint8_t screen_colour(uint32_t rgb);

#endif
