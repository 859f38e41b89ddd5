/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line asked for, shared by the two front doors. */
#ifndef NVIRT_OPTIONS_H
#define NVIRT_OPTIONS_H

#include <stdbool.h>

#include "nvirt/config.h"

#define NVIRT_VERSION "0.1.0"

enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_FAILED = 1,
	EXIT_CODE_USAGE = 2,
};

/*
 * The options that stand before a verb: X(name, letter or 0, G_OPTION_ARG_ kind, where main.c
 * keeps it, value or NULL, help). The manual and the shells' completion are made from them, too.
 */
#define PROGRAM_OPTIONS(X)                                                                                   \
	X("connect", 'c', STRING_ARRAY, options.uris, "URI",                                                 \
	        "Connect to URI instead of libvirt's default; may be repeated")                              \
	X("readonly", 'r', NONE, readonly, NULL, "Open connections read-only")                               \
	X("refresh", 0, STRING, refresh, "SECONDS", "Look at the hosts every SECONDS: 0.5 to 3600 (2)")      \
	X("theme", 0, STRING, options.theme, "NAME", "Colours of the dashboard")                             \
	X("graphics", 0, STRING, graphics, "KIND", "Pictures in the terminal's graphics: off, auto, kitty, sixel")   \
	X("check-theme", 0, FILENAME, check_theme, "FILE", "Say what is wrong with a theme file, and end")   \
	X("ascii", 0, NONE, ascii, NULL, "Draw and print ASCII characters only")                             \
	X("json", 0, NONE, json, NULL, "Verbs: print JSON")                                                  \
	X("yes", 'y', NONE, yes, NULL, "Verbs: do not ask for confirmation")                                 \
	X("version", 0, NONE, version, NULL, "Show versions and licence")                                    \
	X("help", 'h', NONE, help, NULL, "Show this help")

struct options {
	char **uris; /* -c, NULL-terminated; NULL = libvirt's rules */
	bool readonly;
	bool ascii;
	bool json;           /* verbs: data as JSON */
	bool yes;            /* verbs: do not ask */
	bool mono;           /* NO_COLOR or theme mono */
	unsigned refresh_ms; /* 0 = default */
	char *theme;         /* NULL = default */
	enum config_graphics graphics; /* GRAPHICS_UNSAID = the configuration's */
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
