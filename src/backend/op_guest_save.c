/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Managed save, save to a file, restore. Worker threads. */
#include "backend/op_remedy.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "backend/protect.h"

#define LOOK_US G_USEC_PER_SEC

/* ---- managed save ---- */

/* An image beside an active guest is the torn rest of an interrupted save: libvirt would discard it. */
static void warn_torn_image(struct job *job, virDomainPtr dom)
{
	if (virDomainHasManagedSaveImage(dom, 0) == 1)
		job_log(job, "an older managed save image is there and is replaced");
}

enum task_state op_guest_managed_save_run(struct job *job, GError **error)
{
	bool paused = args_get_bool(job->request->args, "paused", false);
	g_autoptr(virDomain) dom = op_guest(job, "save", error);

	if (!dom)
		return TASK_FAILED;
	if (job->before.known && !op_state_active(job->before.state))
		return op_refuse(job, error, "save", "it is off: there is nothing to save");
	warn_torn_image(job, dom);
	struct job_watch *watch = job_watch_begin(job, dom, "saving");
	int rc = virDomainManagedSave(dom, paused ? VIR_DOMAIN_SAVE_PAUSED : 0);
	enum task_state state = rc == 0 ? TASK_OK : op_fail(job, dom, error, "save");
	job_watch_end(watch);
	if (state == TASK_OK)
		job_say(job, paused ? "saved; it comes back paused" : "saved; start it to go on");
	return state;
}

/* The daemon goes on with a save whose client is gone: wait for its end. */
static enum task_state wait_job_end(struct job *job, virDomainPtr dom)
{
	virDomainJobInfo info;

	while (virDomainGetJobInfo(dom, &info) == 0
	        && (info.type == VIR_DOMAIN_JOB_BOUNDED || info.type == VIR_DOMAIN_JOB_UNBOUNDED)) {
		job_say(job, "still under way on the host");
		enum job_wake wake = job_wait(job, g_get_monotonic_time() + LOOK_US);
		if (wake == JOB_WAKE_STOP || wake == JOB_WAKE_ABORT)
			return TASK_UNKNOWN;
	}
	return conn_lost(job->conn) ? TASK_UNKNOWN : TASK_OK;
}

static enum task_state settle_save(struct job *job, virDomainPtr *ret_dom, int *ret_state, int *ret_reason,
        GError **error)
{
	enum task_state found = op_settle_guest(job, ret_dom, error);

	if (found != TASK_OK)
		return found;
	if (wait_job_end(job, *ret_dom) != TASK_OK || !op_guest_state(*ret_dom, ret_state, ret_reason))
		return TASK_UNKNOWN;
	return TASK_OK;
}

enum task_state op_guest_managed_save_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	int state, reason;
	enum task_state found = settle_save(job, &dom, &state, &reason, error);

	if (found != TASK_OK)
		return found;
	bool image = virDomainHasManagedSaveImage(dom, 0) == 1;
	if (!op_state_active(state)) {
		job_say(job, image ? "it was saved" : "it is off and has no saved image");
		return image ? TASK_OK : TASK_FAILED;
	}
	job_say(job, image ? "it was not saved: it runs, and a torn image is left; drop that"
	                   : "it was not saved: it still runs");
	return TASK_FAILED;
}

enum task_state op_guest_managed_save_remove_run(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = op_guest(job, "drop the managed save of", error);

	if (!dom)
		return TASK_FAILED;
	if (virDomainHasManagedSaveImage(dom, 0) == 0)
		return op_refuse(job, error, "drop the managed save of", "it has none");
	if (virDomainManagedSaveRemove(dom, 0) < 0)
		return op_fail(job, dom, error, "drop the managed save of");
	job_say(job, "the managed save image was dropped: the guest boots anew at its next start");
	return TASK_OK;
}

enum task_state op_guest_managed_save_remove_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK)
		return found;
	int image = virDomainHasManagedSaveImage(dom, 0);
	if (image < 0)
		return TASK_UNKNOWN;
	job_say(job, image ? "it still has its managed save image" : "the managed save image was dropped");
	return image ? TASK_FAILED : TASK_OK;
}

/* ---- save to a file ---- */

/* libvirt overwrites without a question; a file of another kind it can see only through a pool. */
static bool file_exists(struct job *job, const char *file)
{
	char *xml = virDomainSaveImageGetXMLDesc(job->conn, file, 0);
	bool image = xml != NULL;

	free(xml);
	if (image)
		return true;
	g_autoptr(virStorageVol) vol = virStorageVolLookupByPath(job->conn, file);
	return vol || (op_is_local(job->conn) && g_file_test(file, G_FILE_TEST_EXISTS));
}

static bool check_file(struct job *job, const char *verb, const char *file, GError **error)
{
	if (file && g_path_is_absolute(file))
		return true;
	op_refuse(job, error, verb, "the file must be given as an absolute path on the host, not '%s'",
	        file ? file : "");
	return false;
}

enum task_state op_guest_save_run(struct job *job, GError **error)
{
	const char *file = args_get(job->request->args, "file");
	g_autoptr(virDomain) dom = op_guest(job, "save", error);

