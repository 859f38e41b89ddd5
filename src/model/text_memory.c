/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VGA's text memory as history: the kernel's console scrolls by moving the start of the screen
 * through it, so that what scrolled by stands above, up to a hundred and eighty lines of it.
 *
 * Nothing in there says where the screen is, or what a number looks like in the font that is loaded.
 * So it counts only where the screen that is seen is found in it, cell by cell, and what was
 * not seen to stand for a character is U+FFFD. Pure.
 */
#include <string.h>

#include "nvirt/screen_history.h"

/* Rows that say something: with fewer the screen might be found anywhere. */
#define ROWS_TO_PROVE 2

struct memory {
	const uint8_t *bytes;
	int rows, cols;
	const struct text_screen *screen;
	gunichar chars[256];              /* what a code was seen as; 0 = was not seen */
	uint32_t fg[256], bg[256];        /* the same of an attribute's colours */
	bool fg_seen[256], bg_seen[256];
};

static const uint8_t *cell_at(const struct memory *memory, int row, int col)
{
	return memory->bytes + ((gsize)row * (gsize)memory->cols + (gsize)col) * 2;
}

static bool is_blank(unsigned code)
{
	return code == 0 || code == ' ' || code == 0xff;
}

/* Letters are letters in every font of text; other codes must be the same character each time. */
static bool agrees(struct memory *memory, unsigned code, const struct text_cell *seen)
{
	if (seen->flags & (CELL_UNKNOWN | CELL_PICTURE | CELL_GUESSED | CELL_CURSOR))
		return true;
	if (is_blank(code))
		return seen->ch == ' ';
	if (code > 0x20 && code < 0x7f)
		return seen->ch == code;
	if (seen->ch == ' ' || (memory->chars[code] && memory->chars[code] != seen->ch))
		return false;
	memory->chars[code] = seen->ch;
	return true;
}

/* Does the screen begin in that row? */
static bool is_screen(struct memory *memory, int first)
{
	int said = 0;

	memset(memory->chars, 0, sizeof(memory->chars));
	for (int row = 0; row < memory->screen->rows; row++) {
		const struct text_cell *seen = memory->screen->cells + (gsize)row * (gsize)memory->cols;
		bool says = false;

		for (int col = 0; col < memory->cols; col++) {
			if (!agrees(memory, *cell_at(memory, first + row, col), &seen[col]))
				return false;
			says |= !is_blank(*cell_at(memory, first + row, col));
		}
		said += says;
	}
	return said >= ROWS_TO_PROVE;
}

static int find_screen(struct memory *memory)
{
	for (int first = memory->rows - memory->screen->rows; first >= 0; first--)
		if (is_screen(memory, first))
			return first;
	return -1;
}

static void learn_colours(struct memory *memory, int first)
{
	for (int i = 0; i < memory->screen->rows * memory->cols; i++) {
		unsigned attribute = cell_at(memory, first, i)[1];
		const struct text_cell *seen = &memory->screen->cells[i];

		if (seen->flags & (CELL_UNKNOWN | CELL_PICTURE | CELL_CURSOR))
			continue;
		memory->bg[attribute] = seen->bg;
		memory->bg_seen[attribute] = true;
		if (seen->ch == ' ')
			continue;
		memory->fg[attribute] = seen->fg;
		memory->fg_seen[attribute] = true;
	}
}

/* The VGA's sixteen; of an attribute the low four bits are the foreground, and three the background. */
static uint32_t vga_colour(unsigned index)
{
	static const uint32_t colours[16] = {0, 0x0000aa, 0x00aa00, 0x00aaaa, 0xaa0000, 0xaa00aa, 0xaa5500, 0xaaaaaa, 0x555555,
	        0x5555ff, 0x55ff55, 0x55ffff, 0xff5555, 0xff55ff, 0xffff55, 0xffffff};

	return colours[index & 15];
}

static struct page_cell decode(const struct memory *memory, const uint8_t *at)
{
	unsigned code = at[0], attribute = at[1];
	struct page_cell cell = {.flags = PAGE_FG | PAGE_BG};

	cell.fg = memory->fg_seen[attribute] ? memory->fg[attribute] : vga_colour(attribute);
	cell.bg = memory->bg_seen[attribute] ? memory->bg[attribute] : vga_colour(attribute >> 4 & 7);
	cell.ch = is_blank(code) ? ' ' : code > 0x20 && code < 0x7f ? code : memory->chars[code];
	/* Two columns would push the rest of the line aside. */
	if (!cell.ch || g_unichar_iswide(cell.ch) || !g_unichar_isprint(cell.ch)) {
		cell.ch = 0xfffd;
		cell.flags |= PAGE_UNKNOWN;
	}
	return cell;
}

static struct page_line *line_at(const struct memory *memory, int row)
{
	g_autofree struct page_cell *cells = g_new(struct page_cell, memory->cols);

	for (int col = 0; col < memory->cols; col++)
		cells[col] = decode(memory, cell_at(memory, row, col));
	return page_line_new(cells, (unsigned)memory->cols);
}

/*
 * At the end of the memory the screen is copied to its beginning and goes on from there: what stands
 * after it is older. Where the copy was made from, so that no line comes twice; -1 = there was none.
 */
static int find_turn(const struct memory *memory, int end)
{
	int rows = memory->screen->rows - 1, said = 0;
	gsize row_bytes = (gsize)memory->cols * 2;

	for (int row = 0; row < rows; row++)
		for (int col = 0; col < memory->cols; col++)
			if (!is_blank(*cell_at(memory, row, col))) {
				said++;
				break;
			}
	for (int first = memory->rows - rows; said >= ROWS_TO_PROVE && first >= end; first--)
		if (memcmp(cell_at(memory, first, 0), memory->bytes, (gsize)rows * row_bytes) == 0)
			return first;
	return -1;
}

static void append(const struct memory *memory, int from, int to, GPtrArray *lines)
{
	for (int row = from; row < to; row++) {
		struct page_line *line = line_at(memory, row);

		/* What was never written to is no empty line. */
		if (lines->len || !page_line_is_blank(line))
			g_ptr_array_add(lines, line);
		else
			page_line_unref(line);
	}
}

bool text_memory_may_be(const struct text_screen *screen, int width, int height)
{
	return screen->kind == SCREEN_TEXT && screen->cols == 80 && (width == 720 || width == 640) && (height == 400 || height == 350) &&
	       screen->x == 0 && screen->y == 0 && screen->cols * screen->cell_w == width && screen->rows * screen->cell_h == height;
}

GPtrArray *text_memory_lines(const struct text_screen *screen, const uint8_t *bytes, gsize length)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func((GDestroyNotify)page_line_unref);
	g_autofree struct memory *memory = g_new0(struct memory, 1);
	int first, turn;

	if (screen->rows < 2 || screen->cols < 1 || length < (gsize)screen->rows * (gsize)screen->cols * 2)
		return lines;
	memory->bytes = bytes;
	memory->cols = screen->cols;
	memory->rows = (int)MIN(length / ((gsize)screen->cols * 2), 4096);
	memory->screen = screen;
	first = find_screen(memory);
	if (first < 0)
		return lines;
	learn_colours(memory, first);
	turn = find_turn(memory, first + screen->rows);
	if (turn >= 0)
		append(memory, first + screen->rows, turn, lines);
	append(memory, 0, first, lines);
	return lines;
}
