/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parameters of the rows of the table of actions. */
#ifndef NVIRT_MODEL_ACTION_PARAMS_H
#define NVIRT_MODEL_ACTION_PARAMS_H

#include "nvirt/action.h"

extern const struct param start_params[];
extern const struct param allow_params[];
extern const struct param volume_delete_params[];
extern const struct param volume_rebase_params[];
extern const struct param shutdown_params[];
extern const struct param reboot_params[];
extern const struct param destroy_params[];
extern const struct param managed_save_params[];
extern const struct param save_params[];
extern const struct param restore_params[];
extern const struct param rename_params[];
extern const struct param describe_params[];
extern const struct param tags_params[];
extern const struct param tag_add_params[];
extern const struct param tag_remove_params[];
extern const struct param balloon_params[];
extern const struct param ksm_params[];
extern const struct param clone_params[];
extern const struct param untemplate_params[];
extern const struct param own_overlay_params[];
extern const struct param unprotect_params[];
extern const struct param snapshot_create_params[];
extern const struct param snapshot_auto_params[];
extern const struct param snapshot_delete_params[];
extern const struct param snapshot_edit_params[];
extern const struct param snapshot_prune_params[];
extern const struct param snapshot_revert_params[];

#endif
