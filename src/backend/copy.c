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
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "backend/conn.h"
#include "nvirt/image_header.h"

/* What is copied between two looks at the clock. */
#define PIECE_BYTES (8 * 1024 * 1024)
/* Stays in the processor's cache between the read and the write: measured as fast as anything. */
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
	uint64_t done_bytes;
	gint64 told_us;
	bool by_server; /* a file server copies by itself; elsewhere the kernel's copying is the slower one (measured) */
	char *buffer;
};

static bool go_on(struct plain *plain, GError **error)
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

static ssize_t copy_by_hand(struct plain *plain, off_t at, size_t len)
{
	if (!plain->buffer)
		plain->buffer = g_malloc(BUFFER_BYTES);
	ssize_t n = pread(plain->from, plain->buffer, MIN(len, BUFFER_BYTES), at);
	if (n <= 0)
		return n;
	for (ssize_t done = 0; done < n;) {
		ssize_t written = pwrite(plain->to, plain->buffer + done, (size_t)(n - done), at + done);
		if (written < 0)
			return -1;
		done += written;
	}
	return n;
}

static ssize_t copy_piece(struct plain *plain, off_t at, size_t len)
{
	off_t in = at, out = at;

	if (plain->by_server) {
		ssize_t n = copy_file_range(plain->from, &in, plain->to, &out, len, 0);
		if (n > 0 || (n < 0 && errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP))
			return n;
		plain->by_server = false;
	}
	return copy_by_hand(plain, at, len);
}

static bool copy_extent(struct plain *plain, off_t at, off_t end, GError **error)
{
	while (at < end) {
		if (!go_on(plain, error))
			return false;
		ssize_t n = copy_piece(plain, at, (size_t)MIN(end - at, PIECE_BYTES));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(error, "write", plain->copy->to, errno);
		if (n == 0)
			return fail(error, "read", plain->copy->from, EIO); /* it was cut while we read */
		at += n;
		plain->done_bytes += (uint64_t)n;
	}
	return true;
}

static bool copy_extents(struct plain *plain, off_t size, GError **error)
{
	for (off_t at = 0; at < size;) {
		off_t data = lseek(plain->from, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			return true; /* only a hole is left */
		off_t hole = data < 0 ? -1 : lseek(plain->from, data, SEEK_HOLE);
		/* A filesystem that knows no holes: all of it is data. */
		if (data < 0 || hole < 0)
			data = at, hole = size;
		if (!copy_extent(plain, data, MIN(hole, size), error))
			return false;
		at = hole;
	}
	return true;
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
	posix_fadvise(plain->from, 0, 0, POSIX_FADV_SEQUENTIAL);
	return copy_extents(plain, st.st_size, error);
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
