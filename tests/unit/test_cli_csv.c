/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data as CSV: what is quoted, what is empty; and the rows that say what data there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cli/cli_fields.h"
#include "cli/cli_output.h"

static const struct field inner_fields[] = {{"a", FIELD_INT, .help = "x"}, {0}};
static const struct record inner = {"inner", "Inner.", inner_fields};
static const struct field fields[] = {
        {"name", FIELD_TEXT, .help = "x"},
        {"size_bytes", FIELD_INT, .help = "x"},
        {"rate", FIELD_NUMBER, .help = "x"},
        {"on", FIELD_BOOL, .help = "x"},
        {"words", FIELD_TEXTS, .help = "x"},
        {"list", FIELD_LIST, .help = "x", .of = &inner},
        {0},
};
static const struct record record = {"record", "A record.", fields};

static void row_is(const char *json, const char *wanted)
{
	g_autoptr(json_object) object = json_tokener_parse(json);
	g_autoptr(GString) text = g_string_new(NULL);

	assert_non_null(object);
	csv_row(text, &record, object);
	assert_string_equal(text->str, wanted);
}

static void titles_are_the_names_of_the_members(void **state)
{
	g_autoptr(GString) text = g_string_new(NULL);
	(void)state;

	csv_titles(text, &record);
	assert_string_equal(text->str, "name,size_bytes,rate,on,words,list\n");
}

static void plain_values_are_not_quoted(void **state)
{
	(void)state;
	row_is("{\"name\":\"web1\",\"size_bytes\":12,\"rate\":0.5,\"on\":true,\"words\":[\"a\"],\"list\":[]}",
	        "web1,12,0.5,true,a,[]\n");
}

static void what_would_break_a_row_is_quoted(void **state)
{
	(void)state;
	row_is("{\"name\":\"a,b\",\"words\":[\"a\",\"b\"]}", "\"a,b\",,,,\"a, b\",\n");
	row_is("{\"name\":\"say \\\"hi\\\"\"}", "\"say \"\"hi\"\"\",,,,,\n");
	row_is("{\"name\":\"two\\nlines\"}", "\"two\nlines\",,,,,\n");
	row_is("{\"name\":\" blank\"}", "\" blank\",,,,,\n");
	row_is("{\"list\":[{\"a\":1}]}", ",,,,,\"[{\"\"a\"\":1}]\"\n");
}

static void unknown_and_empty_are_two_things(void **state)
{
	(void)state;
	row_is("{\"name\":\"\"}", "\"\",,,,,\n");
	row_is("{\"name\":null}", ",,,,,\n");
}

/* A unit is in the name of every figure that has one, and names are one kind of word. */
static void names_are_words(void **state)
{
	(void)state;
	for (const struct document *document = documents; document->name; document++)
		for (const struct field *field = document->record->fields; field->name; field++) {
			const char *letters = "abcdefghijklmnopqrstuvwxyz0123456789_";

			if (strspn(field->name, letters) != strlen(field->name))
				fail_msg("%s.%s", document->record->name, field->name);
			if (strstr(field->help, "|") || !field->help[0])
				fail_msg("%s.%s: its help breaks a table", document->record->name, field->name);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(titles_are_the_names_of_the_members),
	        cmocka_unit_test(plain_values_are_not_quoted),
	        cmocka_unit_test(what_would_break_a_row_is_quoted),
	        cmocka_unit_test(unknown_and_empty_are_two_things),
	        cmocka_unit_test(names_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
