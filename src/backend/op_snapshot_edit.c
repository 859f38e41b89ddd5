/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot's name and description. Worker threads. */
#include <string.h>

#include "backend/op_table.h"
#include "backend/op_util.h"
#include "backend/screens.h"
#include "backend/snapshot_write.h"

static void rename_screen(struct job *job, const char *from, const char *to, gint64 created_unix_s)
{
	g_autofree char *old = screens_path(job->request->ref.uuid, from, created_unix_s);
	g_autofree char *now = screens_path(job->request->ref.uuid, to, created_unix_s);

	screens_rename(old, now);
}

/*
 * libvirt has no rename: a record under the new name, the children moved over,
 * the old record dropped. Broken off in between there are two records of one
 * content, and nothing is lost.
 */
static bool rename_snapshot(struct job *job, virDomainPtr dom, struct snap *snap, const char *name, GError **error)
{
	g_autofree char *old = g_strdup(snap->name);

	snap_set_name(snap, name);
	if (!snapshot_redefine(dom, snap, error))
		return false;
	for (unsigned i = 0; i < snap->below->len; i++) {
		struct snap *child = g_ptr_array_index(snap->below, i);
		snap_set_parent(child, name);
		if (!snapshot_redefine(dom, child, error))
			return false;
	}
	if (!snapshot_forget(dom, old, error))
		return false;
	rename_screen(job, old, name, snap->created_unix_s);
	return true;
}

static enum task_state refuse_name(struct job *job, const struct snap *snap, GPtrArray *tree, const char *name, GError **error)
{
	if (op_name_is_unsafe(name))
		return op_refuse(job, error, "rename", "'%s' can not be a snapshot's name", name);
	if (snapshot_tree_find(tree, name))
		return op_refuse(job, error, "rename", "there is a snapshot '%s' already", name);
	if (snap->kind != SNAPSHOT_EXTERNAL)
		return op_refuse(job, error, "rename", "its disks know it by this name; only external ones can be renamed, but its "
		                                       "description can be changed");
	return TASK_OK;
}

enum task_state op_snapshot_edit_run(struct job *job, GError **error)
{
	const char *name = args_get(job->request->args, "name");
	const char *description = args_get(job->request->args, "description");
	g_autoptr(virDomain) dom = op_guest(job, "edit", error);
	g_autoptr(GPtrArray) tree = dom ? snapshot_tree_read(dom, true, error) : NULL;
	struct snap *snap = tree ? snapshot_tree_find(tree, job->request->ref.name) : NULL;

	if (!tree)
		return TASK_FAILED;
	if (!snap)
		return op_refuse(job, error, "edit", "there is no such snapshot any more");
	bool renamed = name && *name && !g_str_equal(name, snap->name);
	if (renamed && refuse_name(job, snap, tree, name, error) != TASK_OK)
		return TASK_FAILED;
	if (description)
		snap_set_description(snap, description);
	if (renamed ? !rename_snapshot(job, dom, snap, name, error) : !snapshot_redefine(dom, snap, error))
		return TASK_FAILED;
	if (renamed)
		job_say(job, "renamed to '%s'", name);
	else
		job_say(job, "changed");
	return TASK_OK;
}

enum task_state op_snapshot_edit_settle(struct job *job, GError **error)
{
	const char *name = args_get(job->request->args, "name");
	const char *description = args_get(job->request->args, "description");
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK)
		return found;
	g_autoptr(GPtrArray) tree = snapshot_tree_read(dom, false, error);
	if (!tree)
		return TASK_UNKNOWN;
	const struct snap *old = snapshot_tree_find(tree, job->request->ref.name);
	const struct snap *now = name && *name ? snapshot_tree_find(tree, name) : old;
	if (old && now && old != now) {
		job_say(job, "it has both names: drop the record of the one that is not wanted (metadata only)");
		return TASK_WARNING;
	}
	bool done = now && (!description || g_str_equal(now->description, description));
	job_say(job, done ? "it was changed" : "it was not changed");
	return done ? TASK_OK : TASK_FAILED;
}
