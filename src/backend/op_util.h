/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What several operations share: looking objects up, refusing, remedies. Worker threads. */
#ifndef NVIRT_BACKEND_OP_UTIL_H
#define NVIRT_BACKEND_OP_UTIL_H

#include <libxml/tree.h>
#include <libxml/xpath.h>

#include "backend/conn.h"
#include "backend/job.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, virDomainFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virStoragePool, virStoragePoolFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virStorageVol, virStorageVolFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNetwork, virNetworkFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainSnapshot, virDomainSnapshotFree)

/* Sets `error` to "cannot <verb> '<name>': <why>" and returns TASK_FAILED, so that a refusal is one statement. */
enum task_state op_refuse(struct job *job, GError **error, const char *verb, const char *format, ...)
        G_GNUC_PRINTF(4, 5);
/*
 * The same with this thread's last libvirt error, and with what to do next
 * where it is known. `dom` may be NULL.
 */
enum task_state op_fail(struct job *job, virDomainPtr dom, GError **error, const char *verb);

/* By UUID. Also remembers how it was before (job->before), once. NULL with `error`: "<verb>" names the op. */
virDomainPtr op_guest(struct job *job, const char *verb, GError **error);
virStoragePoolPtr op_pool(struct job *job, const char *verb, GError **error);
virNetworkPtr op_network(struct job *job, const char *verb, GError **error);
/* For settling: TASK_OK = `*ret_dom` was found (owned), TASK_FAILED = it is gone, TASK_UNKNOWN with `error`. */
enum task_state op_settle_guest(struct job *job, virDomainPtr *ret_dom, GError **error);

/* State of the guest; false (and libvirt's error) when it can not be read. */
bool op_guest_state(virDomainPtr dom, int *ret_state, int *ret_reason);
bool op_state_active(int state);
/* Is it gone or off, or started anew, compared with job->before? -1 = can not be told. */
int op_guest_ended(struct job *job, virDomainPtr dom);
/* The driver is QEMU's: others know fewer flags. */
bool op_is_qemu(virConnectPtr conn);
/* A daemon on this machine (no server in its URI). */
bool op_is_local(virConnectPtr conn);
bool op_is_session(virConnectPtr conn);
/* A name that libvirt would turn into a path that leaves its directory. */
bool op_name_is_unsafe(const char *name);

/* ---- XML ---- */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
/* NULL when it is no document. Resolves nothing, fetches nothing. Takes nothing. */
xmlDocPtr op_xml_parse(const char *xml);
/* The domain's XML as a document; NULL with libvirt's error. */
xmlDocPtr op_guest_xml(virDomainPtr dom, unsigned flags);
/* An XPath string expression below `node` (or the document when NULL); "" when there is nothing. Raw, owned. */
char *op_xml_string(xmlDocPtr doc, xmlNodePtr node, const char *xpath);
/* Calls `each` for every node; it may free that node. */
void op_xml_each(xmlDocPtr doc, xmlNodePtr node, const char *xpath,
        void (*each)(xmlDocPtr doc, xmlNodePtr found, void *data), void *data);

#endif
