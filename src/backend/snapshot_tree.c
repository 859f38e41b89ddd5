/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a guest's snapshots: see snapshot_tree.h. */
#include "backend/snapshot_tree.h"

#include <string.h>

#include "backend/metadata.h"
#include "backend/op_util.h"
#include "backend/xml.h"

static void snap_disk_free(gpointer data)
{
	struct snap_disk *disk = data;

	g_free(disk->target);
	g_free(disk->mode);
	g_free(disk->state);
	g_free(disk->state_format);
	g_free(disk->overlay);
	g_free(disk->overlay_format);
	g_free(disk);
}

static void snap_free(gpointer data)
{
	struct snap *snap = data;

	g_free(snap->name);
	g_free(snap->parent);
	g_free(snap->description);
	g_free(snap->state);
	g_free(snap->memory_file);
	g_free(snap->nvram_file);
	g_ptr_array_unref(snap->disks);
	g_ptr_array_unref(snap->below);
	xmlFreeDoc(snap->doc);
	g_free(snap);
}

/* ---- one snapshot ---- */

static char *raw_or_empty(char *raw)
{
	return raw ? raw : g_strdup("");
}

/* The file or device of a <disk>'s <source>; one that is named by its pool is looked up. */
static char *source_path(virConnectPtr conn, xmlNodePtr disk)
{
	xmlNodePtr source = xml_child(disk, "source");
	g_autofree char *file = raw_or_empty(xml_raw_attr(source, "file"));
	g_autofree char *dev = raw_or_empty(xml_raw_attr(source, "dev"));
	g_autofree char *pool_name = raw_or_empty(xml_raw_attr(source, "pool"));
	g_autofree char *volume = raw_or_empty(xml_raw_attr(source, "volume"));

	if (*file || *dev)
		return g_strdup(*file ? file : dev);
	g_autoptr(virStoragePool) pool = *pool_name ? virStoragePoolLookupByName(conn, pool_name) : NULL;
	g_autoptr(virStorageVol) vol = pool ? virStorageVolLookupByName(pool, volume) : NULL;
	char *path = vol ? virStorageVolGetPath(vol) : NULL;
	char *copy = g_strdup(path ? path : "");
	free(path);
	return copy;
}

static char *driver_format(xmlNodePtr disk)
{
	return raw_or_empty(xml_raw_attr(xml_child(disk, "driver"), "type"));
}

/* The guest's disk of then, of that target; NULL = it had none. */
static xmlNodePtr domain_disk(xmlNodePtr root, const char *target)
{
	xmlNodePtr devices = xml_child(xml_child(root, "domain"), "devices");

	xml_foreach(disk, devices, "disk")
	{
		g_autofree char *dev = raw_or_empty(xml_raw_attr(xml_child(disk, "target"), "dev"));
		if (g_str_equal(dev, target))
			return disk;
	}
	return NULL;
}

static void read_disk(struct snap *snap, virConnectPtr conn, xmlNodePtr root, xmlNodePtr node)
{
	struct snap_disk *disk = g_new0(struct snap_disk, 1);

	disk->target = raw_or_empty(xml_raw_attr(node, "name"));
	disk->mode = raw_or_empty(xml_raw_attr(node, "snapshot"));
	bool external = g_str_equal(disk->mode, "external");
	bool kept = external || g_str_equal(disk->mode, "internal");
	xmlNodePtr then = domain_disk(root, disk->target);
	disk->state = kept && then ? source_path(conn, then) : g_strdup("");
	disk->state_format = kept && then ? driver_format(then) : g_strdup("");
	disk->overlay = external ? source_path(conn, node) : g_strdup("");
	disk->overlay_format = external ? driver_format(node) : g_strdup("");
	g_ptr_array_add(snap->disks, disk);
}

static enum snapshot_kind kind_of(const struct snap *snap, const char *memory)
{
	bool internal = g_strcmp0(memory, "internal") == 0, external = g_strcmp0(memory, "external") == 0;

	for (unsigned i = 0; i < snap->disks->len; i++) {
		const struct snap_disk *disk = g_ptr_array_index(snap->disks, i);
		internal |= g_str_equal(disk->mode, "internal");
		external |= g_str_equal(disk->mode, "external");
	}
	if (internal && external)
		return SNAPSHOT_MIXED;
	return external ? SNAPSHOT_EXTERNAL : SNAPSHOT_INTERNAL;
}

