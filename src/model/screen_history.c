/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What scrolled off a guest's screen: see screen_history.h. Pure. */
#include "nvirt/screen_history.h"

#include <string.h>

#include "screen_scroll.h"

/* A program that shows the same few pages again and again is not kept each time. */
#define BLOCKS_KNOWN 16
/* So many lines before a gap must be found again where it is filled, and so many of them say something. */
#define LINES_TO_FIT 8
#define LINES_TO_PROVE 2

struct row {
	struct page_line *line; /* NULL = not made yet */
	uint64_t text, look;
	gint64 since_us;
	uint8_t weight; /* as in struct scroll_row */
	bool logged;
};

struct screen_history {
	struct page_line *ring[SCREEN_HISTORY_LINES];
	unsigned first, count;
	gsize bytes;
	guint64 added;
	bool gap; /* one that was not tried to be filled */
	/* The last screen with text. */
	struct row *rows;
	int n, cols;
	int cursor_row; /* the last one seen on it, -1 = none */
	uint64_t blocks[BLOCKS_KNOWN];
	unsigned blocks_at;
	screen_history_log log;
	void *log_data;
	unsigned settle_ms;
	/* Kept from frame to frame: nothing is allocated for rows that stay. */
	struct row *fresh;
	struct scroll_row *before, *now;
	int room;
};

struct screen_history *screen_history_new(void)
{
	struct screen_history *history = g_new0(struct screen_history, 1);

	history->cursor_row = -1;
	return history;
}

static void forget_rows(struct screen_history *history)
{
	for (int i = 0; i < history->n; i++)
		page_line_unref(history->rows[i].line);
	history->n = 0;
	history->cursor_row = -1;
}

void screen_history_free(struct screen_history *history)
{
	if (!history)
		return;
	forget_rows(history);
	for (unsigned i = 0; i < history->count; i++)
		page_line_unref(history->ring[(history->first + i) % SCREEN_HISTORY_LINES]);
	g_free(history->rows);
	g_free(history->fresh);
	g_free(history->before);
	g_free(history->now);
	g_free(history);
}

/* ---- the kept lines ---- */

unsigned screen_history_lines(const struct screen_history *history)
{
	return history->count;
}

guint64 screen_history_added(const struct screen_history *history)
{
	return history->added;
}

struct page_line *screen_history_line(const struct screen_history *history, unsigned index)
{
	return index < history->count ? history->ring[(history->first + index) % SCREEN_HISTORY_LINES] : NULL;
}

struct page_line *screen_history_last(const struct screen_history *history, int row)
{
	return row >= 0 && row < history->n ? history->rows[row].line : NULL;
}

int screen_history_last_rows(const struct screen_history *history)
{
	return history->n;
}

static void drop_oldest(struct screen_history *history)
{
	struct page_line *line = history->ring[history->first];

	history->bytes -= page_line_bytes(line);
	page_line_unref(line);
	history->first = (history->first + 1) % SCREEN_HISTORY_LINES;
	history->count--;
}

static void drop_newest(struct screen_history *history)
{
	struct page_line *line = history->ring[(history->first + --history->count) % SCREEN_HISTORY_LINES];

	history->bytes -= page_line_bytes(line);
	page_line_unref(line);
}

/* Takes the line. */
static void keep(struct screen_history *history, struct page_line *line)
{
	gsize bytes = page_line_bytes(line);

	while (history->count == SCREEN_HISTORY_LINES || (history->count && history->bytes + bytes > SCREEN_HISTORY_BYTES))
		drop_oldest(history);
	history->ring[(history->first + history->count) % SCREEN_HISTORY_LINES] = line;
	history->count++;
	history->bytes += bytes;
	history->added++;
}

static void log_row(struct screen_history *history, struct row *row)
{
	if (history->log && !row->logged && row->text)
		history->log(row->line, history->log_data);
	row->logged = true;
}

static void keep_rows(struct screen_history *history, int first, int count)
{
	for (int i = first; i < first + count; i++) {
		log_row(history, &history->rows[i]);
		keep(history, page_line_ref(history->rows[i].line));
	}
}

static void keep_gap(struct screen_history *history, gint64 now_us)
{
	struct page_line *line = page_line_gap();

	line->time_us = now_us;
	if (history->log)
		history->log(line, history->log_data);
	keep(history, line);
	history->gap = true;
}

