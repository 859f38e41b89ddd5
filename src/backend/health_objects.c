/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt tells of guests, pools and networks: see health.h. */
#define _GNU_SOURCE /* explicit_bzero() */
#include "backend/health.h"

#include <arpa/inet.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#include "backend/conn.h"
#include "backend/health_cache.h"
#include "backend/network.h"
#include "backend/proc.h"
#include "backend/sample.h"
#include "backend/storage.h"
#include "backend/xml.h"
#include "nvirt/text.h"

static bool in_time(const struct health_round *round)
{
	return g_get_monotonic_time() < round->deadline_us &&
	       (round->go_on == NULL || round->go_on(round->data));
}

static gint64 since_ms(gint64 start_us)
{
	return (g_get_monotonic_time() - start_us) / 1000;
}

/* ---- guests --------------------------------------------------------------- */

/* The rows by their UUID; good until one is added. */
static GHashTable *index_rows(const struct check_objects *objects)
{
	GHashTable *index =
	        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);

	for (guint i = 0; i < objects->guests->len; i++) {
		struct check_guest *guest = &g_array_index(objects->guests, struct check_guest, i);

		g_hash_table_insert(index, g_bytes_new_static(guest->uuid, sizeof(guest->uuid)), guest);
	}
	return index;
}

static struct check_guest *find_guest(GHashTable *index, const uint8_t uuid[16])
{
	g_autoptr(GBytes) key = g_bytes_new_static(uuid, 16);

	return g_hash_table_lookup(index, key);
}

static struct check_guest *find_dom(GHashTable *index, virDomainPtr dom)
{
	uint8_t uuid[VIR_UUID_BUFLEN];

	return virDomainGetUUID(dom, uuid) == 0 ? find_guest(index, uuid) : NULL;
}

static void set_state(struct check_guest *guest, int state, int reason)
{
	guest->state = sample_guest_state(state);
	guest->reason = reason;
	guest->active = guest_state_active(guest->state);
}

/* One call for all of them, which reaches no monitor. False: the driver has no such call. */
static bool read_states(GHashTable *index, virConnectPtr conn)
{
	virDomainStatsRecordPtr *records = NULL;
	int count = virConnectGetAllDomainStats(conn, VIR_DOMAIN_STATS_STATE, &records, 0);

	for (int i = 0; i < count; i++) {
		struct check_guest *guest = find_dom(index, records[i]->dom);
		int state = VIR_DOMAIN_NOSTATE, reason = 0;

		virTypedParamsGetInt(records[i]->params, records[i]->nparams, "state.state", &state);
		virTypedParamsGetInt(records[i]->params, records[i]->nparams, "state.reason", &reason);
		if (guest != NULL)
			set_state(guest, state, reason);
	}
	if (count >= 0)
		virDomainStatsRecordListFree(records);
	return count >= 0;
}

static void ask_state(struct check_guest *guest, virDomainPtr dom)
{
	int state = 0, reason = 0;

	if (virDomainGetState(dom, &state, &reason, 0) == 0)
		set_state(guest, state, reason);
}

static void mark_persistent(struct check_guest *guest)
{
	guest->persistent = true;
}

static void mark_autostart(struct check_guest *guest)
{
	guest->autostart = true;
}

/* How many is asked of those that have any. */
static void mark_snapshots(struct check_guest *guest)
{
	guest->snapshots = 1;
}

/* Marks those that a filter lets through: one call, however many guests there are. False: it cannot be told. */
static bool mark_listed(
        GHashTable *index, virConnectPtr conn, unsigned filter, void (*mark)(struct check_guest *guest))
{
	virDomainPtr *doms = NULL;
	int count = virConnectListAllDomains(conn, &doms, filter);

	for (int i = 0; i < count; i++) {
		struct check_guest *guest = find_dom(index, doms[i]);

		if (guest != NULL)
			mark(guest);
		virDomainFree(doms[i]);
	}
	free(doms);
	return count >= 0;
}

