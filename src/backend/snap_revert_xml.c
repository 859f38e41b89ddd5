/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The documents of a roll back, made of what libvirt kept with the snapshot:
 * the definition of then with the new overlays, and the snapshot's own record.
 * They hold secrets.
 */
#include <string.h>

#include "backend/snap_revert.h"
#include "backend/xml.h"
#include "nvirt/secret.h"

static char *dump(xmlDocPtr doc)
{
	xmlChar *text = NULL;
	int len = 0;

	xmlDocDumpMemory(doc, &text, &len);
	char *copy = g_strndup((const char *)text, (gsize)len);
	if (text)
		memset(text, 0, (size_t)len);
	xmlFree(text);
	return copy;
}

static const struct revert_disk *disk_of(const struct revert *revert, xmlNodePtr node, const char *attribute)
{
	xmlNodePtr named = attribute ? node : xml_child(node, "target");
	g_autofree char *target = xml_raw_attr(named, attribute ? attribute : "dev");

	for (unsigned i = 0; target && i < revert->disks->len; i++) {
		const struct revert_disk *disk = g_ptr_array_index(revert->disks, i);
		if (g_str_equal(disk->target, target))
			return disk;
	}
	return NULL;
}

static void drop_children(xmlNodePtr node, const char *name)
{
	xmlNodePtr child;

	while ((child = xml_child(node, name))) {
		xmlUnlinkNode(child);
		xmlFreeNode(child);
	}
}

/* Where the old one stood: the schema leaves the order free, people compare. */
static xmlNodePtr fresh_source(xmlNodePtr node)
{
	xmlNodePtr old = xml_child(node, "source"), source = xmlNewNode(NULL, BAD_CAST "source");

	if (old) {
		xmlAddNextSibling(old, source);
		xmlUnlinkNode(old);
		xmlFreeNode(old);
	} else {
		xmlAddChild(node, source);
	}
	return source;
}

static void set_format(xmlNodePtr node, const char *format)
{
	xmlNodePtr driver = xml_child(node, "driver");

	if (!driver)
		driver = xmlNewChild(node, NULL, BAD_CAST "driver", NULL);
	xmlSetProp(driver, BAD_CAST "type", BAD_CAST format);
}

static void put_overlay(xmlNodePtr node, const char *overlay)
{
	drop_children(node, "backingStore");
	xmlSetProp(node, BAD_CAST "type", BAD_CAST "file");
	xmlSetProp(fresh_source(node), BAD_CAST "file", BAD_CAST overlay);
	set_format(node, "qcow2");
}

static xmlNodePtr now_disk(const struct revert *revert, const char *target)
{
	xmlNodePtr devices = xml_child(xmlDocGetRootElement(revert->now), "devices");

	xml_foreach(disk, devices, "disk")
	{
		g_autofree char *dev = xml_raw_attr(xml_child(disk, "target"), "dev");
		if (g_strcmp0(dev, target) == 0)
			return disk;
	}
	return NULL;
}

/*
 * A disk that the snapshot left out goes on with the file of now: the one of then
 * may be the base of later overlays, and writing to it would ruin them.
 */
static void keep_now(const struct revert *revert, xmlNodePtr node, const char *target)
{
	xmlNodePtr now = now_disk(revert, target), source = xml_child(now, "source");
	g_autofree char *type = xml_raw_attr(now, "type");
	g_autofree char *format = xml_raw_attr(xml_child(now, "driver"), "type");

	if (!source)
		return;
	drop_children(node, "backingStore");
	xmlNodePtr old = fresh_source(node), copy = xmlDocCopyNode(source, node->doc, 1);
	xmlReplaceNode(old, copy);
	xmlFreeNode(old);
	if (type)
		xmlSetProp(node, BAD_CAST "type", BAD_CAST type);
	if (format)
		set_format(node, format);
}

static bool is_own_disk(xmlNodePtr node)
{
	g_autofree char *device = xml_raw_attr(node, "device");

	return !device || g_str_equal(device, "disk") || g_str_equal(device, "lun");
}

static void place_disks(const struct revert *revert, xmlNodePtr domain)
{
	xml_foreach(node, xml_child(domain, "devices"), "disk")
	{
		const struct revert_disk *disk = disk_of(revert, node, NULL);
		if (disk && disk->kept)
			put_overlay(node, disk->overlay);
		else if (disk && is_own_disk(node))
			keep_now(revert, node, disk->target);
	}
}

char *revert_definition_xml(const struct revert *revert, bool live)
{
	xmlNodePtr root = xmlDocGetRootElement(revert->snap->doc);
	xmlNodePtr stored = live ? NULL : xml_child(root, "inactiveDomain");
	xmlNodePtr domain = stored ? stored : xml_child(root, "domain");
	g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNodePtr copy = xmlDocCopyNode(domain, doc, 1);

	xmlDocSetRootElement(doc, copy);
	xmlNodeSetName(copy, BAD_CAST "domain");
	snapshot_note_strip(copy);
	place_disks(revert, copy);
	return dump(doc);
}

char *revert_snapshot_xml(const struct snap *snap)
{
	return dump(snap->doc);
}

char *revert_new_snapshot_xml(const struct revert *revert)
{
	g_autoptr(xmlDoc) doc = xmlCopyDoc(revert->snap->doc, 1);
	xmlNodePtr disks = xml_child(xmlDocGetRootElement(doc), "disks");

	xml_foreach(node, disks, "disk")
	{
		const struct revert_disk *disk = disk_of(revert, node, "name");
		/*
		 * With the new overlay in here libvirt would merge it into the state of then
		 * when the snapshot is deleted, although another branch stands on that too
		 * (measured). With the old one it refuses.
		 */
		if (disk && disk->kept && !disk->shared)
			put_overlay(node, disk->overlay);
	}
	return dump(doc);
}

struct naming {
	const char *path;
	bool found;
};

static void compare(const char *target, xmlNodePtr node, const char *file, void *data)
{
	struct naming *naming = data;

	(void)target, (void)node;
	naming->found |= g_str_equal(file, naming->path);
}

bool revert_names_file(xmlDocPtr definition, const char *path)
{
	struct naming naming = {.path = path};

	revert_disks_of(definition, "/domain/devices/disk", compare, &naming);
	return naming.found;
}
