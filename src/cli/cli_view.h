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

/* What is known of a screen that is watched for as long as its guest is there. */
enum cli_presence {
	PRESENCE_THERE,   /* it is seen */
	PRESENCE_UNKNOWN, /* it is not, and what the guest does is not known (yet) */
	PRESENCE_OFF,     /* it is not, for the guest is off */
};

/* A screen that went, and its way back: cli_view_follow.c. */
struct cli_follow {
	enum cli_presence presence;
	bool cut;          /* there is no connection */
	bool seen;         /* at least once */
	bool over;         /* and will be none; said by cli_view_ended() */
	bool told, told_off; /* that it went; that the guest is off */
	bool restarted;    /* it did not only change its size */
	bool host_up;      /* when that was looked at last */
	unsigned frames;   /* when it went */
	unsigned door_id;  /* the way to it was asked for; 0 = was not */
	unsigned tries;    /* since it went */
	gint64 since_us, next_us; /* monotonic: it went, and is tried again */
	char *why;         /* the last try was in vain; NULL */
};

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
	bool keys;     /* it is typed to */
	bool follows;  /* through all ends of its QEMU and connection, until the guest is undefined */
	struct cli_follow follow;
	bool typed;    /* keys have left: what is connected to later is another run, which must not get the rest */
	unsigned run;  /* guest->runs when its screen was opened */
};

enum cli_purpose {
	VIEW_LOOK,
	VIEW_TYPE,   /* it is to be typed to, which a read-only connection may not */
	VIEW_FOLLOW, /* it is looked at for as long as the guest is defined; one that is off is waited for */
};

/*
 * Opens what the line names and waits for its first screen. An enum exit_code, told on stderr. With VIEW_FOLLOW
 * there may be none yet. Always ended by cli_view_close().
 */
int cli_view_open(struct cli_view *view, struct cli *cli, const char *verb, enum cli_purpose purpose, gint64 deadline_us);
/* The same of a guest that was found already, by a session that stays the caller's. */
int cli_view_open_guest(struct cli_view *view, struct cli *cli, struct cli_session *session, const struct obj_ref *ref,
        gint64 deadline_us);
/* A stored picture in place of a guest: a PNG, which the screen reader decodes. `name`, copied: what it is called. */
int cli_view_open_png(struct cli_view *view, struct cli *cli, const char *name, const char *path);
void cli_view_close(struct cli_view *view);
/*
 * Until `done` says true (asked after each change, and at first), the deadline, Ctrl-C, or the end of
 * the view: WAIT_DONE then, and cli_view_is_over() tells. A server that closed is connected to once more, before
 * anything was typed; with VIEW_FOLLOW again and again, and what is seen meanwhile is cli_view_screen()'s NULL.
 */
enum cli_wait cli_view_wait(
        struct cli_view *view, bool (*done)(struct cli_view *view, void *data), void *data, gint64 deadline_us);
/* What scrolled by before anybody looked goes into `history`, where it can be had. Returns how many lines. */
unsigned cli_view_past(struct cli_view *view, struct screen_history *history);
/* What went by between two frames, the same way. False: it can not be had. */
bool cli_view_fill_gap(struct cli_view *view, struct screen_history *history);
/* It ended, and nothing more will be seen. */
bool cli_view_is_over(const struct cli_view *view);
/* The guest was started anew or reset since its screen was opened. */
bool cli_view_other_run(const struct cli_view *view);
/* The screen as it is now, borrowed until the next wait; NULL while there is none. */
const struct text_screen *cli_view_screen(const struct cli_view *view);
/* Ctrl-C came while something else was waited for. */
bool cli_view_interrupted(const struct cli_view *view);
/* Said on stderr: the view ended. EXIT_CODE_FAILED. */
int cli_view_ended(const struct cli_view *view);

/* ---- for cli_view_follow.c ---- */

/* One that is no DOOR_NONE; what it holds is taken. False: told on stderr. */
bool cli_view_use_door(struct cli_view *view, struct screen_door *door);
/* Of --vnc; may block for some seconds. */
bool cli_view_use_address(struct cli_view *view, const char *address, GError **error);

/* ---- following: cli_view_follow.c ---- */

/* Its screen is to be sought: it went, or was not there before. */
void cli_follow_begin(struct cli_view *view);
/* Does what is due, without waiting. True: there is a connection. False: wait on, unless it is over. */
bool cli_follow_step(struct cli_view *view);
/* Says on stderr that there is no screen, and why, unless it was said. */
void cli_follow_tell(struct cli_view *view);
/* After each pump: it may be seen again. */
void cli_follow_look(struct cli_view *view);
/* Until a message came that changes something, or there is something to be done. */
enum cli_wait cli_follow_wait(struct cli_view *view, gint64 deadline_us);

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
