/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest, Console: its screen (VNC), its serial console, or both beside each other. The first
 * row names the three, and says what is seen and who has the keys. The halves are in
 * guest_console_screen.c and guest_console_serial.c. Main thread.
 */
#include <string.h>

#include "app_graphics.h"
#include "content.h"
#include "guest_console.h"
#include "nvirt/text.h"
#include "nvirt/viewer.h"

/* From so many columns on both fit beside each other, else they stand one above the other. */
enum { BESIDE_COLS = 110 };

static const char *const mode_titles[CONSOLE_MODE_N] = {"Screen", "Serial", "Both"};

struct guest_console *guest_console_shown(struct app *app)
{
	struct view *content = app->regions[REGION_CONTENT];
	struct view *tab = content ? content_active(content) : NULL;

	return tab && tab->ops == &guest_console_view ? guest_console_of(tab) : NULL;
}

bool guest_console_is_serial(const struct guest_console *self)
{
	return self->mode == CONSOLE_SERIAL || (self->mode == CONSOLE_BOTH && self->serial_half);
}

void mode_words_clear(struct mode_words *words)
{
	g_clear_pointer(&words->state, g_free);
	g_clear_pointer(&words->right, g_free);
}

static struct view *create(struct app *app)
{
	struct guest_console *self = g_new0(struct guest_console, 1);

	self->view = (struct view){.ops = &guest_console_view, .app = app, .dirty = true};
	self->open = g_ptr_array_new_with_free_func((GDestroyNotify)console_free);
	self->screens = g_ptr_array_new_with_free_func((GDestroyNotify)screen_panel_free);
	self->search = g_strdup("");
	return &self->view;
}

static void destroy(struct view *view)
{
	struct guest_console *self = guest_console_of(view);

	app_wait_stop(&self->opening);
	app_wait_stop(&self->dropping);
	g_ptr_array_unref(self->open);
	/* A screen tells what is read of it that it goes away. */
	g_ptr_array_unref(self->screens);
	read_mode_free(self->read);
	g_free(self->search);
	g_free(self);
}

/* ---- drawing ---- */

static void half_words(const struct guest_console *self, struct mode_words *ret)
{
	if (guest_console_reads(self))
		*ret = (struct mode_words){.role = ROLE_WARN, .state = g_strdup("frozen"), .hints = "q goes on"};
	else if (guest_console_is_serial(self))
		serial_half_words(self, ret);
	else
		screen_half_words(self, ret);
	guest_console_add_reset(self, ret);
}

/* "[Screen] Serial  Both   80x25  Enter types …     from 1,12" */
static void draw_mode(struct guest_console *self, struct area line, bool focused)
{
	struct mode_words words;
	int x = 0, end;

	half_words(self, &words);
	if (words.has_keys && !focused) {
		words.has_keys = false;
		words.hints = "Tab or a click gives the guest the keys again";
	}
	enum role plain = words.has_keys ? ROLE_TAB_ACTIVE : ROLE_TAB;
	area_clear(line, plain);
	for (int i = 0; i < CONSOLE_MODE_N; i++) {
		bool chosen = i == (int)self->mode;

		x += area_textf(line, 0, x, -1, chosen ? ROLE_TAB_ACTIVE : plain, chosen ? "[%s]" : " %s ", mode_titles[i]);
		self->mode_x[i] = x;
	}
	if (self->mode == CONSOLE_BOTH)
		x += area_text(line, 0, x, -1, plain, self->serial_half ? " serial:" : " screen:");
	end = line.cols - (words.right ? text_columns(words.right) + 1 : 0);
	if (words.state && *words.state)
		x += 1 + area_text(line, 0, x + 1, end - x - 1, words.has_keys ? plain : words.role, words.state);
	if (end - x > 10)
		area_text(line, 0, x + 1, end - x - 1, words.has_keys ? ROLE_TAB_ACTIVE : ROLE_DIM, words.hints);
	if (words.right)
		area_text(line, 0, end + 1, -1, ROLE_WARN, words.right);
	mode_words_clear(&words);
}

/* The line between the halves. */
static void draw_between(struct area line, bool upright)
{
	for (int i = 0; i < (upright ? line.rows : line.cols); i++)
		area_glyph(line, upright ? i : 0, upright ? 0 : i, ROLE_DIM, upright ? GLYPH_V : GLYPH_H);
	if (!upright)
		area_text(line, 0, 2, -1, ROLE_DIM, " Serial ");
}

