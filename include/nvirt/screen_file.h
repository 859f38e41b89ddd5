/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stored picture of a screen as a frame; a screen's text for a pipe. */
#ifndef NVIRT_SCREEN_FILE_H
#define NVIRT_SCREEN_FILE_H

#include "nvirt/screen_text.h"

/*
 * A PNG or a binary PPM (what libvirt's screenshots are). `ret_frame->pixels` is owned: g_free(). Blocks on
 * the file. Errors: not there, no picture, damaged, larger than FRAME_*_MAX.
 */
bool frame_file_read(const char *path, struct frame *ret_frame, GError **error);
bool frame_from_bytes(const uint8_t *bytes, gsize length, struct frame *ret_frame, GError **error);

/* Pure. One row's text without trailing blanks; what is not to be read is U+FFFD, a picture's cell a blank. Owned. */
char *screen_row_text(const struct text_screen *screen, int row);
/* All rows up to the last that is not empty, a line feed after each. Owned. */
char *screen_plain(const struct text_screen *screen);
/* The same with colours (SGR, 24 bits), pictures as quadrants. Owned. */
char *screen_ansi(const struct text_screen *screen);

#endif
