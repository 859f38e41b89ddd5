/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's devices, and its guests' processes with their rates, applied to the store. Main thread. */
#include "store_private.h"

#include <string.h>

unsigned store_apply_devices(struct host *host, struct msg *msg)
{
	if (!msg->list)
		return 0;
	if (host->devices)
		g_ptr_array_unref(host->devices);
	host->devices = g_steal_pointer(&msg->list);
	host->device_users_known = msg->known;
	host->device_users_total = msg->total;
	return CHANGE_DETAIL;
}

static const struct qemu_process *find_process(const GPtrArray *processes, const uint8_t uuid[16])
{
	for (unsigned i = 0; processes && i < processes->len; i++) {
		const struct qemu_process *process = processes->pdata[i];

		if (memcmp(process->uuid, uuid, sizeof(process->uuid)) == 0)
			return process;
	}
	return NULL;
}

unsigned store_apply_processes(struct host *host, struct msg *msg)
{
	if (!msg->list)
		return 0;
	for (unsigned i = 0; i < msg->list->len; i++) {
		struct qemu_process *process = msg->list->pdata[i];

		qemu_process_set_rates(process, find_process(host->processes, process->uuid));
	}
	if (host->processes)
		g_ptr_array_unref(host->processes);
	host->processes = g_steal_pointer(&msg->list);
	host->processes_known = msg->known;
	host->processes_total = msg->total;
	return CHANGE_DETAIL;
}
