/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's cursor. Linux inverts the last rows of a cell (or all), the VGA fills some with the
 * foreground; both blink. Pure.
 */
#include <string.h>

#include "recogniser_private.h"

static bool rows_blank(const uint32_t *rows, int height)
{
	for (int y = 0; y < height; y++)
		if (rows[y])
			return false;
	return true;
}

struct cursor_cell {
	uint32_t bg, fg;
	bool swapped; /* `rows` are set where the colour is not the cell's b */
	const uint32_t *rows;
	int width, height;
};

/* Rows as they were without the cursor: a known glyph, or nothing. */
static gunichar read_rows(const struct recogniser *rec, const uint32_t *rows, int width, int height, uint64_t kind)
{
	struct cell_bits bits = {.a = 0, .b = 1, .ninth = NINTH_NONE};
	const uint32_t hint = 0;
	struct choice choice;
	bool inverted;
	uint64_t key;

	if (rows_blank(rows, height))
		return ' ';
	key = glyph_key(rows, width, height, &inverted) ^ kind;
	choice = choice_of(rec, key, &bits, &hint);
	return choice.ch && choice.inverted == inverted && choice.confidence > 85 ? choice.ch : 0;
}

/* Linux: the last rows are inverted. */
static gunichar read_inverted(const struct recogniser *rec, const struct cursor_cell *cell)
{
	const int parts[] = {cell->height < 10 ? 1 : 2, cell->height / 3, cell->height / 2, cell->height * 2 / 3};
	uint32_t rows[GLYPH_HEIGHT_MAX];
	gunichar ch = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(parts) && !ch; i++) {
		memcpy(rows, cell->rows, sizeof(*rows) * (gsize)cell->height);
		for (int y = cell->height - parts[i]; y < cell->height; y++)
			rows[y] ^= glyph_row_mask(cell->width);
		ch = read_rows(rec, rows, cell->width, cell->height, 0);
		/* A line that is left of a cursor with more lines. */
		if (may_be_cursor(ch))
			ch = 0;
	}
	return ch;
}

/* The VGA: some rows are filled; the last full ones. */
static gunichar read_filled(const struct recogniser *rec, const struct cursor_cell *cell)
{
	uint32_t rows[GLYPH_HEIGHT_MAX], full = glyph_row_mask(cell->width);
	int last = cell->height - 1, first;
	gunichar ch;

	while (last >= 0 && cell->rows[last] != full)
		last--;
	for (first = last; first > 0 && cell->rows[first - 1] == full;)
		first--;
	if (last < cell->height / 2 || first == 0)
		return 0;
	memcpy(rows, cell->rows, sizeof(*rows) * (gsize)cell->height);
	memset(rows + first, 0, sizeof(*rows) * (gsize)(last - first + 1));
	ch = read_rows(rec, rows, cell->width, cell->height, 0);
	if (ch || first < cell->height - glyph_cursor_rows(cell->height))
		return ch;
	first = cell->height - glyph_cursor_rows(cell->height);
	memset(rows + first, 0, sizeof(*rows) * (gsize)(cell->height - first));
	return read_rows(rec, rows, cell->width, cell->height, GLYPH_TOPS);
}

bool cursor_read(struct recogniser *rec, const struct frame *frame, int row, int col, struct text_cell *cell)
{
	const struct cell_bits *bits = rec->bits + (gsize)row * (gsize)rec->screen.cols + col;
	int height = rec->grid.cell_h;
	uint32_t rows[GLYPH_HEIGHT_MAX];

	if (!rec->known)
		return false;
	for (int turn = 0; turn < 2; turn++) {
		struct cursor_cell at = {.bg = turn ? bits->b : bits->a, .fg = turn ? bits->a : bits->b, .rows = rows,
		        .width = cell_glyph_width(rec->grid.cell_w), .height = height};
		gunichar ch;

		cell_rows(recogniser_pixels(rec, frame, row, col), frame->stride, rec->grid.cell_w, height, at.bg, false, rows);
		ch = rec->grid.cell_w == 9 ? 0 : read_inverted(rec, &at);
		if (!ch)
			ch = read_filled(rec, &at);
		if (!ch)
			continue;
		*cell = (struct text_cell){.ch = ch, .fg = ch == ' ' ? at.bg : at.fg, .bg = at.bg, .confidence = 85,
		        .flags = CELL_CURSOR};
		return true;
	}
	return false;
}

