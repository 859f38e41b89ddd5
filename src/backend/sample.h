/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One tick of one host: the bulk state call, and on a local host what /proc
 * tells. Nothing here reaches a QEMU's monitor. Poller thread.
 */
#ifndef NVIRT_BACKEND_SAMPLE_H
#define NVIRT_BACKEND_SAMPLE_H

#include "backend/host.h"

/*
 * One call, however many guests there are; the lock must not be held.
 * NULL with `error`, or without it when `generation` is not the current one
 * any more. Keeps host->guests in step and tells of stopped QEMUs.
 */
struct sample *sample_take(
        struct backend_host *host, uint32_t generation, virConnectPtr conn, bool local, GError **error);
/* Autostart, persistent, managed save, snapshots of all guests: one filtered list each. */
bool sample_list_flags(struct backend_host *host, uint32_t generation, virConnectPtr conn);
/* Of a virDomainState. Any thread. */
enum guest_state sample_guest_state(int state);

#endif
