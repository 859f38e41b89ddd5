/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses which file of a host: see file_users.h. */
#include "backend/file_users.h"

#include <stdlib.h>
#include <string.h>

#include "backend/op_util.h"
#include "backend/metadata.h"
#include "backend/xml.h"
#include "nvirt/text.h"

/* A disk that names a volume instead of a path has no path before somebody asks its pool. */
#define VOLUME_KEY "volume:%s/%s"

struct file_user {
	unsigned char owner[VIR_UUID_BUFLEN];
	char *words, *brief; /* cleaned */
	unsigned flags;      /* enum volume_use_flag */
};

struct file_users {
	GHashTable *by_path;  /* normal path, or VOLUME_KEY -> GPtrArray of struct file_user * */
	GHashTable *by_owner; /* UUID -> GPtrArray of keys of by_path; NULL: nothing will be forgotten */
	GHashTable *bases;    /* normal path -> struct file_base *, where a live chain tells it; NULL: not wanted */
	unsigned char owner[VIR_UUID_BUFLEN]; /* of what is read now */
	unsigned char self[VIR_UUID_BUFLEN];
	bool has_self, local;
	char *gaps;
};

/* What a file's user is called while one XML is read. */
struct reading {
	struct file_users *users;
	const char *owner;  /* "'web2'", "snapshot 's1' of 'web2'" */
	const char *brief;  /* "web2", "snapshot s1 of web2" */
	const char *target; /* "vda" */
	const char *device; /* "disk", "cdrom", … */
	unsigned flags;     /* enum volume_use_flag, of all that is read */
};

static guint uuid_hash(gconstpointer uuid)
{
	guint32 words[4];

	memcpy(words, uuid, sizeof words);
	return words[0] ^ words[1] * 31 ^ words[2] * 131 ^ words[3];
}

static gboolean uuid_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, VIR_UUID_BUFLEN) == 0;
}

static void file_user_free(gpointer data)
{
	struct file_user *user = data;

	g_free(user->words);
	g_free(user->brief);
	g_free(user);
}

static void file_base_free(gpointer data)
{
	struct file_base *base = data;

	g_free(base->path);
	g_free(base->format);
	g_free(base);
}

void file_users_free(struct file_users *users)
{
	if (!users)
		return;
	g_hash_table_unref(users->by_path);
	g_clear_pointer(&users->by_owner, g_hash_table_unref);
	g_clear_pointer(&users->bases, g_hash_table_unref);
	g_free(users->gaps);
	g_free(users);
}

/* One spelling a file. Links can be followed only where the files are ours to see. */
char *file_users_key(const struct file_users *users, const char *path)
{
	char *real = users->local ? realpath(path, NULL) : NULL;
	char *normal = real ? g_strdup(real) : g_canonicalize_filename(path, "/");

	free(real);
	return normal;
}

/* So that it can be forgotten. */
static void remember_key(struct file_users *users, const char *key)
{
	GPtrArray *keys;

	if (!users->by_owner)
		return;
	keys = g_hash_table_lookup(users->by_owner, users->owner);
	if (!keys) {
		keys = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(users->by_owner, g_memdup2(users->owner, sizeof users->owner), keys);
	}
	g_ptr_array_add(keys, g_strdup(key));
}

static void add_key(
        struct file_users *users, const char *key, const char *words, const char *brief, unsigned flags)
{
	GPtrArray *list = g_hash_table_lookup(users->by_path, key);
	g_autofree char *clean = text_clean(words, -1);
	struct file_user *user;

	if (!list) {
		list = g_ptr_array_new_with_free_func(file_user_free);
		g_hash_table_insert(users->by_path, g_strdup(key), list);
	}
	/* The live and the stored definition mostly agree. */
	for (unsigned i = 0; i < list->len; i++) {
		user = g_ptr_array_index(list, i);
		if (g_str_equal(user->words, clean)) {
			user->flags |= flags;
			return;
		}
	}
	user = g_new0(struct file_user, 1);
	memcpy(user->owner, users->owner, sizeof user->owner);
	user->words = g_steal_pointer(&clean);
	user->brief = text_clean(brief, -1);
	user->flags = flags;
	g_ptr_array_add(list, user);
	remember_key(users, key);
}

