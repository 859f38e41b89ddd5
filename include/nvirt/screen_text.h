/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen's pixels as text: exact look-up of each cell's bitmap in the fonts that
 * consoles use, never a guess of shapes passed off as a reading.
 *
 * Thread: a recogniser belongs to one thread; fonts are read-only once loaded and may be
 * shared. No I/O but in fonts_load_* (they block).
 */
#ifndef NVIRT_SCREEN_TEXT_H
#define NVIRT_SCREEN_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What is larger is refused. */
#define FRAME_SIDE_MAX 8192
#define FRAME_PIXELS_MAX (16 * 1024 * 1024)

/* Borrowed pixels, 0x??RRGGBB (the highest byte is not looked at), rows from the top. */
struct frame {
	int width, height;
	int stride; /* in pixels */
	const uint32_t *pixels;
};

struct frame_rect {
	int x, y, width, height; /* pixels; may lie outside, is clipped */
};

enum text_cell_flag {
	CELL_BOLD = 1 << 0,      /* the foreground is one of the eight bright colours */
	CELL_REVERSE = 1 << 1,   /* the screen's main colours, swapped */
	CELL_PICTURE = 1 << 2,   /* no text: `ch` is a quadrant block (U+2580…U+259F) in the two colours that fit best */
	CELL_UNKNOWN = 1 << 3,   /* two colours, a glyph in no font: drawn like a picture, see recogniser_glyph() */
	CELL_GUESSED = 1 << 4,   /* more than one character fits; the context decided */
	CELL_CURSOR = 1 << 5,    /* the guest's cursor stands here; `ch` is what stands below it */
	CELL_WIDE = 1 << 6,      /* left half of a wide character */
	CELL_WIDE_REST = 1 << 7, /* its right half: `ch` is 0 */
};

struct text_cell {
	gunichar ch;        /* a blank is U+0020; never a control character */
	uint32_t fg, bg;    /* 0x00RRGGBB; of a blank both are the background */
	uint8_t confidence; /* 0..100; 100 = this bitmap stands for nothing else in any font known */
	uint8_t flags;      /* enum text_cell_flag */
};

enum screen_kind {
	SCREEN_BLANK,   /* the whole frame is of one colour: the guest has blanked it, or shows nothing yet */
	SCREEN_TEXT,    /* a grid was found and letters in it; may still have picture cells */
	SCREEN_PICTURE, /* no text found: all cells are CELL_PICTURE, of the size cell_w × cell_h */
};

struct text_screen {
	enum screen_kind kind;
	int rows, cols;
	int cell_w, cell_h;         /* pixels */
	int x, y;                   /* of the first cell in the frame */
	int cursor_row, cursor_col; /* -1 = none seen */
	const char *font;           /* the family most cells are of; "" = none */
	unsigned known, unknown;    /* cells that are text and not blank; that are not to be read */
	unsigned serial;            /* grows with every update that changed something */
	int settle_ms; /* > 0: it may be a picture by now; call recogniser_update() again after so long, also with nothing dirty */
	/* Rows [first, last] hold all that the last update changed; first > last = nothing. */
	int changed_first, changed_last;
	const struct text_cell *cells; /* rows × cols, rows from the top */
};

/* ---- fonts ---- */

struct fonts;

/* With the built-in table only: the usual fonts of BIOS, UEFI, kernel, GRUB and Debian. Owned. */
struct fonts *fonts_new(void);
void fonts_free(struct fonts *fonts);
/* What this machine has: VGA BIOS, console fonts, GRUB's, firmware. Unreadable ones are passed over. */
void fonts_load_system(struct fonts *fonts);
/* $XDG_DATA_HOME/nvirt/fonts or another directory; the number of fonts taken. */
unsigned fonts_load_dir(struct fonts *fonts, const char *dir);
/* A PSF, PSF2 (also gzipped), pf2 or VGA BIOS. `name` is for people and may be a path. */
bool fonts_load_bytes(struct fonts *fonts, const char *name, const uint8_t *bytes, gsize length, GError **error);
/* One glyph, named by the user: `rows` has `height` rows, bit 0 the leftmost pixel. */
void fonts_learn(struct fonts *fonts, const uint32_t *rows, int width, int height, gunichar ch);
unsigned fonts_glyphs(const struct fonts *fonts);

/* ---- recogniser ---- */

struct recogniser;

/* Owned; `fonts` must live longer and gets no new glyphs while a recogniser works, but by fonts_learn(). */
struct recogniser *recogniser_new(const struct fonts *fonts);
void recogniser_free(struct recogniser *rec);

/* What the user forces: a grid is looked for all the same. */
enum recogniser_mode { RECOGNISE_AUTO, RECOGNISE_TEXT, RECOGNISE_PICTURE };
void recogniser_set_mode(struct recogniser *rec, enum recogniser_mode mode);

/*
 * The frame as text after its parts `dirty` changed; NULL = all of it. Owned by `rec`, valid until the
 * next call. A frame of another size starts anew. Allocates only when the size of frame or grid changes.
 * NULL: the frame is larger than FRAME_*_MAX or empty.
 */
const struct text_screen *recogniser_update(
        struct recogniser *rec, const struct frame *frame, const struct frame_rect *dirty, unsigned dirty_count);
/*
 * A slice of the search for a grid that was not found at once (panels at odd offsets); to be called while
 * it returns true and nothing else is to be done; each takes a few ms. After the last one that found a grid
 * recogniser_update() with dirty = NULL gives the text.
 */
bool recogniser_search(struct recogniser *rec, const struct frame *frame);
/* The bitmap of a cell, for fonts_learn(): its rows, height of them, bit 0 leftmost. False: no two-colour cell. */
bool recogniser_glyph(const struct recogniser *rec, const struct frame *frame, int row, int col, uint32_t rows[64]);

#endif
