/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The address of a guest's NIC on a network: see network_address.h. */
#include "network_address.h"

#include <string.h>

static const struct guest_nic *find_nic(const struct guest_detail *detail, const char *mac)
{
	for (unsigned i = 0; detail && i < detail->nics->len; i++) {
		const struct guest_nic *nic = detail->nics->pdata[i];

		if (g_ascii_strcasecmp(nic->mac, mac) == 0)
			return nic;
	}
	return NULL;
}

struct network_address network_address(const struct guest *guest, const struct network_guest *row)
{
	bool fixed = g_str_equal(row->address_source, "reserved");
	const struct guest_nic *nic =
	        guest && guest_state_active(guest->state) ? find_nic(guest->detail, row->mac) : NULL;

	/* A reservation says what it would be given, the guest what it has. */
	if ((!*row->address || fixed) && row->live && nic && nic->addresses->len)
		return (struct network_address){nic->addresses->pdata[0], nic->address_source};
	return (struct network_address){row->address, row->address_source};
}
