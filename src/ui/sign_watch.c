/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What watched screens say, in time: see sign_watch.h. */
#include "sign_watch.h"

#include "app_wait.h"

/* A guest that boots changes its screen with every line. */
enum { LOOK_MS = 400, STILL_MS = 10000 };

struct sign_watch {
	struct app *app;
	struct obj_ref guest;
	enum sign_source source;
	enum screen_sign (*read)(void *data);
	void *data;
	struct app_wait *wait; /* for the next look; NULL: it is not watched any more */
	bool soon;             /* something changed since the last one */
};

static void look(void *data);

static void look_soon(struct sign_watch *watch)
{
	if (watch->wait && watch->soon)
		return;
	app_wait_stop(&watch->wait);
	watch->soon = true;
	watch->wait = app_wait_ms(watch->app, LOOK_MS, look, watch);
}

static void look(void *data)
{
	struct sign_watch *watch = data;
	struct store *store = watch->app->store;
	const struct guest *guest = store_guest(store, &watch->guest);
	enum screen_sign sign;

	app_wait_stop(&watch->wait);
	if (!guest || !guest_state_active(guest->state))
		return;
	sign = watch->read(watch->data);
	watch->soon = false;
	/* It is not seen any more: what it said last grows old. */
	if (sign == SIGN_N)
		return;
	app_changed(watch->app, store_see_screen(store, &watch->guest, watch->source, sign, app_now_us(watch->app)));
	if (screen_signs_pending(&guest->signs[watch->source]))
		look_soon(watch);
	else
		watch->wait = app_wait_ms(watch->app, STILL_MS, look, watch);
}

struct sign_watch *sign_watch_new(
        struct app *app, const struct obj_ref *guest, enum sign_source source, enum screen_sign (*read)(void *data), void *data)
{
	struct sign_watch *watch = g_new0(struct sign_watch, 1);

	*watch = (struct sign_watch){.app = app, .guest = *guest, .source = source, .read = read, .data = data};
	return watch;
}

void sign_watch_free(struct sign_watch *watch)
{
	if (!watch)
		return;
	app_wait_stop(&watch->wait);
	g_free(watch);
}

void sign_watch_touch(struct sign_watch *watch)
{
	look_soon(watch);
}
