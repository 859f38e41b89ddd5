/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removing one snapshot: see snapshot_remove.h.
 *
 * In an order that a kill in between leaves whole: a snapshot is marked before
 * anything is written over it; others learn their new file while the old one
 * still reads the same; records go before files.
 */
#include "backend/snapshot_remove.h"

#include "backend/hostfile.h"
#include "backend/op_util.h"
#include "backend/protect.h"
#include "backend/screens.h"
#include "backend/snapshot_merge.h"
#include "backend/snapshot_removal.h"
#include "backend/snapshot_write.h"

struct removing {
	struct job *job;
	virDomainPtr dom;
	GPtrArray *tree;
	struct snap *snap;
	struct snapshot_map *map; /* NULL = none is needed */
	struct removal *removal;
	bool stays; /* a file that should have gone did not */
};

/* ---- merging ---- */

/* From now on nobody rolls back to it, whatever becomes of us. */
static bool mark(struct removing *removing, GError **error)
{
	removing->snap->merging = true;
	snapshot_note_set(removing->snap);
	return snapshot_redefine(removing->dom, removing->snap, error);
}

/* The snapshots that were based on the file that went down, or name it, learn where it is now. */
static bool tell_others(struct removing *removing, const struct removal_merge *merge, GError **error)
{
	for (unsigned i = 0; i < removing->tree->len; i++) {
		struct snap *snap = g_ptr_array_index(removing->tree, i);
		const struct snap_disk *disk = snap_disk_find(snap, merge->target);
		if (snap == removing->snap || !disk)
			continue;
		g_autofree char *state = snapshot_map_key(removing->map, disk->state);
		g_autofree char *overlay = snapshot_map_key(removing->map, disk->overlay);
		const char *named = g_str_equal(state, merge->child)     ? disk->state
		                    : g_str_equal(overlay, merge->child) ? disk->overlay
		                                                         : NULL;
		if (!named)
			continue;
		snap_move_file(snap, merge->target, named, merge->state, merge->format);
		if (!snapshot_redefine(removing->dom, snap, error))
			return false;
	}
	return true;
}

static enum task_state merge_running(struct removing *removing, GError **error)
{
	GPtrArray *merges = removing->removal->merges;

	if (!mark(removing, error))
		return TASK_FAILED;
	for (unsigned i = 0; i < merges->len; i++) {
		const struct removal_merge *merge = g_ptr_array_index(merges, i);
		enum task_state state = snapshot_merge(removing->job, removing->dom, merge, error);
		if (state == TASK_OK && !tell_others(removing, merge, error))
			state = TASK_FAILED;
		if (state == TASK_OK)
			continue;
		job_log(removing->job, "'%s' itself is written over in part and can not be rolled back to any more; the guest "
		                       "and the other snapshots are whole; delete it again to end the merge",
		        removing->snap->name);
		return state;
	}
	return TASK_OK;
}

static bool libvirt_deletes(struct removing *removing, GError **error)
{
	g_autoptr(virDomainSnapshot) snapshot = virDomainSnapshotLookupByName(removing->dom, removing->snap->name, 0);

	if (snapshot && virDomainSnapshotDelete(snapshot, 0) == 0)
		return true;
	conn_set_error(error, "cannot delete the snapshot '%s'", removing->snap->name);
	return false;
}

/* Its CPUs never ran: there is nothing to lose, but what the merge wrote shall be on the disk. */
static void end_qemu(struct removing *removing)
{
	if (virDomainDestroyFlags(removing->dom, VIR_DOMAIN_DESTROY_GRACEFUL) < 0)
		virDomainDestroy(removing->dom);
}

/*
 * libvirt 9 merges only the last snapshot of a guest that is off. Any can be
 * merged by a QEMU whose CPUs do not run; it ends with our connection, so that
 * nothing is left of it when we are killed.
 */
static enum task_state merge_off(struct removing *removing, GError **error)
{
	if (virDomainHasManagedSaveImage(removing->dom, 0) == 1) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID,
		        "cannot merge '%s': the guest has a managed save image; start it, or drop that image first",
		        removing->snap->name);
		return TASK_FAILED;
	}
	job_log(removing->job, "the guest's QEMU is started for the merge; its CPUs do not run");
	if (virDomainCreateWithFlags(removing->dom, VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_AUTODESTROY) < 0) {
		conn_set_error(error, "cannot merge '%s': the guest's QEMU, which does it, does not start", removing->snap->name);
		return TASK_FAILED;
	}
	enum task_state state = merge_running(removing, error);
	if (!conn_lost(removing->job->conn))
		end_qemu(removing);
	return state;
}

