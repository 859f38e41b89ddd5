/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line asked for, shared by the two front doors. */
#ifndef NVIRT_OPTIONS_H
#define NVIRT_OPTIONS_H

#include <stdbool.h>

#define NVIRT_VERSION "0.1.0"

enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_FAILED = 1,
	EXIT_CODE_USAGE = 2,
};

struct options {
	char **uris; /* -c, NULL-terminated; NULL = libvirt's rules */
	bool readonly;
	bool ascii;
	bool json;           /* verbs: data as JSON */
	bool yes;            /* verbs: do not ask */
	bool mono;           /* NO_COLOR or theme mono */
	unsigned refresh_ms; /* 0 = default */
	char *theme;         /* NULL = default */
	char **verb;         /* verb and its words; NULL = the dashboard */
	bool wall;           /* the dashboard opens with the screens of all guests that run */
};

/* The dashboard: returns when the user quits. An enum exit_code. */
int ui_main(const struct options *options);
/* Says on stderr what is wrong with a theme file. An enum exit_code. */
int ui_check_theme(const char *path);
/* One verb: prints, returns an enum exit_code. */
int cli_main(const struct options *options);
/* All verbs with their sentences, for --help; owned. */
char *cli_help_verbs(void);

#endif
