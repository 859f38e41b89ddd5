/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linked clones: what was looked at (clone_linked_look.c), for those who make and plan them (clone_linked.c). */
#ifndef NVIRT_BACKEND_CLONE_LINKED_PRIVATE_H
#define NVIRT_BACKEND_CLONE_LINKED_PRIVATE_H

#include <libxml/tree.h>

#include "backend/hostfile.h"
#include "backend/own_overlay.h"
#include "nvirt/op.h"

#define VERB "clone"

/* A file that clones are to stand on. */
struct base {
	char *target, *path, *format;
	uint64_t capacity_bytes;
};

struct linking {
	virConnectPtr conn;
	virDomainPtr source;
	const struct op_request *request;
	char **names;
	xmlDocPtr doc;     /* of the source: stored, with secrets where it will be defined from */
	GPtrArray *bases;  /* struct base * */
	struct own_overlay *own; /* a running source gets these first; else NULL */
	struct hostfile place; /* holds the pool where the overlays go */
	char *dir;
	GHashTable *promised; /* names of files that are spoken for */
	bool fresh;           /* the pool was read again: its names are those of now */
	bool planning;        /* read-only: nothing is made, and secrets are not needed */
};

/* Looks at the source, its files and where the overlays go; nothing is changed. False with `error`; linking_fini() in any case. */
bool linking_look(struct linking *linking, GError **error);
void linking_fini(struct linking *linking);
/* Sets `error`, "cannot clone 'x': …"; false. */
bool linking_refuse(const struct linking *linking, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Opens every file of the pool: not before it matters. A pool that is busy, or a read-only connection, refuses. */
void linking_freshen(struct linking *linking);
/* As far as the pool knows. */
bool linking_has_file(const struct linking *linking, const char *name);
/* "web-1.qcow2", or "web-1-vdb.qcow2" where it has several disks, or with a number: one that is free. Owned, or NULL. */
char *linking_overlay_name(struct linking *linking, const char *clone, const char *target);
/* Of one clone: struct clone_file *, in the order of the bases; owned, or NULL with `error`. */
GPtrArray *linking_files(struct linking *linking, const char *clone, GError **error);

#endif
