/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guests' definitions say of files and networks: see usage.h. */
#include "backend/usage.h"

#include <stdlib.h>
#include <string.h>

#include "backend/device_xml.h"
#include "backend/xml.h"
#include "nvirt/text.h"

struct nic {
	char *network, *bridge;     /* raw, or NULL */
	char *mac, *target;         /* cleaned */
	bool live;
};

struct guest {
	struct usage_guest read; /* as it was read; first: the key */
	gint64 read_us;
	bool unreadable; /* tried in vain: not counted, and not tried again until it changes */
	char *name;      /* cleaned */
	GPtrArray *nics; /* struct nic * */
	GPtrArray *live_devices, *stored_devices; /* char *: keys of the host's devices in its definitions */
};

struct usage {
	struct file_users *files;
	GHashTable *guests; /* uuid -> struct guest * */
	unsigned unreadable;
};

static guint uuid_hash(gconstpointer uuid)
{
	guint32 words[4];

	memcpy(words, uuid, sizeof(words));
	return words[0] ^ words[1] * 31 ^ words[2] * 131 ^ words[3];
}

static gboolean uuid_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, 16) == 0;
}

static void nic_free(gpointer data)
{
	struct nic *nic = data;

	g_free(nic->network);
	g_free(nic->bridge);
	g_free(nic->mac);
	g_free(nic->target);
	g_free(nic);
}

static void guest_free(gpointer data)
{
	struct guest *guest = data;

	g_free(guest->name);
	g_ptr_array_unref(guest->nics);
	g_ptr_array_unref(guest->live_devices);
	g_ptr_array_unref(guest->stored_devices);
	g_free(guest);
}

struct usage *usage_new(bool local)
{
	struct usage *usage = g_new0(struct usage, 1);

	usage->files = file_users_new_kept(local);
	usage->guests = g_hash_table_new_full(uuid_hash, uuid_equal, NULL, guest_free);
	return usage;
}

void usage_free(struct usage *usage)
{
	file_users_free(usage->files);
	g_hash_table_destroy(usage->guests);
	g_free(usage);
}

struct file_users *usage_files(struct usage *usage)
{
	return usage->files;
}

bool usage_knows(const struct usage *usage, const struct usage_guest *guest)
{
	const struct guest *known = g_hash_table_lookup(usage->guests, guest->uuid);

	return known != NULL && known->read.serial == guest->serial && known->read.active == guest->active &&
	        known->read.snapshots == guest->snapshots;
}

gint64 usage_read_us(const struct usage *usage, const uint8_t uuid[16])
{
	const struct guest *known = g_hash_table_lookup(usage->guests, uuid);

	return known != NULL ? known->read_us : 0;
}

unsigned usage_known(const struct usage *usage)
{
	return g_hash_table_size(usage->guests) - usage->unreadable;
}

/* ---- reading -------------------------------------------------------------------- */

static bool has_nic(const GPtrArray *nics, const char *mac)
{
	for (guint i = 0; i < nics->len; i++)
		if (g_ascii_strcasecmp(((const struct nic *)nics->pdata[i])->mac, mac) == 0)
			return true;
	return false;
}

static struct nic *parse_nic(xmlNodePtr node, bool live)
{
	xmlNodePtr source = xml_child(node, "source");
	struct nic *nic = g_new0(struct nic, 1);

	nic->network = xml_raw_attr(source, "network");
	/* A live NIC of a network names its bridge too. */
	nic->bridge = nic->network == NULL ? xml_raw_attr(source, "bridge") : NULL;
	nic->mac = xml_attr(xml_child(node, "mac"), "address");
	nic->target = live ? xml_attr(xml_child(node, "target"), "dev") : g_strdup("");
	nic->live = live;
	return nic;
}

/* The stored definition adds what is not plugged in; one that names another network is another NIC. */
static void read_nics(GPtrArray *nics, xmlDocPtr doc, bool live)
{
	guint before = nics->len;
	xmlNodePtr devices = doc != NULL ? xml_child(xmlDocGetRootElement(doc), "devices") : NULL;

	xml_foreach (node, devices, "interface") {
		struct nic *nic = parse_nic(node, live);
		bool known = before > 0 && has_nic(nics, nic->mac);

		if (known || (nic->network == NULL && nic->bridge == NULL))
			nic_free(nic);
		else
			g_ptr_array_add(nics, nic);
	}
}

static xmlDocPtr read_doc(virDomainPtr dom, unsigned flags)
{
	char *xml = virDomainGetXMLDesc(dom, flags);
	xmlDocPtr doc = xml_parse(xml, "domain", NULL);

	free(xml);
	return doc;
}

/* Before its entry goes. */
static void uncount(struct usage *usage, const uint8_t uuid[16])
{
	const struct guest *guest = g_hash_table_lookup(usage->guests, uuid);

	if (guest != NULL)
		usage->unreadable -= guest->unreadable;
}

