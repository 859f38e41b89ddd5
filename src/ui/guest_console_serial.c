/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The serial half of the Console tab: a terminal. Enter opens it and gives the
 * guest the keys, Ctrl-] takes them back; it stays open, and is followed,
 * until it is closed. Main thread.
 */
#include <string.h>

#include "box.h"
#include "content.h"
#include "dialog.h"
#include "guest_console.h"
#include "nvirt/page.h"
#include "nvirt/text.h"
#include "sign_watch.h"

enum { CONSOLES_MAX = 8 };

/* Of the guest shown, or NULL. */
struct console *serial_half_shown(const struct guest_console *self)
{
	for (guint i = 0; i < self->open->len; i++) {
		struct console *console = self->open->pdata[i];

		if (obj_ref_equal(&console->ref, &self->ref))
			return console;
	}
	return NULL;
}

/* ---- drawing ---- */

static const char *hints(const struct console *console)
{
	if (console->attached || console->wanted)
		return "guest has the keys, Ctrl-] takes them back";
	switch (console->state) {
	case SERIAL_OPEN:
		return "Enter types, PgUp back, H read, / search, x close";
	case SERIAL_CUT:
	case SERIAL_REFUSED:
		return "Enter tries again";
	case SERIAL_BUSY:
		return "Enter asks whether to cut it";
	case SERIAL_OPENING:
	case SERIAL_WAITING:
	case SERIAL_LOST:
	case SERIAL_STATE_N:
		break;
	}
	return "x closes";
}

void serial_half_words(const struct guest_console *self, struct mode_words *ret)
{
	const struct console *console = serial_half_shown(self);

	*ret = (struct mode_words){.role = ROLE_WARN, .hints = ""};
	if (!console)
		return;
	ret->has_keys = console->attached || console->wanted;
	ret->hints = hints(console);
	if (console->state != SERIAL_OPEN)
		ret->state = g_strdup(console_state_words(console));
	if (console->back)
		ret->right = g_strdup_printf("%u lines back", console->back);
}

static void draw_closed(struct guest_console *self, struct area body)
{
	const struct guest *guest = store_guest(self->view.app->store, &self->ref);
	const struct host *host = store_host(self->view.app->store, self->ref.host);

	if (!guest || !host)
		return;
	if (host->status->readonly) {
		area_text(body, 1, 1, -1, ROLE_TEXT, "The connection is read-only: no console can be opened.");
		return;
	}
	area_text(body, 1, 1, -1, ROLE_TEXT, "Enter opens the guest's serial console.");
	area_text(body, 2, 1, -1, ROLE_DIM, "The guest has all keys then; Ctrl-] takes them back.");
	if (!guest_state_active(guest->state))
		area_text(body, 3, 1, -1, ROLE_DIM, "It is off: its first line is seen when it starts.");
}

/* In the last rows, over what was last seen. */
static void draw_why(const struct console *console, struct area body)
{
	if (!*console->why || console->state == SERIAL_OPEN || body.rows < 1 || body.cols < 10)
		return;
	g_autoptr(GPtrArray) lines = box_wrap(console->why, body.cols);
	int rows = MIN((int)lines->len, body.rows);
	struct area end = area_sub(body, body.rows - rows, 0, rows, body.cols);

	area_clear(end, ROLE_WARN);
	for (int i = 0; i < rows; i++)
		area_text(end, i, 0, -1, ROLE_WARN, lines->pdata[i]);
}

void serial_half_draw(struct guest_console *self, struct area body, bool focused)
{
	struct console *console = serial_half_shown(self);

	area_clear(body, ROLE_TEXT);
	if (!console) {
		draw_closed(self, body);
		return;
	}
	console_draw(console, body, self->search, focused);
	draw_why(console, body);
}

/* ---- opening and leaving ---- */

static void cut_answered(struct app *app, bool yes, void *data)
{
	struct guest_console *self = guest_console_shown(app);
	struct console *console = self ? serial_half_shown(self) : NULL;

	if (!console || console->id != GPOINTER_TO_UINT(data))
		return;
	console->wanted = yes;
	if (yes) {
		console->state = SERIAL_OPENING;
		serial_reopen(console->serial, true);
	}
	content_touch(&self->view);
}

static void ask_cut(struct guest_console *self, struct console *console)
{
	g_autofree char *text = g_strdup_printf("Somebody else has the console of %s open: another nvirt, virsh console, "
	                                        "or a program that reads it. Only one can. Cut that session?",
	        store_name(self->view.app->store, &console->ref));

	console->wanted = false;
	app_push_modal(self->view.app, dialog_new(self->view.app, &(struct dialog_options){.kind = DIALOG_ASK,
	                                                        .title = "Console in use",
	                                                        .text = text,
	                                                        .yes = "Cut it",
	                                                        .danger = true,
	                                                        .done = cut_answered,
	                                                        .data = GUINT_TO_POINTER(console->id)}));
}

