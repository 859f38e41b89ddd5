/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's screen says, to a file with the time of each line, while it is looked at: see screen_panel.h. */
#include "nvirt/files.h"
#include "screen_panel.h"

/* A line that stood for so long is one. */
#define LOG_AFTER_MS 1000

static void write_line(const struct page_line *line, void *data)
{
	struct screen_panel *panel = data;
	g_autofree char *text = page_line_log(line);

	file_log_write(panel->log, text);
}

static void passed(void *data)
{
	screen_panel_log_tick(data);
}

void screen_panel_log_tick(struct screen_panel *panel)
{
	int ms;

	app_wait_stop(&panel->log_wait);
	if (!panel->log)
		return;
	ms = screen_history_tick(panel->history, g_get_real_time());
	if (ms >= 0)
		panel->log_wait = app_wait_ms(panel->app, (unsigned)ms, passed, panel);
}

bool screen_panel_log(struct screen_panel *panel, const char *path)
{
	if (panel->log || !panel->app->inbox)
		return false;
	panel->log = file_log_new(panel->app->inbox, path, "the log of the screen");
	if (!panel->log)
		return false;
	screen_history_set_log(panel->history, write_line, panel, LOG_AFTER_MS);
	screen_panel_rewatch(panel);
	screen_panel_log_tick(panel);
	return true;
}

void screen_panel_log_end(struct screen_panel *panel)
{
	app_wait_stop(&panel->log_wait);
	if (!panel->log)
		return;
	screen_history_log_rest(panel->history);
	screen_history_set_log(panel->history, NULL, NULL, 0);
	file_log_close(panel->log);
	panel->log = NULL;
	if (panel->view)
		vnc_view_watch(panel->view, panel->watched);
}
