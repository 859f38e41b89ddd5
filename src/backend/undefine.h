/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What undefining a guest would touch: looked at once for the plan, and again before acting. Worker threads. */
#ifndef NVIRT_BACKEND_UNDEFINE_H
#define NVIRT_BACKEND_UNDEFINE_H

#include "backend/file_users.h"
#include "nvirt/op.h"

struct undefine {
	struct plan *plan;
	GHashTable *paths; /* item id -> raw path */
	struct file_users *users;
	bool nvram, managed_save, snapshots, checkpoints, tpm;
};

/* NULL with `error` when it could not be looked at. `name` is the cleaned one. */
struct undefine *undefine_look(virDomainPtr dom, const char *name, GError **error);
void undefine_free(struct undefine *undefine);
/* By id, or NULL. */
const struct plan_item *undefine_item(const struct undefine *undefine, const char *id);

#endif
