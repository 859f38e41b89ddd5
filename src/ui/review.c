/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Something long to look at, and what to do about it: see review.h. Main thread. */
#include "review.h"

#include <string.h>

#include "box.h"
#include "list.h"
#include "look.h"
#include "nvirt/diff.h"
#include "nvirt/secret.h"
#include "nvirt/text.h"

enum { SIDE_STEP = 8, REVIEW_COLS_MAX = 120 };

struct review_line {
	enum role role;
	char *text;
};

struct review {
	struct view view;
	char *title, *intro;
	GPtrArray *lines;
	int widest;
	const struct review_choice *choices;
	unsigned on; /* the button with the focus */
	struct list scroll;
	int left; /* columns scrolled out at the left */
	int button_y, button_x[8]; /* on the screen, where last drawn; x is a button's end */
	void (*done)(struct app *app, char key, void *data);
	void *data;
};

/* ---- lines ------------------------------------------------------------------ */

static void line_free(void *data)
{
	struct review_line *line = data;
	g_free(line->text);
	g_free(line);
}

GPtrArray *review_lines_new(void)
{
	return g_ptr_array_new_with_free_func(line_free);
}

static void add_line(GPtrArray *lines, enum role role, const char *text)
{
	struct review_line *line = g_new(struct review_line, 1);
	line->role = role;
	line->text = text_clean(text, -1);
	g_ptr_array_add(lines, line);
}

void review_add_text(GPtrArray *lines, enum role role, const char *text)
{
	g_auto(GStrv) split = g_strsplit(text, "\n", -1);
	unsigned n = g_strv_length(split);
	while (n > 0 && !*split[n - 1])
		n--;
	for (unsigned i = 0; i < n; i++)
		add_line(lines, role, split[i]);
}

void review_add_wrapped(GPtrArray *lines, enum role role, const char *text, int cols)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	g_autoptr(GString) line = g_string_new(NULL);

	for (char **word = words; *word; word++) {
		if (line->len && text_columns(line->str) + 1 + text_columns(*word) > cols) {
			review_add_text(lines, role, line->str);
			g_string_truncate(line, 0);
		}
		g_string_append_printf(line, "%s%s", line->len ? " " : "", *word);
	}
	review_add_text(lines, role, line->str);
}

static enum role diff_role(enum diff_kind kind)
{
	switch (kind) {
	case DIFF_SAME:
		return ROLE_DIALOG;
	case DIFF_REMOVED:
		return ROLE_CRIT;
	case DIFF_ADDED:
		return ROLE_OK;
	case DIFF_HUNK:
		break;
	}
	return ROLE_XML_VALUE;
}

bool review_add_diff(GPtrArray *lines, const char *before, const char *after, unsigned context)
{
	g_autoptr(GArray) diff = diff_lines(before, after, context);
	for (guint i = 0; i < diff->len; i++) {
		const struct diff_line *line = &g_array_index(diff, struct diff_line, i);
		char *raw = diff_line_text(line);
		g_autofree char *once = secret_mask(raw, before);
		g_autofree char *twice = secret_mask(once, after);
		secret_free(raw);
		add_line(lines, diff_role(line->kind), twice);
	}
	return diff->len > 0;
}

/* ---- life ------------------------------------------------------------------- */

static void review_destroy(struct view *view)
{
	struct review *review = (struct review *)view;
	g_ptr_array_unref(review->lines);
	g_free(review->title);
	g_free(review->intro);
	g_free(review);
}

static void answer(struct review *review, char key)
{
	struct app *app = review->view.app;
	void (*done)(struct app *, char, void *) = review->done;
	void *data = review->data;
	app_pop_modal(app);
	if (done)
		done(app, key, data);
}

/* ---- drawing ---------------------------------------------------------------- */

/* What stands right of column `left` of it. */
static const char *skip_columns(const char *text, int left)
{
	int used = 0;
	while (*text && used < left) {
		used += text_char_columns(g_utf8_get_char(text));
		text = g_utf8_next_char(text);
	}
	return text;
}

static void draw_body(struct review *review, struct area body)
{
	struct list *scroll = &review->scroll;
	unsigned rows = (unsigned)MAX(body.rows, 0), count = review->lines->len;
	unsigned last_top = count > rows ? count - rows : 0;
	list_set_height(scroll, rows);
	list_set_count(scroll, count);
	scroll->top = MIN(scroll->cursor, last_top);
	for (unsigned y = 0; y < rows && scroll->top + y < count; y++) {
		const struct review_line *line = review->lines->pdata[scroll->top + y];
		area_text(body, (int)y, 0, body.cols - 1, line->role, skip_columns(line->text, review->left));
	}
	look_scrollbar(body, scroll->top, count);
}

