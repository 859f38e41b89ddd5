/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which guest has which file as a disk, as far as the definitions tell: for
 * the lists of volumes. (Before anything is deleted file_users.h looks deeper.)
 * Detail thread.
 */
#ifndef NVIRT_BACKEND_USAGE_H
#define NVIRT_BACKEND_USAGE_H

#include <libvirt/libvirt.h>
#include <glib.h>
#include <stdbool.h>

/* path -> "vda of web1, vdb of web2", both owned; the paths as in XML made valid UTF-8. */
GHashTable *usage_new(void);
/* Reads every definition, live and stored; stops when the time is over or `go_on` says no. */
void usage_read(GHashTable *usage, virConnectPtr conn, gint64 deadline_us, bool (*go_on)(void *data), void *data);
/* "" when nobody is known. `pool` and `name`, for disks of type volume, may be NULL. */
char *usage_of(GHashTable *usage, const char *path, const char *pool, const char *name);

#endif
