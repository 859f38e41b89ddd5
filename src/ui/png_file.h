/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A PNG file as pixels. Any thread; blocks on the file, so never the main one. */
#ifndef NVIRT_UI_PNG_FILE_H
#define NVIRT_UI_PNG_FILE_H

#include "nvirt/picture.h"

#define PNG_FILE_BYTES_MAX (16 * 1024 * 1024)

/* Owned. NULL with `error`: not there, no PNG, damaged, or larger than PICTURE_SIDE_MAX or PNG_FILE_BYTES_MAX. */
struct picture *png_file_read(const char *path, GError **error);

#endif
