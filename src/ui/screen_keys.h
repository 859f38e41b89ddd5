/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From keys of the terminal to those of a guest's keyboard, and the queue they wait in when there
 * are more than its keyboard takes. Main thread.
 */
#ifndef NVIRT_UI_SCREEN_KEYS_H
#define NVIRT_UI_SCREEN_KEYS_H

#include "keys.h"
#include "nvirt/keyboard.h"
#include "nvirt/vnc.h"

/* Appends what presses and releases it; false, with words: no key of the layout does. */
bool screen_keys_press(const struct layout *layout, keycode key, GArray *events, GError **error);

/* Combinations that a terminal does not let through, or that a person should not have to remember. */
struct key_combination {
	const char *keys;  /* for keyboard_press(): "ctrl-alt-delete" */
	const char *title; /* what it is good for */
	char letter;       /* its own in the menu, 0 = none */
};
extern const struct key_combination screen_combinations[]; /* ends with keys NULL */

/* ---- the queue ---- */

struct typing;

struct typing *typing_new(void);
void typing_free(struct typing *typing);
/* Takes a copy of them; what is there before goes first. */
void typing_add(struct typing *typing, const GArray *events);
/* Sends what the guest's keyboard has room for; ms until there is room for more, -1 = nothing waits. */
int typing_step(struct typing *typing, struct vnc_view *view, gint64 now_us);
/* What waits is forgotten, and what is down is not let go: for a connection that is no more. */
void typing_drop(struct typing *typing);
/* What waits is forgotten; instead of it all keys that are down are let go. */
void typing_stop(struct typing *typing);
/* Events that wait, and how many of the same run have gone. */
unsigned typing_waits(const struct typing *typing, unsigned *ret_gone);

#endif
