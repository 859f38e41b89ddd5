/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The app: owns store, back end, canvas, regions and the stack of dialogs, and
 * runs the loop. What a view may ask of it is here. Main thread.
 */
#ifndef NVIRT_UI_APP_H
#define NVIRT_UI_APP_H

#include "nvirt/action.h"
#include "nvirt/backend.h"
#include "nvirt/options.h"
#include "nvirt/store.h"
#include "view.h"

enum region { REGION_HEADER, REGION_TREE, REGION_CONTENT, REGION_TASKS, REGION_N };

struct app {
	const struct options *options;
	struct store *store;
	struct backend *backend; /* NULL in drawing tests */
	struct journal *journal; /* may be NULL */
	struct inbox *inbox;
	struct theme theme;
	struct canvas canvas;
	unsigned refresh_ms;
	struct view *regions[REGION_N];
	enum region focus;
	bool zoomed;           /* the focused region has the whole screen */
	GPtrArray *modals;     /* struct view *, top last */
	struct obj_ref open;   /* what the content panel shows */
	struct app_loop *loop; /* private to app.c; NULL in drawing tests */
};

/* A store, regions and canvas without terminal, back end or loop: for drawing tests too. */
void app_init(struct app *app, const struct options *options, int rows, int cols);
void app_fini(struct app *app);
/* Lays out and draws what is dirty on the canvas. */
void app_draw(struct app *app);
void app_resize(struct app *app, int rows, int cols);
/* One key as if typed (the loop and drawing tests). */
void app_key(struct app *app, keycode key);
void app_mouse(struct app *app, const struct mouse *mouse);
void app_paste(struct app *app, const char *text);
/* Applies one message to the store and tells the views; takes it. */
void app_message(struct app *app, struct msg *msg);

gint64 app_now_us(const struct app *app); /* monotonic; tests can hold it still */

/* ---- services for views ---- */
/* Shows an object in the content panel (and moves the tree's cursor to it). */
void app_open(struct app *app, const struct obj_ref *ref);
void app_focus(struct app *app, enum region region);
void app_quit(struct app *app);
void app_notice(struct app *app, enum level level, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Asks what must be asked (form, plan, confirmation) and runs the action on the marked objects of its kind,
 * or on `ref`. */
void app_action(struct app *app, const struct action *action, const struct obj_ref *ref);
/* The task's detail as a dialog. */
void app_show_task(struct app *app, const char *task_id);
/* A reason or text in a dialog that any key closes. */
void app_show_text(struct app *app, const char *title, const char *text);
void app_push_modal(struct app *app, struct view *view);
void app_pop_modal(struct app *app); /* destroys it */
/* The object actions would act on now. False = none. */
bool app_selected(struct app *app, struct obj_ref *ret_ref);
/* A different URI instead of the host's (session -> system). */
void app_switch_uri(struct app *app, unsigned host, const char *uri);
/* Bell for a key that means nothing here is never rung; this is for refused actions. */
void app_redraw(struct app *app); /* everything dirty */

#endif
