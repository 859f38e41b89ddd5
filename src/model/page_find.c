/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Searching a page: see page.h. Pure. */
#include "page_private.h"

/* More are not told apart by anybody. */
#define MATCHES_MAX 100000

static gunichar folded(gunichar ch)
{
	if (ch < 0x80)
		return ch >= 'A' && ch <= 'Z' ? ch + ('a' - 'A') : ch;
	return g_unichar_tolower(ch);
}

/* Without combining marks, which cells keep beside their character. Owned; ends with 0. */
static gunichar *needle_of(const char *text)
{
	g_autofree gunichar *chars = g_utf8_to_ucs4_fast(text, -1, NULL);
	GArray *needle = g_array_new(TRUE, FALSE, sizeof(gunichar));

	for (gunichar *ch = chars; *ch; ch++) {
		gunichar lower = folded(*ch);

		if (!g_unichar_ismark(*ch))
			g_array_append_val(needle, lower);
	}
	return (gunichar *)(void *)g_array_free(needle, FALSE);
}

static int width_of(const struct page_line *line)
{
	return (int)MIN(MAX(line->width, line->count), PAGE_COLS_MAX);
}

/* Its last column is used, and the next line begins with text: it may have been broken there. */
static bool goes_on(const struct page *page, int row)
{
	const struct page_line *line = page_line(page, row), *next = page_line(page, row + 1);

	return line && next && line->kind == PAGE_LINE_TEXT && next->kind == PAGE_LINE_TEXT && line->count &&
	       line->count >= line->width && next->count && page_cell_text(&next->cells[0]) != ' ';
}

static gunichar text_at(const struct page_line *line, int col)
{
	return (unsigned)col < line->count ? page_cell_text(&line->cells[col]) : ' ';
}

static bool match_at(const struct page *page, struct page_pos at, const gunichar *needle, struct page_pos *ret_to)
{
	const struct page_line *line = page_line(page, at.row);

	while (*needle) {
		if (at.col >= width_of(line)) {
			if (!goes_on(page, at.row))
				return false;
			line = page_line(page, ++at.row);
			at.col = 0;
		}
		gunichar ch = text_at(line, at.col);
		if (ch && folded(ch) != *needle)
			return false;
		needle += ch != 0;
		*ret_to = at;
		at.col++;
	}
	/* Of a wide character both halves. */
	if (at.col < width_of(line) && !text_at(line, at.col))
		*ret_to = at;
	return true;
}

static void find_in_row(const struct page *page, int row, const gunichar *needle, GArray *matches)
{
	const struct page_line *line = page_line(page, row);
	struct page_match match;

	for (int col = 0; col < width_of(line) && matches->len < MATCHES_MAX; col++) {
		const struct page_match *last = matches->len ? &g_array_index(matches, struct page_match, matches->len - 1) : NULL;

		if (last && last->to.row == row && col <= last->to.col)
			col = last->to.col + 1;
		match.from = (struct page_pos){row, col};
		if (col < width_of(line) && text_at(line, col) && match_at(page, match.from, needle, &match.to))
			g_array_append_val(matches, match);
	}
}

GArray *page_find(const struct page *page, const char *text)
{
	GArray *matches = g_array_new(FALSE, FALSE, sizeof(struct page_match));
	g_autofree gunichar *needle = needle_of(text);

	for (int row = 0; *needle && row < page_rows(page); row++)
		find_in_row(page, row, needle, matches);
	return matches;
}

static int order(struct page_pos a, struct page_pos b)
{
	return a.row != b.row ? a.row - b.row : a.col - b.col;
}

int page_match_step(const GArray *matches, struct page_pos pos, int step)
{
	int after = 0;

	if (!matches->len)
		return -1;
	while (after < (int)matches->len && order(g_array_index(matches, struct page_match, after).from, pos) <= 0)
		after++;
	if (step > 0)
		return after < (int)matches->len ? after : 0;
	while (after > 0 && order(g_array_index(matches, struct page_match, after - 1).from, pos) >= 0)
		after--;
	return after > 0 ? after - 1 : (int)matches->len - 1;
}

unsigned page_match_first(const GArray *matches, int row)
{
	unsigned from = 0, to = matches->len;

	while (from < to) {
		unsigned middle = from + (to - from) / 2;

		if (g_array_index(matches, struct page_match, middle).to.row < row)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}
