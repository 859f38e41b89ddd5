/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linked clones: see clone_linked.h. Worker threads. */
#include "backend/clone_linked.h"

#include <string.h>

#include "backend/clone.h"
#include "backend/clone_names.h"
#include "backend/clone_snapshot.h"
#include "backend/clone_xml.h"
#include "backend/define.h"
#include "backend/hostfile.h"
#include "backend/image_check.h"
#include "backend/op_util.h"
#include "backend/own_overlay.h"
#include "backend/protect.h"
#include "backend/steps.h"
#include "nvirt/text.h"

#define VERB "clone"
#define TRIES 1000

/* A file that clones are to stand on. */
struct base {
	char *target, *path, *format;
	uint64_t capacity_bytes;
};

struct linking {
	virConnectPtr conn;
	virDomainPtr source;
	const struct op_request *request;
	char **names;
	xmlDocPtr doc;     /* of the source: stored, with secrets where it will be defined from */
	GPtrArray *bases;  /* struct base * */
	struct own_overlay *own; /* a running source gets these first; else NULL */
	struct hostfile place; /* holds the pool where the overlays go */
	char *dir;
	GHashTable *promised; /* names of files that are spoken for */
	bool fresh;           /* the pool was read again: its names are those of now */
	bool planning;        /* read-only: nothing is made, and secrets are not needed */
};

static void base_free(gpointer data)
{
	struct base *base = data;

	g_free(base->target);
	g_free(base->path);
	g_free(base->format);
	g_free(base);
}

static void linking_fini(struct linking *linking)
{
	g_strfreev(linking->names);
	xmlFreeDoc(linking->doc);
	g_clear_pointer(&linking->bases, g_ptr_array_unref);
	g_clear_pointer(&linking->promised, g_hash_table_unref);
	own_overlay_free(linking->own);
	hostfile_close(&linking->place);
	g_free(linking->dir);
}

static bool refuse(const struct linking *linking, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
static bool refuse(const struct linking *linking, GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *why = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID, "cannot " VERB " '%s': %s", linking->request->name, why);
	return false;
}

/* ---- what the clones stand on ---- */

static void add_base(struct linking *linking, const char *target, const char *path, const char *format)
{
	struct base *base = g_new0(struct base, 1);

	base->target = g_strdup(target);
	base->path = g_strdup(path);
	base->format = g_strdup(format);
	g_ptr_array_add(linking->bases, base);
}

static bool measure_base(const struct linking *linking, struct base *base, GError **error)
{
	struct hostfile_info info;

	if (*base->path != '/')
		return refuse(linking, error, "its disk %s is no file of this host: make a full clone", base->target);
	if (!*base->format)
		return refuse(linking, error,
		        "its definition does not state the format of disk %s, and a guessed one can be wrong; state it (edit)",
		        base->target);
	if (!hostfile_look(linking->conn, base->path, &info, error))
		return false;
	bool exists = info.exists;
	base->capacity_bytes = info.capacity_bytes;
	hostfile_info_fini(&info);
	/* A plan's connection may not refresh the pool: a file that it does not show may be there all the same. */
	return exists || linking->planning || refuse(linking, error, "the file '%s' of its disk %s is missing", base->path, base->target);
}

static bool find_bases(struct linking *linking, GError **error)
{
	g_autoptr(GPtrArray) disks = protect_own_disks(linking->conn, linking->doc);

	linking->bases = g_ptr_array_new_with_free_func(base_free);
	for (unsigned i = 0; i < disks->len; i++) {
		const struct own_disk *disk = g_ptr_array_index(disks, i);
		add_base(linking, disk->target, disk->path, disk->format);
	}
	for (unsigned i = 0; i < linking->bases->len; i++)
		if (!measure_base(linking, g_ptr_array_index(linking->bases, i), error))
			return false;
	return linking->bases->len || refuse(linking, error, "it has no disk of its own to stand on");
}

