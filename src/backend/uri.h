/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is handed to libvirt for what the user asked. Pure but for libvirt.conf; any thread. */
#ifndef NVIRT_BACKEND_URI_H
#define NVIRT_BACKEND_URI_H

#include <stdbool.h>

/*
 * The string for virConnectOpen(), owned; NULL = libvirt's own probing. An
 * ssh URI, also behind an alias, uri_default or LIBVIRT_DEFAULT_URI, gets
 * no_tty=1: else ssh asks for a password in the middle of the screen.
 * Anything else is passed through as it is.
 */
char *uri_effective(const char *uri);
/* The same with the text of a libvirt.conf (may be NULL) and the environment's default. */
char *uri_effective_with(const char *uri, const char *conf, const char *env);

/*
 * What is behind an alias, or behind nothing at all (the environment, uri_default); owned, "" = libvirt's own
 * probing. Reads a file.
 */
char *uri_behind(const char *uri);
char *uri_behind_with(const char *uri, const char *conf, const char *env);

/* Does the daemon of this URI run on this machine, as far as the URI tells? */
bool uri_is_local(const char *uri);
bool uri_is_session(const char *uri);
/* "qemu", "test"; owned, "" if none. The transport: "ssh", "tcp", "unix", "" if none. */
char *uri_driver(const char *uri);
char *uri_transport(const char *uri);
/* The port that is stated, 0 = none; a parameter behind '?', unescaped and owned, NULL = none. */
unsigned uri_port(const char *uri);
char *uri_param(const char *uri, const char *name);
/* Server's name, owned; "" = none. With its user where `with_user`. */
char *uri_server(const char *uri, bool with_user);

#endif
