/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that the dashboard reads and writes, on a thread of their own: a disk
 * that hangs holds up nobody. Called by the main thread; all return at once.
 */
#ifndef NVIRT_FILES_H
#define NVIRT_FILES_H

#include "nvirt/glyph_file.h"
#include "nvirt/msg.h"
#include "nvirt/picture.h"

/*
 * Writes a new file, readable by its owner only, through no symbolic link.
 * Where there is one already it is refused, or with `replace` exchanged whole.
 * What became of it comes as MSG_NOTICE; `what` begins the sentence ("30 guests").
 * The inbox must live as long as the process.
 */
void file_export(struct inbox *inbox, const char *path, GBytes *bytes, bool replace, const char *what);
/* The same of a picture, as PNG; takes it. */
void file_export_png(struct inbox *inbox, const char *path, struct picture *picture, bool replace, const char *what);
/*
 * Keeps a named glyph in $XDG_DATA_HOME/nvirt/fonts, where the screen reader finds it: its font is read,
 * and exchanged whole. What became of it comes as MSG_NOTICE.
 */
void file_learn_glyph(struct inbox *inbox, const struct named_glyph *glyph);

/*
 * Reads a keyboard layout by its name (layout_load()) for the screen of `guest`: comes as MSG_SCREEN with DOOR_LAYOUT
 * and that number.
 */
void file_read_layout(struct inbox *inbox, const char *name, const struct obj_ref *guest, unsigned door_id);

/* ---- a file that grows ---- */

struct file_log;

/*
 * Appends to a file, a new one readable by its owner only, through no symbolic link. That it begins, and what
 * goes wrong, comes as MSG_NOTICE. NULL: it did not begin.
 */
struct file_log *file_log_new(struct inbox *inbox, const char *path, const char *what);
/* Lines with their line feeds, copied. A disk that does not take them costs lines, and the log says how many. */
void file_log_write(struct file_log *log, const char *text);
/* What was given is still written. NULL is fine. */
void file_log_close(struct file_log *log);

#endif
