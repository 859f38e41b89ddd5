/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * While libvirt saves memory into a disk nobody can ask how far it is (every
 * monitor call blocks), but the file grows: a thread with a connection of its
 * own tells time and bytes. Never a share of the whole, which nobody knows.
 */
#ifndef NVIRT_BACKEND_SNAPSHOT_WATCH_H
#define NVIRT_BACKEND_SNAPSHOT_WATCH_H

#include "backend/job.h"

struct snapshot_watch;
/* `path`: the file that grows. Between the two the worker sits in its call. */
struct snapshot_watch *snapshot_watch_begin(struct job *job, const char *path);
void snapshot_watch_end(struct snapshot_watch *watch);

#endif
