/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's addresses, from the source that knows them: see addresses.h. */
#include "backend/addresses.h"

#include <stdlib.h>
#include <string.h>

#include "nvirt/text.h"

/* One NIC's, as one source tells them. */
struct found {
	GPtrArray *words; /* char * */
	const char *source;
};

struct addresses {
	gint64 taken_us;
	GHashTable *by_mac; /* lower case -> struct found */
};

static void found_free(gpointer data)
{
	struct found *found = data;

	g_ptr_array_unref(found->words);
	g_free(found);
}

void addresses_free(struct addresses *addresses)
{
	if (addresses == NULL)
		return;
	g_hash_table_destroy(addresses->by_mac);
	g_free(addresses);
}

/* ARP knows no prefix: it says 0. */
static char *address_words(const virDomainIPAddress *address)
{
	g_autofree char *words = address->prefix > 0
	        ? g_strdup_printf("%s/%u", address->addr, address->prefix)
	        : g_strdup(address->addr);

	return text_clean(words, -1);
}

static void add(struct addresses *addresses, const virDomainInterface *iface, const char *source)
{
	g_autofree char *mac = iface->hwaddr != NULL ? g_ascii_strdown(iface->hwaddr, -1) : NULL;
	struct found *found;

	/* The first source that knows a NIC has the say. */
	if (mac == NULL || iface->naddrs == 0 || g_hash_table_contains(addresses->by_mac, mac))
		return;
	found = g_new0(struct found, 1);
	found->source = source;
	found->words = g_ptr_array_new_with_free_func(g_free);
	for (unsigned i = 0; i < iface->naddrs; i++)
		g_ptr_array_add(found->words, address_words(&iface->addrs[i]));
	g_hash_table_insert(addresses->by_mac, g_steal_pointer(&mac), found);
}

static void ask(struct addresses *addresses, virDomainPtr dom, unsigned source, const char *word)
{
	virDomainInterfacePtr *ifaces = NULL;
	int n = virDomainInterfaceAddresses(dom, &ifaces, source, 0);

	for (int i = 0; i < n; i++) {
		add(addresses, ifaces[i], word);
		virDomainInterfaceFree(ifaces[i]);
	}
	free(ifaces);
}

static const struct found *of_nic(const struct addresses *addresses, const struct guest_nic *nic)
{
	g_autofree char *mac = g_ascii_strdown(nic->mac, -1);

	return g_hash_table_lookup(addresses->by_mac, mac);
}

static bool complete(const struct addresses *addresses, const struct guest_detail *detail)
{
	for (guint i = 0; i < detail->nics->len; i++)
		if (of_nic(addresses, detail->nics->pdata[i]) == NULL)
			return false;
	return true;
}

struct addresses *addresses_read(virDomainPtr dom, const struct guest_detail *detail, bool agent)
{
	struct addresses *addresses = g_new0(struct addresses, 1);

	addresses->by_mac = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, found_free);
	if (!complete(addresses, detail))
		ask(addresses, dom, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE, "lease");
	if (agent && !complete(addresses, detail))
		ask(addresses, dom, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT, "agent");
	if (!complete(addresses, detail))
		ask(addresses, dom, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP, "arp");
	addresses->taken_us = g_get_monotonic_time();
	return addresses;
}

gint64 addresses_age_us(const struct addresses *addresses)
{
	return g_get_monotonic_time() - addresses->taken_us;
}

void addresses_apply(const struct addresses *addresses, struct guest_detail *detail)
{
	for (guint i = 0; i < detail->nics->len; i++) {
		struct guest_nic *nic = detail->nics->pdata[i];
		const struct found *found = of_nic(addresses, nic);

		if (found == NULL)
			continue;
		g_ptr_array_set_size(nic->addresses, 0);
		for (guint at = 0; at < found->words->len; at++)
			g_ptr_array_add(nic->addresses, g_strdup(found->words->pdata[at]));
		g_free(nic->address_source);
		nic->address_source = g_strdup(found->source);
	}
}
