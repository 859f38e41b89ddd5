/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of the table of actions, verbs in the spirit of virsh. Pure data.
 *
 * A row whose parameters all have defaults runs with them on its key; the menu
 * and the command line can give others.
 */
#include "action_private.h"
#include "action_why.h"
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

static char *current_tags(const struct store *store, const struct obj_ref *ref)
{
	const struct guest_detail *detail = detail_of(store, ref);
	const struct guest *guest = store_guest(store, ref);

	return guest && guest->tags ? g_strdup(guest->tags) : detail ? g_strdup(detail->tags) : NULL;
}

/* ---- parameters ---- */

#define PARAMS_END                                                                                           \
	{                                                                                                    \
		.name = NULL                                                                                 \
	}

static const struct param start_params[] = {
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
        PARAMS_END,
};

#define PARAM_MODE                                                                                           \
	{                                                                                                    \
		.name = "mode", .title = "Way", .type = PARAM_CHOICE, .choices = "default|acpi|agent",       \
		.fallback = "default",                                                                       \
		.help = "Ask by the ACPI button, by the guest agent, or by what the guest answers to.",      \
	}

static const struct param shutdown_params[] = {
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

static const struct param reboot_params[] = {PARAM_MODE, PARAMS_END};

static const struct param destroy_params[] = {
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

static const struct param managed_save_params[] = {PARAM_PAUSED_AFTER, PARAMS_END};

static const struct param save_params[] = {
        {.name = "file",
                .title = "File",
                .help = "Where on the host its memory is written; it must not exist yet.",
                .type = PARAM_PATH,
                .required = true},
        PARAM_PAUSED_AFTER,
        PARAMS_END,
};

static const struct param restore_params[] = {
        {.name = "file",
                .title = "File",
                .help = "The file on the host that 'save' has written; it stays there.",
                .type = PARAM_PATH,
                .required = true},
        PARAM_PAUSED_AFTER,
        PARAMS_END,
};

static const struct param rename_params[] = {
        {.name = "name",
                .title = "New name",
                .help = "What it is called from now on; disks and UUID stay.",
                .type = PARAM_NAME,
                .required = true,
                .current = current_name},
        PARAMS_END,
};

static const struct param describe_params[] = {
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

static const struct param tags_params[] = {
        {.name = "tags",
                .title = "Tags",
                .help = "Words separated by commas; none removes them all.",
                .type = PARAM_STRING,
                .current = current_tags},
        PARAMS_END,
};

static const struct param tag_add_params[] = {
        {.name = "add",
                .title = "Add tags",
                .help = "Words separated by commas; other tags stay.",
                .type = PARAM_STRING,
                .required = true},
        PARAMS_END,
};

static const struct param tag_remove_params[] = {
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

static const struct param clone_params[] = {
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
                .help = "Full: copy the disks as that snapshot of the guest keeps them; empty: as they are now.",
                .type = PARAM_STRING},
        {.name = "own-overlay",
                .title = "Overlay for source",
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

static const struct param untemplate_params[] = {
        {.name = "own-overlay",
                .title = "Overlay of its own",
                .help = "Give it an overlay, so that clones can go on standing on its files.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        PARAMS_END,
};

static const struct param own_overlay_params[] = {
        {.name = "forget-snapshots",
                .title = "Forget snapshots",
                .help = "Have libvirt forget its snapshots, which stay in the old files unused.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        PARAMS_END,
};

static const struct param unprotect_params[] = {
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

static const struct param snapshot_create_params[] = {
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

static const struct param snapshot_auto_params[] = {PARAMS_SNAPSHOT_HOW, PARAMS_END};

#define PARAM_METADATA_ONLY                                                                                  \
	{                                                                                                    \
		.name = "metadata-only", .title = "Record only", .type = PARAM_BOOL, .fallback = "no",       \
		.help = "Make libvirt forget it, and leave its files and what lies in its disks.",           \
	}

static const struct param snapshot_delete_params[] = {
        {.name = "scope",
                .title = "Which",
                .help = "This one, this one with all that stand on it, or only those that stand on it.",
                .type = PARAM_CHOICE,
                .choices = "one|with-children|children",
                .fallback = "one"},
        PARAM_METADATA_ONLY,
        PARAMS_END,
};

static const struct param snapshot_edit_params[] = {
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

static const struct param snapshot_prune_params[] = {
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

static const struct param snapshot_revert_params[] = {
        {.name = "state",
                .title = "Afterwards",
                .help = "What the guest is then: as it was when the snapshot was taken, running, paused or stopped.",
                .type = PARAM_CHOICE,
                .choices = "as-then|running|paused|stopped",
                .fallback = "as-then"},
        {.name = "take-first",
                .title = "Take one of now first",
                .help = "Takes a snapshot of what is now, so that you can come back to it.",
                .type = PARAM_BOOL,
                .fallback = "no"},
        PARAMS_END,
};

const struct action_fixed action_fixed_table[] = {
        {"snapshot-auto", "auto", "yes"},
        {"start-paused", "paused", "yes"},
        {"start-fresh", "force-boot", "yes"},
        {"autostart-on", "on", "yes"},
        {"autostart-off", "on", "no"},
        {"pool-autostart-on", "on", "yes"},
        {"pool-autostart-off", "on", "no"},
        {"net-autostart-on", "on", "yes"},
        {"net-autostart-off", "on", "no"},
        {"template", "on", "yes"},
        {"untemplate", "on", "no"},
        {NULL, NULL, NULL},
};

/* ---- the table ---- */

const struct action action_table[] = {
        /* guests: power */
        {
                .verb = "start",
                .title = "Start",
                .help = "Starts a guest, from its managed save image where it has one.",
                .virsh = "virsh start %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_BULK,
                .key = "s",
                .params = start_params,
                .why_not = why_not_start,
                .op = OP_GUEST_START,
        },
        {
                .verb = "start-paused",
                .title = "Start paused",
                .help = "Starts a guest with its CPUs stopped.",
                .virsh = "virsh start --paused %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_BULK,
                .why_not = why_not_start,
                .op = OP_GUEST_START,
        },
        {
                .verb = "start-fresh",
                .title = "Start afresh",
                .help = "Throws the managed save image away and boots the guest.",
                .virsh = "virsh start --force-boot %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_DANGEROUS | ACTION_BULK,
                .confirm = CONFIRM_YES,
                .consequence = "The saved memory is thrown away: the guest boots as after a power cut.",
                .why_not = why_not_start_fresh,
                .op = OP_GUEST_START,
        },
        {
                .verb = "shutdown",
                .title = "Shut down",
                .help = "Asks the guest to shut down and waits until it is off.",
                .virsh = "virsh shutdown %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_ABORTABLE | ACTION_BULK,
                .key = "S",
                .params = shutdown_params,
                .confirm = CONFIRM_YES,
                .consequence = "The guest is asked to shut down; its services end.",
                .why_not = why_not_shutdown,
                .op = OP_GUEST_SHUTDOWN,
        },
        {
                .verb = "reboot",
                .title = "Reboot",
                .help = "Asks the guest to restart itself.",
                .virsh = "virsh reboot %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_ABORTABLE | ACTION_BULK,
                .key = "B",
                .params = reboot_params,
                .confirm = CONFIRM_YES,
                .consequence = "The guest restarts; its services are away until it is back.",
                .why_not = why_not_shutdown,
                .op = OP_GUEST_REBOOT,
        },
        {
                .verb = "reset",
                .title = "Reset",
                .help = "Presses the reset button: the guest boots without a shutdown.",
                .virsh = "virsh reset %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_DANGEROUS | ACTION_BULK,
                .key = "X",
                .confirm = CONFIRM_YES,
                .consequence = "The guest is reset at once: unsaved data in it is lost.",
                .why_not = why_not_reset,
                .op = OP_GUEST_RESET,
        },
        {
                .verb = "destroy",
                .title = "Force off",
                .help = "Takes the power from the guest; its disks and definition stay.",
                .virsh = "virsh destroy %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_DANGEROUS | ACTION_BULK,
                .key = "D",
                .params = destroy_params,
                .confirm = CONFIRM_YES,
                .consequence = "The guest loses power: unsaved data in it is lost.",
                .why_not = why_not_destroy,
                .op = OP_GUEST_DESTROY,
        },
        {
                .verb = "suspend",
                .title = "Pause",
                .help = "Stops the guest's CPUs; its memory stays where it is.",
                .virsh = "virsh suspend %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_BULK,
                .key = "p",
                .why_not = why_not_suspend,
                .op = OP_GUEST_SUSPEND,
        },
        {
                .verb = "resume",
                .title = "Resume",
                .help = "Lets a paused guest run on.",
                .virsh = "virsh resume %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_BULK,
                .key = "r",
                .why_not = why_not_resume,
                .op = OP_GUEST_RESUME,
        },
        /* guests: saving memory */
        {
                .verb = "managedsave",
                .title = "Managed save",
                .help = "Saves the guest's memory and switches it off; the next start goes on from there.",
                .virsh = "virsh managedsave %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_ABORTABLE | ACTION_BULK,
                .key = "z",
                .params = managed_save_params,
                .confirm = CONFIRM_YES,
                .consequence = "The guest stops running until it is started again.",
                .why_not = why_not_managed_save,
                .op = OP_GUEST_MANAGED_SAVE,
        },
        {
                .verb = "managedsave-remove",
                .title = "Drop managed save",
                .help = "Throws the managed save image away, so that the next start boots.",
                .virsh = "virsh managedsave-remove %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_DANGEROUS | ACTION_BULK,
                .key = "Z",
                .confirm = CONFIRM_YES,
                .consequence = "The saved memory is thrown away: the guest boots as after a power cut.",
                .why_not = why_not_managed_save_remove,
                .op = OP_GUEST_MANAGED_SAVE_REMOVE,
        },
        {
                .verb = "save",
                .title = "Save to a file",
                .help = "Saves the guest's memory to a file on the host and switches it off.",
                .virsh = "virsh save %s FILE",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_ABORTABLE,
                .key = "w",
                .params = save_params,
                .confirm = CONFIRM_YES,
                .consequence = "The guest stops running until it is restored from the file.",
                .why_not = why_not_save,
                .op = OP_GUEST_SAVE,
        },
        /* guests: definition */
        {
                .verb = "autostart-on",
                .title = "Autostart on",
                .help = "Lets the guest start together with its host.",
                .virsh = "virsh autostart %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_BULK,
                .key = "a",
                .why_not = why_not_autostart_on,
                .op = OP_GUEST_AUTOSTART,
        },
        {
                .verb = "autostart-off",
                .title = "Autostart off",
                .help = "Leaves the guest off when its host starts.",
                .virsh = "virsh autostart --disable %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_BULK,
                .key = "A",
                .why_not = why_not_autostart_off,
                .op = OP_GUEST_AUTOSTART,
        },
        {
                .verb = "rename",
                .title = "Rename",
                .help = "Gives a guest that is off another name.",
                .virsh = "virsh domrename %s NAME",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES,
                .key = "F2",
                .params = rename_params,
                .why_not = why_not_rename,
                .op = OP_GUEST_RENAME,
        },
        {
                .verb = "describe",
                .title = "Describe",
                .help = "Edits the guest's title, description and tags.",
                .virsh = "virsh desc %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES,
                .key = "d",
                .params = describe_params,
                .op = OP_GUEST_DESCRIBE,
        },
        {
                .verb = "tags",
                .title = "Tags",
                .help = "Edits the guest's tags.",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES,
                .key = "#",
                .params = tags_params,
                .op = OP_GUEST_DESCRIBE,
        },
        {
                .verb = "tag-add",
                .title = "Add tags",
                .help = "Gives guests tags beside those they have.",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_BULK,
                .key = "T",
                .params = tag_add_params,
                .op = OP_GUEST_TAGS,
        },
        {
                .verb = "tag-remove",
                .title = "Remove tags",
                .help = "Takes tags from guests; their other tags stay.",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_BULK,
                .params = tag_remove_params,
                .op = OP_GUEST_TAGS,
        },
        {
                .verb = "edit",
                .title = "Edit definition",
                .help = "Opens the stored definition in your editor, shows the difference, checks and stores it.",
                .virsh = "virsh edit %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_EDITOR,
                .key = "e",
                .why_not = why_not_edit,
                .op = OP_GUEST_EDIT,
        },
        /* guests: clones */
        {
                .verb = "clone",
                .title = "Clone",
                .help = "Makes clones of a guest: whole copies, or linked ones that stand on its files.",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_ABORTABLE | ACTION_PLAN,
                .key = "c",
                .params = clone_params,
                .why_not = why_not_clone,
                .op = OP_GUEST_CLONE,
        },
        {
                .verb = "template",
                .title = "Make a template",
                .help = "Makes a template of a guest that is off: it does not start, and its disks stay as they are.",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_BULK,
                .confirm = CONFIRM_YES,
                .consequence = "The guest does not start any more, until it is made a guest again.",
                .why_not = why_not_template,
                .op = OP_GUEST_TEMPLATE,
        },
        {
                .verb = "untemplate",
                .title = "Make a guest again",
                .help = "Makes a guest of a template that no clone stands on, or gives it an overlay of its own.",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_BULK,
                .params = untemplate_params,
                .why_not = why_not_untemplate,
                .op = OP_GUEST_TEMPLATE,
        },
        {
                .verb = "own-overlay",
                .title = "Own overlay",
                .help = "Gives a guest that clones stand on files of its own, so that it and they can all run.",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_PLAN,
                .params = own_overlay_params,
                .why_not = why_not_own_overlay,
                .op = OP_GUEST_OWN_OVERLAY,
        },
        {
                .verb = "unprotect",
                .title = "Lift protection",
                .help = "Lets a guest write to its files again when no clone stands on them any more.",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_BULK,
                .params = unprotect_params,
                .op = OP_GUEST_UNPROTECT,
        },
        {
                .verb = "undefine",
                .title = "Delete",
                .help = "Deletes a guest, and those of its disks and files that are chosen.",
                .virsh = "virsh undefine %s",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_DANGEROUS | ACTION_PLAN | ACTION_PICK,
                .key = "U",
                .confirm = CONFIRM_NAME,
                .consequence = "The guest and everything chosen here are gone for good.",
                .why_not = why_not_undefine,
                .op = OP_GUEST_UNDEFINE,
        },
        /* snapshots */
        {
                .verb = "snapshot-create",
                .title = "Take a snapshot",
                .help = "Keeps the guest as it is now: its disks, its definition and, where it runs, its memory.",
                .virsh = "virsh snapshot-create-as %s NAME",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_PLAN | ACTION_ABORTABLE,
                .key = "b",
                .params = snapshot_create_params,
                .why_not = why_not_snapshot_create,
                .op = OP_SNAPSHOT_TAKE,
        },
        {
                .verb = "snapshot-auto",
                .title = "Take an automatic snapshot",
                .help = "The same with a name made of the time, \"auto-…\", of which 'snapshot-prune' keeps the newest.",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_PLAN | ACTION_ABORTABLE | ACTION_BULK,
                .params = snapshot_auto_params,
                .why_not = why_not_snapshot_create,
                .op = OP_SNAPSHOT_TAKE,
        },
        {
                .verb = "snapshot-prune",
                .title = "Prune snapshots",
                .help = "Deletes all automatic snapshots of the guest but the newest ones.",
                .kind = OBJ_GUEST,
                .flags = ACTION_WRITES | ACTION_DANGEROUS | ACTION_PLAN | ACTION_ABORTABLE | ACTION_BULK,
                .params = snapshot_prune_params,
                .confirm = CONFIRM_YES,
                .consequence = "There is no way back to those that are deleted.",
                .why_not = why_not_snapshot_prune,
                .op = OP_SNAPSHOT_PRUNE,
        },
        {
                .verb = "snapshot-delete",
                .title = "Delete",
                .help = "Deletes a snapshot; what was written since is merged down, all others stay whole.",
                .virsh = "virsh snapshot-delete DOMAIN %s",
                .kind = OBJ_SNAPSHOT,
                .flags = ACTION_WRITES | ACTION_DANGEROUS | ACTION_PLAN | ACTION_ABORTABLE,
                .key = "U",
                .params = snapshot_delete_params,
                .confirm = CONFIRM_YES,
                .consequence = "There is no way back to what is deleted.",
                .op = OP_SNAPSHOT_DELETE,
        },
        {
                .verb = "snapshot-edit",
                .title = "Edit",
                .help = "Changes a snapshot's name and description.",
                .virsh = "virsh snapshot-edit DOMAIN %s",
                .kind = OBJ_SNAPSHOT,
                .flags = ACTION_WRITES,
                .key = "F2",
                .params = snapshot_edit_params,
                .op = OP_SNAPSHOT_EDIT,
        },
        {
                .verb = "snapshot-revert",
                .title = "Roll back",
                .help = "Brings disks, definition and, where it was kept, memory of a snapshot back.",
                .virsh = "virsh snapshot-revert DOMAIN %s",
                .kind = OBJ_SNAPSHOT,
                .flags = ACTION_WRITES | ACTION_DANGEROUS | ACTION_PLAN | ACTION_ABORTABLE,
                .key = "B",
                .params = snapshot_revert_params,
                .confirm = CONFIRM_YES,
                .consequence = "What the guest is now is lost: its disks, its memory and its definition become those of then.",
                .why_not = why_not_snapshot_revert,
                .op = OP_SNAPSHOT_REVERT,
        },
        /* pools */
        {
                .verb = "pool-start",
                .title = "Start pool",
                .help = "Starts a storage pool: its volumes can be used.",
                .virsh = "virsh pool-start %s",
                .kind = OBJ_POOL,
                .flags = ACTION_WRITES | ACTION_BULK,
                .key = "s",
                .why_not = why_not_pool_start,
                .op = OP_POOL_START,
        },
        {
                .verb = "pool-stop",
                .title = "Stop pool",
                .help = "Stops a storage pool; its volumes and its definition stay.",
                .virsh = "virsh pool-destroy %s",
                .kind = OBJ_POOL,
                .flags = ACTION_WRITES | ACTION_DANGEROUS | ACTION_BULK,
                .key = "S",
                .confirm = CONFIRM_YES,
                .consequence = "Guests that name a volume of it can not start until it is active again.",
                .why_not = why_not_pool_active,
                .op = OP_POOL_STOP,
        },
        {
                .verb = "pool-autostart-on",
                .title = "Autostart on",
                .help = "Lets the pool start together with its host.",
                .virsh = "virsh pool-autostart %s",
                .kind = OBJ_POOL,
                .flags = ACTION_WRITES | ACTION_BULK,
                .key = "a",
                .why_not = why_not_pool_autostart_on,
                .op = OP_POOL_AUTOSTART,
        },
        {
                .verb = "pool-autostart-off",
                .title = "Autostart off",
                .help = "Leaves the pool stopped when its host starts.",
                .virsh = "virsh pool-autostart --disable %s",
                .kind = OBJ_POOL,
                .flags = ACTION_WRITES | ACTION_BULK,
                .key = "A",
                .why_not = why_not_pool_autostart_off,
                .op = OP_POOL_AUTOSTART,
        },
        {
                .verb = "pool-refresh",
                .title = "Refresh pool",
                .help = "Lets libvirt look at what lies in the pool again.",
                .virsh = "virsh pool-refresh %s",
                .kind = OBJ_POOL,
                .flags = ACTION_WRITES | ACTION_BULK,
                .key = "r",
                .why_not = why_not_pool_active,
                .op = OP_POOL_REFRESH,
        },
        /* networks */
        {
                .verb = "net-start",
                .title = "Start network",
                .help = "Starts a virtual network: guests can be plugged in.",
                .virsh = "virsh net-start %s",
                .kind = OBJ_NETWORK,
                .flags = ACTION_WRITES | ACTION_BULK,
                .key = "s",
                .why_not = why_not_network_start,
                .op = OP_NETWORK_START,
        },
        {
                .verb = "net-stop",
                .title = "Stop network",
                .help = "Stops a virtual network; its definition stays.",
                .virsh = "virsh net-destroy %s",
                .kind = OBJ_NETWORK,
                .flags = ACTION_WRITES | ACTION_DANGEROUS | ACTION_BULK,
                .key = "S",
                .confirm = CONFIRM_YES,
                .consequence = "Guests plugged into it lose their connection, also after it starts again.",
                .why_not = why_not_network_stop,
                .op = OP_NETWORK_STOP,
        },
        {
                .verb = "net-autostart-on",
                .title = "Autostart on",
                .help = "Lets the network start together with its host.",
                .virsh = "virsh net-autostart %s",
                .kind = OBJ_NETWORK,
                .flags = ACTION_WRITES | ACTION_BULK,
                .key = "a",
                .why_not = why_not_network_autostart_on,
                .op = OP_NETWORK_AUTOSTART,
        },
        {
                .verb = "net-autostart-off",
                .title = "Autostart off",
                .help = "Leaves the network stopped when its host starts.",
                .virsh = "virsh net-autostart --disable %s",
                .kind = OBJ_NETWORK,
                .flags = ACTION_WRITES | ACTION_BULK,
                .key = "A",
                .why_not = why_not_network_autostart_off,
                .op = OP_NETWORK_AUTOSTART,
        },
        /* hosts */
        {
                .verb = "connect",
                .title = "Connect",
                .help = "Connects to the host.",
                .kind = OBJ_HOST,
                .flags = ACTION_LOCAL | ACTION_OFFLINE | ACTION_BULK,
                .key = "c",
                .why_not = why_not_connect,
        },
        {
                .verb = "disconnect",
                .title = "Disconnect",
                .help = "Closes the connection to the host and stays away; its guests run on.",
                .kind = OBJ_HOST,
                .flags = ACTION_LOCAL | ACTION_OFFLINE | ACTION_BULK,
                .key = "x",
                .why_not = why_not_disconnect,
        },
        {
                .verb = "reconnect",
                .title = "Reconnect",
                .help = "Connects to the host anew at once, also when it hangs.",
                .kind = OBJ_HOST,
                .flags = ACTION_LOCAL | ACTION_OFFLINE | ACTION_BULK,
                .key = "R",
        },
        {
                .verb = "restore",
                .title = "Restore from a file",
                .help = "Starts the guest that was saved to a file on the host.",
                .virsh = "virsh restore FILE",
                .kind = OBJ_HOST,
                .flags = ACTION_WRITES | ACTION_ABORTABLE,
                .key = "r",
                .params = restore_params,
                .op = OP_GUEST_RESTORE,
        },
        {
                .verb = "pool-define-default",
                .title = "Make the default pool",
                .help = "Defines the usual storage pool 'default' in a directory, and starts it.",
                .kind = OBJ_HOST,
                .flags = ACTION_WRITES,
                .key = "p",
                .why_not = why_not_pool_define_default,
                .op = OP_POOL_DEFINE_DEFAULT,
        },
        {
                .verb = "net-define-default",
                .title = "Make the default network",
                .help = "Defines the usual network 'default' (NAT, 192.168.122.0/24), and starts it.",
                .kind = OBJ_HOST,
                .flags = ACTION_WRITES,
                .key = "w",
                .why_not = why_not_network_define_default,
                .op = OP_NETWORK_DEFINE_DEFAULT,
        },
        /* tasks */
        {
                .verb = "task-abort",
                .title = "Abort",
                .help = "Asks a running operation to end, where libvirt can end it.",
                .kind = OBJ_TASK,
                .flags = ACTION_LOCAL | ACTION_OFFLINE | ACTION_DANGEROUS,
                .key = "X",
                .confirm = CONFIRM_YES,
                .consequence = "The operation is broken off; libvirt undoes what it can of it.",
                .why_not = why_not_task_abort,
        },
        {
                .verb = "task-cleanup",
                .title = "Clean up",
                .help = "Removes what a task that failed or was cut short has left on its host.",
                .kind = OBJ_TASK,
                .flags = ACTION_WRITES | ACTION_DANGEROUS | ACTION_PLAN | ACTION_PICK,
                .key = "C",
                .confirm = CONFIRM_YES,
                .consequence = "What is chosen here is removed for good; what is not stays, and is not offered again.",
                .why_not = why_not_task_cleanup,
                .op = OP_TASK_CLEANUP,
        },
};

const unsigned action_count = G_N_ELEMENTS(action_table);
