/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See killed.h. */
#include "support/killed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>

#include "support/files.h"
#include "support/pty.h"

static char *output_of(const struct killed *killed)
{
	return g_build_filename(killed->home, "output", NULL);
}

/* Through a shell and nice, which become it: so that its output is kept, and who waits for the middle is quicker than it. */
static pid_t start(const struct killed *killed, const char *const *words)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autofree char *output = output_of(killed);
	g_autoptr(GError) error = NULL;
	GPid pid;

	g_ptr_array_add(argv, (gpointer)"/bin/sh");
	g_ptr_array_add(argv, (gpointer)"-c");
	g_ptr_array_add(argv, (gpointer)"out=$1; shift; exec nice -n 19 \"$@\" >\"$out\" 2>&1");
	g_ptr_array_add(argv, (gpointer)"sh");
	g_ptr_array_add(argv, output);
	g_ptr_array_add(argv, (gpointer)pty_program());
	g_ptr_array_add(argv, (gpointer)"-c");
	g_ptr_array_add(argv, (gpointer)killed->uri);
	for (; *words; words++)
		g_ptr_array_add(argv, (gpointer)*words);
	g_ptr_array_add(argv, NULL);
	g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "XDG_STATE_HOME", killed->home, TRUE);
	if (!g_spawn_async(NULL, (char **)argv->pdata, env, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error))
		fail_msg("%s", error->message);
	return pid;
}

void killed_start(struct killed *killed, const char *uri, const char *const *words)
{
	*killed = (struct killed){.uri = uri, .home = g_dir_make_tmp("nvirt-home-XXXXXX", NULL)};
	assert_non_null(killed->home);
	killed->pid = start(killed, words);
}

static char *read_output(const struct killed *killed)
{
	g_autofree char *path = output_of(killed);
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

void killed_kill(struct killed *killed)
{
	int status = 0;

	kill(killed->pid, SIGKILL);
	assert_int_equal(waitpid(killed->pid, &status, 0), killed->pid);
	killed->pid = 0;
	if (WIFSIGNALED(status))
		return;
	g_autofree char *said = read_output(killed);
	fail_msg("it ended by itself: %s", said);
}

char *killed_task(struct killed *killed)
{
	g_autofree char *dir = g_build_filename(killed->home, "nvirt", NULL);
	g_autoptr(GPtrArray) records = journal_read_all(dir, NULL, NULL);

	for (unsigned i = 0; i < records->len; i++) {
		const struct journal_record *record = records->pdata[i];
		if (record->event == JOURNAL_END && record->state == TASK_INTERRUPTED)
			return g_strdup(record->task_id);
	}
	fail_msg("no task was found to be interrupted");
	return NULL;
}

char *killed_run(struct killed *killed, const char *const *words, int *ret_status)
{
	pid_t pid = start(killed, words);

	assert_int_equal(waitpid(pid, ret_status, 0), pid);
	return read_output(killed);
}

void killed_clean_up(struct killed *killed)
{
	g_autofree char *id = killed_task(killed);
	int status = 0;
	g_autofree char *said = killed_run(killed, ARGS("task-cleanup", id, "--yes"), &status);

	if (status)
		fail_msg("%s", said);
	g_free(killed_run(killed, ARGS("task-cleanup", id, "--yes"), &status));
	assert_int_not_equal(status, 0);
}

void killed_fini(struct killed *killed)
{
	if (killed->pid > 0) {
		kill(killed->pid, SIGKILL);
		waitpid(killed->pid, NULL, 0);
	}
	files_remove(killed->home);
	g_free(killed->home);
	*killed = (struct killed){0};
}
