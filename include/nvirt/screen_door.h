/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a guest's screen is reached, as it crosses threads: owned by whoever holds it. Pure. */
#ifndef NVIRT_SCREEN_DOOR_H
#define NVIRT_SCREEN_DOOR_H

#include <glib.h>
#include <stdbool.h>

#include "nvirt/keyboard.h"

enum door_kind {
	DOOR_NONE,    /* not at all: `words` says why and what to do */
	DOOR_VNC,     /* `fd` is a connected socket */
	DOOR_MEMORY,  /* not to the screen, but `memory` as it was asked for */
	DOOR_LAYOUT,  /* not to the screen, but the `layout` of its keyboard as it was asked for; NULL: `words` say why */
	DOOR_PICTURE, /* no VNC: `png` is the screen now; ask again for the next */
};

struct screen_door {
	unsigned id; /* as it was asked for */
	enum door_kind kind;
	bool off;       /* DOOR_NONE: only because the guest does not run */
	int fd;         /* -1 = none; closed with the door: take it by screen_door_take_fd() */
	char *password; /* a secret, NULL = none is known or needed */
	char *host;     /* the name that the server's certificate must bear; NULL = localhost */
	char *keymap;   /* of the guest's <graphics>: "de"; NULL = not stated */
	char *words;    /* cleaned; also of a door that works, where something is to be said */
	GBytes *png;
	struct layout *layout;
	GBytes *memory; /* of its VGA in text mode: TEXT_MEMORY_BYTES */
};

struct screen_door *screen_door_new(unsigned id);
void screen_door_free(struct screen_door *door);
int screen_door_take_fd(struct screen_door *door);

#endif
