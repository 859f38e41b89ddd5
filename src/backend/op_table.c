/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows that join an operation's number with its functions. */
#include "backend/op_table.h"

#define ROW(id, object, name) [id] = {.op = id, .kind = object, .run = name##_run, .settle = name##_settle}

#define PLANNED(id, object, name)                                                                            \
	[id] = {.op = id, .kind = object, .run = name##_run, .settle = name##_settle, .plan = name##_plan}

static const struct op_row rows[OP_N] = {
	ROW(OP_GUEST_START, OBJ_GUEST, op_guest_start),
	ROW(OP_GUEST_SHUTDOWN, OBJ_GUEST, op_guest_shutdown),
	ROW(OP_GUEST_REBOOT, OBJ_GUEST, op_guest_reboot),
	ROW(OP_GUEST_RESET, OBJ_GUEST, op_guest_reset),
	ROW(OP_GUEST_DESTROY, OBJ_GUEST, op_guest_destroy),
	ROW(OP_GUEST_SUSPEND, OBJ_GUEST, op_guest_suspend),
	ROW(OP_GUEST_RESUME, OBJ_GUEST, op_guest_resume),
	ROW(OP_GUEST_MANAGED_SAVE, OBJ_GUEST, op_guest_managed_save),
	ROW(OP_GUEST_MANAGED_SAVE_REMOVE, OBJ_GUEST, op_guest_managed_save_remove),
	ROW(OP_GUEST_SAVE, OBJ_GUEST, op_guest_save),
	ROW(OP_GUEST_RESTORE, OBJ_HOST, op_guest_restore),
	ROW(OP_GUEST_AUTOSTART, OBJ_GUEST, op_guest_autostart),
	ROW(OP_GUEST_RENAME, OBJ_GUEST, op_guest_rename),
	ROW(OP_GUEST_DESCRIBE, OBJ_GUEST, op_guest_describe),
	ROW(OP_GUEST_TAGS, OBJ_GUEST, op_guest_tags),
	ROW(OP_GUEST_EDIT, OBJ_GUEST, op_guest_edit),
	PLANNED(OP_GUEST_BALLOON, OBJ_GUEST, op_guest_balloon),
	PLANNED(OP_HOST_KSM, OBJ_HOST, op_host_ksm),
	[OP_GUEST_UNDEFINE] = {
		.op = OP_GUEST_UNDEFINE,
		.kind = OBJ_GUEST,
		.run = op_guest_undefine_run,
		.settle = op_guest_undefine_settle,
		.plan = op_guest_undefine_plan,
	},
	[OP_GUEST_CLONE] = {
		.op = OP_GUEST_CLONE,
		.kind = OBJ_GUEST,
		.run = op_guest_clone_run,
		.settle = op_guest_clone_settle,
		.plan = op_guest_clone_plan,
		.steps_first = true,
	},
	PLANNED(OP_GUEST_TEMPLATE, OBJ_GUEST, op_guest_template),
	[OP_GUEST_OWN_OVERLAY] = {
		.op = OP_GUEST_OWN_OVERLAY,
		.kind = OBJ_GUEST,
		.run = op_guest_own_overlay_run,
		.settle = op_guest_own_overlay_settle,
		.plan = op_guest_own_overlay_plan,
	},
	PLANNED(OP_GUEST_UNPROTECT, OBJ_GUEST, op_guest_unprotect),
	PLANNED(OP_SNAPSHOT_TAKE, OBJ_GUEST, op_snapshot_take),
	PLANNED(OP_SNAPSHOT_DELETE, OBJ_SNAPSHOT, op_snapshot_delete),
	ROW(OP_SNAPSHOT_EDIT, OBJ_SNAPSHOT, op_snapshot_edit),
	PLANNED(OP_SNAPSHOT_PRUNE, OBJ_GUEST, op_snapshot_prune),
	[OP_SNAPSHOT_REVERT] = {
		.op = OP_SNAPSHOT_REVERT,
		.kind = OBJ_SNAPSHOT,
		.run = op_snapshot_revert_run,
		.settle = op_snapshot_revert_settle,
		.plan = op_snapshot_revert_plan,
	},
	PLANNED(OP_GUEST_FLATTEN, OBJ_GUEST, op_guest_flatten),
	PLANNED(OP_VOLUME_DELETE, OBJ_VOLUME, op_volume_delete),
	PLANNED(OP_VOLUME_REBASE, OBJ_VOLUME, op_volume_rebase),
	ROW(OP_POOL_START, OBJ_POOL, op_pool_start),
	ROW(OP_POOL_STOP, OBJ_POOL, op_pool_stop),
	ROW(OP_POOL_AUTOSTART, OBJ_POOL, op_pool_autostart),
	ROW(OP_POOL_REFRESH, OBJ_POOL, op_pool_refresh),
	ROW(OP_POOL_DEFINE_DEFAULT, OBJ_HOST, op_pool_define_default),
	ROW(OP_NETWORK_START, OBJ_NETWORK, op_network_start),
	ROW(OP_NETWORK_STOP, OBJ_NETWORK, op_network_stop),
	ROW(OP_NETWORK_AUTOSTART, OBJ_NETWORK, op_network_autostart),
	ROW(OP_NETWORK_DEFINE_DEFAULT, OBJ_HOST, op_network_define_default),
	[OP_TASK_CLEANUP] = {
		.op = OP_TASK_CLEANUP,
		.kind = OBJ_TASK,
		.run = op_task_cleanup_run,
		.settle = op_task_cleanup_settle,
		.plan = op_task_cleanup_plan,
	},
};

const struct op_row *op_row(enum op op)
{
	if ((unsigned)op >= OP_N || !rows[op].run)
		return NULL;
	return &rows[op];
}
