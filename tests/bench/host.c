/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 30 real guests: CPU of the whole host, bytes to the terminal, memory. */
#include <math.h>
#include <stdio.h>

#include "bench/bench.h"

#define DOWN "j"
#define UP "k"

/* libvirtd and all QEMUs, and the client. */
static double spent_ms(const struct bench *bench, pid_t client)
{
	return cpu_ms(client) + cpu_ms(bench->libvirtd) + cpu_ms_of(bench->qemus);
}

/* What the QEMUs and the daemon use by themselves is in neither figure. */
static double idle_ms_a_second(const struct bench *bench, int window_ms)
{
	double before = spent_ms(bench, 0);
	(void)g_poll(NULL, 0, window_ms);
	return (spent_ms(bench, 0) - before) * 1000 / window_ms;
}

static double polled_ms_a_second(const struct bench *bench, const char *groups, int window_ms)
{
	struct poller *poller = poller_start(bench, lab_uri(bench->lab, "h1"), groups, 2 * BENCH_PACE_MS);
	(void)g_poll(NULL, 0, 1000);
	double before = spent_ms(bench, poller->pid);
	(void)g_poll(NULL, 0, window_ms);
	double spent = spent_ms(bench, poller->pid) - before;
	poller_stop(poller);
	return spent * 1000 / window_ms;
}

static void compare_host_cpu(struct bench *bench, struct tty *tty, int window_ms)
{
	double before = spent_ms(bench, tty->pid);
	guint64 bytes = tty_drain(tty, window_ms);
	double nvirt = (spent_ms(bench, tty->pid) - before) * 1000 / window_ms;
	double idle = idle_ms_a_second(bench, window_ms / 4);
	double base = polled_ms_a_second(bench, "state", window_ms / 2);
	double six = polled_ms_a_second(bench, "six", window_ms / 2);
	g_autofree char *note = g_strdup_printf("peer: all six groups; idle without any client %.2f, taken off", idle);
	bench_line(bench, &(struct line){"host CPU, 30 guests", "ms/s", MAX(nvirt - idle, 0), MAX(base - idle, 0),
	                          six - idle, OF_PEER, 0.05, note});
	bench_line(bench, &(struct line){"to the terminal, 30 idle guests", "bytes a refresh",
	                          (double)bytes * 2000 / window_ms, NAN, NAN, ABSOLUTE, 40, NULL});
}

/* Down and up again, so that nothing scrolls. */
static void cursor_bytes(struct bench *bench, struct tty *tty, const char *what, double target, const char *note)
{
	enum { KEYS = 20 };
	guint64 before = tty->bytes;
	for (int i = 0; i < KEYS; i++)
		(void)tty_key(tty, i < KEYS / 2 ? DOWN : UP, 15);
	bench_line(bench, &(struct line){what, "bytes", (double)(tty->bytes - before) / KEYS, NAN, NAN, ABSOLUTE,
	                          target, note});
}

/* The lists of storage and networks are asked every 30 s, on a connection of their own: the window lies between. */
static void count_calls(struct bench *bench)
{
	g_autofree char *uri = g_strdup_printf("qemu+unix:///%s?socket=%s", lab_is_system(bench->lab) ? "system" : "session",
	        proxy_socket(bench->proxy));
	struct tty *tty = bench_dashboard(bench, uri, "0.5");
	struct proxy_calls counted;
	if (!tty_wait(tty, BENCH_LAST_GUEST, 10000)) {
		bench_missing(bench, "calls", "the list did not come");
	} else {
		tty_drain(tty, 2500);
		g_free(proxy_command(bench->proxy, "reset"));
		tty_drain(tty, bench->quick ? 2000 : 5000);
		counted = proxy_calls(bench->proxy, PROC_CONNECT_GET_ALL_DOMAIN_STATS);
		bench_line(bench, &(struct line){"calls, 30 guests", "RPCs a refresh",
		                          (double)(counted.calls + counted.beside) / (double)counted.calls, 1, NAN,
		                          OF_FLOOR, 1, NULL});
	}
	tty_stop(tty);
}

void bench_host(struct bench *bench)
{
	int window_ms = bench->quick ? 4000 : 32000;
	struct tty *tty = bench_dashboard(bench, lab_uri(bench->lab, "h1"), "2");
	if (!tty_wait(tty, BENCH_LAST_GUEST, 10000)) {
		bench_missing(bench, "30 guests", "the list did not come");
		tty_stop(tty);
		return;
	}
	tty_drain(tty, 2500);
	compare_host_cpu(bench, tty, window_ms);
	bench_line(bench, &(struct line){"memory (PSS), 30 guests", "MB", pss_mb(tty->pid), NAN, NAN,
	                          ABSOLUTE, 5.5, NULL});
	/* The table of guests, which is where one moves about. */
	tty_send(tty, "1gg]2");
	tty_drain(tty, 500);
	cursor_bytes(bench, tty, "cursor key, table of guests, 200 columns", 160,
	        "two rows of 163 cells change their colour; 80 columns below");
	tty_resize(tty, 24, 80);
	tty_drain(tty, 1000);
	cursor_bytes(bench, tty, "cursor key, table of guests, 80 columns", 160, NULL);
	tty_stop(tty);
	count_calls(bench);
}
