/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A definition edited from the command line: read, edited, its changes shown,
 * stored, and asked again for as long as it is refused. Until it is stored or
 * dropped by the user's own word the text stands in a file, and its name is told.
 *
 * Main thread.
 */
#ifndef NVIRT_CLI_EDIT_H
#define NVIRT_CLI_EDIT_H

#include "cli_run.h"

/* A row with ACTION_EDITOR on the only target (struct target *). An exit code. */
int cli_edit(struct cli *cli, struct cli_session *session, const struct action *action, GPtrArray *targets);
/* Can it be edited and asked here? Else EXIT_CODE_USAGE, told; before anything is connected. */
int cli_edit_check(struct cli *cli, const struct action *action);

#endif
