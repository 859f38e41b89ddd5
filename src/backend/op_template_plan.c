/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What making a template, making a guest of it again and lifting a protection would change. Worker threads. */
#include "backend/base_mark.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "backend/own_overlay.h"
#include "backend/protect.h"
#include "nvirt/text.h"

static void add_change(struct plan *plan, const char *id, const char *what, const char *path, const char *note)
{
	g_autofree char *clean = text_clean(path, -1), *clean_id = text_clean(id, -1);
	struct plan_item *item = plan_add(plan, clean_id, what, clean);

	item->does = PLAN_CHANGE;
	item->chosen = item->required = true;
	g_free(item->note);
	item->note = g_strdup(note);
}

static void add_guest(struct plan *plan, const struct op_request *request, const char *note)
{
	g_autofree char *what = g_strdup_printf("guest '%s'", request->name);

	add_change(plan, "mark", what, "", note);
}

static bool plan_to_template(
        virConnectPtr conn, virDomainPtr dom, const struct op_request *request, struct plan *plan, GError **error)
{
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE);
	int autostart = 0;

	if (!doc) {
		conn_set_error(error, "cannot look at '%s'", request->name);
		return false;
	}
	g_autoptr(GPtrArray) disks = protect_own_disks(conn, doc);
	for (unsigned i = 0; i < disks->len; i++) {
		const struct own_disk *disk = g_ptr_array_index(disks, i);
		g_autofree char *id = g_strdup_printf("base:%s", disk->target);
		if (*disk->path)
			protect_plan_base(plan, dom, id, disk->path, disk->format);
	}
	add_guest(plan, request, "marked as a template in its definition; it does not start any more");
	if (virDomainGetAutostart(dom, &autostart) == 0 && autostart)
		plan_note(plan, "It does not start with its host any more.");
	return true;
}

static bool plan_users(virDomainPtr dom, const struct op_request *request, struct plan *plan,
        const char *const *paths, GError **error)
{
	struct base_users *users = base_users_look(
	        virDomainGetConnect(dom), paths, NULL, g_get_monotonic_time() + PROTECT_LOOK_US, error);

	if (!users)
		return false;
	g_autofree char *names = base_users_words(users);
	if (users->list->len && !plan->refused)
		plan->refused = g_strdup_printf("clones stand on its files: %s; remove or flatten them first%s", names,
		        request->op == OP_GUEST_TEMPLATE ? ", or give it an overlay of its own (own-overlay)" : "");
	if (users->gaps)
		plan_note(plan, "Not everything that may stand on its files could be looked at: %s.", users->gaps);
	if (users->gaps && !plan->refused && request->op == OP_GUEST_UNPROTECT
	        && !args_get_bool(request->args, "anyway", false))
		plan->refused = g_strdup("it can not be told whether all clones are gone; say 'anyway' if you know that they are");
	base_users_free(users);
	return true;
}

/* What is marked as a base, given back to its guest. */
static bool plan_release(virDomainPtr dom, const struct op_request *request, struct plan *plan, GError **error)
{
	g_autoptr(GPtrArray) files = base_mark_read(dom);

	if (!files) {
		conn_set_error(error, "cannot read the marks of '%s'", request->name);
		return false;
	}
	g_autofree const char **paths = g_new0(const char *, files->len + 1);
	for (unsigned i = 0; i < files->len; i++) {
		const struct base_file *file = g_ptr_array_index(files, i);
		g_autofree char *id = g_strdup_printf("base:%u", i);
		paths[i] = file->path;
		add_change(plan, id, "base", file->path, "its guest may write to it again; the mark in the definition goes");
	}
	if (!files->len && request->op == OP_GUEST_UNPROTECT)
		plan->refused = g_strdup("it is not protected");
	return plan_users(dom, request, plan, paths, error);
}

static bool plan_overlay(virDomainPtr dom, const struct op_request *request, struct plan *plan, GError **error)
{
	struct own_overlay *own = own_overlay_look(dom, false, error);

	if (!own)
		return false;
	plan->refused = own_overlay_refused(own, false);
	for (unsigned i = 0; i < own->list->len; i++) {
		const struct new_overlay *overlay = g_ptr_array_index(own->list, i);
		g_autofree char *id = g_strdup_printf("overlay:%s", overlay->target);
		g_autofree char *what = g_strdup_printf("overlay for %s", overlay->target);
		g_autofree char *base = g_strdup_printf("base:%s", overlay->target);
		g_autofree char *path = text_clean(overlay->path, -1);
		struct plan_item *item = plan_add(plan, id, what, path);
		item->does = PLAN_MAKE;
		item->chosen = item->required = true;
		protect_plan_base(plan, dom, base, overlay->base, overlay->base_format);
	}
	bool any = own->list->len > 0;
	own_overlay_free(own);
	return any || plan_release(dom, request, plan, error);
}

struct plan *op_guest_template_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(conn, request->ref.uuid);
	bool on = args_get_bool(request->args, "on", true);
	struct plan *plan = plan_new();
	bool ok = dom != NULL;

	if (!dom)
		conn_set_error(error, "cannot look at '%s'", request->name);
	else if (on)
		ok = plan_to_template(conn, dom, request, plan, error);
	else if (args_get_bool(request->args, "own-overlay", false))
		ok = plan_overlay(dom, request, plan, error);
	else
		ok = plan_release(dom, request, plan, error);
	if (ok && !on)
		add_guest(plan, request, "no template any more; it can start");
	if (!ok)
		g_clear_pointer(&plan, plan_free);
	return plan;
}

struct plan *op_guest_unprotect_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(conn, request->ref.uuid);
	struct plan *plan = plan_new();

	if (!dom)
		conn_set_error(error, "cannot look at '%s'", request->name);
	if (!dom || !plan_release(dom, request, plan, error))
		g_clear_pointer(&plan, plan_free);
	return plan;
}
