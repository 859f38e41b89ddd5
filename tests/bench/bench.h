/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bench: what nvirt costs, beside the floor (floor.c) and the peers, in
 * the same run on the same lab. One source file a group of lines.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include "bench/meter.h"
#include "support/lab.h"

enum { BENCH_GUESTS = 30, BENCH_PACE_MS = 1000 };
#define BENCH_LAST_GUEST "g30"

struct bench {
	bool quick;
	char *nvirt, *floor, *dir;
	struct lab *lab;
	struct proxy *proxy;
	pid_t libvirtd;
	GArray *qemus; /* pid_t */
	unsigned lines, met;
};

/* Which column the target is a multiple of; ABSOLUTE: of the unit. */
enum against { ABSOLUTE, OF_FLOOR, OF_PEER };

struct line {
	const char *what, *unit;
	double nvirt, floor, peer; /* NAN = there is none */
	enum against against;
	double target;
	const char *note;
};

void bench_head(void);
void bench_line(struct bench *bench, const struct line *line);
/* A group could not be measured: said, and counted as not met. */
void bench_missing(struct bench *bench, const char *what, const char *why);

/* nvirt's dashboard on `uri`; ends with tty_stop(). */
struct tty *bench_dashboard(const struct bench *bench, const char *uri, const char *refresh_s);

/* Polls by the floor program beside us. */
struct poller {
	GPid pid;
	int input;                /* its end is the program's end */
	volatile guint64 *counted; /* refreshes so far */
};
struct poller *poller_start(const struct bench *bench, const char *uri, const char *groups, int pace_ms);
void poller_stop(struct poller *poller);

/* The definitions of that many guests for libvirt's test driver; path, owned. */
char *bench_many_guests(const struct bench *bench, unsigned guests);
/* Through the proxy, so that calls are counted. Owned. */
char *bench_many_uri(const struct bench *bench, const char *path);

void bench_start_up(struct bench *bench);
void bench_clones(struct bench *bench);
void bench_host(struct bench *bench);
void bench_many(struct bench *bench, unsigned guests, double target);
/* Used for that long through a slow line; false = it was more than one frame behind. */
bool bench_link(struct bench *bench, double minutes);
void bench_keys(struct bench *bench);
void bench_full_clone(struct bench *bench);
void bench_screen(struct bench *bench);
void bench_check(struct bench *bench);
void bench_keys_of_many(struct bench *bench, struct tty *tty);

#endif
