/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's hardware as a tree of devices, read from its definition: live and
 * stored side by side, with what will be different at the next start. What
 * libvirt only fills in when a guest starts (aliases, automatic ports, pty
 * names, ...) is no difference. Pure; any thread.
 */
#ifndef NVIRT_HARDWARE_H
#define NVIRT_HARDWARE_H

#include <glib.h>
#include <stdbool.h>

enum hw_change {
	HW_SAME,
	HW_CHANGED, /* otherwise at the next start; of a group: something in it is */
	HW_NEW,     /* there from the next start on */
	HW_GONE,    /* not there any more at the next start */
};

enum hw_what { HW_GROUP, HW_DEVICE, HW_PROPERTY };

struct hw_node {
	char *id; /* unique, and the same for the same thing over refreshes: "disk:vda", "disk:vda source/@file" */
	enum hw_what what;
	unsigned depth; /* groups 0 */
	unsigned below; /* so many of the nodes that follow are in it */
	enum hw_change change;
	char *title;                 /* "Disk vda", "source file" */
	char *live, *stored;         /* one line; NULL where it is not there */
	char *live_xml, *stored_xml; /* devices: their element, cleaned; NULL where it is not there */
};

struct hardware {
	GPtrArray *nodes; /* struct hw_node *, parents before children */
	bool both;        /* both definitions were given; else all is in `live` */
	unsigned changed; /* devices that are not HW_SAME */
};

/*
 * From definitions as in struct guest_detail; `stored` may be NULL. Nothing is
 * fetched or expanded. NULL with `error` for what is no domain.
 */
struct hardware *hardware_new(const char *live, const char *stored, GError **error);
void hardware_free(struct hardware *hardware);
const struct hw_node *hardware_at(const struct hardware *hardware, unsigned index);

#endif
