/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host, Wall: the screens of all its guests that run, or of all hosts', as live text beside each other, as many as fit, a
 * page at a time. Of a text screen its last lines are seen, of a picture all of it. Enter opens the
 * guest's Console tab. Main thread.
 */
#include <string.h>

#include "box.h"
#include "content.h"
#include "list.h"
#include "look.h"
#include "nvirt/text.h"
#include "screen_draw.h"
#include "wall.h"

/* The least that tells something, title included. */
enum { TILE_ROWS = 5, TILE_COLS = 25, SHAPE_ROWS = 26, SHAPE_COLS = 80 };

/* An age worth telling. */
#define OLD_US (15 * G_USEC_PER_SEC)

struct host_wall {
	struct view view;
	struct obj_ref ref;
	struct wall *wall;
	GArray *guests; /* struct obj_ref: those that run and pass the filter, in the tree's order */
	struct obj_ref cursor; /* the guest, or OBJ_NONE */
	unsigned at;           /* its index */
	char *filter, *fold;
	bool all;   /* hosts, not only the one that is open */
	bool whole; /* text screens too are drawn smaller, in place of their last lines */
	/* As last drawn. */
	int down, across, rows, cols;
};

static struct host_wall *self_of(struct view *view)
{
	return (struct host_wall *)view;
}

static unsigned page_size(const struct host_wall *self)
{
	return (unsigned)MAX(self->down * self->across, 1);
}

static const struct obj_ref *guest_at(const struct host_wall *self, unsigned index)
{
	return &g_array_index(self->guests, struct obj_ref, index);
}

/* ---- which guests ---- */

static void keep_cursor(struct host_wall *self)
{
	unsigned count = self->guests->len;

	for (unsigned i = 0; i < count; i++)
		if (obj_ref_equal(guest_at(self, i), &self->cursor)) {
			self->at = i;
			return;
		}
	self->at = MIN(self->at, count ? count - 1 : 0);
	self->cursor = count ? *guest_at(self, self->at) : (struct obj_ref){.kind = OBJ_NONE};
}

/* There are others whose guests might be meant. */
static bool shows_several_hosts(const struct host_wall *self)
{
	return self->all && store_host_count(self->view.app->store) > 1;
}

/* By name or by what the screen says: "panic" finds them all. Of several hosts also by theirs. */
static bool passes(const struct host_wall *self, const struct host *host, const struct guest *guest)
{
	g_autofree char *sign = text_fold(screen_sign_words(guest->sign));
	g_autofree char *where = text_fold(shows_several_hosts(self) ? host->name : "");
	g_autofree char *text = g_strconcat(guest->fold, " ", sign, " ", where, NULL);

	return guest_state_active(guest->state) && filter_match(text, self->fold);
}

static void collect_host(struct host_wall *self, const struct host *host)
{
	for (unsigned i = 0; host && i < host->guests->len; i++) {
		const struct guest *guest = host->guests->pdata[i];

		if (passes(self, host, guest))
			g_array_append_val(self->guests, guest->ref);
	}
}

static void collect(struct host_wall *self)
{
	const struct store *store = self->view.app->store;

	g_array_set_size(self->guests, 0);
	if (!self->all)
		collect_host(self, store_host(store, self->ref.host));
	for (unsigned h = 0; self->all && h < store_host_count(store); h++)
		collect_host(self, store_host_at(store, h));
	keep_cursor(self);
}

static void move_to(struct host_wall *self, unsigned index)
{
	if (!self->guests->len)
		return;
	self->at = MIN(index, self->guests->len - 1);
	self->cursor = *guest_at(self, self->at);
	content_touch(&self->view);
}

/* ---- where ---- */

/* As many beside each other as fit; of fewer guests each has more. */
static void arrange(struct host_wall *self, int rows, int cols)
{
	int most_down = MAX(rows / TILE_ROWS, 1), most_across = MAX(cols / TILE_COLS, 1);
	double best = -1;

	self->down = most_down;
	self->across = most_across;
	for (int across = 1; across <= most_across; across++) {
		int down = ((int)self->guests->len + across - 1) / across;

		if (down < 1 || down > most_down)
			continue;
		double part = MIN((double)(cols / across) / SHAPE_COLS, (double)(rows / down) / SHAPE_ROWS);

		if (part > best) {
			best = part;
			self->down = down;
			self->across = across;
		}
	}
	self->rows = rows / self->down;
	self->cols = (cols + 1) / self->across - 1;
}

