/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child side of a pty: a session leader that does job control like a shell. */
#ifndef TESTS_SUPPORT_PTY_LEADER_H
#define TESTS_SUPPORT_PTY_LEADER_H

#include <stdbool.h>
#include <sys/types.h>

struct leader {
	int tty;        /* the slave side */
	int status_fd;  /* struct leader_status records go here */
	int control_fd; /* one byte here: continue what has stopped */
	int idle_fd;    /* inherited by the program */
	bool ignore_hangup;
	const char *program;
	char *const *argv, *const *envp;
};

struct leader_status {
	pid_t pid;
	int status; /* as from waitpid(); LEADER_STARTED for the first record */
};
#define LEADER_STARTED (-1)

/* In the forked child; does not return. */
_Noreturn void leader_run(const struct leader *leader);

#endif
