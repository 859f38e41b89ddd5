/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A strict reader of what a program sends to a terminal: valid UTF-8, the few
 * controls and escape sequences that a curses program needs, and nothing else.
 * What comes from a guest's name can be none of these.
 */
#ifndef TESTS_SUPPORT_BYTES_H
#define TESTS_SUPPORT_BYTES_H

#include <glib.h>

/* NULL, or what is wrong at which offset, with the bytes around it; owned. */
char *bytes_check(const guint8 *bytes, gsize len);

#endif