static unsigned page_first(const struct host_wall *self)
{
	return self->at - self->at % page_size(self);
}

static unsigned page_end(const struct host_wall *self)
{
	return MIN(page_first(self) + page_size(self), self->guests->len);
}

/* ---- one tile ---- */

static bool row_blank(const struct text_screen *screen, int row)
{
	const struct text_cell *cells = screen->cells + (gsize)row * (gsize)screen->cols;

	for (int col = 0; col < screen->cols; col++)
		if (cells[col].ch != ' ' && cells[col].ch)
			return false;
	return true;
}

/* Columns that are blank in all of the rows to be drawn, where what follows would not fit otherwise. */
static int indent(const struct text_screen *screen, const int *rows, int count, int cols)
{
	int first = screen->cols, end = 0;

	for (int i = 0; i < count; i++) {
		const struct text_cell *cells = screen->cells + (gsize)rows[i] * (gsize)screen->cols;

		for (int col = 0; col < screen->cols; col++)
			if (cells[col].ch != ' ' && cells[col].ch) {
				first = MIN(first, col);
				end = MAX(end, col + 1);
			}
	}
	return end > cols && first < screen->cols ? MIN(first, MAX(screen->cols - cols, 0)) : 0;
}

/* The last lines that are not blank; of several blank ones between them one. */
static void draw_lines(struct area area, const struct text_screen *screen, struct screen_look *look)
{
	g_autofree int *rows = g_new(int, (gsize)MAX(area.rows, 1));
	int count = 0, row = screen->rows - 1;

	while (row >= 0 && row != screen->cursor_row && row_blank(screen, row))
		row--;
	for (; row >= 0 && count < area.rows; row--)
		if (row == screen->cursor_row || !row_blank(screen, row) || (count && !row_blank(screen, rows[count - 1])))
			rows[count++] = row;
	int col = indent(screen, rows, count, area.cols);
	for (int i = 0; i < count; i++) {
		look->row = rows[i];
		look->col = col;
		screen_draw(area_sub(area, count - 1 - i, 0, 1, area.cols), screen, look);
	}
}

static void draw_screen(struct host_wall *self, struct area area, const struct wall_tile *tile)
{
	const struct text_screen *screen = tile->screen;
	struct screen_look look = {.coloured = !self->view.app->options->mono, .grey = !tile->live && *tile->words};

	if (screen->kind == SCREEN_BLANK) {
		area_text(area, 0, 0, -1, ROLE_DIM, "the screen is blank");
	} else if (screen->kind == SCREEN_PICTURE || self->whole || screen_fits(screen, area.rows, area.cols)) {
		look.scaled = true;
		screen_draw(area, screen, &look);
	} else {
		draw_lines(area, screen, &look);
	}
}

/* What its screen says, or how old it is. Owned. */
static char *tile_note(const struct host_wall *self, const struct guest *guest, const struct wall_tile *tile)
{
	gint64 age_us = tile && tile->seen_us ? app_now_us(self->view.app) - tile->seen_us : 0;

	if (guest->sign)
		return look_guest_sign(self->view.app, guest);
	if (tile && tile->screen && !tile->live && age_us >= OLD_US) {
		g_autofree char *span = look_span_us(age_us);

		return g_strdup_printf("%s old", span);
	}
	return g_strdup("");
}

/* Two hosts may both have a "web". Owned. */
static char *tile_name(const struct host_wall *self, const struct guest *guest)
{
	const struct host *host = shows_several_hosts(self) ? store_host(self->view.app->store, guest->ref.host) : NULL;

	return host ? g_strdup_printf("%s on %s", guest->name, host->name) : g_strdup(guest->name);
}