static void split(struct guest_console *self, struct area body)
{
	struct area none = area_sub(body, 0, 0, 0, 0);
	int half = (body.cols - 1) / 2, above = (body.rows - 1) / 2;

	switch (self->mode) {
	case CONSOLE_SCREEN:
	case CONSOLE_MODE_N:
		self->screen_area = body;
		self->serial_area = none;
		return;
	case CONSOLE_SERIAL:
		self->screen_area = none;
		self->serial_area = body;
		return;
	case CONSOLE_BOTH:
		break;
	}
	if (body.cols >= BESIDE_COLS) {
		self->screen_area = area_sub(body, 0, 0, body.rows, body.cols - 1 - half);
		self->serial_area = area_sub(body, 0, body.cols - half, body.rows, half);
		draw_between(area_sub(body, 0, body.cols - half - 1, body.rows, 1), true);
	} else {
		self->screen_area = area_sub(body, 0, 0, body.rows - 1 - above, body.cols);
		self->serial_area = area_sub(body, body.rows - above, 0, above, body.cols);
		draw_between(area_sub(body, body.rows - above - 1, 0, 1, body.cols), false);
	}
}

/* With the whole screen its own, what the mode row would say stands in the status line. */
static bool is_bare(const struct guest_console *self)
{
	return self->view.app->zoomed;
}

static void draw_half(struct guest_console *self, struct area area, bool focused, bool serial)
{
	focused = focused && guest_console_is_serial(self) == serial;
	if (area.rows < 1)
		return;
	if (self->read && self->read_serial == serial)
		read_mode_draw(self->read, area, focused);
	else if (serial)
		serial_half_draw(self, area, focused);
	else
		screen_half_draw(self, area, focused);
}

static void draw(struct view *view, struct area area, bool focused)
{
	struct guest_console *self = guest_console_of(view);
	int head = is_bare(self) ? 0 : 1;
	struct area body = area_sub(area, head, 0, area.rows - head, area.cols);

	view->dirty = false;
	area_clear(area, ROLE_TEXT);
	if (head)
		draw_mode(self, area_sub(area, 0, 0, 1, area.cols), focused);
	split(self, body);
	draw_half(self, self->screen_area, focused, false);
	draw_half(self, self->serial_area, focused, true);
	/* They are of this frame: kept are only their places in it. */
	self->screen_area.y -= area.y;
	self->screen_area.x -= area.x;
	self->serial_area.y -= area.y;
	self->serial_area.x -= area.x;
	self->screen_area.canvas = self->serial_area.canvas = NULL;
}

static char *grabbed(const struct view *view)
{
	struct mode_words words;
	char *text;

	if (guest_console_reads((const struct guest_console *)view))
		return g_strdup("or q leaves read mode; F1 has its keys");
	half_words((const struct guest_console *)view, &words);
	g_autofree char *reset = guest_console_reset((const struct guest_console *)view);
	text = words.busy ? g_strconcat("stops: ", words.state, NULL)
	       : reset    ? g_strconcat("takes the keys back from the guest, which was ", reset, NULL)
	                  : g_strdup("takes the keys back from the guest; all others are its own");
	mode_words_clear(&words);
	return text;
}

/* ---- commands ---- */

static void choose_mode(struct guest_console *self, enum console_mode mode)
{
	struct screen_panel *panel = screen_half_shown(self);
	struct console *console = serial_half_shown(self);

	self->mode = mode;
	self->chosen = true;
	if (panel && mode == CONSOLE_SERIAL)
		panel->attached = false;
	if (console && mode == CONSOLE_SCREEN)
		console->attached = console->wanted = false;
	guest_console_read_end(self);
	screen_half_show(self);
	content_touch(&self->view);
}

static void cmd_read(struct view *view, unsigned count)
{
	(void)count;
	guest_console_read(guest_console_of(view), false, false);
}

static void cmd_log(struct view *view, unsigned count)
{
	(void)count;
	guest_console_log(guest_console_of(view));
}

static void cmd_mode(struct view *view, unsigned count)
{
	struct guest_console *self = guest_console_of(view);

	(void)count;
	choose_mode(self, (enum console_mode)((self->mode + 1) % CONSOLE_MODE_N));
}

static void cmd_half(struct view *view, unsigned count)
{
	struct guest_console *self = guest_console_of(view);

	(void)count;
	if (self->mode != CONSOLE_BOTH)
		choose_mode(self, CONSOLE_BOTH);
	self->serial_half = !self->serial_half;
	content_touch(view);
}

static void cmd_attach(struct view *view, unsigned count)
{
	struct guest_console *self = guest_console_of(view);

	(void)count;
	self->leader = false;
	content_touch(view);
	if (guest_console_is_serial(self))
		serial_half_attach(self);
	else
		screen_half_attach(self);
}

static void cmd_close(struct view *view, unsigned count)
{
	struct guest_console *self = guest_console_of(view);

	(void)count;
	self->leader = false;
	guest_console_read_end(self);
	if (guest_console_is_serial(self))
		serial_half_close(self);
	else
		screen_half_close(self);
	content_touch(view);
}

static void cmd_full(struct view *view, unsigned count)
{
	(void)count;
	view->app->zoomed = !view->app->zoomed;
	app_redraw(view->app);
}

