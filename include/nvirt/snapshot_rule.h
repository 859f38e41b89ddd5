/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which kind of snapshot a guest gets: a rule over facts, with its reasons in
 * words. One kind a guest, never both: deleting or reverting across kinds loses
 * data or leaves the guest off (measured with libvirt 9). Pure.
 */
#ifndef NVIRT_SNAPSHOT_RULE_H
#define NVIRT_SNAPSHOT_RULE_H

#include "nvirt/snapshot.h"

/* One disk of the guest; strings borrowed, shown ones cleaned. */
struct snapshot_rule_disk {
	const char *target; /* "vda" */
	const char *device; /* "disk", "cdrom", "floppy", "lun" */
	const char *type;   /* of its source: "file", "block", "volume", "network", … */
	const char *format; /* "qcow2", "raw", …; "" = not stated */
	bool readonly, empty;
	bool left_out; /* asked for */
};

struct snapshot_rule_facts {
	const struct snapshot_rule_disk *disks;
	unsigned disk_count;
	bool uefi;   /* its firmware keeps variables in flash */
	bool active; /* runs or is paused */
	bool agent;  /* is connected */
	bool any;    /* it has snapshots, of the kind `tree` */
	enum snapshot_kind tree;
	bool external_unknown; /* its hypervisor can not make external ones (libvirt's test driver) */
	bool memory, quiesce, live; /* asked for */
};

struct snapshot_rule {
	bool possible;
	enum snapshot_kind kind; /* the one proposed, when possible */
	bool memory;             /* the snapshot will hold the RAM */
	char *why;               /* of the proposal, or why nothing is possible: a clause without a full stop */
	char *not_internal, *not_external; /* why not that kind; NULL = it can be chosen */
	/* Of the proposed one. */
	bool progress, abortable;
	char *meanwhile; /* what the guest does while it is taken; a sentence */
};

/* Does a snapshot keep this disk: not an empty drive, a medium, a read-only one, or one that is left out. */
bool snapshot_rule_keeps(const struct snapshot_rule_disk *disk);
/* `asked`: "auto", "internal" or "external". */
struct snapshot_rule *snapshot_rule_find(const struct snapshot_rule_facts *facts, const char *asked);
void snapshot_rule_free(struct snapshot_rule *rule);

/* "snap-20261121-154500" in local time; `prefix` "snap-" or "auto-". Owned. */
char *snapshot_rule_name(const char *prefix, gint64 now_unix_s);

#endif
