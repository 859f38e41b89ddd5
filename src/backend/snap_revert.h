/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rolling a guest back to one of its snapshots. Worker threads.
 *
 * libvirt before 9.9 rolls back to internal snapshots only, and leaves the guest
 * off when that fails in the middle. So nvirt looks at everything first, keeps a
 * way back, and changes the definition last, in one call:
 *
 *   external   a new overlay over the file that holds the state of then (which is
 *              never written), the memory restored or the guest booted on it, the
 *              snapshot made the current one, the new definition stored;
 *   internal   libvirt's own call, with an internal snapshot of the disks of now
 *              to go back to.
 *
 * A guest that runs is saved first (managed save): until the new definition is
 * stored that image and the old definition belong together, so whoever starts the
 * guest after nvirt was killed finds it as it was.
 *
 * What it leaves: see docs/architecture.md, "Rolling back to a snapshot".
 */
#ifndef NVIRT_BACKEND_SNAP_REVERT_H
#define NVIRT_BACKEND_SNAP_REVERT_H

#include "backend/op_util.h"
#include "backend/snapshot_tree.h"

#define REVERT_VERB "roll back to"
/* What the disks of now are kept in while an internal one is rolled back to. */
#define REVERT_BEFORE_PREFIX "nvirt-before-"

enum revert_after {
	REVERT_OFF,
	REVERT_RUNNING,
	REVERT_PAUSED,
};

/* One disk of the guest of then. All strings raw. */
struct revert_disk {
	char *target;
	bool kept;      /* the snapshot holds its state; else it stays as it is now */
	char *state;    /* the file that holds the state of then; "" */
	char *format;   /* of it, as stated */
	char *now;      /* the guest's file of that target now; "" = it has none */
	char *overlay;  /* external: what is to be made over `state` */
	char *abandon;  /* external: `now`, where nothing will need it any more; NULL */
	uint64_t abandon_bytes;
	bool shared;    /* external: other files stand on `state` too */
};

struct revert {
	virDomainPtr dom;
	GPtrArray *tree; /* of struct snap */
	struct snap *snap;
	xmlDocPtr now;    /* the stored definition; with secrets where it acts */
	GPtrArray *disks; /* struct revert_disk * */
	bool by_hand, active, had_save;
	int state; /* VIR_DOMAIN_* now */
	enum revert_after after;
	bool restores; /* the memory of then comes back */
	char *nvram;   /* of now, raw; "" */
	uint64_t memory_bytes; /* of the guest that runs; 0 = not known */
	char *save_dir;        /* where that is saved meanwhile; NULL = not known, or it does not run */
	uint64_t need_bytes, free_bytes; /* there; free UINT64_MAX = not known */
	char *refused; /* why it can not be; cleaned; NULL */
};

/*
 * Looks at everything that it needs. `secrets`: to act (the connection may
 * write). NULL with `error` when it can not be looked at; otherwise `refused`
 * says whether it can be.
 */
struct revert *revert_look(virConnectPtr conn, const struct op_request *request, bool secrets, GError **error);
void revert_free(struct revert *revert);
/* Notes the first reason only. */
void revert_refuse(struct revert *revert, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* snap_revert_files.c: what stands on what; fills in overlay, abandon and shared, or refuses. */
bool revert_look_files(struct revert *revert, virConnectPtr conn, GError **error);
/* snap_revert_plan.c: in words. */
struct plan *revert_plan(const struct revert *revert, const struct op_request *request);
bool revert_boots(const struct revert *revert);
const char *revert_after_word(enum revert_after after);

/* ---- documents; owned, secret, free with secret_free() ---- */
/* What is to be stored as the definition; with `live`, what QEMU is to be started with. */
char *revert_definition_xml(const struct revert *revert, bool live);
/* The snapshot as it is now, and as it is to be. */
char *revert_snapshot_xml(const struct snap *snap);
char *revert_new_snapshot_xml(const struct revert *revert);
/* Does the definition name that file as a disk? */
bool revert_names_file(xmlDocPtr definition, const char *path);
/* Of a definition: every disk's (target, file), raw. */
typedef void revert_each_disk(const char *target, xmlNodePtr disk, const char *file, void *data);
void revert_disks_of(xmlDocPtr doc, const char *xpath, revert_each_disk *each, void *data);

/* ---- acting: false with `error`; what was done lies in the job's steps ---- */
bool revert_by_hand(struct job *job, const struct revert *revert, GError **error);
bool revert_internal(struct job *job, const struct revert *revert, GError **error);
/* The guest's memory out of the way, kept; it is off then. */
bool revert_save(struct job *job, const struct revert *revert, GError **error);
/* Its UEFI variables become those of then, where a copy was kept. */
bool revert_nvram(struct job *job, const struct revert *revert, GError **error);
/* From here on a guest that runs is one that this task has started: the step's number. */
unsigned revert_will_start(struct job *job);
/*
 * After the new definition is stored: the saved memory and the abandoned files
 * go. What it needs lies in job->paths, so that settling can do it as well.
 * TASK_OK, or TASK_WARNING when something stays.
 */
void revert_note_leftovers(struct job *job, const struct revert *revert);
enum task_state revert_clear(struct job *job, virDomainPtr dom);
/* Notes that the point of no return is passed. */
void revert_committed(struct job *job);

#endif
