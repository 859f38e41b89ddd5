/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the command line prints: data on stdout, words for people on stderr.
 *
 * All text given here is already cleaned (text.h). Main thread.
 */
#ifndef NVIRT_CLI_OUTPUT_H
#define NVIRT_CLI_OUTPUT_H

#include <glib.h>
#include <json-c/json.h>
#include <stdbool.h>

#include "cli_fields.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_object, json_object_put)

struct output {
	bool json, csv; /* at most one of them */
	bool ascii;       /* --ascii, or the locale's charset is not UTF-8 */
	bool stderr_tty;  /* a progress line may be drawn */
	bool progress_on; /* one is there now */
	bool quiet;       /* nothing to stderr: somebody is typing */
};

void output_init(struct output *out, bool json, bool ascii);
/* Data for programs, not words for people? */
bool output_is_data(const struct output *out);

/* To stdout. false, and the reason on stderr (but silent on a closed pipe), when it could not be written. */
bool output_text(struct output *out, const char *text);
/* Pretty where a whole document is printed, one line where it is one of several. */
bool output_json(struct output *out, json_object *value, bool pretty);

/* An array of objects of that record, or one of them, as JSON or CSV. */
bool output_records(struct output *out, const struct record *record, json_object *array);
bool output_record(struct output *out, const struct record *record, json_object *object);
/* A line of CSV, with its end. */
void csv_titles(GString *out, const struct record *record);
void csv_row(GString *out, const struct record *record, json_object *object);

/* "nvirt: …\n" to stderr. */
void output_message(struct output *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The same without the prefix: what follows a message. */
void output_note(struct output *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* A question: no line end. */
void output_ask(struct output *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Replaces the progress line; NULL removes it. Nothing where stderr is no terminal. */
void output_progress(struct output *out, const char *text);

/* Columns of the terminal behind `fd`; 0 = it is none, and nothing is cut. */
int output_width(int fd);

/*
 * A table: titles, then cells row by row. A title that begins with '>' is of a
 * column of figures, aligned right.
 */
struct cli_table;
struct cli_table *cli_table_new(const char *const *titles); /* ends with NULL */
void cli_table_free(struct cli_table *table);
void cli_table_add(struct cli_table *table, const char *cell); /* NULL or "" = "-" */
void cli_table_take(struct cli_table *table, char *cell);      /* the same, takes it */
void cli_table_add_bytes(struct cli_table *table, guint64 bytes, bool known);
void cli_table_add_yes(struct cli_table *table, bool yes);
/* `width` 0 = as wide as it needs; else the widest columns are cut, with "~" or "…". */
char *cli_table_render(const struct cli_table *table, int width, bool ascii);
/* Cut for the terminal, whole in a pipe. */
bool output_table(struct output *out, const struct cli_table *table);

/* For JSON objects: NULL becomes null. */
void json_add_string(json_object *object, const char *key, const char *value);
void json_add_int(json_object *object, const char *key, gint64 value);
/* null where it is not known. */
void json_add_known(json_object *object, const char *key, gint64 value, bool known);
/* With a fraction; null for what is below 0: not known. */
void json_add_number(json_object *object, const char *key, double value);
void json_add_bool(json_object *object, const char *key, bool value);
/* "2026-11-20T21:45:03.123456Z"; null for 0. */
void json_add_time(json_object *object, const char *key, gint64 unix_us);

#endif
