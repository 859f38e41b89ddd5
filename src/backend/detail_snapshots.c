/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The open guest's snapshots. There is no event for them, so they are read
 * again every few seconds; their files, whose storage may hang, more rarely
 * and in a section of their own, after what libvirt itself knows was posted.
 */
#include <string.h>

#include "backend/detail.h"
#include "backend/op_util.h"
#include "backend/snapshots.h"

#define FILES_EVERY_US (30 * G_USEC_PER_SEC)

struct snapshots_look {
	uint8_t uuid[16];
	char *seen; /* what the tree was, to notice that it changed */
	gint64 files_us;
	struct snapshot_files *files;
};

void detail_snapshots_free(struct snapshots_look *look)
{
	if (!look)
		return;
	g_free(look->seen);
	snapshot_files_free(look->files);
	g_free(look);
}

static char *fingerprint(GPtrArray *tree)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < tree->len; i++) {
		const struct snap *snap = g_ptr_array_index(tree, i);
		xmlChar *xml = NULL;
		int size = 0;
		xmlDocDumpMemory(snap->doc, &xml, &size);
		g_autofree char *hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, xml, (gsize)MAX(size, 0));
		g_string_append_printf(text, "%s %d\n", hash, snap->current);
		xmlFree(xml);
	}
	return g_string_free(text, FALSE);
}

static void post(struct detail *detail, GPtrArray *tree, const struct snapshot_files *files)
{
	struct msg *msg = detail_msg(detail, MSG_SNAPSHOTS);

	msg->kind = OBJ_GUEST;
	memcpy(msg->uuid, detail->open.uuid, sizeof(msg->uuid));
	msg->list = snapshots_rows(tree, detail->open.uuid, files);
	detail_post(detail, msg);
}

/* NULL: it could not be read, or this thread was left behind. */
static GPtrArray *read_tree(struct detail *detail)
{
	GPtrArray *tree = NULL;
	virDomainPtr dom;

	if (!detail_enter(detail, BUSY_HOST, NULL))
		return NULL;
	dom = detail_domain(detail, detail->open.uuid);
	if (dom)
		tree = snapshot_tree_read(dom, false, NULL);
	virResetLastError();
	if (!detail_leave(detail))
		g_clear_pointer(&tree, g_ptr_array_unref);
	return tree;
}

/* What is kept belongs to one guest. true: the tree is another one than last time. */
static bool keep_seen(struct detail *detail, GPtrArray *tree)
{
	struct snapshots_look *look = detail->snapshots;
	g_autofree char *seen = fingerprint(tree);

	if (look && memcmp(look->uuid, detail->open.uuid, sizeof(look->uuid)) == 0 && g_str_equal(look->seen, seen))
		return false;
	if (!look || memcmp(look->uuid, detail->open.uuid, sizeof(look->uuid)) != 0) {
		detail_snapshots_free(look);
		detail->snapshots = look = g_new0(struct snapshots_look, 1);
		memcpy(look->uuid, detail->open.uuid, sizeof(look->uuid));
	}
	g_free(look->seen);
	look->seen = g_steal_pointer(&seen);
	return true;
}

static void look_at_files(struct detail *detail, GPtrArray *tree)
{
	struct snapshots_look *look = detail->snapshots;

	if (!detail_enter(detail, BUSY_LISTS, NULL))
		return;
	struct snapshot_files *files = snapshot_files_look(detail->conn, tree);
	if (!detail_leave(detail)) {
		snapshot_files_free(files);
		return;
	}
	snapshot_files_free(look->files);
	look->files = files;
	look->files_us = g_get_monotonic_time();
	post(detail, tree, files);
}

void detail_snapshots(struct detail *detail, bool asked)
{
	g_autoptr(GPtrArray) tree = NULL;

	detail->snapshots_us = g_get_monotonic_time();
	if (detail->conn == NULL)
		return;
	tree = read_tree(detail);
	if (!tree)
		return;
	bool changed = keep_seen(detail, tree);
	/* Old sizes beside a new snapshot are better than none. */
	if (changed || asked)
		post(detail, tree, detail->snapshots->files);
	if (tree->len > 0 && detail->host->lists_hung == 0 &&
	        (changed || asked || detail->snapshots_us - detail->snapshots->files_us >= FILES_EVERY_US))
		look_at_files(detail, tree);
	detail->snapshots_us = g_get_monotonic_time();
}
