/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See state.h. The writer reads the file again and puts in what was set here. */
#include "state.h"

#include <json-c/json.h>
#include <string.h>

#include "nvirt/json_text.h"
#include "small_file.h"

struct state {
	char *path;
	struct json_object *root;    /* never NULL */
	struct json_object *changes; /* set since the last save */
	bool broken;                 /* the file is none of ours: it is kept */
	GThreadPool *writer;         /* one thread, while there is something to write */
	GMutex lock;
	GCond written;
	unsigned pending; /* under the lock */
};

static struct json_object *read_state(const char *path, GError **error)
{
	gsize len = 0;
	g_autofree char *text = small_file_read(path, JSON_TEXT_MAX_BYTES, &len, error);
	struct json_text *parsed = text ? json_text_parse(text, len, path, error) : NULL;
	struct json_object *root = parsed ? json_object_get(json_text_root(parsed)) : NULL;
	json_text_free(parsed);
	return root;
}

static bool is_missing(const GError *error)
{
	return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

struct state *state_load(char **ret_problem)
{
	struct state *state = g_new0(struct state, 1);
	g_autoptr(GError) error = NULL;
	state->path = g_build_filename(g_get_user_state_dir(), "nvirt", "state.json", NULL);
	state->root = read_state(state->path, &error);
	state->broken = !state->root && !is_missing(error);
	*ret_problem = state->broken ? g_strdup(error->message) : NULL;
	if (!state->root)
		state->root = json_object_new_object();
	state->changes = json_object_new_object();
	g_mutex_init(&state->lock);
	g_cond_init(&state->written);
	return state;
}

/* ---- values ----------------------------------------------------------------- */

int state_get_int(const struct state *state, const char *name, int otherwise)
{
	struct json_object *value = NULL;
	if (!state || !json_object_object_get_ex(state->root, name, &value) ||
	        !json_object_is_type(value, json_type_int))
		return otherwise;
	return json_object_get_int(value);
}

const char *state_get_string(const struct state *state, const char *name)
{
	struct json_object *value = NULL;
	if (!state || !json_object_object_get_ex(state->root, name, &value) ||
	        !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static void set(struct state *state, const char *name, struct json_object *value)
{
	json_object_object_add(state->root, name, json_object_get(value));
	json_object_object_add(state->changes, name, value);
}

void state_set_int(struct state *state, const char *name, int value)
{
	if (state)
		set(state, name, json_object_new_int(value));
}

void state_set_string(struct state *state, const char *name, const char *value)
{
	if (state)
		set(state, name, value ? json_object_new_string(value) : NULL);
}

/* ---- writing ---------------------------------------------------------------- */

static void merge(struct json_object *root, struct json_object *changes)
{
	json_object_object_foreach(changes, name, value)
	{
		if (value)
			json_object_object_add(root, name, json_object_get(value));
		else
			json_object_object_del(root, name);
	}
}

/* In the writer's thread. A failure is no one's loss: the values live on in memory. */
static void write_changes(gpointer data, gpointer user_data)
{
	struct json_object *changes = data;
	struct state *state = user_data;
	g_autoptr(GError) error = NULL;
	g_autofree char *dir = g_path_get_dirname(state->path);
	struct json_object *root = read_state(state->path, &error);
	if (root || is_missing(error)) {
		if (!root)
			root = json_object_new_object();
		merge(root, changes);
		const char *text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY);
		g_autofree char *line = g_strconcat(text, "\n", NULL);
		g_mkdir_with_parents(dir, 0700);
		g_file_set_contents_full(state->path, line, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
	}
	json_object_put(root);
	json_object_put(changes);
	g_mutex_lock(&state->lock);
	state->pending--;
	g_cond_signal(&state->written);
	g_mutex_unlock(&state->lock);
}

void state_save(struct state *state)
{
	if (!state || state->broken || json_object_object_length(state->changes) == 0)
		return;
	if (!state->writer)
		state->writer = g_thread_pool_new(write_changes, state, 1, FALSE, NULL);
	/* The writer's own copy: json-c counts references without a lock. */
	struct json_object *copy = NULL;
	json_object_deep_copy(state->changes, &copy, NULL);
	json_object_put(state->changes);
	state->changes = json_object_new_object();
	g_mutex_lock(&state->lock);
	state->pending++;
	g_mutex_unlock(&state->lock);
	g_thread_pool_push(state->writer, copy, NULL);
}

/* False: a dead file system still has the writer. */
static bool wait_written(struct state *state, int timeout_ms)
{
	gint64 until = g_get_monotonic_time() + timeout_ms * G_TIME_SPAN_MILLISECOND;
	bool in_time = true;
	g_mutex_lock(&state->lock);
	while (state->pending > 0 && in_time)
		in_time = g_cond_wait_until(&state->written, &state->lock, until);
	bool done = state->pending == 0;
	g_mutex_unlock(&state->lock);
	return done;
}

void state_free(struct state *state, int timeout_ms)
{
	if (!state)
		return;
	state_save(state);
	/* What hangs keeps what it uses: the process ends now. */
	if (!wait_written(state, timeout_ms))
		return;
	if (state->writer)
		g_thread_pool_free(state->writer, FALSE, TRUE);
	json_object_put(state->root);
	json_object_put(state->changes);
	g_mutex_clear(&state->lock);
	g_cond_clear(&state->written);
	g_free(state->path);
	g_free(state);
}
