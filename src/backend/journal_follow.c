/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal's reader: what was there at the start, and what other processes
 * append, across rotation. A thread of its own; posts MSG_JOURNAL.
 *
 * A task whose writer is dead and that has no end gets one, "interrupted",
 * under the file's lock, so that of several readers only one writes it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "backend/journal_lines.h"
#include "backend/journal_private.h"

/* How many tasks of the past are of interest. */
#define NEWEST_TASKS 1000
/* How often it is looked whether a writer with a task under way has died. */
#define LIVE_CHECK_MS 3000
/* Where the system gives no inotify. */
#define BLIND_LOOK_MS 2000

static const char interrupted_text[] =
        "nvirt was killed while it ran: the host may have done it, look before you repeat it";

struct follower {
	struct journal *journal; /* NULL for journal_read_all() */
	int dir_fd;
	struct journal_lines lines;
	struct journal_lines *now; /* the file that is being read */
	GHashTable *open;          /* task id -> its START record: no END was seen */
	GPtrArray *backlog;        /* struct journal_record *, while the past is read; else NULL */
	unsigned skipped;
};

static void follower_init(struct follower *follower, struct journal *journal, int dir_fd)
{
	*follower = (struct follower){.journal = journal, .dir_fd = dir_fd};
	journal_lines_init(&follower->lines);
	follower->open =
	        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)journal_record_free);
	follower->backlog = g_ptr_array_new_with_free_func((GDestroyNotify)journal_record_free);
}

static void follower_fini(struct follower *follower)
{
	journal_lines_fini(&follower->lines);
	g_hash_table_unref(follower->open);
	g_clear_pointer(&follower->backlog, g_ptr_array_unref);
	close(follower->dir_fd);
}

/* ---- records ---- */

static void post_record(struct journal *journal, struct journal_record *record)
{
	struct msg *msg = msg_new(MSG_JOURNAL, 0, 0);

	msg->record = record;
	journal_post_msg(journal, msg);
}

static struct journal_record *copy_start(const struct journal_record *start)
{
	struct journal_record *copy = journal_record_new(JOURNAL_START, start->task_id);

	copy->unix_us = start->unix_us;
	copy->instance = g_strdup(start->instance);
	copy->host_name = g_strdup(start->host_name);
	copy->uri = g_strdup(start->uri);
	copy->user = g_strdup(start->user);
	copy->verb = g_strdup(start->verb);
	copy->object = g_strdup(start->object);
	copy->kind = start->kind;
	memcpy(copy->uuid, start->uuid, sizeof copy->uuid);
	return copy;
}

static void note_open(struct follower *follower, const struct journal_record *record)
{
	switch (record->event) {
	case JOURNAL_START:
		g_hash_table_replace(follower->open, g_strdup(record->task_id), copy_start(record));
		break;
	case JOURNAL_END:
		g_hash_table_remove(follower->open, record->task_id);
		break;
	case JOURNAL_LOG:
	case JOURNAL_STEP:
		break;
	}
}

static void take_line(const char *line, gsize len, void *data)
{
	struct follower *follower = data;
	g_autoptr(GError) error = NULL;
	struct journal_record *record = journal_decode(line, len, &error);

	if (!record) {
		journal_lines_bad(follower->now, error ? error->message : "no record");
		return;
	}
	bool ours = follower->journal && g_strcmp0(record->instance, journal_instance()) == 0;
	if (!ours || record->event == JOURNAL_END)
		note_open(follower, record);
	if (ours)
		journal_record_free(record);
	else if (follower->backlog)
		g_ptr_array_add(follower->backlog, record);
	else
		post_record(follower->journal, record);
}

static void report(struct follower *follower, struct journal_lines *lines, const char *name)
{
	follower->skipped += lines->bad;
	const char *dir = follower->journal ? follower->journal->dir : "";
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *text = journal_lines_report(lines, path);

	if (text && follower->journal)
		journal_post_notice(follower->journal, text);
}

static void read_lines(struct follower *follower, struct journal_lines *lines)
{
	follower->now = lines;
	journal_lines_read(lines, take_line, follower);
}

