/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of networks: see nvirt/check.h. Pure; any thread. */
#include "check_private.h"

#include <string.h>

static const struct check_network *network_at(const struct check_objects *objects, unsigned i)
{
	return &g_array_index(objects->networks, struct check_network, i);
}

static const struct check_guest *guest_at(const struct check_objects *objects, unsigned i)
{
	return &g_array_index(objects->guests, struct check_guest, i);
}

static const struct check_nic *nic_at(const struct check_guest *guest, unsigned i)
{
	return &g_array_index(guest->nics, struct check_nic, i);
}

/* How many guests have a NIC on it. */
static unsigned users_of(const struct check_objects *objects, const char *type, const char *source)
{
	unsigned count = 0;

	for (unsigned i = 0; i < objects->guests->len; i++) {
		const struct check_guest *guest = guest_at(objects, i);
		bool on = false;

		for (unsigned j = 0; j < guest->nics->len; j++)
			on = on || (strcmp(nic_at(guest, j)->type, type) == 0 &&
			                   strcmp(nic_at(guest, j)->source, source) == 0);
		count += on;
	}
	return count;
}

/* ---- networks ------------------------------------------------------------- */

static void say_inactive(CHECK_ARGS, const struct check_network *network)
{
	unsigned users = users_of(facts->objects, "network", network->name);
	g_autofree char *virsh = check_virsh(facts), *name = check_object_word(network->name, network->uuid);
	g_autofree char *guests =
	        users ? g_strdup_printf(": %u guest%s on it cannot start", users, users == 1 ? "" : "s")
	              : NULL;
	struct finding *finding =
	        check_say_of(report, check, users || network->autostart ? CHECK_WARN : CHECK_NOTE,
	                OBJ_NETWORK, network->uuid, network->name, "is not active%s%s", guests ? guests : "",
	                network->autostart ? ", though it is to start with the host" : "");

	if (network->autostart)
		check_remedy(finding, "%s net-start %s", virsh, name);
	else
		check_remedy(finding, "%s net-start %s && %s net-autostart %s", virsh, name, virsh, name);
	finding->verb = "net-start";
}

void check_network_default(CHECK_ARGS)
{
	for (unsigned i = 0; i < facts->objects->networks->len; i++) {
		const struct check_network *network = network_at(facts->objects, i);

		if (strcmp(network->name, "default") != 0)
			continue;
		if (!network->active)
			say_inactive(check, facts, report, network);
		else
			check_say(report, check, CHECK_OK, "it is active");
		return;
	}
	if (users_of(facts->objects, "network", "default")) {
		check_remedy(
		        check_say(report, check, CHECK_WARN, "there is none, and guests want to be on it"),
		        "sudo virsh net-define /usr/share/libvirt/networks/default.xml");
		return;
	}
	check_say(report, check, CHECK_OK, "there is none, and no guest asks for it");
}

/* All but the one called default. */
void check_network_inactive(CHECK_ARGS)
{
	for (unsigned i = 0; i < facts->objects->networks->len; i++) {
		const struct check_network *network = network_at(facts->objects, i);

		if (!network->active && strcmp(network->name, "default") != 0)
			say_inactive(check, facts, report, network);
	}
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "all the others are active");
}

static unsigned with_dhcp(const struct check_objects *objects)
{
	unsigned count = 0;

	for (unsigned i = 0; i < objects->networks->len; i++)
		count += network_at(objects, i)->dhcp;
	return count;
}

void check_dnsmasq(CHECK_ARGS)
{
	unsigned count = with_dhcp(facts->objects);
	struct finding *finding;

	if (facts->machine->dnsmasq || !count) {
		check_say(report, check, CHECK_OK, "%s",
		        facts->machine->dnsmasq ? "it is installed" : "no network has DHCP");
		return;
	}
	finding = check_say(report, check, CHECK_FAIL, "dnsmasq is not installed, and %u network%s want%s it",
	        count, count == 1 ? "" : "s", count == 1 ? "s" : "");
	check_remedy(finding, "sudo apt-get install dnsmasq-base   # or: sudo dnf install dnsmasq");
}

/* ---- addresses ------------------------------------------------------------ */

