/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt's events of one connection: posted, and turned into kicks.
 *
 * The callbacks run on the event thread (the close callback on whichever
 * thread made the failing call); they copy what they need, post, and never
 * call libvirt beyond reading the object's own fields.
 */
#ifndef NVIRT_BACKEND_EVENTS_H
#define NVIRT_BACKEND_EVENTS_H

#include "backend/host.h"

struct events;

/* For the poller of `generation` in `epoch`: at first only the connection's end is told. */
struct events *events_register(
        struct backend_host *host, uint32_t generation, uint32_t epoch, virConnectPtr conn);
/* All others too, once; kinds that the driver lacks are left out. */
void events_listen(struct events *events);
/* Are guests that come, go, start and end told? */
bool events_tell_lifecycle(const struct events *events);
/* Also of a dead connection, before it is closed: else it is never freed. */
void events_unregister(struct events *events);

#endif
