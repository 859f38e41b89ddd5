/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying the disks of a running guest, all as they are at one moment: QEMU
 * itself writes the copies (a full backup, push mode) while the guest goes on.
 * Worker threads.
 */
#include "backend/clone.h"

#include <libxml/tree.h>
#include <string.h>

#include "backend/hostfile.h"
#include "backend/op_util.h"
#include "backend/steps.h"

#define LOOK_US (G_USEC_PER_SEC / 5)
/* How long the end of a job that was asked to end is waited for. */
#define ABORT_US (60 * G_USEC_PER_SEC)

/* Where one disk's copy is written, and what it is called in the end. */
struct pushed {
	char *written;
	const char *path;
	unsigned step;
	bool local;
};

static void pushed_free(gpointer data)
{
	struct pushed *pushed = data;

	g_free(pushed->written);
	g_free(pushed);
}

/* libvirt can not rename: where this machine can not either, it has its name from the start. */
static GPtrArray *choose_places(struct clone *clone, const struct clone_spec *spec, struct job *job)
{
	GPtrArray *places = g_ptr_array_new_with_free_func(pushed_free);

	for (unsigned i = 0; i < clone->disks->len; i++) {
		const struct clone_disk *disk = clone->disks->pdata[i];
		struct pushed *pushed = g_new0(struct pushed, 1);
		pushed->path = ((const struct clone_file *)spec->disks->pdata[i])->path;
		pushed->local = clone_dir_is_local(job, disk->dir);
		pushed->written = pushed->local ? clone_temporary(job, pushed->path) : g_strdup(pushed->path);
		g_ptr_array_add(places, pushed);
	}
	return places;
}

static char *backup_xml(const struct clone *clone, const GPtrArray *places)
{
	g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNodePtr backup = xmlNewNode(NULL, BAD_CAST "domainbackup");
	xmlNodePtr disks = xmlNewChild(backup, NULL, BAD_CAST "disks", NULL);
	xmlChar *text = NULL;
	int len = 0;

	xmlDocSetRootElement(doc, backup);
	xmlNewProp(backup, BAD_CAST "mode", BAD_CAST "push");
	for (unsigned i = 0; i < clone->disks->len; i++) {
		const struct clone_disk *disk = clone->disks->pdata[i];
		const struct pushed *pushed = places->pdata[i];
		xmlNodePtr node = xmlNewChild(disks, NULL, BAD_CAST "disk", NULL);
		xmlNewProp(node, BAD_CAST "name", BAD_CAST disk->target);
		xmlNewProp(node, BAD_CAST "backup", BAD_CAST "yes");
		xmlNewProp(node, BAD_CAST "type", BAD_CAST "file");
		xmlNewProp(xmlNewChild(node, NULL, BAD_CAST "driver", NULL), BAD_CAST "type", BAD_CAST disk->new_format);
		xmlNewProp(xmlNewChild(node, NULL, BAD_CAST "target", NULL), BAD_CAST "file", BAD_CAST pushed->written);
	}
	xmlDocDumpMemory(doc, &text, &len);
	char *copy = g_strndup((const char *)text, (gsize)len);
	xmlFree(text);
	return copy;
}

/* ---- the job ---- */

static uint64_t param_u64(virTypedParameterPtr params, int n, const char *name)
{
	unsigned long long value = 0;

	virTypedParamsGetULLong(params, n, name, &value);
	return value;
}

/* -1 = can not be told, 0 = no backup is under way, 1 = it is. */
static int look(virDomainPtr dom, struct clone_progress *progress)
{
	virTypedParameterPtr params = NULL;
	int type = VIR_DOMAIN_JOB_NONE, n = 0, operation = 0;

	if (virDomainGetJobStats(dom, &type, &params, &n, 0) < 0)
		return -1;
	virTypedParamsGetInt(params, n, VIR_DOMAIN_JOB_OPERATION, &operation);
	bool ours = type != VIR_DOMAIN_JOB_NONE && operation == VIR_DOMAIN_JOB_OPERATION_BACKUP;
	if (ours && progress) {
		uint64_t total = param_u64(params, n, VIR_DOMAIN_JOB_DISK_TOTAL);
		uint64_t done = param_u64(params, n, VIR_DOMAIN_JOB_DISK_PROCESSED);
		/* QEMU counts the disks' size, not what they hold. */
		uint64_t share = progress->total_bytes - MIN(progress->before_bytes, progress->total_bytes);
		if (total)
			clone_tell(progress, (uint64_t)((double)share * (double)done / (double)total));
	}
	virTypedParamsFree(params, n);
	return ours;
}

