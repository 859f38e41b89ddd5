/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why an action can not run on an object now: an owned sentence that names the
 * object and, where there is one, the way out; or NULL. The object exists and
 * its host is connected (action_why_not() saw to that). Main thread.
 */
#ifndef NVIRT_MODEL_ACTION_WHY_H
#define NVIRT_MODEL_ACTION_WHY_H

#include "nvirt/action.h"

#define ACTION_WHYS(X)                                                                                       \
	X(why_not_start)                                                                                     \
	X(why_not_start_fresh)                                                                               \
	X(why_not_shutdown)                                                                                  \
	X(why_not_destroy)                                                                                   \
	X(why_not_reset)                                                                                     \
	X(why_not_suspend)                                                                                   \
	X(why_not_resume)                                                                                    \
	X(why_not_managed_save)                                                                              \
	X(why_not_managed_save_remove)                                                                       \
	X(why_not_save)                                                                                      \
	X(why_not_autostart_on)                                                                              \
	X(why_not_autostart_off)                                                                             \
	X(why_not_rename)                                                                                    \
	X(why_not_edit)                                                                                      \
	X(why_not_undefine)                                                                                  \
	X(why_not_flatten)                                                                                   \
	X(why_not_volume_delete)                                                                             \
	X(why_not_volume_rebase)                                                                             \
	X(why_not_clone)                                                                                     \
	X(why_not_template)                                                                                  \
	X(why_not_untemplate)                                                                                \
	X(why_not_own_overlay)                                                                               \
	X(why_not_snapshot_create)                                                                           \
	X(why_not_snapshot_prune)                                                                            \
	X(why_not_snapshot_revert)                                                                           \
	X(why_not_pool_start)                                                                                \
	X(why_not_pool_active)                                                                               \
	X(why_not_pool_autostart_on)                                                                         \
	X(why_not_pool_autostart_off)                                                                        \
	X(why_not_pool_define_default)                                                                       \
	X(why_not_network_start)                                                                             \
	X(why_not_network_stop)                                                                              \
	X(why_not_network_autostart_on)                                                                      \
	X(why_not_network_autostart_off)                                                                     \
	X(why_not_network_define_default)                                                                    \
	X(why_not_balloon)                                                                                   \
	X(why_not_ksm)                                                                                       \
	X(why_not_connect)                                                                                   \
	X(why_not_disconnect)                                                                                \
	X(why_not_task_abort)                                                                                \
	X(why_not_task_cleanup)

#define X(name) char *name(const struct store *store, const struct obj_ref *ref);
ACTION_WHYS(X)
#undef X

#endif
