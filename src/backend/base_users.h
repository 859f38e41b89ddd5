/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which images stand on given files: clones that nvirt made, and any others.
 *
 * Quicker than file_users.h, which reads every snapshot too: it is asked
 * before every start. Read from the volumes of active pools, the chains of
 * running guests, and the headers of disks that lie in no pool; within a time,
 * and what was not seen by then is said. Blocking; worker threads.
 */
#ifndef NVIRT_BACKEND_BASE_USERS_H
#define NVIRT_BACKEND_BASE_USERS_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

/* One image that stands on a file. Strings are raw; `guest` and `pool` NULL = none known. */
struct base_user {
	char *base, *overlay;
	char *guest, *pool;
};

struct base_users {
	GPtrArray *list; /* struct base_user * */
	char *gaps;      /* what was not seen and may hide one, raw; NULL = everything was seen */
};

/*
 * `own`: images that do not count (the asker's own overlays); may be NULL.
 * `until_us`: monotonic. NULL with `error` when nothing could be looked at.
 */
struct base_users *base_users_look(virConnectPtr conn, const char *const *paths, const char *const *own,
        gint64 until_us, GError **error);
void base_users_free(struct base_users *users);
/* Is there one that surely stands on this file? For undoing what protects it. */
bool base_users_any(virConnectPtr conn, const char *path);
/* "'web1', 'web2' and 3 more": guests by name, other images by path, in order; owned, raw; "" = none. */
char *base_users_words(const struct base_users *users);

#endif
