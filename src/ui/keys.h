/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys as numbers with names: a Unicode character, or one of the special keys
 * above Unicode, with modifier bits. Names as in the tables: "j", "S", "C-r",
 * "M-x", "Up", "PgDn", "F10", "Space", "Tab", "S-Tab", "Enter", "Esc".
 */
#ifndef NVIRT_UI_KEYS_H
#define NVIRT_UI_KEYS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef uint32_t keycode;

#define KEY_CTRL (1u << 24)
#define KEY_ALT (1u << 25)
#define KEY_SHIFT (1u << 26)

/* Not all of ncurses' KEY_*: our own names so that only term.c includes it. */
enum {
	K_NONE = 0,
	K_TAB = 9,
	K_ENTER = 13,
	K_ESC = 27,
	K_SPACE = 32,
	K_BACKSPACE = 127,
	K_UP = 0x110000,
	K_DOWN,
	K_LEFT,
	K_RIGHT,
	K_HOME,
	K_END,
	K_PGUP,
	K_PGDN,
	K_INSERT,
	K_DELETE,
	K_F1, /* … K_F1 + 11 = F12 */
	K_F12 = K_F1 + 11,
	K_MOUSE,
	K_PASTE,
	K_RESIZE
};

struct mouse {
	int y, x;
	int button; /* 1 left, 2 middle, 3 right, 4 wheel up, 5 wheel down */
	int clicks; /* 1, 2 */
	enum { MOUSE_PRESS, MOUSE_RELEASE, MOUSE_DRAG } what;
};

/* K_NONE where the name is unknown. */
keycode key_parse(const char *name);
/* Into `out` of at least 24 bytes. */
void key_format(keycode key, char *out, gsize size);
/* Is `key` one of the space-separated names in `keys` (may be NULL)? */
bool key_in(const char *keys, keycode key);
/* A character that a text field takes. */
bool key_is_text(keycode key);

#endif
