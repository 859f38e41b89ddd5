/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a plan: what an operation would touch, each with who else uses
 * it; what can be chosen has a box, what can not says why.
 */
#include <string.h>

#include "box.h"
#include "layout.h"
#include "form.h"
#include "list.h"
#include "nvirt/text.h"
#include "review.h"

struct plan_form {
	struct view view;
	struct rect items_at; /* on the screen, as last drawn; the next three too */
	int buttons_y, go_end, cancel_end;
	char *title;
	const char *back;
	struct plan *plan;
	bool pick;
	struct list list; /* the items, then the two buttons */
	form_done done;
	void *data;
	void (*free_data)(void *data);
};

static void plan_form_destroy(struct view *view)
{
	struct plan_form *form = (struct plan_form *)view;
	if (form->free_data && form->data)
		form->free_data(form->data);
	plan_free(form->plan);
	g_free(form->title);
	g_free(form);
}

static const struct plan_item *item_at(const struct plan_form *form, unsigned i)
{
	return form->plan->items->pdata[i];
}

static void finish(struct plan_form *form, struct args *args)
{
	struct app *app = form->view.app;
	form_done done = form->done;
	void *data = g_steal_pointer(&form->data);
	app_pop_modal(app);
	done(app, args, data);
}

static void submit(struct plan_form *form)
{
	g_autoptr(GString) chosen = g_string_new(NULL);
	for (unsigned i = 0; i < form->plan->items->len; i++) {
		const struct plan_item *item = item_at(form, i);
		if (!item->chosen || item->refused)
			continue;
		g_string_append_printf(chosen, "%s%s", chosen->len ? "\n" : "", item->id);
	}
	struct args *args = args_new();
	if (form->pick)
		args_set(args, "remove", chosen->str);
	finish(form, args);
}

/* ---- drawing: two lines an item: what and where, then its note or why not ---- */

static void draw_item(const struct plan_form *form, struct area area, unsigned i, bool focused)
{
	const struct plan_item *item = item_at(form, i);
	enum role role = item->refused ? ROLE_DIM : item->chosen && form->pick ? ROLE_BOLD : ROLE_DIALOG;
	const char *box = item->refused ? "    " : item->required ? "[*] " : item->chosen ? "[x] " : "[ ] ";
	int x = form->pick ? area_text(area, 0, 0, -1, role, box)
	                   : area_textf(area, 0, 0, -1, item->does == PLAN_REMOVE ? ROLE_WARN : role, "%-7s",
	                             plan_does_word(item->does));
	x += area_textf(area, 0, x, -1, role, "%s  ", item->what);
	if (x < area.cols)
		area_tail(area_sub(area, 0, x, 1, area.cols - x), role, item->path ? item->path : "");
	if (item->refused)
		area_textf(area, 1, 6, -1, ROLE_WARN, "%s: %s", form->pick ? "kept" : "refused", item->refused);
	else if (item->note && *item->note)
		area_text(area, 1, 6, -1, ROLE_DIM, item->note);
	if (!focused)
		return;
	area_set_role(area, 0, 0, area.cols, ROLE_CURSOR);
	area_cursor(area, 0, form->pick ? 1 : 0, true);
}

static int draw_notes(const struct plan_form *form, struct area area, int y)
{
	for (guint i = 0; i < form->plan->notes->len; i++) {
		g_autoptr(GPtrArray) lines = box_wrap(form->plan->notes->pdata[i], area.cols);
		for (guint n = 0; n < lines->len && y < area.rows; n++)
			area_text(area, y++, 0, -1, ROLE_WARN, lines->pdata[n]);
	}
	return y;
}

static int note_rows(const struct plan_form *form, int cols)
{
	int rows = 0;
	for (guint i = 0; i < form->plan->notes->len; i++) {
		g_autoptr(GPtrArray) lines = box_wrap(form->plan->notes->pdata[i], cols);
		rows += (int)lines->len;
	}
	return rows;
}

