/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All glyphs of all fonts as one hash table: bitmap → what it stands for, in which family.
 *
 * A family is one design in one size ("Terminus16"); its files for several languages are one.
 * Read-only while recognisers work on it, so it needs no lock.
 */
#ifndef NVIRT_CONSOLE_FONTS_H
#define NVIRT_CONSOLE_FONTS_H

#include "glyph.h"
#include "nvirt/screen_text.h"

#define FONT_FAMILIES_MAX 256
#define FONT_SIZES_MAX 64

/* key << 25 | character << 9 | family << 1 | inverted; 0 = none. */
typedef uint64_t font_entry;

static inline gunichar font_entry_ch(font_entry entry)
{
	return entry >> 9 & 0xffff;
}

static inline unsigned font_entry_family(font_entry entry)
{
	return entry >> 1 & 0xff;
}

static inline bool font_entry_inverted(font_entry entry)
{
	return entry & 1;
}

struct font_size {
	uint8_t width, height;
	unsigned glyphs;
};

struct fonts {
	font_entry *slots;
	uint32_t mask, used;
	GPtrArray *families; /* char *; the index is the family */
	uint8_t mixed[FONT_FAMILIES_MAX];
	struct font_size sizes[FONT_SIZES_MAX]; /* those with most glyphs first, once asked for */
	unsigned size_count;
};

static inline uint32_t fonts_slot(const struct fonts *fonts, uint64_t key)
{
	return (uint32_t)(key ^ key >> 20) & fonts->mask;
}

/* The entries of a key: for (uint32_t at = fonts_slot(); (entry = fonts_next(fonts, key, &at));) */
static inline font_entry fonts_next(const struct fonts *fonts, uint64_t key, uint32_t *at)
{
	for (;;) {
		font_entry entry = fonts->slots[*at];

		*at = (*at + 1) & fonts->mask;
		if (!entry || entry >> 25 == key)
			return entry;
	}
}

static inline bool fonts_has(const struct fonts *fonts, uint64_t key)
{
	uint32_t at = fonts_slot(fonts, key);

	return fonts_next(fonts, key, &at) != 0;
}

/* The family of that name, made when new; one for all that are too many. */
unsigned fonts_family(struct fonts *fonts, const char *name);
const char *fonts_family_name(const struct fonts *fonts, unsigned family);
/* Not one design but many: kbd's, and what was too many. */
bool fonts_is_mixed(const struct fonts *fonts, unsigned family);
/* Blank glyphs and characters that are no text are passed over. */
void fonts_add(struct fonts *fonts, const uint32_t *rows, int width, int height, gunichar ch, unsigned family);
/* An entry made elsewhere, and the size of its glyph. */
void fonts_add_entry(struct fonts *fonts, font_entry entry);
void fonts_add_size(struct fonts *fonts, int width, int height, unsigned glyphs);
/* Lower is likelier: ASCII, Latin-1, line drawing, Latin, Greek, Cyrillic, the rest. */
unsigned font_rank(gunichar ch);
/* Of a screen in that code page of IBM's first PC; 0 = none. */
gunichar font_cp437(unsigned code);

/* ---- parsers: `name` is the family; false with `error` when it is none of theirs or damaged ---- */
bool font_psf_load(struct fonts *fonts, const char *name, const uint8_t *bytes, gsize length, GError **error);
bool font_pf2_load(struct fonts *fonts, const char *name, const uint8_t *bytes, gsize length, GError **error);
/* Fonts inside another program, found by what they look like: VGA BIOS, memtest86+, a kernel, UEFI. */
bool font_rom_load(struct fonts *fonts, const char *name, const uint8_t *bytes, gsize length, GError **error);

/* ---- the table made from the distribution's fonts: glyph_table.c ---- */
struct font_built_in_size {
	uint8_t width, height;
	uint16_t glyphs;
};
extern const char *const font_built_in_families[];
extern const struct font_built_in_size font_built_in_sizes[];
extern const font_entry font_built_in[];
extern const unsigned font_built_in_count;

#endif
