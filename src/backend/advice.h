/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From libvirt's refusal to connect to what mends it: a sentence, and one
 * command that can be pasted. Pure but for advice_machine_look(); any thread.
 */
#ifndef NVIRT_BACKEND_ADVICE_H
#define NVIRT_BACKEND_ADVICE_H

#include <glib.h>

#include "nvirt/inv.h"

/* What of this machine the advice depends on. */
struct advice_machine {
	bool root;
	bool libvirtd, virtqemud; /* a daemon is installed: the old one, the modular one */
	bool apt, dnf;
	bool in_group;
	const char *user;
};

/* Reads it; `user` is borrowed from GLib. */
struct advice_machine advice_machine_look(void);

/* Why the open failed, in the classes that are mended in different ways. */
enum advice_cause {
	CAUSE_OTHER,
	CAUSE_NO_SOCKET,
	CAUSE_REFUSED, /* a socket is there, nobody listens */
	CAUSE_PERMISSION,
	CAUSE_NO_BUS, /* polkit can not be asked */
	CAUSE_URI,
	CAUSE_NO_DRIVER,
	CAUSE_SSH_NAME,
	CAUSE_SSH_KEY,
	CAUSE_SSH_HOST_KEY,
	CAUSE_SSH_UNREACHABLE,
	CAUSE_SSH_OTHER,
	CAUSE_TCP_REFUSED,
	CAUSE_TCP_UNREACHABLE,
	CAUSE_TLS,
};

/* `code` is libvirt's VIR_ERR_*, `words` its message. */
enum advice_cause advice_cause(const char *uri, int code, const char *words);
/* Would a read-only connection be allowed where this one was not? */
bool advice_cause_is_permission(enum advice_cause cause);

/* Sets status->error, tried, advice and command from a failed open of `uri` ("" = default). */
void advice_failed(struct host_status *status, const char *uri, const GError *error,
        const struct advice_machine *machine);
/* The same for a daemon that does not answer, and for a connection that only reads since it was refused more. */
void advice_no_answer(struct host_status *status, const char *uri, unsigned seconds);
void advice_readonly(struct host_status *status, const char *uri, const GError *error,
        const struct advice_machine *machine);
void advice_clear(struct host_status *status);

#endif
