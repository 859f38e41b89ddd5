/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal of a task whose nvirt was killed. */
#ifndef TESTS_SUPPORT_LEFTOVERS_H
#define TESTS_SUPPORT_LEFTOVERS_H

/* Its id, and the end of that by which people name it. */
#define LEFTOVERS_TASK "20261121T190633.384776-77f-0001"
#define LEFTOVERS_END "77f-0001"

/*
 * Into the journal of XDG_STATE_HOME `home`: a task on the host `uri` was about
 * to make each of `paths` (NULL-terminated) as an overlay on `base`; no more is
 * known of it.
 */
void leftovers_write(const char *home, const char *uri, const char *base, const char *const *paths);

#endif
