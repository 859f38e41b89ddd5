/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tags as words: see tags.h. Pure. */
#include "nvirt/tags.h"

char **tags_split(const char *tags)
{
	g_auto(GStrv) parts = g_strsplit(tags ? tags : "", ",", -1);
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (char **part = parts; *part; part++)
		if (*g_strstrip(*part) && g_hash_table_add(seen, *part))
			g_strv_builder_add(words, *part);
	return g_strv_builder_end(words);
}

char *tags_tidy(const char *tags)
{
	g_auto(GStrv) words = tags_split(tags);

	return g_strjoinv(", ", words);
}

char *tags_change(const char *tags, const char *add, const char *remove)
{
	g_autofree char *all = g_strconcat(tags ? tags : "", ",", add, NULL);
	g_auto(GStrv) words = tags_split(all);
	g_auto(GStrv) gone = tags_split(remove);
	g_autoptr(GStrvBuilder) kept = g_strv_builder_new();
	g_auto(GStrv) rest = NULL;

	for (char **word = words; *word; word++)
		if (!g_strv_contains((const char *const *)gone, *word))
			g_strv_builder_add(kept, *word);
	rest = g_strv_builder_end(kept);
	return g_strjoinv(", ", rest);
}
