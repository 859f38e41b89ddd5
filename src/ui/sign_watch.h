/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen that is watched anyway, looked at for what it says about its guest: some time after it
 * changed, not with every frame. The store is told, and the views of what it makes of it. Main thread.
 */
#ifndef NVIRT_UI_SIGN_WATCH_H
#define NVIRT_UI_SIGN_WATCH_H

#include "app.h"

struct sign_watch;

/* `read` is asked what the screen says now, SIGN_N = it is not seen; `data` must live as long. Owned. */
struct sign_watch *sign_watch_new(
        struct app *app, const struct obj_ref *guest, enum sign_source source, enum screen_sign (*read)(void *data), void *data);
/* NULL is fine. The guest keeps what was seen last. */
void sign_watch_free(struct sign_watch *watch);
/* The screen changed. */
void sign_watch_touch(struct sign_watch *watch);

#endif
