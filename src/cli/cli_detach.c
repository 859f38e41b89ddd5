/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --no-wait: the same command goes on by itself. A process of its own does it,
 * without a terminal, and writes the journal as ever; a task that its front
 * door left in the middle would stop half-way.
 *
 * Main thread.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/*
 * Set for the process that goes on: what was asked and agreed to is not asked
 * again. Its value is the ids that its tasks have been told to have.
 */
#define DETACHED "NVIRT_DETACHED"

bool cli_is_detached(void)
{
	return g_getenv(DETACHED) != NULL;
}

char *cli_detached_id(unsigned at, unsigned count)
{
	const char *all = g_getenv(DETACHED);
	g_auto(GStrv) ids = g_strsplit(all ? all : "", " ", -1);

	return g_strv_length(ids) == count && at < count ? g_strdup(ids[at]) : NULL;
}

/* Between fork and exec: nothing of the terminal is left to it, and it dies with nobody. */
static void leave_terminal(gpointer data)
{
	(void)data;
	setsid();
}

static char **own_words(GError **error)
{
	GPtrArray *words = g_ptr_array_new();
	g_autofree char *bytes = NULL;
	gsize len = 0;

	if (!g_file_get_contents("/proc/self/cmdline", &bytes, &len, error)) {
		g_ptr_array_free(words, TRUE);
		return NULL;
	}
	for (gsize at = 0; at < len; at += strlen(bytes + at) + 1)
		g_ptr_array_add(words, g_strdup(bytes + at));
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

bool cli_detach(const char *const *ids, GError **error)
{
	g_autofree char *all = g_strjoinv(" ", (char **)ids);
	g_auto(GStrv) words = own_words(error);
	g_auto(GStrv) env = g_environ_setenv(g_get_environ(), DETACHED, all, TRUE);
	g_autofree char *program = words && words[0] ? g_file_read_link("/proc/self/exe", error) : NULL;

	if (!program)
		return false;
	g_free(words[0]);
	words[0] = g_steal_pointer(&program);
	return g_spawn_async(NULL, words, env, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
	        leave_terminal, NULL, NULL, error);
}
