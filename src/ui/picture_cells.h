/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A picture drawn with characters: quarter blocks in two colours of xterm's
 * palette a cell, or on terminals without colours or UTF-8 characters as dense
 * as the part of the picture is bright. Main thread.
 */
#ifndef NVIRT_UI_PICTURE_CELLS_H
#define NVIRT_UI_PICTURE_CELLS_H

#include "canvas.h"
#include "nvirt/picture.h"

/* As large as its proportions allow in `area`, at its top left; returns the rows used. A cell is twice as high as wide. */
int picture_cells_draw(struct area area, const struct picture *picture, bool coloured);
/* One cell of the colours (0xrrggbb) of its quarters: top left, top right, bottom left, bottom right. */
void picture_cells_quarters(struct area area, int y, int x, const int quarters[4], bool coloured);
/* The nearest of xterm's colours 16..255: the cube's, or a grey. */
uint8_t picture_cells_colour(int rgb);

#endif