/* Who has a key first; the second one to come is told of him. */
static const void *seen_before(GHashTable *seen, const char *key, const void *who)
{
	g_autofree char *low = g_ascii_strdown(key, -1);
	const void *before = g_hash_table_lookup(seen, low);

	if (!before)
		g_hash_table_insert(seen, g_steal_pointer(&low), (gpointer)who);
	return before;
}

static void compare_mac(
        CHECK_ARGS, const struct check_guest *guest, const struct check_nic *nic, GHashTable *seen)
{
	const struct check_guest *before = *nic->mac ? seen_before(seen, nic->mac, guest) : NULL;
	g_autofree char *virsh = check_virsh(facts), *name = check_guest_word(guest);
	struct finding *finding;

	if (!before)
		return;
	finding = check_say_of(report, check, guest->active && before->active ? CHECK_FAIL : CHECK_WARN,
	        OBJ_GUEST, guest->uuid, guest->name, "has the MAC address %s, as '%s' has%s", nic->mac,
	        before->name, guest->active && before->active ? "; both run" : "");
	check_remedy(finding, "%s edit %s   # delete the line <mac address='%s'/>: libvirt makes a new one",
	        virsh, name, nic->mac);
}

void check_macs(CHECK_ARGS)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (unsigned i = 0; i < facts->objects->guests->len; i++) {
		const struct check_guest *guest = guest_at(facts->objects, i);

		for (unsigned j = 0; j < guest->nics->len; j++)
			compare_mac(check, facts, report, guest, nic_at(guest, j), seen);
	}
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "every NIC has one of its own");
}

static void compare_addresses(CHECK_ARGS, const struct check_network *network)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *virsh = check_virsh(facts), *name = check_object_word(network->name, network->uuid);

	for (unsigned i = 0; i < network->addresses->len; i++) {
		const struct check_address *one = &g_array_index(network->addresses, struct check_address, i);
		const struct check_address *before = seen_before(seen, one->address, one);

		if (!before || g_ascii_strcasecmp(before->mac, one->mac) == 0)
			continue;
		struct finding *finding = check_say_of(report, check, CHECK_WARN, OBJ_NETWORK, network->uuid,
		        network->name, "%s belongs to %s and to %s", one->address, before->mac, one->mac);
		check_remedy(
		        finding, "%s net-edit %s   # and: %s net-dhcp-leases %s", virsh, name, virsh, name);
	}
}

/* Two active networks whose addresses overlap: the host sends to only one of them. */
static void compare_networks(CHECK_ARGS, const struct check_network *a, const struct check_network *b)
{
	uint32_t mask = a->mask & b->mask;
	g_autofree char *virsh = check_virsh(facts), *name = check_object_word(b->name, b->uuid);

	if (!a->active || !b->active || !a->ipv4 || !b->ipv4 || (a->ipv4 & mask) != (b->ipv4 & mask))
		return;
	struct finding *finding = check_say_of(report, check, CHECK_WARN, OBJ_NETWORK, b->uuid, b->name,
	        "its addresses (%s) overlap those of '%s' (%s)", b->address, a->name, a->address);
	check_remedy(finding, "%s net-edit %s", virsh, name);
}

void check_addresses(CHECK_ARGS)
{
	const struct check_objects *objects = facts->objects;

	for (unsigned i = 0; i < objects->networks->len; i++) {
		compare_addresses(check, facts, report, network_at(objects, i));
		for (unsigned j = 0; j < i; j++)
			compare_networks(
			        check, facts, report, network_at(objects, j), network_at(objects, i));
	}
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "no address is given out twice");
}

/* ---- the machine's part --------------------------------------------------- */

static const struct check_bridge *find_bridge(const struct check_machine *machine, const char *name)
{
	for (unsigned i = 0; i < machine->bridges->len; i++) {
		const struct check_bridge *bridge = &g_array_index(machine->bridges, struct check_bridge, i);

		if (strcmp(bridge->name, name) == 0)
			return bridge;
	}
	return NULL;
}