static void draw_title(const struct host_wall *self, struct area line, const struct guest *guest,
        const struct wall_tile *tile, bool at_cursor, bool focused)
{
	struct look look = look_guest(guest);
	g_autofree char *note = tile_note(self, guest, tile);
	g_autofree char *name = tile_name(self, guest);
	int room = line.cols - text_columns(note), x = 0;
	enum role role = screen_sign_trouble(guest->sign) ? ROLE_CRIT : guest->sign ? ROLE_WARN : ROLE_STALE;

	area_clear(line, ROLE_TAB);
	x += area_glyph(line, 0, x, look.role, look.glyph);
	if (guest->marked)
		area_glyph(line, 0, x, ROLE_MARKED, GLYPH_MARK);
	x++;
	/* The name is worth more than what is beside it. */
	if (room - x < MIN(text_columns(name), 10))
		room = line.cols;
	else if (*note)
		area_text(line, 0, room, -1, role, note);
	x += area_text(line, 0, x, MAX(room - x - 1, 0), guest->marked ? ROLE_MARKED : ROLE_TAB, name) + 1;
	for (; x < room - (room < line.cols); x++)
		area_glyph(line, 0, x, ROLE_BORDER, GLYPH_H);
	if (at_cursor)
		area_set_role(line, 0, 0, line.cols, focused ? ROLE_CURSOR : ROLE_CURSOR_UNFOCUSED);
}

/* As many rows as it takes: a reason ends with what helps. `over` what was last seen: in the last ones. */
static void draw_words(struct area area, const char *words, bool over)
{
	g_autoptr(GPtrArray) lines = box_wrap(words, MAX(area.cols, 1));
	int rows = MIN(area.rows, (int)lines->len);
	struct area part = area_sub(area, over ? area.rows - rows : 0, 0, rows, area.cols);
	enum role role = over ? ROLE_WARN : ROLE_DIM;

	area_clear(part, role);
	for (int y = 0; y < rows; y++)
		area_text(part, y, 0, -1, role, lines->pdata[y]);
}

static void draw_tile(struct host_wall *self, struct area area, unsigned index, bool focused)
{
	const struct obj_ref *ref = guest_at(self, index);
	const struct guest *guest = store_guest(self->view.app->store, ref);
	const struct wall_tile *tile = wall_tile(self->wall, ref);
	struct area body = area_sub(area, 1, 0, area.rows - 1, area.cols);

	if (!guest)
		return;
	draw_title(self, area_sub(area, 0, 0, 1, area.cols), guest, tile, index == self->at, focused);
	if (tile && tile->screen)
		draw_screen(self, body, tile);
	if (tile && *tile->words)
		draw_words(body, tile->words, tile->screen != NULL);
	else if (!tile || !tile->screen)
		area_text(body, 0, 0, -1, ROLE_DIM, "...");
}

/* ---- the view ---- */

static void draw_foot(const struct host_wall *self, struct area line)
{
	unsigned size = page_size(self), count = self->guests->len;

	area_textf(line, 0, 0, -1, ROLE_DIM, "page %u of %u, %u guests run%s; PgUp PgDn", page_first(self) / size + 1,
	        (count + size - 1) / size, count, shows_several_hosts(self) ? " on all hosts" : "");
}

static void draw_none(const struct host_wall *self, struct area area)
{
	const struct host *host = store_host(self->view.app->store, self->ref.host);

	if (!host || !host->listed)
		area_text(area, 1, 1, -1, ROLE_DIM, "The guests are not known yet.");
	else if (*self->filter)
		area_textf(area, 1, 1, -1, ROLE_DIM, "No guest that runs has '%s' in its name, or as its sign.", self->filter);
	else
		area_textf(area, 1, 1, -1, ROLE_DIM, "No guest runs%s.", shows_several_hosts(self) ? " on any host" : "");
}

