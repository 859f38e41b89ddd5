/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A verb's words: options, parameters and names, in any order.
 *
 * Pure; main thread.
 */
#ifndef NVIRT_CLI_LINE_H
#define NVIRT_CLI_LINE_H

#include "nvirt/action.h"

struct cli_option {
	const char *name;  /* "json": --json */
	char letter;       /* 'y': -y; 0 = none */
	const char *value; /* "URI"; NULL = a flag */
	bool list;         /* may be repeated: values are joined by a line feed */
	const char *help;
};

struct cli_line {
	GPtrArray *words;     /* char *, borrowed: what is no option */
	struct args *options; /* by name; a flag is "yes" */
	struct args *params;  /* the action's, unchecked; bools are "yes" and "no" */
};

void cli_line_init(struct cli_line *line);
void cli_line_fini(struct cli_line *line);
/*
 * Reads `words` (NULL-terminated, without the verb). `options` ends with a row
 * without name; `params` may be NULL and wins over an option of the same name.
 * Forms: --name value, --name=value, -n value, -nvalue; a bool parameter is
 * --name, --no-name or --name=no; "--" ends the options.
 */
bool cli_line_parse(struct cli_line *line, char **words, const struct cli_option *options,
        const struct param *params, GError **error);
bool cli_line_flag(const struct cli_line *line, const char *name);
const char *cli_line_value(const struct cli_line *line, const char *name); /* borrowed, or NULL */

#endif
