/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A journal record as one line of JSON, and back. Pure; any thread.
 *
 * The line is plain ASCII: it stays whole in any editor, terminal or locale,
 * and a torn one can not be mistaken for a whole one. A reader takes nothing
 * on trust, because any process of the user may write the file.
 */
#include "nvirt/journal.h"

#include "nvirt/text.h"

#include <json-c/json.h>
#include <string.h>

#define VERSION 1
#define MAX_DEPTH 4
#define MAX_LINE (1024 * 1024)
#define MAX_ID 200

static const char *const event_words[] = {
        [JOURNAL_START] = "start", [JOURNAL_LOG] = "log", [JOURNAL_STEP] = "step", [JOURNAL_END] = "end"};

static const char *const step_words[] = {
        [STEP_FILE] = "file",
        [STEP_LOCAL_FILE] = "local-file",
        [STEP_DEFINITION] = "definition",
        [STEP_MODE] = "mode",
        [STEP_REPLACED] = "replaced",
        [STEP_OTHER] = "other",
};
G_STATIC_ASSERT(G_N_ELEMENTS(step_words) == STEP_N);

static const char *const mark_words[] = {
        [STEP_WILL] = "will", [STEP_MADE] = "made", [STEP_UNDONE] = "undone", [STEP_KEPT] = "kept"};

/* On the disk for ever, so not the words for people of task_state_word(). */
static const char *const state_words[] = {
        [TASK_QUEUED] = "queued",
        [TASK_RUNNING] = "running",
        [TASK_OK] = "ok",
        [TASK_WARNING] = "warning",
        [TASK_FAILED] = "failed",
        [TASK_ABORTED] = "aborted",
        [TASK_UNKNOWN] = "unknown",
        [TASK_INTERRUPTED] = "interrupted",
};
G_STATIC_ASSERT(G_N_ELEMENTS(state_words) == TASK_STATE_N);

#define RECORD_STRINGS(X)                                                                                    \
	X("by", instance)                                                                                    \
	X("host", host_name)                                                                                 \
	X("uri", uri)                                                                                        \
	X("user", user)                                                                                      \
	X("verb", verb)                                                                                      \
	X("object", object)                                                                                  \
	X("text", text)

struct journal_record *journal_record_new(enum journal_event event, const char *task_id)
{
	struct journal_record *record = g_new0(struct journal_record, 1);

	record->event = event;
	record->task_id = g_strdup(task_id);
	return record;
}

void journal_record_free(struct journal_record *record)
{
	if (!record)
		return;
	g_free(record->task_id);
#define X(key, field) g_free(record->field);
	RECORD_STRINGS(X)
#undef X
	task_step_free(record->step);
	g_free(record);
}

/* ---- out ---- */

static void add_string(struct json_object *object, const char *key, const char *value)
{
	g_autofree char *valid = NULL;

	if (!value)
		return;
	valid = g_utf8_make_valid(value, -1);
	json_object_object_add(object, key, json_object_new_string(valid));
}

static void append_utf16(GString *out, gunichar ch)
{
	if (ch < 0x10000) {
		g_string_append_printf(out, "\\u%04x", ch);
		return;
	}
	ch -= 0x10000;
	g_string_append_printf(out, "\\u%04x\\u%04x", 0xd800 + (ch >> 10), 0xdc00 + (ch & 0x3ff));
}

/* json-c leaves what is beyond ASCII as it is; in its output that stands only inside of strings. */
static char *ascii_line(const char *json)
{
	GString *out = g_string_sized_new(strlen(json) + 2);

	for (const char *p = json; *p; p = g_utf8_next_char(p)) {
		gunichar ch = g_utf8_get_char(p);

		if (ch < 0x7f)
			g_string_append_c(out, *p);
		else
			append_utf16(out, ch);
	}
	g_string_append_c(out, '\n');
	return g_string_free(out, FALSE);
}

static void add_target(struct json_object *object, const struct journal_record *record)
{
	char uuid[37];

	if (record->kind == OBJ_NONE)
		return;
	json_object_object_add(object, "kind", json_object_new_string(obj_kind_word(record->kind)));
	uuid_format(record->uuid, uuid);
	json_object_object_add(object, "uuid", json_object_new_string(uuid));
}

