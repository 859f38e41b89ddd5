/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures from files: see pictures.h. One reader at a time; of what is asked
 * meanwhile only the last is read next, for the others scrolled by.
 */
#include "pictures.h"

#include <pthread.h>

#include "detached.h"
#include "png_file.h"

/* Shared with the reader; whoever lets go last frees it. */
struct reading {
	pthread_mutex_t lock;
	struct inbox *inbox; /* under the lock; NULL = nobody waits any more */
	char *wanted;        /* under the lock: what is to be read next */
	bool busy;           /* under the lock: a reader runs */
	int refs;            /* under the lock */
};

struct pictures {
	struct reading *reading;
	char *path; /* what the next three are of */
	char *asked; /* what a reader was last sent for */
	struct picture *picture;
	char *problem;
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
	msg->name = g_strdup(path);
	msg->picture = png_file_read(path, &error);
	msg->text = error ? g_strdup(error->message) : NULL;
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

struct pictures *pictures_new(struct inbox *inbox)
{
	struct pictures *pictures = g_new0(struct pictures, 1);
	pictures->reading = g_new0(struct reading, 1);
	pthread_mutex_init(&pictures->reading->lock, NULL);
	pictures->reading->inbox = inbox;
	pictures->reading->refs = 1;
	return pictures;
}

void pictures_free(struct pictures *pictures)
{
	if (!pictures)
		return;
	pthread_mutex_lock(&pictures->reading->lock);
	pictures->reading->inbox = NULL;
	pthread_mutex_unlock(&pictures->reading->lock);
	reading_unref(pictures->reading);
	g_free(pictures->path);
	g_free(pictures->asked);
	g_free(pictures->problem);
	picture_free(pictures->picture);
	g_free(pictures);
}

static void ask(struct pictures *pictures, const char *path)
{
	struct reading *reading = pictures->reading;
	g_free(pictures->asked);
	pictures->asked = g_strdup(path);
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

const struct picture *pictures_get(struct pictures *pictures, const char *path, const char **ret_problem)
{
	*ret_problem = NULL;
	if (!pictures)
		return NULL;
	if (g_strcmp0(pictures->path, path) == 0) {
		*ret_problem = pictures->problem;
		return pictures->picture;
	}
	if (g_strcmp0(pictures->asked, path) != 0)
		ask(pictures, path);
	return NULL;
}

void pictures_came(struct pictures *pictures, struct msg *msg)
{
	/* One that was scrolled by is not kept: it would push out the one that is looked at. */
	if (!pictures || g_strcmp0(pictures->asked, msg->name) != 0)
		return;
	g_free(pictures->path);
	g_free(pictures->problem);
	picture_free(pictures->picture);
	g_clear_pointer(&pictures->asked, g_free);
	pictures->path = g_strdup(msg->name);
	pictures->problem = g_strdup(msg->text);
	pictures->picture = g_steal_pointer(&msg->picture);
}
