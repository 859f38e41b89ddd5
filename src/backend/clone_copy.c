/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying the disks of a guest that does not write to them: by this machine
 * where the files are really here, else by the daemon. Worker threads.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "backend/clone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/copy.h"
#include "backend/hostfile.h"
#include "backend/lock.h"
#include "backend/op_util.h"
#include "backend/steps.h"
#include "nvirt/text.h"

#define POLL_US (G_USEC_PER_SEC / 2)

/* ---- how far ---- */

static void format_left(char *text, size_t size, uint64_t left, uint64_t rate)
{
	uint64_t seconds = rate ? left / rate : 0;

	if (!rate)
		g_strlcpy(text, "", size);
	else if (seconds < 60)
		g_snprintf(text, size, ", %u s left", (unsigned)seconds + 1);
	else
		g_snprintf(text, size, ", %u min left", (unsigned)(seconds / 60) + 1);
}

void clone_tell(struct clone_progress *progress, uint64_t done_bytes)
{
	char done_text[32], total_text[32], rate_text[32], left_text[32];
	uint64_t total = MAX(progress->total_bytes, 1), done = MIN(progress->before_bytes + done_bytes, total);
	gint64 spent_us = MAX(g_get_monotonic_time() - progress->start_us, 1);
	uint64_t rate = (uint64_t)((double)done * G_USEC_PER_SEC / (double)spent_us);

	job_progress(progress->job, (double)done / (double)total, done, total);
	text_format_bytes(done_text, sizeof done_text, done);
	text_format_bytes(total_text, sizeof total_text, total);
	text_format_bytes(rate_text, sizeof rate_text, rate);
	format_left(left_text, sizeof left_text, total - done, rate);
	job_say(progress->job, "copying %s: %s of %s, %s/s%s", progress->what, done_text, total_text, rate_text, left_text);
}

/* ---- files of this machine ---- */

char *clone_temporary(struct job *job, const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);

	/* The longest name a filesystem takes is 255 bytes; the task's id makes it ours alone. */
	return g_strdup_printf("%s/nvirt-tmp-%s-%.150s", dir, job->request->task_id, name);
}

bool clone_dir_is_local(struct job *job, const char *dir)
{
	g_auto(hostfile_auto) file = {0};
	g_autofree char *inside = g_build_filename(dir, "probe", NULL);
	g_autofree char *path = clone_temporary(job, inside);

	if (!op_is_local(job->conn) || access(dir, R_OK | W_OK | X_OK) < 0)
		return false;
	if (!hostfile_open(&file, job->conn, path, NULL) || file.vol)
		return false;
	unsigned step = steps_will_make_file(job, path);
	g_autofree char *xml = g_markup_printf_escaped(
	        "<volume><name>%s</name><capacity>512</capacity><allocation>0</allocation>"
	        "<target><format type='raw'/></target></volume>", file.name);
	file.vol = virStorageVolCreateXML(file.pool, xml, 0);
	bool local = file.vol && hostfile_is_local(job->conn, path);
	if (!file.vol || virStorageVolDelete(file.vol, 0) == 0)
		steps_gone(job, step);
	return local;
}

bool clone_give_name(struct job *job, unsigned step, const char *temporary, const char *path, GError **error)
{
	g_autofree char *identity = hostfile_identity(temporary);
	unsigned named = steps_will_make_local_file(job, path, identity);

	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0
	        || (errno == EINVAL && link(temporary, path) == 0 && unlink(temporary) == 0)) {
		steps_made(job, named);
		steps_gone(job, step);
		return true;
	}
	g_set_error(error, CONN_ERROR, VIR_ERR_SYSTEM_ERROR, "cannot make '%s': %s%s", path, g_strerror(errno),
	        errno == EEXIST ? "; choose another name or remove it" : "");
	steps_gone(job, named);
	return false;
}

void clone_refresh(virConnectPtr conn, const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);
	g_autoptr(virStoragePool) pool = hostfile_pool_of_dir(conn, dir);

	if (pool)
		virStoragePoolRefresh(pool, 0);
}

static void on_progress(void *data, uint64_t done_bytes)
{
	clone_tell(data, done_bytes);
}

static bool on_stop(void *data)
{
	const struct clone_progress *progress = data;

	return job_abort_asked(progress->job) || job_stopping(progress->job);
}

static bool copy_here(struct clone *clone, const struct clone_disk *disk, const char *path,
        struct clone_progress *progress, GError **error)
{
	struct job *job = progress->job;
	g_autofree char *temporary = clone_temporary(job, path);
	struct copy copy = {
		.from = disk->source,
		.to = temporary,
		.from_format = disk->format,
		.to_format = disk->new_format,
		.snapshot = clone->internal ? clone->snapshot : NULL,
		.in_use = clone->internal && virDomainIsActive(clone->dom) == 1,
		.data_bytes = disk->data_bytes,
		.progress = on_progress,
		.stop = on_stop,
		.data = progress,
	};
	unsigned step = steps_will_make_local_file(job, temporary, NULL);

	job_set_abortable(job, true);
	bool ok = copy_run(&copy, error);
	job_set_abortable(job, false);
	if (!ok) {
		if (!hostfile_identity(temporary))
			steps_gone(job, step);
		return false;
	}
	return clone_give_name(job, step, temporary, path, error);
}

/* ---- files of the daemon ---- */

