/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of pools, networks and volumes, applied: the new list replaces the old
 * one, but what stays keeps its identity, its mark and its volumes. Main thread.
 */
#include "store_private.h"

#include <string.h>

/* What the three lists do alike: old ones by key, new ones collected. */
struct merge {
	GHashTable *old; /* key -> object */
	GPtrArray *kept; /* the new list, same free function as the old one */
	bool changed;    /* members, names or states */
};

static void merge_begin(struct merge *merge, GHashFunc hash, GEqualFunc equal, GDestroyNotify destroy)
{
	merge->old = g_hash_table_new(hash, equal);
	merge->kept = g_ptr_array_new_with_free_func(destroy);
	merge->changed = false;
}

/* The old object of this key, which moves to the new list, or NULL. */
static gpointer merge_take(struct merge *merge, gconstpointer key)
{
	gpointer object = NULL;

	if (g_hash_table_steal_extended(merge->old, key, NULL, &object))
		g_ptr_array_add(merge->kept, object);
	return object;
}

/* The rest of the old list goes; the new one takes its place, sorted. */
static void merge_end(struct merge *merge, GPtrArray **list, GDestroyNotify destroy, GCompareFunc compare)
{
	GHashTableIter iter;
	gpointer object;

	g_hash_table_iter_init(&iter, merge->old);
	while (g_hash_table_iter_next(&iter, NULL, &object)) {
		destroy(object);
		merge->changed = true;
	}
	g_hash_table_unref(merge->old);
	if (*list) {
		g_ptr_array_set_free_func(*list, NULL);
		g_ptr_array_unref(*list);
	}
	g_ptr_array_sort(merge->kept, compare);
	*list = merge->kept;
}

static void unmark_gone(struct store *store, struct merge *merge, bool *(*mark)(gpointer object))
{
	GHashTableIter iter;
	gpointer object;

	g_hash_table_iter_init(&iter, merge->old);
	while (g_hash_table_iter_next(&iter, NULL, &object))
		store_unmark(store, mark(object));
}

/* The message's rows are ours from here on. */
static GPtrArray *take_rows(struct msg *msg)
{
	GPtrArray *rows = g_steal_pointer(&msg->list);

	if (rows)
		g_ptr_array_set_free_func(rows, NULL);
	return rows ? rows : g_ptr_array_new();
}

static unsigned changes_of(struct store *store, bool changed)
{
	if (changed)
		store->generation++;
	return CHANGE_STATS | CHANGE_DETAIL | (changed ? CHANGE_LIST : 0);
}

/* ---- pools ---- */

static bool *pool_mark(gpointer object)
{
	return &((struct pool *)object)->marked;
}

static void forget_volumes(struct store *store, struct pool *pool)
{
	for (unsigned i = 0; pool->volumes && i < pool->volumes->len; i++)
		store_unmark(store, &((struct volume *)pool->volumes->pdata[i])->marked);
}

static void forget_volumes_of_gone(struct store *store, struct merge *merge)
{
	GHashTableIter iter;
	gpointer object;

	g_hash_table_iter_init(&iter, merge->old);
	while (g_hash_table_iter_next(&iter, NULL, &object))
		forget_volumes(store, object);
}

static void merge_pool(struct merge *merge, const struct host *host, struct pool_row *row)
{
	struct pool *pool = merge_take(merge, row->uuid);

	if (!pool) {
		g_ptr_array_add(merge->kept, pool_new(host->id, row));
		merge->changed = true;
		return;
	}
	if (g_strcmp0(pool->row->name, row->name) || pool->row->state != row->state)
		merge->changed = true;
	pool_set_row(pool, row);
}

unsigned store_apply_pools(struct store *store, struct host *host, struct msg *msg)
{
	g_autoptr(GPtrArray) rows = take_rows(msg);
	struct merge merge;

	merge_begin(&merge, uuid_hash, uuid_equal, pool_free);
	for (unsigned i = 0; i < host->pools->len; i++) {
		struct pool *pool = host->pools->pdata[i];

		g_hash_table_insert(merge.old, pool->ref.uuid, pool);
	}
	for (unsigned i = 0; i < rows->len; i++)
		merge_pool(&merge, host, rows->pdata[i]);
	unmark_gone(store, &merge, pool_mark);
	forget_volumes_of_gone(store, &merge);
	merge_end(&merge, &host->pools, pool_free, pool_compare);
	return changes_of(store, merge.changed);
}

/* ---- networks ---- */

static bool *network_mark(gpointer object)
{
	return &((struct network *)object)->marked;
}

static void merge_network(struct merge *merge, const struct host *host, struct network_row *row)
{
	struct network *network = merge_take(merge, row->uuid);

	if (!network) {
		g_ptr_array_add(merge->kept, network_new(host->id, row));
		merge->changed = true;
		return;
	}
	if (g_strcmp0(network->row->name, row->name) || network->row->active != row->active)
		merge->changed = true;
	network_set_row(network, row);
}

