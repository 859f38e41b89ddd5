/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's picture as graphics of the terminal's own, over the cells that show it as characters: in the same place
 * and as large, so that what lies over it, pans it or points at it needs not know.
 *
 * From one to the next: the reader tells of a frame; when the terminal has taken the last one, and not before a tenth
 * of a second, the frame's pixels are asked for; a thread makes them a graphic; the panel is drawn. A frame that came
 * meanwhile is skipped. Main thread.
 */
#include <string.h>

#include "app_graphics.h"
#include "graphic_maker.h"
#include "screen_panel.h"

enum { EVERY_US = 100 * 1000 };
/* Narrower, and ncurses would rather write the cells below again than skip them; lower, and it shows nothing. */
enum { COLS_MIN = 16, ROWS_MIN = 3 };

struct screen_graphic {
	struct screen_panel *panel;
	struct graphic_maker *maker; /* NULL until the first */
	struct graphic_shape shape;  /* wanted; kind NONE = nothing is */
	struct graphic *made;        /* a reference; NULL = nothing was */
	struct graphic_shape tried;  /* of what was made last, or could not be */
	unsigned made_frames;        /* so many frames had come when its pixels were asked for */
	unsigned asked_frames;
	bool asked;                  /* pixels, which have not come */
	gint64 asked_us;
	struct app_wait *later;
};

struct screen_graphic *screen_graphic_new(struct screen_panel *panel)
{
	struct screen_graphic *self = g_new0(struct screen_graphic, 1);

	self->panel = panel;
	return self;
}

void screen_graphic_free(struct screen_graphic *self)
{
	if (!self)
		return;
	app_wait_stop(&self->later);
	app_graphics_forget(self->panel->app, self);
	graphic_maker_free(self->maker);
	graphic_unref(self->made);
	g_free(self);
}

static bool same_shape(const struct graphic_shape *a, const struct graphic_shape *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* ---- what is wanted ---- */

/* Only what is a picture, and of now: text is read, and what is old is grey. */
static bool find_shape(struct screen_graphic *self, struct graphic_shape *ret)
{
	const struct screen_panel *panel = self->panel;
	const struct text_screen *screen = screen_panel_screen(panel);
	struct graphic_shape shape = {0};
	struct frame_rect part;
	int width, height;

	if (!screen || screen->kind != SCREEN_PICTURE || panel->state != SCREEN_LIVE || panel->look.grey || !panel->look.coloured)
		return false;
	shape.kind = app_graphics_kind(panel->app, &shape.cell_w, &shape.cell_h);
	if (shape.kind == GRAPHIC_NONE || !screen_part(screen, &panel->look, &part, &shape.rows, &shape.cols))
		return false;
	vnc_view_size(panel->view, &width, &height);
	shape.x = (unsigned)CLAMP(part.x, 0, width);
	shape.y = (unsigned)CLAMP(part.y, 0, height);
	shape.width = (unsigned)MAX(MIN(part.width, width - (int)shape.x), 0);
	shape.height = (unsigned)MAX(MIN(part.height, height - (int)shape.y), 0);
	*ret = shape;
	return shape.rows >= ROWS_MIN && shape.cols >= COLS_MIN && graphic_can_be(&shape);
}

static bool is_wanted(const struct screen_graphic *self)
{
	const struct screen_panel *panel = self->panel;
	bool shape = same_shape(&self->shape, &self->tried), frame = vnc_view_frames(panel->view) == self->made_frames;

	if (self->shape.kind == GRAPHIC_NONE || !panel->watched || panel->reader)
		return false;
	return !shape || !frame || (self->made && graphic_may_be_finer(self->made, app_graphics_band_bytes(panel->app)));
}

/* ---- making it ---- */

static void ask_pixels(struct screen_graphic *self);

static void later(void *data)
{
	struct screen_graphic *self = data;

	app_wait_stop(&self->later);
	ask_pixels(self);
}

static void ask_pixels(struct screen_graphic *self)
{
	struct screen_panel *panel = self->panel;
	gint64 left_us = self->asked_us + EVERY_US - g_get_monotonic_time();

	if (self->asked || self->later || (self->maker && graphic_maker_busy(self->maker)) || !is_wanted(self))
		return;
	if (left_us > 0) {
		self->later = app_wait_ms(panel->app, (unsigned)(left_us / 1000) + 1, later, self);
		return;
	}
	/* As long as anything of the last one is under way there is no next. */
	if (!app_graphics_ready(panel->app, later, self))
		return;
	self->asked = true;
	self->asked_us = g_get_monotonic_time();
	self->asked_frames = vnc_view_frames(panel->view);
	vnc_view_request_pixels(panel->view);
}

static void made(struct graphic *graphic, void *data)
{
	struct screen_graphic *self = data;

	if (graphic) {
		graphic_unref(self->made);
		self->made = graphic;
	}
	self->panel->changed(self->panel, self->panel->data);
	ask_pixels(self);
}

void screen_graphic_step(struct screen_graphic *self)
{
	struct screen_panel *panel = self->panel;
	struct picture *pixels;

	/* Read mode takes what comes. */
	self->asked &= !panel->reader;
	pixels = self->asked ? vnc_view_take_pixels(panel->view) : NULL;
	if (pixels) {
		self->asked = false;
		self->made_frames = self->asked_frames;
		self->tried = self->shape;
	}
	if (pixels && !self->maker)
		self->maker = graphic_maker_new(panel->app, made, self);
	if (pixels && self->maker && self->shape.kind != GRAPHIC_NONE)
		graphic_maker_start(self->maker, &self->shape, pixels, app_graphics_band_bytes(panel->app), self->made);
	else
		picture_free(pixels);
	ask_pixels(self);
}

void screen_graphic_hide(struct screen_graphic *self)
{
	graphic_unref(g_steal_pointer(&self->made));
	self->tried = self->shape = (struct graphic_shape){0};
}

void screen_graphic_restart(struct screen_graphic *self)
{
	self->asked = false;
	/* Its frames are counted on, but the next one may be of another guest's life. */
	self->made_frames = 0;
}

/* ---- showing it ---- */

void screen_graphic_draw(struct screen_graphic *self, struct area area)
{
	struct graphic_shape shape = {0};

	if (!find_shape(self, &shape))
		shape = (struct graphic_shape){0};
	self->shape = shape;
	/* Of cells of this shape a picture that is made smaller keeps its own from now on. */
	self->panel->look.shape = shape.kind != GRAPHIC_NONE ? (double)shape.cell_h / shape.cell_w : 0;
	if (shape.kind == GRAPHIC_NONE)
		return;
	if (self->made && same_shape(graphic_shape(self->made), &shape))
		area_graphic(area, self->made);
	ask_pixels(self);
}

static bool is_shown(const struct screen_graphic *self)
{
	return self->made && same_shape(graphic_shape(self->made), &self->shape);
}

bool screen_graphic_is_whole(const struct screen_graphic *self)
{
	const struct graphic_shape *shape = &self->shape;

	return is_shown(self) && (unsigned)(shape->cols * shape->cell_w) >= shape->width &&
	       (unsigned)(shape->rows * shape->cell_h) >= shape->height;
}

const char *screen_graphic_words(const struct screen_graphic *self)
{
	if (!is_shown(self))
		return "";
	return self->shape.kind == GRAPHIC_KITTY ? ", kitty" : ", sixels";
}
