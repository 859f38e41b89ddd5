/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drawing: the regions that are dirty, the lines between them, the status
 * line, the dialogs on top. The focused region's line is double and its title
 * pointed at, so that it shows without colour. Main thread.
 */
#include <string.h>

#include "app_private.h"
#include "commands.h"
#include "nvirt/text.h"

enum { NOTICE_US = 8 * G_USEC_PER_SEC, NOTICE_ERROR_US = 20 * G_USEC_PER_SEC };

static struct area area_of(struct app *app, const struct rect *rect)
{
	return area_sub(canvas_area(&app->canvas), rect->y, rect->x, rect->rows, rect->cols);
}

static bool has_focus(const struct app *app, enum region region)
{
	return app->focus == region && app->modals->len == 0;
}

/* ---- lines and titles ------------------------------------------------------- */

static char *content_title(const struct app *app)
{
	const char *name = store_name(app->store, &app->open);
	if (app->open.kind == OBJ_NONE)
		return g_strdup(app->regions[REGION_CONTENT]->ops->title);
	return g_strdup_printf("%s %s", obj_kind_word(app->open.kind), name);
}

static char *region_title(const struct app *app, enum region region)
{
	const struct view *view = app->regions[region];
	g_autofree char *title = region == REGION_CONTENT ? content_title(app)
	                         : view->ops->heading     ? view->ops->heading(view)
	                                                  : g_strdup(view->ops->title);
	const char *filter = view->ops->filter && view->ops->set_filter ? view->ops->filter(view) : NULL;
	if (region == app->focus)
		filter = app_filter(app);
	if (!filter || !*filter)
		return g_steal_pointer(&title);
	return g_strdup_printf("%s  /%s", title, filter);
}

static void draw_title(struct app *app, struct area line, enum region region)
{
	bool focused = has_focus(app, region);
	enum role border = focused ? ROLE_BORDER_FOCUS : ROLE_BORDER;
	area_fill(line, 0, 0, 1, line.cols, border,
	        glyph_char(focused ? GLYPH_H_FOCUS : GLYPH_H, line.canvas->ascii));
	if (!app->regions[region] || line.cols < 8)
		return;
	g_autofree char *title = region_title(app, region);
	area_text(line, 0, 1, 1, border, " ");
	if (focused)
		area_glyph(line, 0, 1, border, GLYPH_HERE);
	int used = area_text(line, 0, 2, line.cols - 4, focused ? ROLE_BORDER_FOCUS : ROLE_TITLE, title);
	area_text(line, 0, 2 + used, 1, border, " ");
}

static void draw_separator(struct app *app, struct area column, const struct rect *tasks_title)
{
	bool top = has_focus(app, REGION_TREE) || has_focus(app, REGION_CONTENT);
	bool bottom = has_focus(app, REGION_TASKS);
	for (int y = 0; y < column.rows; y++)
		area_glyph(column, y, 0, ROLE_BORDER, GLYPH_V);
	if (column.rows > 0)
		area_glyph(column, 0, 0, top ? ROLE_BORDER_FOCUS : ROLE_BORDER,
		        top ? GLYPH_T_DOWN_FOCUS : GLYPH_T_DOWN);
	struct area line = area_of(app, tasks_title);
	int x = column.x - tasks_title->x;
	g_autofree char *title = region_title(app, REGION_TASKS);
	if (column.cols > 0 && text_columns(title) + 4 < x)
		area_glyph(line, 0, x, bottom ? ROLE_BORDER_FOCUS : ROLE_BORDER,
		        bottom ? GLYPH_T_UP_FOCUS : GLYPH_T_UP);
}

static void draw_switcher(struct app *app, struct area line)
{
	static const char *const names[] = {"g1 Tree", "g2 Object", "g3 Tasks"};
	area_clear(line, ROLE_TAB);
	for (int i = 0; i < 3; i++) {
		bool active = (int)app->focus == REGION_TREE + i;
		struct area part = area_sub(line, 0, line.cols * i / 3, 1, line.cols / 3);
		area_textf(part, 0, 0, -1, active ? ROLE_TAB_ACTIVE : ROLE_TAB, active ? "[%s]" : " %s ", names[i]);
	}
}

/* ---- the status line -------------------------------------------------------- */

bool app_notice_shown(const struct app *app)
{
	const struct notice *notice = store_notice(app->store);
	if (!notice || !*notice->text)
		return false;
	gint64 life = notice->level == LEVEL_ERROR ? NOTICE_ERROR_US : NOTICE_US;
	return app_now_us(app) - notice->us < life;
}

static enum role level_role(enum level level)
{
	switch (level) {
	case LEVEL_INFO:
		return ROLE_BOLD;
	case LEVEL_WARNING:
		return ROLE_WARN;
	case LEVEL_ERROR:
		return ROLE_CRIT;
	}
	return ROLE_BOLD;
}

/* What is under way, at the right edge: a count being typed, marks. Returns the columns left of it. */
static int draw_pending(struct app *app, struct area line)
{
	g_autoptr(GArray) marks = store_marks(app->store, OBJ_NONE);
	g_autofree char *text = NULL;
	if (app->count > 0)
		text = g_strdup_printf(" %u ", app->count);
	else if (marks->len > 0)
		text = g_strdup_printf(" %s%u marked ", app->range ? "range, " : "", marks->len);
	int cols = text ? text_columns(text) : 0;
	if (cols == 0 || cols + 10 > line.cols)
		return line.cols;
	area_text(line, 0, line.cols - cols, cols, ROLE_MARKED, text);
	return line.cols - cols;
}

