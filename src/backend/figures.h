/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of one running guest that only its QEMU's monitor knows. Detail thread; every call here may hang. */
#ifndef NVIRT_BACKEND_FIGURES_H
#define NVIRT_BACKEND_FIGURES_H

#include <libvirt/libvirt.h>

#include "nvirt/inv.h"

/* Balloon, disks and NICs, in one call where the driver has it. What is not told stays -1. */
void figures_read(virDomainPtr dom, struct guest_detail *detail);
/* "migration away, 45 %", owned, or NULL. Blocks while a RAM snapshot runs: ask control first. */
char *figures_job(virDomainPtr dom);
/* "vda: no space", owned, or NULL. */
char *figures_disk_errors(virDomainPtr dom, unsigned disks);

#endif
