/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What scrolled off a guest's screen before it was looked at, where its VGA still has it: see screen_panel.h. */
#include "nvirt/backend.h"
#include "screen_panel.h"

/* A screen that runs is another one by the time its memory was read. */
#define PAST_TRIES 5
/* Between two questions about gaps: each is a command for QEMU and a file for libvirt. */
#define GAP_EVERY_US (200 * 1000)

/* More went by than frames came. */
static bool fills_gap(const struct screen_panel *panel)
{
	return !panel->past_refused && screen_history_has_gap(panel->history) &&
	       g_get_monotonic_time() - panel->past_us >= GAP_EVERY_US;
}

static bool may_ask(const struct screen_panel *panel)
{
	const struct host *host = store_host(panel->app->store, panel->ref.host);
	const struct text_screen *screen = screen_panel_screen(panel);
	int width, height;

	if (!screen || panel->pictures || (panel->past_tries >= PAST_TRIES && !fills_gap(panel)) || panel->past_id || !panel->app->backend || !host ||
	        host->status->readonly || !vnc_view_settled(panel->view))
		return false;
	vnc_view_size(panel->view, &width, &height);
	return text_memory_may_be(screen, width, height);
}

void screen_panel_past_ask(struct screen_panel *panel)
{
	if (!may_ask(panel))
		return;
	panel->past_tries += panel->past_tries < PAST_TRIES;
	panel->past_us = g_get_monotonic_time();
	panel->past_id = ++panel->app->door_id;
	backend_peek_screen(panel->app->backend, &panel->ref, store_name(panel->app->store, &panel->ref), panel->past_id);
}

bool screen_panel_past_take(struct screen_panel *panel, const struct screen_door *door)
{
	const struct text_screen *screen = screen_panel_screen(panel);
	const uint8_t *bytes;
	GPtrArray *lines;
	gsize length;

	if (!panel->past_id || door->id != panel->past_id)
		return false;
	panel->past_id = 0;
	/* Who does not tell now does not tell the next time. */
	panel->past_refused = !door->memory || !screen;
	if (panel->past_refused) {
		panel->past_tries = PAST_TRIES;
		return true;
	}
	bytes = g_bytes_get_data(door->memory, &length);
	lines = text_memory_lines(screen, bytes, length);
	/* Of a screen that ran on meanwhile nothing is known: the next frame asks again. */
	if (lines->len && screen_history_has_gap(panel->history)) {
		screen_history_fill(panel->history, g_ptr_array_ref(lines));
		panel->past_tries = PAST_TRIES;
	}
	if (screen_history_begin_with(panel->history, lines))
		panel->past_tries = PAST_TRIES;
	return true;
}
