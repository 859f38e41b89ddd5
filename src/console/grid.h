/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the cells are: which size at which offset makes letters of what is drawn. Pure; reads the clock
 * only to end a slice.
 *
 * Some hundred places where something is drawn are sampled; a hypothesis is right when the cells there
 * are letters and digits. Only these count: lines and boxes of a picture look like line drawing.
 */
#ifndef NVIRT_CONSOLE_GRID_H
#define NVIRT_CONSOLE_GRID_H

#include "fonts.h"
#include "inks.h"

#define GRID_SAMPLES_MAX 192

struct grid {
	int cell_w, cell_h; /* 0 = none */
	int x, y;
	int rows, cols;
};

struct grid_sample {
	int16_t x, y;
};

/* What is tried, one after the other, when no usual place makes text. */
enum search_stage { SEARCH_INKS_LIKELY, SEARCH_ALL, SEARCH_INKS };

struct grid_finder {
	struct grid_sample samples[GRID_SAMPLES_MAX];
	unsigned count;
	bool few; /* all that is drawn is in the samples, and it is little */
	/* The full search: where it is. */
	enum search_stage stage;
	unsigned size, offset;
	bool searching;
	struct inks inks; /* of the grid that was found, and of what is tried now */
};

/* Looks where something is drawn, in `finder->inks` if there are some. */
void grid_sample(struct grid_finder *finder, const struct frame *frame);
/* The likely ones, `last` first (cell_w 0 = none). False: none makes text. */
bool grid_find(struct grid_finder *finder, const struct fonts *fonts, const struct frame *frame,
        const struct grid *last, struct grid *ret_grid);
/* Another slice: the likely ones on a picture; all sizes at all offsets; the same on a picture. True: found. `finder->searching` says whether to go on. */
bool grid_search(struct grid_finder *finder, const struct fonts *fonts, const struct frame *frame, struct grid *ret_grid);
/* A screen with too little on it to tell: what the frame's size says, or a usual size. */
struct grid grid_assumed(const struct frame *frame);

#endif
