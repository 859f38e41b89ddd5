/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of columns over a list: see table.h. Main thread; knows no rows. */
#include "table.h"

#include <assert.h>

#include "look.h"
#include "nvirt/text.h"

/*
 * Drops the least important columns that are still there; false when none may
 * go. Those of one rank are a pair (read and write): half of it tells nothing.
 */
static bool drop_rank(const struct table_column *columns, unsigned count, struct table_slot *slots)
{
	int worst = 0;

	for (unsigned i = 0; i < count; i++)
		if (slots[i].width)
			worst = MAX(worst, columns[i].drop);
	for (unsigned i = 0; i < count && worst; i++)
		if (columns[i].drop == worst)
			slots[i].width = 0;
	return worst > 0;
}

static int needed(const struct table_slot *slots, unsigned count)
{
	int sum = 0;

	for (unsigned i = 0; i < count; i++)
		if (slots[i].width)
			sum += slots[i].width + 1;
	return MAX(sum - 1, 0);
}

static void share_rest(const struct table_column *columns, unsigned count, int rest, struct table_slot *slots)
{
	int growing = 0;

	for (unsigned i = 0; i < count; i++)
		growing += slots[i].width ? columns[i].grow : 0;
	for (unsigned i = 0; i < count && growing && rest > 0; i++) {
		int share;

		if (!slots[i].width || !columns[i].grow)
			continue;
		share = rest * columns[i].grow / growing;
		growing -= columns[i].grow;
		slots[i].width += share;
		rest -= share;
	}
}

void table_layout(const struct table_column *columns, unsigned count, int cols, struct table_slot *ret_slots)
{
	int x = 0;

	for (unsigned i = 0; i < count; i++)
		ret_slots[i] = (struct table_slot){0, columns[i].width};
	while (needed(ret_slots, count) > cols && drop_rank(columns, count, ret_slots))
		continue;
	share_rest(columns, count, cols - needed(ret_slots, count), ret_slots);
	for (unsigned i = 0; i < count; i++) {
		ret_slots[i].x = x;
		if (ret_slots[i].width)
			x += ret_slots[i].width + 1;
	}
}

void table_init(struct table *table, const struct table_column *columns, unsigned count, int sort)
{
	assert(count <= TABLE_COLUMNS_MAX);
	*table = (struct table){.columns = columns, .column_count = count, .sort = sort};
	if (sort >= 0)
		table->invert = columns[sort].descending;
}

void table_text(const struct table_column *column, struct area cell, enum role role, const char *text)
{
	if (column->tail)
		area_tail(cell, role, text);
	else if (column->right)
		area_text_right(cell, 0, 0, cell.cols, role, text);
	else
		area_text(cell, 0, 0, cell.cols, role, text);
}

void table_draw_titles(const struct table_column *columns, unsigned count, const struct table_slot *slots,
        int sort, bool invert, struct area line)
{
	area_fill(line, 0, 0, 1, line.cols, ROLE_TABLE_HEADER, ' ');
	for (unsigned i = 0; i < count; i++) {
		struct area cell = area_sub(line, 0, slots[i].x, 1, slots[i].width);
		bool sorted = (int)i == sort;
		gunichar arrow = glyph_char(invert ? GLYPH_DOWN : GLYPH_UP, line.canvas->ascii);
		char text[64];
		char utf8[8] = "";

		if (!slots[i].width)
			continue;
		if (sorted)
			utf8[g_unichar_to_utf8(arrow, utf8)] = '\0';
		g_snprintf(text, sizeof(text), "%s%s", columns[i].title, utf8);
		table_text(&columns[i], cell, sorted ? ROLE_TABLE_SORT : ROLE_TABLE_HEADER, text);
	}
}

/*
 * The cursor is a bar over what names the row: on a wide terminal a whole row
 * would be some hundred bytes for each key. It ends with the first column that
 * grows, or where its text does.
 */
static int bar_cols(const struct table *table, struct area line)
{
	for (unsigned i = 0; i < table->column_count; i++) {
		const struct table_slot *slot = &table->slots[i];
		int end = slot->x + slot->width;

		if (!slot->width || !table->columns[i].grow)
			continue;
		return MIN(end, MAX(TABLE_BAR_COLS, area_used(area_sub(line, 0, 0, 1, end), 0)));
	}
	return MIN(line.cols, TABLE_BAR_COLS);
}

