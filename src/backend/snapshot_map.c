/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who needs which image: see snapshot_map.h. */
#include "backend/snapshot_map.h"

#include <string.h>

#include "backend/hostfile.h"
#include "backend/op_util.h"
#include "backend/xml.h"
#include "nvirt/text.h"

#define CHAIN_MAX 1000

static void now_disk_free(gpointer data)
{
	struct now_disk *disk = data;

	g_free(disk->target);
	g_free(disk->path);
	g_free(disk);
}

void snapshot_map_free(struct snapshot_map *map)
{
	if (!map)
		return;
	file_users_free(map->others);
	g_hash_table_unref(map->base);
	g_hash_table_unref(map->ours);
	g_ptr_array_unref(map->now);
	g_free(map->unseen);
	g_free(map);
}

char *snapshot_map_key(const struct snapshot_map *map, const char *path)
{
	return file_users_key(map->others, path);
}

bool snapshot_map_has(const struct snapshot_map *map, const char *key)
{
	return g_hash_table_contains(map->base, key);
}

/* ---- the other guests ---- */

static bool vanished(void)
{
	return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN;
}

static bool read_other(struct snapshot_map *map, virDomainPtr dom, GError **error)
{
	unsigned char uuid[VIR_UUID_BUFLEN];
	g_autoptr(xmlDoc) live = op_guest_xml(dom, 0);
	g_autoptr(xmlDoc) stored = live ? op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE) : NULL;
	struct file_users_docs docs = {.live = live, .stored = stored, .snapshots = true};

	if (!live || !stored || virDomainGetUUID(dom, uuid) < 0) {
		if (vanished())
			return true;
		conn_set_error(error, "cannot look whether '%s' uses the files", virDomainGetName(dom));
		return false;
	}
	file_users_set_guest(map->others, dom, uuid, &docs);
	return true;
}

static bool read_others(struct snapshot_map *map, virDomainPtr self, GError **error)
{
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(virDomainGetConnect(self), &doms, 0);
	unsigned char own[VIR_UUID_BUFLEN] = {0}, uuid[VIR_UUID_BUFLEN];
	bool ok = n >= 0 && virDomainGetUUID(self, own) == 0;

	if (!ok)
		conn_set_error(error, "cannot look who uses the files");
	for (int i = 0; i < n; i++) {
		if (ok && virDomainGetUUID(doms[i], uuid) == 0 && memcmp(uuid, own, sizeof own) != 0)
			ok = read_other(map, doms[i], error);
		virDomainFree(doms[i]);
	}
	free(doms);
	return ok;
}

/* ---- volumes ---- */

static void read_volume(struct snapshot_map *map, virStorageVolPtr vol)
{
	char *xml = virStorageVolGetXMLDesc(vol, 0), *path = virStorageVolGetPath(vol);
	g_autoptr(xmlDoc) doc = xml ? xml_parse(xml, "volume", NULL) : NULL;
	g_autofree char *base = doc ? op_xml_string(doc, NULL, "/volume/backingStore/path") : g_strdup("");

	if (path) {
		g_autofree char *absolute = *base ? file_users_base_path(path, base) : NULL;
		g_hash_table_replace(map->base, snapshot_map_key(map, path),
		        absolute ? snapshot_map_key(map, absolute) : g_strdup(""));
	}
	free(path);
	free(xml);
}

static bool read_pool(struct snapshot_map *map, virStoragePoolPtr pool, GError **error)
{
	virStorageVolPtr *vols = NULL;
	int n = virStoragePoolListAllVolumes(pool, &vols, 0);

	if (n < 0)
		conn_set_error(error, "cannot look what the volumes of pool '%s' are based on", virStoragePoolGetName(pool));
	for (int i = 0; i < n; i++) {
		read_volume(map, vols[i]);
		virStorageVolFree(vols[i]);
	}
	free(vols);
	return n >= 0;
}

static void note_unseen(struct snapshot_map *map, virConnectPtr conn)
{
	virStoragePoolPtr *pools = NULL;
	int n = virConnectListAllStoragePools(conn, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE);
	g_autoptr(GString) names = g_string_new(NULL);

	for (int i = 0; i < n; i++) {
		g_string_append_printf(names, "%s'%s'", names->len ? ", " : "", virStoragePoolGetName(pools[i]));
		virStoragePoolFree(pools[i]);
	}
	free(pools);
	if (names->len)
		map->unseen = text_clean(names->str, -1);
}

