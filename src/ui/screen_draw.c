/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drawing a guest's screen: see screen_draw.h. */
#include "screen_draw.h"

#include <string.h>

#include "colour.h"
#include "nvirt/text.h"
#include "picture_cells.h"

/* What a VGA's palette may differ by from the colours that everybody knows: it has six bits a channel. */
enum { NEAR = 9 };
/* Of a cell with a letter so much is letter: what it looks like from afar. */
#define INK 0.35

/* ---- colours ---- */

static bool near(uint32_t a, uint32_t b)
{
	for (int shift = 0; shift < 24; shift += 8)
		if (ABS((int)(a >> shift & 255) - (int)(b >> shift & 255)) > NEAR)
			return false;
	return true;
}

uint8_t screen_colour(uint32_t rgb)
{
	static const struct {
		uint32_t rgb;
		uint8_t index;
	} vga[16] = {{0x000000, 0}, {0xaaaaaa, 7}, {0x0000aa, 4}, {0x00aa00, 2}, {0x00aaaa, 6}, {0xaa0000, 1},
	        {0xaa00aa, 5}, {0xaa5500, 3}, {0x555555, 8}, {0x5555ff, 12}, {0x55ff55, 10}, {0x55ffff, 14},
	        {0xff5555, 9}, {0xff55ff, 13}, {0xffff55, 11}, {0xffffff, 15}};

	for (unsigned i = 0; i < G_N_ELEMENTS(vga); i++)
		if (near(rgb, vga[i].rgb))
			return vga[i].index;
	return picture_cells_colour((int)rgb);
}

/* A screen has few colours, and neighbours mostly the same. */
struct colours {
	uint32_t fg, bg;
	uint8_t fg_index, bg_index;
};

static void look_up(struct colours *colours, const struct text_cell *cell)
{
	if (cell->fg != colours->fg) {
		colours->fg = cell->fg;
		colours->fg_index = screen_colour(cell->fg);
	}
	if (cell->bg != colours->bg) {
		colours->bg = cell->bg;
		colours->bg_index = screen_colour(cell->bg);
	}
}

/* ---- as it is ---- */

static const struct text_cell *row_of(const struct text_screen *screen, int row)
{
	return screen->cells + (gsize)row * (gsize)screen->cols;
}

static void draw_row(struct area area, int y, const struct text_screen *screen, const struct screen_look *look, struct colours *colours)
{
	const struct text_cell *from = row_of(screen, look->row + y) + look->col;
	int cols = MIN(area.cols, screen->cols - look->col);

	for (int x = 0; x < cols; x++) {
		struct cell cell = {.ch = from[x].ch ? from[x].ch : ' ', .role = look->grey ? ROLE_STALE : ROLE_TEXT};
		bool wide = from[x].flags & CELL_WIDE && x + 1 < cols && !from[x + 1].ch;

		if (look->coloured && !look->grey) {
			look_up(colours, &from[x]);
			cell.flags = DRAW_COLOURS;
			cell.fg = colours->fg_index;
			cell.bg = colours->bg_index;
		} else if (from[x].flags & CELL_REVERSE) {
			cell.flags = DRAW_REVERSE;
		}
		area_cell(area, y, x, cell, wide ? 2 : 1);
		x += wide;
	}
}

/* ---- smaller ---- */

/* The quarters of a quadrant block U+2596…U+259F, and of half and full blocks: top left, top right, bottom left, bottom right. */
static unsigned quarters_of(gunichar ch)
{
	static const uint8_t quadrants[10] = {4, 8, 1, 13, 9, 7, 11, 2, 6, 14};

	if (ch >= 0x2596 && ch <= 0x259f)
		return quadrants[ch - 0x2596];
	switch (ch) {
	case 0x2588:
		return 15;
	case 0x2580:
		return 3;
	case 0x2584:
		return 12;
	case 0x258c:
		return 5;
	case 0x2590:
		return 10;
	default:
		return 0;
	}
}

/* What a quarter of a cell looks like from afar. */
static int quarter_colour(const struct text_cell *cell, unsigned quarter)
{
	unsigned mask = quarters_of(cell->ch);

	if (mask)
		return (int)(mask & 1u << quarter ? cell->fg : cell->bg);
	if (cell->ch == ' ' || cell->fg == cell->bg)
		return (int)cell->bg;
	return colour_mix((int)cell->fg, (int)cell->bg, INK);
}

/* The mean of the part of the screen from (top, left), in quarters of its cells, to before (bottom, right). */
static int mean(const struct text_screen *screen, int top, int left, int bottom, int right)
{
	unsigned sum[3] = {0}, n = 0;

	for (int y = top; y < MAX(bottom, top + 1); y++)
		for (int x = left; x < MAX(right, left + 1); x++) {
			const struct text_cell *cell = row_of(screen, MIN(y / 2, screen->rows - 1)) + MIN(x / 2, screen->cols - 1);
			int rgb = quarter_colour(cell, (unsigned)(y & 1) * 2 + (unsigned)(x & 1));

			sum[0] += rgb >> 16 & 255;
			sum[1] += rgb >> 8 & 255;
			sum[2] += rgb & 255;
			n++;
		}
	return (int)(sum[0] / n << 16 | sum[1] / n << 8 | sum[2] / n);
}