static void read_flags(struct check_objects *objects, GHashTable *index, virConnectPtr conn)
{
	bool told = mark_listed(index, conn, VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT, mark_snapshots);

	mark_listed(index, conn, VIR_CONNECT_LIST_DOMAINS_PERSISTENT, mark_persistent);
	mark_listed(index, conn, VIR_CONNECT_LIST_DOMAINS_AUTOSTART, mark_autostart);
	for (guint i = 0; told && i < objects->guests->len; i++) {
		struct check_guest *guest = &g_array_index(objects->guests, struct check_guest, i);

		guest->snapshots = MAX(guest->snapshots, 0);
	}
}

/* With its passwords where that is allowed: only whether there is one is kept. */
static void read_definition(struct check_objects *objects, struct check_guest *guest, virDomainPtr dom)
{
	g_autoptr(GError) error = NULL;
	bool secrets = true;
	char *xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_SECURE);

	if (xml == NULL) {
		secrets = false;
		xml = virDomainGetXMLDesc(dom, 0);
	}
	if (xml == NULL)
		conn_set_error(&error, "its definition cannot be read");
	else
		health_parse_guest(objects, guest, xml, secrets, &error);
	if (error != NULL)
		guest->unread = check_objects_text(objects, error->message, -1);
	if (xml != NULL)
		explicit_bzero(xml, strlen(xml));
	free(xml);
}

static gint64 creation_time(virDomainSnapshotPtr snapshot)
{
	char *xml = virDomainSnapshotGetXMLDesc(snapshot, 0);
	xmlDocPtr doc = xml != NULL ? xml_parse(xml, "domainsnapshot", NULL) : NULL;
	g_autofree char *text = xml_raw_text(xml_child(xmlDocGetRootElement(doc), "creationTime"));
	gint64 time = text != NULL ? g_ascii_strtoll(text, NULL, 10) : 0;

	xmlFreeDoc(doc);
	free(xml);
	return time;
}

/* Children are younger than what they stand on: the oldest is a root. */
static void read_snapshots(struct check_guest *guest, virDomainPtr dom)
{
	virDomainSnapshotPtr *roots = NULL;
	int n;

	if (guest->snapshots <= 0)
		return;
	guest->snapshots = virDomainSnapshotNum(dom, 0);
	n = virDomainListAllSnapshots(dom, &roots, VIR_DOMAIN_SNAPSHOT_LIST_ROOTS);
	for (int i = 0; i < n; i++) {
		gint64 time = creation_time(roots[i]);

		if (time > 0 && (guest->oldest_unix_s == 0 || time < guest->oldest_unix_s))
			guest->oldest_unix_s = time;
		virDomainSnapshotFree(roots[i]);
	}
	free(roots);
}

/* When it began: a report that is made later than its facts then tells the right time. */
static gint64 unix_before_ms(unsigned long long ms)
{
	return (g_get_real_time() / 1000 - (gint64)ms) / 1000;
}

/* Never blocks: who holds its monitor, and for how long. */
static void read_control(struct check_guest *guest, virDomainPtr dom)
{
	virDomainControlInfo info = {0};

	if (!guest->active || virDomainGetControlInfo(dom, &info, 0) < 0)
		return;
	if (info.state == VIR_DOMAIN_CONTROL_OCCUPIED)
		guest->stuck_ms = info.stateTime;
	else if (info.state == VIR_DOMAIN_CONTROL_ERROR)
		guest->stuck_ms = MAX(info.stateTime, 60000);
	else if (info.state == VIR_DOMAIN_CONTROL_JOB) {
		guest->job_since_s = unix_before_ms(info.stateTime);
		guest->job = "one of libvirt's calls";
	}
}

