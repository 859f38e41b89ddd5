/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that the dashboard reads and writes, on a thread of their own: a disk
 * that hangs holds up nobody. Called by the main thread; all return at once.
 */
#ifndef NVIRT_FILES_H
#define NVIRT_FILES_H

#include "nvirt/msg.h"

/*
 * Writes a new file, readable by its owner only, through no symbolic link.
 * Where there is one already it is refused, or with `replace` exchanged whole.
 * What became of it comes as MSG_NOTICE; `what` begins the sentence ("30 guests").
 * The inbox must live as long as the process.
 */
void file_export(struct inbox *inbox, const char *path, GBytes *bytes, bool replace, const char *what);

/*
 * What is kept from run to run: one JSON object, state.json, below `dir` (NULL:
 * $XDG_STATE_HOME/nvirt). It is read once and comes as MSG_STATE; a file that
 * can not be read is told by MSG_NOTICE with its line, is left as it is, and
 * nothing is kept in this run.
 */
struct state;
struct state *state_open(const char *dir, struct inbox *inbox);
/* Puts one member, `json`, into the file, which is exchanged whole; other members stay as they are on the disk. */
void state_put(struct state *state, const char *key, const char *json);
/* Waits for what is not yet written; leaves a disk that hangs behind. NULL is fine. */
void state_close(struct state *state, int timeout_ms);

#endif
