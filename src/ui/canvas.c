/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The canvas: cells, clipped windows on them, text in columns. Main thread.
 *
 * The last line of defence against hostile text: whatever reaches a cell is one
 * printable character and at most two marks, even if a caller forgot to clean.
 */
#include "canvas.h"

#include <string.h>

#include "nvirt/text.h"

static const struct cell blank = {.ch = ' ', .role = ROLE_TEXT};

static bool cell_equal(const struct cell *a, const struct cell *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void canvas_alloc(struct canvas *canvas, int rows, int cols)
{
	canvas->rows = MAX(rows, 0);
	canvas->cols = MAX(cols, 0);
	canvas->cells = g_new(struct cell, (gsize)canvas->rows * canvas->cols + 1);
	canvas->dirty = g_new(bool, canvas->rows + 1);
	for (int i = 0; i < canvas->rows * canvas->cols; i++)
		canvas->cells[i] = blank;
	canvas->cursor_y = canvas->cursor_x = -1;
	canvas->cursor_visible = false;
	canvas_touch(canvas);
}

void canvas_init(struct canvas *canvas, int rows, int cols, bool ascii)
{
	memset(canvas, 0, sizeof(*canvas));
	canvas->ascii = ascii;
	canvas_alloc(canvas, rows, cols);
}

void canvas_fini(struct canvas *canvas)
{
	g_clear_pointer(&canvas->cells, g_free);
	g_clear_pointer(&canvas->dirty, g_free);
	g_clear_pointer(&canvas->graphic, graphic_unref);
	canvas->rows = canvas->cols = 0;
}

void canvas_resize(struct canvas *canvas, int rows, int cols)
{
	canvas_fini(canvas);
	canvas_alloc(canvas, rows, cols);
}

void canvas_touch(struct canvas *canvas)
{
	for (int y = 0; y < canvas->rows; y++)
		canvas->dirty[y] = true;
}

struct area canvas_area(struct canvas *canvas)
{
	return (struct area){.canvas = canvas, .rows = canvas->rows, .cols = canvas->cols};
}

char *canvas_text(const struct canvas *canvas)
{
	g_autoptr(GString) out = g_string_new(NULL);
	for (int y = 0; y < canvas->rows; y++) {
		const struct cell *row = canvas->cells + (gsize)y * canvas->cols;
		gsize used = out->len;
		for (int x = 0; x < canvas->cols; x++) {
			if (!row[x].ch)
				continue;
			g_string_append_unichar(out, row[x].ch);
			for (int i = 0; i < 2 && row[x].comb[i]; i++)
				g_string_append_unichar(out, row[x].comb[i]);
			if (row[x].ch != ' ')
				used = out->len;
		}
		g_string_truncate(out, used);
		g_string_append_c(out, '\n');
	}
	return g_strdup(out->str);
}

/* ---- one cell --------------------------------------------------------------- */

static struct cell *cell_at(struct area area, int y, int x)
{
	if (y < 0 || x < 0 || y >= area.rows || x >= area.cols)
		return NULL;
	return area.canvas->cells + (gsize)(area.y + y) * area.canvas->cols + area.x + x;
}

static void cell_store(struct canvas *canvas, int y, int x, struct cell cell)
{
	struct cell *at = canvas->cells + (gsize)y * canvas->cols + x;
	if (cell_equal(at, &cell))
		return;
	*at = cell;
	canvas->dirty[y] = true;
}

/* A wide character that loses one half loses the other: it must not hang over the border. */
static void break_wide(struct canvas *canvas, int y, int x, int columns)
{
	struct cell *row = canvas->cells + (gsize)y * canvas->cols;
	if (x > 0 && !row[x].ch) {
		struct cell left = row[x - 1];
		left.ch = ' ';
		left.comb[0] = left.comb[1] = 0;
		cell_store(canvas, y, x - 1, left);
	}
	int after = x + columns;
	if (after < canvas->cols && !row[after].ch) {
		struct cell right = row[after];
		right.ch = ' ';
		cell_store(canvas, y, after, right);
	}
}

static void put(struct area area, int y, int x, enum role role, gunichar ch, int columns)
{
	if (y < 0 || x < 0 || y >= area.rows || x + columns > area.cols)
		return;
	int cy = area.y + y, cx = area.x + x, after = cx + columns;
	const struct cell *row = area.canvas->cells + (gsize)cy * area.canvas->cols;
	if (!row[cx].ch || (after < area.canvas->cols && !row[after].ch))
		break_wide(area.canvas, cy, cx, columns);
	cell_store(area.canvas, cy, cx, (struct cell){.ch = ch, .role = role});
	if (columns == 2)
		cell_store(area.canvas, cy, cx + 1, (struct cell){.ch = 0, .role = role});
}

static void put_mark(struct area area, int y, int x, gunichar mark)
{
	struct cell *base = x > 0 ? cell_at(area, y, x - 1) : NULL;
	if (base && !base->ch)
		base = x > 1 ? cell_at(area, y, x - 2) : NULL;
	if (!base || base->comb[1])
		return;
	base->comb[base->comb[0] ? 1 : 0] = mark;
	area.canvas->dirty[area.y + y] = true;
}

/* ---- areas ------------------------------------------------------------------ */

struct area area_sub(struct area area, int y, int x, int rows, int cols)
{
	int top = CLAMP(y, 0, area.rows), left = CLAMP(x, 0, area.cols);
	int bottom = CLAMP(y + MAX(rows, 0), top, area.rows), right = CLAMP(x + MAX(cols, 0), left, area.cols);
	return (struct area){.canvas = area.canvas,
	        .y = area.y + top,
	        .x = area.x + left,
	        .rows = bottom - top,
	        .cols = right - left};
}

/* A whole row at once: every frame clears what it draws on, so this is its most frequent work. */
static void fill_row(struct area area, int y, struct cell cell)
{
	struct canvas *canvas = area.canvas;
	struct cell *row = canvas->cells + (gsize)(area.y + y) * canvas->cols + area.x;
	int from = 0, to = area.cols;
	break_wide(canvas, area.y + y, area.x, area.cols);
	while (from < to && cell_equal(&row[from], &cell))
		from++;
	while (to > from && cell_equal(&row[to - 1], &cell))
		to--;
	for (int x = from; x < to; x++)
		row[x] = cell;
	canvas->dirty[area.y + y] |= from < to;
}

void area_fill(struct area area, int y, int x, int rows, int cols, enum role role, gunichar ch)
{
	struct area sub = area_sub(area, y, x, rows, cols);
	for (int i = 0; i < sub.rows && sub.cols > 0; i++)
		fill_row(sub, i, (struct cell){.ch = ch, .role = role});
}

void area_clear(struct area area, enum role role)
{
	area_fill(area, 0, 0, area.rows, area.cols, role, ' ');
}

/* What our own texts use beyond ASCII, for terminals that have no more. */
static gunichar ascii_of(gunichar ch)
{
	static const struct {
		gunichar ch, ascii;
	} map[] = {{0x2026, '~'}, {0xb7, '.'}, {0x2013, '-'}, {0x2014, '-'}, {0x2192, '>'}, {0x2190, '<'},
	        {0x2022, '*'}, {0xd7, 'x'}, {0x2018, '\''}, {0x2019, '\''}};
	for (gsize i = 0; i < G_N_ELEMENTS(map); i++)
		if (map[i].ch == ch)
			return map[i].ascii;
	for (int g = 0; g < GLYPH_N; g++)
		if (glyph_char(g, false) == ch)
			return glyph_char(g, true);
	return '?';
}

/*
 * The next character of `text` as it may be drawn, and its columns: 0 is a
 * combining mark to keep, -1 nothing at all. Moves `text` on.
 */
static int next_char(const char **text, bool ascii, gunichar *ret_ch)
{
	/* Nearly all text is ASCII. */
	if (**text >= 0x20 && **text < 0x7f) {
		*ret_ch = (guchar) * (*text)++;
		return 1;
	}
	gunichar ch = g_utf8_get_char_validated(*text, -1);
	if (ch == (gunichar)-1 || ch == (gunichar)-2) {
		ch = 0xfffd;
		(*text)++;
	} else {
		*text = g_utf8_next_char(*text);
	}
	if (ch >= 0x20 && ch < 0x7f) {
		*ret_ch = ch;
		return 1;
	}
	GUnicodeType type = g_unichar_type(ch);
	if (type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT || type == G_UNICODE_SURROGATE ||
	        type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR)
		ch = 0xfffd;
	int columns = text_char_columns(ch);
	if (columns == 0)
		return ascii || !g_unichar_ismark(ch) ? -1 : (*ret_ch = ch, 0);
	*ret_ch = ascii && ch > 0x7e ? ascii_of(ch) : ch;
	return columns;
}

/* Columns of `text`, counted no further than just past `limit`. */
static int measure(const char *text, bool ascii, int limit)
{
	int columns = 0;
	gunichar ch;
	while (*text && columns <= limit) {
		int more = next_char(&text, ascii, &ch);
		columns += MAX(more, 0);
	}
	return columns;
}

/* Draws up to `cols` columns; returns those used. */
static int draw_text(struct area area, int y, int x, int cols, enum role role, const char *text)
{
	bool ascii = area.canvas->ascii;
	int used = 0;
	while (*text) {
		gunichar ch = ' ';
		int columns = next_char(&text, ascii, &ch);
		if (columns < 0)
			continue;
		if (used + columns > cols)
			break;
		if (columns == 0) {
			if (used > 0)
				put_mark(area, y, x + used, ch);
			continue;
		}
		/* In ASCII a wide character's stand-in keeps the columns, so that tables stay straight. */
		if (ascii && columns == 2) {
			put(area, y, x + used, role, ch, 1);
			put(area, y, x + used + 1, role, ' ', 1);
		} else {
			put(area, y, x + used, role, ch, columns);
		}
		used += columns;
	}
	return used;
}

int area_text(struct area area, int y, int x, int cols, enum role role, const char *utf8)
{
	int room = area.cols - x;
	int limit = cols < 0 ? room : MIN(cols, room);
	if (limit <= 0 || y < 0 || y >= area.rows || !utf8)
		return 0;
	bool cut = measure(utf8, area.canvas->ascii, limit) > limit;
	int used = draw_text(area, y, x, cut ? limit - 1 : limit, role, utf8);
	if (cut)
		used += area_glyph(area, y, x + used, role, GLYPH_CUT);
	return used;
}

int area_textf(struct area area, int y, int x, int cols, enum role role, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	g_autofree char *text = g_strdup_vprintf(format, ap);
	va_end(ap);
	return area_text(area, y, x, cols, role, text);
}

void area_text_right(struct area area, int y, int x, int cols, enum role role, const char *utf8)
{
	int width = utf8 ? measure(utf8, area.canvas->ascii, cols) : 0;
	int pad = cols - MIN(width, cols);
	if (pad > 0)
		area_fill(area, y, x, 1, pad, role, ' ');
	area_text(area, y, x + pad, cols - pad, role, utf8);
}

int area_glyph(struct area area, int y, int x, enum role role, enum glyph glyph)
{
	put(area, y, x, role, glyph_char(glyph, area.canvas->ascii), 1);
	return 1;
}

int area_used(struct area area, int y)
{
	int cols = area.cols;
	while (cols > 0 && cell_at(area, y, cols - 1) && cell_at(area, y, cols - 1)->ch == ' ')
		cols--;
	return cols;
}

void area_colour(struct area area, int y, int x, gunichar ch, uint8_t fg, uint8_t bg)
{
	put(area, y, x, ROLE_TEXT, ch, 1);
	if (y < 0 || x < 0 || y >= area.rows || x >= area.cols)
		return;
	struct cell cell = *cell_at(area, y, x);
	cell.flags = DRAW_COLOURS;
	cell.fg = fg;
	cell.bg = bg;
	cell_store(area.canvas, area.y + y, area.x + x, cell);
}

void area_cell(struct area area, int y, int x, struct cell cell, int columns)
{
	bool ascii = area.canvas->ascii && cell.ch > 0x7e;
	if (y < 0 || x < 0 || y >= area.rows || x + columns > area.cols)
		return;
	if (text_char_columns(cell.ch) != columns)
		cell.ch = '?';
	/* In ASCII a stand-in keeps the columns. */
	for (int i = 0; ascii && i < columns; i++)
		put(area, y, x + i, cell.role, i == 0 ? ascii_of(cell.ch) : ' ', 1);
	if (!ascii)
		put(area, y, x, cell.role, cell.ch, cell.ch == '?' ? 1 : columns);
	struct cell stored = *cell_at(area, y, x);
	stored.flags = cell.flags;
	stored.fg = cell.fg;
	stored.bg = cell.bg;
	for (int i = 0; i < 2; i++)
		stored.comb[i] = ascii || !g_unichar_ismark(cell.comb[i]) ? 0 : cell.comb[i];
	cell_store(area.canvas, area.y + y, area.x + x, stored);
}

void area_graphic(struct area area, struct graphic *graphic)
{
	const struct graphic_shape *shape = graphic_shape(graphic);
	struct canvas *canvas = area.canvas;
	if (shape->rows > area.rows || shape->cols > area.cols)
		return;
	for (int y = 0; y < shape->rows; y++)
		area_add_flags(area, y, 0, shape->cols, DRAW_BELOW);
	graphic_ref(graphic);
	graphic_unref(canvas->graphic);
	canvas->graphic = graphic;
	canvas->graphic_y = area.y;
	canvas->graphic_x = area.x;
}

bool canvas_has_graphic(struct canvas *canvas)
{
	const struct graphic_shape *shape = canvas->graphic ? graphic_shape(canvas->graphic) : NULL;
	bool free = shape && canvas->graphic_y + shape->rows <= canvas->rows && canvas->graphic_x + shape->cols <= canvas->cols;
	for (int y = 0; free && y < shape->rows; y++) {
		const struct cell *row = canvas->cells + (gsize)(canvas->graphic_y + y) * canvas->cols + canvas->graphic_x;
		for (int x = 0; free && x < shape->cols; x++)
			free = row[x].flags & DRAW_BELOW;
	}
	if (!free)
		g_clear_pointer(&canvas->graphic, graphic_unref);
	return free;
}

void area_set_role(struct area area, int y, int x, int cols, enum role role)
{
	struct area sub = area_sub(area, y, x, 1, cols);
	for (int j = 0; j < sub.cols && sub.rows; j++) {
		struct cell cell = *cell_at(sub, 0, j);
		cell.role = role;
		cell_store(sub.canvas, sub.y, sub.x + j, cell);
	}
}

void area_add_flags(struct area area, int y, int x, int cols, unsigned flags)
{
	struct area sub = area_sub(area, y, x, 1, cols);
	for (int j = 0; j < sub.cols && sub.rows; j++) {
		struct cell cell = *cell_at(sub, 0, j);
		cell.flags |= flags;
		cell_store(sub.canvas, sub.y, sub.x + j, cell);
	}
}

void area_frame(struct area area, enum role border, enum role title_role, const char *title)
{
	int bottom = area.rows - 1, right = area.cols - 1;
	if (bottom < 1 || right < 1)
		return;
	for (int x = 1; x < right; x++) {
		area_glyph(area, 0, x, border, GLYPH_H);
		area_glyph(area, bottom, x, border, GLYPH_H);
	}
	for (int y = 1; y < bottom; y++) {
		area_glyph(area, y, 0, border, GLYPH_V);
		area_glyph(area, y, right, border, GLYPH_V);
	}
	area_glyph(area, 0, 0, border, GLYPH_TL);
	area_glyph(area, 0, right, border, GLYPH_TR);
	area_glyph(area, bottom, 0, border, GLYPH_BL);
	area_glyph(area, bottom, right, border, GLYPH_BR);
	if (!title || !*title || right < 6)
		return;
	put(area, 0, 2, border, ' ', 1);
	int used = area_text(area, 0, 3, right - 5, title_role, title);
	put(area, 0, 3 + used, border, ' ', 1);
}

void area_bar(struct area area, int y, int x, int cols, enum role used, enum role free, double fraction)
{
	double part = fraction > 0 ? MIN(fraction, 1.0) : 0; /* also for NaN */
	int full = (int)(part * cols + 0.5);
	/* Something is not nothing, and not quite all is not all. */
	if (full == 0 && part > 0 && cols > 1)
		full = 1;
	if (full == cols && part < 1.0 && cols > 1)
		full = cols - 1;
	for (int i = 0; i < cols; i++)
		area_glyph(area, y, x + i, i < full ? used : free, i < full ? GLYPH_BAR_FULL : GLYPH_BAR_EMPTY);
}

void area_cursor(struct area area, int y, int x, bool visible)
{
	if (!cell_at(area, y, x))
		return;
	area.canvas->cursor_y = area.y + y;
	area.canvas->cursor_x = area.x + x;
	area.canvas->cursor_visible = visible;
}

void area_tail(struct area area, enum role role, const char *utf8)
{
	int over = text_columns(utf8) - area.cols;
	int x = 0;

	if (over > 0 && area.cols > 1) {
		x = area_glyph(area, 0, 0, role, GLYPH_CUT);
		for (over++; *utf8 && over > 0; utf8 = g_utf8_next_char(utf8))
			over -= text_char_columns(g_utf8_get_char(utf8));
		/* Marks of a character that was cut off do not go to the one before. */
		while (*utf8 && !text_char_columns(g_utf8_get_char(utf8)))
			utf8 = g_utf8_next_char(utf8);
	}
	area_text(area, 0, x, -1, role, utf8);
}