static void read_log(
        struct check_objects *objects, struct check_guest *guest, const struct health_round *round)
{
	g_autofree char *path =
	        round->log_dir != NULL ? g_strdup_printf("%s/%s.log", round->log_dir, guest->raw) : NULL;
	const struct health_source none = {.root = ""};
	g_autofree char *text =
	        path != NULL && strchr(guest->raw, '/') == NULL ? health_file(&none, path, NULL) : NULL;
	g_autofree char *line = text != NULL ? health_log_line(text) : NULL;

	if (line != NULL)
		guest->log_line = check_objects_text(objects, line, -1);
}

/* Raw, for files and commands; what was cleaned is for people. */
static void add_guest(struct check_objects *objects, virDomainPtr dom)
{
	struct check_guest *guest = check_objects_add_guest(objects);
	const char *name = virDomainGetName(dom);

	guest->raw = g_string_chunk_insert_const(objects->chunk, name != NULL ? name : "");
	guest->name = check_objects_text(objects, guest->raw, -1);
	virDomainGetUUID(dom, guest->uuid);
}

/* What only a call of its own tells. */
static void read_guest(struct check_objects *objects, const struct health_round *round,
        struct check_guest *guest, virDomainPtr dom)
{
	uint32_t serial = round->serial != NULL ? round->serial(guest->uuid, round->data) : 0;
	const struct check_guest *known =
	        round->cache != NULL ? health_cache_guest(round->cache, guest, serial) : NULL;

	if (known != NULL) {
		check_guest_copy_definition(objects, guest, known);
	} else {
		read_definition(objects, guest, dom);
		read_snapshots(guest, dom);
	}
	if (round->cache != NULL)
		health_cache_note(round->cache, guest, serial, known == NULL);
	read_control(guest, dom);
	if (guest_state_alarming(guest->state, guest->reason))
		read_log(objects, guest, round);
}

static void read_processes(GHashTable *index)
{
	g_autoptr(GArray) found = proc_find_qemus();

	for (guint i = 0; i < found->len; i++) {
		const struct proc_qemu *qemu = &g_array_index(found, struct proc_qemu, i);
		struct check_guest *guest = find_guest(index, qemu->uuid);
		struct proc_figures figures;

		if (guest == NULL || !guest->active || !proc_read(qemu->pid, qemu->start, &figures))
			continue;
		guest->started_unix_s = proc_started_unix_us(qemu->start) / G_USEC_PER_SEC;
		guest->stopped_pid = figures.stopped ? qemu->pid : 0;
	}
}

static const char *disk_error_word(int error)
{
	return error == VIR_DOMAIN_DISK_ERROR_NO_SPACE ? "no space"
	       : error == VIR_DOMAIN_DISK_ERROR_UNSPEC ? "I/O error"
	                                               : "none";
}

static void read_disk_errors(struct check_objects *objects, struct check_guest *guest, virDomainPtr dom)
{
	virDomainDiskError errors[16];
	int count = virDomainGetDiskErrors(dom, errors, G_N_ELEMENTS(errors), 0);
	g_autoptr(GString) words = g_string_new(NULL);

	for (int i = 0; i < count; i++) {
		g_string_append_printf(words, "%s%s: %s", i > 0 ? ", " : "", errors[i].disk,
		        disk_error_word(errors[i].error));
		free(errors[i].disk);
	}
	guest->disk_errors = check_objects_text(objects, words->str, -1);
}

static void read_job(struct check_guest *guest, virDomainPtr dom)
{
	virDomainJobInfo info;

	if (virDomainGetJobInfo(dom, &info) < 0 ||
	        (info.type != VIR_DOMAIN_JOB_BOUNDED && info.type != VIR_DOMAIN_JOB_UNBOUNDED))
		return;
	guest->job_since_s = unix_before_ms(info.timeElapsed);
	guest->job = "save, migration, backup or the like";
}