static void cmd_escape(struct view *view, unsigned count)
{
	struct guest_console *self = guest_console_of(view);

	(void)count;
	if (guest_console_is_serial(self))
		serial_half_send_escape(self);
	else
		screen_half_send_escape(self);
	content_touch(view);
}

static void cmd_size(struct view *view, unsigned count)
{
	struct guest_console *self = guest_console_of(view);

	(void)count;
	if (guest_console_is_serial(self))
		serial_half_tell_size(self);
	else
		screen_half_fit(self);
}

static void cmd_next(struct view *view, unsigned count)
{
	(void)count;
	serial_half_search(guest_console_of(view), 1);
}

static void cmd_prev(struct view *view, unsigned count)
{
	(void)count;
	serial_half_search(guest_console_of(view), -1);
}

static void cmd_copy(struct view *view, unsigned count)
{
	struct guest_console *self = guest_console_of(view);

	(void)count;
	if (guest_console_is_serial(self))
		serial_half_copy(self);
	else
		screen_half_copy(self);
}

/* What only the screen has. */
static void on_screen(struct view *view, void (*run)(struct guest_console *self))
{
	struct guest_console *self = guest_console_of(view);

	if (guest_console_is_serial(self))
		app_notice(view->app, LEVEL_WARNING, "that is for the guest's screen: v shows it");
	else
		run(self);
}

static void cmd_keys(struct view *view, unsigned count)
{
	(void)count;
	on_screen(view, screen_half_keys_menu);
}

static void cmd_type(struct view *view, unsigned count)
{
	(void)count;
	on_screen(view, screen_half_type);
}

static void cmd_layout(struct view *view, unsigned count)
{
	(void)count;
	on_screen(view, screen_half_layout);
}

static void cmd_scale(struct view *view, unsigned count)
{
	(void)count;
	on_screen(view, screen_half_scale);
}

static void cmd_reading(struct view *view, unsigned count)
{
	(void)count;
	on_screen(view, screen_half_reading);
}

static void cmd_graphics(struct view *view, unsigned count)
{
	(void)count;
	app_graphics_toggle(view->app);
}

static void cmd_viewer(struct view *view, unsigned count)
{
	struct guest_console *self = guest_console_of(view);
	const struct host *host = store_host(view->app->store, self->ref.host);
	g_autoptr(GError) error = NULL;

	(void)count;
	if (host && viewer_start(host->status->uri ? host->status->uri : "", self->ref.uuid, &error))
		app_notice(view->app, LEVEL_INFO, "virt-viewer was started");
	else if (error)
		app_notice(view->app, LEVEL_WARNING, "%s", error->message);
}

static void cmd_save(struct view *view, unsigned count)
{
	(void)count;
	guest_console_save(guest_console_of(view));
}

/* ---- input ---- */

static bool grab(struct view *view, keycode key)
{
	struct guest_console *self = guest_console_of(view);

	if (guest_console_reads(self))
		return guest_console_read_grab(self, key);
	return guest_console_is_serial(self) ? serial_half_grab(self, key) : screen_half_grab(self, key);
}

static void paste(struct view *view, const char *text)
{
	struct guest_console *self = guest_console_of(view);

	if (guest_console_reads(self)) {
		read_mode_paste(self->read, text);
		content_touch(view);
	} else if (guest_console_is_serial(self))
		serial_half_paste(self, text);
	else
		screen_half_paste(self, text);
}

static bool key(struct view *view, keycode code, unsigned count)
{
	struct guest_console *self = guest_console_of(view);

	return guest_console_is_serial(self) ? serial_half_key(self, code, count) : screen_half_key(self, code, count);
}

static bool within(const struct area *area, const struct mouse *event)
{
	return event->y >= area->y && event->y < area->y + area->rows && event->x >= area->x &&
	       event->x < area->x + area->cols;
}

static bool click_mode(struct guest_console *self, int x)
{
	for (int i = 0; i < CONSOLE_MODE_N; i++)
		if (x < self->mode_x[i]) {
			choose_mode(self, (enum console_mode)i);
			return true;
		}
	return false;
}

static bool mouse(struct view *view, const struct mouse *event)
{
	struct guest_console *self = guest_console_of(view);
	bool press = event->what == MOUSE_PRESS && event->button == 1;
	bool serial = within(&self->serial_area, event), screen = within(&self->screen_area, event);
	const struct area *half;
	struct mouse inner = *event;

	if (press && event->y == 0 && !is_bare(self))
		return click_mode(self, event->x);
	if (press && self->mode == CONSOLE_BOTH && (serial || screen) && serial != self->serial_half && !grab(view, K_NONE))
		self->serial_half = serial;
	half = guest_console_is_serial(self) ? &self->serial_area : &self->screen_area;
	if (guest_console_reads(self) && within(half, event)) {
		inner.y -= half->y;
		inner.x -= half->x;
		return guest_console_read_mouse(self, &inner);
	}
	/* Who has the keys has what is drawn to its edge as well. */
	if (serial && guest_console_is_serial(self))
		return serial_half_mouse(self, event);
	if ((!screen && event->what == MOUSE_PRESS) || guest_console_is_serial(self))
		return false;
	inner.y -= self->screen_area.y;
	inner.x -= self->screen_area.x;
	return screen_half_mouse(self, &inner);
}

