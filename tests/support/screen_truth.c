/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See screen_truth.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "support/screen_truth.h"

/* ---- truth ---- */

static uint32_t palette(unsigned colour)
{
	/* IBM's order: blue 1, green 2, red 4, bright 8; brown is no dark yellow. */
	static const uint32_t table[16] = {0x000000, 0x0000aa, 0x00aa00, 0x00aaaa, 0xaa0000, 0xaa00aa, 0xaa5500, 0xaaaaaa,
	        0x555555, 0x5555ff, 0x55ff55, 0x55ffff, 0xff5555, 0xff55ff, 0xffff55, 0xffffff};

	return table[colour & 15];
}

static bool same_colour(uint32_t a, uint32_t b)
{
	for (int shift = 0; shift <= 16; shift += 8)
		if (ABS((int)(a >> shift & 0xff) - (int)(b >> shift & 0xff)) > 9)
			return false;
	return true;
}

static struct truth *truth_new(int rows, int cols)
{
	struct truth *truth = g_new0(struct truth, 1);

	truth->rows = rows;
	truth->cols = cols;
	truth->cells = g_new0(struct truth_cell, rows * cols);
	return truth;
}

void truth_free(struct truth *truth)
{
	if (!truth)
		return;
	g_free(truth->cells);
	g_free(truth);
}

struct truth *truth_of_console(const uint8_t *bytes, gsize length, const struct psf_file *font, bool linear)
{
	struct truth *truth = truth_new(bytes[0], bytes[1]);
	int count = truth->rows * truth->cols;
	const uint8_t *words = bytes + 4, *unicode = words + count * 2;
	bool many = font && psf_count(font) > 256;

	assert_int_equal(length, 4 + count * 6);
	truth->font = font;
	truth->colours = true;
	for (int i = 0; i < count; i++) {
		unsigned word = words[i * 2] | (unsigned)words[i * 2 + 1] << 8;
		struct truth_cell *cell = &truth->cells[i];

		*cell = (struct truth_cell){.glyph = word & 0xff, .fg = palette(word >> 8 & 15), .bg = palette(word >> 12 & 7)};
		cell->ch = unicode[i * 4] | (gunichar)unicode[i * 4 + 1] << 8 | (gunichar)unicode[i * 4 + 2] << 16;
		/* The ninth bit of a glyph takes the place of an attribute: the VGA's fourth, a framebuffer's first. */
		if (many && linear) {
			cell->glyph |= word & 0x100;
			cell->fg = palette(word >> 9 & 15);
			cell->bg = palette(word >> 13 & 7);
		} else if (many) {
			/* QEMU's VGA takes the bit for the colour, too. */
			cell->glyph |= word >> 11 & 1 ? 0x100 : 0;
		}
		cell->ch = cell->ch ? cell->ch : ' ';
	}
	return truth;
}

struct truth *truth_of_memory(const uint8_t *cells, int rows, int cols)
{
	struct truth *truth = truth_new(rows, cols);

	truth->colours = true;
	for (int i = 0; i < rows * cols; i++) {
		gunichar ch = psf_cp437(cells[i * 2]);

		truth->cells[i] = (struct truth_cell){.ch = ch ? ch : ' ', .glyph = cells[i * 2],
		        .fg = palette(cells[i * 2 + 1]), .bg = palette(cells[i * 2 + 1] >> 4)};
	}
	return truth;
}

static char *to_utf8(const char *bytes, gsize length, bool cp437)
{
	GString *text = g_string_new(NULL);

	for (gsize i = 0; i < length; i++)
		if (cp437 && (uint8_t)bytes[i] >= 0x80)
			g_string_append_unichar(text, psf_cp437((uint8_t)bytes[i]));
		else if (bytes[i])
			g_string_append_c(text, bytes[i]);
	return g_string_free(text, FALSE);
}

struct truth *truth_of_serial(const char *bytes, gsize length, int rows, int cols, bool cp437)
{
	struct truth *truth = truth_new(rows, cols);
	g_autofree char *text = to_utf8(bytes, length, cp437);
	struct serial_term *term = serial_term_new(rows, cols);
	struct serial_frame *frame = serial_frame_new();
	struct serial_screen *screen = serial_screen_new();

	serial_term_feed(term, text, strlen(text));
	serial_term_frame(term, frame);
	serial_screen_apply(screen, frame);
	truth->mirrored = true;
	for (int row = 0; row < rows; row++) {
		const struct serial_line *line =
		        serial_screen_line(screen, serial_screen_history(screen) + (unsigned)row);

		for (int col = 0; col < cols; col++) {
			struct truth_cell *cell = &truth->cells[row * cols + col];

			cell->ch = line && (unsigned)col < line->count && line->cells[col].ch ? line->cells[col].ch : ' ';
			cell->glyph = 0x10000;
		}
	}
	serial_screen_free(screen);
	serial_frame_free(frame);
	serial_term_free(term);
	return truth;
}

