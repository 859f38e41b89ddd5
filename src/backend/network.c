/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks as rows: see network.h. */
#include "backend/network.h"

#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/xml.h"
#include "nvirt/text.h"

static void set(char **field, char *value)
{
	g_free(*field);
	*field = value;
}

/* Appends to a list in words. */
static void append(GString *text, const char *part)
{
	g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", part);
}

/* 255.255.255.0 as 24; the first zero bit ends it. */
static unsigned netmask_bits(const char *netmask)
{
	unsigned bytes[4] = {0}, bits = 0;
	unsigned mask;

	if (sscanf(netmask, "%3u.%3u.%3u.%3u", &bytes[0], &bytes[1], &bytes[2], &bytes[3]) != 4)
		return 0;
	mask = (bytes[0] & 255) << 24 | (bytes[1] & 255) << 16 | (bytes[2] & 255) << 8 | (bytes[3] & 255);
	for (; bits < 32 && (mask & (UINT32_C(1) << (31 - bits))) != 0; bits++)
		;
	return bits;
}

static void add_address(GString *text, xmlNodePtr ip)
{
	g_autofree char *address = xml_attr(ip, "address");
	g_autofree char *prefix = xml_attr(ip, "prefix");
	g_autofree char *netmask = xml_attr(ip, "netmask");
	g_autofree char *words = NULL;

	if (*address == '\0')
		return;
	if (*prefix == '\0' && *netmask != '\0')
		set(&prefix, g_strdup_printf("%u", netmask_bits(netmask)));
	words = g_strconcat(address, *prefix != '\0' ? "/" : "", prefix, NULL);
	append(text, words);
}

/* "192.168.122.2 - .254": what both ends share is said once. */
static char *range_words(const char *start, const char *end)
{
	const char *dot = strrchr(start, '.');
	gsize shared = dot != NULL ? (gsize)(dot - start) : 0;

	if (shared > 0 && strncmp(start, end, shared + 1) == 0)
		return g_strdup_printf("%s - %s", start, end + shared);
	return g_strdup_printf("%s - %s", start, end);
}

static void add_ranges(GString *text, xmlNodePtr ip)
{
	xml_foreach (range, xml_child(ip, "dhcp"), "range") {
		g_autofree char *start = xml_attr(range, "start");
		g_autofree char *end = xml_attr(range, "end");
		g_autofree char *words = range_words(start, end);

		append(text, words);
	}
}

static GPtrArray *new_leases(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)network_lease_free);
}

/* IPv6 has no MAC there but an `id`; then the name is all there is. */
static void add_fixed(GPtrArray *fixed, xmlNodePtr ip)
{
	xml_foreach (host, xml_child(ip, "dhcp"), "host") {
		struct network_lease *lease = g_new0(struct network_lease, 1);

		lease->mac = xml_attr(host, "mac");
		lease->address = xml_attr(host, "ip");
		lease->hostname = xml_attr(host, "name");
		g_ptr_array_add(fixed, lease);
	}
}

static char *forward_words(xmlNodePtr forward)
{
	g_autofree char *mode = xml_attr(forward, "mode");

	if (forward == NULL)
		return g_strdup("isolated");
	return g_strdup(*mode != '\0' ? mode : "nat");
}

bool network_parse(const char *xml, struct network_row *row)
{
	xmlDocPtr doc = xml_parse(xml, "network", NULL);
	xmlNodePtr root = xmlDocGetRootElement(doc);
	GString *addresses, *dhcp;
	GPtrArray *fixed;
	g_autofree char *connections = NULL;

	if (doc == NULL)
		return false;
	addresses = g_string_new(NULL);
	dhcp = g_string_new(NULL);
	fixed = new_leases();
	xml_foreach (ip, root, "ip") {
		add_address(addresses, ip);
		add_ranges(dhcp, ip);
		add_fixed(fixed, ip);
	}
	g_clear_pointer(&row->fixed, g_ptr_array_unref);
	row->fixed = fixed;
	connections = xml_raw_attr(root, "connections");
	row->connections = CLAMP(xml_number(connections, 0), 0, G_MAXINT);
	set(&row->bridge, xml_attr(xml_child(root, "bridge"), "name"));
	set(&row->forward, forward_words(xml_child(root, "forward")));
	set(&row->domain, xml_attr(xml_child(root, "domain"), "name"));
	set(&row->addresses, g_string_free(addresses, FALSE));
	set(&row->dhcp, g_string_free(dhcp, FALSE));
	xmlFreeDoc(doc);
	return true;
}

