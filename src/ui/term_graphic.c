/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The canvas's graphic on the terminal, over cells that ncurses believes to be blank. Main thread.
 *
 * Kitty's images lie over the cells and go away by their names; sixels are where no cell was written since. So below a
 * graphic stands what ncurses takes for text and never clears to the end of a line, but which shows nothing; nothing is
 * scrolled or pushed aside meanwhile; and when sixels go, all cells of their rows are written again.
 */
#include "term_private.h"

#include <string.h>

/* A no-break space. */
enum { BELOW = 0xa0 };
/* Names of images are the terminal's, for all who draw on it: not the small numbers that everybody takes. */
enum { ID_FIRST = 0x6e760000, ID_MASK = 0xffff };

static struct shown_graphic *shown_of(struct term *term)
{
	return &term->shown_graphic;
}

static uint32_t next_id(struct term *term)
{
	term->graphic_id = (term->graphic_id + 1) & ID_MASK;
	return ID_FIRST + term->graphic_id;
}

static bool is_kitty(const struct shown_graphic *shown)
{
	return graphic_shape(shown->graphic)->kind == GRAPHIC_KITTY;
}

/* The terminal shows nothing of that band any more, or soon will not. */
static void drop_band(struct term *term, unsigned i)
{
	struct shown_graphic *shown = shown_of(term);

	if (shown->bands[i] && is_kitty(shown))
		graphic_drop(shown->ids[i], term->out_buffer);
	g_clear_pointer(&shown->bands[i], g_bytes_unref);
}

void term_graphic_forget(struct term *term)
{
	struct shown_graphic *shown = shown_of(term);

	for (unsigned i = 0; shown->graphic && i < graphic_bands(shown->graphic); i++)
		drop_band(term, i);
}

void term_graphic_end(struct term *term)
{
	struct shown_graphic *shown = shown_of(term);

	if (!shown->graphic)
		return;
	term_graphic_forget(term);
	g_free(shown->bands);
	g_free(shown->ids);
	graphic_unref(shown->graphic);
	*shown = (struct shown_graphic){0};
}

void term_graphic_cut(struct term *term)
{
	bool under_way = shown_of(term)->graphic && term_busy(term);

	g_byte_array_set_size(term->out_buffer, 0);
	/* Else what follows would be taken for a part of the picture. */
	if (under_way)
		g_byte_array_append(term->out_buffer, (const guint8 *)"\033\\", 2);
}

/* ---- going along with the canvas ---- */

/* Its rows are sent again, written or not. */
static void touch_rows(struct term *term, struct canvas *canvas, int y, int rows, bool sixel)
{
	rows = MIN(rows, canvas->rows - y);
	if (rows < 1)
		return;
	for (int i = y; i < y + rows; i++)
		canvas->dirty[i] = true;
	if (!sixel || !term->shown || term->shown_rows < y + rows)
		return;
	memset(term->shown + (gsize)y * (gsize)term->shown_cols, 0, (gsize)rows * (gsize)term->shown_cols * sizeof(*term->shown));
	wredrawln(stdscr, y, rows);
}

static void take_away(struct term *term, struct canvas *canvas)
{
	struct shown_graphic *shown = shown_of(term);
	int y = shown->y, rows = graphic_shape(shown->graphic)->rows;
	bool sixel = !is_kitty(shown);

	term_graphic_end(term);
	touch_rows(term, canvas, y, rows, sixel);
}

/* What is panned or changed is told over what was there. */
static bool same_place(const struct shown_graphic *shown, const struct canvas *canvas)
{
	const struct graphic_shape *old = graphic_shape(shown->graphic), *now = graphic_shape(canvas->graphic);

	return shown->y == canvas->graphic_y && shown->x == canvas->graphic_x && old->kind == now->kind &&
	       old->rows == now->rows && old->cols == now->cols && old->cell_w == now->cell_w && old->cell_h == now->cell_h;
}

void term_graphic_follow(struct term *term, struct canvas *canvas)
{
	struct shown_graphic *shown = shown_of(term);
	bool has = canvas_has_graphic(canvas);

	if (shown->graphic && (!has || !same_place(shown, canvas)))
		take_away(term, canvas);
	if (!has)
		return;
	if (shown->graphic) {
		graphic_ref(canvas->graphic);
		graphic_unref(shown->graphic);
		shown->graphic = canvas->graphic;
		return;
	}
	*shown = (struct shown_graphic){
	        .graphic = graphic_ref(canvas->graphic), .y = canvas->graphic_y, .x = canvas->graphic_x};
	shown->bands = g_new0(GBytes *, graphic_bands(shown->graphic));
	shown->ids = g_new0(uint32_t, graphic_bands(shown->graphic));
	touch_rows(term, canvas, shown->y, graphic_shape(shown->graphic)->rows, false);
}

const struct cell *term_graphic_row(const struct term *term, const struct canvas *canvas, int y, struct cell *room)
{
	const struct cell *row = canvas->cells + (gsize)y * (gsize)canvas->cols;
	const struct shown_graphic *shown = &term->shown_graphic;
	const struct graphic_shape *shape = shown->graphic ? graphic_shape(shown->graphic) : NULL;

	if (!shape || y < shown->y || y >= shown->y + shape->rows)
		return row;
	memcpy(room, row, (gsize)canvas->cols * sizeof(*room));
	for (int x = shown->x; x < shown->x + shape->cols; x++)
		room[x] = (struct cell){.ch = BELOW, .role = ROLE_TEXT};
	return room;
}

/* ---- telling it ---- */

static int next_band(const struct shown_graphic *shown)
{
	for (unsigned i = 0; shown->graphic && i < graphic_bands(shown->graphic); i++)
		if (shown->bands[i] != graphic_band(shown->graphic, i)->bytes)
			return (int)i;
	return -1;
}

bool term_graphic_next(struct term *term)
{
	struct shown_graphic *shown = shown_of(term);
	int i = next_band(shown);
	guint before = term->out_buffer->len;
	uint32_t id;
	char place[32];

	if (i < 0)
		return false;
	/* The cursor, which ncurses believes to know, comes back with its colours (DECSC, DECRC). */
	int n = g_snprintf(place, sizeof(place), "\0337\033[%d;%dH", shown->y + graphic_band(shown->graphic, (unsigned)i)->row + 1, shown->x + 1);
	g_byte_array_append(term->out_buffer, (const guint8 *)place, (guint)n);
	id = next_id(term);
	graphic_put_band(shown->graphic, (unsigned)i, id, term->out_buffer);
	/* The old image goes when the new one is there: nothing flickers. */
	drop_band(term, (unsigned)i);
	g_byte_array_append(term->out_buffer, (const guint8 *)"\0338", 2);
	shown->bands[i] = g_bytes_ref(graphic_band(shown->graphic, (unsigned)i)->bytes);
	shown->ids[i] = id;
	term_fence_frame(term, term->out_buffer->len - before);
	return true;
}

bool term_graphic_taken(struct term *term)
{
	return next_band(shown_of(term)) < 0 && !term_busy(term) && !term_behind(term);
}