/* Rows for the items of `rows`: all they need where the notes fit below, else what the notes leave. */
static int item_rows(const struct plan_form *form, int rows, int notes)
{
	int need = 2 * MAX((int)form->plan->items->len, 1);
	/* What is chosen from needs the room; where nothing is, the notes say what matters. */
	int kept = form->pick ? MIN(notes, rows / 3) : MIN(notes, MAX(rows - 2, 0));
	return MAX(MIN(need, rows - kept), 0);
}

/* More than fits: told in the last line. */
static void draw_more(struct area area, int notes)
{
	if (notes > area.rows && area.rows > 0) {
		area_fill(area, area.rows - 1, 0, 1, area.cols, ROLE_DIALOG, ' ');
		area_textf(area, area.rows - 1, 0, -1, ROLE_DIM, "... n shows %d more lines", notes - area.rows + 1);
	}
}

static void plan_form_draw(struct view *view, struct area area, bool focused)
{
	(void)focused;
	struct plan_form *form = (struct plan_form *)view;
	int n = (int)form->plan->items->len, width = CLAMP(area.cols - 6, 1, 84);
	int notes = note_rows(form, width);
	struct area in = box_draw(area, 2 * MAX(n, 1) + notes + 3, width, true, form->title);
	struct area items = area_sub(in, 0, 0, item_rows(form, in.rows - 2, notes), in.cols);
	struct area below = area_sub(in, items.rows, 0, in.rows - 2 - items.rows, in.cols);
	unsigned fit = (unsigned)MAX(items.rows / 2, 1), cursor = form->list.cursor;
	unsigned shown = MIN(cursor, (unsigned)MAX(n - 1, 0));
	form->list.top = MIN(form->list.top, shown);
	if (shown >= form->list.top + fit)
		form->list.top = shown - fit + 1;
	for (unsigned i = 0; i < fit && form->list.top + i < (unsigned)n; i++)
		draw_item(form, area_sub(items, (int)i * 2, 0, 2, items.cols), form->list.top + i,
		        form->list.top + i == cursor);
	if (n == 0)
		area_text(items, 0, 0, -1, ROLE_DIM, form->pick ? "nothing besides the definition" : "no files are touched");
	draw_notes(form, below, 0);
	draw_more(below, notes);
	form->items_at = (struct rect){items.y, items.x, items.rows, items.cols};
	int x = box_button(in, in.rows - 1, 0, "Continue", cursor == (unsigned)n, true);
	form->buttons_y = in.y + in.rows - 1;
	form->go_end = in.x + x;
	x += 2 + box_button(in, in.rows - 1, x + 2, form->back, cursor == (unsigned)n + 1, false);
	form->cancel_end = in.x + x;
	area_textf(in, in.rows - 1, x + 2, -1, ROLE_DIM, "%s%s", form->pick ? "Space chooses, Enter continues" : "Enter continues",
	        form->plan->diff ? ", d definition" : "");
}

/* ---- keys ------------------------------------------------------------------- */

static void toggle(struct plan_form *form)
{
	if (form->list.cursor >= form->plan->items->len || !form->pick)
		return;
	struct plan_item *item = form->plan->items->pdata[form->list.cursor];
	if (item->refused)
		app_notice(form->view.app, LEVEL_WARNING, "%s is kept: %s", item->what, item->refused);
	else if (item->required)
		app_notice(form->view.app, LEVEL_WARNING, "%s is always part of it", item->what);
	else
		item->chosen = !item->chosen;
}

static void show_notes(struct plan_form *form)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (guint i = 0; i < form->plan->notes->len; i++)
		g_string_append_printf(text, "%s%s", i ? "\n" : "", (const char *)form->plan->notes->pdata[i]);
	if (text->len)
		app_show_text(form->view.app, form->title, text->str);
}