	if (!dom || !check_file(job, "save", file, error))
		return TASK_FAILED;
	if (job->before.known && !op_state_active(job->before.state))
		return op_refuse(job, error, "save", "it is off: there is nothing to save");
	if (file_exists(job, file))
		return op_refuse(job, error, "save", "'%s' exists already and would be overwritten", file);
	struct job_watch *watch = job_watch_begin(job, dom, "saving");
	int rc = virDomainSaveFlags(dom, file, NULL, 0);
	enum task_state state = rc == 0 ? TASK_OK : op_fail(job, dom, error, "save");
	job_watch_end(watch);
	if (state == TASK_OK)
		job_say(job, "saved to '%s'; the guest is off until it is restored from there", file);
	return state;
}

enum task_state op_guest_save_settle(struct job *job, GError **error)
{
	const char *file = args_get(job->request->args, "file");
	g_autoptr(virDomain) dom = NULL;
	int state, reason;
	enum task_state found = settle_save(job, &dom, &state, &reason, error);

	/* A transient guest is gone once it is saved. */
	if (found == TASK_UNKNOWN)
		return found;
	char *xml = virDomainSaveImageGetXMLDesc(job->conn, file, 0);
	bool image = xml != NULL;
	free(xml);
	if (found == TASK_OK && op_state_active(state)) {
		job_say(job, "it was not saved: it still runs");
		return TASK_FAILED;
	}
	job_say(job, image ? "it was saved to '%s'" : "it is off, but '%s' is no whole saved guest", file);
	return image ? TASK_OK : TASK_FAILED;
}

/* ---- restore ---- */

/* It goes on with the disks that its image names, whatever the definition says by now. */
static enum task_state refuse_base(struct job *job, const char *file, xmlDocPtr doc, GError **error)
{
	g_autoptr(GPtrArray) disks = protect_own_disks(job->conn, doc);
	g_autofree const char **paths = protect_paths(disks);
	g_autofree char *verb = g_strdup_printf("restore from '%s' on", file);

	return protect_refuse_files(job, paths, NULL, verb, error);
}

/* Whose image it is, from its own header; owned. */
static xmlDocPtr read_image(struct job *job, const char *file, unsigned char uuid[VIR_UUID_BUFLEN], GError **error)
{
	char *xml = virDomainSaveImageGetXMLDesc(job->conn, file, 0);
	g_autoptr(xmlDoc) doc = op_xml_parse(xml);

	free(xml);
	if (!doc) {
		conn_set_error(error, "cannot restore from '%s'", file);
		return NULL;
	}
	g_autofree char *text = op_xml_string(doc, NULL, "/domain/uuid");
	if (uuid_parse(text, uuid))
		return g_steal_pointer(&doc);
	g_set_error(error, CONN_ERROR, VIR_ERR_XML_ERROR, "cannot restore from '%s': it names no guest", file);
	return NULL;
}

static enum task_state restore(struct job *job, const char *file, GError **error)
{
	bool paused = args_get_bool(job->request->args, "paused", false);

	job_say(job, "restoring from '%s'", file);
	if (virDomainRestoreFlags(job->conn, file, NULL, paused ? VIR_DOMAIN_SAVE_PAUSED : 0) < 0) {
		GError *local = NULL;
		conn_set_error(&local, "cannot restore from '%s'", file);
		op_add_remedy(job->conn, NULL, local);
		g_propagate_error(error, local);
		return TASK_FAILED;
	}
	job_say(job, "restored; the file '%s' stays, do not restore it again once the disks have changed", file);
	return TASK_OK;
}

enum task_state op_guest_restore_run(struct job *job, GError **error)
{
	const char *file = args_get(job->request->args, "file");
	unsigned char uuid[VIR_UUID_BUFLEN];

	if (!check_file(job, "restore on", file, error))
		return TASK_FAILED;
	g_autoptr(xmlDoc) doc = read_image(job, file, uuid, error);
	if (!doc)
		return TASK_FAILED;
	g_autoptr(virDomain) dom = virDomainLookupByUUID(job->conn, uuid);
	if (dom && virDomainIsActive(dom) == 1) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID,
		        "cannot restore from '%s': its guest '%s' is running; shut it down first", file,
		        virDomainGetName(dom));
		return TASK_FAILED;
	}
	if (refuse_base(job, file, doc, error) != TASK_OK)
		return TASK_FAILED;
	return restore(job, file, error);
}

enum task_state op_guest_restore_settle(struct job *job, GError **error)
{
	const char *file = args_get(job->request->args, "file");
	unsigned char uuid[VIR_UUID_BUFLEN];

	g_autoptr(xmlDoc) doc = read_image(job, file, uuid, error);
	if (!doc)
		return TASK_UNKNOWN;
	g_autoptr(virDomain) dom = virDomainLookupByUUID(job->conn, uuid);
	bool active = dom && virDomainIsActive(dom) == 1;
	job_say(job, active ? "it was restored" : "it was not restored: the guest is off");
	return active ? TASK_OK : TASK_FAILED;
}
