/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a terminal takes beside frames: its title, its clipboard (OSC 2, OSC 52). Main thread. */
#include "term_private.h"

#include <string.h>

#include "nvirt/text.h"

static void append_string(struct term *term, const char *text)
{
	g_byte_array_append(term->out_buffer, (const guint8 *)text, (guint)strlen(text));
}

void term_set_title(struct term *term, const char *title)
{
	if (!term->private_modes)
		return;
	g_autofree char *clean = text_clean(title, -1);
	g_autofree char *cut = text_cut(clean, 80, "~");
	g_autofree char *ascii = term_is_utf8() ? NULL : g_str_to_ascii(cut, "C");
	g_autofree char *sequence = g_strdup_printf("\033]2;%s\007", ascii ? ascii : cut);
	append_string(term, sequence);
	if (title != term->title) {
		g_free(term->title);
		term->title = g_strdup(title);
	}
}

enum { COPY_MAX_BASE64 = 74994 };

/* Terminals that are known not to listen; of the others none tells. */
static const char *why_no_clipboard(const struct term *term)
{
	const char *vte = g_getenv("VTE_VERSION");
	bool tmux = g_getenv("TMUX") != NULL;
	if (!term->private_modes)
		return "this terminal has no clipboard";
	if (g_getenv("STY") || (g_str_has_prefix(term->name, "screen") && !tmux))
		return "GNU screen does not pass it on";
	if (vte && !tmux && g_ascii_strtoull(vte, NULL, 10) < 7600)
		return "this terminal (VTE) does not take it from programs";
	return NULL;
}

char *term_copy(struct term *term, const char *text)
{
	const char *why = why_no_clipboard(term);
	if (why)
		return g_strdup(why);
	g_autofree char *base64 = g_base64_encode((const guchar *)text, strlen(text));
	if (strlen(base64) > COPY_MAX_BASE64)
		return g_strdup_printf("%zu bytes are more than terminals take (%d)", strlen(text), COPY_MAX_BASE64 / 4 * 3);
	append_string(term, "\033]52;c;");
	append_string(term, base64);
	append_string(term, "\007");
	return NULL;
}
