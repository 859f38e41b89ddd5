/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop of the dashboard; only ui_main.c makes one. Main thread. */
#ifndef NVIRT_UI_APP_LOOP_H
#define NVIRT_UI_APP_LOOP_H

#include "app.h"
#include "term.h"

/* Sets app->loop and takes the signals; neither app nor term is owned. */
struct app_loop *app_loop_new(struct app *app, struct term *term);
void app_loop_free(struct app_loop *loop);
/* Before anything is connected: what there is, on screen. */
void app_loop_first_frame(struct app_loop *loop);
/* Until the user quits (0), a signal (128 + its number) or the terminal goes (129). */
int app_loop_run(struct app_loop *loop);

/* Where views' waits live: app_wait.c. */
GMainContext *app_loop_context(struct app *app);
/* Something was done that may have changed the screen: for the tests' hook. */
void app_loop_handled(struct app *app);

#endif
