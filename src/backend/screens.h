/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures of a guest's screen at its snapshots, kept on this machine:
 * $XDG_STATE_HOME/nvirt/screens/<uuid of the guest>/<hash>.png, for us alone.
 * A nicety: what can not be taken is not there. Any back-end thread.
 */
#ifndef NVIRT_BACKEND_SCREENS_H
#define NVIRT_BACKEND_SCREENS_H

#include <libvirt/libvirt.h>
#include <stdint.h>

#include <glib.h>

/* Where the picture of this snapshot is, if there is one. Raw, owned. `name` raw. */
char *screens_path(const uint8_t uuid[16], const char *name, gint64 created_unix_s);
/* The running guest's screen now, as PNG; NULL with `error` (may be NULL) when it has none or that is asked in vain. */
GBytes *screens_take(virDomainPtr dom, GError **error);
/* Whole or not at all. */
void screens_keep(GBytes *png, const char *path);
void screens_remove(const char *path);
void screens_rename(const char *from, const char *to);

#endif
