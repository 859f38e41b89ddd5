/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen that a verb looks at: a guest's, or that of any VNC server (--vnc). What
 * `screen`, `wait`, `type` and `key` share. Main thread.
 */
#ifndef NVIRT_CLI_VIEW_H
#define NVIRT_CLI_VIEW_H

#include "cli.h"
#include "nvirt/screen_history.h"
#include "nvirt/vnc.h"

struct cli_view {
	struct cli *cli;
	const char *verb;
	struct cli_session *session; /* NULL with --vnc */
	struct obj_ref ref;
	struct vnc_view *view;
	char *name;   /* of what is looked at, cleaned */
	char *user, *password; /* that were told here; secret, NULL = none */
	unsigned asked;        /* so often at the terminal */
	char *keymap; /* that the guest's definition states, or NULL */
	unsigned words; /* so many of the line's words named it: 0 or 1 */
	bool silent;    /* it was told that the server does not answer */
	bool pictures;  /* no VNC: screenshots, one after the other */
	bool no_keys;   /* and so no keyboard */
	gint64 next_picture_us;
	bool borrowed; /* the session is another's */
};

/*
 * Opens what the line names and waits for its first screen; `keys`: it is to be typed to,
 * which a read-only connection may not. An enum exit_code, told on stderr. Always ended by cli_view_close().
 */
int cli_view_open(struct cli_view *view, struct cli *cli, const char *verb, bool keys, gint64 deadline_us);
/* The same of a guest that was found already, by a session that stays the caller's. */
int cli_view_open_guest(struct cli_view *view, struct cli *cli, struct cli_session *session, const struct obj_ref *ref,
        gint64 deadline_us);
void cli_view_close(struct cli_view *view);
/*
 * Until `done` says true (asked after each change, and at first), the deadline, Ctrl-C, or the end of
 * the view: WAIT_DONE then, and vnc_view_state() tells. A server that closed is connected to once more.
 */
enum cli_wait cli_view_wait(
        struct cli_view *view, bool (*done)(struct cli_view *view, void *data), void *data, gint64 deadline_us);
/* What scrolled by before anybody looked goes into `history`, where it can be had. Returns how many lines. */
unsigned cli_view_past(struct cli_view *view, struct screen_history *history);
/* What went by between two frames, the same way. False: it can not be had. */
bool cli_view_fill_gap(struct cli_view *view, struct screen_history *history);
/* Ctrl-C came while something else was waited for. */
bool cli_view_interrupted(const struct cli_view *view);
/* Said on stderr: the view ended. EXIT_CODE_FAILED. */
int cli_view_ended(const struct cli_view *view);

/* ---- printing: cli_screen.c ---- */
json_object *cli_screen_json(const struct text_screen *screen);
/* With so many lines of `history` (may be NULL) before it as --history says. */
bool cli_screen_print(struct cli *cli, const struct text_screen *screen, const struct screen_history *history);
/* The pixels; owned. NULL: told, and `ret_code` says how it ended. */
struct picture *cli_screen_pixels(struct cli_view *view, int *ret_code);

/* ---- as a picture in the terminal: cli_screen_graphic.c ---- */
/* EXIT_CODE_OK, or what is wrong with the line, told. */
int cli_screen_graphic_check(struct cli *cli);
int cli_screen_graphic(struct cli_view *view);

/* `nvirt screen` of what lives. */
int cli_screen_live(struct cli *cli);
/* The same for as long as it lives: --watch, --log. cli_screen_watch.c */
int cli_screen_watch(struct cli_view *view);

#endif