static bool ended_well(virDomainPtr dom, GError **error)
{
	virTypedParameterPtr params = NULL;
	const char *words = NULL;
	int type = VIR_DOMAIN_JOB_NONE, n = 0, success = 0;

	if (virDomainGetJobStats(dom, &type, &params, &n, VIR_DOMAIN_JOB_STATS_COMPLETED) < 0) {
		conn_set_error(error, "it can not be told how the copying ended");
		return false;
	}
	virTypedParamsGetBoolean(params, n, VIR_DOMAIN_JOB_SUCCESS, &success);
	virTypedParamsGetString(params, n, VIR_DOMAIN_JOB_ERRMSG, &words);
	if (!success) {
		bool full = words && strstr(words, "No space left");
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_FAILED, "the copying by its QEMU failed: %s%s",
		        words ? words : virDomainIsActive(dom) == 1 ? "no reason was told" : "the guest stopped",
		        full ? "; free some space there or choose another pool" : "");
	}
	virTypedParamsFree(params, n);
	return success;
}

static void end_job(struct job *job, virDomainPtr dom)
{
	gint64 until = g_get_monotonic_time() + ABORT_US;

	virDomainAbortJob(dom);
	while (look(dom, NULL) == 1 && g_get_monotonic_time() < until)
		job_wait(job, MIN(until, g_get_monotonic_time() + LOOK_US));
}

static bool watch(struct job *job, virDomainPtr dom, struct clone_progress *progress, GError **error)
{
	int found;

	while ((found = look(dom, progress)) == 1) {
		if (job_abort_asked(job) || job_stopping(job)) {
			end_job(job, dom);
			g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_ABORTED, "aborted");
			return false;
		}
		job_wait(job, g_get_monotonic_time() + LOOK_US);
	}
	if (found == 0)
		return ended_well(dom, error);
	conn_set_error(error, "cannot follow the copying");
	return false;
}

void clone_backup_end(struct job *job, virDomainPtr dom)
{
	char *xml = virDomainBackupGetXMLDesc(dom, 0);

	/* Only one that writes to our own files: their names hold the task's id, or are the clone's. */
	if (xml && strstr(xml, job->request->task_id)) {
		job_log(job, "its QEMU was still copying: it was told to stop");
		end_job(job, dom);
	}
	free(xml);
}

/* ---- one clone ---- */

static bool push(struct clone *clone, GPtrArray *places, struct clone_progress *progress, GError **error)
{
	struct job *job = progress->job;
	g_autofree char *xml = backup_xml(clone, places);

	for (unsigned i = 0; i < places->len; i++) {
		struct pushed *pushed = places->pdata[i];
		pushed->step = steps_will_make_file(job, pushed->written);
	}
	if (virDomainBackupBegin(clone->dom, xml, NULL, 0) < 0) {
		conn_set_error(error, "its QEMU can not copy its disks");
		/* It never began: what lies there, if anything, is not ours. */
		for (unsigned i = 0; !conn_lost(job->conn) && i < places->len; i++)
			if (!((struct pushed *)places->pdata[i])->local)
				steps_gone(job, ((struct pushed *)places->pdata[i])->step);
		return false;
	}
	job_set_abortable(job, true);
	bool ok = watch(job, clone->dom, progress, error);
	job_set_abortable(job, false);
	return ok;
}

bool clone_backup_disks(
        struct clone *clone, const struct clone_spec *spec, struct clone_progress *progress, GError **error)
{
	struct job *job = progress->job;
	g_autoptr(GPtrArray) places = choose_places(clone, spec, job);

	progress->what = "what runs";
	if (!push(clone, places, progress, error))
		return false;
	for (unsigned i = 0; i < places->len; i++) {
		struct pushed *pushed = places->pdata[i];
		if (pushed->local && !clone_give_name(job, pushed->step, pushed->written, pushed->path, error))
			return false;
		if (!pushed->local)
			steps_made(job, pushed->step);
		clone_refresh(clone->conn, pushed->path);
	}
	progress->before_bytes += clone->data_bytes;
	return true;
}
