/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See look_at.h. */
#include "support/look_at.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names, sizes and modes of the images, but for what a guest that runs writes by itself. */
static void look_files(GString *text, const char *images)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(images, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)))
		if (!g_str_has_suffix(name, ".serial"))
			g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, compare_names);
	for (unsigned i = 0; i < names->len; i++) {
		g_autofree char *path = g_build_filename(images, names->pdata[i], NULL);
		GStatBuf st = {0};

		assert_int_equal(g_stat(path, &st), 0);
		g_string_append_printf(text, "%s %lld %o\n", path, (long long)st.st_size, st.st_mode);
	}
}

static void look_guests(GString *text, virConnectPtr conn)
{
	virDomainPtr *list = NULL;
	int n = virConnectListAllDomains(conn, &list, 0);

	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		char *xml = virDomainGetXMLDesc(list[i], VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
		int state = -1, reason = -1, autostart = -1;

		virDomainGetState(list[i], &state, &reason, 0);
		virDomainGetAutostart(list[i], &autostart);
		g_string_append_printf(text, "%d %d %d %d %d %s\n", state, reason, autostart,
		        virDomainHasManagedSaveImage(list[i], 0), virDomainSnapshotNum(list[i], 0), xml);
		free(xml);
		virDomainFree(list[i]);
	}
	free(list);
}

static void look_pools(GString *text, virConnectPtr conn)
{
	virStoragePoolPtr *list = NULL;
	int n = virConnectListAllStoragePools(conn, &list, 0);

	for (int i = 0; i < n; i++) {
		int autostart = -1;

		virStoragePoolGetAutostart(list[i], &autostart);
		g_string_append_printf(
		        text, "%s %d %d\n", virStoragePoolGetName(list[i]), virStoragePoolIsActive(list[i]), autostart);
		virStoragePoolFree(list[i]);
	}
	free(list);
}

static void look_networks(GString *text, virConnectPtr conn)
{
	virNetworkPtr *list = NULL;
	int n = virConnectListAllNetworks(conn, &list, 0);

	for (int i = 0; i < n; i++) {
		int autostart = -1;

		virNetworkGetAutostart(list[i], &autostart);
		g_string_append_printf(
		        text, "%s %d %d\n", virNetworkGetName(list[i]), virNetworkIsActive(list[i]), autostart);
		virNetworkFree(list[i]);
	}
	free(list);
}

char *look_at(virConnectPtr conn, const char *images)
{
	GString *text = g_string_new(NULL);

	look_files(text, images);
	look_guests(text, conn);
	look_pools(text, conn);
	look_networks(text, conn);
	return g_string_free(text, FALSE);
}
