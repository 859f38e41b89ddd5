/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who uses which file of a host: libvirt protects no base of a clone and no
 * disk of a running guest from deletion, so we look ourselves.
 *
 * Read from every guest's live and stored XML with its backing chain, every
 * snapshot, and every volume's backing file. Two ways to use it: read at once by
 * a worker that is about to delete something, or kept by the detail thread and
 * brought up to date guest by guest (usage.h). One thread at a time.
 */
#ifndef NVIRT_BACKEND_FILE_USERS_H
#define NVIRT_BACKEND_FILE_USERS_H

#include <glib.h>
#include <libxml/tree.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

#include "nvirt/inv.h"

struct file_users;

enum file_users_scope {
	FILE_USERS_ACTIVE, /* running guests only: quick, for explaining a refused lock */
	FILE_USERS_ALL,
};

/* `self` (UUID, may be NULL) is left out, but not what its own snapshots need or what volumes are based on. */
struct file_users *file_users_new(
        virConnectPtr conn, const unsigned char *self, enum file_users_scope scope, GError **error);
void file_users_free(struct file_users *users);
/* "disk vda of 'web2', volume 'clone.qcow2' of pool 'default' is based on it": cleaned, owned; NULL = nobody known. */
char *file_users_of(struct file_users *users, const char *path);
/* What could not be read and may hide a user: cleaned, borrowed; NULL = everything was seen. */
const char *file_users_gaps(const struct file_users *users);
/* Adds what the volumes of one more pool are based on. */
void file_users_add_pool(struct file_users *users, virStoragePoolPtr pool);

/* ---- kept ---- */

/* What a guest was last read as; NULL or false = has none. */
struct file_users_docs {
	xmlDocPtr live, stored;
	bool snapshots; /* they are asked for now */
	bool active;    /* `live` is a running guest's */
};

/* Below a file in a running guest's chain; raw. */
struct file_base {
	char *path, *format;
};

/* Empty, to be filled by the calls below. `local`: links can be followed. */
struct file_users *file_users_new_kept(bool local);
/* In place of what was known of this guest. */
void file_users_set_guest(struct file_users *users, virDomainPtr dom, const unsigned char *uuid,
        const struct file_users_docs *docs);
/* Volume `name` of `pool`, whose UUID is `owner`, is based on `base`. */
void file_users_add_base(
        struct file_users *users, const unsigned char *owner, const char *base, const char *name, const char *pool);
/* What was read of a guest or pool. */
void file_users_forget(struct file_users *users, const unsigned char *owner);
/* The one spelling of a path under which it is known. Owned. */
char *file_users_key(const struct file_users *users, const char *path);
/* Owned: char *, cleaned, in full; `ret_brief` the same as one short line, owned. */
GPtrArray *file_users_list(
        const struct file_users *users, const char *key, const char *pool, const char *volume, char **ret_brief);
/* The same as facts: struct volume_use *, owned. */
GPtrArray *file_users_uses(const struct file_users *users, const char *key, const char *pool, const char *volume);
/* Calls `each` for every path that is known as somebody's disk or as what one stands on. */
void file_users_each_image(
        const struct file_users *users, void (*each)(const char *key, void *data), void *data);
/* NULL = no running guest tells. Borrowed. */
const struct file_base *file_users_base(const struct file_users *users, const char *key);
char *file_users_base_path(const char *own, const char *base);

#endif
