/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The volumes of a host's pools, kept: see volumes.h. */
#include "backend/volumes.h"

#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#include "backend/storage.h"
#include "nvirt/text.h"

/* Nobody builds such a chain, but a ring further down would have no end. */
#define CHAIN_MAX 64

struct volume_facts {
	const char *raw; /* interned */
	char *name, *path, *format, *backing, *backing_format; /* cleaned */
	char *key;                                             /* file_users_key() of its path; NULL = not read */
	char *base;                                            /* raw absolute path of its backing file, or NULL */
	char *problem; /* libvirt lists it and can not read it: its words, cleaned */
	uint64_t capacity_bytes, allocation_bytes;
	int64_t written_unix_ns;
	unsigned mode;
	gint64 read_us; /* 0 = never */
	bool there;     /* in this round's list */
	const struct pool_facts *pool;
};

struct pool_facts {
	uint8_t uuid[16];
	char *raw, *name;
	char *dir;           /* what its volumes are files of; NULL = not told */
	GHashTable *by_name; /* raw name (interned) -> struct volume_facts *, owned */
	bool complete;
};

struct volumes {
	GHashTable *pools;  /* uuid -> struct pool_facts *, owned */
	GHashTable *by_key; /* key (in the facts) -> struct volume_facts * */
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

static void facts_free(gpointer data)
{
	struct volume_facts *facts = data;

	g_free(facts->name);
	g_free(facts->path);
	g_free(facts->format);
	g_free(facts->backing);
	g_free(facts->backing_format);
	g_free(facts->key);
	g_free(facts->base);
	g_free(facts->problem);
	g_free(facts);
}

static void pool_free(gpointer data)
{
	struct pool_facts *pool = data;

	g_hash_table_destroy(pool->by_name);
	g_free(pool->raw);
	g_free(pool->name);
	g_free(pool->dir);
	g_free(pool);
}

struct volumes *volumes_new(void)
{
	struct volumes *volumes = g_new0(struct volumes, 1);

	volumes->pools = g_hash_table_new_full(uuid_hash, uuid_equal, NULL, pool_free);
	volumes->by_key = g_hash_table_new(g_str_hash, g_str_equal);
	return volumes;
}

void volumes_free(struct volumes *volumes)
{
	g_hash_table_destroy(volumes->by_key);
	g_hash_table_destroy(volumes->pools);
	g_free(volumes);
}

/* ---- reading ------------------------------------------------------------------ */

/* Of a pool whose volumes are the files of one directory; NULL for others. Owned. */
static char *read_dir(virStoragePoolPtr pool)
{
	char *xml = virStoragePoolGetXMLDesc(pool, 0), *type = NULL, *path = NULL;
	bool files = xml != NULL && storage_parse_pool(xml, &type, &path) && *path == '/' &&
	        (strcmp(type, "dir") == 0 || strcmp(type, "fs") == 0 || strcmp(type, "netfs") == 0);
	char *dir = files ? g_canonicalize_filename(path, "/") : NULL;

	free(xml);
	g_free(type);
	g_free(path);
	return dir;
}

static struct pool_facts *find_pool(struct volumes *volumes, virStoragePoolPtr pool)
{
	uint8_t uuid[VIR_UUID_BUFLEN] = {0};
	struct pool_facts *facts;

	virStoragePoolGetUUID(pool, uuid);
	facts = g_hash_table_lookup(volumes->pools, uuid);
	if (facts == NULL) {
		facts = g_new0(struct pool_facts, 1);
		memcpy(facts->uuid, uuid, sizeof(facts->uuid));
		facts->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, facts_free);
		g_hash_table_insert(volumes->pools, facts->uuid, facts);
	}
	g_free(facts->raw);
	g_free(facts->name);
	facts->raw = g_strdup(virStoragePoolGetName(pool));
	facts->name = text_clean(facts->raw, -1);
	if (facts->dir == NULL)
		facts->dir = read_dir(pool);
	return facts;
}

static struct volume_facts *find_volume(struct pool_facts *pool, const char *raw)
{
	const char *name = g_intern_string(raw != NULL ? raw : "");
	struct volume_facts *facts = g_hash_table_lookup(pool->by_name, name);

