/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read mode: a guest's screen or console, frozen, with what scrolled by above it; a
 * cursor moves, text is searched, selected, copied (OSC 52) and saved as text, ANSI or
 * PNG, glyphs in no font are named. Used by whoever shows a console: draw, keys and mouse
 * are handed on while it is there. Main thread.
 */
#ifndef NVIRT_UI_READ_MODE_H
#define NVIRT_UI_READ_MODE_H

#include "app.h"
#include "nvirt/screen_history.h"
#include "nvirt/serial.h"
#include "nvirt/vnc.h"

struct read_options {
	struct obj_ref ref; /* the guest; for the names of files */
	/* One of these two; both are copied. */
	const struct serial_screen *serial;
	const struct text_screen *screen;
	/* Beside `screen`: */
	const struct screen_history *history; /* copied; NULL = none */
	struct vnc_view *view; /* for pictures and the naming of glyphs; NULL = neither. Until read_mode_drop_view() */
	/* Where the cursor begins, in the screen; -1 = at its end. */
	int cursor_row, cursor_col;
	int back; /* the screen was scrolled back by so many lines */
	/* What was in sight: its first row, in the screen, may be negative; its first column, how many rows. 0 rows = not known. */
	int top, left_col, rows;
};

struct read_mode;

/* Owned. */
struct read_mode *read_mode_new(struct app *app, const struct read_options *options);
void read_mode_free(struct read_mode *read);
/* Its last row is its own: position, search, what can be done. */
void read_mode_draw(struct read_mode *read, struct area area, bool focused);

enum read_answer {
	READ_PASS,  /* not its key: the app's (F1, M-2, Tab …) */
	READ_TAKEN,
	READ_LEAVE, /* the user is done: read_mode_free() */
};

/* For view_ops.grab: K_NONE is READ_TAKEN. */
enum read_answer read_mode_key(struct read_mode *read, keycode key);
/* y and x within the area last drawn. */
enum read_answer read_mode_mouse(struct read_mode *read, const struct mouse *mouse);
void read_mode_paste(struct read_mode *read, const char *text);
/* After vnc_view_pump(): takes the picture it asked for. */
void read_mode_step(struct read_mode *read);
/* The view goes away or shows something else. */
void read_mode_drop_view(struct read_mode *read);
/* "line 12 of 340": for a mode row. Owned. */
char *read_mode_words(const struct read_mode *read);

#endif
