/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pane of sections: see pane.h. A frame is two steps: every section's lines
 * are placed (wrapped for its width), then those on screen are drawn.
 */
#include "pane.h"

#include <string.h>

#include "look.h"
#include "meters.h"
#include "nvirt/text.h"

#define LABEL_MAX 16
#define COLUMN_GAP 3

enum line_kind { LINE_PAIR, LINE_BAR, LINE_PARTS, LINE_METERS, LINE_TEXT, LINE_MARK, LINE_TITLES, LINE_ROW };

struct line {
	enum line_kind kind;
	enum role role;
	char *label, *text;
	double fraction;
	GArray *values; /* struct pane_part of LINE_PARTS, double of LINE_METERS */
	char **cells;
};

struct section {
	char *title;
	bool wide;
	int label_cols;
	const struct table_column *columns;
	unsigned column_count;
	struct table_slot slots[TABLE_COLUMNS_MAX];
	GPtrArray *lines; /* struct line * */
};

/* A line of the screen: a part of a section's line, or its title (line NULL). */
struct placed {
	unsigned y;
	int x, cols;
	const struct section *section;
	const struct line *line;
	char *part; /* owned: the piece of wrapped text */
	bool first;
	unsigned row; /* of several lines that are no text */
};

static void line_free(gpointer data)
{
	struct line *line = data;

	g_free(line->label);
	g_free(line->text);
	g_strfreev(line->cells);
	if (line->values)
		g_array_unref(line->values);
	g_free(line);
}

static void section_free(gpointer data)
{
	struct section *section = data;

	g_free(section->title);
	g_ptr_array_unref(section->lines);
	g_free(section);
}

static void placed_clear(gpointer data)
{
	g_free(((struct placed *)data)->part);
}

void pane_init(struct pane *pane)
{
	*pane = (struct pane){.sections = g_ptr_array_new_with_free_func(section_free)};
}

void pane_fini(struct pane *pane)
{
	g_clear_pointer(&pane->sections, g_ptr_array_unref);
}

void pane_clear(struct pane *pane)
{
	g_ptr_array_set_size(pane->sections, 0);
}

/* ---- filling ---- */

void pane_section(struct pane *pane, const char *title, bool wide)
{
	struct section *section = g_new0(struct section, 1);

	section->title = g_strdup(title);
	section->wide = wide;
	section->lines = g_ptr_array_new_with_free_func(line_free);
	g_ptr_array_add(pane->sections, section);
}

static struct section *last_section(struct pane *pane)
{
	if (!pane->sections->len)
		pane_section(pane, NULL, true);
	return g_ptr_array_index(pane->sections, pane->sections->len - 1);
}

static struct line *add_line(
        struct pane *pane, enum line_kind kind, enum role role, const char *label, const char *text)
{
	struct section *section = last_section(pane);
	struct line *line = g_new0(struct line, 1);

	line->kind = kind;
	line->role = role;
	line->label = g_strdup(label);
	line->text = g_strdup(text ? text : "");
	if (label && kind != LINE_MARK)
		section->label_cols = CLAMP(text_columns(label), section->label_cols, LABEL_MAX);
	g_ptr_array_add(section->lines, line);
	return line;
}

void pane_pair(struct pane *pane, const char *label, enum role role, const char *value)
{
	add_line(pane, LINE_PAIR, role, label, value);
}

void pane_pairf(struct pane *pane, const char *label, enum role role, const char *format, ...)
{
	g_autofree char *value = NULL;
	va_list args;

	va_start(args, format);
	value = g_strdup_vprintf(format, args);
	va_end(args);
	pane_pair(pane, label, role, value);
}

void pane_pair_opt(struct pane *pane, const char *label, const char *value)
{
	if (value && *value)
		pane_pair(pane, label, ROLE_TEXT, value);
}

void pane_bar(struct pane *pane, const char *label, double fraction, bool stale, const char *value)
{
	enum role role = stale ? ROLE_STALE : ROLE_TEXT;

	add_line(pane, LINE_BAR, role, label, value)->fraction = fraction;
}

/* Appending none would be an error of GLib's. */
static GArray *copy_values(gsize size, const void *values, unsigned count)
{
	GArray *copy = g_array_sized_new(FALSE, FALSE, (guint)size, count);

	return count ? g_array_append_vals(copy, values, count) : copy;
}

void pane_parts(struct pane *pane, const char *label, const struct pane_part *parts, unsigned count, bool stale,
        const char *value)
{
	struct line *line = add_line(pane, LINE_PARTS, stale ? ROLE_STALE : ROLE_TEXT, label, value);

	line->values = copy_values(sizeof(*parts), parts, count);
}

void pane_meters(struct pane *pane, const double *fractions, unsigned count, bool stale)
{
	struct line *line = add_line(pane, LINE_METERS, stale ? ROLE_STALE : ROLE_TEXT, NULL, NULL);

	line->values = copy_values(sizeof(*fractions), fractions, count);
}

