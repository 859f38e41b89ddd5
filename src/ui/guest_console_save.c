/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saving what the Console tab shows as a file of text: see guest_console.h. Main thread. */
#include <string.h>

#include "form.h"
#include "guest_console.h"
#include "nvirt/files.h"
#include "save_form.h"

static char *save_path(const struct store *store, const struct obj_ref *ref)
{
	return save_path_of(store, ref, "-console.txt");
}

static const struct param save_params[] = {
        {.name = "file",
                .title = "File",
                .help = "On this machine: the screen and what scrolled by, as text.",
                .type = PARAM_PATH,
                .required = true,
                .current = save_path},
        SAVE_PARAM_REPLACE,
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

static char *text_of(struct guest_console *self)
{
	return guest_console_is_serial(self) ? serial_half_text(self) : screen_half_text(self);
}

/* Takes args. */
static void save_asked(struct app *app, struct args *args, void *data)
{
	struct guest_console *self = guest_console_shown(app);
	const char *path = args ? args_get(args, "file") : NULL;
	char *text = path && self && app->inbox ? text_of(self) : NULL;

	(void)data;
	if (text) {
		g_autoptr(GBytes) bytes = g_bytes_new_take(text, strlen(text));

		file_export(app->inbox, path, bytes, args_get_bool(args, "replace", false), "the console's text");
	}
	args_free(args);
}

void guest_console_save(struct guest_console *self)
{
	struct app *app = self->view.app;
	g_autofree char *text = text_of(self);

	if (text)
		app_push_modal(app, form_new(app, &(struct form_options){.action = &save_action, .ref = &self->ref, .done = save_asked}));
}
