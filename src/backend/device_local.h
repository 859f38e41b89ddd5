/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only a machine's own files tell of its devices: what it needs them for, and whether they can be reset. */
#ifndef NVIRT_BACKEND_DEVICE_LOCAL_H
#define NVIRT_BACKEND_DEVICE_LOCAL_H

#include "backend/health.h"
#include "nvirt/device.h"

/*
 * Fills `host_use` and `reset` of the rows (struct device_row *) that this machine's sysfs has in the same
 * place with the same vendor; others are left alone. Any thread; reads sysfs and /proc only, which do not block.
 */
void device_local_read(const GPtrArray *rows, const struct health_source *source);

#endif