/* Percent-escaped: a path is bytes, and whoever cleans up needs exactly those. */
static void add_step(struct json_object *object, const struct task_step *step)
{
	g_autofree char *path = g_uri_escape_string(step->path, "/ +,:;@=()[]{}~!&'", false);
	char uuid[37];

	uuid_format(step->uuid, uuid);
	json_object_object_add(object, "step", json_object_new_int64(step->number));
	json_object_object_add(object, "mark", json_object_new_string(mark_words[step->mark]));
	json_object_object_add(object, "what", json_object_new_string(step_words[step->kind]));
	json_object_object_add(object, "path", json_object_new_string(path));
	json_object_object_add(object, "of", json_object_new_string(uuid));
	add_string(object, "detail", step->text);
}

char *journal_encode(const struct journal_record *record)
{
	struct json_object *object = json_object_new_object();
	char *line;

	json_object_object_add(object, "v", json_object_new_int(VERSION));
	json_object_object_add(object, "t", json_object_new_int64(record->unix_us));
	json_object_object_add(object, "event", json_object_new_string(event_words[record->event]));
	add_string(object, "id", record->task_id);
#define X(key, field) add_string(object, key, record->field);
	RECORD_STRINGS(X)
#undef X
	add_target(object, record);
	if (record->event == JOURNAL_END)
		json_object_object_add(object, "state", json_object_new_string(state_words[record->state]));
	if (record->step)
		add_step(object, record->step);
	line = ascii_line(json_object_to_json_string_ext(
	        object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	return line;
}

/* ---- in ---- */

static GQuark journal_error(void)
{
	return g_quark_from_static_string("nvirt-journal");
}

static bool bad(GError **error, const char *what)
{
	g_set_error(error, journal_error(), 0, "not a journal record: %s", what);
	return false;
}

/* Absent is fine and leaves NULL; another type is not. */
static bool get_string(struct json_object *object, const char *key, char **ret_value, GError **error)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		return true;
	if (!json_object_is_type(value, json_type_string))
		return bad(error, "a field that should be text is not");
	*ret_value = text_clean(json_object_get_string(value), json_object_get_string_len(value));
	return true;
}

static bool get_word(struct json_object *object, const char *key, const char *const *words, size_t n,
        unsigned *ret_index)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, json_type_string))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(words[i], json_object_get_string(value)) == 0) {
			*ret_index = (unsigned)i;
			return true;
		}
	}
	return false;
}

static bool decode_version(struct json_object *object, GError **error)
{
	struct json_object *version;

	if (!json_object_object_get_ex(object, "v", &version) || !json_object_is_type(version, json_type_int))
		return bad(error, "no version");
	if (json_object_get_int64(version) != VERSION)
		return bad(error, "written by another version of nvirt");
	return true;
}

static bool decode_time(struct json_object *object, gint64 *ret_us, GError **error)
{
	struct json_object *time;

	if (!json_object_object_get_ex(object, "t", &time) || !json_object_is_type(time, json_type_int) ||
	        json_object_get_int64(time) < 0)
		return bad(error, "no time");
	*ret_us = json_object_get_int64(time);
	return true;
}

static bool decode_target(struct json_object *object, struct journal_record *record, GError **error)
{
	static const char *const kinds[] = {
#define X(id, word) [id] = word,
	        OBJ_KINDS(X)
#undef X
	};
	g_autofree char *uuid = NULL;
	unsigned kind = OBJ_NONE;

	if (json_object_object_get_ex(object, "kind", NULL) &&
	        !get_word(object, "kind", kinds, G_N_ELEMENTS(kinds), &kind))
		return bad(error, "unknown kind of object");
	record->kind = (enum obj_kind)kind;
	if (!get_string(object, "uuid", &uuid, error))
		return false;
	if (uuid && !uuid_parse(uuid, record->uuid))
		return bad(error, "broken uuid");
	return true;
}

