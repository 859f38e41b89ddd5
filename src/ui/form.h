/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forms: an action's parameters as fields, and the parts of a plan to choose from. Main thread. */
#ifndef NVIRT_UI_FORM_H
#define NVIRT_UI_FORM_H

#include "app.h"

/* `args` is NULL when the user gave up; it and `data` are the callee's. Called once, the form is gone then. */
typedef void (*form_done)(struct app *app, struct args *args, void *data);

/* One field a parameter of `action`; `ref` gives today's values. */
struct view *form_new(struct app *app, const struct action *action, const struct obj_ref *ref, form_done done,
        void *data, void (*free_data)(void *data));

/*
 * The items of `plan` (taken) with a box each; the chosen ids go into
 * args "remove", a line each.
 */
struct view *plan_form_new(struct app *app, const char *title, struct plan *plan, form_done done, void *data,
        void (*free_data)(void *data));

#endif
