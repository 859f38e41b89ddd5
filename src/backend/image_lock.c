/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's own locks on an image: see image_lock.h. */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "backend/image_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "backend/conn.h"

/* Bytes of the file: 100 + n = uses permission n, 200 + n = lets nobody else use it. */
enum { USES = 100, ALONE = 200, PERM_READ = 0, PERM_WRITE = 1, PERM_RESIZE = 3 };

/* A filesystem without locks has none of QEMU's either. */
static void lock_byte(int fd, off_t byte)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

	fcntl(fd, F_OFD_SETLK, &lock);
}

static bool somebody_has(int fd, off_t byte)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool image_lock_fd(int fd)
{
	lock_byte(fd, USES + PERM_READ);
	lock_byte(fd, ALONE + PERM_WRITE);
	lock_byte(fd, ALONE + PERM_RESIZE);
	return !somebody_has(fd, USES + PERM_WRITE) && !somebody_has(fd, USES + PERM_RESIZE);
}

int image_lock(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		g_set_error(error, CONN_ERROR, VIR_ERR_SYSTEM_ERROR, "cannot open '%s': %s", path, g_strerror(errno));
		return -1;
	}
	if (image_lock_fd(fd))
		return fd;
	close(fd);
	g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID, "'%s' is being written to", path);
	return -1;
}