/* The area's cells that it gets: its shape stays. */
static void shrink(const struct text_screen *screen, const struct screen_look *look, int rows, int cols, int *ret_rows, int *ret_cols)
{
	double width = (double)screen->cols * MAX(screen->cell_w, 1), height = (double)screen->rows * MAX(screen->cell_h, 1);
	double shape = width / height * (look->shape > 0 ? look->shape : 2);

	*ret_cols = MIN(cols, screen->cols);
	*ret_rows = (int)(*ret_cols / shape + 0.5);
	if (*ret_rows > rows) {
		*ret_rows = rows;
		*ret_cols = (int)(rows * shape + 0.5);
	}
	*ret_rows = CLAMP(*ret_rows, 1, rows);
	*ret_cols = CLAMP(*ret_cols, 1, cols);
}

static void draw_shrunk(struct area area, const struct text_screen *screen, const struct screen_look *look)
{
	int rows, cols;

	shrink(screen, look, area.rows, area.cols, &rows, &cols);
	for (int y = 0; y < rows; y++)
		for (int x = 0; x < cols; x++) {
			int quarters[4];

			for (int i = 0; i < 4; i++) {
				int down = y * 2 + (i >> 1), across = x * 2 + (i & 1);

				quarters[i] = mean(screen, down * screen->rows / rows, across * screen->cols / cols,
				        (down + 1) * screen->rows / rows, (across + 1) * screen->cols / cols);
			}
			picture_cells_quarters(area, y, x, quarters, look->coloured && !look->grey);
		}
}

/* ---- the whole ---- */

bool screen_fits(const struct text_screen *screen, int rows, int cols)
{
	return screen->rows <= rows && screen->cols <= cols;
}

void screen_draw(struct area area, const struct text_screen *screen, struct screen_look *look)
{
	struct colours colours = {.fg = UINT32_MAX, .bg = UINT32_MAX};

	look->rows = area.rows;
	look->cols = area.cols;
	look->row = CLAMP(look->row, 0, MAX(screen->rows - area.rows, 0));
	look->col = CLAMP(look->col, 0, MAX(screen->cols - area.cols, 0));
	look->shrunk = look->scaled && !screen_fits(screen, area.rows, area.cols);
	if (area.rows < 1 || area.cols < 1)
		return;
	if (look->shrunk) {
		draw_shrunk(area, screen, look);
		return;
	}
	for (int y = 0; y < MIN(area.rows, screen->rows - look->row); y++)
		draw_row(area, y, screen, look, &colours);
}

static int follow(int first, int room, int all, int cursor, int step)
{
	if (room >= all || cursor < 0)
		return CLAMP(first, 0, MAX(all - room, 0));
	if (cursor < room)
		return first > cursor || step > 1 ? 0 : first;
	if (cursor >= first && cursor < first + room)
		return first;
	/* Not by single columns: each would be the whole panel sent anew. */
	int wanted = cursor < first ? cursor - room / 2 : cursor - room + step;

	return CLAMP(wanted, 0, all - room);
}

void screen_follow(const struct text_screen *screen, struct screen_look *look, int rows, int cols)
{
	look->row = follow(look->row, rows, screen->rows, screen->cursor_row, 1);
	look->col = follow(look->col, cols, screen->cols, screen->cursor_col, MAX(cols / 4, 2));
}

bool screen_cursor(const struct text_screen *screen, const struct screen_look *look, int *ret_y, int *ret_x)
{
	*ret_y = screen->cursor_row - look->row;
	*ret_x = screen->cursor_col - look->col;
	return screen->cursor_row >= 0 && screen->cursor_col >= 0 && !look->shrunk && *ret_y >= 0 && *ret_x >= 0 &&
	       *ret_y < look->rows && *ret_x < look->cols;
}

bool screen_part(const struct text_screen *screen, const struct screen_look *look, struct frame_rect *ret_part, int *ret_rows, int *ret_cols)
{
	int rows = screen->rows, cols = screen->cols;

	if (look->rows < 1 || look->cols < 1)
		return false;
	if (look->shrunk) {
		*ret_part = (struct frame_rect){screen->x, screen->y, cols * screen->cell_w, rows * screen->cell_h};
		shrink(screen, look, look->rows, look->cols, ret_rows, ret_cols);
		return true;
	}
	*ret_rows = MIN(look->rows, rows - look->row);
	*ret_cols = MIN(look->cols, cols - look->col);
	*ret_part = (struct frame_rect){screen->x + look->col * screen->cell_w, screen->y + look->row * screen->cell_h,
	        *ret_cols * screen->cell_w, *ret_rows * screen->cell_h};
	return true;
}

/* The middle of a cell, or the edge where it is beyond that. */
static int pixel_of(int cell, int cells, int first, int pixels)
{
	if (cell < 0)
		return first;
	return cell < cells ? first + (int)((cell + 0.5) * pixels / cells) : first + MAX(pixels, 1) - 1;
}

bool screen_pixel(const struct text_screen *screen, const struct screen_look *look, int y, int x, bool held, int *ret_px, int *ret_py)
{
	int rows = screen->rows, cols = screen->cols;

	if (look->shrunk)
		shrink(screen, look, look->rows, look->cols, &rows, &cols);
	else {
		y += look->row;
		x += look->col;
	}
	if (!held && (y < 0 || x < 0 || y >= rows || x >= cols))
		return false;
	*ret_px = pixel_of(x, cols, screen->x, screen->cols * screen->cell_w);
	*ret_py = pixel_of(y, rows, screen->y, screen->rows * screen->cell_h);
	return true;
}
