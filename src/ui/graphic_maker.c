/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See graphic_maker.h. A job is its thread's and its maker's, whoever lets go last frees it; a byte tells that it is done. */
#define _GNU_SOURCE
#include "graphic_maker.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "app_wait.h"
#include "detached.h"

struct job {
	gint refs; /* atomic */
	struct graphic_shape shape;
	struct picture *frame;
	gsize band_bytes;
	struct graphic *before; /* a reference; NULL = none */
	struct graphic *made;   /* atomic; the maker's, once the byte was read */
	int done_fd;            /* its own end of the maker's pipe */
};

struct graphic_maker {
	int fds[2];
	struct job *job; /* under way; NULL = none */
	struct app_wait *wait;
	void (*made)(struct graphic *graphic, void *data);
	void *data;
};

static void job_unref(struct job *job)
{
	if (!g_atomic_int_dec_and_test(&job->refs))
		return;
	picture_free(job->frame);
	graphic_unref(job->before);
	graphic_unref(job->made);
	if (job->done_fd >= 0)
		close(job->done_fd);
	g_free(job);
}

/* Where nobody listens any more the byte is lost, and no harm done: SIGPIPE is ignored, and blocked here. */
static void *run(void *data)
{
	struct job *job = data;

	g_atomic_pointer_set(&job->made, graphic_new(&job->shape, job->frame, job->band_bytes, job->before));
	(void)!write(job->done_fd, ".", 1);
	job_unref(job);
	return NULL;
}

static void done(void *data)
{
	struct graphic_maker *maker = data;
	char byte;

	if (read(maker->fds[0], &byte, 1) != 1 || !maker->job)
		return;
	struct graphic *graphic = g_atomic_pointer_get(&maker->job->made);
	g_atomic_pointer_set(&maker->job->made, NULL);
	job_unref(g_steal_pointer(&maker->job));
	maker->made(graphic, maker->data);
}

struct graphic_maker *graphic_maker_new(struct app *app, void (*made)(struct graphic *graphic, void *data), void *data)
{
	struct graphic_maker *maker;
	int fds[2];

	if (!app->loop || pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return NULL;
	maker = g_new0(struct graphic_maker, 1);
	*maker = (struct graphic_maker){.fds = {fds[0], fds[1]}, .made = made, .data = data};
	maker->wait = app_wait_fd(app, fds[0], POLLIN, done, maker);
	return maker;
}

void graphic_maker_free(struct graphic_maker *maker)
{
	if (!maker)
		return;
	app_wait_stop(&maker->wait);
	if (maker->job)
		job_unref(maker->job);
	close(maker->fds[0]);
	close(maker->fds[1]);
	g_free(maker);
}

bool graphic_maker_busy(const struct graphic_maker *maker)
{
	return maker->job;
}

bool graphic_maker_start(struct graphic_maker *maker, const struct graphic_shape *shape, struct picture *frame, gsize band_bytes,
        struct graphic *before)
{
	struct job *job = g_new0(struct job, 1);

	*job = (struct job){.refs = 2, .shape = *shape, .frame = frame, .band_bytes = band_bytes};
	job->before = before ? graphic_ref(before) : NULL;
	job->done_fd = fcntl(maker->fds[1], F_DUPFD_CLOEXEC, 3);
	if (job->done_fd >= 0 && detached_start(run, job)) {
		maker->job = job;
		return true;
	}
	job->refs = 1;
	job_unref(job);
	return false;
}
