/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moving about on a page, as vi does: see page.h. Pure. */
#include "page_private.h"

enum class { CLASS_BLANK, CLASS_WORD, CLASS_SIGN };

static int used(const struct page *page, int row)
{
	const struct page_line *line = page_line(page, row);

	return line ? (int)line->count : 0;
}

static bool is_right_half(const struct page *page, struct page_pos pos)
{
	return pos.col > 0 && !page_cell_at(page, pos.row, pos.col).ch;
}

static enum class class_at(const struct page *page, struct page_pos pos, bool big)
{
	if (is_right_half(page, pos))
		pos.col--;
	struct page_cell cell = page_cell_at(page, pos.row, pos.col);
	gunichar ch = page_cell_text(&cell);

	if (pos.col >= used(page, pos.row) || ch == ' ')
		return CLASS_BLANK;
	return big || g_unichar_isalnum(ch) || ch == '_' ? CLASS_WORD : CLASS_SIGN;
}

/* The next cell with something in it or before it; false = there is none. */
static bool forward(const struct page *page, struct page_pos *pos)
{
	if (pos->col + 1 < used(page, pos->row)) {
		pos->col++;
		return true;
	}
	if (pos->row + 1 >= page_rows(page))
		return false;
	*pos = (struct page_pos){pos->row + 1, 0};
	return true;
}

static bool backward(const struct page *page, struct page_pos *pos)
{
	if (pos->col > 0) {
		pos->col = MIN(pos->col, MAX(used(page, pos->row), 1)) - 1;
		return true;
	}
	if (pos->row == 0)
		return false;
	pos->row--;
	pos->col = MAX(used(page, pos->row) - 1, 0);
	return true;
}

static bool has_text_after(const struct page *page, struct page_pos pos, bool big)
{
	while (forward(page, &pos))
		if (class_at(page, pos, big) != CLASS_BLANK)
			return true;
	return false;
}

static void word_next(const struct page *page, struct page_pos *pos, bool big)
{
	enum class class = class_at(page, *pos, big);
	int row = pos->row;
	bool more = has_text_after(page, *pos, big);

	while (more && pos->row == row && class != CLASS_BLANK && class_at(page, *pos, big) == class)
		more = forward(page, pos);
	while (more && class_at(page, *pos, big) == CLASS_BLANK)
		more = forward(page, pos);
}

static void word_end(const struct page *page, struct page_pos *pos, bool big)
{
	struct page_pos next = *pos;

	if (!has_text_after(page, *pos, big) || !forward(page, pos))
		return;
	while (class_at(page, *pos, big) == CLASS_BLANK && forward(page, pos))
		;
	enum class class = class_at(page, *pos, big);
	for (next = *pos; forward(page, &next) && next.row == pos->row && class_at(page, next, big) == class;)
		*pos = next;
}

static void word_prev(const struct page *page, struct page_pos *pos, bool big)
{
	struct page_pos at = *pos;

	do
		if (!backward(page, &at))
			return;
	while (class_at(page, at, big) == CLASS_BLANK);
	*pos = at;
	enum class class = class_at(page, at, big);
	while (backward(page, &at) && at.row == pos->row && class_at(page, at, big) == class)
		*pos = at;
}

static bool blank_row(const struct page *page, int row)
{
	const struct page_line *line = page_line(page, row);

	return !line || page_line_is_blank(line);
}

static void paragraph(const struct page *page, struct page_pos *pos, int step)
{
	int row = pos->row;

	while (row + step >= 0 && row + step < page_rows(page) && blank_row(page, row))
		row += step;
	while (row + step >= 0 && row + step < page_rows(page) && !blank_row(page, row))
		row += step;
	*pos = (struct page_pos){row, 0};
}

static void to_text(const struct page *page, struct page_pos *pos, bool end)
{
	struct page_pos at = {pos->row, end ? MAX(used(page, pos->row) - 1, 0) : 0};

	while (class_at(page, at, true) == CLASS_BLANK && (end ? at.col > 0 : at.col + 1 < used(page, at.row)))
		at.col += end ? -1 : 1;
	pos->col = class_at(page, at, true) == CLASS_BLANK ? 0 : at.col;
}

void page_clamp(const struct page *page, struct page_pos *pos)
{
	pos->row = CLAMP(pos->row, 0, MAX(page_rows(page) - 1, 0));
	pos->col = CLAMP(pos->col, 0, MAX(page_cols(page) - 1, 0));
	if (is_right_half(page, *pos))
		pos->col--;
}

/* One step of those that are the better for being counted by one. */
static void step(const struct page *page, struct page_pos *pos, enum page_motion motion)
{
	bool big = motion == PAGE_BIG_NEXT || motion == PAGE_BIG_PREV || motion == PAGE_BIG_END;

	if (motion == PAGE_RIGHT)
		pos->col += is_right_half(page, (struct page_pos){pos->row, pos->col + 1}) ? 2 : 1;
	else if (motion == PAGE_WORD_NEXT || motion == PAGE_BIG_NEXT)
		word_next(page, pos, big);
	else if (motion == PAGE_WORD_PREV || motion == PAGE_BIG_PREV)
		word_prev(page, pos, big);
	else if (motion == PAGE_WORD_END || motion == PAGE_BIG_END)
		word_end(page, pos, big);
	else if (motion == PAGE_PARAGRAPH_NEXT || motion == PAGE_PARAGRAPH_PREV)
		paragraph(page, pos, motion == PAGE_PARAGRAPH_NEXT ? 1 : -1);
	else if (motion == PAGE_LEFT)
		pos->col--;
}

void page_move(const struct page *page, struct page_pos *pos, enum page_motion motion, unsigned count)
{
	int times = (int)CLAMP(count, 1, (unsigned)MAX(MAX(page_rows(page), page_cols(page)), 1));
	struct page_pos before;

	page_clamp(page, pos);
	if (motion == PAGE_UP || motion == PAGE_DOWN)
		pos->row += motion == PAGE_UP ? -times : times;
	else if (motion == PAGE_TOP || motion == PAGE_BOTTOM)
		*pos = (struct page_pos){motion == PAGE_TOP ? 0 : page_rows(page) - 1, 0};
	else if (motion == PAGE_LINE_START)
		pos->col = 0;
	else if (motion == PAGE_LINE_TEXT_START || motion == PAGE_LINE_TEXT_END)
		to_text(page, pos, motion == PAGE_LINE_TEXT_END);
	else
		do {
			before = *pos;
			step(page, pos, motion);
			page_clamp(page, pos);
		} while (--times > 0 && (before.row != pos->row || before.col != pos->col));
	page_clamp(page, pos);
}
