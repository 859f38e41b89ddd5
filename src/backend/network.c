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
	g_autofree char *connections = NULL;

	if (doc == NULL)
		return false;
	addresses = g_string_new(NULL);
	dhcp = g_string_new(NULL);
	xml_foreach (ip, root, "ip") {
		add_address(addresses, ip);
		add_ranges(dhcp, ip);
	}
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

static char *lease_words(const virNetworkDHCPLease *lease)
{
	g_autofree char *text = g_strjoin(" ", lease->mac != NULL ? lease->mac : "", lease->ipaddr,
	        lease->hostname != NULL ? lease->hostname : "", NULL);

	return text_clean(g_strstrip(text), -1);
}

static GPtrArray *read_leases(virNetworkPtr net)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	virNetworkDHCPLeasePtr *leases = NULL;
	int n = virNetworkGetDHCPLeases(net, NULL, &leases, 0);

	for (int i = 0; i < n; i++) {
		g_ptr_array_add(words, lease_words(leases[i]));
		virNetworkDHCPLeaseFree(leases[i]);
	}
	free(leases);
	return words;
}

static struct network_row *read_network(virNetworkPtr net, const uint8_t open[16])
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
	free(xml);
	if (row->active && open != NULL && memcmp(open, row->uuid, sizeof(row->uuid)) == 0)
		row->leases = read_leases(net);
	return row;
}

GPtrArray *network_list(virConnectPtr conn, const uint8_t open[16])
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)network_row_free);
	virNetworkPtr *nets = NULL;
	int n = virConnectListAllNetworks(conn, &nets, 0);

	if (n < 0)
		return virGetLastErrorCode() == VIR_ERR_NO_SUPPORT ? g_steal_pointer(&rows) : NULL;
	for (int i = 0; i < n; i++) {
		g_ptr_array_add(rows, read_network(nets[i], open));
		virNetworkFree(nets[i]);
	}
	free(nets);
	return g_steal_pointer(&rows);
}
