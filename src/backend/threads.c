/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that may never come back: see threads.h. */
#define _GNU_SOURCE /* pthread_setname_np() */
#include "backend/threads.h"

#include <glib.h>
#include <pthread.h>
#include <time.h>

#include "backend/lock.h"

struct threads {
	int refs; /* the owner and every running thread */
	pthread_mutex_t lock;
	pthread_cond_t ended;
	GPtrArray *running, *done; /* struct thread * */
};

struct thread {
	struct threads *threads;
	pthread_t id;
	char name[16];
	void (*run)(void *data);
	void *data;
};

struct threads *threads_new(void)
{
	struct threads *threads = g_new0(struct threads, 1);

	threads->refs = 1;
	pthread_mutex_init(&threads->lock, NULL);
	lock_cond_init(&threads->ended);
	threads->running = g_ptr_array_new();
	threads->done = g_ptr_array_new();
	return threads;
}

/* Called with the lock held, releases it. */
static void unlock_unref(struct threads *threads)
{
	bool last = --threads->refs == 0;

	pthread_mutex_unlock(&threads->lock);
	if (!last)
		return;
	g_ptr_array_free(threads->running, TRUE);
	g_ptr_array_free(threads->done, TRUE);
	pthread_cond_destroy(&threads->ended);
	pthread_mutex_destroy(&threads->lock);
	g_free(threads);
}

static void *thread_main(void *data)
{
	struct thread *thread = data;
	struct threads *threads = thread->threads;

	pthread_setname_np(pthread_self(), thread->name);
	thread->run(thread->data);
	pthread_mutex_lock(&threads->lock);
	/* Not in the list any more: its owner gave up on it, nobody will join. */
	if (g_ptr_array_remove(threads->running, thread)) {
		g_ptr_array_add(threads->done, thread);
		pthread_cond_broadcast(&threads->ended);
	} else {
		g_free(thread);
	}
	unlock_unref(threads);
	return NULL;
}

/* Lock held. What is in `done` has at most a few instructions left to run. */
static void join_done(struct threads *threads)
{
	g_autoptr(GPtrArray) done = threads->done;

	threads->done = g_ptr_array_new();
	pthread_mutex_unlock(&threads->lock);
	for (guint i = 0; i < done->len; i++) {
		struct thread *thread = done->pdata[i];

		pthread_join(thread->id, NULL);
		g_free(thread);
	}
	pthread_mutex_lock(&threads->lock);
}

bool threads_start(struct threads *threads, const char *name, void (*run)(void *data), void *data)
{
	struct thread *thread = g_new0(struct thread, 1);
	int error;

	thread->threads = threads;
	thread->run = run;
	thread->data = data;
	g_strlcpy(thread->name, name, sizeof(thread->name));
	pthread_mutex_lock(&threads->lock);
	join_done(threads);
	error = pthread_create(&thread->id, NULL, thread_main, thread);
	if (error == 0) {
		g_ptr_array_add(threads->running, thread);
		threads->refs++;
	} else {
		g_free(thread);
	}
	pthread_mutex_unlock(&threads->lock);
	return error == 0;
}

void threads_free(struct threads *threads, int timeout_ms)
{
	gint64 deadline_us = g_get_monotonic_time() + timeout_ms * G_TIME_SPAN_MILLISECOND;

	if (threads == NULL)
		return;
	pthread_mutex_lock(&threads->lock);
	while (threads->running->len > 0 && lock_cond_wait_until(&threads->ended, &threads->lock, deadline_us))
		;
	join_done(threads);
	for (guint i = 0; i < threads->running->len; i++) {
		struct thread *thread = threads->running->pdata[i];

		pthread_detach(thread->id);
	}
	g_ptr_array_set_size(threads->running, 0);
	unlock_unref(threads);
}
