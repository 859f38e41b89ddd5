/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's own locks on an image of this machine (block/file-posix.c), taken as a reader that
 * lets nobody write: a guest on it does not start meanwhile. Any thread; does not wait.
 */
#ifndef NVIRT_BACKEND_IMAGE_LOCK_H
#define NVIRT_BACKEND_IMAGE_LOCK_H

#include <glib.h>
#include <stdbool.h>

/* A descriptor that holds the locks until it is closed; -1 with `error`: it can not be opened, or somebody writes to it. */
int image_lock(const char *path, GError **error);
/* The same on an open descriptor; false = somebody writes to it. */
bool image_lock_fd(int fd);

#endif
