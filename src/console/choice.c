/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a cell says: of all that its bitmap may stand for, what fits the screen's main font, the cell's
 * neighbours and the word it is in. Pure.
 */
#include <string.h>

#include "recogniser_private.h"

/* A colour of fewer pixels is no glyph's in a cell of many colours. */
#define GLYPH_PIXELS_MIN 4
#define COLOURS_MAX 6

int letter_index(gunichar ch)
{
	if (ch >= '0' && ch <= '9')
		return (int)ch - '0';
	if (ch >= 'a' && ch <= 'z')
		return (int)ch - 'a' + 10;
	return ch >= 'A' && ch <= 'Z' ? (int)ch - 'A' + 36 : -1;
}

static bool is_box(gunichar ch)
{
	return ch >= 0x2500 && ch < 0x25a0;
}

/* ---- one bitmap ---- */

static int family_score(const struct recogniser *rec, unsigned family)
{
	return rec->scores[family];
}

/* Nine-dot cells: the ninth column repeats the eighth of line drawing and is background else. */
static int ninth_score(const struct cell_bits *bits, gunichar ch, bool inverted)
{
	if (bits->ninth == NINTH_NONE)
		return 0;
	if (is_box(ch))
		return bits->ninth == NINTH_COPY || bits->ninth_either ? 500 : -500;
	return bits->ninth == (inverted ? NINTH_B : NINTH_A) ? 500 : -500;
}

struct choice choice_of(const struct recogniser *rec, uint64_t key, const struct cell_bits *bits, const uint32_t *bg_hint)
{
	struct choice best = {0};
	int best_score = G_MININT, second = G_MININT, other_way = G_MININT;
	uint32_t at = fonts_slot(rec->fonts, key);
	font_entry entry;
	bool outside;

	while ((entry = fonts_next(rec->fonts, key, &at))) {
		gunichar ch = font_entry_ch(entry);
		bool inverted = font_entry_inverted(entry);
		int family = family_score(rec, font_entry_family(entry));
		int score = family + ninth_score(bits, ch, inverted) - 20 * (int)font_rank(ch);

		if (bg_hint && *bg_hint == (inverted ? bits->b : bits->a))
			score += 400;
		if (ch == best.ch && inverted == best.inverted) {
			best_score = MAX(best_score, score);
		} else if (score > best_score || (score == best_score && ch < best.ch)) {
			second = best_score;
			if (best.ch && inverted != best.inverted)
				other_way = best_score;
			best = (struct choice){.ch = ch, .inverted = inverted};
			best_score = score;
		} else {
			second = MAX(second, score);
			if (inverted != best.inverted)
				other_way = MAX(other_way, score);
		}
	}
	if (!best.ch)
		return best;
	outside = best_score < 2000;
	best.guessed = second > best_score - 20;
	best.confidence = best.guessed                        ? 80
	                  : outside                           ? 85
	                  : other_way > best_score - 900      ? 95
	                  : second > best_score - 1000        ? 98
	                                                      : 100;
	return best;
}

static struct choice cached_choice(struct recogniser *rec, const struct cell_bits *bits, const uint32_t *hint)
{
	unsigned side = *hint == bits->a ? 1 : *hint == bits->b ? 2 : 0;
	uint64_t tag = bits->key | (uint64_t)side << 40 | (uint64_t)bits->ninth << 42 | (uint64_t)bits->ninth_either << 45 |
	               1ull << 46;
	struct cached_choice *cached = &rec->choices[(bits->key ^ side << 3 ^ bits->ninth) % CACHE_SIZE];

	if (cached->tag != tag)
		*cached = (struct cached_choice){.tag = tag, .choice = choice_of(rec, bits->key, bits, hint)};
	return cached->choice;
}

/* ---- one cell ---- */

/*
 * What the background is likely to be: the screen's; else that beside it. It decides only where both ways
 * are glyphs.
 */
