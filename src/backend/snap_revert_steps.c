/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What both ways of rolling back do around their own: the guest's memory saved
 * and brought back, the UEFI variables, and what goes once it has succeeded.
 * Each step is written down before; undoing looks at the host, for the daemon
 * may have died in the middle.
 */
#include <string.h>

#include "backend/hostfile.h"
#include "backend/snap_revert.h"
#include "backend/steps.h"
#include "nvirt/text.h"

/* Each waits 30 s for libvirt's lock. */
#define DESTROY_TRIES 3

static bool fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool fail(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	conn_set_error(error, "%s", text);
	return false;
}

/* ---- the guest's memory ---- */

/* Looked up anew: an object keeps the number it was looked up with. */
static bool still_runs(struct job *job, virDomainPtr dom)
{
	return virDomainIsActive(dom) == 1 && (int)virDomainGetID(dom) == job->before.id;
}

static bool wake_saved(virDomainPtr dom, GError **error)
{
	if (virDomainHasManagedSaveImage(dom, 0) != 1) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_FAILED, "its saved memory is not there any more");
		return false;
	}
	return virDomainCreate(dom) == 0 || fail(error, "start it to go on from its saved memory");
}

static bool undo_save(struct job *job, void *data, GError **error)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(job->conn, job->request->ref.uuid);
	int state, reason;

	(void)data;
	if (!dom || !op_guest_state(dom, &state, &reason))
		return fail(error, "cannot look at it");
	if (!op_state_active(state))
		return wake_saved(dom, error);
	if (!still_runs(job, dom)) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID,
		        "what was started from the snapshot is still there: force it off, and the next start goes on "
		        "from the saved memory");
		return false;
	}
	/* It was never stopped: an image beside it is a torn one. */
	if (virDomainHasManagedSaveImage(dom, 0) == 1)
		virDomainManagedSaveRemove(dom, 0);
	if (state == VIR_DOMAIN_PAUSED && job->before.state != VIR_DOMAIN_PAUSED)
		return virDomainResume(dom) == 0 || fail(error, "resume it");
	return true;
}

bool revert_save(struct job *job, const struct revert *revert, GError **error)
{
	char size[32];

	if (!revert->active)
		return true;
	text_format_bytes(size, sizeof size, revert->memory_bytes);
	job_log(job, "the memory of now (%s) is saved first, so that there is a way back", size);
	unsigned step = steps_will_do(
	        job, "the guest was saved, to be rolled back: start it and it goes on as it was", undo_save, NULL, NULL);
	struct job_watch *watch = job_watch_begin(job, revert->dom, "saving what runs now");
	int rc = virDomainManagedSave(revert->dom, 0);
	if (rc < 0)
		op_fail(job, revert->dom, error, REVERT_VERB);
	job_watch_end(watch);
	if (rc == 0)
		steps_made(job, step);
	return rc == 0;
}

/*
 * A daemon that was killed while it started a guest holds on to that guest for a
 * while after its own restart (measured), and answers with a time-out.
 */
static bool destroy_patiently(struct job *job, virDomainPtr dom)
{
	for (unsigned i = 0; virDomainDestroy(dom) < 0; i++) {
		int code = virGetLastErrorCode();
		if (code == VIR_ERR_OPERATION_INVALID && virDomainIsActive(dom) == 0)
			return true;
		if (code != VIR_ERR_OPERATION_TIMEOUT || i >= DESTROY_TRIES)
			return false;
		job_say(job, "libvirt does not let go of the guest that was being started; trying again");
	}
	return true;
}

/* The guest that the failed task started; never the one from before, which is saved by now. */
static bool undo_start(struct job *job, void *data, GError **error)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(job->conn, job->request->ref.uuid);

	(void)data;
	if (!dom || virDomainIsActive(dom) != 1 || destroy_patiently(job, dom))
		return true;
	conn_set_error(error, "cannot stop it");
	return false;
}

unsigned revert_will_start(struct job *job)
{
	return steps_will_do(job, "the guest, started from the snapshot", undo_start, NULL, NULL);
}

/* ---- UEFI variables ---- */

/* The file is replaced as a whole; the copy goes only when that has worked. */
static bool replace_file(virConnectPtr conn, const char *with, const char *path, GError **error)
{
	return hostfile_delete(conn, path, error) && hostfile_copy_small(conn, with, path, error);
}

static bool file_is_there(virConnectPtr conn, const char *path)
{
	struct hostfile_info info;

	if (!hostfile_look(conn, path, &info, NULL))
		return true;
	bool exists = info.exists;
	hostfile_info_fini(&info);
	return exists;
}

bool revert_nvram(struct job *job, const struct revert *revert, GError **error)
{
	const char *then = revert->snap->nvram_file;

	if (!*revert->nvram || !*then)
		return true;
	g_autofree char *copy = g_strconcat(revert->nvram, ".nvirt-before", NULL);
	if (!file_is_there(job->conn, revert->nvram) || file_is_there(job->conn, copy)) {
		op_refuse(job, error, REVERT_VERB,
		        "'%s' is not there, or '%s' is left of another task (see task-cleanup)", revert->nvram, copy);
		return false;
	}
	unsigned step = steps_will_replace(job, revert->nvram, copy);
	if (!hostfile_copy_small(job->conn, revert->nvram, copy, error)) {
		/* A half-made copy is removed by the call itself: what has the name now is another's. */
		if (!conn_lost(job->conn))
			steps_gone(job, step);
		return false;
	}
	steps_made(job, step);
	g_string_append_printf(job->paths, "copy %s\n", copy);
	return replace_file(job->conn, then, revert->nvram, error);
}

