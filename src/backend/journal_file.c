/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal's file: appending and rotating, safe against other processes and
 * against being killed at any point.
 *
 * A line goes out in one write() with O_APPEND under flock(). A line that was
 * cut by a kill stays as it is: the next writer only ends it, readers skip it.
 * Rotation happens under the lock of the current file; whoever waited for that
 * lock sees that the name now means another file and opens it.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include "backend/journal_private.h"
#include "backend/lock.h"
#include "backend/threads.h"

#define ROTATE_BYTES (4 * 1024 * 1024)

static bool fail(GError **error, int number, const char *format, ...) G_GNUC_PRINTF(3, 4);
static bool fail(GError **error, int number, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(number), "%s", what);
	return false;
}

/* ---- directory and files ---- */

char *journal_default_dir(const char *dir)
{
	return dir ? g_strdup(dir) : g_build_filename(g_get_user_state_dir(), "nvirt", NULL);
}

static bool check_dir(int fd, const char *dir, GError **error)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(error, errno, "cannot look at '%s': %s", dir, g_strerror(errno));
	if (st.st_uid != geteuid())
		return fail(error, EPERM, "cannot use '%s': it belongs to user %u, not to you (%u)", dir, st.st_uid,
		        geteuid());
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return fail(error, EPERM, "cannot use '%s': others may write to it; run: chmod go-w '%s'", dir, dir);
	return true;
}

int journal_open_dir(const char *dir, bool create, GError **error)
{
	if (create && g_mkdir_with_parents(dir, 0700) < 0) {
		fail(error, errno, "cannot make '%s': %s", dir, g_strerror(errno));
		return -1;
	}
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		fail(error, errno, "cannot open '%s': %s", dir, g_strerror(errno));
		return -1;
	}
	if (check_dir(fd, dir, error))
		return fd;
	close(fd);
	return -1;
}

static bool check_file(int fd, const char *name, GError **error)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(error, errno, "cannot look at '%s': %s", name, g_strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return fail(error, EPERM, "cannot use '%s': it is no file of yours", name);
	return true;
}

static int open_checked(int dir_fd, const char *name, int flags, GError **error)
{
	/* O_NONBLOCK: what looks like the journal may be a FIFO. */
	int fd = openat(dir_fd, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

	if (fd < 0) {
		fail(error, errno, "cannot open '%s': %s", name,
		        errno == ELOOP ? "it is a symbolic link" : g_strerror(errno));
		return -1;
	}
	if (check_file(fd, name, error))
		return fd;
	close(fd);
	return -1;
}

int journal_open_file(int dir_fd, const char *name, GError **error)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return -1;
	return open_checked(dir_fd, name, O_RDONLY, error);
}

static bool sync_file(struct journal *journal, GError **error)
{
	if (!journal->unsynced || fdatasync(journal->fd) == 0) {
		journal->unsynced = false;
		return true;
	}
	return fail(error, errno, "cannot write to '%s': %s", journal->path, g_strerror(errno));
}

/* Whoever rotates it takes the name away, not what we have promised to have on the disk before the next line. */
static void close_file(struct journal *journal)
{
	if (journal->fd >= 0) {
		sync_file(journal, NULL);
		close(journal->fd);
	}
	journal->unsynced = false;
	journal->fd = -1;
}

static bool open_current(struct journal *journal, GError **error)
{
	if (journal->dir_fd < 0)
		journal->dir_fd = journal_open_dir(journal->dir, true, error);
	if (journal->dir_fd < 0)
		return false;
	journal->fd = open_checked(journal->dir_fd, JOURNAL_FILE, O_RDWR | O_APPEND | O_CREAT, error);
	if (journal->fd >= 0)
		return true;
	/* Perhaps the directory was removed under us: the next try makes it again. */
	close(journal->dir_fd);
	journal->dir_fd = -1;
	return false;
}

