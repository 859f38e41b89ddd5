/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "ui/theme.h"

static bool parse(struct theme *theme, const char *json, GPtrArray *warnings, GError **error)
{
	theme_init_builtin(theme);
	return theme_parse(theme, json, strlen(json), "x.json", warnings, error);
}

static void missing_roles_come_from_the_parent_then_the_builtin(void **state)
{
	(void)state;
	struct theme theme, builtin;
	theme_init_builtin(&builtin);
	assert_true(parse(&theme, "{\"roles\":{\"status\":{},\"header\":{\"fg\":\"blue\"},\"tree.guide\":{\"fg\":3}}}", NULL, NULL));
	assert_int_equal(theme.styles[ROLE_HEADER_LABEL].fg, 4);
	assert_int_equal(theme.styles[ROLE_TREE_GUIDE].fg, 3);
	assert_int_equal(theme.styles[ROLE_CURSOR].attrs, builtin.styles[ROLE_CURSOR].attrs);
	assert_int_equal(theme.styles[ROLE_RUNNING].fg, builtin.styles[ROLE_RUNNING].fg);
	theme_fini(&theme);
	theme_fini(&builtin);
}

static void colours_are_names_numbers_hex_and_palette(void **state)
{
	(void)state;
	struct theme theme;
	assert_true(parse(&theme,
	        "{\"palette\":{\"p\":\"#102030\"},\"roles\":{\"text\":{\"fg\":\"$p\",\"bg\":\"default\"},"
	        "\"title\":{\"fg\":\"bright-red\",\"bg\":200,\"attr\":[\"bold\",\"italic\"]}}}",
	        NULL, NULL));
	assert_int_equal(theme.styles[ROLE_TEXT].fg, 0x1102030);
	assert_int_equal(theme.styles[ROLE_TEXT].bg, THEME_COLOUR_DEFAULT);
	assert_int_equal(theme.styles[ROLE_TITLE].fg, 9);
	assert_int_equal(theme.styles[ROLE_TITLE].bg, 200);
	assert_int_equal(theme.styles[ROLE_TITLE].attrs, ATTR_BOLD | ATTR_ITALIC);
	theme_fini(&theme);
}

static void unknown_things_are_warnings_with_file_and_line(void **state)
{
	(void)state;
	struct theme theme;
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	assert_true(parse(&theme,
	        "{\n\"roles\": {\n\"nonsense\": {},\n\"title\": {\"fg\": \"mauve\", \"attr\": [\"loud\"]},\n"
	        "\"cursor\": {\"fg\": \"$nope\"}, \"text\": 7}}",
	        warnings, NULL));
	assert_int_equal(warnings->len, 5);
	assert_string_equal(warnings->pdata[0], "x.json:3: unknown role 'nonsense'");
	assert_non_null(strstr(warnings->pdata[1], "x.json:4: role 'title': 'mauve' is no colour"));
	assert_non_null(strstr(warnings->pdata[2], "unknown attribute 'loud'"));
	assert_non_null(strstr(warnings->pdata[3], "x.json:5"));
	theme_fini(&theme);
}

static void broken_files_leave_the_builtin(void **state)
{
	(void)state;
	static const char *const broken[] = {"", "{", "[]", "nonsense", "{\"roles\":{}} tail", "{\"roles\":\n{,}}",
	        "{\"name\":\"\xff\"}"};
	struct theme builtin;
	theme_init_builtin(&builtin);
	for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
		struct theme theme;
		g_autoptr(GError) error = NULL;
		assert_false(parse(&theme, broken[i], NULL, &error));
		assert_non_null(error);
		assert_true(g_str_has_prefix(error->message, "x.json:"));
		assert_memory_equal(theme.styles, builtin.styles, sizeof(theme.styles));
		theme_fini(&theme);
	}
	theme_fini(&builtin);
}

static void any_mutation_of_a_theme_is_survived(void **state)
{
	(void)state;
	static const char good[] = "{\"name\":\"x\",\"palette\":{\"a\":\"#112233\"},\"roles\":{\"text\":{\"fg\":\"$a\","
	                           "\"attr\":[\"bold\"],\"mono\":[\"dim\"]},\"title\":{\"fg\":12}}}";
	g_autoptr(GRand) rand = g_rand_new_with_seed(11);
	for (int i = 0; i < 5000; i++) {
		char text[sizeof(good)];
		memcpy(text, good, sizeof(good));
		for (int n = g_rand_int_range(rand, 1, 6); n > 0; n--)
			text[g_rand_int_range(rand, 0, sizeof(good) - 1)] = (char)g_rand_int_range(rand, 0, 256);
		struct theme theme;
		g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GError) error = NULL;
		theme_init_builtin(&theme);
		bool ok = theme_parse(&theme, text, sizeof(good) - 1, "x", warnings, &error);
		assert_true(ok == !error);
		theme_fini(&theme);
	}
}

static void odd_names_and_files_are_refused(void **state)
{
	(void)state;
	static const char *const names[] = {"", "../default", ".hidden", "a/b", "no-such-theme-anywhere"};
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		struct theme theme;
		g_autoptr(GError) error = NULL;
		assert_false(theme_load(&theme, names[i], NULL, &error));
		assert_non_null(error);
		assert_string_equal(theme.name, "built-in");
		theme_fini(&theme);
	}
}

static void a_fifo_does_not_hold_up_the_start(void **state)
{
	(void)state;
	g_autofree char *dir = g_build_filename(g_get_user_config_dir(), "nvirt", "themes", NULL);
	g_autofree char *path = g_build_filename(dir, "fifo.json", NULL);
	assert_int_equal(g_mkdir_with_parents(dir, 0700), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	struct theme theme;
	g_autoptr(GError) error = NULL;
	assert_false(theme_load(&theme, "fifo", NULL, &error));
	assert_non_null(strstr(error->message, "not a regular file"));
	theme_fini(&theme);
	g_unlink(path);
}

static void shipped_themes_have_no_warnings(void **state)
{
	(void)state;
	static const char *const names[] = {"default", "mono"};
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_strdup_printf("themes/%s.json", names[i]);
		g_autofree char *json = NULL;
		gsize len;
		if (!g_file_get_contents(path, &json, &len, NULL))
			skip();
		struct theme theme;
		g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
		theme_init_builtin(&theme);
		assert_true(theme_parse(&theme, json, len, path, warnings, NULL));
		assert_int_equal(warnings->len, 0);
		assert_string_equal(theme.name, names[i]);
		theme_fini(&theme);
	}
}

int main(void)
{
	/* Before GLib looks: the user's own themes are none of the tests' business. */
	g_autofree char *dir = g_dir_make_tmp("nvirt-theme-XXXXXX", NULL);
	g_setenv("XDG_CONFIG_HOME", dir, TRUE);
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(missing_roles_come_from_the_parent_then_the_builtin),
	        cmocka_unit_test(colours_are_names_numbers_hex_and_palette),
	        cmocka_unit_test(unknown_things_are_warnings_with_file_and_line),
	        cmocka_unit_test(broken_files_leave_the_builtin),
	        cmocka_unit_test(any_mutation_of_a_theme_is_survived),
	        cmocka_unit_test(odd_names_and_files_are_refused),
	        cmocka_unit_test(a_fifo_does_not_hold_up_the_start),
	        cmocka_unit_test(shipped_themes_have_no_warnings),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	g_autofree char *nvirt = g_build_filename(dir, "nvirt", NULL);
	g_autofree char *themes = g_build_filename(nvirt, "themes", NULL);
	g_rmdir(themes);
	g_rmdir(nvirt);
	g_rmdir(dir);
	return failed;
}
