/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen half of the Console tab: the guest's VNC. It is looked at as soon as the tab
 * shows the guest; Enter gives the guest the keys, Ctrl-] takes them back. Main thread.
 */
#include <string.h>

#include "content.h"
#include "guest_console.h"
#include "login_dialog.h"
#include "nvirt/screen_file.h"
#include "nvirt/text.h"

enum {
	OPEN_MS = 150,       /* who goes through a list does not mean each guest of it */
	HIDDEN_MS = 30000,   /* a screen that is not shown stays for so long: coming back is seen at once */
	SCREENS_MAX = 4,
};

static void panel_changed(struct screen_panel *panel, void *data)
{
	struct guest_console *self = data;

	if (!self->hidden && obj_ref_equal(&panel->ref, &self->ref))
		content_touch(&self->view);
}

struct screen_panel *screen_half_shown(const struct guest_console *self)
{
	for (guint i = 0; i < self->screens->len; i++) {
		struct screen_panel *panel = self->screens->pdata[i];

		if (obj_ref_equal(&panel->ref, &self->ref))
			return panel;
	}
	return NULL;
}

/* ---- which are there ---- */

static void drop_hidden(void *data)
{
	struct guest_console *self = data;

	app_wait_stop(&self->dropping);
	for (guint i = self->screens->len; i-- > 0;) {
		const struct screen_panel *panel = self->screens->pdata[i];

		if (!panel->watched && !panel->log)
			g_ptr_array_remove_index(self->screens, i);
	}
}

/* The oldest, but what is logged stays as long as something else can go. */
static guint least_wanted(const struct guest_console *self, const struct screen_panel *but)
{
	for (guint i = 0; i < self->screens->len; i++) {
		const struct screen_panel *panel = self->screens->pdata[i];

		if (panel != but && !panel->log)
			return i;
	}
	return self->screens->pdata[0] == but;
}

static void hide_others(struct guest_console *self, const struct screen_panel *but)
{
	bool some = false;

	for (guint i = 0; i < self->screens->len; i++) {
		struct screen_panel *panel = self->screens->pdata[i];

		if (panel == but)
			continue;
		some = true;
		panel->attached = false;
		screen_panel_watch(panel, false);
	}
	app_wait_stop(&self->dropping);
	if (some)
		self->dropping = app_wait_ms(self->view.app, HIDDEN_MS, drop_hidden, self);
	while (self->screens->len > SCREENS_MAX)
		g_ptr_array_remove_index(self->screens, least_wanted(self, but));
}

static struct screen_panel *make_panel(struct guest_console *self)
{
	struct screen_panel *panel = screen_half_shown(self);

	if (panel)
		return panel;
	panel = screen_panel_new(self->view.app, &self->ref, panel_changed, self);
	g_ptr_array_add(self->screens, panel);
	return panel;
}

static void open_shown(void *data)
{
	struct guest_console *self = data;
	struct screen_panel *panel;

	app_wait_stop(&self->opening);
	if (self->hidden || self->ref.kind != OBJ_GUEST || !store_has(self->view.app->store, &self->ref) ||
	        !self->view.app->backend)
		return;
	panel = make_panel(self);
	hide_others(self, panel);
	screen_panel_watch(panel, true);
	if (!panel->tried)
		screen_panel_open(panel);
	panel->tried = true;
	content_touch(&self->view);
}

void screen_half_show(struct guest_console *self)
{
	struct screen_panel *panel = screen_half_shown(self);

	app_wait_stop(&self->opening);
	hide_others(self, self->mode == CONSOLE_SERIAL ? NULL : panel);
	if (self->mode == CONSOLE_SERIAL)
		return;
	if (panel)
		open_shown(self);
	else
		self->opening = app_wait_ms(self->view.app, OPEN_MS, open_shown, self);
}

void screen_half_hide(struct guest_console *self)
{
	app_wait_stop(&self->opening);
	hide_others(self, NULL);
}

void screen_half_update(struct guest_console *self)
{
	for (guint i = self->screens->len; i-- > 0;) {
		struct screen_panel *panel = self->screens->pdata[i];

		if (store_has(self->view.app->store, &panel->ref))
			screen_panel_look(panel);
		else
			g_ptr_array_remove_index(self->screens, i);
	}
}

static bool is_readonly(const struct guest_console *self)
{
	const struct host *host = store_host(self->view.app->store, self->ref.host);

	return !host || host->status->readonly;
}

/* What is switched to is watched, what is left is not. Who types on the serial console goes on doing so. */
static void switch_mode(struct guest_console *self, enum console_mode mode)
{
	const struct console *console = serial_half_shown(self);

	if (self->mode == mode || (mode == CONSOLE_SCREEN && console && (console->attached || console->wanted)))
		return;
	self->mode = mode;
	if (!self->hidden)
		screen_half_show(self);
	content_touch(&self->view);
}

