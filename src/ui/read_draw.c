/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drawing of read mode: see read_mode.h. */
#include <string.h>

#include "nvirt/text.h"
#include "read_private.h"
#include "screen_draw.h"

/* Columns that stay in sight beside the cursor. */
#define SIDE_COLS 4

/* ---- what is in sight ---- */

static void place(struct read_mode *read, struct area body)
{
	int most_left = MAX(page_cols(read->page) - body.cols, 0);
	int side = MIN(SIDE_COLS, body.cols / 4);

	read->rows = body.rows;
	read->cols = body.cols;
	/* The end of the screen, or what was scrolled back to. */
	if (!read->placed && body.rows > 0)
		read->top = read_mode_top_most(read) - read->back;
	read->placed |= body.rows > 0;
	/* What was gone to is seen among what stands around it. */
	if (read->cursor.row < read->top - 1 || read->cursor.row > read->top + body.rows)
		read->top = read->cursor.row - body.rows / 2;
	if (read->cursor.row < read->top)
		read->top = read->cursor.row;
	if (read->cursor.row >= read->top + body.rows)
		read->top = read->cursor.row - body.rows + 1;
	if (read->cursor.col < read->left_col + side)
		read->left_col = read->cursor.col - side;
	if (read->cursor.col >= read->left_col + body.cols - side)
		read->left_col = read->cursor.col - body.cols + side + 1;
	read->top = CLAMP(read->top, 0, read_mode_top_most(read));
	read->left_col = CLAMP(read->left_col, 0, most_left);
}

/* ---- cells ---- */

static uint8_t palette_colour(const struct page_cell *cell, uint32_t colour)
{
	return cell->flags & PAGE_PALETTE ? (uint8_t)colour : screen_colour(colour);
}

static struct cell look_of(const struct page_cell *from, bool stale)
{
	struct cell cell = {.ch = from->ch, .comb = {from->comb}, .role = stale ? ROLE_DIM : ROLE_TEXT};

	if (from->flags & (PAGE_FG | PAGE_BG)) {
		cell.flags |= DRAW_COLOURS;
		cell.flags |= from->flags & PAGE_FG ? 0 : DRAW_OWN_FG;
		cell.flags |= from->flags & PAGE_BG ? 0 : DRAW_OWN_BG;
		cell.fg = from->flags & PAGE_FG ? palette_colour(from, from->fg) : 0;
		cell.bg = from->flags & PAGE_BG ? palette_colour(from, from->bg) : 0;
	}
	cell.flags |= from->flags & PAGE_BOLD ? DRAW_BOLD : 0;
	cell.flags |= from->flags & PAGE_UNDERLINE ? DRAW_UNDERLINE : 0;
	cell.flags |= from->flags & PAGE_REVERSE ? DRAW_REVERSE : 0;
	return cell;
}

static void draw_one(struct read_mode *read, struct area line, int row, int col, const struct cell *look)
{
	bool wide = !page_cell_at(read->page, row, col + 1).ch;

	if (look->ch)
		area_cell(line, 0, col - read->left_col, *look, wide ? 2 : 1);
}

static void draw_line(struct read_mode *read, struct area line, int row)
{
	const struct page_line *from = page_line(read->page, row);
	int width = from ? (int)MAX(from->width, from->count) : 0;

	for (int col = read->left_col; col < MIN(width, read->left_col + line.cols); col++) {
		struct page_cell cell = page_cell_at(read->page, row, col);
		struct cell look = look_of(&cell, from->kind != PAGE_LINE_TEXT);

		draw_one(read, line, row, col, &look);
	}
}

/* Its own colours would hide what is meant. */
static void mark(struct read_mode *read, struct area line, int row, int from, int to, enum role role, unsigned flags)
{
	for (int col = MAX(from, read->left_col); col < MIN(to, read->left_col + line.cols); col++) {
		struct page_cell cell = page_cell_at(read->page, row, col);
		struct cell look = {.ch = cell.ch, .comb = {cell.comb}, .role = (uint8_t)role, .flags = (uint8_t)flags};

		draw_one(read, line, row, col, &look);
	}
}

static void draw_matches(struct read_mode *read, struct area line, int row)
{
	for (unsigned i = page_match_first(read->matches, row); i < read->matches->len; i++) {
		const struct page_match *match = &g_array_index(read->matches, struct page_match, i);
		bool here = match->from.row == read->cursor.row && match->from.col == read->cursor.col;
		int from = match->from.row < row ? 0 : match->from.col;
		int to = match->to.row > row ? page_cols(read->page) : match->to.col + 1;

		if (match->from.row > row)
			return;
		mark(read, line, row, from, to, here ? ROLE_CURSOR : ROLE_MATCH, 0);
	}
}

