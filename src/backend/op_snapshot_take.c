/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking a snapshot. Worker threads.
 *
 * Every file gets a name of its own, written into the journal before it is
 * made; a take that fails leaves none of them, no record, and the guest in the
 * state it was in.
 */
#include <string.h>

#include "backend/file_users.h"
#include "backend/hostfile.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "backend/protect.h"
#include "backend/screens.h"
#include "backend/snapshot_take.h"
#include "backend/snapshot_watch.h"
#include "backend/snapshot_write.h"
#include "backend/steps.h"
#include "backend/xml.h"
#include "nvirt/text.h"

#define VERB "take a snapshot of"
#define AGENT_TIMEOUT_S 10
#define LOOK_US G_USEC_PER_SEC
/* In job->paths, for settling. */
#define NVRAM_NOTE "kept-nvram "

/* ---- the plan ---- */

static struct plan_item *add_item(
        struct plan *plan, const char *id, const char *target, const char *what, const char *path)
{
	g_autofree char *full_id = target ? g_strdup_printf("%s:%s", id, target) : g_strdup(id);
	g_autofree char *full_what = target ? g_strdup_printf("%s %s", what, target) : g_strdup(what);
	g_autofree char *shown = text_clean(path, -1);
	struct plan_item *item = plan_add(plan, full_id, full_what, shown);

	item->chosen = item->required = true;
	item->does = PLAN_MAKE;
	return item;
}

static void set_note(struct plan_item *item, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void set_note(struct plan_item *item, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *raw = g_strdup_vprintf(format, args);
	va_end(args);
	g_free(item->note);
	item->note = text_clean(raw, -1);
}

static void plan_inside(struct plan *plan, const struct take_disk *disk)
{
	struct plan_item *item = add_item(plan, "disk", disk->target, "disk", disk->path);

	item->does = PLAN_CHANGE;
	set_note(item, "its state of now is kept inside the file");
}

static void plan_disks(struct plan *plan, const struct take *take)
{
	for (unsigned i = 0; i < take->disks->len; i++) {
		const struct take_disk *disk = g_ptr_array_index(take->disks, i);
		const struct snapshot_rule_disk as_rule = {.device = disk->device, .readonly = disk->readonly,
		        .empty = disk->empty, .left_out = disk->left_out};
		if (disk->overlay)
			set_note(add_item(plan, "make", disk->target, "new file for what is written since to", disk->overlay),
			        "'%s' keeps the state of now", disk->path);
		else if (disk->left_out)
			plan_note(plan, "Disk %s is left out: a roll back leaves it as it is then.", disk->target);
		else if (!snapshot_rule_keeps(&as_rule))
			plan_note(plan, "%s %s is not part of it (%s).", disk->device, disk->target,
			        disk->empty ? "empty" : disk->readonly ? "read-only" : "a medium");
		else
			plan_inside(plan, disk);
	}
}

static void plan_space(struct plan *plan, const struct take *take)
{
	char need[32], there[32];

	if (!take->place)
		return;
	text_format_bytes(need, sizeof need, take->need_bytes);
	text_format_bytes(there, sizeof there, take->free_bytes);
	if (take->free_bytes == UINT64_MAX)
		plan_note(plan, "The memory takes up to %s in '%s'; how much is free there is not known.", need, take->place);
	else
		plan_note(plan, "The memory takes up to %s in '%s', where %s is free.", need, take->place, there);
}

static void plan_rule(struct plan *plan, const struct snapshot_rule *rule)
{
	const char *other = rule->kind == SNAPSHOT_INTERNAL ? rule->not_external : rule->not_internal;
	const char *word = snapshot_kind_word(rule->kind == SNAPSHOT_INTERNAL ? SNAPSHOT_EXTERNAL : SNAPSHOT_INTERNAL);

	plan_note(plan, "Kind: %s, %s memory: %s.", snapshot_kind_word(rule->kind), rule->memory ? "with" : "without", rule->why);
	if (other)
		plan_note(plan, "Not %s: %s.", word, other);
	g_ptr_array_add(plan->notes, g_strdup(rule->meanwhile));
}

struct plan *op_snapshot_take_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(conn, request->ref.uuid);
	struct take *take = dom ? take_look(dom, request->args, error) : NULL;

	if (!dom)
		conn_set_error(error, "cannot look at '%s'", request->name);
	if (!take)
		return NULL;
	struct plan *plan = plan_new();
	plan->refused = g_strdup(take->refused);
	if (!plan->refused && take->rule->kind == SNAPSHOT_INTERNAL)
		plan->refused = protect_why_not(conn, dom, NULL);
	add_item(plan, "snapshot", NULL, "snapshot", take->name);
	plan_disks(plan, take);
	if (take->memory_file)
		add_item(plan, "memory", NULL, "file with the guest's memory", take->memory_file);
	if (take->nvram_file)
		set_note(add_item(plan, "nvram", NULL, "copy of the UEFI variables", take->nvram_file), "of '%s'", take->nvram);
	plan_rule(plan, take->rule);
	plan_space(plan, take);
	take_free(take);
	return plan;
}