unsigned store_apply_networks(struct store *store, struct host *host, struct msg *msg)
{
	g_autoptr(GPtrArray) rows = take_rows(msg);
	struct merge merge;

	merge_begin(&merge, uuid_hash, uuid_equal, network_free);
	for (unsigned i = 0; i < host->networks->len; i++) {
		struct network *network = host->networks->pdata[i];

		g_hash_table_insert(merge.old, network->ref.uuid, network);
	}
	for (unsigned i = 0; i < rows->len; i++)
		merge_network(&merge, host, rows->pdata[i]);
	unmark_gone(store, &merge, network_mark);
	merge_end(&merge, &host->networks, network_free, network_compare);
	return changes_of(store, merge.changed);
}

/* ---- volumes ---- */

static bool *volume_mark(gpointer object)
{
	return &((struct volume *)object)->marked;
}

static void merge_volume(struct merge *merge, const struct pool *pool, struct volume_row *row)
{
	struct volume *volume;

	if (!row->raw)
		row->raw = g_intern_string(row->name ? row->name : "");
	volume = merge_take(merge, row->raw);
	if (volume) {
		volume_set_row(volume, row);
		return;
	}
	g_ptr_array_add(merge->kept, volume_new(pool, row));
	merge->changed = true;
}

static void index_volumes(struct pool *pool)
{
	GHashTable *index = ((struct pool_entry *)pool)->volumes;

	g_hash_table_remove_all(index);
	for (unsigned i = 0; i < pool->volumes->len; i++) {
		struct volume *volume = pool->volumes->pdata[i];

		g_hash_table_insert(index, (gpointer)volume->ref.name, volume);
	}
}

unsigned store_apply_volumes(struct store *store, struct host *host, struct msg *msg)
{
	struct obj_ref ref = {.kind = OBJ_POOL, .host = host->id};
	g_autoptr(GPtrArray) rows = NULL;
	struct merge merge;
	struct pool *pool;

	memcpy(ref.uuid, msg->uuid, sizeof ref.uuid);
	pool = store_pool(store, &ref);
	if (!pool)
		return 0;
	rows = take_rows(msg);
	merge_begin(&merge, g_str_hash, g_str_equal, volume_free);
	merge.changed = !pool->volumes;
	for (unsigned i = 0; pool->volumes && i < pool->volumes->len; i++) {
		struct volume *volume = pool->volumes->pdata[i];

		g_hash_table_insert(merge.old, (gpointer)volume->ref.name, volume);
	}
	for (unsigned i = 0; i < rows->len; i++)
		merge_volume(&merge, pool, rows->pdata[i]);
	unmark_gone(store, &merge, volume_mark);
	merge_end(&merge, &pool->volumes, volume_free, volume_compare);
	index_volumes(pool);
	pool->users_known = msg->known;
	pool->users_total = msg->total;
	return changes_of(store, merge.changed);
}

/* ---- files in no pool ---- */

unsigned store_apply_files(struct host *host, struct msg *msg)
{
	g_clear_pointer(&host->files, g_ptr_array_unref);
	host->files = g_steal_pointer(&msg->list);
	return CHANGE_DETAIL;
}

/* ---- snapshots ---- */

static void snapshot_free(gpointer data)
{
	struct snapshot *snapshot = data;

	snapshot_row_free(snapshot->row);
	g_free(snapshot);
}

static struct snapshot *snapshot_new(const struct guest *guest, struct snapshot_row *row)
{
	struct snapshot *snapshot = g_new0(struct snapshot, 1);

	if (!row->raw)
		row->raw = g_intern_string(row->name ? row->name : "");
	snapshot->ref = guest->ref;
	snapshot->ref.kind = OBJ_SNAPSHOT;
	snapshot->ref.name = row->raw;
	snapshot->row = row;
	return snapshot;
}

/* Marks go by name; those of the ones that are gone are taken off. true = the names are no longer the same. */
static bool carry_marks(struct store *store, GPtrArray *old, GPtrArray *now)
{
	g_autoptr(GHashTable) by_name = g_hash_table_new(g_direct_hash, g_direct_equal);
	bool changed = !old || old->len != now->len;

	for (unsigned i = 0; i < now->len; i++)
		g_hash_table_insert(by_name, (gpointer)((struct snapshot *)now->pdata[i])->ref.name, now->pdata[i]);
	for (unsigned i = 0; old && i < old->len; i++) {
		struct snapshot *was = old->pdata[i];
		struct snapshot *is = g_hash_table_lookup(by_name, was->ref.name);

		if (is)
			is->marked = was->marked;
		else
			store_unmark(store, &was->marked);
		changed |= !is;
	}
	return changed;
}

unsigned store_apply_snapshots(struct store *store, struct host *host, struct msg *msg)
{
	struct obj_ref ref = {.kind = OBJ_GUEST, .host = host->id};

	memcpy(ref.uuid, msg->uuid, sizeof ref.uuid);
	struct guest *guest = store_guest(store, &ref);
	if (!guest)
		return 0;
	g_autoptr(GPtrArray) rows = take_rows(msg);
	GPtrArray *now = g_ptr_array_new_with_free_func(snapshot_free);
	for (unsigned i = 0; i < rows->len; i++)
		g_ptr_array_add(now, snapshot_new(guest, rows->pdata[i]));
	bool changed = carry_marks(store, guest->snapshots, now);
	if (guest->snapshots)
		g_ptr_array_unref(guest->snapshots);
	guest->snapshots = now;
	return changes_of(store, changed);
}