static void draw_buttons(struct review *review, struct area in)
{
	int y = in.rows - 1, x = 0;
	review->button_y = in.y + y;
	for (unsigned i = 0; i < G_N_ELEMENTS(review->button_x) && review->choices[i].key; i++) {
		const struct review_choice *choice = &review->choices[i];
		g_autofree char *label = g_strdup_printf("%c %s", choice->key, choice->label);
		x += box_button(in, y, x, label, i == review->on, choice->danger);
		review->button_x[i] = in.x + x;
		x += 1;
	}
	area_text(in, y, x + 1, -1, ROLE_DIM, "Esc");
}

static void review_draw(struct view *view, struct area area, bool focused)
{
	(void)focused;
	struct review *review = (struct review *)view;
	int width = CLAMP(area.cols - 6, 1, REVIEW_COLS_MAX);
	int wish = CLAMP(review->widest + 1, MIN(width, 60), width);
	g_autoptr(GPtrArray) intro = box_wrap(review->intro, wish);
	int head = (int)intro->len + (intro->len && review->lines->len);
	struct area in = box_draw(area, head + (int)review->lines->len + 2, wish, false, review->title);
	/* A small screen shows the body rather than all of the intro. */
	int body = MIN((int)review->lines->len, 3);
	int shown = MIN((int)intro->len, MAX(in.rows - 2 - (body ? body + 1 : 0), 1));
	for (int y = 0; y < shown; y++)
		area_text(in, y, 0, -1, ROLE_DIALOG, intro->pdata[y]);
	head = MIN(head, shown + 1);
	draw_body(review, area_sub(in, head, 0, MAX(in.rows - head - 2, 0), in.cols));
	draw_buttons(review, in);
}

/* ---- keys ------------------------------------------------------------------- */

static void step_button(struct review *review, int step)
{
	unsigned n = 0;
	while (review->choices[n].key)
		n++;
	review->on = (review->on + n + (unsigned)step) % n;
}

/* The body scrolls as a page. */
static bool scroll_key(struct review *review, keycode key, unsigned count)
{
	struct list *scroll = &review->scroll;
	scroll->cursor = scroll->top;
	if (key == 'G' || key == K_END)
		scroll->cursor = scroll->count > scroll->height ? scroll->count - scroll->height : 0;
	else if (!list_key(scroll, key == 'g' ? K_HOME : key, count))
		return false;
	return true;
}

static bool review_key(struct view *view, keycode key, unsigned count)
{
	struct review *review = (struct review *)view;
	view->dirty = true;
	for (const struct review_choice *choice = review->choices; choice->key; choice++)
		if (key == (keycode)choice->key) {
			answer(review, choice->key);
			return true;
		}
	switch (key) {
	case K_ESC:
	case KEY_CTRL | 'c':
	case KEY_CTRL | 'g':
		answer(review, 0);
		return true;
	case K_ENTER:
		answer(review, review->choices[review->on].key);
		return true;
	case K_TAB:
		step_button(review, 1);
		return true;
	case KEY_SHIFT | K_TAB:
		step_button(review, -1);
		return true;
	case 'l':
	case K_RIGHT:
		review->left = MIN(review->left + SIDE_STEP, MAX(review->widest - SIDE_STEP, 0));
		return true;
	case 'h':
	case K_LEFT:
		review->left = MAX(review->left - SIDE_STEP, 0);
		return true;
	default:
		return scroll_key(review, key, count);
	}
}

static bool review_mouse(struct view *view, const struct mouse *mouse)
{
	struct review *review = (struct review *)view;
	if (mouse->what != MOUSE_PRESS)
		return false;
	view->dirty = true;
	if (mouse->button == 4 || mouse->button == 5)
		return scroll_key(review, mouse->button == 4 ? K_UP : K_DOWN, 3);
	if (mouse->y != review->button_y)
		return false;
	for (unsigned i = 0; i < G_N_ELEMENTS(review->button_x) && review->choices[i].key; i++)
		if (mouse->x < review->button_x[i]) {
			answer(review, review->choices[i].key);
			return true;
		}
	return false;
}

static const struct view_ops review_view = {
        .name = "review",
        .title = "Review",
        .destroy = review_destroy,
        .draw = review_draw,
        .key = review_key,
        .mouse = review_mouse,
};

struct view *review_new(struct app *app, const struct review_options *options)
{
	struct review *review = g_new0(struct review, 1);
	review->view = (struct view){.ops = &review_view, .app = app, .dirty = true};
	review->title = text_clean(options->title, -1);
	review->intro = text_clean_lines(options->intro, -1);
	review->lines = options->lines ? options->lines : review_lines_new();
	for (guint i = 0; i < review->lines->len; i++) {
		const struct review_line *line = review->lines->pdata[i];
		review->widest = MAX(review->widest, text_columns(line->text));
	}
	review->choices = options->choices;
	review->done = options->done;
	review->data = options->data;
	return &review->view;
}
