/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a damaged frame to the cells that changed: see helper.h. */
#include <string.h>

#include "helper.h"

/* Unchanged cells between two changed ones that are sent rather than a message of their own. */
#define GAP_MAX 1

void helper_damage(struct helper *helper, int x, int y, int width, int height)
{
	struct frame_rect *last = helper->dirty_n ? &helper->dirty[helper->dirty_n - 1] : NULL;

	/* A server that tells line by line, or character by character, says much the same again and again. */
	if (last && last->x == x && last->width == width && last->y + last->height == y)
		last->height += height;
	else if (helper->dirty_n < HELPER_DIRTY_MAX)
		helper->dirty[helper->dirty_n++] = (struct frame_rect){x, y, width, height};
	else
		helper->all_dirty = true;
}

void helper_set_frame(struct helper *helper, const uint32_t *pixels, int width, int height)
{
	helper->frame = (struct frame){.width = width, .height = height, .stride = width, .pixels = pixels};
	helper->all_dirty = true;
}

static bool same_cell(const struct text_cell *a, const struct text_cell *b)
{
	return a->ch == b->ch && a->fg == b->fg && a->bg == b->bg && a->confidence == b->confidence && a->flags == b->flags;
}

static void put_cell(GByteArray *out, const struct text_cell *cell)
{
	bool right = wire_character_is_right(cell->ch, cell->flags);

	wire_put_u24(out, right ? cell->ch : 0xfffd);
	wire_put_u24(out, cell->fg & 0xffffff);
	wire_put_u24(out, cell->bg & 0xffffff);
	wire_put_u8(out, MIN(cell->confidence, 100));
	wire_put_u8(out, right ? cell->flags : CELL_UNKNOWN);
}

static void put_run(struct helper *helper, const struct text_cell *row, int index, int from, int to)
{
	guint begin = wire_begin(helper->out, WIRE_CELLS);

	wire_put_u16(helper->out, (unsigned)index);
	wire_put_u16(helper->out, (unsigned)from);
	wire_put_u16(helper->out, (unsigned)(to - from));
	for (int col = from; col < to; col++)
		put_cell(helper->out, &row[col]);
	wire_end(helper->out, begin);
}

static void put_row(struct helper *helper, const struct text_screen *screen, int index)
{
	const struct text_cell *row = screen->cells + (size_t)index * (size_t)screen->cols;
	struct text_cell *sent = helper->sent + (size_t)index * (size_t)screen->cols;
	int from = -1, to = 0;

	for (int col = 0; col < screen->cols; col++) {
		if (same_cell(&row[col], &sent[col]))
			continue;
		if (from >= 0 && col - to > GAP_MAX) {
			put_run(helper, row, index, from, to);
			from = -1;
		}
		if (from < 0)
			from = col;
		to = col + 1;
	}
	if (from >= 0)
		put_run(helper, row, index, from, to);
	memcpy(sent, row, (size_t)screen->cols * sizeof(*sent));
}

static void put_screen(struct helper *helper, const struct text_screen *screen)
{
	GByteArray *out = helper->out;
	guint begin = wire_begin(out, WIRE_SCREEN);
	char font[WIRE_FONT_MAX + 1];

	/* A user's font is called as its file. */
	g_strlcpy(font, screen->font, sizeof(font));
	wire_put_u8(out, screen->kind);
	wire_put_u16(out, (unsigned)screen->rows);
	wire_put_u16(out, (unsigned)screen->cols);
	wire_put_u16(out, (unsigned)screen->cell_w);
	wire_put_u16(out, (unsigned)screen->cell_h);
	wire_put_u16(out, (unsigned)screen->x);
	wire_put_u16(out, (unsigned)screen->y);
	wire_put_u16(out, (unsigned)screen->cursor_row & 0xffff);
	wire_put_u16(out, (unsigned)screen->cursor_col & 0xffff);
	wire_put_u32(out, screen->known);
	wire_put_u32(out, screen->unknown);
	wire_put_u16(out, (unsigned)helper->frame.width);
	wire_put_u16(out, (unsigned)helper->frame.height);
	wire_put_string(out, font);
	wire_end(out, begin);
}

/* nvirt makes all cells blank when the grid is another one; so do we. */
static void follow_grid(struct helper *helper, const struct text_screen *screen)
{
	size_t count = (size_t)screen->rows * (size_t)screen->cols;

	if (helper->sent && helper->sent_rows == screen->rows && helper->sent_cols == screen->cols)
		return;
	g_free(helper->sent);
	helper->sent = g_new(struct text_cell, MAX(count, 1));
	for (size_t i = 0; i < count; i++)
		helper->sent[i] = (struct text_cell){.ch = ' ', .confidence = 100};
	helper->sent_rows = screen->rows;
	helper->sent_cols = screen->cols;
}

static void tell(struct helper *helper, const struct text_screen *screen)
{
	guint begin;

	follow_grid(helper, screen);
	put_screen(helper, screen);
	for (int row = 0; row < screen->rows; row++)
		put_row(helper, screen, row);
	begin = wire_begin(helper->out, WIRE_FRAME);
	wire_put_u32(helper->out, ++helper->frames);
	wire_put_u8(helper->out, helper->searching || helper->stale);
	wire_end(helper->out, begin);
	helper_flush(helper);
}

void helper_tell_frame(struct helper *helper)
{
	const struct text_screen *screen = recogniser_update(helper->recogniser, &helper->frame,
	        helper->all_dirty ? NULL : helper->dirty, helper->all_dirty ? 0 : helper->dirty_n);

	helper->dirty_n = 0;
	helper->all_dirty = false;
	helper->searching = screen && screen->kind == SCREEN_PICTURE;
	helper->blank = !screen || screen->kind == SCREEN_BLANK;
	if (screen)
		tell(helper, screen);
}

void helper_search(struct helper *helper)
{
	const struct text_screen *screen;

	if (recogniser_search(helper->recogniser, &helper->frame))
		return;
	helper->searching = false;
	screen = recogniser_update(helper->recogniser, &helper->frame, NULL, 0);
	if (screen)
		tell(helper, screen);
}

static void put_pixels(struct helper *helper, size_t from, size_t count)
{
	guint begin = wire_begin(helper->out, WIRE_PIXELS);

	for (size_t i = from; i < from + count; i++) {
		uint32_t pixel = helper->frame.pixels[i];
		uint8_t rgb[3] = {pixel >> 16 & 0xff, pixel >> 8 & 0xff, pixel & 0xff};

		g_byte_array_append(helper->out, rgb, 3);
	}
	wire_end(helper->out, begin);
	helper_flush(helper);
}

void helper_tell_pixels(struct helper *helper)
{
	size_t all = (size_t)helper->frame.width * (size_t)helper->frame.height, step = WIRE_PAYLOAD_MAX / 3;
	guint begin = wire_begin(helper->out, WIRE_PIXELS_NEW);

	helper->pixels_wanted = false;
	wire_put_u16(helper->out, (unsigned)helper->frame.width);
	wire_put_u16(helper->out, (unsigned)helper->frame.height);
	wire_end(helper->out, begin);
	for (size_t at = 0; at < all; at += step)
		put_pixels(helper, at, MIN(step, all - at));
}