static const uint32_t *background_hint(const struct recogniser *rec, int row, int col, const struct text_cell *cells)
{
	const struct cell_bits *bits = rec->bits + (gsize)row * (gsize)rec->screen.cols + col;
	const uint32_t *ground = bits->ink == INK_A ? &bits->b : &bits->a;
	const struct text_cell *left = col > 0 && !(cells[col - 1].flags & (CELL_PICTURE | CELL_UNKNOWN)) ? &cells[col - 1] : NULL;

	if (bits->ink != INK_NONE)
		return ground;
	if (left && (left->bg != bits->a && left->bg != bits->b))
		left = NULL;
	if (rec->main_bg == bits->a || rec->main_bg == bits->b)
		return &rec->main_bg;
	if (left)
		return &left->bg;
	if (col + 1 < rec->screen.cols && bits[1].kind == CELL_BLANK && (bits[1].a == bits->a || bits[1].a == bits->b))
		return &bits[1].a;
	return &rec->main_bg;
}

static void draw(const struct recogniser *rec, const struct frame *frame, int row, int col, uint8_t flag,
        struct text_cell *cell)
{
	cell_miniature(recogniser_pixels(rec, frame, row, col), frame->stride, rec->grid.cell_w, rec->grid.cell_h, cell);
	cell->flags = flag;
	cell->confidence = 0;
}

static unsigned colours_of(const uint32_t *pixels, int stride, int width, int height, uint32_t colours[COLOURS_MAX],
        unsigned counts[COLOURS_MAX])
{
	unsigned n = 0;

	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			uint32_t pixel = pixels[(gsize)y * (gsize)stride + (gsize)x] & RGB_MASK;
			unsigned i = 0;

			while (i < n && colours[i] != pixel)
				i++;
			if (i == n) {
				if (n == COLOURS_MAX)
					continue;
				colours[n] = pixel;
				counts[n++] = 0;
			}
			counts[i]++;
		}
	return n;
}

/* Text over a picture, a mouse pointer, a gradient: one of the colours may be a glyph's. */
static bool read_many_colours(
        const struct recogniser *rec, const struct frame *frame, int row, int col, struct text_cell *cell)
{
	const uint32_t *pixels = recogniser_pixels(rec, frame, row, col);
	int width = cell_glyph_width(rec->grid.cell_w), height = rec->grid.cell_h;
	uint32_t colours[COLOURS_MAX], rows[GLYPH_HEIGHT_MAX];
	unsigned counts[COLOURS_MAX], n = colours_of(pixels, frame->stride, width, height, colours, counts);

	for (unsigned i = 0; i < n; i++) {
		struct cell_bits bits = {.a = 0, .b = 1, .ninth = NINTH_NONE};
		struct choice choice;
		uint32_t no_hint = 0;
		unsigned most = i ? 0 : n - 1;
		bool inverted;
		uint64_t key;

		if (counts[i] < GLYPH_PIXELS_MIN || counts[i] * 10 > (unsigned)(width * height) * 7)
			continue;
		cell_rows(pixels, frame->stride, rec->grid.cell_w, height, colours[i], true, rows);
		key = glyph_key(rows, width, height, &inverted);
		choice = choice_of(rec, key, &bits, &no_hint);
		if (!choice.ch || choice.inverted != inverted || font_rank(choice.ch) > 2 || choice.confidence <= 85)
			continue;
		for (unsigned other = 0; other < n; other++)
			if (other != i && counts[other] > counts[most])
				most = other;
		*cell = (struct text_cell){.ch = choice.ch, .fg = colours[i], .bg = colours[most], .confidence = 85};
		return true;
	}
	return false;
}

/* A wide character stands on two cells. */
static bool read_wide(const struct recogniser *rec, const struct frame *frame, int row, int col, struct text_cell *cells)
{
	struct cell_bits bits;
	struct choice choice;

	if (rec->grid.cell_w == 9 || rec->grid.cell_w > GLYPH_WIDTH_MAX / 2 || col + 1 >= rec->screen.cols)
		return false;
	cell_read(recogniser_pixels(rec, frame, row, col), frame->stride, rec->grid.cell_w * 2, rec->grid.cell_h, &bits);
	if (bits.kind != CELL_TWO)
		return false;
	choice = choice_of(rec, bits.key, &bits, &rec->main_bg);
	if (!choice.ch || !g_unichar_iswide(choice.ch))
		return false;
	cells[col] = (struct text_cell){.ch = choice.ch, .fg = choice.inverted ? bits.a : bits.b,
	        .bg = choice.inverted ? bits.b : bits.a, .confidence = choice.confidence, .flags = CELL_WIDE};
	cells[col + 1] = cells[col];
	cells[col + 1].ch = 0;
	cells[col + 1].flags = CELL_WIDE_REST;
	return true;
}

