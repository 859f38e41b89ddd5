/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection from the far end of libvirt's own SSH. Worker threads. */
#ifndef NVIRT_BACKEND_DOOR_SSH_H
#define NVIRT_BACKEND_DOOR_SSH_H

#include <glib.h>

/*
 * A socket to `host`:`port`, or to the socket at `path`, as that host sees them; the ssh
 * behind it ends with the socket. Never prompts. -1 with `error`.
 */
int door_ssh(const char *uri, const char *host, unsigned port, const char *path, GError **error);
/* The command for it: NULL-terminated, owned. For the tests. */
char **door_ssh_words(const char *uri, const char *host, unsigned port, const char *path);

#endif
