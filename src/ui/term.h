/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal: the only file that includes ncurses. Main thread; one at a
 * time, because the crash handler must know it.
 *
 * Nothing here waits for the terminal: a frame goes into a buffer that is
 * written as the terminal takes it, and while it is not empty, or more is under
 * way than the line carries, there is no next frame. So a slow link shows the
 * newest state, and never an old queue.
 */
#ifndef NVIRT_UI_TERM_H
#define NVIRT_UI_TERM_H

#include "canvas.h"
#include "keys.h"
#include "term_ask.h"

struct term;

/*
 * Needs a terminal on stdin and stdout; else NULL with `error` saying what to
 * use instead. `mono`: no colours; `mouse`: it is reported. `ret_notice` (owned) says when another
 * terminal description than $TERM's had to be taken.
 */
struct term *term_open(bool mono, bool mouse, char **ret_notice, GError **error);
/* Gives the terminal back as it was. NULL is fine. */
void term_close(struct term *term);
/* Does the locale's character set have line drawing and shapes? */
bool term_is_utf8(void);

int term_input_fd(const struct term *term);
int term_output_fd(const struct term *term);
/* Asks the kernel; tells ncurses. False = as before. */
bool term_get_size(struct term *term, int *ret_rows, int *ret_cols);

/* Is there still something of the last frame to be written? Then watch term_output_fd(). */
bool term_busy(const struct term *term);
/* Has the terminal, behind a slow line, not shown yet what it was sent? Its answer comes by term_read(). */
bool term_behind(struct term *term);
/* Writes what the terminal takes now. False: it has gone. */
bool term_flush(struct term *term);
/* Sends what changed since the last frame. Only while not busy. False: the terminal has gone. */
bool term_draw(struct term *term, struct canvas *canvas, const struct theme *theme);
/* The next frame paints everything. */
void term_repaint(struct term *term);
/* The colours of another theme: the next frame paints everything. */
void term_new_theme(struct term *term);
/* Cleaned text; only where the terminal has one. */
void term_set_title(struct term *term, const char *title);
/*
 * Cleaned text into the clipboard of the terminal (OSC 52). Whether it took it, no terminal tells: NULL when
 * it was sent, else why it was not; owned.
 */
char *term_copy(struct term *term, const char *text);

/* ---- graphics ---- */

/* Why there can be none here, or NULL. `forced`: the user says that there are. Borrowed. */
const char *term_why_no_graphics(const struct term *term, bool forced);
/* Of a cell, as the kernel knows them. False = it does not. */
bool term_cell_pixels(const struct term *term, int *ret_w, int *ret_h);
/* Asks what graphics it has, how large a cell is, or both. What it says comes as TERM_SAYS by term_read(), if ever. */
void term_ask(struct term *term, bool graphics, bool cell);
/* What it has said up to now. Borrowed. */
const struct term_says *term_said(const struct term *term);
/*
 * Puts the next band of the canvas's graphic, as of the last frame, into what is to be written. Only while neither
 * busy nor behind. False: all of it was.
 */
bool term_graphic_next(struct term *term);
/* Has it taken all of the graphic and the frame? */
bool term_graphic_taken(struct term *term);
/* Bytes a second that its line carries, as far as answers tell; 0 = not known yet. */
unsigned term_rate(const struct term *term);

enum term_event { TERM_NONE, TERM_KEY, TERM_MOUSE, TERM_PASTE, TERM_ANSWER, TERM_SAYS, TERM_GONE };
/*
 * The next thing typed, without waiting. K_RESIZE never comes from here. For
 * TERM_PASTE `ret_text` is owned by the caller.
 */
enum term_event term_read(struct term *term, keycode *ret_key, struct mouse *ret_mouse, char **ret_text);

/* After a stop that was not ours (kill -STOP): the shell has set its own modes meanwhile. */
void term_modes_again(struct term *term);
/* Gives the terminal back, stops this process as Ctrl-Z does; returns after SIGCONT, modes set again. */
void term_suspend(struct term *term);

/* Gives the terminal to another program in the foreground; nothing may be drawn or read until term_return(). */
void term_leave(struct term *term);
/* Between the two: stops this process because that program was stopped; returns after SIGCONT. */
void term_stop_away(struct term *term);
void term_return(struct term *term);

#endif
