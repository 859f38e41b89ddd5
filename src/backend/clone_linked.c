/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linked clones: see clone_linked.h. Worker threads. */
#include "backend/clone_linked.h"

#include <string.h>

#include "backend/clone.h"
#include "backend/clone_linked_private.h"
#include "backend/clone_names.h"
#include "backend/clone_xml.h"
#include "backend/define.h"
#include "backend/op_util.h"
#include "backend/protect.h"
#include "backend/steps.h"
#include "nvirt/text.h"

/* ---- making ---- */

/* libvirt's words, with what they are about and what helps. */
static void tell_overlay(const struct linking *linking, GError **error)
{
	bool full = error && *error && strstr((*error)->message, "No space left");
	g_autofree char *words = error && *error ? g_strdup((*error)->message) : NULL;

	if (!words)
		return;
	g_clear_error(error);
	linking_refuse(linking, error, "%s%s", words, full ? "; free some space there or choose another pool" : "");
}

/* Of one clone, each about to be made: written down together, before the first is. */
struct making {
	const char *name;
	GPtrArray *files; /* struct clone_file * */
	struct clone_spec spec;
	unsigned *overlays; /* steps, in the order of `files` */
	unsigned definition;
};

static void announce(struct job *job, struct making *making)
{
	making->overlays = g_new0(unsigned, making->files->len);
	steps_gather(job);
	for (unsigned i = 0; i < making->files->len; i++)
		making->overlays[i] = steps_will_make_file(job, ((struct clone_file *)making->files->pdata[i])->path);
	making->definition = steps_will_define(job, making->spec.uuid, making->spec.name);
	steps_gathered(job);
}

/* Somebody else was quicker: that one is not ours to take back. */
static bool was_there(void)
{
	int code = virGetLastErrorCode();

	return code == VIR_ERR_STORAGE_VOL_EXIST || code == VIR_ERR_OPERATION_INVALID;
}

/* A file that the pool had not noticed has its name: once all are known, another one is free. */
static bool rename_overlay(struct job *job, struct linking *linking, struct making *making, unsigned at)
{
	const struct base *base = g_ptr_array_index(linking->bases, at);
	struct clone_file *file = g_ptr_array_index(making->files, at);
	g_autofree char *old = g_path_get_basename(file->path);

	if (linking->fresh)
		return false;
	linking_freshen(linking);
	if (!linking_has_file(linking, old))
		return false;
	g_autofree char *name = linking_overlay_name(linking, making->name, base->target);
	if (!name)
		return false;
	g_free(file->path);
	file->path = g_build_filename(linking->dir, name, NULL);
	making->overlays[at] = steps_will_make_file(job, file->path);
	return true;
}

static bool make_overlay(
        struct job *job, struct linking *linking, struct making *making, unsigned at, GError **error)
{
	const struct clone_file *file = g_ptr_array_index(making->files, at);
	const struct base *base = g_ptr_array_index(linking->bases, at);
	g_autofree char *name = g_path_get_basename(file->path);

	if (hostfile_add_overlay(linking->place.pool, name, base->path, base->format, base->capacity_bytes, error)) {
		steps_made(job, making->overlays[at]);
		return true;
	}
	if (was_there()) {
		steps_gone(job, making->overlays[at]);
		if (rename_overlay(job, linking, making, at)) {
			g_clear_error(error);
			return make_overlay(job, linking, making, at, error);
		}
	}
	tell_overlay(linking, error);
	return false;
}

static bool make_overlays(struct job *job, struct linking *linking, struct making *making, GError **error)
{
	unsigned done = 0;

	while (done < making->files->len && make_overlay(job, linking, making, done, error))
		done++;
	/* Announced and never begun: what has such a name is not ours to take back. */
	for (unsigned i = done + 1; i < making->files->len; i++)
		steps_gone(job, making->overlays[i]);
	return done == making->files->len;
}

static bool copy_nvram(struct job *job, const struct linking *linking, const char *to, GError **error)
{
	g_autofree char *from = clone_nvram_source(linking->doc);
	struct hostfile_info info;

	if (!to || !from)
		return true;
	/* A guest that was never started has none yet: the clone gets its own from the template. */
	if (!hostfile_look(linking->conn, from, &info, error))
		return false;
	bool exists = info.exists;
	hostfile_info_fini(&info);
	if (!exists)
		return true;
	if (!hostfile_look(linking->conn, to, &info, error))
		return false;
	bool taken = info.exists;
	hostfile_info_fini(&info);
	if (taken)
		return linking_refuse(linking, error, "'%s' is there already: another guest's UEFI variables", to);
	unsigned step = steps_will_make_file(job, to);
	if (!hostfile_copy_small(linking->conn, from, to, error))
		return false;
	steps_made(job, step);
	return true;
}

