/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One open console of a guest: see console.h. */
#include "console.h"

#include <string.h>

#include "sign_watch.h"

struct console *console_new(const struct obj_ref *ref, unsigned id)
{
	struct console *console = g_new0(struct console, 1);

	console->ref = *ref;
	console->id = id;
	console->screen = serial_screen_new();
	console->why = g_strdup("");
	console->match = -1;
	console->rows = SERIAL_ROWS;
	console->cols = SERIAL_COLS;
	return console;
}

void console_free(struct console *console)
{
	sign_watch_free(console->signs);
	serial_close(console->serial);
	serial_screen_free(console->screen);
	g_free(console->why);
	g_free(console);
}

/* ---- what is in sight ---- */

/* One after the last line, while nobody has scrolled. */
static unsigned live_end(const struct console *console)
{
	int rows = serial_screen_rows(console->screen);
	int shown = MIN(rows, MAX(console->rows, console->cursor_row + 1));

	return serial_screen_history(console->screen) + (unsigned)MAX(shown, 0);
}

unsigned console_window(const struct console *console, unsigned *ret_count)
{
	unsigned end = live_end(console), height = (unsigned)MAX(console->rows, 0);
	unsigned least = MIN(end, height);

	end = end > console->back ? MAX(end - console->back, least) : least;
	unsigned first = end - MIN(end, height);
	/* A full-screen program has nothing above it. */
	if (console->altscreen && console->back == 0)
		first = MAX(first, serial_screen_history(console->screen));
	*ret_count = end - first;
	return first;
}

void console_scroll(struct console *console, int lines)
{
	unsigned end = live_end(console), height = (unsigned)MAX(console->rows, 0);
	gint64 back = (gint64)console->back + lines;

	console->back = (unsigned)CLAMP(back, 0, end > height ? (gint64)(end - height) : 0);
}

void console_apply(struct console *console, struct serial_frame *frame)
{
	unsigned before = serial_screen_history(console->screen);
	unsigned pushed = serial_screen_apply(console->screen, frame);
	unsigned fell = before + pushed - serial_screen_history(console->screen);

	console->state = frame->state;
	console->opened = frame->opened;
	console->cursor_row = frame->cursor_row;
	console->cursor_col = frame->cursor_col;
	console->cursor_visible = frame->cursor_visible;
	console->altscreen = frame->altscreen;
	g_free(console->why);
	console->why = g_strdup(frame->why);
	if (console->back)
		console_scroll(console, (int)pushed);
	if (console->match >= 0)
		console->match = (unsigned)console->match >= fell ? console->match - (int)fell : -1;
}

bool console_search(struct console *console, const char *text, int step)
{
	unsigned count = serial_screen_lines(console->screen), shown;
	unsigned first = console_window(console, &shown);
	unsigned from = console->match >= 0 ? (unsigned)console->match + count + (unsigned)step
	                                    : step > 0 ? first : first + MAX(shown, 1) - 1;
	int line = count && *text ? serial_screen_find(console->screen, text, from % count, step) : -1;

	console->match = line;
	if (line < 0)
		return false;
	if ((unsigned)line < first || (unsigned)line >= first + shown) {
		int end = line + MAX(console->rows, 1) / 2 + 1;

		console->back = 0;
		console_scroll(console, (int)live_end(console) - end);
	}
	return true;
}

/* ---- drawing ---- */

static struct cell look_of(const struct serial_cell *from)
{
	struct cell cell = {.ch = from->ch, .comb = {from->comb}, .role = ROLE_TEXT};

	if (from->flags & (SERIAL_FG | SERIAL_BG)) {
		cell.flags |= DRAW_COLOURS;
		cell.flags |= from->flags & SERIAL_FG ? 0 : DRAW_OWN_FG;
		cell.flags |= from->flags & SERIAL_BG ? 0 : DRAW_OWN_BG;
		cell.fg = from->flags & SERIAL_FG ? from->fg : 0;
		cell.bg = from->flags & SERIAL_BG ? from->bg : 0;
	}
	cell.flags |= from->flags & SERIAL_BOLD ? DRAW_BOLD : 0;
	cell.flags |= from->flags & SERIAL_UNDERLINE ? DRAW_UNDERLINE : 0;
	cell.flags |= from->flags & SERIAL_REVERSE ? DRAW_REVERSE : 0;
	return cell;
}

static void draw_line(struct area row, const struct serial_line *line, int pan)
{
	for (unsigned x = (unsigned)pan; line && x < line->count && (int)x - pan < row.cols; x++) {
		bool wide = x + 1 < line->count && !line->cells[x + 1].ch;

		if (line->cells[x].ch)
			area_cell(row, 0, (int)x - pan, look_of(&line->cells[x]), wide ? 2 : 1);
	}
}

