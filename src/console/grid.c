/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See grid.h. */
#include "grid.h"

#include <string.h>

#include "cell.h"

#define TILE 8
/* Samples until a hypothesis without any letter is given up; until it must have a good part. */
#define EARLY_REJECT 14
#define LATE_REJECT 48
#define DISTINCT_MIN 5
#define FEW_SAMPLES 24
#define SLICE_US 3000
/* So many places with an ink make it worth a search. */
#define INK_SAMPLES_MIN 16
#define INK_DISTINCT_MIN 3

struct score {
	unsigned hits, seen, distinct;
	unsigned others; /* letters of other alphabets, ASCII's signs: no proof, but nothing against it */
};

/* ---- samples ---- */

static bool tile_drawn(const struct frame *frame, const struct inks *inks, int x, int y)
{
	const uint32_t *row = frame->pixels + (gsize)y * (gsize)frame->stride + (gsize)x;
	uint32_t first = row[0], differs = 0;
	int inked = 0;

	if (inks->count) {
		for (int i = 0; i < TILE * TILE; i++)
			inked += inks_have(inks, row[i / TILE * frame->stride + i % TILE]);
		return inked > 1 && inked < TILE * TILE;
	}
	for (int dy = 0; dy < TILE && !differs; dy++, row += frame->stride)
		for (int dx = 0; dx < TILE; dx++)
			differs |= row[dx] ^ first;
	return differs & RGB_MASK;
}

/* A step that comes by every tile, far from the one before. */
static unsigned far_step(unsigned count)
{
	unsigned step = count / 13 * 5 | 1;

	for (;; step += 2) {
		unsigned a = step, b = count;

		while (b) {
			unsigned rest = a % b;

			a = b;
			b = rest;
		}
		if (a == 1)
			return step;
	}
}

void grid_sample(struct grid_finder *finder, const struct frame *frame)
{
	unsigned across = (unsigned)frame->width / TILE, count = across * ((unsigned)frame->height / TILE);
	unsigned step = count ? far_step(count) : 0, at = 0, i;

	finder->count = 0;
	for (i = 0; i < count && finder->count < GRID_SAMPLES_MAX; i++, at = (at + step) % count) {
		int x = (int)(at % across) * TILE, y = (int)(at / across) * TILE;

		if (tile_drawn(frame, &finder->inks, x, y))
			finder->samples[finder->count++] = (struct grid_sample){(int16_t)(x + TILE / 2), (int16_t)(y + TILE / 2)};
	}
	/* Of a picture some pixels may look like anything. */
	finder->few = i == count && finder->count <= FEW_SAMPLES && !finder->inks.count;
}

/* ---- one hypothesis ---- */

static int alnum_index(gunichar ch)
{
	if (ch >= '0' && ch <= '9')
		return (int)ch - '0';
	if (ch >= 'a' && ch <= 'z')
		return (int)ch - 'a' + 10;
	return ch >= 'A' && ch <= 'Z' ? (int)ch - 'A' + 36 : -1;
}

/* 0..61 an ASCII letter or digit; LETTER_OTHER one of another alphabet, or a sign that no picture draws; -1 none. */
#define LETTER_OTHER 62

static bool is_other(gunichar ch)
{
	if (ch >= 0xc0 && ch < 0x530)
		return g_unichar_isalpha(ch);
	return ch < 0x7f && strchr("?@#$%&*+<>(){}[]/\\~;", (int)ch);
}

static int letter_at(const struct fonts *fonts, uint64_t key)
{
	uint32_t at = fonts_slot(fonts, key);
	font_entry entry;
	int found = -1;

	while ((entry = fonts_next(fonts, key, &at))) {
		int index = alnum_index(font_entry_ch(entry));

		if (index >= 0)
			return index;
		if (is_other(font_entry_ch(entry)))
			found = LETTER_OTHER;
	}
	return found;
}

static struct score try_grid(const struct grid_finder *finder, const struct fonts *fonts, const struct frame *frame,
        const struct grid *grid)
{
	struct score score = {0};
	uint64_t distinct = 0;

	for (unsigned i = 0, clear; i < finder->count; i++) {
		int col = (finder->samples[i].x - grid->x) / grid->cell_w, row = (finder->samples[i].y - grid->y) / grid->cell_h;
		int x = grid->x + col * grid->cell_w, y = grid->y + row * grid->cell_h, letter;
		struct cell_bits bits;

		if (finder->samples[i].x < grid->x || finder->samples[i].y < grid->y || x + grid->cell_w > frame->width ||
		        y + grid->cell_h > frame->height)
			continue;
		cell_read(frame->pixels + (gsize)y * (gsize)frame->stride + (gsize)x, frame->stride, grid->cell_w,
		        grid->cell_h, &bits);
		if (bits.kind == CELL_MANY && finder->inks.count && grid->cell_w != 9)
			inks_read(&finder->inks, fonts, frame->pixels + (gsize)y * (gsize)frame->stride + (gsize)x, frame->stride,
			        grid->cell_w, grid->cell_h, &bits);
		if (bits.kind == CELL_BLANK)
			continue;
		score.seen++;
		letter = bits.kind == CELL_TWO ? letter_at(fonts, bits.key) : -1;
		if (letter == LETTER_OTHER) {
			score.others++;
		} else if (letter >= 0) {
			score.hits++;
			distinct |= 1ull << letter;
		}
		clear = score.seen - score.others;
		if ((clear >= EARLY_REJECT && !score.hits) || (clear >= LATE_REJECT && score.hits < 5))
			break;
	}
	score.distinct = (unsigned)__builtin_popcountll(distinct);
	return score;
}

