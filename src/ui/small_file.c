/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See small_file.h. */
#include "small_file.h"

#include <errno.h>
#include <stdbool.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_file(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "cannot open '%s': %s", path,
		        g_strerror(errno));
	return fd;
}

char *small_file_read(const char *path, gsize max, gsize *ret_len, GError **error)
{
	struct stat st = {0};
	int fd = open_file(path, error);
	if (fd < 0)
		return NULL;
	g_autofree char *text = g_malloc(max + 2);
	bool regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	ssize_t n = regular ? read(fd, text, max + 1) : -1;
	g_autofree char *large = g_strdup_printf("larger than %zu KiB", max / 1024);
	const char *why = !regular ? "not a regular file" : n < 0 ? g_strerror(errno) : large;
	close(fd);
	if (n < 0 || (gsize)n > max) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "cannot read '%s': %s", path, why);
		return NULL;
	}
	text[n] = '\0';
	*ret_len = (gsize)n;
	return g_steal_pointer(&text);
}
