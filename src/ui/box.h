/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dialogs share: a framed box in the middle of the screen, wrapped text, buttons. Main thread. */
#ifndef NVIRT_UI_BOX_H
#define NVIRT_UI_BOX_H

#include "canvas.h"

/* Clears and frames a box for `rows` x `cols` of content, as much as the screen has; returns its inside. */
struct area box_draw(struct area screen, int rows, int cols, bool danger, const char *title);
/* Lines (char *) of at most `cols` columns, broken at spaces where there are any. Owned. */
GPtrArray *box_wrap(const char *text, int cols);
/* "[ Label ]" at y, x; returns its columns. */
int box_button(struct area area, int y, int x, const char *label, bool focused, bool danger);

#endif