/* What only its monitor knows, of those that seem to answer. Last, as it may take its time all the same. */
static void ask_monitors(
        struct check_objects *objects, const struct health_round *round, virDomainPtr *doms, int count)
{
	for (int i = 0; i < count && (guint)i < objects->guests->len && in_time(round); i++) {
		struct check_guest *guest = &g_array_index(objects->guests, struct check_guest, i);

		if (!guest->active || guest->stopped_pid != 0 || guest->stuck_ms != 0 || guest->job_since_s != 0)
			continue;
		read_job(guest, doms[i]);
		if (guest->state == GUEST_PAUSED && guest->job_since_s == 0 &&
		        guest_state_alarming(guest->state, guest->reason))
			read_disk_errors(objects, guest, doms[i]);
	}
}

/* libvirt lists them as its hash table has them. */
static int by_name(const void *a, const void *b)
{
	return text_compare(virDomainGetName(*(const virDomainPtr *)a), virDomainGetName(*(const virDomainPtr *)b));
}

/* How many were read before the time was up. */
static int read_each(struct check_objects *objects, const struct health_round *round, GHashTable *index,
        virDomainPtr *doms, int count, bool states)
{
	int done = 0;

	for (; done < count && in_time(round); done++) {
		struct check_guest *guest = &g_array_index(objects->guests, struct check_guest, done);

		if (!states)
			ask_state(guest, doms[done]);
		read_guest(objects, round, guest, doms[done]);
	}
	if (round->local)
		read_processes(index);
	ask_monitors(objects, round, doms, done);
	return done;
}

static bool read_guests(
        struct check_objects *objects, virConnectPtr conn, const struct health_round *round, GError **error)
{
	gint64 start_us = g_get_monotonic_time();
	virDomainPtr *doms = NULL;
	int count = virConnectListAllDomains(conn, &doms, 0), done;
	g_autoptr(GHashTable) index = NULL;

	if (count < 0) {
		conn_set_error(error, "the guests cannot be listed");
		return false;
	}
	objects->answer_ms = since_ms(start_us);
	if (count > 0)
		qsort(doms, (size_t)count, sizeof(*doms), by_name);
	for (int i = 0; i < count; i++)
		add_guest(objects, doms[i]);
	index = index_rows(objects);
	read_flags(objects, index, conn);
	done = read_each(objects, round, index, doms, count, read_states(index, conn));
	if (done < count) {
		g_autofree char *words =
		        g_strdup_printf("only %d of %d guests were read in time", done, count);
		objects->unread = check_objects_text(objects, words, -1);
		g_array_set_size(objects->guests, (guint)done);
	}
	for (int i = 0; i < count; i++)
		virDomainFree(doms[i]);
	free(doms);
	return true;
}

/* ---- pools and networks --------------------------------------------------- */

static void read_pools(struct check_objects *objects, virConnectPtr conn)
{
	g_autoptr(GPtrArray) rows = storage_list_pools(conn);

	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		const struct pool_row *row = rows->pdata[i];
		struct check_pool *pool = check_objects_add_pool(objects);

		memcpy(pool->uuid, row->uuid, sizeof(pool->uuid));
		pool->name = check_objects_text(objects, row->name, -1);
		pool->type = check_objects_text(objects, row->type, -1);
		pool->path = check_objects_text(objects, row->path, -1);
		pool->active = row->state != POOL_INACTIVE;
		pool->autostart = row->autostart;
		pool->capacity_bytes = row->capacity_bytes;
		pool->allocation_bytes = row->allocation_bytes;
		pool->available_bytes = row->available_bytes;
	}
}

static void add_address(struct check_objects *objects, struct check_network *network, const char *mac,
        const char *ip, const char *host)
{
	struct check_address address = {
	        .mac = check_objects_text(objects, mac, -1),
	        .address = check_objects_text(objects, ip, -1),
	        .host = check_objects_text(objects, host, -1),
	};

	if (*address.address != '\0' && *address.mac != '\0')
		g_array_append_val(network->addresses, address);
}

