/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small dialogs. The one who asked is told once: by `done` when the user
 * answers, by `free_data` when the dialog goes for another reason.
 */
#include "dialog.h"

#include <string.h>

#include "box.h"
#include "lineedit.h"
#include "list.h"
#include "nvirt/text.h"

struct dialog {
	struct view view;
	enum dialog_kind kind;
	char *title, *text, *yes, *want;
	bool danger;
	bool on_yes;   /* which button has the focus */
	bool mismatch; /* Enter came while the name was wrong */
	struct lineedit edit;
	struct list scroll; /* rows are lines of text */
	void (*done)(struct app *app, bool yes, void *data);
	void *data;
	void (*free_data)(void *data);
};

static void dialog_destroy(struct view *view)
{
	struct dialog *dialog = (struct dialog *)view;
	if (dialog->free_data && dialog->data)
		dialog->free_data(dialog->data);
	lineedit_fini(&dialog->edit);
	g_free(dialog->title);
	g_free(dialog->text);
	g_free(dialog->yes);
	g_free(dialog->want);
	g_free(dialog);
}

static void answer(struct dialog *dialog, bool yes)
{
	struct app *app = dialog->view.app;
	void (*done)(struct app *, bool, void *) = dialog->done;
	void *data = done ? g_steal_pointer(&dialog->data) : NULL;
	app_pop_modal(app);
	if (done)
		done(app, yes, data);
}

/* ---- drawing ---------------------------------------------------------------- */

static int footer_rows(const struct dialog *dialog)
{
	return dialog->kind == DIALOG_NAME ? 4 : 2;
}

static void draw_buttons(const struct dialog *dialog, struct area area, int y)
{
	if (dialog->kind == DIALOG_TEXT) {
		area_text(area, y, 0, -1, ROLE_DIM, "Esc or any other key closes");
		app_hot(dialog->view.app, area_sub(area, y, 0, 1, area.cols), K_ESC);
		return;
	}
	if (dialog->kind == DIALOG_WAIT) {
		area_text(area, y, 0, -1, ROLE_DIM, "Esc gives up");
		app_hot(dialog->view.app, area_sub(area, y, 0, 1, area.cols), K_ESC);
		return;
	}
	if (dialog->kind == DIALOG_NAME) {
		area_text(area, y, 0, -1, ROLE_DIM, "Enter confirms, Esc cancels");
		app_hot(dialog->view.app, area_sub(area, y, 0, 1, 14), K_ENTER);
		app_hot(dialog->view.app, area_sub(area, y, 16, 1, 11), K_ESC);
		return;
	}
	int x = box_button(area, y, 0, dialog->yes, dialog->on_yes, dialog->danger);
	app_hot(dialog->view.app, area_sub(area, y, 0, 1, x), 'y');
	int cancel = box_button(area, y, x + 2, "Cancel", !dialog->on_yes, false);
	app_hot(dialog->view.app, area_sub(area, y, x + 2, 1, cancel), 'n');
}

static void draw_name(const struct dialog *dialog, struct area area, int y)
{
	area_textf(area, y, 0, -1, dialog->mismatch ? ROLE_CRIT : ROLE_TEXT, "Type %s to confirm:", dialog->want);
	lineedit_draw(&dialog->edit, area_sub(area, y + 1, 0, 1, area.cols), ROLE_DIALOG_FIELD_FOCUS, true);
}

static void dialog_draw(struct view *view, struct area area, bool focused)
{
	(void)focused;
	struct dialog *dialog = (struct dialog *)view;
	int width = CLAMP(area.cols - 8, 1, 72), footer = footer_rows(dialog);
	g_autoptr(GPtrArray) lines = box_wrap(dialog->text, width);
	int longest = dialog->kind == DIALOG_NAME ? 44 : 28;
	for (guint i = 0; i < lines->len; i++)
		longest = MAX(longest, text_columns(lines->pdata[i]));
	struct area in = box_draw(
	        area, (int)lines->len + footer, MIN(longest, width), dialog->danger, dialog->title);
	int room = MAX(in.rows - footer, 0);
	list_set_count(&dialog->scroll, lines->len);
	list_set_height(&dialog->scroll, (unsigned)room);
	unsigned last_top = lines->len > (guint)room ? lines->len - (guint)room : 0;
	unsigned top = MIN(dialog->scroll.cursor, last_top);
	for (int y = 0; y < room && top + (guint)y < lines->len; y++)
		area_text(in, y, 0, -1, ROLE_DIALOG, lines->pdata[top + (guint)y]);
	if (top < last_top)
		area_glyph(in, room - 1, in.cols - 1, ROLE_KEY, GLYPH_DOWN);
	if (dialog->kind == DIALOG_NAME)
		draw_name(dialog, in, in.rows - 3);
	draw_buttons(dialog, in, in.rows - 1);
}