/* A whole screen that is gone, without the blank rows around it. Returns how many lines. */
static int keep_screen(struct screen_history *history)
{
	int first = 0, end = history->n;
	uint64_t block = 0;

	while (first < end && !history->rows[first].text)
		first++;
	while (end > first && !history->rows[end - 1].text)
		end--;
	for (int i = first; i < end; i++)
		block = (block ^ history->rows[i].text) * 0x9e3779b97f4a7c15ull + 1;
	for (unsigned i = 0; i < BLOCKS_KNOWN; i++)
		if (end > first && history->blocks[i] == block)
			return 0;
	history->blocks[history->blocks_at++ % BLOCKS_KNOWN] = block;
	keep_rows(history, first, end - first);
	return end - first;
}

/* ---- a frame ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0xff51afd7ed558ccdull;
	return hash ^ hash >> 32;
}

static gunichar text_of(const struct text_cell *cell)
{
	return cell->flags & CELL_PICTURE ? ' ' : cell->flags & CELL_UNKNOWN ? 0xfffd : cell->ch;
}

/* Numbers of what it says and of how it looks; the cursor is no part of either. */
static void read_row(const struct text_cell *cells, int cols, struct row *ret_row, struct scroll_row *ret_scroll)
{
	uint64_t text = 0, look = 1;
	unsigned chars = 0;
	int end = cols;

	while (end > 0 && text_of(&cells[end - 1]) == ' ')
		end--;
	for (int col = 0; col < end; col++) {
		gunichar ch = text_of(&cells[col]);

		text = mix(text + 1, ch);
		chars += ch && ch != ' ';
	}
	for (int col = 0; col < cols; col++)
		look = mix(mix(look, cells[col].ch | (uint64_t)(cells[col].flags & (CELL_PICTURE | CELL_UNKNOWN)) << 32),
		        (uint64_t)cells[col].fg << 32 | cells[col].bg);
	*ret_row = (struct row){.text = chars ? text : 0, .look = look, .weight = chars == 0 ? 0 : chars < 4 ? 1 : chars < 10 ? 2 : 3};
	*ret_scroll = (struct scroll_row){.text = ret_row->text, .weight = ret_row->weight};
}

/* Percent of what the line had that the row has in the same place. */
static unsigned kept_percent(const struct page_line *line, const struct text_cell *cells, int cols)
{
	unsigned said = 0, kept = 0;

	for (unsigned x = 0; x < line->count; x++) {
		gunichar ch = line->cells[x].ch;

		if (!ch || ch == ' ' || line->cells[x].flags & PAGE_PICTURE)
			continue;
		said++;
		kept += x < (unsigned)cols && cells[x].ch == ch;
	}
	return said ? kept * 100 / said : 100;
}

static void make_room(struct screen_history *history, int rows)
{
	if (rows <= history->room)
		return;
	history->room = rows;
	history->rows = g_renew(struct row, history->rows, rows);
	history->fresh = g_renew(struct row, history->fresh, rows);
	history->before = g_renew(struct scroll_row, history->before, rows);
	history->now = g_renew(struct scroll_row, history->now, rows);
}

static void read_frame(struct screen_history *history, const struct text_screen *screen)
{
	for (int i = 0; i < screen->rows; i++)
		read_row(screen->cells + (gsize)i * (gsize)screen->cols, screen->cols, &history->fresh[i], &history->now[i]);
	for (int i = 0; i < history->n; i++) {
		const struct row *row = &history->rows[i];
		bool same = i < screen->rows && history->fresh[i].text == row->text;

		history->before[i] = (struct scroll_row){.text = row->text, .weight = row->weight, .kept = 100};
		if (!same && i < screen->rows)
			history->before[i].kept = (uint8_t)kept_percent(
			        row->line, screen->cells + (gsize)i * (gsize)screen->cols, screen->cols);
	}
}

/* The row of before that `fresh` is, or -1. */
static int was_row(const struct screen_history *history, const struct screen_scroll *scroll, int i)
{
	int moved = i + scroll->shift;

	if (scroll->what == SCROLL_REPLACED)
		return -1;
	if (scroll->shift && i >= scroll->from && i < scroll->to && moved >= 0 && moved < history->n &&
	        history->rows[moved].text == history->fresh[i].text)
		return moved;
	return i < history->n && history->rows[i].text == history->fresh[i].text ? i : -1;
}

static void follow_row(struct screen_history *history, const struct text_screen *screen,
        const struct screen_scroll *scroll, int i, gint64 now_us)
{
	struct row *fresh = &history->fresh[i];
	int was = was_row(history, scroll, i);

	fresh->since_us = was >= 0 ? history->rows[was].since_us : now_us;
	fresh->logged = was >= 0 && history->rows[was].logged;
	if (was >= 0 && history->rows[was].look == fresh->look && history->cols == screen->cols) {
		fresh->line = page_line_ref(history->rows[was].line);
		return;
	}
	fresh->line = page_line_of_screen(screen, i);
	fresh->line->time_us = fresh->since_us;
}