static void add_user(
        struct file_users *users, const char *path, const char *words, const char *brief, unsigned flags)
{
	if (!path || *path != '/')
		return;
	g_autofree char *key = file_users_key(users, path);
	add_key(users, key, words, brief, flags);
}

static void add_gap(struct file_users *users, const char *what)
{
	const char *words = virGetLastErrorMessage();
	g_autofree char *raw = g_strdup_printf("%s%s%s: %s", users->gaps ? users->gaps : "",
	        users->gaps ? "; " : "", what, words ? words : "unknown");

	g_free(users->gaps);
	users->gaps = text_clean(raw, -1);
}

/* ---- guests and snapshots ---- */

/* A medium in a drive is not the guest's own disk, and is called so. */
static const char *device_word(const struct reading *reading)
{
	if (g_str_equal(reading->device, "cdrom"))
		return "CD";
	return g_str_equal(reading->device, "floppy") ? "floppy" : "disk";
}

static void add_disk(const struct reading *reading, const char *path, bool base)
{
	const char *device = device_word(reading);
	bool disk = g_str_equal(device, "disk");
	g_autofree char *words = g_strdup_printf("%s%s %s of %s%s", base ? "the chain of " : "", device,
	        reading->target, reading->owner, base ? " is based on it" : "");
	g_autofree char *brief = g_strdup_printf("%s%s%s%s of %s", base ? "base of " : "", disk ? "" : device,
	        disk ? "" : " ", reading->target, reading->brief);
	unsigned flags = base ? (reading->flags | USE_BASE) & ~(unsigned)USE_WRITABLE : reading->flags;

	add_user(reading->users, path, words, brief, flags | USE_DISK);
}

/* Only a running guest's XML has it, and no pool need know the file. */
static void keep_base(struct file_users *users, xmlDocPtr doc, xmlNodePtr layer, const char *base)
{
	g_autofree char *own = NULL, *key = NULL;
	struct file_base *kept;

	if (!users->bases || *base != '/')
		return;
	own = op_xml_string(doc, layer, "../source/@file | ../source/@dev");
	if (*own != '/')
		return;
	kept = g_new0(struct file_base, 1);
	kept->path = g_strdup(base);
	kept->format = op_xml_string(doc, layer, "format/@type");
	key = file_users_key(users, own);
	g_hash_table_replace(users->bases, g_steal_pointer(&key), kept);
}

static void read_source(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	const struct reading *reading = data;
	g_autofree char *file = op_xml_string(doc, node, "@file");
	g_autofree char *dev = op_xml_string(doc, node, "@dev");
	const char *path = *file ? file : dev;
	bool base = node->parent && xmlStrEqual(node->parent->name, BAD_CAST "backingStore");

	if (base)
		keep_base(reading->users, doc, node->parent, path);
	add_disk(reading, path, base);
}

static void read_volume(xmlDocPtr doc, xmlNodePtr disk, const struct reading *reading, virConnectPtr conn)
{
	g_autofree char *pool_name = op_xml_string(doc, disk, "source/@pool");
	g_autofree char *name = op_xml_string(doc, disk, "source/@volume");
	g_autofree char *key = NULL, *words = NULL, *brief = NULL;

	if (!*pool_name || !*name)
		return;
	key = g_strdup_printf(VOLUME_KEY, pool_name, name);
	words = g_strdup_printf("%s %s of %s", device_word(reading), reading->target, reading->owner);
	brief = g_strdup_printf("%s of %s", reading->target, reading->brief);
	add_key(reading->users, key, words, brief, reading->flags | USE_DISK);
	/* Where nobody will ask by the volume's name. */
	if (!conn)
		return;
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByName(conn, pool_name);
	g_autoptr(virStorageVol) vol = pool ? virStorageVolLookupByName(pool, name) : NULL;
	char *path = vol ? virStorageVolGetPath(vol) : NULL;
	add_disk(reading, path, false);
	free(path);
}