bool may_be_cursor(gunichar ch)
{
	return ch == '_' || ch == 0x2581 || ch == 0x2582 || ch == 0x23bd || ch == 0x2017 || ch == 0x23af;
}

static bool read_two(struct recogniser *rec, const struct cell_bits *bits, const uint32_t *hint, struct text_cell *cell)
{
	struct choice choice = cached_choice(rec, bits, hint);

	if (!choice.ch || (may_be_cursor(choice.ch) && choice.confidence <= 85))
		return false;
	*cell = (struct text_cell){.ch = choice.ch, .fg = choice.inverted ? bits->a : bits->b,
	        .bg = choice.inverted ? bits->b : bits->a, .confidence = choice.confidence,
	        .flags = choice.guessed ? CELL_GUESSED : 0};
	return true;
}

/* On a picture: two colours without an ink are a bar's text, in ASCII; anything else is the picture's. */
static bool stands_out(const struct recogniser *rec, const struct cell_bits *bits)
{
	struct choice choice = choice_of(rec, bits->key, bits, &rec->main_bg);

	return inks_contrast(bits->a, bits->b) >= INKS_CONTRAST_MIN &&
	       (inks_have(&rec->inks, bits->a) || inks_have(&rec->inks, bits->b) || font_rank(choice.ch) == 0 ||
	               is_box(choice.ch));
}

/* What text on a picture stands on: nothing, where it is of one shade. */
static void read_picture(const struct recogniser *rec, const struct frame *frame, int row, int col, struct text_cell *cell)
{
	uint32_t mean;

	if (!inks_is_ground(recogniser_pixels(rec, frame, row, col), frame->stride, rec->grid.cell_w, rec->grid.cell_h, &mean))
		draw(rec, frame, row, col, CELL_PICTURE, cell);
	else
		*cell = (struct text_cell){.ch = ' ', .fg = mean, .bg = mean, .confidence = 90};
}

/* The number of cells it took. */
static int read_cell(struct recogniser *rec, const struct frame *frame, int row, int col, struct text_cell *cells)
{
	gsize at = (gsize)row * (gsize)rec->screen.cols + (gsize)col;
	const struct cell_bits *bits = rec->bits + at;
	struct text_cell *cell = cells + col;
	bool blinks = rec->blink == (int)at;

	/* While the cursor is on, what stands below it was seen before. */
	if (blinks && cursor_is_on(rec, bits, rec->before + at))
		bits = rec->before + at;
	if (bits->kind == CELL_BLANK)
		*cell = (struct text_cell){.ch = ' ', .fg = bits->a, .bg = bits->a, .confidence = 100};
	else if (bits->ninth == NINTH_GAP)
		*cell = (struct text_cell){.ch = 0x2588, .fg = bits->a, .bg = bits->b, .confidence = 90};
	else if (rec->inks.count && bits->ink == INK_NONE && (bits->kind == CELL_MANY || !stands_out(rec, bits))) {
		read_picture(rec, frame, row, col, cell);
	} else if (bits->kind == CELL_MANY) {
		if (!read_many_colours(rec, frame, row, col, cell))
			draw(rec, frame, row, col, CELL_PICTURE, cell);
	} else if (!read_two(rec, bits, background_hint(rec, row, col, cells), cell)) {
		if (cursor_read(rec, frame, row, col, cell))
			return 1;
		if (read_wide(rec, frame, row, col, cells))
			return 2;
		draw(rec, frame, row, col, rec->inks.count ? CELL_PICTURE : CELL_UNKNOWN, cell);
	}
	if (blinks)
		cell->flags |= CELL_CURSOR;
	return 1;
}

/* ---- a row's context ---- */

/* Is this cell, beside blanks in `colour`, drawn with that colour as foreground? 2: it is of blocks. */
static int draws_with(const struct text_cell *cell, uint32_t colour)
{
	if (cell->flags & (CELL_PICTURE | CELL_UNKNOWN) || cell->ch == ' ' || cell->fg != colour || cell->bg == colour)
		return 0;
	return cell->ch >= 0x2580 && cell->ch < 0x25a0 ? 2 : 1;
}

/* What Linux shows for a character that its font lacks: a reversed question mark, also amid what is not reversed. */
static bool is_substitute(const struct recogniser *rec, const struct text_cell *cell)
{
	return cell->ch == '?' && cell->fg == rec->main_bg && cell->bg == rec->main_fg;
}

