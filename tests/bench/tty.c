/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program on a pseudo-terminal that is only counted, not understood: see meter.h. */
#define _GNU_SOURCE
#include "bench/meter.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEY_DEADLINE_MS = 2000, END_DEADLINE_MS = 3000 };

static _Noreturn void exec_program(const char *const *argv)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("LINES");
	unsetenv("COLUMNS");
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

struct tty *tty_start(const char *const *argv)
{
	struct winsize size = {.ws_row = 60, .ws_col = 200};
	struct tty *tty = g_new0(struct tty, 1);
	tty->seen = g_string_new(NULL);
	tty->started_us = g_get_monotonic_time();
	tty->pid = forkpty(&tty->fd, NULL, NULL, &size);
	if (tty->pid == 0)
		exec_program(argv);
	if (tty->pid < 0)
		g_error("cannot make a pseudo-terminal: %s", g_strerror(errno));
	return tty;
}

/* Bytes that came, 0 when the time is over, -1 when the program has gone. */
static ssize_t read_some(struct tty *tty, gint64 until_us, bool keep)
{
	char bytes[65536];
	gint64 left_us = until_us - g_get_monotonic_time();
	struct timespec left = {.tv_sec = MAX(left_us, 0) / G_USEC_PER_SEC, .tv_nsec = MAX(left_us, 0) % G_USEC_PER_SEC * 1000};
	struct pollfd ready = {.fd = tty->fd, .events = POLLIN};
	if (ppoll(&ready, 1, &left, NULL) <= 0)
		return 0;
	ssize_t n = read(tty->fd, bytes, sizeof(bytes));
	if (n <= 0)
		return -1;
	if (!tty->first_byte_us)
		tty->first_byte_us = g_get_monotonic_time();
	if (keep)
		g_string_append_len(tty->seen, bytes, n);
	tty->bytes += (guint64)n;
	return n;
}

guint64 tty_drain(struct tty *tty, int ms)
{
	gint64 until_us = g_get_monotonic_time() + (gint64)ms * 1000;
	guint64 before = tty->bytes;
	while (g_get_monotonic_time() < until_us && read_some(tty, until_us, false) >= 0)
		;
	return tty->bytes - before;
}

bool tty_wait(struct tty *tty, const char *text, int deadline_ms)
{
	gint64 until_us = g_get_monotonic_time() + (gint64)deadline_ms * 1000;
	gsize from = 0;
	for (;;) {
		gsize overlap = MIN(strlen(text), from);
		if (memmem(tty->seen->str + from - overlap, tty->seen->len - from + overlap, text, strlen(text)))
			return true;
		from = tty->seen->len;
		if (read_some(tty, until_us, true) <= 0)
			return false;
	}
}

void tty_forget(struct tty *tty)
{
	g_string_truncate(tty->seen, 0);
}

void tty_resize(struct tty *tty, unsigned short rows, unsigned short cols)
{
	struct winsize size = {.ws_row = rows, .ws_col = cols};
	if (ioctl(tty->fd, TIOCSWINSZ, &size) < 0)
		g_warning("cannot resize the terminal: %s", g_strerror(errno));
}

void tty_send(struct tty *tty, const char *keys)
{
	if (write(tty->fd, keys, strlen(keys)) < 0)
		g_warning("cannot send keys: %s", g_strerror(errno));
}

double tty_key(struct tty *tty, const char *key, int rest_ms)
{
	gint64 begin_us = g_get_monotonic_time();
	tty_send(tty, key);
	bool answered = read_some(tty, begin_us + KEY_DEADLINE_MS * 1000, false) > 0;
	double ms = (double)(g_get_monotonic_time() - begin_us) / 1e3;
	tty_drain(tty, rest_ms);
	return answered ? ms : -1;
}

void tty_stop(struct tty *tty)
{
	if (!tty)
		return;
	gint64 until_us = g_get_monotonic_time() + END_DEADLINE_MS * 1000;
	kill(tty->pid, SIGTERM);
	/* It may still be writing: a full terminal would hold it up. The end of the terminal is its end. */
	while (read_some(tty, until_us, false) > 0)
		;
	if (waitpid(tty->pid, NULL, WNOHANG) == 0) {
		kill(tty->pid, SIGKILL);
		waitpid(tty->pid, NULL, 0);
	}
	close(tty->fd);
	g_string_free(tty->seen, TRUE);
	g_free(tty);
}
