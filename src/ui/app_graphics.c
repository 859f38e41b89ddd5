/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See app_graphics.h. */
#include "app_graphics.h"

#include "app_private.h"
#include "app_wait.h"
#include "nvirt/config.h"
#include "term.h"

/* For answers, behind the slowest line. */
enum { ANSWER_MS = 5000 };
/* While the line's rate is not known; at least, at most; and the part of a second that a band may take. */
enum { BAND_BYTES_FIRST = 16 * 1024, BAND_BYTES_MIN = 2 * 1024, BAND_BYTES_MAX = 48 * 1024, BANDS_A_SECOND = 4 };

struct app_graphics {
	enum config_graphics wish;   /* UNSAID = off */
	enum config_graphics forced; /* what toggling on means: AUTO, or what is configured */
	enum graphic_kind kind;      /* NONE until it is known */
	int cell_w, cell_h;
	bool asked;        /* an answer is awaited */
	bool told;         /* what came of it is to be said, good or bad */
	struct app_wait *deadline;
	void (*ready)(void *data);
	void *ready_data;
};

void app_graphics_init(struct app *app)
{
	enum config_graphics wish = app->options->graphics;

	app->graphics = g_new0(struct app_graphics, 1);
	if (wish == GRAPHICS_UNSAID && app->config)
		wish = app->config->graphics;
	app->graphics->wish = wish;
	app->graphics->forced = wish == GRAPHICS_KITTY || wish == GRAPHICS_SIXEL ? wish : GRAPHICS_AUTO;
}

void app_graphics_free(struct app *app)
{
	if (!app->graphics)
		return;
	app_wait_stop(&app->graphics->deadline);
	g_clear_pointer(&app->graphics, g_free);
}

/* ---- finding out ---- */

static const char *kind_words(enum graphic_kind kind)
{
	return kind == GRAPHIC_KITTY ? "kitty's" : "sixel";
}

static void found(struct app *app, enum graphic_kind kind, int cell_w, int cell_h)
{
	struct app_graphics *graphics = app->graphics;

	app_wait_stop(&graphics->deadline);
	graphics->asked = false;
	graphics->kind = kind;
	graphics->cell_w = cell_w;
	graphics->cell_h = cell_h;
	if (graphics->told)
		app_notice(app, LEVEL_INFO, "pictures are shown in %s graphics", kind_words(kind));
	graphics->told = false;
	app_redraw(app);
}

static void refuse(struct app *app, const char *why)
{
	struct app_graphics *graphics = app->graphics;

	app_wait_stop(&graphics->deadline);
	graphics->asked = graphics->told = false;
	graphics->wish = GRAPHICS_OFF;
	graphics->kind = GRAPHIC_NONE;
	app_notice(app, LEVEL_WARNING, "pictures stay characters: %s", why);
}

static bool is_forced(const struct app_graphics *graphics)
{
	return graphics->wish == GRAPHICS_KITTY || graphics->wish == GRAPHICS_SIXEL;
}

/* What it has, by what it said or by the user's word. */
static enum graphic_kind kind_of(const struct app_graphics *graphics, const struct term_says *says)
{
	if (is_forced(graphics))
		return graphics->wish == GRAPHICS_KITTY ? GRAPHIC_KITTY : GRAPHIC_SIXEL;
	return says->kitty ? GRAPHIC_KITTY : says->sixel ? GRAPHIC_SIXEL : GRAPHIC_NONE;
}

/* All that will be known is known. */
static void decide(struct app *app)
{
	struct app_graphics *graphics = app->graphics;
	const struct term_says *says = term_said(app_loop_term(app));
	enum graphic_kind kind = kind_of(graphics, says);
	int cell_w = says->cell_w, cell_h = says->cell_h;
	bool known = term_cell_pixels(app_loop_term(app), &cell_w, &cell_h) || cell_w;

	if (kind == GRAPHIC_NONE)
		refuse(app, says->attributes ? "this terminal has neither kitty's graphics nor sixels" : "this terminal did not say what graphics it has");
	else if (known)
		found(app, kind, cell_w, cell_h);
	else if (kind == GRAPHIC_KITTY || is_forced(graphics))
		found(app, kind, GRAPHIC_CELL_W, GRAPHIC_CELL_H);
	else
		refuse(app, "this terminal does not say how many pixels its cells have");
}

