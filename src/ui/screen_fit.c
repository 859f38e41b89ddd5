/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest is asked for a screen of the panel's size, and what came of it is said: see screen_panel.h. */
#include "screen_panel.h"

/* A guest that follows does so within a second or two: its desktop may have to move. */
#define FIT_MS 5000
/*
 * Of a guest that shows a picture: what its text console would have. Nine columns has a VGA's text mode alone, which takes no
 * size: what follows is a console in a framebuffer.
 */
#define CELL_WIDTH 8
#define CELL_HEIGHT 16
#define VGA_CELL_WIDTH 9
/* Smaller than that no guest's desktop can be. */
#define WIDTH_MIN 320
#define HEIGHT_MIN 200

static bool has_size(const struct screen_panel *panel)
{
	int width, height;

	vnc_view_size(panel->view, &width, &height);
	return width == panel->fit_width && height == panel->fit_height;
}

/* Why the server will not have it; NULL = it has, or said nothing yet. */
static const char *refusal(const struct screen_panel *panel)
{
	switch (vnc_view_fit_answer(panel->view)) {
	case -1:
	case VNC_FIT_DONE:
	case VNC_FIT_PASSED_ON:
		return NULL;
	case VNC_FIT_NO_DRIVER:
		return "its device or driver takes none (virtio does)";
	case VNC_FIT_PROHIBITED:
		return "the VNC server does not allow it";
	case VNC_FIT_NO_ROOM:
		return "the VNC server has no room for it";
	default:
		return "the VNC server does not want it";
	}
}

static void end(struct screen_panel *panel)
{
	app_wait_stop(&panel->fit_wait);
}

/* It has had its time. */
static void passed(void *data)
{
	struct screen_panel *panel = data;
	int width, height;

	end(panel);
	vnc_view_size(panel->view, &width, &height);
	if (vnc_view_state(panel->view) != VNC_LIVE)
		return;
	if (vnc_view_fit_answer(panel->view) < 0)
		app_notice(panel->app, LEVEL_WARNING, "the screen keeps its size: its VNC server does not answer that");
	else
		app_notice(panel->app, LEVEL_WARNING, "the guest was told %dx%d pixels; its driver does not follow (%dx%d)",
		        panel->fit_width, panel->fit_height, width, height);
}

void screen_panel_fit_step(struct screen_panel *panel)
{
	const char *why = panel->fit_wait ? refusal(panel) : NULL;

	if (!panel->fit_wait || (!why && !has_size(panel)))
		return;
	end(panel);
	if (why)
		app_notice(panel->app, LEVEL_WARNING, "the screen keeps its size: %s", why);
	else
		app_notice(panel->app, LEVEL_INFO, "the screen fits the panel now: %dx%d pixels", panel->fit_width, panel->fit_height);
}

void screen_panel_fit(struct screen_panel *panel)
{
	const struct text_screen *screen = screen_panel_screen(panel);
	const char *why = screen_panel_no_hands(panel);
	bool text = screen && screen->kind == SCREEN_TEXT;

	if (why || panel->state != SCREEN_LIVE || !screen) {
		app_notice(panel->app, LEVEL_WARNING, "%s", why ? why : "the screen is not live: there is nobody to ask");
		return;
	}
	panel->fit_width = MAX(panel->look.cols * (text && screen->cell_w != VGA_CELL_WIDTH ? screen->cell_w : CELL_WIDTH), WIDTH_MIN);
	panel->fit_height = MAX(panel->look.rows * (text ? screen->cell_h : CELL_HEIGHT), HEIGHT_MIN);
	app_wait_stop(&panel->fit_wait);
	vnc_view_fit(panel->view, panel->fit_width, panel->fit_height);
	panel->fit_wait = app_wait_ms(panel->app, FIT_MS, passed, panel);
	app_notice(panel->app, LEVEL_INFO, "asked for a screen of %dx%d pixels …", panel->fit_width, panel->fit_height);
}
