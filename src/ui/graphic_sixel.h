/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pixels as sixels, by libchafa: the only file that includes it. Any thread but the main one: it takes a while. */
#ifndef NVIRT_UI_GRAPHIC_SIXEL_H
#define NVIRT_UI_GRAPHIC_SIXEL_H

#include <stdbool.h>

#include "nvirt/picture.h"

/*
 * A whole sequence, from its DCS to its ST; what it does not paint stays as it was. The width is a multiple of
 * `cell_w`, the height of six. `few`: sixteen colours that are always the same, else 256 of its own. Owned.
 */
GBytes *graphic_sixel(const struct picture *picture, int cell_w, bool few);

#endif
