/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A terminal with graphics: takes them, and what it is asked, out of what goes to libvterm. */
#include <string.h>

#include "support/plane.h"
#include "support/pty_private.h"

static bool starts(const GString *text, const char *with)
{
	return g_str_has_prefix(text->str, with);
}

static void answer(struct pty *pty, const char *text)
{
	if (!pty->terminal.silent)
		vt_answer(pty, text, strlen(text));
}

/* The length of the string at the beginning, ST and all; 0 = it has not come to its end. */
static gsize string_length(const GString *text)
{
	const char *end = g_strstr_len(text->str, (gssize)text->len, "\033\\");
	return end ? (gsize)(end - text->str) + 2 : 0;
}

static void take_string(struct pty *pty, const char *text, gsize length)
{
	int row = pty->modes.cursor_row, col = pty->modes.cursor_col;
	if (text[1] == 'P' && pty->terminal.sixel)
		plane_sixel(pty->plane, text + 2, length - 4, row, col);
	if (text[1] == '_' && pty->terminal.kitty)
		plane_kitty(pty->plane, text + 3, length - 5, row, col);
	if (g_strstr_len(text, (gssize)length, "a=q")) {
		pty->asked++;
		if (pty->terminal.kitty)
			answer(pty, "\033_Gi=7566;OK\033\\");
	}
}

static void answer_csi(struct pty *pty, const char *csi)
{
	g_autofree char *cell = g_strdup_printf("\033[6;%d;%dt", pty->terminal.cell_h, pty->terminal.cell_w);
	if (!strcmp(csi, "\033[c"))
		answer(pty, pty->terminal.sixel ? "\033[?62;4;22c" : "\033[?62;22c");
	else if (!strcmp(csi, "\033[16t") && !pty->terminal.by_kernel)
		answer(pty, cell);
	else if (!strcmp(csi, "\033[5n"))
		answer(pty, "\033[0n");
}

/* "ESC [ 5 n", or 0 as long as it has not come to its end. */
static gsize csi_length(const GString *text)
{
	gsize length = 2;
	while (length < text->len && (guint8)text->str[length] < 0x40)
		length++;
	return length < text->len ? length + 1 : 0;
}

/* The length of what is whole at the beginning of what begins with ESC; 0 = more is to come. */
static gsize take_escape(struct pty *pty)
{
	const GString *text = pty->pending;
	gsize length = text->len < 2 ? 0 : starts(text, "\033[") ? csi_length(text) : 1;
	if (starts(text, "\033P") || starts(text, "\033_")) {
		length = string_length(text);
		if (length)
			take_string(pty, text->str, length);
		return length;
	}
	if (!length)
		return 0;
	g_autofree char *sequence = g_strndup(text->str, length);
	vt_feed(pty, (const guint8 *)text->str, length);
	answer_csi(pty, sequence);
	return length;
}

void terminal_feed(struct pty *pty, const guint8 *bytes, gsize len)
{
	if (!pty->pending)
		pty->pending = g_string_new(NULL);
	g_string_append_len(pty->pending, (const char *)bytes, (gssize)len);
	gsize done = 0;
	while (pty->pending->len) {
		const char *escape = memchr(pty->pending->str, 033, pty->pending->len);
		done = escape ? (gsize)(escape - pty->pending->str) : pty->pending->len;
		if (done)
			vt_feed(pty, (const guint8 *)pty->pending->str, done);
		else
			done = take_escape(pty);
		if (!done)
			return;
		g_string_erase(pty->pending, 0, (gssize)done);
	}
}

struct plane *pty_plane(struct pty *pty)
{
	pty_poll(pty);
	return pty->plane;
}

unsigned pty_asked(struct pty *pty)
{
	pty_poll(pty);
	return pty->asked;
}
