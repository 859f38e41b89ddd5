/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flattening a guest: its disks take up what they stand on, and then stand on nothing. What is
 * to be done is looked at once for the plan and again before acting. Worker threads.
 */
#ifndef NVIRT_BACKEND_FLATTEN_H
#define NVIRT_BACKEND_FLATTEN_H

#include "backend/job.h"
#include "backend/op_util.h"

/* One disk that stands on something. Raw. */
struct flat_disk {
	char *target, *path;
	GPtrArray *chain;     /* struct image_member *: the disk itself first */
	uint64_t copy_bytes;  /* at most so much is copied */
	uint64_t need_bytes;  /* at most so much room is needed beside it */
	int64_t free_bytes;   /* where it lies; -1 = not known */
};

struct flatten {
	bool active;
	char *refused;    /* why nothing can be done: raw words, or NULL */
	GPtrArray *disks; /* struct flat_disk * */
	xmlDocPtr doc;    /* the stored definition */
};

/* `allow`: see image_check.h. NULL with `error` when it could not be looked at. */
struct flatten *flatten_look(virDomainPtr dom, const char *allow, GError **error);
void flatten_free(struct flatten *flatten);
/* Does the header of this disk's file still name a base? -1 = it can not be told. */
int flatten_stands(virConnectPtr conn, const struct flat_disk *disk);

/* How the others are done; each says its progress and how it ended. `error` set with TASK_FAILED. */
enum task_state flatten_live(struct job *job, virDomainPtr dom, const struct flatten *flatten, GError **error);
enum task_state flatten_off(struct job *job, virDomainPtr dom, struct flatten *flatten, GError **error);

#endif