struct disk_reading {
	struct reading base;
	virConnectPtr conn;
	unsigned flags;
	bool template;
};

/* What a snapshot keeps is not written to by whoever it is of; a template does not start. */
static bool writes_to(const struct disk_reading *reading, xmlDocPtr doc, xmlNodePtr disk, const char *device)
{
	g_autofree char *readonly = op_xml_string(doc, disk, "name(readonly)");

	return !(reading->flags & USE_SNAPSHOT) && !reading->template && !*readonly && !g_str_equal(device, "cdrom") && !g_str_equal(device, "floppy");
}

static void read_disk(xmlDocPtr doc, xmlNodePtr disk, void *data)
{
	struct disk_reading *reading = data;
	g_autofree char *target = op_xml_string(doc, disk, "target/@dev");
	g_autofree char *name = op_xml_string(doc, disk, "@name"); /* in a snapshot's own list */
	g_autofree char *device = op_xml_string(doc, disk, "@device");

	reading->base.target = *target ? target : name;
	reading->base.device = device;
	reading->base.flags = reading->flags | (writes_to(reading, doc, disk, device) ? USE_WRITABLE : 0);
	op_xml_each(doc, disk, ".//source", read_source, &reading->base);
	read_volume(doc, disk, &reading->base, reading->conn);
}

static bool is_template(xmlDocPtr doc)
{
	g_autofree char *mark = op_xml_string(doc, NULL,
	        "name(/domain/metadata/*[local-name()='" METADATA_TEMPLATE "' and namespace-uri()='" METADATA_TEMPLATE_URI "'])");

	return *mark != '\0';
}

/* What a serial port, a channel or its log writes to. */
static void read_port(xmlDocPtr doc, xmlNodePtr file, void *data)
{
	const struct reading *reading = data;
	g_autofree char *path = op_xml_string(doc, file, ".");
	g_autofree char *words = g_strdup_printf("the output of a port of %s", reading->owner);
	g_autofree char *brief = g_strdup_printf("output of %s", reading->brief);

	add_user(reading->users, path, words, brief, reading->flags);
}

/* `conn` NULL: disks that name a volume stay known by that name. */
static void read_doc(struct file_users *users, virConnectPtr conn, xmlDocPtr doc, const char *owner,
        const char *brief, unsigned flags)
{
	struct disk_reading reading = {
	        .base = {.users = users, .owner = owner, .brief = brief, .target = "", .device = ""},
	        .conn = conn,
	        .flags = flags,
	        .template = is_template(doc)};

	op_xml_each(doc, NULL, "//disk", read_disk, &reading);
	reading.base.flags = flags;
	op_xml_each(doc, NULL,
	        "//devices/*[self::serial or self::parallel or self::console or self::channel]"
	        "/*[self::source[../@type='file']/@path or self::log/@file]/@*[name()='path' or name()='file']",
	        read_port, &reading.base);
	static const char *const others[][2] = {
		{"//nvram", "NVRAM"},
		{"//os/loader", "firmware"},
		{"//os/kernel", "kernel"},
		{"//os/initrd", "initrd"},
		{"//memory/@file", "memory"},
		/* The copy that nvirt keeps with a snapshot. */
		{"/domainsnapshot/domain/metadata/*[local-name()='" METADATA_SNAPSHOT "']/@nvram", "UEFI variables"},
	};
	for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
		g_autofree char *path = op_xml_string(doc, NULL, others[i][0]);
		g_autofree char *words = g_strdup_printf("the %s of %s", others[i][1], owner);
		g_autofree char *short_words = g_strdup_printf("%s of %s", others[i][1], brief);
		add_user(users, path, words, short_words, flags);
	}
}

