/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting the screen reader: see reader_process.h. */
#include "reader_process.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM "nvirt-screen"
/* What the program finds open beside its standard streams. */
#define CONTROL_FD 3
#define SERVER_FD 4

static char *beside(const char *directory, const char *way)
{
	char *path = g_build_filename(directory, way, PROGRAM, NULL);

	if (access(path, X_OK) == 0)
		return path;
	g_free(path);
	return NULL;
}

char *reader_process_path(void)
{
	/* From the build directory, its tests, and installed anywhere. */
	static const char *const ways[] = {".", "../libexec/nvirt", "../..", "../../.."};
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *directory = self ? g_path_get_dirname(self) : NULL;
	char *path = NULL;

	for (unsigned i = 0; directory && !path && i < G_N_ELEMENTS(ways); i++)
		path = beside(directory, ways[i]);
	return path ? path : g_build_filename(NVIRT_LIBEXECDIR, PROGRAM, NULL);
}

/* LANG and the like decide nothing in there; a search path of the loader's must not. */
static char **environment(void)
{
	char **env = g_new0(char *, 3);
	unsigned n = 0;

	if (g_getenv("HOME"))
		env[n++] = g_strconcat("HOME=", g_getenv("HOME"), NULL);
	if (g_getenv("XDG_DATA_HOME"))
		env[n++] = g_strconcat("XDG_DATA_HOME=", g_getenv("XDG_DATA_HOME"), NULL);
	return env;
}

static bool spawn(int control, int server, int *ret_pid, GError **error)
{
	g_autofree char *path = reader_process_path();
	g_auto(GStrv) env = environment();
	const char *argv[] = {path, "3", server >= 0 ? "4" : NULL, NULL};
	const int sources[] = {control, server}, targets[] = {CONTROL_FD, SERVER_FD};
	GPid pid;

	if (!g_spawn_async_with_pipes_and_fds("/", argv, (const char *const *)env,
	            G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, -1, -1,
	            -1, sources, targets, server >= 0 ? 2 : 1, &pid, NULL, NULL, NULL, error)) {
		g_prefix_error(error, "cannot start the screen reader: ");
		return false;
	}
	*ret_pid = pid;
	return true;
}

bool reader_process_start(int server, int *ret_fd, int *ret_pid, GError **error)
{
	int pair[2] = {-1, -1};
	bool started = false;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "cannot start the screen reader: %s",
		        g_strerror(errno));
	else
		started = spawn(pair[1], server, ret_pid, error);
	if (pair[1] >= 0)
		close(pair[1]);
	if (server >= 0)
		close(server);
	if (started)
		*ret_fd = pair[0];
	else if (pair[0] >= 0)
		close(pair[0]);
	return started;
}
