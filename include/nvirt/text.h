/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text from outside and figures for people.
 *
 * Every string that did not come from our own source (guest, pool and volume
 * names, descriptions, libvirt's error texts, leases, agent answers, journal
 * lines) passes text_clean() once, where it enters the program: in the back
 * end before a message is posted, in the journal's reader, in the command
 * line's output. What lies in the store is therefore already safe to draw.
 *
 * Pure functions; any thread. Returned char * belong to the caller (g_free).
 */
#ifndef NVIRT_TEXT_H
#define NVIRT_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Valid, printable, one-line UTF-8 for `len` bytes (len < 0: up to the NUL).
 * Invalid bytes become U+FFFD; C0, DEL, C1, U+2028/2029 become visible
 * ("\x1b", newline "\n", …: a backslash escape); bidi controls, zero-width
 * characters, BOM, tags and unassigned format characters become <U+202E>;
 * at most two combining marks stay on a base, none at the start.
 * NULL gives "".
 */
char *text_clean(const char *bytes, gssize len);

/* The same, but line feeds stay, CR LF becomes LF and tabs become spaces up to the next 8th column. */
char *text_clean_lines(const char *bytes, gssize len);

/* Columns a terminal needs for one character (0, 1 or 2), and for cleaned UTF-8. */
int text_char_columns(gunichar ch);
int text_columns(const char *utf8);

/*
 * `utf8` cut to at most `columns`, ending in `mark` ("…" or "~") where it was
 * cut; never inside a wide character or before its combining marks.
 */
char *text_cut(const char *utf8, int columns, const char *mark);

/* Case-folded and normalised form, for filters and sorting; compare with strstr/strcmp. */
char *text_fold(const char *utf8);

/* Natural order: vm2 < vm10; falls back to strcmp so that it is total. */
int text_compare(const char *a, const char *b);

/* "1.50 GiB", "12.0 MiB", "512 B": at most 9 columns. */
void text_format_bytes(char *out, size_t size, guint64 bytes);
/*
 * Reads such a size, also short ("768M", "1.5g", "2 GiB"): units of 1024. What has no unit, a sign, is larger
 * than 2^63 bytes or followed by anything is none, and leaves `ret_bytes` alone.
 */
bool text_parse_size(const char *text, guint64 *ret_bytes);
/* "3d 04h", "04:05:06", "12 s", "180 ms": time spans, at most 9 columns. */
void text_format_span_ms(char *out, size_t size, gint64 ms);
/* "0:12.34", "59:59.99", "123:45:06": CPU time, to be compared at a glance; at most 9 columns up to 1000 hours. */
void text_format_cpu_time(char *out, size_t size, gint64 ns);
/* "21:45:03" today, "11-20 21:45" this year, "2025-11-20" else; local time; at most 11 columns. */
void text_format_time(char *out, size_t size, gint64 unix_us, gint64 now_unix_us);

#endif
