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

#endif