static void read_snapshots(
        struct file_users *users, virDomainPtr dom, virConnectPtr conn, const char *owner, const char *brief)
{
	virDomainSnapshotPtr *snapshots = NULL;
	int n = virDomainListAllSnapshots(dom, &snapshots, 0);

	for (int i = 0; i < n; i++) {
		const char *name = virDomainSnapshotGetName(snapshots[i]);
		char *xml = virDomainSnapshotGetXMLDesc(snapshots[i], 0);
		g_autoptr(xmlDoc) doc = xml_parse(xml, "domainsnapshot", NULL);
		g_autofree char *who = g_strdup_printf("snapshot '%s' of %s", name, owner);
		g_autofree char *short_who = g_strdup_printf("snapshot %s of %s", name, brief);

		if (doc)
			read_doc(users, conn, doc, who, short_who, USE_SNAPSHOT);
		free(xml);
		virDomainSnapshotFree(snapshots[i]);
	}
	free(snapshots);
}

/* Gone while we looked is no gap. */
static bool guest_vanished(void)
{
	const virError *last = virGetLastError();

	return last && last->code == VIR_ERR_NO_DOMAIN;
}

static void read_guest(struct file_users *users, virDomainPtr dom, enum file_users_scope scope)
{
	const char *name = virDomainGetName(dom);
	virConnectPtr conn = virDomainGetConnect(dom);
	g_autofree char *owner = g_strdup_printf("'%s'", name);
	g_autoptr(xmlDoc) live = op_guest_xml(dom, 0);

	if (!live && !guest_vanished())
		add_gap(users, owner);
	if (live)
		read_doc(users, conn, live, owner, name, virDomainIsActive(dom) == 1 ? USE_LIVE : 0);
	if (scope == FILE_USERS_ACTIVE)
		return;
	g_autoptr(xmlDoc) stored = virDomainIsActive(dom) == 1 && virDomainIsPersistent(dom) == 1
	                                   ? op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE)
	                                   : NULL;
	if (stored)
		read_doc(users, conn, stored, owner, name, 0);
	read_snapshots(users, dom, conn, owner, name);
}

void file_users_set_guest(struct file_users *users, virDomainPtr dom, const unsigned char *uuid,
        const struct file_users_docs *docs)
{
	const char *name = virDomainGetName(dom);
	g_autofree char *owner = g_strdup_printf("'%s'", name);

	file_users_forget(users, uuid);
	memcpy(users->owner, uuid, sizeof users->owner);
	if (docs->live)
		read_doc(users, NULL, docs->live, owner, name, docs->active ? USE_LIVE : 0);
	if (docs->stored)
		read_doc(users, NULL, docs->stored, owner, name, 0);
	if (docs->snapshots)
		read_snapshots(users, dom, NULL, owner, name);
}

/* ---- forgetting ---- */

static void forget_path(struct file_users *users, const char *key, const unsigned char *owner)
{
	GPtrArray *list = g_hash_table_lookup(users->by_path, key);

	for (unsigned i = list ? list->len : 0; i > 0; i--)
		if (memcmp(((struct file_user *)g_ptr_array_index(list, i - 1))->owner, owner, VIR_UUID_BUFLEN) == 0)
			g_ptr_array_remove_index(list, i - 1);
	if (list && !list->len)
		g_hash_table_remove(users->by_path, key);
}

void file_users_forget(struct file_users *users, const unsigned char *owner)
{
	GPtrArray *keys = users->by_owner ? g_hash_table_lookup(users->by_owner, owner) : NULL;

	for (unsigned i = 0; keys && i < keys->len; i++) {
		const char *key = g_ptr_array_index(keys, i);

		forget_path(users, key, owner);
		if (users->bases)
			g_hash_table_remove(users->bases, key);
	}
	if (keys)
		g_hash_table_remove(users->by_owner, owner);
}