static xmlNodePtr find_note(xmlNodePtr domain)
{
	xmlNodePtr metadata = xml_child(domain, "metadata");

	xml_foreach(note, metadata, METADATA_SNAPSHOT)
		if (note->ns && xmlStrEqual(note->ns->href, BAD_CAST METADATA_SNAPSHOT_URI))
			return note;
	return NULL;
}

/* Only what was noted of this very snapshot. */
static char *read_note(const struct snap *snap, xmlNodePtr root)
{
	xmlNodePtr note = find_note(xml_child(root, "domain"));
	g_autofree char *nvram = note ? xml_raw_attr(note, "nvram") : NULL;
	g_autofree char *time = note ? xml_raw_attr(note, "time") : NULL;

	if (!nvram || *nvram != '/' || xml_number(time ? time : "", -1) != snap->created_unix_s)
		return g_strdup("");
	return g_steal_pointer(&nvram);
}

static struct snap *read_snap(virConnectPtr conn, const char *name, const char *xml, GError **error)
{
	xmlDocPtr doc = xml_parse(xml, "domainsnapshot", error);

	if (!doc) {
		g_prefix_error(error, "cannot read the snapshot '%s': ", name);
		return NULL;
	}
	struct snap *snap = g_new0(struct snap, 1);
	xmlNodePtr root = xmlDocGetRootElement(doc), memory = xml_child(root, "memory");
	g_autofree char *memory_mode = xml_raw_attr(memory, "snapshot");
	g_autofree char *created = xml_raw_text(xml_child(root, "creationTime"));
	snap->doc = doc;
	snap->name = g_strdup(name);
	snap->parent = xml_raw_text(xml_child(xml_child(root, "parent"), "name"));
	snap->description = raw_or_empty(xml_raw_text(xml_child(root, "description")));
	snap->created_unix_s = xml_number(created ? created : "", 0);
	snap->state = raw_or_empty(xml_raw_text(xml_child(root, "state")));
	snap->memory_file = raw_or_empty(xml_raw_attr(memory, "file"));
	snap->nvram_file = read_note(snap, root);
	snap->disks = g_ptr_array_new_with_free_func(snap_disk_free);
	snap->below = g_ptr_array_new();
	xml_foreach(disk, xml_child(root, "disks"), "disk")
		read_disk(snap, conn, root, disk);
	/* A driver that tells nothing of memory (the test driver) keeps it when the guest ran. */
	snap->memory = memory_mode ? !g_str_equal(memory_mode, "no")
	                           : g_str_equal(snap->state, "running") || g_str_equal(snap->state, "paused");
	snap->kind = kind_of(snap, memory_mode);
	return snap;
}

/* ---- the tree ---- */

