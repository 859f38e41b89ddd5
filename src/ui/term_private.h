/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the terminal's files share. Main thread. */
#ifndef NVIRT_UI_TERM_PRIVATE_H
#define NVIRT_UI_TERM_PRIVATE_H

#define _XOPEN_SOURCE_EXTENDED 1
#include <curses.h>
#include <stdio.h>
#include <termios.h>

#include "nvirt/graphic.h"
#include "term.h"

enum { TERM_MAX_SIDE = 2000 };

enum stand_in { STAND_IN_FREE = -1, STAND_IN_TAKEN = -2 };

struct term_style {
	bool known;
	attr_t attrs;
	int pair;
};

/* What is under way to the terminal, as far as its answers tell. */
struct fence {
	bool answers;      /* it has answered */
	GArray *questions; /* not yet answered, oldest first */
	guint unasked, under_way, window; /* bytes */
	gint64 delay_us;   /* the shortest time an answer took */
	guint rate;        /* bytes a second, of what took longer than that; 0 = not known */
};

/* What the terminal shows, or is being told, as graphics of its own. */
struct shown_graphic {
	struct graphic *graphic; /* a reference; NULL = nothing */
	int y, x;
	GBytes **bands;     /* what each band was told last; NULL = nothing */
	uint32_t *ids;      /* and the images' names */
};

struct term {
	SCREEN *screen;
	FILE *out;      /* ncurses': the memory file, once it is open */
	int frame_fd;   /* the memory file */
	int tty_fd;     /* the terminal */
	bool blocks;    /* it is the shell's description, which is not ours to change */
	int stderr_fd;  /* the real stderr while ours goes nowhere; else -1 */
	GByteArray *out_buffer; /* not yet taken by the terminal */
	WINDOW *input;  /* a pad: reading from it does not refresh the screen */
	struct termios saved, raw; /* as we found it, as ncurses set it */
	char name[64];
	bool mono, defaults, private_modes, repaint;
	char *title;       /* as set last; NULL = never */
	bool title_pushed; /* the one from before is on the terminal's stack */
	bool direct; /* colour numbers are true colours: the description says so */
	enum theme_depth depth;
	bool stand_ins_known;
	int pictured[256]; /* which colour a picture has for each of the palette */
	bool pictured_known;
	int stand_in[256]; /* the true colour that a palette index stands for, or enum stand_in */
	int rows, cols;
	struct term_style styles[ROLE_N];
	struct cell *shown; /* the last frame */
	int shown_rows, shown_cols;
	int cursor_y, cursor_x, cursor_shown;
	GString *paste; /* while one comes in */
	bool mouse;           /* it is wanted */
	GString *mouse_bytes; /* of a report while it comes in, from its first byte; else NULL */
	bool mouse_old;       /* it is one of three bytes, as X10 had it */
	struct fence fence;
	struct shown_graphic shown_graphic;
	uint32_t graphic_id; /* the last that was given to an image */
	struct term_says says;
	GString *answer;     /* while one comes in; else NULL */
	enum answer_kind answer_kind;
	bool answer_esc;     /* its last character was an Esc */
	gint64 click_us; /* of the last press, for double clicks */
	int click_y, click_x, click_button;
};

/* ---- term_fence.c ---- */
/* The modes were just set: asks once, to learn whether it answers at all. */
void term_fence_start(struct term *term);
/* A frame of that many bytes is in the buffer. */
void term_fence_frame(struct term *term, guint bytes);
void term_fence_answer(struct term *term);
/* Before the terminal is given back: waits a moment for answers. */
void term_fence_end(struct term *term);

/* ---- term_colour.c ---- */
void term_colour_reserve(struct term *term, const struct theme *theme);
/* A theme's colour as this terminal has it; `ret_bold` (may be NULL) where bright is made by bold. */
int term_colour_of(struct term *term, int colour, int otherwise, attr_t *ret_bold);
/* A part of a picture: without colours its shape is all there is. */
struct term_style term_picture_style(struct term *term, const struct theme *theme, const struct cell *cell);

/* ---- term_input.c ---- */
void term_input_init(struct term *term);
/* From now on what a terminal says of itself is known from what is typed. */
void term_input_answers(void);

/* ---- term_ask.c ---- */
/* The beginning of an answer was read, `text` of it; what comes after goes to term_answer_char() while term->answer is there. */
void term_answer_start(struct term *term, enum answer_kind kind, const char *text);
enum term_event term_answer_char(struct term *term, wint_t ch);

/* ---- term_graphic.c ---- */
/*
 * Before a frame is sent: what is shown becomes what the canvas has, as far as that lies free. Rows to be sent again are
 * made dirty.
 */
void term_graphic_follow(struct term *term, struct canvas *canvas);
/* The cells of a row as they are to be sent: blank below the graphic. `room` holds a row. Borrowed from either. */
const struct cell *term_graphic_row(const struct term *term, const struct canvas *canvas, int y, struct cell *room);
/* The terminal forgets it, or is about to: it is told all of it again. */
void term_graphic_forget(struct term *term);
/* Throws away what the terminal has not taken yet: a sequence that is under way ends here. */
void term_graphic_cut(struct term *term);
/* Takes it away, for good. */
void term_graphic_end(struct term *term);

/* ---- term_guard.c: the terminal is given back whatever happens ---- */
/* Bracketed paste and mouse; ncurses does not know them all. */
void term_modes_on(struct term *term);
void term_modes_off(struct term *term);
void term_guard_set(struct term *term);
void term_guard_clear(void);
/* While another program has the terminal a crash of ours leaves it alone. */
void term_guard_pause(bool pause);
/* Stops this process until it is continued. */
void term_guard_stop(void);

#endif
