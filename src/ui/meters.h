/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One small bar for each of many, numbered from 0: the CPUs of a host. They
 * stand in columns; where bars would take too many lines each is one sign, by
 * its height (in ASCII a digit). Main thread; pure.
 */
#ifndef NVIRT_UI_METERS_H
#define NVIRT_UI_METERS_H

#include "canvas.h"

/* Lines that `count` of them take in `cols` columns. */
unsigned meters_rows(unsigned count, int cols);
/* Line `row` of them, in the area's first row. Fractions 0..1, < 0 = not known; `stale`: without levels. */
void meters_draw(struct area area, unsigned row, const double *fractions, unsigned count, bool stale);

#endif
