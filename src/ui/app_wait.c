/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources of the loop's context for views: see app_wait.h. */
#include "app_wait.h"

#include <glib-unix.h>
#include <poll.h>

#include "app_loop.h"

struct app_wait {
	unsigned refs; /* its owner's, and the source's: the loop may end before the owner does */
	GSource *source;
	struct app *app;
	void (*call)(void *data);
	void *data;
};

static gboolean fd_ready(gint fd, GIOCondition condition, gpointer data)
{
	struct app_wait *wait = data;

	(void)fd;
	(void)condition;
	app_loop_handled(wait->app);
	wait->call(wait->data);
	return G_SOURCE_CONTINUE;
}

static gboolean time_passed(gpointer data)
{
	struct app_wait *wait = data;

	app_loop_handled(wait->app);
	wait->call(wait->data);
	return G_SOURCE_REMOVE;
}

static void unref(void *data)
{
	struct app_wait *wait = data;

	if (--wait->refs == 0)
		g_free(wait);
}

static struct app_wait *start(struct app *app, GSource *source, GSourceFunc func, void (*call)(void *), void *data)
{
	struct app_wait *wait = g_new0(struct app_wait, 1);

	*wait = (struct app_wait){.refs = 2, .source = source, .app = app, .call = call, .data = data};
	/* The source outlives a stop from within its own function. */
	g_source_set_callback(source, func, wait, unref);
	g_source_set_can_recurse(source, TRUE);
	g_source_attach(source, app_loop_context(app));
	return wait;
}

struct app_wait *app_wait_fd(struct app *app, int fd, short events, void (*ready)(void *data), void *data)
{
	GIOCondition condition = G_IO_HUP | G_IO_ERR;

	if (!app->loop)
		return NULL;
	condition |= events & POLLIN ? G_IO_IN : 0;
	condition |= events & POLLOUT ? G_IO_OUT : 0;
	return start(app, g_unix_fd_source_new(fd, condition), G_SOURCE_FUNC(fd_ready), ready, data);
}

struct app_wait *app_wait_ms(struct app *app, unsigned ms, void (*passed)(void *data), void *data)
{
	return app->loop ? start(app, g_timeout_source_new(ms), time_passed, passed, data) : NULL;
}

void app_wait_stop(struct app_wait **wait)
{
	struct app_wait *stopped = g_steal_pointer(wait);

	if (!stopped)
		return;
	g_source_destroy(stopped->source);
	g_source_unref(stopped->source);
	unref(stopped);
}
