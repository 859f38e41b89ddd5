/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's editor as a job in the foreground, as a shell would run it: see
 * editor.h. Main thread.
 */
#define _GNU_SOURCE
#include "nvirt/editor.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct editor {
	pid_t pid;   /* also its group; 0 = it has ended */
	pid_t group; /* ours, which had the terminal */
};

const char *editor_command(void)
{
	static const char *const names[] = {"VISUAL", "EDITOR"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *command = g_getenv(names[i]);

		if (command && command[strspn(command, " \t")])
			return command;
	}
	return "vi";
}

/* From the background this raises SIGTTOU, which would stop us. */
static void set_foreground(pid_t group)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	tcsetpgrp(STDIN_FILENO, group);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static int spawn(const char *path, pid_t *ret_pid)
{
	g_autofree char *script = g_strdup_printf("%s \"$1\"", editor_command());
	char sh[] = "sh", option[] = "-c";
	char *const argv[] = {sh, option, script, sh, (char *)path, NULL};
	posix_spawnattr_t attr;
	sigset_t set;
	int failed;

	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(
	        &attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(&attr, 0);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	sigfillset(&set);
	posix_spawnattr_setsigdefault(&attr, &set);
	failed = posix_spawn(ret_pid, "/bin/sh", NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	return failed;
}

struct editor *editor_start(const char *path, GError **error)
{
	struct editor *editor = g_new0(struct editor, 1);
	int failed;

	editor->group = getpgrp();
	failed = spawn(path, &editor->pid);
	if (!failed) {
		/* Had it asked for the terminal before it was given to it, it would be stopped. */
		editor_continue(editor);
		return editor;
	}
	g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "cannot run '/bin/sh' for the editor: %s",
	        g_strerror(failed));
	g_free(editor);
	return NULL;
}

static enum editor_state wait_for(struct editor *editor, int *ret_status, int flags)
{
	int status;
	pid_t got;

	if (!editor->pid)
		return EDITOR_RUNS;
	do
		got = waitpid(editor->pid, &status, flags | WUNTRACED);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return EDITOR_RUNS;
	if (got > 0 && WIFSTOPPED(status))
		return EDITOR_STOPPED;
	editor->pid = 0;
	*ret_status = got < 0 ? 255 << 8 : status;
	return EDITOR_ENDED;
}

enum editor_state editor_poll(struct editor *editor, int *ret_status)
{
	return wait_for(editor, ret_status, WNOHANG);
}

void editor_take_terminal(struct editor *editor)
{
	set_foreground(editor->group);
}

void editor_continue(struct editor *editor)
{
	if (!editor->pid)
		return;
	set_foreground(editor->pid);
	kill(-editor->pid, SIGCONT);
}

void editor_free(struct editor *editor)
{
	if (!editor)
		return;
	if (editor->pid) {
		kill(-editor->pid, SIGHUP);
		kill(-editor->pid, SIGCONT);
	}
	editor_take_terminal(editor);
	g_free(editor);
}

bool editor_wait(const char *path, int *ret_status, GError **error)
{
	struct editor *editor = editor_start(path, error);

	if (!editor)
		return false;
	while (wait_for(editor, ret_status, 0) == EDITOR_STOPPED) {
		editor_take_terminal(editor);
		/* Ignored by the kernel where no shell could wake us again. */
		kill(0, SIGTSTP);
		editor_continue(editor);
	}
	editor_free(editor);
	return true;
}

char *editor_failure(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return NULL;
	if (WIFSIGNALED(status))
		return g_strdup_printf(
		        "was killed by signal %d (%s)", WTERMSIG(status), g_strsignal(WTERMSIG(status)));
	return g_strdup_printf("ended with exit code %d", WEXITSTATUS(status));
}