/* ---- news ---- */

static bool message(struct view *view, struct msg *msg)
{
	struct guest_console *self = guest_console_of(view);

	return serial_half_message(self, msg) || screen_half_message(self, msg);
}

static void update(struct view *view, unsigned changes)
{
	struct guest_console *self = guest_console_of(view);

	/* With the figures come the events, and the age of a reset. */
	if (!(changes & (CHANGE_LIST | CHANGE_HOST | CHANGE_STATS)))
		return;
	serial_half_update(self);
	screen_half_update(self);
	g_autofree char *reset = guest_console_reset(self);
	if (changes & (CHANGE_LIST | CHANGE_HOST) || reset || self->said_reset)
		view->dirty = true;
	self->said_reset = reset;
}

static void set_object(struct view *view, const struct obj_ref *ref)
{
	struct guest_console *self = guest_console_of(view);

	if (!obj_ref_equal(&self->ref, ref)) {
		guest_console_read_end(self);
		self->leader = false;
		if (!self->chosen)
			self->mode = CONSOLE_SCREEN;
	}
	self->ref = *ref;
	self->hidden = false;
	screen_half_show(self);
	content_touch(view);
}

static void hidden(struct view *view)
{
	struct guest_console *self = guest_console_of(view);

	self->hidden = true;
	self->leader = false;
	screen_half_hide(self);
}

static void set_filter(struct view *view, const char *filter)
{
	struct guest_console *self = guest_console_of(view);

	g_free(self->search);
	self->search = g_strdup(filter ? filter : "");
	serial_half_searched(self);
	content_touch(view);
}

static const char *filter_of(const struct view *view)
{
	return ((const struct guest_console *)view)->search;
}

static const struct view_cmd cmds[] = {
        {"attach", "Give the guest the keys, until Ctrl-]; opens what is not open", "Enter", "type", cmd_attach},
        {"keys", "Press Ctrl-Alt-Del, Ctrl-Alt-F1, SysRq … in the guest", "K", "keys", cmd_keys},
        {"mode", "Screen, serial console, or both", "v", "view", cmd_mode},
        {"read", "Read: freeze it, see what scrolled by, search, select, copy, save", "H", "read", cmd_read},
        {"full-screen", "Give the console the whole screen, or no more", "F11", "full", cmd_full},
        {"other-half", "Both, and the other one is meant", "o", NULL, cmd_half},
        {"send-escape", "Send Ctrl-] itself to the guest", "C-]", NULL, cmd_escape},
        {"type-text", "Type a text on the guest's keyboard", "I", NULL, cmd_type},
        {"layout", "Say which keyboard layout the guest is set to", "L", NULL, cmd_layout},
        {"scale", "The whole screen made smaller, or a part as it is", "%", NULL, cmd_scale},
        {"reading", "Show the screen as text, as a picture, or as it comes", "i", NULL, cmd_reading},
        {"graphics", "Show pictures in the terminal's own graphics (kitty, sixels), or as characters", "P", NULL, cmd_graphics},
        {"viewer", "Open the screen in a window: virt-viewer, where there is a display", "O", NULL, cmd_viewer},
        {"search-next", "Next match of the search", "n", NULL, cmd_next},
        {"search-prev", "Previous match of the search", "N", NULL, cmd_prev},
        {"copy-screen", "Copy what is shown to the clipboard", "y", NULL, cmd_copy},
        {"save", "Save the screen (of the serial console also what scrolled by) as text", "E", NULL, cmd_save},
        {"log", "Log the screen's lines with their times to a file, or end that", "W", NULL, cmd_log},
        {"tell-size", "Tell the guest the panel's size: its screen's driver, or its serial console's shell (types stty)", "=", NULL, cmd_size},
        {"close", "Close it: others may open the serial console", "x", NULL, cmd_close},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops guest_console_view = {
        .name = "guest-console",
        .title = "Console",
        .bare = true,
        .create = create,
        .destroy = destroy,
        .draw = draw,
        .cmds = cmds,
        .grab = grab,
        .grabbed = grabbed,
        .key = key,
        .mouse = mouse,
        .message = message,
        .update = update,
        .set_object = set_object,
        .hidden = hidden,
        .set_filter = set_filter,
        .filter = filter_of,
        .paste = paste,
};