static bool is_text(const struct grid_finder *finder, const struct score *score)
{
	if (score->distinct >= DISTINCT_MIN && score->hits * 10 >= (score->seen - score->others) * 3 &&
	        score->hits * 6 >= score->seen)
		return true;
	/* Nearly nothing on the screen: a prompt. */
	return finder->few && score->distinct >= 3 && score->hits * 2 >= score->seen;
}

static bool better(const struct score *a, const struct score *b)
{
	return (uint64_t)a->hits * a->hits * MAX(b->seen, 1) > (uint64_t)b->hits * b->hits * MAX(a->seen, 1);
}

static void fill(struct grid *grid, const struct frame *frame)
{
	grid->cols = (frame->width - grid->x) / grid->cell_w;
	grid->rows = (frame->height - grid->y) / grid->cell_h;
}

struct search {
	const struct grid_finder *finder;
	const struct fonts *fonts;
	const struct frame *frame;
	struct grid best;
	struct score score;
};

static void consider(struct search *search, struct grid grid)
{
	struct score score;

	if (grid.cell_w > search->frame->width || grid.cell_h > search->frame->height || grid.x < 0 || grid.y < 0)
		return;
	if (!grid.rows)
		fill(&grid, search->frame);
	if (grid.rows < 1 || grid.cols < 1)
		return;
	score = try_grid(search->finder, search->fonts, search->frame, &grid);
	if (is_text(search->finder, &score) && better(&score, &search->score)) {
		search->score = score;
		search->best = grid;
	}
}

/* ---- the likely ones ---- */

static void consider_vga(struct search *search)
{
	if (search->frame->width != 720 && search->frame->width != 360)
		return;
	for (unsigned i = 0; i < search->fonts->size_count; i++) {
		const struct font_size *size = &search->fonts->sizes[i];

		/* Nine dots a cell; the last lines of the frame may be no whole row. */
		if (size->width == 8)
			consider(search, (struct grid){.cell_w = 9, .cell_h = size->height});
	}
}

/* UEFI puts a text mode of its own into the middle of the screen. */
static void consider_efi(struct search *search)
{
	static const int modes[][2] = {{80, 25}, {80, 50}, {100, 31}, {128, 40}, {160, 42}, {240, 56}};
	int width = search->frame->width, height = search->frame->height;

	for (unsigned i = 0; i < G_N_ELEMENTS(modes); i++)
		consider(search, (struct grid){.cell_w = 8, .cell_h = 19, .cols = modes[i][0], .rows = modes[i][1],
		                         .x = (width - modes[i][0] * 8) / 2, .y = (height - modes[i][1] * 19) / 2});
}

static bool find_likely(struct grid_finder *finder, const struct fonts *fonts, const struct frame *frame,
        const struct grid *last, struct grid *ret_grid)
{
	struct search search = {.finder = finder, .fonts = fonts, .frame = frame};

	if (last->cell_w) {
		consider(&search, (struct grid){.cell_w = last->cell_w, .cell_h = last->cell_h, .x = last->x,
		                         .y = last->y, .rows = last->rows, .cols = last->cols});
		/* Nothing else can be as good. */
		if (search.score.hits * 10 > search.score.seen * 7) {
			*ret_grid = search.best;
			return true;
		}
	}
	consider_vga(&search);
	consider_efi(&search);
	for (unsigned i = 0; i < fonts->size_count; i++) {
		int w = fonts->sizes[i].width, h = fonts->sizes[i].height;

		consider(&search, (struct grid){.cell_w = w, .cell_h = h});
		if (frame->width % w || frame->height % h)
			consider(&search, (struct grid){.cell_w = w, .cell_h = h, .x = frame->width % w / 2,
			                         .y = frame->height % h / 2});
	}
	*ret_grid = search.best;
	return search.best.cell_w > 0;
}

