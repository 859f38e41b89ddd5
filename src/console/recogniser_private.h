/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the recogniser's files share: recogniser.c reads cells, choice.c says what they are, cursor.c finds the cursor. */
#ifndef NVIRT_CONSOLE_RECOGNISER_PRIVATE_H
#define NVIRT_CONSOLE_RECOGNISER_PRIVATE_H

#include "cell.h"
#include "doubled.h"
#include "fonts.h"
#include "grid.h"

#define LETTERS 62

struct choice {
	gunichar ch; /* 0 = in no font */
	bool inverted;
	uint8_t confidence;
	bool guessed;
};

/* Screens show the same hundred glyphs again and again: what was found for the last ones. */
#define CACHE_SIZE 512
struct cached_choice {
	uint64_t tag; /* 0 = empty */
	struct choice choice;
};
struct cached_votes {
	uint64_t key;
	int votes; /* not yet given to the key's families */
};

struct recogniser {
	const struct fonts *fonts;
	enum recogniser_mode mode;
	struct text_screen screen;
	struct grid grid, last_text;
	bool assumed; /* the grid is not proved by text */
	int width, height;
	struct doubled doubled;
	struct frame view; /* what is read: the frame, or half of it; in an update */
	struct grid_finder finder;
	struct inks inks; /* of text on a picture: its grid's; none = plain text */
	gint64 bad_since_us; /* monotonic; 0 = the verdict is as the screen's kind says */
	gint64 tried_us;

	gsize room; /* cells allocated */
	struct cell_bits *bits, *before; /* as they are, as they were before that */
	struct text_cell *cells;
	uint8_t *row_dirty; /* one a row */

	/* Of all cells. */
	struct cached_choice choices[CACHE_SIZE];
	struct cached_votes pending[CACHE_SIZE];
	uint32_t votes[FONT_FAMILIES_MAX];
	uint16_t scores[FONT_FAMILIES_MAX]; /* what the votes make of a family's readings; choices[] are right for these */
	uint32_t glyphs;                    /* of the fonts, then */
	unsigned dominant;
	unsigned letters[LETTERS]; /* cells that show it */
	unsigned letter_cells, known, unclear;
	uint32_t main_fg, main_bg;

	/* Cells whose bits changed in this update: few of them may be a cursor that blinks. */
	unsigned changed;
	unsigned untried; /* cells that changed since a grid was looked for */
	int changed_at[4];
	int blink; /* index of the cell that blinks, -1 = none */
	int toggled; /* the cell that is again what it was before, in this update; -1 = none */
	unsigned strangers; /* so often another cell toggled alone, since the one that blinks did */
	int next; /* where it is taken to be until it blinks there: behind what was typed at it; -1 = nowhere */
	bool left; /* in this update the cell that blinks became something else */
	bool cursor_known;
	struct cell_bits cursor_bits; /* what the cursor looks like on a blank */
};

static inline const uint32_t *recogniser_pixels(const struct recogniser *rec, const struct frame *frame, int row, int col)
{
	return frame->pixels + (gsize)(rec->grid.y + row * rec->grid.cell_h) * (gsize)frame->stride +
	       (gsize)(rec->grid.x + col * rec->grid.cell_w);
}

/* Text in the frame as it is; else, if all of it stands there twice, in half of it. rec->view is what it is in. */
bool view_find_text(struct recogniser *rec, const struct frame *frame, struct grid *ret_grid);
/* Makes the view of another frame. False: where all was seen twice it no longer is. */
bool view_is_as_it_was(struct recogniser *rec, const struct frame *frame);
/* 0..61 of a letter or digit of ASCII, else -1. */
int letter_index(gunichar ch);
/* A row's cells from its bits. */
void choice_row(struct recogniser *rec, const struct frame *frame, int row, struct text_cell *cells);
/* The best reading of a key of that cell. */
struct choice choice_of(const struct recogniser *rec, uint64_t key, const struct cell_bits *bits, const uint32_t *bg_hint);
/* A line low in its cell, as cursors are. */
bool may_be_cursor(gunichar ch);
/* Reads what stands below a cursor that was drawn into an unknown cell. */
bool cursor_read(struct recogniser *rec, const struct frame *frame, int row, int col, struct text_cell *cell);
/* After cells changed, before they are chosen: the cursor goes on before it has blinked at its new place. */
void cursor_follow(struct recogniser *rec);
/* After a row was chosen or cells blinked: where the cursor is. */
void cursor_place(struct recogniser *rec);
/* What a cell that blinks shows when the cursor is off, if `bits` is the one with the cursor on. */
bool cursor_is_on(const struct recogniser *rec, const struct cell_bits *bits, const struct cell_bits *other);

#endif
