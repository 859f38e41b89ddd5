/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Aligned tables for people: whole in a pipe, cut to the terminal's width.
 *
 * Pure.
 */
#include <string.h>

#include "cli_output.h"
#include "nvirt/text.h"

#define GAP 2
/* A column is not cut below this: a name of three letters says nothing. */
#define COLUMN_MIN 8

struct cli_table {
	const char *const *titles;
	unsigned columns;
	GPtrArray *cells; /* char * */
};

struct cli_table *cli_table_new(const char *const *titles)
{
	struct cli_table *table = g_new0(struct cli_table, 1);

	table->titles = titles;
	table->columns = g_strv_length((char **)titles);
	table->cells = g_ptr_array_new_with_free_func(g_free);
	return table;
}

void cli_table_free(struct cli_table *table)
{
	if (!table)
		return;
	g_ptr_array_unref(table->cells);
	g_free(table);
}

void cli_table_add(struct cli_table *table, const char *cell)
{
	g_ptr_array_add(table->cells, g_strdup(cell && *cell ? cell : "-"));
}

void cli_table_take(struct cli_table *table, char *cell)
{
	cli_table_add(table, cell);
	g_free(cell);
}

void cli_table_add_bytes(struct cli_table *table, guint64 bytes, bool known)
{
	char text[32] = "";

	if (known)
		text_format_bytes(text, sizeof(text), bytes);
	cli_table_add(table, text);
}

void cli_table_add_yes(struct cli_table *table, bool yes)
{
	cli_table_add(table, yes ? "yes" : "no");
}

static bool column_right(const struct cli_table *table, unsigned column)
{
	return table->titles[column][0] == '>';
}

static const char *column_title(const struct cli_table *table, unsigned column)
{
	return table->titles[column] + (column_right(table, column) ? 1 : 0);
}

static void measure(const struct cli_table *table, int *widths)
{
	for (unsigned i = 0; i < table->columns; i++)
		widths[i] = text_columns(column_title(table, i));
	for (unsigned i = 0; i < table->cells->len; i++) {
		int *width = &widths[i % table->columns];

		*width = MAX(*width, text_columns(table->cells->pdata[i]));
	}
}

/* Takes columns away from the widest ones until the row fits, or nothing may be cut any more. */
static void shrink(int *widths, unsigned columns, int width)
{
	int total = GAP * (int)(columns - 1);

	for (unsigned i = 0; i < columns; i++)
		total += widths[i];
	while (total > width) {
		unsigned widest = 0;

		for (unsigned i = 1; i < columns; i++)
			widest = widths[i] > widths[widest] ? i : widest;
		if (widths[widest] <= COLUMN_MIN)
			return;
		widths[widest]--;
		total--;
	}
}

static void pad(GString *text, int columns)
{
	for (int i = 0; i < columns; i++)
		g_string_append_c(text, ' ');
}

static void add_cell(GString *row, const char *cell, int width, bool right, const char *mark)
{
	g_autofree char *cut = text_cut(cell, width, mark);
	int rest = width - text_columns(cut);

	if (right)
		pad(row, rest);
	g_string_append(row, cut);
	if (!right)
		pad(row, rest);
}

static void end_row(GString *text, GString *row, int width, const char *mark)
{
	while (row->len && row->str[row->len - 1] == ' ')
		g_string_truncate(row, row->len - 1);
	if (width > 0) {
		g_autofree char *cut = text_cut(row->str, width, mark);

		g_string_append(text, cut);
	} else {
		g_string_append_len(text, row->str, (gssize)row->len);
	}
	g_string_append_c(text, '\n');
	g_string_truncate(row, 0);
}

char *cli_table_render(const struct cli_table *table, int width, bool ascii)
{
	g_autofree int *widths = g_new0(int, table->columns);
	g_autoptr(GString) row = g_string_new(NULL);
	GString *text = g_string_new(NULL);
	const char *mark = ascii ? "~" : "…";

	measure(table, widths);
	if (width > 0)
		shrink(widths, table->columns, width);
	for (unsigned i = 0; i < table->columns + table->cells->len; i++) {
		unsigned column = i % table->columns;
		const char *cell = i < table->columns ? column_title(table, column)
		                                      : table->cells->pdata[i - table->columns];

		if (column)
			pad(row, GAP);
		add_cell(row, cell, widths[column], column_right(table, column), mark);
		if (column == table->columns - 1)
			end_row(text, row, width, mark);
	}
	return g_string_free(text, FALSE);
}
