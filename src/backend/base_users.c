/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which images stand on given files: see base_users.h. */
#include "backend/base_users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/file_users.h"
#include "backend/hostfile.h"
#include "backend/op_util.h"
#include "backend/xml.h"
#include "nvirt/image_header.h"

#define NAMED_MAX 4
#define UNDO_LOOK_US (10 * G_USEC_PER_SEC)

struct looking {
	virConnectPtr conn;
	bool local;
	gint64 until_us;
	GHashTable *wanted;  /* key -> path as asked */
	GHashTable *own;     /* keys that do not count */
	GHashTable *volumes; /* keys of all volumes seen */
	GHashTable *pools;   /* directory -> virStoragePoolPtr, active */
	GHashTable *guests;  /* key of a disk's file -> the guest's name */
	GPtrArray *strangers; /* raw paths of disks that no pool showed */
	struct base_users *users;
};

static void base_user_free(gpointer data)
{
	struct base_user *user = data;

	g_free(user->base);
	g_free(user->overlay);
	g_free(user->guest);
	g_free(user->pool);
	g_free(user);
}

void base_users_free(struct base_users *users)
{
	if (!users)
		return;
	g_ptr_array_unref(users->list);
	g_free(users->gaps);
	g_free(users);
}

/* One spelling a file, as file_users_key(). */
static char *key_of(const struct looking *looking, const char *path)
{
	char *real = looking->local ? realpath(path, NULL) : NULL;
	char *key = real ? g_strdup(real) : g_canonicalize_filename(path, "/");

	free(real);
	return key;
}