/* ---- before ---- */

/* Without a time-out an agent that died would be waited for until the guest ends. */
static bool agent_answers(struct job *job, const struct take *take, GError **error)
{
	long long seconds;
	unsigned nanoseconds;

	if (!take->quiesce)
		return true;
	if (virDomainAgentSetResponseTimeout(take->dom, AGENT_TIMEOUT_S, 0) == 0
	        && virDomainGetTime(take->dom, &seconds, &nanoseconds, 0) == 0)
		return true;
	op_fail(job, take->dom, error, VERB);
	g_prefix_error(error, "the guest can not be quiesced, nothing was done: ");
	return false;
}

/* What is to be made, with its steps in the journal; `steps` in the same order. */
struct made {
	GArray *steps;    /* unsigned */
	GPtrArray *paths; /* borrowed from the take */
};

static void will_make(struct job *job, struct made *made, const char *path, const char *base)
{
	unsigned step = base ? steps_will_make_overlay(job, path, base) : steps_will_make_file(job, path);

	g_array_append_val(made->steps, step);
	g_ptr_array_add(made->paths, (gpointer)path);
}

static bool copy_nvram(struct job *job, const struct take *take, GError **error)
{
	if (!take->nvram_file)
		return true;
	unsigned step = steps_will_make_file(job, take->nvram_file);
	if (!hostfile_copy_small(job->conn, take->nvram, take->nvram_file, error)) {
		/* A half-made copy is removed by the call itself: what has the name now is another's. */
		if (!conn_lost(job->conn))
			steps_gone(job, step);
		g_prefix_error(error, "cannot " VERB " '%s': its UEFI variables can not be kept: ", job->request->name);
		return false;
	}
	steps_made(job, step);
	g_string_append_printf(job->paths, NVRAM_NOTE "%s\n", take->nvram_file);
	return true;
}

static void write_steps(struct job *job, const struct take *take, struct made *made)
{
	for (unsigned i = 0; i < take->disks->len; i++) {
		const struct take_disk *disk = g_ptr_array_index(take->disks, i);
		if (disk->overlay)
			will_make(job, made, disk->overlay, disk->path);
	}
	if (take->memory_file)
		will_make(job, made, take->memory_file, NULL);
}

/* ---- the call ---- */

static const char *first_qcow2(const struct take *take)
{
	for (unsigned i = 0; i < take->disks->len; i++) {
		const struct take_disk *disk = g_ptr_array_index(take->disks, i);
		if (g_str_equal(disk->format, "qcow2") && !disk->readonly)
			return disk->path;
	}
	return "";
}

static bool create(struct job *job, const struct take *take, GError **error)
{
	g_autofree char *xml = take_xml(take);
	unsigned flags = take_flags(take) | (op_is_qemu(job->conn) ? VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE : 0);
	bool internal_memory = take->rule->memory && !take->memory_file;
	struct job_watch *watch = take->memory_file ? job_watch_begin(job, take->dom, "saving the memory") : NULL;
	struct snapshot_watch *grows = internal_memory ? snapshot_watch_begin(job, first_qcow2(take)) : NULL;
	g_autoptr(virDomainSnapshot) made = virDomainSnapshotCreateXML(take->dom, xml, flags);

	if (!made)
		op_fail(job, take->dom, error, VERB);
	if (watch)
		job_watch_end(watch);
	if (grows)
		snapshot_watch_end(grows);
	return made != NULL;
}

/* ---- afterwards ---- */

