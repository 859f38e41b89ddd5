/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A screen's cells as lines, for pipes and the clipboard: see screen_file.h. Pure. */
#include "nvirt/screen_file.h"

static const struct text_cell *row_cells(const struct text_screen *screen, int row)
{
	return screen->cells + (gsize)row * (gsize)screen->cols;
}

static gunichar printed(const struct text_cell *cell)
{
	if (cell->flags & CELL_UNKNOWN)
		return 0xfffd;
	return cell->flags & CELL_PICTURE ? ' ' : cell->ch;
}

char *screen_row_text(const struct text_screen *screen, int row)
{
	const struct text_cell *cells = row_cells(screen, row);
	GString *text = g_string_new(NULL);
	int cols = screen->cols;

	while (cols > 0 && printed(&cells[cols - 1]) == ' ')
		cols--;
	for (int col = 0; col < cols; col++)
		if (printed(&cells[col]))
			g_string_append_unichar(text, printed(&cells[col]));
	return g_string_free(text, FALSE);
}

char *screen_plain(const struct text_screen *screen)
{
	GString *text = g_string_new(NULL);
	gsize used = 0;

	for (int row = 0; row < screen->rows; row++) {
		g_autofree char *line = screen_row_text(screen, row);

		g_string_append(text, line);
		g_string_append_c(text, '\n');
		if (*line)
			used = text->len;
	}
	g_string_truncate(text, used);
	return g_string_free(text, FALSE);
}

static void append_colour(GString *text, int what, uint32_t colour)
{
	g_string_append_printf(text, ";%d;2;%u;%u;%u", what, colour >> 16 & 0xff, colour >> 8 & 0xff, colour & 0xff);
}

static void append_row(GString *text, const struct text_screen *screen, int row)
{
	const struct text_cell *cells = row_cells(screen, row), *last = NULL;

	for (int col = 0; col < screen->cols; col++) {
		const struct text_cell *cell = cells + col;

		if (!cell->ch)
			continue;
		if (!last || last->fg != cell->fg || last->bg != cell->bg) {
			g_string_append(text, "\033[0");
			append_colour(text, 38, cell->fg);
			append_colour(text, 48, cell->bg);
			g_string_append_c(text, 'm');
		}
		g_string_append_unichar(text, cell->ch);
		last = cell;
	}
	g_string_append(text, "\033[0m\n");
}

char *screen_ansi(const struct text_screen *screen)
{
	GString *text = g_string_new(NULL);

	for (int row = 0; row < screen->rows; row++)
		append_row(text, screen, row);
	return g_string_free(text, FALSE);
}
