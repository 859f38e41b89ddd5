/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Merging an overlay of a running guest down into its base, with progress and abort. Worker threads. */
#ifndef NVIRT_BACKEND_SNAPSHOT_MERGE_H
#define NVIRT_BACKEND_SNAPSHOT_MERGE_H

#include "backend/snapshot_removal.h"
#include "backend/job.h"

/*
 * When it returns TASK_OK nothing of the guest needs `merge->child` any more;
 * the file stays. Else the chain is as it was, but what lay in `merge->state`
 * may be overwritten in part: with `error`, TASK_ABORTED or TASK_FAILED.
 */
enum task_state snapshot_merge(
        struct job *job, virDomainPtr dom, const struct removal_merge *merge, GError **error);

#endif
