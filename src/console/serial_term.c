/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal that a guest's serial port is connected to, by libvterm. What a
 * guest writes is hostile: whatever it is, memory is one screen, the lines that
 * nobody has taken yet (SERIAL_LINES_MAX at most), and the answers not yet sent.
 * Of the thread that made it.
 */
#include <string.h>
#include <vterm.h>

#include "nvirt/serial.h"

struct serial_term {
	VTerm *vterm;
	VTermScreen *screen;
	int rows, cols;
	bool changed, cursor_visible, altscreen;
	VTermPos cursor;
	bool dirty[SERIAL_ROWS_MAX];
	GQueue lines; /* struct serial_line *, oldest first: scrolled off, not told yet */
	struct serial_cell row[SERIAL_COLS_MAX];
};

/* ---- cells ---- */

/* The nearest of the palette's cube, or of its greys. */
static uint8_t nearest(uint8_t red, uint8_t green, uint8_t blue)
{
	const int rgb[] = {red, green, blue};
	int low = MIN(MIN(red, green), blue), high = MAX(MAX(red, green), blue), index = 0;

	if (high - low < 8)
		return low < 4 ? 16 : low > 243 ? 231 : (uint8_t)(232 + MIN(MAX(low - 3, 0) / 10, 23));
	for (int i = 0; i < 3; i++)
		index = index * 6 + (rgb[i] < 48 ? 0 : rgb[i] < 115 ? 1 : (rgb[i] - 35) / 40);
	return (uint8_t)(16 + index);
}

static uint8_t colour(const VTermColor *from)
{
	return VTERM_COLOR_IS_INDEXED(from) ? from->indexed.idx
	                                    : nearest(from->rgb.red, from->rgb.green, from->rgb.blue);
}

static struct serial_cell make_cell(const VTermScreenCell *from)
{
	struct serial_cell cell;
	gunichar ch = from->chars[0];

	/* Padding too: lines are compared and copied as memory. */
	memset(&cell, 0, sizeof(cell));
	cell.ch = ch == 0 ? ' ' : ch == (uint32_t)-1 ? 0 : ch < 0x110000 && g_unichar_isprint(ch) ? ch : 0xfffd;
	if (ch && from->chars[1] && from->chars[1] < 0x110000 && g_unichar_ismark(from->chars[1]))
		cell.comb = from->chars[1];
	if (!VTERM_COLOR_IS_DEFAULT_FG(&from->fg)) {
		cell.fg = colour(&from->fg);
		cell.flags |= SERIAL_FG;
	}
	if (!VTERM_COLOR_IS_DEFAULT_BG(&from->bg)) {
		cell.bg = colour(&from->bg);
		cell.flags |= SERIAL_BG;
	}
	cell.flags |= from->attrs.bold ? SERIAL_BOLD : 0;
	cell.flags |= from->attrs.underline ? SERIAL_UNDERLINE : 0;
	cell.flags |= from->attrs.reverse ? SERIAL_REVERSE : 0;
	return cell;
}

/* ---- what libvterm tells ---- */

static int on_damage(VTermRect rect, void *data)
{
	struct serial_term *term = data;

	for (int row = MAX(rect.start_row, 0); row < MIN(rect.end_row, term->rows); row++)
		term->dirty[row] = true;
	term->changed = true;
	return 1;
}

static int on_cursor(VTermPos pos, VTermPos old, int visible, void *data)
{
	struct serial_term *term = data;

	(void)old;
	term->changed |= pos.row != term->cursor.row || pos.col != term->cursor.col;
	term->cursor = pos;
	term->cursor_visible = visible;
	return 1;
}

static int on_property(VTermProp prop, VTermValue *value, void *data)
{
	struct serial_term *term = data;

	if (prop == VTERM_PROP_CURSORVISIBLE)
		term->cursor_visible = value->boolean;
	if (prop == VTERM_PROP_ALTSCREEN)
		term->altscreen = value->boolean;
	term->changed = true;
	return 1;
}

