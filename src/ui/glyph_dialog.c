/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A glyph, large, and a field for its character: see glyph_dialog.h. */
#include "glyph_dialog.h"

#include <string.h>

#include "box.h"
#include "lineedit.h"
#include "nvirt/text.h"

enum { ASK_WIDTH = 52, ASK_ROWS = 5 };

struct glyph_dialog {
	struct view view;
	struct named_glyph glyph;
	bool light; /* what is set is the background */
	struct lineedit edit;
	char *problem; /* NULL = none */
	void (*done)(struct app *app, const struct named_glyph *glyph, gunichar ch, void *data);
	void *data;
};

/* A character, or its number as "U+2591". 0 = neither. */
static gunichar character_of(const char *text)
{
	gunichar ch;

	if ((*text == 'U' || *text == 'u') && text[1] == '+' && strlen(text) >= 4 && strlen(text) <= 7 &&
	        strspn(text + 2, "0123456789abcdefABCDEF") == strlen(text + 2))
		ch = (gunichar)g_ascii_strtoull(text + 2, NULL, 16);
	else if (g_utf8_strlen(text, -1) == 1)
		ch = g_utf8_get_char(text);
	else
		return 0;
	return named_glyph_may_be(ch) ? ch : 0;
}

/* Two pixels a cell, one above the other: as high as wide, nearly. */
static void draw_glyph(const struct glyph_dialog *self, struct area area)
{
	static const gunichar halves[4] = {' ', 0x2580, 0x2584, 0x2588};

	for (int y = 0; y < self->glyph.height; y += 2)
		for (int x = 0; x < self->glyph.width; x++) {
			bool top = (self->glyph.rows[y] >> x & 1) != self->light;
			bool bottom = y + 1 < self->glyph.height && (self->glyph.rows[y + 1] >> x & 1) != self->light;
			gunichar ch = area.canvas->ascii ? (top || bottom ? '#' : '.') : halves[top | bottom << 1];

			area_fill(area, y / 2, x, 1, 1, ROLE_DIALOG_FIELD, ch);
		}
}

static void draw(struct view *view, struct area area, bool focused)
{
	struct glyph_dialog *self = (struct glyph_dialog *)view;
	int rows = (self->glyph.height + 1) / 2;
	struct area in = box_draw(area, rows + ASK_ROWS, MAX(ASK_WIDTH, self->glyph.width), false, "Name a glyph");
	struct area below = area_sub(in, in.rows - ASK_ROWS, 0, ASK_ROWS, in.cols);

	draw_glyph(self, area_sub(in, 0, MAX((in.cols - self->glyph.width) / 2, 0), MIN(rows, in.rows - ASK_ROWS), in.cols));
	area_text(below, 1, 0, -1, ROLE_DIALOG, "It is in no font known. Which character is it?");
	lineedit_draw(&self->edit, area_sub(below, 2, 0, 1, 10), ROLE_DIALOG_FIELD_FOCUS, focused);
	area_text(below, 2, 12, -1, ROLE_DIM, "itself, or as U+2591");
	if (self->problem)
		area_text(below, 3, 0, -1, ROLE_WARN, self->problem);
	area_text(below, 4, 0, -1, ROLE_DIM, "Enter keeps it for all screens, Esc leaves");
}

static void answer(struct glyph_dialog *self, gunichar ch)
{
	void (*done)(struct app *app, const struct named_glyph *glyph, gunichar ch, void *data) = self->done;
	struct named_glyph glyph = self->glyph;
	struct app *app = self->view.app;
	void *data = self->data;

	self->done = NULL;
	glyph.ch = ch;
	app_pop_modal(app);
	done(app, &glyph, ch, data);
}

static bool key(struct view *view, keycode code, unsigned count)
{
	struct glyph_dialog *self = (struct glyph_dialog *)view;

	(void)count;
	view->dirty = true;
	if (code == K_ESC || code == (KEY_CTRL | 'c')) {
		answer(self, 0);
	} else if (code == K_ENTER) {
		gunichar ch = character_of(lineedit_get(&self->edit));

		if (ch) {
			answer(self, ch);
			return true;
		}
		g_free(self->problem);
		self->problem = g_strdup("one printable character that is one column wide");
	} else {
		lineedit_key(&self->edit, code);
	}
	return true;
}

static void paste(struct view *view, const char *text)
{
	lineedit_insert(&((struct glyph_dialog *)view)->edit, text);
	view->dirty = true;
}

static void destroy(struct view *view)
{
	struct glyph_dialog *self = (struct glyph_dialog *)view;

	if (self->done)
		self->done(view->app, &self->glyph, 0, self->data);
	lineedit_fini(&self->edit);
	g_free(self->problem);
	g_free(self);
}

static const struct view_ops glyph_dialog_view = {
        .name = "glyph-dialog",
        .title = "Name a glyph",
        .destroy = destroy,
        .draw = draw,
        .key = key,
        .paste = paste,
};

struct view *glyph_dialog_new(struct app *app, const struct named_glyph *glyph,
        void (*done)(struct app *app, const struct named_glyph *glyph, gunichar ch, void *data), void *data)
{
	struct glyph_dialog *self = g_new0(struct glyph_dialog, 1);
	int set = 0;

	self->view = (struct view){.ops = &glyph_dialog_view, .app = app, .dirty = true};
	self->glyph = *glyph;
	for (int y = 0; y < glyph->height; y++)
		for (int x = 0; x < glyph->width; x++)
			set += glyph->rows[y] >> x & 1;
	self->light = set * 2 > glyph->width * glyph->height;
	lineedit_init(&self->edit, "", 32);
	self->done = done;
	self->data = data;
	return &self->view;
}
