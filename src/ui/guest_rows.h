/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests filtered, grouped and sorted for the table: one host's, or those of
 * all hosts where they are grouped by host. Sorting is by one number a guest,
 * with the natural order by name behind it, so that ten thousand guests are
 * sorted in a few milliseconds, and only when a new sample came. Main thread;
 * draws nothing.
 */
#ifndef NVIRT_UI_GUEST_ROWS_H
#define NVIRT_UI_GUEST_ROWS_H

#include "guest_groups.h"
#include "nvirt/store.h"

/* One row a column: enum, word in the state file and in exports. */
#define GUEST_COLUMNS(X)                                                                                     \
	X(GUEST_COL_STATE, "s")                                                                              \
	X(GUEST_COL_NAME, "name")                                                                            \
	X(GUEST_COL_WORD, "state")                                                                           \
	X(GUEST_COL_CPU, "cpu")                                                                              \
	X(GUEST_COL_BAR, "cpu-bar")                                                                          \
	X(GUEST_COL_MEMORY, "memory")                                                                        \
	X(GUEST_COL_ALLOCATED, "given")                                                                      \
	X(GUEST_COL_VCPUS, "vcpus")                                                                          \
	X(GUEST_COL_ID, "id")                                                                                \
	X(GUEST_COL_SINCE, "since")                                                                          \
	X(GUEST_COL_FLAGS, "flags")                                                                          \
	X(GUEST_COL_DISK, "disk")                                                                            \
	X(GUEST_COL_NET, "net")                                                                              \
	X(GUEST_COL_UPTIME, "uptime")                                                                        \
	X(GUEST_COL_IP, "address")                                                                           \
	X(GUEST_COL_TAGS, "tags")                                                                            \
	X(GUEST_COL_TITLE, "title")                                                                          \
	X(GUEST_COL_AUTOSTART, "autostart")                                                                  \
	X(GUEST_COL_SCREEN, "screen")                                                                        \
	X(GUEST_COL_HOST, "host")                                                                            \
	X(GUEST_COL_UUID, "uuid")

enum guest_column {
#define X(id, word) id,
	GUEST_COLUMNS(X)
#undef X
	        GUEST_COL_N
};

const char *guest_column_word(enum guest_column column);
/* GUEST_COL_N where there is none of that word. */
enum guest_column guest_column_by_word(const char *word);

struct guest_rows {
	const struct store *store;
	unsigned host;
	enum guest_column sort;
	bool invert;
	enum guest_group group;
	char *filter, *filter_fold;
	GArray *rows;       /* private; guest_rows_at() */
	GHashTable *folded; /* interned groups */
	unsigned shown;     /* guests that pass the filter, each once */
	uint64_t generation, tags_generation;
	gint64 sample_us;
	bool stale; /* make anew whatever the store says */
};

void guest_rows_init(struct guest_rows *self, const struct store *store);
void guest_rows_fini(struct guest_rows *self);
void guest_rows_set_host(struct guest_rows *self, unsigned host);
void guest_rows_set_filter(struct guest_rows *self, const char *filter);
void guest_rows_set_group(struct guest_rows *self, enum guest_group group);
/* Folds or unfolds a group. */
void guest_rows_toggle(struct guest_rows *self, const char *group);
/* True when order or rows changed. Before any other use, in every call from outside: rows point into the
 * store. */
bool guest_rows_sync(struct guest_rows *self);
unsigned guest_rows_count(const struct guest_rows *self);

struct guest_line {
	const struct guest *guest; /* NULL: this is the row of `group` */
	const char *group;         /* interned; NULL = not grouped */
	bool folded;
	unsigned count, active; /* of a group's row */
};

/* Of no guest and no group beyond the end. */
struct guest_line guest_rows_line(const struct guest_rows *self, unsigned index);
/* NULL for a group's row, too. */
const struct guest *guest_rows_at(const struct guest_rows *self, unsigned index);
/* The guest in that group, else anywhere; with `ref` OBJ_NONE the group's own row; -1. */
int guest_rows_find(const struct guest_rows *self, const struct obj_ref *ref, const char *group);

#endif
