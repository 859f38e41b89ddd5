/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shows a glyph that is in no font and asks which character it is. Main thread. */
#ifndef NVIRT_UI_GLYPH_DIALOG_H
#define NVIRT_UI_GLYPH_DIALOG_H

#include "app.h"
#include "nvirt/glyph_file.h"

/* `done` is called once, after the dialog was popped; `ch` 0: given up. It takes `data`. For app_push_modal(). */
struct view *glyph_dialog_new(struct app *app, const struct named_glyph *glyph,
        void (*done)(struct app *app, const struct named_glyph *glyph, gunichar ch, void *data), void *data);

#endif
