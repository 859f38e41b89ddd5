/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cloning a guest: which way, and then that way's own file. Worker threads. */
#include "backend/base_mark.h"
#include "backend/clone_full.h"
#include "backend/clone_linked.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "nvirt/text.h"

/* Clones of a template are linked unless something else is asked for. */
static bool is_linked(virDomainPtr source, const struct op_request *request)
{
	const char *mode = args_get(request->args, "mode");

	if (!mode || g_str_equal(mode, "default"))
		return template_mark_is_set(source);
	return g_str_equal(mode, "linked");
}

#define IS_TRANSIENT "it is transient: it has no stored definition to clone"

enum task_state op_guest_clone_run(struct job *job, GError **error)
{
	g_autoptr(virDomain) source = op_guest(job, "clone", error);

	if (!source)
		return TASK_FAILED;
	if (virDomainIsPersistent(source) == 0)
		return op_refuse(job, error, "clone", IS_TRANSIENT);
	return is_linked(source, job->request) ? clone_linked_run(job, source, error) : clone_full_run(job, error);
}

enum task_state op_guest_clone_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) source = NULL;
	enum task_state found = op_settle_guest(job, &source, error);

	if (found == TASK_UNKNOWN)
		return found;
	if (source && is_linked(source, job->request))
		return clone_linked_settle(job, error);
	return clone_full_settle(job, source, error);
}

struct plan *op_guest_clone_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	g_autoptr(virDomain) source = virDomainLookupByUUID(conn, request->ref.uuid);
	g_autoptr(GError) local = NULL;

	if (!source) {
		conn_set_error(error, "cannot look at '%s'", request->name);
		return NULL;
	}
	struct plan *plan = plan_new();
	if (virDomainIsPersistent(source) == 0) {
		plan->refused = g_strdup(IS_TRANSIENT);
		return plan;
	}
	bool ok = is_linked(source, request) ? clone_linked_plan(conn, source, request, plan, &local)
	                                     : clone_full_plan(conn, request, plan, &local);
	if (!ok && !plan->refused)
		plan->refused = text_clean(local ? local->message : "it can not be looked at", -1);
	return plan;
}