/* Is the open file still what its name means? */
static bool is_current(struct journal *journal)
{
	struct stat ours, named;

	return fstat(journal->fd, &ours) == 0
	       && fstatat(journal->dir_fd, JOURNAL_FILE, &named, AT_SYMLINK_NOFOLLOW) == 0
	       && ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

static bool flock_file(int fd)
{
	int rc;

	do
		rc = flock(fd, LOCK_EX);
	while (rc < 0 && errno == EINTR);
	return rc == 0;
}

bool journal_lock_file(struct journal *journal, GError **error)
{
	bool tried = false;

	/* Every turn means that somebody rotated just then; a file that is removed all the time is no journal. */
	for (int turn = 0; turn < 100; turn++) {
		if (journal->fd < 0 && !open_current(journal, tried ? error : NULL)) {
			if (tried)
				return false;
			tried = true;
			continue;
		}
		if (!flock_file(journal->fd))
			return fail(error, errno, "cannot lock '%s': %s", journal->path, g_strerror(errno));
		if (is_current(journal))
			return true;
		close_file(journal);
	}
	return fail(error, EBUSY, "cannot lock '%s': it changes all the time", journal->path);
}

void journal_unlock_file(struct journal *journal)
{
	if (journal->fd >= 0)
		flock(journal->fd, LOCK_UN);
}

static bool rotate(struct journal *journal, GError **error)
{
	if (renameat(journal->dir_fd, JOURNAL_FILE, journal->dir_fd, JOURNAL_OLD_FILE) < 0)
		return fail(error, errno, "cannot rotate '%s': %s", journal->path, g_strerror(errno));
	close_file(journal);
	return journal_lock_file(journal, error);
}

static bool ends_torn(int fd, off_t size)
{
	char last = '\n';

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static bool write_once(struct journal *journal, const char *bytes, size_t len, GError **error)
{
	ssize_t n;

	do
		n = write(journal->fd, bytes, len);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return true;
	return fail(error, n < 0 ? errno : ENOSPC, "cannot write to '%s': %s", journal->path,
	        n < 0 ? g_strerror(errno) : g_strerror(ENOSPC));
}

bool journal_write_locked(struct journal *journal, const struct journal_record *record, GError **error)
{
	g_autofree char *line = journal_encode(record);
	struct stat st = {0};

	if (fstat(journal->fd, &st) == 0 && st.st_size > 0
	        && (guint64)st.st_size + strlen(line) > ROTATE_BYTES) {
		if (!rotate(journal, error))
			return false;
		st.st_size = 0;
	}
	if (!ends_torn(journal->fd, st.st_size))
		return write_once(journal, line, strlen(line), error);
	g_autofree char *mended = g_strconcat("\n", line, NULL);
	return write_once(journal, mended, strlen(mended), error);
}

/* ---- the writer ---- */

static bool append(struct journal *journal, const struct journal_record *record, bool sync, GError **error)
{
	if (!journal_lock_file(journal, error))
		return false;
	bool ok = journal_write_locked(journal, record, error);
	journal_unlock_file(journal);
	journal->unsynced |= ok;
	return ok && (!sync || sync_file(journal, error));
}

/* NULL: only what was written already. */
static bool append_or_sync(struct journal *journal, const struct journal_record *record, bool sync)
{
	g_autoptr(GError) error = NULL;

	pthread_mutex_lock(&journal->lock);
	bool ok = record ? append(journal, record, sync, &error) : sync_file(journal, &error);
	bool tell = !ok && !journal->told;
	journal->told |= !ok;
	pthread_mutex_unlock(&journal->lock);
	if (tell) {
		g_autofree char *text =
		        g_strdup_printf("%s; tasks are shown, but not kept", error ? error->message : "no journal");
		journal_post_notice(journal, text);
	}
	return ok;
}

bool journal_append(struct journal *journal, const struct journal_record *record, bool sync)
{
	return append_or_sync(journal, record, sync);
}

bool journal_sync(struct journal *journal)
{
	return append_or_sync(journal, NULL, true);
}

static struct journal_record *take_posted(struct journal *journal)
{
	pthread_mutex_lock(&journal->post_lock);
	struct journal_record *record = g_queue_pop_head(&journal->posted);
	while (!record && !journal->closing) {
		pthread_cond_wait(&journal->posted_cond, &journal->post_lock);
		record = g_queue_pop_head(&journal->posted);
	}
	pthread_mutex_unlock(&journal->post_lock);
	return record;
}

static void writer_thread(void *data)
{
	struct journal *journal = data;
	struct journal_record *record;

	while ((record = take_posted(journal))) {
		journal_append(journal, record, true);
		journal_record_free(record);
	}
	journal_unref(journal);
}

static bool start_thread(struct journal *journal, const char *name, void (*run)(void *data))
{
	__atomic_add_fetch(&journal->refs, 1, __ATOMIC_RELAXED);
	if (threads_start(journal->threads, name, run, journal))
		return true;
	journal_unref(journal);
	return false;
}

void journal_post(struct journal *journal, struct journal_record *record)
{
	pthread_mutex_lock(&journal->post_lock);
	g_queue_push_tail(&journal->posted, record);
	if (!journal->writer)
		journal->writer = start_thread(journal, "nvirt-journal", writer_thread);
	pthread_cond_signal(&journal->posted_cond);
	pthread_mutex_unlock(&journal->post_lock);
}

void journal_post_msg(struct journal *journal, struct msg *msg)
{
	pthread_mutex_lock(&journal->post_lock);
	if (journal->inbox)
		inbox_post(journal->inbox, g_steal_pointer(&msg));
	pthread_mutex_unlock(&journal->post_lock);
	msg_free(msg);
}

void journal_post_notice(struct journal *journal, const char *text)
{
	struct msg *msg = msg_new(MSG_JOURNAL, 0, 0);

	msg->level = LEVEL_WARNING;
	msg->text = g_strdup(text);
	journal_post_msg(journal, msg);
}

/* ---- open and close ---- */

struct journal *journal_open(const char *dir, struct inbox *inbox)
{
	struct journal *journal = g_new0(struct journal, 1);

	journal->refs = 1;
	journal->dir = journal_default_dir(dir);
	journal->path = g_build_filename(journal->dir, JOURNAL_FILE, NULL);
	journal->inbox = inbox;
	journal->threads = threads_new();
	journal->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	journal->dir_fd = journal->fd = -1;
	pthread_mutex_init(&journal->lock, NULL);
	pthread_mutex_init(&journal->post_lock, NULL);
	lock_cond_init(&journal->posted_cond);
	g_queue_init(&journal->posted);
	if (inbox && !start_thread(journal, "nvirt-follow", journal_follow_thread))
		journal_post_notice(journal, "the task journal is not followed: out of threads");
	return journal;
}

void journal_unref(struct journal *journal)
{
	if (__atomic_sub_fetch(&journal->refs, 1, __ATOMIC_ACQ_REL))
		return;
	close_file(journal);
	if (journal->dir_fd >= 0)
		close(journal->dir_fd);
	if (journal->stop_fd >= 0)
		close(journal->stop_fd);
	g_queue_clear_full(&journal->posted, (GDestroyNotify)journal_record_free);
	pthread_cond_destroy(&journal->posted_cond);
	pthread_mutex_destroy(&journal->post_lock);
	pthread_mutex_destroy(&journal->lock);
	g_free(journal->dir);
	g_free(journal->path);
	g_free(journal);
}

void journal_close(struct journal *journal, int timeout_ms)
{
	const uint64_t one = 1;

	if (!journal)
		return;
	if (write(journal->stop_fd, &one, sizeof one) < 0)
		g_debug("journal: eventfd: %s", g_strerror(errno));
	pthread_mutex_lock(&journal->post_lock);
	journal->closing = true;
	pthread_cond_broadcast(&journal->posted_cond);
	pthread_mutex_unlock(&journal->post_lock);
	threads_free(journal->threads, timeout_ms);
	pthread_mutex_lock(&journal->post_lock);
	journal->inbox = NULL;
	pthread_mutex_unlock(&journal->post_lock);
	journal_unref(journal);
}

const char *journal_path(const struct journal *journal)
{
	return journal->path;
}

/* ---- who wrote it ---- */

/* Start time of a process that has not ended; 0 = there is none. */
static guint64 process_start(int pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return 0;
	/* The command may hold anything: what follows its last ')' is ours. Field 3 is the state, 22 the start. */
	const char *rest = strrchr(text, ')');
	g_auto(GStrv) fields = g_strsplit(rest ? rest + 1 : "", " ", -1);
	if (g_strv_length(fields) < 21 || *fields[1] == 'Z' || *fields[1] == 'X')
		return 0;
	return g_ascii_strtoull(fields[20], NULL, 10);
}

const char *journal_instance(void)
{
	g_autofree char *text =
	        g_strdup_printf("%d:%" G_GUINT64_FORMAT, (int)getpid(), process_start(getpid()));

	/* Interned, because a forked child is another process. */
	return g_intern_string(text);
}

bool journal_instance_alive(const char *instance)
{
	char *end = NULL;
	gint64 pid = g_ascii_strtoll(instance ? instance : "", &end, 10);

	if (pid <= 0 || pid > G_MAXINT || *end != ':')
		return false;
	guint64 start = g_ascii_strtoull(end + 1, NULL, 10);
	return start && process_start((int)pid) == start;
}
