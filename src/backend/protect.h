/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What clones stand on is not written to: a guest whose own disk files are the
 * base of other images does not start, revert, merge or resize while they are.
 *
 * Whether that is so is looked for in the images themselves, so that clones
 * which nvirt did not make count too. The protection also lies where other
 * tools meet it: a mark in the guest's definition (base_mark.h), and no write
 * permission on the file, where this machine may change that. Worker threads.
 */
#ifndef NVIRT_BACKEND_PROTECT_H
#define NVIRT_BACKEND_PROTECT_H

#include <libxml/tree.h>

#include "backend/base_users.h"
#include "backend/job.h"

/*
 * How long looking may take: before a start, of which nearly all are of guests
 * that nothing stands on, and where something is known to, or would be lost.
 */
#define PROTECT_START_US G_USEC_PER_SEC
#define PROTECT_LOOK_US (10 * G_USEC_PER_SEC)

/* One disk of a guest that it may write to. Raw. */
struct own_disk {
	char *target, *path, *format; /* path "" where it is no file or device of the host; format as stated */
	bool volume;                  /* the definition names a pool's volume */
};

/* struct own_disk *, owned, in the definition's order; CDs, read-only and shared disks are not its own. */
GPtrArray *protect_own_disks(virConnectPtr conn, xmlDocPtr doc);
/* NULL-terminated raw paths, borrowed from `disks`; the vector is owned. */
const char **protect_paths(const GPtrArray *disks);

/*
 * TASK_OK when nothing stands on what the guest would write to, else
 * TASK_FAILED with the reason and the ways out: "cannot <verb> 'base': …". A
 * mark whose clones are gone by now is lifted. What could not be looked at is
 * logged.
 */
enum task_state protect_refuse(struct job *job, virDomainPtr dom, const char *verb, GError **error);
/*
 * The same for given files ("what this would change"); `own` are overlays that
 * do not count (the guest's own chain), may be NULL. No mark is looked at.
 */
enum task_state protect_refuse_files(struct job *job, const char *const *paths, const char *const *own,
        const char *verb, GError **error);
/* For plans: the same sentence without the verb, owned; NULL = free, or it can not be told (`error`). */
char *protect_why_not(virConnectPtr conn, virDomainPtr dom, GError **error);

/*
 * Marks the guest and takes the write permission from the files; reading stays
 * as it was. Both are steps of the job, undone when it fails. `ret_weak`: where
 * the permission could not be changed or stops nobody, and why; owned, NULL = it
 * holds.
 */
bool protect_base(struct job *job, virDomainPtr dom, const char *const *paths, char **ret_weak, GError **error);
/* For plans: what that would do with one file; an item of this id. */
void protect_plan_base(struct plan *plan, virDomainPtr dom, const char *id, const char *path, const char *format);
/* Gives back what protect_base() took, of all files of the guest. */
bool protect_release(struct job *job, virDomainPtr dom, GError **error);
/* After an image is gone or stands alone: is what it stood on free now? Then its protection is lifted, with a line in the log. */
void protect_lift(struct job *job, const char *base);

#endif
