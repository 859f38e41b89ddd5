/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flattening a guest that is off. Worker threads.
 *
 * On this machine: each disk's chain is copied to a new file beside it, while
 * the overlay is locked as QEMU locks it; when all are whole they are renamed
 * over the overlays. The definition stays as it is, and until the last moment
 * so does everything else.
 *
 * Elsewhere: libvirt makes a new volume of the chain, the definition is given
 * the new name, and the overlay is deleted last.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/copy.h"
#include "backend/define.h"
#include "backend/file_users.h"
#include "backend/flatten.h"
#include "backend/hostfile.h"
#include "backend/image_check.h"
#include "backend/image_lock.h"
#include "backend/steps.h"
#include "nvirt/text.h"

#define VERB "flatten"

/* One disk under way. */
struct swap {
	const struct flat_disk *disk;
	char *made; /* the new file; raw */
	unsigned step;
	int lock; /* on the overlay; -1 = none */
};

struct swapping {
	struct job *job;
	GArray *swaps; /* struct swap */
	uint64_t done_bytes, total_bytes;
};

static void swap_clear(gpointer data)
{
	struct swap *swap = data;

	g_free(swap->made);
	if (swap->lock >= 0)
		close(swap->lock);
}

/* ---- on this machine ---- */

static bool all_local(virConnectPtr conn, const struct flatten *flatten)
{
	for (guint i = 0; i < flatten->disks->len; i++) {
		const struct flat_disk *disk = flatten->disks->pdata[i];
		g_autofree char *dir = g_path_get_dirname(disk->path);

		for (guint j = 0; j < disk->chain->len; j++)
			if (!hostfile_is_local(conn, ((const struct image_member *)disk->chain->pdata[j])->path))
				return false;
		if (access(dir, W_OK) < 0 || access(disk->path, R_OK) < 0)
			return false;
	}
	return true;
}

static void progress(void *data, uint64_t done_bytes)
{
	struct swapping *swapping = data;
	uint64_t done = MIN(swapping->done_bytes + done_bytes, swapping->total_bytes);
	char text[32], total[32];

	text_format_bytes(text, sizeof text, done);
	text_format_bytes(total, sizeof total, swapping->total_bytes);
	job_progress(swapping->job, swapping->total_bytes ? (double)done / (double)swapping->total_bytes : -1, done,
	        swapping->total_bytes);
	job_say(swapping->job, "%s of about %s copied", text, total);
}

static bool stop(void *data)
{
	const struct swapping *swapping = data;

	return job_abort_asked(swapping->job) || job_stopping(swapping->job);
}

static bool fail(GError **error, const char *what, const char *path)
{
	g_set_error(error, CONN_ERROR, VIR_ERR_SYSTEM_ERROR, "cannot %s '%s': %s", what, path, g_strerror(errno));
	return false;
}

