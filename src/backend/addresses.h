/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's addresses, from the source that knows them. Detail thread. */
#ifndef NVIRT_BACKEND_ADDRESSES_H
#define NVIRT_BACKEND_ADDRESSES_H

#include <libvirt/libvirt.h>

#include "nvirt/inv.h"

struct addresses;

void addresses_free(struct addresses *addresses);
/*
 * Leases first, the agent where `agent` says that it may be asked (connected,
 * time-out set, not read-only), the host's ARP table last. The agent may take
 * its time-out to answer.
 */
struct addresses *addresses_read(virDomainPtr dom, const struct guest_detail *detail, bool agent);
gint64 addresses_age_us(const struct addresses *addresses);
/* Into the NICs of `detail`, by MAC. */
void addresses_apply(const struct addresses *addresses, struct guest_detail *detail);

#endif