static void draw_row(struct table *table, struct area line, unsigned row, bool focused, table_cell cell, void *data)
{
	for (unsigned i = 0; i < table->column_count; i++) {
		const struct table_slot *slot = &table->slots[i];

		if (slot->width)
			cell(data, row, i, area_sub(line, 0, slot->x, 1, slot->width));
	}
	if (row != table->list.cursor)
		return;
	area_set_role(line, 0, 0, bar_cols(table, line), focused ? ROLE_CURSOR : ROLE_CURSOR_UNFOCUSED);
	if (focused)
		area_cursor(line, 0, 0, false);
}

/* Columns beside the thumb. */
static int table_cols(const struct list *list, struct area area)
{
	return area.cols - (list->count > list->height && list->height > 1);
}

void table_draw(struct table *table, struct area area, bool focused, table_cell cell, void *data)
{
	struct list *list = &table->list;
	unsigned height = (unsigned)MAX(area.rows - 1, 0);
	int cols;
	struct area body = area_sub(area, 1, 0, area.rows - 1, area.cols);

	area_clear(area, ROLE_TEXT);
	list_set_height(list, height);
	cols = table_cols(list, area);
	table_layout(table->columns, table->column_count, cols, table->slots);
	table_draw_titles(table->columns, table->column_count, table->slots, table->sort, table->invert,
	        area_sub(area, 0, 0, 1, cols));
	for (unsigned i = 0; i < height && list->top + i < list->count; i++) {
		struct area line = area_sub(body, (int)i, 0, 1, cols);

		draw_row(table, line, list->top + i, focused, cell, data);
	}
	look_scrollbar(body, list->top, list->count);
	table->drawn = *list;
}

void table_draw_moved(struct table *table, struct area area, bool focused, table_cell cell, void *data)
{
	const struct list *list = &table->list;
	const unsigned rows[] = {table->drawn.cursor, list->cursor};
	int cols = table_cols(list, area);

	if (!list_only_moved(list, &table->drawn)) {
		table_draw(table, area, focused, cell, data);
		return;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(rows) && list->count; i++) {
		struct area line = area_sub(area, (int)(rows[i] - list->top) + 1, 0, 1, cols);

		area_clear(line, ROLE_TEXT);
		draw_row(table, line, rows[i], focused, cell, data);
	}
	table->drawn = *list;
}

static enum table_hit hit_title(struct table *table, int x)
{
	if (table->sort < 0)
		return TABLE_MISS;
	for (unsigned i = 0; i < table->column_count; i++) {
		const struct table_slot *slot = &table->slots[i];

		if (!slot->width || x < slot->x || x > slot->x + slot->width)
			continue;
		if (table->sort == (int)i) {
			table->invert = !table->invert;
		} else {
			table->sort = (int)i;
			table->invert = table->columns[i].descending;
		}
		return TABLE_SORTED;
	}
	return TABLE_MISS;
}

enum table_hit table_mouse(struct table *table, const struct mouse *mouse)
{
	struct list *list = &table->list;
	unsigned row;

	if (mouse->what != MOUSE_PRESS || mouse->y < 0)
		return TABLE_MISS;
	if (mouse->button == 4 || mouse->button == 5) {
		list_wheel(list, mouse->button == 4 ? -3 : 3);
		return TABLE_MOVED;
	}
	if (mouse->button != 1)
		return TABLE_MISS;
	if (mouse->y == 0)
		return hit_title(table, mouse->x);
	row = list->top + (unsigned)mouse->y - 1;
	if (row >= list->count)
		return TABLE_MISS;
	list_goto(list, row);
	return mouse->clicks >= 2 ? TABLE_OPENED : TABLE_MOVED;
}

void table_sort_step(struct table *table, int step)
{
	int count = (int)table->column_count;

	if (table->sort < 0 || count == 0)
		return;
	table->sort = (table->sort + step + count) % count;
	table->invert = table->columns[table->sort].descending;
}
