/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One host's history in a file of fixed size. Any one thread at a time.
 *
 *   header     4096 bytes: magic, version, shape of the tiers, URI, checksum
 *   directory  HISTORY_SERIES_MAX entries of 64 bytes: a key, when last written, checksum
 *   slots      for each entry all slots of all tiers, 16 bytes each: number,
 *              average, maximum, how much of it is known, checksum
 *
 * A slot lies at its number modulo the tier's length, so the file never grows;
 * it is sparse until then. Entries and slots are aligned to their size: a write
 * that was cut spoils that one alone, and its checksum, seeded with the key,
 * tells. The header is only ever written to a file that has no name yet.
 * A new series takes the place of the one written longest ago where all are used.
 *
 * Several processes may use a file: each writes under an exclusive flock(),
 * and of two that know of the same slot the one that knows more of it counts.
 */
#ifndef NVIRT_BACKEND_HISTORY_FILE_H
#define NVIRT_BACKEND_HISTORY_FILE_H

#include "nvirt/history.h"

#define HISTORY_VERSION 1u

struct history_file;

/* Opens nothing yet. */
struct history_file *history_file_new(const char *dir, const char *uri);
void history_file_free(struct history_file *file);
const char *history_file_path(const struct history_file *file);
/* Bytes of every such file. */
gint64 history_file_size(void);

/*
 * Appends what is known and not too old for its tier at `now_us` (Unix time):
 * of one guest everything, or with `uuid` NULL of the host everything, of its
 * guests what lists show: CPU and memory of the last minutes, and of the longer
 * tiers the slot under way. A file that is not there yet is none: true.
 */
bool history_file_read(struct history_file *file, const uint8_t uuid[16], gint64 now_us, GArray *records,
        GError **error);

enum history_written { HISTORY_WRITTEN, HISTORY_BUSY, HISTORY_FAILED };
/* BUSY (never with `wait`): another process holds the lock; nothing was written. */
enum history_written history_file_write(
        struct history_file *file, const GArray *records, bool wait, gint64 now_us, GError **error);
/* What a person should know: a file that was put aside, damaged values; once. Owned, or NULL. */
char *history_file_take_notice(struct history_file *file);

#endif
