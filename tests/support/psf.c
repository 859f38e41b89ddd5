/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See psf.h. Versions 1 and 2, whole files only: these are Debian's own. */
#include <string.h>

#include "support/psf.h"

struct psf_pair {
	gunichar ch;
	unsigned glyph;
};

struct psf_file {
	const uint8_t *glyphs;
	unsigned count, width, glyph_bytes;
	GArray *pairs; /* struct psf_pair */
};

static void add(struct psf_file *psf, gunichar ch, unsigned glyph)
{
	struct psf_pair pair = {ch, glyph};

	g_array_append_val(psf->pairs, pair);
}

static void read_table1(struct psf_file *psf, const uint8_t *at, const uint8_t *end)
{
	bool single = true;

	for (unsigned glyph = 0; end - at >= 2 && glyph < psf->count; at += 2) {
		unsigned word = at[0] | (unsigned)at[1] << 8;

		if (word == 0xffff) {
			glyph++;
			single = true;
		} else if (word == 0xfffe)
			single = false;
		else if (single)
			add(psf, word, glyph);
	}
}

static void read_table2(struct psf_file *psf, const uint8_t *at, const uint8_t *end)
{
	bool single = true;

	for (unsigned glyph = 0; at < end && glyph < psf->count;) {
		if (*at == 0xff) {
			glyph++;
			single = true;
			at++;
		} else if (*at == 0xfe) {
			single = false;
			at++;
		} else {
			if (single)
				add(psf, g_utf8_get_char((const char *)at), glyph);
			at += g_utf8_skip[*at];
		}
	}
}

/* Without a table ASCII is where it belongs. */
static struct psf_file *with_table(struct psf_file *psf)
{
	bool none = psf->pairs->len == 0;

	for (unsigned ch = ' '; none && ch < 0x7f; ch++)
		add(psf, ch, ch);
	return psf;
}

struct psf_file *psf_new(const uint8_t *bytes, gsize length)
{
	struct psf_file *psf = g_new0(struct psf_file, 1);
	uint32_t head[8];

	psf->pairs = g_array_new(FALSE, FALSE, sizeof(struct psf_pair));
	if (length > 4 && bytes[0] == 0x36 && bytes[1] == 4) {
		psf->count = bytes[2] & 1 ? 512 : 256;
		psf->glyph_bytes = bytes[3];
		psf->width = 8;
		psf->glyphs = bytes + 4;
		read_table1(psf, psf->glyphs + psf->count * psf->glyph_bytes, bytes + length);
		return with_table(psf);
	}
	if (length > sizeof(head)) {
		memcpy(head, bytes, sizeof(head));
		if (GUINT32_FROM_LE(head[0]) == 0x864ab572) {
			psf->count = GUINT32_FROM_LE(head[4]);
			psf->glyph_bytes = GUINT32_FROM_LE(head[5]);
			psf->width = GUINT32_FROM_LE(head[7]);
			psf->glyphs = bytes + GUINT32_FROM_LE(head[2]);
			read_table2(psf, psf->glyphs + (gsize)psf->count * psf->glyph_bytes, bytes + length);
			return with_table(psf);
		}
	}
	psf_free(psf);
	return NULL;
}

void psf_free(struct psf_file *psf)
{
	if (!psf)
		return;
	g_array_unref(psf->pairs);
	g_free(psf);
}

unsigned psf_count(const struct psf_file *psf)
{
	return psf->count;
}

unsigned psf_width(const struct psf_file *psf)
{
	return psf->width;
}

bool psf_has(const struct psf_file *psf, unsigned glyph, gunichar ch)
{
	for (unsigned i = 0; i < psf->pairs->len; i++) {
		const struct psf_pair *pair = &g_array_index(psf->pairs, struct psf_pair, i);

		if (pair->ch == ch && pair->glyph == glyph)
			return true;
	}
	return false;
}

bool psf_same_glyph(const struct psf_file *psf, unsigned glyph, gunichar ch)
{
	for (unsigned i = 0; i < psf->pairs->len && glyph < psf->count; i++) {
		const struct psf_pair *pair = &g_array_index(psf->pairs, struct psf_pair, i);

		if (pair->ch == ch && memcmp(psf->glyphs + (gsize)pair->glyph * psf->glyph_bytes,
		                              psf->glyphs + (gsize)glyph * psf->glyph_bytes, psf->glyph_bytes) == 0)
			return true;
	}
	return false;
}

gunichar psf_cp437(unsigned code)
{
	static const gunichar low[32] = {0, 0x263a, 0x263b, 0x2665, 0x2666, 0x2663, 0x2660, 0x2022, 0x25d8, 0x25cb, 0x25d9,
	        0x2642, 0x2640, 0x266a, 0x266b, 0x263c, 0x25ba, 0x25c4, 0x2195, 0x203c, 0xb6, 0xa7, 0x25ac, 0x21a8,
	        0x2191, 0x2193, 0x2192, 0x2190, 0x221f, 0x2194, 0x25b2, 0x25bc};
	char byte = (char)code;
	g_autofree char *text = code >= 32 ? g_convert(&byte, 1, "UTF-8", "CP437", NULL, NULL, NULL) : NULL;

	if (code == 127)
		return 0x2302; /* iconv takes it for a control character */
	return text ? g_utf8_get_char(text) : low[code & 31];
}
