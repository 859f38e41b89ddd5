/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Console tab's log: where to, and that it ends. Main thread. */
#include "form.h"
#include "guest_console.h"

static char *log_path(const struct store *store, const struct obj_ref *ref)
{
	g_autofree char *name = g_strdelimit(g_strdup(store_name(store, ref)), "/ ", '_');
	g_autofree char *file = g_strdup_printf("%s-screen.log", *name == '.' ? name + 1 : name);

	return g_build_filename(g_get_home_dir(), file, NULL);
}

static const struct param log_params[] = {
        {.name = "file",
                .title = "File",
                .help = "On this machine; what is in it stays, new lines follow.",
                .type = PARAM_PATH,
                .required = true,
                .current = log_path},
        {.name = NULL},
};

/* No row of the table of actions: it asks no host for anything. */
static const struct action log_action = {
        .verb = "console-log",
        .title = "Log the screen",
        .help = "Each line that comes goes to a file, with its time, until the log is ended.",
        .kind = OBJ_GUEST,
        .params = log_params,
};

/* Takes args. */
static void log_asked(struct app *app, struct args *args, void *data)
{
	struct guest_console *self = guest_console_shown(app);
	struct screen_panel *panel = self ? screen_half_shown(self) : NULL;

	(void)data;
	if (panel && args)
		screen_panel_log(panel, args_get(args, "file"));
	args_free(args);
}

void guest_console_log(struct guest_console *self)
{
	struct screen_panel *panel = screen_half_shown(self);
	struct app *app = self->view.app;

	if (!panel || !screen_panel_screen(panel)) {
		app_notice(app, LEVEL_WARNING, "nothing of the screen was seen yet: there is nothing to log");
	} else if (panel->log) {
		screen_panel_log_end(panel);
		app_notice(app, LEVEL_INFO, "the log of the screen has ended");
	} else {
		app_push_modal(app, form_new(app, &(struct form_options){.action = &log_action, .ref = &self->ref, .done = log_asked}));
	}
}
