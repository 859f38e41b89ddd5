/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frozen lines and the page that is made of them: see page.h. Pure. */
#include "nvirt/page.h"

#include <string.h>

#include "nvirt/screen_history.h"
#include "nvirt/screen_text.h"
#include "nvirt/serial.h"
#include "page_private.h"

#define GAP_WORDS "[ here lines may have gone by unseen ]"

/* ---- lines ---- */

/* What a blank is drawn with does not matter. */
static struct page_cell blank_like(const struct page_cell *cell)
{
	struct page_cell blank = *cell;

	if (cell->ch != ' ' || cell->comb || cell->flags & (PAGE_PICTURE | PAGE_UNKNOWN))
		return (struct page_cell){.ch = ' '};
	if (!(cell->flags & (PAGE_REVERSE | PAGE_UNDERLINE))) {
		blank.flags &= (uint8_t)~(PAGE_FG | PAGE_BOLD);
		blank.fg = 0;
	}
	return blank;
}

static bool same_blank(const struct page_cell *cell, const struct page_cell *rest)
{
	struct page_cell blank = blank_like(cell);

	return cell->ch == ' ' && !cell->comb && !(cell->flags & (PAGE_PICTURE | PAGE_UNKNOWN)) && blank.fg == rest->fg &&
	       blank.bg == rest->bg && blank.flags == rest->flags;
}

struct page_line *page_line_new(const struct page_cell *cells, unsigned count)
{
	struct page_cell rest = count ? blank_like(&cells[count - 1]) : (struct page_cell){.ch = ' '};
	unsigned width = count;
	struct page_line *line;

	while (count > 0 && same_blank(&cells[count - 1], &rest))
		count--;
	line = g_malloc0(sizeof(*line) + count * sizeof(*cells));
	line->refs = 1;
	line->rest = rest;
	line->width = width;
	line->count = count;
	if (count)
		memcpy(line->cells, cells, count * sizeof(*cells));
	return line;
}

/* Not the guest's: `words` are our own, ASCII. */
static struct page_line *own_line(enum page_line_kind kind, const char *words)
{
	unsigned count = (unsigned)strlen(words);
	g_autofree struct page_cell *cells = g_new0(struct page_cell, count);
	struct page_line *line;

	for (unsigned i = 0; i < count; i++)
		cells[i] = (struct page_cell){.ch = (guchar)words[i]};
	line = page_line_new(cells, count);
	line->width++; /* it does not go on */
	line->kind = (uint8_t)kind;
	return line;
}

struct page_line *page_line_gap(void)
{
	return own_line(PAGE_LINE_GAP, GAP_WORDS);
}

char *page_mark_words(const char *what, gint64 time_us)
{
	g_autoptr(GDateTime) seconds = g_date_time_new_from_unix_local(time_us / G_USEC_PER_SEC);
	g_autofree char *when = seconds ? g_date_time_format(seconds, "%H:%M:%S") : g_strdup("-");

	return g_strdup_printf("[ the guest %s at %s ]", what, when);
}

struct page_line *page_line_mark(const char *what, gint64 time_us)
{
	g_autofree char *words = page_mark_words(what, time_us);
	struct page_line *line = own_line(PAGE_LINE_MARK, words);

	line->time_us = time_us;
	return line;
}

struct page_line *page_line_ref(struct page_line *line)
{
	line->refs++;
	return line;
}

void page_line_unref(struct page_line *line)
{
	if (line && --line->refs == 0)
		g_free(line);
}

gsize page_line_bytes(const struct page_line *line)
{
	return sizeof(*line) + line->count * sizeof(line->cells[0]);
}

bool page_line_is_blank(const struct page_line *line)
{
	for (unsigned x = 0; x < line->count; x++)
		if (line->cells[x].ch && page_cell_text(&line->cells[x]) != ' ')
			return false;
	return true;
}

struct page_line *page_line_of_screen(const struct text_screen *screen, int row)
{
	const struct text_cell *from = screen->cells + (gsize)row * (gsize)screen->cols;
	g_autofree struct page_cell *cells = g_new0(struct page_cell, MAX(screen->cols, 1));

