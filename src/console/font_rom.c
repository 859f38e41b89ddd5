/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fonts inside something else. The PC's fonts begin with a blank and a smiley: where those bits are,
 * 256 glyphs of code page 437 follow. UEFI's are records of a character, attributes and 19 rows. Pure.
 */
#define _GNU_SOURCE /* memmem() */
#include <string.h>

#include "fonts.h"

#define EDK2_RECORD 22
#define EDK2_HEIGHT 19
#define EDK2_GLYPHS_MAX 4096

static const struct {
	const char *bits; /* of glyph 1 */
	int height;
} smileys[] = {
        {"\0\0\x7e\x81\xa5\x81\x81\xbd\x99\x81\x81\x7e\0\0\0\0", 16},
        {"\0\0\x7e\x81\xa5\x81\x81\xbd\x99\x81\x7e\0\0\0", 14},
        {"\x7e\x81\xa5\x81\xbd\x99\x81\x7e", 8},
};

static void bytes_to_rows(const uint8_t *bytes, int height, uint32_t rows[GLYPH_HEIGHT_MAX])
{
	for (int y = 0; y < height; y++) {
		rows[y] = 0;
		for (int x = 0; x < 8; x++)
			rows[y] |= (uint32_t)(bytes[y] >> (7 - x) & 1) << x;
	}
}

static void take_pc_font(struct fonts *fonts, const char *name, const uint8_t *bytes, int height)
{
	g_autofree char *family_name = g_strdup_printf("%s 8x%d", name, height);
	unsigned family = fonts_family(fonts, family_name);
	uint32_t rows[GLYPH_HEIGHT_MAX];

	for (unsigned code = 1; code < 256; code++) {
		bytes_to_rows(bytes + code * (unsigned)height, height, rows);
		fonts_add(fonts, rows, 8, height, font_cp437(code), family);
	}
	fonts_add_size(fonts, 8, height, 256);
}

static unsigned find_pc_fonts(struct fonts *fonts, const char *name, const uint8_t *bytes, gsize length)
{
	unsigned found = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(smileys); i++) {
		gsize height = (gsize)smileys[i].height;
		const uint8_t *at = length > 256 * height ? bytes + height : NULL, *end = bytes + length - 255 * height;

		while (at && at < end && (at = memmem(at, (gsize)(end - at) + height, smileys[i].bits, height))) {
			static const uint8_t blank[16] = {0};

			/* 8x16 is not to be taken for the 8x14 it begins like: glyph 0 must be blank. */
			if (at < end && memcmp(at - height, blank, height) == 0 &&
			        memcmp(at + 31 * height, blank, height) == 0) {
				take_pc_font(fonts, name, at - height, (int)height);
				found++;
				break;
			}
			at++;
		}
	}
	return found;
}

/* "A", no attributes, an empty row; then "B". */
static bool is_edk2(const uint8_t *at)
{
	static const uint8_t blank[3] = {0};

	return at[0] == 'A' && !at[1] && !at[2] && memcmp(at + 19, blank, 3) == 0 && at[EDK2_RECORD] == 'B' &&
	       !at[EDK2_RECORD + 1] && !at[EDK2_RECORD + 2] && at[2 * EDK2_RECORD] == 'C' && !at[2 * EDK2_RECORD + 1];
}

static unsigned take_edk2(struct fonts *fonts, const uint8_t *bytes, const uint8_t *at, const uint8_t *end)
{
	unsigned family = fonts_family(fonts, "EDK2 8x19"), count = 0, before;
	uint32_t rows[GLYPH_HEIGHT_MAX];

	/* The records are in order: go back to the first one. */
	for (before = 'A'; at - bytes >= EDK2_RECORD; at -= EDK2_RECORD) {
		unsigned ch = at[-EDK2_RECORD] | (unsigned)at[1 - EDK2_RECORD] << 8;

		if (ch >= before || ch < 0x20)
			break;
		before = ch;
	}
	/* At the end some stand out of order; a record of zeros is the last one. */
	for (; end - at >= EDK2_RECORD && count < EDK2_GLYPHS_MAX; at += EDK2_RECORD) {
		unsigned ch = at[0] | (unsigned)at[1] << 8;

		if (ch < 0x20 || at[2] > 1)
			break;
		bytes_to_rows(at + 3, EDK2_HEIGHT, rows);
		fonts_add(fonts, rows, 8, EDK2_HEIGHT, ch, family);
		count++;
	}
	fonts_add_size(fonts, 8, EDK2_HEIGHT, count);
	return count;
}

static unsigned find_edk2(struct fonts *fonts, const uint8_t *bytes, gsize length)
{
	const uint8_t *at = bytes, *end = bytes + length;

	while (end - at > 3 * EDK2_RECORD && (at = memchr(at, 'A', (gsize)(end - at) - 3 * EDK2_RECORD))) {
		if (is_edk2(at))
			return take_edk2(fonts, bytes, at, end);
		at++;
	}
	return 0;
}

bool font_rom_load(struct fonts *fonts, const char *name, const uint8_t *bytes, gsize length, GError **error)
{
	if (find_pc_fonts(fonts, name, bytes, length) + find_edk2(fonts, bytes, length) > 0)
		return true;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "there is no font in it");
	return false;
}
