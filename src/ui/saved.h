/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lists look like, kept from run to run: the value "columns" of the state
 * (state.h), a JSON object with one member for each list. Views read theirs on CHANGE_SAVED and
 * put it back when a person changes it. Main thread; writes by a thread.
 */
#ifndef NVIRT_UI_SAVED_H
#define NVIRT_UI_SAVED_H

#include <json-c/json.h>

#include "app.h"

/* What an earlier run kept, as JSON; NULL and nonsense are nothing. */
void saved_load(struct app *app, const char *json);
/* The object of list `name`, borrowed; NULL = nothing was kept. */
struct json_object *saved_get(const struct app *app, const char *name);
/* Takes `object`; the views are told. */
void saved_put(struct app *app, const char *name, struct json_object *object);
void saved_free(struct app *app);

/* A string member, or NULL; borrowed. */
const char *saved_string(struct json_object *object, const char *name);

#endif
