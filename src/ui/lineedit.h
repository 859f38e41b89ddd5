/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text field: the text, a cursor, and the keys every field has. One line, or
 * several when `multiline` (Enter then makes a new line). Main thread.
 */
#ifndef NVIRT_UI_LINEEDIT_H
#define NVIRT_UI_LINEEDIT_H

#include "canvas.h"
#include "keys.h"

struct lineedit {
	GString *text; /* valid UTF-8 */
	gsize cursor;  /* byte offset of a character, or text->len */
	gsize max;     /* bytes */
	bool multiline;
};

/* `text` NULL = empty. `max` 0 = 4096 bytes. The cursor stands at the end. */
void lineedit_init(struct lineedit *edit, const char *text, gsize max);
void lineedit_fini(struct lineedit *edit);
void lineedit_set(struct lineedit *edit, const char *text);
const char *lineedit_get(const struct lineedit *edit);
/* Cleaned text at the cursor; line feeds become spaces in a one-line field. What does not fit is left out. */
void lineedit_insert(struct lineedit *edit, const char *text);
/* True when the key was a field's key (also when it changed nothing). */
bool lineedit_key(struct lineedit *edit, keycode key);
/* Fills the area, scrolled so that the cursor shows; sets the hardware cursor when focused. */
void lineedit_draw(const struct lineedit *edit, struct area area, enum role role, bool focused);

#endif
