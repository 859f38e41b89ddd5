/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames become text: reads the cells that were damaged, keeps counts that are right without looking at
 * the others, and decides whether it is text at all. Pure but for the clock.
 */
#include "recogniser_private.h"

#include <string.h>

/* A picture is said to be one when it has been one for so long; text is said at once. */
#define SETTLE_US 300000
/* A grid is looked for again no more often than this. */
#define RETRY_US 100000
#define DISTINCT_MIN 5
/* So few cells that are not to be read make no picture. */
#define UNCLEAR_FEW 24

struct recogniser *recogniser_new(const struct fonts *fonts)
{
	struct recogniser *rec = g_new0(struct recogniser, 1);

	rec->fonts = fonts;
	rec->blink = rec->toggled = rec->next = -1;
	rec->screen.font = "";
	return rec;
}

void recogniser_free(struct recogniser *rec)
{
	if (!rec)
		return;
	doubled_clear(&rec->doubled);
	g_free(rec->bits);
	g_free(rec->before);
	g_free(rec->cells);
	g_free(rec->row_dirty);
	g_free(rec);
}

void recogniser_set_mode(struct recogniser *rec, enum recogniser_mode mode)
{
	if (rec->mode != mode)
		rec->width = 0; /* begin anew */
	rec->mode = mode;
}

/* ---- the grid ---- */

static void clear_counts(struct recogniser *rec)
{
	memset(rec->votes, 0, sizeof(rec->votes));
	memset(rec->pending, 0, sizeof(rec->pending));
	memset(rec->choices, 0, sizeof(rec->choices));
	rec->glyphs = 0;
	memset(rec->letters, 0, sizeof(rec->letters));
	rec->letter_cells = rec->known = rec->unclear = 0;
	rec->dominant = 0;
	rec->main_fg = rec->main_bg = 0;
	rec->blink = rec->toggled = rec->next = -1;
	rec->cursor_known = false;
}

static void set_grid(struct recogniser *rec, const struct grid *grid, bool assumed)
{
	gsize cells = (gsize)grid->rows * (gsize)grid->cols;

	rec->grid = *grid;
	rec->assumed = assumed;
	if (cells > rec->room) {
		g_free(rec->bits);
		g_free(rec->before);
		g_free(rec->cells);
		g_free(rec->row_dirty);
		rec->room = cells;
		rec->bits = g_new(struct cell_bits, cells);
		rec->before = g_new(struct cell_bits, cells);
		rec->cells = g_new(struct text_cell, cells);
		rec->row_dirty = g_new(uint8_t, cells);
	}
	memset(rec->bits, 0, cells * sizeof(*rec->bits));
	memset(rec->before, 0, cells * sizeof(*rec->before));
	memset(rec->cells, 0, cells * sizeof(*rec->cells));
	memset(rec->row_dirty, 1, (gsize)grid->rows);
	clear_counts(rec);
	rec->screen.rows = grid->rows;
	rec->screen.cols = grid->cols;
	rec->screen.cell_w = grid->cell_w << rec->doubled.wide;
	rec->screen.cell_h = grid->cell_h << rec->doubled.high;
	rec->screen.x = grid->x << rec->doubled.wide;
	rec->screen.y = grid->y << rec->doubled.high;
	rec->screen.cells = rec->cells;
}

/* True: there is another grid than before, all is to be read. */
static bool find_grid(struct recogniser *rec, const struct frame *frame)
{
	bool wide = rec->doubled.wide, high = rec->doubled.high;
	struct grid grid;

	rec->tried_us = g_get_monotonic_time();
	rec->untried = 0;
	if (view_find_text(rec, frame, &grid)) {
		rec->last_text = grid;
		if (!rec->assumed && wide == rec->doubled.wide && high == rec->doubled.high && memcmp(&grid, &rec->grid, sizeof(grid)) == 0 &&
		        memcmp(&rec->inks, &rec->finder.inks, sizeof(rec->inks)) == 0)
			return false;
		rec->inks = rec->finder.inks;
		set_grid(rec, &grid, false);
		return true;
	}
	grid = grid_assumed(&rec->view);
	/* Too little to tell: what was right before is likelier than what is usual. */
	if (rec->last_text.cell_w && rec->finder.few && rec->width)
		grid = rec->last_text;
	if (rec->assumed && memcmp(&grid, &rec->grid, sizeof(grid)) == 0)
		return false;
	rec->inks.count = 0;
	set_grid(rec, &grid, true);
	return true;
}

