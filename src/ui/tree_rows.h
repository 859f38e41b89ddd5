/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree as a flat list of rows, in one of several orders: everything below
 * its host, by kind, or the guests by state or by tag; without what is folded
 * or does not match the filter. Made anew only when the store's lists, the
 * order, the filter or the folding changed. Main thread; draws nothing.
 */
#ifndef NVIRT_UI_TREE_ROWS_H
#define NVIRT_UI_TREE_ROWS_H

#include "nvirt/store.h"

enum tree_by { TREE_BY_HOST, TREE_BY_KIND, TREE_BY_STATE, TREE_BY_TAG, TREE_BY_N };

enum tree_part {
	TREE_OBJECT,   /* the object `ref` itself */
	TREE_STORAGE,  /* the group of pools of host `ref` */
	TREE_NETWORKS, /* the group of networks of host `ref` */
	TREE_NOTE,     /* "reading ..." below pool `ref` */
	TREE_GROUP,    /* the group `group`; `ref` is OBJ_NONE */
};

struct tree_row {
	struct obj_ref ref;
	enum tree_part part;
	const char *group; /* interned: the group it stands in, as a guest with two tags stands twice; NULL = none */
	int depth;
	bool foldable, folded;
	bool match;             /* by itself, not only for what is below it; while a filter is on */
	unsigned count, active; /* of a group: its members, and the active guests among them */
};

struct tree_rows {
	const struct store *store;
	enum tree_by by;
	GArray *rows;                   /* struct tree_row */
	GHashTable *toggled[TREE_BY_N]; /* struct tree_row * whose folding is not the usual one */
	char *filter, *filter_fold;
	uint64_t generation, tags_generation;
	unsigned hosts;
	bool stale;
};

void tree_rows_init(struct tree_rows *tree, const struct store *store);
void tree_rows_fini(struct tree_rows *tree);
/* True when the rows had to be made anew: indices mean something else now. */
bool tree_rows_sync(struct tree_rows *tree);
/* NULL beyond the end. */
const struct tree_row *tree_rows_at(const struct tree_rows *tree, unsigned index);
/* The row of the same identity, else one of the same object in another group; -1 = neither. */
int tree_rows_find(const struct tree_rows *tree, const struct tree_row *row);
/* Of the row above it that it belongs to; -1 for a host. */
int tree_rows_parent(const struct tree_rows *tree, unsigned index);
void tree_rows_set_fold(struct tree_rows *tree, const struct tree_row *row, bool folded);
/* Opens whatever hides `ref` by being folded. */
void tree_rows_reveal(struct tree_rows *tree, const struct obj_ref *ref);
/* The first row that matches the filter by itself; -1 where none does or no filter is on. */
int tree_rows_first_match(const struct tree_rows *tree);
void tree_rows_set_filter(struct tree_rows *tree, const char *filter);
void tree_rows_set_by(struct tree_rows *tree, enum tree_by by);

/* ---- for tree_groups.c ---- */
/*
 * Appends a row and says whether its children are to be listed. While a filter
 * is on everything is looked into, so that a match in a folded part is found.
 */
bool tree_rows_push(struct tree_rows *tree, struct tree_row row);
/* Takes back a parent at `at` that neither matches nor has children that do. */
void tree_rows_prune(struct tree_rows *tree, unsigned at, bool match);
bool tree_rows_filtering(const struct tree_rows *tree);
bool tree_rows_matches(const struct tree_rows *tree, const char *fold);
/* A pool with its volumes below it. */
void tree_rows_push_pool(struct tree_rows *tree, const struct pool *pool, const char *group, int depth);
/* All rows of the orders that know no hosts. */
void tree_groups_make(struct tree_rows *tree);
/* The groups that `ref` stands in, interned, as far as the store knows; owned, not its strings. */
GPtrArray *tree_groups_of(const struct tree_rows *tree, const struct obj_ref *ref);

#endif
