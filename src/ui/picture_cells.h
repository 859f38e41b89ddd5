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

#endif
