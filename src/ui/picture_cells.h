/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A picture's cell drawn with a character: a quarter block in two colours of xterm's
 * palette, or on terminals without colours or UTF-8 one as dense
 * as the part of the picture is bright. Main thread.
 */
#ifndef NVIRT_UI_PICTURE_CELLS_H
#define NVIRT_UI_PICTURE_CELLS_H

#include "canvas.h"

/* One cell of the colours (0xrrggbb) of its quarters: top left, top right, bottom left, bottom right. */
void picture_cells_quarters(struct area area, int y, int x, const int quarters[4], bool coloured);
/* The nearest of xterm's colours 16..255: the cube's, or a grey. */
uint8_t picture_cells_colour(int rgb);

#endif
