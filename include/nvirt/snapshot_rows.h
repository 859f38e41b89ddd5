/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's snapshots as rows of a tree, with the present state ("now") in its
 * place below the current one. A chain goes straight down: only where several
 * stand on one snapshot are all but one of them set in, so that a thousand
 * snapshots one after the other need no width. What stays on the line is the
 * one that leads to now, else the newest. Pure; main thread; draws nothing.
 */
#ifndef NVIRT_SNAPSHOT_ROWS_H
#define NVIRT_SNAPSHOT_ROWS_H

#include "nvirt/store.h"

struct snapshot_item {
	const struct snapshot *snapshot; /* borrowed until the next message; NULL = now */
	int parent;                      /* index in the list of snapshots, of what it stands on; -1 = nothing */
	unsigned depth;                  /* how often it was set in */
	bool side;                       /* begins a branch: a line leads to it from the left */
	bool foldable, folded;
	unsigned hidden;                 /* snapshots below it that are folded away */
	bool hides_now;
};

/*
 * Replaces `rows` (struct snapshot_item) by what is not folded away. `folded`
 * is a set of interned raw names. A filter looks into what is folded, and shows
 * only what matches it.
 */
void snapshot_rows_make(GArray *rows, const GPtrArray *snapshots, GHashTable *folded, const char *filter_fold);
/* Does it match by name, description, kind or state? */
bool snapshot_matches(const struct snapshot *snapshot, const char *filter_fold);
/* "int disk", "ext disk+RAM": kind and what is in it, in two words. */
const char *snapshot_kind_short(const struct snapshot_row *row);
/* Wall clock in us; a time that can not be is brought within what a calendar has. */
gint64 snapshot_time_us(const struct snapshot_row *row);

#endif
