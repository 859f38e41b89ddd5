/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's own VNC server: a machine without parts is all it runs. */
#ifndef TESTS_SUPPORT_VNC_QEMU_H
#define TESTS_SUPPORT_VNC_QEMU_H

#include <glib.h>

struct vnc_qemu {
	GPid pid;      /* 0 = none */
	char *address; /* as vnc_connect() takes it */
};

/*
 * Returns when it listens; fails the test when it does not. `socket`: its path; NULL = a port of this machine.
 * `objects`: "-object ..." or "". `options`: of -vnc, each begins with a comma.
 */
void vnc_qemu_start(struct vnc_qemu *qemu, const char *socket, const char *objects, const char *options);
/* One that is not there is fine. */
void vnc_qemu_stop(struct vnc_qemu *qemu);

#endif
