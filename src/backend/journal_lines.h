/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading whole lines from a file that others append to.
 *
 * Keeps its place; a last line without '\n' stays unread until it is whole.
 * One thread a reader.
 */
#ifndef NVIRT_BACKEND_JOURNAL_LINES_H
#define NVIRT_BACKEND_JOURNAL_LINES_H

#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>

struct journal_lines {
	int fd; /* owned; -1 = none */
	dev_t dev;
	ino_t ino;
	GString *partial;
	bool too_long;         /* the rest of an overlong line is being skipped */
	unsigned line;         /* number of the last line that was handed out */
	unsigned bad;          /* lines that could not be read since the last report */
	unsigned first_bad;    /* number of the first of them */
	char *reason;          /* and why */
};

void journal_lines_init(struct journal_lines *lines);
void journal_lines_fini(struct journal_lines *lines);
/* Takes the descriptor of a regular file; starts at its beginning, or near the end of an absurdly long one. */
void journal_lines_open(struct journal_lines *lines, int fd);
/* Hands every whole line (without '\n') to `each` up to the end of the file. */
void journal_lines_read(
        struct journal_lines *lines, void (*each)(const char *line, gsize len, void *data), void *data);
/* Notes a line that could not be used; `reason` of the first is kept. */
void journal_lines_bad(struct journal_lines *lines, const char *reason);
/* The file will not grow any more: what is left is a torn line. */
void journal_lines_finish(struct journal_lines *lines);
/* "2 lines of 'FILE' could not be read (first at line 7: REASON)", owned; NULL = none. Starts counting anew. */
char *journal_lines_report(struct journal_lines *lines, const char *file);
/* Is it the file that `st` describes? */
bool journal_lines_same(const struct journal_lines *lines, const struct stat *st);

#endif
