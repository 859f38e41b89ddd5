/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Full clones: every disk of its own is copied, of a guest that is off, of a
 * running one, or of a snapshot. Worker threads.
 *
 * Arguments: name (a pattern where count is more than 1, clone_names.h), count,
 * pool (where the copies go; "" = beside the source's files), format:
 * same|qcow2|raw, from-snapshot, start: bool, keep-passthrough: bool, allow.
 */
#ifndef NVIRT_BACKEND_CLONE_FULL_H
#define NVIRT_BACKEND_CLONE_FULL_H

#include "backend/job.h"
#include "nvirt/op.h"

enum task_state clone_full_run(struct job *job, GError **error);
/* After a lost connection. `source` NULL = it is gone. */
enum task_state clone_full_settle(struct job *job, virDomainPtr source, GError **error);
/* Fills `plan`; false with `error`: why it can not be done. */
bool clone_full_plan(virConnectPtr conn, const struct op_request *request, struct plan *plan, GError **error);

#endif
