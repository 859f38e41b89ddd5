/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of tests. */
#ifndef TESTS_SUPPORT_FILES_H
#define TESTS_SUPPORT_FILES_H

#include <glib.h>

/* Removes a directory and everything below it; stays on its file system, follows no link. */
void files_remove(const char *dir);
/* Writes it or fails the test. */
void files_write(const char *path, const char *text, gssize len);

#endif
