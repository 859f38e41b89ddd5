/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of snapshots as rows: see snapshot_rows.h. */
#include "nvirt/snapshot_rows.h"

#include <string.h>

#include "nvirt/text.h"

/* The tree while it is made; everything by index in the list. */
struct shape {
	const GPtrArray *snapshots;
	unsigned n;
	int *parent;    /* -1 = none */
	int *main;      /* the child that stays on the line; -1 = none, `n` = now */
	int *next;      /* the next sibling, in the list's order */
	int *first;     /* the first child */
	unsigned *below; /* snapshots below, all levels */
	int root_main, root_first;
	int current; /* now stands on it; -1 = on nothing */
	bool *to_now;
};

static const struct snapshot *at(const struct shape *shape, int i)
{
	return shape->snapshots->pdata[i];
}

/* A parent that is not before its child is none: then the list can not make a circle. */
static void find_parents(struct shape *shape)
{
	g_autoptr(GHashTable) by_name = g_hash_table_new(g_direct_hash, g_direct_equal);
	shape->current = -1;
	for (unsigned i = 0; i < shape->n; i++) {
		const struct snapshot_row *row = at(shape, (int)i)->row;
		gpointer found = row->parent ? g_hash_table_lookup(by_name, row->parent) : NULL;
		shape->parent[i] = found ? GPOINTER_TO_INT(found) - 1 : -1;
		g_hash_table_insert(by_name, (gpointer)row->raw, GINT_TO_POINTER((int)i + 1));
		if (row->current)
			shape->current = (int)i;
	}
	for (int i = shape->current; i >= 0; i = shape->parent[i])
		shape->to_now[i] = true;
}

static void find_children(struct shape *shape)
{
	shape->root_first = -1;
	for (int i = (int)shape->n - 1; i >= 0; i--) {
		int *list = shape->parent[i] < 0 ? &shape->root_first : &shape->first[shape->parent[i]];
		shape->next[i] = *list;
		*list = i;
		if (shape->parent[i] >= 0)
			shape->below[shape->parent[i]] += 1 + shape->below[i];
	}
}

/* The one that leads to now, else the newest; now itself before all others. */
static int choose_main(const struct shape *shape, int first, bool now)
{
	int best = -1;
	if (now)
		return (int)shape->n;
	for (int i = first; i >= 0; i = shape->next[i])
		if (shape->to_now[i])
			return i;
	for (int i = first; i >= 0; i = shape->next[i])
		if (best < 0 || at(shape, i)->row->created_unix_s >= at(shape, best)->row->created_unix_s)
			best = i;
	return best;
}

static void shape_init(struct shape *shape, const GPtrArray *snapshots)
{
	unsigned n = snapshots ? snapshots->len : 0;
	*shape = (struct shape){.snapshots = snapshots, .n = n};
	shape->parent = g_new0(int, n + 1);
	shape->main = g_new0(int, n + 1);
	shape->next = g_new0(int, n + 1);
	shape->first = g_new0(int, n + 1);
	shape->below = g_new0(unsigned, n + 1);
	shape->to_now = g_new0(bool, n + 1);
	for (unsigned i = 0; i < n; i++)
		shape->first[i] = -1;
	find_parents(shape);
	find_children(shape);
	for (unsigned i = 0; i < n; i++)
		shape->main[i] = choose_main(shape, shape->first[i], (int)i == shape->current);
	shape->root_main = choose_main(shape, shape->root_first, shape->current < 0);
}

static void shape_fini(struct shape *shape)
{
	g_free(shape->parent);
	g_free(shape->main);
	g_free(shape->next);
	g_free(shape->first);
	g_free(shape->below);
	g_free(shape->to_now);
}

/* ---- rows -------------------------------------------------------------------- */

struct step {
	int index;
	unsigned depth;
	bool side;
};

/* What is pushed last comes out first: the line itself below, its branches above it. */
static void push_children(const struct shape *shape, GArray *stack, int first, int line, unsigned depth)
{
	guint from;
	if (line >= 0)
		g_array_append_val(stack, ((struct step){line, depth, false}));
	from = stack->len;
	for (int i = first; i >= 0; i = shape->next[i])
		if (i != line)
			g_array_append_val(stack, ((struct step){i, depth + 1, true}));
	for (guint a = from, b = stack->len; a + 1 < b; a++, b--) {
		struct step keep = g_array_index(stack, struct step, a);
		g_array_index(stack, struct step, a) = g_array_index(stack, struct step, b - 1);
		g_array_index(stack, struct step, b - 1) = keep;
	}
}

bool snapshot_matches(const struct snapshot *snapshot, const char *filter_fold)
{
	const struct snapshot_row *row = snapshot->row;
	g_autofree char *text = g_strjoin(" ", row->name, row->description ? row->description : "",
	        snapshot_kind_word(row->kind), row->memory ? "ram" : "disk", guest_state_word(row->state), NULL);
	g_autofree char *fold = text_fold(text);
	return filter_match(fold, filter_fold);
}

static struct snapshot_item make_item(const struct shape *shape, const struct step *step, GHashTable *folded)
{
	bool now = step->index == (int)shape->n;
	struct snapshot_item item = {.depth = step->depth,
	        .side = step->side,
	        .parent = now ? shape->current : shape->parent[step->index],
	        .snapshot = now ? NULL : at(shape, step->index)};
	if (now)
		return item;
	item.foldable = shape->main[step->index] >= 0;
	item.folded = item.foldable && g_hash_table_contains(folded, item.snapshot->row->raw);
	item.hidden = item.folded ? shape->below[step->index] : 0;
	item.hides_now = item.folded && shape->to_now[step->index];
	return item;
}

void snapshot_rows_make(GArray *rows, const GPtrArray *snapshots, GHashTable *folded, const char *filter_fold)
{
	g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(struct step));
	struct shape shape;
	g_array_set_size(rows, 0);
	shape_init(&shape, snapshots);
	push_children(&shape, stack, shape.root_first, shape.root_main, 0);
	while (stack->len > 0) {
		struct step step = g_array_index(stack, struct step, stack->len - 1);
		struct snapshot_item item = make_item(&shape, &step, folded);
		g_array_set_size(stack, stack->len - 1);
		bool filtering = *filter_fold;
		if (filtering)
			item.folded = item.foldable = item.hides_now = false;
		if (!filtering || (item.snapshot ? snapshot_matches(item.snapshot, filter_fold)
		                                 : filter_match("now", filter_fold)))
			g_array_append_val(rows, item);
		if (item.snapshot && !item.folded)
			push_children(&shape, stack, shape.first[step.index], shape.main[step.index], step.depth);
	}
	shape_fini(&shape);
}

const char *snapshot_kind_short(const struct snapshot_row *row)
{
	switch (row->kind) {
	case SNAPSHOT_INTERNAL:
		return row->memory ? "int disk+RAM" : "int disk";
	case SNAPSHOT_EXTERNAL:
		return row->memory ? "ext disk+RAM" : "ext disk";
	case SNAPSHOT_MIXED:
		return row->memory ? "mix disk+RAM" : "mix disk";
	}
	return "";
}

gint64 snapshot_time_us(const struct snapshot_row *row)
{
	const gint64 year_9999 = G_GINT64_CONSTANT(253402300799);
	return CLAMP(row->created_unix_s, 0, year_9999) * G_USEC_PER_SEC;
}
