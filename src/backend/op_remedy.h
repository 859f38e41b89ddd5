/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to do next after a refusal of libvirt's, where that is known. Worker threads. */
#ifndef NVIRT_BACKEND_OP_REMEDY_H
#define NVIRT_BACKEND_OP_REMEDY_H

#include "backend/conn.h"

/* Appends a sentence to error->message, keeping libvirt's words. `dom` may be NULL. */
void op_add_remedy(virConnectPtr conn, virDomainPtr dom, GError *error);

#endif