/* While a guest has the keys none of ours is one. */
static bool grabbed(const struct app *app)
{
	const struct view *view = app_focused_view(app);
	struct view *inner = view && view->ops->inner ? view->ops->inner(app->regions[app->focus]) : NULL;
	return inner && inner->ops->grab && inner->ops->grab(inner, K_NONE);
}

static void draw_status(struct app *app, struct area line)
{
	area_clear(line, ROLE_TEXT);
	line = area_sub(line, 0, 0, 1, draw_pending(app, line));
	if (app->filter) {
		area_text(line, 0, 0, 1, ROLE_KEY, "/");
		struct area field = area_sub(line, 0, 1, 1, line.cols - 1);
		lineedit_draw(app->filter, field, ROLE_DIALOG_FIELD_FOCUS, true);
	} else if (app_notice_shown(app)) {
		const struct notice *notice = store_notice(app->store);
		area_text(line, 0, 1, line.cols - 1, level_role(notice->level), notice->text);
	} else if (grabbed(app)) {
		int x = 1 + area_text(line, 0, 1, -1, ROLE_KEY, "Ctrl-]");
		area_text(line, 0, x + 1, -1, ROLE_KEY_LABEL, "takes the keys back from the guest; all others are its own");
	} else {
		commands_draw_hints(app, line);
	}
}

/* ---- everything ------------------------------------------------------------- */

static void draw_too_small(struct area area)
{
	area_clear(area, ROLE_TEXT);
	g_autofree char *text = g_strdup_printf("terminal too small %dx%d (need %dx%d)", area.cols, area.rows,
	        LAYOUT_MIN_COLS, LAYOUT_MIN_ROWS);
	for (int y = 0; y < area.rows && *text; y++) {
		/* It wraps hard: on so little room every character counts. */
		gsize at = MIN((gsize)(y * area.cols), strlen(text));
		g_autofree char *part = g_strndup(text + at, (gsize)area.cols);
		area_text(area, y, 0, -1, ROLE_TEXT, part);
	}
}

static void draw_region(struct app *app, enum region region, const struct rect *rect)
{
	struct view *view = app->regions[region];
	if (!view || rect->rows == 0 || rect->cols == 0)
		return;
	if (view->dirty || view->moved) {
		struct area area = area_of(app, rect);
		area_clear(area, ROLE_TEXT);
		view->ops->draw(view, area, has_focus(app, region));
	}
}

static void draw_chrome(struct app *app, const struct layout *layout)
{
	for (int i = 0; i < REGION_N; i++)
		if (layout->title[i].rows > 0)
			draw_title(app, area_of(app, &layout->title[i]), (enum region)i);
	if (layout->separator.cols > 0)
		draw_separator(app, area_of(app, &layout->separator), &layout->title[REGION_TASKS]);
	if (layout->switcher.rows > 0)
		draw_switcher(app, area_of(app, &layout->switcher));
}

static void clear_dirty(struct app *app)
{
	app->dirty = false;
	for (int i = 0; i < REGION_N; i++)
		if (app->regions[i])
			app->regions[i]->dirty = app->regions[i]->moved = false;
	for (guint i = 0; i < app->modals->len; i++)
		((struct view *)app->modals->pdata[i])->dirty = false;
}

bool app_draw_moved(struct app *app)
{
	struct view *view = app->regions[app->focus];
	struct layout layout;
	bool only = app->steady && app->modals->len == 0 && !app->filter && view && view->moved && !view->dirty;
	if (!only || !view->ops->draw_moved)
		return false;
	app_compute_layout(app, &layout);
	view->ops->draw_moved(view, area_of(app, &layout.region[app->focus]), true);
	view->moved = false;
	return true;
}

/* Whoever draws last says where the hardware cursor rests; without a dialog or prompt that is the focused region. */
static void release_cursor(struct app *app)
{
	struct view *view = app->regions[app->focus];
	if (app->steady && view && !view->dirty && !view->moved)
		return;
	app->canvas.cursor_y = app->canvas.cursor_x = -1;
	app->canvas.cursor_visible = false;
	if (view)
		view->dirty = true;
}

void app_draw(struct app *app)
{
	struct layout layout;
	app_draw_moved(app);
	app_cool(app);
	app_compute_layout(app, &layout);
	/* A dialog lies over regions that are not dirty themselves: all or nothing. */
	if (app->modals->len > 0)
		app_redraw(app);
	release_cursor(app);
	app->steady = app->modals->len == 0 && !app->filter && layout.mode != LAYOUT_TOO_SMALL;
	if (layout.mode == LAYOUT_TOO_SMALL) {
		draw_too_small(area_of(app, &layout.message));
		clear_dirty(app);
		return;
	}
	for (int i = 0; i < REGION_N; i++)
		draw_region(app, (enum region)i, &layout.region[i]);
	draw_chrome(app, &layout);
	draw_status(app, area_of(app, &layout.status));
	for (guint i = 0; i < app->modals->len; i++) {
		struct view *modal = app->modals->pdata[i];
		/* Only the top one is there to be clicked. */
		app_cool(app);
		modal->ops->draw(modal, canvas_area(&app->canvas), i + 1 == app->modals->len);
	}
	clear_dirty(app);
}