static void add_gap(struct looking *looking, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_gap(struct looking *looking, const char *format, ...)
{
	char *before = looking->users->gaps;
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	looking->users->gaps = before ? g_strdup_printf("%s; %s", before, text) : g_strdup(text);
	g_free(before);
}

static bool out_of_time(const struct looking *looking)
{
	return g_get_monotonic_time() > looking->until_us;
}

/* `overlay` stands on `base`: does that matter? The same one may be seen twice. */
static void judge(struct looking *looking, const char *overlay, const char *base, const char *pool)
{
	g_autofree char *absolute = *base ? file_users_base_path(overlay, base) : NULL;
	g_autofree char *key = absolute ? key_of(looking, absolute) : NULL;
	const char *asked = key ? g_hash_table_lookup(looking->wanted, key) : NULL;

	if (!asked)
		return;
	g_autofree char *own = key_of(looking, overlay);
	if (g_hash_table_contains(looking->own, own))
		return;
	g_hash_table_add(looking->own, g_steal_pointer(&own));
	struct base_user *user = g_new0(struct base_user, 1);
	user->base = g_strdup(asked);
	user->overlay = g_strdup(overlay);
	user->pool = g_strdup(pool);
	g_ptr_array_add(looking->users->list, user);
}

/* ---- pools ---- */

static void read_volume(struct looking *looking, virStorageVolPtr vol, const char *pool)
{
	char *xml = virStorageVolGetXMLDesc(vol, 0);
	g_autoptr(xmlDoc) doc = xml_parse(xml, "volume", NULL);

	free(xml);
	if (!doc)
		return; /* gone meanwhile */
	g_autofree char *own = op_xml_string(doc, NULL, "/volume/target/path");
	g_autofree char *base = op_xml_string(doc, NULL, "/volume/backingStore/path");
	g_hash_table_add(looking->volumes, key_of(looking, own));
	judge(looking, own, base, pool);
}

static void read_pool(struct looking *looking, virStoragePoolPtr pool)
{
	const char *name = virStoragePoolGetName(pool);
	virStorageVolPtr *vols = NULL;
	int n = virStoragePoolListAllVolumes(pool, &vols, 0), read = 0;

	if (n < 0)
		add_gap(looking, "pool '%s' could not be read: %s", name, virGetLastErrorMessage());
	for (int i = 0; i < n; i++) {
		if (!out_of_time(looking)) {
			read_volume(looking, vols[i], name);
			read++;
		}
		virStorageVolFree(vols[i]);
	}
	free(vols);
	if (n > 0 && read < n)
		add_gap(looking, "only %d of %d volumes of pool '%s' were read in time", read, n, name);
}

/* Remembers its directory; true where one of the files lies in it. */
static bool keep_pool(struct looking *looking, virStoragePoolPtr pool)
{
	char *xml = virStoragePoolGetXMLDesc(pool, 0);
	g_autoptr(xmlDoc) doc = xml_parse(xml, "pool", NULL);
	char *dir = doc ? op_xml_string(doc, NULL, "/pool/target/path") : g_strdup("");
	GHashTableIter iter;
	gpointer path;
	bool near = false;

	free(xml);
	g_hash_table_iter_init(&iter, looking->wanted);
	while (g_hash_table_iter_next(&iter, NULL, &path)) {
		g_autofree char *parent = g_path_get_dirname(path);
		near = near || g_str_equal(parent, dir);
	}
	virStoragePoolRef(pool);
	g_hash_table_replace(looking->pools, dir, pool);
	return near;
}

static void read_pools(struct looking *looking)
{
	virStoragePoolPtr *pools = NULL;
	int n = virConnectListAllStoragePools(looking->conn, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);

	if (n < 0)
		add_gap(looking, "the pools could not be listed: %s", virGetLastErrorMessage());
	g_autofree bool *near = g_new0(bool, (gsize)MAX(n, 0) + 1);
	for (int i = 0; i < n; i++)
		near[i] = keep_pool(looking, pools[i]);
	/* Clones mostly lie beside their base: should the time not do, those were seen. */
	for (int i = 0; i < 2 * n; i++)
		if (near[i % n] == (i < n))
			read_pool(looking, pools[i % n]);
	for (int i = 0; i < n; i++)
		virStoragePoolFree(pools[i]);
	free(pools);
}

/* ---- guests ---- */

struct guest_reading {
	struct looking *looking;
	const char *name;
};

static char *source_of(xmlDocPtr doc, xmlNodePtr node)
{
	return op_xml_string(doc, node, "source/@file | source/@dev");
}

/* Of a running guest, or where the definition itself names it. */
static void read_chain(xmlDocPtr doc, xmlNodePtr disk, struct looking *looking)
{
	xmlNodePtr layer = disk;

	for (xmlNodePtr below = xml_child(layer, "backingStore"); below; below = xml_child(below, "backingStore")) {
		g_autofree char *overlay = source_of(doc, layer);
		g_autofree char *base = source_of(doc, below);
		if (*overlay == '/' && *base == '/')
			judge(looking, overlay, base, NULL);
		layer = below;
	}
}

static void read_disk(xmlDocPtr doc, xmlNodePtr disk, void *data)
{
	const struct guest_reading *reading = data;
	struct looking *looking = reading->looking;
	g_autofree char *path = source_of(doc, disk);
	g_autofree char *format = op_xml_string(doc, disk, "driver/@type");

	read_chain(doc, disk, looking);
	if (*path != '/')
		return;
	g_autofree char *key = key_of(looking, path);
	bool stranger = !g_hash_table_contains(looking->volumes, key) && !g_str_equal(format, "raw");
	g_hash_table_replace(looking->guests, g_steal_pointer(&key), g_strdup(reading->name));
	if (stranger)
		g_ptr_array_add(looking->strangers, g_strdup(path));
}

static void read_guest(struct looking *looking, virDomainPtr dom)
{
	char *xml = virDomainGetXMLDesc(dom, 0);
	g_autoptr(xmlDoc) doc = xml_parse(xml, "domain", NULL);
	struct guest_reading reading = {.looking = looking, .name = virDomainGetName(dom)};

	if (doc)
		op_xml_each(doc, NULL, "/domain/devices/disk", read_disk, &reading);
	else if (xml || virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
		add_gap(looking, "'%s' could not be read", virDomainGetName(dom));
	free(xml);
}

static bool read_guests(struct looking *looking, GError **error)
{
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(looking->conn, &doms, 0), read = 0;

	if (n < 0) {
		conn_set_error(error, "cannot look for images that stand on its disks");
		return false;
	}
	for (int i = 0; i < n; i++) {
		if (!out_of_time(looking)) {
			read_guest(looking, doms[i]);
			read++;
		}
		virDomainFree(doms[i]);
	}
	free(doms);
	if (read < n)
		add_gap(looking, "only %d of %d guests were read in time", read, n);
	return true;
}

/* ---- disks that no pool has shown ---- */

/* From its own header, of which only the base's name counts here; false = not ours to see. */
static bool read_header(const char *path, char **ret_base)
{
	g_autofree uint8_t *head = g_malloc(IMAGE_HEADER_BYTES);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd >= 0 ? pread(fd, head, IMAGE_HEADER_BYTES, 0) : -1;
	struct image_header header = {0};
	gsize need;

	*ret_base = NULL;
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	if (image_header_parse(head, (gsize)n, "qcow2", &header, &need) == IMAGE_HEADER_OK) {
		*ret_base = g_steal_pointer(&header.backing);
		image_header_clear(&header);
	}
	return true;
}

/* It came into a pool's directory since the pool was last read. */
static bool read_in_pool(struct looking *looking, const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);
	virStoragePoolPtr pool = g_hash_table_lookup(looking->pools, dir);
	g_autoptr(virStorageVol) vol = NULL;

	if (!pool || virStoragePoolRefresh(pool, 0) < 0)
		return false;
	vol = virStorageVolLookupByPath(looking->conn, path);
	if (vol)
		read_volume(looking, vol, virStoragePoolGetName(pool));
	return true;
}

static void read_stranger(struct looking *looking, const char *path)
{
	g_autofree char *key = key_of(looking, path);
	g_autofree char *base = NULL;
	struct hostfile_info info = {0};

	if (g_hash_table_contains(looking->volumes, key))
		return;
	g_hash_table_add(looking->volumes, g_steal_pointer(&key));
	if (out_of_time(looking)) {
		add_gap(looking, "'%s' was not looked at in time", path);
		return;
	}
	if (looking->local && read_header(path, &base)) {
		judge(looking, path, base ? base : "", NULL);
		return;
	}
	if (read_in_pool(looking, path))
		return;
	if (!hostfile_look(looking->conn, path, &info, NULL))
		add_gap(looking, "'%s' lies in no pool and can not be looked at", path);
	else if (info.exists && info.base)
		judge(looking, path, info.base, NULL);
	hostfile_info_fini(&info);
}

/* ---- all together ---- */

static void name_guests(struct looking *looking)
{
	for (unsigned i = 0; i < looking->users->list->len; i++) {
		struct base_user *user = g_ptr_array_index(looking->users->list, i);
		g_autofree char *key = key_of(looking, user->overlay);
		user->guest = g_strdup(g_hash_table_lookup(looking->guests, key));
	}
}

static void pool_free(gpointer pool)
{
	virStoragePoolFree(pool);
}

static void looking_init(struct looking *looking, const char *const *paths, const char *const *own)
{
	looking->wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	looking->own = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	looking->volumes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	looking->guests = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	looking->pools = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, pool_free);
	looking->strangers = g_ptr_array_new_with_free_func(g_free);
	looking->users = g_new0(struct base_users, 1);
	looking->users->list = g_ptr_array_new_with_free_func(base_user_free);
	for (unsigned i = 0; paths[i]; i++)
		g_hash_table_replace(looking->wanted, key_of(looking, paths[i]), g_strdup(paths[i]));
	for (unsigned i = 0; own && own[i]; i++)
		g_hash_table_add(looking->own, key_of(looking, own[i]));
}

