/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests with disk images of known content, for tests of what is done to images. */
#ifndef TESTS_SUPPORT_IMAGES_H
#define TESTS_SUPPORT_IMAGES_H

#include "support/lab.h"
#include "support/ops.h"

/* Runs a command that must succeed; its standard output, owned. */
char *images_command(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* A directory for images that the lab's daemon sees too; owned. */
char *images_dir(struct lab *lab);
/* `format` "qcow2" or "raw"; without `mib` 64 MiB. The path, owned. */
char *images_make(const char *dir, const char *name, const char *format);
char *images_make_sized(const char *dir, const char *name, const char *format, unsigned mib);
/* Fills `kib` KiB from `at_kib` on with a byte. No guest may have it open. */
void images_write(const char *path, const char *format, unsigned byte, unsigned at_kib, unsigned kib);
/* Of the whole content; `snapshot` NULL = of now, else of that internal snapshot. Owned. */
char *images_hash(const char *path, const char *format, const char *snapshot);
/* A guest without a network that runs but does nothing; `devices` are its disks. */
void images_define(virConnectPtr conn, const char *name, const char *os, const char *devices);
char *images_disk(const char *target, const char *path, const char *format, const char *more);
/* Removes every guest whose name begins with "t-", with its snapshots' records. */
void images_clear(virConnectPtr conn);
/* What the guest's stored definition names as that disk; owned. */
char *images_of(virConnectPtr conn, const char *guest, const char *target);

#endif
