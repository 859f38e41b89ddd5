/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is remembered between runs: kept whole, shared, never spoilt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/files.h"
#include "ui/state.h"

static char *path(void)
{
	return g_build_filename(g_get_user_state_dir(), "nvirt", "state.json", NULL);
}

static void put(const char *text)
{
	g_autofree char *file = path();
	g_autofree char *dir = g_path_get_dirname(file);
	g_mkdir_with_parents(dir, 0700);
	files_write(file, text, -1);
}

static struct state *load(void)
{
	char *problem = NULL;
	struct state *state = state_load(&problem);
	assert_null(problem);
	return state;
}

static void what_is_set_is_there_the_next_time(void **unused)
{
	(void)unused;
	struct state *state = load();
	assert_int_equal(state_get_int(state, "a", 7), 7);
	state_set_int(state, "a", 3);
	state_set_string(state, "b", "x \"y\"");
	state_free(state, 60000);
	state = load();
	assert_int_equal(state_get_int(state, "a", 7), 3);
	assert_string_equal(state_get_string(state, "b"), "x \"y\"");
	/* Another type is as good as nothing. */
	assert_null(state_get_string(state, "a"));
	assert_int_equal(state_get_int(state, "b", 1), 1);
	state_set_string(state, "b", NULL);
	state_free(state, 60000);
	state = load();
	assert_null(state_get_string(state, "b"));
	state_free(state, 60000);
}

static void two_at_once_keep_each_others_values(void **unused)
{
	(void)unused;
	put("{\"later\": {\"version\": 9}, \"a\": 1, \"b\": 1}");
	struct state *one = load(), *two = load();
	state_set_int(one, "a", 2);
	state_set_int(two, "b", 2);
	state_free(one, 60000);
	state_free(two, 60000);
	g_autofree char *file = path(), *text = NULL;
	assert_true(g_file_get_contents(file, &text, NULL, NULL));
	assert_non_null(strstr(text, "\"version\":9"));
	struct state *state = load();
	assert_int_equal(state_get_int(state, "a", 0), 2);
	assert_int_equal(state_get_int(state, "b", 0), 2);
	state_free(state, 60000);
}

static void a_file_that_is_no_state_is_told_and_kept(void **unused)
{
	(void)unused;
	static const char *const wrong[] = {"", "{\"a\": ", "[]", "\xff"};
	for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autofree char *problem = NULL, *file = path(), *text = NULL;
		put(wrong[i]);
		struct state *state = state_load(&problem);
		assert_non_null(problem);
		assert_non_null(strstr(problem, "state.json:1:"));
		state_set_int(state, "a", 3);
		assert_int_equal(state_get_int(state, "a", 0), 3);
		state_free(state, 60000);
		assert_true(g_file_get_contents(file, &text, NULL, NULL));
		assert_string_equal(text, wrong[i]);
	}
}

static void without_a_state_there_is_nothing(void **unused)
{
	(void)unused;
	assert_int_equal(state_get_int(NULL, "a", 5), 5);
	assert_null(state_get_string(NULL, "a"));
	state_set_int(NULL, "a", 1);
	state_save(NULL);
	state_free(NULL, 0);
}

int main(void)
{
	/* Before GLib looks. */
	g_autofree char *dir = g_dir_make_tmp("nvirt-state-XXXXXX", NULL);
	g_setenv("XDG_STATE_HOME", dir, TRUE);
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_set_is_there_the_next_time),
	        cmocka_unit_test(two_at_once_keep_each_others_values),
	        cmocka_unit_test(a_file_that_is_no_state_is_told_and_kept),
	        cmocka_unit_test(without_a_state_there_is_nothing),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	files_remove(dir);
	return failed;
}
