/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json-c reads; where each member stands it does not tell, so the text is
 * walked once more for that. The walk comes after json-c's approval and only
 * has to know strings, comments and brackets. Pure.
 */
#include "nvirt/json_text.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <string.h>


enum { DEPTH_MAX = 16 };

struct json_text {
	char *text, *where;
	struct json_object *root;
	GHashTable *places; /* path -> offset of the member's name, or of the element */
};

/* ---- places ----------------------------------------------------------------- */

struct level {
	bool list;
	unsigned index; /* of the element, in a list */
	gsize path_len; /* of the path up to this level */
};

struct walk {
	struct json_text *self;
	const char *p;
	GString *path;
	struct level levels[DEPTH_MAX + 1];
	int depth;
	bool name_next; /* a string that comes now is a member's name */
};

static gsize offset(const struct walk *walk, const char *p)
{
	return (gsize)(p - walk->self->text);
}

static void note(struct walk *walk, const char *name, const char *at)
{
	g_string_truncate(walk->path, walk->levels[walk->depth].path_len);
	g_string_append_printf(walk->path, "%s%s", walk->path->len ? "/" : "", name);
	g_hash_table_insert(walk->self->places, g_strdup(walk->path->str), GSIZE_TO_POINTER(offset(walk, at)));
}

static void note_element(struct walk *walk)
{
	struct level *level = &walk->levels[walk->depth];
	char name[16];
	if (!level->list)
		return;
	g_snprintf(name, sizeof(name), "%u", level->index);
	note(walk, name, walk->p);
}

static const char *string_end(const char *p)
{
	char quote = *p++;
	while (*p && *p != quote)
		p += *p == '\\' && p[1] ? 2 : 1;
	return *p ? p + 1 : p;
}

/* Escapes in names stay as they are written: no name that anybody looks for has one. */
static void take_string(struct walk *walk)
{
	const char *start = walk->p, *end = string_end(start);
	if (walk->name_next) {
		g_autofree char *name = g_strndup(start + 1, (gsize)MAX(end - start - 2, 0));
		note(walk, name, start);
		walk->name_next = false;
	} else {
		note_element(walk);
	}
	walk->p = end;
}

static void enter(struct walk *walk, bool list)
{
	note_element(walk);
	walk->p++;
	if (walk->depth == DEPTH_MAX)
		return;
	walk->levels[++walk->depth] = (struct level){.list = list, .path_len = walk->path->len};
	walk->name_next = !list;
}

static void leave(struct walk *walk)
{
	g_string_truncate(walk->path, walk->levels[walk->depth].path_len);
	walk->depth = MAX(walk->depth - 1, 0);
	walk->name_next = false;
	walk->p++;
}

static void next_member(struct walk *walk)
{
	struct level *level = &walk->levels[walk->depth];
	level->index++;
	walk->name_next = !level->list;
	walk->p++;
}

static const char *skip_comment(const char *p)
{
	const char *end = p[1] == '*' ? strstr(p + 2, "*/") : strchr(p, '\n');
	return !end ? p + strlen(p) : p[1] == '*' ? end + 2 : end;
}

static void step(struct walk *walk)
{
	switch (*walk->p) {
	case '"':
	case '\'':
		take_string(walk);
		return;
	case '{':
	case '[':
		enter(walk, *walk->p == '[');
		return;
	case '}':
	case ']':
		leave(walk);
		return;
	case ',':
		next_member(walk);
		return;
	case '/':
		walk->p = skip_comment(walk->p);
		return;
	default:
		if (!g_ascii_isspace(*walk->p) && *walk->p != ':')
			note_element(walk);
		walk->p++;
	}
}

static void find_places(struct json_text *self)
{
	struct walk walk = {.self = self, .p = self->text, .path = g_string_new(NULL)};
	while (*walk.p)
		step(&walk);
	g_string_free(walk.path, TRUE);
}

/* ---- reading ---------------------------------------------------------------- */

static char *place(const char *where, const char *text, gsize at)
{
	unsigned line = 1;
	const char *start = text;
	for (const char *p = text; p < text + at && *p; p++)
		if (*p == '\n') {
			line++;
			start = p + 1;
		}
	glong column = 1;
	for (const char *p = start; p < text + at && *p; p++)
		column += ((guchar)*p & 0xc0) != 0x80;
	return g_strdup_printf("%s:%u:%ld", where, line, column);
}

static struct json_object *read_object(const char *text, gsize len, gsize *ret_at, const char **ret_why)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	struct json_object *root = json_tokener_parse_ex(tokener, text, (int)len);
	enum json_tokener_error code = json_tokener_get_error(tokener);
	gsize at = MIN(json_tokener_get_parse_end(tokener), len);
	json_tokener_free(tokener);
	bool rest = false;
	if (code == json_tokener_success)
		while (at < len && !rest) {
			gsize next = text[at] == '/' && (text[at + 1] == '*' || text[at + 1] == '/')
			                     ? (gsize)(skip_comment(text + at) - text)
			                     : at + 1;
			rest = next == at + 1 && !g_ascii_isspace(text[at]);
			at = rest ? at : next;
		}
	*ret_at = at;
	*ret_why = code == json_tokener_continue  ? "the file ends too early"
	           : code != json_tokener_success ? json_tokener_error_desc(code)
	           : rest                         ? "something follows the end"
	                                          : "an object is wanted";
	if (code == json_tokener_success && !rest && json_object_is_type(root, json_type_object))
		return root;
	json_object_put(root);
	return NULL;
}

struct json_text *json_text_parse(const char *text, gsize len, const char *where, GError **error)
{
	g_autofree char *copy = g_strndup(text, len);
	if (strlen(copy) != len || len > JSON_TEXT_MAX_BYTES) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s:1:1: %s", where,
		        len > JSON_TEXT_MAX_BYTES ? "larger than 64 KiB" : "a NUL byte in it");
		return NULL;
	}
	gsize at = 0;
	const char *why = NULL;
	struct json_object *root = read_object(copy, len, &at, &why);
	if (!root) {
		g_autofree char *here = place(where, copy, at);
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s", here, why);
		return NULL;
	}
	struct json_text *self = g_new0(struct json_text, 1);
	self->text = g_steal_pointer(&copy);
	self->where = g_strdup(where);
	self->root = root;
	self->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	find_places(self);
	return self;
}

void json_text_free(struct json_text *self)
{
	if (!self)
		return;
	json_object_put(self->root);
	g_hash_table_unref(self->places);
	g_free(self->text);
	g_free(self->where);
	g_free(self);
}

struct json_object *json_text_root(const struct json_text *self)
{
	return self->root;
}

char *json_text_where(const struct json_text *self, const char *path)
{
	g_autofree char *up = g_strdup(path);
	gpointer at = NULL;
	while (*up && !g_hash_table_lookup_extended(self->places, up, NULL, &at)) {
		char *slash = strrchr(up, '/');
		*(slash ? slash : up) = '\0';
	}
	return place(self->where, self->text, GPOINTER_TO_SIZE(at));
}
