/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences of two texts by lines: see diff.h. Pure. */
#include "nvirt/diff.h"

#include <stdbool.h>
#include <string.h>

/* Edits beyond which the shortest script is not looked for: its memory grows with their square. */
enum { EDITS_MAX = 1500 };

struct line {
	const char *text;
	gsize len;
	guint hash;
};

struct compare {
	GArray *old_lines, *new_lines; /* struct line */
	int head;                      /* equal lines at the start */
	int old_n, new_n;              /* lines between the equal start and the equal end */
	bool *removed, *added;         /* by line */
};

static GArray *split(const char *text)
{
	GArray *lines = g_array_new(FALSE, FALSE, sizeof(struct line));

	while (*text) {
		struct line line = {.text = text, .len = strcspn(text, "\n"), .hash = 5381};

		for (gsize i = 0; i < line.len; i++)
			line.hash = line.hash * 33 + (guchar)text[i];
		g_array_append_val(lines, line);
		text += line.len + (text[line.len] == '\n');
	}
	return lines;
}

static const struct line *at(const GArray *lines, int i)
{
	return &g_array_index(lines, struct line, i);
}

static bool same(const struct line *a, const struct line *b)
{
	return a->hash == b->hash && a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static bool same_at(const struct compare *compare, int x, int y)
{
	return same(at(compare->old_lines, compare->head + x), at(compare->new_lines, compare->head + y));
}

/* What is equal at both ends need not be searched. */
static void trim(struct compare *compare)
{
	int old_n = (int)compare->old_lines->len, new_n = (int)compare->new_lines->len;

	while (compare->head < MIN(old_n, new_n) &&
	        same(at(compare->old_lines, compare->head), at(compare->new_lines, compare->head)))
		compare->head++;
	while (MIN(old_n, new_n) > compare->head &&
	        same(at(compare->old_lines, old_n - 1), at(compare->new_lines, new_n - 1))) {
		old_n--;
		new_n--;
	}
	compare->old_n = old_n - compare->head;
	compare->new_n = new_n - compare->head;
}

/* ---- Myers ------------------------------------------------------------------ */

/*
 * After `d` edits v[k] is the furthest x on diagonal k = x - y. Row d of the
 * trace holds v[-d..d] as it was after d edits.
 */
static int *trace_row(GPtrArray *trace, int d)
{
	return (int *)trace->pdata[d] + d;
}

/* Did diagonal k after d edits come from k + 1, by an added line? */
static bool came_down(const int *v, int k, int d)
{
	return k == -d || (k != d && v[k - 1] < v[k + 1]);
}

static bool extend(const struct compare *compare, GPtrArray *trace, int d)
{
	int *now = g_new(int, 2 * d + 1);
	const int *before = d > 0 ? trace_row(trace, d - 1) : NULL;
	bool done = false;

	g_ptr_array_add(trace, now);
	now += d;
	for (int k = -d; k <= d; k += 2) {
		int x = d == 0 ? 0 : came_down(before, k, d) ? before[k + 1] : before[k - 1] + 1;

		while (x < compare->old_n && x - k < compare->new_n && same_at(compare, x, x - k))
			x++;
		now[k] = x;
		done |= x >= compare->old_n && x - k >= compare->new_n;
	}
	/* Odd and even diagonals take turns; nobody reads the others of this row. */
	return done;
}

static void walk_back(struct compare *compare, GPtrArray *trace)
{
	int x = compare->old_n, y = compare->new_n;

	for (int d = (int)trace->len - 1; d > 0; d--) {
		const int *before = trace_row(trace, d - 1);
		int k = x - y;

		if (came_down(before, k, d)) {
			x = before[k + 1];
			y = x - k - 1;
			compare->added[compare->head + y] = true;
		} else {
			x = before[k - 1];
			y = x - k + 1;
			compare->removed[compare->head + x] = true;
		}
	}
}

static void search(struct compare *compare)
{
	g_autoptr(GPtrArray) trace = g_ptr_array_new_with_free_func(g_free);

	for (int d = 0; d <= EDITS_MAX; d++) {
		if (!extend(compare, trace, d))
			continue;
		walk_back(compare, trace);
		return;
	}
	for (int i = 0; i < compare->old_n; i++)
		compare->removed[compare->head + i] = true;
	for (int i = 0; i < compare->new_n; i++)
		compare->added[compare->head + i] = true;
}

/* ---- hunks ------------------------------------------------------------------ */

static void append(GArray *out, enum diff_kind kind, const struct line *line)
{
	struct diff_line row = {.kind = kind, .text = line->text, .len = line->len};

	g_array_append_val(out, row);
}

/* All lines of both, in order, removed before added. */
static GArray *merge(const struct compare *compare)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct diff_line));
	guint x = 0, y = 0;

	while (x < compare->old_lines->len || y < compare->new_lines->len) {
		if (x < compare->old_lines->len && compare->removed[x])
			append(all, DIFF_REMOVED, at(compare->old_lines, (int)x++));
		else if (y < compare->new_lines->len && compare->added[y])
			append(all, DIFF_ADDED, at(compare->new_lines, (int)y++));
		else
			append(all, DIFF_SAME, at(compare->old_lines, (int)x++)), y++;
	}
	return all;
}

