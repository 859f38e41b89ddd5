/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The content panel, as the app sees it beyond view_ops: the panel has its own
 * commands (tabs), the tab shown in it has more. Main thread.
 */
#ifndef NVIRT_UI_CONTENT_H
#define NVIRT_UI_CONTENT_H

#include "view.h"

/* The tab's view now shown, borrowed until the object or tab changes; NULL while nothing is open. Its
 * commands come before the panel's. */
struct view *content_active(struct view *content);
/* A tab has something new to draw: it and the panel become dirty. */
void content_touch(struct view *tab);
/* Only its cursor has moved: view_ops.draw_moved() is enough. Also for the same view as a region of its own. */
void content_moved(struct view *tab);
/* Shows tab `index` (from 0) of the open object; false where there is none. */
bool content_show_tab(struct view *content, unsigned index);

#endif
