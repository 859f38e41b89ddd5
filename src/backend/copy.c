/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copying an image of this machine: which way, and the way of plain files. Any thread. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "backend/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/conn.h"
#include "nvirt/image_header.h"

/* What is copied between two looks at the clock: of no weight for the speed, and short on a slow disk. */
#define PIECE_BYTES (8 * 1024 * 1024)
/* Stays in the processor's cache between the read and the write. */
#define BUFFER_BYTES (256 * 1024)
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

/* ---- QEMU's locks ---- */

/* Bytes of the file that QEMU locks (block/file-posix.c): 100+n = uses permission n, 200+n = lets nobody else use it. */
enum { LOCK_USES = 100, LOCK_ALONE = 200, PERM_READ = 0, PERM_WRITE = 1, PERM_RESIZE = 3 };

static bool lock_byte(int fd, off_t byte)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

	return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

static bool somebody_has(int fd, off_t byte)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* A filesystem without locks has none of QEMU's either. */
static bool lock_source(int fd, const char *path, GError **error)
{
	lock_byte(fd, LOCK_USES + PERM_READ);
	lock_byte(fd, LOCK_ALONE + PERM_WRITE);
	lock_byte(fd, LOCK_ALONE + PERM_RESIZE);
	if (!somebody_has(fd, LOCK_USES + PERM_WRITE) && !somebody_has(fd, LOCK_USES + PERM_RESIZE))
		return true;
	g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID,
	        "cannot copy '%s': a process is writing to it; shut that guest down, or let it be copied by its own QEMU",
	        path);
	return false;
}

/* ---- bytes ---- */

struct plain {
	const struct copy *copy;
	int from, to;
	off_t size;
	bool by_hand; /* the kernel cannot copy between these two */
	char *buffer;
	gint64 told_us;
	uint64_t done_bytes;
};

static bool write_all(const struct plain *plain, size_t len, off_t at, GError **error)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(plain->to, plain->buffer + done, len - done, at + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(error, "write", plain->copy->to, n < 0 ? errno : ENOSPC);
		done += (size_t)n;
	}
	return true;
}

/* What was copied; -1 with `error`. */
static ssize_t copy_by_hand(struct plain *plain, off_t at, size_t len, GError **error)
{
	ssize_t n;

	if (!plain->buffer)
		plain->buffer = g_malloc(BUFFER_BYTES);
	do
		n = pread(plain->from, plain->buffer, MIN(len, BUFFER_BYTES), at);
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		fail(error, "read", plain->copy->from, n < 0 ? errno : EIO); /* 0: it was cut while we read */
		return -1;
	}
	return write_all(plain, (size_t)n, at, error) ? n : -1;
}

/*
 * In the kernel, from cache to cache: two thirds of what read and write cost,
 * and a file server copies by itself. What the kernel refuses, for whichever
 * reason, is tried by hand, which also finds the words for it.
 */
static ssize_t copy_some(struct plain *plain, off_t at, size_t len, GError **error)
{
	off_t in = at, out = at;
	ssize_t n = plain->by_hand ? -1 : copy_file_range(plain->from, &in, plain->to, &out, len, 0);

	if (n > 0)
		return n;
	plain->by_hand |= n == 0 || errno != EINTR;
	return copy_by_hand(plain, at, len, error);
}

/* False: it is to stop. */
static bool tell(struct plain *plain, GError **error)
{
	const struct copy *copy = plain->copy;
	gint64 now = g_get_monotonic_time();

	if (copy->stop && copy->stop(copy->data)) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_ABORTED, "aborted");
		return false;
	}
	if (copy->progress && now - plain->told_us >= TELL_US) {
		plain->told_us = now;
		copy->progress(copy->data, plain->done_bytes);
	}
	return true;
}

static bool copy_extent(struct plain *plain, off_t at, off_t end, GError **error)
{
	for (off_t piece = at; at < end;) {
		if (at >= piece) {
			piece = at + PIECE_BYTES;
			if (!tell(plain, error))
				return false;
		}
		ssize_t n = copy_some(plain, at, (size_t)(MIN(piece, end) - at), error);
		if (n < 0)
			return false;
		at += n;
		plain->done_bytes += (uint64_t)n;
	}
	return true;
}

/* A filesystem that knows no holes: all of it is data. */
static bool copy_extents(struct plain *plain, GError **error)
{
	for (off_t end = 0; end < plain->size;) {
		off_t data = lseek(plain->from, end, SEEK_DATA);
		bool none = data < 0 && errno == ENXIO;
		off_t hole = data < 0 ? -1 : lseek(plain->from, data, SEEK_HOLE);
		if (none || data >= plain->size)
			break;
		off_t at = hole < 0 ? end : data;
		end = hole < 0 ? plain->size : MIN(hole, plain->size);
		if (!copy_extent(plain, at, end, error))
			return false;
	}
	return true;
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
	g_free(plain.buffer);
	close(plain.from);
	if (close(plain.to) < 0 && ok)
		ok = fail(error, "write", copy->to, errno);
	if (!ok)
		unlink(copy->to);
	return ok;
}
