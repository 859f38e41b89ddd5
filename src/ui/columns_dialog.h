/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which columns a table has, and in which order: a list to tick and to move in.
 * What is chosen goes at once into what is kept (saved.h) as "show" of the
 * list; the table follows on CHANGE_SAVED. Main thread.
 */
#ifndef NVIRT_UI_COLUMNS_DIALOG_H
#define NVIRT_UI_COLUMNS_DIALOG_H

#include "app.h"

#define COLUMNS_MAX 24

struct column_choice {
	const char *word;  /* in the state file; static */
	const char *title; /* for people; static */
	bool shown, fixed; /* fixed: can not be taken away */
};

/* Of the member "show" (words in order) of list `list`: first the shown ones in their order, then the rest.
 * Unknown words are passed over; `choices` has the usual ones when nothing was kept. */
void columns_order(const struct app *app, const char *list, struct column_choice *choices, unsigned count);
/* For app_push_modal(); copies `choices`. `usual` is what "d" goes back to. */
struct view *columns_dialog_new(struct app *app, const char *list, const struct column_choice *choices,
        const struct column_choice *usual, unsigned count);

#endif