void pane_text(struct pane *pane, enum role role, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (unsigned i = 0; lines[i]; i++)
		add_line(pane, LINE_TEXT, role, NULL, lines[i]);
}

void pane_mark(struct pane *pane, enum role mark_role, const char *mark, const char *text)
{
	add_line(pane, LINE_MARK, mark_role, mark, text);
}

void pane_titles(struct pane *pane, const struct table_column *columns, unsigned count)
{
	struct section *section = last_section(pane);

	section->columns = columns;
	section->column_count = MIN(count, TABLE_COLUMNS_MAX);
	add_line(pane, LINE_TITLES, ROLE_TABLE_HEADER, NULL, NULL);
}

void pane_row(struct pane *pane, enum role role, char *const *cells)
{
	struct line *line = add_line(pane, LINE_ROW, role, NULL, NULL);
	unsigned n = last_section(pane)->column_count;

	line->cells = g_new0(char *, n + 1);
	for (unsigned i = 0; i < n; i++)
		line->cells[i] = cells[i];
}

/* ---- placing ---- */

/* Bytes of `text` that go on a line of `cols`: up to a space where there is one late enough. */
static gsize wrap_at(const char *text, int cols)
{
	g_autofree char *fit = NULL;
	const char *space;

	if (text_columns(text) <= cols)
		return strlen(text);
	fit = text_cut(text, cols, "");
	if (!*fit)
		return (gsize)(g_utf8_next_char(text) - text);
	space = strrchr(fit, ' ');
	return space && space > fit ? (gsize)(space - fit) : strlen(fit);
}

static int text_indent(const struct section *section, const struct line *line)
{
	switch (line->kind) {
	case LINE_PAIR:
	case LINE_BAR:
	case LINE_PARTS:
		return section->label_cols + 2;
	case LINE_MARK:
		return text_columns(line->label) + 1;
	case LINE_TEXT:
	case LINE_METERS:
	case LINE_TITLES:
	case LINE_ROW:
		break;
	}
	return 0;
}

static unsigned place_line(
        GArray *out, const struct section *section, const struct line *line, unsigned y, int x, int cols)
{
	struct placed placed = {y, x, cols, section, line, NULL, true, 0};
	const char *rest = line->text;
	int room = MAX(cols - text_indent(section, line), 1);

	if (line->kind == LINE_METERS) {
		for (unsigned rows = meters_rows(line->values->len, cols); placed.row < rows; placed.row++, placed.y++)
			g_array_append_val(out, placed);
		return placed.y;
	}
	if (line->kind != LINE_PAIR && line->kind != LINE_TEXT && line->kind != LINE_MARK) {
		g_array_append_val(out, placed);
		return y + 1;
	}
	do {
		gsize len = wrap_at(rest, room);

		placed.part = g_strndup(rest, len);
		g_array_append_val(out, placed);
		rest += len;
		while (*rest == ' ')
			rest++;
		placed.first = false;
		placed.y++;
	} while (*rest);
	return placed.y;
}

static unsigned place_section(GArray *out, struct section *section, unsigned y, int x, int cols)
{
	if (section->title) {
		struct placed title = {y++, x, cols, section, NULL, NULL, true, 0};

		g_array_append_val(out, title);
	}
	if (section->columns)
		table_layout(section->columns, section->column_count, cols, section->slots);
	for (unsigned i = 0; i < section->lines->len; i++)
		y = place_line(out, section, g_ptr_array_index(section->lines, i), y, x, cols);
	return y;
}

/* All sections; narrow ones fill two columns, each going where there is less. Returns the lines. */
static unsigned place_all(GArray *out, struct pane *pane, int cols)
{
	bool two = cols >= PANE_TWO_COLS;
	int half = (cols - COLUMN_GAP) / 2;
	unsigned left = 0, right = 0;

	for (unsigned i = 0; i < pane->sections->len; i++) {
		struct section *section = g_ptr_array_index(pane->sections, i);

		if (section->wide || !two)
			left = right = place_section(out, section, MAX(left, right), 0, cols) + 1;
		else if (left <= right)
			left = place_section(out, section, left, 0, half) + 1;
		else
			right = place_section(out, section, right, half + COLUMN_GAP, half) + 1;
	}
	left = MAX(left, right);
	return left ? left - 1 : 0;
}

/* ---- drawing ---- */

static void draw_title(struct area line, const char *title)
{
	int used = area_text(line, 0, 0, -1, ROLE_TITLE, title) + 1;

	for (int x = used; x < line.cols; x++)
		area_glyph(line, 0, x, ROLE_BORDER, GLYPH_H);
}

