/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who uses which file of a host: libvirt protects no base of a clone and no
 * disk of a running guest from deletion, so we look ourselves.
 *
 * Read from every guest's live and stored XML with its backing chain, every
 * snapshot, and every volume's backing file. Worker threads.
 */
#ifndef NVIRT_BACKEND_FILE_USERS_H
#define NVIRT_BACKEND_FILE_USERS_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

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


#endif
