/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Undefining a guest, with the files that were chosen. Worker threads.
 *
 * The plan that a person saw may be old, so everything is looked at again
 * before the first change. The definition goes first: a file of a guest that
 * is still defined is never deleted.
 */
#include "backend/hostfile.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "backend/protect.h"
#include "backend/undefine.h"
#include "nvirt/text.h"

static bool chosen(char *const *ids, const char *id)
{
	return g_strv_contains((const char *const *)ids, id);
}

/* The path that the plan showed for this id, owned; NULL where no plan was shown. */
static char *seen_path(struct job *job, const char *id)
{
	const char *seen = args_get(job->request->args, OP_ARG_SEEN);
	g_auto(GStrv) lines = g_strsplit(seen ? seen : "", "\n", -1);
	g_autofree char *prefix = g_strdup_printf("%s\t", id);

	for (unsigned i = 0; lines[i]; i++)
		if (g_str_has_prefix(lines[i], prefix))
			return g_strdup(lines[i] + strlen(prefix));
	return NULL;
}

static bool check_same(struct job *job, const struct plan_item *item, GError **error)
{
	g_autofree char *seen = seen_path(job, item->id);

	if (!seen || g_str_equal(seen, item->path))
		return true;
	op_refuse(job, error, "undefine", "%s was '%s' and is '%s' by now: look again", item->what, seen, item->path);
	return false;
}

static bool check_chosen(struct job *job, const struct undefine *undefine, const char *id, GError **error)
{
	const struct plan_item *item = undefine_item(undefine, id);

	if (!item) {
		op_refuse(job, error, "undefine", "it has no '%s' any more: look again", id);
		return false;
	}
	if (item->refused) {
		op_refuse(job, error, "undefine", "%s '%s' may not be removed: %s", item->what, item->path,
		        item->refused);
		return false;
	}
	return check_same(job, item, error);
}

/* What has come since the plan was shown and would be lost without having been seen. */
static bool check_required(struct job *job, const struct undefine *undefine, char *const *ids, GError **error)
{
	GPtrArray *items = undefine->plan->items;

	for (unsigned i = 0; i < items->len; i++) {
		const struct plan_item *item = g_ptr_array_index(items, i);
		if (item->required && !chosen(ids, item->id)) {
			op_refuse(job, error, "undefine",
			        "it has a %s that would be lost and was not agreed to: look again", item->what);
			return false;
		}
	}
	return true;
}

static bool check(struct job *job, const struct undefine *undefine, char *const *ids, GError **error)
{
	if (undefine->plan->refused) {
		op_refuse(job, error, "undefine", "%s", undefine->plan->refused);
		return false;
	}
	for (unsigned i = 0; ids[i]; i++)
		if (!check_chosen(job, undefine, ids[i], error))
			return false;
	return check_required(job, undefine, ids, error);
}

static unsigned undefine_flags(const struct undefine *undefine, char *const *ids)
{
	unsigned flags = 0;

	if (undefine->managed_save)
		flags |= VIR_DOMAIN_UNDEFINE_MANAGED_SAVE;
	if (undefine->snapshots)
		flags |= VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA;
	if (undefine->checkpoints)
		flags |= VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA;
	if (undefine->nvram)
		flags |= chosen(ids, "nvram") ? VIR_DOMAIN_UNDEFINE_NVRAM : VIR_DOMAIN_UNDEFINE_KEEP_NVRAM;
	if (undefine->tpm)
		flags |= chosen(ids, "tpm") ? VIR_DOMAIN_UNDEFINE_TPM : VIR_DOMAIN_UNDEFINE_KEEP_TPM;
	return flags;
}

/* ---- deleting ---- */

static bool delete_volume(virStorageVolPtr vol, GError **error)
{
	if (virStorageVolDelete(vol, 0) == 0)
		return true;
	conn_set_error(error, "cannot delete");
	return false;
}

static bool delete_through(
        struct undefine *undefine, virStoragePoolPtr pool, const char *path, GError **error)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autoptr(virStorageVol) vol = virStorageVolLookupByName(pool, name);

	if (!vol) {
		conn_set_error(error, "cannot find it");
		return false;
	}
	file_users_add_pool(undefine->users, pool);
	g_autofree char *who = file_users_of(undefine->users, path);
	if (who) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_DENIED, "it is used elsewhere: %s", who);
		return false;
	}
	return delete_volume(vol, error);
}

static bool delete_file(struct job *job, struct undefine *undefine, const char *path, GError **error)
{
	g_autoptr(virStorageVol) vol = virStorageVolLookupByPath(job->conn, path);

	if (vol)
		return delete_volume(vol, error);
	g_autofree char *dir = g_path_get_dirname(path);
	g_autoptr(virStoragePool) own = hostfile_pool_of_dir(job->conn, dir);
	if (own) {
		virStoragePoolRefresh(own, 0);
		return delete_through(undefine, own, path, error);
	}
	g_autoptr(virStoragePool) lent = hostfile_lend_pool(job->conn, dir);
	if (!lent) {
		conn_set_error(error, "it is in no pool, and '%s' can not be made one", dir);
		return false;
	}
	bool ok = delete_through(undefine, lent, path, error);
	virStoragePoolDestroy(lent);
	return ok;
}

/* What it stands on, raw and owned; NULL = nothing. Asked before it is gone. */
static char *base_of(struct job *job, const char *path)
{
	struct hostfile_info info;

	if (!hostfile_look(job->conn, path, &info, NULL))
		return NULL;
	char *base = *info.base ? file_users_base_path(path, info.base) : NULL;
	hostfile_info_fini(&info);
	return base;
}

