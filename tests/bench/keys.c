/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a key to the first byte of its answer, beside a program that only
 * echoes. Rounds alternate, so that the machine's other load falls on both.
 */
#include <math.h>
#include <stdio.h>

#include "bench/bench.h"

enum { KEYS = 10, REST_MS = 12 };

/* A round: some keys, their latencies. Down and up, so that the row comes back. */
static void press(struct tty *tty, GArray *values, const char *down, const char *up)
{
	for (int i = 0; i < KEYS; i++) {
		double ms = tty_key(tty, i < KEYS / 2 ? down : up, REST_MS);
		add_value(values, ms < 0 ? INFINITY : ms);
	}
}

static double highest(const GArray *sorted, double part)
{
	return g_array_index(sorted, double, MIN(sorted->len - 1, (guint)(part * sorted->len)));
}

static struct tty *start_echo(const struct bench *bench)
{
	const char *const argv[] = {bench->floor, "echo", NULL};
	struct tty *tty = tty_start(argv);
	tty_wait(tty, "ready", 5000);
	return tty;
}

static guint64 refreshes(struct bench *bench)
{
	return proxy_calls(bench->proxy, PROC_CONNECT_GET_ALL_DOMAIN_STATS).calls;
}

/* Waits until a refresh has just been asked for, so that the keys fall into it. */
static void wait_for_refresh(struct bench *bench, struct tty *tty)
{
	guint64 before = refreshes(bench);
	for (int i = 0; i < 3000 && refreshes(bench) == before; i++)
		tty_drain(tty, 1);
}

static void compare(struct bench *bench, struct tty *tty, const char *what, bool in_refresh)
{
	struct tty *echo = start_echo(bench);
	GArray *nvirt = new_values(), *floor = new_values();
	double spent = -cpu_ms(tty->pid);
	int rounds = bench->quick ? 3 : 12;
	tty_forget(tty);
	for (int i = 0; i < rounds; i++) {
		press(echo, floor, "x", "x");
		tty_drain(tty, 1);
		if (in_refresh)
			wait_for_refresh(bench, tty);
		press(tty, nvirt, "j", "k");
	}
	spent += cpu_ms(tty->pid);
	double middle = median(nvirt), base = median(floor);
	g_autofree char *note = g_strdup_printf("nine of ten within %.2f (floor %.2f); %.2f ms CPU a key",
	        highest(nvirt, 0.9), highest(floor, 0.9), spent / rounds / KEYS);
	bench_line(bench, &(struct line){what, "ms", middle, base, NAN, OF_FLOOR, 2, note});
	g_array_unref(nvirt);
	g_array_unref(floor);
	tty_stop(echo);
}

/* The host's table of guests. */
static void open_table(struct tty *tty)
{
	tty_send(tty, "1gg]2");
	tty_drain(tty, 1000);
}

void bench_keys(struct bench *bench)
{
	struct tty *tty = bench_dashboard(bench, lab_uri(bench->lab, "h1"), "2");
	if (tty_wait(tty, BENCH_LAST_GUEST, 10000)) {
		open_table(tty);
		compare(bench, tty, "key to first byte, 30 guests", false);
		lab_do(bench->lab, "stop-qemu", "h1", "g05");
		tty_drain(tty, bench->quick ? 1000 : 4000);
		compare(bench, tty, "key to first byte, one QEMU stopped", false);
		lab_do(bench->lab, "cont-qemu", "h1", "g05");
	} else {
		bench_missing(bench, "key to first byte", "the list did not come");
	}
	tty_stop(tty);
}

void bench_keys_of_many(struct bench *bench, struct tty *tty)
{
	open_table(tty);
	compare(bench, tty, "key to first byte, 10,000 guests", false);
	compare(bench, tty, "key to first byte, during their refresh", true);
}
