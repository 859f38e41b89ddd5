/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See lab.h. */
#define _GNU_SOURCE
#include "support/lab.h"

#include <fcntl.h>
#include <libvirt/virterror.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/files.h"

#define LAB_SCRIPT "tests/lab/lab.sh"

struct lab {
	char *dir;
	GHashTable *uris;        /* host -> URI */
	GHashTable *connections; /* host -> virConnectPtr */
};

/* BUILD/tests/pty/test_x -> BUILD/tests/lab */
static char *tools_dir(void)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *dir = g_path_get_dirname(self);
	g_autofree char *tests = g_path_get_dirname(dir);
	return g_build_filename(tests, "lab", NULL);
}

static char **lab_environment(const struct lab *lab)
{
	char **env = g_get_environ();
	g_autofree char *tools = tools_dir();
	g_autofree char *owner = g_strdup_printf("%d", (int)getpid());
	env = g_environ_setenv(env, "NVIRT_LAB", lab->dir, TRUE);
	env = g_environ_setenv(env, "NVIRT_LAB_TOOLS", tools, TRUE);
	return g_environ_setenv(env, "NVIRT_LAB_OWNER", owner, TRUE);
}

static bool run_script(const struct lab *lab, const char *const *words, char **ret_out, char **ret_err)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_auto(GStrv) env = lab_environment(lab);
	int status = -1;
	g_ptr_array_add(argv, (gpointer)LAB_SCRIPT);
	for (; *words; words++)
		g_ptr_array_add(argv, (gpointer)*words);
	g_ptr_array_add(argv, NULL);
	g_autoptr(GError) error = NULL;
	if (!g_spawn_sync(NULL, (char **)argv->pdata, env, G_SPAWN_DEFAULT, NULL, NULL, ret_out, ret_err, &status, &error))
		fail_msg("%s", error->message);
	return g_spawn_check_wait_status(status, NULL);
}

char *lab_run_words(struct lab *lab, const char *const *words)
{
	g_autofree char *out = NULL, *err = NULL;
	if (!run_script(lab, words, &out, &err))
		fail_msg("lab.sh %s %s: %s", words[0], words[1] ? words[1] : "", err);
	return g_steal_pointer(&out);
}

/* virterror prints every error otherwise; tests look at what calls return. */
static void ignore_error(void *data, virErrorPtr error)
{
	(void)data, (void)error;
}

static void close_connection(gpointer conn)
{
	virConnectClose(conn);
}

struct lab *lab_start(unsigned hosts)
{
	struct lab *lab = g_new0(struct lab, 1);
	g_autofree char *count = g_strdup_printf("%u", hosts);
	virSetErrorFunc(NULL, ignore_error);
	/* Daemons are killed on purpose while somebody writes to them. */
	signal(SIGPIPE, SIG_IGN);
	/* Not below TMPDIR: a socket's path must be short. */
	lab->dir = g_strdup("/tmp/nvl-XXXXXX");
	assert_non_null(mkdtemp(lab->dir));
	lab->uris = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	lab->connections = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, close_connection);
	lab_do(lab, "start", count);
	return lab;
}

void lab_stop(struct lab *lab)
{
	if (!lab)
		return;
	g_hash_table_unref(lab->connections);
	g_hash_table_unref(lab->uris);
	lab_do(lab, "stop");
	files_remove(lab->dir);
	g_free(lab->dir);
	g_free(lab);
}

const char *lab_dir(struct lab *lab)
{
	return lab->dir;
}

const char *lab_uri(struct lab *lab, const char *host)
{
	if (!g_hash_table_contains(lab->uris, host))
		g_hash_table_insert(lab->uris, g_strdup(host), g_strchomp(lab_run(lab, "uri", host)));
	return g_hash_table_lookup(lab->uris, host);
}

char *lab_socket(struct lab *lab, const char *host)
{
	return g_strdup_printf("%s/%s/run/libvirt/libvirt-sock", lab->dir, host);
}

char *lab_uri_over_ssh(struct lab *lab, const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "ssh", NULL), *script = g_canonicalize_filename(LAB_SCRIPT, NULL);
	g_autofree char *text = g_strdup_printf("#!/bin/sh\necho \"$*\" >>'%s/asked'\n"
	                                        "while [ \"$1\" != -- ]; do shift; done; shift 2\n"
	                                        "NVIRT_LAB='%s' exec '%s' exec h1 sh -c \"$*\"\n", dir, lab->dir, script);
	files_write(path, text, -1);
	assert_int_equal(chmod(path, 0700), 0);
	return g_strdup_printf("qemu+ssh://me@far.example/system?command=%s", path);
}

bool lab_is_system(struct lab *lab)
{
	return strstr(lab_uri(lab, "h1"), "/system") != NULL;
}

void lab_define_linux(struct lab *lab, const char *guest, const char *cmdline)
{
	g_setenv("NVIRT_LAB_CMDLINE", cmdline, TRUE);
	lab_do(lab, "define", "h1", guest, "linux");
	g_unsetenv("NVIRT_LAB_CMDLINE");
	if (lab_is_system(lab))
		lab_do(lab, "virsh", "h1", "net-start", "default");
}

virConnectPtr lab_connection(struct lab *lab, const char *host)
{
	virConnectPtr conn = g_hash_table_lookup(lab->connections, host);
	if (conn && virConnectIsAlive(conn) == 1)
		return conn;
	conn = virConnectOpen(lab_uri(lab, host));
	if (!conn)
		fail_msg("cannot connect to %s: %s", host, virGetLastErrorMessage());
	g_hash_table_insert(lab->connections, g_strdup(host), conn);
	return conn;
}