/* What is on the screen now is what the next frame is held against. */
static void take_frame(struct screen_history *history, const struct text_screen *screen,
        const struct screen_scroll *scroll, gint64 now_us)
{
	struct row *old;

	for (int i = 0; i < screen->rows; i++)
		follow_row(history, screen, scroll, i, now_us);
	for (int i = 0; i < history->n; i++)
		page_line_unref(history->rows[i].line);
	old = history->rows;
	history->rows = history->fresh;
	history->fresh = old;
	history->n = screen->rows;
	history->cols = screen->cols;
	if (screen->cursor_row >= 0)
		history->cursor_row = screen->cursor_row;
}

unsigned screen_history_feed(struct screen_history *history, const struct text_screen *screen, gint64 now_us)
{
	struct screen_scroll scroll = {.what = SCROLL_NOT};
	guint64 before = history->added;

	if (screen->kind != SCREEN_TEXT || screen->rows < 1 || screen->cols < 1)
		return 0;
	make_room(history, MAX(screen->rows, history->n));
	read_frame(history, screen);
	if (history->n)
		scroll = screen_scroll_find(history->before, history->n, history->now, screen->rows,
		        (struct scroll_cursors){history->cursor_row, screen->cursor_row});
	if (scroll.what == SCROLL_BY)
		keep_rows(history, scroll.first, scroll.count);
	else if (scroll.what == SCROLL_REPLACED && keep_screen(history) && scroll.may_gap)
		keep_gap(history, now_us);
	take_frame(history, screen, &scroll, now_us);
	return (unsigned)(history->added - before);
}

unsigned screen_history_mark(struct screen_history *history, const char *what, gint64 time_us)
{
	struct page_line *line = page_line_mark(what, time_us);
	guint64 before = history->added;

	/*
	 * Whatever it is, it is the end of that run. A frame of it may still be on its way: that one is known then, and not
	 * kept again.
	 */
	memset(history->blocks, 0, sizeof(history->blocks));
	keep_screen(history);
	forget_rows(history);
	if (history->log)
		history->log(line, history->log_data);
	keep(history, line);
	return (unsigned)(history->added - before);
}

/* Where the screen had a glyph that nobody knows the memory may know better; and what was written on is no other line. */
static bool fits(const struct page_line *seen, const struct page_line *line, bool may_grow)
{
	g_autofree char *text_a = page_line_text(seen), *text_b = page_line_text(line);
	const char *a = text_a, *b = text_b;

	for (; *a && *b; a = g_utf8_next_char(a), b = g_utf8_next_char(b)) {
		gunichar ch_a = g_utf8_get_char(a), ch_b = g_utf8_get_char(b);

		if (ch_a != ch_b && ch_a != 0xfffd && ch_b != 0xfffd)
			return false;
	}
	return !*a && (may_grow || !*b);
}

static bool same_text(const struct page_line *seen, const struct page_line *line)
{
	return fits(seen, line, false);
}

/* The first line of this run: no memory has those of the one before. */
static unsigned run_begin(const struct screen_history *history)
{
	unsigned i = history->count;

	while (i > 0 && screen_history_line(history, i - 1)->kind != PAGE_LINE_MARK)
		i--;
	return i;
}

/* Is what was kept from `begin` on the end of `lines`? */
static bool is_end_of(const struct screen_history *history, unsigned begin, const GPtrArray *lines)
{
	unsigned count = history->count - begin;

	if (count > lines->len)
		return false;
	for (unsigned i = 0; i < count; i++)
		if (!same_text(screen_history_line(history, begin + i), lines->pdata[lines->len - count + i]))
			return false;
	return true;
}

bool screen_history_has_gap(const struct screen_history *history)
{
	return history->gap;
}

static int last_gap(const struct screen_history *history)
{
	int i = (int)history->count - 1;

	while (i >= 0 && screen_history_line(history, (unsigned)i)->kind != PAGE_LINE_GAP)
		i--;
	return i;
}

/* Has `lines` from `at` on what the history has from `first` on? */
static bool same_lines(const struct screen_history *history, int first, int count, const GPtrArray *lines, int at)
{
	for (int i = 0; i < count; i++)
		if (!same_text(screen_history_line(history, (unsigned)(first + i)), lines->pdata[at + i]))
			return false;
	return true;
}

