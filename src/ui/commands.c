/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The app's own commands: one row each. Main thread. */
#include "commands.h"

#include <string.h>

#include "app_private.h"
#include "chooser.h"
#include "keymap.h"
#include "nvirt/text.h"

static void focus_step(struct app *app, int by)
{
	enum region next = app->focus;
	do {
		next = (enum region)((next + REGION_N + by) % REGION_N);
	} while (next == REGION_HEADER || (!app->regions[next] && next != app->focus));
	app_focus(app, next);
}

static void focus_next(struct app *app, unsigned count)
{
	(void)count;
	focus_step(app, 1);
}

static void focus_prev(struct app *app, unsigned count)
{
	(void)count;
	focus_step(app, -1);
}

static void focus_tree(struct app *app, unsigned count)
{
	(void)count;
	app_focus(app, REGION_TREE);
}

static void focus_content(struct app *app, unsigned count)
{
	(void)count;
	app_focus(app, REGION_CONTENT);
}

static void go_back(struct app *app, unsigned count)
{
	(void)count;
	app_go_back(app);
}

static void focus_tasks(struct app *app, unsigned count)
{
	(void)count;
	app_focus(app, REGION_TASKS);
}

static void zoom(struct app *app, unsigned count)
{
	(void)count;
	app->zoomed = true;
	app_redraw(app);
}

static void unzoom(struct app *app, unsigned count)
{
	(void)count;
	app->zoomed = false;
	app_redraw(app);
}

static void help(struct app *app, unsigned count)
{
	(void)count;
	app_push_modal(app, help_new(app));
}

static void palette(struct app *app, unsigned count)
{
	(void)count;
	app_push_modal(app, palette_new(app));
}

static void menu(struct app *app, unsigned count)
{
	(void)count;
	app_push_modal(app, menu_new(app));
}

static void filter(struct app *app, unsigned count)
{
	(void)count;
	app_start_filter(app);
}

static void redraw(struct app *app, unsigned count)
{
	(void)count;
	app_redraw(app);
	if (app->loop)
		app_loop_repaint(app);
}

/* The host of what is selected or open; 0 = none. */
static unsigned host_here(struct app *app)
{
	struct obj_ref ref;
	return app_selected(app, &ref) && ref.host ? ref.host : app->open.host;
}

static void refresh(struct app *app, unsigned count)
{
	(void)count;
	unsigned host = host_here(app);
	if (host && app->backend)
		backend_refresh(app->backend, host);
	if (store_host(app->store, host))
		app_health_ask(app, store_host(app->store, host));
	app_redraw(app);
}

static void reconnect(struct app *app, unsigned count)
{
	(void)count;
	struct host *host = store_host(app->store, host_here(app));
	if (!host)
		return;
	if (app->backend)
		backend_reconnect(app->backend, host->id);
	app_notice(app, LEVEL_INFO, "connecting to %s", host->name);
}

static void theme(struct app *app, unsigned count)
{
	(void)count;
	app_push_modal(app, app_theme_chooser(app));
}

static void copy(struct app *app, unsigned count)
{
	(void)count;
	app_push_modal(app, app_copy_menu(app));
}

static void suspend(struct app *app, unsigned count)
{
	(void)count;
	if (app->loop)
		app_loop_suspend(app);
}

static void quit(struct app *app, unsigned count)
{
	(void)count;
	app_quit(app);
}

/* The content panel's tabs turn from every region. */
static void turn_tab(struct app *app, const char *command, unsigned count)
{
	struct view *content = app->regions[REGION_CONTENT];
	if (content)
		commands_view_run(content, command, count);
}

static void tab_next(struct app *app, unsigned count)
{
	turn_tab(app, "tab-next", count);
}

static void tab_prev(struct app *app, unsigned count)
{
	turn_tab(app, "tab-prev", count);
}

/* Those with a hint come first: the key bar shows as many as it has room for. */
const struct app_command app_commands[] = {
        {"help", "Help: all keys and what the shapes mean", "? F1", "help", help},
        {"menu", "Menu of the selected object", "m F10", "menu", menu},
        {"focus-next", "Next region", "Tab", "next", focus_next},
        {"quit", "Quit nvirt", "q C-c", "quit", quit},
        {"filter", "Filter the focused list", "/", "filter", filter},
        {"palette", "Palette: find and run anything by name", ":", "palette", palette},
        {"focus-prev", "Previous region", "S-Tab", NULL, focus_prev},
        {"focus-tree", "Go to the resource tree (or g1)", "M-1", NULL, focus_tree},
        {"focus-content", "Go to the content panel (or g2)", "M-2", NULL, focus_content},
        {"focus-tasks", "Go to the task log (or g3)", "t M-3", NULL, focus_tasks},
        {"back", "Back to the list or wall out of which this was opened", "Backspace", NULL, go_back},
        {"zoom", "Give the focused region the whole screen", "+", NULL, zoom},
        {"unzoom", "Show all regions again", "_", NULL, unzoom},
        {"tab-next", "Next tab of the content panel", "]", NULL, tab_next},
        {"tab-prev", "Previous tab of the content panel", "[", NULL, tab_prev},
        {"mark", "Mark or unmark the selected object", "Space", NULL, app_mark},
        {"mark-range", "Mark from here to where the cursor goes; again to end", "V", NULL, app_mark_range},
        {"mark-invert", "Turn the marks of all listed of its kind round", "*", NULL, app_mark_invert},
        {"refresh", "Look at the host again now", "C-r F5", NULL, refresh},
        {"reconnect", "Connect to the host again now", "R", NULL, reconnect},
        {"copy", "Copy name, UUID, address, XML or virsh command", "y", NULL, copy},
        {"theme", "Choose another theme", "", NULL, theme},
        {"redraw", "Draw the screen again", "C-l", NULL, redraw},
        {"suspend", "Suspend nvirt; the shell's fg brings it back", "C-z", NULL, suspend},
        {0},
};

bool commands_app_key(struct app *app, keycode key, unsigned count)
{
	for (const struct app_command *cmd = app_commands; cmd->name; cmd++) {
		if (!key_in(keymap_app(app->keymap, cmd), key))
			continue;
		cmd->run(app, count);
		return true;
	}
	return false;
}

bool commands_app_is(const struct app *app, const char *name, keycode key)
{
	for (const struct app_command *cmd = app_commands; cmd->name; cmd++)
		if (!strcmp(cmd->name, name))
			return key_in(keymap_app(app->keymap, cmd), key);
	return false;
}