/* From the left, each as long as what they are together says, so that the end is right. */
static void draw_part_cells(struct area area, int x, int cols, const struct line *line)
{
	double sum = 0;
	int at = 0;

	area_bar(area, 0, x, cols, ROLE_BAR_FREE, ROLE_BAR_FREE, 0);
	for (unsigned i = 0; i < line->values->len; i++) {
		const struct pane_part *part = &g_array_index(line->values, struct pane_part, i);

		sum += MAX(part->fraction, 0);
		for (int end = (int)(MIN(sum, 1) * cols + 0.5); at < end; at++)
			area_glyph(area, 0, x + at, line->role == ROLE_STALE ? ROLE_STALE : part->role, part->glyph);
	}
}

static void draw_bar(struct area area, const struct section *section, const struct line *line)
{
	int x = section->label_cols + 2;
	/* The figure is worth more than its picture. */
	int room = area.cols - x - text_columns(line->text) - 1;
	int bar = CLAMP(MIN(room, (area.cols - x) / 3), 0, 20);
	enum role used = line->role == ROLE_STALE ? ROLE_STALE : look_bar(line->fraction);

	area_text(area, 0, 0, section->label_cols, ROLE_LABEL, line->label);
	if (!(line->fraction >= 0) || bar < 4)
		bar = 0;
	else if (line->kind == LINE_PARTS)
		draw_part_cells(area, x, bar, line);
	else
		area_bar(area, 0, x, bar, used, ROLE_BAR_FREE, line->fraction);
	area_text(area, 0, x + bar + (bar > 0), -1, line->role, line->text);
}

static void draw_cells(struct area area, const struct section *section, const struct line *line)
{
	for (unsigned i = 0; i < section->column_count; i++) {
		const struct table_slot *slot = &section->slots[i];

		if (slot->width)
			table_text(&section->columns[i], area_sub(area, 0, slot->x, 1, slot->width),
			        line->role, line->cells[i]);
	}
}

static void draw_placed(struct area area, const struct placed *placed)
{
	const struct section *section = placed->section;
	const struct line *line = placed->line;

	if (!line) {
		draw_title(area, section->title);
		return;
	}
	switch (line->kind) {
	case LINE_PAIR:
		if (placed->first)
			area_text(area, 0, 0, section->label_cols, ROLE_LABEL, line->label);
		area_text(area, 0, section->label_cols + 2, -1, line->role, placed->part);
		break;
	case LINE_BAR:
	case LINE_PARTS:
		draw_bar(area, section, line);
		break;
	case LINE_METERS:
		meters_draw(area, placed->row, (const double *)(const void *)line->values->data, line->values->len,
		        line->role == ROLE_STALE);
		break;
	case LINE_TEXT:
		area_text(area, 0, 0, -1, line->role, placed->part);
		break;
	case LINE_MARK:
		if (placed->first)
			area_text(area, 0, 0, -1, line->role, line->label);
		area_text(area, 0, text_indent(section, line), -1, ROLE_TEXT, placed->part);
		break;
	case LINE_TITLES:
		table_draw_titles(section->columns, section->column_count, section->slots, -1, false, area);
		break;
	case LINE_ROW:
		draw_cells(area, section, line);
		break;
	}
}

static void clamp_top(struct pane *pane)
{
	unsigned last = pane->lines > pane->height ? pane->lines - pane->height : 0;

	pane->top = MIN(pane->top, last);
}

void pane_draw(struct pane *pane, struct area area, bool focused)
{
	g_autoptr(GArray) out = g_array_new(FALSE, FALSE, sizeof(struct placed));
	/* Room for the thumb and a gap, always, so that nothing moves when it comes. */
	int cols = MAX(area.cols - 2, 0);

	g_array_set_clear_func(out, placed_clear);
	area_clear(area, ROLE_TEXT);
	pane->height = (unsigned)MAX(area.rows, 0);
	pane->lines = place_all(out, pane, cols);
	clamp_top(pane);
	for (unsigned i = 0; i < out->len; i++) {
		const struct placed *placed = &g_array_index(out, struct placed, i);
		unsigned y = placed->y - pane->top;

		if (placed->y >= pane->top && y < pane->height)
			draw_placed(area_sub(area, (int)y, placed->x, 1, MIN(placed->cols, cols)), placed);
	}
	look_scrollbar(area, pane->top, pane->lines);
	if (focused)
		area_cursor(area, 0, 0, false);
}

/* ---- scrolling ---- */

bool pane_key(struct pane *pane, keycode key, unsigned count)
{
	/* A list whose cursor is the first line on screen scrolls by the same keys. */
	struct list list = {.count = pane->lines, .cursor = pane->top, .height = MAX(pane->height, 1)};

	if (!list_key(&list, key, count))
		return false;
	pane->top = list.cursor;
	clamp_top(pane);
	return true;
}

bool pane_mouse(struct pane *pane, const struct mouse *mouse)
{
	if (mouse->what != MOUSE_PRESS || (mouse->button != 4 && mouse->button != 5))
		return false;
	if (mouse->button == 4)
		pane->top -= MIN(pane->top, 3);
	else
		pane->top += 3;
	clamp_top(pane);
	return true;
}