static bool decode_event(struct json_object *object, struct journal_record *record, GError **error)
{
	unsigned event, state = TASK_QUEUED;

	if (!get_word(object, "event", event_words, G_N_ELEMENTS(event_words), &event))
		return bad(error, "unknown event");
	record->event = (enum journal_event)event;
	if (record->event != JOURNAL_END)
		return true;
	if (!get_word(object, "state", state_words, G_N_ELEMENTS(state_words), &state))
		return bad(error, "unknown state");
	record->state = (enum task_state)state;
	return true;
}

static bool decode_number(struct json_object *object, unsigned *ret_number)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, "step", &value) || !json_object_is_type(value, json_type_int))
		return false;
	int64_t number = json_object_get_int64(value);
	if (number < 0 || number > G_MAXINT)
		return false;
	*ret_number = (unsigned)number;
	return true;
}

/* The path comes back raw: it is absolute, and what would lead elsewhere is no path of ours. */
static bool decode_path(struct json_object *object, char **ret_path)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, "path", &value) || !json_object_is_type(value, json_type_string))
		return false;
	char *path = g_uri_unescape_string(json_object_get_string(value), NULL);
	if (!path || (*path && (*path != '/' || strstr(path, "/../") || g_str_has_suffix(path, "/..")))) {
		g_free(path);
		return false;
	}
	*ret_path = path;
	return true;
}

static bool decode_step(struct json_object *object, struct journal_record *record, GError **error)
{
	unsigned number, mark, kind;
	g_autofree char *path = NULL, *text = NULL, *uuid = NULL;

	if (record->event != JOURNAL_STEP)
		return true;
	if (!decode_number(object, &number) || !decode_path(object, &path) ||
	        !get_word(object, "mark", mark_words, G_N_ELEMENTS(mark_words), &mark) ||
	        !get_word(object, "what", step_words, G_N_ELEMENTS(step_words), &kind))
		return bad(error, "broken step");
	if (!get_string(object, "detail", &text, error) || !get_string(object, "of", &uuid, error))
		return false;
	record->step = task_step_new(number, (enum step_kind)kind, path, text);
	record->step->mark = (enum step_mark)mark;
	if (uuid && !uuid_parse(uuid, record->step->uuid))
		return bad(error, "broken uuid");
	return true;
}

static bool decode_id(struct json_object *object, struct journal_record *record, GError **error)
{
	if (!get_string(object, "id", &record->task_id, error))
		return false;
	if (!record->task_id || !*record->task_id || strlen(record->task_id) > MAX_ID)
		return bad(error, "no task id");
	return true;
}

static bool decode(struct json_object *object, struct journal_record *record, GError **error)
{
	if (!json_object_is_type(object, json_type_object))
		return bad(error, "not an object");
	if (!decode_version(object, error) || !decode_time(object, &record->unix_us, error) ||
	        !decode_id(object, record, error) || !decode_event(object, record, error) ||
	        !decode_target(object, record, error) || !decode_step(object, record, error))
		return false;
#define X(key, field)                                                                                        \
	if (!get_string(object, key, &record->field, error))                                                 \
		return false;
	RECORD_STRINGS(X)
#undef X
	return true;
}

/* The whole line as one JSON value, or NULL. */
static struct json_object *parse_line(const char *line, gsize len)
{
	struct json_tokener *tokener;
	struct json_object *object;
	bool whole;

	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	if (len == 0 || len > MAX_LINE)
		return NULL;
	tokener = json_tokener_new_ex(MAX_DEPTH);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	object = json_tokener_parse_ex(tokener, line, (int)len);
	whole = json_tokener_get_error(tokener) == json_tokener_success &&
	        json_tokener_get_parse_end(tokener) == len;
	json_tokener_free(tokener);
	if (!whole)
		g_clear_pointer(&object, json_object_put);
	return object;
}

struct journal_record *journal_decode(const char *line, gsize len, GError **error)
{
	struct json_object *object = parse_line(line, len);
	struct journal_record *record;

	if (!object) {
		bad(error, "not one line of JSON");
		return NULL;
	}
	record = journal_record_new(JOURNAL_START, NULL);
	if (!decode(object, record, error))
		g_clear_pointer(&record, journal_record_free);
	json_object_put(object);
	return record;
}