	if (facts != NULL)
		return facts;
	facts = g_new0(struct volume_facts, 1);
	facts->raw = name;
	facts->name = text_clean(name, -1);
	facts->pool = pool;
	g_hash_table_insert(pool->by_name, (gpointer)name, facts);
	return facts;
}

static void set(char **field, char *value)
{
	g_free(*field);
	*field = value;
}

static void forget_key(struct volumes *volumes, struct volume_facts *facts)
{
	if (facts->key != NULL && g_hash_table_lookup(volumes->by_key, facts->key) == facts)
		g_hash_table_remove(volumes->by_key, facts->key);
	g_clear_pointer(&facts->key, g_free);
}

static void keep(struct volumes *volumes, const struct file_users *users, struct volume_facts *facts,
        const char *xml)
{
	struct volume_row *row = volume_row_new();
	g_autofree char *path = NULL, *base = NULL;

	if (storage_parse_volume(xml, row, &path, &base)) {
		forget_key(volumes, facts);
		facts->key = file_users_key(users, path != NULL ? path : "");
		g_hash_table_insert(volumes->by_key, facts->key, facts);
		set(&facts->base, base != NULL && *base != '\0' ? file_users_base_path(path, base) : NULL);
		set(&facts->path, g_steal_pointer(&row->path));
		set(&facts->format, g_steal_pointer(&row->format));
		set(&facts->backing, g_steal_pointer(&row->backing));
		set(&facts->backing_format, g_steal_pointer(&row->backing_format));
		facts->capacity_bytes = row->capacity_bytes;
		facts->allocation_bytes = row->allocation_bytes;
		facts->written_unix_ns = row->written_unix_ns;
		facts->mode = row->mode;
	}
	volume_row_free(row);
}

/* It was never read: where it should be tells what stands on it. */
static void keep_path(struct volumes *volumes, const struct file_users *users, struct volume_facts *facts,
        virStorageVolPtr volume)
{
	char *path = facts->key == NULL ? virStorageVolGetPath(volume) : NULL;

	if (path == NULL)
		return;
	facts->key = file_users_key(users, path);
	set(&facts->path, text_clean(path, -1));
	set(&facts->format, g_strdup(""));
	g_hash_table_insert(volumes->by_key, facts->key, facts);
	free(path);
}

/* A volume that vanishes while it is looked at stays in libvirt's list until its pool is read again. */
static void read_volume(struct volumes *volumes, const struct file_users *users, struct volume_facts *facts,
        virStorageVolPtr volume)
{
	char *xml = virStorageVolGetXMLDesc(volume, 0);

	if (xml != NULL)
		keep(volumes, users, facts, xml);
	set(&facts->problem, xml != NULL ? NULL : text_clean(virGetLastErrorMessage(), -1));
	if (xml == NULL)
		keep_path(volumes, users, facts, volume);
	facts->read_us = g_get_monotonic_time();
	free(xml);
}

static void drop_gone(struct volumes *volumes, struct pool_facts *pool)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, pool->by_name);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct volume_facts *facts = value;

		if (!facts->there) {
			forget_key(volumes, facts);
			g_hash_table_iter_remove(&iter);
		}
		facts->there = false;
	}
}

static void tell_bases(const struct pool_facts *pool, struct file_users *users)
{
	GHashTableIter iter;
	gpointer value;

	file_users_forget(users, pool->uuid);
	g_hash_table_iter_init(&iter, pool->by_name);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct volume_facts *facts = value;

		if (facts->base != NULL)
			file_users_add_base(users, pool->uuid, facts->base, facts->raw, pool->raw);
	}
}

struct listed {
	struct volume_facts *facts;
	virStorageVolPtr volume;
};

static int compare_age(gconstpointer a, gconstpointer b)
{
	gint64 x = ((const struct listed *)a)->facts->read_us, y = ((const struct listed *)b)->facts->read_us;

	return x < y ? -1 : x > y;
}

/* Those never read come first, then the oldest, so that all have their turn however slow the link is. */
static bool read_due(struct volumes *volumes, const struct file_users *users, GArray *list,
        const struct volumes_round *round)
{
	bool complete = true;

	g_array_sort(list, compare_age);
	for (guint i = 0; i < list->len; i++) {
		const struct listed *at = &g_array_index(list, struct listed, i);

		if (at->facts->read_us >= round->before_us)
			break;
		if (g_get_monotonic_time() < round->deadline_us && round->go_on(round->data))
			read_volume(volumes, users, at->facts, at->volume);
		else
			complete = complete && at->facts->read_us != 0;
	}
	return complete;
}

