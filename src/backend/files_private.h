/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing files that nobody else may read. Any thread but the main one; errors are errno's. */
#ifndef NVIRT_BACKEND_FILES_PRIVATE_H
#define NVIRT_BACKEND_FILES_PRIVATE_H

#include <glib.h>

/* Mode 0600, not through a link; EEXIST where there is anything. 0 = done. */
int files_create(const char *path, const char *data, gsize size);
/* Written beside it, then renamed over it: there is always an old one or a new one. */
int files_exchange(const char *path, const char *data, gsize size);

#endif
