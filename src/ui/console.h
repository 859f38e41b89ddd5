/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One open console of a guest, as the panel knows it: what it shows, how far
 * it was scrolled back, and how it is drawn. Main thread.
 */
#ifndef NVIRT_UI_CONSOLE_H
#define NVIRT_UI_CONSOLE_H

#include "canvas.h"
#include "keys.h"
#include "nvirt/serial.h"

struct console {
	struct obj_ref ref;
	unsigned id;
	struct serial *serial; /* NULL in drawing tests */
	struct serial_screen *screen;
	enum serial_state state;
	char *why;
	unsigned opened;     /* as the last frame said */
	gint64 reset_us;     /* the guest's, of which the scrollback knows */
	bool attached;       /* the guest has the keys */
	bool wanted;         /* to be attached once it is open */
	int cursor_row, cursor_col;
	bool cursor_visible, altscreen;
	unsigned back;       /* lines scrolled back */
	int pan;             /* columns, while nobody types */
	int rows, cols;      /* of the panel as last drawn */
	int match;           /* line of the last match, -1 = none */
	struct sign_watch *signs; /* NULL in drawing tests */
};

struct console *console_new(const struct obj_ref *ref, unsigned id);
void console_free(struct console *console);
/* Takes what is new; what was scrolled back to stays in sight. */
void console_apply(struct console *console, struct serial_frame *frame);
/* The first column in sight. */
int console_left(const struct console *console);
void console_scroll(struct console *console, int lines); /* > 0: back */
/* The lines in sight: the first one, and how many. */
unsigned console_window(const struct console *console, unsigned *ret_count);
/* Shows the next line (step 1) or the one before (-1) that has `text`; false = none does. */
bool console_search(struct console *console, const char *text, int step);
/* Its lines; `search` is marked in them. `focused`: the cursor shows where the guest has the keys. */
void console_draw(struct console *console, struct area area, const char *search, bool focused);
/* What the guest is sent for a key; false = nothing. */
bool console_key(keycode key, struct serial_key *ret);
/* "open", "waits for the guest to start": for the mode row. */
const char *console_state_words(const struct console *console);

#endif
