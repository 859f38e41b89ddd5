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

struct config;
struct keymap;
struct state;

struct app {
	const struct options *options;
	struct store *store;
	struct backend *backend; /* NULL in drawing tests */
	struct journal *journal; /* may be NULL */
	struct inbox *inbox;
	struct kept_screens *kept_screens; /* NULL where there is no inbox: in drawing tests */
	struct history_keeper *keeper; /* NULL in drawing tests */
	struct theme theme;
	struct config *config; /* these three may be NULL, and are not owned */
	struct keymap *keymap;
	struct state *state;
	struct canvas canvas;
	unsigned refresh_ms;
	struct view *regions[REGION_N];
	enum region focus;
	bool zoomed;           /* the focused region has the whole screen */
	GPtrArray *modals;     /* struct view *, top last */
	struct obj_ref open;   /* what the content panel shows */
	struct obj_ref back;   /* what it showed when that was opened out of it; OBJ_NONE = nothing */
	struct app_loop *loop; /* private to app_loop.c; NULL in drawing tests */
	void *saved;           /* private to saved.c */
	struct app_graphics *graphics; /* private to app_graphics.c; NULL in drawing tests */
	unsigned door_id;      /* of the last way to a guest's screen that was asked for: MSG_SCREEN's are told apart by it */

	/* Private to app*.c. */
	bool quitting;              /* the loop ends */
	bool dirty;                 /* titles, separators and the status line */
	bool steady;                /* the focused region was drawn, and has the hardware cursor */
	gint64 fresh_us; /* monotonic, when new figures came last */
	gint64 whole_us; /* monotonic, of the last frame that drew everything */
	GArray *hot;                /* struct hot: what a click on the bar or a dialog means */
	int tree_cols, task_rows;   /* as the user drew them; 0 = as it comes */
	enum region dragged;        /* whose border the mouse holds; REGION_HEADER = none */
	enum region held;           /* where a button went down that is not up yet; REGION_HEADER = none */
	GPtrArray *recent;          /* char *: titles of what was run from the palette, last first; NULL = nothing yet */
	char *last_virsh;           /* what the last action is in virsh's words, or NULL */
	bool tmux_told;             /* of what copying needs there */
	unsigned leftovers_told;    /* how many tasks had left something, when it was said last */
	gint64 held_us;             /* tests hold the clock still; 0 = it runs */
	unsigned count;             /* "20" of 20G, while it is typed */
	bool after_g;               /* the first key of gg or g1 */
	bool opening;               /* inside app_open() */
	struct mark_range *range;   /* what is being marked by V; else NULL */
	struct lineedit *filter;    /* the prompt, while a filter is typed; else NULL */
	gint64 history_stored_us;   /* when it was last given to the keeper */
	unsigned plan_id;           /* of the last plan asked for */
	struct action_run *planned; /* what waits for that plan, or NULL */
	struct view *previewed;     /* the form that waits for the sentences of one, or NULL; only compared */
	unsigned edit_id;           /* of the last definition asked for */
	struct edit_run *edit;      /* the definition being edited, or NULL */
};

/* A store, regions and canvas without terminal, back end or loop: for drawing tests too. */
void app_init(struct app *app, const struct options *options, int rows, int cols);
/* The same with other regions: NULL ones are left out. */
void app_init_regions(struct app *app, const struct options *options, int rows, int cols,
        const struct view_ops *const regions[REGION_N]);
void app_fini(struct app *app);
/* Lays out and draws what is dirty on the canvas. */
void app_draw(struct app *app);
/* Draws where a cursor moved, and nothing else of what there is to draw; false = no cursor did. */
bool app_draw_moved(struct app *app);
void app_resize(struct app *app, int rows, int cols);
/* One key as if typed (the loop and drawing tests). */
void app_key(struct app *app, keycode key);
void app_mouse(struct app *app, const struct mouse *mouse);
void app_paste(struct app *app, const char *text);
/* Applies one message to the store and tells the views; takes it. */
void app_message(struct app *app, struct msg *msg);
/* Tells all views of enum change bits; done by app_message() itself. */
void app_changed(struct app *app, unsigned changes);
/* A second has passed: what shows ages draws itself again. */
void app_tick(struct app *app);
/* Is there anything to draw? */
bool app_needs_draw(const struct app *app);

gint64 app_now_us(const struct app *app); /* monotonic; tests can hold it still */

/* ---- services for views ---- */
/* Shows an object in the content panel (and moves the tree's cursor to it). */
void app_open(struct app *app, const struct obj_ref *ref);
/* The same of an object in a list or wall of the content panel, to which Backspace leads back. */
void app_open_inside(struct app *app, const struct obj_ref *ref);
void app_go_back(struct app *app);
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
/* The same, but parameters are always asked for: from menus and palette. */
void app_action_form(struct app *app, const struct action *action, const struct obj_ref *ref);
/* The view that has the keys: the top modal, or the focused region. */
struct view *app_focused_view(const struct app *app);
void app_redraw(struct app *app); /* everything dirty */
/* For draw functions of dialogs: a click there is this key, until the next frame. */
void app_hot(struct app *app, struct area area, keycode key);
/* To the terminal's clipboard, with a notice of what came of it. */
void app_copy(struct app *app, const char *what, const char *text);
/* Another theme, now; remembered unless the configuration names one. */
void app_set_theme(struct app *app, const char *name);

#endif
