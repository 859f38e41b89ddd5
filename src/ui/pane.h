/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pane: sections of label/value pairs, bars, text and small tables, laid out
 * for the width there is (two columns of sections from PANE_TWO_COLS on) and
 * scrolled. It is filled anew for every frame that it is dirty in; only the
 * scroll position lives on. Main thread.
 *
 * struct pane_view is a whole tab made of one: the tab's file only fills it.
 */
#ifndef NVIRT_UI_PANE_H
#define NVIRT_UI_PANE_H

#include "app.h"
#include "table.h"

#define PANE_TWO_COLS 100

struct pane {
	GPtrArray *sections; /* struct section *, private */
	unsigned top;        /* first line on screen */
	unsigned lines;      /* of all, as last laid out */
	unsigned height;     /* of the area last drawn */
};

void pane_init(struct pane *pane);
void pane_fini(struct pane *pane);
/* Empty, at the same scroll position. */
void pane_clear(struct pane *pane);

/* What follows belongs to it. `wide` ones have the full width; `title` may be NULL. */
void pane_section(struct pane *pane, const char *title, bool wide);
/* A value that is too long goes on in the next line. */
void pane_pair(struct pane *pane, const char *label, enum role role, const char *value);
void pane_pairf(struct pane *pane, const char *label, enum role role, const char *format, ...)
        G_GNUC_PRINTF(4, 5);
/* Only when there is something to tell. */
void pane_pair_opt(struct pane *pane, const char *label, const char *value);
/* Bar and words behind it; `stale` draws it without its level's colour. */
void pane_bar(struct pane *pane, const char *label, double fraction, bool stale, const char *value);
/* A part of a bar, in a shape of its own. */
struct pane_part {
	double fraction; /* of the whole bar, 0..1 */
	enum glyph glyph;
	enum role role;
};
/* A bar of parts, from the left; what they leave is free. */
void pane_parts(struct pane *pane, const char *label, const struct pane_part *parts, unsigned count, bool stale,
        const char *value);
/* meters.h; the fractions are copied. */
void pane_meters(struct pane *pane, const double *fractions, unsigned count, bool stale);
/* Free text, wrapped; line feeds are kept. */
void pane_text(struct pane *pane, enum role role, const char *text);
/* "[ok] text" and the like: a role for the mark, one for the text. */
void pane_mark(struct pane *pane, enum role mark_role, const char *mark, const char *text);
/* A table: its titles, then its rows; `columns` must outlive the pane's frame. */
void pane_titles(struct pane *pane, const struct table_column *columns, unsigned count);
/* One owned string a column is taken; the vector is NULL-terminated and borrowed. */
void pane_row(struct pane *pane, enum role role, char *const *cells);

void pane_draw(struct pane *pane, struct area area, bool focused);
/* Scrolling keys (as in lists). True when the key was one. */
bool pane_key(struct pane *pane, keycode key, unsigned count);
bool pane_mouse(struct pane *pane, const struct mouse *mouse);

/* ---- a tab that is a pane ---- */

struct pane_view {
	struct view view;
	struct obj_ref ref;
	struct pane pane;
	void (*fill)(struct pane_view *self); /* the pane is clear */
};

/* `size` of a struct that begins with a struct pane_view. */
struct view *pane_view_new(
        struct app *app, const struct view_ops *ops, gsize size, void (*fill)(struct pane_view *self));
void pane_view_destroy(struct view *view);
void pane_view_draw(struct view *view, struct area area, bool focused);
bool pane_view_key(struct view *view, keycode key, unsigned count);
bool pane_view_mouse(struct view *view, const struct mouse *mouse);
void pane_view_update(struct view *view, unsigned changes);
void pane_view_set_object(struct view *view, const struct obj_ref *ref);
/* The host of the object shown; NULL when gone. */
struct host *pane_view_host(const struct pane_view *self);

#endif