static void looking_fini(struct looking *looking)
{
	g_hash_table_unref(looking->wanted);
	g_hash_table_unref(looking->own);
	g_hash_table_unref(looking->volumes);
	g_hash_table_unref(looking->guests);
	g_hash_table_unref(looking->pools);
	g_ptr_array_unref(looking->strangers);
}

struct base_users *base_users_look(virConnectPtr conn, const char *const *paths, const char *const *own,
        gint64 until_us, GError **error)
{
	struct looking looking = {.conn = conn, .local = op_is_local(conn), .until_us = until_us};

	looking_init(&looking, paths, own);
	if (paths[0]) {
		read_pools(&looking);
		if (!read_guests(&looking, error))
			g_clear_pointer(&looking.users, base_users_free);
		for (unsigned i = 0; looking.users && i < looking.strangers->len; i++)
			read_stranger(&looking, g_ptr_array_index(looking.strangers, i));
		if (looking.users)
			name_guests(&looking);
	}
	looking_fini(&looking);
	return looking.users;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *base_users_words(const struct base_users *users)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < users->list->len; i++) {
		const struct base_user *user = g_ptr_array_index(users->list, i);
		g_autofree char *name = g_strdup_printf("'%s'", user->guest ? user->guest : user->overlay);
		if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
			g_ptr_array_add(names, g_steal_pointer(&name));
	}
	g_ptr_array_sort(names, by_name);
	for (unsigned i = 0; i < names->len && i < NAMED_MAX; i++)
		g_string_append_printf(text, "%s%s", i ? i + 1 == names->len ? " and " : ", " : "",
		        (const char *)g_ptr_array_index(names, i));
	if (names->len > NAMED_MAX)
		g_string_append_printf(text, " and %u more", names->len - NAMED_MAX);
	return g_string_free(text, FALSE);
}

bool base_users_any(virConnectPtr conn, const char *path)
{
	const char *paths[] = {path, NULL};
	struct base_users *users = base_users_look(conn, paths, NULL, g_get_monotonic_time() + UNDO_LOOK_US, NULL);
	bool any = users && users->list->len;

	base_users_free(users);
	return any;
}
