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

/* ---- app_history.c ---- */
/* Asks for what is not there yet; what is new goes to be kept, when it is time or `all`. */
void app_history_step(struct app *app, bool all);

/* ---- app_marks.c ---- */
void app_mark(struct app *app, unsigned count);
void app_mark_invert(struct app *app, unsigned count);
/* Begins a range at the cursor, or ends it. */
void app_mark_range(struct app *app, unsigned count);
/* After every key: marks from its beginning to the cursor; ends where the list was left. */
void app_range_follow(struct app *app);
/* What it marked stays, or is as it was before. */
void app_range_end(struct app *app, bool keep);

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
/*
 * Gives the terminal to the user's editor; messages are taken meanwhile, and
 * nothing is drawn. `done` gets what waitpid() says of it, unless the loop ends
 * first. False: it could not be started.
 */
bool app_loop_edit(struct app *app, const char *path, void (*done)(struct app *app, int status, void *data),
        void *data, GError **error);

/* The terminal, for what is asked of it beside frames. */
struct term *app_loop_term(struct app *app);

/* ---- app_edit.c ---- */
/* An action with ACTION_EDITOR, on its way from reading to storing. */
void app_edit_start(struct app *app, const struct action *action, const struct obj_ref *ref);
/* The back end's answer; takes it. */
void app_edit_answer(struct app *app, struct edit_answer *answer);
/* Tasks have changed: one that ended without an answer is noticed. */
void app_edit_look(struct app *app);
/* The program ends: what was typed is kept in its file. */
void app_edit_drop(struct app *app);
void app_loop_new_theme(struct app *app);
/* NULL, or why not; owned. */
char *app_loop_copy(struct app *app, const char *text);

/* ---- taskview.c ---- */
struct view *taskview_new(struct app *app, const char *task_id);

/* ---- app_health.c ---- */
/* Asks for a round of checks of every host whose last one is too long ago. */
void app_health_look(struct app *app);
/* Of this one, now. */
void app_health_ask(struct app *app, struct host *host);

/* Says once that tasks have left something on their hosts, and how to remove it. */
void app_leftovers_look(struct app *app);

#endif
