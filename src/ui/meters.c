/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bars of many: see meters.h. */
#include "meters.h"

#include "look.h"

enum {
	ROWS_MAX = 10,  /* more lines of bars than that are signs */
	ROWS_GOOD = 4,  /* columns are added until there are no more lines */
	BAR_MIN = 6,
	BAR_MAX = 40,
	PCT_COLS = 5,   /* " 100%" */
	GAP = 2,
	GROUP = 8,      /* signs that stand together */
};

struct grid {
	int label;        /* columns of the numbers */
	bool signs;
	unsigned columns; /* of bars, or signs a line */
	unsigned rows;
	int cell;         /* columns of one bar with all that belongs to it */
};

static int digits(unsigned number)
{
	int n = 1;

	for (; number >= 10; number /= 10)
		n++;
	return n;
}

static unsigned up(unsigned a, unsigned b)
{
	return (a + b - 1) / b;
}

static struct grid lay_out(unsigned count, int cols)
{
	struct grid grid = {.label = digits(count ? count - 1 : 0)};
	int least = grid.label + 1 + BAR_MIN + PCT_COLS;
	unsigned most = (unsigned)MAX((cols + GAP) / (least + GAP), 1);
	unsigned groups = (unsigned)MAX((cols - grid.label) / (GROUP + 1), 1), fit = 1;

	/* Of very many, a few lines more are worth longer bars. */
	grid.columns = CLAMP(up(count, count > 8 * ROWS_GOOD ? 2 * ROWS_GOOD : ROWS_GOOD), 1, most);
	grid.rows = up(count, grid.columns);
	/* Each column but the last is full. */
	grid.columns = grid.rows ? up(count, grid.rows) : 1;
	grid.cell = MIN((cols + GAP) / (int)grid.columns - GAP, grid.label + 1 + BAR_MAX + PCT_COLS);
	if (grid.rows <= ROWS_MAX)
		return grid;
	/* Numbers at the beginning of lines are easier to add to when they are round. */
	while (fit * 2 <= groups)
		fit *= 2;
	grid.signs = true;
	grid.columns = fit * GROUP;
	grid.rows = up(count, grid.columns) + 1; /* the last line says what it is */
	return grid;
}

unsigned meters_rows(unsigned count, int cols)
{
	return lay_out(count, cols).rows;
}

static void draw_bar(struct area cell, int label, unsigned number, double fraction, bool stale)
{
	enum role role = stale ? ROLE_STALE : ROLE_TEXT;
	char text[16];
	int bar = cell.cols - label - 1 - PCT_COLS;

	g_snprintf(text, sizeof(text), "%u", number);
	area_text_right(cell, 0, 0, label, ROLE_LABEL, text);
	if (fraction < 0) {
		area_text_right(cell, 0, label + 1 + bar, PCT_COLS, ROLE_DIM, "-");
		return;
	}
	area_bar(cell, 0, label + 1, bar, stale ? ROLE_STALE : look_bar(fraction), ROLE_BAR_FREE, fraction);
	g_snprintf(text, sizeof(text), "%.0f%%", fraction * 100);
	area_text_right(cell, 0, label + 1 + bar, PCT_COLS, role, text);
}

/* An eighth of a block for each eighth; in ASCII tens of percent. */
static void draw_sign(struct area area, int x, double fraction, bool stale)
{
	bool ascii = area.canvas->ascii;
	enum role role = fraction < 0 ? ROLE_DIM : stale ? ROLE_STALE : look_bar(fraction);
	gunichar sign = fraction < 0 ? '-'
	                : ascii      ? (gunichar)('0' + MIN((int)(fraction * 10), 9))
	                             : (gunichar)(0x2581 + MIN((int)(fraction * 8), 7));

	area_fill(area, 0, x, 1, 1, role, sign);
}

static void draw_signs(struct area area, const struct grid *grid, unsigned row, const double *fractions,
        unsigned count, bool stale)
{
	unsigned first = row * grid->columns;
	char text[16];

	if (row + 1 == grid->rows) {
		area_text(area, 0, grid->label + 1, -1, ROLE_DIM,
		        area.canvas->ascii ? "a digit a CPU: 0 idle, 9 busy" : "a sign a CPU: ▁ idle, █ busy");
		return;
	}
	g_snprintf(text, sizeof(text), "%u", first);
	area_text_right(area, 0, 0, grid->label, ROLE_LABEL, text);
	for (unsigned i = 0; i < grid->columns && first + i < count; i++)
		draw_sign(area, grid->label + 1 + (int)(i + i / GROUP), fractions[first + i], stale);
}

void meters_draw(struct area area, unsigned row, const double *fractions, unsigned count, bool stale)
{
	struct grid grid = lay_out(count, area.cols);

	if (grid.signs) {
		draw_signs(area, &grid, row, fractions, count, stale);
		return;
	}
	for (unsigned i = 0; i < grid.columns; i++) {
		unsigned number = i * grid.rows + row;

		if (number < count)
			draw_bar(area_sub(area, 0, (int)i * (grid.cell + GAP), 1, grid.cell), grid.label, number,
			        fractions[number], stale);
	}
}