static bool is_self(const struct file_users *users, virDomainPtr dom)
{
	unsigned char uuid[VIR_UUID_BUFLEN];

	return users->has_self && virDomainGetUUID(dom, uuid) == 0
	       && memcmp(uuid, users->self, sizeof uuid) == 0;
}

static bool read_guests(
        struct file_users *users, virConnectPtr conn, enum file_users_scope scope, GError **error)
{
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(
	        conn, &doms, scope == FILE_USERS_ACTIVE ? VIR_CONNECT_LIST_DOMAINS_ACTIVE : 0);

	if (n < 0) {
		conn_set_error(error, "cannot look for other users of the files");
		return false;
	}
	for (int i = 0; i < n; i++) {
		if (!is_self(users, doms[i]))
			read_guest(users, doms[i], scope);
		virDomainFree(doms[i]);
	}
	free(doms);
	return true;
}

/* ---- volumes ---- */

/* A relative backing file counts from the directory of its overlay. */
char *file_users_base_path(const char *own, const char *base)
{
	g_autofree char *dir = g_path_get_dirname(own);

	return g_path_is_absolute(base) ? g_strdup(base) : g_build_filename(dir, base, NULL);
}

void file_users_add_base(
        struct file_users *users, const unsigned char *owner, const char *base, const char *name, const char *pool)
{
	g_autofree char *words = g_strdup_printf("volume '%s' of pool '%s' is based on it", name, pool);
	g_autofree char *brief = g_strdup_printf("base of %s", name);

	memcpy(users->owner, owner, sizeof users->owner);
	add_user(users, base, words, brief, USE_BASE | USE_VOLUME);
}

static void read_vol(struct file_users *users, virStorageVolPtr vol, const char *pool)
{
	static const unsigned char nobody[VIR_UUID_BUFLEN];
	char *xml = virStorageVolGetXMLDesc(vol, 0);
	g_autoptr(xmlDoc) doc = xml_parse(xml, "volume", NULL);

	free(xml);
	if (!doc)
		return;
	g_autofree char *base = op_xml_string(doc, NULL, "/volume/backingStore/path");
	g_autofree char *own = op_xml_string(doc, NULL, "/volume/target/path");
	if (!*base)
		return;
	g_autofree char *absolute = file_users_base_path(own, base);
	file_users_add_base(users, nobody, absolute, virStorageVolGetName(vol), pool);
}

void file_users_add_pool(struct file_users *users, virStoragePoolPtr pool)
{
	virStorageVolPtr *vols = NULL;
	int n = virStoragePoolListAllVolumes(pool, &vols, 0);

	if (n < 0)
		add_gap(users, virStoragePoolGetName(pool));
	for (int i = 0; i < n; i++) {
		read_vol(users, vols[i], virStoragePoolGetName(pool));
		virStorageVolFree(vols[i]);
	}
	free(vols);
}

static void read_pools(struct file_users *users, virConnectPtr conn)
{
	virStoragePoolPtr *pools = NULL;
	int n = virConnectListAllStoragePools(conn, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);

	if (n < 0)
		add_gap(users, "storage pools");
	for (int i = 0; i < n; i++) {
		file_users_add_pool(users, pools[i]);
		virStoragePoolFree(pools[i]);
	}
	free(pools);
}

static struct file_users *make(bool local)
{
	struct file_users *users = g_new0(struct file_users, 1);

	users->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
	users->local = local;
	return users;
}

struct file_users *file_users_new(
        virConnectPtr conn, const unsigned char *self, enum file_users_scope scope, GError **error)
{
	struct file_users *users = make(op_is_local(conn));

	users->has_self = self != NULL;
	if (self)
		memcpy(users->self, self, sizeof users->self);
	if (!read_guests(users, conn, scope, error)) {
		file_users_free(users);
		return NULL;
	}
	if (scope == FILE_USERS_ALL)
		read_pools(users, conn);
	return users;
}

