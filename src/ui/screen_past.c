/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What scrolled off a guest's screen before it was looked at, where its VGA still has it: see screen_panel.h. */
#include "nvirt/backend.h"
#include "screen_panel.h"

/* A screen that runs is another one by the time its memory was read. */
#define PAST_TRIES 5

static bool may_ask(const struct screen_panel *panel)
{
	const struct host *host = store_host(panel->app->store, panel->ref.host);
	const struct text_screen *screen = screen_panel_screen(panel);
	int width, height;

	if (!screen || panel->pictures || panel->past_tries >= PAST_TRIES || panel->past_id || !panel->app->backend || !host ||
	        host->status->readonly || !vnc_view_settled(panel->view))
		return false;
	vnc_view_size(panel->view, &width, &height);
	return text_memory_may_be(screen, width, height);
}

void screen_panel_past_ask(struct screen_panel *panel)
{
	if (!may_ask(panel))
		return;
	panel->past_tries++;
	panel->past_id = ++panel->app->door_id;
	backend_peek_screen(panel->app->backend, &panel->ref, store_name(panel->app->store, &panel->ref), panel->past_id);
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
	if (!door->memory || !screen) {
		panel->past_tries = PAST_TRIES;
		return true;
	}
	bytes = g_bytes_get_data(door->memory, &length);
	if (screen_history_begin_with(panel->history, text_memory_lines(screen, bytes, length)))
		panel->past_tries = PAST_TRIES;
	return true;
}
