/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the start to a complete list, beside virsh; and what is on screen before the connection. */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/bench.h"

/* CPU time and wall time of one program over the rounds, and by round its ratio to virsh. */
struct costs {
	GArray *cpu, *wall, *cpu_ratio, *wall_ratio;
};

static struct costs costs_new(void)
{
	return (struct costs){new_values(), new_values(), new_values(), new_values()};
}

static void costs_free(struct costs *costs)
{
	g_array_unref(costs->cpu);
	g_array_unref(costs->wall);
	g_array_unref(costs->cpu_ratio);
	g_array_unref(costs->wall_ratio);
}

static void costs_add(struct costs *costs, struct run_cost cost, struct run_cost virsh)
{
	add_value(costs->cpu, cost.cpu_ms);
	add_value(costs->wall, cost.wall_ms);
	add_value(costs->cpu_ratio, cost.cpu_ms / virsh.cpu_ms);
	add_value(costs->wall_ratio, cost.wall_ms / virsh.wall_ms);
}

static bool dashboard_cost(const struct bench *bench, const char *uri, struct run_cost *ret_cost)
{
	struct tty *tty = bench_dashboard(bench, uri, "2");
	bool listed = tty_wait(tty, BENCH_LAST_GUEST, 10000);
	ret_cost->cpu_ms = cpu_ms(tty->pid);
	ret_cost->wall_ms = (double)(g_get_monotonic_time() - tty->started_us) / 1e3;
	tty_stop(tty);
	return listed;
}

/* The ratio is the median of the pairs' ratios: the table divides, so the peer's column follows from it. */
static void print_costs(struct bench *bench, const char *what, struct costs *costs, double floor_ms)
{
	double nvirt = median(costs->cpu), ratio = median(costs->cpu_ratio);
	g_autofree char *note = g_strdup_printf("peer: virsh list, in pairs; wall time %.2fx (%.1f ms)",
	        median(costs->wall_ratio), median(costs->wall));
	bench_line(bench, &(struct line){what, "ms CPU", nvirt, floor_ms, nvirt / ratio, OF_PEER, 1.3, note});
}

static void pairs(struct bench *bench)
{
	const char *uri = lab_uri(bench->lab, "h1");
	const char *const virsh[] = {"virsh", "-c", uri, "list", "--all", NULL};
	const char *const verb[] = {bench->nvirt, "-c", uri, "list", NULL};
	const char *const bare[] = {bench->floor, "list", uri, NULL};
	struct costs list = costs_new(), screen = costs_new();
	GArray *floor = new_values();
	struct run_cost cost, base;
	bool ok = true;
	for (int i = bench->quick ? 11 : 0; ok && i < 16; i++) {
		ok = run_command(virsh, &base) && run_command(verb, &cost);
		costs_add(&list, cost, base);
		ok = ok && run_command(bare, &cost);
		add_value(floor, cost.cpu_ms);
		ok = ok && dashboard_cost(bench, uri, &cost);
		costs_add(&screen, cost, base);
	}
	if (ok) {
		print_costs(bench, "start to list: nvirt list", &list, median(floor));
		print_costs(bench, "start to list: dashboard", &screen, median(floor));
	} else {
		bench_missing(bench, "start to list", "a command failed");
	}
	g_array_unref(floor);
	costs_free(&list);
	costs_free(&screen);
}

/* ---- instructions, which repeat where time does not ---- */

/* Millions; NAN when valgrind is not there or failed. */
static double instructions(const struct bench *bench, const char *command)
{
	g_autofree char *file = g_strdup_printf("%s/callgrind", bench->dir);
	g_autofree char *line = g_strdup_printf(
	        "valgrind --tool=callgrind --callgrind-out-file=%s %s >/dev/null 2>&1 && sed -n 's/^totals: //p' %s", file,
	        command, file);
	const char *const argv[] = {"sh", "-c", line, NULL};
	g_autofree char *out = NULL;
	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL, NULL, NULL) || !*out)
		return NAN;
	return g_ascii_strtod(out, NULL) / 1e6;
}

static void compare_instructions(struct bench *bench)
{
	g_autofree char *valgrind = g_find_program_in_path("valgrind");
	const char *uri = lab_uri(bench->lab, "h1");
	g_autofree char *virsh = g_strdup_printf("virsh -c '%s' list --all", uri);
	g_autofree char *nvirt = g_strdup_printf("'%s' -c '%s' list", bench->nvirt, uri);
	g_autofree char *bare = g_strdup_printf("'%s' list '%s'", bench->floor, uri);
	if (!valgrind || bench->quick)
		return;
	bench_line(bench, &(struct line){"start to list: nvirt list", "M instructions", instructions(bench, nvirt),
	                          instructions(bench, bare), instructions(bench, virsh), OF_PEER, 1.3,
	                          "peer: virsh list; callgrind"});
}

/* ---- the first frame ---- */

static int listen_on(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 4) != 0)
		g_error("cannot listen on '%s': %s", path, g_strerror(errno));
	return fd;
}

/* The daemon is ours and never answers: what comes to the terminal all the same is the frame before the connection. */
static void first_frame(struct bench *bench)
{
	g_autofree char *path = g_strdup_printf("%s/socket", bench->dir);
	g_autofree char *uri = g_strdup_printf("qemu+unix:///system?socket=%s", path);
	int daemon = listen_on(path);
	struct tty *tty = bench_dashboard(bench, uri, "2");
	/* The frame goes out in writes of 2 KiB: the last row's help is in the last of them. */
	bool whole = tty_wait(tty, "palette", 10000);
	double ms = (double)(tty->first_byte_us - tty->started_us) / 1e3;
	g_autofree char *note = g_strdup_printf("first byte %.1f ms after the start, while no daemon answers", ms);
	bench_line(bench, &(struct line){"first frame waits for the daemon", "0 = no", whole ? 0 : 1, NAN, NAN,
	                          ABSOLUTE, 0, note});
	tty_stop(tty);
	close(daemon);
	unlink(path);
}

void bench_start_up(struct bench *bench)
{
	first_frame(bench);
	pairs(bench);
	compare_instructions(bench);
}