struct file_users *file_users_new_kept(bool local)
{
	struct file_users *users = make(local);

	users->by_owner = g_hash_table_new_full(uuid_hash, uuid_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
	users->bases = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, file_base_free);
	return users;
}

/* ---- asking ---- */

char *file_users_of(struct file_users *users, const char *path)
{
	g_autofree char *key = file_users_key(users, path);
	GPtrArray *list = g_hash_table_lookup(users->by_path, key);

	if (!list || !list->len)
		return NULL;
	GString *text = g_string_new(NULL);
	for (unsigned i = 0; i < list->len && i < 4; i++)
		g_string_append_printf(
		        text, "%s%s", i ? ", " : "", ((struct file_user *)g_ptr_array_index(list, i))->words);
	if (list->len > 4)
		g_string_append_printf(text, " and %u more", list->len - 4);
	return g_string_free(text, FALSE);
}

static void collect(const GPtrArray *list, GPtrArray *words, GString *brief)
{
	for (unsigned i = 0; list && i < list->len; i++) {
		const struct file_user *user = g_ptr_array_index(list, i);

		if (g_ptr_array_find_with_equal_func(words, user->words, g_str_equal, NULL))
			continue;
		g_string_append_printf(brief, "%s%s", brief->len ? ", " : "", user->brief);
		g_ptr_array_add(words, g_strdup(user->words));
	}
}

GPtrArray *file_users_list(
        const struct file_users *users, const char *key, const char *pool, const char *volume, char **ret_brief)
{
	g_autofree char *by_name = g_strdup_printf(VOLUME_KEY, pool, volume);
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	GString *brief = g_string_new(NULL);

	collect(g_hash_table_lookup(users->by_path, key), words, brief);
	collect(g_hash_table_lookup(users->by_path, by_name), words, brief);
	*ret_brief = g_string_free(brief, FALSE);
	return words;
}

static void collect_uses(const GPtrArray *list, GPtrArray *uses)
{
	for (unsigned i = 0; list && i < list->len; i++) {
		const struct file_user *user = g_ptr_array_index(list, i);
		struct volume_use *use = g_new0(struct volume_use, 1);

		if (!(user->flags & USE_VOLUME))
			memcpy(use->guest, user->owner, sizeof use->guest);
		use->words = g_strdup(user->words);
		use->brief = g_strdup(user->brief);
		use->flags = user->flags;
		g_ptr_array_add(uses, use);
	}
}

GPtrArray *file_users_uses(const struct file_users *users, const char *key, const char *pool, const char *volume)
{
	g_autofree char *by_name = g_strdup_printf(VOLUME_KEY, pool, volume);
	GPtrArray *uses = g_ptr_array_new_with_free_func((GDestroyNotify)volume_use_free);

	collect_uses(g_hash_table_lookup(users->by_path, key), uses);
	collect_uses(g_hash_table_lookup(users->by_path, by_name), uses);
	return uses;
}

static bool is_image(const GPtrArray *list)
{
	for (unsigned i = 0; i < list->len; i++)
		if (((const struct file_user *)list->pdata[i])->flags & (USE_DISK | USE_BASE))
			return true;
	return false;
}

void file_users_each_image(
        const struct file_users *users, void (*each)(const char *key, void *data), void *data)
{
	GHashTableIter iter;
	gpointer key, list;

	g_hash_table_iter_init(&iter, users->by_path);
	while (g_hash_table_iter_next(&iter, &key, &list))
		if (*(const char *)key == '/' && is_image(list))
			each(key, data);
}

const struct file_base *file_users_base(const struct file_users *users, const char *key)
{
	return users->bases ? g_hash_table_lookup(users->bases, key) : NULL;
}

const char *file_users_gaps(const struct file_users *users)
{
	return users->gaps;
}