/* A file that does not grow any more. Takes the descriptor. */
static void read_old(struct follower *follower, int fd)
{
	struct journal_lines old;

	journal_lines_init(&old);
	journal_lines_open(&old, fd);
	read_lines(follower, &old);
	journal_lines_finish(&old);
	report(follower, &old, JOURNAL_OLD_FILE);
	journal_lines_fini(&old);
}

static int open_file(struct follower *follower, const char *name)
{
	g_autoptr(GError) error = NULL;
	int fd = journal_open_file(follower->dir_fd, name, &error);

	if (error && follower->journal)
		journal_post_notice(follower->journal, error->message);
	return fd;
}

static bool same_as_current(const struct follower *follower, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && journal_lines_same(&follower->lines, &st);
}

/* The current file is opened first, so that one that is rotated just now is not missed. */
static void read_past(struct follower *follower)
{
	journal_lines_open(&follower->lines, open_file(follower, JOURNAL_FILE));
	int old = open_file(follower, JOURNAL_OLD_FILE);
	if (old >= 0 && same_as_current(follower, old))
		close(old);
	else if (old >= 0)
		read_old(follower, old);
	read_lines(follower, &follower->lines);
	report(follower, &follower->lines, JOURNAL_FILE);
}

/* ---- following ---- */

/* Whoever rotated held the lock: nothing was appended to the old file since. */
static void next_file(struct follower *follower)
{
	read_lines(follower, &follower->lines);
	journal_lines_finish(&follower->lines);
	report(follower, &follower->lines, JOURNAL_OLD_FILE);
	int old = follower->lines.fd >= 0 ? open_file(follower, JOURNAL_OLD_FILE) : -1;
	if (old >= 0 && same_as_current(follower, old))
		close(old);
	else if (old >= 0)
		read_old(follower, old); /* rotated twice since we looked */
	journal_lines_open(&follower->lines, open_file(follower, JOURNAL_FILE));
}

static bool moved_on(const struct follower *follower)
{
	struct stat st;

	return fstatat(follower->dir_fd, JOURNAL_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0
	       && !journal_lines_same(&follower->lines, &st);
}

static void follow(struct follower *follower)
{
	if (moved_on(follower))
		next_file(follower);
	read_lines(follower, &follower->lines);
	report(follower, &follower->lines, JOURNAL_FILE);
}

/* ---- interrupted tasks ---- */

static struct journal_record *interrupted_record(const struct journal_record *start)
{
	struct journal_record *end = journal_record_new(JOURNAL_END, start->task_id);

	end->unix_us = g_get_real_time();
	end->instance = g_strdup(journal_instance());
	end->verb = g_strdup(start->verb);
	end->object = g_strdup(start->object);
	end->kind = start->kind;
	memcpy(end->uuid, start->uuid, sizeof end->uuid);
	end->state = TASK_INTERRUPTED;
	end->text = g_strdup(interrupted_text);
	return end;
}

/* START records of the dead, borrowed from `open`. */
static GPtrArray *dead_tasks(struct follower *follower)
{
	GPtrArray *dead = g_ptr_array_new();
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, follower->open);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct journal_record *start = value;
		if (!journal_instance_alive(start->instance))
			g_ptr_array_add(dead, value);
	}
	return dead;
}

static void give_end(struct follower *follower, struct journal_record *start, bool write)
{
	struct journal_record *end = interrupted_record(start);

	if (write)
		journal_write_locked(follower->journal, end, NULL);
	g_hash_table_remove(follower->open, start->task_id);
	if (follower->backlog)
		g_ptr_array_add(follower->backlog, end);
	else
		post_record(follower->journal, end);
}

static void end_dead_tasks(struct follower *follower)
{
	g_autoptr(GPtrArray) suspects = dead_tasks(follower);
	bool locked = false;

	if (!suspects->len)
		return;
	if (follower->journal) {
		pthread_mutex_lock(&follower->journal->lock);
		locked = journal_lock_file(follower->journal, NULL);
		/* Somebody else may have given them their end meanwhile. */
		follow(follower);
	}
	g_autoptr(GPtrArray) dead = dead_tasks(follower);
	for (unsigned i = 0; i < dead->len; i++)
		give_end(follower, g_ptr_array_index(dead, i), locked);
	if (locked)
		journal_unlock_file(follower->journal);
	if (follower->journal)
		pthread_mutex_unlock(&follower->journal->lock);
}

