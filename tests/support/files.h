/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of tests. */
#ifndef TESTS_SUPPORT_FILES_H
#define TESTS_SUPPORT_FILES_H

#include <glib.h>

/* Removes a directory and everything below it; stays on its file system, follows no link. */
void files_remove(const char *dir);
/* Writes it or fails the test. */
void files_write(const char *path, const char *text, gssize len);
/* The same below `root`, with the directories that it needs. */
void files_put(const char *root, const char *path, const char *text);
/* A symbolic link below `root`, with the directories that it needs. */
void files_link(const char *root, const char *path, const char *target);

#endif
