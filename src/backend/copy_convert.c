/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copying by `qemu-img convert`, a child that dies with its thread. Any thread. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/conn.h"
#include "backend/copy.h"
#include "nvirt/text.h"

#define LOOK_MS 200
#define WORDS_MAX 4096

struct child {
	pid_t pid;
	int out, err; /* what it says; -1 = ended */
	GString *said, *blamed;
};

/* ---- starting ---- */

static char *program(GError **error)
{
	char *path = g_find_program_in_path("qemu-img");

	if (!path)
		g_set_error(error, CONN_ERROR, VIR_ERR_NO_SUPPORT, "cannot copy: 'qemu-img' is not installed; install qemu-utils");
	return path;
}

/* A comma in an option is written twice. */
static char *snapshot_option(const char *name)
{
	g_auto(GStrv) parts = g_strsplit(name, ",", -1);
	g_autofree char *escaped = g_strjoinv(",,", parts);

	return g_strdup_printf("snapshot.name=%s", escaped);
}

/* More than fits beside what others need: past the page cache then. */
static bool is_big(uint64_t bytes)
{
	g_autofree char *text = NULL;

	if (!g_file_get_contents("/proc/meminfo", &text, NULL, NULL))
		return false;
	const char *field = strstr(text, "MemAvailable:");
	return field && bytes / 1024 > g_ascii_strtoull(field + strlen("MemAvailable:"), NULL, 10) / 2;
}

static void add(GPtrArray *argv, const char *word)
{
	g_ptr_array_add(argv, g_strdup(word));
}

static GPtrArray *arguments(const struct copy *copy, const char *path, bool direct)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	add(argv, path);
	add(argv, "convert");
	add(argv, "-p");
	/* Out of order writes make holes of a preallocated source no worse and are what is fast. */
	add(argv, "-W");
	if (copy->in_use)
		add(argv, "-U");
	if (direct) {
		for (unsigned i = 0; i < 2; i++) {
			add(argv, i ? "-T" : "-t");
			add(argv, "none");
		}
	}
	if (copy->snapshot) {
		add(argv, "-l");
		g_ptr_array_add(argv, snapshot_option(copy->snapshot));
	}
	add(argv, "-f");
	add(argv, copy->from_format);
	add(argv, "-O");
	add(argv, copy->to_format);
	if (g_str_equal(copy->to_format, "qcow2")) {
		add(argv, "-o");
		add(argv, "compat=1.1");
	}
	add(argv, copy->from);
	add(argv, copy->to);
	g_ptr_array_add(argv, NULL);
	return argv;
}

/* Between fork() and exec in a process with threads: only what is safe in a signal handler. */
static void become(char *const *argv, char *const *env, int null, int out, int err, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(127);
	close_range(3, ~0U, 0);
	execve(argv[0], argv, env);
	_exit(127);
}

