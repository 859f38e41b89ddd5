/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forms: an action's parameters as fields, and the parts of a plan to choose from. Main thread. */
#ifndef NVIRT_UI_FORM_H
#define NVIRT_UI_FORM_H

#include "app.h"

/* `args` is NULL when the user gave up; it and `data` are the callee's. Called once, the form is gone then. */
typedef void (*form_done)(struct app *app, struct args *args, void *data);

struct form_options {
	const struct action *action;
	const struct obj_ref *ref;  /* gives today's values and what is proposed */
	const struct args *values;  /* what was typed before, or NULL */
	const char *what; /* "2 snapshots of web1", copied; NULL = the kind and name of `ref` */
	form_done done;
	/* A choice was made or a text left: what would come of it now is to be said by form_say(). May be NULL. */
	void (*changed)(struct app *app, struct view *form, void *data);
	void *data;
	void (*free_data)(void *data);
};

/* One field a parameter of the action. */
struct view *form_new(struct app *app, const struct form_options *options);

/* What is in the form now, checked; NULL where something is wrong or missing. Owned. */
struct args *form_args(const struct view *form);
/* What would come of it: the plan's sentences (copied), below the fields as far as there is room. */
void form_say(struct view *form, const struct plan *plan);
bool view_is_form(const struct view *view);

struct plan_form_options {
	const char *title; /* copied */
	struct plan *plan; /* taken */
	bool pick;         /* each item has a box; the chosen ids go into args "remove", a line each */
	const char *back;  /* what the other button says, static: "Cancel" */
	form_done done;
	void *data;
	void (*free_data)(void *data);
};

/* What an operation would touch: to look at, or to choose from. */
struct view *plan_form_new(struct app *app, const struct plan_form_options *options);

#endif
