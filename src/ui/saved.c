/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lists look like, kept from run to run: see saved.h. */
#include "saved.h"

#include "state.h"

static struct json_object *lists(const struct app *app)
{
	return app->saved;
}

void saved_load(struct app *app, const char *json)
{
	struct json_object *mine = json ? json_tokener_parse(json) : NULL;

	saved_free(app);
	if (json_object_is_type(mine, json_type_object))
		app->saved = json_object_get(mine);
	json_object_put(mine);
	app_changed(app, CHANGE_SAVED);
}

struct json_object *saved_get(const struct app *app, const char *name)
{
	struct json_object *object = NULL;

	if (!lists(app) || !json_object_object_get_ex(lists(app), name, &object))
		return NULL;
	return json_object_is_type(object, json_type_object) ? object : NULL;
}

void saved_put(struct app *app, const char *name, struct json_object *object)
{
	if (!app->saved)
		app->saved = json_object_new_object();
	json_object_object_add(app->saved, name, object);
	state_set_string(app->state, "columns", json_object_to_json_string_ext(app->saved, JSON_C_TO_STRING_PLAIN));
	state_save(app->state);
	app_changed(app, CHANGE_SAVED);
}

void saved_free(struct app *app)
{
	json_object_put(app->saved);
	app->saved = NULL;
}

const char *saved_string(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (!object || !json_object_object_get_ex(object, name, &value) ||
	        !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}
