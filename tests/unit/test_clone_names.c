/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of clones that are made at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "backend/clone_names.h"

static void expect(const char *pattern, unsigned count, const char *joined)
{
	g_auto(GStrv) names = clone_names_make(pattern, count);
	g_autofree char *text = g_strjoinv(" ", names);

	assert_string_equal(text, joined);
}

static void one_clone_has_the_name_as_it_is(void **state)
{
	(void)state;
	expect("web", 1, "web");
	expect("we#b", 1, "we#b");
}

static void several_are_numbered_in_the_place_of_the_marks(void **state)
{
	(void)state;
	expect("web", 3, "web-1 web-2 web-3");
	expect("web-##-eu", 2, "web-01-eu web-02-eu");
	expect("#", 11, "1 2 3 4 5 6 7 8 9 10 11");
	expect("a#b#", 2, "a1b# a2b#");
	expect("100%d##", 2, "100%d01 100%d02");
}

static unsigned count_of(const char *text)
{
	struct args *args = args_new();
	unsigned count;

	args_set(args, "count", text);
	count = clone_count(args);
	args_free(args);
	return count;
}

static void count_that_is_no_number_is_none(void **state)
{
	(void)state;
	assert_int_equal(count_of(NULL), 1);
	assert_int_equal(count_of("50"), 50);
	assert_int_equal(count_of("0"), 0);
	assert_int_equal(count_of("-3"), 0);
	assert_int_equal(count_of("2x"), 0);
	assert_int_equal(count_of("1001"), 0);
	assert_int_equal(count_of("99999999999999999999"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_clone_has_the_name_as_it_is),
	        cmocka_unit_test(several_are_numbered_in_the_place_of_the_marks),
	        cmocka_unit_test(count_that_is_no_number_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
