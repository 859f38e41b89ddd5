/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host's Summary shows beyond the tick's figures: each CPU, pressure,
 * NUMA cells and who is on them, huge pages, KSM, disks, temperatures. The back
 * end asks for it only while somebody looks (watch.node).
 *
 * One look is a struct node_detail, owned by whoever holds it and frozen when it
 * is posted. Counters are cumulative; node_rates_take() makes rates of two
 * looks. Pure; any thread.
 */
#ifndef NVIRT_NODE_DETAIL_H
#define NVIRT_NODE_DETAIL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds since boot; -1 = offline, or not told. */
struct node_cpu {
	int64_t busy_ns, total_ns;
};

enum node_stall_kind { NODE_STALL_CPU, NODE_STALL_MEMORY, NODE_STALL_IO, NODE_STALL_N };
enum { NODE_STALL_SPANS = 3 }; /* 10 s, 1 min, 5 min */

/* Percent of the time in which some task, or all of them, waited for it; < 0 = not told. */
struct node_stall {
	double some[NODE_STALL_SPANS], full[NODE_STALL_SPANS];
};

/* A whole disk of the machine. */
struct node_disk {
	char *name; /* "nvme0n1"; cleaned */
	int64_t rd_bytes, wr_bytes, busy_ms;
	int64_t ops, wait_ms; /* requests that ended, and how long they took, all together */
};

struct node_sensor {
	char *name; /* "coretemp Package id 0"; cleaned */
	double celsius;
	double limit; /* from here on its maker calls it critical; < 0 = not told */
};

/* Pages of one size that are set aside. */
struct node_pages {
	int64_t size_kib, total, free;
};

struct node_cell {
	int id;
	char *cpus; /* "0-7,16-23"; cleaned */
	int64_t total_kib, free_kib; /* free: of this machine with the page cache, which makes room; -1 = not told */
	GArray *pages; /* struct node_pages, huge ones only */
};

/* Where a guest that runs has its memory. */
struct node_place {
	uint8_t uuid[16];
	GArray *kib; /* int64_t for each of node_detail.cells; -1 = it may lie there, how much is not told */
};

/* KSM of the kernel; -1 = not told. */
struct node_ksm {
	int run;     /* 0 off, 1 on, 2 off and what was merged is taken apart; only the machine tells */
	int64_t pages_to_scan, sleep_ms, merge_across_nodes; /* can be set */
	int64_t shared_pages, sharing_pages, unshared_pages, volatile_pages, full_scans;
	int64_t page_bytes;
	int64_t profit_bytes; /* what it saves less what it needs; G_MININT64 = not told */
	int64_t ksmd_ns;      /* CPU time of its thread */
};

struct node_memory {
	int64_t total_kib, free_kib, available_kib, cache_kib, huge_kib; /* -1 = not told */
};

struct node_detail {
	gint64 taken_us; /* monotonic */
	bool machine;    /* this machine's own files were read: pressure, disks, temperatures */
	GArray *cpus;    /* struct node_cpu, by number */
	struct node_memory memory;
	struct node_stall stalls[NODE_STALL_N];
	struct node_ksm ksm;
	GPtrArray *disks;   /* struct node_disk * */
	GPtrArray *sensors; /* struct node_sensor * */
	GPtrArray *cells;   /* struct node_cell *, by id */
	GPtrArray *places;  /* struct node_place *, of guests it is known of; empty where there is one cell */
};

/* All of it not known. */
struct node_detail *node_detail_new(void);
void node_detail_free(struct node_detail *detail); /* NULL is fine */
/* Lists that own what they hold: struct node_disk *, struct node_cell *, struct node_place *. */
GPtrArray *node_disks_new(void);
GPtrArray *node_cells_new(void);
GPtrArray *node_places_new(void);
struct node_cell *node_cell_new(int id);
/* With `cells` times -1. */
struct node_place *node_place_new(const uint8_t uuid[16], unsigned cells);
void node_place_free(struct node_place *place);

/* What two looks tell; < 0 = not known. */
struct node_disk_rate {
	double rd_bps, wr_bps, busy; /* busy: part of the time, 0..1 */
};

struct node_rates {
	GArray *cpus;  /* double, 0..1, order of node_detail.cpus */
	GArray *disks; /* struct node_disk_rate, order of node_detail.disks */
	double ksmd;   /* CPUs that KSM's thread keeps busy */
};

void node_rates_init(struct node_rates *rates);
void node_rates_fini(struct node_rates *rates);
/*
 * `before` NULL, or half a minute and more older: nothing is known yet. Of a CPU that was not read anew the
 * rate stays as it was.
 */
void node_rates_take(struct node_rates *rates, const struct node_detail *before, const struct node_detail *now);

#endif