static bool spawn(struct child *child, GPtrArray *argv, GError **error)
{
	g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "LC_ALL", "C", TRUE);
	int out[2], err[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t parent = getpid();

	if (null < 0 || pipe2(out, O_CLOEXEC) < 0)
		goto out;
	if (pipe2(err, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		goto out;
	}
	child->pid = fork();
	if (child->pid == 0)
		become((char *const *)argv->pdata, env, null, out[1], err[1], parent);
	close(out[1]);
	close(err[1]);
	close(null);
	child->out = out[0];
	child->err = err[0];
	if (child->pid > 0)
		return true;
	close(out[0]);
	close(err[0]);
	null = -1;
out:
	if (null >= 0)
		close(null);
	g_set_error(error, CONN_ERROR, VIR_ERR_SYSTEM_ERROR, "cannot start '%s': %s", (char *)argv->pdata[0],
	        g_strerror(errno));
	return false;
}

/* ---- listening ---- */

double copy_parse_percent(const char *text)
{
	const char *open = strrchr(text, '(');
	char *end = NULL;

	if (!open)
		return -1;
	double value = g_ascii_strtod(open + 1, &end);
	return end > open + 1 && g_str_has_prefix(end, "/100%") ? CLAMP(value, 0, 100) : -1;
}

static void take(int *fd, GString *text)
{
	char bytes[1024];
	ssize_t n = read(*fd, bytes, sizeof bytes);

	if (n > 0) {
		if (text->len > WORDS_MAX)
			g_string_erase(text, 0, (gssize)text->len / 2);
		g_string_append_len(text, bytes, n);
	} else if (n == 0 || errno != EINTR) {
		close(*fd);
		*fd = -1;
	}
}

/* Until both its mouths are shut, or it is to stop. */
static bool listen_to(struct child *child, const struct copy *copy)
{
	while (child->out >= 0 || child->err >= 0) {
		struct pollfd fds[] = {{.fd = child->out, .events = POLLIN}, {.fd = child->err, .events = POLLIN}};
		if (copy->stop && copy->stop(copy->data))
			return false;
		if (poll(fds, G_N_ELEMENTS(fds), LOOK_MS) <= 0)
			continue;
		if (fds[0].revents)
			take(&child->out, child->said);
		if (fds[1].revents)
			take(&child->err, child->blamed);
		double percent = copy_parse_percent(child->said->str);
		if (copy->progress && percent >= 0)
			copy->progress(copy->data, (uint64_t)((double)copy->data_bytes * percent / 100));
	}
	return true;
}

static void close_mouths(struct child *child)
{
	if (child->out >= 0)
		close(child->out);
	if (child->err >= 0)
		close(child->err);
	child->out = child->err = -1;
}

static int reap(struct child *child)
{
	int status = 0;

	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void blame(const struct copy *copy, const struct child *child, int status, GError **error)
{
	g_autofree char *words = text_clean(g_strstrip(child->blamed->str), -1);
	bool full = strstr(words, g_strerror(ENOSPC)) != NULL;

	if (!*words) {
		g_free(words);
		words = WIFSIGNALED(status) ? g_strdup_printf("it was ended by signal %d", WTERMSIG(status))
		                            : g_strdup_printf("it ended with %d", WEXITSTATUS(status));
	}
	g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_FAILED, "cannot copy '%s' to '%s': %s%s", copy->from, copy->to,
	        words, full ? "; free some space there or choose another pool" : "");
}

static bool run(const struct copy *copy, const char *path, bool direct, GError **error)
{
	g_autoptr(GPtrArray) argv = arguments(copy, path, direct);
	g_autoptr(GString) said = g_string_new(NULL), blamed = g_string_new(NULL);
	struct child child = {.said = said, .blamed = blamed, .out = -1, .err = -1};

	if (!spawn(&child, argv, error))
		return false;
	bool whole = listen_to(&child, copy);
	if (!whole)
		kill(child.pid, SIGKILL);
	int status = reap(&child);
	close_mouths(&child);
	if (!whole) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_ABORTED, "aborted");
		return false;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	blame(copy, &child, status, error);
	return false;
}

/* Made by us, so that it is surely ours, and closed to others from the first byte on. */
static bool make_target(const struct copy *copy, GError **error)
{
	int fd = copy_make(copy, error);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool copy_convert(const struct copy *copy, GError **error)
{
	g_autofree char *path = program(error);
	g_autoptr(GError) local = NULL;

	if (!path || !make_target(copy, error))
		return false;
	bool direct = is_big(copy->data_bytes);
	bool ok = run(copy, path, direct, &local);
	/* Not every filesystem can go past the cache. */
	if (!ok && direct && strstr(local->message, "O_DIRECT")) {
		g_clear_error(&local);
		ok = run(copy, path, false, &local);
	}
	if (ok)
		return true;
	unlink(copy->to);
	g_propagate_error(error, g_steal_pointer(&local));
	return false;
}
