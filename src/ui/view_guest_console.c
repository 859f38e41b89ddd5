/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest, Console: its serial port as a terminal. Enter opens it and gives the
 * guest the keys, Ctrl-] takes them back; it stays open, and is followed,
 * until it is closed. The first row says what the panel shows and who has the keys.
 * Main thread.
 */
#include <string.h>

#include "app.h"
#include "box.h"
#include "console.h"
#include "content.h"
#include "dialog.h"
#include "form.h"
#include "nvirt/files.h"
#include "nvirt/text.h"

enum { CONSOLES_MAX = 8 };

struct guest_console {
	struct view view;
	struct obj_ref ref;
	GPtrArray *open; /* struct console */
	unsigned ids;
	char *search;
};

static struct guest_console *self_of(struct view *view)
{
	return (struct guest_console *)view;
}

/* Of the guest shown, or NULL. */
static struct console *shown(struct view *view)
{
	struct guest_console *self = self_of(view);

	for (guint i = 0; i < self->open->len; i++) {
		struct console *console = self->open->pdata[i];

		if (obj_ref_equal(&console->ref, &self->ref))
			return console;
	}
	return NULL;
}

static struct view *create(struct app *app)
{
	struct guest_console *self = g_new0(struct guest_console, 1);

	self->view = (struct view){.ops = &guest_console_view, .app = app, .dirty = true};
	self->open = g_ptr_array_new_with_free_func((GDestroyNotify)console_free);
	self->search = g_strdup("");
	return &self->view;
}

static void destroy(struct view *view)
{
	struct guest_console *self = self_of(view);

	g_ptr_array_unref(self->open);
	g_free(self->search);
	g_free(self);
}

/* ---- drawing ---- */