/* ---- afterwards ---- */

void revert_note_leftovers(struct job *job, const struct revert *revert)
{
	for (unsigned i = 0; i < revert->disks->len; i++) {
		const struct revert_disk *disk = g_ptr_array_index(revert->disks, i);
		if (disk->overlay)
			g_string_append_printf(job->paths, "made %s\n", disk->overlay);
		if (disk->abandon)
			g_string_append_printf(job->paths, "old %s\n", disk->abandon);
	}
	if (revert->active || revert->had_save)
		g_string_append(job->paths, "save \n");
}

/* What was agreed to go, or is our own copy: whoever cleans up after us may remove it. */
static unsigned will_go(struct job *job, const char *path)
{
	unsigned step = steps_will_make_file(job, path);

	steps_made(job, step);
	return step;
}

/* What goes now, as what the task leaves if it is killed from here on: written down before the rest is kept. */
void revert_committed(struct job *job)
{
	g_auto(GStrv) lines = g_strsplit(job->paths->str, "\n", -1);
	unsigned first = 0;

	g_string_append(job->paths, "done \n");
	for (unsigned i = 0; lines[i]; i++) {
		const char *path = strchr(lines[i], ' ');
		unsigned step = 0;
		if (g_str_has_prefix(lines[i], "old ") || g_str_has_prefix(lines[i], "copy "))
			step = will_go(job, path + 1);
		else if (g_str_has_prefix(lines[i], "save "))
			step = steps_will_do(job,
			        "the saved memory from before the roll back, if it is still there: drop it "
			        "(managedsave-remove), or the next start goes back to it",
			        NULL, NULL, NULL);
		else if (g_str_has_prefix(lines[i], "before "))
			step = steps_will_do(job,
			        "the snapshot from before the roll back, if it is still there: delete it, it is not needed",
			        NULL, NULL, NULL);
		if (!step)
			continue;
		g_string_append_printf(job->paths, "goes %u %s\n", step, lines[i]);
		first = first ? first : step;
	}
	if (first)
		steps_keep_before(job, first);
	else
		steps_keep(job);
}

static void clear_file(struct job *job, const char *path, GString *stayed)
{
	g_autoptr(GError) error = NULL;

	if (hostfile_delete(job->conn, path, &error)) {
		job_log(job, "removed '%s'", path);
		return;
	}
	g_string_append_printf(stayed, "%s%s", stayed->len ? "; " : "", error->message);
}

static void clear_save(virDomainPtr dom, GString *stayed)
{
	g_autoptr(GError) error = NULL;

	if (virDomainHasManagedSaveImage(dom, 0) != 1 || virDomainManagedSaveRemove(dom, 0) == 0)
		return;
	conn_set_error(&error, "the memory from before can not be dropped (drop the managed save by hand, or the next "
	                       "start goes back to it)");
	g_string_append_printf(stayed, "%s%s", stayed->len ? "; " : "", error->message);
}

static void clear_snapshot(virDomainPtr dom, const char *name, GString *stayed)
{
	g_autoptr(virDomainSnapshot) snapshot = virDomainSnapshotLookupByName(dom, name, 0);
	g_autoptr(GError) error = NULL;

	if (!snapshot || virDomainSnapshotDelete(snapshot, 0) == 0)
		return;
	conn_set_error(&error, "cannot delete the snapshot '%s'", name);
	g_string_append_printf(stayed, "%s%s", stayed->len ? "; " : "", error->message);
}

static void clear_one(struct job *job, virDomainPtr dom, const char *what, GString *stayed)
{
	const char *name = strchr(what, ' ') + 1;

	if (g_str_has_prefix(what, "save "))
		clear_save(dom, stayed);
	else if (g_str_has_prefix(what, "before "))
		clear_snapshot(dom, name, stayed);
	else
		clear_file(job, name, stayed);
}

/* The saved memory first: as long as it is there it needs the old files. */
enum task_state revert_clear(struct job *job, virDomainPtr dom)
{
	g_auto(GStrv) lines = g_strsplit(job->paths->str, "\n", -1);
	g_autoptr(GString) stayed = g_string_new(NULL);

	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; lines[i] && !stayed->len; i++) {
			char *what = NULL;
			if (!g_str_has_prefix(lines[i], "goes "))
				continue;
			unsigned step = (unsigned)g_ascii_strtoull(lines[i] + strlen("goes "), &what, 10);
			if (g_str_has_prefix(what + 1, "save ") != (pass == 0))
				continue;
			clear_one(job, dom, what + 1, stayed);
			if (!stayed->len)
				steps_gone(job, step);
		}
	if (!stayed->len)
		return TASK_OK;
	job_say(job, "rolled back, but something of before is left: %s", stayed->str);
	return TASK_WARNING;
}