static int by_age(gconstpointer a, gconstpointer b)
{
	const struct snap *x = *(struct snap *const *)a, *y = *(struct snap *const *)b;

	if (x->created_unix_s != y->created_unix_s)
		return x->created_unix_s < y->created_unix_s ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void add_with_below(struct snap *snap, GPtrArray *sorted, GHashTable *done)
{
	if (!g_hash_table_add(done, snap))
		return;
	g_ptr_array_add(sorted, snap);
	for (unsigned i = 0; i < snap->below->len; i++)
		add_with_below(g_ptr_array_index(snap->below, i), sorted, done);
}

/* Takes the list. */
static GPtrArray *sort_tree(GPtrArray *list)
{
	g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
	GPtrArray *sorted = g_ptr_array_new_with_free_func(snap_free);

	g_ptr_array_sort(list, by_age);
	for (unsigned i = 0; i < list->len; i++) {
		struct snap *snap = g_ptr_array_index(list, i);
		snap->up = snap->parent ? snapshot_tree_find(list, snap->parent) : NULL;
		if (snap->up)
			g_ptr_array_add(snap->up->below, snap);
	}
	for (unsigned i = 0; i < list->len; i++) {
		struct snap *snap = g_ptr_array_index(list, i);
		if (!snap->up)
			add_with_below(snap, sorted, done);
	}
	/* A ring of parents is nothing that libvirt makes; it is shown all the same. */
	for (unsigned i = 0; i < list->len; i++)
		add_with_below(g_ptr_array_index(list, i), sorted, done);
	g_ptr_array_set_free_func(list, NULL);
	g_ptr_array_unref(list);
	return sorted;
}

static void mark_current(virDomainPtr dom, GPtrArray *list)
{
	g_autoptr(virDomainSnapshot) current =
	        virDomainHasCurrentSnapshot(dom, 0) == 1 ? virDomainSnapshotCurrent(dom, 0) : NULL;
	struct snap *snap = current ? snapshot_tree_find(list, virDomainSnapshotGetName(current)) : NULL;

	if (snap)
		snap->current = true;
}

GPtrArray *snapshot_tree_read(virDomainPtr dom, bool secrets, GError **error)
{
	virDomainSnapshotPtr *snapshots = NULL;
	int n = virDomainListAllSnapshots(dom, &snapshots, 0);

	if (n < 0) {
		conn_set_error(error, "cannot read the snapshots of '%s'", virDomainGetName(dom));
		return NULL;
	}
	GPtrArray *list = g_ptr_array_new_with_free_func(snap_free);
	bool whole = true;
	for (int i = 0; i < n; i++) {
		char *xml = whole ? virDomainSnapshotGetXMLDesc(snapshots[i], secrets ? VIR_DOMAIN_SNAPSHOT_XML_SECURE : 0)
		                  : NULL;
		struct snap *snap = NULL;
		/* One that went meanwhile is not there any more; one that can not be understood may need a file. */
		if (xml)
			whole = (snap = read_snap(virDomainGetConnect(dom), virDomainSnapshotGetName(snapshots[i]),
			                 xml, error)) != NULL;
		if (snap)
			g_ptr_array_add(list, snap);
		free(xml);
		virDomainSnapshotFree(snapshots[i]);
	}
	free(snapshots);
	if (!whole || conn_lost(virDomainGetConnect(dom))) {
		if (whole)
			conn_set_error(error, "cannot read the snapshots of '%s'", virDomainGetName(dom));
		g_ptr_array_unref(list);
		return NULL;
	}
	mark_current(dom, list);
	return sort_tree(list);
}

struct snap *snapshot_tree_find(GPtrArray *tree, const char *name)
{
	for (unsigned i = 0; i < tree->len; i++) {
		struct snap *snap = g_ptr_array_index(tree, i);
		if (g_strcmp0(snap->name, name) == 0)
			return snap;
	}
	return NULL;
}

struct snap_disk *snap_disk_find(const struct snap *snap, const char *target)
{
	for (unsigned i = 0; i < snap->disks->len; i++) {
		struct snap_disk *disk = g_ptr_array_index(snap->disks, i);
		if (g_str_equal(disk->target, target))
			return disk;
	}
	return NULL;
}

void snapshot_tree_below(const struct snap *snap, GPtrArray *into)
{
	for (unsigned i = 0; i < snap->below->len; i++) {
		struct snap *child = g_ptr_array_index(snap->below, i);
		snapshot_tree_below(child, into);
		g_ptr_array_add(into, child);
	}
}

bool snapshot_tree_kind(GPtrArray *tree, enum snapshot_kind *ret_kind)
{
	for (unsigned i = 0; i < tree->len; i++) {
		const struct snap *snap = g_ptr_array_index(tree, i);
		if (i == 0)
			*ret_kind = snap->kind;
		else if (*ret_kind != snap->kind)
			*ret_kind = SNAPSHOT_MIXED;
	}
	return tree->len > 0;
}

/* ---- notes ---- */

void snapshot_note_strip(xmlNodePtr domain)
{
	xmlNodePtr note;

	while ((note = find_note(domain))) {
		xmlUnlinkNode(note);
		xmlFreeNode(note);
	}
}

void snapshot_note_nvram(xmlDocPtr doc, const char *nvram)
{
	xmlNodePtr root = xmlDocGetRootElement(doc), domain = xml_child(root, "domain");
	g_autofree char *created = xml_raw_text(xml_child(root, "creationTime"));

	snapshot_note_strip(domain);
	if (!domain || !nvram || !*nvram || !created)
		return;
	xmlNodePtr metadata = xml_child(domain, "metadata");
	if (!metadata)
		metadata = xmlNewChild(domain, NULL, BAD_CAST "metadata", NULL);
	xmlNodePtr note = xmlNewChild(metadata, NULL, BAD_CAST METADATA_SNAPSHOT, NULL);
	xmlSetNs(note, xmlNewNs(note, BAD_CAST METADATA_SNAPSHOT_URI, BAD_CAST METADATA_SNAPSHOT_KEY));
	xmlNewProp(note, BAD_CAST "nvram", BAD_CAST nvram);
	xmlNewProp(note, BAD_CAST "time", BAD_CAST created);
}
