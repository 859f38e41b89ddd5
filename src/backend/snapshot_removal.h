/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How one snapshot can go without touching the content of any other: found by
 * looking, done by op_snapshot_delete.c. Pure but for what the map holds.
 */
#ifndef NVIRT_BACKEND_SNAPSHOT_REMOVAL_H
#define NVIRT_BACKEND_SNAPSHOT_REMOVAL_H

#include "backend/snapshot_map.h"

enum removal_way {
	REMOVAL_RECORD,   /* asked for: only libvirt's record; every file stays */
	REMOVAL_INTERNAL, /* libvirt takes it out of its disks */
	REMOVAL_FILES,    /* nobody needs its files: they are deleted, or stay for those who do */
	REMOVAL_MERGE,    /* what was written since goes down into the file that held its state */
};

/* A disk whose `child` is merged into `state`. Raw. */
struct removal_merge {
	char *target, *state, *format; /* the file that stays, and its format */
	char *child;                   /* the one that goes */
	bool active;                   /* the guest writes to `child` */
};

struct removal_stay {
	char *path; /* raw */
	char *why;  /* cleaned */
	bool ours;  /* made by a snapshot: goes when nobody needs it any more */
};

struct removal {
	enum removal_way way;
	GPtrArray *merges; /* struct removal_merge * */
	GPtrArray *goes;   /* char *, raw: files that are deleted */
	GPtrArray *stays;  /* struct removal_stay *: files that outlive it */
	char *refused;     /* why it can not go, cleaned; NULL */
};

/* `map` NULL for what needs none: a record, an internal one. */
struct removal *removal_find(
        const struct snapshot_map *map, GPtrArray *tree, const struct snap *snap, bool record_only);
/*
 * Makes map and tree (the snapshot is in it no more) what they will be when that
 * is done, for the plan of the next one.
 */
void removal_pretend(struct snapshot_map *map, GPtrArray *tree, const struct removal *removal);
void removal_free(struct removal *removal);

#endif
