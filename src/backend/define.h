/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing a definition back: validated, read again, and compared, because
 * libvirt drops what it does not know and fills in what it likes. Worker
 * threads.
 */
#ifndef NVIRT_BACKEND_DEFINE_H
#define NVIRT_BACKEND_DEFINE_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libxml/tree.h>

struct job;

/*
 * The stored definition with its secrets, as a tree to edit: what may be
 * given to define_checked(). NULL with libvirt's error.
 */
xmlDocPtr define_read(virDomainPtr dom);
/*
 * Defines `doc` with VIR_DOMAIN_DEFINE_VALIDATE. The domain, owned, or NULL with
 * libvirt's error as the thread's last one (op_fail(), conn_set_error()).
 * `ret_differences` (may be NULL): char *, owned: what libvirt stored otherwise
 * than asked, one line each ("libvirt added /domain/…"), cleaned, without
 * passwords; empty = exactly as asked.
 */
virDomainPtr define_checked(virConnectPtr conn, xmlDocPtr doc, GPtrArray **ret_differences);
/*
 * The same for a new guest that is made of a stored definition: where libvirt
 * stored word for word what was asked it has understood all of it, and there is
 * nothing left for the validation to find, which takes four times as long as all
 * the rest. Else it is taken away and defined as above.
 */
virDomainPtr define_new(virConnectPtr conn, xmlDocPtr doc, GPtrArray **ret_differences);
/* The lines into the task's log, at most twenty; takes them. NULL is fine. */
void define_log(struct job *job, GPtrArray *differences);

/* For the tests: how `stored` differs from `asked`. */
GPtrArray *define_differences(xmlDocPtr asked, xmlDocPtr stored);

#endif
