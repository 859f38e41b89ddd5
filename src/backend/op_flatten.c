/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flattening a guest: checks, the way for a running one, and what holds
 * afterwards. Worker threads.
 *
 * A running guest is flattened by its own QEMU (block pull): at every moment
 * the disk reads the same, so that an abort or a crash leaves a good overlay.
 */
#include "backend/file_users.h"
#include "backend/flatten.h"
#include "backend/hostfile.h"
#include "backend/image_check.h"
#include "backend/op_table.h"
#include "backend/protect.h"
#include "nvirt/text.h"

#define VERB "flatten"
#define TICK_US (G_USEC_PER_SEC / 2)
#define FIRST_TICK_US (G_USEC_PER_SEC / 10)

/* ---- running: by its QEMU ---- */

struct pull {
	struct job *job;
	virDomainPtr dom;
	const struct flat_disk *disk;
	unsigned number, count;
	bool aborting;
};

static void tell(const struct pull *pull, const virDomainBlockJobInfo *info)
{
	double done = info->end ? (double)info->cur / (double)info->end : 0;
	char cur[32], end[32];

	text_format_bytes(cur, sizeof cur, info->cur);
	text_format_bytes(end, sizeof end, info->end);
	job_progress(pull->job, (pull->number + done) / pull->count, info->cur, info->end);
	job_say(pull->job, "%s: %s of %s", pull->disk->target, cur, end);
}

/* What has been copied so far stays in the overlay, which reads as before. */
static void pass_abort(struct pull *pull)
{
	if (pull->aborting)
		return;
	pull->aborting = true;
	if (virDomainBlockJobAbort(pull->dom, pull->disk->target, 0) < 0)
		job_log(pull->job, "it could not be aborted: %s", virGetLastErrorMessage());
}

/* Until QEMU has no job on the disk any more. */
static bool wait_for_pull(struct pull *pull, GError **error)
{
	gint64 tick = FIRST_TICK_US;

	for (;;) {
		virDomainBlockJobInfo info = {0};
		int n = virDomainGetBlockJobInfo(pull->dom, pull->disk->target, &info, 0);

		if (n < 0) {
			op_fail(pull->job, pull->dom, error, VERB);
			return false;
		}
		if (n == 0)
			return true;
		tell(pull, &info);
		switch (job_wait(pull->job, g_get_monotonic_time() + tick)) {
		case JOB_WAKE_ABORT:
			pass_abort(pull);
			break;
		case JOB_WAKE_STOP:
			return true;
		case JOB_WAKE_TIME:
		case JOB_WAKE_KICK:
			break;
		}
		tick = TICK_US;
	}
}

/* libvirt does not tell why; that there is no room left is the usual reason. */
static enum task_state gave_up(const struct pull *pull, GError **error)
{
	const struct flat_disk *disk = pull->disk;
	g_auto(hostfile_auto) file = {0};
	virStoragePoolInfo info;
	char room[32] = "an unknown amount";

	if (hostfile_open(&file, pull->job->conn, disk->path, NULL) && virStoragePoolRefresh(file.pool, 0) == 0
	        && virStoragePoolGetInfo(file.pool, &info) == 0)
		text_format_bytes(room, sizeof room, info.available);
	return op_refuse(pull->job, error, VERB,
	        "its QEMU gave up copying %s, which reads as before and still stands on its base; %s is free where '%s' "
	        "lies: free some space there if that is too little, then flatten again",
	        disk->target, room, disk->path);
}

static enum task_state pull_disk(struct pull *pull, GError **error)
{
	if (virDomainBlockPull(pull->dom, pull->disk->target, 0, 0) < 0)
		return op_fail(pull->job, pull->dom, error, VERB);
	if (!wait_for_pull(pull, error))
		return TASK_FAILED;
	if (pull->aborting || job_abort_asked(pull->job)) {
		job_say(pull->job, "aborted: %s still stands on its base and is as it was", pull->disk->target);
		return TASK_ABORTED;
	}
	if (job_stopping(pull->job)) {
		job_say(pull->job, "its QEMU goes on copying %s by itself", pull->disk->target);
		return TASK_UNKNOWN;
	}
	if (flatten_stands(pull->job->conn, pull->disk) > 0)
		return gave_up(pull, error);
	job_log(pull->job, "%s: QEMU is done", pull->disk->target);
	return TASK_OK;
}

