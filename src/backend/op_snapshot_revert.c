/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operation "roll back to a snapshot": what it says beforehand, acting, settling. Worker threads. */
#include <string.h>

#include "backend/op_table.h"
#include "backend/snap_revert.h"
#include "nvirt/text.h"

static bool saw(const struct job *job, const char *path)
{
	const char *seen = args_get(job->request->args, OP_ARG_SEEN);
	g_auto(GStrv) lines = g_strsplit(seen ? seen : "", "\n", -1);

	for (unsigned i = 0; lines[i]; i++) {
		const char *shown = strchr(lines[i], '\t');
		if (shown && g_str_equal(shown + 1, path))
			return true;
	}
	return false;
}

/* What was agreed to are files: another one that would go now was not. */
static bool check_seen(struct job *job, const struct revert *revert, GError **error)
{
	if (!args_get(job->request->args, OP_ARG_SEEN) || args_get_bool(job->request->args, "take-first", false))
		return true;
	for (unsigned i = 0; i < revert->disks->len; i++) {
		const struct revert_disk *disk = g_ptr_array_index(revert->disks, i);
		g_autofree char *shown = disk->abandon ? text_clean(disk->abandon, -1) : NULL;
		if (shown && !saw(job, shown)) {
			op_refuse(job, error, REVERT_VERB, "disk %s is '%s' by now, which was not shown: look again",
			        disk->target, disk->abandon);
			return false;
		}
	}
	return true;
}

static enum task_state finish(struct job *job, const struct revert *revert)
{
	enum task_state state = revert_clear(job, revert->dom);

	if (state == TASK_OK)
		job_say(job, "rolled back to '%s'; the guest is %s", job->request->name,
		        revert_after_word(revert->after));
	return state;
}

static enum task_state act(struct job *job, const struct revert *revert, GError **error)
{
	if (revert->refused)
		return op_refuse(job, error, REVERT_VERB, "%s", revert->refused);
	if (!check_seen(job, revert, error))
		return TASK_FAILED;
	bool ok = revert->by_hand ? revert_by_hand(job, revert, error) : revert_internal(job, revert, error);
	if (!ok)
		return TASK_FAILED;
	return finish(job, revert);
}

enum task_state op_snapshot_revert_run(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = op_guest(job, REVERT_VERB, error);

	if (!dom)
		return TASK_FAILED;
	struct revert *revert = revert_look(job->conn, job->request, true, error);
	if (!revert)
		return TASK_FAILED;
	enum task_state state = act(job, revert, error);
	revert_free(revert);
	return state;
}

/* ---- settling ---- */

static bool noted(const struct job *job, const char *line)
{
	g_auto(GStrv) lines = g_strsplit(job->paths->str, "\n", -1);

	return g_strv_contains((const char *const *)lines, line);
}

/* By hand: the definition is stored last, so what it names says whether all was done. */
static bool is_defined(struct job *job, virDomainPtr dom)
{
	g_auto(GStrv) lines = g_strsplit(job->paths->str, "\n", -1);
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE);
	unsigned made = 0;

	for (unsigned i = 0; lines[i]; i++) {
		if (!g_str_has_prefix(lines[i], "made "))
			continue;
		if (!doc || !revert_names_file(doc, lines[i] + strlen("made ")))
			return false;
		made++;
	}
	return made > 0;
}

/* What is not complete is undone by the worker, over the new connection. */
enum task_state op_snapshot_revert_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK)
		return found;
	if (!noted(job, "done ") && is_defined(job, dom))
		revert_committed(job);
	if (!noted(job, "done ")) {
		job_say(job, "it was not rolled back");
		return TASK_FAILED;
	}
	enum task_state state = revert_clear(job, dom);
	if (conn_lost(job->conn))
		return TASK_UNKNOWN;
	if (state == TASK_OK)
		job_say(job, "it was rolled back to '%s'", job->request->name);
	return state;
}

struct plan *op_snapshot_revert_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	struct revert *revert = revert_look(conn, request, false, error);
	struct plan *plan = revert ? revert_plan(revert, request) : NULL;

	revert_free(revert);
	return plan;
}
