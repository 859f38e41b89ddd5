/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Console tab's read mode: a half is frozen, and its own keys move in it. Main thread. */
#include "content.h"
#include "guest_console.h"

bool guest_console_reads(const struct guest_console *self)
{
	return self->read && self->read_serial == guest_console_is_serial(self);
}

void guest_console_read_end(struct guest_console *self)
{
	for (guint i = 0; i < self->screens->len; i++)
		((struct screen_panel *)self->screens->pdata[i])->reader = NULL;
	g_clear_pointer(&self->read, read_mode_free);
	content_touch(&self->view);
}

static struct read_mode *read_serial(struct guest_console *self)
{
	struct console *console = serial_half_shown(self);
	unsigned shown;

	if (!console || !serial_screen_lines(console->screen)) {
		app_notice(self->view.app, LEVEL_WARNING, "%s: there is nothing to read",
		        console ? "nothing came from the console yet" : "the console is not open");
		return NULL;
	}
	return read_mode_new(self->view.app, &(struct read_options){.ref = console->ref,
	                                             .serial = console->screen,
	                                             .cursor_row = console->cursor_row,
	                                             .cursor_col = console->cursor_col,
	                                             .back = (int)console->back,
	                                             .top = (int)console_window(console, &shown) -
	                                                    (int)serial_screen_history(console->screen),
	                                             .left_col = console_left(console),
	                                             .rows = console->rows});
}

static struct read_mode *read_screen(struct guest_console *self)
{
	struct screen_panel *panel = screen_half_shown(self);
	const struct text_screen *screen = panel ? screen_panel_screen(panel) : NULL;

	if (!screen) {
		app_notice(self->view.app, LEVEL_WARNING, "nothing of the screen was seen yet: there is nothing to read");
		return NULL;
	}
	panel->reader = read_mode_new(self->view.app, &(struct read_options){.ref = panel->ref,
	                                                      .screen = screen,
	                                                      .history = panel->history,
	                                                      .view = panel->view,
	                                                      .cursor_row = screen->cursor_row,
	                                                      .cursor_col = screen->cursor_col,
	                                                      .top = panel->look.row,
	                                                      .left_col = panel->look.col,
	                                                      .rows = panel->look.shrunk ? 0 : panel->look.rows});
	return panel->reader;
}

void guest_console_read(struct guest_console *self, bool page, bool search)
{
	guest_console_read_end(self);
	self->leader = false;
	self->read_serial = guest_console_is_serial(self);
	self->read = self->read_serial ? read_serial(self) : read_screen(self);
	if (self->read && page)
		read_mode_key(self->read, K_PGUP);
	if (self->read && search)
		read_mode_key(self->read, '?');
}

bool guest_console_read_grab(struct guest_console *self, keycode key)
{
	enum read_answer answer = read_mode_key(self->read, key);

	if (answer == READ_LEAVE)
		guest_console_read_end(self);
	content_touch(&self->view);
	return answer != READ_PASS;
}

bool guest_console_read_mouse(struct guest_console *self, const struct mouse *event)
{
	content_touch(&self->view);
	return read_mode_mouse(self->read, event) != READ_PASS;
}
