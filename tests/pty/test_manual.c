/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manual page: whole, and clean to those who show it; and what make install puts where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "nvirt/action.h"
#include "support/files.h"
#include "support/pty.h"

static char *build, *page, *home;

static char *run(const char *const *argv, char **ret_err)
{
	g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "LC_ALL", "C.UTF-8", TRUE);
	char *out = NULL;
	int status = 0;

	env = g_environ_setenv(env, "MANWIDTH", "80", TRUE);
	env = g_environ_setenv(env, "XDG_STATE_HOME", home, TRUE);
	/* What make says to one that it starts is not meant for this one. */
	env = g_environ_unsetenv(env, "MAKEFLAGS");
	env = g_environ_unsetenv(env, "MAKELEVEL");
	assert_true(g_spawn_sync(NULL, (char **)argv, env, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, ret_err, &status, NULL));
	if (status != 0)
		fail_msg("%s: %s%s", argv[0], out, *ret_err);
	return out;
}

static void man_has_nothing_to_complain(void **state)
{
	const char *argv[] = {"man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page, NULL};
	g_autofree char *path = g_find_program_in_path("man"), *err = NULL, *out = NULL;
	(void)state;

	if (!path)
		skip();
	out = run(argv, &err);
	assert_string_equal(err, "");
	assert_true(strlen(out) > 10000);
}

static void mandoc_has_nothing_to_complain(void **state)
{
	const char *argv[] = {"mandoc", "-Tlint", "-Wstyle", page, NULL};
	g_autofree char *path = g_find_program_in_path("mandoc"), *err = NULL, *out = NULL;
	(void)state;

	if (!path)
		skip();
	out = run(argv, &err);
	assert_string_equal(out, "");
}

/* Dashes can be searched for and copied only when they are the ASCII ones. */
static void every_verb_and_parameter_is_in_it(void **state)
{
	const char *argv[] = {"man", "-l", "-Tascii", page, NULL};
	g_autofree char *path = g_find_program_in_path("man"), *err = NULL, *out = NULL;
	g_autoptr(GRegex) drawn = g_regex_new(".\b|\033\\[[0-9;]*m", 0, 0, NULL);
	(void)state;

	if (!path)
		skip();
	g_autofree char *raw = run(argv, &err);
	out = g_regex_replace_literal(drawn, raw, -1, 0, "", 0, NULL);
	for (unsigned i = 0; i < action_count; i++) {
		g_autofree char *verb = g_strdup_printf("nvirt %s", action_table[i].verb);

		if (action_table[i].flags & ACTION_LOCAL)
			continue;
		if (!strstr(out, verb))
			fail_msg("'%s' is not in the manual", verb);
		for (const struct param *param = action_table[i].params; param && param->name; param++) {
			bool on = param->type == PARAM_BOOL && g_strcmp0(param->fallback, "yes") == 0;
			g_autofree char *option = g_strconcat(on ? "--no-" : "--", param->name, NULL);

			if (!strstr(out, option))
				fail_msg("'%s' of '%s' is not in the manual", option, verb);
		}
	}
	assert_null(strchr(out, '@') ? strstr(out, "@ACTIONS@") : NULL);
}

static void all_of_it_is_installed_and_removed(void **state)
{
	static const char *const files[] = {"bin/nvirt", "share/man/man1/nvirt.1", "share/nvirt/json-1.schema.json",
	        "share/bash-completion/completions/nvirt", "share/zsh/site-functions/_nvirt",
	        "share/fish/vendor_completions.d/nvirt.fish", "share/doc/nvirt/json.md"};
	g_autofree char *to = g_strconcat("DESTDIR=", home, NULL), *from = g_strconcat("BUILD=", build, NULL);
	const char *install[] = {"make", "-s", to, from, "PREFIX=/usr", "install", NULL};
	const char *uninstall[] = {"make", "-s", to, from, "PREFIX=/usr", "uninstall", NULL};
	g_autofree char *err = NULL, *again = NULL;
	(void)state;

	g_free(run(install, &err));
	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(home, "usr", files[i], NULL);
		g_autofree char *text = NULL;

		if (!g_file_get_contents(path, &text, NULL, NULL) || !*text)
			fail_msg("'%s' was not installed", files[i]);
	}
	g_free(run(uninstall, &again));
	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(home, "usr", files[i], NULL);

		if (access(path, F_OK) == 0)
			fail_msg("'%s' was left behind", files[i]);
	}
}

static int setup(void **state)
{
	const char *argv[] = {pty_program(), "__man", "data/nvirt.1.in", NULL};
	g_autofree char *program = g_canonicalize_filename(pty_program(), NULL);
	g_autofree char *err = NULL, *text = NULL;
	(void)state;

	build = g_path_get_dirname(program);
	home = g_dir_make_tmp("nvirt-man-XXXXXX", NULL);
	page = g_build_filename(home, "nvirt.1", NULL);
	text = run(argv, &err);
	files_write(page, text, -1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	files_remove(home);
	g_free(home);
	g_free(page);
	g_free(build);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(man_has_nothing_to_complain),
	        cmocka_unit_test(mandoc_has_nothing_to_complain),
	        cmocka_unit_test(every_verb_and_parameter_is_in_it),
	        cmocka_unit_test(all_of_it_is_installed_and_removed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
