/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gathering what the checks (nvirt/check.h) are made of: files of this machine, and libvirt's lists.
 *
 * Nothing here judges. Any thread, but only one that may be left behind: libvirt's calls, and
 * file systems that are gone, can hang. A guest's monitor is asked only of what is wrong with one that is
 * paused by an error or has a job; its agent never.
 */
#ifndef NVIRT_BACKEND_HEALTH_H
#define NVIRT_BACKEND_HEALTH_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "nvirt/check.h"

/* Where the machine's files are: a test brings a tree of its own. */
struct health_source {
	const char
	        *root; /* "" = this machine; else all files are below it, and what is no file is not asked */
	bool session;  /* of a session daemon: QEMU runs as its user */
};

/* What NVIRT_CHECK_ROOT says, else "": this machine. Borrowed. */
const char *health_root(void);

/* Owned; never NULL. */
struct check_machine *health_read_machine(const struct health_source *source);

struct health_cache;

struct health_round {
	unsigned host;             /* the store's number */
	bool local;                /* QEMU's processes can be looked at */
	const char *log_dir;       /* where its QEMUs' logs are, NULL = elsewhere */
	gint64 deadline_us;        /* monotonic: what is not read by then is left out, and said */
	bool (*go_on)(void *data); /* asked between two calls; may be NULL */
	struct health_cache *cache; /* of the rounds before; NULL = all is read */
	/* A guest's state as usage.h has it, from 1 on; 0 = not known. May be NULL. */
	uint32_t (*serial)(const uint8_t uuid[16], void *data);
	void *data;
};

/* Owned; NULL with `error` when libvirt does not even list its guests. */
struct check_objects *health_read_objects(
        virConnectPtr conn, const struct health_round *round, GError **error);
/* Owned; never NULL. A dead NFS server can hang it. */
struct check_storage *health_read_storage(virConnectPtr conn, const struct health_round *round);
/* Owned; never NULL. Takes a minute where libvirt has to ask QEMU first. */
struct check_capabilities *health_read_capabilities(virConnectPtr conn);

/* ---- parts ---- */
/* Processor, KVM, memory (health_host.c); libvirt's own files (health_files.c). */
void health_read_kernel(struct check_machine *machine, const struct health_source *source);
void health_read_memory(struct check_machine *machine, const struct health_source *source);
void health_read_daemon(struct check_machine *machine, const struct health_source *source);
void health_read_network(struct check_machine *machine, const struct health_source *source);
/* A file below the root; NULL when it cannot be read, `ret_errno` may be NULL. At most 1 MiB, its end is left
 * out. Owned. */
char *health_file(const struct health_source *source, const char *path, int *ret_errno);
char *health_path(const struct health_source *source, const char *path);
bool health_exists(const struct health_source *source, const char *path);
/* The names in a directory below the root, sorted; owned, never NULL. */
GPtrArray *health_names(const struct health_source *source, const char *path);
/* Its one number; `none` where there is none. */
int64_t health_number(const struct health_source *source, const char *path, int64_t none);

/* A guest's definition (live where active) into its row; `secrets`: it was read with its passwords. False
 * with `error`. */
bool health_parse_guest(struct check_objects *objects, struct check_guest *guest, const char *xml,
        bool secrets, GError **error);
void health_parse_capabilities(struct check_capabilities *capabilities, const char *xml);
/* The last line of a QEMU's log that says something went wrong; owned, "" = none. */
char *health_log_line(const char *text);

#endif
