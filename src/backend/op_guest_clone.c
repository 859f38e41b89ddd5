/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cloning a guest: which way, and then that way's own file. Worker threads. */
#include "backend/base_mark.h"
#include "backend/clone_linked.h"
#include "backend/op_table.h"
#include "backend/op_util.h"

/* Clones of a template are linked unless something else is asked for. */
static bool is_linked(virDomainPtr source, const struct op_request *request)
{
	const char *mode = args_get(request->args, "mode");

	if (!mode || g_str_equal(mode, "default"))
		return template_mark_is_set(source);
	return g_str_equal(mode, "linked");
}

enum task_state op_guest_clone_run(struct job *job, GError **error)
{
	g_autoptr(virDomain) source = op_guest(job, "clone", error);

	if (!source)
		return TASK_FAILED;
	if (is_linked(source, job->request))
		return clone_linked_run(job, source, error);
	return op_refuse(job, error, "clone", "only linked clones can be made");
}

enum task_state op_guest_clone_settle(struct job *job, GError **error)
{
	return clone_linked_settle(job, error);
}

struct plan *op_guest_clone_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	g_autoptr(virDomain) source = virDomainLookupByUUID(conn, request->ref.uuid);
	struct plan *plan = plan_new();
	bool ok = false;

	if (!source)
		conn_set_error(error, "cannot look at '%s'", request->name);
	else if (is_linked(source, request))
		ok = clone_linked_plan(conn, source, request, plan, error);
	else
		plan->refused = g_strdup("only linked clones can be made"), ok = true;
	if (ok)
		return plan;
	plan_free(plan);
	return NULL;
}