static void push_line(struct serial_term *term, struct serial_line *line)
{
	if (g_queue_get_length(&term->lines) >= SERIAL_LINES_MAX)
		g_free(g_queue_pop_head(&term->lines));
	g_queue_push_tail(&term->lines, line);
	term->changed = true;
}

static int on_line(int cols, const VTermScreenCell *cells, void *data)
{
	struct serial_term *term = data;
	int count = MIN(cols, SERIAL_COLS_MAX);

	for (int x = 0; x < count; x++)
		term->row[x] = make_cell(&cells[x]);
	push_line(term, serial_line_new(term->row, (unsigned)count));
	return 1;
}

static const VTermScreenCallbacks callbacks = {
        .damage = on_damage,
        .movecursor = on_cursor,
        .settermprop = on_property,
        .sb_pushline = on_line,
};

/* ---- life ---- */

static void all_dirty(struct serial_term *term)
{
	memset(term->dirty, 1, sizeof(term->dirty));
	term->changed = true;
}

static void make_vterm(struct serial_term *term, int rows, int cols)
{
	term->rows = CLAMP(rows, 2, SERIAL_ROWS_MAX);
	term->cols = CLAMP(cols, 2, SERIAL_COLS_MAX);
	term->cursor = (VTermPos){0, 0};
	term->cursor_visible = true;
	term->altscreen = false;
	term->vterm = vterm_new(term->rows, term->cols);
	vterm_set_utf8(term->vterm, 1);
	term->screen = vterm_obtain_screen(term->vterm);
	vterm_screen_set_callbacks(term->screen, &callbacks, term);
	vterm_screen_set_damage_merge(term->screen, VTERM_DAMAGE_ROW);
	vterm_screen_enable_altscreen(term->screen, 1);
	vterm_screen_reset(term->screen, 1);
	all_dirty(term);
}

struct serial_term *serial_term_new(int rows, int cols)
{
	struct serial_term *term = g_new0(struct serial_term, 1);

	g_queue_init(&term->lines);
	make_vterm(term, rows, cols);
	return term;
}

void serial_term_free(struct serial_term *term)
{
	if (!term)
		return;
	vterm_free(term->vterm);
	g_queue_clear_full(&term->lines, g_free);
	g_free(term);
}

void serial_term_feed(struct serial_term *term, const char *bytes, gsize len)
{
	vterm_input_write(term->vterm, bytes, len);
	vterm_screen_flush_damage(term->screen);
}

static struct serial_line *read_row(struct serial_term *term, int row)
{
	for (int x = 0; x < term->cols; x++) {
		VTermScreenCell cell;

		memset(&cell, 0, sizeof(cell));
		vterm_screen_get_cell(term->screen, (VTermPos){.row = row, .col = x}, &cell);
		term->row[x] = make_cell(&cell);
	}
	return serial_line_new(term->row, (unsigned)term->cols);
}

/* The screen becomes scrollback. */
static void push_screen(struct serial_term *term)
{
	unsigned blank = 0;

	for (int row = 0; row < term->rows; row++) {
		struct serial_line *line = read_row(term, row);

		blank = line->count ? 0 : blank + 1;
		push_line(term, line);
	}
	/* The empty end of the screen is nothing to scroll back to. */
	for (; blank > 0; blank--)
		g_free(g_queue_pop_tail(&term->lines));
}

/*
 * A new terminal; what stood on the old one becomes scrollback. libvterm 0.1's own
 * resize keeps a saved cursor that may lie beyond the new size, and reads there.
 */
void serial_term_resize(struct serial_term *term, int rows, int cols)
{
	if (CLAMP(rows, 2, SERIAL_ROWS_MAX) == term->rows && CLAMP(cols, 2, SERIAL_COLS_MAX) == term->cols)
		return;
	push_screen(term);
	vterm_free(term->vterm);
	make_vterm(term, rows, cols);
}

