/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many guests' screens at once, seldom and cheaply: of those in sight a few are read at a time, each for a
 * moment where there are more of them, and what was seen last stays. What a screen says about its
 * guest goes to the store. Main thread; draws nothing.
 */
#ifndef NVIRT_UI_WALL_H
#define NVIRT_UI_WALL_H

#include "app.h"
#include "nvirt/screen_text.h"

/* Shows the Wall tab of the host that is open, alone on the screen: view_host_wall.c. */
void wall_open(struct app *app);

/* Screen readers, each a process, and connections that are being made for them. */
enum { WALL_READERS_MAX = 8, WALL_DOORS_MAX = 2 };

struct wall;

/* One guest's screen. Owned by the wall. */
struct wall_tile {
	struct obj_ref ref;
	const struct text_screen *screen; /* as seen last; NULL = never */
	gint64 seen_us;                   /* monotonic, as of when it is; 0 = never */
	bool live;                        /* it is being read now */
	const char *words;                /* why there is nothing to see, or nothing new; "" = there is */
};

/* `changed`: something is to be drawn anew; `in_sight`: does somebody look? Else all readers end. Owned. */
struct wall *wall_new(struct app *app, void (*changed)(void *data), bool (*in_sight)(void *data), void *data);
void wall_free(struct wall *wall);
/* These are in sight, those that matter most first; those before no longer. */
void wall_show(struct wall *wall, const struct obj_ref *guests, unsigned count);
/* NULL: it was never in sight. Valid until the next call. */
const struct wall_tile *wall_tile(struct wall *wall, const struct obj_ref *guest);
/* Reads it again at once, whatever was said before. */
void wall_retry(struct wall *wall, const struct obj_ref *guest);
/* A MSG_SCREEN that was asked for here? Then it is taken. */
bool wall_message(struct wall *wall, struct msg *msg);
unsigned wall_readers(const struct wall *wall);

#endif
