/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removing one snapshot, for the operations that remove some. Worker threads. */
#ifndef NVIRT_BACKEND_SNAPSHOT_REMOVE_H
#define NVIRT_BACKEND_SNAPSHOT_REMOVE_H

#include "backend/job.h"

/*
 * Looks at the host anew, removes the snapshot of that raw name, tells in the
 * log what was done and what stays. TASK_OK; TASK_WARNING (gone, but something
 * stays that should not; in the log); TASK_ABORTED, TASK_FAILED with `error`.
 * One that is gone already is TASK_OK.
 */
enum task_state snapshot_remove(
        struct job *job, virDomainPtr dom, const char *name, bool record_only, GError **error);

#endif