static struct console *open_new(struct guest_console *self)
{
	struct app *app = self->view.app;
	const struct host *host = store_host(app->store, self->ref.host);
	struct console *console;

	if (!host || !app->backend || host->status->readonly) {
		app_notice(app, LEVEL_WARNING, "the connection is read-only: no console can be opened");
		return NULL;
	}
	if (self->open->len >= CONSOLES_MAX) {
		app_notice(app, LEVEL_WARNING, "%d consoles are open: close one of them first (x)", CONSOLES_MAX);
		return NULL;
	}
	console = console_new(&self->ref, ++self->ids);
	console->reset_us = store_reset_us(app->store, &self->ref);
	console->serial = backend_open_serial(
	        app->backend, &(struct serial_options){.ref = self->ref, .id = console->id});
	console->wanted = true;
	g_ptr_array_add(self->open, console);
	return console;
}

void serial_half_attach(struct guest_console *self)
{
	struct console *console = serial_half_shown(self);

	content_touch(&self->view);
	if (!console) {
		open_new(self);
		return;
	}
	switch (console->state) {
	case SERIAL_OPEN:
		console->attached = true;
		console->back = 0;
		return;
	case SERIAL_BUSY:
		ask_cut(self, console);
		return;
	case SERIAL_CUT:
	case SERIAL_REFUSED:
		console->state = SERIAL_OPENING;
		serial_reopen(console->serial, false);
		break;
	case SERIAL_OPENING:
	case SERIAL_WAITING:
	case SERIAL_LOST:
	case SERIAL_STATE_N:
		break;
	}
	console->wanted = true;
}

void serial_half_close(struct guest_console *self)
{
	struct console *console = serial_half_shown(self);

	if (console)
		g_ptr_array_remove(self->open, console);
	content_touch(&self->view);
}

/* A serial line carries no size: the guest is told in its shell's words. */
void serial_half_tell_size(struct guest_console *self)
{
	struct console *console = serial_half_shown(self);

	if (!console || console->state != SERIAL_OPEN) {
		app_notice(self->view.app, LEVEL_WARNING, "the console is not open: Enter opens it");
		return;
	}
	int rows = CLAMP(console->rows, 2, SERIAL_ROWS_MAX), cols = CLAMP(console->cols, 2, SERIAL_COLS_MAX);
	g_autofree char *line = g_strdup_printf("stty rows %d cols %d\r", rows, cols);

	serial_resize(console->serial, rows, cols);
	for (const char *ch = line; *ch; ch++)
		serial_keys(console->serial, &(struct serial_key){.ch = (guchar)*ch}, 1);
	app_notice(self->view.app, LEVEL_INFO, "typed: stty rows %d cols %d", rows, cols);
}

/* ---- search, copy, save ---- */

void serial_half_search(struct guest_console *self, int step)
{
	struct console *console = serial_half_shown(self);
	const char *search = self->search;

	if (console && *search && !console_search(console, search, step))
		app_notice(self->view.app, LEVEL_INFO, "nothing on the screen or above has '%s'", search);
	content_touch(&self->view);
}

void serial_half_copy(struct guest_console *self)
{
	struct console *console = serial_half_shown(self);
	unsigned lines, first;

	if (!console) {
		app_notice(self->view.app, LEVEL_WARNING, "the console is not open: there is nothing to copy");
		return;
	}
	first = console_window(console, &lines);
	g_autofree char *text = serial_screen_text(console->screen, first, lines);
	app_copy(self->view.app, "Screen", text);
}

char *serial_half_text(struct guest_console *self)
{
	struct console *console = serial_half_shown(self);

	if (console)
		return serial_screen_text(console->screen, 0, serial_screen_lines(console->screen));
	app_notice(self->view.app, LEVEL_WARNING, "the console is not open: there is nothing to save");
	return NULL;
}

/* ---- input ---- */

bool serial_half_grab(struct guest_console *self, keycode key)
{
	struct console *console = serial_half_shown(self);
	struct serial_key sent;

	/* What is typed while it is being opened is for the guest too, and no command of ours. */
	if (!console || !(console->attached || console->wanted))
		return false;
	if (key == K_NONE)
		return true;
	content_touch(&self->view);
	if (key == (KEY_CTRL | ']')) {
		console->attached = console->wanted = false;
		self->leader = true;
		return true;
	}
	console->back = 0;
	bool opens = console->state == SERIAL_OPEN || console->state == SERIAL_OPENING;
	if (opens && console_key(key, &sent) && !serial_keys(console->serial, &sent, 1))
		app_notice(self->view.app, LEVEL_WARNING, "the guest does not read what is typed");
	return true;
}