int lab_guest_state(struct lab *lab, const char *host, const char *guest)
{
	int state = -1;
	virDomainPtr domain = virDomainLookupByName(lab_connection(lab, host), guest);
	if (!domain)
		return -1;
	if (virDomainGetState(domain, &state, NULL, 0) < 0)
		state = -1;
	virDomainFree(domain);
	return state;
}

void lab_wait_for(bool (*done)(void *data), void *data, const char *what, int deadline_ms)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)deadline_ms * 1000;
	while (!done(data)) {
		if (g_get_monotonic_time() >= deadline_us)
			fail_msg("waited %d ms in vain for: %s", deadline_ms, what);
		/* Another process's state has no fd to wait on; this bounds how often it is asked. */
		(void)poll(NULL, 0, 20);
	}
}

struct state_wait {
	struct lab *lab;
	const char *host, *guest;
	int state;
};

static bool state_done(void *data)
{
	struct state_wait *wait = data;
	return lab_guest_state(wait->lab, wait->host, wait->guest) == wait->state;
}

void lab_wait_state(struct lab *lab, const char *host, const char *guest, int state)
{
	struct state_wait wait = {.lab = lab, .host = host, .guest = guest, .state = state};
	g_autofree char *what = g_strdup_printf("%s in state %d", guest, state);
	lab_wait_for(state_done, &wait, what, 60000);
}

/* ---- the proxy ----------------------------------------------------------- */

struct proxy {
	char *socket;
	GPid pid;
	int commands; /* its stdin */
	FILE *answers;
};

static char *read_answer(struct proxy *proxy)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char line[512];
	while (fgets(line, sizeof(line), proxy->answers)) {
		if (g_str_equal(line, "ok\n"))
			return g_string_free(g_steal_pointer(&text), FALSE);
		if (g_str_has_prefix(line, "error: "))
			fail_msg("proxy: %s", line);
		g_string_append(text, line);
	}
	fail_msg("the proxy is gone");
	return NULL;
}

struct proxy *proxy_start(struct lab *lab, const char *host)
{
	struct proxy *proxy = g_new0(struct proxy, 1);
	g_autofree char *tools = tools_dir();
	g_autofree char *program = g_build_filename(tools, "proxy", NULL);
	g_autofree char *server = lab_socket(lab, host);
	g_autoptr(GError) error = NULL;
	int answers = -1;
	proxy->socket = g_strdup_printf("%s/%s/tmp/proxy", lab->dir, host);
	char *argv[] = {program, proxy->socket, server, NULL};
	if (!g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &proxy->pid, &proxy->commands,
	            &answers, NULL, &error))
		fail_msg("%s", error->message);
	/* Not for nvirt's children: the proxy ends when the last writer of its input is gone. */
	fcntl(proxy->commands, F_SETFD, FD_CLOEXEC);
	fcntl(answers, F_SETFD, FD_CLOEXEC);
	proxy->answers = fdopen(answers, "r");
	g_free(read_answer(proxy));
	return proxy;
}

void proxy_stop(struct proxy *proxy)
{
	if (!proxy)
		return;
	/* End of its input ends it; awaited, because it removes its socket, and the next one has the same name. */
	close(proxy->commands);
	while (fgetc(proxy->answers) != EOF)
		;
	fclose(proxy->answers);
	g_spawn_close_pid(proxy->pid);
	g_free(proxy->socket);
	g_free(proxy);
}

const char *proxy_socket(struct proxy *proxy)
{
	return proxy->socket;
}

char *proxy_command(struct proxy *proxy, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *command = g_strdup_vprintf(format, args);
	va_end(args);
	g_autofree char *line = g_strconcat(command, "\n", NULL);
	ssize_t len = (ssize_t)strlen(line);
	assert_int_equal(write(proxy->commands, line, (size_t)len), len);
	return read_answer(proxy);
}

struct call_line {
	unsigned client, program, procedure;
	guint64 count;
};

/* The lines "CLIENT PROGRAM PROCEDURE N" of an answer to "stats". */
static GArray *call_lines(const char *stats)
{
	GArray *calls = g_array_new(FALSE, FALSE, sizeof(struct call_line));
	g_auto(GStrv) lines = g_strsplit(stats, "\n", -1);
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) words = g_strsplit(*line, " ", -1);
		if (g_strv_length(words) != 4)
			continue;
		struct call_line call = {
		        .client = (unsigned)g_ascii_strtoull(words[0], NULL, 10),
		        .program = (unsigned)g_ascii_strtoull(words[1], NULL, 10),
		        .procedure = (unsigned)g_ascii_strtoull(words[2], NULL, 10),
		        .count = g_ascii_strtoull(words[3], NULL, 10),
		};
		g_array_append_val(calls, call);
	}
	return calls;
}

static bool is_call(const struct call_line *line, unsigned procedure)
{
	return line->program == REMOTE_PROGRAM && line->procedure == procedure;
}

struct proxy_calls proxy_calls(struct proxy *proxy, unsigned procedure)
{
	struct proxy_calls sum = {0};
	g_autofree char *stats = proxy_command(proxy, "stats");
	g_autoptr(GArray) lines = call_lines(stats);
	for (guint i = 0; i < lines->len; i++) {
		const struct call_line *line = &g_array_index(lines, struct call_line, i);
		bool same_client = false;
		for (guint j = 0; j < lines->len; j++) {
			const struct call_line *other = &g_array_index(lines, struct call_line, j);
			same_client = same_client || (other->client == line->client && is_call(other, procedure));
		}
		sum.total += line->count;
		if (is_call(line, procedure))
			sum.calls += line->count;
		else if (same_client)
			sum.beside += line->count;
	}
	return sum;
}
