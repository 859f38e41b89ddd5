/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copying an image of this machine: which way, and the way of plain files. Any thread. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "backend/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "backend/conn.h"
#include "backend/image_lock.h"
#include "nvirt/image_header.h"

/* What is copied between two looks at the clock. */
#define PIECE_BYTES (4 * 1024 * 1024)
/* Stays in the processor's cache between the read and the write: measured as fast as anything. */
#define BUFFER_BYTES (256 * 1024)
/* Threads beside the caller's: one for each other processor, at least one for what waits for the disk. */
#define HELPERS_MAX 3
#define TELL_US (G_USEC_PER_SEC / 5)

static bool fail(GError **error, const char *what, const char *path, int number)
{
	const char *remedy = number == ENOSPC || number == EDQUOT ? "; free some space there or choose another pool" : "";

	g_set_error(error, CONN_ERROR, VIR_ERR_SYSTEM_ERROR, "cannot %s '%s': %s%s", what, path, g_strerror(number), remedy);
	return false;
}

/* ---- what may be copied as bytes ---- */

static GBytes *read_head(const char *path)
{
	g_autofree uint8_t *bytes = g_malloc(IMAGE_HEADER_BYTES);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, bytes, IMAGE_HEADER_BYTES, 0);

	if (fd >= 0)
		close(fd);
	return n < 0 ? NULL : g_bytes_new_take(g_steal_pointer(&bytes), (gsize)n);
}

/* It stands on nothing, holds nothing but its own present state, and was left in order. */
static bool stands_alone(const char *path, const char *format)
{
	g_autoptr(GBytes) head = read_head(path);
	struct image_header header = {0};
	gsize len = 0, need = 0;
	const uint8_t *bytes = head ? g_bytes_get_data(head, &len) : NULL;

	if (!head || image_header_parse(bytes, len, format, &header, &need) != IMAGE_HEADER_OK)
		return false;
	bool alone = !header.backing && !header.data_file && !header.snapshots && !header.dirty && !header.corrupt;
	image_header_clear(&header);
	return alone;
}

bool copy_is_plain(const struct copy *copy)
{
	if (copy->snapshot || !g_str_equal(copy->from_format, copy->to_format))
		return false;
	if (g_str_equal(copy->from_format, "raw"))
		return true;
	return g_str_equal(copy->from_format, "qcow2") && stands_alone(copy->from, "qcow2");
}

bool copy_run(const struct copy *copy, GError **error)
{
	return copy_is_plain(copy) ? copy_plain(copy, error) : copy_convert(copy, error);
}

static bool lock_source(int fd, const char *path, GError **error)
{
	if (image_lock_fd(fd))
		return true;
	g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID,
	        "cannot copy '%s': a process is writing to it; shut that guest down, or let it be copied by its own QEMU",
	        path);
	return false;
}

/* ---- bytes ---- */

/*
 * Several threads take pieces in turn: while one writes, which a filesystem
 * lets only one do at a time, others read.
 */
struct plain {
	const struct copy *copy;
	int from, to;
	off_t size;
	bool by_server; /* a file server copies by itself; elsewhere the kernel's copying is the slower one (measured) */
	gint64 told_us;

	pthread_mutex_t lock;
	off_t at, end;       /* what is left of the extent at hand */
	uint64_t done_bytes;
	bool halt;           /* done, stopped or failed */
	int number;          /* errno of the failure */
	bool reading;        /* … which was one of reading */
};

static void give_up(struct plain *plain, int number, bool reading)
{
	pthread_mutex_lock(&plain->lock);
	if (!plain->number) {
		plain->number = number;
		plain->reading = reading;
	}
	plain->halt = true;
	pthread_mutex_unlock(&plain->lock);
}

/* The next extent of data; with the lock held. A filesystem that knows no holes: all of it is data. */
static bool next_extent(struct plain *plain)
{
	off_t data = lseek(plain->from, plain->end, SEEK_DATA);
	bool none = data < 0 && errno == ENXIO;
	off_t hole = data < 0 ? -1 : lseek(plain->from, data, SEEK_HOLE);

	if (none || plain->end >= plain->size)
		return false;
	plain->at = data < 0 || hole < 0 ? plain->end : data;
	plain->end = data < 0 || hole < 0 ? plain->size : MIN(hole, plain->size);
	return plain->at < plain->end;
}

static bool take_piece(struct plain *plain, off_t *ret_at, size_t *ret_len)
{
	pthread_mutex_lock(&plain->lock);
	bool some = !plain->halt && (plain->at < plain->end || next_extent(plain));
	if (some) {
		*ret_at = plain->at;
		*ret_len = (size_t)MIN(plain->end - plain->at, PIECE_BYTES);
		plain->at += (off_t)*ret_len;
	}
	pthread_mutex_unlock(&plain->lock);
	return some;
}

