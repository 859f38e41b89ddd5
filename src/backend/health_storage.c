/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt tells of the images in its pools: see health.h. */
#include "backend/health.h"

#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#include "backend/image_check.h"
#include "backend/health_cache.h"
#include "nvirt/text.h"

struct reading {
	const struct health_round *round;
	struct health_cache *cache;
	struct volumes *volumes;
	struct usage *usage;
	struct check_storage *storage;
	GHashTable *listed; /* the guests' UUIDs as GBytes */
};

static bool in_time(const struct health_round *round)
{
	return g_get_monotonic_time() < round->deadline_us &&
	       (round->go_on == NULL || round->go_on(round->data));
}

static bool go_on(void *data)
{
	return in_time(data);
}

static void read_pool(struct reading *reading, virStoragePoolPtr pool)
{
	struct volumes_round round = {.before_us = g_get_monotonic_time() - HEALTH_VOLUMES_OLD_US,
	        .deadline_us = reading->round->deadline_us,
	        .go_on = go_on,
	        .data = (void *)reading->round};
	struct check_size size = {0};
	int64_t bytes, count;

	if (virStoragePoolIsActive(pool) != 1 || virStoragePoolGetUUID(pool, size.pool) < 0)
		return;
	reading->storage->whole &= volumes_read(reading->volumes, usage_files(reading->usage), pool, &round);
	if (!volumes_total(reading->volumes, size.pool, &bytes, &count))
		return;
	size.virtual_bytes = (uint64_t)MAX(bytes, 0);
	g_array_append_val(reading->storage->sizes, size);
}

static void read_guest(struct reading *reading, virConnectPtr conn, struct usage_guest *guest)
{
	const struct health_round *round = reading->round;

	guest->serial = round->serial != NULL ? round->serial(guest->uuid, round->data) : 0;
	if (health_cache_knows_usage(reading->cache, guest))
		return;
	if (in_time(round))
		usage_read(reading->usage, conn, guest);
	else
		reading->storage->whole = false;
}

/* Of the guests that a filter lets through; false: the driver has no such filter. */
static bool read_some(struct reading *reading, virConnectPtr conn, unsigned filter, bool snapshots)
{
	virDomainPtr *doms = NULL;
	int count = virConnectListAllDomains(conn, &doms, filter);

	for (int i = 0; i < count; i++) {
		/* Who has a number runs: that came with the list. */
		struct usage_guest guest = {
		        .active = virDomainGetID(doms[i]) != (unsigned)-1, .snapshots = snapshots};

		virDomainGetUUID(doms[i], guest.uuid);
		g_hash_table_add(reading->listed, g_bytes_new(guest.uuid, sizeof(guest.uuid)));
		read_guest(reading, conn, &guest);
		virDomainFree(doms[i]);
	}
	free(doms);
	return count >= 0;
}

static bool is_listed(const uint8_t uuid[16], void *data)
{
	g_autoptr(GBytes) key = g_bytes_new_static(uuid, 16);

	return g_hash_table_contains(data, key);
}

/* Snapshots are asked for only where there are any. */
static void read_usage(struct reading *reading, virConnectPtr conn)
{
	if (read_some(reading, conn, VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT, true))
		read_some(reading, conn, VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT, false);
	else
		read_some(reading, conn, 0, true);
	usage_keep_only(reading->usage, is_listed, reading->listed);
}

/*
 * libvirt looks itself what a base is whose overlay does not state it, and tells that as if it were stated:
 * only the image's own header says. It cannot be had by a connection that only reads.
 */
static void look_at_header(struct reading *reading, virConnectPtr conn, const struct volume_row *row)
{
	struct image_header header = {0};
	struct volume_layer *below;
	int stated;

	if (row->key == NULL || row->chain == NULL || row->chain->len == 0 ||
	        !image_format_has_header(row->format))
		return;
	below = row->chain->pdata[0];
	stated = health_cache_stated(reading->cache, row->key, below->path);
	if (stated < 0 && !image_check_header(conn, row->key, row->format, &header, NULL))
		return;
	if (stated < 0) {
		stated = header.backing == NULL || header.backing_format != NULL;
		health_cache_note_stated(reading->cache, row->key, below->path, stated);
		image_header_clear(&header);
	}
	below->stated = below->stated && stated;
}

static void look_at_headers(struct reading *reading, virConnectPtr conn)
{
	for (guint i = 0; i < reading->storage->rows->len && in_time(reading->round); i++)
		look_at_header(reading, conn, reading->storage->rows->pdata[i]);
}

static void add_images(struct reading *reading, virStoragePoolPtr pool)
{
	struct check_storage *storage = reading->storage;
	g_autofree char *clean = text_clean(virStoragePoolGetName(pool), -1);
	struct obj_ref ref = {.kind = OBJ_VOLUME, .host = reading->round->host};
	g_autoptr(GPtrArray) rows = NULL;

	virStoragePoolGetUUID(pool, ref.uuid);
	rows = volumes_rows(reading->volumes, usage_files(reading->usage), ref.uuid, storage->whole);
	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		struct volume_row *row = rows->pdata[i];

		ref.name = row->raw;
		/* The graph keeps a name as long as it lives. */
		images_add(storage->images, row, &ref, g_intern_string(clean));
		g_ptr_array_add(storage->rows, row);
	}
	if (rows != NULL) {
		/* They belong to the storage now. */
		g_ptr_array_set_free_func(rows, NULL);
	}
}

static void add_outside(struct reading *reading)
{
	g_autoptr(GPtrArray) rows = volumes_outside(reading->volumes, usage_files(reading->usage));

	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		images_add(reading->storage->images, rows->pdata[i], NULL, NULL);
		g_ptr_array_add(reading->storage->rows, rows->pdata[i]);
	}
	if (rows != NULL)
		g_ptr_array_set_free_func(rows, NULL);
}

struct check_storage *health_read_storage(virConnectPtr conn, const struct health_round *round)
{
	struct health_cache *own = round->cache == NULL ? health_cache_new(round->local) : NULL;
	struct health_cache *cache = own != NULL ? own : round->cache;
	g_autoptr(GHashTable) listed =
	        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
	struct reading reading = {.round = round,
	        .cache = cache,
	        .volumes = health_cache_volumes(cache),
	        .usage = health_cache_usage(cache),
	        .listed = listed,
	        .storage = check_storage_new()};
	virStoragePoolPtr *pools = NULL;
	int count = virConnectListAllStoragePools(conn, &pools, 0);

	reading.storage->whole = count >= 0;
	read_usage(&reading, conn);
	if (count >= 0)
		volumes_keep_only(reading.volumes, usage_files(reading.usage), pools, (unsigned)count);
	for (int i = 0; i < count; i++)
		read_pool(&reading, pools[i]);
	for (int i = 0; i < count; i++) {
		add_images(&reading, pools[i]);
		virStoragePoolFree(pools[i]);
	}
	free(pools);
	add_outside(&reading);
	look_at_headers(&reading, conn);
	images_link(reading.storage->images);
	health_cache_free(own);
	virResetLastError();
	return reading.storage;
}