void truth_keep_same(struct truth *truth, const struct truth *other)
{
	for (int i = 0; i < truth->rows * truth->cols; i++)
		if (other->rows != truth->rows || other->cols != truth->cols ||
		        memcmp(&truth->cells[i], &other->cells[i], sizeof(truth->cells[i])) != 0)
			truth->cells[i].ch = 0;
}

/* ---- one cell ---- */

static bool is_blank(const struct truth *truth, const struct truth_cell *cell)
{
	return cell->ch <= ' ' || cell->ch == 0xa0 || (truth->font && psf_same_glyph(truth->font, cell->glyph, ' '));
}

/* What a serial console shows for an arrow or a line. */
static bool is_shown_as(gunichar shown, gunichar seen)
{
	switch (shown) {
	case '|': return seen == 0x2502;
	case '-': return seen == 0x2500 || seen == 0x252c || seen == 0x2534;
	case '^': return seen == 0x2191 || seen == 0x25b2;
	case 'v': return seen == 0x2193 || seen == 0x25bc;
	case '<': return seen == 0x2190 || seen == 0x25c4;
	case '>': return seen == 0x2192 || seen == 0x25ba;
	default: return false;
	}
}

/* The recognised character has this very picture in the font; or, without a file, is the character. */
static bool glyph_right(const struct truth *truth, const struct truth_cell *cell, const struct text_cell *seen)
{
	if (seen->flags & (CELL_UNKNOWN | CELL_PICTURE))
		return false;
	if (cell->ch == seen->ch || (truth->mirrored && is_shown_as(cell->ch, seen->ch)))
		return true;
	/* The PC's own font, also where Linux shows the like of what it lacks. */
	if (!truth->font)
		return cell->glyph < 256 && seen->ch == psf_cp437(cell->glyph);
	return psf_same_glyph(truth->font, cell->glyph, seen->ch);
}

static void say_wrong(int i, const struct truth_cell *cell, const struct text_cell *seen)
{
	print_message("    cell %d: U+%04X (glyph %u, %06x on %06x) was read as U+%04X, flags %#x, %06x on %06x\n", i, cell->ch,
	        cell->glyph, cell->fg, cell->bg, seen->ch, seen->flags, seen->fg, seen->bg);
}

/* False: something is wrong. */
static bool compare_cell(const struct truth *truth, int i, const struct text_cell *seen, struct screen_count *count)
{
	const struct truth_cell *cell = &truth->cells[i];
	bool readable = !(seen->flags & (CELL_UNKNOWN | CELL_PICTURE)), right = glyph_right(truth, cell, seen);
	bool has = truth->font ? psf_has(truth->font, cell->glyph, cell->ch)
	                       : truth->mirrored || psf_cp437(cell->glyph) == cell->ch;
	bool bg_right = !truth->colours || same_colour(cell->bg, seen->bg);
	bool fg_right = !truth->colours || same_colour(cell->fg, seen->fg);

	/* Nobody can read it; or the font has no such character and shows its replacement. */
	if (!cell->ch || (truth->colours && same_colour(cell->fg, cell->bg)) ||
	        (truth->font && !has && psf_has(truth->font, cell->glyph, 0xfffd)))
		return true;
	count->colours += truth->colours;
	if (is_blank(truth, cell)) {
		right = seen->ch == ' ' && readable;
		count->blank++;
		count->blank_right += right;
		count->colours_right += truth->colours && bg_right;
		return right && bg_right;
	}
	count->visible++;
	count->visible_right += right;
	count->has += has;
	count->has_right += has && right && cell->ch == seen->ch;
	if (cell->ch < 0x7f) {
		count->letters++;
		count->letters_right += right;
	}
	count->colours_right += truth->colours && fg_right && bg_right;
	return right && fg_right && bg_right;
}

/* ---- a screen ---- */

struct screen_reader {
	struct fonts *fonts;
	struct recogniser *rec;
};

struct screen_reader *screen_reader_new(void)
{
	struct screen_reader *reader = g_new0(struct screen_reader, 1);

	reader->fonts = fonts_new();
	reader->rec = recogniser_new(reader->fonts);
	return reader;
}

void screen_reader_free(struct screen_reader *reader)
{
	recogniser_free(reader->rec);
	fonts_free(reader->fonts);
	g_free(reader);
}

static const struct text_screen *read_picture(struct screen_reader *reader, const struct frame *frame, double *ret_us)
{
	const struct text_screen *screen = recogniser_update(reader->rec, frame, NULL, 0);

	while (recogniser_search(reader->rec, frame))
		;
	*ret_us = 1e9;
	for (int i = 0; i < 3; i++) {
		gint64 from = g_get_monotonic_time();

		screen = recogniser_update(reader->rec, frame, NULL, 0);
		*ret_us = MIN(*ret_us, (double)(g_get_monotonic_time() - from));
	}
	return screen;
}

