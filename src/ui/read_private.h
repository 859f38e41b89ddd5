/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What read mode's files share: read_mode.c has its keys, read_draw.c draws, read_save.c saves and names. Main thread. */
#ifndef NVIRT_UI_READ_PRIVATE_H
#define NVIRT_UI_READ_PRIVATE_H

#include "lineedit.h"
#include "read_mode.h"

struct read_mode {
	unsigned refs; /* a form that is open has one too */
	struct app *app;
	struct obj_ref ref;
	struct page *page;
	struct page_pos cursor;
	int top, left_col;  /* in sight at the top left */
	bool placed;        /* `top` was chosen: as it was seen before, or when it was drawn first */
	int top_seen;       /* as it was seen before: below that row the screen may have had room to spare */
	int back;
	int rows, cols;     /* of the text as last drawn */
	/* Selecting: from `anchor` to the cursor. */
	enum page_select select;
	struct page_pos anchor;
	/* Searching. */
	char *search;       /* "" = none */
	GArray *matches;    /* struct page_match */
	int search_step;    /* 1: down, -1: up */
	struct lineedit *prompt; /* while it is typed; else NULL */
	struct page_pos prompt_from;
	char *prompt_old;   /* what was searched for before */
	/* Half a command: "12", "g". */
	unsigned count;
	bool after_g;
	/* The picture that the page was made of. */
	struct vnc_view *view;
	bool serial;
	struct text_screen screen; /* its measures, no cells */
	bool picture_asked;
	struct picture *picture;   /* NULL until it has come */
};

/* The last row that may stand at the top. */
int read_mode_top_most(const struct read_mode *read);
struct read_mode *read_mode_ref(struct read_mode *read);
void read_mode_unref(struct read_mode *read);

/* Anything that is typed: for help and for what is done. Ends with a row without keys. */
struct read_key {
	const char *keys; /* as in struct view_cmd */
	const char *help; /* NULL = said by the row before */
	/* One of these: */
	int motion; /* enum page_motion, -1 = none */
	enum read_answer (*run)(struct read_mode *read, unsigned count);
};

/* ---- read_save.c ---- */
enum read_answer read_save(struct read_mode *read, unsigned count);
/* Asks what the unknown glyph below the cursor is. */
enum read_answer read_name_glyph(struct read_mode *read, unsigned count);
/* To the next one of them. */
enum read_answer read_next_glyph(struct read_mode *read, unsigned count);

#endif
