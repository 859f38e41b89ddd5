/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that grows line by line, on a thread of its own: see nvirt/files.h. The thread
 * owns the log once it was given up, and writes what it still has.
 */
#include "nvirt/files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nvirt/text.h"

/* A disk that hangs must not eat the memory. */
#define WAITING_MAX (1024 * 1024)

struct file_log {
	struct inbox *inbox;
	char *path, *what;
	pthread_mutex_t lock;
	pthread_cond_t news;
	/* Below the lock. */
	GString *waiting;
	guint64 dropped; /* lines */
	bool closed;
};

static void tell(const struct file_log *log, enum level level, const char *format, const char *why)
{
	struct msg *msg = msg_new(MSG_NOTICE, 0, 0);
	g_autofree char *path = text_clean(log->path, -1);

	msg->level = level;
	msg->text = g_strdup_printf("%s %s '%s'%s%s", log->what, format, path, *why ? ": " : "", why);
	inbox_post(log->inbox, msg);
}

static void log_free(struct file_log *log)
{
	pthread_mutex_destroy(&log->lock);
	pthread_cond_destroy(&log->news);
	g_string_free(log->waiting, TRUE);
	g_free(log->path);
	g_free(log->what);
	g_free(log);
}

/* What waits, taken; NULL: nothing will come any more. Waits for it. */
static char *take(struct file_log *log)
{
	char *text = NULL;

	pthread_mutex_lock(&log->lock);
	while (!log->waiting->len && !log->dropped && !log->closed)
		pthread_cond_wait(&log->news, &log->lock);
	if (log->dropped)
		g_string_append_printf(log->waiting, "[ %" G_GUINT64_FORMAT " lines could not be written in time ]\n", log->dropped);
	log->dropped = 0;
	if (log->waiting->len) {
		text = g_strdup(log->waiting->str);
		g_string_truncate(log->waiting, 0);
	}
	pthread_mutex_unlock(&log->lock);
	return text;
}

static bool write_all(int fd, const char *data)
{
	for (gsize left = strlen(data); left > 0;) {
		ssize_t n = write(fd, data, left);

		if (n < 0 && errno != EINTR)
			return false;
		data += MAX(n, 0);
		left -= (gsize)MAX(n, 0);
	}
	return true;
}

/* Nobody reads what comes any more; what has come must go all the same. */
static void drain(struct file_log *log)
{
	char *text;

	while ((text = take(log)))
		g_free(text);
}

static void *run(void *data)
{
	struct file_log *log = data;
	int fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	bool written = fd >= 0;
	char *text;

	if (written)
		tell(log, LEVEL_INFO, "is written to", "");
	while (written && (text = take(log))) {
		written = write_all(fd, text);
		g_free(text);
	}
	if (!written)
		tell(log, LEVEL_ERROR, "can not be written to", g_strerror(errno));
	if (fd >= 0)
		close(fd);
	drain(log);
	log_free(log);
	return NULL;
}

struct file_log *file_log_new(struct inbox *inbox, const char *path, const char *what)
{
	struct file_log *log = g_new0(struct file_log, 1);
	pthread_t thread;
	int problem;

	*log = (struct file_log){.inbox = inbox, .path = g_strdup(path), .what = g_strdup(what), .waiting = g_string_new(NULL)};
	pthread_mutex_init(&log->lock, NULL);
	pthread_cond_init(&log->news, NULL);
	problem = pthread_create(&thread, NULL, run, log);
	if (problem == 0) {
		pthread_detach(thread);
		return log;
	}
	tell(log, LEVEL_ERROR, "can not be written to", g_strerror(problem));
	log_free(log);
	return NULL;
}

void file_log_write(struct file_log *log, const char *text)
{
	pthread_mutex_lock(&log->lock);
	if (log->waiting->len + strlen(text) > WAITING_MAX)
		log->dropped++;
	else
		g_string_append(log->waiting, text);
	pthread_cond_signal(&log->news);
	pthread_mutex_unlock(&log->lock);
}

void file_log_close(struct file_log *log)
{
	if (!log)
		return;
	pthread_mutex_lock(&log->lock);
	log->closed = true;
	pthread_cond_signal(&log->news);
	pthread_mutex_unlock(&log->lock);
}
