/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One host's guests, filtered and sorted for the table. Sorting is by one
 * number a guest, with the natural order by name behind it, so that ten
 * thousand guests are sorted in a few milliseconds, and only when a new sample
 * came. Main thread; draws nothing.
 */
#ifndef NVIRT_UI_GUEST_ROWS_H
#define NVIRT_UI_GUEST_ROWS_H

#include "nvirt/store.h"

enum guest_column {
	GUEST_COL_STATE, /* glyph and mark */
	GUEST_COL_NAME,
	GUEST_COL_WORD,
	GUEST_COL_CPU,
	GUEST_COL_BAR,
	GUEST_COL_MEMORY,
	GUEST_COL_ALLOCATED,
	GUEST_COL_VCPUS,
	GUEST_COL_ID,
	GUEST_COL_SINCE,
	GUEST_COL_FLAGS,
	GUEST_COL_N
};

struct guest_rows {
	const struct store *store;
	unsigned host;
	enum guest_column sort;
	bool invert;
	char *filter, *filter_fold;
	GArray *rows; /* private; guest_rows_at() */
	uint64_t generation;
	gint64 sample_us;
	bool stale; /* make anew whatever the store says */
};

void guest_rows_init(struct guest_rows *self, const struct store *store);
void guest_rows_fini(struct guest_rows *self);
void guest_rows_set_host(struct guest_rows *self, unsigned host);
void guest_rows_set_filter(struct guest_rows *self, const char *filter);
/* True when order or rows changed. Before any other use, in every call from outside: rows point into the
 * store. */
bool guest_rows_sync(struct guest_rows *self);
unsigned guest_rows_count(const struct guest_rows *self);
const struct guest *guest_rows_at(const struct guest_rows *self, unsigned index);
int guest_rows_find(const struct guest_rows *self, const struct obj_ref *ref);

#endif
