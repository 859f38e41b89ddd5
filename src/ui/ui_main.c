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

#include "app_loop.h"
#include "app_private.h"
#include "nvirt/files.h"

/* What the back end and the journal may take together to end: less than a person's patience. */
enum { BACKEND_END_MS = 800, JOURNAL_END_MS = 600, HISTORY_END_MS = 400, STATE_END_MS = 300 };

static bool wants_mono(const struct options *options)
{
	const char *no_color = g_getenv("NO_COLOR");
	return options->mono || (no_color && *no_color && !options->theme);
}

static void load_theme(struct app *app, const struct options *options)
{
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	theme_fini(&app->theme);
	if (!theme_load(&app->theme, options->theme ? options->theme : "default", warnings, &error)) {
		/* The default is built in: only a theme that was asked for is missed. */
		if (options->theme || !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			app_notice(app, LEVEL_WARNING, "theme: %s", error->message);
	} else if (warnings->len > 0) {
		app_notice(app, LEVEL_WARNING, "theme: %s%s", (const char *)warnings->pdata[0],
		        warnings->len > 1 ? " (and more)" : "");
	}
}

static void add_hosts(struct app *app, const struct options *options)
{
	static char *none[] = {(char *)"", NULL};
	char **uris = options->uris && options->uris[0] ? options->uris : none;
	for (unsigned i = 0; uris[i]; i++)
		store_add_host(app->store, uris[i], options->readonly);
	app_changed(app, CHANGE_HOST | CHANGE_LIST);
	app_open(app, &store_host_at(app->store, 0)->ref);
}

static void start_backend(struct app *app, const struct options *options)
{
	struct backend_options wanted = {.refresh_ms = options->refresh_ms};
	app->journal = journal_open(NULL, app->inbox);
	app->keeper = history_keeper_new(NULL, app->inbox);
	app->state = state_open(NULL, app->inbox);
	app->backend = backend_new(app->inbox, app->journal, &wanted);
	for (unsigned i = 0; i < store_host_count(app->store); i++) {
		const struct host *host = store_host_at(app->store, i);
		backend_add_host(app->backend, host->id, host->asked_uri, host->readonly_asked);
	}
}

static int run(struct term *term, const struct options *options, const char *notice)
{
	struct app app;
	int rows = 24, cols = 80;
	term_get_size(term, &rows, &cols);
	app_init(&app, options, rows, cols);
	load_theme(&app, options);
	app.inbox = inbox_new();
	struct app_loop *loop = app_loop_new(&app, term);
	if (notice)
		app_notice(&app, LEVEL_WARNING, "%s", notice);
	add_hosts(&app, options);
	term_set_title(term, "nvirt");
	app_loop_first_frame(loop);
	start_backend(&app, options);
	int code = app_loop_run(loop);
	term_close(term);
	app_loop_free(loop);
	app_history_step(&app, true);
	history_keeper_free(app.keeper, HISTORY_END_MS);
	backend_free(app.backend, BACKEND_END_MS);
	journal_close(app.journal, JOURNAL_END_MS);
	state_close(app.state, STATE_END_MS);
	/* Threads that were left behind may still post: the inbox stays until the process ends, which is now. */
	app_fini(&app);
	return code;
}

int ui_main(const struct options *options)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *notice = NULL;
	setlocale(LC_ALL, "");
	struct options mine = *options;
	mine.ascii |= !term_is_utf8();
	struct term *term = term_open(wants_mono(options), &notice, &error);
	if (!term) {
		fprintf(stderr, "nvirt: %s\n", error->message);
		return EXIT_CODE_USAGE;
	}
	int code = run(term, &mine, notice);
	fflush(NULL);
	/* No destructors: libvirt's would wait for threads that may never come back. */
	_exit(code);
}
