/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parameters of the actions. Pure data. */
#include "action_params.h"
#include "nvirt/snapshot_rule.h"

/* ---- today's values, for forms ---- */

static char *current_name(const struct store *store, const struct obj_ref *ref)
{
	return g_strdup(store_name(store, ref));
}

static const struct guest_detail *detail_of(const struct store *store, const struct obj_ref *ref)
{
	const struct guest *guest = store_guest(store, ref);

	return guest ? guest->detail : NULL;
}

static char *current_title(const struct store *store, const struct obj_ref *ref)
{
	const struct guest_detail *detail = detail_of(store, ref);

	return detail ? g_strdup(detail->title) : NULL;
}

static char *current_description(const struct store *store, const struct obj_ref *ref)
{
	const struct guest_detail *detail = detail_of(store, ref);

	return detail ? g_strdup(detail->description) : NULL;
}

static char *current_base(const struct store *store, const struct obj_ref *ref)
{
	const struct volume *volume = store_volume(store, ref);
	const GPtrArray *chain = volume ? volume->row->chain : NULL;

	return chain && chain->len ? g_strdup(((const struct volume_layer *)chain->pdata[0])->path) : NULL;
}

static char *current_tags(const struct store *store, const struct obj_ref *ref)
{
	const struct guest_detail *detail = detail_of(store, ref);
	const struct guest *guest = store_guest(store, ref);

	return guest && guest->tags ? g_strdup(guest->tags) : detail ? g_strdup(detail->tags) : NULL;
}

/* What it has now, so that a small change is a small change. */
static char *current_memory(const struct store *store, const struct obj_ref *ref)
{
	const struct guest_detail *detail = detail_of(store, ref);
	int64_t kib = detail && detail->balloon_kib > 0 ? detail->balloon_kib : 0;

	if (!kib)
		return NULL;
	return kib % 1024 ? g_strdup_printf("%" G_GINT64_FORMAT " KiB", kib)
	                  : g_strdup_printf("%" G_GINT64_FORMAT " MiB", kib / 1024);
}

static const struct node_ksm *ksm_of(const struct store *store, const struct obj_ref *ref)
{
	const struct host *host = store_host(store, ref->host);

	return host && host->node_detail ? &host->node_detail->ksm : NULL;
}

static char *current_pages(const struct store *store, const struct obj_ref *ref)
{
	const struct node_ksm *ksm = ksm_of(store, ref);

	return ksm && ksm->pages_to_scan >= 0 ? g_strdup_printf("%" G_GINT64_FORMAT, ksm->pages_to_scan) : NULL;
}

static char *current_sleep(const struct store *store, const struct obj_ref *ref)
{
	const struct node_ksm *ksm = ksm_of(store, ref);

	return ksm && ksm->sleep_ms >= 0 ? g_strdup_printf("%" G_GINT64_FORMAT, ksm->sleep_ms) : NULL;
}

/* ---- parameters ---- */

#define PARAMS_END                                                                                           \
	{                                                                                                    \
		.name = NULL                                                                                 \
	}

#define PARAM_ALLOW                                                                                          \
	{                                                                                                    \
		.name = "allow", .title = "Allow files", .type = PARAM_STRING, .fallback = "", .rare = true, \
		.help = "Paths, separated by commas, that an image's header may name though they are odd.",  \
	}

const struct param start_params[] = {
        {.name = "paused",
                .title = "Paused",
                .help = "Create it with its CPUs stopped; resume lets it run.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        {.name = "force-boot",
                .title = "Boot afresh",
                .help = "Throw a managed save image away and boot, as if the power had been cut.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        {.name = "reset-nvram",
                .title = "Reset NVRAM",
                .help = "Make the firmware's variables anew from their template (UEFI).",
                .type = PARAM_BOOL,
                .fallback = "no"},
        PARAM_ALLOW,
        PARAMS_END,
};

const struct param allow_params[] = {PARAM_ALLOW, PARAMS_END};

const struct param volume_delete_params[] = {
        {.name = "unseen", .title = "Although unseen", .type = PARAM_BOOL, .fallback = "no",
                .help = "Also when some pools or guests can not be looked at for users of it."},
        PARAMS_END,
};

