/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's editor on a text of ours: a private file, and a process in the
 * foreground of the terminal. Implemented in src/backend, as it does I/O; knows
 * no screen. Main thread; only editor_wait() blocks.
 */
#ifndef NVIRT_EDITOR_H
#define NVIRT_EDITOR_H

#include <glib.h>
#include <stdbool.h>

/* ---- the file: 0600 in a fresh directory, 0700, below $TMPDIR ---- */
struct editor_file;

/* `name` of any shape gives the file its name. */
struct editor_file *editor_file_new(const char *name, const char *text, GError **error);
const char *editor_file_path(const struct editor_file *file);
/* What stands in it now: a secret (secret.h). NULL: not a plain file any more, too long, not UTF-8, gone. */
char *editor_file_read(const struct editor_file *file, GError **error);
/* Forgets it and leaves it where it is; NULL is fine. */
void editor_file_keep(struct editor_file *file);
/* Removes it with whatever the editor left beside it. */
void editor_file_remove(struct editor_file *file);

/* ---- the process ---- */
struct editor;

/* $VISUAL, else $EDITOR, else "vi". Borrowed. */
const char *editor_command(void);
/*
 * Runs it by `sh -c` in a process group of its own, which gets the terminal on
 * stdin: Ctrl-C and Ctrl-Z are the editor's alone.
 */
struct editor *editor_start(const char *path, GError **error);
enum editor_state { EDITOR_RUNS, EDITOR_STOPPED, EDITOR_ENDED };
/* Asked after SIGCHLD; never blocks. Each stop and the end are told once; `ret_status` as from waitpid(). */
enum editor_state editor_poll(struct editor *editor, int *ret_status);
/* The terminal is ours again, the editor stays as it is. */
void editor_take_terminal(struct editor *editor);
/* The terminal is the editor's, and it goes on. */
void editor_continue(struct editor *editor);
/* Takes the terminal back; one that still runs is told that its terminal has gone (SIGHUP). */
void editor_free(struct editor *editor);
/* Runs it to its end, stopping with it when it is stopped. False: it could not be started. */
bool editor_wait(const char *path, int *ret_status, GError **error);
/* NULL for a good end; else "ended with exit code 1", "was killed by signal 9 (Killed)". Owned. */
char *editor_failure(int status);

#endif