bool volumes_read(struct volumes *volumes, struct file_users *users, virStoragePoolPtr pool,
        const struct volumes_round *round)
{
	virStorageVolPtr *list = NULL;
	int n = virStoragePoolListAllVolumes(pool, &list, 0);
	g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(struct listed));
	struct pool_facts *facts;

	/* Stopped meanwhile, maybe: the list of pools will tell. */
	if (n < 0)
		return true;
	facts = find_pool(volumes, pool);
	for (int i = 0; i < n; i++) {
		struct listed one = {find_volume(facts, virStorageVolGetName(list[i])), list[i]};

		one.facts->there = true;
		g_array_append_val(listed, one);
	}
	facts->complete = read_due(volumes, users, listed, round);
	for (int i = 0; i < n; i++)
		virStorageVolFree(list[i]);
	free(list);
	drop_gone(volumes, facts);
	tell_bases(facts, users);
	return facts->complete;
}

/* ---- what is known -------------------------------------------------------------- */

static void free_layer(gpointer layer)
{
	volume_layer_free(layer);
}

/* What lies below a file: as its volume tells, else as a running guest's chain does. */
static bool next_base(const struct volumes *volumes, const struct file_users *users, const char *key,
        char **ret_path, char **ret_format)
{
	const struct volume_facts *facts = g_hash_table_lookup(volumes->by_key, key);
	const struct file_base *base;

	if (facts != NULL && facts->base != NULL) {
		*ret_path = g_strdup(facts->base);
		*ret_format = g_strdup(facts->backing_format);
		return true;
	}
	base = facts == NULL ? file_users_base(users, key) : NULL;
	if (base == NULL)
		return false;
	*ret_path = g_strdup(base->path);
	*ret_format = text_clean(base->format, -1);
	return true;
}

/* It would lie in a pool of which everything was read. */
static bool should_be_known(const struct volumes *volumes, const char *key)
{
	g_autofree char *dir = g_path_get_dirname(key);
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, volumes->pools);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct pool_facts *pool = value;

		if (pool->complete && g_strcmp0(pool->dir, dir) == 0)
			return true;
	}
	return false;
}

static GPtrArray *chain_of(
        const struct volumes *volumes, const struct file_users *users, const struct volume_facts *facts)
{
	GPtrArray *chain = g_ptr_array_new_with_free_func(free_layer);
	g_autofree char *key = g_strdup(facts->key);
	char *path, *format;

	/* Images that name each other are shown once round. */
	while (key != NULL && chain->len < CHAIN_MAX && (chain->len == 0 || strcmp(key, facts->key) != 0) &&
	        next_base(volumes, users, key, &path, &format)) {
		struct volume_layer *layer = g_new0(struct volume_layer, 1);
		const struct volume_facts *found;

		set(&key, file_users_key(users, path));
		found = g_hash_table_lookup(volumes->by_key, key);
		layer->path = text_clean(path, -1);
		/* The volume itself knows better than what its overlay was told. */
		layer->format = g_strdup(found != NULL && *found->format != '\0' ? found->format : format);
		layer->pool = g_strdup(found != NULL ? found->pool->name : "");
		layer->key = g_strdup(key);
		layer->stated = *format != '\0';
		layer->missing = found == NULL ? should_be_known(volumes, key) : found->problem != NULL;
		g_ptr_array_add(chain, layer);
		g_free(path);
		g_free(format);
	}
	return chain;
}

static char *copy(const char *text)
{
	return g_strdup(text != NULL ? text : "");
}

static void name_users(
        struct volume_row *row, const struct file_users *users, const char *pool, const char *volume)
{
	const char *key = row->key != NULL ? row->key : "";

	row->users = file_users_list(users, key, pool, volume, &row->used_by);
	row->uses = file_users_uses(users, key, pool, volume);
}

