/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What taking a snapshot would do: the rule over the guest's facts, the files to be made, the space. Worker threads. */
#ifndef NVIRT_BACKEND_SNAPSHOT_TAKE_H
#define NVIRT_BACKEND_SNAPSHOT_TAKE_H

#include <libxml/tree.h>

#include "backend/job.h"
#include "backend/snapshot_tree.h"
#include "nvirt/snapshot_rule.h"

/* Paths raw. */
struct take_disk {
	char *target, *device, *type, *path, *format;
	bool readonly, empty, left_out;
	char *overlay; /* to be made; NULL = none */
};

struct take {
	virDomainPtr dom; /* borrowed */
	char *name, *description; /* raw */
	bool active, persistent;
	int state;
	bool quiesce, live;
	xmlDocPtr def;        /* the definition in force */
	GPtrArray *tree, *disks; /* struct snap *, struct take_disk * */
	struct snapshot_rule *rule;
	char *memory_file;    /* to be made; NULL = none */
	char *nvram, *nvram_file; /* the guest's, and the copy to be made; NULL = none */
	char *refused;        /* why nothing can be done; NULL */
	char *place;          /* the directory that takes the memory; NULL = none is saved */
	uint64_t need_bytes, free_bytes; /* for the memory; free UINT64_MAX = not known */
};

/* Changes nothing. NULL with `error` when the guest can not be looked at. */
struct take *take_look(virDomainPtr dom, const struct args *args, GError **error);
void take_free(struct take *take);
/* What saving a running guest's memory takes at most, and what is free in a directory; UINT64_MAX = not known. */
uint64_t take_memory_bytes(virDomainPtr dom);
uint64_t take_free_bytes(virConnectPtr conn, const char *dir);
/* The <domainsnapshot> to be taken; owned. */
char *take_xml(const struct take *take);
unsigned take_flags(const struct take *take);

#endif
