/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A serial console's lines and frames, and the reader's copy of them: see serial.h. Pure. */
#include "nvirt/serial.h"

#include <string.h>

/* ---- lines ---- */

static bool is_blank(const struct serial_cell *cell)
{
	return cell->ch == ' ' && !cell->comb && !(cell->flags & (SERIAL_BG | SERIAL_REVERSE | SERIAL_UNDERLINE));
}

struct serial_line *serial_line_new(const struct serial_cell *cells, unsigned count)
{
	while (count > 0 && is_blank(&cells[count - 1]))
		count--;
	struct serial_line *line = g_malloc(sizeof(*line) + count * sizeof(*cells));

	line->count = count;
	if (count)
		memcpy(line->cells, cells, count * sizeof(*cells));
	return line;
}

static void append_text(const struct serial_line *line, GString *text)
{
	gsize before = text->len;

	for (unsigned x = 0; line && x < line->count; x++) {
		if (line->cells[x].ch)
			g_string_append_unichar(text, line->cells[x].ch);
		if (line->cells[x].comb)
			g_string_append_unichar(text, line->cells[x].comb);
	}
	while (text->len > before && text->str[text->len - 1] == ' ')
		g_string_truncate(text, text->len - 1);
}

char *serial_line_text(const struct serial_line *line)
{
	GString *text = g_string_new(NULL);

	append_text(line, text);
	return g_string_free(text, FALSE);
}

/* Columns that `needle` takes at `x`, or 0. */
static unsigned match_at(const struct serial_line *line, const gunichar *needle, unsigned x)
{
	unsigned from = x;

	for (; *needle; needle++, x++) {
		while (x < line->count && !line->cells[x].ch)
			x++;
		if (x >= line->count || g_unichar_tolower(line->cells[x].ch) != *needle)
			return 0;
	}
	while (x < line->count && !line->cells[x].ch)
		x++;
	return x - from;
}

int serial_line_find(const struct serial_line *line, const gunichar *needle, unsigned from, unsigned *ret_cols)
{
	for (unsigned x = from; line && *needle && x < line->count; x++) {
		unsigned cols = line->cells[x].ch ? match_at(line, needle, x) : 0;

		if (!cols)
			continue;
		if (ret_cols)
			*ret_cols = cols;
		return (int)x;
	}
	return -1;
}

/* ---- frames ---- */

static void row_clear(gpointer row)
{
	g_free(((struct serial_row *)row)->line);
}

struct serial_frame *serial_frame_new(void)
{
	struct serial_frame *frame = g_new0(struct serial_frame, 1);

	frame->why = g_strdup("");
	frame->changed = g_array_new(FALSE, FALSE, sizeof(struct serial_row));
	g_array_set_clear_func(frame->changed, row_clear);
	frame->lines = g_ptr_array_new_with_free_func(g_free);
	return frame;
}

void serial_frame_free(struct serial_frame *frame)
{
	if (!frame)
		return;
	g_free(frame->why);
	g_array_unref(frame->changed);
	g_ptr_array_unref(frame->lines);
	if (frame->bytes)
		g_byte_array_unref(frame->bytes);
	g_free(frame);
}

/* ---- the reader's copy ---- */

struct serial_screen {
	struct serial_line *ring[SERIAL_LINES_MAX];
	unsigned first, count; /* of the ring */
	int rows, cols;
	struct serial_line **screen; /* `rows` of them; NULL = blank */
};

struct serial_screen *serial_screen_new(void)
{
	return g_new0(struct serial_screen, 1);
}

static void set_size(struct serial_screen *screen, int rows, int cols)
{
	for (int row = rows; row < screen->rows; row++)
		g_free(screen->screen[row]);
	screen->screen = g_renew(struct serial_line *, screen->screen, MAX(rows, 1));
	for (int row = screen->rows; row < rows; row++)
		screen->screen[row] = NULL;
	screen->rows = rows;
	screen->cols = cols;
}

void serial_screen_free(struct serial_screen *screen)
{
	if (!screen)
		return;
	set_size(screen, 0, 0);
	g_free(screen->screen);
	for (unsigned i = 0; i < SERIAL_LINES_MAX; i++)
		g_free(screen->ring[i]);
	g_free(screen);
}

static void push(struct serial_screen *screen, struct serial_line *line)
{
	unsigned at = (screen->first + screen->count) % SERIAL_LINES_MAX;

	if (screen->count == SERIAL_LINES_MAX)
		screen->first = (screen->first + 1) % SERIAL_LINES_MAX;
	else
		screen->count++;
	g_free(screen->ring[at]);
	screen->ring[at] = line;
}

unsigned serial_screen_apply(struct serial_screen *screen, struct serial_frame *frame)
{
	unsigned pushed = frame->lines->len;

	if (frame->rows != screen->rows || frame->cols != screen->cols)
		set_size(screen, frame->rows, frame->cols);
	for (guint i = 0; i < frame->lines->len; i++) {
		push(screen, frame->lines->pdata[i]);
		frame->lines->pdata[i] = NULL;
	}
	for (guint i = 0; i < frame->changed->len; i++) {
		struct serial_row *row = &g_array_index(frame->changed, struct serial_row, i);

		if (row->row < 0 || row->row >= screen->rows)
			continue;
		g_free(screen->screen[row->row]);
		screen->screen[row->row] = g_steal_pointer(&row->line);
	}
	return pushed;
}

unsigned serial_screen_history(const struct serial_screen *screen)
{
	return screen->count;
}

unsigned serial_screen_lines(const struct serial_screen *screen)
{
	return screen->count + (unsigned)screen->rows;
}

const struct serial_line *serial_screen_line(const struct serial_screen *screen, unsigned index)
{
	if (index < screen->count)
		return screen->ring[(screen->first + index) % SERIAL_LINES_MAX];
	index -= screen->count;
	return index < (unsigned)screen->rows ? screen->screen[index] : NULL;
}

int serial_screen_rows(const struct serial_screen *screen)
{
	return screen->rows;
}

int serial_screen_cols(const struct serial_screen *screen)
{
	return screen->cols;
}

int serial_screen_find(const struct serial_screen *screen, const char *text, unsigned from, int step)
{
	g_autofree gunichar *needle = g_utf8_to_ucs4_fast(text, -1, NULL);
	unsigned count = serial_screen_lines(screen);

	for (gunichar *ch = needle; *ch; ch++)
		*ch = g_unichar_tolower(*ch);
	for (unsigned i = 0, at = count ? from % count : 0; i < count; i++) {
		if (serial_line_find(serial_screen_line(screen, at), needle, 0, NULL) >= 0)
			return (int)at;
		at = (at + count + (unsigned)step) % count;
	}
	return -1;
}

char *serial_screen_text(const struct serial_screen *screen, unsigned first, unsigned count)
{
	GString *text = g_string_new(NULL);
	gsize end = 0;

	for (unsigned i = 0; i < count && first + i < serial_screen_lines(screen); i++) {
		gsize before = text->len;

		append_text(serial_screen_line(screen, first + i), text);
		bool blank = text->len == before;
		g_string_append_c(text, '\n');
		end = blank ? end : text->len;
	}
	g_string_truncate(text, end);
	return g_string_free(text, FALSE);
}
