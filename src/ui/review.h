/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dialog with something long to look at (a difference, a definition,
 * libvirt's words) and what can be done about it, a letter each. Main thread.
 */
#ifndef NVIRT_UI_REVIEW_H
#define NVIRT_UI_REVIEW_H

#include "app.h"

struct review_choice {
	char key;
	const char *label; /* "Apply" */
	bool danger;
};

struct review_options {
	const char *title, *intro;           /* copied */
	GPtrArray *lines;                    /* taken; from review_lines_new() */
	const struct review_choice *choices; /* ends with key 0; static; the first is proposed */
	/* Called once, after the dialog was popped; key 0 = Esc. May be NULL. */
	void (*done)(struct app *app, char key, void *data);
	void *data; /* borrowed */
};

/* Lines of a review, to be filled. */
GPtrArray *review_lines_new(void);
/* Cleaned line by line. */
void review_add_text(GPtrArray *lines, enum role role, const char *text);
/* Sentences, broken between words: a review cuts its lines at `cols`. */
void review_add_wrapped(GPtrArray *lines, enum role role, const char *text, int cols);
/* A unified diff of two raw texts, passwords masked. Returns whether they differ. */
bool review_add_diff(GPtrArray *lines, const char *before, const char *after, unsigned context);

/* For app_push_modal(). */
struct view *review_new(struct app *app, const struct review_options *options);

#endif