/* A new terminal too: who writes now knows nothing of the modes that it was left in. */
void serial_term_divide(struct serial_term *term, const char *words)
{
	unsigned count = 0;

	push_screen(term);
	memset(term->row, 0, sizeof(term->row));
	for (; count < SERIAL_COLS_MAX && words[count]; count++)
		term->row[count] = (struct serial_cell){.ch = (guchar)words[count], .flags = SERIAL_BOLD};
	push_line(term, serial_line_new(term->row, count));
	vterm_free(term->vterm);
	make_vterm(term, term->rows, term->cols);
}

/* ---- keys ---- */

static const VTermKey specials[SERIAL_KEY_F1] = {
        [SERIAL_KEY_UP] = VTERM_KEY_UP,
        [SERIAL_KEY_DOWN] = VTERM_KEY_DOWN,
        [SERIAL_KEY_LEFT] = VTERM_KEY_LEFT,
        [SERIAL_KEY_RIGHT] = VTERM_KEY_RIGHT,
        [SERIAL_KEY_HOME] = VTERM_KEY_HOME,
        [SERIAL_KEY_END] = VTERM_KEY_END,
        [SERIAL_KEY_PGUP] = VTERM_KEY_PAGEUP,
        [SERIAL_KEY_PGDN] = VTERM_KEY_PAGEDOWN,
        [SERIAL_KEY_INSERT] = VTERM_KEY_INS,
        [SERIAL_KEY_DELETE] = VTERM_KEY_DEL,
};

/* Of a control key the character itself: libvterm has sequences for some of them that no getty knows. */
static gunichar plain(const struct serial_key *key)
{
	return key->ctrl && key->ch < 0x80 ? key->ch == '?' ? 0x7f : key->ch & 0x1f : key->ch;
}

static void special_key(struct serial_term *term, const struct serial_key *key)
{
	VTermModifier mod = (key->ctrl ? VTERM_MOD_CTRL : 0) | (key->alt ? VTERM_MOD_ALT : 0) |
	        (key->shift ? VTERM_MOD_SHIFT : 0);

	if (key->special >= SERIAL_KEY_F1)
		vterm_keyboard_key(term->vterm,
		        (VTermKey)VTERM_KEY_FUNCTION(key->special - SERIAL_KEY_F1 + 1), mod);
	else
		vterm_keyboard_key(term->vterm, specials[key->special], mod);
}

void serial_term_key(struct serial_term *term, const struct serial_key *key, GByteArray *out)
{
	char bytes[8];
	guint len = 0;

	if (key->special) {
		if (key->special < SERIAL_KEY_N)
			special_key(term, key);
		serial_term_answers(term, out);
		return;
	}
	if (key->alt)
		bytes[len++] = '\033';
	len += (guint)g_unichar_to_utf8(plain(key), bytes + len);
	if (out->len + len <= SERIAL_INPUT_MAX)
		g_byte_array_append(out, (const guint8 *)bytes, len);
}

void serial_term_answers(struct serial_term *term, GByteArray *out)
{
	char buffer[512];
	size_t len;

	while ((len = vterm_output_read(term->vterm, buffer, sizeof(buffer))) > 0)
		if (out->len + len <= SERIAL_INPUT_MAX)
			g_byte_array_append(out, (const guint8 *)buffer, (guint)len);
}

/* ---- frames ---- */

bool serial_term_changed(const struct serial_term *term)
{
	return term->changed;
}

void serial_term_frame(struct serial_term *term, struct serial_frame *frame)
{
	gpointer line;

	frame->rows = term->rows;
	frame->cols = term->cols;
	frame->cursor_row = term->cursor.row;
	frame->cursor_col = term->cursor.col;
	frame->cursor_visible = term->cursor_visible;
	frame->altscreen = term->altscreen;
	while ((line = g_queue_pop_head(&term->lines)))
		g_ptr_array_add(frame->lines, line);
	for (int row = 0; row < term->rows; row++) {
		struct serial_row changed = {.row = row};

		if (!term->dirty[row])
			continue;
		changed.line = read_row(term, row);
		g_array_append_val(frame->changed, changed);
		term->dirty[row] = false;
	}
	term->changed = false;
}