/* ---- counts ---- */

/* Fonts that agree on all else differ in what they call a 0 or an Ø: ASCII's letters and digits are likelier. */
#define VOTES_A_CELL 3
#define VOTES_ASCII 1

static bool first_of(uint64_t seen[FONT_FAMILIES_MAX / 64], unsigned family)
{
	bool first = !(seen[family / 64] >> family % 64 & 1);

	seen[family / 64] |= 1ull << family % 64;
	return first;
}

static void count_votes(struct recogniser *rec, uint64_t key, int by)
{
	uint64_t seen[FONT_FAMILIES_MAX / 64] = {0}, ascii[FONT_FAMILIES_MAX / 64] = {0};
	uint32_t at = fonts_slot(rec->fonts, key);
	font_entry entry;

	while ((entry = fonts_next(rec->fonts, key, &at))) {
		unsigned family = font_entry_family(entry);

		/* One cell votes once, also with a glyph that stands for several characters. */
		if (first_of(seen, family))
			rec->votes[family] += (uint32_t)(by * VOTES_A_CELL);
		if (letter_index(font_entry_ch(entry)) >= 0 && first_of(ascii, family))
			rec->votes[family] += (uint32_t)(by * VOTES_ASCII);
	}
}

static void give_votes(struct recogniser *rec, struct cached_votes *pending)
{
	if (pending->votes)
		count_votes(rec, pending->key, pending->votes);
	pending->votes = 0;
}

static void vote(struct recogniser *rec, uint64_t key, int by)
{
	struct cached_votes *pending = &rec->pending[key % CACHE_SIZE];

	if (pending->key != key) {
		give_votes(rec, pending);
		pending->key = key;
	}
	pending->votes += by;
}

static void count_cell(struct recogniser *rec, const struct text_cell *cell, int by)
{
	int letter = letter_index(cell->ch);

	if (!cell->ch || cell->ch == ' ')
		return;
	if (cell->flags & (CELL_PICTURE | CELL_UNKNOWN)) {
		rec->unclear += (unsigned)by;
		return;
	}
	rec->known += (unsigned)by;
	if (letter >= 0) {
		rec->letters[letter] += (unsigned)by;
		rec->letter_cells += (unsigned)by;
	}
}

/* Of two that fit as well, one design is likelier than what many fonts have together. */
static uint32_t weight(const struct recogniser *rec, unsigned family)
{
	return rec->votes[family] * 2 + !fonts_is_mixed(rec->fonts, family);
}

static bool find_dominant(struct recogniser *rec)
{
	unsigned best = rec->dominant;

	for (unsigned i = 0; rec->changed && i < CACHE_SIZE; i++)
		give_votes(rec, &rec->pending[i]);
	for (unsigned i = 0; i < FONT_FAMILIES_MAX; i++)
		if (weight(rec, i) > weight(rec, best))
			best = i;
	if (best == rec->dominant)
		return false;
	rec->dominant = best;
	return true;
}

/* Boyer and Moore's vote for the commonest, if it is half of all. */
struct majority {
	uint32_t colour;
	unsigned lead;
};

static void majority_add(struct majority *majority, uint32_t colour)
{
	if (!majority->lead)
		majority->colour = colour;
	if (majority->colour == colour)
		majority->lead++;
	else
		majority->lead--;
}

/* The background of most cells, blanks too: they are what no text's colours hide; then what is written on it. */
static bool find_main_colours(struct recogniser *rec)
{
	struct majority bg = {0}, fg = {0};
	int count = rec->screen.rows * rec->screen.cols;

	for (int i = 0; i < count; i++)
		if (!(rec->cells[i].flags & (CELL_PICTURE | CELL_UNKNOWN)))
			majority_add(&bg, rec->cells[i].bg);
	for (int i = 0; i < count; i++)
		if (letter_index(rec->cells[i].ch) >= 0 && rec->cells[i].bg == bg.colour)
			majority_add(&fg, rec->cells[i].fg);
	if (!bg.lead || !fg.lead || (rec->main_fg == fg.colour && rec->main_bg == bg.colour))
		return false;
	rec->main_fg = fg.colour;
	rec->main_bg = bg.colour;
	return true;
}

/* ---- reading ---- */

