/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page: lines of a screen and of what scrolled by before it, frozen, to be read: moved
 * about in, searched, selected from and copied. The lines are shared with whoever keeps
 * them and never change, so that a page of thousands of lines is made at once.
 *
 * Pure; one thread. Rows count from 0, the oldest; columns are terminal columns.
 */
#ifndef NVIRT_PAGE_H
#define NVIRT_PAGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct text_screen;
struct serial_screen;
struct screen_history;

enum page_flag {
	PAGE_FG = 1 << 0, /* `fg` counts; else the terminal's own */
	PAGE_BG = 1 << 1,
	PAGE_PALETTE = 1 << 2, /* they are numbers of xterm's palette, not 0x00RRGGBB */
	PAGE_BOLD = 1 << 3,
	PAGE_UNDERLINE = 1 << 4,
	PAGE_REVERSE = 1 << 5,
	PAGE_PICTURE = 1 << 6, /* `ch` is a block of a picture: a blank as text */
	PAGE_UNKNOWN = 1 << 7, /* the same of a glyph in no font: U+FFFD as text */
};

struct page_cell {
	gunichar ch;     /* printable; 0 = right half of the wide character before it */
	gunichar comb;   /* a combining mark, 0 = none */
	uint32_t fg, bg;
	uint8_t flags;   /* enum page_flag */
};

enum page_line_kind {
	PAGE_LINE_TEXT,
	PAGE_LINE_GAP, /* not the guest's: between its neighbours lines went by unseen; says so in words */
	PAGE_LINE_MARK, /* not the guest's: between its neighbours the guest was reset, or started; says so in words */
};

/* Frozen once made. Columns beyond `count` are blanks that look like `rest`. */
struct page_line {
	unsigned refs;
	uint8_t kind;   /* enum page_line_kind */
	gint64 time_us; /* Unix time at which it came to look so; 0 = not known */
	struct page_cell rest;
	unsigned width; /* columns that its screen had */
	unsigned count;
	struct page_cell cells[];
};

/* `count` is the screen's width: what is blank at the end is not kept. Owned: one reference. */
struct page_line *page_line_new(const struct page_cell *cells, unsigned count);
struct page_line *page_line_gap(void);
/* "[ the guest was reset at 12:03:05 ]", local time; for scrollback of any kind. Owned. */
char *page_mark_words(const char *what /* "was reset" */, gint64 time_us /* Unix */);
/* A PAGE_LINE_MARK that says so. Owned: one reference. */
struct page_line *page_line_mark(const char *what, gint64 time_us);
struct page_line *page_line_ref(struct page_line *line);
void page_line_unref(struct page_line *line); /* NULL is fine */
gsize page_line_bytes(const struct page_line *line);
/* UTF-8, trailing blanks cut. Owned. */
char *page_line_text(const struct page_line *line);
/* "2026-11-21 21:45:03.123 login: root", local time, with a line feed: for logs. Owned. */
char *page_line_log(const struct page_line *line);
bool page_line_is_blank(const struct page_line *line);
/* A row of a VNC screen. Owned. */
struct page_line *page_line_of_screen(const struct text_screen *screen, int row);

/* ---- the page ---- */

struct page;

struct page *page_new(void);
void page_free(struct page *page);
/* Takes the reference. */
void page_append(struct page *page, struct page_line *line);
/* A VNC screen below what scrolled by (`history` may be NULL). Owned. */
struct page *page_of_screen(const struct screen_history *history, const struct text_screen *screen);
/* A serial console with its scrollback. Owned. */
struct page *page_of_serial(const struct serial_screen *screen);

int page_rows(const struct page *page);
int page_cols(const struct page *page); /* of its longest line */
/* So many rows scrolled by; those after them were on the screen. */
int page_history(const struct page *page);
const struct page_line *page_line(const struct page *page, int row);
/* A blank where there is none. */
struct page_cell page_cell_at(const struct page *page, int row, int col);

/* ---- moving ---- */

struct page_pos {
	int row, col;
};

enum page_motion {
	PAGE_LEFT,
	PAGE_RIGHT,
	PAGE_UP,
	PAGE_DOWN,
	PAGE_WORD_NEXT, /* w: begin of the next word */
	PAGE_WORD_PREV, /* b */
	PAGE_WORD_END,  /* e */
	PAGE_BIG_NEXT,  /* the same of what stands between blanks: W, B, E */
	PAGE_BIG_PREV,
	PAGE_BIG_END,
	PAGE_LINE_START,
	PAGE_LINE_TEXT_START, /* its first character that is no blank */
	PAGE_LINE_TEXT_END,   /* its last one */
	PAGE_TOP,
	PAGE_BOTTOM,
	PAGE_PARAGRAPH_PREV, /* a blank line */
	PAGE_PARAGRAPH_NEXT,
	PAGE_MOTION_N
};

/* `count` times, 0 is once. The position stays on the page, and never on the right half of a wide character. */
void page_move(const struct page *page, struct page_pos *pos, enum page_motion motion, unsigned count);
void page_clamp(const struct page *page, struct page_pos *pos);

/* ---- searching ---- */

struct page_match {
	struct page_pos from, to; /* `to`: its last column; may be in the next row, where a line went on */
};

/*
 * All places that have `text`, whatever its case, in order; owned: free with
 * g_array_unref(). A line that fills its row is searched together with the next one.
 */
GArray *page_find(const struct page *page, const char *text /* cleaned UTF-8 */);
/* Index of the first match after `pos` (step 1) or the last before it (-1), going round; -1 = there is none. */
int page_match_step(const GArray *matches, struct page_pos pos, int step);
/* Index of the first match that ends in `row` or after it. */
unsigned page_match_first(const GArray *matches, int row);

/* ---- selecting ---- */

enum page_select {
	PAGE_SELECT_NONE,
	PAGE_SELECT_CHARS, /* from one character to the other, as text runs */
	PAGE_SELECT_LINES,
	PAGE_SELECT_BLOCK, /* the rectangle between them */
};

struct page_selection {
	enum page_select kind;
	struct page_pos from, to; /* both within it; either may come first */
};

/* The columns of `row` that are in it: [from, to). False = none. */
bool page_selected(const struct page *page, const struct page_selection *selection, int row, int *ret_from, int *ret_to);
/* Lines with a line feed between them, trailing blanks cut. Owned. */
char *page_selection_text(const struct page *page, const struct page_selection *selection);

/* ---- all of it, for files ---- */

/* `count` lines from `first`, each with a line feed; blank ones at the end cut. Owned. */
char *page_text(const struct page *page, int first, int count);
/* The same with colours and attributes (SGR). Owned. */
char *page_ansi(const struct page *page, int first, int count);

#endif
