/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the guest's Console tab know of each other: the tab with its modes
 * (view_guest_console.c), the serial half and the screen half. Main thread.
 */
#ifndef NVIRT_UI_GUEST_CONSOLE_H
#define NVIRT_UI_GUEST_CONSOLE_H

#include "app.h"
#include "console.h"
#include "read_mode.h"
#include "screen_panel.h"

enum console_mode { CONSOLE_SCREEN, CONSOLE_SERIAL, CONSOLE_BOTH, CONSOLE_MODE_N };

struct guest_console {
	struct view view;
	struct obj_ref ref;
	enum console_mode mode;
	bool chosen;        /* by the user; else it goes by what the guest has */
	bool serial_half;   /* of both, which one is meant */
	bool leader;        /* the guest has had the keys until just now: what sends something gives them back */
	bool hidden;
	bool said_reset;    /* the mode row tells its age */
	GPtrArray *open;    /* struct console *: of the serial half */
	unsigned ids;
	char *search;
	GPtrArray *screens; /* struct screen_panel *: last shown last */
	struct app_wait *opening, *dropping;
	struct read_mode *read; /* a half is frozen and read; NULL = none is */
	bool read_serial;       /* which */
	/* As last drawn: each half, and where the modes' names end. */
	struct area screen_area, serial_area;
	int mode_x[CONSOLE_MODE_N];
};

static inline struct guest_console *guest_console_of(struct view *view)
{
	return (struct guest_console *)view;
}

/* The tab that is shown now, or NULL; for what was asked by a dialog. */
struct guest_console *guest_console_shown(struct app *app);
/* Is it the serial half that keys and commands mean? */
bool guest_console_is_serial(const struct guest_console *self);
/* What the mode row says besides. */
struct mode_words {
	char *state; /* owned, "" = nothing */
	enum role role;
	const char *hints;
	bool has_keys;
	bool busy; /* typing, which Ctrl-] stops */
	char *right; /* owned, at the right edge */
};
void mode_words_clear(struct mode_words *words);

/* ---- guest_console_read.c: either half frozen, with what scrolled by ---- */
/* `page`: a page further back, `search`: and asks what for, upward from what is newest. */
void guest_console_read(struct guest_console *self, bool page, bool search);
void guest_console_read_end(struct guest_console *self);
/* Is it the half that keys and commands mean? */
bool guest_console_reads(const struct guest_console *self);
bool guest_console_read_grab(struct guest_console *self, keycode key);
/* y and x within its half. */
bool guest_console_read_mouse(struct guest_console *self, const struct mouse *event);

/* ---- guest_console_reset.c ---- */
/* "reset 12 s ago", for a minute after it; owned, NULL = it was not, or longer ago. */
char *guest_console_reset(const struct guest_console *self);
/* Puts that behind the state. */
void guest_console_add_reset(const struct guest_console *self, struct mode_words *words);

/* ---- guest_console_log.c ---- */
/* Asks for a file and begins to log the screen to it, or ends that. */
void guest_console_log(struct guest_console *self);

/* ---- guest_console_serial.c ---- */
struct console *serial_half_shown(const struct guest_console *self);
void serial_half_words(const struct guest_console *self, struct mode_words *ret);
void serial_half_draw(struct guest_console *self, struct area body, bool focused);
void serial_half_attach(struct guest_console *self);
void serial_half_close(struct guest_console *self);
void serial_half_tell_size(struct guest_console *self);
void serial_half_search(struct guest_console *self, int step);
void serial_half_searched(struct guest_console *self);
void serial_half_copy(struct guest_console *self);
/* All there is, owned; NULL and a notice: nothing is. */
char *serial_half_text(struct guest_console *self);
bool serial_half_grab(struct guest_console *self, keycode key);
void serial_half_send_escape(struct guest_console *self);
void serial_half_paste(struct guest_console *self, const char *text);
bool serial_half_key(struct guest_console *self, keycode code, unsigned count);
bool serial_half_mouse(struct guest_console *self, const struct mouse *event);
bool serial_half_message(struct guest_console *self, struct msg *msg);
void serial_half_update(struct guest_console *self);

/* ---- guest_console_keys.c: keys for the screen by menus and forms ---- */
void screen_half_keys_menu(struct guest_console *self);
void screen_half_send_escape(struct guest_console *self);
void screen_half_layout(struct guest_console *self);
void screen_half_type(struct guest_console *self);

/* ---- guest_console_save.c ---- */
void guest_console_save(struct guest_console *self);

/* ---- guest_console_screen.c ---- */
struct screen_panel *screen_half_shown(const struct guest_console *self);
void screen_half_words(const struct guest_console *self, struct mode_words *ret);
void screen_half_draw(struct guest_console *self, struct area body, bool focused);
/* The tab shows its guest now, or not any more. */
void screen_half_show(struct guest_console *self);
void screen_half_hide(struct guest_console *self);
void screen_half_attach(struct guest_console *self);
void screen_half_close(struct guest_console *self);
void screen_half_copy(struct guest_console *self);
char *screen_half_text(struct guest_console *self);
bool screen_half_grab(struct guest_console *self, keycode key);
void screen_half_paste(struct guest_console *self, const char *text);
bool screen_half_key(struct guest_console *self, keycode code, unsigned count);
bool screen_half_mouse(struct guest_console *self, const struct mouse *event);
bool screen_half_message(struct guest_console *self, struct msg *msg);
void screen_half_update(struct guest_console *self);
/* Commands of its own. */
void screen_half_fit(struct guest_console *self);
void screen_half_scale(struct guest_console *self);
void screen_half_reading(struct guest_console *self);

#endif
