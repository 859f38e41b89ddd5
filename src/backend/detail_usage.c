/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The detail thread's volumes and networks with who uses them.
 *
 * Every round is bounded in time and number, and says how much is known so
 * far: what is shown first is there at once, the rest comes batch by batch.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/detail.h"
#include "backend/network.h"
#include "backend/usage.h"
#include "backend/volumes.h"
#include "nvirt/text.h"

#define POOL_BUDGET_US (3 * G_USEC_PER_SEC)
#define OTHER_POOLS_BUDGET_US G_USEC_PER_SEC
#define USAGE_BUDGET_US G_USEC_PER_SEC
/* Guests whose definitions are read in one batch, and how many of them although nothing told of a change. */
#define USAGE_BATCH 500
#define USAGE_AGAIN 16
#define USAGE_OLD_US (60 * G_USEC_PER_SEC)
/* Volumes of the open pool grow; those of others only tell what they are based on. */
#define VOLUME_OLD_US (25 * G_USEC_PER_SEC)
#define OTHER_OLD_US (5 * 60 * G_USEC_PER_SEC)
/* The host's ARP table is asked a guest a call. */
#define ARP_BATCH 16

unsigned detail_guest_count(struct detail *detail)
{
	unsigned count;

	host_lock(detail->host);
	count = g_hash_table_size(detail->host->guests);
	host_unlock(detail->host);
	return count;
}

/* Is this thread still wanted, and for the same object? */
static bool go_on(void *data)
{
	struct detail *detail = data;
	bool same;

	host_lock(detail->host);
	same = detail->generation == detail->host->detail_generation && detail->storage == detail->host->storage &&
	        detail->images == detail->host->images && detail->devices == detail->host->devices &&
	        obj_ref_equal(&detail->open, &detail->host->open);
	host_unlock(detail->host);
	return same;
}

static bool pool_open(const struct detail *detail)
{
	return detail->open.kind == OBJ_POOL || detail->open.kind == OBJ_VOLUME;
}

/* Costs no call. */
static void post_pool(const uint8_t pool[16], void *data)
{
	struct detail *detail = data;

	detail_post_volumes(detail, pool,
	        volumes_rows(detail->volumes, usage_files(detail->usage), pool, detail->usage_us != 0));
}

static void post_volumes(struct detail *detail)
{
	if (detail->images) {
		volumes_each_pool(detail->volumes, post_pool, detail);
		if (detail->usage_us != 0)
			detail_post_list(detail, MSG_FILES, volumes_outside(detail->volumes, usage_files(detail->usage)));
	} else if (pool_open(detail)) {
		post_pool(detail->open.uuid, detail);
	}
}

/* ---- volumes ------------------------------------------------------------------ */

static struct volumes_round make_round(struct detail *detail, gint64 budget_us, gint64 old_us)
{
	gint64 now_us = g_get_monotonic_time();

	return (struct volumes_round){.before_us = detail->volumes_fresh ? now_us : now_us - old_us,
	        .deadline_us = now_us + budget_us,
	        .go_on = go_on,
	        .data = detail};
}

/* false: this thread was left behind. */
static bool read_open_pool(struct detail *detail)
{
	struct volumes_round round = make_round(detail, POOL_BUDGET_US, VOLUME_OLD_US);
	virStoragePoolPtr pool;

	if (!detail_enter(detail, BUSY_LISTS, NULL))
		return false;
	pool = virStoragePoolLookupByUUID(detail->conn, detail->open.uuid);
	if (pool != NULL) {
		detail->volumes_left = !volumes_read(detail->volumes, usage_files(detail->usage), pool, &round);
		virStoragePoolFree(pool);
	}
	return detail_leave(detail);
}

static bool is_open(const struct detail *detail, virStoragePoolPtr pool)
{
	uint8_t uuid[VIR_UUID_BUFLEN];

	return pool_open(detail) && virStoragePoolGetUUID(pool, uuid) == 0 &&
	        memcmp(uuid, detail->open.uuid, sizeof(uuid)) == 0;
}

/* An image may be the base of one that lies in another pool. */
static void read_other_pools(struct detail *detail)
{
	struct volumes_round round =
	        make_round(detail, OTHER_POOLS_BUDGET_US, detail->images ? VOLUME_OLD_US : OTHER_OLD_US);
	virStoragePoolPtr *pools = NULL;
	int n;

	if (!detail_enter(detail, BUSY_LISTS, NULL))
		return;
	n = virConnectListAllStoragePools(detail->conn, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);
	if (n >= 0)
		volumes_keep_only(detail->volumes, usage_files(detail->usage), pools, (unsigned)n);
	for (int i = 0; i < n; i++) {
		if (!is_open(detail, pools[i]))
			detail->volumes_left |=
			        !volumes_read(detail->volumes, usage_files(detail->usage), pools[i], &round);
		virStoragePoolFree(pools[i]);
	}
	free(pools);
	detail_leave(detail);
}

void detail_volumes(struct detail *detail)
{
	detail->volumes_left = false;
	if (detail->conn == NULL)
		return;
	if (pool_open(detail)) {
		if (!read_open_pool(detail))
			return;
		post_volumes(detail);
	}
	read_other_pools(detail);
	detail->volumes_us = g_get_monotonic_time();
	post_volumes(detail);
}

/* ---- definitions ---------------------------------------------------------------- */

static bool is_there(const uint8_t uuid[16], void *data)
{
	return host_guest(data, uuid) != NULL;
}

static struct usage_guest wanted_of(const struct guest_seen *guest)
{
	struct usage_guest wanted = {.serial = guest->serial,
	        .active = guest->id != -1,
	        .snapshots = (guest->flags & GUEST_SNAPSHOTS) != 0};

