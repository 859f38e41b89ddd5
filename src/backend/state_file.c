/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.json: see nvirt/files.h. One thread reads it, then waits for members to
 * write. Several nvirt of a user may write: each changes its own members in
 * what lies on the disk then, under a lock on the directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "backend/files_private.h"
#include "backend/lock.h"
#include "nvirt/files.h"
#include "nvirt/text.h"

/* Nobody's columns need more; a file that is larger is not ours. */
#define STATE_MAX_BYTES (1024 * 1024)

struct state {
	int refs; /* the thread's and the main thread's */
	pthread_mutex_t lock;
	pthread_cond_t wake, idle;
	struct inbox *inbox;
	char *dir, *path;
	GHashTable *pending; /* key -> JSON text */
	bool writing, quit, broken;
};

static void state_unref(struct state *state)
{
	if (__atomic_sub_fetch(&state->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	pthread_mutex_destroy(&state->lock);
	pthread_cond_destroy(&state->wake);
	pthread_cond_destroy(&state->idle);
	g_hash_table_destroy(state->pending);
	g_free(state->dir);
	g_free(state->path);
	g_free(state);
}

static void tell(const struct state *state, enum level level, const char *reason)
{
	struct msg *msg = msg_new(MSG_NOTICE, 0, 0);
	g_autofree char *text = g_strdup_printf("%s: %s", state->path, reason);

	msg->level = level;
	msg->text = text_clean(text, -1);
	inbox_post(state->inbox, msg);
}

static unsigned line_of(const char *text, gsize at)
{
	unsigned line = 1;

	for (gsize i = 0; i < at && text[i] != '\0'; i++)
		line += text[i] == '\n';
	return line;
}

/* An object of the file's text; NULL with the reason, owned. */
static struct json_object *parse(const char *text, gsize size, char **ret_reason)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object = json_tokener_parse_ex(tokener, text, (int)size + 1);
	enum json_tokener_error error = json_tokener_get_error(tokener);

	if (object == NULL || !json_object_is_type(object, json_type_object)) {
		*ret_reason = g_strdup_printf("line %u: %s; nothing is kept in this run",
		        line_of(text, json_tokener_get_parse_end(tokener)),
		        error != json_tokener_success ? json_tokener_error_desc(error) : "not a JSON object");
		g_clear_pointer(&object, json_object_put);
	}
	json_tokener_free(tokener);
	return object;
}

/* What lies there: an empty object where there is no file; NULL with the reason where it is no use. */
static struct json_object *load(const struct state *state, char **ret_reason)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	GStatBuf info;
	gsize size;

	if (g_stat(state->path, &info) < 0 && errno == ENOENT)
		return json_object_new_object();
	if (g_stat(state->path, &info) == 0 && (!S_ISREG(info.st_mode) || info.st_size > STATE_MAX_BYTES)) {
		*ret_reason = g_strdup("not a file of nvirt's; nothing is kept in this run");
		return NULL;
	}
	if (g_file_get_contents(state->path, &text, &size, &error))
		return parse(text, size, ret_reason);
	*ret_reason = g_strdup(error->message);
	return NULL;
}

static void read_state(struct state *state)
{
	g_autofree char *reason = NULL;
	struct json_object *object = load(state, &reason);
	struct msg *msg;

	if (object == NULL) {
		tell(state, LEVEL_WARNING, reason);
		pthread_mutex_lock(&state->lock);
		state->broken = true;
		pthread_mutex_unlock(&state->lock);
		return;
	}
	msg = msg_new(MSG_STATE, 0, 0);
	msg->text = g_strdup(json_object_to_json_string(object));
	json_object_put(object);
	inbox_post(state->inbox, msg);
}

static void merge(struct json_object *object, GHashTable *changes)
{
	GHashTableIter iter;
	gpointer key, json;

	g_hash_table_iter_init(&iter, changes);
	while (g_hash_table_iter_next(&iter, &key, &json))
		json_object_object_add(object, key, json_tokener_parse(json));
}

static void write_state(const struct state *state, GHashTable *changes)
{
	int dir = g_mkdir_with_parents(state->dir, 0700) == 0 ? open(state->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	g_autofree char *reason = NULL;
	struct json_object *object;
	const char *text;
	int problem;

	if (dir >= 0)
		flock(dir, LOCK_EX);
	object = load(state, &reason);
	if (object != NULL) {
		merge(object, changes);
		text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
		problem = files_exchange(state->path, text, strlen(text));
		if (problem != 0)
			reason = g_strdup(g_strerror(problem));
		json_object_put(object);
	}
	if (dir >= 0)
		close(dir);
	if (reason != NULL)
		tell(state, LEVEL_WARNING, reason);
}

/* Lock held on entry and exit. */
static void write_pending(struct state *state)
{
	GHashTable *changes = state->pending;

	state->pending = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	state->writing = true;
	pthread_mutex_unlock(&state->lock);
	write_state(state, changes);
	g_hash_table_destroy(changes);
	pthread_mutex_lock(&state->lock);
	state->writing = false;
}

static void *run(void *data)
{
	struct state *state = data;

	read_state(state);
	pthread_mutex_lock(&state->lock);
	while (!state->broken && (!state->quit || g_hash_table_size(state->pending) > 0)) {
		if (g_hash_table_size(state->pending) > 0)
			write_pending(state);
		else
			pthread_cond_wait(&state->wake, &state->lock);
	}
	state->broken = true;
	pthread_cond_broadcast(&state->idle);
	pthread_mutex_unlock(&state->lock);
	state_unref(state);
	return NULL;
}

struct state *state_open(const char *dir, struct inbox *inbox)
{
	struct state *state = g_new0(struct state, 1);
	pthread_t thread;

	state->refs = 2;
	pthread_mutex_init(&state->lock, NULL);
	pthread_cond_init(&state->wake, NULL);
	lock_cond_init(&state->idle);
	state->inbox = inbox;
	state->dir = dir ? g_strdup(dir) : g_build_filename(g_get_user_state_dir(), "nvirt", NULL);
	state->path = g_build_filename(state->dir, "state.json", NULL);
	state->pending = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (pthread_create(&thread, NULL, run, state) == 0) {
		pthread_detach(thread);
	} else {
		state->broken = true;
		state->refs = 1;
	}
	return state;
}

void state_put(struct state *state, const char *key, const char *json)
{
	if (!state)
		return;
	pthread_mutex_lock(&state->lock);
	if (!state->broken)
		g_hash_table_replace(state->pending, g_strdup(key), g_strdup(json));
	pthread_cond_broadcast(&state->wake);
	pthread_mutex_unlock(&state->lock);
}

void state_close(struct state *state, int timeout_ms)
{
	gint64 end_us = g_get_monotonic_time() + timeout_ms * G_TIME_SPAN_MILLISECOND;

	if (!state)
		return;
	pthread_mutex_lock(&state->lock);
	state->quit = true;
	pthread_cond_broadcast(&state->wake);
	while (!state->broken && lock_cond_wait_until(&state->idle, &state->lock, end_us))
		continue;
	pthread_mutex_unlock(&state->lock);
	state_unref(state);
}
