/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ssh as libvirt's own transport uses it: see ssh.h. */
#define _GNU_SOURCE /* MSG_NOSIGNAL */
#include "backend/ssh.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/conn.h"
#include "backend/uri.h"
#include "nvirt/text.h"

#define WORDS_BYTES 2000
#define WORDS_WAIT_MS 1000
/* How often is it looked whether the answer is still wanted. */
#define LOOK_MS 200

void ssh_add(GPtrArray *words, const char *word)
{
	g_ptr_array_add(words, g_strdup(word));
}

/* The URI's own parameters first: whoever states a key or a program means it for this too. */
GPtrArray *ssh_words(const char *uri)
{
	GPtrArray *words = g_ptr_array_new();
	g_autofree char *program = uri_param(uri, "command");
	g_autofree char *key = uri_param(uri, "keyfile");
	g_autofree char *lax = uri_param(uri, "no_verify");
	unsigned port = uri_port(uri);

	ssh_add(words, program ? program : "ssh");
	ssh_add(words, "-T");
	ssh_add(words, "-oBatchMode=yes");
	if (lax && g_str_equal(lax, "1"))
		ssh_add(words, "-oStrictHostKeyChecking=no");
	if (key) {
		ssh_add(words, "-i");
		ssh_add(words, key);
	}
	if (port)
		g_ptr_array_add(words, g_strdup_printf("-p%u", port));
	return words;
}

char *ssh_last_words(int fd)
{
	char text[WORDS_BYTES + 1];
	size_t length = 0;
	ssize_t n;

	while (length < WORDS_BYTES && poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, WORDS_WAIT_MS) > 0 &&
	        (n = read(fd, text + length, WORDS_BYTES - length)) > 0)
		length += (size_t)n;
	text[length] = '\0';
	g_strchomp(text);
	char *line = strrchr(text, '\n');
	return text_clean(line ? line + 1 : text, -1);
}

/* ---- a script --------------------------------------------------------------- */

struct run {
	GPid pid;
	int in, out, err; /* our ends */
};

/* A socket, so that one who does not listen does not end us. */
static bool start(struct run *run, const char *uri, GError **error)
{
	g_autofree char *server = uri_server(uri, true);
	g_autoptr(GPtrArray) words = ssh_words(uri);
	g_auto(GStrv) argv = NULL;
	int pair[2];
	bool started;

	/* A server whose name begins with a dash is no option. */
	ssh_add(words, "--");
	ssh_add(words, server);
	/* Whatever shell the login has knows these two words. */
	ssh_add(words, "exec sh");
	g_ptr_array_add(words, NULL);
	argv = (char **)g_ptr_array_steal(words, NULL);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		g_set_error(error, CONN_ERROR, VIR_ERR_SYSTEM_ERROR, "cannot start ssh: %s", g_strerror(errno));
		return false;
	}
	started = g_spawn_async_with_pipes_and_fds(NULL, (const char *const *)argv, NULL,
	        G_SPAWN_SEARCH_PATH | G_SPAWN_CLOEXEC_PIPES | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, pair[1], -1, -1,
	        NULL, NULL, 0, &run->pid, NULL, &run->out, &run->err, error);
	close(pair[1]);
	run->in = pair[0];
	if (!started) {
		g_prefix_error(error, "cannot start ssh: ");
		close(run->in);
	}
	return started;
}

/* It may have ended, or hang: nobody waits for it to end by itself. */
static void end(struct run *run)
{
	close(run->in);
	close(run->out);
	close(run->err);
	kill(run->pid, SIGKILL);
	while (waitpid(run->pid, NULL, 0) < 0 && errno == EINTR)
		;
	g_spawn_close_pid(run->pid);
}

/* It fits into the socket; the far end sees its end. */
static void send_script(struct run *run, const char *script)
{
	gsize left = strlen(script);
	ssize_t n;

	while (left > 0 && (n = send(run->in, script, left, MSG_NOSIGNAL | MSG_DONTWAIT)) > 0) {
		script += n;
		left -= (gsize)n;
	}
	shutdown(run->in, SHUT_WR);
}

static bool refuse(const char *server, const char *why, int code, GError **error)
{
	g_set_error(error, CONN_ERROR, code, "ssh to '%s': %s", server, why);
	return false;
}

/* Until the far end closes it. */
static bool take_all(struct run *run, GString *text, const char *server, const struct ssh_limits *limits, GError **error)
{
	struct pollfd wait = {.fd = run->out, .events = POLLIN};
	char bytes[16384];
	ssize_t n = 1;

	while (n > 0) {
		if (limits->go_on && !limits->go_on(limits->data))
			return refuse(server, "it is no longer wanted", VIR_ERR_OPERATION_ABORTED, error);
		if (g_get_monotonic_time() >= limits->deadline_us)
			return refuse(server, "it has not answered in time", VIR_ERR_OPERATION_TIMEOUT, error);
		if (poll(&wait, 1, LOOK_MS) <= 0)
			continue;
		n = read(run->out, bytes, sizeof(bytes));
		if (n > 0)
			g_string_append_len(text, bytes, n);
		if (text->len > limits->bytes)
			return refuse(server, "it sends more than was asked for", VIR_ERR_OPERATION_FAILED, error);
	}
	return true;
}

GString *ssh_run_script(const char *uri, const char *script, const struct ssh_limits *limits, GError **error)
{
	g_autofree char *server = uri_server(uri, true);
	GString *text = g_string_new(NULL);
	struct run run = {0};
	bool ok;

	if (!start(&run, uri, error)) {
		g_string_free(text, TRUE);
		return NULL;
	}
	send_script(&run, script);
	ok = take_all(&run, text, server, limits, error);
	if (ok && text->len == 0) {
		g_autofree char *why = ssh_last_words(run.err);

		ok = refuse(server, *why ? why : "it ended without a word", VIR_ERR_NO_CONNECT, error);
	}
	end(&run);
	if (ok)
		return text;
	g_string_free(text, TRUE);
	return NULL;
}
