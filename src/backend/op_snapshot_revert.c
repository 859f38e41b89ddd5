/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operation "roll back to a snapshot": what it says beforehand, acting, settling. Worker threads. */
#include <string.h>

#include "backend/op_table.h"
#include "backend/protect.h"
#include "backend/snap_revert.h"
#include "backend/steps.h"
#include "nvirt/snapshot_rule.h"
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
	/* What was looked at says it as well; this lifts a mark whose clones are gone. */
	if (!revert->by_hand && protect_refuse(job, revert->dom, REVERT_VERB, error) != TASK_OK)
		return TASK_FAILED;
	bool ok = revert->by_hand ? revert_by_hand(job, revert, error) : revert_internal(job, revert, error);
	if (!ok)
		return TASK_FAILED;
	return finish(job, revert);
}

/* ---- one of now first ---- */

#define TAKING "taking "

static struct args *take_args(const struct job *job)
{
	struct args *args = args_new();
	g_autofree char *name = snapshot_rule_name("before-", g_get_real_time() / G_USEC_PER_SEC);
	g_autofree char *text = g_strdup_printf("As it was before the roll back to '%s'.", job->request->name);

	args_set(args, "name", name);
	args_set(args, "description", text);
	args_set(args, "memory", "yes");
	args_set(args, "kind", "auto");
	return args;
}

/* The operation as it is, with arguments of its own; what it has taken stays, whatever comes. */
static bool take_first(struct job *job, GError **error)
{
	struct args *own = job->request->args;

	job->request->args = take_args(job);
	g_string_append_printf(job->paths, TAKING "%s\n", args_get(job->request->args, "name"));
	enum task_state state = op_snapshot_take_run(job, error);
	args_free(job->request->args);
	job->request->args = own;
	if (state != TASK_OK && state != TASK_WARNING) {
		if (error && *error)
			g_prefix_error(error, "nothing was rolled back: ");
		return false;
	}
	job_log(job, "%s", job->message);
	steps_keep(job);
	g_string_append(job->paths, "taken \n");
	return true;
}

/* The daemon may have finished it: then its files are not to be undone. */
static enum task_state settle_taking(struct job *job, const char *name, GError **error)
{
	struct args *own = job->request->args;

	job->request->args = args_new();
	args_set(job->request->args, "name", name);
	enum task_state state = op_snapshot_take_settle(job, error);
	args_free(job->request->args);
	job->request->args = own;
	if (state == TASK_OK || state == TASK_WARNING)
		steps_keep(job);
	return state;
}

enum task_state op_snapshot_revert_run(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = op_guest(job, REVERT_VERB, error);

	if (!dom)
		return TASK_FAILED;
	struct revert *revert = revert_look(job->conn, job->request, true, error);
	/* Not before it is known that it can be rolled back; afterwards the guest is another one. */
	if (revert && !revert->refused && args_get_bool(job->request->args, "take-first", false)) {
		revert_free(revert);
		revert = take_first(job, error) ? revert_look(job->conn, job->request, true, error) : NULL;
	}
	if (!revert)
		return job_abort_asked(job) ? TASK_ABORTED : TASK_FAILED;
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

/* The line that begins so, without that; borrowed from `lines`. */
static const char *noted_after(char *const *lines, const char *prefix)
{
	for (unsigned i = 0; lines[i]; i++)
		if (g_str_has_prefix(lines[i], prefix))
			return lines[i] + strlen(prefix);
	return NULL;
}

/* What is not complete is undone by the worker, over the new connection. */
enum task_state op_snapshot_revert_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK)
		return found;
	g_auto(GStrv) lines = g_strsplit(job->paths->str, "\n", -1);
	const char *taking = noted(job, "taken ") ? NULL : noted_after(lines, TAKING);
	if (taking && settle_taking(job, taking, error) == TASK_UNKNOWN)
		return TASK_UNKNOWN;
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
