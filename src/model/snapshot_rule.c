/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule for a snapshot's kind: see nvirt/snapshot_rule.h. Pure. */
#include "nvirt/snapshot_rule.h"

#include <string.h>

bool snapshot_rule_keeps(const struct snapshot_rule_disk *disk)
{
	bool medium = strcmp(disk->device, "cdrom") == 0 || strcmp(disk->device, "floppy") == 0;

	return !disk->left_out && !disk->readonly && !disk->empty && !medium;
}

static unsigned kept_count(const struct snapshot_rule_facts *facts)
{
	unsigned n = 0;

	for (unsigned i = 0; i < facts->disk_count; i++)
		n += snapshot_rule_keeps(&facts->disks[i]);
	return n;
}

/* ---- internal ---- */

static char *internal_disk_blocker(const struct snapshot_rule_disk *disk)
{
	struct snapshot_rule_disk taken = *disk;

	taken.left_out = false;
	if (!snapshot_rule_keeps(&taken))
		return NULL;
	if (disk->left_out)
		return g_strdup_printf("disk %s is left out, and an internal one keeps every disk that can be written",
		        disk->target);
	if (strcmp(disk->format, "qcow2") != 0)
		return g_strdup_printf("%s disk %s can not hold one, only qcow2 can",
		        *disk->format ? disk->format : "the", disk->target);
	return NULL;
}

static char *internal_blocker(const struct snapshot_rule_facts *facts)
{
	if (facts->any && facts->tree != SNAPSHOT_INTERNAL)
		return g_strdup(facts->tree == SNAPSHOT_MIXED
		                        ? "this guest's tree has both kinds, made by another program: delete those of one "
		                          "kind first"
		                        : "this guest's tree is external, and kinds are never mixed");
	if (facts->quiesce)
		return g_strdup("the guest's file systems can only be quiesced for an external one without memory");
	if (facts->live)
		return g_strdup("only an external one can be taken while the guest runs on");
	for (unsigned i = 0; i < facts->disk_count; i++) {
		char *blocker = internal_disk_blocker(&facts->disks[i]);
		if (blocker)
			return blocker;
	}
	if (kept_count(facts) == 0)
		return g_strdup("the guest has no qcow2 disk to hold one");
	/* Running or off: libvirt's words are "pflash based firmware are not supported". */
	if (facts->uefi)
		return g_strdup("libvirt makes no internal ones of UEFI guests");
	if (facts->active && !facts->memory)
		return g_strdup("an internal one of a guest that runs always holds its memory");
	return NULL;
}

/* ---- external ---- */

static char *external_disk_blocker(const struct snapshot_rule_disk *disk)
{
	if (!snapshot_rule_keeps(disk))
		return NULL;
	if (strcmp(disk->device, "disk") != 0)
		return g_strdup_printf("disk %s is passed through as a %s: leave it out", disk->target, disk->device);
	if (strcmp(disk->type, "file") != 0 && strcmp(disk->type, "block") != 0 && strcmp(disk->type, "volume") != 0)
		return g_strdup_printf("disk %s is no file or device of the host (%s): leave it out", disk->target,
		        disk->type);
	if (!*disk->format)
		return g_strdup_printf("the definition does not state the format of disk %s, and to guess it is "
		                       "dangerous: state it",
		        disk->target);
	return NULL;
}

static char *external_blocker(const struct snapshot_rule_facts *facts)
{
	bool memory = facts->active && facts->memory;

	if (facts->external_unknown)
		return g_strdup("this host's hypervisor does not know external ones");
	if (facts->any && facts->tree != SNAPSHOT_EXTERNAL)
		return g_strdup(facts->tree == SNAPSHOT_MIXED
		                        ? "this guest's tree has both kinds, made by another program: delete those of one "
		                          "kind first"
		                        : "this guest's tree is internal, and kinds are never mixed");
	for (unsigned i = 0; i < facts->disk_count; i++) {
		char *blocker = external_disk_blocker(&facts->disks[i]);
		if (blocker)
			return blocker;
	}
	if (kept_count(facts) == 0 && !memory)
		return g_strdup("there is nothing to keep: no disk, and no memory");
	if (facts->quiesce && memory)
		return g_strdup("quiescing and memory exclude each other: with the memory nothing is lost anyway");
	if (facts->quiesce && facts->active && !facts->agent)
		return g_strdup("the guest agent, which would quiesce it, is not connected");
	if (facts->quiesce && !facts->active)
		return g_strdup("the guest is off: there is nothing to quiesce");
	if (facts->live && !memory)
		return g_strdup("live is about memory, which this one does not hold");
	return NULL;
}

/* ---- the choice ---- */

