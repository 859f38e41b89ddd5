/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of glyphs: see fonts.h. Pure. */
#include <string.h>

#include "fonts.h"

#define SLOTS_FIRST (1u << 17)
/* A hostile font directory does not eat the memory: 32 MiB. */
#define SLOTS_MAX (1u << 22)

#define FAMILY_OTHERS (FONT_FAMILIES_MAX - 1)

struct fonts *fonts_new(void)
{
	struct fonts *fonts = g_new0(struct fonts, 1);

	fonts->mixed[FAMILY_OTHERS] = 1;
	fonts->mask = SLOTS_FIRST - 1;
	fonts->slots = g_new0(font_entry, SLOTS_FIRST);
	fonts->families = g_ptr_array_new_with_free_func(g_free);
	for (unsigned i = 0; font_built_in_families[i]; i++)
		fonts_family(fonts, font_built_in_families[i]);
	for (unsigned i = 0; i < font_built_in_count; i++)
		fonts_add_entry(fonts, font_built_in[i]);
	for (unsigned i = 0; font_built_in_sizes[i].width; i++)
		fonts_add_size(fonts, font_built_in_sizes[i].width, font_built_in_sizes[i].height,
		        font_built_in_sizes[i].glyphs);
	return fonts;
}

void fonts_free(struct fonts *fonts)
{
	if (!fonts)
		return;
	g_free(fonts->slots);
	g_ptr_array_unref(fonts->families);
	g_free(fonts);
}

unsigned fonts_glyphs(const struct fonts *fonts)
{
	return fonts->used;
}

unsigned fonts_family(struct fonts *fonts, const char *name)
{
	for (unsigned i = 0; i < fonts->families->len; i++)
		if (g_str_equal(fonts->families->pdata[i], name))
			return i;
	if (fonts->families->len >= FAMILY_OTHERS)
		return FAMILY_OTHERS;
	fonts->mixed[fonts->families->len] = g_str_has_prefix(name, "kbd");
	g_ptr_array_add(fonts->families, g_strdup(name));
	return fonts->families->len - 1;
}

bool fonts_is_mixed(const struct fonts *fonts, unsigned family)
{
	return fonts->mixed[family];
}

const char *fonts_family_name(const struct fonts *fonts, unsigned family)
{
	return family < fonts->families->len ? fonts->families->pdata[family] : "others";
}

static void insert(struct fonts *fonts, font_entry entry)
{
	uint32_t at = fonts_slot(fonts, entry >> 25);

	while (fonts->slots[at] && fonts->slots[at] != entry)
		at = (at + 1) & fonts->mask;
	if (!fonts->slots[at])
		fonts->used++;
	fonts->slots[at] = entry;
}

static void grow(struct fonts *fonts)
{
	g_autofree font_entry *old = fonts->slots;
	uint32_t count = fonts->mask + 1;

	fonts->slots = g_new0(font_entry, (gsize)count * 2);
	fonts->mask = count * 2 - 1;
	fonts->used = 0;
	for (uint32_t i = 0; i < count; i++)
		if (old[i])
			insert(fonts, old[i]);
}

void fonts_add_entry(struct fonts *fonts, font_entry entry)
{
	if (fonts->used > fonts->mask / 4 * 3) {
		if (fonts->mask + 1 >= SLOTS_MAX)
			return;
		grow(fonts);
	}
	insert(fonts, entry);
}

static void sort_in(struct fonts *fonts, unsigned at)
{
	struct font_size size = fonts->sizes[at];

	for (; at > 0 && fonts->sizes[at - 1].glyphs < size.glyphs; at--)
		fonts->sizes[at] = fonts->sizes[at - 1];
	fonts->sizes[at] = size;
}

void fonts_add_size(struct fonts *fonts, int width, int height, unsigned glyphs)
{
	for (unsigned i = 0; i < fonts->size_count; i++)
		if (fonts->sizes[i].width == width && fonts->sizes[i].height == height) {
			fonts->sizes[i].glyphs += glyphs;
			sort_in(fonts, i);
			return;
		}
	if (fonts->size_count == FONT_SIZES_MAX)
		return;
	fonts->sizes[fonts->size_count] = (struct font_size){(uint8_t)width, (uint8_t)height, glyphs};
	sort_in(fonts, fonts->size_count++);
}

