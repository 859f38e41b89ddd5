/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operation that gives a guest an overlay of its own. Worker threads. */
#include "backend/base_mark.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "backend/own_overlay.h"
#include "backend/protect.h"
#include "nvirt/text.h"

#define VERB "give an overlay to"

static bool forgets(const struct op_request *request)
{
	return args_get_bool(request->args, "forget-snapshots", false);
}

/* Owned; NULL = it can be. */
static char *refused(virDomainPtr dom, const struct own_overlay *own, const struct op_request *request)
{
	if (template_mark_is_set(dom))
		return g_strdup("it is a template and does not run; make it a guest again (untemplate) with an overlay of its own");
	if (!own->active && virDomainHasManagedSaveImage(dom, 0) == 1)
		return g_strdup("its saved memory belongs to its files as they are: start it and shut it down, or drop the "
		                "saved memory (managedsave-remove)");
	return own_overlay_refused(own, forgets(request));
}

enum task_state op_guest_own_overlay_run(struct job *job, GError **error)
{
	g_autofree char *weak = NULL, *why = NULL;
	g_autoptr(virDomain) dom = op_guest(job, VERB, error);
	struct own_overlay *own = dom ? own_overlay_look(dom, false, error) : NULL;

	if (!own)
		return TASK_FAILED;
	why = refused(dom, own, job->request);
	unsigned n = own->list->len;
	bool ok = !why && own_overlay_make(job, dom, own, forgets(job->request), &weak, error);
	own_overlay_free(own);
	if (why)
		return op_refuse(job, error, VERB, "%s", why);
	if (!ok)
		return TASK_FAILED;
	if (weak)
		job_log(job, "%s", weak);
	job_say(job, "it writes to %s of its own now; what it had before is a base that clones can stand on",
	        n == 1 ? "an overlay" : "overlays");
	return TASK_OK;
}

/* Does it use what was to be made? */
enum task_state op_guest_own_overlay_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);
	g_auto(GStrv) paths = g_strsplit(job->paths->str, "\n", -1);

	if (found != TASK_OK)
		return found;
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, 0);
	if (!doc)
		return TASK_UNKNOWN;
	for (unsigned i = 0; paths[i] && *paths[i]; i++) {
		char *xml = virDomainGetXMLDesc(dom, 0);
		g_autofree char *escaped = g_markup_escape_text(paths[i], -1);
		bool there = xml && strstr(xml, escaped);
		free(xml);
		if (!there) {
			job_say(job, "it still uses its old files");
			return TASK_FAILED;
		}
	}
	job_say(job, "it writes to an overlay of its own now");
	return TASK_OK;
}

struct plan *op_guest_own_overlay_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(conn, request->ref.uuid);
	struct own_overlay *own = dom ? own_overlay_look(dom, false, error) : NULL;

	if (!dom)
		conn_set_error(error, "cannot look at '%s'", request->name);
	if (!own)
		return NULL;
	struct plan *plan = plan_new();
	plan->refused = refused(dom, own, request);
	for (unsigned i = 0; i < own->list->len; i++) {
		const struct new_overlay *overlay = g_ptr_array_index(own->list, i);
		g_autofree char *id = g_strdup_printf("overlay:%s", overlay->target);
		g_autofree char *keep = g_strdup_printf("base:%s", overlay->target);
		g_autofree char *what = g_strdup_printf("overlay for %s", overlay->target);
		g_autofree char *path = text_clean(overlay->path, -1);
		struct plan_item *item = plan_add(plan, id, what, path);
		item->does = PLAN_MAKE;
		item->chosen = item->required = true;
		protect_plan_base(plan, dom, keep, overlay->base, overlay->base_format);
	}
	plan_note(plan, own->active ? "It goes on running while it is switched over." : "Its definition names the new files.");
	if (own->snapshots && forgets(request))
		plan_note(plan, "libvirt forgets its %u snapshots; what they hold in the files stays there unused.",
		        own->snapshots);
	own_overlay_free(own);
	return plan;
}
