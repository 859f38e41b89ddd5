/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Start, reset, force off, pause and resume of a guest. Worker threads. */
#include "backend/image_check.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "backend/protect.h"
#include "backend/snap_revert.h"

/* ---- start ---- */

static unsigned start_flags(const struct args *args)
{
	unsigned flags = 0;

	if (args_get_bool(args, "paused", false))
		flags |= VIR_DOMAIN_START_PAUSED;
	if (args_get_bool(args, "force-boot", false))
		flags |= VIR_DOMAIN_START_FORCE_BOOT;
	if (args_get_bool(args, "reset-nvram", false))
		flags |= VIR_DOMAIN_START_RESET_NVRAM;
	return flags;
}

static enum task_state started(struct job *job, virDomainPtr dom)
{
	int state, reason;

	if (!op_guest_state(dom, &state, &reason)) {
		job_say(job, "started");
		return TASK_OK;
	}
	if (!op_state_active(state)) {
		job_say(job, "started, but it is off again already: look at its console or log");
		return TASK_WARNING;
	}
	job_say(job, state == VIR_DOMAIN_PAUSED ? "started, paused" : "started");
	return TASK_OK;
}

/* libvirt opens whatever an image's header names, with its own rights. */
static bool check_images(struct job *job, virDomainPtr dom, GError **error)
{
	g_autoptr(xmlDoc) doc = op_is_qemu(job->conn) ? op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE) : NULL;
	g_autoptr(GError) odd = NULL;

	if (!doc || image_check_guest(dom, doc, args_get(job->request->args, "allow"), &odd))
		return true;
	op_refuse(job, error, "start", "%s", odd->message);
	return false;
}

/* Owned; NULL = there is none. */
static char *left_of_roll_back(virDomainPtr dom)
{
	virDomainSnapshotPtr *snapshots = NULL;
	int n = virDomainListAllSnapshots(dom, &snapshots, 0);
	char *found = NULL;

	for (int i = 0; i < n; i++) {
		const char *name = virDomainSnapshotGetName(snapshots[i]);
		if (!found && g_str_has_prefix(name, REVERT_BEFORE_PREFIX))
			found = g_strdup(name);
		virDomainSnapshotFree(snapshots[i]);
	}
	free(snapshots);
	return found;
}

/*
 * A roll back to an internal snapshot that was cut short may have changed the
 * disks in place: going on from the memory of before would ruin what is on them.
 */
static bool memory_fits(struct job *job, virDomainPtr dom, unsigned flags, GError **error)
{
	g_autofree char *before = virDomainHasManagedSaveImage(dom, 0) == 1 ? left_of_roll_back(dom) : NULL;

	if (!before || flags & VIR_DOMAIN_START_FORCE_BOOT)
		return true;
	op_refuse(job, error, "start",
	        "a roll back of it was cut short, and its saved memory may not fit its disks any more; start it anew "
	        "(start-fresh), or first bring back the disks of that memory (virsh snapshot-revert to '%s')",
	        before);
	return false;
}

enum task_state op_guest_start_run(struct job *job, GError **error)
{
	unsigned flags = start_flags(job->request->args);
	g_autoptr(virDomain) dom = op_guest(job, "start", error);

	if (!dom)
		return TASK_FAILED;
	if (job->before.known && op_state_active(job->before.state))
		return op_refuse(job, error, "start", "it is running already");
	if (protect_refuse(job, dom, "start", error) != TASK_OK || !check_images(job, dom, error)
	        || !memory_fits(job, dom, flags, error))
		return TASK_FAILED;
	if (virDomainHasManagedSaveImage(dom, 0) == 1)
		job_log(job, flags & VIR_DOMAIN_START_FORCE_BOOT
		                ? "its managed save image is discarded: it boots anew"
		                : "it goes on from its managed save image");
	if (virDomainCreateWithFlags(dom, flags) < 0)
		return op_fail(job, dom, error, "start");
	return started(job, dom);
}

enum task_state op_guest_start_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);
	int state, reason;

	if (found != TASK_OK)
		return found;
	if (!op_guest_state(dom, &state, &reason))
		return TASK_UNKNOWN;
	job_say(job, op_state_active(state) ? "it was started" : "it was not started: it is off");
	return op_state_active(state) ? TASK_OK : TASK_FAILED;
}

/* ---- reset ---- */

enum task_state op_guest_reset_run(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = op_guest(job, "reset", error);

	if (!dom)
		return TASK_FAILED;
	if (virDomainReset(dom, 0) < 0)
		return op_fail(job, dom, error, "reset");
	job_say(job, "reset");
	return TASK_OK;
}

/* A reset leaves no trace that could be looked at. */
enum task_state op_guest_reset_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK)
		return found;
	job_say(job, "it can not be told whether it was reset: look at its console");
	return TASK_WARNING;
}

/* ---- force off ---- */

enum task_state op_guest_destroy_run(struct job *job, GError **error)
{
	bool graceful = args_get_bool(job->request->args, "graceful", false);
	g_autoptr(virDomain) dom = op_guest(job, "force off", error);

