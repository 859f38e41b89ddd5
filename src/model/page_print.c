/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of a page what was selected, and all of it, as text: see page.h. Pure. */
#include "page_private.h"

/* Columns [from, to) of a line, trailing blanks cut. */
static void append_text(GString *text, const struct page_line *line, int from, int to)
{
	gsize before = text->len;

	for (int col = from; col < to && (unsigned)col < line->count; col++) {
		gunichar ch = page_cell_text(&line->cells[col]);

		if (ch)
			g_string_append_unichar(text, ch);
		if (ch && line->cells[col].comb)
			g_string_append_unichar(text, line->cells[col].comb);
	}
	while (text->len > before && text->str[text->len - 1] == ' ')
		g_string_truncate(text, text->len - 1);
}

char *page_line_text(const struct page_line *line)
{
	GString *text = g_string_new(NULL);

	append_text(text, line, 0, (int)line->count);
	return g_string_free(text, FALSE);
}

char *page_line_log(const struct page_line *line)
{
	g_autofree char *text = page_line_text(line);
	g_autoptr(GDateTime) seconds = g_date_time_new_from_unix_local(line->time_us / G_USEC_PER_SEC);
	g_autofree char *when = seconds ? g_date_time_format(seconds, "%Y-%m-%d %H:%M:%S") : g_strdup("-");

	return g_strdup_printf("%s.%03d %s\n", when, (int)(line->time_us / 1000 % 1000), text);
}

/* ---- a selection ---- */

static bool is_right_half(const struct page *page, int row, int col)
{
	return col > 0 && !page_cell_at(page, row, col).ch;
}

bool page_selected(const struct page *page, const struct page_selection *selection, int row, int *ret_from, int *ret_to)
{
	struct page_pos first = selection->from, last = selection->to;
	int from = 0, to = MAX(page_cols(page), 1);

	if (first.row > last.row || (first.row == last.row && first.col > last.col)) {
		first = selection->to;
		last = selection->from;
	}
	if (selection->kind == PAGE_SELECT_NONE || row < first.row || row > last.row)
		return false;
	if (selection->kind == PAGE_SELECT_CHARS) {
		from = row == first.row ? first.col : 0;
		to = row == last.row ? last.col + 1 : to;
	} else if (selection->kind == PAGE_SELECT_BLOCK) {
		from = MIN(first.col, last.col);
		to = MAX(first.col, last.col) + 1;
	}
	from -= is_right_half(page, row, from);
	to += is_right_half(page, row, to);
	if (from >= to)
		return false;
	*ret_from = from;
	*ret_to = to;
	return true;
}

char *page_selection_text(const struct page *page, const struct page_selection *selection)
{
	int first = MAX(MIN(selection->from.row, selection->to.row), 0);
	int last = MIN(MAX(selection->from.row, selection->to.row), page_rows(page) - 1);
	GString *text = g_string_new(NULL);
	int from, to;

	for (int row = first; row <= last; row++) {
		if (row > first)
			g_string_append_c(text, '\n');
		if (page_selected(page, selection, row, &from, &to))
			append_text(text, page_line(page, row), from, to);
	}
	return g_string_free(text, FALSE);
}

/* ---- all of it ---- */

char *page_text(const struct page *page, int first, int count)
{
	GString *text = g_string_new(NULL);
	gsize used = 0;

	for (int row = MAX(first, 0); row < page_rows(page) && row - first < count; row++) {
		gsize before = text->len;

		append_text(text, page_line(page, row), 0, PAGE_COLS_MAX);
		bool blank = text->len == before;
		g_string_append_c(text, '\n');
		used = blank ? used : text->len;
	}
	g_string_truncate(text, used);
	return g_string_free(text, FALSE);
}

/* Attributes of the terminal that a cell needs, as one sequence from a clean slate. */
static void append_look(GString *text, const struct page_cell *cell)
{
	const struct {
		unsigned flag;
		int what;
		uint32_t colour;
	} colours[] = {{PAGE_FG, 38, cell->fg}, {PAGE_BG, 48, cell->bg}};

	g_string_append(text, "\033[0");
	if (cell->flags & PAGE_BOLD)
		g_string_append(text, ";1");
	if (cell->flags & PAGE_UNDERLINE)
		g_string_append(text, ";4");
	if (cell->flags & PAGE_REVERSE)
		g_string_append(text, ";7");
	for (gsize i = 0; i < G_N_ELEMENTS(colours); i++) {
		uint32_t colour = colours[i].colour;

		if (!(cell->flags & colours[i].flag))
			continue;
		if (cell->flags & PAGE_PALETTE)
			g_string_append_printf(text, ";%d;5;%u", colours[i].what, colour);
		else
			g_string_append_printf(text, ";%d;2;%u;%u;%u", colours[i].what, colour >> 16 & 0xff,
			        colour >> 8 & 0xff, colour & 0xff);
	}
	g_string_append_c(text, 'm');
}

/* Would `b` look as it should, drawn like `a`? */
static bool same_look(const struct page_cell *a, const struct page_cell *b)
{
	const unsigned what = PAGE_FG | PAGE_BG | PAGE_PALETTE | PAGE_BOLD | PAGE_UNDERLINE | PAGE_REVERSE;
	const unsigned ground = PAGE_BG | PAGE_UNDERLINE | PAGE_REVERSE;

	/* Of a blank the background is all there is to be seen. */
	if (b->ch == ' ' && !(b->flags & (PAGE_UNDERLINE | PAGE_REVERSE)) && !b->comb)
		return (a->flags & ground) == (b->flags & ground) &&
		       (!(b->flags & PAGE_BG) || (a->bg == b->bg && (a->flags & PAGE_PALETTE) == (b->flags & PAGE_PALETTE)));
	return a->fg == b->fg && a->bg == b->bg && (a->flags & what) == (b->flags & what);
}

static void append_ansi(GString *text, const struct page_line *line)
{
	const struct page_cell plain = {.ch = ' '}, *last = &plain;
	/* Blanks in the colour of the screen are part of how it looked. */
	unsigned cols = line->rest.flags ? MAX(line->width, line->count) : line->count;

	for (unsigned col = 0; col < cols; col++) {
		const struct page_cell *cell = col < line->count ? &line->cells[col] : &line->rest;

		if (!cell->ch)
			continue;
		if (!same_look(last, cell)) {
			append_look(text, cell);
			last = cell;
		}
		g_string_append_unichar(text, cell->ch);
		if (cell->comb)
			g_string_append_unichar(text, cell->comb);
	}
	if (last->flags & ~(PAGE_PICTURE | PAGE_UNKNOWN))
		g_string_append(text, "\033[0m");
	g_string_append_c(text, '\n');
}

char *page_ansi(const struct page *page, int first, int count)
{
	GString *text = g_string_new(NULL);
	int end = MIN(page_rows(page), first + count);

	while (end > first && page_line_is_blank(page_line(page, end - 1)))
		end--;
	for (int row = MAX(first, 0); row < end; row++)
		append_ansi(text, page_line(page, row));
	return g_string_free(text, FALSE);
}
