/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which guest has which file as a disk: see usage.h. */
#include "backend/usage.h"

#include <stdlib.h>
#include <string.h>

#include "backend/domain_xml.h"
#include "nvirt/text.h"

GHashTable *usage_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

struct reading {
	GHashTable *usage;
	const char *guest; /* cleaned */
};

/* Is `words` one of the ", "-separated ones already? The live and the stored definition mostly agree. */
static bool listed(const char *list, const char *words)
{
	gsize len = strlen(words);

	for (const char *at = strstr(list, words); at != NULL; at = strstr(at + 1, words))
		if ((at == list || at[-1] == ' ') && (at[len] == '\0' || at[len] == ','))
			return true;
	return false;
}

static void add_file(const char *target, const char *path, void *data)
{
	const struct reading *reading = data;
	const char *before = g_hash_table_lookup(reading->usage, path);
	g_autofree char *words = NULL;
	g_autofree char *clean = text_clean(target, -1);

	words = g_strdup_printf("%s of %s", clean, reading->guest);
	if (before == NULL)
		g_hash_table_insert(reading->usage, g_strdup(path), g_steal_pointer(&words));
	else if (!listed(before, words))
		g_hash_table_insert(reading->usage, g_strdup(path), g_strconcat(before, ", ", words, NULL));
}

static void read_guest(GHashTable *usage, virDomainPtr dom)
{
	g_autofree char *name = text_clean(virDomainGetName(dom), -1);
	struct reading reading = {usage, name};
	bool active = virDomainGetID(dom) != (unsigned)-1;
	char *xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE);

	if (xml != NULL)
		domain_xml_each_file(xml, add_file, &reading);
	free(xml);
	/* Only the live one has the backing chain. */
	xml = active ? virDomainGetXMLDesc(dom, 0) : NULL;
	if (xml != NULL)
		domain_xml_each_file(xml, add_file, &reading);
	free(xml);
}

void usage_read(GHashTable *usage, virConnectPtr conn, gint64 deadline_us, bool (*go_on)(void *data), void *data)
{
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(conn, &doms, 0);

	for (int i = 0; i < n; i++) {
		if (g_get_monotonic_time() < deadline_us && go_on(data))
			read_guest(usage, doms[i]);
		virDomainFree(doms[i]);
	}
	free(doms);
}

char *usage_of(GHashTable *usage, const char *path, const char *pool, const char *name)
{
	g_autofree char *by_name = pool != NULL && name != NULL ? g_strdup_printf("%s/%s", pool, name) : NULL;
	const char *users = path != NULL ? g_hash_table_lookup(usage, path) : NULL;
	const char *named = by_name != NULL ? g_hash_table_lookup(usage, by_name) : NULL;

	if (users != NULL && named != NULL)
		return g_strconcat(users, ", ", named, NULL);
	return g_strdup(users != NULL ? users : named != NULL ? named : "");
}
