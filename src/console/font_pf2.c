/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's fonts (pf2): sections of a four-letter name, a length (big endian) and data. A glyph is a box of
 * pixels that stands on a line ASCE below the cell's top; cells are as high as MAXH says, or ASCE + DESC, and what
 * reaches below is not seen. The bytes may be hostile.
 */
#include <string.h>

#include "fonts.h"

struct pf2 {
	const uint8_t *bytes;
	gsize length;
	const uint8_t *index;
	unsigned count, ascent, descent, height;
};

static uint32_t be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int be16(const uint8_t *at)
{
	return (int16_t)(at[0] << 8 | at[1]);
}

static bool read_sections(struct pf2 *pf2)
{
	gsize at = 0;

	while (pf2->length - at >= 8) {
		const uint8_t *name = pf2->bytes + at, *data = name + 8;
		gsize size = be32(name + 4);

		if (memcmp(name, "DATA", 4) == 0)
			break;
		if (size > pf2->length - at - 8)
			return false;
		if (memcmp(name, "FILE", 4) == 0 && (size != 4 || memcmp(data, "PFF2", 4) != 0))
			return false;
		if (memcmp(name, "ASCE", 4) == 0 && size == 2)
			pf2->ascent = data[0] << 8 | data[1];
		if (memcmp(name, "DESC", 4) == 0 && size == 2)
			pf2->descent = data[0] << 8 | data[1];
		if (memcmp(name, "MAXH", 4) == 0 && size == 2)
			pf2->height = data[0] << 8 | data[1];
		if (memcmp(name, "CHIX", 4) == 0) {
			pf2->index = data;
			pf2->count = (unsigned)(size / 9);
		}
		at += 8 + size;
	}
	if (!pf2->height)
		pf2->height = pf2->ascent + pf2->descent;
	return pf2->index && pf2->ascent && pf2->height <= GLYPH_HEIGHT_MAX && pf2->height >= pf2->ascent;
}

/* False: it does not fit the cell, as a line's mark that reaches into the next one. */
static bool read_glyph(const struct pf2 *pf2, gsize at, uint32_t rows[GLYPH_HEIGHT_MAX], int *ret_width)
{
	const uint8_t *head = pf2->bytes + at, *bits = head + 10;
	int width, height, left, bottom, cell, top, bit = 0;

	if (at > pf2->length || pf2->length - at < 10)
		return false;
	width = be16(head), height = be16(head + 2), left = be16(head + 4), bottom = be16(head + 6), cell = be16(head + 8);
	top = (int)pf2->ascent - bottom - height;
	if (width < 0 || height < 0 || cell < 4 || cell > GLYPH_WIDTH_MAX || left < 0 || left + width > cell ||
	        top < 0 || height > GLYPH_HEIGHT_MAX || pf2->length - at - 10 < ((gsize)width * (gsize)height + 7) / 8)
		return false;
	memset(rows, 0, sizeof(*rows) * GLYPH_HEIGHT_MAX);
	for (int y = 0; y < height && top + y < (int)pf2->height; y++)
		for (int x = 0; x < width; x++, bit++)
			rows[top + y] |= (uint32_t)(bits[bit / 8] >> (7 - bit % 8) & 1) << (left + x);
	*ret_width = cell;
	return true;
}

bool font_pf2_load(struct fonts *fonts, const char *name, const uint8_t *bytes, gsize length, GError **error)
{
	struct pf2 pf2 = {.bytes = bytes, .length = length};
	unsigned widths[GLYPH_WIDTH_MAX + 1] = {0};
	uint32_t rows[GLYPH_HEIGHT_MAX];
	unsigned family;

	if (length < 12 || memcmp(bytes, "FILE", 4) != 0 || !read_sections(&pf2)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "no font of GRUB's, or a damaged one");
		return false;
	}
	family = fonts_family(fonts, name);
	for (unsigned i = 0; i < pf2.count; i++) {
		const uint8_t *entry = pf2.index + (gsize)i * 9;
		int width;

		/* Not compressed is all there is. */
		if (entry[4] || !read_glyph(&pf2, be32(entry + 5), rows, &width))
			continue;
		fonts_add(fonts, rows, width, (int)pf2.height, be32(entry), family);
		widths[width]++;
	}
	/* The narrow ones make the grid; the wide ones stand on two of its cells. */
	for (int width = 4; width <= GLYPH_WIDTH_MAX; width++)
		if ((width < 12 || !widths[width / 2]) && widths[width])
			fonts_add_size(fonts, width, (int)pf2.height, widths[width]);
	return true;
}
