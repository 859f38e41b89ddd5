/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kept screens: see kept_screens.h. One file is read at a time; of what is asked
 * meanwhile only the last is read next, for the others scrolled by.
 */
#include "kept_screens.h"

#include <poll.h>
#include <pthread.h>

#include "app_wait.h"
#include "detached.h"
#include "nvirt/text.h"
#include "small_file.h"

/* A screenshot is a few hundred KiB at most. */
#define FILE_BYTES_MAX (4 * 1024 * 1024)

/* Shared with the reader; whoever lets go last frees it. */
struct reading {
	pthread_mutex_t lock;
	struct inbox *inbox; /* under the lock; NULL = nobody waits any more */
	char *wanted;        /* under the lock: what is to be read next */
	bool busy;           /* under the lock: a reader runs */
	int refs;            /* under the lock */
};

struct kept_screens {
	struct app *app;
	struct reading *reading;
	char *asked; /* what a thread was last sent for; NULL = it came */
	char *path;  /* what the next four are of */
	char *problem;
	struct vnc_view *view; /* of all of them, one after the other; NULL before the first */
	unsigned frames;       /* it had shown so many before this one */
	bool shown;            /* its whole text is known */
	struct app_wait *io;
	short io_events;
};

static void reading_unref(struct reading *reading)
{
	pthread_mutex_lock(&reading->lock);
	bool last = --reading->refs == 0;
	pthread_mutex_unlock(&reading->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&reading->lock);
	g_free(reading->wanted);
	g_free(reading);
}

static struct msg *read_one(const char *path)
{
	struct msg *msg = msg_new(MSG_PICTURE, 0, 0);
	g_autoptr(GError) error = NULL;
	gsize length = 0;
	char *bytes = small_file_read(path, FILE_BYTES_MAX, &length, &error);
	msg->name = g_strdup(path);
	msg->png = bytes ? g_bytes_new_take(bytes, length) : NULL;
	msg->text = error ? text_clean(error->message, -1) : NULL;
	return msg;
}

static void *reader(void *data)
{
	struct reading *reading = data;
	pthread_mutex_lock(&reading->lock);
	while (reading->wanted && reading->inbox) {
		g_autofree char *path = g_steal_pointer(&reading->wanted);
		pthread_mutex_unlock(&reading->lock);
		struct msg *msg = read_one(path);
		pthread_mutex_lock(&reading->lock);
		if (reading->inbox)
			inbox_post(reading->inbox, msg);
		else
			msg_free(msg);
	}
	reading->busy = false;
	pthread_mutex_unlock(&reading->lock);
	reading_unref(reading);
	return NULL;
}

struct kept_screens *kept_screens_new(struct app *app)
{
	struct kept_screens *kept = g_new0(struct kept_screens, 1);
	kept->app = app;
	kept->reading = g_new0(struct reading, 1);
	pthread_mutex_init(&kept->reading->lock, NULL);
	kept->reading->inbox = app->inbox;
	kept->reading->refs = 1;
	return kept;
}

void kept_screens_free(struct kept_screens *kept)
{
	if (!kept)
		return;
	pthread_mutex_lock(&kept->reading->lock);
	kept->reading->inbox = NULL;
	pthread_mutex_unlock(&kept->reading->lock);
	reading_unref(kept->reading);
	app_wait_stop(&kept->io);
	vnc_view_free(kept->view);
	g_free(kept->path);
	g_free(kept->asked);
	g_free(kept->problem);
	g_free(kept);
}

static void ask(struct kept_screens *kept, const char *path)
{
	struct reading *reading = kept->reading;
	g_free(kept->asked);
	kept->asked = g_strdup(path);
	pthread_mutex_lock(&reading->lock);
	if (reading->inbox) {
		g_free(reading->wanted);
		reading->wanted = g_strdup(path);
		if (!reading->busy) {
			reading->refs++;
			reading->busy = detached_start(reader, reading);
			reading->refs -= !reading->busy;
		}
	}
	pthread_mutex_unlock(&reading->lock);
}

const struct text_screen *kept_screens_get(struct kept_screens *kept, const char *path, const char **ret_problem)
{
	*ret_problem = NULL;
	if (!kept)
		return NULL;
	if (g_strcmp0(kept->path, path) == 0) {
		*ret_problem = kept->problem;
		return kept->shown ? vnc_view_screen(kept->view) : NULL;
	}
	if (g_strcmp0(kept->asked, path) != 0)
		ask(kept, path);
	return NULL;
}

struct vnc_view *kept_screens_view(const struct kept_screens *kept, const char *path)
{
	return kept && kept->shown && g_strcmp0(kept->path, path) == 0 ? kept->view : NULL;
}

/* ---- its text ---------------------------------------------------------------- */

static void ready(void *data);

static void wait_for_view(struct kept_screens *kept)
{
	short events = vnc_view_fd(kept->view) < 0 ? 0 : vnc_view_events(kept->view);
	if (kept->io && events == kept->io_events)
		return;
	app_wait_stop(&kept->io);
	kept->io_events = events;
	if (events)
		kept->io = app_wait_fd(kept->app, vnc_view_fd(kept->view), events, ready, kept);
}

static void fail(struct kept_screens *kept, const char *why)
{
	g_free(kept->problem);
	kept->problem = g_strdup_printf("cannot show the screen of then: %s", why);
	kept->shown = false;
}

static void ready(void *data)
{
	struct kept_screens *kept = data;
	vnc_view_pump(kept->view);
	wait_for_view(kept);
	if (vnc_view_state(kept->view) == VNC_ENDED)
		fail(kept, vnc_view_words(kept->view));
	else if (vnc_view_settled(kept->view) && vnc_view_frames(kept->view) != kept->frames)
		kept->shown = true;
	if (kept->shown || kept->problem)
		app_redraw(kept->app);
}

/* One that ended over a picture that is none begins anew with the next. */
static bool start_view(struct kept_screens *kept, GError **error)
{
	struct vnc_source source = {.fd = -1};
	if (!kept->view) {
		kept->view = vnc_view_new(&source, error);
		return kept->view;
	}
	return vnc_view_state(kept->view) != VNC_ENDED || vnc_view_reconnect(kept->view, &source, error);
}

void kept_screens_came(struct kept_screens *kept, struct msg *msg)
{
	g_autoptr(GError) error = NULL;
	/* One that was scrolled by is not kept: it would push out the one that is looked at. */
	if (!kept || g_strcmp0(kept->asked, msg->name) != 0)
		return;
	g_clear_pointer(&kept->asked, g_free);
	g_clear_pointer(&kept->problem, g_free);
	g_free(kept->path);
	kept->path = g_strdup(msg->name);
	kept->shown = false;
	if (!msg->png || !start_view(kept, &error)) {
		fail(kept, msg->png ? error->message : msg->text ? msg->text : "");
		return;
	}
	kept->frames = vnc_view_frames(kept->view);
	vnc_view_show_png(kept->view, msg->png);
	wait_for_view(kept);
}
