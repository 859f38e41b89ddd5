/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an image really stands on, before anything is made of it or started
 * from it: an image's own header can name any file of the host, a device or a
 * server, and libvirt would hand that to the guest (measured: it copied a
 * root-only file into a clone).
 *
 * The headers are read through libvirt's volumes, as bytes, and parsed here
 * (nvirt/image_header.h): nothing is probed and no tool opens the image. Worker
 * threads; a few calls a member, none of them to a guest's monitor.
 */
#ifndef NVIRT_BACKEND_IMAGE_CHECK_H
#define NVIRT_BACKEND_IMAGE_CHECK_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libxml/tree.h>
#include <stdbool.h>

#include "nvirt/image_header.h"

/* One member of a chain; the image itself first, then what lies below it. */
struct image_member {
	char *path;   /* raw; what the header says where that is no path */
	char *format; /* as its definition or the header above it states; "" = not stated */
	char *pool;   /* raw name of the pool it lies in, "" = in none */
	char *odd;    /* why it is refused unless allowed: a phrase, cleaned; NULL = nothing odd */
	bool allowed; /* by name */
	bool snapshots; /* it holds internal ones */
	uint64_t capacity_bytes; /* 0 = not known */
	char *unread; /* why its own header could not be read; NULL = it was, or it has none */
};

/* What the header of one image says; false with `error` when it can not be read or is not what it is said to be. */
bool image_check_header(virConnectPtr conn, const char *path, const char *format,
        struct image_header *ret_header, GError **error);

void image_member_free(struct image_member *member);

/*
 * The chain of the image `path` (raw, absolute) of format `format` (stated by whoever
 * names it; "" or "raw" = a raw disk, which names nothing). `known` (raw paths,
 * NULL-terminated, may be NULL): files that a person has named himself, such as those of
 * the guest's definition and snapshots. struct image_member *, owned; never
 * NULL, never empty. The image itself is odd only by what its own header
 * holds (a data file), or when its header can not be read. `allow`: paths (as messages
 * show them), separated by commas or line feeds, that may be odd; may be NULL.
 * Below an odd member that is not allowed nothing is opened: the chain ends there.
 */
GPtrArray *image_check_chain(
        virConnectPtr conn, const char *path, const char *format, const char *const *known, const char *allow);
/* "/a.qcow2 (qcow2) on /b (raw; outside every pool)": cleaned, owned. For plans and logs. */
char *image_check_words(const GPtrArray *chain);
/* false when a member is odd and not allowed; `error` names all of them and the remedy. */
bool image_check_verdict(const GPtrArray *chain, GError **error);

/* What a guest's definition and snapshots name themselves: raw paths, owned, NULL-terminated (for `known`). */
GPtrArray *image_check_known(virDomainPtr dom, xmlDocPtr doc);
/* The path of a disk's file or device, raw, owned; "" for an empty drive or one on the network. */
char *image_check_source(virConnectPtr conn, xmlDocPtr doc, xmlNodePtr disk);
/* All disks of a guest's definition (INACTIVE), one after another. */
bool image_check_guest(virDomainPtr dom, xmlDocPtr doc, const char *allow, GError **error);

#endif
