/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a snapshot can go: see snapshot_removal.h. */
#include "backend/snapshot_removal.h"

#include <string.h>

#include "nvirt/text.h"

static void merge_free(gpointer data)
{
	struct removal_merge *merge = data;

	g_free(merge->target);
	g_free(merge->state);
	g_free(merge->format);
	g_free(merge->child);
	g_free(merge);
}

static void stay_free(gpointer data)
{
	struct removal_stay *stay = data;

	g_free(stay->path);
	g_free(stay->why);
	g_free(stay);
}

void removal_free(struct removal *removal)
{
	if (!removal)
		return;
	g_ptr_array_unref(removal->merges);
	g_ptr_array_unref(removal->goes);
	g_ptr_array_unref(removal->stays);
	g_free(removal->refused);
	g_free(removal);
}

/* What is asked of one snapshot: the removal under way, and what is needed without it. */
struct finding {
	const struct snapshot_map *map;
	GPtrArray *tree;
	const struct snap *snap;
	GHashTable *needed;
	struct removal *removal;
};

static bool is_needed(const struct finding *finding, const char *path)
{
	g_autofree char *key = snapshot_map_key(finding->map, path);

	return g_hash_table_contains(finding->needed, key);
}

static bool is_ours(const struct finding *finding, const char *path)
{
	g_autofree char *key = snapshot_map_key(finding->map, path);

	return g_hash_table_contains(finding->map->ours, key);
}

static bool same_file(const struct finding *finding, const char *a, const char *b)
{
	g_autofree char *x = snapshot_map_key(finding->map, a), *y = snapshot_map_key(finding->map, b);

	return g_str_equal(x, y);
}

static void goes(struct finding *finding, const char *path)
{
	GPtrArray *list = finding->removal->goes;

	if (*path && !g_ptr_array_find_with_equal_func(list, path, g_str_equal, NULL))
		g_ptr_array_add(list, g_strdup(path));
}

static void stays(struct finding *finding, const char *path, const char *why)
{
	for (unsigned i = 0; i < finding->removal->stays->len; i++)
		if (g_str_equal(((struct removal_stay *)g_ptr_array_index(finding->removal->stays, i))->path, path))
			return;
	struct removal_stay *stay = g_new0(struct removal_stay, 1);

	stay->path = g_strdup(path);
	stay->why = text_clean(why, -1);
	stay->ours = is_ours(finding, path);
	g_ptr_array_add(finding->removal->stays, stay);
}

/* ---- who needs a file ---- */

static const struct snap *other_with_state(const struct finding *finding, const char *path)
{
	for (unsigned i = 0; i < finding->tree->len; i++) {
		const struct snap *snap = g_ptr_array_index(finding->tree, i);
		for (unsigned d = 0; snap != finding->snap && d < snap->disks->len; d++) {
			const struct snap_disk *disk = g_ptr_array_index(snap->disks, d);
			if (*disk->state && same_file(finding, disk->state, path))
				return snap;
		}
	}
	return NULL;
}

static bool is_now(const struct finding *finding, const char *path)
{
	for (unsigned i = 0; i < finding->map->now->len; i++) {
		const struct now_disk *now = g_ptr_array_index(finding->map->now, i);
		if (*now->path && same_file(finding, now->path, path))
			return true;
	}
	return false;
}

/* Why a file can not go nor be written to; NULL = nobody but `children` needs it. */
static char *direct_user(const struct finding *finding, const char *path)
{
	g_autofree char *key = snapshot_map_key(finding->map, path);
	char *others = snapshot_map_others(finding->map, key);
	const struct snap *snap = other_with_state(finding, path);

	if (others)
		return others;
	if (snap)
		return g_strdup_printf("snapshot '%s' needs it", snap->name);
	return is_now(finding, path) ? g_strdup("the guest writes to it") : NULL;
}

static char *children_words(GPtrArray *children)
{
	GString *words = g_string_new(NULL);

	for (unsigned i = 0; i < children->len && i < 3; i++) {
		g_autofree char *name = g_path_get_basename(g_ptr_array_index(children, i));
		g_string_append_printf(words, "%s'%s'", i ? ", " : "", name);
	}
	if (children->len > 3)
		g_string_append_printf(words, " and %u more", children->len - 3);
	g_string_append(words, children->len == 1 ? " is based on it" : " are based on it");
	return g_string_free(words, FALSE);
}

