/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of what may leave for the terminal; see bytes.h. */
#include "support/bytes.h"

#include <stdbool.h>
#include <string.h>

struct reader {
	const guint8 *bytes;
	gsize len, at;
	const char *wrong;
};

static char *describe(const struct reader *reader, gsize start)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_string_printf(text, "%s at offset %zu: \"", reader->wrong, start);
	gsize from = start > 24 ? start - 24 : 0;
	for (gsize i = from; i < reader->len && i < start + 24; i++) {
		guint8 byte = reader->bytes[i];
		if (i == start)
			g_string_append(text, ">>>");
		if (byte >= 0x20 && byte < 0x7f)
			g_string_append_c(text, (char)byte);
		else
			g_string_append_printf(text, "\\x%02x", byte);
	}
	g_string_append_c(text, '"');
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* ESC [ parameters intermediates final, as curses uses it. */
static bool read_csi(struct reader *reader)
{
	gsize start = reader->at;
	while (reader->at < reader->len && strchr("0123456789;:?>!", reader->bytes[reader->at]) &&
	        reader->bytes[reader->at])
		reader->at++;
	if (reader->at >= reader->len || reader->at - start > 64)
		return false;
	/* cursor, erase, insert, delete, scroll region, SGR, modes, tabs, repeat, window title stack, DECSTR */
	return strchr("@ABCDEFGHIJKLMPSTXZbcdfghlmnprstu", reader->bytes[reader->at++]) != NULL;
}

/* ESC ] 0;… 2;… 52;… 104: a title, the clipboard, the palette as it was; ended by BEL or ESC \. */
static bool read_osc(struct reader *reader)
{
	const guint8 *rest = reader->bytes + reader->at;
	gsize left = reader->len - reader->at;
	if (left < 3 || !(memcmp(rest, "0;", 2) == 0 || memcmp(rest, "2;", 2) == 0 || memcmp(rest, "52;", 3) == 0 || memcmp(rest, "104", 3) == 0))
		return false;
	for (; reader->at < reader->len; reader->at++) {
		guint8 byte = reader->bytes[reader->at];
		if (byte == 0x07) {
			reader->at++;
			return true;
		}
		if (byte == 0x1b) {
			reader->at += 2;
			return reader->at <= reader->len && reader->bytes[reader->at - 1] == '\\';
		}
		if (byte < 0x20 || byte == 0x7f)
			return false;
	}
	return false;
}

/* Up to ESC \\, all of it of these characters: kitty's graphics and sixels. */
static bool read_string(struct reader *reader, const char *allowed)
{
	for (; reader->at < reader->len; reader->at++) {
		guint8 byte = reader->bytes[reader->at];
		if (byte == 0x1b) {
			reader->at += 2;
			return reader->at <= reader->len && reader->bytes[reader->at - 1] == '\\';
		}
		if (!g_ascii_isalnum(byte) && (!byte || !strchr(allowed, byte)))
			return false;
	}
	return false;
}

static bool read_escape(struct reader *reader)
{
	if (reader->at >= reader->len)
		return false;
	guint8 kind = reader->bytes[reader->at++];
	switch (kind) {
	case '[':
		return read_csi(reader);
	case ']':
		return read_osc(reader);
	case '_':
		return reader->at < reader->len && reader->bytes[reader->at++] == 'G' && read_string(reader, "=,;+/");
	case 'P':
		return reader->at < reader->len && g_ascii_isdigit(reader->bytes[reader->at]) &&
		       read_string(reader, "!\"#$-;?@[\\]^_`{|}~");
	case '(':
	case ')':
		/* character sets: US-ASCII, line drawing, user-defined (linux console) */
		return reader->at < reader->len && strchr("B0UK", reader->bytes[reader->at++]);
	case '7':
	case '8':
	case '=':
	case '>':
	case 'D':
	case 'M':
	case 'H':
	case 'c':
		return true;
	default:
		return false;
	}
}

static bool is_spoofing(gunichar ch)
{
	return (ch >= 0x80 && ch < 0xa0) || (ch >= 0x200b && ch <= 0x200f) || (ch >= 0x2028 && ch <= 0x202e) ||
	        (ch >= 0x2060 && ch <= 0x206f) || ch == 0xfeff || ch == 0x061c || ch == 0x00ad ||
	        (ch >= 0xfff9 && ch <= 0xfffb) || (ch >= 0xe0000 && ch <= 0xe0fff) || (ch & 0xfffe) == 0xfffe;
}

static bool read_character(struct reader *reader)
{
	const char *from = (const char *)reader->bytes + reader->at;
	gunichar ch = g_utf8_get_char_validated(from, (gssize)(reader->len - reader->at));
	if (ch == (gunichar)-1 || ch == (gunichar)-2) {
		reader->wrong = "invalid UTF-8";
		return false;
	}
	if (is_spoofing(ch)) {
		reader->wrong = "C1 control, bidi control or invisible character";
		return false;
	}
	reader->at = (gsize)(g_utf8_next_char(from) - (const char *)reader->bytes);
	return true;
}

static bool read_one(struct reader *reader)
{
	guint8 byte = reader->bytes[reader->at];
	if (byte == 0x1b) {
		reader->at++;
		reader->wrong = "unknown escape sequence";
		return read_escape(reader);
	}
	if (byte >= 0x20 && byte != 0x7f)
		return read_character(reader);
	reader->wrong = "raw control character";
	reader->at++;
	/* SI and SO switch to line drawing on terminals without UTF-8; NUL is padding of old ones. */
	return memchr("\a\b\t\n\r\x0e\x0f", byte, 7) || byte == 0;
}

char *bytes_check(const guint8 *bytes, gsize len)
{
	struct reader reader = {.bytes = bytes, .len = len};
	while (reader.at < len) {
		gsize start = reader.at;
		if (!read_one(&reader))
			return describe(&reader, start);
	}
	return NULL;
}
