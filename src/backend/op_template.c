/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest becomes a template, and a guest again. Worker threads. */
#include "backend/base_mark.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "backend/own_overlay.h"
#include "backend/protect.h"
#include "backend/steps.h"

#define TO "make a template of"
#define BACK "make a guest of"

/* ---- to a template ---- */

static bool autostart_again(struct job *job, void *data, GError **error)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(job->conn, job->request->ref.uuid);

	(void)data;
	if (dom && virDomainSetAutostart(dom, 1) == 0)
		return true;
	conn_set_error(error, "cannot set autostart again");
	return false;
}

static bool clear_autostart(struct job *job, virDomainPtr dom, GError **error)
{
	g_autofree char *words = NULL;
	int on = 0;

	if (virDomainGetAutostart(dom, &on) < 0 || !on)
		return true;
	words = g_strdup_printf("the autostart of '%s', which was cleared", virDomainGetName(dom));
	unsigned step = steps_will_do(job, words, autostart_again, NULL, NULL);
	if (virDomainSetAutostart(dom, 0) < 0) {
		conn_set_error(error, "cannot clear the autostart of '%s'", job->request->name);
		return false;
	}
	steps_made(job, step);
	job_log(job, "it does not start with its host any more");
	return true;
}

static const char *no_template(struct job *job, virDomainPtr dom)
{
	if (job->before.known && op_state_active(job->before.state))
		return "it is running: shut it down first";
	if (virDomainIsPersistent(dom) == 0)
		return "it is transient: it vanishes when it stops";
	if (virDomainHasManagedSaveImage(dom, 0) == 1)
		return "it has saved memory, that could not go on any more: start it and shut it down, or drop the saved "
		       "memory (managedsave-remove)";
	return NULL;
}

static enum task_state to_template(struct job *job, virDomainPtr dom, GError **error)
{
	const char *why = no_template(job, dom);
	g_autofree char *weak = NULL;

	if (why)
		return op_refuse(job, error, TO, "%s", why);
	if (template_mark_is_set(dom)) {
		job_say(job, "it was a template already");
		return TASK_OK;
	}
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE);
	if (!doc)
		return op_fail(job, dom, error, TO);
	g_autoptr(GPtrArray) disks = protect_own_disks(job->conn, doc);
	g_autofree const char **paths = protect_paths(disks);
	if (!clear_autostart(job, dom, error) || !template_mark_set(job, dom, true, error)
	        || !protect_base(job, dom, paths, &weak, error))
		return TASK_FAILED;
	if (weak)
		job_log(job, "%s", weak);
	job_say(job, "it is a template now: it does not start, clones of it are linked ones");
	return TASK_OK;
}

/* ---- and back ---- */

static enum task_state plain_guest(struct job *job, virDomainPtr dom, GError **error)
{
	if (!template_mark_set(job, dom, false, error) || !protect_release(job, dom, error))
		return TASK_FAILED;
	job_say(job, "it is a guest again and can start");
	return TASK_OK;
}

static enum task_state with_overlay(struct job *job, virDomainPtr dom, GError **error)
{
	g_autofree char *why = NULL, *weak = NULL;
	struct own_overlay *own = own_overlay_look(dom, false, error);

	if (!own)
		return TASK_FAILED;
	if (!own->list->len) {
		own_overlay_free(own);
		return plain_guest(job, dom, error);
	}
	why = own_overlay_refused(own, false);
	bool ok = !why && template_mark_set(job, dom, false, error)
	          && own_overlay_make(job, dom, own, false, &weak, error);
	own_overlay_free(own);
	if (why)
		return op_refuse(job, error, BACK, "%s", why);
	if (!ok)
		return TASK_FAILED;
	if (weak)
		job_log(job, "%s", weak);
	job_say(job, "it is a guest again, with an overlay of its own; its clones stand on its old files");
	return TASK_OK;
}