const struct param volume_rebase_params[] = {
        {.name = "base",
                .title = "New base",
                .help = "Where the image it stands on lies now.",
                .type = PARAM_PATH,
                .required = true,
                .current = current_base},
        {.name = "format",
                .title = "Its format",
                .help = "The format of the new base; it is never guessed.",
                .type = PARAM_CHOICE,
                .choices = "qcow2|raw",
                .fallback = "qcow2"},
        PARAM_ALLOW,
        PARAMS_END,
};

#define PARAM_MODE                                                                                           \
	{                                                                                                    \
		.name = "mode", .title = "Way", .type = PARAM_CHOICE, .choices = "default|acpi|agent",       \
		.fallback = "default",                                                                       \
		.help = "Ask by the ACPI button, by the guest agent, or by what the guest answers to.",      \
	}

const struct param shutdown_params[] = {
        PARAM_MODE,
        {.name = "timeout",
                .title = "Time-out",
                .help = "Seconds to wait until it is off; 0 asks it and does not wait.",
                .type = PARAM_SECONDS,
                .fallback = "60"},
        {.name = "then-force",
                .title = "Then force off",
                .help = "Force it off when the time is over.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        PARAMS_END,
};

const struct param reboot_params[] = {PARAM_MODE, PARAMS_END};

const struct param destroy_params[] = {
        {.name = "graceful",
                .title = "Gracefully",
                .help = "Let QEMU end by itself (SIGTERM), and fail rather than kill it.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        PARAMS_END,
};

#define PARAM_PAUSED_AFTER                                                                                   \
	{                                                                                                    \
		.name = "paused", .title = "Paused after restore", .type = PARAM_BOOL, .fallback = "no",     \
		.help = "Leave its CPUs stopped when it is restored.",                                       \
	}

const struct param managed_save_params[] = {PARAM_PAUSED_AFTER, PARAMS_END};

const struct param save_params[] = {
        {.name = "file",
                .title = "File",
                .help = "Where on the host its memory is written; it must not exist yet.",
                .type = PARAM_PATH,
                .required = true},
        PARAM_PAUSED_AFTER,
        PARAMS_END,
};

const struct param restore_params[] = {
        {.name = "file",
                .title = "File",
                .help = "The file on the host that 'save' has written; it stays there.",
                .type = PARAM_PATH,
                .required = true},
        PARAM_PAUSED_AFTER,
        PARAMS_END,
};

const struct param rename_params[] = {
        {.name = "name",
                .title = "New name",
                .help = "What it is called from now on; disks and UUID stay.",
                .type = PARAM_NAME,
                .required = true,
                .current = current_name},
        PARAMS_END,
};

const struct param describe_params[] = {
        {.name = "title",
                .title = "Title",
                .help = "A short title, one line.",
                .type = PARAM_STRING,
                .current = current_title},
        {.name = "description",
                .title = "Description",
                .help = "Any text, also of several lines.",
                .type = PARAM_TEXT,
                .current = current_description},
        {.name = "tags",
                .title = "Tags",
                .help = "Words separated by commas, to find and group guests by.",
                .type = PARAM_STRING,
                .current = current_tags},
        PARAMS_END,
};

const struct param tags_params[] = {
        {.name = "tags",
                .title = "Tags",
                .help = "Words separated by commas; none removes them all.",
                .type = PARAM_STRING,
                .current = current_tags},
        PARAMS_END,
};

const struct param tag_add_params[] = {
        {.name = "add",
                .title = "Add tags",
                .help = "Words separated by commas; other tags stay.",
                .type = PARAM_STRING,
                .required = true},
        PARAMS_END,
};

const struct param tag_remove_params[] = {
        {.name = "remove",
                .title = "Remove tags",
                .help = "Words separated by commas; other tags stay.",
                .type = PARAM_STRING,
                .required = true},
        PARAMS_END,
};

static char *propose_clone_name(const struct store *store, const struct obj_ref *ref)
{
	return g_strdup_printf("%s-clone", store_name(store, ref));
}

const struct param balloon_params[] = {
        {.name = "memory",
                .title = "Memory",
                .help = "What the guest is given from now on, with its unit: 768 MiB, 1.5G.",
                .type = PARAM_SIZE,
                .required = true,
                .current = current_memory},
        {.name = "stats-period",
                .title = "Figures every",
                .help = "How often its driver tells how memory is used, in seconds; 0: never, empty: as it is.",
                .type = PARAM_SECONDS,
                .fallback = ""},
        PARAMS_END,
};

const struct param ksm_params[] = {
        {.name = "state",
                .title = "State",
                .help = "Whether equal pages are merged; unmerge turns it off and takes apart what was merged.",
                .type = PARAM_CHOICE,
                .choices = "keep|on|off|unmerge",
                .fallback = "keep"},
        {.name = "pages-to-scan",
                .title = "Pages at once",
                .help = "How many pages it looks at before it sleeps; empty: as it is.",
                .type = PARAM_NUMBER,
                .fallback = "",
                .current = current_pages},
        {.name = "sleep-ms",
                .title = "Sleeps (ms)",
                .help = "How long it sleeps then, in milliseconds; empty: as it is.",
                .type = PARAM_NUMBER,
                .fallback = "",
                .current = current_sleep},
        {.name = "cells",
                .title = "NUMA cells",
                .help = "Whether pages of different NUMA cells are merged too.",
                .type = PARAM_CHOICE,
                .choices = "keep|across|within",
                .fallback = "keep"},
        PARAMS_END,
};

const struct param clone_params[] = {
        {.name = "name",
                .title = "Name",
                .help = "The clone's name; of several, '##' in it becomes the number.",
                .type = PARAM_NAME,
                .required = true,
                .propose = propose_clone_name},
        {.name = "mode",
                .title = "Kind",
                .help = "A copy of its own, or an overlay on the source's file; linked by default for a template.",
                .type = PARAM_CHOICE,
                .choices = "default|full|linked",
                .fallback = "default"},
        {.name = "count",
                .title = "How many",
                .help = "Several clones at once, at most 1000.",
                .type = PARAM_STRING,
                .fallback = "1"},
        {.name = "start",
                .title = "Start",
                .help = "Start it when it is made.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        {.name = "pool",
                .title = "Pool",
                .help = "Where its files go; empty: beside the source's.",
                .type = PARAM_STRING},
        {.name = "format",
                .title = "Format",
                .help = "Of the copies of a full clone.",
                .type = PARAM_CHOICE,
                .choices = "same|qcow2|raw",
                .fallback = "same"},
        {.name = "from-snapshot",
                .title = "From snapshot",
                .help = "The disks as that snapshot of the guest keeps them; empty: as they are now.",
                .type = PARAM_STRING},
        {.name = "own-overlay",
                .title = "Own overlay",
                .help = "Linked, and the source runs: give it an overlay first, so that its files stay as they are.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        {.name = "keep-passthrough",
                .title = "Host devices too",
                .help = "Keep devices of the host in it; only one guest at a time can have them.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        {.name = "allow",
                .title = "Allow files",
                .help = "Odd files below its images that you trust, separated by commas.",
                .type = PARAM_STRING},
        PARAMS_END,
};

const struct param untemplate_params[] = {
        {.name = "own-overlay",
                .title = "Own overlay",
                .help = "Give it an overlay, so that clones can go on standing on its files.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        PARAMS_END,
};

const struct param own_overlay_params[] = {
        {.name = "forget-snapshots",
                .title = "Forget snapshots",
                .help = "Have libvirt forget its snapshots, which stay in the old files unused.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        PARAMS_END,
};

const struct param unprotect_params[] = {
        {.name = "anyway",
                .title = "Anyway",
                .help = "Also when it can not be told whether all clones are gone.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        PARAMS_END,
};

/* ---- snapshots ---- */

static char *propose_snapshot_name(const struct store *store, const struct obj_ref *ref)
{
	(void)store;
	(void)ref;
	return snapshot_rule_name("snap-", g_get_real_time() / G_USEC_PER_SEC);
}

static char *current_snapshot_name(const struct store *store, const struct obj_ref *ref)
{
	return g_strdup(store_snapshot(store, ref)->row->name);
}

static char *current_snapshot_description(const struct store *store, const struct obj_ref *ref)
{
	return g_strdup(store_snapshot(store, ref)->row->description);
}

#define PARAMS_SNAPSHOT_HOW                                                                                  \
	{.name = "description",                                                                              \
	        .title = "Description",                                                                      \
	        .help = "Any text: why it was taken.",                                                       \
	        .type = PARAM_TEXT},                                                                         \
	        {.name = "memory",                                                                           \
	                .title = "With memory",                                                              \
	                .help = "Of a guest that runs: keep its memory too, so that it goes on from there.", \
	                .type = PARAM_BOOL,                                                                  \
	                .fallback = "yes"},                                                                  \
	        {.name = "quiesce",                                                                          \
	                .title = "Quiesce",                                                                  \
	                .help = "Let the guest agent freeze its file systems meanwhile; without memory.",    \
	                .type = PARAM_BOOL,                                                                  \
	                .fallback = "no"},                                                                   \
	{                                                                                                    \
		.name = "live", .title = "Live", .type = PARAM_BOOL, .fallback = "no",                       \
		.help = "Let the guest run on while its memory is saved (external ones); takes longer.",     \
	}

const struct param snapshot_create_params[] = {
        {.name = "name",
                .title = "Name",
                .help = "What it is called.",
                .type = PARAM_NAME,
                .propose = propose_snapshot_name},
        PARAMS_SNAPSHOT_HOW,
        {.name = "kind",
                .title = "Kind",
                .help = "Inside the qcow2 files, or as files beside them; auto takes what fits the guest and says why.",
                .type = PARAM_CHOICE,
                .choices = "auto|internal|external",
                .fallback = "auto"},
        {.name = "leave-out",
                .title = "Leave out",
                .help = "Disks that it does not keep, separated by commas: vdb,vdc.",
                .type = PARAM_STRING},
        PARAMS_END,
};

const struct param snapshot_auto_params[] = {PARAMS_SNAPSHOT_HOW, PARAMS_END};

#define PARAM_METADATA_ONLY                                                                                  \
	{                                                                                                    \
		.name = "metadata-only", .title = "Record only", .type = PARAM_BOOL, .fallback = "no",       \
		.help = "Make libvirt forget it, and leave its files and what lies in its disks.",           \
	}

const struct param snapshot_delete_params[] = {
        {.name = "scope",
                .title = "Which",
                .help = "This one, this one with all that stand on it, or only those that stand on it.",
                .type = PARAM_CHOICE,
                .choices = "one|with-children|children",
                .fallback = "one"},
        PARAM_METADATA_ONLY,
        PARAMS_END,
};

const struct param snapshot_edit_params[] = {
        {.name = "name",
                .title = "Name",
                .help = "What it is called from now on (external ones).",
                .type = PARAM_NAME,
                .current = current_snapshot_name},
        {.name = "description",
                .title = "Description",
                .help = "Any text, also of several lines.",
                .type = PARAM_TEXT,
                .current = current_snapshot_description},
        PARAMS_END,
};

const struct param snapshot_prune_params[] = {
        {.name = "keep",
                .title = "Keep",
                .help = "How many of the newest stay.",
                .type = PARAM_STRING,
                .required = true},
        {.name = "prefix",
                .title = "Prefix",
                .help = "Only those count whose name begins so.",
                .type = PARAM_STRING,
                .fallback = "auto-"},
        PARAMS_END,
};

const struct param snapshot_revert_params[] = {
        {.name = "state",
                .title = "Afterwards",
                .help = "What the guest is then: as it was when the snapshot was taken, running, paused or stopped.",
                .type = PARAM_CHOICE,
                .choices = "as-then|running|paused|stopped",
                .fallback = "as-then"},
        {.name = "take-first",
                .title = "Take one first",
                .help = "Takes a snapshot of what is now, so that you can come back to it.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        PARAMS_END,
};
