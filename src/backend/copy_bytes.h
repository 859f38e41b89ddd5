/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of one file into another of this machine, holes left out. Any
 * thread; blocks.
 *
 * There are two ways, and which is the faster one nobody can say beforehand:
 * through the page cache the kernel copies by itself, until memory or processors
 * are short; past it the disk sets the pace. Both are measured piece by piece
 * while they copy.
 */
#ifndef NVIRT_BACKEND_COPY_BYTES_H
#define NVIRT_BACKEND_COPY_BYTES_H

#include <sys/types.h>

#include "backend/copy.h"

/* `to` is as long as `size` already, and all hole. False with `error`, also when copy->stop() said so. */
bool copy_bytes(const struct copy *copy, int from, int to, off_t size, GError **error);
/* "cannot WHAT 'PATH': WHY; REMEDY" of an errno. Returns false. */
bool copy_fail(GError **error, const char *what, const char *path, int number);

#endif