/*
 * Where in `lines` what is missing begins and ends: after the last place that has the lines before the gap. The last
 * of these may have been written on when it went: a command that was being typed.
 */
static bool find_missing(const struct screen_history *history, int gap, const GPtrArray *lines, int *ret_from, int *ret_to)
{
	int after = (int)history->count - gap - 1, to = (int)lines->len - after, said = 0;
	int count = MIN(gap - (int)run_begin(history), LINES_TO_FIT);

	for (int i = gap - count; i < gap; i++)
		said += !page_line_is_blank(screen_history_line(history, (unsigned)i));
	if (to < 0 || said < LINES_TO_PROVE || !same_lines(history, gap + 1, after, lines, to))
		return false;
	for (int at = to - count; at >= 0; at--)
		if (same_lines(history, gap - count, count - 1, lines, at) &&
		        fits(screen_history_line(history, (unsigned)gap - 1), lines->pdata[at + count - 1], true)) {
			*ret_from = at + count;
			*ret_to = to;
			return true;
		}
	return false;
}

static void log_filled(struct screen_history *history, struct page_line *line, gint64 time_us)
{
	line->time_us = time_us;
	if (history->log && !page_line_is_blank(line))
		history->log(line, history->log_data);
}

/* In place of the gap, and of the line before it, that may have grown. */
static void put_missing(struct screen_history *history, int gap, const GPtrArray *lines, int from, int to)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	gint64 time_us = screen_history_line(history, (unsigned)gap)->time_us;

	bool grown = !same_text(screen_history_line(history, (unsigned)gap - 1), lines->pdata[from - 1]);

	from -= grown;
	for (unsigned i = 0; i < history->count; i++) {
		if ((int)i != gap && ((int)i != gap - 1 || !grown))
			g_ptr_array_add(all, page_line_ref(screen_history_line(history, i)));
		for (int j = from; (int)i == gap && j < to; j++) {
			log_filled(history, lines->pdata[j], time_us);
			g_ptr_array_add(all, page_line_ref(lines->pdata[j]));
		}
	}
	while (history->count)
		drop_oldest(history);
	for (unsigned i = 0; i < all->len; i++)
		keep(history, all->pdata[i]);
}

unsigned screen_history_fill(struct screen_history *history, GPtrArray *lines)
{
	unsigned filled = 0;
	int gap, from, to;

	history->gap = false;
	/* An earlier one as well: what follows it is known now. */
	while ((gap = last_gap(history)) > 0 && find_missing(history, gap, lines, &from, &to)) {
		put_missing(history, gap, lines, from, to);
		filled += (unsigned)(to - from);
	}
	g_ptr_array_unref(lines);
	return filled;
}

unsigned screen_history_begin_with(struct screen_history *history, GPtrArray *lines)
{
	g_autoptr(GPtrArray) newer = g_ptr_array_new();
	unsigned begin = run_begin(history), count = history->count - begin;
	unsigned taken = is_end_of(history, begin, lines) ? lines->len - count : 0;

	for (unsigned i = 0; taken && i < count; i++)
		g_ptr_array_add(newer, page_line_ref(screen_history_line(history, begin + i)));
	while (taken && history->count > begin)
		drop_newest(history);
	for (unsigned i = 0; i < taken; i++)
		keep(history, page_line_ref(lines->pdata[i]));
	for (unsigned i = 0; i < newer->len; i++)
		keep(history, newer->pdata[i]);
	g_ptr_array_unref(lines);
	return taken;
}

/* ---- the log ---- */

void screen_history_set_log(struct screen_history *history, screen_history_log log, void *data, unsigned settle_ms)
{
	history->log = log;
	history->log_data = data;
	history->settle_ms = settle_ms;
}

int screen_history_tick(struct screen_history *history, gint64 now_us)
{
	gint64 next_us = -1;

	for (int i = 0; history->log && i < history->n; i++) {
		struct row *row = &history->rows[i];
		gint64 left_us = row->since_us + (gint64)history->settle_ms * 1000 - now_us;

		if (row->logged || !row->text || i == history->cursor_row)
			continue;
		if (left_us <= 0)
			log_row(history, row);
		else if (next_us < 0 || left_us < next_us)
			next_us = left_us;
	}
	return next_us < 0 ? -1 : (int)MIN(next_us / 1000 + 1, G_MAXINT);
}

void screen_history_log_rest(struct screen_history *history)
{
	for (int i = 0; i < history->n; i++)
		log_row(history, &history->rows[i]);
}
