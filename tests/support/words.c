/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See words.h. */
#include "support/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <sys/wait.h>

#include "support/files.h"
#include "support/pty.h"

#define SCHEMA "data/json-1.schema.json"

void words_init(struct words *words, struct lab *lab)
{
	*words = (struct words){.lab = lab, .home = g_dir_make_tmp("nvirt-words-XXXXXX", NULL)};
	assert_non_null(words->home);
	words->files = g_ptr_array_new_with_free_func(g_free);
}

void words_fini(struct words *words)
{
	files_remove(words->home);
	g_free(words->home);
	g_ptr_array_unref(words->files);
}

void said_fini(struct said *said)
{
	g_free(said->out);
	g_free(said->err);
}

static struct said spawn(char **argv, char **env)
{
	struct said said = {0};
	int status = 0;

	assert_true(g_spawn_sync(NULL, argv, env, G_SPAWN_SEARCH_PATH | G_SPAWN_STDIN_FROM_DEV_NULL, NULL, NULL,
	        &said.out, &said.err, &status, NULL));
	if (!WIFEXITED(status))
		fail_msg("status %#x\n%s%s", (unsigned)status, said.out, said.err);
	said.code = WEXITSTATUS(status);
	return said;
}

/* What is the same for all of them. */
static char **environment(const char *home)
{
	return g_environ_setenv(g_environ_setenv(g_get_environ(), "XDG_STATE_HOME", home, TRUE), "LC_ALL", "C.UTF-8", TRUE);
}

struct said said_words(const char *uri, const char *home, const char *const *words)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_auto(GStrv) env = environment(home);

	g_ptr_array_add(argv, (gpointer)pty_program());
	g_ptr_array_add(argv, (gpointer) "-c");
	g_ptr_array_add(argv, (gpointer)uri);
	for (; *words; words++)
		g_ptr_array_add(argv, (gpointer)*words);
	g_ptr_array_add(argv, NULL);
	return spawn((char **)argv->pdata, env);
}

static struct said run(struct words *words, char **argv)
{
	g_autofree char *program = g_canonicalize_filename(pty_program(), NULL);
	g_autofree char *folder = g_path_get_dirname(program);
	g_autofree char *path = g_strdup_printf("%s:%s", folder, g_getenv("PATH"));
	g_auto(GStrv) env = environment(words->home);

	env = g_environ_setenv(env, "PATH", path, TRUE);
	env = g_environ_setenv(env, "LIBVIRT_DEFAULT_URI", lab_uri(words->lab, "h1"), TRUE);
	env = g_environ_unsetenv(env, "VISUAL");
	env = words->editor ? g_environ_setenv(env, "EDITOR", words->editor, TRUE) : g_environ_unsetenv(env, "EDITOR");
	return spawn(argv, env);
}

struct said words_run(struct words *words, const char *line)
{
	g_autofree char *text = g_strconcat("nvirt ", line, NULL);
	g_auto(GStrv) argv = NULL;

	assert_true(g_shell_parse_argv(text, NULL, &argv, NULL));
	g_free(argv[0]);
	argv[0] = g_strdup(pty_program());
	return run(words, argv);
}

struct said words_shell(struct words *words, const char *line)
{
	char *argv[] = {(char *)"/bin/bash", (char *)"-o", (char *)"pipefail", (char *)"-c", (char *)line, NULL};

	return run(words, argv);
}

static char *keep_file(struct words *words, const char *name, const char *json)
{
	g_autofree char *file = g_strdup_printf("%s.%u.json", name, words->files->len);
	char *path = g_build_filename(words->home, file, NULL);

	files_write(path, json, -1);
	g_ptr_array_add(words->files, path);
	return path;
}

/* An action's line says itself what it is, where it is not what was expected. */
static const char *name_of(json_object *object, const char *name)
{
	json_object *state = NULL;
	const char *word;

	json_object_object_get_ex(object, "state", &state);
	word = state ? json_object_get_string(state) : "";
	return g_str_equal(word, "refused") || g_str_equal(word, "begun") ? word : name;
}

bool words_keep_lines(struct words *words, const char *name, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (unsigned i = 0; lines[i]; i++) {
		json_object *object = *lines[i] ? json_tokener_parse(lines[i]) : NULL;

		if (*lines[i] && !json_object_is_type(object, json_type_object))
			return false;
		if (object)
			keep_file(words, name_of(object, name), lines[i]);
		json_object_put(object);
	}
	return true;
}

bool words_keep(struct words *words, const char *name, const char *json, const char *csv)
{
	json_object *document = json_tokener_parse(json);
	char *path;

	if (!document)
		return false;
	json_object_put(document);
	path = keep_file(words, name, json);
	if (csv) {
		g_autofree char *table = g_strndup(path, strlen(path) - strlen("json"));
		g_autofree char *beside = g_strconcat(table, "csv", NULL);

		files_write(beside, csv, -1);
	}
	return true;
}

void words_check_schema(struct words *words)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autofree char *out = NULL, *err = NULL;
	int status = 0;

	/* Debian's own Python: another one that comes first in PATH may lack its packages. */
	g_ptr_array_add(argv, (gpointer)"/usr/bin/python3");
	g_ptr_array_add(argv, (gpointer)"tests/support/schema.py");
	g_ptr_array_add(argv, (gpointer)SCHEMA);
	for (unsigned i = 0; i < words->files->len; i++)
		g_ptr_array_add(argv, words->files->pdata[i]);
	g_ptr_array_add(argv, NULL);
	assert_true(g_spawn_sync(NULL, (char **)argv->pdata, NULL, 0, NULL, NULL, &out, &err, &status, NULL));
	if (status != 0)
		fail_msg("%s%s", out, err);
}
