/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An overlay of its own for a guest whose files are, or are to be, the base of
 * clones: the files stay as they are, and it and the clones can all run. A
 * running guest goes on while it gets them. Worker threads.
 */
#ifndef NVIRT_BACKEND_OWN_OVERLAY_H
#define NVIRT_BACKEND_OWN_OVERLAY_H

#include "backend/job.h"
#include "nvirt/op.h"

struct new_overlay {
	char *target;            /* "vda" */
	char *base, *base_format; /* raw; the file that it has now */
	char *path;              /* raw; the one it gets */
};

struct own_overlay {
	GPtrArray *list; /* struct new_overlay * */
	unsigned snapshots;
	bool active;
};

/*
 * What would be made. `all`: for every disk that is its own, else only for
 * those that images stand on. NULL with `error`.
 */
struct own_overlay *own_overlay_look(virDomainPtr dom, bool all, GError **error);
void own_overlay_free(struct own_overlay *own);
/* Why it can not be, owned; NULL = it can. */
char *own_overlay_refused(const struct own_overlay *own, bool forget_snapshots);
/* Makes them; steps of the job. The old files are protected; `ret_weak` as protect_base(). */
bool own_overlay_make(struct job *job, virDomainPtr dom, const struct own_overlay *own, bool forget_snapshots,
        char **ret_weak, GError **error);

/*
 * A path for a new qcow2 beside `file`, "<stem>.qcow2" or with a number, that
 * nothing has; owned, raw. NULL with `error`.
 */
char *overlay_path(virConnectPtr conn, const char *file, const char *stem, GError **error);
/* The file's name without its ending: "/x/web.qcow2" -> "web"; owned. */
char *overlay_stem(const char *file);

#endif