static bool define(struct job *job, const struct linking *linking, const struct making *making, GError **error)
{
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(xmlDoc) doc = clone_definition(linking->doc, &making->spec, notes);
	GPtrArray *differences = NULL;
	g_autoptr(virDomain) dom = define_new(linking->conn, doc, &differences);

	if (dom)
		steps_made(job, making->definition);
	else
		conn_set_error(error, "cannot define '%s'", making->name);
	define_log(job, differences);
	/* All clones of one source have the same. */
	for (unsigned i = 0; g_str_equal(making->name, linking->names[0]) && i < notes->len; i++)
		job_log(job, "%s", (const char *)g_ptr_array_index(notes, i));
	return dom != NULL;
}

static bool make_clone(struct job *job, struct linking *linking, const char *name, GError **error)
{
	g_autoptr(GPtrArray) files = linking_files(linking, name, error);
	g_autofree char *nvram = clone_nvram_target(linking->doc, name);
	g_autofree char *uuid = g_uuid_string_random();
	struct making making = {.name = name, .files = files};

	if (!files)
		return false;
	making.spec = (struct clone_spec){.name = name,
	        .disks = files,
	        .nvram = nvram,
	        .keep_passthrough = args_get_bool(linking->request->args, "keep-passthrough", false)};
	uuid_parse(uuid, making.spec.uuid);
	announce(job, &making);
	bool ok = make_overlays(job, linking, &making, error) && copy_nvram(job, linking, nvram, error)
	          && define(job, linking, &making, error);
	g_free(making.overlays);
	return ok;
}

/* Clones that are whole stay, whatever becomes of the others; after a kill only the last one is in question. */
static bool make_all(struct job *job, struct linking *linking, GError **error)
{
	unsigned n = g_strv_length(linking->names), i;
	bool ok = true;

	for (i = 0; ok && i < n && !job_abort_asked(job); i += ok) {
		if (n > 1) {
			job_say(job, "making '%s', %u of %u", linking->names[i], i + 1, n);
			job_progress(job, (double)i / n, 0, 0);
		}
		ok = make_clone(job, linking, linking->names[i], error);
		if (ok)
			steps_keep_whole(job);
	}
	if (ok && i < n)
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_ABORTED, "aborted");
	if (i > 0 && i < n)
		g_prefix_error(error, "%u of %u clones are there and stay, then: ", i, n);
	return i == n;
}

/* ---- the source: its files stay as they are from here on ---- */

static bool protect(struct job *job, const struct linking *linking, GError **error)
{
	g_autofree const char **paths = g_new0(const char *, linking->bases->len + 1);
	g_autofree char *weak = NULL;
	bool ok;

	if (linking->own) {
		ok = own_overlay_make(job, linking->source, linking->own, false, &weak, error);
	} else {
		for (unsigned i = 0; i < linking->bases->len; i++)
			paths[i] = ((struct base *)g_ptr_array_index(linking->bases, i))->path;
		ok = protect_base(job, linking->source, paths, &weak, error);
	}
	if (ok && weak)
		job_log(job, "%s", weak);
	return ok;
}

/* Another nvirt that failed beside us may have taken it back before our clones could be seen. */
static bool protect_still(struct job *job, const struct linking *linking, GError **error)
{
	return linking->own || !op_is_local(job->conn) || protect(job, linking, error);
}

/* ---- the end ---- */

static enum task_state start_all(struct job *job, const struct linking *linking)
{
	unsigned n = g_strv_length(linking->names), failed = 0;

	for (unsigned i = 0; i < n; i++) {
		g_autoptr(virDomain) dom = virDomainLookupByName(linking->conn, linking->names[i]);
		if (dom && virDomainCreate(dom) == 0)
			continue;
		failed++;
		job_log(job, "'%s' did not start: %s", linking->names[i], virGetLastErrorMessage());
	}
	if (!failed)
		return TASK_OK;
	job_say(job, "%u of %u were made, but %u did not start: see the log", n, n, failed);
	return TASK_WARNING;
}

static void say_done(struct job *job, const struct linking *linking, bool started)
{
	unsigned n = g_strv_length(linking->names);
	const char *rest = started ? ", started" : "";

	if (n == 1)
		job_say(job, "linked clone '%s' made%s", linking->names[0], rest);
	else
		job_say(job, "%u linked clones made, '%s' to '%s'%s", n, linking->names[0], linking->names[n - 1], rest);
}

enum task_state clone_linked_run(struct job *job, virDomainPtr source, GError **error)
{
	struct linking linking = {.conn = job->conn, .source = source, .request = job->request};
	bool start = args_get_bool(job->request->args, "start", false);
	enum task_state state = TASK_FAILED;

	job_set_abortable(job, true);
	if (linking_look(&linking, error) && protect(job, &linking, error) && make_all(job, &linking, error)
	        && protect_still(job, &linking, error))
		state = start ? start_all(job, &linking) : TASK_OK;
	else if (job_abort_asked(job))
		state = TASK_ABORTED;
	if (state == TASK_OK)
		say_done(job, &linking, start);
	linking_fini(&linking);
	return state;
}

