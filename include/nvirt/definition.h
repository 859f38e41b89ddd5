/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests' definitions as texts that can be laid side by side. Pure; any thread. */
#ifndef NVIRT_DEFINITION_H
#define NVIRT_DEFINITION_H

#include <stdbool.h>

/*
 * The same definition in one form, whoever wrote it: an element a line, set in
 * by two. What is no XML comes back as it is. Owned.
 */
char *definition_lines(const char *xml);
/* Of a running guest: with what libvirt added to run it (ids, aliases, sockets). */
bool definition_is_live(const char *xml);
/*
 * Which of a guest's definitions is to be compared with `other`: the one of the
 * same sort. `stored` may be NULL. Borrowed.
 */
const char *definition_like(const char *other, const char *live, const char *stored);

#endif
