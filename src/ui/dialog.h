/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small dialogs: a text to read, a question, a name to type, a wait. Main thread. */
#ifndef NVIRT_UI_DIALOG_H
#define NVIRT_UI_DIALOG_H

#include "app.h"

enum dialog_kind {
	DIALOG_TEXT, /* any key closes, lists' keys scroll */
	DIALOG_ASK,  /* yes or no */
	DIALOG_NAME, /* `want` must be typed */
	DIALOG_WAIT, /* Esc gives up */
};

struct dialog_options {
	enum dialog_kind kind;
	const char *title, *text; /* copied */
	const char *yes;          /* label of the button that acts; NULL = "Yes" */
	const char *want;         /* DIALOG_NAME */
	bool danger;              /* drawn so, and the other button is proposed */
	/* Called once, after the dialog was popped; takes `data`. May be NULL. */
	void (*done)(struct app *app, bool yes, void *data);
	void *data;
	void (*free_data)(void *data); /* when it goes without an answer */
};

/* For app_push_modal(). */
struct view *dialog_new(struct app *app, const struct dialog_options *options);

#endif