static bool write_all(struct plain *plain, const char *bytes, size_t len, off_t at)
{
	while (len) {
		ssize_t n = pwrite(plain->to, bytes, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			give_up(plain, n < 0 ? errno : ENOSPC, false);
			return false;
		}
		bytes += n;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* What was copied; -1 = it failed, and that is noted. */
static ssize_t copy_some(struct plain *plain, off_t at, size_t len, char *buffer)
{
	off_t in = at, out = at;
	ssize_t n = plain->by_server ? copy_file_range(plain->from, &in, plain->to, &out, len, 0) : -1;

	if (n > 0)
		return n;
	do
		n = pread(plain->from, buffer, MIN(len, BUFFER_BYTES), at);
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		give_up(plain, n < 0 ? errno : EIO, true); /* 0: it was cut while we read */
		return -1;
	}
	return write_all(plain, buffer, (size_t)n, at) ? n : -1;
}

static void copy_piece(struct plain *plain, off_t at, size_t len, char *buffer)
{
	while (len) {
		ssize_t n = copy_some(plain, at, len, buffer);
		if (n < 0)
			return;
		at += n;
		len -= (size_t)n;
		__atomic_add_fetch(&plain->done_bytes, (uint64_t)n, __ATOMIC_RELAXED);
	}
}

static void *copy_thread(void *data)
{
	struct plain *plain = data;
	g_autofree char *buffer = g_malloc(BUFFER_BYTES);
	off_t at;
	size_t len;

	while (take_piece(plain, &at, &len))
		copy_piece(plain, at, len, buffer);
	return NULL;
}

/* The caller's own part of the work, between which it speaks and listens. False: it is to stop. */
static bool copy_and_tell(struct plain *plain)
{
	const struct copy *copy = plain->copy;
	g_autofree char *buffer = g_malloc(BUFFER_BYTES);
	off_t at;
	size_t len;

	for (;;) {
		gint64 now = g_get_monotonic_time();
		if (copy->stop && copy->stop(copy->data))
			return false;
		if (copy->progress && now - plain->told_us >= TELL_US) {
			plain->told_us = now;
			copy->progress(copy->data, __atomic_load_n(&plain->done_bytes, __ATOMIC_RELAXED));
		}
		if (!take_piece(plain, &at, &len))
			return true;
		copy_piece(plain, at, len, buffer);
	}
}

static bool copy_extents(struct plain *plain, GError **error)
{
	pthread_t threads[HELPERS_MAX];
	unsigned started = 0, wanted = CLAMP(g_get_num_processors(), 2, HELPERS_MAX + 1) - 1;

	pthread_mutex_init(&plain->lock, NULL);
	while (started < wanted && pthread_create(&threads[started], NULL, copy_thread, plain) == 0)
		started++;
	bool whole = copy_and_tell(plain);
	if (!whole)
		give_up(plain, ECANCELED, false);
	while (started)
		pthread_join(threads[--started], NULL);
	pthread_mutex_destroy(&plain->lock);
	if (!whole && plain->number == ECANCELED)
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_ABORTED, "aborted");
	else if (plain->number)
		fail(error, plain->reading ? "read" : "write", plain->reading ? plain->copy->from : plain->copy->to,
		        plain->number);
	return !plain->number;
}

static bool on_server(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (fs.f_type == NFS_SUPER_MAGIC || (unsigned)fs.f_type == SMB2_SUPER_MAGIC);
}

static bool copy_open(struct plain *plain, GError **error)
{
	const struct copy *copy = plain->copy;
	struct stat st;

	if (!lock_source(plain->from, copy->from, error))
		return false;
	if (fstat(plain->from, &st) < 0 || !S_ISREG(st.st_mode))
		return fail(error, "read", copy->from, EINVAL);
	if (ioctl(plain->to, FICLONE, plain->from) == 0)
		return true;
	if (ftruncate(plain->to, st.st_size) < 0)
		return fail(error, "write", copy->to, errno);
	plain->by_server = on_server(plain->from);
	plain->size = st.st_size;
	posix_fadvise(plain->from, 0, 0, POSIX_FADV_SEQUENTIAL);
	return copy_extents(plain, error);
}

bool copy_plain(const struct copy *copy, GError **error)
{
	struct plain plain = {.copy = copy};

	plain.from = open(copy->from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (plain.from < 0)
		return fail(error, "read", copy->from, errno);
	plain.to = open(copy->to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (plain.to < 0) {
		fail(error, "make", copy->to, errno);
		close(plain.from);
		return false;
	}
	bool ok = copy_open(&plain, error);
	close(plain.from);
	if (close(plain.to) < 0 && ok)
		ok = fail(error, "write", copy->to, errno);
	if (!ok)
		unlink(copy->to);
	return ok;
}