static void cell_changed(struct recogniser *rec, gsize at, const struct cell_bits *bits)
{
	struct cell_bits *old = rec->bits + at;

	if (old->kind == CELL_TWO)
		vote(rec, old->key, -1);
	if (bits->kind == CELL_TWO)
		vote(rec, bits->key, 1);
	if (rec->changed < G_N_ELEMENTS(rec->changed_at))
		rec->changed_at[rec->changed] = (int)at;
	rec->changed++;
	/* What was the blinking cell's is no longer; what comes back may be one. */
	if (rec->blink == (int)at && !cell_bits_same(bits, rec->before + at)) {
		rec->blink = -1;
		rec->left = true;
	} else if (rec->before[at].kind != CELL_NOT_READ && cell_bits_same(bits, rec->before + at)) {
		rec->toggled = (int)at;
	}
	rec->before[at] = *old;
	*old = *bits;
}

static void read_rect(struct recogniser *rec, const struct frame *frame, const struct frame_rect *rect)
{
	const struct grid *grid = &rec->grid;
	int64_t right = (int64_t)rect->x + rect->width - grid->x, below = (int64_t)rect->y + rect->height - grid->y;
	int col0 = MAX(rect->x - grid->x, 0) / grid->cell_w, row0 = MAX(rect->y - grid->y, 0) / grid->cell_h;
	int col1 = (int)MIN((right + grid->cell_w - 1) / grid->cell_w, grid->cols);
	int row1 = (int)MIN((below + grid->cell_h - 1) / grid->cell_h, grid->rows);

	if (rect->width <= 0 || rect->height <= 0 || right <= 0 || below <= 0)
		return;
	for (int row = row0; row < row1; row++)
		for (int col = col0; col < col1; col++) {
			gsize at = (gsize)row * (gsize)grid->cols + (gsize)col;
			struct cell_bits bits;

			cell_read(recogniser_pixels(rec, frame, row, col), frame->stride, grid->cell_w, grid->cell_h, &bits);
			if (bits.kind == CELL_MANY && rec->inks.count)
				inks_read(&rec->inks, rec->fonts, recogniser_pixels(rec, frame, row, col), frame->stride,
				        grid->cell_w, grid->cell_h, &bits);
			if (cell_bits_same(&bits, rec->bits + at))
				continue;
			cell_changed(rec, at, &bits);
			rec->row_dirty[row] = 1;
		}
}

static void picture_row(const struct recogniser *rec, const struct frame *frame, int row, struct text_cell *cells)
{
	const struct cell_bits *bits = rec->bits + (gsize)row * (gsize)rec->screen.cols;

	for (int col = 0; col < rec->screen.cols; col++) {
		if (bits[col].kind == CELL_BLANK)
			cells[col] = (struct text_cell){.ch = ' ', .fg = bits[col].a, .bg = bits[col].a};
		else
			cell_miniature(recogniser_pixels(rec, frame, row, col), frame->stride, rec->grid.cell_w,
			        rec->grid.cell_h, &cells[col]);
		cells[col].confidence = 0;
		cells[col].flags = CELL_PICTURE;
	}
}

static void choose_rows(struct recogniser *rec, const struct frame *frame)
{
	struct text_screen *screen = &rec->screen;
	struct text_cell row_cells[FRAME_SIDE_MAX / 4];

	for (int row = 0; row < screen->rows; row++) {
		struct text_cell *cells = rec->cells + (gsize)row * (gsize)screen->cols;
		bool changed = false;

		if (!rec->row_dirty[row])
			continue;
		rec->row_dirty[row] = 0;
		if (screen->kind == SCREEN_PICTURE)
			picture_row(rec, frame, row, row_cells);
		else
			choice_row(rec, frame, row, row_cells);
		for (int col = 0; col < screen->cols; col++) {
			const struct text_cell *old = cells + col, *new = row_cells + col;

			if (old->ch == new->ch && old->fg == new->fg && old->bg == new->bg && old->flags == new->flags &&
			        old->confidence == new->confidence)
				continue;
			count_cell(rec, old, -1);
			count_cell(rec, new, 1);
			cells[col] = *new;
			changed = true;
		}
		if (changed) {
			screen->changed_first = MIN(screen->changed_first, row);
			screen->changed_last = MAX(screen->changed_last, row);
		}
	}
}

/* ---- verdict ---- */