static const struct diff_line *row_at(const GArray *rows, guint i)
{
	return &g_array_index(rows, struct diff_line, i);
}

/* Index behind the hunk that begins with the change at `first`: changes nearer than 2 * context share one. */
static guint hunk_end(const GArray *all, guint first, unsigned context)
{
	guint last = first;

	for (guint i = first; i < all->len && i <= last + 2 * context + 1; i++)
		if (row_at(all, i)->kind != DIFF_SAME)
			last = i;
	return MIN(all->len, last + context + 1);
}

static void add_hunk(GArray *out, const GArray *all, guint from, guint to, unsigned old_line, unsigned new_line)
{
	struct diff_line head = {.kind = DIFF_HUNK, .old_line = old_line, .new_line = new_line};

	for (guint i = from; i < to; i++) {
		head.old_count += row_at(all, i)->kind != DIFF_ADDED;
		head.new_count += row_at(all, i)->kind != DIFF_REMOVED;
	}
	/* As diff -u: an empty side names the line before it. */
	head.old_line -= head.old_count == 0;
	head.new_line -= head.new_count == 0;
	g_array_append_val(out, head);
	g_array_append_vals(out, row_at(all, from), to - from);
}

static GArray *make_hunks(const GArray *all, unsigned context)
{
	GArray *out = g_array_new(FALSE, FALSE, sizeof(struct diff_line));
	unsigned old_line = 1, new_line = 1;
	guint counted = 0;

	for (guint i = 0; i < all->len; i++) {
		if (row_at(all, i)->kind == DIFF_SAME)
			continue;
		guint from = i - MIN(i, context), end = hunk_end(all, i, context);

		for (; counted < from; counted++) {
			old_line += row_at(all, counted)->kind != DIFF_ADDED;
			new_line += row_at(all, counted)->kind != DIFF_REMOVED;
		}
		add_hunk(out, all, from, end, old_line, new_line);
		i = end - 1;
	}
	return out;
}

GArray *diff_lines(const char *before, const char *after, unsigned context)
{
	struct compare compare = {.old_lines = split(before), .new_lines = split(after)};
	g_autoptr(GArray) all = NULL;
	GArray *hunks;

	compare.removed = g_new0(bool, compare.old_lines->len + 1);
	compare.added = g_new0(bool, compare.new_lines->len + 1);
	trim(&compare);
	search(&compare);
	all = merge(&compare);
	hunks = make_hunks(all, context);
	g_free(compare.removed);
	g_free(compare.added);
	g_array_unref(compare.old_lines);
	g_array_unref(compare.new_lines);
	return hunks;
}

void diff_count(const GArray *lines, unsigned *ret_removed, unsigned *ret_added)
{
	unsigned removed = 0, added = 0;

	for (guint i = 0; i < lines->len; i++) {
		removed += row_at(lines, i)->kind == DIFF_REMOVED;
		added += row_at(lines, i)->kind == DIFF_ADDED;
	}
	if (ret_removed)
		*ret_removed = removed;
	if (ret_added)
		*ret_added = added;
}

char *diff_line_text(const struct diff_line *line)
{
	static const char signs[] = {[DIFF_SAME] = ' ', [DIFF_REMOVED] = '-', [DIFF_ADDED] = '+'};

	if (line->kind == DIFF_HUNK)
		return g_strdup_printf("@@ -%u,%u +%u,%u @@", line->old_line, line->old_count, line->new_line,
		        line->new_count);
	return g_strdup_printf("%c%.*s", signs[line->kind], (int)line->len, line->text);
}
