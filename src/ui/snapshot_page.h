/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is known of one snapshot, with the guest's screen of then. Main thread. */
#ifndef NVIRT_UI_SNAPSHOT_PAGE_H
#define NVIRT_UI_SNAPSHOT_PAGE_H

#include "pane.h"

/* Facts, and the picture where there is room beside or below them. */
void snapshot_page_draw(struct pane *pane, struct app *app, const struct snapshot *snapshot, struct area area);
/* A dialog of the whole screen; the snapshot is looked up by `ref` for each frame. */
struct view *snapshot_page_new(struct app *app, const struct obj_ref *ref);

#endif
