/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The address of a guest's NIC on a network, with who says so: for the network's tabs. Main thread; pure. */
#ifndef NVIRT_UI_NETWORK_ADDRESS_H
#define NVIRT_UI_NETWORK_ADDRESS_H

#include "nvirt/store.h"

struct network_address {
	const char *words, *source; /* borrowed; "" = not known */
};

/* The network's own word first; what the guest's page found out (by its agent) where that has none. `guest` may be NULL. */
struct network_address network_address(const struct guest *guest, const struct network_guest *row);

#endif
