/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest as what it is to its host: a process with threads and open images.
 *
 * Built by the back end, frozen when posted but for the rates, which the store
 * adds. Strings are owned and cleaned (text.h), never NULL. -1 = not known.
 */
#ifndef NVIRT_PROCESS_H
#define NVIRT_PROCESS_H

#include "nvirt/inv.h"

#define THREAD_KINDS(X)                                                                                      \
	X(THREAD_MAIN, "main loop")                                                                          \
	X(THREAD_VCPU, "vCPU")                                                                               \
	X(THREAD_IO, "I/O thread")                                                                           \
	X(THREAD_WORKER, "worker") /* comes and goes with disk requests */                                   \
	X(THREAD_DISPLAY, "display") /* VNC, SPICE */                                                        \
	X(THREAD_VHOST, "vhost")   /* the kernel's, for a NIC */                                             \
	X(THREAD_MIGRATION, "migration")                                                                     \
	X(THREAD_OTHER, "other")

enum thread_kind {
#define X(id, word) id,
	THREAD_KINDS(X)
#undef X
	        THREAD_KIND_N
};

const char *thread_kind_word(enum thread_kind kind);
/* What a thread of QEMU's is by its name; `main` = it is the process's first. `ret_vcpu` is set for a vCPU, else -1. */
enum thread_kind thread_kind_of(const char *comm, bool main, int *ret_vcpu);
/* "running", "sleeping" of the kernel's letter; "" = not known. */
const char *process_state_word(char state);

struct qemu_thread {
	int tid;        /* 0 = not known */
	uint64_t start; /* clock ticks after boot: tells a reused tid */
	char *name;
	enum thread_kind kind;
	int vcpu;         /* its number; -1 = it is none */
	char state;       /* R, S, D, T, …; 0 = not known */
	int64_t cpu_ns;   /* CPU time so far */
	int cpu;          /* the host's CPU that it ran on last */
	char *affinity;   /* CPUs that it may run on: "0-3,8"; "" = not known */
	double cpu_pct;   /* 100 = one CPU; < 0 = not known yet */
};

struct qemu_file {
	int fd; /* the first, where it is open several times */
	char *path;
	bool writable, deleted, device;
	int64_t bytes; /* that it takes on disk */
};

struct qemu_process {
	uint8_t uuid[16];
	gint64 taken_us; /* monotonic */
	int pid;         /* 0 = of another machine: only what libvirt tells */
	uint64_t start;
	char *program; /* "qemu-system-x86" */
	char *user;
	char state;
	char *affinity, *cgroup; /* cgroup: below the root of its hierarchy; "" */
	int64_t rss_kib, pss_kib, swap_kib; /* PSS: what is shared counts by its share */
	int64_t fds;
	int64_t cpu_ns;
	double cpu_pct;
	GPtrArray *threads; /* struct qemu_thread *: the main loop first, then by kind */
	GPtrArray *files;   /* struct qemu_file *: images and other files of disks; NULL = they may not be seen */
	char *unread;       /* what is not known and why; "" = all is */
};

struct qemu_process *qemu_process_new(void);
void qemu_process_free(struct qemu_process *process);
struct qemu_thread *qemu_thread_new(void);
/* By kind, vCPUs by number, then by tid. For a GPtrArray. */
int qemu_thread_compare(gconstpointer a, gconstpointer b);
/* Rates from what was known before of the same process; `before` may be NULL. */
void qemu_process_set_rates(struct qemu_process *process, const struct qemu_process *before);
/* "main loop", "vCPU 0", "IO iothread1", "worker": for people. Owned. */
char *qemu_thread_title(const struct qemu_thread *thread);

#endif
