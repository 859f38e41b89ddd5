/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks for what a VNC server wants: a password, or a user's name and a password. Main thread. */
#ifndef NVIRT_UI_LOGIN_DIALOG_H
#define NVIRT_UI_LOGIN_DIALOG_H

#include "app.h"

struct login_options {
	const char *text; /* copied: who wants it, and why */
	bool user;        /* a name as well */
	/* The texts are wiped after it. Not called when the user gave up. */
	void (*done)(struct app *app, const char *user, const char *password, void *data);
	void *data;
};

struct view *login_dialog_new(struct app *app, const struct login_options *options);

#endif