static struct volume_row *make_row(const struct volumes *volumes, const struct file_users *users,
        const struct volume_facts *facts, bool users_known)
{
	struct volume_row *row = volume_row_new();

	row->raw = facts->raw;
	row->name = g_strdup(facts->name);
	row->path = copy(facts->path);
	row->format = copy(facts->format);
	row->backing = copy(facts->backing);
	row->backing_format = copy(facts->backing_format);
	row->capacity_bytes = facts->capacity_bytes;
	row->allocation_bytes = facts->allocation_bytes;
	row->written_unix_ns = facts->written_unix_ns;
	row->mode = facts->mode;
	row->key = g_strdup(facts->key);
	row->problem = g_strdup(facts->problem);
	row->unread = facts->key == NULL || facts->problem != NULL;
	if (users_known)
		name_users(row, users, facts->pool->raw, facts->raw);
	row->chain = chain_of(volumes, users, facts);
	return row;
}

GPtrArray *volumes_rows(const struct volumes *volumes, const struct file_users *users, const uint8_t pool[16],
        bool users_known)
{
	const struct pool_facts *facts = g_hash_table_lookup(volumes->pools, pool);
	GPtrArray *rows;
	GHashTableIter iter;
	gpointer value;

	if (facts == NULL)
		return NULL;
	rows = g_ptr_array_new_with_free_func((GDestroyNotify)volume_row_free);
	g_hash_table_iter_init(&iter, facts->by_name);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		g_ptr_array_add(rows, make_row(volumes, users, value, users_known));
	return rows;
}

struct outside {
	const struct volumes *volumes;
	const struct file_users *users;
	GPtrArray *rows;
};

static void add_outside(const char *key, void *data)
{
	struct outside *outside = data;
	struct volume_facts facts = {.key = (char *)key};
	struct volume_row *row;

	if (g_hash_table_contains(outside->volumes->by_key, key))
		return;
	row = volume_row_new();
	row->key = g_strdup(key);
	row->path = text_clean(key, -1);
	row->name = g_strdup(row->path);
	row->format = g_strdup("");
	row->backing = g_strdup("");
	row->backing_format = g_strdup("");
	row->unread = true;
	name_users(row, outside->users, "", "");
	row->chain = chain_of(outside->volumes, outside->users, &facts);
	g_ptr_array_add(outside->rows, row);
}

GPtrArray *volumes_outside(const struct volumes *volumes, const struct file_users *users)
{
	struct outside outside = {volumes, users, g_ptr_array_new_with_free_func((GDestroyNotify)volume_row_free)};

	file_users_each_image(users, add_outside, &outside);
	return outside.rows;
}

void volumes_each_pool(
        const struct volumes *volumes, void (*each)(const uint8_t pool[16], void *data), void *data)
{
	GHashTableIter iter;
	gpointer uuid;

	g_hash_table_iter_init(&iter, volumes->pools);
	while (g_hash_table_iter_next(&iter, &uuid, NULL))
		each(uuid, data);
}

bool volumes_total(const struct volumes *volumes, const uint8_t pool[16], int64_t *ret_bytes, int64_t *ret_count)
{
	const struct pool_facts *facts = g_hash_table_lookup(volumes->pools, pool);
	GHashTableIter iter;
	gpointer value;
	uint64_t sum = 0;

	if (facts == NULL || !facts->complete)
		return false;
	g_hash_table_iter_init(&iter, facts->by_name);
	/* A sparse file may claim 8 EiB, and two of them more than there are numbers. */
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (__builtin_add_overflow(sum, ((struct volume_facts *)value)->capacity_bytes, &sum))
			sum = G_MAXUINT64;
	*ret_bytes = (int64_t)MIN(sum, (uint64_t)G_MAXINT64);
	*ret_count = g_hash_table_size(facts->by_name);
	return true;
}

static bool among(const uint8_t uuid[16], const virStoragePoolPtr *pools, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t other[VIR_UUID_BUFLEN];

		if (virStoragePoolGetUUID(pools[i], other) == 0 && uuid_equal(uuid, other))
			return true;
	}
	return false;
}

void volumes_keep_only(
        struct volumes *volumes, struct file_users *users, const virStoragePoolPtr *pools, unsigned n)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, volumes->pools);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct pool_facts *facts = value;

		if (among(facts->uuid, pools, n))
			continue;
		file_users_forget(users, facts->uuid);
		drop_gone(volumes, facts);
		g_hash_table_iter_remove(&iter);
	}
}
