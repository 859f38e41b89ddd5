/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VNC servers that misbehave, each on a thread and a socket pair of its own: what a
 * guest, or whoever answers in its place, may do to a viewer.
 */
#ifndef TESTS_SUPPORT_VNC_SERVER_H
#define TESTS_SUPPORT_VNC_SERVER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct vnc_server {
	int fd;
	unsigned seed;
	const void *data; /* the script's own */
	bool gone;        /* the viewer has closed */
};

/* Runs `script` on a thread; the viewer's end of the socket. It ends with the script or when the viewer closes. */
int vnc_server_start(void (*script)(struct vnc_server *server), unsigned seed, const void *data);
/* Waits for all that were started: for the end of a test. */
void vnc_server_join_all(void);

void vnc_server_send(struct vnc_server *server, const void *bytes, size_t length);
void vnc_server_put(struct vnc_server *server, unsigned bytes, uint32_t value); /* big-endian */
/* Reads so many bytes and forgets them. */
void vnc_server_skip(struct vnc_server *server, size_t length);
/* Until the viewer closes. */
void vnc_server_drain(struct vnc_server *server);
/* Version, security type None, and the desktop of that size and name. */
void vnc_server_greet(struct vnc_server *server, unsigned width, unsigned height, const char *name);
/* The version alone, and one security type chosen by the viewer. */
void vnc_server_security(struct vnc_server *server, unsigned type);
/* A message with one rectangle's head. */
void vnc_server_rect(struct vnc_server *server, unsigned x, unsigned y, unsigned width, unsigned height, int32_t encoding);
/* A whole frame of one colour, raw. */
void vnc_server_paint(struct vnc_server *server, unsigned width, unsigned height, uint32_t colour);

#endif
