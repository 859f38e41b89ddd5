/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine's own files tell of it for node_detail.h: CPUs, pressure, KSM,
 * NUMA cells, disks, temperatures. Any thread; reads /proc and /sys only. What
 * is not told stays as node_detail_new() has it.
 */
#ifndef NVIRT_BACKEND_NODE_MACHINE_H
#define NVIRT_BACKEND_NODE_MACHINE_H

#include "backend/health.h"
#include "nvirt/node_detail.h"

/* All but KSM's CPU time and the guests' places. */
void node_machine_read(struct node_detail *detail, const struct health_source *source);
/* struct node_cell *, by id; owned, empty where the kernel knows no cells. */
GPtrArray *node_machine_cells(const struct health_source *source);
/* struct node_disk *: whole disks that are in use, not what is made of memory or files; owned. */
GPtrArray *node_machine_disks(const struct health_source *source);
/* KSM's thread; 0 = it can not be seen (or there is none). Looks through all processes: once is enough. */
int node_machine_ksmd(const struct health_source *source);
/* CPU time of a process; -1 = it can not be seen. */
int64_t node_machine_cpu_ns(const struct health_source *source, int pid);
/*
 * Where the memory of a process lies: KiB for each of `cells` (struct node_cell *) into place->kib. By its
 * cgroup, which costs nothing; `walk`: else by its page tables, which takes long where it is large. false:
 * neither tells.
 */
bool node_machine_place(const struct health_source *source, int pid, const GPtrArray *cells, bool walk,
        struct node_place *place);

#endif
