/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linked clones: for each disk a new overlay on the source's file, with the
 * format that the source's definition states; the file is protected, and the
 * new definition comes last. As quick for a file of 2 TiB as for one of 1 GiB.
 * Worker threads.
 *
 * Arguments: name (a pattern where count is more than 1, clone_names.h), count,
 * start: bool, pool (where the overlays go; "" = beside the source's files),
 * own-overlay: bool (a running source first gets overlays of its own, and its
 * clones stand on the files as they are at that moment), from-snapshot (an
 * external one: they stand on its files, and the source may run), keep-passthrough: bool.
 */
#ifndef NVIRT_BACKEND_CLONE_LINKED_H
#define NVIRT_BACKEND_CLONE_LINKED_H

#include "backend/job.h"
#include "nvirt/op.h"

enum task_state clone_linked_run(struct job *job, virDomainPtr source, GError **error);
/* Did the clones come to be? After a lost connection. */
enum task_state clone_linked_settle(struct job *job, GError **error);
/* Fills `plan`; false with `error` when it could not be looked at. */
bool clone_linked_plan(
        virConnectPtr conn, virDomainPtr source, const struct op_request *request, struct plan *plan, GError **error);

#endif