/* ---- merging ---- */

/* The image above `key` in the guest's chain of now; NULL = it is not in there. Borrowed from the map. */
static const char *above_in_chain(const struct finding *finding, const char *target, const char *key, bool *ret_top)
{
	const char *path = snapshot_map_now(finding->map, target);
	g_autofree char *first = path ? snapshot_map_key(finding->map, path) : NULL;
	gpointer at = NULL, base = NULL;

	if (!first || !g_hash_table_lookup_extended(finding->map->base, first, &at, &base))
		return NULL;
	*ret_top = true;
	for (unsigned depth = 0; depth < 1000; depth++) {
		if (g_str_equal(base, key))
			return at;
		if (!g_hash_table_lookup_extended(finding->map->base, base, &at, &base))
			return NULL;
		*ret_top = false;
	}
	return NULL;
}

/* The merge of the one child into the file, or why not (owned). */
static char *try_merge(struct finding *finding, const struct snap_disk *disk, const char *child)
{
	g_autofree char *key = snapshot_map_key(finding->map, disk->state);
	bool top = false;
	const char *above = above_in_chain(finding, disk->target, key, &top);
	g_autoptr(GPtrArray) over = snapshot_map_children(finding->map, finding->needed, child);
	g_autofree char *others = snapshot_map_others(finding->map, child);

	if (!above || !g_str_equal(above, child))
		return g_strdup_printf("another branch of the snapshots is based on it");
	if (!finding->map->agrees)
		return g_strdup("the running and the stored definition of the guest name different files");
	if (others)
		return g_steal_pointer(&others);
	if (!is_ours(finding, child))
		return g_strdup_printf("'%s', which no snapshot made, is based on it", child);
	if (over->len > (top ? 0 : 1))
		return g_strdup_printf("several branches of the snapshots are based on '%s'", child);
	if (!*disk->state_format)
		return g_strdup("its format is not stated");
	struct removal_merge *merge = g_new0(struct removal_merge, 1);
	merge->target = g_strdup(disk->target);
	merge->state = g_strdup(disk->state);
	merge->format = g_strdup(disk->state_format);
	merge->child = g_strdup(child);
	merge->active = top;
	g_ptr_array_add(finding->removal->merges, merge);
	return NULL;
}

/* ---- one disk ---- */

static void find_disk(struct finding *finding, const struct snap_disk *disk)
{
	g_autofree char *key = snapshot_map_key(finding->map, disk->state);

	g_autofree char *overlay = snapshot_map_key(finding->map, disk->overlay);

	/* One that a roll back left behind may be gone already. */
	if (*disk->overlay && snapshot_map_has(finding->map, overlay) && is_ours(finding, disk->overlay)
	        && !is_needed(finding, disk->overlay))
		goes(finding, disk->overlay);
	if (!snapshot_map_has(finding->map, key)) {
		g_autofree char *raw = g_strdup_printf(
		        "'%s', which it stands on, is not there: put it back, or drop only the record", disk->state);
		if (!finding->removal->refused)
			finding->removal->refused = text_clean(raw, -1);
		return;
	}
	if (!is_needed(finding, disk->state)) {
		goes(finding, disk->state);
		return;
	}
	g_autoptr(GPtrArray) children = snapshot_map_children(finding->map, finding->needed, key);
	g_autofree char *why = direct_user(finding, disk->state);
	if (!why && children->len == 1)
		why = try_merge(finding, disk, g_ptr_array_index(children, 0));
	else if (!why)
		why = children->len ? children_words(children) : g_strdup("no snapshot made it: it is the guest's own");
	if (why)
		stays(finding, disk->state, why);
}

/* All disks are merged, or none: a snapshot that is whole on one and gone on the other helps nobody. */
static void settle_merges(struct finding *finding)
{
	struct removal *removal = finding->removal;

	if (!removal->merges->len || !removal->stays->len)
		return;
	for (unsigned i = 0; i < removal->merges->len; i++) {
		const struct removal_merge *merge = g_ptr_array_index(removal->merges, i);
		stays(finding, merge->state, "its other disks can not be merged");
	}
	g_ptr_array_set_size(removal->merges, 0);
}

