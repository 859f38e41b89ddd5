/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading whole lines from a file that others append to. */
#include "backend/journal_lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* No record of ours is longer: beyond it a line is garbage and need not fill memory. */
#define LINE_MAX_BYTES (256 * 1024)
/* Rotation keeps files at a quarter of this: more was not written by nvirt. */
#define FILE_MAX_BYTES (16 * 1024 * 1024)

void journal_lines_init(struct journal_lines *lines)
{
	*lines = (struct journal_lines){.fd = -1, .partial = g_string_new(NULL)};
}

void journal_lines_fini(struct journal_lines *lines)
{
	if (lines->fd >= 0)
		close(lines->fd);
	lines->fd = -1;
	g_string_free(lines->partial, TRUE);
	g_clear_pointer(&lines->reason, g_free);
}

void journal_lines_open(struct journal_lines *lines, int fd)
{
	struct stat st = {0};

	if (lines->fd >= 0)
		close(lines->fd);
	lines->fd = fd;
	g_string_truncate(lines->partial, 0);
	lines->too_long = false;
	lines->line = 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	lines->dev = st.st_dev;
	lines->ino = st.st_ino;
	if (st.st_size > FILE_MAX_BYTES && lseek(fd, st.st_size - FILE_MAX_BYTES, SEEK_SET) > 0)
		lines->too_long = true; /* in the middle of a line */
}

static void skip_rest(struct journal_lines *lines, const char *reason)
{
	g_string_truncate(lines->partial, 0);
	lines->too_long = false;
	journal_lines_bad(lines, reason);
}

static void take_piece(struct journal_lines *lines, const char *piece, gsize len)
{
	if (lines->too_long)
		return;
	if (lines->partial->len + len > LINE_MAX_BYTES) {
		g_string_truncate(lines->partial, 0);
		lines->too_long = true;
		return;
	}
	g_string_append_len(lines->partial, piece, (gssize)len);
}

static void take_chunk(struct journal_lines *lines, const char *chunk, gsize len,
        void (*each)(const char *line, gsize len, void *data), void *data)
{
	const char *end = chunk + len, *newline;

	while ((newline = memchr(chunk, '\n', (size_t)(end - chunk)))) {
		take_piece(lines, chunk, (gsize)(newline - chunk));
		chunk = newline + 1;
		lines->line++;
		if (lines->too_long) {
			skip_rest(lines, "the line is too long");
			continue;
		}
		/* An empty line is what ends a torn one. */
		if (lines->partial->len)
			each(lines->partial->str, lines->partial->len, data);
		g_string_truncate(lines->partial, 0);
	}
	take_piece(lines, chunk, (gsize)(end - chunk));
}

void journal_lines_read(
        struct journal_lines *lines, void (*each)(const char *line, gsize len, void *data), void *data)
{
	enum { CHUNK = 64 * 1024 };
	g_autofree char *chunk = lines->fd < 0 ? NULL : g_malloc(CHUNK);

	while (chunk) {
		ssize_t n = read(lines->fd, chunk, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			journal_lines_bad(lines, g_strerror(errno));
		if (n <= 0)
			return;
		take_chunk(lines, chunk, (gsize)n, each, data);
	}
}

void journal_lines_bad(struct journal_lines *lines, const char *reason)
{
	if (!lines->bad++) {
		lines->first_bad = lines->line;
		lines->reason = g_strdup(reason);
	}
}

void journal_lines_finish(struct journal_lines *lines)
{
	if (!lines->partial->len && !lines->too_long)
		return;
	lines->line++;
	skip_rest(lines, "the line is torn");
}

char *journal_lines_report(struct journal_lines *lines, const char *file)
{
	if (!lines->bad)
		return NULL;
	char *text = g_strdup_printf("%u line%s of '%s' could not be read (first at line %u: %s)", lines->bad,
	        lines->bad == 1 ? "" : "s", file, lines->first_bad, lines->reason);
	lines->bad = 0;
	g_clear_pointer(&lines->reason, g_free);
	return text;
}

bool journal_lines_same(const struct journal_lines *lines, const struct stat *st)
{
	return lines->fd >= 0 && lines->dev == st->st_dev && lines->ino == st->st_ino;
}
