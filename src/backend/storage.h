/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pools and volumes as rows. Detail thread; a dead NFS server can hang every call here. */
#ifndef NVIRT_BACKEND_STORAGE_H
#define NVIRT_BACKEND_STORAGE_H

#include <libvirt/libvirt.h>

#include "nvirt/inv.h"

/* struct pool_row *, owned; NULL with libvirt's error. */
GPtrArray *storage_list_pools(virConnectPtr conn);
/* Fills `row` but for names and users. The raw paths are owned, NULL where there is none. */
bool storage_parse_volume(const char *xml, struct volume_row *row, char **ret_raw_path, char **ret_raw_base);
/* For the tests. */
bool storage_parse_pool(const char *xml, char **ret_type, char **ret_path);

#endif
