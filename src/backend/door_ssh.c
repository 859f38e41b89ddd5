/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ssh as libvirt's own transport uses it, to a guest's VNC: see door_ssh.h. */
#include "backend/door_ssh.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/conn.h"
#include "backend/ssh.h"
#include "backend/uri.h"

/* To log in and to reach the server. */
#define GREETING_TIMEOUT_MS 20000

char **door_ssh_words(const char *uri, const char *host, unsigned port, const char *path)
{
	GPtrArray *words = ssh_words(uri);
	g_autofree char *server = uri_server(uri, true);

	if (!path) {
		ssh_add(words, "-W");
		g_ptr_array_add(words, g_strdup_printf(strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port));
	}
	/* A server whose name begins with a dash is no option. */
	ssh_add(words, "--");
	ssh_add(words, server);
	if (path) {
		g_autofree char *quoted = g_shell_quote(path);
		g_autofree char *netcat = uri_param(uri, "netcat");
		g_autofree char *quoted_netcat = g_shell_quote(netcat ? netcat : "nc");

		g_ptr_array_add(words, g_strconcat("exec ", quoted_netcat, " -U ", quoted, NULL));
	}
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

/* A VNC server speaks first: until it has, nothing is known of the way to it. */
static bool await_greeting(int fd, int words, const char *server, GError **error)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	char byte;

	if (poll(&poll_fd, 1, GREETING_TIMEOUT_MS) <= 0) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_TIMEOUT, "ssh to '%s': no VNC server answered within %d s",
		        server, GREETING_TIMEOUT_MS / 1000);
		return false;
	}
	if (recv(fd, &byte, 1, MSG_PEEK) > 0)
		return true;
	g_autofree char *why = ssh_last_words(words);
	g_set_error(error, CONN_ERROR, VIR_ERR_NO_CONNECT, "ssh to '%s': %s", server,
	        *why ? why : "it ended without a word");
	return false;
}

int door_ssh(const char *uri, const char *host, unsigned port, const char *path, GError **error)
{
	g_auto(GStrv) words = door_ssh_words(uri, host, port, path);
	g_autofree char *server = uri_server(uri, true);
	int pair[2], said = -1;
	bool started;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		g_set_error(error, CONN_ERROR, VIR_ERR_SYSTEM_ERROR, "cannot start ssh: %s", g_strerror(errno));
		return -1;
	}
	started = g_spawn_async_with_pipes_and_fds(NULL, (const char *const *)words, NULL,
	        G_SPAWN_SEARCH_PATH | G_SPAWN_CLOEXEC_PIPES, NULL, NULL, pair[1], pair[1], -1, NULL, NULL, 0, NULL, NULL,
	        NULL, &said, error);
	close(pair[1]);
	if (!started)
		g_prefix_error(error, "cannot start ssh: ");
	else
		started = await_greeting(pair[0], said, server, error);
	/* What ssh says later is heard by nobody, and does not end it. */
	if (said >= 0)
		close(said);
	if (started)
		return pair[0];
	close(pair[0]);
	return -1;
}
