/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The theme in use: which one at the start, another one by ":theme NAME", and the rows that offer them. Main thread. */
#include <string.h>

#include "app_private.h"
#include "chooser.h"
#include "commands.h"
#include "nvirt/config.h"
#include "state.h"

static void tell(struct app *app, const GPtrArray *warnings)
{
	if (warnings->len > 0)
		app_notice(app, LEVEL_WARNING, "theme: %s%s", (const char *)warnings->pdata[0],
		        warnings->len > 1 ? " (nvirt --check-theme FILE tells all)" : "");
}

static void use(struct app *app, const struct theme *theme)
{
	theme_fini(&app->theme);
	app->theme = *theme;
	if (app->loop)
		app_loop_new_theme(app);
	app_redraw(app);
}

void app_first_theme(struct app *app)
{
	const char *asked = app->options->theme;
	if (!asked && app->config)
		asked = app->config->theme;
	if (!asked)
		asked = state_get_string(app->state, "theme");
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	struct theme theme;
	/* The default is built in: only a theme that was asked for is missed. */
	if (!theme_load(&theme, asked ? asked : "default", warnings, &error) &&
	        (asked || !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)))
		app_notice(app, LEVEL_WARNING, "theme: %s", error->message);
	use(app, &theme);
	tell(app, warnings);
}

void app_set_theme(struct app *app, const char *name)
{
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	struct theme theme;
	if (!theme_load(&theme, name, warnings, &error)) {
		app_notice(app, LEVEL_WARNING, "theme: %s", error->message);
		theme_fini(&theme);
		return;
	}
	use(app, &theme);
	bool configured = app->config && app->config->theme;
	if (!configured) {
		state_set_string(app->state, "theme", name);
		state_save(app->state);
	}
	if (configured && strcmp(app->config->theme, name) != 0)
		app_notice(app, LEVEL_INFO, "theme %s until nvirt ends: the configuration names %s", name,
		        app->config->theme);
	else
		app_notice(app, LEVEL_INFO, "theme %s", name);
	tell(app, warnings);
}

static void run_theme(struct app *app, const char *name)
{
	app_set_theme(app, name);
}

void app_theme_choices(GPtrArray *list)
{
	g_auto(GStrv) names = theme_names();
	for (gsize i = 0; names[i]; i++) {
		g_autofree char *title = g_strdup_printf("Theme %s", names[i]);
		g_autofree char *name = g_strdup_printf("theme %s", names[i]);
		choice_add_call(list, title, name, run_theme, names[i]);
	}
}

struct view *app_theme_chooser(struct app *app)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)choice_free);
	app_theme_choices(list);
	return chooser_new(app, &(struct chooser_options){.title = "Theme", .rows = list});
}