static void waited_in_vain(void *data)
{
	decide(data);
}

static void ask(struct app *app)
{
	struct app_graphics *graphics = app->graphics;
	struct term *term = app_loop_term(app);
	const char *why = term_why_no_graphics(term, is_forced(graphics));
	bool cell, known;
	int cell_w, cell_h;

	if (why) {
		refuse(app, why);
		return;
	}
	cell = !term_cell_pixels(term, &cell_w, &cell_h) && !term_said(term)->cell_w;
	/* One answer is enough for a run. */
	known = is_forced(graphics) || term_said(term)->attributes;
	if (known && !cell) {
		decide(app);
		return;
	}
	term_ask(term, !known, cell);
	graphics->asked = true;
	graphics->deadline = app_wait_ms(app, ANSWER_MS, waited_in_vain, app);
}

void app_graphics_said(struct app *app)
{
	struct app_graphics *graphics = app->graphics;

	if (graphics && graphics->asked && term_said(app_loop_term(app))->attributes)
		decide(app);
}

void app_graphics_resized(struct app *app)
{
	struct app_graphics *graphics = app->graphics;

	if (graphics && graphics->kind != GRAPHIC_NONE)
		term_cell_pixels(app_loop_term(app), &graphics->cell_w, &graphics->cell_h);
}

/* ---- for views ---- */

void app_graphics_toggle(struct app *app)
{
	struct app_graphics *graphics = app->graphics;

	if (!graphics || !app->loop)
		return;
	if (graphics->wish > GRAPHICS_OFF) {
		app_wait_stop(&graphics->deadline);
		graphics->wish = GRAPHICS_OFF;
		graphics->kind = GRAPHIC_NONE;
		graphics->asked = graphics->told = false;
		app_notice(app, LEVEL_INFO, "pictures are shown as characters");
	} else {
		graphics->wish = graphics->forced;
		graphics->told = true;
		ask(app);
	}
	app_redraw(app);
}

enum graphic_kind app_graphics_kind(struct app *app, int *ret_cell_w, int *ret_cell_h)
{
	struct app_graphics *graphics = app->graphics;

	if (!graphics || !app->loop || graphics->wish <= GRAPHICS_OFF)
		return GRAPHIC_NONE;
	if (graphics->kind == GRAPHIC_NONE && !graphics->asked)
		ask(app);
	*ret_cell_w = graphics->cell_w;
	*ret_cell_h = graphics->cell_h;
	return graphics->kind;
}

gsize app_graphics_band_bytes(struct app *app)
{
	unsigned rate = app->loop ? term_rate(app_loop_term(app)) : 0;

	return rate ? CLAMP(rate / BANDS_A_SECOND, (unsigned)BAND_BYTES_MIN, (unsigned)BAND_BYTES_MAX) : BAND_BYTES_FIRST;
}

bool app_graphics_ready(struct app *app, void (*ready)(void *data), void *data)
{
	bool is_ready = app->loop && term_graphic_taken(app_loop_term(app));

	if (!app->graphics)
		return false;
	app->graphics->ready = is_ready ? NULL : ready;
	app->graphics->ready_data = data;
	return is_ready;
}

void app_graphics_forget(struct app *app, const void *data)
{
	if (app->graphics && app->graphics->ready_data == data)
		app->graphics->ready = NULL;
}

void app_graphics_taken(struct app *app)
{
	struct app_graphics *graphics = app->graphics;

	if (graphics && graphics->ready && term_graphic_taken(app_loop_term(app)))
		g_steal_pointer(&graphics->ready)(graphics->ready_data);
}
