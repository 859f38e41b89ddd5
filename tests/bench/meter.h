/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the bench reads off processes and terminals: CPU time, memory, bytes,
 * the time from a key to the first byte of its answer.
 */
#ifndef TESTS_BENCH_METER_H
#define TESTS_BENCH_METER_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* ---- processes ---- */
/* CPU time of all threads since its start, by the process's own clock; 0 when it is gone. */
double cpu_ms(pid_t pid);
double cpu_ms_of(const GArray *pids); /* pid_t, the sum */
/* Processes whose program's name begins with `program` and whose command line holds `text`; pid_t, owned. */
GArray *find_processes(const char *program, const char *text);
/* Proportional share of its memory; NAN when it can not be read. */
double pss_mb(pid_t pid);

/* Runs a command to its end, output dropped. false when it failed. */
struct run_cost {
	double cpu_ms, wall_ms;
};
bool run_command(const char *const *argv, struct run_cost *ret_cost);

/* ---- numbers ---- */
double median(GArray *values); /* of double; sorts it; NAN when empty */
void add_value(GArray *values, double value);
GArray *new_values(void);

/* ---- a program on a terminal ---- */
struct tty {
	pid_t pid;
	int fd;
	GString *seen; /* all that came while it was waited for text */
	guint64 bytes;
	gint64 started_us, first_byte_us;
};

/* 200 x 60, xterm-256color, UTF-8, a state directory of its own. */
struct tty *tty_start(const char *const *argv);
void tty_stop(struct tty *tty); /* SIGTERM, then waits; NULL is fine */
/* Reads for that long; the bytes that came. */
guint64 tty_drain(struct tty *tty, int ms);
/* Reads until the text has come since the start or the last tty_forget(). false after the deadline. */
bool tty_wait(struct tty *tty, const char *text, int deadline_ms);
void tty_forget(struct tty *tty);
void tty_resize(struct tty *tty, unsigned short rows, unsigned short cols);
void tty_send(struct tty *tty, const char *keys);
/* Sends a key, returns ms to the first byte, < 0 when none came in time; then reads for `rest_ms`. */
double tty_key(struct tty *tty, const char *key, int rest_ms);

#endif
