/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text from outside made harmless, and its width on a terminal.
 *
 * Pure, any thread. The rule for what is shown as it is: it must be printable,
 * must have the same width for us, for the C library and for the terminal, and
 * must not change how its neighbours are drawn. Everything else is spelt out
 * in ASCII, so that two different names never look the same.
 */
#include "nvirt/text.h"

#include <string.h>

#define MARKS_A_BASE 2
#define TAB_COLUMNS 8

struct range {
	gunichar first, last;
};

/* Letters by their category, but invisible, or of a width that tables and terminals disagree on. */
static const struct range doubtful[] = {
        {0x034f, 0x034f},   /* combining grapheme joiner */
        {0x0cf3, 0x0cf3},   /* Unicode 15: not known to glibc 2.36 */
        {0x0ece, 0x0ece},   /* the same */
        {0x115f, 0x1160},   /* Hangul fillers */
        {0x17b4, 0x17b5},   /* Khmer inherent vowels, invisible */
        {0x180b, 0x180f},   /* Mongolian variation selectors */
        {0x3164, 0x3164},   /* Hangul filler */
        {0x3248, 0x324f},   /* circled numbers: one column or two */
        {0x4dc0, 0x4dff},   /* hexagrams: one column or two */
        {0xe000, 0xf8ff},   /* private use: glyph and width are the font's */
        {0xfe00, 0xfe0f},   /* variation selectors: change the width of what stands before */
        {0xffa0, 0xffa0},   /* halfwidth Hangul filler */
        {0x10efd, 0x10eff}, /* from here: Unicode 15 again */
        {0x1123f, 0x11241},
        {0x11b00, 0x11b5f},
        {0x11f00, 0x11f5f},
        {0x1342f, 0x1342f},
        {0x13440, 0x13455},
        {0x1b132, 0x1b132},
        {0x1b155, 0x1b155},
        {0x1d2c0, 0x1d2df},
        {0x1df25, 0x1df2a},
        {0x1e030, 0x1e08f},
        {0x1e4d0, 0x1e4ff},
        {0x1f3fb, 0x1f3ff}, /* skin tones: join with what stands before */
        {0x1f6dc, 0x1f6dc},
        {0x1f774, 0x1f77f},
        {0x1f7d9, 0x1f7d9},
        {0x1fa75, 0x1fa77},
        {0x1fa87, 0x1fa88},
        {0x1faad, 0x1faaf},
        {0x1fabb, 0x1fabf},
        {0x1face, 0x1facf},
        {0x1fada, 0x1fadb},
        {0x1fae8, 0x1fae8},
        {0x1faf7, 0x1faf8},
        {0x2b739, 0x2b739},
        {0x31350, 0x323af},
        {0xe0000, 0x10ffff}, /* tags, variation selectors, private use */
};

static bool in_ranges(gunichar ch, const struct range *ranges, size_t n)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (ch < ranges[middle].first)
			high = middle;
		else if (ch > ranges[middle].last)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

enum shape { SHAPE_PLAIN, SHAPE_MARK, SHAPE_ESCAPE, SHAPE_SPELL };

/* What is to be done with one valid character from outside. */
static enum shape char_shape(gunichar ch)
{
	GUnicodeType type;

	if (ch >= 0x20 && ch < 0x7f)
		return SHAPE_PLAIN;
	type = g_unichar_type(ch);
	if (type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR ||
	        type == G_UNICODE_PARAGRAPH_SEPARATOR)
		return SHAPE_ESCAPE;
	if (type == G_UNICODE_FORMAT || type == G_UNICODE_UNASSIGNED || type == G_UNICODE_SURROGATE ||
	        type == G_UNICODE_PRIVATE_USE || in_ranges(ch, doubtful, G_N_ELEMENTS(doubtful)))
		return SHAPE_SPELL;
	return g_unichar_iszerowidth(ch) ? SHAPE_MARK : SHAPE_PLAIN;
}

static void append_escape(GString *out, gunichar ch)
{
	if (ch == '\n')
		g_string_append(out, "\\n");
	else if (ch == '\r')
		g_string_append(out, "\\r");
	else if (ch == '\t')
		g_string_append(out, "\\t");
	else if (ch < 0x100)
		g_string_append_printf(out, "\\x%02x", ch);
	else
		g_string_append_printf(out, "\\u%04x", ch);
}

/* What cleaning remembers from one character to the next. */
struct cleaner {
	GString *out;
	bool lines;
	bool base; /* there is a character that marks may stand on */
	unsigned marks;
	size_t line_start; /* in out */
};

static void clean_tab(struct cleaner *cleaner)
{
	int column = text_columns(cleaner->out->str + cleaner->line_start);
	int spaces = TAB_COLUMNS - column % TAB_COLUMNS;

	for (int i = 0; i < spaces; i++)
		g_string_append_c(cleaner->out, ' ');
	cleaner->base = false;
}

static void clean_line_feed(struct cleaner *cleaner)
{
	g_string_append_c(cleaner->out, '\n');
	cleaner->line_start = cleaner->out->len;
	cleaner->base = false;
}