/*
 * In the text's own colour on a black screen, with no text in it: a bar or a logo drawn of blocks, rather than a
 * reversed blank. One by itself may be a cursor; half a row, a reversed line.
 */
static bool is_bar(const struct recogniser *rec, uint32_t colour, int blanks, int cols)
{
	return colour == rec->main_fg && rec->main_bg == 0 && blanks > 1 && blanks * 2 < cols;
}

/*
 * A full block and a blank in another background are one picture. It is a block beside other blocks of
 * its colour, and between two characters of its colour on one background.
 */
static void find_blocks(const struct recogniser *rec, struct text_cell *cells, int cols)
{
	for (int from = 0, to; from < cols; from = MAX(to, from + 1)) {
		uint32_t colour = cells[from].bg, ground = 0;
		int left, right, blanks = 0;

		for (to = from; to < cols && cells[to].bg == colour; to++) {
			if (cells[to].ch != ' ' && !is_substitute(rec, &cells[to]))
				break;
			blanks += cells[to].ch == ' ';
		}
		if (!blanks || colour == rec->main_bg)
			continue;
		left = from > 0 ? draws_with(&cells[from - 1], colour) : 0;
		right = to < cols ? draws_with(&cells[to], colour) : 0;
		if ((from > 0 && cells[from - 1].ch != ' ' && cells[from - 1].bg == colour) ||
		        (to < cols && cells[to].ch != ' ' && cells[to].bg == colour))
			continue; /* the background of text */
		/* Nor is a blank amid substitutes: each of them stands by itself. */
		if (to - from == blanks && (left || right || !is_bar(rec, colour, blanks, cols)) && (left + right < 2 || (left && right && cells[from - 1].bg != cells[to].bg)))
			continue;
		ground = left ? cells[from - 1].bg : right ? cells[to].bg : rec->main_bg;
		for (int col = from; col < to; col++) {
			if (cells[col].ch != ' ')
				continue;
			cells[col] = (struct text_cell){.ch = 0x2588, .fg = colour, .bg = ground, .confidence = 80,
			        .flags = (cells[col].flags & CELL_CURSOR) | CELL_GUESSED};
		}
	}
}

enum script { SCRIPT_NONE, SCRIPT_LATIN, SCRIPT_GREEK, SCRIPT_CYRILLIC };

static enum script script_of(gunichar ch)
{
	if (letter_index(ch) >= 10 || (ch >= 0xc0 && ch < 0x250 && ch != 0xd7 && ch != 0xf7))
		return SCRIPT_LATIN;
	if (ch >= 0x370 && ch < 0x400)
		return SCRIPT_GREEK;
	return ch >= 0x400 && ch < 0x530 ? SCRIPT_CYRILLIC : SCRIPT_NONE;
}

/* The main font is one design and has this glyph: what it stands for elsewhere cannot be on this screen. */
static bool font_tells(const struct recogniser *rec, uint64_t key)
{
	uint32_t at = fonts_slot(rec->fonts, key);
	font_entry entry;

	if (fonts_is_mixed(rec->fonts, rec->dominant))
		return false;
	while ((entry = fonts_next(rec->fonts, key, &at)))
		if (font_entry_family(entry) == rec->dominant)
			return true;
	return false;
}

/* What the same glyph is in that script, in the main font or one that fits as well; 0 = nothing. */
static gunichar twin(const struct recogniser *rec, uint64_t key, enum script script)
{
	uint32_t at = fonts_slot(rec->fonts, key);
	bool told = font_tells(rec, key);
	int best_score = 999;
	gunichar best = 0;
	font_entry entry;

	while ((entry = fonts_next(rec->fonts, key, &at))) {
		gunichar ch = font_entry_ch(entry);
		int score = family_score(rec, font_entry_family(entry));

		if (script_of(ch) != script || (told && font_entry_family(entry) != rec->dominant))
			continue;
		/* A font that lacks the dots of Ё draws Е for it: the plain letter is meant. */
		score += g_unichar_isalpha(ch) && (ch < 0x370 || (ch >= 0x391 && ch < 0x3ca) || (ch >= 0x410 && ch < 0x450)) ? 500 : 0;
		if (score >= 1000 && score > best_score) {
			best = ch;
			best_score = score;
		}
	}
	return best;
}

