/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs tasks to their end: submits, shows progress, reports, passes Ctrl-C on.
 *
 * Main thread.
 */
#ifndef NVIRT_CLI_RUN_H
#define NVIRT_CLI_RUN_H

#include "cli.h"

/* One object that the verb acts on. */
struct target {
	struct obj_ref ref;
	char *name;        /* cleaned, as it was then */
	struct args *args; /* checked */
	char *task_id;     /* NULL until submitted */
	bool ended;        /* reported */
	struct plan *plan; /* what it would touch, or NULL */
	char *goes;        /* what of the plan is done: ids, one a line */
};

void target_free(struct target *target);

/* Submits a task for every target (struct target *) and waits for all. An exit code. */
int cli_run(struct cli *cli, struct cli_session *session, const struct action *action, GPtrArray *targets);
/* The result of an object that was refused: a line on stderr, and with --json an object. */
void cli_report_refused(
        struct cli *cli, const struct action *action, const struct target *target, const char *why);

#endif
