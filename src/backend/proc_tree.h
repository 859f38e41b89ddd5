/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One QEMU as /proc has it: its threads, its memory, the files that it has open. Neither libvirt nor
 * QEMU is asked. Any thread; a file system that is gone does not hold it up.
 */
#ifndef NVIRT_BACKEND_PROC_TREE_H
#define NVIRT_BACKEND_PROC_TREE_H

#include "backend/health.h"
#include "nvirt/process.h"

/*
 * Owned; NULL: that process is gone. `start`: as struct proc_qemu has it. What we may not read stays
 * unknown and is told in `unread`. PSS is not read: see proc_tree_pss().
 */
struct qemu_process *proc_tree_read(const struct health_source *source, int pid, uint64_t start);
/* The kernel walks all of the process's pages for it: KiB, or -1 where we may not. */
int64_t proc_tree_pss(const struct health_source *source, int pid);

#endif
