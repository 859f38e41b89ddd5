/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The back end's half of the table of operations: one row an op.
 */
#ifndef NVIRT_BACKEND_OP_TABLE_H
#define NVIRT_BACKEND_OP_TABLE_H

#include "backend/job.h"

/*
 * run: acts. Returns TASK_OK or TASK_WARNING (with job_say()), TASK_ABORTED
 * (job_say() or `error`) or TASK_FAILED (`error` set).
 * settle: the connection died during run; looks, on a new one, what became of
 * it. TASK_OK, TASK_FAILED, or TASK_WARNING when it can not be told, all with
 * job_say(); TASK_UNKNOWN with `error` when looking itself failed.
 * plan: what it would touch; NULL = it has none.
 * steps_first: it changes nothing before a step that says so is in the journal
 * (steps.h), on the disk together with the START, which then needs no sync of its own.
 */
struct op_row {
	enum op op;
	enum obj_kind kind;
	enum task_state (*run)(struct job *job, GError **error);
	enum task_state (*settle)(struct job *job, GError **error);
	struct plan *(*plan)(virConnectPtr conn, const struct op_request *request, GError **error);
	bool steps_first;
};

/*
 * An argument that the workers add where a plan was shown before: its items,
 * "id\tpath" a line, so that an operation notices what has changed since.
 */
#define OP_ARG_SEEN "nvirt:seen"

/* NULL for OP_NONE and what is no operation. */
const struct op_row *op_row(enum op op);

#define OP_FUNCTIONS(name)                                                                                   \
	enum task_state name##_run(struct job *job, GError **error);                                         \
	enum task_state name##_settle(struct job *job, GError **error)

OP_FUNCTIONS(op_guest_start);
OP_FUNCTIONS(op_guest_shutdown);
OP_FUNCTIONS(op_guest_reboot);
OP_FUNCTIONS(op_guest_reset);
OP_FUNCTIONS(op_guest_destroy);
OP_FUNCTIONS(op_guest_suspend);
OP_FUNCTIONS(op_guest_resume);
OP_FUNCTIONS(op_guest_managed_save);
OP_FUNCTIONS(op_guest_managed_save_remove);
OP_FUNCTIONS(op_guest_save);
OP_FUNCTIONS(op_guest_restore);
OP_FUNCTIONS(op_guest_autostart);
OP_FUNCTIONS(op_guest_rename);
OP_FUNCTIONS(op_guest_describe);
OP_FUNCTIONS(op_guest_tags);
OP_FUNCTIONS(op_guest_edit);
OP_FUNCTIONS(op_guest_balloon);
OP_FUNCTIONS(op_host_ksm);
OP_FUNCTIONS(op_guest_undefine);
OP_FUNCTIONS(op_guest_clone);
OP_FUNCTIONS(op_guest_template);
OP_FUNCTIONS(op_guest_own_overlay);
OP_FUNCTIONS(op_guest_unprotect);
OP_FUNCTIONS(op_snapshot_take);
OP_FUNCTIONS(op_snapshot_delete);
OP_FUNCTIONS(op_snapshot_edit);
OP_FUNCTIONS(op_snapshot_prune);
OP_FUNCTIONS(op_snapshot_revert);
OP_FUNCTIONS(op_guest_flatten);
OP_FUNCTIONS(op_volume_delete);
OP_FUNCTIONS(op_volume_rebase);
OP_FUNCTIONS(op_pool_start);
OP_FUNCTIONS(op_pool_stop);
OP_FUNCTIONS(op_pool_autostart);
OP_FUNCTIONS(op_pool_refresh);
OP_FUNCTIONS(op_pool_define_default);
OP_FUNCTIONS(op_network_start);
OP_FUNCTIONS(op_network_stop);
OP_FUNCTIONS(op_network_autostart);
OP_FUNCTIONS(op_network_define_default);
OP_FUNCTIONS(op_task_cleanup);

struct plan *op_guest_flatten_plan(virConnectPtr conn, const struct op_request *request, GError **error);
struct plan *op_volume_rebase_plan(virConnectPtr conn, const struct op_request *request, GError **error);
struct plan *op_volume_delete_plan(virConnectPtr conn, const struct op_request *request, GError **error);
struct plan *op_task_cleanup_plan(virConnectPtr conn, const struct op_request *request, GError **error);
struct plan *op_guest_undefine_plan(virConnectPtr conn, const struct op_request *request, GError **error);
struct plan *op_guest_clone_plan(virConnectPtr conn, const struct op_request *request, GError **error);
struct plan *op_guest_own_overlay_plan(virConnectPtr conn, const struct op_request *request, GError **error);
struct plan *op_guest_template_plan(virConnectPtr conn, const struct op_request *request, GError **error);
struct plan *op_guest_unprotect_plan(virConnectPtr conn, const struct op_request *request, GError **error);
#define OP_PLAN(name)                                                                                        \
	struct plan *name##_plan(virConnectPtr conn, const struct op_request *request, GError **error)

OP_PLAN(op_guest_balloon);
OP_PLAN(op_host_ksm);
OP_PLAN(op_snapshot_take);
OP_PLAN(op_snapshot_delete);
OP_PLAN(op_snapshot_prune);

struct plan *op_snapshot_revert_plan(virConnectPtr conn, const struct op_request *request, GError **error);

#endif
