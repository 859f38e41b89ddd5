/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guests' definitions say of files, networks and the host's devices, kept: which files
 * each uses (live, stored, snapshots), which networks its NICs are on, what it was given. A
 * guest is read again when something about it changed, not with every look;
 * what nobody tells (an external snapshot has no event) is found by reading a
 * few old ones again now and then. Detail thread.
 */
#ifndef NVIRT_BACKEND_USAGE_H
#define NVIRT_BACKEND_USAGE_H

#include <libvirt/libvirt.h>

#include "backend/file_users.h"
#include "nvirt/device.h"

struct usage;

/* What is to be read of a guest, and the state of the host's list that it is read for. */
struct usage_guest {
	uint8_t uuid[16];
	uint32_t serial; /* another number: something changed */
	bool active, snapshots;
};

struct usage *usage_new(bool local);
void usage_free(struct usage *usage);
/* Borrowed; brought up to date by usage_read(). */
struct file_users *usage_files(struct usage *usage);
/* Was it read in this state? And when; 0 = never. */
bool usage_knows(const struct usage *usage, const struct usage_guest *guest);
gint64 usage_read_us(const struct usage *usage, const uint8_t uuid[16]);
unsigned usage_known(const struct usage *usage);
/* Three to five calls a guest at most, and one a snapshot. */
void usage_read(struct usage *usage, virConnectPtr conn, const struct usage_guest *guest);
/* Forgets the guests for which `there` says no; true when there were such. */
bool usage_keep_only(struct usage *usage, bool (*there)(const uint8_t uuid[16], void *data), void *data);
/* The NICs on a network, by its name or by its bridge (raw; bridge "" = none): struct network_guest *, owned. */
GPtrArray *usage_network_guests(const struct usage *usage, const char *network, const char *bridge);
/* The guests whose definition has the host's device of that key (device.h; `id_key` may be NULL): struct device_use *, owned. */
GPtrArray *usage_device_guests(const struct usage *usage, const char *key, const char *id_key);

#endif
