/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures of screens: see screens.h. */
#include "backend/screens.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/conn.h"
#include "nvirt/inv.h"

#define SCREEN_MAX (4 * 1024 * 1024)
#define CHUNK (64 * 1024)

char *screens_path(const uint8_t uuid[16], const char *name, gint64 created_unix_s)
{
	g_autofree char *key = g_strdup_printf("%s\n%" G_GINT64_FORMAT, name, created_unix_s);
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key, -1);
	char guest[37];

	uuid_format(uuid, guest);
	hash[32] = '\0';
	g_autofree char *file = g_strconcat(hash, ".png", NULL);
	return g_build_filename(g_get_user_state_dir(), "nvirt", "screens", guest, file, NULL);
}

static GByteArray *receive(virStreamPtr stream)
{
	g_autofree char *chunk = g_malloc(CHUNK);
	GByteArray *bytes = g_byte_array_new();
	int n;

	while ((n = virStreamRecv(stream, chunk, CHUNK)) > 0 && bytes->len + (guint)n <= SCREEN_MAX)
		g_byte_array_append(bytes, (const guint8 *)chunk, (guint)n);
	if (n == 0) {
		virStreamFinish(stream);
		return bytes;
	}
	virStreamAbort(stream);
	g_byte_array_unref(bytes);
	return NULL;
}

GBytes *screens_take(virDomainPtr dom, GError **error)
{
	virStreamPtr stream = virStreamNew(virDomainGetConnect(dom), 0);
	char *type = stream ? virDomainScreenshot(dom, stream, 0, 0) : NULL;
	GByteArray *bytes = type ? receive(stream) : NULL;

	/* Freeing forgets why. */
	if (!bytes)
		conn_set_error(error, "no screenshot is to be had");
	free(type);
	if (stream)
		virStreamFree(stream);
	/* An old QEMU sends a PPM, which nobody here shows. */
	if (bytes && (bytes->len < 8 || memcmp(bytes->data, "\x89PNG\r\n\x1a\n", 8) != 0))
		g_clear_pointer(&bytes, g_byte_array_unref);
	if (!bytes && error && !*error)
		g_set_error(error, CONN_ERROR, VIR_ERR_NO_SUPPORT, "its screenshots are no PNG");
	return bytes ? g_byte_array_free_to_bytes(bytes) : NULL;
}

void screens_keep(GBytes *png, const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);

	if (g_mkdir_with_parents(dir, 0700) < 0)
		return;
	g_file_set_contents_full(path, g_bytes_get_data(png, NULL), (gssize)g_bytes_get_size(png),
	        G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}

/* The guest's directory goes with its last picture. */
void screens_remove(const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);

	if (g_unlink(path) == 0)
		g_rmdir(dir);
}

void screens_rename(const char *from, const char *to)
{
	g_rename(from, to);
}
