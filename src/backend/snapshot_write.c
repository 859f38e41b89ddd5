/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing the records of snapshots: see snapshot_write.h. */
#include "backend/snapshot_write.h"

#include <string.h>

#include "backend/op_util.h"
#include "backend/xml.h"

/* The text of a child of <domainsnapshot>, made where it is missing; NULL removes it. */
static xmlNodePtr set_child(xmlNodePtr root, const char *name, const char *text)
{
	xmlNodePtr old = xml_child(root, name);

	if (old) {
		xmlUnlinkNode(old);
		xmlFreeNode(old);
	}
	/* First: libvirt's schema is an interleave, and a reader sees it at once. */
	if (!text)
		return NULL;
	xmlNodePtr node = xmlNewDocRawNode(root->doc, NULL, BAD_CAST name, BAD_CAST text);
	if (root->children)
		xmlAddPrevSibling(root->children, node);
	else
		xmlAddChild(root, node);
	return node;
}

void snap_set_name(struct snap *snap, const char *name)
{
	set_child(xmlDocGetRootElement(snap->doc), "name", name);
	g_free(snap->name);
	snap->name = g_strdup(name);
}

void snap_set_description(struct snap *snap, const char *description)
{
	set_child(xmlDocGetRootElement(snap->doc), "description", description && *description ? description : NULL);
	g_free(snap->description);
	snap->description = g_strdup(description ? description : "");
}

void snap_set_parent(struct snap *snap, const char *parent)
{
	xmlNodePtr node = set_child(xmlDocGetRootElement(snap->doc), "parent", parent ? "" : NULL);

	if (node)
		xmlNewTextChild(node, NULL, BAD_CAST "name", BAD_CAST parent);
	g_free(snap->parent);
	snap->parent = g_strdup(parent);
}

/* ---- files ---- */

static void drop_children(xmlNodePtr node, const char *name)
{
	xmlNodePtr child;

	while ((child = xml_child(node, name))) {
		xmlUnlinkNode(child);
		xmlFreeNode(child);
	}
}

/* What lay below may be another chain now: libvirt reads it from the file, which states its base's format. */
static void move_disk(xmlNodePtr disk, const char *from, const char *to, const char *format)
{
	xmlNodePtr source = xml_child(disk, "source"), driver = xml_child(disk, "driver");
	g_autofree char *file = xml_raw_attr(source, "file"), *dev = xml_raw_attr(source, "dev");

	drop_children(disk, "backingStore");
	if (g_strcmp0(file, from) != 0 && g_strcmp0(dev, from) != 0)
		return;
	bool block = g_str_has_prefix(to, "/dev/");
	xmlUnsetProp(source, BAD_CAST "file");
	xmlUnsetProp(source, BAD_CAST "dev");
	xmlSetProp(source, BAD_CAST(block ? "dev" : "file"), BAD_CAST to);
	xmlSetProp(disk, BAD_CAST "type", BAD_CAST(block ? "block" : "file"));
	if (driver && *format)
		xmlSetProp(driver, BAD_CAST "type", BAD_CAST format);
}

static void move_in_domain(
        xmlNodePtr domain, const char *target, const char *from, const char *to, const char *format)
{
	xml_foreach(disk, xml_child(domain, "devices"), "disk")
	{
		g_autofree char *dev = xml_raw_attr(xml_child(disk, "target"), "dev");
		if (g_strcmp0(dev, target) == 0)
			move_disk(disk, from, to, format);
	}
}

void snap_move_file(struct snap *snap, const char *target, const char *from, const char *to, const char *format)
{
	xmlNodePtr root = xmlDocGetRootElement(snap->doc);

	move_in_domain(xml_child(root, "domain"), target, from, to, format);
	move_in_domain(xml_child(root, "inactiveDomain"), target, from, to, format);
	xml_foreach(disk, xml_child(root, "disks"), "disk")
	{
		g_autofree char *name = xml_raw_attr(disk, "name");
		if (g_strcmp0(name, target) == 0)
			move_disk(disk, from, to, format);
	}
}

/* ---- telling libvirt ---- */

bool snapshot_redefine(virDomainPtr dom, struct snap *snap, GError **error)
{
	xmlChar *xml = NULL;
	int size = 0;
	unsigned flags = VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE;

	if (snap->current)
		flags |= VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT;
	xmlDocDumpMemory(snap->doc, &xml, &size);
	g_autoptr(virDomainSnapshot) made = xml ? virDomainSnapshotCreateXML(dom, (const char *)xml, flags) : NULL;
	xmlFree(xml);
	if (!made)
		conn_set_error(error, "cannot write down the snapshot '%s'", snap->name);
	return made != NULL;
}

bool snapshot_forget(virDomainPtr dom, const char *name, GError **error)
{
	g_autoptr(virDomainSnapshot) snapshot = virDomainSnapshotLookupByName(dom, name, 0);

	if (!snapshot && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_SNAPSHOT)
		return true;
	if (snapshot && virDomainSnapshotDelete(snapshot, VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY) == 0)
		return true;
	conn_set_error(error, "cannot drop the record of the snapshot '%s'", name);
	return false;
}
