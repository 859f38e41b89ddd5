/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libvirt tells of a host for node_detail.h, where its files are not ours
 * to read. Any thread that may be left behind. What is not told stays as
 * node_detail_new() has it.
 */
#ifndef NVIRT_BACKEND_NODE_LIBVIRT_H
#define NVIRT_BACKEND_NODE_LIBVIRT_H

#include <libvirt/libvirt.h>

#include "nvirt/node_detail.h"

/* Of one CPU, or VIR_NODE_CPU_STATS_ALL_CPUS; two calls. -1 = not told. */
struct node_cpu node_libvirt_cpu(virConnectPtr conn, int number);
/* Of one cell, or VIR_NODE_MEMORY_STATS_ALL_CELLS: total, free, cache. false = not told. */
bool node_libvirt_memory(virConnectPtr conn, int cell, struct node_memory *ret);

/* What does not change while the host runs. */
struct node_topology {
	GPtrArray *cells;   /* struct node_cell *: ids, CPUs, sizes of pages; free is -1 */
	int64_t page_bytes; /* -1 = not told */
};

/* Of the host's capabilities, which take a minute on a sick host. Owned; NULL where they are not told. */
struct node_topology *node_topology_read(virConnectPtr conn);
struct node_topology *node_topology_parse(const char *capabilities);
void node_topology_free(struct node_topology *topology); /* NULL is fine */

/* Memory, KSM, and the cells with what is free in them; a few calls and two a cell. `topology` may be NULL. */
void node_libvirt_read(virConnectPtr conn, const struct node_topology *topology, struct node_detail *detail);
/*
 * The counters of CPUs from number `from` on into `cpus` (struct node_cpu, kept from the last time), a call each,
 * until `deadline_us`. Returns where to go on another time; 0 = all were read.
 */
unsigned node_libvirt_cpus(virConnectPtr conn, GArray *cpus, unsigned from, gint64 deadline_us);
/* The cells that a guest may have memory in: 0 in place->kib where it may not. No monitor is asked. false: not told. */
bool node_libvirt_place(virDomainPtr dom, const GPtrArray *cells, struct node_place *place);
/* KSM's settings and counters; false with libvirt's error where the driver tells none. */
bool node_libvirt_ksm(virConnectPtr conn, struct node_ksm *ksm);

#endif
