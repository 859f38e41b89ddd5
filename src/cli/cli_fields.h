/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What --json and --csv print: one row a member, in the order in which it is
 * printed. The schema, the columns of CSV and the tables of docs/json.md are
 * made from these rows; a test holds the program's output against them.
 *
 * Pure data.
 */
#ifndef NVIRT_CLI_FIELDS_H
#define NVIRT_CLI_FIELDS_H

#include <stdbool.h>

/*
 * Members may be added within a version; none is taken away, renamed, or given
 * another type or meaning. That needs the next number.
 */
#define JSON_VERSION 1

enum field_type {
	FIELD_TEXT,
	FIELD_UUID,   /* 36 characters */
	FIELD_TIME,   /* "2026-11-20T21:45:03.123456Z" */
	FIELD_INT,
	FIELD_NUMBER, /* with a fraction */
	FIELD_BOOL,
	FIELD_TEXTS,  /* an array of strings */
	FIELD_LIST,   /* an array of `of` */
	FIELD_OBJECT, /* one of `of` */
	FIELD_MAP,    /* an object of strings: the names are no contract */
};

struct record;

struct field {
	const char *name; /* the unit stands in it: _bytes, _kib, _ms, _ns, _pct */
	enum field_type type;
	bool null;        /* may be null: not known, or there is none */
	const char *help; /* a phrase */
	const struct record *of;
	bool absent;         /* may be left out */
	const char *choices; /* "ok|failed": the only values; NULL = any */
};

struct record {
	const char *name; /* "guest": also the schema's */
	const char *help; /* a full sentence */
	const struct field *fields; /* ends with a row without name */
};

/* A document that some command prints. */
struct document {
	const char *name;    /* "guests" */
	const char *command; /* "nvirt list guests --json" */
	const struct record *record;
	bool array; /* else one object; a verb prints one a line for each of its objects */
};

extern const struct document documents[]; /* ends with a row without name */

extern const struct record record_guest, record_pool, record_network, record_volume, record_host, record_host_detail;
extern const struct record record_guest_detail, record_pool_detail, record_network_detail;
extern const struct record record_image, record_task, record_snapshot, record_diff;
extern const struct record record_device, record_process; /* cli_fields_machine.c */
extern const struct record record_guest_stats, record_host_stats;

#endif