static bool is_text(gunichar ch)
{
	if (ch < 0x21 || (ch >= 0x7f && ch <= 0xa0) || ch > 0xffff || ch == 0xad)
		return false;
	/* Surrogates, private use, and what is no character. */
	if ((ch >= 0xd800 && ch <= 0xf8ff) || ch >= 0xfff0)
		return ch == 0xfffd;
	return g_unichar_isgraph(ch) && !g_unichar_ismark(ch);
}

static bool is_blank(const uint32_t *rows, int width, int height)
{
	uint32_t mask = glyph_row_mask(width), first = rows[0] & 1 ? mask : 0;

	for (int y = 0; y < height; y++)
		if ((rows[y] & mask) != first)
			return false;
	return true;
}

void fonts_add(struct fonts *fonts, const uint32_t *rows, int width, int height, gunichar ch, unsigned family)
{
	uint32_t top[GLYPH_HEIGHT_MAX];
	bool inverted;
	uint64_t key;

	if (width < 4 || width > GLYPH_WIDTH_MAX || height < 6 || height > GLYPH_HEIGHT_MAX || !is_text(ch) ||
	        is_blank(rows, width, height))
		return;
	key = glyph_key(rows, width, height, &inverted);
	fonts_add_entry(fonts, key << 25 | (uint64_t)ch << 9 | family << 1 | inverted);
	if (ch > 0x7e)
		return;
	/* What stands above a cursor that hides the last rows. */
	memset(top, 0, sizeof(top));
	memcpy(top, rows, sizeof(*rows) * (gsize)(height - glyph_cursor_rows(height)));
	if (is_blank(top, width, height))
		return;
	key = glyph_key(top, width, height, &inverted) ^ GLYPH_TOPS;
	if (!inverted)
		fonts_add_entry(fonts, key << 25 | (uint64_t)ch << 9 | family << 1);
}

void fonts_learn(struct fonts *fonts, const uint32_t *rows, int width, int height, gunichar ch)
{
	fonts_add(fonts, rows, width, height, ch, fonts_family(fonts, "learned"));
	fonts_add_size(fonts, width, height, 1);
}

unsigned font_rank(gunichar ch)
{
	if (ch < 0x80)
		return 0;
	if (ch < 0x100)
		return 1;
	if (ch >= 0x2500 && ch < 0x25a0)
		return 2;
	if (ch < 0x180)
		return 3;
	if (ch >= 0x370 && ch < 0x400)
		return 4;
	if (ch >= 0x400 && ch < 0x500)
		return 5;
	if ((ch >= 0x2000 && ch < 0x2e80) || ch < 0x250)
		return 6;
	return ch == 0xfffd ? 8 : 7;
}

gunichar font_cp437(unsigned code)
{
	static const uint16_t low[32] = {0, 0x263a, 0x263b, 0x2665, 0x2666, 0x2663, 0x2660, 0x2022, 0x25d8, 0x25cb,
	        0x25d9, 0x2642, 0x2640, 0x266a, 0x266b, 0x263c, 0x25ba, 0x25c4, 0x2195, 0x203c, 0xb6, 0xa7, 0x25ac,
	        0x21a8, 0x2191, 0x2193, 0x2192, 0x2190, 0x221f, 0x2194, 0x25b2, 0x25bc};
	static const uint16_t high[129] = {0x2302, 0xc7, 0xfc, 0xe9, 0xe2, 0xe4, 0xe0, 0xe5, 0xe7, 0xea, 0xeb, 0xe8,
	        0xef, 0xee, 0xec, 0xc4, 0xc5, 0xc9, 0xe6, 0xc6, 0xf4, 0xf6, 0xf2, 0xfb, 0xf9, 0xff, 0xd6, 0xdc, 0xa2,
	        0xa3, 0xa5, 0x20a7, 0x192, 0xe1, 0xed, 0xf3, 0xfa, 0xf1, 0xd1, 0xaa, 0xba, 0xbf, 0x2310, 0xac, 0xbd,
	        0xbc, 0xa1, 0xab, 0xbb, 0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563,
	        0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e,
	        0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
	        0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x3b1,
	        0xdf, 0x393, 0x3c0, 0x3a3, 0x3c3, 0xb5, 0x3c4, 0x3a6, 0x398, 0x3a9, 0x3b4, 0x221e, 0x3c6, 0x3b5, 0x2229,
	        0x2261, 0xb1, 0x2265, 0x2264, 0x2320, 0x2321, 0xf7, 0x2248, 0xb0, 0x2219, 0xb7, 0x221a, 0x207f, 0xb2,
	        0x25a0, 0xa0};

	if (code > 255)
		return 0;
	return code < 32 ? low[code] : code < 127 ? code : high[code - 127];
}
