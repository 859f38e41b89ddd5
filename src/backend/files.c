/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file written for a person, on a thread of its own: see nvirt/files.h. */
#include "nvirt/files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/files_private.h"
#include "nvirt/text.h"

struct file_job {
	struct inbox *inbox;
	char *path, *what;
	GBytes *bytes;
	bool replace;
};

static bool write_all(int fd, const char *data, gsize size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno != EINTR)
			return false;
		if (n < 0)
			continue;
		data += n;
		size -= (gsize)n;
	}
	return fsync(fd) == 0;
}

int files_create(const char *path, const char *data, gsize size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int problem = 0;

	if (fd < 0)
		return errno;
	if (!write_all(fd, data, size))
		problem = errno;
	if (close(fd) < 0 && problem == 0)
		problem = errno;
	if (problem != 0)
		unlink(path);
	return problem;
}

int files_exchange(const char *path, const char *data, gsize size)
{
	g_autofree char *fresh = g_strdup_printf("%s.new-%d", path, (int)getpid());
	int problem = files_create(fresh, data, size);

	if (problem != 0)
		return problem;
	if (rename(fresh, path) == 0)
		return 0;
	problem = errno;
	unlink(fresh);
	return problem;
}

static void tell(const struct file_job *job, int problem)
{
	struct msg *msg = msg_new(MSG_NOTICE, 0, 0);
	g_autofree char *path = text_clean(job->path, -1);

	msg->level = problem == 0 ? LEVEL_INFO : LEVEL_ERROR;
	if (problem == 0)
		msg->text = g_strdup_printf("%s written to '%s'", job->what, path);
	else if (problem == EEXIST)
		msg->text = g_strdup_printf("'%s' is there already and was not touched: choose another, or to replace it", path);
	else
		msg->text = g_strdup_printf("cannot write '%s': %s", path, g_strerror(problem));
	inbox_post(job->inbox, msg);
}

static void *run(void *data)
{
	struct file_job *job = data;
	gsize size;
	const char *bytes = g_bytes_get_data(job->bytes, &size);

	tell(job, job->replace ? files_exchange(job->path, bytes, size) : files_create(job->path, bytes, size));
	g_free(job->path);
	g_free(job->what);
	g_bytes_unref(job->bytes);
	g_free(job);
	return NULL;
}

void file_export(struct inbox *inbox, const char *path, GBytes *bytes, bool replace, const char *what)
{
	struct file_job *job = g_new0(struct file_job, 1);
	pthread_t thread;
	int problem;

	*job = (struct file_job){inbox, g_strdup(path), g_strdup(what), g_bytes_ref(bytes), replace};
	problem = pthread_create(&thread, NULL, run, job);
	if (problem == 0) {
		pthread_detach(thread);
		return;
	}
	tell(job, problem);
	g_free(job->path);
	g_free(job->what);
	g_bytes_unref(job->bytes);
	g_free(job);
}