/* A guest that runs goes on writing: only an overlay of its own makes its files stay as they are. */
static bool judge_state(struct linking *linking, GError **error)
{
	bool own = args_get_bool(linking->request->args, "own-overlay", false);
	int active = virDomainIsActive(linking->source);

	if (active < 0) {
		conn_set_error(error, "cannot look at '%s'", linking->request->name);
		return false;
	}
	if (!active && virDomainHasManagedSaveImage(linking->source, 0) == 1)
		return refuse(linking, error,
		        "its saved memory belongs to its disks as they are and could not go on after it: start it and "
		        "shut it down, or drop the saved memory (managedsave-remove)");
	if (!active)
		return true;
	if (!own)
		return refuse(linking, error,
		        "it is running and writes to the files that its clones would stand on: shut it down, let it "
		        "have an overlay of its own (own-overlay), or make a full clone");
	linking->own = own_overlay_look(linking->source, true, error);
	g_autofree char *why = linking->own ? own_overlay_refused(linking->own, false) : NULL;
	return linking->own && (!why || refuse(linking, error, "%s", why));
}

/* Files that hold the state of an external snapshot are written to by nobody; the guest may run. */
static bool judge_snapshot(const struct linking *linking, const char *name, bool internal, GError **error)
{
	g_autoptr(xmlDoc) now = op_guest_xml(linking->source, 0);
	g_autoptr(GPtrArray) writes = now ? protect_own_disks(linking->conn, now) : NULL;
	g_autoptr(GPtrArray) disks = protect_own_disks(linking->conn, linking->doc);

	if (internal)
		return refuse(linking, error,
		        "the snapshot '%s' lies inside the disks, where nothing can stand on it: make a full clone of it",
		        name);
	for (unsigned i = 0; writes && i < disks->len * writes->len; i++) {
		const struct own_disk *then = g_ptr_array_index(disks, i % disks->len);
		const struct own_disk *is = g_ptr_array_index(writes, i / disks->len);
		if (g_str_equal(then->path, is->path))
			return refuse(linking, error,
			        "its disk %s is not kept by the snapshot '%s', but still written to: make a full clone",
			        then->target, name);
	}
	return true;
}

static bool read_source(struct linking *linking, GError **error)
{
	const char *snapshot = args_get(linking->request->args, "from-snapshot");
	bool internal = false;

	if (snapshot && *snapshot) {
		linking->doc =
		        clone_snapshot_source(linking->source, snapshot, !linking->planning, &internal, error);
		return linking->doc && judge_snapshot(linking, snapshot, internal, error);
	}
	if (!judge_state(linking, error))
		return false;
	linking->doc = op_guest_xml(
	        linking->source, VIR_DOMAIN_XML_INACTIVE | (linking->planning ? 0u : VIR_DOMAIN_XML_SECURE));
	if (!linking->doc)
		conn_set_error(error, "cannot read the definition of '%s'", linking->request->name);
	return linking->doc != NULL;
}

/* ---- where the overlays go ---- */

static bool find_place(struct linking *linking, GError **error)
{
	const char *pool = args_get(linking->request->args, "pool");
	const struct base *first = g_ptr_array_index(linking->bases, 0);

	if (pool && *pool) {
		g_autoptr(virStoragePool) named = virStoragePoolLookupByName(linking->conn, pool);
		char *xml = named ? virStoragePoolGetXMLDesc(named, 0) : NULL;
		g_autoptr(xmlDoc) doc = op_xml_parse(xml);
		free(xml);
		if (!doc) {
			conn_set_error(error, "cannot use the pool '%s'", pool);
			return false;
		}
		linking->dir = op_xml_string(doc, NULL,
		        "/pool[@type='dir' or @type='fs' or @type='netfs']/target/path");
		if (!*linking->dir)
			return refuse(linking, error, "the pool '%s' holds no files: overlays need one that does", pool);
		if (virStoragePoolIsActive(named) != 1)
			return refuse(linking, error, "the pool '%s' is not active: start it (pool-start)", pool);
	} else {
		linking->dir = g_path_get_dirname(first->path);
		if (g_str_has_prefix(first->path, "/dev/"))
			return refuse(linking, error, "its disk %s is a device: say in which pool the overlays go (pool)",
			        first->target);
	}
	return hostfile_open_dir(&linking->place, linking->conn, linking->dir, error);
}

