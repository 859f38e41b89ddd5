/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots as facts. Pure. */
#include "nvirt/snapshot.h"

struct snapshot_row *snapshot_row_new(void)
{
	struct snapshot_row *row = g_new0(struct snapshot_row, 1);

	row->size_bytes = -1;
	row->disks = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_disk_free);
	return row;
}

void snapshot_row_free(struct snapshot_row *row)
{
	if (!row)
		return;
	g_free(row->name);
	g_free(row->description);
	g_free(row->memory_file);
	g_free(row->nvram_file);
	g_free(row->missing);
	g_free(row->xml);
	g_free(row->screen_file);
	g_ptr_array_unref(row->disks);
	g_free(row);
}

void snapshot_disk_free(struct snapshot_disk *disk)
{
	if (!disk)
		return;
	g_free(disk->target);
	g_free(disk->mode);
	g_free(disk->state);
	g_free(disk->overlay);
	g_free(disk->format);
	g_free(disk);
}

const char *snapshot_kind_word(enum snapshot_kind kind)
{
	switch (kind) {
	case SNAPSHOT_INTERNAL:
		return "internal";
	case SNAPSHOT_EXTERNAL:
		return "external";
	case SNAPSHOT_MIXED:
		return "mixed";
	}
	return "";
}
