/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's event numbers as kinds and words: see event_words.h. */
#include "backend/event_words.h"

#include <libvirt/libvirt.h>

enum event_kind event_words_kind(int event, int detail)
{
	static const enum event_kind kinds[] = {
	        [VIR_DOMAIN_EVENT_DEFINED] = EVENT_DEFINED,
	        [VIR_DOMAIN_EVENT_UNDEFINED] = EVENT_UNDEFINED,
	        [VIR_DOMAIN_EVENT_STARTED] = EVENT_STARTED,
	        [VIR_DOMAIN_EVENT_SUSPENDED] = EVENT_SUSPENDED,
	        [VIR_DOMAIN_EVENT_RESUMED] = EVENT_RESUMED,
	        [VIR_DOMAIN_EVENT_STOPPED] = EVENT_STOPPED,
	        [VIR_DOMAIN_EVENT_SHUTDOWN] = EVENT_SHUTDOWN,
	        [VIR_DOMAIN_EVENT_PMSUSPENDED] = EVENT_PM_SUSPENDED,
	        [VIR_DOMAIN_EVENT_CRASHED] = EVENT_CRASHED,
	};

	if (event == VIR_DOMAIN_EVENT_DEFINED && detail == VIR_DOMAIN_EVENT_DEFINED_RENAMED)
		return EVENT_RENAMED;
	if (event == VIR_DOMAIN_EVENT_STOPPED &&
	        (detail == VIR_DOMAIN_EVENT_STOPPED_CRASHED || detail == VIR_DOMAIN_EVENT_STOPPED_FAILED))
		return EVENT_CRASHED;
	return event >= 0 && event < (int)G_N_ELEMENTS(kinds) ? kinds[event] : EVENT_OTHER;
}

/* One row a (event, detail) that has a word. */
static const struct {
	int event, detail;
	const char *word;
} details[] = {
        {VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_ADDED, "new"},
        {VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_UPDATED, "definition changed"},
        {VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_FROM_SNAPSHOT, "from a snapshot"},
        {VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED, "booted"},
        {VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_MIGRATED, "migrated here"},
        {VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_RESTORED, "restored from a saved state"},
        {VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT, "from a snapshot"},
        {VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_WAKEUP, "woke up"},
        {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED, "for migration"},
        {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_IOERROR, "I/O error"},
        {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG, "watchdog"},
        {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_RESTORED, "restored paused"},
        {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT, "from a snapshot"},
        {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_API_ERROR, "an operation failed"},
        {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY, "post-copy migration"},
        {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED, "post-copy migration failed"},
        {VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_MIGRATED, "after migration"},
        {VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT, "from a snapshot"},
        {VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_POSTCOPY, "post-copy migration"},
        {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN, "shut down"},
        {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED, "forced off"},
        {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_CRASHED, "crashed"},
        {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_MIGRATED, "migrated away"},
        {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SAVED, "saved"},
        {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED, "its QEMU failed"},
        {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT, "reverted to a snapshot"},
        {VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_GUEST, "by the guest"},
        {VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_HOST, "by the host"},
        {VIR_DOMAIN_EVENT_PMSUSPENDED, VIR_DOMAIN_EVENT_PMSUSPENDED_MEMORY, "to memory"},
        {VIR_DOMAIN_EVENT_PMSUSPENDED, VIR_DOMAIN_EVENT_PMSUSPENDED_DISK, "to disk"},
        {VIR_DOMAIN_EVENT_CRASHED, VIR_DOMAIN_EVENT_CRASHED_PANICKED, "the guest's kernel panicked"},
};

const char *event_words_detail(int event, int detail)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(details); i++)
		if (details[i].event == event && details[i].detail == detail)
			return details[i].word;
	return "";
}

const char *event_words_io_action(int action)
{
	if (action == VIR_DOMAIN_EVENT_IO_ERROR_PAUSE)
		return ", guest paused";
	return action == VIR_DOMAIN_EVENT_IO_ERROR_REPORT ? ", reported to the guest" : "";
}

const char *event_words_job(int operation)
{
	static const char *const words[] = {
	        [VIR_DOMAIN_JOB_OPERATION_UNKNOWN] = "job",
	        [VIR_DOMAIN_JOB_OPERATION_START] = "start",
	        [VIR_DOMAIN_JOB_OPERATION_SAVE] = "save",
	        [VIR_DOMAIN_JOB_OPERATION_RESTORE] = "restore",
	        [VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN] = "migration here",
	        [VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT] = "migration away",
	        [VIR_DOMAIN_JOB_OPERATION_SNAPSHOT] = "snapshot",
	        [VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_REVERT] = "revert to a snapshot",
	        [VIR_DOMAIN_JOB_OPERATION_DUMP] = "memory dump",
	        [VIR_DOMAIN_JOB_OPERATION_BACKUP] = "backup",
	};

	return operation >= 0 && operation < (int)G_N_ELEMENTS(words) ? words[operation] : "job";
}

const char *event_words_metadata(int type)
{
	if (type == VIR_DOMAIN_METADATA_DESCRIPTION)
		return "description changed";
	return type == VIR_DOMAIN_METADATA_TITLE ? "title changed" : "metadata changed";
}

enum event_kind event_words_network(int event)
{
	switch ((virNetworkEventLifecycleType)event) {
	case VIR_NETWORK_EVENT_DEFINED:
		return EVENT_DEFINED;
	case VIR_NETWORK_EVENT_UNDEFINED:
		return EVENT_UNDEFINED;
	case VIR_NETWORK_EVENT_STARTED:
		return EVENT_STARTED;
	case VIR_NETWORK_EVENT_STOPPED:
		return EVENT_STOPPED;
	}
	return EVENT_OTHER;
}

enum event_kind event_words_pool(int event)
{
	switch ((virStoragePoolEventLifecycleType)event) {
	case VIR_STORAGE_POOL_EVENT_DEFINED:
		return EVENT_DEFINED;
	case VIR_STORAGE_POOL_EVENT_UNDEFINED:
		return EVENT_UNDEFINED;
	case VIR_STORAGE_POOL_EVENT_STARTED:
		return EVENT_STARTED;
	case VIR_STORAGE_POOL_EVENT_STOPPED:
		return EVENT_STOPPED;
	case VIR_STORAGE_POOL_EVENT_CREATED:
	case VIR_STORAGE_POOL_EVENT_DELETED:
		break;
	}
	return EVENT_OTHER;
}

const char *event_words_pool_text(int event)
{
	if (event == VIR_STORAGE_POOL_EVENT_CREATED)
		return "built";
	return event == VIR_STORAGE_POOL_EVENT_DELETED ? "its storage was deleted" : "";
}
