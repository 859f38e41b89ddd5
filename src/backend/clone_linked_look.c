/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linked clones: what they stand on and where they go. Nothing is changed here. Worker threads. */
#include "backend/clone_linked_private.h"

#include "backend/clone_names.h"
#include "backend/clone_snapshot.h"
#include "backend/clone_xml.h"
#include "backend/image_check.h"
#include "backend/op_util.h"
#include "backend/protect.h"

#define TRIES 1000

static void base_free(gpointer data)
{
	struct base *base = data;

	g_free(base->target);
	g_free(base->path);
	g_free(base->format);
	g_free(base);
}

void linking_fini(struct linking *linking)
{
	g_strfreev(linking->names);
	xmlFreeDoc(linking->doc);
	g_clear_pointer(&linking->bases, g_ptr_array_unref);
	g_clear_pointer(&linking->promised, g_hash_table_unref);
	own_overlay_free(linking->own);
	hostfile_close(&linking->place);
	g_free(linking->dir);
}

bool linking_refuse(const struct linking *linking, GError **error, const char *format, ...)
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
		return linking_refuse(linking, error, "its disk %s is no file of this host: make a full clone", base->target);
	if (!*base->format)
		return linking_refuse(linking, error,
		        "its definition does not state the format of disk %s, and a guessed one can be wrong; state it (edit)",
		        base->target);
	if (!hostfile_look(linking->conn, base->path, &info, error))
		return false;
	bool exists = info.exists;
	base->capacity_bytes = info.capacity_bytes;
	hostfile_info_fini(&info);
	/* A plan's connection may not refresh the pool: a file that it does not show may be there all the same. */
	return exists || linking->planning || linking_refuse(linking, error, "the file '%s' of its disk %s is missing", base->path, base->target);
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
	return linking->bases->len || linking_refuse(linking, error, "it has no disk of its own to stand on");
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
		return linking_refuse(linking, error,
		        "its saved memory belongs to its disks as they are and could not go on after it: start it and "
		        "shut it down, or drop the saved memory (managedsave-remove)");
	if (!active)
		return true;
	if (!own)
		return linking_refuse(linking, error,
		        "it is running and writes to the files that its clones would stand on: shut it down, let it "
		        "have an overlay of its own (own-overlay), or make a full clone");
	linking->own = own_overlay_look(linking->source, true, error);
	g_autofree char *why = linking->own ? own_overlay_refused(linking->own, false) : NULL;
	return linking->own && (!why || linking_refuse(linking, error, "%s", why));
}

/* Files that hold the state of an external snapshot are written to by nobody; the guest may run. */
static bool judge_snapshot(const struct linking *linking, const char *name, bool internal, GError **error)
{
	g_autoptr(xmlDoc) now = op_guest_xml(linking->source, 0);
	g_autoptr(GPtrArray) writes = now ? protect_own_disks(linking->conn, now) : NULL;
	g_autoptr(GPtrArray) disks = protect_own_disks(linking->conn, linking->doc);

	if (internal)
		return linking_refuse(linking, error,
		        "the snapshot '%s' lies inside the disks, where nothing can stand on it: make a full clone of it",
		        name);
	for (unsigned i = 0; writes && i < disks->len * writes->len; i++) {
		const struct own_disk *then = g_ptr_array_index(disks, i % disks->len);
		const struct own_disk *is = g_ptr_array_index(writes, i / disks->len);
		if (g_str_equal(then->path, is->path))
			return linking_refuse(linking, error,
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
			return linking_refuse(linking, error, "the pool '%s' holds no files: overlays need one that does", pool);
		if (virStoragePoolIsActive(named) != 1)
			return linking_refuse(linking, error, "the pool '%s' is not active: start it (pool-start)", pool);
	} else {
		linking->dir = g_path_get_dirname(first->path);
		if (g_str_has_prefix(first->path, "/dev/"))
			return linking_refuse(linking, error, "its disk %s is a device: say in which pool the overlays go (pool)",
			        first->target);
	}
	return hostfile_open_dir(&linking->place, linking->conn, linking->dir, error);
}

/* Opens every file of the pool: not before it matters. A pool that is busy, or a read-only connection, refuses. */
void linking_freshen(struct linking *linking)
{
	if (!linking->fresh && !linking->place.lent)
		virStoragePoolRefresh(linking->place.pool, 0);
	linking->fresh = true;
}

bool linking_has_file(const struct linking *linking, const char *name)
{
	g_autoptr(virStorageVol) vol = virStorageVolLookupByName(linking->place.pool, name);

	return vol || virGetLastErrorCode() != VIR_ERR_NO_STORAGE_VOL;
}

/* What is gone by now may still be listed. */
static bool is_taken(struct linking *linking, const char *name)
{
	if (g_hash_table_contains(linking->promised, name))
		return true;
	if (!linking_has_file(linking, name))
		return false;
	linking_freshen(linking);
	return linking_has_file(linking, name);
}

/* "web-1.qcow2", or "web-1-vdb.qcow2" where it has several disks; a file that is there is never used. */
char *linking_overlay_name(struct linking *linking, const char *clone, const char *target)
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

GPtrArray *linking_files(struct linking *linking, const char *clone, GError **error)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func((GDestroyNotify)clone_file_free);

	/* A plan names what will be made. */
	if (linking->planning)
		linking_freshen(linking);
	for (unsigned i = 0; i < linking->bases->len; i++) {
		const struct base *base = g_ptr_array_index(linking->bases, i);
		g_autofree char *name = linking_overlay_name(linking, clone, base->target);
		if (!name) {
			linking_refuse(linking, error, "no file name is free for disk %s of '%s'", base->target, clone);
			return NULL;
		}
		g_autofree char *path = g_build_filename(linking->dir, name, NULL);
		g_ptr_array_add(files, clone_file_new(base->target, path, "qcow2"));
	}
	return g_steal_pointer(&files);
}

/* ---- looking at all of it; nothing is changed ---- */

bool linking_look(struct linking *linking, GError **error)
{
	const struct args *args = linking->request->args;

	linking->promised = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	linking->names = clone_names(linking->conn, args, error);
	if (!linking->names || !read_source(linking, error))
		return false;
	return image_check_guest(linking->source, linking->doc, args_get(args, "allow"), error)
	       && find_bases(linking, error) && find_place(linking, error);
}