/* ---- keys ------------------------------------------------------------------- */

static bool ask_key(struct dialog *dialog, keycode key)
{
	switch (key) {
	case 'y':
		answer(dialog, true);
		return true;
	case 'n':
	case 'q':
		answer(dialog, false);
		return true;
	case K_ENTER:
	case K_SPACE:
		answer(dialog, dialog->on_yes);
		return true;
	case K_TAB:
	case KEY_SHIFT | K_TAB:
	case K_LEFT:
	case K_RIGHT:
	case 'h':
	case 'l':
		dialog->on_yes = !dialog->on_yes;
		return true;
	default:
		return list_key(&dialog->scroll, key, 0);
	}
}

static bool name_key(struct dialog *dialog, keycode key)
{
	if (key != K_ENTER)
		return lineedit_key(&dialog->edit, key);
	dialog->mismatch = strcmp(lineedit_get(&dialog->edit), dialog->want) != 0;
	if (!dialog->mismatch)
		answer(dialog, true);
	return true;
}

/* Scrolling keys scroll only while there is more to see. */
static bool text_key(struct dialog *dialog, keycode key)
{
	bool scrolls = dialog->scroll.count > dialog->scroll.height;
	if (!scrolls || !list_key(&dialog->scroll, key, 0))
		answer(dialog, true);
	return true;
}

static bool dialog_key(struct view *view, keycode key, unsigned count)
{
	(void)count;
	struct dialog *dialog = (struct dialog *)view;
	view->dirty = true;
	if (key == K_ESC || key == (KEY_CTRL | 'c') || key == (KEY_CTRL | 'g')) {
		answer(dialog, false);
		return true;
	}
	switch (dialog->kind) {
	case DIALOG_TEXT:
		return text_key(dialog, key);
	case DIALOG_ASK:
		return ask_key(dialog, key);
	case DIALOG_NAME:
		return name_key(dialog, key);
	case DIALOG_WAIT:
		return true;
	}
	return true;
}

static bool dialog_mouse(struct view *view, const struct mouse *mouse)
{
	struct dialog *dialog = (struct dialog *)view;
	if (mouse->what != MOUSE_PRESS || (mouse->button != 4 && mouse->button != 5))
		return false;
	list_wheel(&dialog->scroll, mouse->button == 4 ? -1 : 1);
	view->dirty = true;
	return true;
}

static void dialog_paste(struct view *view, const char *text)
{
	struct dialog *dialog = (struct dialog *)view;
	if (dialog->kind == DIALOG_NAME)
		lineedit_insert(&dialog->edit, text);
	view->dirty = true;
}

static const struct view_ops dialog_view = {
        .name = "dialog",
        .title = "Dialog",
        .destroy = dialog_destroy,
        .draw = dialog_draw,
        .key = dialog_key,
        .mouse = dialog_mouse,
        .paste = dialog_paste,
};

struct view *dialog_new(struct app *app, const struct dialog_options *options)
{
	struct dialog *dialog = g_new0(struct dialog, 1);
	dialog->view = (struct view){.ops = &dialog_view, .app = app, .dirty = true};
	dialog->kind = options->kind;
	dialog->title = g_strdup(options->title);
	dialog->text = g_strdup(options->text);
	dialog->yes = g_strdup(options->yes ? options->yes : "Yes");
	dialog->want = g_strdup(options->want ? options->want : "");
	dialog->danger = options->danger;
	dialog->on_yes = !options->danger;
	dialog->done = options->done;
	dialog->data = options->data;
	dialog->free_data = options->free_data;
	lineedit_init(&dialog->edit, NULL, 512);
	return &dialog->view;
}
