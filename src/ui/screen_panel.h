/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's screen as a panel shows it: the way to it is asked for, it is watched, and where it
 * ends it is tried again as long as there is hope. Main thread.
 */
#ifndef NVIRT_UI_SCREEN_PANEL_H
#define NVIRT_UI_SCREEN_PANEL_H

#include "app_wait.h"
#include "nvirt/screen_door.h"
#include "nvirt/screen_history.h"
#include "nvirt/typing.h"
#include "nvirt/vnc.h"
#include "screen_draw.h"
#include "screen_keys.h"

enum screen_state {
	SCREEN_ASKING,   /* for the way to it */
	SCREEN_STARTING, /* connected; nothing was seen yet */
	SCREEN_LIVE,
	SCREEN_OFF,   /* the guest is off: shown when it starts */
	SCREEN_AGAIN, /* the connection ended: tried again by itself */
	SCREEN_ENDED, /* `why`; screen_panel_open() tries again */
};

struct screen_panel {
	struct app *app;
	struct obj_ref ref;
	enum screen_state state;
	unsigned door_id;      /* of what was asked last; 0 = nothing is awaited */
	struct vnc_view *view; /* NULL before the first connection */
	struct screen_history *history; /* what scrolled by while it was connected */
	unsigned past_id, past_tries; /* what was asked of the guest's memory, and how often */
	bool past_refused;            /* it can not be had */
	gint64 past_us;               /* monotonic, when it was asked last */
	GPtrArray *past_lines;        /* the answer, until it is sure that it belongs to the screen; else NULL */
	char *past_text;              /* that screen */
	struct read_mode *reader; /* of what is frozen of it, borrowed; NULL = it is not read */
	struct file_log *log;  /* each line that comes goes to it as well; NULL = none */
	char *why;             /* cleaned, "" = nothing to say */
	char *note;            /* the same of a screen that works, but not as it might */
	bool pictures;         /* no VNC: a screenshot a second, and no keys */
	bool no_vnc;           /* so the door said */
	enum vnc_end wants;    /* VNC_END_PASSWORD, _USER, or _REFUSED after one was given: screen_panel_login() */
	char *user, *password; /* as the user gave them; secrets, NULL = not given */
	bool gave;             /* a password, to the last connection */
	bool let_in;           /* what was given was right once */
	bool watched;
	bool attached;         /* the guest has the keys */
	unsigned buttons;      /* of the mouse that are down in the guest: bits as RFB has them */
	bool moved;            /* the user chose the part in sight: the cursor is not followed */
	bool tried;            /* it was opened, by itself or by the user */
	bool chose_scale;      /* the user said how large; else pictures are made smaller and text is not */
	unsigned tries;        /* since it was last seen */
	gint64 live_us;        /* monotonic, since when it is live */
	gint64 reset_us;       /* the guest's, of which the history knows */
	enum recogniser_mode mode;
	struct screen_look look;
	char *keymap;          /* of the guest's definition, or NULL */
	struct layout *layout;
	unsigned layout_id;    /* of the one that is being read; 0 = none is */
	char *layout_chosen;   /* its name, where the user chose it just now; else NULL */
	struct typing *typing;
	unsigned typed;        /* events of the text that is being typed; 0 = none is */
	int fit_width, fit_height; /* pixels that the guest's screen was asked to have, while `fit_wait` */
	struct app_wait *io, *again, *typist, *log_wait, *past_wait, *fit_wait;
	struct sign_watch *signs;
	struct screen_graphic *graphic; /* the picture as the terminal's own graphics */
	short io_events;
	void (*changed)(struct screen_panel *panel, void *data); /* something to be drawn */
	void *data;
};

struct screen_panel *screen_panel_new(struct app *app, const struct obj_ref *ref,
        void (*changed)(struct screen_panel *panel, void *data), void *data);