static struct network_lease *make_lease(const virNetworkDHCPLease *lease)
{
	struct network_lease *made = g_new0(struct network_lease, 1);
	g_autofree char *address = lease->prefix > 0 ? g_strdup_printf("%s/%u", lease->ipaddr, lease->prefix)
	                                             : g_strdup(lease->ipaddr);

	made->mac = text_clean(lease->mac, -1);
	made->address = text_clean(address, -1);
	made->hostname = text_clean(lease->hostname, -1);
	made->expires_unix_s = MAX(lease->expirytime, 0);
	return made;
}

static GPtrArray *read_leases(virNetworkPtr net)
{
	GPtrArray *made = new_leases();
	virNetworkDHCPLeasePtr *leases = NULL;
	int n = virNetworkGetDHCPLeases(net, NULL, &leases, 0);

	for (int i = 0; i < n; i++) {
		g_ptr_array_add(made, make_lease(leases[i]));
		virNetworkDHCPLeaseFree(leases[i]);
	}
	free(leases);
	return made;
}

/* ---- who is on it -------------------------------------------------------------- */

static const char *address_of(const GPtrArray *leases, const char *mac)
{
	for (guint i = 0; leases != NULL && i < leases->len; i++) {
		const struct network_lease *lease = leases->pdata[i];

		if (*lease->address != '\0' && g_ascii_strcasecmp(lease->mac, mac) == 0)
			return lease->address;
	}
	return NULL;
}

void network_name_addresses(struct network_row *row, GHashTable *arp)
{
	for (guint i = 0; row->guests != NULL && i < row->guests->len; i++) {
		struct network_guest *guest = row->guests->pdata[i];
		const char *lease = address_of(row->leases, guest->mac);
		const char *seen = arp != NULL && guest->live ? g_hash_table_lookup(arp, guest->mac) : NULL;
		const char *fixed = address_of(row->fixed, guest->mac);

		/* A lease may outlive its guest: only who is plugged in has it. */
		if (lease != NULL && !guest->live)
			lease = NULL;
		set(&guest->address, g_strdup(lease != NULL ? lease : seen != NULL ? seen : fixed != NULL ? fixed : ""));
		set(&guest->address_source,
		        g_strdup(lease != NULL   ? "lease"
		                 : seen != NULL  ? "arp"
		                 : fixed != NULL ? "reserved"
		                                 : ""));
	}
}

static int compare_guests(gconstpointer a, gconstpointer b)
{
	const struct network_guest *x = *(struct network_guest *const *)a, *y = *(struct network_guest *const *)b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->mac, y->mac);
}

static void read_guests(virNetworkPtr net, struct network_row *row, const struct usage *usage, const char *xml)
{
	xmlDocPtr doc = xml_parse(xml, "network", NULL);
	g_autofree char *bridge = xml_raw_attr(xml_child(xmlDocGetRootElement(doc), "bridge"), "name");

	row->guests = usage_network_guests(usage, virNetworkGetName(net), bridge != NULL ? bridge : "");
	g_ptr_array_sort(row->guests, compare_guests);
	row->guests_known = usage_known(usage);
	xmlFreeDoc(doc);
}

static struct network_row *read_network(virNetworkPtr net, const uint8_t open[16], const struct usage *usage)
{
	struct network_row *row = network_row_new();
	char *xml = virNetworkGetXMLDesc(net, 0);
	int autostart = 0;

	row->connections = -1;
	virNetworkGetUUID(net, row->uuid);
	set(&row->name, text_clean(virNetworkGetName(net), -1));
	row->active = virNetworkIsActive(net) == 1;
	virNetworkGetAutostart(net, &autostart);
	row->autostart = autostart == 1;
	row->persistent = virNetworkIsPersistent(net) == 1;
	if (xml == NULL || !network_parse(xml, row)) {
		row->bridge = g_strdup("");
		row->forward = g_strdup("");
		row->domain = g_strdup("");
		row->addresses = g_strdup("");
		row->dhcp = g_strdup("");
	}
	if (open != NULL && memcmp(open, row->uuid, sizeof(row->uuid)) == 0) {
		if (row->active)
			row->leases = read_leases(net);
		read_guests(net, row, usage, xml);
	}
	free(xml);
	return row;
}

GPtrArray *network_list(virConnectPtr conn, const uint8_t open[16], const struct usage *usage)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)network_row_free);
	virNetworkPtr *nets = NULL;
	int n = virConnectListAllNetworks(conn, &nets, 0);

	if (n < 0)
		return virGetLastErrorCode() == VIR_ERR_NO_SUPPORT ? g_steal_pointer(&rows) : NULL;
	for (int i = 0; i < n; i++) {
		g_ptr_array_add(rows, read_network(nets[i], open, usage));
		virNetworkFree(nets[i]);
	}
	free(nets);
	return g_steal_pointer(&rows);
}
