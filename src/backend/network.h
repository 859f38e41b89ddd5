/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks as rows. Detail thread. */
#ifndef NVIRT_BACKEND_NETWORK_H
#define NVIRT_BACKEND_NETWORK_H

#include <libvirt/libvirt.h>

#include "backend/usage.h"
#include "nvirt/inv.h"

/* struct network_row *, owned; NULL with libvirt's error. Leases and guests are told only of `open` (NULL: of none). */
GPtrArray *network_list(virConnectPtr conn, const uint8_t open[16], const struct usage *usage);
/* Says of each guest which address it has: leased, else seen (`arp`: MAC -> words, may be NULL), else reserved. */
void network_name_addresses(struct network_row *row, GHashTable *arp);
/* For the tests. */
bool network_parse(const char *xml, struct network_row *row);

#endif