/* Beside the call that copies, on a connection of its own: the copy's file grows. */
struct growth {
	struct clone_progress *progress;
	const char *uri, *path;
	pthread_t thread;
	bool started, done; /* done: under the job's lock */
};

static bool growth_wait(struct growth *growth)
{
	struct job *job = growth->progress->job;
	gint64 until = g_get_monotonic_time() + POLL_US;

	pthread_mutex_lock(&job->lock);
	while (!growth->done)
		if (!lock_cond_wait_until(&job->cond, &job->lock, until))
			break;
	bool done = growth->done;
	pthread_mutex_unlock(&job->lock);
	return !done;
}

static void *growth_thread(void *data)
{
	struct growth *growth = data;
	virConnectPtr conn = conn_open(growth->uri, true, NULL);

	while (conn && growth_wait(growth)) {
		g_autoptr(virStorageVol) vol = virStorageVolLookupByPath(conn, growth->path);
		virStorageVolInfo info;
		if (vol && virStorageVolGetInfo(vol, &info) == 0)
			clone_tell(growth->progress, info.allocation);
	}
	conn_close(conn);
	return NULL;
}

static void growth_end(struct growth *growth)
{
	struct job *job = growth->progress->job;

	pthread_mutex_lock(&job->lock);
	growth->done = true;
	pthread_cond_broadcast(&job->cond);
	pthread_mutex_unlock(&job->lock);
	if (growth->started)
		pthread_join(growth->thread, NULL);
}

static char *volume_xml(const struct clone_disk *disk, const char *name)
{
	return g_markup_printf_escaped(
	        "<volume><name>%s</name><capacity>%" G_GUINT64_FORMAT "</capacity><allocation>0</allocation>"
	        "<target><format type='%s'/>%s</target></volume>",
	        name, disk->capacity_bytes, disk->new_format,
	        g_str_equal(disk->new_format, "qcow2") ? "<compat>1.1</compat>" : "");
}

/* libvirt removes what it did not finish, unless it dies itself. */
static bool copy_there(const struct clone_disk *disk, const char *path, struct clone_progress *progress, GError **error)
{
	struct job *job = progress->job;
	g_auto(hostfile_auto) from = {0}, to = {0};

	if (!hostfile_open(&from, job->conn, disk->source, error) || !hostfile_open(&to, job->conn, path, error))
		return false;
	if (!from.vol || to.vol) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID,
		        from.vol ? "'%s' exists already; choose another name or remove it" : "'%s' is not there",
		        from.vol ? path : disk->source);
		return false;
	}
	struct growth growth = {.progress = progress, .uri = job->uri, .path = path};
	unsigned step = steps_will_make_file(job, path);
	growth.started = pthread_create(&growth.thread, NULL, growth_thread, &growth) == 0;
	g_autofree char *xml = volume_xml(disk, to.name);
	to.vol = virStorageVolCreateXMLFrom(to.pool, xml, from.vol, 0);
	if (!to.vol)
		conn_set_error(error, "cannot copy '%s' to '%s'", disk->source, path);
	growth_end(&growth);
	if (to.vol)
		steps_made(job, step);
	else if (!conn_lost(job->conn))
		steps_gone(job, step);
	return to.vol != NULL;
}

/* ---- one clone ---- */

static bool is_here(const struct clone_disk *disk, struct job *job)
{
	g_autofree char *own_dir = g_path_get_dirname(disk->source);

	if (disk->device || !hostfile_is_local(job->conn, disk->source) || access(disk->source, R_OK) < 0)
		return false;
	/* Where its source is this machine's own file, its directory nearly always is: seen() looks afterwards. */
	return g_str_equal(own_dir, disk->dir) ? access(own_dir, R_OK | W_OK | X_OK) == 0
	                                       : clone_dir_is_local(job, disk->dir);
}

/* Is what we have made there for the daemon, too? */
static bool seen(struct job *job, const char *path, GError **error)
{
	if (hostfile_is_local(job->conn, path))
		return true;
	g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_FAILED,
	        "the copy '%s' is not seen by the host's libvirt: name another pool for it (pool)", path);
	return false;
}

static bool copy_disk(struct clone *clone, const struct clone_disk *disk, const char *path,
        struct clone_progress *progress, GError **error)
{
	if (is_here(disk, progress->job)) {
		if (!copy_here(clone, disk, path, progress, error))
			return false;
		clone_refresh(clone->conn, path);
		return seen(progress->job, path, error);
	}
	if (clone->internal) {
		g_set_error(error, CONN_ERROR, VIR_ERR_NO_SUPPORT,
		        "the state inside '%s' can only be read where the file is: run nvirt on that host", disk->source);
		return false;
	}
	job_log(progress->job, "libvirt copies '%s' itself, and has no way to be stopped in it", disk->source);
	return copy_there(disk, path, progress, error);
}

bool clone_copy_disks(
        struct clone *clone, const struct clone_spec *spec, struct clone_progress *progress, GError **error)
{
	for (unsigned i = 0; i < clone->disks->len; i++) {
		const struct clone_disk *disk = clone->disks->pdata[i];
		const struct clone_file *file = spec->disks->pdata[i];
		progress->what = disk->target;
		if (on_stop(progress)) {
			g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_ABORTED, "aborted");
			return false;
		}
		if (!copy_disk(clone, disk, file->path, progress, error))
			return false;
		progress->before_bytes += disk->data_bytes;
	}
	return true;
}
