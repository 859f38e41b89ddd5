/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nvirt's verbs as a script runs them on a host of the lab: what came out on which stream,
 * and its JSON kept, to be held against the schema at the end.
 */
#ifndef TESTS_SUPPORT_WORDS_H
#define TESTS_SUPPORT_WORDS_H

#include "support/lab.h"

struct words {
	struct lab *lab;
	char *home;          /* of its journal, and of the documents */
	GPtrArray *files;    /* char *: documents that were kept */
	const char *editor;  /* $EDITOR; NULL = none */
};

/* What one run wrote, and how it ended. */
struct said {
	char *out, *err;
	int code;
};

void words_init(struct words *words, struct lab *lab);
void words_fini(struct words *words);

/* With these words (NULL-terminated) behind -c `uri`; its journal is below `home`. */
struct said said_words(const char *uri, const char *home, const char *const *words);
void said_fini(struct said *said);
/* `line` as in a shell, without the program's name and -c. */
struct said words_run(struct words *words, const char *line);
/* The same through sh, with nvirt in PATH and the lab's host as the default. */
struct said words_shell(struct words *words, const char *line);

/*
 * Each line of `text` is a JSON object that is kept as a document of that name of the
 * schema; for the names "result" and "dry-run" one that says otherwise is "refused" or "begun".
 * false: some line is no JSON.
 */
bool words_keep_lines(struct words *words, const char *name, const char *text);
/* The whole of it is one document; `csv` the same as CSV, or NULL. */
bool words_keep(struct words *words, const char *name, const char *json, const char *csv);
/* Fails the test when a document that was kept breaks the schema. */
void words_check_schema(struct words *words);

#endif
