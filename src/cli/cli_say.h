/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a verb would do, in words: for --dry-run and for the question before. Main thread. */
#ifndef NVIRT_CLI_SAY_H
#define NVIRT_CLI_SAY_H

#include "cli_run.h"

/* Borrowed. `targets`: struct target *, at least one. */
struct verb_said {
	struct output *out;
	const struct store *store;
	const struct action *action;
	const GPtrArray *targets;
};

/* One paragraph, or with --json one object, for each target. */
void cli_say_dry(const struct verb_said *verb);
/* "Delete guest 'web1' on 'h1'?", what comes of it, and the plans. Owned. */
char *cli_say_question(const struct verb_said *verb);

#endif