/* ---- the past ---- */

/* The records of the newest tasks, in their order; the others are freed. */
static GPtrArray *newest(GPtrArray *all)
{
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *kept = g_ptr_array_new_with_free_func((GDestroyNotify)journal_record_free);

	for (unsigned i = all->len; i-- > 0 && g_hash_table_size(ids) < NEWEST_TASKS;) {
		struct journal_record *record = g_ptr_array_index(all, i);
		g_hash_table_add(ids, record->task_id);
	}
	for (unsigned i = 0; i < all->len; i++) {
		struct journal_record *record = g_ptr_array_index(all, i);
		if (!g_hash_table_contains(ids, record->task_id))
			continue;
		g_ptr_array_add(kept, record);
		all->pdata[i] = NULL;
	}
	return kept;
}

/* Hands over the past; from then on records go out as they come. */
static GPtrArray *take_past(struct follower *follower)
{
	GPtrArray *all = g_steal_pointer(&follower->backlog);
	GPtrArray *kept = newest(all);

	g_ptr_array_unref(all); /* what was handed over is NULL in it */
	return kept;
}

static void post_past(struct follower *follower)
{
	g_autoptr(GPtrArray) past = take_past(follower);

	for (unsigned i = 0; i < past->len; i++)
		post_record(follower->journal, g_steal_pointer(&past->pdata[i]));
}

GPtrArray *journal_read_all(const char *dir, unsigned *ret_skipped, GError **error)
{
	g_autofree char *path = journal_default_dir(dir);
	struct follower follower;

	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		if (ret_skipped)
			*ret_skipped = 0;
		return g_ptr_array_new_with_free_func((GDestroyNotify)journal_record_free);
	}
	int dir_fd = journal_open_dir(path, false, error);
	if (dir_fd < 0)
		return NULL;
	follower_init(&follower, NULL, dir_fd);
	read_past(&follower);
	end_dead_tasks(&follower);
	GPtrArray *records = take_past(&follower);
	if (ret_skipped)
		*ret_skipped = follower.skipped;
	follower_fini(&follower);
	return records;
}

/* ---- the thread ---- */

static int watch_dir(const char *dir)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd >= 0 && inotify_add_watch(fd, dir, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void drain(int fd)
{
	char events[4096];

	while (fd >= 0 && read(fd, events, sizeof events) > 0)
		;
}

static bool wait_for_change(struct follower *follower, int watch)
{
	struct pollfd fds[] = {
		{.fd = follower->journal->stop_fd, .events = POLLIN},
		{.fd = watch, .events = POLLIN},
	};
	int timeout = g_hash_table_size(follower->open) ? LIVE_CHECK_MS : -1;

	if (watch < 0)
		timeout = BLIND_LOOK_MS;
	if (poll(fds, G_N_ELEMENTS(fds), timeout) < 0 && errno != EINTR)
		return false;
	return !(fds[0].revents & POLLIN);
}

static void run(struct follower *follower, int watch)
{
	read_past(follower);
	end_dead_tasks(follower);
	post_past(follower);
	while (wait_for_change(follower, watch)) {
		drain(watch);
		follow(follower);
		end_dead_tasks(follower);
	}
}

void journal_follow_thread(void *data)
{
	struct journal *journal = data;
	g_autoptr(GError) error = NULL;
	struct follower follower;
	int dir_fd = journal_open_dir(journal->dir, true, &error);

	if (dir_fd >= 0) {
		int watch = watch_dir(journal->dir);
		follower_init(&follower, journal, dir_fd);
		run(&follower, watch);
		follower_fini(&follower);
		if (watch >= 0)
			close(watch);
	} else {
		g_autofree char *text = g_strdup_printf("%s; tasks are shown, but not kept", error->message);
		pthread_mutex_lock(&journal->lock);
		bool tell = !journal->told;
		journal->told = true;
		pthread_mutex_unlock(&journal->lock);
		if (tell)
			journal_post_notice(journal, text);
	}
	journal_unref(journal);
}