/* ---- what stays ---- */

/* Does the snapshot's own state stand on that file? */
static bool stands_on(const struct removing *removing, const struct snap *snap, const char *path)
{
	g_autofree char *key = snapshot_map_key(removing->map, path);

	for (unsigned d = 0; d < snap->disks->len; d++) {
		const struct snap_disk *disk = g_ptr_array_index(snap->disks, d);
		g_autofree char *first = snapshot_map_key(removing->map, disk->state);
		const char *at = first;
		for (unsigned depth = 0; at && *at && depth < 1000; depth++) {
			if (g_str_equal(at, key))
				return true;
			at = g_hash_table_lookup(removing->map->base, at);
		}
	}
	return false;
}

/* Those that need it remember that it is nobody's, so that it goes with the last of them. */
static bool pass_on(struct removing *removing, const struct removal_stay *stay, GError **error)
{
	for (unsigned i = 0; i < removing->tree->len; i++) {
		struct snap *snap = g_ptr_array_index(removing->tree, i);
		if (snap == removing->snap || !stands_on(removing, snap, stay->path)
		        || g_ptr_array_find_with_equal_func(snap->kept, stay->path, g_str_equal, NULL))
			continue;
		g_ptr_array_add(snap->kept, g_strdup(stay->path));
		snapshot_note_set(snap);
		if (!snapshot_redefine(removing->dom, snap, error))
			return false;
	}
	return true;
}

/* That their own files were made by a snapshot was known by the one that goes: they note it themselves. */
static bool own_children(struct removing *removing, const struct removal_stay *stay, GError **error)
{
	g_autofree char *base = snapshot_map_key(removing->map, stay->path);

	for (unsigned i = 0; i < removing->tree->len; i++) {
		struct snap *snap = g_ptr_array_index(removing->tree, i);
		bool changed = false;
		for (unsigned d = 0; snap != removing->snap && d < snap->disks->len; d++) {
			const struct snap_disk *disk = g_ptr_array_index(snap->disks, d);
			g_autofree char *key = snapshot_map_key(removing->map, disk->state);
			const char *on = g_hash_table_lookup(removing->map->base, key);
			if (g_strcmp0(on, base) != 0 || !g_hash_table_contains(removing->map->ours, key)
			        || g_ptr_array_find_with_equal_func(snap->kept, disk->state, g_str_equal, NULL))
				continue;
			g_ptr_array_add(snap->kept, g_strdup(disk->state));
			changed = true;
		}
		if (!changed)
			continue;
		snapshot_note_set(snap);
		if (!snapshot_redefine(removing->dom, snap, error))
			return false;
	}
	return true;
}

static bool tell_stays(struct removing *removing, GError **error)
{
	GPtrArray *stays = removing->removal->stays;

	for (unsigned i = 0; i < stays->len; i++) {
		const struct removal_stay *stay = g_ptr_array_index(stays, i);
		job_log(removing->job, "'%s' stays: %s", stay->path, stay->why);
		if ((stay->ours && !pass_on(removing, stay, error)) || !own_children(removing, stay, error))
			return false;
	}
	return true;
}

static void delete_files(struct removing *removing)
{
	GPtrArray *goes = removing->removal->goes;

	for (unsigned i = 0; i < goes->len; i++) {
		const char *path = g_ptr_array_index(goes, i);
		g_autoptr(GError) error = NULL;
		if (hostfile_delete(removing->job->conn, path, &error)) {
			job_log(removing->job, "deleted '%s'", path);
			continue;
		}
		job_log(removing->job, "'%s' stays: %s", path, error->message);
		removing->stays = true;
	}
}

/* ---- one snapshot ---- */

/*
 * Dropping a record makes libvirt 9 rewrite its children as if the files had
 * been merged, also where they were not: so it has none by then.
 */
static bool move_children(struct removing *removing, GError **error)
{
	for (unsigned i = 0; i < removing->snap->below->len; i++) {
		struct snap *child = g_ptr_array_index(removing->snap->below, i);
		snap_set_parent(child, removing->snap->parent);
		if (!snapshot_redefine(removing->dom, child, error))
			return false;
	}
	return true;
}

static enum task_state act(struct removing *removing, GError **error)
{
	enum task_state state = TASK_OK;

