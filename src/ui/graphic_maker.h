/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Graphics made of frames, by a thread: one at a time. Main thread. */
#ifndef NVIRT_UI_GRAPHIC_MAKER_H
#define NVIRT_UI_GRAPHIC_MAKER_H

#include "app.h"
#include "nvirt/graphic.h"

struct graphic_maker;

/* `made` gets each, owned; NULL: it could not be. NULL where the system gives no descriptor, or there is no loop. */
struct graphic_maker *graphic_maker_new(struct app *app, void (*made)(struct graphic *graphic, void *data), void *data);
/* What is under way is not waited for. NULL is fine. */
void graphic_maker_free(struct graphic_maker *maker);
bool graphic_maker_busy(const struct graphic_maker *maker);
/* Only while it is not busy. Takes the frame; as graphic_new(). False: it was not begun. */
bool graphic_maker_start(struct graphic_maker *maker, const struct graphic_shape *shape, struct picture *frame, gsize band_bytes,
        struct graphic *before);

#endif