bool screen_half_message(struct guest_console *self, struct msg *msg)
{
	for (guint i = 0; msg->type == MSG_SCREEN && msg->door && i < self->screens->len; i++) {
		struct screen_panel *panel = self->screens->pdata[i];

		if (!screen_panel_take_door(panel, msg->door))
			continue;
		/* Without VNC the serial console is the one to type on, unless the user chose. */
		if (!self->chosen && obj_ref_equal(&panel->ref, &self->ref) && panel->state != SCREEN_OFF && !is_readonly(self))
			switch_mode(self, panel->no_vnc ? CONSOLE_SERIAL : CONSOLE_SCREEN);
		return true;
	}
	return false;
}

/* ---- drawing ---- */

static const char *hints(const struct screen_panel *panel)
{
	if (panel->attached)
		return panel->typed ? "Ctrl-] stops typing" : "guest has the keys, Ctrl-] takes them back";
	if (panel->state == SCREEN_ENDED)
		return panel->wants ? "Enter logs in" : "Enter tries again";
	if (panel->state == SCREEN_LIVE && panel->pictures)
		return "no VNC: looks only, Enter says more";
	if (panel->state == SCREEN_LIVE && !screen_panel_no_hands(panel))
		return "Enter types, K keys, H read, F11 full";
	return "";
}

/* Where more of it is than is in sight: "↑→". */
static char *beyond(const struct screen_panel *panel)
{
	const struct text_screen *screen = screen_panel_screen(panel);
	const struct screen_look *look = &panel->look;
	bool ascii = panel->app->options->ascii;

	if (!screen || screen_fits(screen, look->rows, look->cols))
		return NULL;
	if (look->shrunk)
		return screen_graphic_is_whole(panel->graphic) ? NULL : g_strdup("made smaller");
	return g_strconcat(look->row > 0 ? (ascii ? "^" : "↑") : "",
	        look->row + look->rows < screen->rows ? (ascii ? "v" : "↓") : "", look->col > 0 ? (ascii ? "<" : "←") : "",
	        look->col + look->cols < screen->cols ? (ascii ? ">" : "→") : "", NULL);
}

void screen_half_words(const struct guest_console *self, struct mode_words *ret)
{
	const struct screen_panel *panel = screen_half_shown(self);

	*ret = (struct mode_words){.role = ROLE_DIM, .hints = ""};
	if (!panel)
		return;
	ret->state = screen_panel_typing(panel);
	ret->busy = ret->state;
	if (!ret->state)
		ret->state = screen_panel_words(panel);
	ret->role = screen_panel_role(panel);
	ret->hints = hints(panel);
	ret->has_keys = panel->attached;
	ret->right = panel->log ? g_strdup("logged") : beyond(panel);
}

void screen_half_draw(struct guest_console *self, struct area body, bool focused)
{
	struct screen_panel *panel = screen_half_shown(self);

	area_clear(body, ROLE_TEXT);
	if (panel)
		screen_panel_draw(panel, body, focused);
	else if (!self->opening)
		area_text(body, 1, 1, -1, ROLE_TEXT, "The screen is closed: Enter opens it.");
}

/* ---- the keys ---- */

static void logged_in(struct app *app, const char *user, const char *password, void *data)
{
	struct guest_console *self = guest_console_shown(app);
	struct screen_panel *panel = self ? screen_half_shown(self) : NULL;

	/* Another guest's is not for this one. */
	if (panel && panel == data)
		screen_panel_login(panel, user, password);
}

static void ask_login(struct guest_console *self, struct screen_panel *panel)
{
	g_autofree char *text = g_strdup_printf("The screen of '%s': %s.", store_name(self->view.app->store, &self->ref), panel->why);

	app_push_modal(self->view.app, login_dialog_new(self->view.app, &(struct login_options){.text = text,
	                                                                        .user = panel->wants == VNC_END_USER || panel->user,
	                                                                        .done = logged_in,
	                                                                        .data = panel}));
}

void screen_half_attach(struct guest_console *self)
{
	struct screen_panel *panel = screen_half_shown(self);
	const char *why;

	if (panel && panel->state == SCREEN_ENDED && panel->wants) {
		ask_login(self, panel);
		return;
	}
	if (!panel || panel->state == SCREEN_ENDED || panel->state == SCREEN_AGAIN) {
		panel = make_panel(self);
		panel->tries = 0;
		panel->tried = false;
		open_shown(self);
	}
	why = screen_panel_no_hands(panel);
	if (why && panel->pictures) {
		app_show_text(self->view.app, "No VNC", why);
		return;
	}
	if (why) {
		app_notice(self->view.app, LEVEL_WARNING, "%s", why);
		return;
	}
	panel->attached = panel->state != SCREEN_OFF && panel->state != SCREEN_ENDED;
	if (panel->state == SCREEN_OFF)
		app_notice(self->view.app, LEVEL_INFO, "the guest is off: its screen is shown when it starts");
	panel->moved = false;
}

