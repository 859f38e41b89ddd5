/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pools and volumes as rows: see storage.h. */
#include "backend/storage.h"

#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#include "backend/xml.h"
#include "nvirt/text.h"

/* ---- pools ------------------------------------------------------------------- */

bool storage_parse_pool(const char *xml, char **ret_type, char **ret_path)
{
	xmlDocPtr doc = xml_parse(xml, "pool", NULL);
	xmlNodePtr root = xmlDocGetRootElement(doc);

	if (doc == NULL)
		return false;
	*ret_type = xml_attr(root, "type");
	*ret_path = xml_text(xml_child(xml_child(root, "target"), "path"));
	xmlFreeDoc(doc);
	return true;
}

static enum pool_state pool_state(int state)
{
	switch ((virStoragePoolState)state) {
	case VIR_STORAGE_POOL_INACTIVE:
		return POOL_INACTIVE;
	case VIR_STORAGE_POOL_BUILDING:
		return POOL_BUILDING;
	case VIR_STORAGE_POOL_RUNNING:
		return POOL_RUNNING;
	case VIR_STORAGE_POOL_DEGRADED:
		return POOL_DEGRADED;
	case VIR_STORAGE_POOL_INACCESSIBLE:
		return POOL_INACCESSIBLE;
	}
	return POOL_INACTIVE;
}

static void read_place(virStoragePoolPtr pool, struct pool_row *row)
{
	char *xml = virStoragePoolGetXMLDesc(pool, 0);

	if (xml == NULL || !storage_parse_pool(xml, &row->type, &row->path)) {
		row->type = g_strdup("");
		row->path = g_strdup("");
	}
	free(xml);
}

static struct pool_row *read_pool(virStoragePoolPtr pool)
{
	struct pool_row *row = pool_row_new();
	virStoragePoolInfo info;
	int autostart = 0;

	virStoragePoolGetUUID(pool, row->uuid);
	row->name = text_clean(virStoragePoolGetName(pool), -1);
	if (virStoragePoolGetInfo(pool, &info) == 0) {
		row->state = pool_state(info.state);
		row->capacity_bytes = info.capacity;
		row->allocation_bytes = info.allocation;
		row->available_bytes = info.available;
	}
	virStoragePoolGetAutostart(pool, &autostart);
	row->autostart = autostart == 1;
	row->persistent = virStoragePoolIsPersistent(pool) == 1;
	read_place(pool, row);
	return row;
}

GPtrArray *storage_list_pools(virConnectPtr conn)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)pool_row_free);
	virStoragePoolPtr *pools = NULL;
	int n = virConnectListAllStoragePools(conn, &pools, 0);

	/* A driver without storage has none; anything else is a failure. */
	if (n < 0)
		return virGetLastErrorCode() == VIR_ERR_NO_SUPPORT ? g_steal_pointer(&rows) : NULL;
	for (int i = 0; i < n; i++) {
		g_ptr_array_add(rows, read_pool(pools[i]));
		virStoragePoolFree(pools[i]);
	}
	free(pools);
	return g_steal_pointer(&rows);
}

/* ---- volumes ------------------------------------------------------------------- */

static void set(char **field, char *value)
{
	g_free(*field);
	*field = value;
}

/* "1341933637.273190990", or without the part of a second; 0 = none. */
static int64_t parse_time(const char *text)
{
	char *end = NULL;
	int64_t seconds = g_ascii_strtoll(text, &end, 10), ns = 0;
	unsigned digits = 0;

	if (seconds <= 0 || seconds > G_MAXINT64 / 1000000000 - 1)
		return 0;
	for (end += *end == '.'; digits < 9; digits++)
		ns = ns * 10 + (g_ascii_isdigit(*end) ? *end++ - '0' : 0);
	return seconds * 1000000000 + ns;
}

bool storage_parse_volume(const char *xml, struct volume_row *row, char **ret_raw_path, char **ret_raw_base)
{
	xmlDocPtr doc = xml_parse(xml, "volume", NULL);
	xmlNodePtr root = xmlDocGetRootElement(doc);
	xmlNodePtr target = xml_child(root, "target");
	xmlNodePtr backing = xml_child(root, "backingStore");

	if (doc == NULL)
		return false;
	row->capacity_bytes = MAX(xml_bytes(xml_child(root, "capacity"), "bytes"), 0);
	row->allocation_bytes = MAX(xml_bytes(xml_child(root, "allocation"), "bytes"), 0);
	set(&row->path, xml_text(xml_child(target, "path")));
	set(&row->format, xml_attr(xml_child(target, "format"), "type"));
	set(&row->backing, xml_text(xml_child(backing, "path")));
	set(&row->backing_format, xml_attr(xml_child(backing, "format"), "type"));
	g_autofree char *written = xml_text(xml_child(xml_child(target, "timestamps"), "mtime"));
	row->written_unix_ns = parse_time(written);
	g_autofree char *mode = xml_text(xml_child(xml_child(target, "permissions"), "mode"));
	row->mode = (unsigned)g_ascii_strtoull(mode, NULL, 8) & 07777;
	*ret_raw_path = xml_raw_text(xml_child(target, "path"));
	*ret_raw_base = xml_raw_text(xml_child(backing, "path"));
	xmlFreeDoc(doc);
	return true;
}
