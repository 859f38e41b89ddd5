/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a screen's rows moved: see screen_scroll.h.
 *
 * Rows that stand where they stood, at the top and at the bottom, are left out (a status
 * line, and a frame that was caught half drawn); in what is left the shift is looked for
 * with which most rows agree. Pure.
 */
#include "screen_scroll.h"

#include <glib.h>

/* Of so many rows that say something, and none stays, it is no longer the same screen. */
#define ROWS_TO_JUDGE 5

struct rows {
	const struct scroll_row *at;
	int count;
};

struct fit {
	int shift, score, matched;
};

static bool equal(const struct scroll_row *a, const struct scroll_row *b)
{
	return a->text == b->text && a->weight == b->weight;
}

/* now[i] against before[i + shift]. A row that was blank says nothing: there was room for what came. */
static struct fit fit_of(struct rows before, struct rows now, int shift)
{
	struct fit fit = {.shift = shift};
	int compared = 0;

	for (int i = MAX(0, -shift); i < now.count && i + shift < before.count; i++) {
		const struct scroll_row *was = &before.at[i + shift], *is = &now.at[i];

		if (!was->weight)
			continue;
		compared++;
		if (equal(was, is)) {
			fit.matched++;
			fit.score += 2 * is->weight;
		} else {
			fit.score -= 2;
		}
	}
	if (fit.matched * 2 < compared)
		fit.score = 0;
	return fit;
}

/* The best shift of at most `most`; no score: none fits. The smaller one where two are as good. */
static struct fit best_fit(struct rows before, struct rows now, int most)
{
	struct fit best = fit_of(before, now, 0);

	for (int distance = 1; distance <= most; distance++) {
		struct fit up = fit_of(before, now, distance), down = fit_of(before, now, -distance);

		if (up.matched && up.score > best.score)
			best = up;
		if (down.matched && down.score > best.score)
			best = down;
	}
	return best;
}

static int last_text(struct rows rows)
{
	int last = rows.count - 1;

	while (last >= 0 && !rows.at[last].weight)
		last--;
	return last;
}

/* Text that runs: the cursor stands at its end, and that is at the bottom of the screen. */
static bool runs(struct rows now, struct scroll_cursors cursors)
{
	return cursors.now >= last_text(now) && cursors.now >= now.count - 2;
}

static bool is_replaced(struct rows before, struct rows now, struct scroll_cursors cursors)
{
	int said = 0, same = 0, lost = 0;

	for (int i = 0; i < before.count; i++) {
		bool stays = i < now.count && equal(&before.at[i], &now.at[i]);

		if (!before.at[i].weight)
			continue;
		said++;
		same += stays;
		lost += !stays && (i >= now.count || before.at[i].kept < 50);
	}
	if (!said)
		return false;
	if (lost * 2 > said || (same == 0 && said >= ROWS_TO_JUDGE))
		return true;
	/* Numbers that count in their places look much the same. */
	return same * 2 < said && runs(now, cursors) && (cursors.before < 0 || cursors.before >= cursors.now - 1);
}

/* A frame caught half drawn told of these rows already: they stand just above. */
static bool told_before(struct rows before, struct rows now, int first, int count)
{
	if (count > first)
		return false;
	for (int i = 0; i < count; i++)
		if (!equal(&before.at[first + i], &now.at[first - count + i]))
			return false;
	return true;
}

static struct screen_scroll moved(struct rows before, struct rows now, int top, int bottom, struct fit fit)
{
	struct screen_scroll scroll = {.what = SCROLL_NOT, .from = top, .to = bottom, .shift = fit.shift};

	if (fit.shift <= 0 || told_before(before, now, top, fit.shift))
		return scroll;
	scroll.what = SCROLL_BY;
	scroll.first = top;
	scroll.count = fit.shift;
	return scroll;
}

struct screen_scroll screen_scroll_find(const struct scroll_row *rows_before, int before_rows, const struct scroll_row *rows_now,
        int now_rows, struct scroll_cursors cursors)
{
	struct rows before = {rows_before, before_rows}, now = {rows_now, now_rows};
	int top = 0, tail = 0;

	/* Of a screen of another size nothing stands where it stood. */
	if (before_rows == now_rows) {
		while (top < now_rows && equal(&before.at[top], &now.at[top]))
			top++;
		while (tail < now_rows - top && equal(&before.at[now_rows - 1 - tail], &now.at[now_rows - 1 - tail]))
			tail++;
		if (top == now_rows)
			return (struct screen_scroll){.what = SCROLL_NOT};
	}
	/* Of a frame caught half drawn the last row is the next one's twin: it came from below the part. */
	struct rows part_before = {rows_before + top, before_rows - top};
	struct rows part = {rows_now + top, now_rows - top - tail};
	struct fit fit = best_fit(part_before, part, before_rows == now_rows ? part.count : MAX(before_rows, now_rows));
	if (fit.score > 0 && fit.matched)
		return moved(before, now, top, now_rows - tail, fit);
	/* The same line many times: what moved looks as if it stood. */
	fit = best_fit(before, now, MAX(before_rows, now_rows));
	if (fit.score > 0 && fit.matched && (top || tail))
		return moved(before, now, 0, now_rows, fit);
	if (!is_replaced(before, now, cursors))
		return (struct screen_scroll){.what = SCROLL_NOT};
	return (struct screen_scroll){.what = SCROLL_REPLACED, .count = before_rows, .may_gap = runs(now, cursors)};
}