void screen_half_close(struct guest_console *self)
{
	struct screen_panel *panel = screen_half_shown(self);

	if (panel)
		g_ptr_array_remove(self->screens, panel);
}

bool screen_half_grab(struct guest_console *self, keycode key)
{
	struct screen_panel *panel = screen_half_shown(self);

	/* Searching is for a screen that stands still. */
	if (panel && !panel->attached && key == '/' && screen_panel_screen(panel)) {
		guest_console_read(self, false, true);
		return true;
	}
	if (!panel || !panel->attached)
		return false;
	if (key == K_NONE)
		return true;
	if (key == (KEY_CTRL | ']')) {
		screen_panel_stop(panel);
		panel->attached = false;
		self->leader = true;
		content_touch(&self->view);
		return true;
	}
	screen_panel_key(panel, key);
	return true;
}

void screen_half_paste(struct guest_console *self, const char *text)
{
	struct screen_panel *panel = screen_half_shown(self);

	if (!panel || !panel->attached)
		app_notice(self->view.app, LEVEL_INFO, "not typed: Enter first, so that the guest has the keys");
	else
		screen_panel_type(panel, text);
	content_touch(&self->view);
}

/* ---- how it is seen ---- */

void screen_half_scale(struct guest_console *self)
{
	struct screen_panel *panel = screen_half_shown(self);

	if (!panel) {
		app_notice(self->view.app, LEVEL_WARNING, "the guest's screen is not open");
		return;
	}
	panel->look.scaled = !panel->look.scaled;
	panel->chose_scale = true;
	app_notice(self->view.app, LEVEL_INFO,
	        panel->look.scaled ? "all of the screen, made smaller where it must be" : "as large as it is; arrows move the part in sight");
	content_touch(&self->view);
}

void screen_half_fit(struct guest_console *self)
{
	struct screen_panel *panel = screen_half_shown(self);

	if (panel)
		screen_panel_fit(panel);
	else
		app_notice(self->view.app, LEVEL_WARNING, "the guest's screen is not open");
}

void screen_half_reading(struct guest_console *self)
{
	static const char *const words[] = {"text where there is text, else a picture", "text only", "picture only"};
	struct screen_panel *panel = screen_half_shown(self);

	if (!panel) {
		app_notice(self->view.app, LEVEL_WARNING, "the guest's screen is not open");
		return;
	}
	screen_panel_set_mode(panel, (enum recogniser_mode)((panel->mode + 1) % G_N_ELEMENTS(words)));
	app_notice(self->view.app, LEVEL_INFO, "shown as: %s", words[panel->mode]);
	content_touch(&self->view);
}

bool screen_half_key(struct guest_console *self, keycode code, unsigned count)
{
	struct screen_panel *panel = screen_half_shown(self);
	int times = (int)CLAMP(count, 1, 1000);
	const struct {
		keycode key;
		int rows, cols;
	} pans[] = {{K_UP, -1, 0}, {'k', -1, 0}, {K_DOWN, 1, 0}, {'j', 1, 0}, {K_LEFT, 0, -8}, {'h', 0, -8}, {K_RIGHT, 0, 8},
	        {'l', 0, 8}, {K_HOME, -10000, -10000}, {K_END, 10000, 0}, {K_PGUP, -10, 0}, {K_PGDN, 10, 0}};

	/* Beyond the first row there is what scrolled by. */
	if (panel && code == K_PGUP && (panel->look.row <= 0 || panel->look.shrunk)) {
		guest_console_read(self, true, false);
		return true;
	}
	for (gsize i = 0; panel && i < G_N_ELEMENTS(pans); i++)
		if (pans[i].key == code) {
			screen_panel_pan(panel, pans[i].rows * times, pans[i].cols * times);
			return true;
		}
	return false;
}

bool screen_half_mouse(struct guest_console *self, const struct mouse *event)
{
	struct screen_panel *panel = screen_half_shown(self);

	if (!panel)
		return false;
	/* A button that is down comes up again, whoever has the keys by then. */
	if (panel->attached || panel->buttons)
		return screen_panel_mouse(panel, event);
	if (event->what == MOUSE_PRESS && event->button == 1 && event->clicks == 2)
		screen_half_attach(self);
	else if (event->what == MOUSE_PRESS && (event->button == 4 || event->button == 5))
		screen_panel_pan(panel, event->button == 4 ? -3 : 3, 0);
	return true;
}

/* ---- its text ---- */

char *screen_half_text(struct guest_console *self)
{
	struct screen_panel *panel = screen_half_shown(self);
	const struct text_screen *screen = panel ? screen_panel_screen(panel) : NULL;

	if (screen)
		return screen_plain(screen);
	app_notice(self->view.app, LEVEL_WARNING, "nothing of the screen was seen yet");
	return NULL;
}

void screen_half_copy(struct guest_console *self)
{
	g_autofree char *text = screen_half_text(self);

	if (text)
		app_copy(self->view.app, "Screen", text);
}