/* A frame's or a shadow's colour makes no letters. */
static void keep_letters_inks(struct grid_finder *finder, const struct fonts *fonts, const struct frame *frame,
        const struct grid *grid)
{
	struct inks all = finder->inks, kept = {0};

	for (unsigned i = 0; i < all.count; i++) {
		finder->inks = (struct inks){.colours = {all.colours[i]}, .count = 1};
		grid_sample(finder, frame);
		if (try_grid(finder, fonts, frame, grid).distinct >= INK_DISTINCT_MIN)
			kept.colours[kept.count++] = all.colours[i];
	}
	finder->inks = kept.count ? kept : all;
}

static bool take_inks(struct grid_finder *finder, const struct frame *frame)
{
	finder->inks = inks_find(frame);
	if (!finder->inks.count)
		return false;
	grid_sample(finder, frame);
	return finder->count >= INK_SAMPLES_MIN;
}

bool grid_find(struct grid_finder *finder, const struct fonts *fonts, const struct frame *frame,
        const struct grid *last, struct grid *ret_grid)
{
	struct inks kept = finder->inks;

	finder->inks.count = 0;
	grid_sample(finder, frame);
	finder->searching = false;
	if (find_likely(finder, fonts, frame, last, ret_grid))
		return true;
	if (finder->few || !finder->count)
		return false;
	if (kept.count) {
		/* Another page of the same menu. */
		finder->inks = kept;
		grid_sample(finder, frame);
		if (finder->count >= INK_SAMPLES_MIN && find_likely(finder, fonts, frame, last, ret_grid))
			return true;
	}
	finder->inks.count = 0;
	finder->searching = true;
	finder->stage = SEARCH_INKS_LIKELY;
	return false;
}

/* ---- all of them ---- */

static bool search_slice(struct grid_finder *finder, const struct fonts *fonts, const struct frame *frame, struct grid *ret_grid)
{
	struct search search = {.finder = finder, .fonts = fonts, .frame = frame};
	gint64 until = g_get_monotonic_time() + SLICE_US;

	for (; finder->size < fonts->size_count; finder->size++, finder->offset = 0) {
		int w = fonts->sizes[finder->size].width, h = fonts->sizes[finder->size].height;

		for (; finder->offset < (unsigned)(w * h); finder->offset++) {
			if (finder->offset % 8 == 0 && g_get_monotonic_time() > until) {
				*ret_grid = search.best;
				return search.best.cell_w > 0;
			}
			consider(&search, (struct grid){.cell_w = w, .cell_h = h, .x = (int)finder->offset % w,
			                         .y = (int)finder->offset / w});
		}
		if (search.best.cell_w) {
			finder->searching = false;
			*ret_grid = search.best;
			return true;
		}
	}
	finder->searching = false;
	return false;
}

/* Text of two colours is looked for everywhere before that on a picture, which costs more. */
static bool next_stage(struct grid_finder *finder, const struct frame *frame)
{
	finder->stage++;
	finder->size = finder->offset = 0;
	if (finder->stage == SEARCH_ALL) {
		finder->inks.count = 0;
		grid_sample(finder, frame);
		return true;
	}
	return finder->stage == SEARCH_INKS && take_inks(finder, frame);
}

bool grid_search(struct grid_finder *finder, const struct fonts *fonts, const struct frame *frame, struct grid *ret_grid)
{
	static const struct grid none;
	bool found;

	if (finder->stage == SEARCH_INKS_LIKELY) {
		found = take_inks(finder, frame) && find_likely(finder, fonts, frame, &none, ret_grid);
		finder->searching = found || next_stage(finder, frame);
	} else {
		found = search_slice(finder, fonts, frame, ret_grid);
		if (!found && !finder->searching)
			finder->searching = next_stage(finder, frame);
	}
	if (found && finder->inks.count)
		keep_letters_inks(finder, fonts, frame, ret_grid);
	else if (!found && !finder->searching)
		finder->inks.count = 0;
	return found;
}

struct grid grid_assumed(const struct frame *frame)
{
	static const struct {
		int width, height, cell_w, cell_h;
	} modes[] = {{720, 400, 9, 16}, {720, 350, 9, 14}, {360, 400, 9, 16}, {640, 350, 8, 14}};
	struct grid grid = {.cell_w = 8, .cell_h = 16};

	for (unsigned i = 0; i < G_N_ELEMENTS(modes); i++)
		if (frame->width == modes[i].width && frame->height == modes[i].height) {
			grid.cell_w = modes[i].cell_w;
			grid.cell_h = modes[i].cell_h;
		}
	if (frame->width < grid.cell_w || frame->height < grid.cell_h) {
		grid.cell_w = CLAMP(frame->width, 1, 8);
		grid.cell_h = CLAMP(frame->height, 1, 16);
	}
	fill(&grid, frame);
	return grid;
}