/* libvirt lets a guest go on after a failure; we look whether it did. */
static bool as_before(struct job *job, virDomainPtr dom)
{
	int state, reason;

	if (!job->before.known || !op_guest_state(dom, &state, &reason) || state == job->before.state)
		return true;
	if (job->before.state == VIR_DOMAIN_RUNNING && state == VIR_DOMAIN_PAUSED) {
		bool resumed = virDomainResume(dom) == 0;
		job_log(job, resumed ? "libvirt had left the guest paused: it was resumed"
		                     : "libvirt has left the guest paused, and it can not be resumed: %s",
		        resumed ? "" : virGetLastErrorMessage());
		return resumed;
	}
	job_log(job, "the guest is not in the state that it was in before");
	return false;
}

/*
 * Somebody may have done the same at the same time, and was quicker: then these
 * are the files of that one. Where it can not be told nothing is undone.
 */
static void spare_others(struct job *job, const struct made *made)
{
	struct file_users *users = file_users_new(job->conn, NULL, FILE_USERS_ALL, NULL);

	for (unsigned i = 0; i < made->paths->len; i++) {
		g_autofree char *who = users ? file_users_of(users, g_ptr_array_index(made->paths, i)) : NULL;
		if (who || !users)
			steps_gone(job, g_array_index(made->steps, unsigned, i));
	}
	if (users)
		file_users_free(users);
}

/* A file that the guest writes to is never undone, whatever was said of the whole. */
static void spare_used(struct job *job, virDomainPtr dom, const struct made *made)
{
	g_autoptr(xmlDoc) live = op_guest_xml(dom, 0);
	g_autoptr(xmlDoc) stored = op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE);
	xmlDocPtr docs[2] = {live, stored};

	for (unsigned i = 0; i < made->paths->len; i++) {
		const char *path = g_ptr_array_index(made->paths, i);
		bool used = !live;
		for (unsigned d = 0; d < 2 && docs[d]; d++)
			xml_foreach(disk, xml_child(xmlDocGetRootElement(docs[d]), "devices"), "disk")
			{
				g_autofree char *file = xml_raw_attr(xml_child(disk, "source"), "file");
				used |= g_strcmp0(file, path) == 0;
			}
		if (used)
			steps_gone(job, g_array_index(made->steps, unsigned, i));
	}
}

/* The record of where the NVRAM copy is; the snapshot's time, which names the picture. */
static gint64 complete_record(struct job *job, const struct take *take, bool *ret_ok)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) tree = snapshot_tree_read(take->dom, true, &error);
	struct snap *snap = tree ? snapshot_tree_find(tree, take->name) : NULL;

	*ret_ok = snap != NULL;
	if (snap && take->nvram_file) {
		g_free(snap->nvram_file);
		snap->nvram_file = g_strdup(take->nvram_file);
		snapshot_note_set(snap);
		*ret_ok = snapshot_redefine(take->dom, snap, &error);
	}
	if (error)
		job_log(job, "%s", error->message);
	return snap ? snap->created_unix_s : 0;
}

/* So that the pools know the new files. */
static void refresh_places(struct job *job, const struct made *made)
{
	g_autoptr(GHashTable) dirs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (unsigned i = 0; i < made->paths->len; i++) {
		g_autofree char *dir = g_path_get_dirname(g_ptr_array_index(made->paths, i));
		if (g_hash_table_contains(dirs, dir))
			continue;
		g_autoptr(virStoragePool) pool = hostfile_pool_of_dir(job->conn, dir);
		if (pool)
			virStoragePoolRefresh(pool, 0);
		g_hash_table_add(dirs, g_steal_pointer(&dir));
	}
	virResetLastError();
}

static enum task_state finish(struct job *job, const struct take *take, const struct made *made, GBytes *screen)
{
	bool whole, same = as_before(job, take->dom);
	gint64 created_unix_s = complete_record(job, take, &whole);

	for (unsigned i = 0; i < made->steps->len; i++)
		steps_made(job, g_array_index(made->steps, unsigned, i));
	if (screen && created_unix_s) {
		g_autofree char *path = screens_path(job->request->ref.uuid, take->name, created_unix_s);
		screens_keep(screen, path);
	}
	refresh_places(job, made);
	if (!whole) {
		job_say(job, "snapshot '%s' was taken, but its record is not complete%s%s", take->name,
		        take->nvram_file ? ": the UEFI variables of now are in " : "", take->nvram_file ? take->nvram_file : "");
		return TASK_WARNING;
	}
	job_say(job, "snapshot '%s' was taken: %s, %s memory%s", take->name, snapshot_kind_word(take->rule->kind),
	        take->rule->memory ? "with" : "without", same ? "" : "; look at the guest, its state is another one");
	return same ? TASK_OK : TASK_WARNING;
}

