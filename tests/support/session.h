/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What most tests of the running program do with it: open it, find an object, run an action, leave. */
#ifndef TESTS_SUPPORT_SESSION_H
#define TESTS_SUPPORT_SESSION_H

#include "support/pty.h"

/* Refreshes every half second, so that tests need not wait for a tick. */
struct pty *session_start(const char *uri, int rows, int cols);
/* Moves the tree's cursor until the content panel's title matches ("guest web1"). */
void session_open(struct pty *pty, const char *title);
/* By its key in the table of actions, or by the palette where it has none. */
void session_act(struct pty *pty, const char *verb);
/* The same by the palette, which asks for every parameter. */
void session_act_asking(struct pty *pty, const char *verb);
/* Any command by its name in the palette. */
void session_act_named(struct pty *pty, const char *name);
/* Waits until the task log shows that this action ended well. */
void session_wait_ok(struct pty *pty, const char *verb);
/* Leaves with q: exit code 0, clean output. Frees it. */
void session_quit(struct pty *pty);

#endif
