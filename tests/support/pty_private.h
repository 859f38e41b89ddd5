/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pty.c and pty_screen.c share. */
#ifndef TESTS_SUPPORT_PTY_PRIVATE_H
#define TESTS_SUPPORT_PTY_PRIVATE_H

#include <sys/types.h>
#include <vterm.h>

#include "support/pty.h"

struct pty {
	int master; /* -1 after pty_hang_up() */
	int idle_read, idle_write;
	int status_fd, control_fd;
	pid_t leader, pid;
	char *home;
	bool own_home;
	struct termios before;
	GByteArray *raw;
	guint64 idle_count, behind_count;
	bool output_ended, idle_ended;
	bool stopped, exited;
	int status;
	VTerm *vterm;
	VTermScreen *screen;
	int rows, cols;
	struct pty_modes modes;
	GString *held; /* answers; NULL = they are not held back */
	struct pty_terminal terminal;
	struct plane *plane; /* NULL: a terminal without graphics */
	GString *pending;    /* the beginning of a sequence that the plane has to see whole */
	unsigned asked;
};

void vt_init(struct pty *pty, int rows, int cols);
void vt_fini(struct pty *pty);
void vt_feed(struct pty *pty, const guint8 *bytes, gsize len);
/* Answers go back as a terminal's would. */
void vt_answer(struct pty *pty, const char *answer, gsize len);
/* With graphics: takes them, and questions, out of the rest. pty_terminal.c */
void terminal_feed(struct pty *pty, const guint8 *bytes, gsize len);
void vt_resize(struct pty *pty, int rows, int cols);
/* What a terminal in application mode sends for a key name; owned. */
char *key_bytes(const char *name);

#endif
