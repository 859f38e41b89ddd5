/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From keys of the terminal to those of a guest's keyboard. Main thread.
 */
#ifndef NVIRT_UI_SCREEN_KEYS_H
#define NVIRT_UI_SCREEN_KEYS_H

#include "keys.h"
#include "nvirt/keyboard.h"

/* Appends what presses and releases it; false, with words: no key of the layout does. */
bool screen_keys_press(const struct layout *layout, keycode key, GArray *events, GError **error);

/* Combinations that a terminal does not let through, or that a person should not have to remember. */
struct key_combination {
	const char *keys;  /* for keyboard_press(): "ctrl-alt-delete" */
	const char *title; /* what it is good for */
	char letter;       /* its own in the menu, 0 = none */
};
extern const struct key_combination screen_combinations[]; /* ends with keys NULL */

#endif
