/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console fonts of Linux: PSF 1 and 2 with their Unicode tables, and bare bitmaps (256 glyphs of
 * 8 pixels, of which only ASCII is taken: what the others stand for is not said). The bytes may be hostile.
 */
#include <string.h>

#include "fonts.h"

#define PSF1_MODE_512 1
#define PSF1_MODE_HASTAB 6
#define PSF2_HAS_TABLE 1

struct psf {
	const uint8_t *glyphs, *table, *end; /* table == end: none */
	unsigned count, width, height, glyph_bytes;
	bool two;
};

static uint32_t le32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static bool fits(struct psf *psf, const uint8_t *bytes, gsize length, gsize start)
{
	gsize size = (gsize)psf->count * psf->glyph_bytes;

	if (start > length || psf->count > 65536 || psf->glyph_bytes > 256 || size > length - start)
		return false;
	if (psf->width < 4 || psf->width > GLYPH_WIDTH_MAX || psf->height < 6 || psf->height > GLYPH_HEIGHT_MAX ||
	        psf->glyph_bytes < (psf->width + 7) / 8 * psf->height)
		return false;
	psf->glyphs = bytes + start;
	psf->table = psf->glyphs + size;
	psf->end = bytes + length;
	return true;
}

static bool read_header(struct psf *psf, const uint8_t *bytes, gsize length)
{
	bool table = false;

	if (length > 32 && le32(bytes) == 0x864ab572) {
		*psf = (struct psf){.count = le32(bytes + 16), .glyph_bytes = le32(bytes + 20), .two = true,
		        .height = le32(bytes + 24), .width = le32(bytes + 28)};
		table = le32(bytes + 12) & PSF2_HAS_TABLE;
		if (!fits(psf, bytes, length, le32(bytes + 8)))
			return false;
	} else if (length > 4 && bytes[0] == 0x36 && bytes[1] == 0x04) {
		*psf = (struct psf){.count = bytes[2] & PSF1_MODE_512 ? 512 : 256, .glyph_bytes = bytes[3],
		        .width = 8, .height = bytes[3]};
		table = bytes[2] & PSF1_MODE_HASTAB;
		if (!fits(psf, bytes, length, 4))
			return false;
	} else {
		*psf = (struct psf){.count = 256, .glyph_bytes = (unsigned)(length / 256), .width = 8,
		        .height = (unsigned)(length / 256)};
		if (length % 256 || length > 256 * 32 || !fits(psf, bytes, length, 0))
			return false;
	}
	if (!table)
		psf->table = psf->end;
	return true;
}

static void read_rows(const struct psf *psf, unsigned glyph, uint32_t rows[GLYPH_HEIGHT_MAX])
{
	const uint8_t *at = psf->glyphs + (gsize)glyph * psf->glyph_bytes;
	unsigned pitch = (psf->width + 7) / 8;

	for (unsigned y = 0; y < psf->height; y++) {
		rows[y] = 0;
		for (unsigned x = 0; x < psf->width; x++)
			rows[y] |= (uint32_t)(at[y * pitch + x / 8] >> (7 - x % 8) & 1) << x;
	}
}

/* The next character of this glyph; 0 = no more. Sequences (several characters, one glyph) are passed over. */
static gunichar next_char(struct psf *psf, bool *in_sequence)
{
	while (psf->table < psf->end) {
		gunichar ch;

		if (psf->two) {
			if (*psf->table == 0xff || *psf->table == 0xfe) {
				*in_sequence = *psf->table == 0xfe;
				if (*psf->table++ == 0xff)
					return 0;
				continue;
			}
			ch = g_utf8_get_char_validated((const char *)psf->table, psf->end - psf->table);
			psf->table += ch == (gunichar)-1 || ch == (gunichar)-2 || !ch
			                      ? 1
			                      : (gunichar)g_unichar_to_utf8(ch, NULL);
		} else {
			if (psf->end - psf->table < 2)
				return 0;
			ch = psf->table[0] | (gunichar)psf->table[1] << 8;
			psf->table += 2;
			if (ch == 0xffff)
				return 0;
			*in_sequence |= ch == 0xfffe;
		}
		if (!*in_sequence && ch && ch != (gunichar)-1 && ch != (gunichar)-2)
			return ch;
	}
	return 0;
}

bool font_psf_load(struct fonts *fonts, const char *name, const uint8_t *bytes, gsize length, GError **error)
{
	uint32_t rows[GLYPH_HEIGHT_MAX];
	unsigned family;
	struct psf psf;
	bool has_table;

	if (!read_header(&psf, bytes, length)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "no console font, or a damaged one");
		return false;
	}
	family = fonts_family(fonts, name);
	has_table = psf.table < psf.end;
	for (unsigned i = 0; i < psf.count; i++) {
		bool in_sequence = false;
		gunichar ch;

		read_rows(&psf, i, rows);
		if (!has_table && i >= 0x21 && i < 0x7f)
			fonts_add(fonts, rows, (int)psf.width, (int)psf.height, i, family);
		while (has_table && (ch = next_char(&psf, &in_sequence)))
			fonts_add(fonts, rows, (int)psf.width, (int)psf.height, ch, family);
	}
	fonts_add_size(fonts, (int)psf.width, (int)psf.height, psf.count);
	return true;
}
