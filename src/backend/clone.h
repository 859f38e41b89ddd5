/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A full clone: what is to be copied, from where to where, looked at once for
 * the plan and again before acting. Worker threads.
 */
#ifndef NVIRT_BACKEND_CLONE_H
#define NVIRT_BACKEND_CLONE_H

#include <libxml/tree.h>

#include "backend/clone_xml.h"
#include "backend/job.h"

/* A disk that is copied. Strings raw. */
struct clone_disk {
	char *target;
	char *source, *format; /* the file or device that holds the state, and its stated format */
	char *new_format;
	char *dir, *pool;      /* where its copy goes; pool "" = the directory is in none */
	uint64_t capacity_bytes;
	uint64_t data_bytes; /* really held, with all that it stands on */
	bool device;         /* `source` is no file */
};

struct clone {
	virConnectPtr conn;
	virDomainPtr dom;
	const struct op_request *request;
	bool running;      /* copied by its own QEMU, all disks as they are at one moment */
	char *snapshot;    /* raw; NULL = as it is now */
	bool internal;     /* that snapshot lies inside the disks */
	bool start, keep_passthrough;
	char **names;      /* raw, of the guests to be made */
	xmlDocPtr source;  /* the definition that is cloned */
	GPtrArray *disks;  /* struct clone_disk * */
	GPtrArray *shared; /* char *: disks that source and clone have together, in words */
	uint64_t data_bytes; /* of one clone */
	unsigned count;
};

/*
 * NULL with `error`: why it can not be cloned so. `secure`: with the secrets of the
 * definition, which a read-only connection is not shown.
 */
struct clone *clone_look(virConnectPtr conn, const struct op_request *request, bool secure, GError **error);
void clone_free(struct clone *clone);

/* Where a disk's copy of the clone `name` goes; raw, owned. */
char *clone_disk_path(const struct clone *clone, const struct clone_disk *disk, const char *name);
/* Is there room, and is no name taken? False with `error`. */
bool clone_check_places(const struct clone *clone, GError **error);
/* What the clone `name` is to be; the caller clears. */
void clone_spec_init(const struct clone *clone, const char *name, struct clone_spec *spec);
void clone_spec_clear(struct clone_spec *spec);

/* ---- copying (clone_copy.c, clone_backup.c) ---- */

/* How far all of it is; told as it grows. */
struct clone_progress {
	struct job *job;
	const char *what; /* what is copied now, cleaned */
	uint64_t before_bytes, total_bytes; /* of what is done already; of all */
	gint64 start_us;
};
void clone_tell(struct clone_progress *progress, uint64_t done_bytes);

/* Every disk of one clone, under the paths of `spec`; steps are written down. False with `error`. */
bool clone_copy_disks(
        struct clone *clone, const struct clone_spec *spec, struct clone_progress *progress, GError **error);
bool clone_backup_disks(
        struct clone *clone, const struct clone_spec *spec, struct clone_progress *progress, GError **error);
/* After a lost connection: ends a backup that still writes to files of this job. */
void clone_backup_end(struct job *job, virDomainPtr dom);

/* A name for what is not whole yet: in the directory of `path`; raw, owned. */
char *clone_temporary(struct job *job, const char *path);
/* Can this machine itself write in that directory of the host? Makes a file there for a moment. */
bool clone_dir_is_local(struct job *job, const char *dir);
/* Gives the finished file its name; never replaces another. Both are steps. */
bool clone_give_name(struct job *job, unsigned step, const char *temporary, const char *path, GError **error);
/* libvirt notices new files of a pool only when asked to. */
void clone_refresh(virConnectPtr conn, const char *path);

/* ---- the plan, of any kind of clone (clone_full.c) ---- */

/* What the clone's definition changes of `source`, which was read without secrets; owned. */
char *clone_plan_diff(xmlDocPtr source, struct clone_spec *spec);
/* What stays the same inside, and how it is made anew. */
void clone_plan_note_inside(struct plan *plan);

/* ---- the end, of any kind of clone ---- */

/*
 * The disks are there: copies the UEFI variables, defines (the last step) and
 * starts it when `start`. False with `error`; a start that fails is only a
 * warning: `*ret_warning`, owned.
 */
bool clone_finish(struct job *job, xmlDocPtr source, const struct clone_spec *spec, bool start, char **ret_warning,
        GError **error);

#endif
