/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The snapshot table of a qcow2 file (QEMU's docs/interop/qcow2.txt). It is
 * read while a guest may write it: a torn one gives fewer entries, nothing
 * worse, and is read again.
 */
#include "backend/qcow2_states.h"

#include <string.h>

#include "backend/op_util.h"

#define HEADER_SIZE 72
#define TABLE_MAX (256 * 1024)
#define COUNT_MAX 4096
#define ENTRY_SIZE 40

static uint32_t be32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint64_t be64(const uint8_t *bytes)
{
	return (uint64_t)be32(bytes) << 32 | be32(bytes + 4);
}

static unsigned be16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

GHashTable *qcow2_states_parse(const uint8_t *table, gsize size, unsigned n)
{
	GHashTable *states = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	gsize at = 0;

	for (unsigned i = 0; i < n && at <= size && size - at >= ENTRY_SIZE; i++) {
		const uint8_t *entry = table + at;
		gsize id = be16(entry + 12), name = be16(entry + 14), extra = be32(entry + 36);
		gsize whole = ENTRY_SIZE + extra + id + name;
		if (extra > 1024 || whole > size - at)
			break;
		int64_t *bytes = g_new(int64_t, 1);
		/* Larger than 32 bits: only the extra data have it whole. */
		*bytes = extra >= 8 ? (int64_t)be64(entry + ENTRY_SIZE) : (int64_t)be32(entry + 32);
		g_hash_table_replace(states, g_strndup((const char *)entry + ENTRY_SIZE + extra + id, name), bytes);
		at += (whole + 7) / 8 * 8;
	}
	return states;
}

/* How many bytes came, at most `size`. */
static gsize download(virStorageVolPtr vol, uint64_t offset, uint8_t *into, gsize size)
{
	virStreamPtr stream = virStreamNew(virStorageVolGetConnect(vol), 0);
	gsize got = 0;

	if (!stream)
		return 0;
	if (virStorageVolDownload(vol, stream, offset, size, 0) == 0) {
		int n;
		while (got < size && (n = virStreamRecv(stream, (char *)into + got, size - got)) > 0)
			got += (gsize)n;
		if (got == size)
			virStreamFinish(stream);
		else
			virStreamAbort(stream);
	}
	virStreamFree(stream);
	return got;
}

GHashTable *qcow2_states_read(virConnectPtr conn, const char *path)
{
	g_autoptr(virStorageVol) vol = virStorageVolLookupByPath(conn, path);
	uint8_t header[HEADER_SIZE];

	if (!vol || download(vol, 0, header, sizeof header) < sizeof header || memcmp(header, "QFI\xfb", 4) != 0)
		return NULL;
	unsigned n = be32(header + 60);
	uint64_t offset = be64(header + 64);
	if (n == 0 || n > COUNT_MAX || offset == 0 || offset > INT64_MAX)
		return NULL;
	g_autofree uint8_t *table = g_malloc(TABLE_MAX);
	/* It ends where the file may end: what came is what there is. */
	gsize size = download(vol, offset, table, MIN(TABLE_MAX, (gsize)n * 1024));
	return qcow2_states_parse(table, size, n);
}
