/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the Console tab has pressed and typed in a guest by menus and forms: see guest_console.h. Main thread. */
#include "chooser.h"
#include "commands.h"
#include "content.h"
#include "form.h"
#include "guest_console.h"

/* ---- combinations of keys ---- */

/* The guest had the keys before the menu was asked for: it has them again. */
static void give_back(struct guest_console *self, struct screen_panel *panel)
{
	if (self->leader)
		panel->attached = true;
	self->leader = false;
	content_touch(&self->view);
}

static bool can_send(struct guest_console *self, struct screen_panel *panel)
{
	const char *why = panel ? screen_panel_no_hands(panel) : NULL;

	if (!why && (!panel || panel->state != SCREEN_LIVE))
		why = "the guest's screen is not live";
	if (why)
		app_notice(self->view.app, LEVEL_WARNING, "%s", why);
	return !why;
}

void screen_half_send_escape(struct guest_console *self)
{
	struct screen_panel *panel = screen_half_shown(self);

	if (!can_send(self, panel))
		return;
	screen_panel_press(panel, "ctrl-]");
	give_back(self, panel);
}

static void send_combination(struct app *app, const char *keys)
{
	struct guest_console *self = guest_console_shown(app);
	struct screen_panel *panel = self ? screen_half_shown(self) : NULL;

	if (!self || !can_send(self, panel) || !screen_panel_press(panel, keys))
		return;
	app_notice(app, LEVEL_INFO, "pressed in the guest: %s", keys);
	give_back(self, panel);
}

/* Takes args. */
static void other_keys(struct app *app, struct args *args, void *data)
{
	const char *keys = args ? args_get(args, "keys") : NULL;

	(void)data;
	if (keys)
		send_combination(app, keys);
	args_free(args);
}

static const struct param keys_params[] = {
        {.name = "keys",
                .title = "Keys",
                .help = "Joined by '-': ctrl-alt-f8, alt-sysrq-k, super-r, shift-f10.",
                .type = PARAM_STRING,
                .required = true},
        {.name = NULL},
};

static const struct action keys_action = {
        .verb = "console-keys",
        .title = "Press keys of the guest",
        .help = "One combination of keys, pressed together and let go.",
        .kind = OBJ_GUEST,
        .params = keys_params,
};

static void ask_keys(struct app *app, const char *argument)
{
	struct guest_console *self = guest_console_shown(app);

	(void)argument;
	if (self)
		app_push_modal(app, form_new(app, &(struct form_options){.action = &keys_action, .ref = &self->ref, .done = other_keys}));
}

void screen_half_keys_menu(struct guest_console *self)
{
	struct app *app = self->view.app;
	GPtrArray *rows;

	if (!can_send(self, screen_half_shown(self)))
		return;
	rows = g_ptr_array_new_with_free_func((GDestroyNotify)choice_free);
	for (const struct key_combination *keys = screen_combinations; keys->keys; keys++) {
		g_autofree char *title = g_strdup_printf("%-18s %s", keys->keys, keys->title);
		struct choice *choice = choice_add_call(rows, title, keys->keys, send_combination, keys->keys);

		if (keys->letter) {
			g_free(choice->keys);
			choice->keys = g_strndup(&keys->letter, 1);
		}
	}
	struct choice *other = choice_add_call(rows, "Other keys …", "other", ask_keys, "");
	g_free(other->keys);
	other->keys = g_strdup("o");
	app_push_modal(app, chooser_new(app, &(struct chooser_options){.title = "Press in the guest", .rows = rows, .row_keys = true}));
}

/* ---- typing a text ---- */

/* Takes args. */
static void text_asked(struct app *app, struct args *args, void *data)
{
	struct guest_console *self = guest_console_shown(app);
	struct screen_panel *panel = self ? screen_half_shown(self) : NULL;
	const char *text = args ? args_get(args, "text") : NULL;

	(void)data;
	if (panel && text) {
		bool enter = args_get_bool(args, "enter", false);
		g_autofree char *all = g_strconcat(text, enter ? "\n" : "", NULL);

		if (screen_panel_type(panel, all))
			give_back(self, panel);
	}
	args_free(args);
}

static const struct param text_params[] = {
        {.name = "text",
                .title = "Text",
                .help = "Typed key by key; what the guest's keyboard layout has no key for is told, and nothing typed.",
                .type = PARAM_STRING,
                .required = true},
        {.name = "enter", .title = "Enter", .help = "Press Enter after it.", .type = PARAM_BOOL, .fallback = "no"},
        {.name = NULL},
};

static const struct action text_action = {
        .verb = "console-type",
        .title = "Type a text",
        .help = "Types a text on the guest's keyboard.",
        .kind = OBJ_GUEST,
        .params = text_params,
};

void screen_half_type(struct guest_console *self)
{
	if (can_send(self, screen_half_shown(self)))
		app_push_modal(self->view.app, form_new(self->view.app, &(struct form_options){.action = &text_action,
		                                                                .ref = &self->ref,
		                                                                .done = text_asked}));
}

/* Takes args. */
static void layout_asked(struct app *app, struct args *args, void *data)
{
	struct guest_console *self = guest_console_shown(app);
	struct screen_panel *panel = self ? screen_half_shown(self) : NULL;
	const char *name = args ? args_get(args, "layout") : NULL;

	(void)data;
	if (panel && name)
		screen_panel_set_layout(panel, name);
	args_free(args);
}

static const struct param layout_params[] = {
        {.name = "layout",
                .title = "Layout",
                .help = "The one that the guest itself is set to: us, de, fr, en-gb … It says which key a character is on.",
                .type = PARAM_STRING,
                .required = true},
        {.name = NULL},
};

static const struct action layout_action = {
        .verb = "console-layout",
        .title = "Keyboard layout of the guest",
        .help = "What is typed and pasted goes to the guest as keys of this layout. Kept for this guest.",
        .kind = OBJ_GUEST,
        .params = layout_params,
};

void screen_half_layout(struct guest_console *self)
{
	struct screen_panel *panel = screen_half_shown(self);

	if (!panel) {
		app_notice(self->view.app, LEVEL_WARNING, "the guest's screen is not open");
		return;
	}
	struct args *now = args_new();

	args_set(now, "layout", layout_name(panel->layout));
	app_push_modal(self->view.app, form_new(self->view.app, &(struct form_options){.action = &layout_action,
	                                                                .ref = &self->ref,
	                                                                .values = now,
	                                                                .done = layout_asked}));
	args_free(now);
}