/* Opens every file of the pool: not before it matters. A pool that is busy, or a read-only connection, refuses. */
static void freshen(struct linking *linking)
{
	if (!linking->fresh && !linking->place.lent)
		virStoragePoolRefresh(linking->place.pool, 0);
	linking->fresh = true;
}

static bool has_file(const struct linking *linking, const char *name)
{
	g_autoptr(virStorageVol) vol = virStorageVolLookupByName(linking->place.pool, name);

	return vol || virGetLastErrorCode() != VIR_ERR_NO_STORAGE_VOL;
}

/* What is gone by now may still be listed. */
static bool is_taken(struct linking *linking, const char *name)
{
	if (g_hash_table_contains(linking->promised, name))
		return true;
	if (!has_file(linking, name))
		return false;
	freshen(linking);
	return has_file(linking, name);
}

/* "web-1.qcow2", or "web-1-vdb.qcow2" where it has several disks; a file that is there is never used. */
static char *overlay_name(struct linking *linking, const char *clone, const char *target)
{
	g_autofree char *stem = linking->bases->len == 1 ? g_strdup(clone) : g_strdup_printf("%s-%s", clone, target);

	for (unsigned i = 1; i < TRIES; i++) {
		char *name = i == 1 ? g_strdup_printf("%s.qcow2", stem) : g_strdup_printf("%s.%u.qcow2", stem, i);
		if (!is_taken(linking, name)) {
			g_hash_table_add(linking->promised, g_strdup(name));
			return name;
		}
		g_free(name);
	}
	return NULL;
}

static GPtrArray *clone_files(struct linking *linking, const char *clone, GError **error)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func((GDestroyNotify)clone_file_free);

	/* A plan names what will be made. */
	if (linking->planning)
		freshen(linking);
	for (unsigned i = 0; i < linking->bases->len; i++) {
		const struct base *base = g_ptr_array_index(linking->bases, i);
		g_autofree char *name = overlay_name(linking, clone, base->target);
		if (!name) {
			refuse(linking, error, "no file name is free for disk %s of '%s'", base->target, clone);
			return NULL;
		}
		g_autofree char *path = g_build_filename(linking->dir, name, NULL);
		g_ptr_array_add(files, clone_file_new(base->target, path, "qcow2"));
	}
	return g_steal_pointer(&files);
}

/* ---- looking at all of it; nothing is changed ---- */

static bool look(struct linking *linking, GError **error)
{
	const struct args *args = linking->request->args;

	linking->promised = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	linking->names = clone_names(linking->conn, args, error);
	if (!linking->names || !read_source(linking, error))
		return false;
	return image_check_guest(linking->source, linking->doc, args_get(args, "allow"), error)
	       && find_bases(linking, error) && find_place(linking, error);
}

/* ---- making ---- */

/* libvirt's words, with what they are about and what helps. */
static void tell_overlay(const struct linking *linking, GError **error)
{
	bool full = error && *error && strstr((*error)->message, "No space left");
	g_autofree char *words = error && *error ? g_strdup((*error)->message) : NULL;

	if (!words)
		return;
	g_clear_error(error);
	refuse(linking, error, "%s%s", words, full ? "; free some space there or choose another pool" : "");
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
	freshen(linking);
	if (!has_file(linking, old))
		return false;
	g_autofree char *name = overlay_name(linking, making->name, base->target);
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
	for (unsigned i = 0; i < making->files->len; i++)
		if (!make_overlay(job, linking, making, i, error))
			return false;
	return true;
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
		return refuse(linking, error, "'%s' is there already: another guest's UEFI variables", to);
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
	g_autoptr(GPtrArray) files = clone_files(linking, name, error);
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
	if (look(&linking, error) && protect(job, &linking, error) && make_all(job, &linking, error)
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
	g_autoptr(GPtrArray) files = clone_files(linking, name, error);
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
	bool ok = look(&linking, error);

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
