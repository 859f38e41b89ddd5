/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ssh as libvirt's own transport uses it, to a guest's VNC: see door_ssh.h. */
#include "backend/door_ssh.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/conn.h"
#include "backend/uri.h"

static void add(GPtrArray *words, const char *word)
{
	g_ptr_array_add(words, g_strdup(word));
}

/* The URI's own parameters first: whoever states a key or a program means it for this too. */
static void add_options(GPtrArray *words, const char *uri)
{
	g_autofree char *key = uri_param(uri, "keyfile");
	g_autofree char *lax = uri_param(uri, "no_verify");
	unsigned port = uri_port(uri);

	add(words, "-T");
	add(words, "-oBatchMode=yes");
	if (lax && g_str_equal(lax, "1"))
		add(words, "-oStrictHostKeyChecking=no");
	if (key) {
		add(words, "-i");
		add(words, key);
	}
	if (port)
		g_ptr_array_add(words, g_strdup_printf("-p%u", port));
}

char **door_ssh_words(const char *uri, const char *host, unsigned port, const char *path)
{
	GPtrArray *words = g_ptr_array_new();
	g_autofree char *program = uri_param(uri, "command");
	g_autofree char *server = uri_server(uri, true);

	add(words, program ? program : "ssh");
	add_options(words, uri);
	if (!path) {
		add(words, "-W");
		g_ptr_array_add(words, g_strdup_printf(strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port));
	}
	/* A server whose name begins with a dash is no option. */
	add(words, "--");
	add(words, server);
	if (path) {
		g_autofree char *quoted = g_shell_quote(path);

		g_ptr_array_add(words, g_strconcat("exec nc -U ", quoted, NULL));
	}
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

int door_ssh(const char *uri, const char *host, unsigned port, const char *path, GError **error)
{
	g_auto(GStrv) words = door_ssh_words(uri, host, port, path);
	int pair[2];
	bool started;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		g_set_error(error, CONN_ERROR, VIR_ERR_SYSTEM_ERROR, "cannot start ssh: %s", g_strerror(errno));
		return -1;
	}
	started = g_spawn_async_with_pipes_and_fds(NULL, (const char *const *)words, NULL,
	        G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, pair[1], pair[1], -1, NULL, NULL, 0, NULL,
	        NULL, NULL, NULL, error);
	close(pair[1]);
	if (started)
		return pair[0];
	g_prefix_error(error, "cannot start ssh: ");
	close(pair[0]);
	return -1;
}
