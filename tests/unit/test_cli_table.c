/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of the command line: whole in a pipe, never wider than a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli_output.h"
#include "nvirt/text.h"

static const char *const titles[] = {"NAME", ">ID", "UUID", NULL};

static struct cli_table *sample_table(void)
{
	struct cli_table *table = cli_table_new(titles);

	cli_table_add(table, "web-server-of-the-shop");
	cli_table_add(table, "7");
	cli_table_add(table, "6695eb01-f6a4-8304-79aa-97f2502e193f");
	cli_table_add(table, "db");
	cli_table_add(table, NULL);
	cli_table_add(table, "");
	return table;
}

static void without_a_width_columns_are_aligned_and_whole(void **state)
{
	struct cli_table *table = sample_table();
	g_autofree char *text = cli_table_render(table, 0, false);
	(void)state;

	assert_string_equal(text, "NAME                    ID  UUID\n"
	                          "web-server-of-the-shop   7  6695eb01-f6a4-8304-79aa-97f2502e193f\n"
	                          "db                       -  -\n");
	cli_table_free(table);
}

static void no_line_is_ever_wider_than_the_terminal(void **state)
{
	struct cli_table *table = sample_table();
	(void)state;

	for (int width = 1; width < 100; width++) {
		g_autofree char *text = cli_table_render(table, width, width % 2);
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

		assert_int_equal(g_strv_length(lines), 4);
		for (unsigned i = 0; lines[i]; i++)
			assert_true(text_columns(lines[i]) <= width);
	}
	cli_table_free(table);
}

static void the_widest_column_is_cut_first(void **state)
{
	struct cli_table *table = sample_table();
	g_autofree char *text = cli_table_render(table, 50, true);
	(void)state;

	assert_non_null(strstr(text, "web-server-of-the-shop   7  6695eb01-f6a4-8304-79~\n"));
	cli_table_free(table);
}

static void wide_characters_keep_the_columns_straight(void **state)
{
	struct cli_table *table = cli_table_new(titles);
	(void)state;

	cli_table_add(table, "\xe4\xbb\xae\xe6\x83\xb3");
	cli_table_add(table, "12");
	cli_table_add(table, "x");
	g_autofree char *text = cli_table_render(table, 0, false);
	assert_string_equal(text, "NAME  ID  UUID\n\xe4\xbb\xae\xe6\x83\xb3  12  x\n");
	cli_table_free(table);
}

static void a_table_without_rows_has_its_titles(void **state)
{
	struct cli_table *table = cli_table_new(titles);
	g_autofree char *text = cli_table_render(table, 0, false);
	(void)state;

	assert_string_equal(text, "NAME  ID  UUID\n");
	cli_table_free(table);
}

static void times_are_utc_with_microseconds(void **state)
{
	g_autoptr(json_object) object = json_object_new_object();
	(void)state;

	json_add_time(object, "at", 1000000000000123);
	json_add_time(object, "never", 0);
	assert_string_equal(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
	        "{\"at\":\"2001-09-09T01:46:40.000123Z\",\"never\":null}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(without_a_width_columns_are_aligned_and_whole),
	        cmocka_unit_test(no_line_is_ever_wider_than_the_terminal),
	        cmocka_unit_test(the_widest_column_is_cut_first),
	        cmocka_unit_test(wide_characters_keep_the_columns_straight),
	        cmocka_unit_test(a_table_without_rows_has_its_titles),
	        cmocka_unit_test(times_are_utc_with_microseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
