/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nvirt as a process that is killed in the middle, and the next one, which removes what it left. */
#ifndef TESTS_SUPPORT_KILLED_H
#define TESTS_SUPPORT_KILLED_H

#include <stdbool.h>
#include <sys/types.h>

#include "support/ops.h" /* ARGS() */

/* Its state is below `home`; its words are in `home`/output. */
struct killed {
	const char *uri;
	char *home;
	pid_t pid;
};

/* Starts it with these words; ended by killed_fini(). */
void killed_start(struct killed *killed, const char *uri, const char *const *words);
/* kill -9; fails the test when it had ended by itself. */
void killed_kill(struct killed *killed);
/* The journal's id of the task that was cut short; owned. */
char *killed_task(struct killed *killed);
/* Another nvirt with these words, to its end; what it printed, owned. */
char *killed_run(struct killed *killed, const char *const *words, int *ret_status);
/* task-cleanup of that task: it succeeds, and done again there is nothing to do. */
void killed_clean_up(struct killed *killed);
void killed_fini(struct killed *killed);

#endif
