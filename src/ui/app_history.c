/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the histories in the store and their keeper: what is asked of it and
 * what it is given. Main thread; nothing here waits.
 */
#include "app_private.h"

enum { STORE_EVERY_US = 10 * G_USEC_PER_SEC };

static void ask_for_wanted(struct app *app, struct host *host)
{
	g_autoptr(GArray) wanted = history_take_wanted(host->history);

	for (unsigned i = 0; wanted && i < wanted->len; i++)
		history_keeper_load(app->keeper, host->id, host->status->uri,
		        (const uint8_t *)wanted->data + (gsize)i * 16);
}

/* The guests come first: what is kept of others is left out. */
static void ask(struct app *app, struct host *host)
{
	if (!host->listed || !host->status->uri || !*host->status->uri)
		return;
	if (!host->history_asked)
		history_keeper_load(app->keeper, host->id, host->status->uri, NULL);
	host->history_asked = true;
	ask_for_wanted(app, host);
}

static void give(struct app *app, struct host *host)
{
	GArray *records = host->history_asked ? history_take_new(host->history) : NULL;

	if (records && records->len > 0)
		history_keeper_store(app->keeper, host->id, host->status->uri, records);
	else if (records)
		g_array_unref(records);
}

void app_history_step(struct app *app, bool all)
{
	gint64 now_us = app_now_us(app);
	bool due = all || now_us - app->history_stored_us >= STORE_EVERY_US;

	if (!app->keeper)
		return;
	for (unsigned i = 0; i < store_host_count(app->store); i++) {
		ask(app, store_host_at(app->store, i));
		if (due)
			give(app, store_host_at(app->store, i));
	}
	if (due)
		app->history_stored_us = now_us;
}