static bool read_pools(struct snapshot_map *map, virConnectPtr conn, GError **error)
{
	virStoragePoolPtr *pools = NULL;
	int n = virConnectListAllStoragePools(conn, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);
	bool ok = n >= 0;

	if (!ok)
		conn_set_error(error, "cannot look at the storage pools");
	for (int i = 0; i < n; i++) {
		/* One that copies just now can not be read again; what it knows has to do. */
		if (ok) {
			virStoragePoolRefresh(pools[i], 0);
			ok = read_pool(map, pools[i], error);
		}
		virStoragePoolFree(pools[i]);
	}
	free(pools);
	note_unseen(map, conn);
	return ok;
}

/* Directories of the guest's own files that are in no pool. */
static bool read_dir(struct snapshot_map *map, virConnectPtr conn, const char *path, GHashTable *seen, GError **error)
{
	if (*path != '/' || g_str_has_prefix(path, "/dev/"))
		return true;
	g_autofree char *dir = g_path_get_dirname(path);
	if (!g_hash_table_add(seen, g_strdup(dir)))
		return true;
	g_autoptr(virStoragePool) own = hostfile_pool_of_dir(conn, dir);
	if (own)
		return true; /* it is active, so it was read */
	g_autoptr(virStoragePool) lent = hostfile_lend_pool(conn, dir);
	if (!lent) {
		conn_set_error(error, "cannot look what in '%s' is based on what", dir);
		return false;
	}
	bool ok = read_pool(map, lent, error);
	virStoragePoolDestroy(lent);
	return ok;
}

static bool read_dirs(struct snapshot_map *map, virConnectPtr conn, GPtrArray *tree, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (unsigned i = 0; i < map->now->len; i++)
		if (!read_dir(map, conn, ((struct now_disk *)g_ptr_array_index(map->now, i))->path, seen, error))
			return false;
	for (unsigned i = 0; i < tree->len; i++) {
		const struct snap *snap = g_ptr_array_index(tree, i);
		for (unsigned d = 0; d < snap->disks->len; d++) {
			const struct snap_disk *disk = g_ptr_array_index(snap->disks, d);
			/* A directory that is gone holds nobody: its files are missing, which is said elsewhere. */
			read_dir(map, conn, disk->state, seen, NULL);
			read_dir(map, conn, disk->overlay, seen, NULL);
		}
	}
	return true;
}

/* ---- the guest itself ---- */

static bool read_now(struct snapshot_map *map, virDomainPtr dom, unsigned flags, bool compare, GError **error)
{
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, flags);

	if (!doc) {
		conn_set_error(error, "cannot look at '%s'", virDomainGetName(dom));
		return false;
	}
	xml_foreach(node, xml_child(xmlDocGetRootElement(doc), "devices"), "disk")
	{
		struct now_disk *disk = g_new0(struct now_disk, 1);
		disk->target = op_xml_string(doc, node, "target/@dev");
		disk->path = op_xml_string(doc, node, "source/@file | source/@dev");
		const char *known = compare ? snapshot_map_now(map, disk->target) : NULL;
		if (compare && g_strcmp0(known, disk->path) != 0)
			map->agrees = false;
		/* Both are needed, where they differ. */
		if (known && g_str_equal(known, disk->path))
			now_disk_free(disk);
		else
			g_ptr_array_add(map->now, disk);
	}
	return true;
}

const char *snapshot_map_now(const struct snapshot_map *map, const char *target)
{
	for (unsigned i = 0; i < map->now->len; i++) {
		const struct now_disk *disk = g_ptr_array_index(map->now, i);
		if (g_str_equal(disk->target, target))
			return disk->path;
	}
	return NULL;
}

static void add_ours(struct snapshot_map *map, const char *path)
{
	if (*path == '/')
		g_hash_table_add(map->ours, snapshot_map_key(map, path));
}

/* Overlays that snapshots made, those that were kept for others, and what was made over a snapshot's state. */
static void find_ours(struct snapshot_map *map, GPtrArray *tree)
{
	g_autoptr(GHashTable) states = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (unsigned i = 0; i < tree->len; i++) {
		const struct snap *snap = g_ptr_array_index(tree, i);
		for (unsigned d = 0; d < snap->disks->len; d++) {
			const struct snap_disk *disk = g_ptr_array_index(snap->disks, d);
			add_ours(map, disk->overlay);
			if (g_str_equal(disk->mode, "external") && *disk->state)
				g_hash_table_add(states, snapshot_map_key(map, disk->state));
		}
		for (unsigned k = 0; k < snap->kept->len; k++) {
			add_ours(map, g_ptr_array_index(snap->kept, k));
			g_hash_table_add(states, snapshot_map_key(map, g_ptr_array_index(snap->kept, k)));
		}
	}
	GHashTableIter iter;
	gpointer key;
	g_hash_table_iter_init(&iter, states);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const char *base = g_hash_table_lookup(map->base, key);
		if (base && g_hash_table_contains(states, base))
			g_hash_table_add(map->ours, g_strdup(key));
	}
}