void serial_half_paste(struct guest_console *self, const char *text)
{
	struct console *console = serial_half_shown(self);
	g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(struct serial_key));

	if (!console || !console->attached || console->state != SERIAL_OPEN) {
		app_notice(self->view.app, LEVEL_INFO, "not typed: Enter first, so that the guest has the keys");
		return;
	}
	for (; *text; text = g_utf8_next_char(text)) {
		struct serial_key key = {.ch = g_utf8_get_char(text)};

		key.ch = key.ch == '\n' ? '\r' : key.ch;
		g_array_append_val(keys, key);
	}
	if (!serial_keys(console->serial, (const struct serial_key *)(const void *)keys->data, keys->len))
		app_notice(self->view.app, LEVEL_WARNING, "not typed: the guest does not read what was typed before");
}

bool serial_half_key(struct guest_console *self, keycode code, unsigned count)
{
	struct console *console = serial_half_shown(self);
	int page = console ? MAX(console->rows - 1, 1) : 0;
	int times = (int)MIN(MAX(count, 1), SERIAL_LINES_MAX);
	const struct {
		keycode key;
		int lines;
	} scrolls[] = {{K_PGUP, page}, {K_PGDN, -page}, {K_UP, 1}, {K_DOWN, -1}, {K_HOME, SERIAL_LINES_MAX * 2},
	        {K_END, -SERIAL_LINES_MAX * 2}};

	if (!console)
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(scrolls); i++)
		if (scrolls[i].key == code) {
			console_scroll(console, CLAMP(scrolls[i].lines * times, -SERIAL_LINES_MAX * 2, SERIAL_LINES_MAX * 2));
			content_touch(&self->view);
			return true;
		}
	if (code != K_LEFT && code != K_RIGHT)
		return false;
	console->pan = CLAMP(console->pan + (code == K_RIGHT ? 8 : -8), 0, MAX(serial_screen_cols(console->screen) - console->cols, 0));
	content_touch(&self->view);
	return true;
}

bool serial_half_mouse(struct guest_console *self, const struct mouse *event)
{
	struct console *console = serial_half_shown(self);

	if (!console || event->what != MOUSE_PRESS || (event->button != 4 && event->button != 5))
		return false;
	console_scroll(console, event->button == 4 ? 3 : -3);
	content_touch(&self->view);
	return true;
}

/* ---- news ---- */

static enum screen_sign read_sign(void *data)
{
	const struct console *console = data;

	return console->state == SERIAL_OPEN ? screen_sign_of_serial(console->screen) : SIGN_N;
}

static void see_signs(struct guest_console *self, struct console *console)
{
	/* Not of a run that has ended. */
	if (console->state != SERIAL_OPEN)
		return;
	if (!console->signs)
		console->signs = sign_watch_new(self->view.app, &console->ref, SIGN_BY_SERIAL, read_sign, console);
	sign_watch_touch(console->signs);
}

bool serial_half_message(struct guest_console *self, struct msg *msg)
{
	struct console *console = NULL;

	for (guint i = 0; msg->type == MSG_SERIAL && msg->serial && i < self->open->len; i++)
		if (((struct console *)self->open->pdata[i])->id == msg->serial->id)
			console = self->open->pdata[i];
	if (!console)
		return false;
	console_apply(console, msg->serial);
	see_signs(self, console);
	serial_ack(console->serial);
	if (console->state == SERIAL_OPEN && console->wanted)
		console->attached = true;
	if (console->state == SERIAL_OPEN)
		console->wanted = false;
	bool asks = console->state == SERIAL_BUSY && console->wanted && console == serial_half_shown(self);
	if (console->state == SERIAL_BUSY || console->state == SERIAL_CUT || console->state == SERIAL_REFUSED)
		console->attached = console->wanted = false;
	if (asks)
		ask_cut(self, console);
	if (console == serial_half_shown(self))
		content_touch(&self->view);
	return true;
}

static void look_for_reset(struct console *console, const struct guest *guest)
{
	g_autofree char *words = page_mark_words("was reset", guest->reset_unix_us);

	if (guest->reset_us == console->reset_us)
		return;
	console->reset_us = guest->reset_us;
	if (console->reset_us && console->serial)
		serial_divide(console->serial, words);
}

/* Some guests may be gone, others reset. */
void serial_half_update(struct guest_console *self)
{
	for (guint i = self->open->len; i-- > 0;) {
		struct console *console = self->open->pdata[i];
		const struct guest *guest = store_guest(self->view.app->store, &console->ref);

		if (guest)
			look_for_reset(console, guest);
		else
			g_ptr_array_remove_index(self->open, i);
	}
}

/* Of what is typed the newest match, and from there on. */
void serial_half_searched(struct guest_console *self)
{
	struct console *console = serial_half_shown(self);

	if (!console)
		return;
	console->match = -1;
	if (*self->search)
		console_search(console, self->search, -1);
}

void serial_half_send_escape(struct guest_console *self)
{
	struct console *console = serial_half_shown(self);

	if (!console || console->state != SERIAL_OPEN) {
		app_notice(self->view.app, LEVEL_WARNING, "the console is not open: Enter opens it");
		return;
	}
	serial_keys(console->serial, &(struct serial_key){.ch = 0x1d}, 1);
	console->attached = self->leader;
	self->leader = false;
}
