/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree as a flat list of rows: hosts, their guests, storage and networks,
 * without what is folded or does not match the filter. Made anew only when the
 * store's lists, the filter or the folding changed. Main thread; draws nothing.
 */
#ifndef NVIRT_UI_TREE_ROWS_H
#define NVIRT_UI_TREE_ROWS_H

#include "nvirt/store.h"

enum tree_part {
	TREE_OBJECT,   /* the object `ref` itself */
	TREE_STORAGE,  /* the group of pools of host `ref` */
	TREE_NETWORKS, /* the group of networks of host `ref` */
	TREE_NOTE,     /* "reading ..." below pool `ref` */
};

struct tree_row {
	struct obj_ref ref;
	enum tree_part part;
	int depth;
	bool foldable, folded;
	bool match; /* by itself, not only for what is below it; while a filter is on */
};

struct tree_rows {
	const struct store *store;
	GArray *rows;        /* struct tree_row */
	GHashTable *toggled; /* struct tree_row * whose folding is not the usual one */
	char *filter, *filter_fold;
	uint64_t generation;
	unsigned hosts;
	bool stale;
};

void tree_rows_init(struct tree_rows *tree, const struct store *store);
void tree_rows_fini(struct tree_rows *tree);
/* True when the rows had to be made anew: indices mean something else now. */
bool tree_rows_sync(struct tree_rows *tree);
/* NULL beyond the end. */
const struct tree_row *tree_rows_at(const struct tree_rows *tree, unsigned index);
/* -1 where it is not among the rows. */
int tree_rows_find(const struct tree_rows *tree, const struct obj_ref *ref, enum tree_part part);
/* Of the row above it that it belongs to; -1 for a host. */
int tree_rows_parent(const struct tree_rows *tree, unsigned index);
void tree_rows_set_fold(struct tree_rows *tree, const struct tree_row *row, bool folded);
/* Opens whatever hides `ref` by being folded. */
void tree_rows_reveal(struct tree_rows *tree, const struct obj_ref *ref);
/* The first row that matches the filter by itself; -1 where none does or no filter is on. */
int tree_rows_first_match(const struct tree_rows *tree);
void tree_rows_set_filter(struct tree_rows *tree, const char *filter);

#endif