/* As the overlay was, and on the disk. */
static bool finish(const struct swap *swap, GError **error)
{
	int fd = open(swap->made, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat was;
	bool ok = fd >= 0 && fstat(swap->lock, &was) == 0;

	/* The permission before the owner: who gives a file away may not change it any more. */
	if (ok && (fchmod(fd, was.st_mode & 07777) < 0 || (fchown(fd, was.st_uid, was.st_gid) < 0 && geteuid() == 0)))
		ok = false;
	ok = ok && fsync(fd) == 0;
	if (!ok)
		fail(error, "finish", swap->made);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* With the task's id in it, so that after a kill it is known to be nobody else's. */
static char *name_beside(const struct job *job, const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path), *name = g_path_get_basename(path);

	return g_strdup_printf("%s/%.150s.nvirt-%s", dir, name, job->request->task_id);
}

static bool copy_disk(struct swapping *swapping, const struct flat_disk *disk, GError **error)
{
	struct swap swap = {.disk = disk, .made = name_beside(swapping->job, disk->path), .lock = image_lock(disk->path, error)};

	if (swap.lock < 0) {
		swap_clear(&swap);
		return false;
	}
	swap.step = steps_will_make_local_file(swapping->job, swap.made, NULL);
	const struct copy copy = {.from = disk->path,
	        .to = swap.made,
	        .from_format = "qcow2",
	        .to_format = "qcow2",
	        .data_bytes = disk->copy_bytes,
	        .progress = progress,
	        .stop = stop,
	        .data = swapping};
	bool ok = copy_convert(&copy, error);
	if (ok)
		steps_made(swapping->job, swap.step);
	else
		steps_gone(swapping->job, swap.step);
	ok = ok && finish(&swap, error);
	g_array_append_val(swapping->swaps, swap);
	swapping->done_bytes += disk->copy_bytes;
	return ok;
}

/* The file and the overlay hold the same, so that one disk renamed and another not is no harm. */
static bool rename_over(struct job *job, struct swap *swap, GError **error)
{
	g_autofree char *dir = g_path_get_dirname(swap->disk->path);
	int fd;

	if (rename(swap->made, swap->disk->path) < 0)
		return fail(error, "replace", swap->disk->path);
	steps_gone(job, swap->step);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	job_log(job, "'%s' is a file of its own now", swap->disk->path);
	return true;
}

/* The locks keep QEMU out; a definition that names another file by now does not care for ours. */
static bool still_off(struct job *job, virDomainPtr dom, GError **error)
{
	if (virDomainIsActive(dom) == 0)
		return true;
	op_refuse(job, error, VERB, "it was started meanwhile: it stays as it is");
	return false;
}

static enum task_state copy_all(struct swapping *swapping, virDomainPtr dom, const struct flatten *flatten, GError **error)
{
	struct job *job = swapping->job;
	g_autoptr(GError) local = NULL;

	for (guint i = 0; i < flatten->disks->len; i++)
		if (!copy_disk(swapping, flatten->disks->pdata[i], &local)) {
			if (g_error_matches(local, CONN_ERROR, VIR_ERR_OPERATION_ABORTED)) {
				job_say(job, "aborted: everything is as it was");
				return TASK_ABORTED;
			}
			return op_refuse(job, error, VERB, "%s", local->message);
		}
	job_set_abortable(job, false);
	if (!still_off(job, dom, error))
		return TASK_FAILED;
	for (guint i = 0; i < swapping->swaps->len; i++)
		if (!rename_over(job, &g_array_index(swapping->swaps, struct swap, i), &local))
			return op_refuse(job, error, VERB, "%s", local->message);
	return TASK_OK;
}

static enum task_state flatten_here(struct job *job, virDomainPtr dom, const struct flatten *flatten, GError **error)
{
	struct swapping swapping = {.job = job, .swaps = g_array_new(FALSE, FALSE, sizeof(struct swap))};

	g_array_set_clear_func(swapping.swaps, swap_clear);
	for (guint i = 0; i < flatten->disks->len; i++)
		swapping.total_bytes += ((const struct flat_disk *)flatten->disks->pdata[i])->copy_bytes;
	job_set_abortable(job, true);
	enum task_state state = copy_all(&swapping, dom, flatten, error);
	job_set_abortable(job, false);
	g_array_unref(swapping.swaps);
	return state;
}

/* ---- elsewhere: through libvirt ---- */

static char *volume_xml(const char *name)
{
	g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNodePtr volume = xmlNewNode(NULL, BAD_CAST "volume");
	xmlNodePtr target, format;
	xmlChar *text = NULL;
	int size = 0;

	xmlDocSetRootElement(doc, volume);
	xmlNewTextChild(volume, NULL, BAD_CAST "name", BAD_CAST name);
	xmlNewChild(volume, NULL, BAD_CAST "capacity", BAD_CAST "0");
	target = xmlNewChild(volume, NULL, BAD_CAST "target", NULL);
	format = xmlNewChild(target, NULL, BAD_CAST "format", NULL);
	xmlNewProp(format, BAD_CAST "type", BAD_CAST "qcow2");
	xmlNewChild(target, NULL, BAD_CAST "compat", BAD_CAST "1.1");
	xmlDocDumpMemory(doc, &text, &size);
	char *copy = g_strndup((const char *)text, (gsize)size);
	xmlFree(text);
	return copy;
}

/* The disk's source now is this file; by path, whatever it was by. */
static void set_source(xmlDocPtr doc, xmlNodePtr disk, void *data)
{
	const struct swap *swap = data;
	g_autofree char *target = op_xml_string(doc, disk, "target/@dev");

	if (!g_str_equal(target, swap->disk->target))
		return;
	xmlSetProp(disk, BAD_CAST "type", BAD_CAST "file");
	for (xmlNodePtr child = disk->children, next; child; child = next) {
		next = child->next;
		if (xmlStrEqual(child->name, BAD_CAST "backingStore")) {
			xmlUnlinkNode(child);
			xmlFreeNode(child);
		} else if (xmlStrEqual(child->name, BAD_CAST "source")) {
			xmlUnsetProp(child, BAD_CAST "pool");
			xmlUnsetProp(child, BAD_CAST "volume");
			xmlUnsetProp(child, BAD_CAST "mode");
			xmlSetProp(child, BAD_CAST "file", BAD_CAST swap->made);
		}
	}
}

/* The copy's name is free; the file it is made of is held by its pool. */
static bool make_volume(struct job *job, struct swap *swap, GError **error)
{
	g_auto(hostfile_auto) from = {0};

	if (!hostfile_open(&from, job->conn, swap->disk->path, error))
		return false;
	if (!from.vol) {
		g_set_error(error, CONN_ERROR, VIR_ERR_NO_STORAGE_VOL, "'%s' is not there", swap->disk->path);
		return false;
	}
	g_autofree char *name = g_path_get_basename(swap->made);
	g_autofree char *xml = volume_xml(name);
	swap->step = steps_will_make_file(job, swap->made);
	job_say(job, "libvirt is copying %s; that can not be aborted", swap->disk->target);
	g_autoptr(virStorageVol) made = virStorageVolCreateXMLFrom(from.pool, xml, from.vol, 0);
	if (!made) {
		conn_set_error(error, "cannot make '%s'", swap->made);
		return false;
	}
	steps_made(job, swap->step);
	return true;
}

static enum task_state redefine(struct job *job, struct flatten *flatten, const GArray *swaps, GError **error)
{
	GPtrArray *differences = NULL;

	for (guint i = 0; i < swaps->len; i++)
		op_xml_each(flatten->doc, NULL, "/domain/devices/disk", set_source, &g_array_index(swaps, struct swap, i));
	g_autoptr(virDomain) now = define_checked(job->conn, flatten->doc, &differences);
	if (!now)
		return op_fail(job, NULL, error, VERB);
	define_log(job, differences);
	steps_keep(job);
	return TASK_OK;
}

/* Nobody uses them: that was the guest's own disk, and nothing may stand on it. */
static void delete_overlays(struct job *job, struct flatten *flatten, const GArray *swaps)
{
	struct file_users *users = file_users_new(job->conn, NULL, FILE_USERS_ALL, NULL);

	for (guint i = 0; i < swaps->len; i++) {
		struct flat_disk *disk = flatten->disks->pdata[i];
		g_autofree char *who = users ? file_users_of(users, disk->path) : NULL;
		g_autoptr(GError) error = NULL;

		if (!users || who || file_users_gaps(users))
			job_log(job, "the overlay '%s' stays: %s", disk->path, who ? who : "it can not be told who uses it");
		else if (!hostfile_delete(job->conn, disk->path, &error))
			job_log(job, "the overlay '%s' stays: %s", disk->path, error->message);
		g_free(disk->path);
		disk->path = g_strdup(g_array_index(swaps, struct swap, i).made);
	}
	file_users_free(users);
}

static enum task_state flatten_there(struct job *job, virDomainPtr dom, struct flatten *flatten, GError **error)
{
	g_autoptr(GArray) swaps = g_array_new(FALSE, FALSE, sizeof(struct swap));
	g_autoptr(GError) local = NULL;

	g_array_set_clear_func(swaps, swap_clear);
	if (virDomainHasManagedSaveImage(dom, 0) == 1)
		return op_refuse(job, error, VERB, "its managed save image names its disks as they are: start it or drop that first");
	for (guint i = 0; i < flatten->disks->len; i++) {
		const struct flat_disk *disk = flatten->disks->pdata[i];
		struct swap swap = {.disk = disk, .made = name_beside(job, disk->path), .lock = -1};

		g_array_append_val(swaps, swap);
		if (!make_volume(job, &g_array_index(swaps, struct swap, i), &local))
			return op_refuse(job, error, VERB, "%s", local->message);
	}
	if (!still_off(job, dom, error))
		return TASK_FAILED;
	enum task_state state = redefine(job, flatten, swaps, error);
	if (state == TASK_OK)
		delete_overlays(job, flatten, swaps);
	return state;
}

enum task_state flatten_off(struct job *job, virDomainPtr dom, struct flatten *flatten, GError **error)
{
	if (all_local(job->conn, flatten))
		return flatten_here(job, dom, flatten, error);
	return flatten_there(job, dom, flatten, error);
}