static void read_leases(struct check_objects *objects, struct check_network *network, virConnectPtr conn)
{
	virNetworkPtr found = virNetworkLookupByUUID(conn, network->uuid);
	virNetworkDHCPLeasePtr *leases = NULL;
	int count = found != NULL ? virNetworkGetDHCPLeases(found, NULL, &leases, 0) : -1;

	for (int i = 0; i < count; i++) {
		add_address(objects, network, leases[i]->mac, leases[i]->ipaddr, leases[i]->hostname);
		virNetworkDHCPLeaseFree(leases[i]);
	}
	free(leases);
	if (found != NULL)
		virNetworkFree(found);
}

/* "192.168.122.1/24" into numbers. */
static void read_subnet(struct check_network *network)
{
	g_autofree char *text = g_strndup(network->address, strcspn(network->address, "/,"));
	const char *slash = strchr(network->address, '/');
	unsigned prefix = slash != NULL ? (unsigned)g_ascii_strtoull(slash + 1, NULL, 10) : 0;
	struct in_addr address;

	if (prefix == 0 || prefix > 32 || inet_pton(AF_INET, text, &address) != 1)
		return;
	network->ipv4 = ntohl(address.s_addr);
	network->mask = prefix == 32 ? G_MAXUINT32 : ~(G_MAXUINT32 >> prefix);
}

static void read_networks(struct check_objects *objects, virConnectPtr conn)
{
	g_autoptr(GPtrArray) rows = network_list(conn, NULL, NULL);

	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		const struct network_row *row = rows->pdata[i];
		struct check_network *network = check_objects_add_network(objects);

		memcpy(network->uuid, row->uuid, sizeof(network->uuid));
		network->name = check_objects_text(objects, row->name, -1);
		network->forward = check_objects_text(objects, row->forward, -1);
		network->bridge = check_objects_text(objects, row->bridge, -1);
		network->address = check_objects_text(objects, row->addresses, -1);
		network->active = row->active;
		network->autostart = row->autostart;
		network->dhcp = row->dhcp != NULL && *row->dhcp != '\0';
		read_subnet(network);
		for (guint j = 0; row->fixed != NULL && j < row->fixed->len; j++) {
			const struct network_lease *lease = row->fixed->pdata[j];
			add_address(objects, network, lease->mac, lease->address, lease->hostname);
		}
		if (network->active && network->dhcp)
			read_leases(objects, network, conn);
	}
}

struct check_objects *health_read_objects(
        virConnectPtr conn, const struct health_round *round, GError **error)
{
	struct check_objects *objects = check_objects_new();

	objects->host = round->host;
	if (!read_guests(objects, conn, round, error)) {
		check_objects_unref(objects);
		return NULL;
	}
	if (in_time(round))
		read_networks(objects, conn);
	if (in_time(round))
		read_pools(objects, conn);
	if (round->cache != NULL)
		health_cache_keep(round->cache, objects);
	virResetLastError();
	return objects;
}

/* ---- capabilities --------------------------------------------------------- */

/* How long that took, too; -1 = no answer. */
static char *ask_capabilities(virConnectPtr conn, gint64 *ret_ms)
{
	gint64 start_us = g_get_monotonic_time();
	char *xml = virConnectGetCapabilities(conn);

	*ret_ms = xml != NULL ? since_ms(start_us) : -1;
	return xml;
}

struct check_capabilities *health_read_capabilities(virConnectPtr conn)
{
	struct check_capabilities *capabilities = g_new0(struct check_capabilities, 1);
	char *xml;

	capabilities->kvm_offered = capabilities->iommu = capabilities->virt_flag = -1;
	xml = ask_capabilities(conn, &capabilities->took_ms);
	/* A daemon that has just started or got another QEMU must ask it once; another time tells what it keeps. */
	if (capabilities->took_ms > CHECK_SLOW_MS) {
		free(xml);
		xml = ask_capabilities(conn, &capabilities->took_ms);
	}
	if (xml != NULL)
		health_parse_capabilities(capabilities, xml);
	free(xml);
	virResetLastError();
	return capabilities;
}
