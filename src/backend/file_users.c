/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses which file of a host. Worker threads. */
#include "backend/file_users.h"

#include "backend/op_util.h"
#include "nvirt/text.h"

struct file_users {
	GHashTable *by_path; /* normal path -> GPtrArray of char * (cleaned) */
	unsigned char self[VIR_UUID_BUFLEN];
	bool has_self, local;
	char *gaps;
};

/* What a file's user is called while one XML is read. */
struct reading {
	struct file_users *users;
	const char *owner;  /* "'web2'", "snapshot 's1' of 'web2'" */
	const char *target; /* "vda" */
};

void file_users_free(struct file_users *users)
{
	if (!users)
		return;
	g_hash_table_unref(users->by_path);
	g_free(users->gaps);
	g_free(users);
}

/* One spelling a file. Links can be followed only where the files are ours to see. */
static char *normal_path(const struct file_users *users, const char *path)
{
	char *real = users->local ? realpath(path, NULL) : NULL;
	char *normal = real ? g_strdup(real) : g_canonicalize_filename(path, "/");

	free(real);
	return normal;
}

static void add_user(struct file_users *users, const char *path, const char *user)
{
	if (!path || *path != '/')
		return;
	g_autofree char *key = normal_path(users, path);
	GPtrArray *list = g_hash_table_lookup(users->by_path, key);
	if (!list) {
		list = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(users->by_path, g_steal_pointer(&key), list);
	}
	g_autofree char *clean = text_clean(user, -1);
	for (unsigned i = 0; i < list->len; i++)
		if (g_str_equal(g_ptr_array_index(list, i), clean))
			return;
	g_ptr_array_add(list, g_steal_pointer(&clean));
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

static void read_source(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	const struct reading *reading = data;
	g_autofree char *file = op_xml_string(doc, node, "@file");
	g_autofree char *dev = op_xml_string(doc, node, "@dev");
	bool base = node->parent && xmlStrEqual(node->parent->name, BAD_CAST "backingStore");
	g_autofree char *user = g_strdup_printf("%sdisk %s of %s%s", base ? "the chain of " : "", reading->target,
	        reading->owner, base ? " is based on it" : "");

	add_user(reading->users, *file ? file : dev, user);
}

static void read_volume(xmlDocPtr doc, xmlNodePtr disk, struct reading *reading, virConnectPtr conn)
{
	g_autofree char *pool_name = op_xml_string(doc, disk, "source/@pool");
	g_autofree char *name = op_xml_string(doc, disk, "source/@volume");

	if (!*pool_name || !*name)
		return;
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByName(conn, pool_name);
	g_autoptr(virStorageVol) vol = pool ? virStorageVolLookupByName(pool, name) : NULL;
	char *path = vol ? virStorageVolGetPath(vol) : NULL;
	g_autofree char *user = g_strdup_printf("disk %s of %s", reading->target, reading->owner);
	add_user(reading->users, path, user);
	free(path);
}

struct disk_reading {
	struct reading base;
	virConnectPtr conn;
};

static void read_disk(xmlDocPtr doc, xmlNodePtr disk, void *data)
{
	struct disk_reading *reading = data;
	g_autofree char *target = op_xml_string(doc, disk, "target/@dev");
	g_autofree char *name = op_xml_string(doc, disk, "@name"); /* in a snapshot's own list */

	reading->base.target = *target ? target : name;
	op_xml_each(doc, disk, ".//source", read_source, &reading->base);
	read_volume(doc, disk, &reading->base, reading->conn);
}

static void read_doc(struct file_users *users, virConnectPtr conn, xmlDocPtr doc, const char *owner)
{
	struct disk_reading reading = {.base = {.users = users, .owner = owner, .target = ""}, .conn = conn};

	op_xml_each(doc, NULL, "//disk", read_disk, &reading);
	static const char *const others[][2] = {
		{"//nvram", "the NVRAM of %s"},
		{"//os/loader", "the firmware of %s"},
		{"//os/kernel", "the kernel of %s"},
		{"//os/initrd", "the initrd of %s"},
		{"//memory/@file", "the memory of %s"},
	};
	for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
		g_autofree char *path = op_xml_string(doc, NULL, others[i][0]);
		g_auto(GStrv) words = g_strsplit(others[i][1], "%s", 2);
		g_autofree char *user = g_strjoin(owner, words[0], words[1], NULL);
		add_user(users, path, user);
	}
}

static void read_snapshots(struct file_users *users, virDomainPtr dom, const char *owner)
{
	virDomainSnapshotPtr *snapshots = NULL;
	int n = virDomainListAllSnapshots(dom, &snapshots, 0);

	for (int i = 0; i < n; i++) {
		char *xml = virDomainSnapshotGetXMLDesc(snapshots[i], 0);
		g_autoptr(xmlDoc) doc = op_xml_parse(xml);
		g_autofree char *who =
		        g_strdup_printf("snapshot '%s' of %s", virDomainSnapshotGetName(snapshots[i]), owner);
		if (doc)
			read_doc(users, virDomainGetConnect(dom), doc, who);
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
	g_autofree char *owner = g_strdup_printf("'%s'", virDomainGetName(dom));
	g_autoptr(xmlDoc) live = op_guest_xml(dom, 0);

	if (!live && !guest_vanished())
		add_gap(users, owner);
	if (live)
		read_doc(users, virDomainGetConnect(dom), live, owner);
	if (scope == FILE_USERS_ACTIVE)
		return;
	g_autoptr(xmlDoc) stored = virDomainIsActive(dom) == 1 && virDomainIsPersistent(dom) == 1
	                                   ? op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE)
	                                   : NULL;
	if (stored)
		read_doc(users, virDomainGetConnect(dom), stored, owner);
	read_snapshots(users, dom, owner);
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

static void read_vol(struct file_users *users, virStorageVolPtr vol, const char *pool)
{
	char *xml = virStorageVolGetXMLDesc(vol, 0);
	g_autoptr(xmlDoc) doc = op_xml_parse(xml);

	free(xml);
	if (!doc)
		return;
	g_autofree char *base = op_xml_string(doc, NULL, "/volume/backingStore/path");
	g_autofree char *own = op_xml_string(doc, NULL, "/volume/target/path");
	g_autofree char *user =
	        g_strdup_printf("volume '%s' of pool '%s' is based on it", virStorageVolGetName(vol), pool);
	if (!*base)
		return;
	/* A relative backing file counts from the directory of its overlay. */
	g_autofree char *dir = g_path_get_dirname(own);
	g_autofree char *absolute = g_path_is_absolute(base) ? g_strdup(base) : g_build_filename(dir, base, NULL);
	add_user(users, absolute, user);
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

struct file_users *file_users_new(
        virConnectPtr conn, const unsigned char *self, enum file_users_scope scope, GError **error)
{
	struct file_users *users = g_new0(struct file_users, 1);

	users->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
	users->local = op_is_local(conn);
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

char *file_users_of(struct file_users *users, const char *path)
{
	g_autofree char *key = normal_path(users, path);
	GPtrArray *list = g_hash_table_lookup(users->by_path, key);

	if (!list || !list->len)
		return NULL;
	GString *text = g_string_new(NULL);
	for (unsigned i = 0; i < list->len && i < 4; i++)
		g_string_append_printf(text, "%s%s", i ? ", " : "", (char *)g_ptr_array_index(list, i));
	if (list->len > 4)
		g_string_append_printf(text, " and %u more", list->len - 4);
	return g_string_free(text, FALSE);
}

const char *file_users_gaps(const struct file_users *users)
{
	return users->gaps;
}
