/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keyboard and mouse of a guest's screen: see screen_panel.h. */
#include <string.h>

#include "nvirt/files.h"
#include "nvirt/text.h"
#include "screen_panel.h"
#include "state.h"

/* Buttons as RFB has them (RFC 6143, 7.5.5). */
enum { RFB_LEFT = 1, RFB_MIDDLE = 2, RFB_RIGHT = 4, RFB_WHEEL_UP = 8, RFB_WHEEL_DOWN = 16 };

const char *screen_panel_no_hands(const struct screen_panel *panel)
{
	const struct host *host = store_host(panel->app->store, panel->ref.host);

	if (!host || host->status->readonly)
		return "the connection is read-only: it looks and never types";
	if (panel->pictures || panel->no_vnc)
		return *panel->note ? panel->note : "the guest has no VNC: it can be looked at, but not typed to";
	return NULL;
}

static bool has_hands(const struct screen_panel *panel)
{
	return panel->state == SCREEN_LIVE && panel->view && !panel->layout_id && !screen_panel_no_hands(panel);
}

/* ---- keys ---- */

static void send_waiting(void *data)
{
	struct screen_panel *panel = data;
	const struct key_event *event;
	bool text = panel->typed;
	int ms;

	app_wait_stop(&panel->typist);
	typing_seen(panel->typing, vnc_view_screen(panel->view), g_get_monotonic_time());
	while ((event = typing_take(panel->typing, g_get_monotonic_time(), &ms)))
		vnc_view_key(panel->view, event->keysym, event->scancode, event->down);
	if (ms < 0)
		panel->typed = 0;
	else
		panel->typist = app_wait_ms(panel->app, (unsigned)ms, send_waiting, panel);
	if (text)
		panel->changed(panel, panel->data);
}

static void send(struct screen_panel *panel, const GArray *events)
{
	if (!has_hands(panel))
		return;
	typing_add(panel->typing, events, panel->typed);
	/* What is typed is what one wants to see. */
	panel->moved = false;
	if (!panel->typist)
		send_waiting(panel);
}

void screen_panel_key(struct screen_panel *panel, keycode key)
{
	g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
	g_autoptr(GError) error = NULL;

	if (screen_keys_press(panel->layout, key, events, &error))
		send(panel, events);
	else
		app_notice(panel->app, LEVEL_WARNING, "%s", error->message);
}

bool screen_panel_press(struct screen_panel *panel, const char *words)
{
	g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
	g_autoptr(GError) error = NULL;

	if (keyboard_press(panel->layout, words, events, &error)) {
		send(panel, events);
		return true;
	}
	app_notice(panel->app, LEVEL_WARNING, "%s", error->message);
	return false;
}

bool screen_panel_type(struct screen_panel *panel, const char *text)
{
	g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
	g_autoptr(GError) error = NULL;

	if (!has_hands(panel)) {
		app_notice(panel->app, LEVEL_WARNING, "nothing was typed: the screen is not live");
		return false;
	}
	if (!keyboard_type(panel->layout, text, events, &error)) {
		app_notice(panel->app, LEVEL_WARNING, "%s", error->message);
		return false;
	}
	panel->typed = events->len;
	send(panel, events);
	return true;
}

void screen_panel_stop(struct screen_panel *panel)
{
	if (!panel->typed)
		return;
	typing_stop(panel->typing);
	panel->typed = 0;
	app_wait_stop(&panel->typist);
	send_waiting(panel);
	app_notice(panel->app, LEVEL_WARNING, "stopped: only a part of the text was typed");
}

char *screen_panel_typing(const struct screen_panel *panel)
{
	unsigned gone, waits = typing_waits(panel->typing, &gone);

	if (!panel->typed || !waits)
		return NULL;
	return g_strdup_printf("typing, %u %%", gone * 100 / (gone + waits));
}

/* ---- its layout ---- */

static char *setting(const struct screen_panel *panel)
{
	char uuid[37];

	uuid_format(panel->ref.uuid, uuid);
	return g_strconcat("keyboard.", uuid, NULL);
}

void screen_panel_set_layout(struct screen_panel *panel, const char *name)
{
	g_autofree char *key = setting(panel);
	const char *kept = state_get_string(panel->app->state, key);
	const char *wanted = name ? name : kept ? kept : panel->keymap ? panel->keymap : "us";

	g_free(panel->layout_chosen);
	panel->layout_chosen = g_strdup(name);
	panel->layout_id = 0;
	if (!panel->app->inbox || (!name && g_str_equal(layout_name(panel->layout), wanted)))
		return;
	panel->layout_id = ++panel->app->door_id;
	file_read_layout(panel->app->inbox, wanted, &panel->ref, panel->layout_id);
}

bool screen_panel_layout_take(struct screen_panel *panel, struct screen_door *door)
{
	g_autofree char *key = setting(panel), *chosen = NULL;

	if (!panel->layout_id || door->id != panel->layout_id)
		return false;
	panel->layout_id = 0;
	chosen = g_steal_pointer(&panel->layout_chosen);
	if (!door->layout) {
		app_notice(panel->app, LEVEL_WARNING, "%s", door->words);
		return true;
	}
	layout_free(panel->layout);
	panel->layout = g_steal_pointer(&door->layout);
	if (chosen) {
		state_set_string(panel->app->state, key, chosen);
		state_save(panel->app->state);
		app_notice(panel->app, LEVEL_INFO, "this guest's keyboard layout is taken for '%s'", chosen);
	}
	return true;
}

/* ---- mouse ---- */

static unsigned buttons_of(const struct mouse *mouse)
{
	static const unsigned buttons[] = {0, RFB_LEFT, RFB_MIDDLE, RFB_RIGHT, RFB_WHEEL_UP, RFB_WHEEL_DOWN};

	return mouse->button > 0 && mouse->button < (int)G_N_ELEMENTS(buttons) ? buttons[mouse->button] : 0;
}

/* A mouse that only tells how far it went would lead its pointer anywhere. */
static bool says_relative(struct screen_panel *panel, const struct mouse *mouse)
{
	if (vnc_view_pointer_kind(panel->view) != VNC_POINTER_RELATIVE)
		return false;
	if (mouse->what == MOUSE_PRESS)
		app_notice(panel->app, LEVEL_INFO, "the guest uses no tablet: give it <input type='tablet' bus='usb'/>");
	return true;
}

bool screen_panel_mouse(struct screen_panel *panel, const struct mouse *mouse)
{
	const struct text_screen *screen = screen_panel_screen(panel);
	unsigned button = buttons_of(mouse), before = panel->buttons;
	int x, y;

	if (!has_hands(panel) || !screen || says_relative(panel, mouse)) {
		panel->buttons = 0;
		return false;
	}
	if (!screen_pixel(screen, &panel->look, mouse->y, mouse->x, before != 0, &x, &y))
		return false;
	/* A wheel has no release of its own. */
	if (button >= RFB_WHEEL_UP) {
		vnc_view_pointer(panel->view, x, y, before | button);
		vnc_view_pointer(panel->view, x, y, before);
		return true;
	}
	if (mouse->what == MOUSE_PRESS)
		panel->buttons |= button;
	else if (mouse->what == MOUSE_RELEASE)
		panel->buttons &= button ? ~button : 0;
	/* The pointer goes there before a button goes down. */
	if (mouse->what == MOUSE_PRESS)
		vnc_view_pointer(panel->view, x, y, before);
	vnc_view_pointer(panel->view, x, y, panel->buttons);
	return true;
}
