/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same data as --json, as CSV (RFC 4180, but lines end with a line feed):
 * a row of names, then one row an object. What is not known is empty.
 *
 * Pure.
 */
#include <string.h>

#include "cli_output.h"

/* A text that is empty is quoted: it is something else than one that is not known. */
static void append_text(GString *out, const char *text)
{
	bool plain = *text && !strpbrk(text, ",\"\r\n") && *text != ' ';

	if (plain) {
		g_string_append(out, text);
		return;
	}
	g_string_append_c(out, '"');
	for (; *text; text++) {
		if (*text == '"')
			g_string_append_c(out, '"');
		g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
}

static void append_texts(GString *out, json_object *array)
{
	g_autoptr(GString) joined = g_string_new(NULL);

	for (size_t i = 0; i < json_object_array_length(array); i++)
		g_string_append_printf(
		        joined, "%s%s", i ? ", " : "", json_object_get_string(json_object_array_get_idx(array, i)));
	append_text(out, joined->str);
}

static void append_value(GString *out, const struct field *field, json_object *value)
{
	if (!value)
		return;
	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_UUID:
	case FIELD_TIME:
		append_text(out, json_object_get_string(value));
		break;
	case FIELD_INT:
	case FIELD_NUMBER:
	case FIELD_BOOL:
		g_string_append(out, json_object_to_json_string(value));
		break;
	case FIELD_TEXTS:
		append_texts(out, value);
		break;
	case FIELD_LIST:
	case FIELD_OBJECT:
	case FIELD_MAP:
		append_text(out, json_object_to_json_string_ext(
		                         value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		break;
	}
}

void csv_titles(GString *out, const struct record *record)
{
	for (const struct field *field = record->fields; field->name; field++)
		g_string_append_printf(out, "%s%s", field == record->fields ? "" : ",", field->name);
	g_string_append_c(out, '\n');
}

void csv_row(GString *out, const struct record *record, json_object *object)
{
	for (const struct field *field = record->fields; field->name; field++) {
		json_object *value = NULL;

		if (field != record->fields)
			g_string_append_c(out, ',');
		json_object_object_get_ex(object, field->name, &value);
		append_value(out, field, value);
	}
	g_string_append_c(out, '\n');
}

bool output_records(struct output *out, const struct record *record, json_object *array)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (!out->csv)
		return output_json(out, array, true);
	csv_titles(text, record);
	for (size_t i = 0; i < json_object_array_length(array); i++)
		csv_row(text, record, json_object_array_get_idx(array, i));
	return output_text(out, text->str);
}

bool output_record(struct output *out, const struct record *record, json_object *object)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (!out->csv)
		return output_json(out, object, true);
	csv_titles(text, record);
	csv_row(text, record, object);
	return output_text(out, text->str);
}