static const struct text_cell *cell_at(const struct text_screen *screen, int row, int col)
{
	static const struct text_cell none = {.flags = CELL_UNKNOWN};

	return row >= 0 && col >= 0 && row < screen->rows && col < screen->cols ? &screen->cells[row * screen->cols + col]
	                                                                        : &none;
}

/* A mirror does not say where on the screen its first cell is: where most of it fits. */
static void find_place(const struct truth *truth, const struct text_screen *screen, int *ret_row, int *ret_col)
{
	int best = -1;

	*ret_row = *ret_col = 0;
	if (!truth->mirrored || (truth->rows == screen->rows && truth->cols == screen->cols))
		return;
	for (int row = -4; row <= MAX(screen->rows - truth->rows, 0) + 4; row++)
		for (int col = -4; col <= MAX(screen->cols - truth->cols, 0) + 4; col++) {
			int hits = 0;

			for (int i = 0; i < truth->rows * truth->cols; i++)
				hits += truth->cells[i].ch > ' ' &&
				        cell_at(screen, row + i / truth->cols, col + i % truth->cols)->ch == truth->cells[i].ch;
			if (hits > best) {
				best = hits;
				*ret_row = row;
				*ret_col = col;
			}
		}
}

struct screen_count screen_compare(struct screen_reader *reader, const GByteArray *picture, const struct truth *truth)
{
	const struct text_screen *screen;
	struct screen_count count = {.screens = 1};
	unsigned said = 0;
	struct frame frame;
	int row0, col0;

	assert_true(frame_from_bytes(picture->data, picture->len, &frame, NULL));
	screen = read_picture(reader, &frame, &count.best_us);
	assert_non_null(screen);
	find_place(truth, screen, &row0, &col0);
	if (screen->kind != SCREEN_TEXT || screen->rows < truth->rows || screen->cols < truth->cols)
		print_message("    %dx%d cells of %dx%d in a %dx%d frame, kind %d; wanted %dx%d\n", screen->cols, screen->rows,
		        screen->cell_w, screen->cell_h, frame.width, frame.height, screen->kind, truth->cols, truth->rows);
	for (int i = 0; i < truth->rows * truth->cols; i++) {
		const struct text_cell *seen = cell_at(screen, row0 + i / truth->cols, col0 + i % truth->cols);

		if (!compare_cell(truth, i, seen, &count) && said++ < 6)
			say_wrong(i, &truth->cells[i], seen);
	}
	count.worst = screen_percent(count.visible_right, count.visible);
	g_free((uint32_t *)frame.pixels);
	return count;
}

/* ---- the table ---- */

void screen_count_add(struct screen_count *sum, const struct screen_count *count)
{
	sum->worst = sum->screens ? MIN(sum->worst, count->worst) : count->worst;
	sum->screens += count->screens;
	sum->letters += count->letters;
	sum->letters_right += count->letters_right;
	sum->visible += count->visible;
	sum->visible_right += count->visible_right;
	sum->has += count->has;
	sum->has_right += count->has_right;
	sum->blank += count->blank;
	sum->blank_right += count->blank_right;
	sum->colours += count->colours;
	sum->colours_right += count->colours_right;
	sum->best_us = MAX(sum->best_us, count->best_us);
}

double screen_percent(unsigned right, unsigned of)
{
	return of ? 100.0 * right / of : 100;
}

void screen_print_head(void)
{
	print_message("%-42s %6s %8s %8s %8s %8s %8s %6s\n", "screen", "cells", "ascii %", "glyph %", "char %", "blank %",
	        "colour %", "us");
}

void screen_print_row(const char *name, const struct screen_count *count)
{
	print_message("%-42s %6u %8.3f %8.3f %8.3f %8.3f %8.3f %6.0f\n", name, count->visible,
	        screen_percent(count->letters_right, count->letters), screen_percent(count->visible_right, count->visible),
	        screen_percent(count->has_right, count->has), screen_percent(count->blank_right, count->blank),
	        screen_percent(count->colours_right, count->colours), count->best_us);
}

void screen_table_row(const char *name, const struct screen_count *count)
{
	const char *path = g_getenv("NVIRT_SCREEN_TABLE");
	FILE *file = path ? fopen(path, "a") : NULL;
	g_autofree char *colours = count->colours
	        ? g_strdup_printf("%.3f", screen_percent(count->colours_right, count->colours))
	        : g_strdup("–");

	if (!file)
		return;
	fprintf(file, "| %s | %u | %u | %.3f | %.3f | %.2f | %.3f | %s | %.1f |\n", name, count->screens, count->visible,
	        screen_percent(count->letters_right, count->letters),
	        screen_percent(count->visible_right, count->visible), count->worst,
	        screen_percent(count->blank_right, count->blank), colours, count->best_us / 1000);
	fclose(file);
}
