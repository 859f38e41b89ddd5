/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening a connection to libvirt, and libvirt's errors as GError.
 *
 * Any back-end thread. conn_open() blocks without limit (a stopped daemon, a
 * dead ssh): only threads that may be left behind call it.
 */
#ifndef NVIRT_BACKEND_CONN_H
#define NVIRT_BACKEND_CONN_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdbool.h>

/* Error domain whose code is libvirt's VIR_ERR_*. */
#define CONN_ERROR (conn_error_quark())
GQuark conn_error_quark(void);

/* Once a process, before any other call: event loop thread, quiet error handler. Idempotent. */
void conn_init(void);
/*
 * `uri` NULL or "" = libvirt's rules. Never prompts on the terminal (ssh gets
 * no_tty=1, credentials come from auth.conf or not at all). Keepalive is set so
 * that a hung daemon fails a pending call in about eight seconds.
 */
virConnectPtr conn_open(const char *uri, bool readonly, GError **error);
/* Does not wait for a dead peer. NULL is fine. */
void conn_close(virConnectPtr conn);
/* Is the connection gone (so that the failed call says nothing about the operation)? Does not reset the saved error. */
bool conn_lost(virConnectPtr conn);
/* `error` = "<subject>: <libvirt's words, cleaned>", from this thread's last libvirt error. */
void conn_set_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* `error` = these words, of libvirt's number `code` (VIR_ERR_*). Always false. */
bool conn_refuse(GError **error, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);

#endif