struct snapshot_map *snapshot_map_read(virDomainPtr dom, GPtrArray *tree, GError **error)
{
	struct snapshot_map *map = g_new0(struct snapshot_map, 1);
	virConnectPtr conn = virDomainGetConnect(dom);

	map->others = file_users_new_kept(op_is_local(conn));
	map->base = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	map->ours = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	map->now = g_ptr_array_new_with_free_func(now_disk_free);
	map->active = virDomainIsActive(dom) == 1;
	map->agrees = true;
	bool ok = read_now(map, dom, 0, false, error);
	if (ok && map->active && virDomainIsPersistent(dom) == 1)
		ok = read_now(map, dom, VIR_DOMAIN_XML_INACTIVE, true, error);
	ok = ok && read_others(map, dom, error) && read_pools(map, conn, error) && read_dirs(map, conn, tree, error);
	if (!ok) {
		snapshot_map_free(map);
		return NULL;
	}
	find_ours(map, tree);
	return map;
}

/* ---- asking ---- */

static void need(const struct snapshot_map *map, GHashTable *needed, const char *key)
{
	for (unsigned i = 0; key && *key && i < CHAIN_MAX; i++) {
		if (!g_hash_table_add(needed, g_strdup(key)))
			return;
		key = g_hash_table_lookup(map->base, key);
	}
}

static void need_path(const struct snapshot_map *map, GHashTable *needed, const char *path)
{
	g_autofree char *key = *path == '/' ? snapshot_map_key(map, path) : NULL;

	need(map, needed, key);
}

GHashTable *snapshot_map_needed(const struct snapshot_map *map, GPtrArray *tree, const struct snap *without)
{
	GHashTable *needed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTableIter iter;
	gpointer key;

	for (unsigned i = 0; i < map->now->len; i++)
		need_path(map, needed, ((struct now_disk *)g_ptr_array_index(map->now, i))->path);
	for (unsigned i = 0; i < tree->len; i++) {
		const struct snap *snap = g_ptr_array_index(tree, i);
		for (unsigned d = 0; snap != without && d < snap->disks->len; d++)
			need_path(map, needed, ((struct snap_disk *)g_ptr_array_index(snap->disks, d))->state);
	}
	g_hash_table_iter_init(&iter, map->base);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		g_autofree char *others = snapshot_map_others(map, key);
		if (others || !g_hash_table_contains(map->ours, key))
			need(map, needed, key);
	}
	return needed;
}

GPtrArray *snapshot_map_children(const struct snapshot_map *map, GHashTable *needed, const char *key)
{
	GPtrArray *children = g_ptr_array_new();
	GHashTableIter iter;
	gpointer child, base;

	g_hash_table_iter_init(&iter, map->base);
	while (g_hash_table_iter_next(&iter, &child, &base))
		if (g_str_equal(base, key) && g_hash_table_contains(needed, child))
			g_ptr_array_add(children, child);
	return children;
}

char *snapshot_map_others(const struct snapshot_map *map, const char *key)
{
	return file_users_of(map->others, key);
}

void snapshot_map_pretend(struct snapshot_map *map, const char *child, const char *base)
{
	g_autofree char *gone = snapshot_map_key(map, child), *under = base ? snapshot_map_key(map, base) : NULL;
	GHashTableIter iter;
	gpointer value;

	for (g_hash_table_iter_init(&iter, map->base); under && g_hash_table_iter_next(&iter, NULL, &value);)
		if (g_str_equal(value, gone))
			g_hash_table_iter_replace(&iter, g_strdup(under));
	for (unsigned i = 0; under && i < map->now->len; i++) {
		struct now_disk *now = g_ptr_array_index(map->now, i);
		g_autofree char *key = snapshot_map_key(map, now->path);
		if (!g_str_equal(key, gone))
			continue;
		g_free(now->path);
		now->path = g_strdup(base);
	}
	g_hash_table_remove(map->base, gone);
	g_hash_table_remove(map->ours, gone);
}