static const char *hints(const struct console *console)
{
	if (console->attached || console->wanted)
		return "the guest has the keys, Ctrl-] takes them back";
	switch (console->state) {
	case SERIAL_OPEN:
		return "Enter types, PgUp back, / search, y copy, x close";
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

/* "Serial  open  Enter types …        -120": the mode, its state, what can be done, how far back. */
static void draw_mode(struct view *view, const struct console *console, struct area line)
{
	bool has_keys = console && (console->attached || console->wanted);
	int x = 0;

	(void)view;
	area_clear(line, has_keys ? ROLE_TAB_ACTIVE : ROLE_TAB);
	x += area_text(line, 0, 0, -1, ROLE_TAB_ACTIVE, "[Serial]") + 1;
	if (!console)
		return;
	g_autofree char *back = console->back ? g_strdup_printf(" %u lines back", console->back) : g_strdup("");
	int room = line.cols - x - text_columns(back);
	if (console->state != SERIAL_OPEN)
		x += area_text(line, 0, x, room, ROLE_WARN, console_state_words(console)) + 2;
	room = line.cols - x - text_columns(back);
	if (room > 8)
		area_text(line, 0, x, room, has_keys ? ROLE_TAB_ACTIVE : ROLE_DIM, hints(console));
	area_text(line, 0, line.cols - text_columns(back), -1, ROLE_WARN, back);
}

static void draw_closed(struct view *view, struct area body)
{
	const struct guest *guest = store_guest(view->app->store, &self_of(view)->ref);
	const struct host *host = store_host(view->app->store, self_of(view)->ref.host);

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

static void draw(struct view *view, struct area area, bool focused)
{
	struct console *console = shown(view);
	struct area body = area_sub(area, 1, 0, area.rows - 1, area.cols);

	view->dirty = false;
	area_clear(area, ROLE_TEXT);
	draw_mode(view, console, area_sub(area, 0, 0, 1, area.cols));
	if (!console) {
		draw_closed(view, body);
		return;
	}
	console_draw(console, body, self_of(view)->search, focused);
	draw_why(console, body);
}

/* ---- opening and leaving ---- */

static void cut_answered(struct app *app, bool yes, void *data)
{
	struct view *content = app->regions[REGION_CONTENT];
	struct view *tab = content ? content_active(content) : NULL;
	struct console *console = tab && tab->ops == &guest_console_view ? shown(tab) : NULL;

	if (!console || console->id != GPOINTER_TO_UINT(data))
		return;
	console->wanted = yes;
	if (yes) {
		console->state = SERIAL_OPENING;
		serial_reopen(console->serial, true);
	}
	content_touch(tab);
}

static void ask_cut(struct view *view, struct console *console)
{
	g_autofree char *text = g_strdup_printf("Somebody else has the console of %s open: another nvirt, virsh console, "
	                                        "or a program that reads it. Only one can. Cut that session?",
	        store_name(view->app->store, &console->ref));

	console->wanted = false;
	app_push_modal(view->app, dialog_new(view->app, &(struct dialog_options){.kind = DIALOG_ASK,
	                                                        .title = "Console in use",
	                                                        .text = text,
	                                                        .yes = "Cut it",
	                                                        .danger = true,
	                                                        .done = cut_answered,
	                                                        .data = GUINT_TO_POINTER(console->id)}));
}

static struct console *open_new(struct view *view)
{
	struct guest_console *self = self_of(view);
	struct app *app = view->app;
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
	console->serial = backend_open_serial(
	        app->backend, &(struct serial_options){.ref = self->ref, .id = console->id});
	console->wanted = true;
	g_ptr_array_add(self->open, console);
	return console;
}

static void cmd_attach(struct view *view, unsigned count)
{
	struct console *console = shown(view);

	(void)count;
	content_touch(view);
	if (!console) {
		open_new(view);
		return;
	}
	switch (console->state) {
	case SERIAL_OPEN:
		console->attached = true;
		console->back = 0;
		return;
	case SERIAL_BUSY:
		ask_cut(view, console);
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

static void cmd_close(struct view *view, unsigned count)
{
	struct console *console = shown(view);

	(void)count;
	if (console)
		g_ptr_array_remove(self_of(view)->open, console);
	content_touch(view);
}

static void cmd_full(struct view *view, unsigned count)
{
	(void)count;
	view->app->zoomed = !view->app->zoomed;
	app_redraw(view->app);
}

/* A serial line carries no size: the guest is told in its shell's words. */
static void cmd_size(struct view *view, unsigned count)
{
	struct console *console = shown(view);

	(void)count;
	if (!console || console->state != SERIAL_OPEN) {
		app_notice(view->app, LEVEL_WARNING, "the console is not open: Enter opens it");
		return;
	}
	int rows = CLAMP(console->rows, 2, SERIAL_ROWS_MAX), cols = CLAMP(console->cols, 2, SERIAL_COLS_MAX);
	g_autofree char *line = g_strdup_printf("stty rows %d cols %d\r", rows, cols);

	serial_resize(console->serial, rows, cols);
	for (const char *ch = line; *ch; ch++)
		serial_keys(console->serial, &(struct serial_key){.ch = (guchar)*ch}, 1);
	app_notice(view->app, LEVEL_INFO, "typed: stty rows %d cols %d", rows, cols);
}

/* ---- search, copy, save ---- */

static void step_search(struct view *view, int step)
{
	struct console *console = shown(view);
	const char *search = self_of(view)->search;

	if (console && *search && !console_search(console, search, step))
		app_notice(view->app, LEVEL_INFO, "nothing on the screen or above has '%s'", search);
	content_touch(view);
}

static void cmd_next(struct view *view, unsigned count)
{
	(void)count;
	step_search(view, 1);
}

static void cmd_prev(struct view *view, unsigned count)
{
	(void)count;
	step_search(view, -1);
}

static void cmd_copy(struct view *view, unsigned count)
{
	struct console *console = shown(view);
	unsigned lines, first;

	(void)count;
	if (!console) {
		app_notice(view->app, LEVEL_WARNING, "the console is not open: there is nothing to copy");
		return;
	}
	first = console_window(console, &lines);
	g_autofree char *text = serial_screen_text(console->screen, first, lines);
	app_copy(view->app, "Screen", text);
}

static char *save_path(const struct store *store, const struct obj_ref *ref)
{
	g_autofree char *name = g_strdelimit(g_strdup(store_name(store, ref)), "/ ", '_');
	g_autofree char *file = g_strdup_printf("%s-console.txt", *name == '.' ? name + 1 : name);

	return g_build_filename(g_get_home_dir(), file, NULL);
}

static const struct param save_params[] = {
        {.name = "file",
                .title = "File",
                .help = "On this machine: the screen and what scrolled by, as text.",
                .type = PARAM_PATH,
                .required = true,
                .current = save_path},
        {.name = "replace",
                .title = "Replace",
                .help = "Exchange the file if there is one; else it is left alone.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        {.name = NULL},
};

/* No row of the table of actions: it asks no host for anything. */
static const struct action save_action = {
        .verb = "console-save",
        .title = "Save the console",
        .help = "Writes the screen and what scrolled by as text.",
        .kind = OBJ_GUEST,
        .params = save_params,
};

/* Takes args. */
static void save_asked(struct app *app, struct args *args, void *data)
{
	struct view *content = app->regions[REGION_CONTENT];
	struct view *tab = content ? content_active(content) : NULL;
	struct console *console = tab && tab->ops == &guest_console_view ? shown(tab) : NULL;
	const char *path = args ? args_get(args, "file") : NULL;

	(void)data;
	if (path && console && app->inbox) {
		unsigned lines = serial_screen_lines(console->screen);
		char *text = serial_screen_text(console->screen, 0, lines);
		g_autoptr(GBytes) bytes = g_bytes_new_take(text, strlen(text));

		file_export(app->inbox, path, bytes, args_get_bool(args, "replace", false), "the console's text");
	}
	args_free(args);
}

static void cmd_save(struct view *view, unsigned count)
{
	(void)count;
	if (!shown(view)) {
		app_notice(view->app, LEVEL_WARNING, "the console is not open: there is nothing to save");
		return;
	}
	app_push_modal(view->app, form_new(view->app, &(struct form_options){.action = &save_action,
	                                                          .ref = &self_of(view)->ref,
	                                                          .done = save_asked}));
}

/* ---- input ---- */

static bool grab(struct view *view, keycode key)
{
	struct console *console = shown(view);
	struct serial_key sent;

	/* What is typed while it is being opened is for the guest too, and no command of ours. */
	if (!console || !(console->attached || console->wanted))
		return false;
	if (key == K_NONE)
		return true;
	content_touch(view);
	if (key == (KEY_CTRL | ']')) {
		console->attached = console->wanted = false;
		return true;
	}
	console->back = 0;
	bool opens = console->state == SERIAL_OPEN || console->state == SERIAL_OPENING;
	if (opens && console_key(key, &sent) && !serial_keys(console->serial, &sent, 1))
		app_notice(view->app, LEVEL_WARNING, "the guest does not read what is typed");
	return true;
}

static void paste(struct view *view, const char *text)
{
	struct console *console = shown(view);
	g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(struct serial_key));

	if (!console || !console->attached || console->state != SERIAL_OPEN) {
		app_notice(view->app, LEVEL_INFO, "not typed: Enter first, so that the guest has the keys");
		return;
	}
	for (; *text; text = g_utf8_next_char(text)) {
		struct serial_key key = {.ch = g_utf8_get_char(text)};

		key.ch = key.ch == '\n' ? '\r' : key.ch;
		g_array_append_val(keys, key);
	}
	if (!serial_keys(console->serial, (const struct serial_key *)(const void *)keys->data, keys->len))
		app_notice(view->app, LEVEL_WARNING, "not typed: the guest does not read what was typed before");
}

static bool key(struct view *view, keycode code, unsigned count)
{
	struct console *console = shown(view);
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
			content_touch(view);
			return true;
		}
	if (code != K_LEFT && code != K_RIGHT)
		return false;
	console->pan = CLAMP(console->pan + (code == K_RIGHT ? 8 : -8), 0, MAX(serial_screen_cols(console->screen) - console->cols, 0));
	content_touch(view);
	return true;
}

static bool mouse(struct view *view, const struct mouse *event)
{
	struct console *console = shown(view);

	if (!console || event->what != MOUSE_PRESS || (event->button != 4 && event->button != 5))
		return false;
	console_scroll(console, event->button == 4 ? 3 : -3);
	content_touch(view);
	return true;
}

/* ---- news ---- */

static bool message(struct view *view, struct msg *msg)
{
	struct guest_console *self = self_of(view);
	struct console *console = NULL;

	for (guint i = 0; msg->type == MSG_SERIAL && msg->serial && i < self->open->len; i++)
		if (((struct console *)self->open->pdata[i])->id == msg->serial->id)
			console = self->open->pdata[i];
	if (!console)
		return false;
	console_apply(console, msg->serial);
	serial_ack(console->serial);
	if (console->state == SERIAL_OPEN && console->wanted)
		console->attached = true;
	if (console->state == SERIAL_OPEN)
		console->wanted = false;
	bool asks = console->state == SERIAL_BUSY && console->wanted && console == shown(view);
	if (console->state == SERIAL_BUSY || console->state == SERIAL_CUT || console->state == SERIAL_REFUSED)
		console->attached = console->wanted = false;
	if (asks)
		ask_cut(view, console);
	if (console == shown(view))
		content_touch(view);
	return true;
}

static void update(struct view *view, unsigned changes)
{
	struct guest_console *self = self_of(view);

	/* Of guests that are gone. */
	for (guint i = self->open->len; (changes & CHANGE_LIST) && i-- > 0;) {
		struct console *console = self->open->pdata[i];

		if (!store_has(view->app->store, &console->ref))
			g_ptr_array_remove_index(self->open, i);
	}
	if (changes & (CHANGE_LIST | CHANGE_HOST))
		view->dirty = true;
}

static void set_object(struct view *view, const struct obj_ref *ref)
{
	self_of(view)->ref = *ref;
	content_touch(view);
}

static void set_filter(struct view *view, const char *filter)
{
	struct guest_console *self = self_of(view);
	struct console *console = shown(view);

	g_free(self->search);
	self->search = g_strdup(filter ? filter : "");
	/* Of what is typed the newest match, and from there on. */
	if (console) {
		console->match = -1;
		if (*self->search)
			console_search(console, self->search, -1);
	}
	content_touch(view);
}

static const char *filter_of(const struct view *view)
{
	return ((const struct guest_console *)view)->search;
}

static const struct view_cmd cmds[] = {
        {"attach", "Open the serial console; the guest has the keys until Ctrl-]", "Enter", "type", cmd_attach},
        {"full-screen", "Give the console the whole screen, or no more", "F11", "full", cmd_full},
        {"search-next", "Next match of the search", "n", NULL, cmd_next},
        {"search-prev", "Previous match of the search", "N", NULL, cmd_prev},
        {"copy-screen", "Copy what is shown to the clipboard", "y", NULL, cmd_copy},
        {"save", "Save screen and scrollback as text", "E", NULL, cmd_save},
        {"tell-size", "Tell the guest's shell the size (types stty rows … cols …)", "=", NULL, cmd_size},
        {"close", "Close the console: others may open it", "x", NULL, cmd_close},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops guest_console_view = {
        .name = "guest-console",
        .title = "Console",
        .create = create,
        .destroy = destroy,
        .draw = draw,
        .cmds = cmds,
        .grab = grab,
        .key = key,
        .mouse = mouse,
        .message = message,
        .update = update,
        .set_object = set_object,
        .set_filter = set_filter,
        .filter = filter_of,
        .paste = paste,
};
