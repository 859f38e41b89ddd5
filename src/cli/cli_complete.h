/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Completion: what the last word of a line may become, a candidate a line with
 * a tab and what it is. Shells ask by `nvirt __complete`; see cli_completion.c.
 *
 * Main thread.
 */
#ifndef NVIRT_CLI_COMPLETE_H
#define NVIRT_CLI_COMPLETE_H

#include "cli.h"

/* One line of words that is being completed. */
struct complete {
	struct cli *cli;
	GPtrArray *words;  /* char *: before the last one, without the program's name */
	const char *last;  /* what is typed so far of the last one; "" = nothing */
	const char *after; /* what stands before its value: "--name=", "" */
	GPtrArray *given;  /* char *, borrowed: the verb's words so far, without options */
	GPtrArray *uris;   /* char *, borrowed: of -c */
	bool readonly;
	char quote;        /* the last word is within these quotes; 0 = none */
	const char *breaks; /* of bash: where it ends a word; NULL = candidates are not for bash */
	bool files;        /* paths of this machine are wanted: the shell knows how */
	GPtrArray *lines;  /* char *: candidates, with a tab and what they are; unique */
};

/* A candidate, if the last word can become it. `what` may be NULL. */
void complete_add(struct complete *complete, const char *value, const char *what);

/*
 * Names of objects on the host: for an action those that it can be run on now.
 * Nothing where the host does not answer at once. `guest`: whose snapshots.
 */
void complete_names(
        struct complete *complete, enum obj_kind kind, const struct action *action, const char *guest);

/* ---- cli_usage.c ---- */
/*
 * What may stand next by a usage like "[guest | pool] NAME" or "GUEST KEY...": its words,
 * lower case as they are, upper case for what they stand for; owned. `given` are the words
 * before; those in lower case must match.
 */
GPtrArray *usage_next(const char *usage, const GPtrArray *given);

/*
 * Splits a line as a shell would, as far as it goes: a quote that is open at its end is
 * told, else '\0'. The last word may be "".
 */
GPtrArray *line_split(const char *line, char *ret_quote);
/* Does it stand in a line only behind a backslash, or within quotes? */
bool bash_escapes(char letter);
/* As bash wants it typed: escaped for the quote it stands in. Owned. */
char *bash_quote(const char *word, char quote);

#endif