static void draw_selection(struct read_mode *read, struct area line, int row)
{
	struct page_selection selection = {read->select, read->anchor, read->cursor};
	const struct page_line *from_line = page_line(read->page, row);
	int from, to;

	if (!page_selected(read->page, &selection, row, &from, &to))
		return;
	/* Of lines up to their end, and a cell where they have nothing. */
	if (read->select != PAGE_SELECT_BLOCK && from_line)
		to = MIN(to, MAX((int)from_line->count, from + 1));
	mark(read, line, row, from, to, ROLE_TEXT, DRAW_REVERSE);
}

/* ---- the last row ---- */

static char *position_words(const struct read_mode *read)
{
	int row = read->cursor.row + 1, history = page_history(read->page);

	return g_strdup_printf("%d/%d%s", row, page_rows(read->page), row <= history ? " scrolled by" : "");
}

static char *match_words(const struct read_mode *read)
{
	unsigned before = 0;

	if (!*read->search)
		return g_strdup("");
	for (; before < read->matches->len; before++) {
		const struct page_pos *from = &g_array_index(read->matches, struct page_match, before).from;

		if (from->row > read->cursor.row || (from->row == read->cursor.row && from->col > read->cursor.col))
			break;
	}
	return g_strdup_printf("  '%s' %u/%u", read->search, before, read->matches->len);
}

static char *select_words(const struct read_mode *read)
{
	static const char *const words[] = {"", "  selecting", "  selecting lines", "  selecting a block"};

	if (read->count)
		return g_strdup_printf("%s  %u%s", words[read->select], read->count, read->after_g ? "g" : "");
	return g_strconcat(words[read->select], read->after_g ? "  g" : "", NULL);
}

char *read_mode_words(const struct read_mode *read)
{
	g_autofree char *position = position_words(read), *match = match_words(read), *select = select_words(read);

	return g_strconcat(position, select, match, NULL);
}

static const char *hints(const struct read_mode *read)
{
	struct page_cell cell = page_cell_at(read->page, read->cursor.row, read->cursor.col);

	if (read->select != PAGE_SELECT_NONE)
		return "y copy  o other end  Esc none";
	if (cell.flags & PAGE_UNKNOWN && read->view)
		return "u names this glyph  q leave";
	return *read->search ? "n N next  v select  Esc none" : "/ search  v V ^V select  y copy  s save  F1  q leave";
}

static void draw_foot(struct read_mode *read, struct area foot, bool focused)
{
	area_clear(foot, ROLE_TAB);
	if (read->prompt) {
		area_text(foot, 0, 0, -1, ROLE_TAB_ACTIVE, read->search_step > 0 ? "/" : "?");
		lineedit_draw(read->prompt, area_sub(foot, 0, 1, 1, foot.cols - 20), ROLE_TAB_ACTIVE, focused);
		if (*read->search && !read->matches->len)
			area_text(foot, 0, foot.cols - 18, -1, ROLE_WARN, "not here");
		else if (*read->search)
			area_textf(foot, 0, foot.cols - 18, -1, ROLE_TAB, "%u there", read->matches->len);
		return;
	}
	g_autofree char *words = read_mode_words(read);
	int x = area_text(foot, 0, 0, -1, ROLE_TAB_ACTIVE, "READ") + 1;
	x += area_text(foot, 0, x, foot.cols - x, ROLE_TAB_ACTIVE, words) + 2;
	const char *text = hints(read);
	int cols = text_columns(text);
	if (x + cols <= foot.cols)
		area_text(foot, 0, foot.cols - cols, cols, ROLE_DIM, text);
	else if (x + 16 <= foot.cols)
		area_text(foot, 0, foot.cols - 16, 16, ROLE_DIM, "F1 keys  q leave");
}

void read_mode_draw(struct read_mode *read, struct area area, bool focused)
{
	int foot = area.rows > 1;
	struct area body = area_sub(area, 0, 0, area.rows - foot, area.cols);

	area_clear(area, ROLE_TEXT);
	place(read, body);
	for (int y = 0; y < body.rows; y++) {
		struct area line = area_sub(body, y, 0, 1, body.cols);
		int row = read->top + y;

		draw_line(read, line, row);
		draw_matches(read, line, row);
		draw_selection(read, line, row);
	}
	if (focused && !read->prompt)
		area_cursor(body, read->cursor.row - read->top, read->cursor.col - read->left_col, true);
	if (foot)
		draw_foot(read, area_sub(area, area.rows - 1, 0, 1, area.cols), focused);
}
