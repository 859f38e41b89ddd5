/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What scrolled off a guest's screen before it was looked at, where its VGA still has it: see screen_panel.h. */
#include "nvirt/backend.h"
#include "nvirt/screen_file.h"
#include "screen_panel.h"

/* A screen that runs is another one by the time its memory was read: some seconds of a boot. */
#define PAST_TRIES 20
/* The screen must stay so long after its memory was read, or it may be older than that. */
#define STILL_MS 300
/* Between two questions: each is a command for QEMU and a file for libvirt. */
#define ASK_EVERY_US (400 * 1000)

/* What scrolled by before is wanted once; later on what more went by than frames came. */
static bool is_wanted(const struct screen_panel *panel)
{
	if (panel->past_refused || panel->past_id || panel->past_lines)
		return false;
	if (panel->past_us && g_get_monotonic_time() - panel->past_us < ASK_EVERY_US)
		return false;
	return panel->past_tries < PAST_TRIES || screen_history_has_gap(panel->history);
}

static bool may_ask(const struct screen_panel *panel)
{
	const struct host *host = store_host(panel->app->store, panel->ref.host);
	const struct text_screen *screen = screen_panel_screen(panel);
	int width, height;

	if (!screen || panel->pictures || !panel->app->backend || !host || host->status->readonly || !vnc_view_settled(panel->view))
		return false;
	vnc_view_size(panel->view, &width, &height);
	return text_memory_may_be(screen, width, height);
}

void screen_panel_past_ask(struct screen_panel *panel)
{
	if (!is_wanted(panel) || !may_ask(panel))
		return;
	panel->past_tries += panel->past_tries < PAST_TRIES;
	panel->past_us = g_get_monotonic_time();
	panel->past_id = ++panel->app->door_id;
	backend_peek_screen(panel->app->backend, &panel->ref, store_name(panel->app->store, &panel->ref), panel->past_id);
}

void screen_panel_past_drop(struct screen_panel *panel)
{
	app_wait_stop(&panel->past_wait);
	g_clear_pointer(&panel->past_lines, g_ptr_array_unref);
	g_clear_pointer(&panel->past_text, g_free);
}

/* The screen that was held against the memory is still there: it was the guest's then. */
static void use_lines(struct screen_panel *panel, GPtrArray *lines)
{
	if (screen_history_has_gap(panel->history))
		screen_history_fill(panel->history, g_ptr_array_ref(lines));
	screen_history_begin_with(panel->history, lines);
	panel->past_tries = PAST_TRIES;
}

static void stood(void *data)
{
	struct screen_panel *panel = data;
	const struct text_screen *screen = screen_panel_screen(panel);
	g_autofree char *text = screen ? screen_plain(screen) : NULL;

	if (text && g_str_equal(text, panel->past_text))
		use_lines(panel, g_steal_pointer(&panel->past_lines));
	screen_panel_past_drop(panel);
	/* Else it ran on. */
	screen_panel_past_ask(panel);
}

bool screen_panel_past_take(struct screen_panel *panel, const struct screen_door *door)
{
	const struct text_screen *screen = screen_panel_screen(panel);
	const uint8_t *bytes;
	gsize length;

	if (!panel->past_id || door->id != panel->past_id)
		return false;
	panel->past_id = 0;
	/* Who does not tell now does not tell the next time. */
	panel->past_refused = !door->memory || !screen;
	if (panel->past_refused)
		return true;
	screen_panel_past_drop(panel);
	bytes = g_bytes_get_data(door->memory, &length);
	panel->past_lines = text_memory_lines(screen, bytes, length);
	panel->past_text = screen_plain(screen);
	if (panel->past_lines->len)
		panel->past_wait = app_wait_ms(panel->app, STILL_MS, stood, panel);
	else
		screen_panel_past_drop(panel);
	return true;
}
