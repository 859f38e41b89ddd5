/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list's cursor and scroll position, and the keys every list has (j k arrows,
 * PgUp PgDn, C-f C-b C-d C-u, Home End, G; the loop turns "gg" into Home).
 * It knows no rows: the view that owns them restores the cursor by identity
 * after a rebuild. Cost does not depend on the number of rows.
 */
#ifndef NVIRT_UI_LIST_H
#define NVIRT_UI_LIST_H

#include <stdbool.h>

#include "keys.h"

struct list {
	unsigned count;
	unsigned cursor; /* < count, or 0 */
	unsigned top;    /* first row on screen */
	unsigned height; /* rows on screen, set by the view before it draws */
};

void list_set_count(struct list *list, unsigned count);
void list_set_height(struct list *list, unsigned height);
void list_goto(struct list *list, unsigned row); /* scrolls it into view */
/* The keys of every list, by name so that they can be rebound: keymap.h. list_key() itself knows these only. */
struct list_move {
	const char *name;  /* "down" */
	const char *title; /* "Next row" */
	const char *keys;  /* space separated */
	keycode means;     /* the key that list_key() takes for it */
};
extern const struct list_move list_moves[]; /* ends with a row without name */

/* `count` is the vim-like prefix, 0 = none. True when the key was a list's key. */
bool list_key(struct list *list, keycode key, unsigned count);
/* Is the cursor all that is different from `drawn`, and on screen in both? */
bool list_only_moved(const struct list *list, const struct list *drawn);
void list_wheel(struct list *list, int lines);

#endif
