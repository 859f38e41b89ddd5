/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See state.h. The writer reads the file again and puts in what was set here. */
#include "state.h"

#include <json-c/json.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "detached.h"
#include "nvirt/json_text.h"
#include "small_file.h"

struct state {
	char *path;
	struct json_object *root;    /* never NULL */
	struct json_object *changes; /* set since the last save */
	bool broken;                 /* the file is none of ours: it is kept */
	/* One writer, while there is something to write. Plain pthreads, which ThreadSanitizer sees. */
	pthread_mutex_t lock;
	pthread_cond_t written;
	struct json_object *pending; /* under the lock: what the writer takes next, or NULL */
	bool writing;                /* under the lock */
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
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&state->lock, NULL);
	pthread_cond_init(&state->written, &attr);
	pthread_condattr_destroy(&attr);
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

/* A failure is no one's loss: the values live on in memory. */
static void write_changes(const char *path, struct json_object *changes)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *dir = g_path_get_dirname(path);
	struct json_object *root = read_state(path, &error);
	if (root || is_missing(error)) {
		if (!root)
			root = json_object_new_object();
		merge(root, changes);
		const char *text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY);
		g_autofree char *line = g_strconcat(text, "\n", NULL);
		g_mkdir_with_parents(dir, 0700);
		g_file_set_contents_full(path, line, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
	}
	json_object_put(root);
	json_object_put(changes);
}

/* The writer's thread: until there is nothing more to write. */
static void *writer(void *data)
{
	struct state *state = data;
	pthread_mutex_lock(&state->lock);
	while (state->pending) {
		struct json_object *changes = g_steal_pointer(&state->pending);
		pthread_mutex_unlock(&state->lock);
		write_changes(state->path, changes);
		pthread_mutex_lock(&state->lock);
	}
	state->writing = false;
	pthread_cond_signal(&state->written);
	pthread_mutex_unlock(&state->lock);
	return NULL;
}

void state_save(struct state *state)
{
	if (!state || state->broken || json_object_object_length(state->changes) == 0)
		return;
	/* The writer's own copy: json-c counts references without a lock. */
	struct json_object *copy = NULL;
	json_object_deep_copy(state->changes, &copy, NULL);
	pthread_mutex_lock(&state->lock);
	/* What still waits is older: it goes with this. */
	if (state->pending) {
		json_object_object_foreach(copy, name, value)
			json_object_object_add(state->pending, name, json_object_get(value));
		json_object_put(copy);
	} else {
		state->pending = copy;
	}
	if (!state->writing)
		state->writing = detached_start(writer, state);
	pthread_mutex_unlock(&state->lock);
	json_object_put(state->changes);
	state->changes = json_object_new_object();
}

/* False: a dead file system still has the writer. */
static bool wait_written(struct state *state, int timeout_ms)
{
	struct timespec until;
	int result = 0;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += timeout_ms % 1000 * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&state->lock);
	while (state->writing && result == 0)
		result = pthread_cond_timedwait(&state->written, &state->lock, &until);
	bool done = !state->writing;
	pthread_mutex_unlock(&state->lock);
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
	json_object_put(state->pending);
	json_object_put(state->root);
	json_object_put(state->changes);
	pthread_mutex_destroy(&state->lock);
	pthread_cond_destroy(&state->written);
	g_free(state->path);
	g_free(state);
}
