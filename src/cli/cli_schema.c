/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt schema`: the JSON schema (draft 7) of what --json prints, made from
 * the rows of cli_fields.c; or the same as tables for docs/json.md.
 *
 * Calls no host. Main thread.
 */
#include <string.h>

#include "cli.h"
#include "cli_fields.h"

#define UUID_PATTERN "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
#define TIME_PATTERN "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$"

const struct cli_option cli_options_schema[] = {
        {"markdown", 0, NULL, false, "Print tables for people instead"},
        {0},
};

/* ---- the schema ---- */

static const char *type_word(enum field_type type)
{
	switch (type) {
	case FIELD_TEXT:
	case FIELD_UUID:
	case FIELD_TIME:
		return "string";
	case FIELD_INT:
		return "integer";
	case FIELD_NUMBER:
		return "number";
	case FIELD_BOOL:
		return "boolean";
	case FIELD_TEXTS:
	case FIELD_LIST:
		return "array";
	case FIELD_OBJECT:
	case FIELD_MAP:
		break;
	}
	return "object";
}

static json_object *typed(const char *type)
{
	json_object *object = json_object_new_object();

	json_add_string(object, "type", type);
	return object;
}

static json_object *reference(const char *name)
{
	json_object *object = json_object_new_object();
	g_autofree char *path = g_strconcat("#/definitions/", name, NULL);

	json_add_string(object, "$ref", path);
	return object;
}

static void add_type(json_object *schema, const struct field *field)
{
	json_object *types;

	if (!field->null) {
		json_add_string(schema, "type", type_word(field->type));
		return;
	}
	types = json_object_new_array();
	json_object_array_add(types, json_object_new_string(type_word(field->type)));
	json_object_array_add(types, json_object_new_string("null"));
	json_object_object_add(schema, "type", types);
}

static json_object *choices_json(const struct field *field)
{
	g_auto(GStrv) words = g_strsplit(field->choices, "|", -1);
	json_object *values = json_object_new_array();

	for (unsigned i = 0; words[i]; i++)
		json_object_array_add(values, json_object_new_string(words[i]));
	return values;
}

static json_object *object_or_null(const struct field *field)
{
	json_object *schema = json_object_new_object();
	json_object *ways = json_object_new_array();

	json_object_array_add(ways, reference(field->of->name));
	if (field->null)
		json_object_array_add(ways, typed("null"));
	json_object_object_add(schema, "anyOf", ways);
	return schema;
}

static json_object *field_json(const struct field *field)
{
	json_object *schema = field->type == FIELD_OBJECT ? object_or_null(field) : json_object_new_object();

	if (field->type != FIELD_OBJECT)
		add_type(schema, field);
	json_add_string(schema, "description", field->help);
	if (field->choices)
		json_object_object_add(schema, "enum", choices_json(field));
	if (field->type == FIELD_UUID)
		json_add_string(schema, "pattern", UUID_PATTERN);
	if (field->type == FIELD_TIME)
		json_add_string(schema, "pattern", TIME_PATTERN);
	if (field->type == FIELD_TEXTS)
		json_object_object_add(schema, "items", typed("string"));
	if (field->type == FIELD_LIST)
		json_object_object_add(schema, "items", reference(field->of->name));
	if (field->type == FIELD_MAP)
		json_object_object_add(schema, "additionalProperties", typed("string"));
	return schema;
}

static json_object *record_json(const struct record *record)
{
	json_object *schema = typed("object"), *properties = json_object_new_object();
	json_object *required = json_object_new_array();

	for (const struct field *field = record->fields; field->name; field++) {
		json_object_object_add(properties, field->name, field_json(field));
		if (!field->absent)
			json_object_array_add(required, json_object_new_string(field->name));
	}
	json_add_string(schema, "description", record->help);
	json_object_object_add(schema, "properties", properties);
	json_object_object_add(schema, "required", required);
	return schema;
}

/* The record and those it is made of. */
static void define(json_object *definitions, const struct record *record)
{
	if (json_object_object_get_ex(definitions, record->name, NULL))
		return;
	json_object_object_add(definitions, record->name, record_json(record));
	for (const struct field *field = record->fields; field->name; field++)
		if (field->of)
			define(definitions, field->of);
}

static json_object *document_json(const struct document *document)
{
	json_object *schema = document->array ? typed("array") : reference(document->record->name);

	if (document->array) {
		json_add_string(schema, "description", document->command);
		json_object_object_add(schema, "items", reference(document->record->name));
	}
	return schema;
}

static json_object *schema_json(void)
{
	json_object *schema = json_object_new_object(), *definitions = json_object_new_object();
	json_object *any = json_object_new_array();

	json_add_string(schema, "$schema", "http://json-schema.org/draft-07/schema#");
	json_add_string(schema, "title", "What nvirt prints with --json");
	json_add_int(schema, "version", JSON_VERSION);
	for (const struct document *document = documents; document->name; document++) {
		g_autofree char *name = g_strconcat("print-", document->name, NULL);

		define(definitions, document->record);
		json_object_object_add(definitions, name, document_json(document));
		json_object_array_add(any, reference(name));
	}
	json_object_object_add(schema, "anyOf", any);
	json_object_object_add(schema, "definitions", definitions);
	return schema;
}

/* ---- tables for people ---- */

static const char *shape_word(const struct field *field)
{
	switch (field->type) {
	case FIELD_TEXT:
		return "string";
	case FIELD_UUID:
		return "UUID";
	case FIELD_TIME:
		return "time";
	case FIELD_INT:
		return "integer";
	case FIELD_NUMBER:
		return "number";
	case FIELD_BOOL:
		return "true or false";
	case FIELD_TEXTS:
		return "array of strings";
	case FIELD_LIST:
		return "array of ";
	case FIELD_OBJECT:
		return "";
	case FIELD_MAP:
		break;
	}
	return "object of strings";
}

static void append_field(GString *text, const struct field *field)
{
	g_string_append_printf(text, "| `%s` | %s", field->name, shape_word(field));
	if (field->of)
		g_string_append_printf(text, "[%s](#%s)", field->of->name, field->of->name);
	g_string_append_printf(text, "%s%s | %s", field->null ? ", null" : "", field->absent ? ", may be absent" : "",
	        field->help);
	if (field->choices) {
		g_auto(GStrv) words = g_strsplit(field->choices, "|", -1);
		g_autofree char *list = g_strjoinv("`, `", words);

		g_string_append_printf(text, ": `%s`", list);
	}
	g_string_append(text, " |\n");
}

static void append_record(GString *text, const struct record *record, GHashTable *done)
{
	if (!g_hash_table_add(done, (gpointer)record))
		return;
	g_string_append_printf(text, "\n### %s\n\n%s\n\n| member | type | what |\n|---|---|---|\n", record->name,
	        record->help);
	for (const struct field *field = record->fields; field->name; field++)
		append_field(text, field);
	for (const struct field *field = record->fields; field->name; field++)
		if (field->of)
			append_record(text, field->of, done);
}

static char *markdown(void)
{
	g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
	GString *text = g_string_new("| command | prints |\n|---|---|\n");

	for (const struct document *document = documents; document->name; document++) {
		bool command = g_str_has_prefix(document->command, "nvirt ");

		g_string_append_printf(text, "| %s%s%s | %s[%s](#%s) |\n", command ? "`" : "", document->command,
		        command ? "`" : "", document->array ? "array of " : "", document->record->name,
		        document->record->name);
	}
	for (const struct document *document = documents; document->name; document++)
		append_record(text, document->record, done);
	return g_string_free(text, FALSE);
}

int cli_schema(struct cli *cli)
{
	g_autoptr(json_object) schema = schema_json();

	if (cli->line.words->len)
		return cli_usage_error(cli, "schema", "schema takes no words");
	if (cli_line_flag(&cli->line, "markdown")) {
		g_autofree char *text = markdown();

		return output_text(&cli->out, text) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
	}
	return output_json(&cli->out, schema, true) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}