enum task_state clone_linked_settle(struct job *job, GError **error)
{
	const struct args *args = job->request->args;
	unsigned count = clone_count(args);
	g_auto(GStrv) names = clone_names_make(args_get(args, "name"), count);
	unsigned there = 0;

	for (unsigned i = 0; names[i]; i++) {
		g_autoptr(virDomain) dom = virDomainLookupByName(job->conn, names[i]);
		if (!dom && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN) {
			conn_set_error(error, "cannot look for '%s'", names[i]);
			return TASK_UNKNOWN;
		}
		there += dom != NULL;
	}
	job_say(job, "%u of %u clones are there", there, count);
	return there == count ? TASK_OK : TASK_FAILED;
}

/* ---- the plan ---- */

static struct plan_item *add_item(
        struct plan *plan, enum plan_does does, const char *id, const char *what, const char *path)
{
	g_autofree char *clean_id = text_clean(id, -1), *clean_what = text_clean(what, -1);
	g_autofree char *clean = text_clean(path, -1);
	struct plan_item *item = plan_add(plan, clean_id, clean_what, clean);

	item->does = does;
	item->chosen = item->required = true;
	return item;
}

/* Of the first one: the others differ in their names only. */
static void plan_definition(const struct linking *linking, struct plan *plan, const char *name, GPtrArray *files)
{
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *nvram = clone_nvram_target(linking->doc, name);
	struct clone_spec spec = {.name = name,
	        .disks = files,
	        .nvram = nvram,
	        .keep_passthrough = args_get_bool(linking->request->args, "keep-passthrough", false)};

	xmlFreeDoc(clone_definition(linking->doc, &spec, notes));
	for (unsigned i = 0; i < notes->len; i++)
		plan_note(plan, "%s", (const char *)g_ptr_array_index(notes, i));
	plan->diff = clone_plan_diff(linking->doc, &spec);
}

static bool plan_clone(struct linking *linking, struct plan *plan, const char *name, GError **error)
{
	g_autoptr(GPtrArray) files = linking_files(linking, name, error);
	g_autofree char *definition = g_strdup_printf("guest:%s", name);
	g_autofree char *guest = g_strdup_printf("guest '%s'", name);
	g_autofree char *from = clone_nvram_source(linking->doc);

	for (unsigned i = 0; files && i < files->len; i++) {
		const struct clone_file *file = g_ptr_array_index(files, i);
		g_autofree char *id = g_strdup_printf("disk:%s:%s", name, file->target);
		g_autofree char *what = g_strdup_printf("overlay for %s of '%s'", file->target, name);
		add_item(plan, PLAN_MAKE, id, what, file->path);
	}
	if (files && from) {
		g_autofree char *to = clone_nvram_target(linking->doc, name);
		g_autofree char *id = g_strdup_printf("nvram:%s", name);
		add_item(plan, PLAN_MAKE, id, "UEFI variables (NVRAM)", to);
	}
	if (files)
		add_item(plan, PLAN_MAKE, definition, guest, "");
	if (files && name == linking->names[0])
		plan_definition(linking, plan, name, files);
	return files != NULL;
}

static void plan_source(const struct linking *linking, struct plan *plan)
{
	for (unsigned i = 0; linking->own && i < linking->own->list->len; i++) {
		const struct new_overlay *overlay = g_ptr_array_index(linking->own->list, i);
		g_autofree char *id = g_strdup_printf("own:%s", overlay->target);
		g_autofree char *what = g_strdup_printf("overlay for %s of '%s'", overlay->target, linking->request->name);
		add_item(plan, PLAN_MAKE, id, what, overlay->path);
	}
	for (unsigned i = 0; i < linking->bases->len; i++) {
		const struct base *base = g_ptr_array_index(linking->bases, i);
		g_autofree char *id = g_strdup_printf("base:%s", base->target);
		protect_plan_base(plan, linking->source, id, base->path, base->format);
	}
}

bool clone_linked_plan(
        virConnectPtr conn, virDomainPtr source, const struct op_request *request, struct plan *plan, GError **error)
{
	struct linking linking = {.conn = conn, .source = source, .request = request, .planning = true};
	bool ok = linking_look(&linking, error);

	if (ok)
		plan_source(&linking, plan);
	for (unsigned i = 0; ok && linking.names[i]; i++)
		ok = plan_clone(&linking, plan, linking.names[i], error);
	if (ok && linking.own)
		plan_note(plan, "'%s' goes on running, on overlays of its own; its files as they are now become the base.",
		        request->name);
	else if (ok && !args_get(request->args, "from-snapshot"))
		plan_note(plan, "While clones stand on it, '%s' does not start: own-overlay or template are the ways out.",
		        request->name);
	if (ok)
		clone_plan_note_inside(plan);
	linking_fini(&linking);
	return ok;
}