static enum task_state delete_files(struct job *job, struct undefine *undefine, char *const *ids)
{
	g_autoptr(GString) stayed = g_string_new(NULL);
	unsigned deleted = 0;

	for (unsigned i = 0; ids[i]; i++) {
		const char *path = g_hash_table_lookup(undefine->paths, ids[i]);
		g_autoptr(GError) error = NULL;
		if (!path)
			continue;
		g_autofree char *base = base_of(job, path);
		if (delete_file(job, undefine, path, &error)) {
			job_log(job, "deleted '%s'", path);
			if (base)
				protect_lift(job, base);
			deleted++;
			continue;
		}
		job_log(job, "'%s' stays: %s", path, error->message);
		g_string_append_printf(stayed, "%s'%s' (%s)", stayed->len ? ", " : "", path, error->message);
	}
	if (stayed->len) {
		job_say(job, "undefined, but these files stay: %s", stayed->str);
		return TASK_WARNING;
	}
	if (deleted)
		job_say(job, "undefined; %u file%s deleted", deleted, deleted == 1 ? "" : "s");
	else
		job_say(job, "undefined; its disks stay");
	return TASK_OK;
}

/* ---- the operation ---- */

/* A clone that was made by hand since the pool was read would not be seen. */
static void refresh_pools(struct job *job, virDomainPtr dom, char *const *ids)
{
	g_autoptr(xmlDoc) doc = ids[0] ? op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE) : NULL;

	for (unsigned i = 0; doc && ids[i]; i++) {
		if (!g_str_has_prefix(ids[i], "disk:") || strchr(ids[i], '\''))
			continue;
		g_autofree char *xpath = g_strdup_printf(
		        "/domain/devices/disk[target/@dev='%s']/source/@file", ids[i] + strlen("disk:"));
		g_autofree char *path = op_xml_string(doc, NULL, xpath);
		g_autofree char *dir = g_path_get_dirname(path);
		g_autoptr(virStoragePool) pool = *path ? hostfile_pool_of_dir(job->conn, dir) : NULL;
		if (pool && virStoragePoolRefresh(pool, 0) < 0)
			job_log(job, "pool '%s' could not be refreshed: %s", virStoragePoolGetName(pool),
			        virGetLastErrorMessage());
	}
}

static void note_paths(struct job *job, const struct undefine *undefine, char *const *ids)
{
	for (unsigned i = 0; ids[i]; i++) {
		const char *path = g_hash_table_lookup(undefine->paths, ids[i]);
		if (path)
			g_string_append_printf(job->paths, "%s%s", job->paths->len ? "\n" : "", path);
	}
}

static enum task_state act(
        struct job *job, virDomainPtr dom, struct undefine *undefine, char *const *ids, GError **error)
{
	note_paths(job, undefine, ids);
	if (virDomainUndefineFlags(dom, undefine_flags(undefine, ids)) < 0)
		return op_fail(job, dom, error, "undefine");
	job_log(job, "the definition was removed");
	return delete_files(job, undefine, ids);
}

/* "disk:vda\nnvram\n" as a vector without empty words; the same one twice counts once. */
static char **read_ids(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text ? text : "", "\n", -1);
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; words[i]; i++) {
		g_strstrip(words[i]);
		if (*words[i] && !g_ptr_array_find_with_equal_func(ids, words[i], g_str_equal, NULL))
			g_ptr_array_add(ids, g_strdup(words[i]));
	}
	g_ptr_array_add(ids, NULL);
	return (char **)g_ptr_array_steal(ids, NULL);
}

enum task_state op_guest_undefine_run(struct job *job, GError **error)
{
	g_auto(GStrv) ids = read_ids(args_get(job->request->args, "remove"));
	g_autoptr(virDomain) dom = op_guest(job, "undefine", error);

	if (!dom)
		return TASK_FAILED;
	refresh_pools(job, dom, ids);
	struct undefine *undefine = undefine_look(dom, job->request->name, error);
	if (!undefine)
		return TASK_FAILED;
	enum task_state state =
	        check(job, undefine, ids, error) ? act(job, dom, undefine, ids, error) : TASK_FAILED;
	undefine_free(undefine);
	return state;
}

/* Only a pool can say that a file is gone: what lies in none is named as not known. */
static bool may_be_left(struct job *job, const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);
	g_autoptr(virStoragePool) pool = hostfile_pool_of_dir(job->conn, dir);

	if (pool)
		virStoragePoolRefresh(pool, 0);
	g_autoptr(virStorageVol) vol = virStorageVolLookupByPath(job->conn, path);
	return vol || !pool;
}

static enum task_state settle_files(struct job *job)
{
	g_auto(GStrv) paths = g_strsplit(job->paths->str, "\n", -1);
	g_autoptr(GString) left = g_string_new(NULL);

	for (unsigned i = 0; paths[i] && *paths[i]; i++)
		if (may_be_left(job, paths[i]))
			g_string_append_printf(left, "%s'%s'", left->len ? ", " : "", paths[i]);
	if (left->len)
		job_say(job, "it was undefined, but look whether these files are left: %s", left->str);
	else
		job_say(job, "it was undefined");
	return left->len ? TASK_WARNING : TASK_OK;
}

enum task_state op_guest_undefine_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found == TASK_UNKNOWN)
		return found;
	if (dom) {
		job_say(job, "it was not undefined; nothing was deleted");
		return TASK_FAILED;
	}
	return settle_files(job);
}
