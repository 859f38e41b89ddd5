/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the front door and the thread of a serial console share. */
#ifndef NVIRT_BACKEND_SERIAL_PRIVATE_H
#define NVIRT_BACKEND_SERIAL_PRIVATE_H

#include "backend/lock.h"
#include "backend/serial.h"

struct serial {
	struct obj_ref ref;
	unsigned id;
	bool raw, readonly;
	char *uri;

	pthread_mutex_t lock; /* for all below; never held over a call of libvirt's */
	pthread_cond_t wake;
	int refs;
	struct inbox *inbox; /* NULL: stopped */
	bool credit;         /* the last frame was taken */
	bool reopen, force;
	int rows, cols;
	char *divider;     /* of serial_divide(), not drawn yet; else NULL */
	GArray *keys;      /* struct serial_key, typed */
	GByteArray *bytes; /* the same of a raw one */
	/* Set by libvirt's event thread. */
	bool readable, writable, guest_changed, host_gone;
};

void serial_run(void *serial); /* its thread: gives a reference back */

#endif