static const char *odd_disk(const struct snapshot_rule_facts *facts)
{
	for (unsigned i = 0; i < facts->disk_count; i++)
		if (snapshot_rule_keeps(&facts->disks[i]) && strcmp(facts->disks[i].format, "qcow2") != 0)
			return facts->disks[i].target;
	return NULL;
}

/* Both are possible, and neither was asked for. */
static void prefer(struct snapshot_rule *rule, const struct snapshot_rule_facts *facts)
{
	if (facts->active) {
		rule->kind = SNAPSHOT_EXTERNAL;
		rule->why = g_strdup("its memory is saved with progress and can be aborted; an internal one could not");
	} else {
		rule->kind = SNAPSHOT_INTERNAL;
		rule->why = g_strdup("all its disks are qcow2 and it is off: nothing new lies beside them");
	}
}

static void choose(struct snapshot_rule *rule, const struct snapshot_rule_facts *facts)
{
	if (rule->not_internal && rule->not_external) {
		rule->possible = false;
		rule->why = strcmp(rule->not_internal, rule->not_external) == 0
		                    ? g_strdup(rule->not_internal)
		                    : g_strdup_printf("not internal: %s; not external: %s", rule->not_internal,
		                              rule->not_external);
	} else if (facts->any && !rule->not_internal) {
		rule->kind = SNAPSHOT_INTERNAL;
		rule->why = g_strdup("this guest's tree is internal, and kinds are never mixed");
	} else if (facts->any && facts->tree == SNAPSHOT_EXTERNAL) {
		rule->kind = SNAPSHOT_EXTERNAL;
		rule->why = g_strdup("this guest's tree is external, and kinds are never mixed");
	} else if (rule->not_internal) {
		const char *odd = odd_disk(facts);
		rule->kind = SNAPSHOT_EXTERNAL;
		rule->why = odd ? g_strdup_printf("disk %s is not qcow2, so that it can not hold one", odd)
		                : g_strdup(rule->not_internal);
	} else if (rule->not_external) {
		rule->kind = SNAPSHOT_INTERNAL;
		rule->why = g_strdup(rule->not_external);
	} else {
		prefer(rule, facts);
	}
}

static void choose_asked(struct snapshot_rule *rule, enum snapshot_kind kind)
{
	const char *blocker = kind == SNAPSHOT_INTERNAL ? rule->not_internal : rule->not_external;

	rule->kind = kind;
	rule->possible = !blocker;
	rule->why = g_strdup(blocker ? blocker : "you asked for it");
}

/* ---- what it means ---- */

static void tell(struct snapshot_rule *rule, const struct snapshot_rule_facts *facts)
{
	rule->memory = facts->active && facts->memory;
	if (!facts->active) {
		rule->meanwhile = g_strdup("The guest is off, and nothing of it waits.");
	} else if (rule->kind == SNAPSHOT_INTERNAL) {
		rule->meanwhile = g_strdup("The guest is paused throughout, there is no progress, it can not be aborted, and "
		                           "were libvirtd restarted meanwhile the guest would be lost.");
	} else if (!rule->memory) {
		rule->meanwhile = g_strdup(facts->quiesce ? "The guest runs on; its file systems are frozen for a moment."
		                                          : "The guest runs on.");
	} else {
		rule->progress = rule->abortable = true;
		rule->meanwhile = g_strdup(facts->live ? "The guest runs on while its memory is saved, but for a moment at the "
		                                         "end; it can be aborted."
		                                       : "The guest is paused while its memory is saved; it can be aborted.");
	}
}

struct snapshot_rule *snapshot_rule_find(const struct snapshot_rule_facts *facts, const char *asked)
{
	struct snapshot_rule *rule = g_new0(struct snapshot_rule, 1);

	rule->possible = true;
	rule->not_internal = internal_blocker(facts);
	rule->not_external = external_blocker(facts);
	if (g_strcmp0(asked, "internal") == 0)
		choose_asked(rule, SNAPSHOT_INTERNAL);
	else if (g_strcmp0(asked, "external") == 0)
		choose_asked(rule, SNAPSHOT_EXTERNAL);
	else
		choose(rule, facts);
	tell(rule, facts);
	return rule;
}

void snapshot_rule_free(struct snapshot_rule *rule)
{
	if (!rule)
		return;
	g_free(rule->why);
	g_free(rule->not_internal);
	g_free(rule->not_external);
	g_free(rule->meanwhile);
	g_free(rule);
}

char *snapshot_rule_name(const char *prefix, gint64 now_unix_s)
{
	g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(now_unix_s);
	g_autofree char *time = g_date_time_format(now, "%Y%m%d-%H%M%S");

	return g_strconcat(prefix, time, NULL);
}