static enum task_state to_guest(struct job *job, virDomainPtr dom, GError **error)
{
	if (!template_mark_is_set(dom))
		return op_refuse(job, error, BACK, "it is no template");
	if (args_get_bool(job->request->args, "own-overlay", false))
		return with_overlay(job, dom, error);
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE);
	if (!doc)
		return op_fail(job, dom, error, BACK);
	g_autoptr(GPtrArray) disks = protect_own_disks(job->conn, doc);
	g_autofree const char **paths = protect_paths(disks);
	struct base_users *users =
	        base_users_look(job->conn, paths, NULL, g_get_monotonic_time() + PROTECT_LOOK_US, error);
	if (!users)
		return TASK_FAILED;
	g_autofree char *names = base_users_words(users);
	bool any = users->list->len, gaps = users->gaps != NULL;
	if (gaps)
		job_log(job, "not everything that may stand on its disks could be looked at: %s", users->gaps);
	base_users_free(users);
	if (any)
		return op_refuse(job, error, BACK,
		        "clones stand on its disks: %s; remove or flatten them, or let it have an overlay of its own "
		        "with the same step (untemplate --own-overlay)",
		        names);
	return plain_guest(job, dom, error);
}

enum task_state op_guest_template_run(struct job *job, GError **error)
{
	bool on = args_get_bool(job->request->args, "on", true);
	g_autoptr(virDomain) dom = op_guest(job, on ? TO : BACK, error);

	if (!dom)
		return TASK_FAILED;
	return on ? to_template(job, dom, error) : to_guest(job, dom, error);
}

enum task_state op_guest_template_settle(struct job *job, GError **error)
{
	bool on = args_get_bool(job->request->args, "on", true);
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK)
		return found;
	bool is = template_mark_is_set(dom);
	if (!is && conn_lost(job->conn))
		return TASK_UNKNOWN;
	job_say(job, is ? "it is a template" : "it is no template");
	return is == on ? TASK_OK : TASK_FAILED;
}

/* ---- lifting a protection that nothing needs any more ---- */

enum task_state op_guest_unprotect_run(struct job *job, GError **error)
{
	static const char verb[] = "lift the protection of";
	bool anyway = args_get_bool(job->request->args, "anyway", false);
	g_autoptr(virDomain) dom = op_guest(job, verb, error);

	if (!dom)
		return TASK_FAILED;
	g_autoptr(GPtrArray) files = base_mark_read(dom);
	if (!files)
		return op_fail(job, dom, error, verb);
	if (!files->len || template_mark_is_set(dom))
		return op_refuse(job, error, verb, files->len ? "it is a template: make it a guest again (untemplate)"
		                                              : "it is not protected");
	g_autofree const char **paths = g_new0(const char *, files->len + 1);
	for (unsigned i = 0; i < files->len; i++)
		paths[i] = ((struct base_file *)g_ptr_array_index(files, i))->path;
	struct base_users *users =
	        base_users_look(job->conn, paths, NULL, g_get_monotonic_time() + PROTECT_LOOK_US, error);
	if (!users)
		return TASK_FAILED;
	g_autofree char *names = base_users_words(users), *gaps = g_strdup(users->gaps);
	bool any = users->list->len > 0;
	base_users_free(users);
	if (any)
		return op_refuse(job, error, verb, "%s still stand on its files; remove or flatten them first", names);
	if (gaps && !anyway)
		return op_refuse(job, error, verb, "it can not be told whether all clones are gone (%s); say 'anyway' if "
		                                   "you know that they are", gaps);
	if (!protect_release(job, dom, error))
		return TASK_FAILED;
	job_say(job, "nothing stands on its files: the protection was lifted");
	return TASK_OK;
}

enum task_state op_guest_unprotect_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK)
		return found;
	g_autoptr(GPtrArray) files = base_mark_read(dom);
	if (!files)
		return TASK_UNKNOWN;
	job_say(job, files->len ? "it is still protected" : "the protection was lifted");
	return files->len ? TASK_FAILED : TASK_OK;
}