static void keep(struct usage *usage, virDomainPtr dom, const struct usage_guest *wanted,
        const struct file_users_docs *docs)
{
	struct guest *guest = g_new0(struct guest, 1);

	guest->read = *wanted;
	guest->read_us = g_get_monotonic_time();
	guest->name = text_clean(dom != NULL ? virDomainGetName(dom) : "", -1);
	guest->nics = g_ptr_array_new_with_free_func(nic_free);
	guest->unreadable = docs->live == NULL;
	read_nics(guest->nics, docs->live, wanted->active);
	read_nics(guest->nics, docs->stored, false);
	guest->live_devices = g_ptr_array_new_with_free_func(g_free);
	guest->stored_devices = g_ptr_array_new_with_free_func(g_free);
	device_xml_add_keys(docs->live, wanted->active ? guest->live_devices : guest->stored_devices);
	device_xml_add_keys(docs->stored, guest->stored_devices);
	if (dom != NULL)
		file_users_set_guest(usage->files, dom, wanted->uuid, docs);
	else
		file_users_forget(usage->files, wanted->uuid);
	uncount(usage, wanted->uuid);
	usage->unreadable += guest->unreadable;
	g_hash_table_replace(usage->guests, guest->read.uuid, guest);
}

void usage_read(struct usage *usage, virConnectPtr conn, const struct usage_guest *guest)
{
	virDomainPtr dom = virDomainLookupByUUID(conn, guest->uuid);
	struct file_users_docs docs = {.snapshots = guest->snapshots, .active = guest->active};

	docs.live = dom != NULL ? read_doc(dom, 0) : NULL;
	docs.stored = dom != NULL && guest->active ? read_doc(dom, VIR_DOMAIN_XML_INACTIVE) : NULL;
	keep(usage, dom, guest, &docs);
	xmlFreeDoc(docs.live);
	xmlFreeDoc(docs.stored);
	if (dom != NULL)
		virDomainFree(dom);
}

bool usage_keep_only(struct usage *usage, bool (*there)(const uint8_t uuid[16], void *data), void *data)
{
	GHashTableIter iter;
	gpointer key;
	bool forgot = false;

	g_hash_table_iter_init(&iter, usage->guests);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		if (there(key, data))
			continue;
		file_users_forget(usage->files, key);
		uncount(usage, key);
		g_hash_table_iter_remove(&iter);
		forgot = true;
	}
	return forgot;
}

/* ---- networks --------------------------------------------------------------------- */

static bool is_on(const struct nic *nic, const char *network, const char *bridge)
{
	if (nic->network != NULL)
		return strcmp(nic->network, network) == 0;
	return *bridge != '\0' && strcmp(nic->bridge, bridge) == 0;
}

static struct network_guest *make_guest(const struct guest *guest, const struct nic *nic)
{
	struct network_guest *made = g_new0(struct network_guest, 1);

	memcpy(made->uuid, guest->read.uuid, sizeof(made->uuid));
	made->name = g_strdup(guest->name);
	made->mac = g_strdup(nic->mac);
	made->target = g_strdup(nic->target);
	made->address = g_strdup("");
	made->address_source = g_strdup("");
	made->live = nic->live;
	return made;
}

GPtrArray *usage_network_guests(const struct usage *usage, const char *network, const char *bridge)
{
	GPtrArray *guests = g_ptr_array_new_with_free_func((GDestroyNotify)network_guest_free);
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, usage->guests);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct guest *guest = value;

		for (guint i = 0; i < guest->nics->len; i++)
			if (is_on(guest->nics->pdata[i], network, bridge))
				g_ptr_array_add(guests, make_guest(guest, guest->nics->pdata[i]));
	}
	return guests;
}

/* ---- devices ---------------------------------------------------------------------- */

static bool has_key(const GPtrArray *keys, const char *key)
{
	return key != NULL && g_ptr_array_find_with_equal_func((GPtrArray *)keys, key, g_str_equal, NULL);
}

GPtrArray *usage_device_guests(const struct usage *usage, const char *key, const char *id_key)
{
	GPtrArray *uses = g_ptr_array_new_with_free_func((GDestroyNotify)device_use_free);
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, usage->guests);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct guest *guest = value;
		bool live = has_key(guest->live_devices, key) || has_key(guest->live_devices, id_key);
		struct device_use *use;

		if (!live && !has_key(guest->stored_devices, key) && !has_key(guest->stored_devices, id_key))
			continue;
		use = g_new0(struct device_use, 1);
		memcpy(use->guest, guest->read.uuid, sizeof(use->guest));
		use->name = g_strdup(guest->name);
		use->live = live;
		g_ptr_array_add(uses, use);
	}
	return uses;
}