/* ---- the operation ---- */

static enum task_state act(struct job *job, const struct take *take, struct made *made, GError **error)
{
	g_autoptr(GBytes) screen = take->active ? screens_take(take->dom, NULL) : NULL;

	/* An external one frees what others stand on; an internal one is written into it. */
	if (take->rule->kind == SNAPSHOT_INTERNAL && protect_refuse(job, take->dom, VERB, error) != TASK_OK)
		return TASK_FAILED;
	if (!agent_answers(job, take, error) || !copy_nvram(job, take, error))
		return TASK_FAILED;
	write_steps(job, take, made);
	if (job_abort_asked(job))
		return TASK_ABORTED;
	job_say(job, "taking '%s': %s, %s memory", take->name, snapshot_kind_word(take->rule->kind),
	        take->rule->memory ? "with" : "without");
	if (create(job, take, error))
		return finish(job, take, made, screen);
	if (!conn_lost(job->conn)) {
		as_before(job, take->dom);
		spare_used(job, take->dom, made);
		spare_others(job, made);
	}
	return TASK_FAILED;
}

enum task_state op_snapshot_take_run(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = op_guest(job, VERB, error);
	struct take *take = dom ? take_look(dom, job->request->args, error) : NULL;

	if (!take)
		return TASK_FAILED;
	/* For settling: which one it was. */
	if (!job->request->args)
		job->request->args = args_new();
	args_set(job->request->args, "name", take->name);
	enum task_state state;
	if (take->refused) {
		state = op_refuse(job, error, VERB, "%s", take->refused);
	} else {
		struct made made = {.steps = g_array_new(FALSE, FALSE, sizeof(unsigned)), .paths = g_ptr_array_new()};
		state = act(job, take, &made, error);
		g_array_unref(made.steps);
		g_ptr_array_unref(made.paths);
	}
	take_free(take);
	return state;
}

/* ---- settling ---- */

/* The daemon goes on with what its client began. */
static bool wait_for_daemon(struct job *job, virDomainPtr dom)
{
	virDomainControlInfo info;

	while (virDomainGetControlInfo(dom, &info, 0) == 0 && info.state == VIR_DOMAIN_CONTROL_JOB) {
		job_say(job, "still under way on the host");
		enum job_wake wake = job_wait(job, g_get_monotonic_time() + LOOK_US);
		if (wake == JOB_WAKE_STOP || wake == JOB_WAKE_ABORT)
			return false;
	}
	return !conn_lost(job->conn);
}

/* Owned; NULL = none was kept. */
static char *noted_nvram(const struct job *job)
{
	g_auto(GStrv) lines = g_strsplit(job->paths->str, "\n", -1);

	for (unsigned i = 0; lines[i]; i++)
		if (g_str_has_prefix(lines[i], NVRAM_NOTE))
			return g_strdup(lines[i] + strlen(NVRAM_NOTE));
	return NULL;
}

enum task_state op_snapshot_take_settle(struct job *job, GError **error)
{
	const char *name = args_get(job->request->args, "name");
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK)
		return found;
	if (!wait_for_daemon(job, dom))
		return TASK_UNKNOWN;
	g_autoptr(virDomainSnapshot) made = name && *name ? virDomainSnapshotLookupByName(dom, name, 0) : NULL;
	if (!made && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN_SNAPSHOT && name && *name) {
		conn_set_error(error, "cannot look at the snapshots of '%s'", job->request->name);
		return TASK_UNKNOWN;
	}
	if (made) {
		g_autofree char *nvram = noted_nvram(job);
		struct take take = {.dom = dom, .name = (char *)name, .nvram_file = nvram};
		bool whole;
		complete_record(job, &take, &whole);
		job_say(job, "snapshot '%s' was taken%s", name, whole ? "" : ", but its record can not be read");
		return whole ? TASK_OK : TASK_WARNING;
	}
	bool same = as_before(job, dom);
	job_say(job, "no snapshot was taken%s", same ? "" : ", and the guest is not in the state that it was in");
	return TASK_FAILED;
}
