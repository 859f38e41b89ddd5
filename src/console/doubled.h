/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Screens that show each of their pixels twice: forty columns of VGA text, modes of 320 pixels a line, of 200
 * lines. They are read from a frame of half the size. Pure.
 */
#ifndef NVIRT_CONSOLE_DOUBLED_H
#define NVIRT_CONSOLE_DOUBLED_H

#include "nvirt/screen_text.h"

struct doubled {
	bool wide, high;  /* two pixels beside each other are one; two lines are one */
	uint32_t *pixels; /* owned: of the last doubled_shrink() */
	gsize room;
};

/* Says whether all pixels, or all lines, stand there twice. */
void doubled_find(struct doubled *doubled, const struct frame *frame);
/* The frame with one of each; itself when neither is doubled. Valid until the next call and doubled_clear(). */
struct frame doubled_shrink(struct doubled *doubled, const struct frame *frame);
/* That rectangle in it, its edges included. */
struct frame_rect doubled_rect(const struct doubled *doubled, struct frame_rect rect);
void doubled_clear(struct doubled *doubled);

#endif
