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
	assert_int_equal(theme.styles[ROLE_HEADER_LABEL].fg.full, 4);
	assert_int_equal(theme.styles[ROLE_TREE_GUIDE].fg.full, 3);
	assert_int_equal(theme.styles[ROLE_CURSOR].attrs, builtin.styles[ROLE_CURSOR].attrs);
	assert_int_equal(theme.styles[ROLE_RUNNING].fg.full, builtin.styles[ROLE_RUNNING].fg.full);
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
	assert_int_equal(theme.styles[ROLE_TEXT].fg.full, 0x1102030);
	assert_int_equal(theme.styles[ROLE_TEXT].bg.full, THEME_COLOUR_DEFAULT);
	assert_int_equal(theme.styles[ROLE_TITLE].fg.full, 9);
	assert_int_equal(theme.styles[ROLE_TITLE].bg.full, 200);
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
	assert_string_equal(warnings->pdata[0], "x.json:3:1: unknown role 'nonsense'");
	assert_non_null(strstr(warnings->pdata[1], "x.json:4:11: role 'title': 'mauve' is no colour"));
	assert_non_null(strstr(warnings->pdata[2], "unknown attribute 'loud'"));
	assert_non_null(strstr(warnings->pdata[3], "x.json:5"));
	theme_fini(&theme);
}

static void a_theme_names_its_background_once(void **state)
{
	(void)state;
	struct theme theme;
	assert_true(parse(&theme,
	        "{\"roles\":{\"text\":{\"fg\":\"#eeeeee\",\"bg\":\"#111111\"},\"label\":{\"fg\":\"cyan\"},"
	        "\"dialog\":{\"bg\":\"#222222\"},\"dialog.danger\":{\"fg\":\"red\"},\"border\":{\"bg\":\"default\"}}}",
	        NULL, NULL));
	assert_int_equal(theme.styles[ROLE_LABEL].bg.full, 0x1111111);
	assert_int_equal(theme.styles[ROLE_DIALOG_DANGER].bg.full, 0x1222222);
	assert_int_equal(theme.styles[ROLE_DIALOG_DANGER].fg.full, 1);
	/* Not named at all: the built-in role on this background. */
	assert_int_equal(theme.styles[ROLE_TREE].bg.full, 0x1111111);
	assert_int_equal(theme.styles[ROLE_TREE].fg.full, 0x1eeeeee);
	theme_fini(&theme);
}

static void a_colour_has_a_form_for_each_kind_of_terminal(void **state)
{
	(void)state;
	struct theme theme;
	assert_true(parse(&theme,
	        "{\"palette\":{\"p\":{\"rgb\":\"#b8bb26\",\"c256\":142,\"c16\":\"green\"}},"
	        "\"roles\":{\"text\":{\"fg\":\"$p\"},\"title\":{\"fg\":\"#5f87af\"}}}",
	        NULL, NULL));
	assert_int_equal(theme_look(&theme, ROLE_TEXT, DEPTH_TRUE).fg, 0x1b8bb26);
	assert_int_equal(theme_look(&theme, ROLE_TEXT, DEPTH_256).fg, 142);
	assert_int_equal(theme_look(&theme, ROLE_TEXT, DEPTH_16).fg, 2);
	assert_int_equal(theme_look(&theme, ROLE_TEXT, DEPTH_MONO).fg, THEME_COLOUR_DEFAULT);
	/* Without: the nearest, and with sixteen colours as the built-in theme has it. */
	assert_int_equal(theme_look(&theme, ROLE_TITLE, DEPTH_256).fg, 67);
	assert_int_equal(theme_look(&theme, ROLE_TITLE, DEPTH_16).fg, THEME_COLOUR_DEFAULT);
	assert_int_equal(theme_look(&theme, ROLE_TITLE, DEPTH_16).attrs, ATTR_BOLD);
	theme_fini(&theme);
}

static void the_default_theme_is_the_built_in_one(void **state)
{
	(void)state;
	struct theme theme, builtin;
	if (!theme_load_file(&theme, "themes/default.json", NULL, NULL))
		skip();
	theme_init_builtin(&builtin);
	for (int role = 0; role < ROLE_N; role++)
		for (int depth = DEPTH_MONO; depth <= DEPTH_TRUE; depth++) {
			struct theme_look is = theme_look(&theme, (enum role)role, (enum theme_depth)depth);
			struct theme_look want = theme_look(&builtin, (enum role)role, (enum theme_depth)depth);
			if (is.fg != want.fg || is.bg != want.bg || is.attrs != want.attrs)
				fail_msg("themes/default.json: role '%s' differs from theme.c", role_name((enum role)role));
		}
	theme_fini(&theme);
	theme_fini(&builtin);
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
	g_autoptr(GDir) dir = g_dir_open("themes", 0, NULL);
	const char *file;
	if (!dir)
		skip();
	while ((file = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename("themes", file, NULL);
		g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GError) error = NULL;
		struct theme theme;
		if (!theme_load_file(&theme, path, warnings, &error))
			fail_msg("%s", error->message);
		if (warnings->len > 0)
			fail_msg("%s", (const char *)warnings->pdata[0]);
		g_autofree char *want = g_strconcat(theme.name, ".json", NULL);
		assert_string_equal(file, want);
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
	        cmocka_unit_test(a_theme_names_its_background_once),
	        cmocka_unit_test(a_colour_has_a_form_for_each_kind_of_terminal),
	        cmocka_unit_test(the_default_theme_is_the_built_in_one),
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
