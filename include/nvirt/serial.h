/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The serial console: what crosses between the back end's thread that owns the
 * stream, the terminal emulation beside it, and the front door that shows it.
 *
 * The thread posts MSG_SERIAL and then keeps what changes to itself until
 * serial_ack(): so at most one message of a console is unread, whatever the
 * guest writes, and a slow reader is given the newest state. Lines that
 * scrolled off come along, the last SERIAL_LINES_MAX of them.
 */
#ifndef NVIRT_SERIAL_H
#define NVIRT_SERIAL_H

#include "nvirt/inv.h"

enum {
	SERIAL_LINES_MAX = 4000, /* of scrollback */
	SERIAL_ROWS = 24,        /* what a guest takes a serial terminal for, until it is told */
	SERIAL_COLS = 80,
	SERIAL_ROWS_MAX = 300,
	SERIAL_COLS_MAX = 500,
	SERIAL_INPUT_MAX = 64 * 1024, /* typed, and not yet taken by the guest: keys or bytes */
};

/* ---- what is on its screen --------------------------------------------------- */

enum serial_flag {
	SERIAL_FG = 1 << 0, /* `fg` counts; else the terminal's own */
	SERIAL_BG = 1 << 1,
	SERIAL_BOLD = 1 << 2,
	SERIAL_UNDERLINE = 1 << 3,
	SERIAL_REVERSE = 1 << 4,
};

struct serial_cell {
	gunichar ch;    /* printable; 0 = right half of the wide character before it */
	gunichar comb;  /* a combining mark, 0 = none */
	uint8_t fg, bg; /* of xterm's palette */
	uint8_t flags;  /* enum serial_flag */
};

/* Cells beyond `count` are blank. Frozen once made. */
struct serial_line {
	unsigned count;
	struct serial_cell cells[];
};

/* A copy without its blank end. */
struct serial_line *serial_line_new(const struct serial_cell *cells, unsigned count);
/* UTF-8, trailing blanks cut; owned. */
char *serial_line_text(const struct serial_line *line);
/* First column >= `from` at which the folded `needle` (g_unichar_tolower()) begins, or -1; `ret_cols`: how wide. */
int serial_line_find(const struct serial_line *line, const gunichar *needle, unsigned from, unsigned *ret_cols);

enum serial_state {
	SERIAL_OPENING,
	SERIAL_OPEN,
	SERIAL_WAITING, /* the guest is off: opened when it starts */
	SERIAL_BUSY,    /* another session has it: serial_reopen() with force cuts that one */
	SERIAL_REFUSED, /* never: `why` */
	SERIAL_CUT,     /* another session took it, or it broke: serial_reopen() */
	SERIAL_LOST,    /* no connection to the host: tried again */
	SERIAL_STATE_N
};

struct serial_row {
	int row;
	struct serial_line *line;
};

/* What changed since the last one. */
struct serial_frame {
	unsigned id;
	enum serial_state state;
	char *why;        /* cleaned, "" = nothing to say */
	unsigned opened;  /* how often the stream was opened so far */
	int rows, cols;
	int cursor_row, cursor_col;
	bool cursor_visible, altscreen;
	GArray *changed;  /* struct serial_row */
	GPtrArray *lines; /* struct serial_line *: scrolled off, oldest first */
	GByteArray *bytes; /* raw consoles: what came, nothing else; else NULL */
};

struct serial_frame *serial_frame_new(void);
void serial_frame_free(struct serial_frame *frame);

/* ---- the reader's copy (src/model): screen and scrollback ---------------------- */

struct serial_screen;

struct serial_screen *serial_screen_new(void);
void serial_screen_free(struct serial_screen *screen);
/* Takes the frame's lines; returns how many scrolled off. */
unsigned serial_screen_apply(struct serial_screen *screen, struct serial_frame *frame);
/* Scrollback, and below it the screen's rows: 0 is the oldest. */
unsigned serial_screen_history(const struct serial_screen *screen);
unsigned serial_screen_lines(const struct serial_screen *screen);
/* NULL = blank. */
const struct serial_line *serial_screen_line(const struct serial_screen *screen, unsigned index);
int serial_screen_rows(const struct serial_screen *screen);
int serial_screen_cols(const struct serial_screen *screen);
/* The first line from `from` on, going round by `step` (1, -1), that has it, or -1. */
int serial_screen_find(const struct serial_screen *screen, const char *text, unsigned from, int step);
/* Lines from `first`, `count` of them, as UTF-8 with line feeds; blank ones at the end cut. Owned. */
char *serial_screen_text(const struct serial_screen *screen, unsigned first, unsigned count);

/* ---- keys ---------------------------------------------------------------------- */

enum serial_special {
	SERIAL_KEY_NONE, /* `ch` */
	SERIAL_KEY_UP,
	SERIAL_KEY_DOWN,
	SERIAL_KEY_LEFT,
	SERIAL_KEY_RIGHT,
	SERIAL_KEY_HOME,
	SERIAL_KEY_END,
	SERIAL_KEY_PGUP,
	SERIAL_KEY_PGDN,
	SERIAL_KEY_INSERT,
	SERIAL_KEY_DELETE,
	SERIAL_KEY_F1, /* … + 11 = F12 */
	SERIAL_KEY_N = SERIAL_KEY_F1 + 12
};

struct serial_key {
	gunichar ch; /* control characters are sent as they are */
	uint8_t special; /* enum serial_special */
	bool ctrl, alt, shift;
};

/* ---- the terminal emulation (src/console): of one thread ------------------------- */

struct serial_term;

struct serial_term *serial_term_new(int rows, int cols);
void serial_term_free(struct serial_term *term);
void serial_term_feed(struct serial_term *term, const char *bytes, gsize len);
void serial_term_resize(struct serial_term *term, int rows, int cols);
/* What a key has the terminal send is appended to `out`, and what the guest's questions have; up to SERIAL_INPUT_MAX. */
void serial_term_key(struct serial_term *term, const struct serial_key *key, GByteArray *out);
void serial_term_answers(struct serial_term *term, GByteArray *out);
/* Something to tell since the last frame? */
bool serial_term_changed(const struct serial_term *term);
/* What is on the screen becomes scrollback, a line that says `words` follows, and the terminal begins anew. */
void serial_term_divide(struct serial_term *term, const char *words /* ASCII */);
/* Fills in what has to do with the screen. */
void serial_term_frame(struct serial_term *term, struct serial_frame *frame);

/* ---- the stream (src/backend): all by the main thread, all return at once ---------- */

struct backend;
struct serial;

struct serial_options {
	struct obj_ref ref; /* a guest */
	unsigned id;        /* for serial_frame.id */
	bool force;         /* cut another's session */
	bool raw;           /* bytes as they come, no emulation */
};

/* Never NULL; what goes wrong is told by its frames. */
struct serial *backend_open_serial(struct backend *backend, const struct serial_options *options);
/* No frame comes after it. */
void serial_close(struct serial *serial);
void serial_ack(struct serial *serial);
/* Not while it is open or waits. */
void serial_reopen(struct serial *serial, bool force);
/* False: too much is waiting for the guest already; nothing of it was taken. */
bool serial_keys(struct serial *serial, const struct serial_key *keys, unsigned count);
bool serial_bytes(struct serial *serial, const char *bytes, gsize len);
void serial_resize(struct serial *serial, int rows, int cols);
/* The guest at its other end begins anew, as a reset has it: serial_term_divide(). Not of a raw one. `words` are copied. */
void serial_divide(struct serial *serial, const char *words);

#endif
