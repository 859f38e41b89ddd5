/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a domain's definition: what they are called, what tells them
 * apart, and what of them libvirt fills in by itself. Pure.
 */
#ifndef NVIRT_MODEL_HARDWARE_PARTS_H
#define NVIRT_MODEL_HARDWARE_PARTS_H

#include <glib.h>
#include <libxml/tree.h>
#include <stdbool.h>

#define HW_GROUPS(X)                                                                                         \
	X(HW_PROCESSORS, "Processors")                                                                       \
	X(HW_MEMORY, "Memory")                                                                               \
	X(HW_MACHINE, "Machine")                                                                             \
	X(HW_STORAGE, "Disks")                                                                               \
	X(HW_NETWORK, "Network")                                                                             \
	X(HW_GRAPHICS, "Graphics, video, sound")                                                             \
	X(HW_SERIAL, "Serial, console, channels")                                                            \
	X(HW_INPUT, "Input")                                                                                 \
	X(HW_USB, "USB")                                                                                     \
	X(HW_HOSTDEV, "Host devices")                                                                        \
	X(HW_FILESYSTEM, "Filesystems")                                                                      \
	X(HW_TPM, "TPM")                                                                                     \
	X(HW_RNG, "Random numbers")                                                                          \
	X(HW_WATCHDOG, "Watchdog")                                                                           \
	X(HW_OTHER, "Other devices")                                                                         \
	X(HW_CONTROLLERS, "Controllers")

enum hw_group {
#define X(id, title) id,
	HW_GROUPS(X)
#undef X
	        HW_GROUP_N
};

const char *hw_group_title(enum hw_group group);

/* One attribute or text below a part's element. */
struct hw_prop {
	char *path;  /* "source/@file", "source/address/@bus", "" = its own text */
	char *value; /* cleaned */
};

struct hw_kind {
	const char *element;
	enum hw_group group;
	const char *title;
	const char *key;     /* property that tells it from its like; NULL = its place among them */
	const char *summary; /* see hw_summary() */
};

/* How an element is shown: directly below <domain> (NULL = it is no hardware), or below <devices>. */
const struct hw_kind *hw_kind_of_part(const char *element);
const struct hw_kind *hw_kind_of_device(const char *element);
/* A controller stands with what hangs on it. */
enum hw_group hw_group_of(const struct hw_kind *kind, const GPtrArray *props);

/* struct hw_prop *, in document order; owned. Deep or endless elements are cut. */
GPtrArray *hw_props(xmlNodePtr node);
/* Borrowed; NULL = there is none. */
const char *hw_prop(const GPtrArray *props, const char *path);
/* One line about a part; owned. */
char *hw_summary(const struct hw_kind *kind, const GPtrArray *props);
/* Both values may be NULL; the parts' properties tell what else is set. */
bool hw_prop_differs(const char *element, const GPtrArray *live, const GPtrArray *stored, const char *path);

#endif
