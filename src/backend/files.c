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
	struct picture *picture;  /* or this one, as PNG */
	struct named_glyph glyph; /* or this one, to be kept: width > 0 */
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

static void free_job(struct file_job *job)
{
	g_free(job->path);
	g_free(job->what);
	g_bytes_unref(job->bytes);
	picture_free(job->picture);
	g_free(job);
}

/* ---- named glyphs ---- */

static void say_glyph(const struct file_job *job, enum level level, const char *words, const char *why)
{
	struct msg *msg = msg_new(MSG_NOTICE, 0, 0);
	g_autofree char *path = text_clean(job->path, -1), *clean = text_clean(why, -1);

	msg->level = level;
	msg->text = g_strdup_printf("%s '%s'%s%s", words, path, *clean ? ": " : "", clean);
	inbox_post(job->inbox, msg);
}

/* Of a size that nobody has named a glyph in yet there is no file. */
static bool read_old(const char *path, char **ret_bytes, gsize *ret_length, GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (g_file_get_contents(path, ret_bytes, ret_length, &problem))
		return true;
	*ret_bytes = NULL;
	*ret_length = 0;
	if (g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		return true;
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

static void learn(const struct file_job *job)
{
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	g_autofree char *directory = g_path_get_dirname(job->path), *old = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GByteArray) fresh = NULL;
	gsize length = 0;
	int problem = 0;

	pthread_mutex_lock(&one_at_a_time);
	if (g_mkdir_with_parents(directory, 0700) != 0)
		problem = errno;
	else if (read_old(job->path, &old, &length, &error))
		fresh = glyph_file_add((const uint8_t *)old, length, &job->glyph, &error);
	if (fresh)
		problem = files_exchange(job->path, (const char *)fresh->data, fresh->len);
	pthread_mutex_unlock(&one_at_a_time);
	if (error || problem != 0)
		say_glyph(job, LEVEL_ERROR, "the glyph is known for now, but can not be kept in",
		        error ? error->message : g_strerror(problem));
	else
		say_glyph(job, LEVEL_INFO, job->what, "");
}

/* ---- jobs ---- */

static void export(struct file_job *job)
{
	g_autoptr(GError) error = NULL;
	gsize size = 0;
	const char *bytes;

	if (job->picture) {
		g_bytes_unref(job->bytes);
		job->bytes = picture_png(job->picture, &error);
		if (!job->bytes)
			job->bytes = g_bytes_new(NULL, 0);
	}
	bytes = g_bytes_get_data(job->bytes, &size);
	if (error)
		tell(job, EINVAL);
	else
		tell(job, job->replace ? files_exchange(job->path, bytes, size) : files_create(job->path, bytes, size));
}

static void *run(void *data)
{
	struct file_job *job = data;

	if (job->glyph.width)
		learn(job);
	else
		export(job);
	free_job(job);
	return NULL;
}

/* Takes the job. */
static void start(struct file_job *job)
{
	pthread_t thread;
	int problem = pthread_create(&thread, NULL, run, job);

	if (problem == 0) {
		pthread_detach(thread);
		return;
	}
	tell(job, problem);
	free_job(job);
}

void file_export(struct inbox *inbox, const char *path, GBytes *bytes, bool replace, const char *what)
{
	struct file_job *job = g_new0(struct file_job, 1);

	*job = (struct file_job){.inbox = inbox, .path = g_strdup(path), .what = g_strdup(what), .bytes = g_bytes_ref(bytes),
	        .replace = replace};
	start(job);
}

void file_export_png(struct inbox *inbox, const char *path, struct picture *picture, bool replace, const char *what)
{
	struct file_job *job = g_new0(struct file_job, 1);

	*job = (struct file_job){.inbox = inbox, .path = g_strdup(path), .what = g_strdup(what), .bytes = g_bytes_new(NULL, 0),
	        .picture = picture, .replace = replace};
	start(job);
}

void file_learn_glyph(struct inbox *inbox, const struct named_glyph *glyph)
{
	struct file_job *job = g_new0(struct file_job, 1);
	g_autofree char *name = glyph_file_name(glyph);
	char character[7] = "";

	g_unichar_to_utf8(glyph->ch, character);
	*job = (struct file_job){.inbox = inbox, .bytes = g_bytes_new(NULL, 0), .glyph = *glyph,
	        .path = g_build_filename(g_get_user_data_dir(), "nvirt", "fonts", name, NULL),
	        .what = g_strdup_printf("the glyph is '%s' from now on; kept in", character)};
	start(job);
}