/* All of the word can be read in that script. */
static bool word_fits(const struct recogniser *rec, const struct cell_bits *bits, const struct text_cell *cells, int count,
        enum script script)
{
	for (int i = 0; i < count; i++)
		if (script_of(cells[i].ch) != script && !twin(rec, bits[i].key, script))
			return false;
	return true;
}

/* A word is of one script where its look-alikes allow it: that of most of its letters, else the other. */
static void settle_word(const struct recogniser *rec, const struct cell_bits *bits, struct text_cell *cells, int count)
{
	unsigned of[4] = {0};
	enum script script;

	for (int i = 0; i < count; i++)
		of[script_of(cells[i].ch)]++;
	script = of[SCRIPT_CYRILLIC] >= of[SCRIPT_GREEK] ? SCRIPT_CYRILLIC : SCRIPT_GREEK;
	if (!word_fits(rec, bits, cells, count, script)) {
		script = script == SCRIPT_CYRILLIC ? SCRIPT_GREEK : SCRIPT_CYRILLIC;
		if (!of[script] || !word_fits(rec, bits, cells, count, script))
			return;
	}
	for (int i = 0; i < count; i++)
		if (script_of(cells[i].ch) != script) {
			cells[i].ch = twin(rec, bits[i].key, script);
			cells[i].confidence = MIN(cells[i].confidence, 90);
			cells[i].flags |= CELL_GUESSED;
		}
}

static bool family_has(const struct recogniser *rec, uint64_t key, gunichar ch)
{
	uint32_t at = fonts_slot(rec->fonts, key);
	font_entry entry;

	while ((entry = fonts_next(rec->fonts, key, &at)))
		if (font_entry_ch(entry) == ch && font_entry_family(entry) == rec->dominant)
			return true;
	return false;
}

/*
 * Typographers' signs that hardly any console shows, and ASCII's that look like them in other fonts: where one
 * of those has as good as all of the screen's glyphs, it is the font.
 */
static void settle_signs(const struct recogniser *rec, const struct cell_bits *bits, struct text_cell *cells, int cols)
{
	static const gunichar pairs[][2] = {{0xa6, '|'}, {0x2013, '-'}, {0x2019, '\''}, {0x201b, '`'}};
	uint32_t most = rec->votes[rec->dominant], enough = most - most / 128;

	for (int col = 0; col < cols; col++)
		for (unsigned i = 0; cells[col].ch > 0x7f && i < G_N_ELEMENTS(pairs); i++) {
			uint32_t at = fonts_slot(rec->fonts, bits[col].key);
			font_entry entry;

			while (cells[col].ch == pairs[i][0] && (entry = fonts_next(rec->fonts, bits[col].key, &at)))
				if (font_entry_ch(entry) == pairs[i][1] &&
				        rec->votes[font_entry_family(entry)] >= enough) {
					cells[col].ch = pairs[i][1];
					cells[col].flags |= CELL_GUESSED;
				}
		}
}

static bool is_sure_lower(const struct text_cell *cell)
{
	return !(cell->flags & CELL_GUESSED) && g_unichar_islower(cell->ch);
}

/* In small fonts an accent leaves no room for the difference between Ò and ò. */
static void settle_case(const struct recogniser *rec, const struct cell_bits *bits, struct text_cell *cells, int cols)
{
	for (int col = 0; col < cols; col++) {
		gunichar lower = cells[col].ch > 0x7f && cells[col].flags & CELL_GUESSED ? g_unichar_tolower(cells[col].ch) : 0;

		if (!lower || lower == cells[col].ch || !family_has(rec, bits[col].key, lower))
			continue;
		/* From the left what was settled counts. */
		if ((col > 0 && g_unichar_islower(cells[col - 1].ch)) || (col + 1 < cols && is_sure_lower(&cells[col + 1])))
			cells[col].ch = lower;
	}
}

/*
 * Small or kindred fonts draw letters of different languages alike: Iceland's Ð and the Đ of Croatian and
 * Vietnamese, the Õ of Estonian and the Hungarian Ő. What else stands in the row tells.
 */
