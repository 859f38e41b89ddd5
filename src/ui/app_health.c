/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a host's checks are made: soon after it is there, often while they are looked at, else seldom. A round
 * reads every guest's definition twice, for itself and for its disks, and asks of one that runs whether its
 * QEMU answers and has a job: some three calls a guest that is off, six a guest that runs. Main thread.
 */
#include "app_private.h"
#include "content.h"

#define FIRST_US (10 * G_USEC_PER_SEC)
#define SHOWN_US (60 * G_USEC_PER_SEC)
#define SELDOM_US (600 * G_USEC_PER_SEC)
/* Of more guests than these a round is a burden: it is made when somebody looks. */
#define GUESTS_MAX 500
#define CHANGED_US (5 * G_USEC_PER_SEC) /* a guest came, went or changed its state while they are looked at */

static bool is_shown(const struct app *app, const struct host *host)
{
	struct view *content = app->regions[REGION_CONTENT];
	const struct view *tab = content ? content_active(content) : NULL;

	return app->open.host == host->id && tab && tab->ops == &host_health_view;
}

static bool is_due(const struct app *app, const struct host *host, gint64 now_us)
{
	bool shown = is_shown(app, host);
	gint64 age_us = now_us - host->health_us;

	if (!shown && host->guests->len > GUESTS_MAX)
		return false;
	if (!host->health_us)
		return shown || (host->status->link == HOST_UP && now_us - host->status->since_us > FIRST_US);
	if (shown && host->health_generation != store_generation(app->store))
		return age_us > CHANGED_US;
	return age_us > (shown ? SHOWN_US : SELDOM_US);
}

void app_health_ask(struct app *app, struct host *host)
{
	if (!app->backend)
		return;
	host->health_us = app_now_us(app);
	host->health_generation = store_generation(app->store);
	backend_check(app->backend, host->id);
}

void app_health_look(struct app *app)
{
	for (unsigned i = 0; app->backend && i < store_host_count(app->store); i++) {
		struct host *host = store_host_at(app->store, i);

		if (is_due(app, host, app_now_us(app)))
			app_health_ask(app, host);
	}
}
