/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of clones that are made at once. */
#ifndef NVIRT_BACKEND_CLONE_NAMES_H
#define NVIRT_BACKEND_CLONE_NAMES_H

#include <glib.h>
#include <libvirt/libvirt.h>

#include "nvirt/op.h"

#define CLONE_COUNT_MAX 1000

/*
 * One: the pattern itself. More: a run of '#' in it becomes the number with at
 * least as many digits, "web-##" -> "web-01", "web-02", …; without '#' the number
 * is appended, "web" -> "web-1". Pure; NULL-terminated, owned.
 */
char **clone_names_make(const char *pattern, unsigned count);
/* The arguments "name" and "count"; NULL with `error` when one can not be, or a guest has a name. Worker threads. */
char **clone_names(virConnectPtr conn, const struct args *args, GError **error);
/* The argument "count", 1 where there is none; 0 = it is no number that can be. Pure. */
unsigned clone_count(const struct args *args);

#endif
