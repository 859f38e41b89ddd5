/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's snapshots as rows for people: what libvirt tells of them, what the
 * storage tells of their files, and our own picture of the screen.
 */
#ifndef NVIRT_BACKEND_SNAPSHOTS_H
#define NVIRT_BACKEND_SNAPSHOTS_H

#include "backend/snapshot_tree.h"

/* What was found of the files that a tree's snapshots stand on. */
struct snapshot_files;

/*
 * Two calls a file, which a dead NFS server can hang. A file is said to be
 * missing only when that was seen, not when nobody could tell.
 */
struct snapshot_files *snapshot_files_look(virConnectPtr conn, GPtrArray *tree);
void snapshot_files_free(struct snapshot_files *files);

/* struct snapshot_row *, owned, in the tree's order. `files` NULL = not looked: sizes and `missing` are not known. */
GPtrArray *snapshots_rows(GPtrArray *tree, const uint8_t uuid[16], const struct snapshot_files *files);
/* All at once, for an operation. NULL with `error`. */
GPtrArray *snapshots_read(virDomainPtr dom, GError **error);

#endif
