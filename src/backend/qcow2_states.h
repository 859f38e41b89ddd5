/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The RAM of internal snapshots, as the table in a qcow2 file tells its size. Any back-end thread. */
#ifndef NVIRT_BACKEND_QCOW2_STATES_H
#define NVIRT_BACKEND_QCOW2_STATES_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdint.h>

/*
 * Raw name -> int64_t * bytes, owned. Read through the storage API: header and
 * table, a few kilobytes. NULL where that can not be read (the file is in no
 * active pool, the connection may only look, it is no qcow2).
 */
GHashTable *qcow2_states_read(virConnectPtr conn, const char *path);
/* Of the bytes of a table with `n` entries; stops at the first that is not whole. Pure. */
GHashTable *qcow2_states_parse(const uint8_t *table, gsize size, unsigned n);

#endif
