/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The choice of a table's columns: see columns_dialog.h. */
#include "columns_dialog.h"

#include <string.h>

#include "box.h"
#include "list.h"
#include "saved.h"

enum { COLUMNS_WIDTH = 44 };

struct columns_dialog {
	struct view view;
	const char *name; /* of the list; static */
	struct column_choice choices[COLUMNS_MAX], usual[COLUMNS_MAX];
	unsigned count;
	struct list list;
};

/* ---- what is kept ---- */

static struct json_object *kept_words(const struct app *app, const char *list)
{
	struct json_object *object = saved_get(app, list), *words = NULL;

	if (!object || !json_object_object_get_ex(object, "show", &words) ||
	        !json_object_is_type(words, json_type_array))
		return NULL;
	return words;
}

/* Moves the choice at `from` up to `to`. */
static void bring(struct column_choice *choices, unsigned from, unsigned to)
{
	struct column_choice choice = choices[from];

	memmove(&choices[to + 1], &choices[to], (from - to) * sizeof(*choices));
	choices[to] = choice;
}

void columns_order(const struct app *app, const char *list, struct column_choice *choices, unsigned count)
{
	struct json_object *words = kept_words(app, list);
	unsigned placed = 0;

	if (!words)
		return;
	for (unsigned i = 0; i < count; i++)
		choices[i].shown = choices[i].fixed;
	for (size_t i = 0; i < json_object_array_length(words); i++) {
		const char *word = json_object_get_string(json_object_array_get_idx(words, i));

		for (unsigned j = placed; j < count; j++) {
			if (g_strcmp0(choices[j].word, word))
				continue;
			choices[j].shown = true;
			bring(choices, j, placed++);
			break;
		}
	}
}

static void keep(struct columns_dialog *self)
{
	struct json_object *old = saved_get(self->view.app, self->name), *now = NULL;
	struct json_object *words = json_object_new_array();

	/* The order of its rows is kept in the same object. */
	if (!old || json_object_deep_copy(old, &now, NULL) != 0)
		now = json_object_new_object();
	for (unsigned i = 0; i < self->count; i++)
		if (self->choices[i].shown)
			json_object_array_add(words, json_object_new_string(self->choices[i].word));
	json_object_object_add(now, "show", words);
	saved_put(self->view.app, self->name, now);
}

/* ---- the dialog ---- */

static void destroy(struct view *view)
{
	g_free(view);
}

static void draw(struct view *view, struct area area, bool focused)
{
	struct columns_dialog *self = (struct columns_dialog *)view;
	struct area in = box_draw(area, (int)self->count + 3, COLUMNS_WIDTH, false, "Columns");
	int room = MAX(in.rows - 3, 1);

	(void)focused;
	list_set_height(&self->list, (unsigned)room);
	for (int y = 0; y < room && self->list.top + (unsigned)y < self->count; y++) {
		unsigned i = self->list.top + (unsigned)y;
		const struct column_choice *choice = &self->choices[i];

		area_textf(in, y, 0, -1, ROLE_DIALOG, "[%c] %s", choice->fixed ? '=' : choice->shown ? 'x' : ' ',
		        choice->title);
		if (i != self->list.cursor)
			continue;
		area_set_role(in, y, 0, in.cols, ROLE_CURSOR);
		area_cursor(in, y, 1, false);
	}
	area_text(in, in.rows - 2, 0, -1, ROLE_DIM, "Space shows or hides, J K moves it,");
	area_text(in, in.rows - 1, 0, -1, ROLE_DIM, "d the usual ones, Esc closes");
}

static void toggle(struct columns_dialog *self)
{
	struct column_choice *choice = &self->choices[self->list.cursor];

	choice->shown = choice->fixed || !choice->shown;
	keep(self);
}

static void shift(struct columns_dialog *self, int by)
{
	unsigned at = self->list.cursor, to = at + (unsigned)by;
	struct column_choice choice = self->choices[at];

	if (to >= self->count)
		return;
	self->choices[at] = self->choices[to];
	self->choices[to] = choice;
	list_goto(&self->list, to);
	keep(self);
}

static bool key(struct view *view, keycode code, unsigned count)
{
	struct columns_dialog *self = (struct columns_dialog *)view;

	view->dirty = true;
	switch (code) {
	case K_ESC:
	case 'q':
	case KEY_CTRL | 'c':
		app_pop_modal(view->app);
		return true;
	case K_SPACE:
	case K_ENTER:
		toggle(self);
		return true;
	case 'J':
	case KEY_SHIFT | K_DOWN:
		shift(self, 1);
		return true;
	case 'K':
	case KEY_SHIFT | K_UP:
		shift(self, -1);
		return true;
	case 'd':
		memcpy(self->choices, self->usual, sizeof(self->choices));
		keep(self);
		return true;
	default:
		list_key(&self->list, code, count);
		return true;
	}
}

static bool mouse(struct view *view, const struct mouse *event)
{
	struct columns_dialog *self = (struct columns_dialog *)view;

	if (event->what != MOUSE_PRESS || (event->button != 4 && event->button != 5))
		return false;
	list_wheel(&self->list, event->button == 4 ? -1 : 1);
	view->dirty = true;
	return true;
}

static const struct view_ops columns_dialog_view = {
        .name = "columns",
        .title = "Columns",
        .destroy = destroy,
        .draw = draw,
        .key = key,
        .mouse = mouse,
};

struct view *columns_dialog_new(struct app *app, const char *list, const struct column_choice *choices,
        const struct column_choice *usual, unsigned count)
{
	struct columns_dialog *self = g_new0(struct columns_dialog, 1);

	self->view = (struct view){.ops = &columns_dialog_view, .app = app, .dirty = true};
	self->name = list;
	self->count = MIN(count, COLUMNS_MAX);
	memcpy(self->choices, choices, self->count * sizeof(*choices));
	memcpy(self->usual, usual, self->count * sizeof(*usual));
	list_set_count(&self->list, self->count);
	return &self->view;
}
