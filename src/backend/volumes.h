/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The volumes of a host's pools, kept: a volume's definition costs a call, so
 * each is read once and then again only when it is old or its pool changed.
 * Detail thread; a dead NFS server can hang volumes_read().
 */
#ifndef NVIRT_BACKEND_VOLUMES_H
#define NVIRT_BACKEND_VOLUMES_H

#include <libvirt/libvirt.h>

#include "backend/file_users.h"
#include "nvirt/inv.h"

struct volumes;

struct volumes_round {
	gint64 before_us;             /* what was read before this is read again */
	gint64 deadline_us;           /* what is not read by then waits for the next round */
	bool (*go_on)(void *data);    /* asked between two calls */
	void *data;
};

struct volumes *volumes_new(void);
void volumes_free(struct volumes *volumes);
/* Brings one pool up to date, and what `users` knows of its backing files. false = something is left to read. */
bool volumes_read(struct volumes *volumes, struct file_users *users, virStoragePoolPtr pool,
        const struct volumes_round *round);
/* No call is made. struct volume_row *, owned; NULL when the pool was never read. `users_known` false: nobody is named. */
GPtrArray *volumes_rows(const struct volumes *volumes, const struct file_users *users, const uint8_t pool[16],
        bool users_known);
/* What guests use as images and no pool knows: struct volume_row *, owned, without names and sizes. */
GPtrArray *volumes_outside(const struct volumes *volumes, const struct file_users *users);
/* Calls `each` for every pool that was read. */
void volumes_each_pool(
        const struct volumes *volumes, void (*each)(const uint8_t pool[16], void *data), void *data);
/* Sum of the sizes and number; false where they are not all known. */
bool volumes_total(const struct volumes *volumes, const uint8_t pool[16], int64_t *ret_bytes, int64_t *ret_count);
/* Forgets the pools that are not among the `n` ones. */
void volumes_keep_only(
        struct volumes *volumes, struct file_users *users, const virStoragePoolPtr *pools, unsigned n);

#endif
