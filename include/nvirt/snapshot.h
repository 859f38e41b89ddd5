/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots of a guest, as facts that cross threads. Built by the back end,
 * frozen when posted. Strings are owned and cleaned unless a comment says raw.
 */
#ifndef NVIRT_SNAPSHOT_H
#define NVIRT_SNAPSHOT_H

#include "nvirt/inv.h"

enum snapshot_kind {
	SNAPSHOT_INTERNAL, /* inside the qcow2 files */
	SNAPSHOT_EXTERNAL, /* the files as they were, with overlays since */
	SNAPSHOT_MIXED,    /* parts of both: made by others; nvirt makes none */
};

/* One disk as a snapshot keeps it. */
struct snapshot_disk {
	char *target;  /* "vda" */
	char *mode;    /* "internal", "external", "no" (left out) */
	char *state;   /* the file that holds the state of then; "" = left out */
	char *overlay; /* external: the file that the snapshot made for what is written since; "" */
	char *format;  /* of `state` */
};

struct snapshot_row {
	char *name;
	const char *raw;    /* interned, as in obj_ref.name */
	const char *parent; /* the parent's raw name, interned; NULL = a root */
	char *description;
	gint64 created_unix_s;
	enum snapshot_kind kind;
	bool memory;            /* holds the RAM too */
	bool current;           /* "now" goes on from this one */
	enum guest_state state; /* of the guest then */
	int64_t size_bytes;     /* what is really held for it: internal state, or memory file and overlays; -1 = not known */
	char *memory_file;      /* external RAM; "" */
	char *nvram_file;       /* the copy that nvirt keeps of the UEFI variables; "" */
	char *missing;          /* a file that it stands on and that is not there; "" = all there, NULL = not looked */
	GPtrArray *disks;       /* struct snapshot_disk * */
	char *xml;              /* the guest's definition of then; cleaned lines, no secrets */
	char *screen_file;      /* our own PNG of the guest's screen then, on this machine; raw path; NULL = none */
};

struct snapshot_row *snapshot_row_new(void);
void snapshot_row_free(struct snapshot_row *row);
void snapshot_disk_free(struct snapshot_disk *disk);
/* "internal", "external", "mixed" */
const char *snapshot_kind_word(enum snapshot_kind kind);

#endif
