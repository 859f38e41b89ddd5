/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing what libvirt has written down of a snapshot, never its content. The
 * tree must have been read with secrets. Worker threads.
 */
#ifndef NVIRT_BACKEND_SNAPSHOT_WRITE_H
#define NVIRT_BACKEND_SNAPSHOT_WRITE_H

#include "backend/snapshot_tree.h"

/* In the document only, until snapshot_redefine(). */
void snap_set_name(struct snap *snap, const char *name);
void snap_set_description(struct snap *snap, const char *description);
void snap_set_parent(struct snap *snap, const char *parent);
/* Wherever its definitions name the file `from` as the disk's, or as the overlay that was made, it is `to` now. */
void snap_move_file(struct snap *snap, const char *target, const char *from, const char *to, const char *format);

/* In place of what libvirt has under that name; stays current if it was. */
bool snapshot_redefine(virDomainPtr dom, struct snap *snap, GError **error);
/* Drops the record; children go to its parent. True also when it was not there. */
bool snapshot_forget(virDomainPtr dom, const char *name, GError **error);

#endif