static void draw_matches(struct area row, const struct serial_line *line, const gunichar *needle, int pan)
{
	unsigned cols = 0;

	for (int x = serial_line_find(line, needle, 0, &cols); x >= 0;
	        x = serial_line_find(line, needle, (unsigned)x + cols, &cols)) {
		int from = MAX(x - pan, 0), to = x + (int)cols - pan;

		if (to <= from)
			continue;
		/* Its own colours would hide it. */
		for (int i = from; i < MIN(to, row.cols); i++) {
			const struct serial_cell *cell = &line->cells[i + pan];

			if (cell->ch)
				area_cell(row, 0, i, (struct cell){.ch = cell->ch, .role = ROLE_MATCH},
				        (unsigned)(i + pan) + 1 < line->count && !line->cells[i + pan + 1].ch ? 2 : 1);
		}
	}
}

int console_left(const struct console *console)
{
	int most = MAX(serial_screen_cols(console->screen) - console->cols, 0);

	if (console->attached && console->back == 0)
		return CLAMP(console->cursor_col - console->cols + 1, 0, most);
	return CLAMP(console->pan, 0, most);
}

void console_draw(struct console *console, struct area area, const char *search, bool focused)
{
	g_autofree gunichar *needle = g_utf8_to_ucs4_fast(search, -1, NULL);
	unsigned count, first;
	int pan;

	for (gunichar *ch = needle; *ch; ch++)
		*ch = g_unichar_tolower(*ch);
	console->rows = area.rows;
	console->cols = area.cols;
	first = console_window(console, &count);
	pan = console_left(console);
	area_clear(area, ROLE_TEXT);
	for (unsigned i = 0; i < count; i++) {
		struct area row = area_sub(area, (int)i, 0, 1, area.cols);
		const struct serial_line *line = serial_screen_line(console->screen, first + i);

		draw_line(row, line, pan);
		if (*needle)
			draw_matches(row, line, needle, pan);
	}
	int y = (int)serial_screen_history(console->screen) + console->cursor_row - (int)first;
	int x = console->cursor_col - pan;
	if (focused && console->state == SERIAL_OPEN && y >= 0 && y < area.rows && x >= 0)
		area_cursor(area, y, MIN(x, area.cols - 1), console->attached && console->cursor_visible);
}

/* ---- words and keys ---- */

const char *console_state_words(const struct console *console)
{
	switch (console->state) {
	case SERIAL_OPENING:
		return "is being opened";
	case SERIAL_OPEN:
		return "open";
	case SERIAL_WAITING:
		return "the guest is off; opens when it starts";
	case SERIAL_BUSY:
		return "in use by another session";
	case SERIAL_REFUSED:
		return "not possible";
	case SERIAL_CUT:
		return "ended";
	case SERIAL_LOST:
		return "no connection; tried again";
	case SERIAL_STATE_N:
		break;
	}
	return "";
}

bool console_key(keycode key, struct serial_key *ret)
{
	static const struct {
		keycode key;
		uint8_t special;
	} specials[] = {{K_UP, SERIAL_KEY_UP}, {K_DOWN, SERIAL_KEY_DOWN}, {K_LEFT, SERIAL_KEY_LEFT},
	        {K_RIGHT, SERIAL_KEY_RIGHT}, {K_HOME, SERIAL_KEY_HOME}, {K_END, SERIAL_KEY_END},
	        {K_PGUP, SERIAL_KEY_PGUP}, {K_PGDN, SERIAL_KEY_PGDN}, {K_INSERT, SERIAL_KEY_INSERT},
	        {K_DELETE, SERIAL_KEY_DELETE}};
	keycode plain = key & ~(KEY_CTRL | KEY_ALT | KEY_SHIFT);

	*ret = (struct serial_key){
	        .ctrl = key & KEY_CTRL, .alt = key & KEY_ALT, .shift = key & KEY_SHIFT, .ch = plain};
	if (plain < 0x110000) {
		if (ret->ctrl && plain == K_SPACE)
			ret->ch = 0;
		if (ret->shift && plain == K_TAB)
			return false;
		return plain != K_NONE;
	}
	if (plain >= K_F1 && plain <= K_F12)
		ret->special = (uint8_t)(SERIAL_KEY_F1 + (plain - K_F1));
	for (gsize i = 0; i < G_N_ELEMENTS(specials); i++)
		if (specials[i].key == plain)
			ret->special = specials[i].special;
	return ret->special != SERIAL_KEY_NONE;
}
