/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that an editor works on: see editor.h. Main thread. */
#define _GNU_SOURCE /* explicit_bzero() */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nvirt/editor.h"
#include "nvirt/secret.h"

enum { FILE_BYTES_MAX = 4 * 1024 * 1024 };

struct editor_file {
	char *dir, *path;
};

static bool fail(GError **error, const char *what, const char *path)
{
	int number = errno;

	g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(number), "cannot %s '%s': %s", what, path,
	        g_strerror(number));
	return false;
}

static void file_free(struct editor_file *file)
{
	if (!file)
		return;
	g_free(file->dir);
	g_free(file->path);
	g_free(file);
}

static bool write_all(int fd, const char *text, gsize len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			text += n;
			len -= (gsize)n;
		}
	}
	return true;
}

static bool create(const char *path, const char *text, GError **error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail(error, "create", path);
	bool done = write_all(fd, text, strlen(text));
	done &= close(fd) == 0;
	return done || fail(error, "write", path);
}

/* A name of letters that mean nothing to anybody, and never a leading dash or dot. */
static char *file_name(const char *name)
{
	GString *out = g_string_new(NULL);

	for (const char *p = name; *p && out->len < 64; p++)
		g_string_append_c(out, g_ascii_isalnum(*p) || (out->len && strchr("._-", *p)) ? *p : '_');
	if (!out->len)
		g_string_append(out, "guest");
	g_string_append(out, ".xml");
	return g_string_free(out, FALSE);
}

struct editor_file *editor_file_new(const char *name, const char *text, GError **error)
{
	struct editor_file *file = g_new0(struct editor_file, 1);
	g_autofree char *base = file_name(name);

	file->dir = g_build_filename(g_get_tmp_dir(), "nvirt-edit-XXXXXX", NULL);
	if (!g_mkdtemp(file->dir)) {
		fail(error, "make a directory", file->dir);
		file_free(file);
		return NULL;
	}
	file->path = g_build_filename(file->dir, base, NULL);
	if (create(file->path, text, error))
		return file;
	editor_file_remove(file);
	return NULL;
}

const char *editor_file_path(const struct editor_file *file)
{
	return file->path;
}

/* Exactly `size` bytes and no more; NULL when they can not be had. */
static char *read_all(int fd, gsize size)
{
	char *text = g_malloc0(size + 1);
	gsize len = 0;

	while (len < size) {
		ssize_t n = read(fd, text + len, size - len);

		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			explicit_bzero(text, size);
			g_free(text);
			return NULL;
		}
		len += (gsize)n;
	}
	return text;
}

/* An editor may have put another file in its place; a link or a FIFO is none of ours. */
char *editor_file_read(const struct editor_file *file, GError **error)
{
	int fd = open(file->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat info;
	char *text = NULL;

	if (fd < 0) {
		fail(error, "open", file->path);
		return NULL;
	}
	if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || info.st_size > FILE_BYTES_MAX)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		        "cannot read '%s': it is no plain file of at most 4 MiB any more", file->path);
	else if (!(text = read_all(fd, (gsize)info.st_size)))
		fail(error, "read", file->path);
	close(fd);
	if (text && (strlen(text) < (gsize)info.st_size || !g_utf8_validate(text, -1, NULL))) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "cannot use '%s': it is not UTF-8 text",
		        file->path);
		g_clear_pointer(&text, secret_free);
	}
	return text;
}

void editor_file_keep(struct editor_file *file)
{
	file_free(file);
}

/* Backup and swap files hold the same text. */
static void empty_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			unlinkat(fd, entry->d_name, 0);
	closedir(dir);
}

void editor_file_remove(struct editor_file *file)
{
	if (!file)
		return;
	empty_dir(file->dir);
	rmdir(file->dir);
	file_free(file);
}
