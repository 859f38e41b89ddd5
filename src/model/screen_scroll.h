/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a screen's rows moved from one frame to the next, told from what they say. Pure. */
#ifndef NVIRT_MODEL_SCREEN_SCROLL_H
#define NVIRT_MODEL_SCREEN_SCROLL_H

#include <stdbool.h>
#include <stdint.h>

struct scroll_row {
	uint64_t text;   /* equal text has equal numbers; 0 = blank */
	uint8_t weight;  /* 0 = blank; more for a longer one: it is less likely to be there twice */
	uint8_t kept;    /* percent of what stood in it before is still in its place, for the row before only */
};

struct screen_scroll {
	enum {
		SCROLL_NOT,      /* rows stay; what changed was changed in its place */
		SCROLL_BY,       /* `count` rows from `first` left upward */
		SCROLL_REPLACED, /* another screen: all rows before are gone */
	} what;
	int first, count;
	int shift;       /* SCROLL_BY, and where rows moved down (< 0): row i was row i + shift before … */
	int from, to;    /* … in these rows of now */
	bool may_gap;    /* more may have gone by than was seen */
};

/* What both frames are known to have as their cursor's row; -1 = not known. */
struct scroll_cursors {
	int before, now;
};

struct screen_scroll screen_scroll_find(const struct scroll_row *rows_before, int before_rows, const struct scroll_row *rows_now,
        int now_rows, struct scroll_cursors cursors);

#endif
