/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any screens one after the other, as what a guest may show: what scrolled by stays bounded and whole, and can be read. libFuzzer. */
#include <string.h>

#include "nvirt/glyph_file.h"
#include "nvirt/screen_history.h"

#define ROWS_MAX 24
#define COLS_MAX 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at, *end;
};

static unsigned take(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

struct show {
	struct text_screen screen;
	struct text_cell cells[ROWS_MAX * COLS_MAX];
	unsigned logged;
};

static struct text_cell *row_of(struct show *show, int row)
{
	return &show->cells[row * show->screen.cols];
}

/* Few letters, so that rows are alike; now and then a wide one, a picture, an unknown glyph. */
static void write_row(struct show *show, int row, unsigned what)
{
	for (int col = 0; col < show->screen.cols; col++) {
		struct text_cell *cell = row_of(show, row) + col;
		bool said = (unsigned)col < what % (COLS_MAX + 1);

		*cell = (struct text_cell){.ch = said ? 'a' + (what >> 3) % 8 : ' ', .fg = what, .confidence = 100};
		if (what % 31 == 7 && said)
			cell->flags = CELL_PICTURE;
		if (what % 37 == 5 && said)
			cell->flags = CELL_UNKNOWN;
	}
	if (what % 29 == 3 && show->screen.cols > 1) {
		*row_of(show, row) = (struct text_cell){.ch = 0x6f22, .flags = CELL_WIDE};
		row_of(show, row)[1] = (struct text_cell){.ch = 0, .flags = CELL_WIDE_REST};
	}
}

static void resize(struct show *show, unsigned what)
{
	show->screen.rows = 1 + (int)(what % ROWS_MAX);
	show->screen.cols = 1 + (int)(what / 7 % COLS_MAX);
	show->screen.cells = show->cells;
	for (int row = 0; row < show->screen.rows; row++)
		write_row(show, row, 0);
}

static void step(struct show *show, struct input *input)
{
	unsigned what = take(input), rows = (unsigned)show->screen.rows;
	size_t row_size = sizeof(show->cells[0]) * (size_t)show->screen.cols;

	show->screen.kind = what % 16 == 15 ? SCREEN_BLANK : what % 16 == 14 ? SCREEN_PICTURE : SCREEN_TEXT;
	show->screen.cursor_row = (int)(take(input) % (rows + 1)) - 1;
	if (what % 16 < 8) {
		memmove(show->cells, row_of(show, 1), row_size * (rows - 1));
		write_row(show, (int)rows - 1, take(input));
	} else if (what % 16 < 12) {
		write_row(show, (int)(take(input) % rows), take(input));
	} else if (what % 16 == 12) {
		resize(show, take(input));
	}
}

static void on_log(const struct page_line *line, void *data)
{
	struct show *show = data;

	g_assert(!page_line_is_blank(line));
	show->logged++;
}

static void check(const struct screen_history *history, const struct show *show)
{
	struct page *page = page_of_screen(history, &show->screen);
	GArray *found = page_find(page, "ab");
	struct page_pos pos = {page_rows(page), 3};
	struct page_selection selection = {PAGE_SELECT_BLOCK, {0, 1}, {page_rows(page), page_cols(page)}};
	g_autofree char *text = page_text(page, 0, page_rows(page)), *ansi = page_ansi(page, 0, page_rows(page));
	g_autofree char *block = page_selection_text(page, &selection);

	g_assert(g_utf8_validate(text, -1, NULL) && g_utf8_validate(ansi, -1, NULL) && g_utf8_validate(block, -1, NULL));
	g_assert(screen_history_lines(history) <= SCREEN_HISTORY_LINES);
	for (enum page_motion motion = 0; motion < PAGE_MOTION_N; motion++) {
		page_move(page, &pos, motion, 2);
		g_assert(pos.row >= 0 && pos.row < page_rows(page) && pos.col >= 0 && pos.col < MAX(page_cols(page), 1));
		page_match_step(found, pos, motion % 2 ? 1 : -1);
	}
	g_array_unref(found);
	page_free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct screen_history *history = screen_history_new();
	struct input input = {data, data + size};
	struct show *show = g_new0(struct show, 1);
	struct named_glyph glyph = {.width = 8, .height = 16, .rows = {0, 1, 2, 3}, .ch = 'x'};
	GByteArray *font = glyph_file_add(data, size, &glyph, NULL);
	gint64 now_us = 0;

	if (font)
		g_byte_array_unref(font);
	show->screen.font = "";
	resize(show, take(&input));
	screen_history_set_log(history, on_log, show, 3);
	for (; input.at < input.end; now_us += 1000) {
		int before = screen_history_last_rows(history);

		step(show, &input);
		g_assert(screen_history_feed(history, &show->screen, now_us) <= (unsigned)before + 1);
		screen_history_tick(history, now_us);
	}
	/* And as a memory that says anything. */
	show->screen.kind = SCREEN_TEXT;
	if (size % 2)
		screen_history_fill(history, text_memory_lines(&show->screen, data, size));
	else
		screen_history_begin_with(history, text_memory_lines(&show->screen, data, size));
	check(history, show);
	screen_history_mark(history, "was reset", now_us);
	screen_history_log_rest(history);
	screen_history_free(history);
	g_free(show);
	return 0;
}
