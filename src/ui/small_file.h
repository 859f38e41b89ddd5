/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files of the user's: read without waiting for anything but the disk. Any thread. */
#ifndef NVIRT_UI_SMALL_FILE_H
#define NVIRT_UI_SMALL_FILE_H

#include <glib.h>

/*
 * A regular file of at most `max` bytes, NUL-terminated; owned. A FIFO, a
 * device or a directory under that name does not hold us up. G_FILE_ERROR_NOENT
 * where there is none.
 */
char *small_file_read(const char *path, gsize max, gsize *ret_len, GError **error);

#endif
