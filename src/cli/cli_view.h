/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen that a verb looks at: a guest's, or that of any VNC server (--vnc). What
 * `screen`, `wait`, `type` and `key` share. Main thread.
 */
#ifndef NVIRT_CLI_VIEW_H
#define NVIRT_CLI_VIEW_H

#include "cli.h"
#include "nvirt/vnc.h"

struct cli_view {
	struct cli *cli;
	const char *verb;
	struct cli_session *session; /* NULL with --vnc */
	struct obj_ref ref;
	struct vnc_view *view;
	char *name;   /* of what is looked at, cleaned */
	char *keymap; /* that the guest's definition states, or NULL */
	unsigned words; /* so many of the line's words named it: 0 or 1 */
	bool pictures;  /* no VNC: screenshots, one after the other */
	bool no_keys;   /* and so no keyboard */
	gint64 next_picture_us;
};

/*
 * Opens what the line names and waits for its first screen; `keys`: it is to be typed to,
 * which a read-only connection may not. An enum exit_code, told on stderr. Always ended by cli_view_close().
 */
int cli_view_open(struct cli_view *view, struct cli *cli, const char *verb, bool keys, gint64 deadline_us);
void cli_view_close(struct cli_view *view);
/*
 * Until `done` says true (asked after each change, and at first), the deadline, Ctrl-C, or the end of
 * the view: WAIT_DONE then, and vnc_view_state() tells. A server that closed is connected to once more.
 */
enum cli_wait cli_view_wait(
        struct cli_view *view, bool (*done)(struct cli_view *view, void *data), void *data, gint64 deadline_us);
/* Said on stderr: the view ended. EXIT_CODE_FAILED. */
int cli_view_ended(const struct cli_view *view);

/* ---- printing: cli_screen.c ---- */
bool cli_screen_print(struct cli *cli, const struct text_screen *screen);
/* `nvirt screen` of what lives. */
int cli_screen_live(struct cli *cli);

#endif