static void clean_char(struct cleaner *cleaner, gunichar ch)
{
	enum shape shape = char_shape(ch);

	if (shape == SHAPE_MARK && (!cleaner->base || cleaner->marks == MARKS_A_BASE))
		shape = SHAPE_SPELL;
	switch (shape) {
	case SHAPE_PLAIN:
		g_string_append_unichar(cleaner->out, ch);
		cleaner->base = true;
		cleaner->marks = 0;
		return;
	case SHAPE_MARK:
		g_string_append_unichar(cleaner->out, ch);
		cleaner->marks++;
		return;
	case SHAPE_ESCAPE:
		append_escape(cleaner->out, ch);
		break;
	case SHAPE_SPELL:
		g_string_append_printf(cleaner->out, "<U+%04X>", ch);
		break;
	}
	/* Marks after something spelt out are spelt out too: they did not belong to its last letter. */
	cleaner->base = false;
}

/* Takes one character (or one invalid byte) at `p`; returns how many bytes. */
static gsize clean_next(struct cleaner *cleaner, const char *p, gsize left)
{
	gunichar ch = (guchar)*p;

	if (cleaner->lines && ch == '\r' && left > 1 && p[1] == '\n')
		return 1;
	if (cleaner->lines && ch == '\n')
		return clean_line_feed(cleaner), 1;
	if (cleaner->lines && ch == '\t')
		return clean_tab(cleaner), 1;
	if (ch >= 0x80)
		ch = g_utf8_get_char_validated(p, (gssize)left);
	if (ch == (gunichar)-1 || ch == (gunichar)-2) {
		clean_char(cleaner, 0xfffd);
		return 1;
	}
	clean_char(cleaner, ch);
	return (guchar)*p < 0x80 ? 1 : (gsize)g_unichar_to_utf8(ch, NULL);
}

static bool is_plain_ascii(const char *bytes, gsize len)
{
	for (gsize i = 0; i < len; i++)
		if (bytes[i] < 0x20 || bytes[i] >= 0x7f)
			return false;
	return true;
}

static char *clean(const char *bytes, gssize len, bool lines)
{
	struct cleaner cleaner = {.lines = lines};
	gsize left;

	if (!bytes)
		return g_strdup("");
	left = len < 0 ? strlen(bytes) : (gsize)len;
	if (is_plain_ascii(bytes, left))
		return g_strndup(bytes, left);
	cleaner.out = g_string_sized_new(left + 16);
	while (left > 0) {
		gsize used = clean_next(&cleaner, bytes, left);

		bytes += used;
		left -= used;
	}
	return g_string_free(cleaner.out, FALSE);
}

char *text_clean(const char *bytes, gssize len)
{
	return clean(bytes, len, false);
}

char *text_clean_lines(const char *bytes, gssize len)
{
	return clean(bytes, len, true);
}

int text_char_columns(gunichar ch)
{
	if (ch >= 0x20 && ch < 0x7f)
		return 1;
	if (ch < 0xa0 || g_unichar_iszerowidth(ch))
		return 0;
	return g_unichar_iswide(ch) ? 2 : 1;
}

int text_columns(const char *utf8)
{
	int columns = 0;

	for (const char *p = utf8; *p; p = g_utf8_next_char(p))
		columns += text_char_columns(g_utf8_get_char(p));
	return columns;
}

/* The first byte that does not fit; marks without a column of their own stay with their base. */
static const char *fitting_end(const char *utf8, int columns)
{
	const char *p = utf8;

	while (*p) {
		columns -= text_char_columns(g_utf8_get_char(p));
		if (columns < 0)
			break;
		p = g_utf8_next_char(p);
	}
	return p;
}

char *text_cut(const char *utf8, int columns, const char *mark)
{
	const char *end = fitting_end(utf8, MAX(columns, 0));
	int room;

	if (!*end)
		return g_strdup(utf8);
	room = columns - text_columns(mark);
	if (room < 0)
		return g_strndup(utf8, (gsize)(end - utf8));
	end = fitting_end(utf8, room);
	return g_strdup_printf("%.*s%s", (int)(end - utf8), utf8, mark);
}

char *text_fold(const char *utf8)
{
	g_autofree char *folded = NULL;
	char *normal;

	if (is_plain_ascii(utf8, strlen(utf8)))
		return g_ascii_strdown(utf8, -1);
	folded = g_utf8_casefold(utf8, -1);
	normal = g_utf8_normalize(folded, -1, G_NORMALIZE_ALL);
	return normal ? normal : g_steal_pointer(&folded);
}

static size_t digits(const char *p)
{
	size_t n = 0;

	while (g_ascii_isdigit(p[n]))
		n++;
	return n;
}

/* Compares two runs of digits by value, and moves both behind their run. */
static int compare_numbers(const char **a, const char **b)
{
	size_t a_len, b_len;
	int order;

	while (**a == '0')
		++*a;
	while (**b == '0')
		++*b;
	a_len = digits(*a);
	b_len = digits(*b);
	order = a_len != b_len ? (a_len < b_len ? -1 : 1) : memcmp(*a, *b, a_len);
	*a += a_len;
	*b += b_len;
	return order;
}

int text_compare(const char *a, const char *b)
{
	const char *p = a, *q = b;

	while (*p && *q) {
		if (g_ascii_isdigit(*p) && g_ascii_isdigit(*q)) {
			int order = compare_numbers(&p, &q);

			if (order)
				return order;
		} else if (*p != *q) {
			break;
		} else {
			p++;
			q++;
		}
	}
	if (*p != *q)
		return (guchar)*p < (guchar)*q ? -1 : 1;
	return strcmp(a, b);
}
