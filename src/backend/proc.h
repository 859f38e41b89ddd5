/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU processes of this machine, by /proc: what a guest costs, without asking
 * libvirt or QEMU. Any thread.
 */
#ifndef NVIRT_BACKEND_PROC_H
#define NVIRT_BACKEND_PROC_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct proc_qemu {
	uint8_t uuid[16];
	int pid;
	uint64_t start; /* clock ticks after boot: tells a reused pid */
};

struct proc_figures {
	uint64_t cpu_time_ns, rss_kib;
	bool stopped; /* state T: SIGSTOP */
};

/* All QEMUs that were started with -uuid: GArray of struct proc_qemu, owned. Also those in other pid namespaces. */
GArray *proc_find_qemus(void);
/* false: that process is gone or can not be seen. */
bool proc_read(int pid, uint64_t start, struct proc_figures *ret_figures);
/* What the host has swapped out of it; -1 = not known. */
int64_t proc_swap_kib(int pid, uint64_t start);
/* Wall clock; 0 = not known. */
gint64 proc_started_unix_us(uint64_t start);

/* The parsers; of proc_tree.h and the tests too. */
bool proc_parse_stat(const char *text, char *ret_state, uint64_t *ret_ticks, uint64_t *ret_start, uint64_t *ret_rss_pages);
/* The CPU that a process or thread ran on last; -1 = not told. */
int proc_parse_last_cpu(const char *text);
/* A line like "VmSwap:  12 kB", not the first one; -1 = none. */
int64_t proc_parse_kib(const char *status, const char *name);
bool proc_parse_cmdline(const char *bytes, gsize len, uint8_t ret_uuid[16]);

#endif
