/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which image of a host is based on which, and who needs them: what must be
 * known before a file of a snapshot is merged or deleted, because libvirt knows
 * only the chain of now. Reads every volume of every active pool, and those of
 * the directories that the guest's snapshots lie in. Worker threads.
 */
#ifndef NVIRT_BACKEND_SNAPSHOT_MAP_H
#define NVIRT_BACKEND_SNAPSHOT_MAP_H

#include "backend/file_users.h"
#include "backend/snapshot_tree.h"

struct snapshot_map {
	struct file_users *others; /* what the other guests and their snapshots use */
	GHashTable *base;          /* key of a volume -> key of what it is based on, "" = nothing; all owned */
	GHashTable *ours;          /* keys of the files that snapshots of this guest made */
	GPtrArray *now;            /* struct now_disk * */
	bool agrees;               /* the live and the stored definition name the same files */
	bool active;
	char *unseen;              /* pools that are off, and may hold users: cleaned; NULL = none */
};

struct now_disk {
	char *target, *path; /* raw; what the guest writes to */
};

/* NULL with `error` when anything that may hide a user can not be read. */
struct snapshot_map *snapshot_map_read(virDomainPtr dom, GPtrArray *tree, GError **error);
void snapshot_map_free(struct snapshot_map *map);

/* The one spelling of a path; owned. */
char *snapshot_map_key(const struct snapshot_map *map, const char *path);
bool snapshot_map_has(const struct snapshot_map *map, const char *key);
/* What the guest writes to through that disk; NULL = it has none such. Raw. */
const char *snapshot_map_now(const struct snapshot_map *map, const char *target);
/*
 * Keys that are needed when `without` is no more: by now, by other snapshots,
 * by other guests, by images that no snapshot made. Owned set.
 */
GHashTable *snapshot_map_needed(const struct snapshot_map *map, GPtrArray *tree, const struct snap *without);
/* The needed images that are based directly on `key`: char *, borrowed from the map; owned array. */
GPtrArray *snapshot_map_children(const struct snapshot_map *map, GHashTable *needed, const char *key);
/* As if `child`, based on `base`, were merged into it, or, `base` NULL, were deleted. Raw paths. */
void snapshot_map_pretend(struct snapshot_map *map, const char *child, const char *base);
/* Other guests that use this very file, in words, owned; NULL = none. */
char *snapshot_map_others(const struct snapshot_map *map, const char *key);

#endif