	for (int col = 0; col < screen->cols; col++) {
		cells[col] = (struct page_cell){
		        .ch = from[col].ch, .fg = from[col].fg, .bg = from[col].bg, .flags = PAGE_FG | PAGE_BG};
		cells[col].flags |= from[col].flags & CELL_PICTURE ? PAGE_PICTURE : 0;
		cells[col].flags |= from[col].flags & CELL_UNKNOWN ? PAGE_UNKNOWN : 0;
	}
	return page_line_new(cells, (unsigned)screen->cols);
}

static struct page_line *line_of_serial(const struct serial_line *from, unsigned width)
{
	unsigned count = MAX(width, from ? from->count : 0);
	g_autofree struct page_cell *cells = g_new0(struct page_cell, MAX(count, 1));

	for (unsigned x = 0; x < count; x++) {
		const struct serial_cell *cell = from && x < from->count ? &from->cells[x] : NULL;
		unsigned flags = cell ? cell->flags : 0;

		cells[x] = (struct page_cell){.ch = cell ? cell->ch : ' ', .comb = cell ? cell->comb : 0};
		cells[x].fg = flags & SERIAL_FG ? cell->fg : 0;
		cells[x].bg = flags & SERIAL_BG ? cell->bg : 0;
		cells[x].flags = (uint8_t)((flags & SERIAL_FG ? PAGE_FG | PAGE_PALETTE : 0) |
		        (flags & SERIAL_BG ? PAGE_BG | PAGE_PALETTE : 0) | (flags & SERIAL_BOLD ? PAGE_BOLD : 0) |
		        (flags & SERIAL_UNDERLINE ? PAGE_UNDERLINE : 0) | (flags & SERIAL_REVERSE ? PAGE_REVERSE : 0));
	}
	return page_line_new(cells, count);
}

/* ---- the page ---- */

struct page *page_new(void)
{
	struct page *page = g_new0(struct page, 1);

	page->lines = g_ptr_array_new_with_free_func((GDestroyNotify)page_line_unref);
	return page;
}

void page_free(struct page *page)
{
	if (!page)
		return;
	g_ptr_array_unref(page->lines);
	g_free(page);
}

void page_append(struct page *page, struct page_line *line)
{
	page->cols = MAX(page->cols, (int)MIN(MAX(line->width, line->count), PAGE_COLS_MAX));
	g_ptr_array_add(page->lines, line);
}

struct page *page_of_screen(const struct screen_history *history, const struct text_screen *screen)
{
	unsigned count = history ? screen_history_lines(history) : 0;
	struct page *page = page_new();

	for (unsigned i = 0; i < count; i++)
		page_append(page, page_line_ref(screen_history_line(history, i)));
	/* What stood there before it went blank, or showed a picture. */
	for (int row = 0; history && screen->kind != SCREEN_TEXT && row < screen_history_last_rows(history); row++) {
		struct page_line *line = screen_history_last(history, row);

		page_append(page, line ? page_line_ref(line) : page_line_new(NULL, 0));
	}
	page->history = (int)page->lines->len;
	for (int row = 0; row < screen->rows; row++)
		page_append(page, page_line_of_screen(screen, row));
	return page;
}

struct page *page_of_serial(const struct serial_screen *screen)
{
	unsigned width = (unsigned)MAX(serial_screen_cols(screen), 0);
	struct page *page = page_new();

	for (unsigned i = 0; i < serial_screen_lines(screen); i++)
		page_append(page, line_of_serial(serial_screen_line(screen, i), width));
	page->history = (int)serial_screen_history(screen);
	return page;
}

int page_rows(const struct page *page)
{
	return (int)page->lines->len;
}

int page_cols(const struct page *page)
{
	return page->cols;
}

int page_history(const struct page *page)
{
	return page->history;
}

const struct page_line *page_line(const struct page *page, int row)
{
	return row >= 0 && row < page_rows(page) ? page->lines->pdata[row] : NULL;
}

struct page_cell page_cell_at(const struct page *page, int row, int col)
{
	const struct page_line *line = page_line(page, row);

	if (!line || col < 0)
		return (struct page_cell){.ch = ' '};
	return (unsigned)col < line->count ? line->cells[col] : line->rest;
}
