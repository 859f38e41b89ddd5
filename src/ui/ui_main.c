/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dashboard from start to end: terminal, first frame, and only then the
 * back end. On the way out the terminal is given back first, and no thread
 * that sits in a dead call is waited for.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app_graphics.h"
#include "app_loop.h"
#include "app_private.h"
#include "kept_screens.h"
#include "keymap.h"
#include "nvirt/config.h"
#include "nvirt/text.h"
#include "saved.h"
#include "state.h"
#include "wall.h"

/* What the back end and the journal may take together to end: less than a person's patience. */
enum { BACKEND_END_MS = 800, JOURNAL_END_MS = 600, HISTORY_END_MS = 400, STATE_END_MS = 300 };

static bool wants_mono(const struct options *options)
{
	const char *no_color = g_getenv("NO_COLOR");
	return options->mono || (no_color && *no_color && !options->theme);
}

/* What the configuration has wrong: the first as a notice, all of it where there is more. */
static void tell_problems(struct app *app, const struct config *config)
{
	g_autoptr(GString) all = g_string_new("Of what is wrong the default is used; the rest counts.\n");
	for (guint i = 0; i < config->problems->len; i++)
		g_string_append_printf(all, "\n%s", (const char *)config->problems->pdata[i]);
	if (config->problems->len == 1)
		app_notice(app, LEVEL_WARNING, "%s", (const char *)config->problems->pdata[0]);
	else if (config->problems->len > 1)
		app_show_text(app, "Configuration", all->str);
}

/* The words that were asked for, as the configuration knows them, or as they are. */
static void add_asked(struct app *app, const char *uri)
{
	const struct config_host *known = config_host(app->config, uri);
	bool readonly = app->options->readonly || (known && known->readonly);
	struct host *host = store_add_host(app->store, known ? known->uri : uri, readonly);
	if (known)
		store_name_host(app->store, host->id, known->name);
}

static void add_hosts(struct app *app, const struct options *options)
{
	const GPtrArray *hosts = app->config->hosts;
	for (unsigned i = 0; options->uris && options->uris[i]; i++)
		add_asked(app, options->uris[i]);
	bool asked = store_host_count(app->store) > 0;
	for (guint i = 0; i < hosts->len && !asked; i++) {
		const struct config_host *known = hosts->pdata[i];
		struct host *host = store_add_host(app->store, known->uri, options->readonly || known->readonly);
		store_name_host(app->store, host->id, known->name);
	}
	if (store_host_count(app->store) == 0)
		store_add_host(app->store, "", options->readonly);
	app_changed(app, CHANGE_HOST | CHANGE_LIST);
	app_open(app, &store_host_at(app->store, 0)->ref);
	if (options->wall)
		wall_open(app);
}

static void start_backend(struct app *app, const struct options *options)
{
	struct backend_options wanted = {.refresh_ms = options->refresh_ms};
	app->journal = journal_open(NULL, app->inbox);
	app->keeper = history_keeper_new(NULL, app->inbox);
	app->backend = backend_new(app->inbox, app->journal, &wanted);
	for (unsigned i = 0; i < store_host_count(app->store); i++) {
		const struct host *host = store_host_at(app->store, i);
		backend_add_host(app->backend, host->id, host->asked_uri, host->readonly_asked);
	}
}

static void take_settings(struct app *app, struct config *config, const char *notice)
{
	char *problem = NULL;
	app->config = config;
	app->state = state_load(&problem);
	app->keymap = keymap_new(config);
	if (problem)
		app_notice(app, LEVEL_WARNING, "%s: nothing is remembered, the file is kept", problem);
	g_free(problem);
	app_first_theme(app);
	app_graphics_init(app);
	app_restore_layout(app);
	saved_load(app, state_get_string(app->state, "columns"));
	tell_problems(app, config);
	if (notice)
		app_notice(app, LEVEL_WARNING, "%s", notice);
}

static int run(struct term *term, const struct options *options, struct config *config, const char *notice)
{
	struct app app;
	int rows = 24, cols = 80;
	term_get_size(term, &rows, &cols);
	app_init(&app, options, rows, cols);
	app.inbox = inbox_new();
	app.kept_screens = kept_screens_new(&app);
	struct app_loop *loop = app_loop_new(&app, term);
	take_settings(&app, config, notice);
	add_hosts(&app, options);
	app_loop_first_frame(loop);
	start_backend(&app, options);
	int code = app_loop_run(loop);
	term_close(term);
	app_loop_free(loop);
	state_free(g_steal_pointer(&app.state), STATE_END_MS);
	app_history_step(&app, true);
	history_keeper_free(app.keeper, HISTORY_END_MS);
	backend_free(app.backend, BACKEND_END_MS);
	journal_close(app.journal, JOURNAL_END_MS);
	keymap_free(g_steal_pointer(&app.keymap));
	app.config = NULL;
	/* Threads that were left behind may still post: the inbox stays until the process ends, which is now. */
	app_fini(&app);
	return code;
}

/* What the command line left open is the configuration's. */
static void merge(struct options *options, const struct config *config)
{
	options->ascii |= config->ascii == CONFIG_ON || !term_is_utf8();
	if (!options->refresh_ms)
		options->refresh_ms = config->refresh_ms;
}

int ui_main(const struct options *options)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *notice = NULL;
	setlocale(LC_ALL, "");
	struct config *config = config_load();
	struct options mine = *options;
	merge(&mine, config);
	struct term *term = term_open(wants_mono(options), config->mouse != CONFIG_OFF, &notice, &error);
	if (!term) {
		fprintf(stderr, "nvirt: %s\n", error->message);
		config_free(config);
		return EXIT_CODE_USAGE;
	}
	int code = run(term, &mine, config, notice);
	config_free(config);
	fflush(NULL);
	/* No destructors: libvirt's would wait for threads that may never come back. */
	_exit(code);
}

int ui_check_theme(const char *path)
{
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	g_autofree char *clean = text_clean(path, -1);
	struct theme theme;
	bool ok = theme_load_file(&theme, path, warnings, &error);
	if (!ok) {
		g_autofree char *message = text_clean(error->message, -1);
		fprintf(stderr, "%s\n", message);
	}
	for (guint i = 0; i < warnings->len; i++)
		fprintf(stderr, "%s\n", (const char *)warnings->pdata[i]);
	ok &= warnings->len == 0;
	if (ok)
		printf("%s: theme '%s' is well\n", clean, theme.name);
	theme_fini(&theme);
	return ok && fflush(stdout) == 0 ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}
