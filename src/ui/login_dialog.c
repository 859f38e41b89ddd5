/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A user's name and a password: see login_dialog.h. What is typed is a secret and never shown. */
#include "login_dialog.h"

#include <string.h>

#include "box.h"
#include "lineedit.h"
#include "nvirt/text.h"

enum { WIDTH = 50, SECRET_MAX = 256 };

enum field { FIELD_USER, FIELD_PASSWORD, FIELD_N };

struct login {
	struct view view;
	char *text;
	bool with_user;
	enum field field;
	struct lineedit edits[FIELD_N];
	void (*done)(struct app *app, const char *user, const char *password, void *data);
	void *data;
};

static void wipe(struct lineedit *edit)
{
	explicit_bzero(edit->text->str, edit->text->allocated_len);
	lineedit_fini(edit);
}

static void destroy(struct view *view)
{
	struct login *self = (struct login *)view;

	for (int i = 0; i < FIELD_N; i++)
		wipe(&self->edits[i]);
	g_free(self->text);
	g_free(self);
}

/* As many stars as characters. */
static void draw_masked(const struct lineedit *edit, struct area area, enum role role, bool focused)
{
	const char *text = lineedit_get(edit);
	g_autofree char *stars = g_strnfill((gsize)g_utf8_strlen(text, -1), '*');
	struct lineedit masked;

	lineedit_init(&masked, stars, SECRET_MAX);
	masked.cursor = (gsize)g_utf8_pointer_to_offset(text, text + edit->cursor);
	lineedit_draw(&masked, area, role, focused);
	lineedit_fini(&masked);
}

static void draw_field(const struct login *self, struct area area, int y, enum field field, const char *title, bool focused)
{
	bool chosen = self->field == field;
	enum role role = chosen ? ROLE_DIALOG_FIELD_FOCUS : ROLE_DIALOG_FIELD;
	struct area box = area_sub(area, y, 10, 1, area.cols - 10);

	area_text(area, y, 0, 10, ROLE_DIALOG, title);
	if (field == FIELD_USER)
		lineedit_draw(&self->edits[field], box, role, focused && chosen);
	else
		draw_masked(&self->edits[field], box, role, focused && chosen);
}

static void draw(struct view *view, struct area area, bool focused)
{
	struct login *self = (struct login *)view;
	int width = CLAMP(area.cols - 8, 1, WIDTH), y;
	g_autoptr(GPtrArray) lines = box_wrap(self->text, width);
	struct area in = box_draw(area, (int)lines->len + 5, width, false, "Log in to the screen");

	for (y = 0; y < (int)lines->len; y++)
		area_text(in, y, 0, -1, ROLE_DIALOG, lines->pdata[y]);
	if (self->with_user)
		draw_field(self, in, y + 1, FIELD_USER, "User", focused);
	draw_field(self, in, y + 2, FIELD_PASSWORD, "Password", focused);
	area_text(in, y + 4, 0, -1, ROLE_DIM, "Enter logs in, Esc leaves; it is not kept anywhere");
}

static void answer(struct login *self)
{
	/* The dialog goes first, for the answer may open the next one. */
	void (*done)(struct app *app, const char *user, const char *password, void *data) = self->done;
	char *user = g_strdup(lineedit_get(&self->edits[FIELD_USER]));
	char *password = g_strdup(lineedit_get(&self->edits[FIELD_PASSWORD]));
	struct app *app = self->view.app;
	void *data = self->data;

	app_pop_modal(app);
	done(app, user, password, data);
	explicit_bzero(password, strlen(password));
	g_free(password);
	g_free(user);
}

static bool key(struct view *view, keycode code, unsigned count)
{
	struct login *self = (struct login *)view;

	(void)count;
	view->dirty = true;
	if (code == K_ESC || code == (KEY_CTRL | 'c')) {
		app_pop_modal(view->app);
	} else if (self->with_user && (code == K_TAB || code == K_UP || code == K_DOWN || code == (KEY_SHIFT | K_TAB) ||
	                                      (code == K_ENTER && self->field == FIELD_USER))) {
		self->field = self->field == FIELD_USER ? FIELD_PASSWORD : FIELD_USER;
	} else if (code == K_ENTER) {
		answer(self);
	} else {
		lineedit_key(&self->edits[self->field], code);
	}
	return true;
}

static void paste(struct view *view, const char *text)
{
	struct login *self = (struct login *)view;

	lineedit_insert(&self->edits[self->field], text);
	view->dirty = true;
}

static const struct view_ops login_view = {
        .name = "login-dialog",
        .title = "Log in to the screen",
        .destroy = destroy,
        .draw = draw,
        .key = key,
        .paste = paste,
};

struct view *login_dialog_new(struct app *app, const struct login_options *options)
{
	struct login *self = g_new0(struct login, 1);

	self->view = (struct view){.ops = &login_view, .app = app, .dirty = true};
	self->text = g_strdup(options->text);
	self->with_user = options->user;
	self->field = options->user ? FIELD_USER : FIELD_PASSWORD;
	self->done = options->done;
	self->data = options->data;
	for (int i = 0; i < FIELD_N; i++) {
		lineedit_init(&self->edits[i], NULL, SECRET_MAX);
		/* So that it never moves and leaves a copy behind. */
		g_string_set_size(self->edits[i].text, SECRET_MAX);
		g_string_truncate(self->edits[i].text, 0);
	}
	return &self->view;
}