	if (!dom)
		return TASK_FAILED;
	if (job->before.known && !op_state_active(job->before.state))
		return op_refuse(job, error, "force off", "it is off already");
	if (virDomainDestroyFlags(dom, graceful ? VIR_DOMAIN_DESTROY_GRACEFUL : 0) < 0)
		return op_fail(job, dom, error, "force off");
	job_say(job, "forced off");
	return TASK_OK;
}

enum task_state op_guest_destroy_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);
	int ended = found == TASK_OK ? op_guest_ended(job, dom) : found == TASK_FAILED;

	if (found == TASK_UNKNOWN || ended < 0)
		return TASK_UNKNOWN;
	job_say(job, ended ? "it was forced off" : "it was not forced off: it still runs");
	return ended ? TASK_OK : TASK_FAILED;
}

/* ---- pause ---- */

enum task_state op_guest_suspend_run(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = op_guest(job, "pause", error);

	if (!dom)
		return TASK_FAILED;
	if (job->before.known && job->before.state == VIR_DOMAIN_PAUSED)
		return op_refuse(job, error, "pause", "it is paused already");
	if (virDomainSuspend(dom) < 0)
		return op_fail(job, dom, error, "pause");
	job_say(job, "paused");
	return TASK_OK;
}

static enum task_state settle_state(struct job *job, bool paused, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);
	int state, reason;

	if (found != TASK_OK)
		return found;
	if (!op_guest_state(dom, &state, &reason))
		return TASK_UNKNOWN;
	bool running = state == VIR_DOMAIN_RUNNING || state == VIR_DOMAIN_BLOCKED;
	bool done = paused ? state == VIR_DOMAIN_PAUSED : running;
	job_say(job, "%s", running                       ? "it is running"
	                   : state == VIR_DOMAIN_PAUSED ? "it is paused"
	                                                : "it is neither running nor paused");
	return done ? TASK_OK : TASK_FAILED;
}

enum task_state op_guest_suspend_settle(struct job *job, GError **error)
{
	return settle_state(job, true, error);
}

/* ---- resume ---- */

/* After an I/O error libvirt says yes and the guest stops again at once: wait for that. */
#define RELAPSE_US (2 * G_USEC_PER_SEC)

static bool stays_running(struct job *job, virDomainPtr dom)
{
	gint64 until = g_get_monotonic_time() + RELAPSE_US;
	struct job_ears ears;
	int state = VIR_DOMAIN_RUNNING, reason;

	job_listen(job, dom, &ears);
	do {
		if (!op_guest_state(dom, &state, &reason))
			break;
	} while (state != VIR_DOMAIN_PAUSED && job_wait(job, until) == JOB_WAKE_KICK);
	if (state != VIR_DOMAIN_PAUSED)
		op_guest_state(dom, &state, &reason);
	job_deafen(job, &ears);
	return state != VIR_DOMAIN_PAUSED;
}

static char *disk_errors(virDomainPtr dom)
{
	enum { MAX_DISKS = 64 };
	virDomainDiskError errors[MAX_DISKS];
	GString *text = g_string_new(NULL);
	int n = virDomainGetDiskErrors(dom, errors, MAX_DISKS, 0);

	for (int i = 0; i < n; i++) {
		g_string_append_printf(text, "%s%s: %s", i ? ", " : "", errors[i].disk,
		        errors[i].error == VIR_DOMAIN_DISK_ERROR_NO_SPACE ? "no space left" : "I/O error");
		free(errors[i].disk);
	}
	return g_string_free(text, FALSE);
}

static enum task_state resume(struct job *job, virDomainPtr dom, GError **error)
{
	int state = 0, reason = 0;
	bool io_error = op_guest_state(dom, &state, &reason) && state == VIR_DOMAIN_PAUSED
	                && reason == VIR_DOMAIN_PAUSED_IOERROR;

	if (virDomainResume(dom) < 0)
		return op_fail(job, dom, error, "resume");
	if (io_error && !stays_running(job, dom)) {
		g_autofree char *disks = disk_errors(dom);
		return op_refuse(job, error, "resume",
		        "it paused again at once (%s): mend that first, then resume it", *disks ? disks : "I/O error");
	}
	job_say(job, "resumed");
	return TASK_OK;
}

enum task_state op_guest_resume_run(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = op_guest(job, "resume", error);

	if (!dom)
		return TASK_FAILED;
	if (!job->before.known)
		return resume(job, dom, error);
	if (job->before.state == VIR_DOMAIN_CRASHED)
		return op_refuse(job, error, "resume", "it has crashed: reset it or force it off");
	if (job->before.state == VIR_DOMAIN_RUNNING || job->before.state == VIR_DOMAIN_BLOCKED)
		return op_refuse(job, error, "resume", "it is running already");
	if (job->before.state != VIR_DOMAIN_PMSUSPENDED)
		return resume(job, dom, error);
	if (virDomainPMWakeup(dom, 0) < 0)
		return op_fail(job, dom, error, "wake up");
	job_say(job, "woken up");
	return TASK_OK;
}

enum task_state op_guest_resume_settle(struct job *job, GError **error)
{
	return settle_state(job, false, error);
}