static void draw(struct view *view, struct area area, bool focused)
{
	struct host_wall *self = self_of(view);

	view->dirty = false;
	area_clear(area, ROLE_TEXT);
	collect(self);
	if (!self->guests->len || area.rows < 2 || area.cols < 4) {
		draw_none(self, area);
		wall_show(self->wall, NULL, 0);
		return;
	}
	arrange(self, area.rows, area.cols);
	if (page_size(self) < self->guests->len) {
		arrange(self, area.rows - 1, area.cols);
		draw_foot(self, area_sub(area, area.rows - 1, 0, 1, area.cols));
	}
	unsigned first = page_first(self), end = page_end(self);
	wall_show(self->wall, guest_at(self, first), end - first);
	for (unsigned i = first; i < end; i++) {
		int y = (int)(i - first) / self->across * self->rows, x = (int)(i - first) % self->across * (self->cols + 1);

		draw_tile(self, area_sub(area, y, x, self->rows, self->cols), i, focused);
	}
}

static void changed(void *data)
{
	content_touch(data);
}

static bool in_sight(void *data)
{
	struct view *view = data, *content = view->app->regions[REGION_CONTENT];
	bool covered = view->app->zoomed && view->app->focus != REGION_CONTENT;

	return content && !covered && content_active(content) == view;
}

static struct view *create(struct app *app)
{
	struct host_wall *self = g_new0(struct host_wall, 1);

	self->view = (struct view){.ops = &host_wall_view, .app = app, .dirty = true};
	self->guests = g_array_new(FALSE, FALSE, sizeof(struct obj_ref));
	self->wall = wall_new(app, changed, in_sight, self);
	self->filter = g_strdup("");
	self->fold = g_strdup("");
	return &self->view;
}

static void destroy(struct view *view)
{
	struct host_wall *self = self_of(view);

	wall_free(self->wall);
	g_array_unref(self->guests);
	g_free(self->filter);
	g_free(self->fold);
	g_free(self);
}

/* ---- commands ---- */

/* Of what is open. */
static void show_tab(struct app *app, enum obj_kind kind, const struct view_ops *ops)
{
	unsigned index = 0;

	for (const struct tab *tab = tab_table; tab->kind != OBJ_NONE && tab->ops != ops; tab++)
		index += tab->kind == kind;
	content_show_tab(app->regions[REGION_CONTENT], index);
	app_focus(app, REGION_CONTENT);
}

void wall_open(struct app *app)
{
	show_tab(app, OBJ_HOST, &host_wall_view);
	self_of(content_active(app->regions[REGION_CONTENT]))->all = true;
	app->zoomed = true;
}

static void cmd_open(struct view *view, unsigned count)
{
	(void)count;
	if (!self_of(view)->guests->len)
		return;
	/* A value: what is opened may change the wall. */
	struct obj_ref ref = self_of(view)->cursor;
	app_open_inside(view->app, &ref);
	show_tab(view->app, OBJ_GUEST, &guest_console_view);
}

static void cmd_left(struct view *view, unsigned count)
{
	struct host_wall *self = self_of(view);

	move_to(self, self->at - MIN(self->at, MAX(count, 1)));
}

static void cmd_right(struct view *view, unsigned count)
{
	move_to(self_of(view), self_of(view)->at + MAX(count, 1));
}

static void cmd_whole(struct view *view, unsigned count)
{
	struct host_wall *self = self_of(view);

	(void)count;
	self->whole = !self->whole;
	app_notice(view->app, LEVEL_INFO, self->whole ? "Screens are drawn whole, smaller than they are"
	                                              : "Of screens of text the last lines are drawn");
	content_touch(view);
}

static void cmd_all(struct view *view, unsigned count)
{
	struct host_wall *self = self_of(view);

	(void)count;
	self->all = !self->all;
	if (store_host_count(view->app->store) < 2)
		app_notice(view->app, LEVEL_INFO, "There is one host only");
	else
		app_notice(view->app, LEVEL_INFO, self->all ? "The guests of all hosts are shown" : "The guests of this host are shown");
	content_touch(view);
}

static void cmd_full(struct view *view, unsigned count)
{
	(void)count;
	view->app->zoomed = !view->app->zoomed;
	app_redraw(view->app);
}

static void cmd_retry(struct view *view, unsigned count)
{
	(void)count;
	wall_retry(self_of(view)->wall, &self_of(view)->cursor);
}

static keycode list_meaning(keycode code)
{
	for (const struct list_move *move = list_moves; move->name; move++)
		if (key_in(move->keys, code))
			return move->means;
	return code;
}

