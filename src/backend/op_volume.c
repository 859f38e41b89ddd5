/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deleting a volume. libvirt deletes a disk of a running guest and the base of
 * clones without a word, so all pools are read anew and everybody is looked at
 * first. Worker threads.
 */
#include <stdlib.h>

#include "backend/file_users.h"
#include "backend/hostfile.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "backend/protect.h"
#include "nvirt/text.h"

#define VERB "delete"

/* What stands in the way, or may. */
struct look {
	virStorageVolPtr vol;
	char *path;   /* raw */
	char *users;  /* cleaned; NULL = nobody known */
	char *unseen; /* what could not be looked at; NULL = everything was */
};

static void look_fini(struct look *look)
{
	if (look->vol)
		virStorageVolFree(look->vol);
	g_free(look->path);
	g_free(look->users);
	g_free(look->unseen);
}
#define AUTO_LOOK __attribute__((cleanup(look_fini))) struct look

static void add_unseen(struct look *look, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_unseen(struct look *look, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *words = g_strdup_vprintf(format, args);
	va_end(args);
	g_autofree char *before = g_steal_pointer(&look->unseen);
	g_autofree char *raw = g_strdup_printf("%s%s%s", before ? before : "", before ? "; " : "", words);
	look->unseen = text_clean(raw, -1);
}

/* A clone that was made by hand since its pool was read would not be seen. */
static void look_at_pools(struct look *look, virConnectPtr conn)
{
	virStoragePoolPtr *pools = NULL;
	int n = virConnectListAllStoragePools(conn, &pools, 0);

	if (n < 0)
		add_unseen(look, "the pools: %s", virGetLastErrorMessage());
	for (int i = 0; i < n; i++) {
		const char *name = virStoragePoolGetName(pools[i]);

		if (virStoragePoolIsActive(pools[i]) == 0)
			add_unseen(look, "pool '%s' is not active", name);
		else if (virStoragePoolRefresh(pools[i], 0) < 0)
			add_unseen(look, "pool '%s' could not be read again: %s", name, virGetLastErrorMessage());
		virStoragePoolFree(pools[i]);
	}
	free(pools);
}

static bool look_at(struct look *look, virConnectPtr conn, const struct op_request *request, GError **error)
{
	look_at_pools(look, conn);
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByUUID(conn, request->ref.uuid);
	look->vol = pool ? virStorageVolLookupByName(pool, request->ref.name) : NULL;
	char *path = look->vol ? virStorageVolGetPath(look->vol) : NULL;
	if (!path) {
		conn_set_error(error, "cannot " VERB " '%s'", request->name);
		return false;
	}
	look->path = g_strdup(path);
	free(path);
	struct file_users *users = file_users_new(conn, NULL, FILE_USERS_ALL, error);
	if (!users)
		return false;
	look->users = file_users_of(users, look->path);
	if (file_users_gaps(users))
		add_unseen(look, "%s", file_users_gaps(users));
	file_users_free(users);
	return true;
}

/* ---- plan ---- */

static void add_note(struct plan *plan, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_note(struct plan *plan, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *raw = g_strdup_vprintf(format, args);
	va_end(args);
	g_ptr_array_add(plan->notes, text_clean(raw, -1));
}

static void describe(struct plan *plan, struct plan_item *item, virStorageVolPtr vol)
{
	char *xml = virStorageVolGetXMLDesc(vol, 0);
	g_autoptr(xmlDoc) doc = op_xml_parse(xml);
	virStorageVolInfo info;
	char used[32], size[32];

	free(xml);
	if (virStorageVolGetInfo(vol, &info) == 0) {
		text_format_bytes(used, sizeof used, info.allocation);
		text_format_bytes(size, sizeof size, info.capacity);
		g_free(item->note);
		item->note = g_strdup_printf("%s on disk, %s in all", used, size);
	}
	g_autofree char *base = doc ? op_xml_string(doc, NULL, "/volume/backingStore/path") : g_strdup("");
	if (*base)
		add_note(plan, "What it stands on stays: '%s'.", base);
}

struct plan *op_volume_delete_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	AUTO_LOOK look = {0};

	if (!look_at(&look, conn, request, error))
		return NULL;
	struct plan *plan = plan_new();
	g_autofree char *shown = text_clean(look.path, -1);
	struct plan_item *item = plan_add(plan, "volume", "volume", shown);
	item->chosen = item->required = true;
	describe(plan, item, look.vol);
	if (look.users)
		plan->refused = g_strdup_printf("it is used: %s", look.users);
	if (look.unseen)
		add_note(plan, "Not everything can be looked at for users of it: %s.", look.unseen);
	if (look.unseen && !args_get_bool(request->args, "unseen", false))
		add_note(plan, "It is deleted all the same only with \"Although unseen\" (--unseen).");
	return plan;
}

/* ---- run ---- */

static bool same_path(struct job *job, const char *path)
{
	const char *seen = args_get(job->request->args, OP_ARG_SEEN);
	g_autofree char *shown = text_clean(path, -1);
	g_autofree char *line = g_strdup_printf("volume\t%s\n", shown);

	return !seen || g_str_equal(seen, line);
}

enum task_state op_volume_delete_run(struct job *job, GError **error)
{
	AUTO_LOOK look = {0};

	if (!look_at(&look, job->conn, job->request, error))
		return TASK_FAILED;
	if (!same_path(job, look.path))
		return op_refuse(job, error, VERB, "it is another file by now: '%s'; look again", look.path);
	if (look.users)
		return op_refuse(job, error, VERB, "it is used: %s", look.users);
	if (look.unseen && !args_get_bool(job->request->args, "unseen", false))
		return op_refuse(job, error, VERB,
		        "it can not be told whether anybody uses it: %s. Mend that, or delete it all the same with "
		        "\"Although unseen\" (--unseen)",
		        look.unseen);
	char *xml = virStorageVolGetXMLDesc(look.vol, 0);
	g_autoptr(xmlDoc) doc = op_xml_parse(xml);
	free(xml);
	g_autofree char *base = doc ? op_xml_string(doc, NULL, "/volume/backingStore/path") : g_strdup("");
	g_string_assign(job->paths, look.path);
	if (virStorageVolDelete(look.vol, 0) < 0)
		return op_fail(job, NULL, error, VERB);
	if (*base == '/')
		protect_lift(job, base);
	job_say(job, "'%s' was deleted%s", look.path, *base ? "; what it stood on stays" : "");
	return TASK_OK;
}

enum task_state op_volume_delete_settle(struct job *job, GError **error)
{
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByUUID(job->conn, job->request->ref.uuid);

	if (!pool) {
		conn_set_error(error, "cannot look at '%s'", job->request->name);
		return TASK_UNKNOWN;
	}
	virStoragePoolRefresh(pool, 0);
	g_autoptr(virStorageVol) vol = virStorageVolLookupByName(pool, job->request->ref.name);
	if (vol) {
		job_say(job, "it was not deleted");
		return TASK_FAILED;
	}
	if (virGetLastErrorCode() != VIR_ERR_NO_STORAGE_VOL) {
		conn_set_error(error, "cannot look at '%s'", job->request->name);
		return TASK_UNKNOWN;
	}
	job_say(job, "it was deleted");
	return TASK_OK;
}
