/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dialogs share. Main thread; pure drawing. */
#include "box.h"

#include <string.h>

#include "nvirt/text.h"

/* Two columns for the frame, two so that text does not touch it. */
enum { BOX_PAD_ROWS = 2, BOX_PAD_COLS = 4 };

struct area box_draw(struct area screen, int rows, int cols, bool danger, const char *title)
{
	cols = MAX(cols, text_columns(title) + 2);
	/* The status line says why a row can not be chosen: it stays in sight. */
	if (screen.rows > 10)
		screen.rows--;
	int height = MIN(rows + BOX_PAD_ROWS, screen.rows), width = MIN(cols + BOX_PAD_COLS, screen.cols);
	struct area box = area_sub(
	        screen, (screen.rows - height) / 2, (screen.cols - width) / 2, height, width);
	area_clear(box, ROLE_DIALOG);
	area_frame(box, danger ? ROLE_DIALOG_DANGER : ROLE_BORDER_FOCUS, danger ? ROLE_DIALOG_DANGER : ROLE_TITLE,
	        title);
	return area_sub(box, 1, 2, box.rows - BOX_PAD_ROWS, box.cols - BOX_PAD_COLS);
}

/* Bytes of `text` that go on one line; at least one character, so that it always ends. */
static gsize line_bytes(const char *text, int cols)
{
	gsize hard = strcspn(text, "\n"), space = 0;
	int used = 0;
	const char *p = text;
	while (p < text + hard) {
		int columns = text_char_columns(g_utf8_get_char(p));
		if (used + columns > cols && p > text)
			return space ? space : (gsize)(p - text);
		if (*p == ' ' && p > text)
			space = (gsize)(p - text);
		used += columns;
		p = g_utf8_next_char(p);
	}
	return hard;
}

GPtrArray *box_wrap(const char *text, int cols)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	while (text && *text) {
		gsize len = line_bytes(text, MAX(cols, 1));
		g_ptr_array_add(lines, g_strndup(text, len));
		text += len;
		if (*text == '\n')
			text++;
		else
			while (*text == ' ')
				text++;
	}
	return lines;
}

int box_button(struct area area, int y, int x, const char *label, bool focused, bool danger)
{
	enum role role = focused ? ROLE_DIALOG_BUTTON_FOCUS : danger ? ROLE_DIALOG_DANGER : ROLE_DIALOG_BUTTON;
	/* The focused one differs in shape too, for screens without attributes. */
	int used = area_textf(area, y, x, -1, role, focused ? "> %s <" : "[ %s ]", label);
	if (focused)
		area_cursor(area, y, x, false);
	return used;
}