/* What changes in the definition, on a screen of its own. */
static void show_diff(struct plan_form *form)
{
	static const struct review_choice choices[] = {{'c', "Close", false}, {0}};
	if (!form->plan->diff)
		return;
	GPtrArray *lines = review_lines_new();
	g_auto(GStrv) split = g_strsplit(form->plan->diff, "\n", -1);
	for (char **line = split; *line && (**line || line[1]); line++)
		review_add_text(lines,
		        **line == '+'   ? ROLE_OK
		        : **line == '-' ? ROLE_CRIT
		        : **line == '@' ? ROLE_XML_VALUE
		                        : ROLE_DIALOG,
		        **line ? *line : " ");
	app_push_modal(form->view.app,
	        review_new(form->view.app, &(struct review_options){.title = form->title,
	                                           .intro = "What changes in the definition.",
	                                           .lines = lines,
	                                           .choices = choices}));
}

static bool plan_form_key(struct view *view, keycode key, unsigned count)
{
	struct plan_form *form = (struct plan_form *)view;
	unsigned n = form->plan->items->len;
	view->dirty = true;
	switch (key) {
	case K_ESC:
	case 'q':
	case KEY_CTRL | 'c':
		finish(form, NULL);
		return true;
	case K_SPACE:
		toggle(form);
		return true;
	case 'n':
		show_notes(form);
		return true;
	case 'd':
		show_diff(form);
		return true;
	case K_ENTER:
		if (form->list.cursor == n + 1)
			finish(form, NULL);
		else
			submit(form);
		return true;
	case K_TAB:
	case K_RIGHT:
		list_goto(&form->list, (form->list.cursor + 1) % (n + 2));
		return true;
	case KEY_SHIFT | K_TAB:
	case K_LEFT:
		list_goto(&form->list, (form->list.cursor + n + 1) % (n + 2));
		return true;
	default:
		return list_key(&form->list, key, count);
	}
}

/* A click puts the cursor there, and chooses in the box. */
static bool plan_form_mouse(struct view *view, const struct mouse *mouse)
{
	struct plan_form *form = (struct plan_form *)view;
	unsigned n = form->plan->items->len;
	unsigned row = form->list.top + (unsigned)MAX(mouse->y - form->items_at.y, 0) / 2;
	if (mouse->what != MOUSE_PRESS)
		return false;
	view->dirty = true;
	if (mouse->button == 4 || mouse->button == 5) {
		list_wheel(&form->list, mouse->button == 4 ? -1 : 1);
	} else if (mouse->button == 1 && rect_contains(&form->items_at, mouse->y, mouse->x) && row < n) {
		list_goto(&form->list, row);
		if (mouse->x < form->items_at.x + 4)
			toggle(form);
	} else if (mouse->button == 1 && mouse->y == form->buttons_y && mouse->x >= form->items_at.x &&
	           mouse->x < form->cancel_end) {
		list_goto(&form->list, n + (mouse->x >= form->go_end));
		plan_form_key(view, K_ENTER, 0);
	}
	return true;
}

static const struct view_ops plan_form_view = {
        .name = "plan",
        .title = "Plan",
        .destroy = plan_form_destroy,
        .draw = plan_form_draw,
        .key = plan_form_key,
        .mouse = plan_form_mouse,
};

struct view *plan_form_new(struct app *app, const struct plan_form_options *options)
{
	struct plan_form *form = g_new0(struct plan_form, 1);
	unsigned n = options->plan->items->len;
	form->view = (struct view){.ops = &plan_form_view, .app = app, .dirty = true};
	form->title = g_strdup(options->title);
	form->plan = options->plan;
	form->pick = options->pick;
	form->back = options->back;
	form->done = options->done;
	form->data = options->data;
	form->free_data = options->free_data;
	form->list.height = G_MAXINT;
	list_set_count(&form->list, n + 2);
	/* Where nothing can be chosen, the next thing to do is to go on. */
	if (!form->pick)
		list_goto(&form->list, n);
	return &form->view;
}
