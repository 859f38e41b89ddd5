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
#include "backend/image_lock.h"
#include "backend/copy_bytes.h"
#include "nvirt/image_header.h"

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

/* ---- the whole file ---- */

static bool copy_open(const struct copy *copy, int from, int to, GError **error)
{
	struct stat st;

	if (!lock_source(from, copy->from, error))
		return false;
	if (fstat(from, &st) < 0 || !S_ISREG(st.st_mode))
		return copy_fail(error, "read", copy->from, EINVAL);
	if (ioctl(to, FICLONE, from) == 0)
		return true;
	if (ftruncate(to, st.st_size) < 0)
		return copy_fail(error, "write", copy->to, errno);
	posix_fadvise(from, 0, 0, POSIX_FADV_SEQUENTIAL);
	return copy_bytes(copy, from, to, st.st_size, error);
}

int copy_make(const struct copy *copy, GError **error)
{
	g_autofree char *dir = g_path_get_dirname(copy->to);
	int fd = open(copy->to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0) {
		copy_fail(error, "make", copy->to, errno);
		return -1;
	}
	if (geteuid() != 0 || stat(dir, &st) < 0 || st.st_uid == 0 || fchown(fd, st.st_uid, st.st_gid) == 0)
		return fd;
	copy_fail(error, "make", copy->to, errno);
	close(fd);
	unlink(copy->to);
	return -1;
}

bool copy_plain(const struct copy *copy, GError **error)
{
	int from = open(copy->from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (from < 0)
		return copy_fail(error, "read", copy->from, errno);
	int to = copy_make(copy, error);
	if (to < 0) {
		close(from);
		return false;
	}
	bool ok = copy_open(copy, from, to, error);
	close(from);
	if (close(to) < 0 && ok)
		ok = copy_fail(error, "write", copy->to, errno);
	if (!ok)
		unlink(copy->to);
	return ok;
}
