/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a key can do: the focused view's commands, the actions on the selected
 * object, and the app's own commands (one table). Keys, key bar, help, menu
 * and palette are all made from these. Main thread.
 */
#ifndef NVIRT_UI_COMMANDS_H
#define NVIRT_UI_COMMANDS_H

#include "app.h"

struct app_command {
	const char *name;  /* "focus-next": unique */
	const char *title; /* "Next region" */
	const char *keys;  /* "Tab", "? F1": space separated */
	const char *hint;  /* short label in the key bar, NULL = not there */
	void (*run)(struct app *app, unsigned count);
};
extern const struct app_command app_commands[]; /* ends with a row without name */

/* One thing that can be done now. */
struct choice {
	enum { CHOICE_HEADING, CHOICE_VIEW, CHOICE_ACTION, CHOICE_APP, CHOICE_CALL, CHOICE_OPEN, CHOICE_TEXT } what;
	char *title;
	char *keys;   /* "" = none */
	char *name;   /* the command's or verb's name */
	char *help;   /* a sentence, or "" */
	char *reason; /* why it can not be done now; NULL = it can */
	bool danger;
	const struct view_cmd *view_cmd;
	const struct action *action;
	struct obj_ref ref;
	const struct app_command *app_command;
	void (*call)(struct app *app, const char *argument); /* CHOICE_CALL */
	char *argument;
	char *target; /* CHOICE_ACTION: on what, "web1", "3 marked" */
	char *fold; /* what filters look at; made when first needed */
	int rank;   /* private to the chooser */
};

enum choice_set {
	CHOICES_VIEW = 1 << 0,
	CHOICES_ACTIONS = 1 << 1,
	CHOICES_APP = 1 << 2,
	CHOICES_HEADINGS = 1 << 3,
	CHOICES_LEGEND = 1 << 4, /* what the shapes mean */
	CHOICES_OBJECTS = 1 << 5, /* going to any object */
	CHOICES_THEMES = 1 << 6,
};

struct choice *choice_new(const char *title);
void choice_free(struct choice *choice);
/* Appends one that calls a function with a string. */
struct choice *choice_add_call(GPtrArray *list, const char *title, const char *name,
        void (*call)(struct app *app, const char *argument), const char *argument);
/* Owned; struct choice *. */
GPtrArray *commands_collect(struct app *app, unsigned sets);
/* Runs it; from a menu, so an action's parameters are asked for. */
void choice_run(struct app *app, const struct choice *choice);

/* What actions act on now: the marked objects before the selected one. False = nothing. */
bool commands_subject(struct app *app, struct obj_ref *ret_ref);

/* Each returns true when the key meant something to it. */
/* The view's command of that name; false = it has none. */
bool commands_view_run(struct view *view, const char *name, unsigned count);
bool commands_view_key(struct view *view, keycode key, unsigned count);
bool commands_action_key(struct app *app, keycode key);
/* Is it a key of the app's command of that name? */
bool commands_app_is(const struct app *app, const char *name, keycode key);
bool commands_app_key(struct app *app, keycode key, unsigned count);

/* Draws the key bar into one line. */
void commands_draw_hints(struct app *app, struct area line);

#endif