static const struct {
	gunichar usual, other;
	gunichar against[2]; /* 0 = none; these letters in the row, small or not: it is the usual one */
	gunichar wanted;     /* 0 = none; only with this one in the row it is the other one */
} alike[] = {{0xd0, 0x110, {0}, 0x111}, {0xd5, 0x150, {0xe3, 0xe4}, 0}, {0xf5, 0x151, {0xe3, 0xe4}, 0},
        {0x168, 0x170, {0xe3}, 0}, {0x169, 0x171, {0xe3}, 0}};

static bool row_has(const struct text_cell *cells, int cols, gunichar lower)
{
	for (int col = 0; col < cols; col++)
		if (lower && cells[col].ch > 0x7f && g_unichar_tolower(cells[col].ch) == lower)
			return true;
	return false;
}

static void settle_alike(const struct recogniser *rec, const struct cell_bits *bits, struct text_cell *cells, int cols)
{
	for (int col = 0; col < cols; col++)
		for (unsigned i = 0; cells[col].ch > 0x7f && i < G_N_ELEMENTS(alike); i++) {
			if (cells[col].ch != alike[i].usual || !family_has(rec, bits[col].key, alike[i].other) ||
			        row_has(cells, cols, alike[i].against[0]) || row_has(cells, cols, alike[i].against[1]) ||
			        (alike[i].wanted && !row_has(cells, cols, alike[i].wanted)))
				continue;
			cells[col].ch = alike[i].other;
			cells[col].flags |= CELL_GUESSED;
			break;
		}
}

static void settle_scripts(const struct recogniser *rec, int row, struct text_cell *cells)
{
	const struct cell_bits *bits = rec->bits + (gsize)row * (gsize)rec->screen.cols;
	int cols = rec->screen.cols;

	for (int from = 0, to; from < cols; from = to + 1) {
		bool foreign = false;

		for (to = from; to < cols && script_of(cells[to].ch); to++)
			foreign |= script_of(cells[to].ch) > SCRIPT_LATIN;
		if (foreign)
			settle_word(rec, bits + from, cells + from, to - from);
	}
}

/* GRUB's cursor is the picture of a low block: one that stands by itself is no drawing. */
static void find_low_cursor(const struct recogniser *rec, struct text_cell *cells, int cols)
{
	for (int col = 0; col < cols; col++) {
		struct text_cell *cell = cells + col;
		bool beside = (col > 0 && cell[-1].ch >= 0x2580 && cell[-1].ch < 0x25a0) ||
		              (col + 1 < cols && cell[1].ch >= 0x2580 && cell[1].ch < 0x25a0);

		if (cell->ch != 0x2581 || cell->flags & (CELL_PICTURE | CELL_UNKNOWN) || beside || cell->bg != rec->main_bg)
			continue;
		*cell = (struct text_cell){.ch = ' ', .fg = cell->bg, .bg = cell->bg, .confidence = 80,
		        .flags = CELL_CURSOR | CELL_GUESSED};
	}
}

/* The bright eight of a PC's palette, as the VGA (6 bits a colour) and Linux have them. */
static bool is_bright(uint32_t colour)
{
	bool full = false;

	for (int shift = 0; shift <= 16; shift += 8) {
		int part = (int)(colour >> shift & 0xff);

		if (part >= 0xff - 9)
			full = true;
		else if (ABS(part - 0x55) > 9)
			return false;
	}
	return full || (colour & 0xff) > 0x40;
}

void choice_row(struct recogniser *rec, const struct frame *frame, int row, struct text_cell *cells)
{
	int cols = rec->screen.cols;

	for (int col = 0; col < cols;)
		col += read_cell(rec, frame, row, col, cells);
	find_blocks(rec, cells, cols);
	find_low_cursor(rec, cells, cols);
	settle_scripts(rec, row, cells);
	settle_case(rec, rec->bits + (gsize)row * (gsize)cols, cells, cols);
	settle_signs(rec, rec->bits + (gsize)row * (gsize)cols, cells, cols);
	settle_alike(rec, rec->bits + (gsize)row * (gsize)cols, cells, cols);
	for (int col = 0; col < cols; col++) {
		struct text_cell *cell = cells + col;

		if (cell->flags & (CELL_PICTURE | CELL_UNKNOWN))
			continue;
		if (cell->ch != ' ' && is_bright(cell->fg))
			cell->flags |= CELL_BOLD;
		if (cell->ch != ' ' && cell->fg == rec->main_bg && cell->bg == rec->main_fg)
			cell->flags |= CELL_REVERSE;
	}
}