	memcpy(wanted.uuid, guest->uuid, sizeof(wanted.uuid));
	return wanted;
}

/* The guests of the next batch: those that changed, and a few that were read long ago. Those that are gone are forgotten. */
static GArray *next_batch(struct detail *detail, bool *ret_forgot)
{
	GArray *batch = g_array_new(FALSE, FALSE, sizeof(struct usage_guest));
	gint64 old_us = g_get_monotonic_time() - USAGE_OLD_US;
	unsigned again = 0;
	GHashTableIter iter;
	gpointer value;

	host_lock(detail->host);
	*ret_forgot = usage_keep_only(detail->usage, is_there, detail->host);
	g_hash_table_iter_init(&iter, detail->host->guests);
	while (batch->len < USAGE_BATCH && g_hash_table_iter_next(&iter, NULL, &value)) {
		struct usage_guest wanted = wanted_of(value);
		bool known = usage_knows(detail->usage, &wanted);

		if (known && (again >= USAGE_AGAIN || usage_read_us(detail->usage, wanted.uuid) > old_us))
			continue;
		again += known;
		g_array_append_val(batch, wanted);
	}
	host_unlock(detail->host);
	return batch;
}

static bool anything_left(struct detail *detail)
{
	GHashTableIter iter;
	gpointer value;
	bool left = false;

	host_lock(detail->host);
	g_hash_table_iter_init(&iter, detail->host->guests);
	while (!left && g_hash_table_iter_next(&iter, NULL, &value)) {
		struct usage_guest wanted = wanted_of(value);

		left = !usage_knows(detail->usage, &wanted);
	}
	host_unlock(detail->host);
	return left;
}

void detail_usage(struct detail *detail)
{
	gint64 end_us = g_get_monotonic_time() + USAGE_BUDGET_US;
	bool first = detail->usage_us == 0, forgot;
	g_autoptr(GArray) batch = NULL;

	if (detail->conn == NULL)
		return;
	batch = next_batch(detail, &forgot);
	if (!detail_enter(detail, BUSY_LISTS, NULL))
		return;
	for (guint i = 0; i < batch->len && g_get_monotonic_time() < end_us && go_on(detail); i++)
		usage_read(detail->usage, detail->conn, &g_array_index(batch, struct usage_guest, i));
	detail->usage_us = g_get_monotonic_time();
	if (!detail_leave(detail))
		return;
	detail->usage_left = anything_left(detail);
	if (batch->len == 0 && !first && !forgot)
		return;
	post_volumes(detail);
	if (detail->open.kind == OBJ_NETWORK)
		detail_networks(detail);
	if (detail->devices)
		detail_devices(detail, false);
}

/* ---- networks -------------------------------------------------------------------- */

static const struct network_row *open_network(const struct detail *detail, const GPtrArray *rows)
{
	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		const struct network_row *row = rows->pdata[i];

		if (row->guests != NULL && memcmp(row->uuid, detail->open.uuid, sizeof(row->uuid)) == 0)
			return row;
	}
	return NULL;
}

static void keep_arp(struct detail *detail, const virDomainInterface *iface)
{
	g_autofree char *words = NULL;

	if (iface->hwaddr == NULL || iface->naddrs == 0)
		return;
	words = text_clean(iface->addrs[0].addr, -1);
	g_hash_table_replace(detail->arp, g_ascii_strdown(iface->hwaddr, -1), g_steal_pointer(&words));
}

static void ask_arp(struct detail *detail, const struct network_guest *guest)
{
	virDomainPtr dom = virDomainLookupByUUID(detail->conn, guest->uuid);
	virDomainInterfacePtr *ifaces = NULL;
	int n;

	if (dom == NULL)
		return;
	g_hash_table_remove(detail->arp, guest->mac);
	n = virDomainInterfaceAddresses(dom, &ifaces, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP, 0);
	for (int i = 0; i < n; i++) {
		keep_arp(detail, ifaces[i]);
		virDomainInterfaceFree(ifaces[i]);
	}
	free(ifaces);
	virDomainFree(dom);
}

/* Those that have no lease: a few a round, in turn. */
static void read_arp(struct detail *detail, const struct network_row *row)
{
	unsigned asked = 0;

	for (guint i = 0; i < row->guests->len && asked < ARP_BATCH; i++) {
		const struct network_guest *guest =
		        row->guests->pdata[(detail->arp_next + i) % row->guests->len];

		if (!guest->live || strcmp(guest->address_source, "lease") == 0)
			continue;
		ask_arp(detail, guest);
		asked++;
	}
	detail->arp_next += ARP_BATCH;
}

static void name_addresses(struct detail *detail, GPtrArray *rows)
{
	struct network_row *row = (struct network_row *)open_network(detail, rows);

	if (row == NULL)
		return;
	row->guests_total = detail_guest_count(detail);
	network_name_addresses(row, NULL);
	read_arp(detail, row);
	network_name_addresses(row, detail->arp);
}

void detail_networks(struct detail *detail)
{
	GPtrArray *rows;

	if (detail->conn == NULL || !detail_enter(detail, BUSY_LISTS, NULL))
		return;
	rows = network_list(detail->conn, detail->open.kind == OBJ_NETWORK ? detail->open.uuid : NULL, detail->usage);
	name_addresses(detail, rows);
	detail->networks_us = g_get_monotonic_time();
	if (detail_leave(detail))
		detail_post_list(detail, MSG_NETWORKS, rows);
	else
		g_clear_pointer(&rows, g_ptr_array_unref);
}
