/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dialog that lists what can be done and runs the chosen row: menu, palette
 * and help are this with different rows. Main thread.
 */
#ifndef NVIRT_UI_CHOOSER_H
#define NVIRT_UI_CHOOSER_H

#include "app.h"

struct chooser_options {
	const char *title; /* copied */
	GPtrArray *rows;   /* struct choice *, taken */
	bool typing;       /* letters go into the filter at once (palette); else into the rows' keys (menu) */
	bool row_keys;     /* a row's own key runs it */
	bool ranked;       /* what is typed puts the rows in order, best first; headings stand only before */
};

struct view *chooser_new(struct app *app, const struct chooser_options *options);
struct view *menu_new(struct app *app);
struct view *palette_new(struct app *app);
struct view *help_new(struct app *app);

#endif
