/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the app know of each other, and views do not. Main thread. */
#ifndef NVIRT_UI_APP_PRIVATE_H
#define NVIRT_UI_APP_PRIVATE_H

#include "app.h"
#include "layout.h"
#include "lineedit.h"

/* ---- app.c ---- */
void app_compute_layout(const struct app *app, struct layout *layout);
/* Takes the topmost layer away: filter, marks, zoom. */
void app_peel(struct app *app);

/* ---- app_filter.c: the prompt at the bottom ---- */
void app_start_filter(struct app *app);
void app_filter_key(struct app *app, keycode key);
void app_filter_stop(struct app *app);
/* The focused view's filter, "" = none. */
const char *app_filter(const struct app *app);
/* The view that filters: the inner one where it can, else the region's; NULL = none can. */
struct view *app_filter_view(const struct app *app);

/* ---- app_draw.c ---- */
/* Is a notice young enough to be shown? */
bool app_notice_shown(const struct app *app);

/* ---- app_theme.c ---- */
/* What the options, the configuration or the last run say; else the default. */
void app_first_theme(struct app *app);
/* Appends a choice for each theme there is. */
void app_theme_choices(GPtrArray *list);
struct view *app_theme_chooser(struct app *app);

/* ---- app_copy.c ---- */
struct view *app_copy_menu(struct app *app);
/* Remembers what was just done in virsh's words, where it has any. */
void app_note_virsh(struct app *app, const struct action *action, const struct obj_ref *ref);

/* ---- app_mouse.c ---- */
void app_cool(struct app *app); /* forgets the hot places */
/* Borders where they were drawn to in an earlier run. */
void app_restore_layout(struct app *app);

/* ---- app_actions.c ---- */
/* A plan was put into the store. */
void app_plan_came(struct app *app);
/* Nobody waits for a plan any more. */
void app_plan_drop(struct app *app);

/* ---- app_loop.c; only where app->loop is set ---- */
void app_loop_repaint(struct app *app);
void app_loop_suspend(struct app *app);
void app_loop_new_theme(struct app *app);
/* NULL, or why not; owned. */
char *app_loop_copy(struct app *app, const char *text);

/* ---- taskview.c ---- */
struct view *taskview_new(struct app *app, const char *task_id);

#endif
