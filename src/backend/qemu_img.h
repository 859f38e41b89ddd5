/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One short run of qemu-img on images of this machine, as a child that dies
 * with its thread, with bounds on memory and time: the images may be hostile. Any thread;
 * blocks. Copies are made by copy.h.
 */
#ifndef NVIRT_BACKEND_QEMU_IMG_H
#define NVIRT_BACKEND_QEMU_IMG_H

#include <glib.h>
#include <stdbool.h>

struct qemu_img {
	const char *const *words; /* after "qemu-img", NULL-terminated */
	unsigned cpu_s;           /* 0 = no bound: what reads whole images */
	bool (*stop)(void *data); /* asked a few times a second; may be NULL */
	void *data;
};

/*
 * Its exit status, and what it said (stdout and stderr, cleaned, owned). -1 with `error` when it could not
 * be started, was stopped (VIR_ERR_OPERATION_ABORTED) or died by a signal.
 */
int qemu_img_run(const struct qemu_img *run, char **ret_said, GError **error);

#endif
