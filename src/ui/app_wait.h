/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a view waits for in the app's loop: a descriptor, a time. Main thread.
 *
 * A wait is its owner's: it ends by app_wait_stop(), also from within its own function. Where there
 * is no loop, as in drawing tests, there is none, and NULL is as good.
 */
#ifndef NVIRT_UI_APP_WAIT_H
#define NVIRT_UI_APP_WAIT_H

#include "app.h"

struct app_wait;

/* Whenever the descriptor is ready for one of poll()'s events. It must stay open as long. */
struct app_wait *app_wait_fd(struct app *app, int fd, short events, void (*ready)(void *data), void *data);
/* Once, after that time. */
struct app_wait *app_wait_ms(struct app *app, unsigned ms, void (*passed)(void *data), void *data);
/* Takes the wait and clears it. */
void app_wait_stop(struct app_wait **wait);

#endif
