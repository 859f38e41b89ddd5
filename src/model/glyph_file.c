/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A font of named glyphs: see glyph_file.h. The bytes may be anybody's. Pure. */
#include "nvirt/glyph_file.h"

#include <string.h>

#include "nvirt/text.h"

#define PSF2_MAGIC 0x864ab572u
#define HEAD_BYTES 32u
#define HAS_TABLE 1u

struct font {
	unsigned count, glyph_bytes;
	const uint8_t *glyphs, *table, *end;
};

static uint32_t get_u32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put_u32(GByteArray *out, uint32_t value)
{
	const uint8_t bytes[4] = {value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff, value >> 24};

	g_byte_array_append(out, bytes, sizeof(bytes));
}

bool named_glyph_may_be(gunichar ch)
{
	return ch > 0x20 && ch <= 0xffff && g_unichar_validate(ch) && g_unichar_isgraph(ch) && text_char_columns(ch) == 1;
}

char *glyph_file_name(const struct named_glyph *glyph)
{
	return g_strdup_printf("learned-%dx%d.psf", glyph->width, glyph->height);
}

static bool refuse(GError **error, const char *why)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s", why);
	return false;
}

/* Only what this file writes: another's font is left alone. */
static bool read_font(struct font *font, const uint8_t *bytes, gsize length, const struct named_glyph *glyph, GError **error)
{
	unsigned glyph_bytes = (unsigned)((glyph->width + 7) / 8 * glyph->height);

	*font = (struct font){.glyph_bytes = glyph_bytes};
	if (!length)
		return true;
	if (length < HEAD_BYTES || get_u32(bytes) != PSF2_MAGIC || get_u32(bytes + 8) != HEAD_BYTES ||
	        get_u32(bytes + 12) != HAS_TABLE || get_u32(bytes + 20) != glyph_bytes ||
	        get_u32(bytes + 24) != (uint32_t)glyph->height || get_u32(bytes + 28) != (uint32_t)glyph->width)
		return refuse(error, "it is no font of named glyphs of that size");
	font->count = get_u32(bytes + 16);
	if (font->count > NAMED_GLYPHS_MAX || (gsize)font->count * glyph_bytes > length - HEAD_BYTES)
		return refuse(error, "it is damaged");
	font->glyphs = bytes + HEAD_BYTES;
	font->table = font->glyphs + (gsize)font->count * glyph_bytes;
	font->end = bytes + length;
	return true;
}

/* `inverse`: the same picture with the colours swapped. */
static void pack(const struct named_glyph *glyph, bool inverse, uint8_t *ret_bytes)
{
	unsigned pitch = (unsigned)(glyph->width + 7) / 8;

	memset(ret_bytes, 0, (gsize)pitch * (gsize)glyph->height);
	for (int y = 0; y < glyph->height; y++)
		for (int x = 0; x < glyph->width; x++)
			if ((glyph->rows[y] >> x & 1) != inverse)
				ret_bytes[(unsigned)y * pitch + (unsigned)x / 8] |= (uint8_t)(0x80 >> x % 8);
}

/* Of glyph `index` what the table has, with its end mark. False: it ends before. */
static bool entry_of(const uint8_t **at, const uint8_t *end, GByteArray *out)
{
	const uint8_t *stop = *at < end ? memchr(*at, 0xff, (size_t)(end - *at)) : NULL;

	if (!stop)
		return false;
	g_byte_array_append(out, *at, (guint)(stop + 1 - *at));
	*at = stop + 1;
	return true;
}

static void put_entry(GByteArray *table, gunichar ch)
{
	char utf8[6];
	int length = g_unichar_to_utf8(ch, utf8);

	g_byte_array_append(table, (const uint8_t *)utf8, (guint)length);
	g_byte_array_append(table, (const uint8_t *)"\xff", 1);
}

/* The old glyphs but the one that is named anew; false = the table is damaged. */
static bool copy_others(const struct font *font, const struct named_glyph *glyph, GByteArray *glyphs, GByteArray *table)
{
	g_autofree uint8_t *same = g_malloc(font->glyph_bytes), *inverse = g_malloc(font->glyph_bytes);
	const uint8_t *at = font->table;

	pack(glyph, false, same);
	pack(glyph, true, inverse);
	for (unsigned i = 0; i < font->count; i++) {
		const uint8_t *bits = font->glyphs + (gsize)i * font->glyph_bytes;
		guint before = table->len;

		if (!entry_of(&at, font->end, table))
			return false;
		if (memcmp(bits, same, font->glyph_bytes) == 0 || memcmp(bits, inverse, font->glyph_bytes) == 0)
			g_byte_array_set_size(table, before);
		else
			g_byte_array_append(glyphs, bits, font->glyph_bytes);
	}
	return true;
}

static GByteArray *put_together(const struct font *font, const struct named_glyph *glyph, GByteArray *glyphs, GByteArray *table)
{
	GByteArray *out = g_byte_array_new();
	guint begin = glyphs->len;

	g_byte_array_set_size(glyphs, begin + font->glyph_bytes);
	pack(glyph, false, glyphs->data + begin);
	put_entry(table, glyph->ch);
	put_u32(out, PSF2_MAGIC);
	put_u32(out, 0);
	put_u32(out, HEAD_BYTES);
	put_u32(out, HAS_TABLE);
	put_u32(out, glyphs->len / font->glyph_bytes);
	put_u32(out, font->glyph_bytes);
	put_u32(out, (uint32_t)glyph->height);
	put_u32(out, (uint32_t)glyph->width);
	g_byte_array_append(out, glyphs->data, glyphs->len);
	g_byte_array_append(out, table->data, table->len);
	return out;
}

GByteArray *glyph_file_add(const uint8_t *bytes, gsize length, const struct named_glyph *glyph, GError **error)
{
	g_autoptr(GByteArray) glyphs = g_byte_array_new();
	g_autoptr(GByteArray) table = g_byte_array_new();
	struct font font;

	if (glyph->width < 4 || glyph->width > NAMED_GLYPH_WIDTH_MAX || glyph->height < 6 ||
	        glyph->height > NAMED_GLYPH_HEIGHT_MAX || !named_glyph_may_be(glyph->ch)) {
		refuse(error, "such a glyph can not be kept");
		return NULL;
	}
	if (!read_font(&font, bytes, length, glyph, error))
		return NULL;
	if (!copy_others(&font, glyph, glyphs, table)) {
		refuse(error, "it is damaged");
		return NULL;
	}
	if (glyphs->len / font.glyph_bytes >= NAMED_GLYPHS_MAX) {
		refuse(error, "it is full");
		return NULL;
	}
	return put_together(&font, glyph, glyphs, table);
}