enum task_state flatten_live(struct job *job, virDomainPtr dom, const struct flatten *flatten, GError **error)
{
	enum task_state state = TASK_OK;

	job_set_abortable(job, true);
	for (guint i = 0; i < flatten->disks->len && state == TASK_OK; i++) {
		struct pull pull = {.job = job,
		        .dom = dom,
		        .disk = flatten->disks->pdata[i],
		        .number = i,
		        .count = flatten->disks->len};
		state = pull_disk(&pull, error);
	}
	job_set_abortable(job, false);
	return state;
}

/* ---- what holds afterwards ---- */

/* Whoever stands on a base keeps it; when it is the last one that goes, that is said. */
static void tell_base(struct job *job, struct file_users *users, const char *base)
{
	g_autofree char *who = file_users_of(users, base);

	if (who)
		job_log(job, "'%s' is still needed: %s", base, who);
	else if (file_users_gaps(users))
		job_log(job, "it can not be told who still needs '%s': %s", base, file_users_gaps(users));
	else
		job_log(job, "nothing known stands on '%s' any more", base);
}

static void tell_bases(struct job *job, const struct flatten *flatten)
{
	struct file_users *users = file_users_new(job->conn, NULL, FILE_USERS_ALL, NULL);

	for (guint i = 0; users && i < flatten->disks->len; i++) {
		const struct flat_disk *disk = flatten->disks->pdata[i];
		const struct image_member *base = disk->chain->pdata[1];
		tell_base(job, users, base->path);
		protect_lift(job, base->path);
	}
	file_users_free(users);
}

static enum task_state verify(struct job *job, const struct flatten *flatten, GError **error)
{
	for (guint i = 0; i < flatten->disks->len; i++) {
		const struct flat_disk *disk = flatten->disks->pdata[i];
		int stands = flatten_stands(job->conn, disk);

		if (stands > 0)
			return op_refuse(job, error, VERB, "'%s' still names its base", disk->path);
		if (stands < 0)
			job_log(job, "the header of '%s' could not be looked at", disk->path);
	}
	tell_bases(job, flatten);
	job_say(job, "flattened: %u disk%s on nothing else now", flatten->disks->len,
	        flatten->disks->len == 1 ? " stands" : "s stand");
	return TASK_OK;
}

/* So that its pool tells the truth. */
static void refresh_pools(struct job *job, const struct flatten *flatten)
{
	for (guint i = 0; i < flatten->disks->len; i++) {
		const struct flat_disk *disk = flatten->disks->pdata[i];
		g_autoptr(virStorageVol) vol = virStorageVolLookupByPath(job->conn, disk->path);
		g_autoptr(virStoragePool) pool = vol ? virStoragePoolLookupByVolume(vol) : NULL;

		if (pool)
			virStoragePoolRefresh(pool, 0);
	}
}

enum task_state op_guest_flatten_run(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = op_guest(job, VERB, error);

	if (!dom)
		return TASK_FAILED;
	struct flatten *flatten = flatten_look(dom, args_get(job->request->args, "allow"), error);
	if (!flatten)
		return TASK_FAILED;
	enum task_state state;
	if (flatten->refused)
		state = op_refuse(job, error, VERB, "%s", flatten->refused);
	else
		state = flatten->active ? flatten_live(job, dom, flatten, error) : flatten_off(job, dom, flatten, error);
	if (state == TASK_OK) {
		refresh_pools(job, flatten);
		state = verify(job, flatten, error);
	}
	flatten_free(flatten);
	return state;
}

/* Its QEMU goes on without us. */
enum task_state op_guest_flatten_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK)
		return found;
	struct flatten *flatten = flatten_look(dom, args_get(job->request->args, "allow"), error);
	if (!flatten)
		return TASK_UNKNOWN;
	unsigned left = flatten->disks->len;
	flatten_free(flatten);
	if (left)
		job_say(job, "%u of its disks still stand on a base, or are just being flattened by its QEMU", left);
	else
		job_say(job, "flattened: none of its disks stands on another image");
	return left ? TASK_WARNING : TASK_OK;
}
