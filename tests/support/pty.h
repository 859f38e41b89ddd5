/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real binary on a pseudo terminal, its output read through libvterm.
 *
 * A run has a home and XDG directories of its own, job control as under a
 * shell, and the NVIRT_IDLE_FD hook: the program writes a byte to that fd
 * whenever it has handled everything. Waiting means waiting for a state with a
 * generous deadline; a failed wait prints the screen and fails the cmocka test.
 */
#ifndef TESTS_SUPPORT_PTY_H
#define TESTS_SUPPORT_PTY_H

#include <glib.h>
#include <stdbool.h>
#include <termios.h>

struct pty;

/* Of every wait: sanitizers and two busy cores included. PTY_DEADLINE_MS in the environment shortens it. */
#define PTY_DEADLINE_MS (pty_deadline_ms())
int pty_deadline_ms(void);

/* A terminal with graphics, which answers what it is asked as real ones do. */
struct pty_terminal {
	bool kitty, sixel;
	int cell_w, cell_h; /* pixels of a cell */
	bool by_kernel;     /* these are known to the kernel; else to who asks the terminal */
	bool silent;        /* it answers nothing */
};

struct plane;

struct pty_options {
	const char *const *argv; /* after the program's name, NULL-terminated; NULL = none */
	const char *const *env;  /* "NAME=value", or "NAME" to remove; NULL-terminated; NULL = none */
	const char *program;     /* NULL = the nvirt of this build */
	const char *home;        /* NULL = a fresh one, removed by pty_free() */
	int rows, cols;          /* 0 = 24x80 */
	const struct pty_terminal *terminal; /* copied; NULL = one without graphics */
	bool ignore_hangup;      /* no SIGHUP reaches it when its terminal goes away */
};

struct pty *pty_start_with(const struct pty_options *options);
/* `argv` and `env` as in pty_options. */
struct pty *pty_start(const char *const *argv, const char *const *env, int rows, int cols);
/*
 * Ends what still runs. Fails the test when a sanitizer left a report or the
 * program wrote bytes that pty_check_bytes() refuses.
 */
void pty_free(struct pty *pty);
/* Path of the nvirt of this build. */
const char *pty_program(void);

/* ---- input ---- */
/* Key names as in src/ui/keys.h ("j", "C-r", "Up", "Enter", "Esc", …); after each the program is idle again. */
#define pty_keys(pty, ...) pty_send_keys((pty), (const char *const[]){__VA_ARGS__, NULL})
void pty_send_keys(struct pty *pty, const char *const *names);
/* Sent at once, as typed or pasted. */
void pty_type(struct pty *pty, const char *text);
/* As behind a slow line: its answers to questions wait until they are let go. */
void pty_hold_answers(struct pty *pty, bool hold);
/* How often the program had handled everything and waited for an answer before it drew. */
guint64 pty_behind(struct pty *pty);
void pty_resize(struct pty *pty, int rows, int cols);
/* The terminal goes away. */
void pty_hang_up(struct pty *pty);

/* ---- waiting: all fail the test at the deadline ---- */
/* A Perl regular expression that matches the screen's text (multi-line; rows joined by \n). */
void pty_wait_text(struct pty *pty, const char *regex);
void pty_wait_text_within(struct pty *pty, const char *regex, int deadline_ms);
void pty_wait_gone(struct pty *pty, const char *regex);
/* Everything known was handled, as far as the hook tells. */
void pty_wait_idle(struct pty *pty);
/* Takes output until `done(data)` is true. `what` names it in the failure. */
void pty_wait_for(struct pty *pty, bool (*done)(void *data), void *data, const char *what, int deadline_ms);
/* The exit status as waitpid() gives it. */
int pty_wait_exit(struct pty *pty);
/* Exited by itself with that code. */
void pty_wait_exit_code(struct pty *pty, int code);
/* It stopped itself (Ctrl-Z); pty_continue() is what a shell's fg does. */
void pty_wait_stopped(struct pty *pty);
void pty_continue(struct pty *pty);
/* Takes what there is, without waiting. */
void pty_poll(struct pty *pty);

/* ---- the screen ---- */
char *pty_screen_text(struct pty *pty);       /* trailing blanks cut; owned */
char *pty_row_text(struct pty *pty, int row); /* the same for one row; owned */
bool pty_shows(struct pty *pty, const char *regex);
/* First row that matches, or -1. */
int pty_find_row(struct pty *pty, const char *regex);

struct pty_cell {
	gunichar ch;
	int width;
	bool bold, underline, italic, reverse;
	int fg, bg; /* palette index; -1 = the terminal's own; -2 = true colour */
};
struct pty_cell pty_cell_at(struct pty *pty, int row, int col);

struct pty_modes {
	bool altscreen, cursor_visible;
	int mouse; /* 0 = off */
	int cursor_row, cursor_col;
};
struct pty_modes pty_modes(struct pty *pty);

/* The graphics of a pty_terminal; borrowed. */
struct plane *pty_plane(struct pty *pty);
/* How often a pty_terminal was asked what graphics it has. */
unsigned pty_asked(struct pty *pty);

/* ---- the rest ---- */
GPid pty_pid(struct pty *pty);
const char *pty_home(struct pty *pty);
/* Of the terminal now; compare with the one before the start, pty_termios_before(). */
struct termios pty_termios(struct pty *pty);
struct termios pty_termios_before(struct pty *pty);
/* Everything the program wrote so far. */
const GByteArray *pty_raw_bytes(struct pty *pty);
/* Prints the screen on stderr. */
void pty_dump(struct pty *pty);

#endif
