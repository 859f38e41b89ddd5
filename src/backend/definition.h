/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's stored definition with its secrets, and the answers about it. Worker threads. */
#ifndef NVIRT_BACKEND_DEFINITION_H
#define NVIRT_BACKEND_DEFINITION_H

#include "backend/job.h"

/* A secret, owned; NULL with libvirt's error. Needs a connection that may write. */
char *definition_read(virDomainPtr dom);
/* Takes the answer. */
void definition_post(struct job_sink *sink, const struct obj_ref *ref, struct edit_answer *answer);

#endif