	switch (removing->removal->way) {
	case REMOVAL_RECORD:
	case REMOVAL_FILES:
		state = tell_stays(removing, error) ? TASK_OK : TASK_FAILED;
		break;
	case REMOVAL_INTERNAL:
		return libvirt_deletes(removing, error) ? TASK_OK : TASK_FAILED;
	case REMOVAL_MERGE:
		if (!tell_stays(removing, error))
			return TASK_FAILED;
		state = removing->map->active ? merge_running(removing, error) : merge_off(removing, error);
		break;
	}
	if (state == TASK_OK && (!move_children(removing, error) || !snapshot_forget(removing->dom, removing->snap->name, error)))
		state = TASK_FAILED;
	return state;
}

static void add_path(GPtrArray *paths, const char *path)
{
	if (*path == '/')
		g_ptr_array_add(paths, (gpointer)path);
}

/* The guest's own files and those of its snapshots: the map has judged them already. */
static GPtrArray *own_files(const struct removing *removing)
{
	GPtrArray *own = g_ptr_array_new();
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, removing->map->ours);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		add_path(own, key);
	for (unsigned i = 0; i < removing->map->now->len; i++)
		add_path(own, ((const struct now_disk *)g_ptr_array_index(removing->map->now, i))->path);
	for (unsigned i = 0; i < removing->tree->len; i++) {
		const struct snap *snap = g_ptr_array_index(removing->tree, i);
		for (unsigned d = 0; d < snap->disks->len; d++)
			add_path(own, ((const struct snap_disk *)g_ptr_array_index(snap->disks, d))->state);
	}
	g_ptr_array_add(own, NULL);
	return own;
}

/* Does anybody else stand on what is written to or goes? Also one that lies in no pool, which the map does not see. */
static enum task_state refuse_base(struct removing *removing, GError **error)
{
	const struct removal *removal = removing->removal;
	g_autoptr(GPtrArray) paths = g_ptr_array_new();

	if (removal->way == REMOVAL_RECORD)
		return TASK_OK;
	if (removal->way == REMOVAL_INTERNAL)
		return protect_refuse(removing->job, removing->dom, "delete a snapshot of", error);
	for (unsigned i = 0; i < removal->merges->len; i++)
		add_path(paths, ((const struct removal_merge *)g_ptr_array_index(removal->merges, i))->state);
	for (unsigned i = 0; i < removal->goes->len; i++)
		add_path(paths, g_ptr_array_index(removal->goes, i));
	g_ptr_array_add(paths, NULL);
	g_autoptr(GPtrArray) own = own_files(removing);
	return protect_refuse_files(removing->job, (const char *const *)paths->pdata, (const char *const *)own->pdata,
	        "delete", error);
}

static enum task_state look_and_act(struct removing *removing, bool record_only, GError **error)
{
	struct job *job = removing->job;

	if (!record_only && removing->snap->kind == SNAPSHOT_EXTERNAL) {
		removing->map = snapshot_map_read(removing->dom, removing->tree, error);
		if (!removing->map)
			return TASK_FAILED;
	}
	removing->removal = removal_find(removing->map, removing->tree, removing->snap, record_only);
	if (removing->removal->refused) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID, "cannot delete the snapshot '%s': %s",
		        removing->snap->name, removing->removal->refused);
		return TASK_FAILED;
	}
	enum task_state state = refuse_base(removing, error);
	if (state == TASK_OK)
		state = act(removing, error);
	if (state != TASK_OK)
		return state;
	delete_files(removing);
	g_autofree char *screen =
	        screens_path(job->request->ref.uuid, removing->snap->name, removing->snap->created_unix_s);
	screens_remove(screen);
	job_log(job, record_only ? "the record of '%s' was dropped; its files stay" : "snapshot '%s' was deleted",
	        removing->snap->name);
	return removing->stays ? TASK_WARNING : TASK_OK;
}

enum task_state snapshot_remove(
        struct job *job, virDomainPtr dom, const char *name, bool record_only, GError **error)
{
	struct removing removing = {.job = job, .dom = dom};

	removing.tree = snapshot_tree_read(dom, true, error);
	if (!removing.tree)
		return TASK_FAILED;
	removing.snap = snapshot_tree_find(removing.tree, name);
	enum task_state state = removing.snap ? look_and_act(&removing, record_only, error) : TASK_OK;
	removal_free(removing.removal);
	snapshot_map_free(removing.map);
	g_ptr_array_unref(removing.tree);
	return state;
}
