/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON that people write by hand: comments and trailing commas are allowed,
 * and every message can say in which line and column a member stands. Pure.
 */
#ifndef NVIRT_JSON_TEXT_H
#define NVIRT_JSON_TEXT_H

#include <glib.h>

struct json_object;
struct json_text;

#define JSON_TEXT_MAX_BYTES (64 * 1024)

/* `where` names the file in messages. NULL with "FILE:LINE:COLUMN: what" for anything that is no object. */
struct json_text *json_text_parse(const char *text, gsize len, const char *where, GError **error);
void json_text_free(struct json_text *self); /* NULL is fine */
struct json_object *json_text_root(const struct json_text *self); /* borrowed */
/*
 * "FILE:LINE:COLUMN" of a member by its path, names joined by "/", elements of
 * lists by their number ("hosts/0/uri"); of the nearest one above it that is
 * there. Owned.
 */
char *json_text_where(const struct json_text *self, const char *path);

#endif