/* Guests on a bridge want to reach what is behind it; libvirt's own networks have no uplink and need none. */
static void look_at_bridge(CHECK_ARGS, const char *name, unsigned users)
{
	const struct check_bridge *bridge = find_bridge(facts->machine, name);
	g_autofree char *word = check_word(name);

	if (!bridge)
		check_remedy(
		        check_say(report, check, CHECK_FAIL, "the bridge '%s' of %u guest%s is not there",
		                name, users, users == 1 ? "" : "s"),
		        "sudo ip link add %s type bridge && sudo ip link set %s up", word, word);
	else if (!*bridge->uplinks)
		check_remedy(
		        check_say(report, check, CHECK_WARN,
		                "the bridge '%s' of %u guest%s has no uplink: they reach only each other",
		                name, users, users == 1 ? "" : "s"),
		        "sudo ip link set NIC master %s", word);
}

static bool is_own(const struct check_objects *objects, const char *bridge)
{
	for (unsigned i = 0; i < objects->networks->len; i++) {
		const struct check_network *network = network_at(objects, i);

		if (strcmp(network->bridge, bridge) == 0)
			return strcmp(network->forward, "bridge") != 0;
	}
	return false;
}

void check_bridges(CHECK_ARGS)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (unsigned i = 0; i < facts->objects->networks->len; i++) {
		const struct check_network *network = network_at(facts->objects, i);

		if (strcmp(network->forward, "bridge") == 0 && *network->bridge &&
		        !seen_before(seen, network->bridge, network))
			look_at_bridge(check, facts, report, network->bridge,
			        users_of(facts->objects, "network", network->name));
	}
	for (unsigned i = 0; i < facts->objects->guests->len; i++) {
		const struct check_guest *guest = guest_at(facts->objects, i);

		for (unsigned j = 0; j < guest->nics->len; j++) {
			const struct check_nic *nic = nic_at(guest, j);

			if (strcmp(nic->type, "bridge") == 0 && *nic->source &&
			        !is_own(facts->objects, nic->source) && !seen_before(seen, nic->source, nic))
				look_at_bridge(check, facts, report, nic->source,
				        users_of(facts->objects, "bridge", nic->source));
		}
	}
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "every bridge that guests use is there and leads out");
}

/* Networks for which the host sends packets on. */
static unsigned forwarding_networks(const struct check_objects *objects)
{
	unsigned count = 0;

	for (unsigned i = 0; i < objects->networks->len; i++) {
		const struct check_network *network = network_at(objects, i);

		count += network->active &&
		         (strcmp(network->forward, "nat") == 0 || strcmp(network->forward, "route") == 0);
	}
	return count;
}

void check_firewall(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	struct finding *finding;

	if (!machine->iptables && !machine->nft) {
		finding = check_say(report, check, facts->objects->networks->len ? CHECK_FAIL : CHECK_NOTE,
		        "neither iptables nor nft is installed: no network of libvirt can start");
		check_remedy(finding, "sudo apt-get install iptables nftables");
	} else if (!machine->iptables && facts->status->libvirt_version &&
	           facts->status->libvirt_version < 10004000) {
		finding = check_say(report, check, CHECK_FAIL,
		        "only nft is installed, and this libvirt can use iptables only");
		check_remedy(finding, "sudo apt-get install iptables");
	} else if (machine->bridge_filter == 1) {
		finding = check_say(report, check, CHECK_NOTE,
		        "packets on bridges pass iptables (bridge-nf-call-iptables = 1): a firewall, such as "
		        "Docker's, may drop "
		        "what guests send");
		check_remedy(finding, "sudo sysctl net.bridge.bridge-nf-call-iptables=0");
	} else {
		check_say(report, check, CHECK_OK, "%s%s%s", machine->iptables ? "iptables" : "",
		        machine->iptables && machine->nft ? " and " : "", machine->nft ? "nft" : "");
	}
}

void check_forwarding(CHECK_ARGS)
{
	unsigned count = forwarding_networks(facts->objects);

	if (!count)
		check_say(report, check, CHECK_OK, "no active network asks for it");
	else if (facts->machine->ip_forward < 0)
		check_say(report, check, CHECK_UNKNOWN, "the kernel does not say");
	else if (!facts->machine->ip_forward)
		check_remedy(check_say(report, check, CHECK_FAIL,
		                     "off, and %u active network%s by NAT or routing need%s it: guests reach "
		                     "only this host",
		                     count, count == 1 ? "" : "s", count == 1 ? "s" : ""),
		        "sudo sysctl net.ipv4.ip_forward=1");
	else
		check_say(report, check, CHECK_OK, "on");
}
