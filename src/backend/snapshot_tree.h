/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All snapshots of a guest as libvirt tells them, raw, in the shape of their
 * tree: what the operations on snapshots work with. What people see is made of
 * it by snapshots.h. Any back-end thread; blocks, but asks no monitor.
 */
#ifndef NVIRT_BACKEND_SNAPSHOT_TREE_H
#define NVIRT_BACKEND_SNAPSHOT_TREE_H

#include <libvirt/libvirt.h>
#include <libxml/tree.h>

#include "nvirt/snapshot.h"

/* One disk of a guest at a snapshot's time. All strings raw, never NULL. */
struct snap_disk {
	char *target;
	char *mode;           /* "internal", "external", "no" */
	char *state;          /* the file that holds the state of then; "" where it is no file or was left out */
	char *state_format;   /* of it; "" = not stated */
	char *overlay;        /* external: the file that was made for what is written since; "" */
	char *overlay_format; /* "" */
};

struct snap {
	char *name;
	char *parent; /* NULL = a root */
	char *description;
	gint64 created_unix_s;
	char *state;   /* libvirt's word: "running", "paused", "shutoff", "disk-snapshot", … */
	bool current, memory;
	enum snapshot_kind kind;
	char *memory_file; /* external RAM, or "" */
	char *nvram_file;  /* nvirt's copy of the UEFI variables, or "" */
	GPtrArray *disks;  /* struct snap_disk * */
	xmlDocPtr doc;     /* <domainsnapshot>; with secrets if it was read so */
	/* In the tree; borrowed. */
	struct snap *up;    /* NULL = a root */
	GPtrArray *below;   /* struct snap *, oldest first */
};

/*
 * struct snap *, owned, parents before children, siblings by age. `secrets`:
 * as needed where a definition is written back; the connection may write then.
 * NULL with `error`.
 */
GPtrArray *snapshot_tree_read(virDomainPtr dom, bool secrets, GError **error);
/* By its raw name; NULL = there is none. */
struct snap *snapshot_tree_find(GPtrArray *tree, const char *name);
struct snap_disk *snap_disk_find(const struct snap *snap, const char *target);
/* Appends to `into` (struct snap *, borrowed) all that stand on it, children before their parents. */
void snapshot_tree_below(const struct snap *snap, GPtrArray *into);
/* What kinds are there: SNAPSHOT_MIXED where both are; false = there is none. */
bool snapshot_tree_kind(GPtrArray *tree, enum snapshot_kind *ret_kind);

/* ---- what nvirt notes in a snapshot ---- */

/*
 * The path of the kept NVRAM copy lies in the <metadata> of the snapshot's
 * definition, with the snapshot's time, so that a definition that was reverted
 * to and is snapshot again does not pass it on. `nvram` NULL removes it.
 */
void snapshot_note_nvram(xmlDocPtr doc, const char *nvram);
/* Takes what is noted out of a <domain> element: before it is defined as the guest. */
void snapshot_note_strip(xmlNodePtr domain);

#endif