static void find_kept(struct finding *finding)
{
	for (unsigned i = 0; i < finding->snap->kept->len; i++) {
		const char *path = g_ptr_array_index(finding->snap->kept, i);
		g_autofree char *key = snapshot_map_key(finding->map, path);
		if (!snapshot_map_has(finding->map, key))
			continue; /* merged since */
		if (!is_needed(finding, path))
			goes(finding, path);
		else
			stays(finding, path, "others are based on it");
	}
}

static bool memory_shared(GPtrArray *tree, const struct snap *snap, const char *path)
{
	for (unsigned i = 0; i < tree->len; i++) {
		const struct snap *other = g_ptr_array_index(tree, i);
		if (other != snap && (g_str_equal(other->memory_file, path) || g_str_equal(other->nvram_file, path)))
			return true;
	}
	return false;
}

static void find_external(struct finding *finding)
{
	for (unsigned i = 0; i < finding->snap->disks->len; i++) {
		const struct snap_disk *disk = g_ptr_array_index(finding->snap->disks, i);

		if (g_str_equal(disk->mode, "external") && *disk->state)
			find_disk(finding, disk);
	}
	settle_merges(finding);
	find_kept(finding);
	finding->removal->way = finding->removal->merges->len ? REMOVAL_MERGE : REMOVAL_FILES;
	for (unsigned i = 0; i < finding->removal->merges->len; i++)
		goes(finding, ((struct removal_merge *)g_ptr_array_index(finding->removal->merges, i))->child);
}

struct removal *removal_find(
        const struct snapshot_map *map, GPtrArray *tree, const struct snap *snap, bool record_only)
{
	struct removal *removal = g_new0(struct removal, 1);
	struct finding finding = {.map = map, .tree = tree, .snap = snap, .removal = removal};

	removal->merges = g_ptr_array_new_with_free_func(merge_free);
	removal->goes = g_ptr_array_new_with_free_func(g_free);
	removal->stays = g_ptr_array_new_with_free_func(stay_free);
	removal->way = record_only ? REMOVAL_RECORD : REMOVAL_INTERNAL;
	if (record_only)
		return removal;
	if (snap->kind == SNAPSHOT_MIXED) {
		removal->refused = g_strdup("it is internal and external at once, made by another program: delete it there, or "
		                            "drop only its record");
		return removal;
	}
	if (snap->kind == SNAPSHOT_EXTERNAL) {
		finding.needed = snapshot_map_needed(map, tree, snap);
		find_external(&finding);
		g_hash_table_unref(finding.needed);
	}
	if (*snap->memory_file && !memory_shared(tree, snap, snap->memory_file))
		goes(&finding, snap->memory_file);
	if (*snap->nvram_file && !memory_shared(tree, snap, snap->nvram_file))
		goes(&finding, snap->nvram_file);
	return removal;
}

/* ---- as if it were done ---- */

static void pretend_merge(struct snapshot_map *map, GPtrArray *tree, const struct removal_merge *merge)
{
	g_autofree char *child = snapshot_map_key(map, merge->child);

	for (unsigned i = 0; i < tree->len; i++) {
		const struct snap *snap = g_ptr_array_index(tree, i);
		for (unsigned d = 0; d < snap->disks->len; d++) {
			struct snap_disk *disk = g_ptr_array_index(snap->disks, d);
			g_autofree char *key = snapshot_map_key(map, disk->state);
			if (!g_str_equal(key, child))
				continue;
			g_free(disk->state);
			g_free(disk->state_format);
			disk->state = g_strdup(merge->state);
			disk->state_format = g_strdup(merge->format);
		}
	}
	snapshot_map_pretend(map, merge->child, merge->state);
}

void removal_pretend(struct snapshot_map *map, GPtrArray *tree, const struct removal *removal)
{
	if (removal->refused || removal->way == REMOVAL_RECORD)
		return;
	for (unsigned i = 0; i < removal->merges->len; i++)
		pretend_merge(map, tree, g_ptr_array_index(removal->merges, i));
	for (unsigned i = 0; i < removal->goes->len; i++)
		snapshot_map_pretend(map, g_ptr_array_index(removal->goes, i), NULL);
}