static bool is_blank(const struct recogniser *rec)
{
	int count = rec->screen.rows * rec->screen.cols;

	for (int i = 0; i < count; i++)
		if (rec->bits[i].kind != CELL_BLANK || rec->bits[i].a != rec->bits[0].a)
			return false;
	return !rec->finder.count || count > 0;
}

/* Of text on a picture: cells that its inks make no glyph of. The others are the picture. */
static unsigned unread_inks(const struct recogniser *rec)
{
	int count = rec->screen.rows * rec->screen.cols;
	unsigned unread = 0;

	for (int i = 0; i < count; i++)
		unread += rec->bits[i].ink != INK_NONE && rec->cells[i].flags & CELL_PICTURE;
	return unread;
}

/* Only letters and digits are evidence: lines and boxes are in every picture. */
static bool looks_like_text(const struct recogniser *rec)
{
	unsigned distinct = 0, unclear = rec->inks.count ? unread_inks(rec) : rec->unclear;

	for (int i = 0; i < LETTERS; i++)
		distinct += rec->letters[i] > 0;
	if (distinct >= DISTINCT_MIN && rec->letter_cells * 10 >= (rec->letter_cells + unclear) * 3)
		return true;
	return rec->unclear <= UNCLEAR_FEW;
}

static enum screen_kind verdict(const struct recogniser *rec)
{
	if (!rec->known && is_blank(rec))
		return SCREEN_BLANK;
	if (rec->mode == RECOGNISE_TEXT)
		return SCREEN_TEXT;
	if (rec->mode == RECOGNISE_PICTURE || (rec->assumed && !rec->finder.few && rec->screen.kind == SCREEN_PICTURE))
		return SCREEN_PICTURE;
	return looks_like_text(rec) ? SCREEN_TEXT : SCREEN_PICTURE;
}

static void all_rows_dirty(struct recogniser *rec)
{
	memset(rec->row_dirty, 1, (gsize)rec->screen.rows);
}

static void read_all(struct recogniser *rec, const struct frame *frame)
{
	const struct frame_rect all = {0, 0, frame->width, frame->height};

	read_rect(rec, frame, &all);
}

static void score_families(struct recogniser *rec)
{
	uint32_t most = rec->votes[rec->dominant];
	bool changed = rec->glyphs != rec->fonts->used;

	for (unsigned i = 0; i < FONT_FAMILIES_MAX; i++) {
		uint32_t votes = rec->votes[i];
		uint16_t score = i == rec->dominant ? 3000 : votes * 10 >= most * 9 ? 2000 : votes * 2 >= most ? 1000 : 0;

		changed |= score != rec->scores[i];
		rec->scores[i] = score;
	}
	if (changed)
		memset(rec->choices, 0, sizeof(rec->choices));
	rec->glyphs = rec->fonts->used;
}

/* Cells from bits, until the main font and colours stand. */
static void settle(struct recogniser *rec, const struct frame *frame)
{
	bool many = rec->changed > 200;

	if (find_dominant(rec)) {
		all_rows_dirty(rec);
		many = true;
	}
	/* What fits a cell depends on the votes; it changes little by a few cells. */
	if (many || rec->glyphs != rec->fonts->used)
		score_families(rec);
	cursor_follow(rec);
	choose_rows(rec, frame);
	if (many && rec->screen.kind != SCREEN_PICTURE && find_main_colours(rec)) {
		all_rows_dirty(rec);
		choose_rows(rec, frame);
	}
}

static void show_as(struct recogniser *rec, const struct frame *frame, enum screen_kind kind)
{
	bool redraw = (kind == SCREEN_PICTURE) != (rec->screen.kind == SCREEN_PICTURE);

	rec->screen.kind = kind;
	rec->bad_since_us = 0;
	if (redraw) {
		all_rows_dirty(rec);
		choose_rows(rec, frame);
	}
}