/* Lists' keys: a row is a row of tiles. */
static bool key(struct view *view, keycode code, unsigned count)
{
	struct host_wall *self = self_of(view);
	unsigned times = MAX(count, 1), size = page_size(self), at = self->at;
	unsigned across = (unsigned)MAX(self->across, 1);

	switch (list_meaning(code)) {
	case K_UP:
		at = at >= across * times ? at - across * times : at % across;
		break;
	case K_DOWN:
		at = at + across < self->guests->len ? at + across * times : at;
		break;
	case K_PGUP:
		at = at - MIN(at, size * times);
		break;
	case K_PGDN:
		at += size * times;
		break;
	case KEY_CTRL | 'u':
		at = at - MIN(at, MAX(size / 2, 1));
		break;
	case KEY_CTRL | 'd':
		at += MAX(size / 2, 1);
		break;
	case K_HOME:
		at = 0;
		break;
	case 'G':
		at = count ? count - 1 : G_MAXUINT;
		break;
	default:
		return false;
	}
	move_to(self, at);
	return true;
}

static bool mouse(struct view *view, const struct mouse *event)
{
	struct host_wall *self = self_of(view);

	if (event->what != MOUSE_PRESS || !self->guests->len || self->rows < 1 || self->cols < 1)
		return false;
	if (event->button == 4 || event->button == 5)
		return key(view, event->button == 4 ? K_PGUP : K_PGDN, 1);
	int down = event->y / self->rows, across = event->x / (self->cols + 1);
	unsigned index = page_first(self) + (unsigned)(down * self->across + across);
	if (event->button != 1 || down >= self->down || across >= self->across || index >= page_end(self))
		return false;
	move_to(self, index);
	if (event->clicks == 2)
		cmd_open(view, 1);
	return true;
}

/* ---- news ---- */

static bool message(struct view *view, struct msg *msg)
{
	return wall_message(self_of(view)->wall, msg);
}

static void update(struct view *view, unsigned changes)
{
	if (changes & (CHANGE_HOST | CHANGE_LIST | CHANGE_FIGURES | CHANGE_SAVED))
		view->dirty = true;
}

static bool selected(struct view *view, struct obj_ref *ret_ref)
{
	struct host_wall *self = self_of(view);

	if (self->cursor.kind == OBJ_NONE || !store_has(view->app->store, &self->cursor))
		return false;
	*ret_ref = self->cursor;
	return true;
}

static void set_object(struct view *view, const struct obj_ref *ref)
{
	self_of(view)->ref = *ref;
	content_touch(view);
}

static void set_filter(struct view *view, const char *filter)
{
	struct host_wall *self = self_of(view);

	g_free(self->filter);
	g_free(self->fold);
	self->filter = g_strdup(filter ? filter : "");
	self->fold = text_fold(self->filter);
	content_touch(view);
}

static const char *filter_of(const struct view *view)
{
	return ((const struct host_wall *)view)->filter;
}

static const struct view_cmd cmds[] = {
        {"zoom-in", "Open the guest's Console tab", "Enter", "console", cmd_open},
        {"tile-left", "The screen to the left", "h Left", NULL, cmd_left},
        {"tile-right", "The screen to the right", "l Right", NULL, cmd_right},
        {"whole-screens", "Draw screens of text whole and smaller, or their last lines", "v", "whole", cmd_whole},
        {"all-hosts", "Show the screens of all hosts' guests, or of this host's only", "*", "all hosts", cmd_all},
        {"full-screen", "Give the wall the whole screen, or no more", "F11", "full", cmd_full},
        {"read-again", "Try again at once to read the guest's screen", "x", NULL, cmd_retry},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops host_wall_view = {
        .name = "host-wall",
        .title = "Wall",
        .create = create,
        .destroy = destroy,
        .draw = draw,
        .cmds = cmds,
        .key = key,
        .mouse = mouse,
        .message = message,
        .update = update,
        .selected = selected,
        .set_object = set_object,
        .set_filter = set_filter,
        .filter = filter_of,
        .bare = true,
};
