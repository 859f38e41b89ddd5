/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Screens that were kept as pictures (snapshots have them), as text where they are text: a thread reads the
 * file's bytes, the screen reader decodes and recognises them, as it does with what lives. One at a time: the one
 * looked at last. Main thread; it asks, and draws what is there.
 */
#ifndef NVIRT_UI_KEPT_SCREENS_H
#define NVIRT_UI_KEPT_SCREENS_H

#include <stdbool.h>

#include "nvirt/msg.h"
#include "nvirt/vnc.h"

struct app;
struct kept_screens;

/* Bytes are posted to the app's inbox as MSG_PICTURE. */
struct kept_screens *kept_screens_new(struct app *app);
/* Does not wait: a thread that hangs posts to nobody. NULL is fine. */
void kept_screens_free(struct kept_screens *kept);
/*
 * The screen of that file, borrowed until another one is asked for, or NULL: it is being read (for the first time
 * if need be), or `ret_problem` (borrowed) says why there is none. `kept` NULL (drawing tests): nothing is read.
 */
const struct text_screen *kept_screens_get(struct kept_screens *kept, const char *path, const char **ret_problem);
/* What reads it, where it is that file; else NULL. Borrowed, as long as the screen. */
struct vnc_view *kept_screens_view(const struct kept_screens *kept, const char *path);
/* A MSG_PICTURE: takes what it brings. */
void kept_screens_came(struct kept_screens *kept, struct msg *msg);

#endif
