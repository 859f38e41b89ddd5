/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tags as words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nvirt/tags.h"

static void assert_change(const char *tags, const char *add, const char *remove, const char *want)
{
	g_autofree char *changed = tags_change(tags, add, remove);

	assert_string_equal(changed, want);
}

static void blanks_doubles_and_empty_words_go(void **state)
{
	g_autofree char *tidy = tags_tidy(" web ,, prod,web , ");
	g_autofree char *none = tags_tidy(NULL);
	g_auto(GStrv) words = tags_split("a b, c");

	(void)state;
	assert_string_equal(tidy, "web, prod");
	assert_string_equal(none, "");
	assert_int_equal(g_strv_length(words), 2);
	assert_string_equal(words[0], "a b");
}

static void change_keeps_the_others_in_order(void **state)
{
	(void)state;
	assert_change("web, prod", "db", NULL, "web, prod, db");
	assert_change("web, prod", "prod,web", NULL, "web, prod");
	assert_change("web, prod, db", NULL, "prod", "web, db");
	assert_change("web", NULL, "web", "");
	assert_change(NULL, "web", NULL, "web");
	assert_change("web", NULL, "nothing", "web");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(blanks_doubles_and_empty_words_go),
	        cmocka_unit_test(change_keeps_the_others_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
