/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the terminal's own graphics are used, which ones, and how much of them its line takes. Off unless the user
 * asks: by a key, an option or the configuration. Main thread.
 */
#ifndef NVIRT_UI_APP_GRAPHICS_H
#define NVIRT_UI_APP_GRAPHICS_H

#include "app.h"
#include "nvirt/graphic.h"

/* As options and configuration say. Nothing is asked of the terminal yet. */
void app_graphics_init(struct app *app);
void app_graphics_free(struct app *app);
/* On or off, for this run. Says what came of it, perhaps a moment later. */
void app_graphics_toggle(struct app *app);

/*
 * Which there are, and of a cell the pixels; for who is about to show a picture: where they are wanted and the
 * terminal was not asked yet, it is now, and everything is drawn again when it has answered.
 */
enum graphic_kind app_graphics_kind(struct app *app, int *ret_cell_w, int *ret_cell_h);
/* So much the line takes without keeping a key waiting. */
gsize app_graphics_band_bytes(struct app *app);
/* Has the terminal taken all that it was sent? Else `ready` is called once when it has; there is one who waits. */
bool app_graphics_ready(struct app *app, void (*ready)(void *data), void *data);
/* Who waits with that goes away. */
void app_graphics_forget(struct app *app, const void *data);

/* ---- for the loop ---- */
/* The terminal has said something of itself. */
void app_graphics_said(struct app *app);
/* Its cells may have another size. */
void app_graphics_resized(struct app *app);
/* It may have taken what it was sent. */
void app_graphics_taken(struct app *app);

#endif
