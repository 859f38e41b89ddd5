/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The definition that a snapshot keeps, for clones of it. Worker threads. */
#ifndef NVIRT_BACKEND_CLONE_SNAPSHOT_H
#define NVIRT_BACKEND_CLONE_SNAPSHOT_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libxml/tree.h>
#include <stdbool.h>

/*
 * The guest as it was then: the sources of an external snapshot's disks are the
 * files that hold the state. `ret_internal`: the state lies inside the disks.
 * Owned; NULL with `error`.
 */
xmlDocPtr clone_snapshot_source(
        virDomainPtr dom, const char *name, bool secure, bool *ret_internal, GError **error);

#endif