void screen_panel_free(struct screen_panel *panel);
/* Asks for the way to it, unless that is under way or it is live. */
void screen_panel_open(struct screen_panel *panel);
/* Tries again with these, which are copied. */
void screen_panel_login(struct screen_panel *panel, const char *user, const char *password);
/* The answer, where it is this panel's. */
bool screen_panel_take_door(struct screen_panel *panel, struct screen_door *door);
/* The guest may have been started or reset, or have gone. */
void screen_panel_look(struct screen_panel *panel);
/* Is it on screen? */
void screen_panel_watch(struct screen_panel *panel, bool watched);
/* A log began or ended: that is watched too. */
void screen_panel_rewatch(struct screen_panel *panel);
const struct text_screen *screen_panel_screen(const struct screen_panel *panel);
void screen_panel_draw(struct screen_panel *panel, struct area area, bool focused);
/* "live 80x25", "asked for": for the mode row. Owned. */
char *screen_panel_words(const struct screen_panel *panel);
enum role screen_panel_role(const struct screen_panel *panel);
void screen_panel_set_mode(struct screen_panel *panel, enum recogniser_mode mode);
/* Moves the part in sight. */
void screen_panel_pan(struct screen_panel *panel, int rows, int cols);

/* ---- what scrolled by before: screen_past.c ---- */

/* Asks the guest's memory, while that may tell. */
void screen_panel_past_ask(struct screen_panel *panel);
/* The answer, where it is one. */
bool screen_panel_past_take(struct screen_panel *panel, const struct screen_door *door);
void screen_panel_past_drop(struct screen_panel *panel);

/* ---- a log: screen_log.c ---- */

/* From now on each line goes to that file, with its time; the screen is watched as long, seen or not. False: it did not begin. */
bool screen_panel_log(struct screen_panel *panel, const char *path);
void screen_panel_log_end(struct screen_panel *panel);
/* Time has passed, or a frame has come. */
void screen_panel_log_tick(struct screen_panel *panel);

/* ---- the terminal's own graphics: screen_graphic.c ---- */

struct screen_graphic *screen_graphic_new(struct screen_panel *panel);
void screen_graphic_free(struct screen_graphic *graphic);
/* What was drawn last of the screen may be shown as graphics: what there is of them is put over it, what is not is made. */
void screen_graphic_draw(struct screen_graphic *graphic, struct area area);
/* Something has come from the screen's reader. */
void screen_graphic_step(struct screen_graphic *graphic);
/* It is not to be seen: the memory goes, and is large. */
void screen_graphic_hide(struct screen_graphic *graphic);
/* Another reader begins: what the last one was asked for will not come. */
void screen_graphic_restart(struct screen_graphic *graphic);
/* Is it shown so, and with no fewer pixels than it has? */
bool screen_graphic_is_whole(const struct screen_graphic *graphic);
/* ", sixels": what it was shown as at last. */
const char *screen_graphic_words(const struct screen_graphic *graphic);

/* ---- the guest's screen in the panel's size: screen_fit.c ---- */

/* Asks the guest, by its VNC server, for a screen that fills the panel; a notice says what came of it. */
void screen_panel_fit(struct screen_panel *panel);
/* Something changed. */
void screen_panel_fit_step(struct screen_panel *panel);

/* ---- hands: screen_hands.c ---- */

/* Why the guest can not have the keys; NULL = it can. Borrowed. */
const char *screen_panel_no_hands(const struct screen_panel *panel);
/* One key as typed. */
void screen_panel_key(struct screen_panel *panel, keycode key);
/* "ctrl-alt-delete". False, and a notice: there is no such key. */
bool screen_panel_press(struct screen_panel *panel, const char *words);
/* Text as if typed; false, and a notice: nothing of it was. */
bool screen_panel_type(struct screen_panel *panel, const char *text);
/* A text that is being typed stops here; what is down is let go. */
void screen_panel_stop(struct screen_panel *panel);
/* "typing, 40 %": owned, NULL = no text is being typed. */
char *screen_panel_typing(const struct screen_panel *panel);
bool screen_panel_mouse(struct screen_panel *panel, const struct mouse *mouse);
/*
 * The guest's keyboard layout as the user knows it; NULL = the one that was chosen before, or the definition's. It is read
 * by a thread, and nothing is typed until it is there; that there is none such is said.
 */
void screen_panel_set_layout(struct screen_panel *panel, const char *name);
/* The answer, where it is one. */
bool screen_panel_layout_take(struct screen_panel *panel, struct screen_door *door);

#endif