/* A grid that no longer makes text is looked for anew; what stays none is a picture, after a while. */
static void judge(struct recogniser *rec, const struct frame *whole, bool first)
{
	const struct frame *frame = &rec->view;
	enum screen_kind kind = verdict(rec);
	gint64 now;

	if (kind != SCREEN_PICTURE) {
		show_as(rec, frame, kind);
		return;
	}
	now = g_get_monotonic_time();
	if (!first && rec->mode == RECOGNISE_AUTO && now - rec->tried_us >= RETRY_US && rec->untried > UNCLEAR_FEW &&
	        find_grid(rec, whole)) {
		rec->screen.kind = SCREEN_TEXT;
		read_all(rec, frame);
		settle(rec, frame);
		kind = verdict(rec);
	}
	if (kind != SCREEN_PICTURE || first || rec->screen.kind == SCREEN_PICTURE) {
		show_as(rec, frame, kind);
		return;
	}
	if (!rec->bad_since_us)
		rec->bad_since_us = now;
	if (now - rec->bad_since_us >= SETTLE_US)
		show_as(rec, frame, kind);
}

/* ---- the door ---- */

static bool frame_is_sane(const struct frame *frame)
{
	return frame->pixels && frame->width > 0 && frame->height > 0 && frame->width <= FRAME_SIDE_MAX &&
	       frame->height <= FRAME_SIDE_MAX && frame->stride >= frame->width &&
	       (int64_t)frame->width * frame->height <= FRAME_PIXELS_MAX;
}

static void update_facts(struct recogniser *rec)
{
	struct text_screen *screen = &rec->screen;

	screen->known = rec->known;
	screen->unknown = rec->unclear;
	screen->font = rec->known && screen->kind == SCREEN_TEXT ? fonts_family_name(rec->fonts, rec->dominant) : "";
	screen->settle_ms = rec->bad_since_us ? SETTLE_US / 1000 : 0;
	if (screen->kind == SCREEN_TEXT)
		cursor_place(rec);
	else
		screen->cursor_row = screen->cursor_col = -1;
	if (screen->changed_first <= screen->changed_last)
		screen->serial++;
}

const struct text_screen *recogniser_update(
        struct recogniser *rec, const struct frame *frame, const struct frame_rect *dirty, unsigned dirty_count)
{
	bool first = frame->width != rec->width || frame->height != rec->height;

	if (!frame_is_sane(frame))
		return NULL;
	first |= !view_is_as_it_was(rec, frame);
	rec->screen.changed_first = G_MAXINT;
	rec->screen.changed_last = -1;
	rec->changed = 0;
	rec->toggled = -1;
	rec->left = false;
	if (first) {
		rec->grid.cell_w = rec->last_text.cell_w = 0;
		rec->screen.kind = SCREEN_TEXT;
		rec->assumed = false;
		rec->view = *frame;
		find_grid(rec, frame);
		rec->width = frame->width;
		rec->height = frame->height;
	}
	if (!dirty)
		all_rows_dirty(rec);
	if (first || !dirty)
		read_all(rec, &rec->view);
	else
		for (unsigned i = 0; i < dirty_count; i++) {
			struct frame_rect rect = doubled_rect(&rec->doubled, dirty[i]);

			read_rect(rec, &rec->view, &rect);
		}
	rec->untried += rec->changed;
	settle(rec, &rec->view);
	judge(rec, frame, first);
	update_facts(rec);
	return &rec->screen;
}

bool recogniser_search(struct recogniser *rec, const struct frame *frame)
{
	struct grid grid;

	if (!frame_is_sane(frame) || frame->width != rec->width || frame->height != rec->height ||
	        rec->mode == RECOGNISE_PICTURE || !rec->finder.searching)
		return false;
	if (!grid_search(&rec->finder, rec->fonts, frame, &grid))
		return rec->finder.searching;
	rec->finder.searching = false;
	rec->doubled.wide = rec->doubled.high = false;
	rec->last_text = grid;
	rec->inks = rec->finder.inks;
	set_grid(rec, &grid, false);
	rec->screen.kind = SCREEN_TEXT;
	return false;
}

bool recogniser_glyph(const struct recogniser *rec, const struct frame *frame, int row, int col, uint32_t rows[64])
{
	const struct cell_bits *bits;

	if (rec->doubled.wide || rec->doubled.high || frame->width != rec->width || frame->height != rec->height ||
	        row < 0 || col < 0 ||
	        row >= rec->screen.rows || col >= rec->screen.cols || rec->grid.cell_h > GLYPH_HEIGHT_MAX)
		return false;
	bits = rec->bits + (gsize)row * (gsize)rec->screen.cols + col;
	if (bits->kind != CELL_TWO)
		return false;
	cell_rows(recogniser_pixels(rec, frame, row, col), frame->stride, rec->grid.cell_w, rec->grid.cell_h, bits->a,
	        false, rows);
	return true;
}
