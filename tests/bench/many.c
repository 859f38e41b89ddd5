/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client alone: libvirt's test driver behind the lab's libvirtd. nvirt and
 * the floor run at the same time and pace through the same proxy, so that the
 * machine's other load falls on both.
 */
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"

struct many {
	unsigned guests;
	double target;
	char *uri;
	int window_ms;
};

/* nvirt alone, then the floor beside it. */
static void compare(struct bench *bench, const struct many *many, struct tty *tty)
{
	guint64 floor_before;
	struct poller *poller = poller_start(bench, many->uri, "state", BENCH_PACE_MS);
	for (int i = 0; i < 600 && *poller->counted < 2; i++)
		tty_drain(tty, 50);
	double floor_ms = -cpu_ms(poller->pid), nvirt_ms = -cpu_ms(tty->pid);
	floor_before = *poller->counted;
	g_free(proxy_command(bench->proxy, "reset"));
	tty_drain(tty, many->window_ms);
	floor_ms += cpu_ms(poller->pid);
	nvirt_ms += cpu_ms(tty->pid);
	struct proxy_calls counted = proxy_calls(bench->proxy, PROC_CONNECT_GET_ALL_DOMAIN_STATS);
	double floor_n = (double)(*poller->counted - floor_before), nvirt_n = (double)counted.calls - floor_n;
	double floor_pss = pss_mb(poller->pid), nvirt_pss = pss_mb(tty->pid);
	poller_stop(poller);
	g_autofree char *what = g_strdup_printf("client CPU, %u guests", many->guests);
	/* This driver's guests have no process here: CPU times of those on screen are asked, every 5 s. */
	g_autofree char *note = g_strdup_printf("with %.1f calls a refresh for the rows on screen",
	        MAX(((double)counted.total - floor_n) / nvirt_n - 1, 0));
	bench_line(bench, &(struct line){what, "ms a refresh", nvirt_ms / nvirt_n, floor_ms / floor_n, NAN, OF_FLOOR,
	                          many->target, note});
	if (many->guests >= 10000)
		bench_line(bench, &(struct line){"memory (PSS), 10,000 guests", "MB", nvirt_pss, floor_pss, NAN, ABSOLUTE, 12,
		                          NULL});
}

void bench_many(struct bench *bench, unsigned guests, double target)
{
	g_autofree char *path = bench_many_guests(bench, guests);
	g_autofree char *what = g_strdup_printf("%u guests", guests);
	struct many many = {.guests = guests, .target = target, .uri = bench_many_uri(bench, path),
	        .window_ms = bench->quick ? 3000 : 16000};
	struct tty *tty = bench_dashboard(bench, many.uri, "1");
	/* All come with the first sample. */
	if (tty_wait(tty, "vm00002", 60000)) {
		/* What a new connection asks once is over by then. */
		tty_drain(tty, guests < 5000 || bench->quick ? 2500 : 6000);
		compare(bench, &many, tty);
		if (guests >= 10000)
			bench_keys_of_many(bench, tty);
	} else {
		bench_missing(bench, what, "the list did not come");
	}
	tty_stop(tty);
	g_remove(path);
	g_free(many.uri);
}