bool cursor_is_on(const struct recogniser *rec, const struct cell_bits *bits, const struct cell_bits *other)
{
	bool known = bits->kind == CELL_BLANK || (bits->kind == CELL_TWO && fonts_has(rec->fonts, bits->key));
	bool other_known = other->kind == CELL_BLANK || (other->kind == CELL_TWO && fonts_has(rec->fonts, other->key));

	if (known != other_known)
		return other_known;
	if (bits->kind == CELL_BLANK || other->kind == CELL_BLANK) {
		/* A blank below an underline; or a block, the brighter or other one of two blanks. */
		if (bits->kind != other->kind)
			return other->kind == CELL_BLANK;
		return other->a == rec->main_bg;
	}
	/* A block: the colours swapped. */
	return bits->key == other->key && bits->a == rec->main_fg && other->a == rec->main_bg;
}

static bool changed_now(const struct recogniser *rec, int at)
{
	for (unsigned i = 0; i < MIN(rec->changed, G_N_ELEMENTS(rec->changed_at)); i++)
		if (rec->changed_at[i] == at)
			return true;
	return false;
}

static void blink_at(struct recogniser *rec, int at)
{
	if (rec->blink >= 0)
		rec->row_dirty[rec->blink / rec->screen.cols] = 1;
	rec->blink = at;
	rec->strangers = 0;
	rec->row_dirty[at / rec->screen.cols] = 1;
}

/* A blank that now looks as the cursor did on another one: the last of them, behind what was typed. */
static int arrived_at(const struct recogniser *rec)
{
	int found = -1;

	if (!rec->cursor_known || rec->changed > G_N_ELEMENTS(rec->changed_at))
		return -1;
	for (unsigned i = 0; i < rec->changed; i++) {
		int at = rec->changed_at[i];

		if (cell_bits_same(rec->bits + at, &rec->cursor_bits) && rec->before[at].kind == CELL_BLANK)
			found = MAX(found, at);
	}
	return found;
}

/* Behind the last character that was typed, if that is all that changed. */
static int behind_typed(const struct recogniser *rec)
{
	int last = -1;

	for (unsigned i = 0; i < rec->changed && rec->changed <= G_N_ELEMENTS(rec->changed_at); i++)
		last = MAX(last, rec->changed_at[i]);
	if (last < 0 || (last + 1) % rec->screen.cols == 0 || rec->bits[last + 1].kind != CELL_BLANK)
		return -1;
	return last + 1;
}

void cursor_follow(struct recogniser *rec)
{
	int arrived = arrived_at(rec);

	if (rec->left || (rec->next >= 0 && rec->changed))
		rec->next = behind_typed(rec);
	if (arrived >= 0 && arrived != rec->blink) {
		blink_at(rec, arrived);
	} else if (rec->toggled >= 0 && rec->blink < 0 && rec->changed <= G_N_ELEMENTS(rec->changed_at)) {
		/* With many others it is the page before that came back. */
		blink_at(rec, rec->toggled);
	} else if (rec->toggled == rec->blink) {
		rec->strangers = 0;
	} else if (rec->toggled >= 0 && rec->changed == 1 && ++rec->strangers > 1) {
		/* Where it was it blinks no more; a clock's colon, once a second, is no cursor. */
		blink_at(rec, rec->toggled);
	}
	if (rec->blink < 0 || !changed_now(rec, rec->blink))
		return;
	const struct cell_bits *bits = rec->bits + rec->blink, *before = rec->before + rec->blink;
	if (before->kind == CELL_BLANK && bits->kind != CELL_BLANK && cursor_is_on(rec, bits, before)) {
		rec->cursor_bits = *bits;
		rec->cursor_known = true;
	}
}

void cursor_place(struct recogniser *rec)
{
	int cols = rec->screen.cols, count = rec->screen.rows * cols, found = -1;
	unsigned seen = 0;

	if (rec->blink >= 0) {
		found = rec->blink;
	} else {
		for (int i = 0; i < count; i++)
			if (rec->cells[i].flags & CELL_CURSOR) {
				found = i;
				seen++;
			}
		if (seen > 1)
			found = -1;
		if (!seen)
			found = rec->next;
	}
	rec->screen.cursor_row = found < 0 ? -1 : found / cols;
	rec->screen.cursor_col = found < 0 ? -1 : found % cols;
}
