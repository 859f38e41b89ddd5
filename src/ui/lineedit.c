/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text field. The cursor never stands between a character and its combining marks. Main thread. */
#include "lineedit.h"

#include <string.h>

#include "nvirt/text.h"

void lineedit_init(struct lineedit *edit, const char *text, gsize max)
{
	*edit = (struct lineedit){.text = g_string_new(NULL), .max = max ? max : 4096};
	lineedit_set(edit, text);
}

void lineedit_fini(struct lineedit *edit)
{
	if (edit->text)
		g_string_free(edit->text, TRUE);
	edit->text = NULL;
}

void lineedit_set(struct lineedit *edit, const char *text)
{
	g_string_assign(edit->text, text ? text : "");
	edit->cursor = edit->text->len;
}

const char *lineedit_get(const struct lineedit *edit)
{
	return edit->text->str;
}

static void insert_bytes(struct lineedit *edit, const char *text, gsize len)
{
	if (edit->text->len + len > edit->max)
		return;
	g_string_insert_len(edit->text, (gssize)edit->cursor, text, (gssize)len);
	edit->cursor += len;
}

void lineedit_insert(struct lineedit *edit, const char *text)
{
	g_autofree char *clean = text_clean_lines(text, -1);
	for (const char *p = clean; *p; p = g_utf8_next_char(p)) {
		if (*p == '\n' && !edit->multiline)
			insert_bytes(edit, " ", 1);
		else
			insert_bytes(edit, p, (gsize)(g_utf8_next_char(p) - p));
	}
}

/* ---- moving ----------------------------------------------------------------- */

static bool is_mark_at(const char *p)
{
	gunichar ch = g_utf8_get_char(p);
	return ch > 0x7f && text_char_columns(ch) == 0;
}

static gsize before(const struct lineedit *edit, gsize at)
{
	const char *start = edit->text->str, *p = start + at;
	while (p > start) {
		p = g_utf8_prev_char(p);
		if (!is_mark_at(p))
			break;
	}
	return (gsize)(p - start);
}

static gsize after(const struct lineedit *edit, gsize at)
{
	const char *p = edit->text->str + at;
	if (*p)
		p = g_utf8_next_char(p);
	while (*p && is_mark_at(p))
		p = g_utf8_next_char(p);
	return (gsize)(p - edit->text->str);
}

static gsize word_before(const struct lineedit *edit, gsize at)
{
	const char *text = edit->text->str;
	while (at > 0 && g_ascii_isspace(text[before(edit, at)]))
		at = before(edit, at);
	while (at > 0 && !g_ascii_isspace(text[before(edit, at)]))
		at = before(edit, at);
	return at;
}

static gsize line_start(const struct lineedit *edit, gsize at)
{
	while (at > 0 && edit->text->str[at - 1] != '\n')
		at--;
	return at;
}

static gsize line_end(const struct lineedit *edit, gsize at)
{
	return at + strcspn(edit->text->str + at, "\n");
}

/* The place in the line that starts at `start` with as many characters before it as `from` has in its own. */
static gsize same_column(const struct lineedit *edit, gsize start, gsize from)
{
	gsize column = from - line_start(edit, from), end = line_end(edit, start);
	gsize at = start;
	while (at < end && at - start < column)
		at = after(edit, at);
	return MIN(at, end);
}

static void move_line(struct lineedit *edit, int by)
{
	gsize start = line_start(edit, edit->cursor), end = line_end(edit, edit->cursor);
	if (by < 0 && start > 0)
		edit->cursor = same_column(edit, line_start(edit, start - 1), edit->cursor);
	else if (by > 0 && end < edit->text->len)
		edit->cursor = same_column(edit, end + 1, edit->cursor);
}

/* ---- keys ------------------------------------------------------------------- */

static void erase(struct lineedit *edit, gsize from, gsize to)
{
	g_string_erase(edit->text, (gssize)from, (gssize)(to - from));
	edit->cursor = from;
}

static bool multiline_key(struct lineedit *edit, keycode key)
{
	switch (key) {
	case K_ENTER:
		insert_bytes(edit, "\n", 1);
		return true;
	case K_UP:
		move_line(edit, -1);
		return true;
	case K_DOWN:
		move_line(edit, 1);
		return true;
	default:
		return false;
	}
}

static bool type_char(struct lineedit *edit, keycode key)
{
	if (!key_is_text(key))
		return false;
	char utf8[7] = "";
	int len = g_unichar_to_utf8(key, utf8);
	g_autofree char *clean = text_clean(utf8, len);
	/* A mark alone is cleaned away; behind a base it is welcome. */
	if (g_unichar_ismark(key) && edit->cursor > 0)
		insert_bytes(edit, utf8, (gsize)len);
	else
		insert_bytes(edit, clean, strlen(clean));
	return true;
}

bool lineedit_key(struct lineedit *edit, keycode key)
{
	gsize at = edit->cursor;
	switch (key) {
	case K_LEFT:
	case KEY_CTRL | 'b':
		edit->cursor = before(edit, at);
		return true;
	case K_RIGHT:
	case KEY_CTRL | 'f':
		edit->cursor = after(edit, at);
		return true;
	case K_HOME:
	case KEY_CTRL | 'a':
		edit->cursor = line_start(edit, at);
		return true;
	case K_END:
	case KEY_CTRL | 'e':
		edit->cursor = line_end(edit, at);
		return true;
	case K_BACKSPACE:
		erase(edit, before(edit, at), at);
		return true;
	case K_DELETE:
	case KEY_CTRL | 'd':
		erase(edit, at, after(edit, at));
		return true;
	case KEY_CTRL | 'u':
		erase(edit, line_start(edit, at), at);
		return true;
	case KEY_CTRL | 'k':
		erase(edit, at, line_end(edit, at));
		edit->cursor = at;
		return true;
	case KEY_CTRL | 'w':
		erase(edit, word_before(edit, at), at);
		return true;
	default:
		return (edit->multiline && multiline_key(edit, key)) || type_char(edit, key);
	}
}

/* ---- drawing ---------------------------------------------------------------- */

static int columns_between(const struct lineedit *edit, gsize from, gsize to)
{
	g_autofree char *part = g_strndup(edit->text->str + from, to - from);
	return text_columns(part);
}

/* One line of the text; `cursor` < 0 where the cursor is not in it. */
static void draw_line(const struct lineedit *edit, struct area line, enum role role, gsize start, bool here)
{
	gsize end = line_end(edit, start), from = start;
	while (here && from < edit->cursor && columns_between(edit, from, edit->cursor) >= line.cols)
		from = after(edit, from);
	g_autofree char *text = g_strndup(edit->text->str + from, end - from);
	area_text(line, 0, 0, -1, role, text);
	if (here)
		area_cursor(line, 0, columns_between(edit, from, edit->cursor), true);
}

void lineedit_draw(const struct lineedit *edit, struct area area, enum role role, bool focused)
{
	int cursor_line = 0;
	for (gsize i = 0; i < edit->cursor; i++)
		cursor_line += edit->text->str[i] == '\n';
	int top = focused ? MAX(cursor_line - area.rows + 1, 0) : 0;
	gsize start = 0;
	area_fill(area, 0, 0, area.rows, area.cols, role, ' ');
	for (int n = 0; n < top + area.rows; n++) {
		if (n >= top)
			draw_line(edit, area_sub(area, n - top, 0, 1, area.cols), role, start,
			        focused && n == cursor_line);
		start = line_end(edit, start);
		if (start >= edit->text->len)
			break;
		start++;
	}
}
