/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of a host, handled through libvirt's storage: so they are reached on
 * remote hosts and without being root there. A file that lies in no pool is
 * reached through a pool that lives only meanwhile. Blocking; worker threads.
 * Paths are raw and absolute.
 */
#ifndef NVIRT_BACKEND_HOSTFILE_H
#define NVIRT_BACKEND_HOSTFILE_H

#include <libvirt/libvirt.h>

#include "backend/job.h"

/* A file that is held open for libvirt's calls. */
struct hostfile {
	char *path, *name;
	virStoragePoolPtr pool;
	virStorageVolPtr vol; /* NULL = there is no such file */
	bool lent;            /* the pool is ours and ends with it */
};

/* The active pool of type dir, fs or netfs whose directory it is; owned, NULL = none. */
virStoragePoolPtr hostfile_pool_of_dir(virConnectPtr conn, const char *dir);
/* A pool of our own for that directory, transient: to be destroyed (virStoragePoolDestroy()). NULL with libvirt's error. */
virStoragePoolPtr hostfile_lend_pool(virConnectPtr conn, const char *dir);

/*
 * Finds it, also one that its pool has not noticed yet. True also where there is
 * no such file; false with `error` when it can not be looked at (no such
 * directory, no permission). Always closed by hostfile_close(), also after false.
 */
bool hostfile_open(struct hostfile *file, virConnectPtr conn, const char *path, GError **error);
/*
 * The pool of a directory where files are to be made, as it is known: libvirt itself
 * refuses to make one whose name is taken. No file: `vol` stays NULL.
 */
bool hostfile_open_dir(struct hostfile *file, virConnectPtr conn, const char *dir, GError **error);
void hostfile_close(struct hostfile *file);
typedef struct hostfile hostfile_auto; /* for g_auto() only */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(hostfile_auto, hostfile_close)

/* What libvirt knows of a file. */
struct hostfile_info {
	bool exists;
	uint64_t capacity_bytes, allocation_bytes;
	char *format;            /* "qcow2", "raw"; "" = not known */
	char *base, *base_format; /* raw path of what it is based on; "" = nothing */
	char *pool;              /* raw name of its pool; "" = in none */
	unsigned mode;
	int64_t uid, gid; /* -1 = not known */
};

/* False with `error` when it can not be told. */
bool hostfile_look(virConnectPtr conn, const char *path, struct hostfile_info *ret_info, GError **error);
void hostfile_info_fini(struct hostfile_info *info);

/* True when it is not there any more, also when it never was. Does not look who uses it. */
bool hostfile_delete(virConnectPtr conn, const char *path, GError **error);
/*
 * An empty qcow2 (compat 1.1) over `base`, whose format is stated, never
 * probed. `capacity_bytes` 0 = the base's. Fails when `path` exists.
 */
bool hostfile_make_overlay(virConnectPtr conn, const char *path, const char *base, const char *base_format,
        uint64_t capacity_bytes, GError **error);
/* The same in an open pool, which is not read anew: for many at once. */
bool hostfile_add_overlay(virStoragePoolPtr pool, const char *name, const char *base, const char *base_format,
        uint64_t capacity_bytes, GError **error);
/* Byte for byte through this machine, for small ones (NVRAM): at most 256 MiB. Fails when `to` exists. */
bool hostfile_copy_small(virConnectPtr conn, const char *from, const char *to, GError **error);

/*
 * Is what libvirt calls `path` the very file that this machine sees there? A
 * local socket does not prove it: the daemon may live in a namespace of its own
 * or at the far end of a tunnel. True only for a regular file with the same size,
 * owner and times to the nanosecond.
 */
bool hostfile_is_local(virConnectPtr conn, const char *path);
/* "device:inode" of a file of this machine; owned; NULL = there is none. */
char *hostfile_identity(const char *path);

#endif
