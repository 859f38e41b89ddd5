/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between two texts, line by line, as `diff -u` tells it: the
 * shortest edit script (Myers, "An O(ND) difference algorithm", 1986). Pure;
 * any thread.
 */
#ifndef NVIRT_DIFF_H
#define NVIRT_DIFF_H

#include <glib.h>

enum diff_kind {
	DIFF_SAME,
	DIFF_REMOVED,
	DIFF_ADDED,
	DIFF_HUNK, /* no text: where the lines that follow stand */
};

struct diff_line {
	enum diff_kind kind;
	const char *text; /* borrowed from the compared texts, no line feed, not NUL-terminated */
	gsize len;
	/* DIFF_HUNK: first line (from 1) and number of lines on each side. */
	unsigned old_line, old_count, new_line, new_count;
};

/*
 * Hunks with `context` unchanged lines around each change; empty when the
 * texts have the same lines (a missing last line feed is no difference). Texts
 * that differ in very many lines are told as one replaced block. Owned;
 * struct diff_line.
 */
GArray *diff_lines(const char *before, const char *after, unsigned context);
/* Lines removed and added; either may be NULL. */
void diff_count(const GArray *lines, unsigned *ret_removed, unsigned *ret_added);
/* One line of a unified diff, "@@ -3,7 +3,8 @@" or "+text", raw. Owned. */
char *diff_line_text(const struct diff_line *line);

#endif
