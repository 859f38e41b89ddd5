/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rolling back to an external snapshot, in an order in which each moment is a
 * whole guest: overlays, memory saved, UEFI variables, the guest started beside
 * its stored definition, the snapshot's record, and last the definition.
 *
 * libvirt 9.9 and later could do it by itself. This way is taken there too: it is
 * the same everywhere, its plan says which files it will make, it brings the UEFI
 * variables back, and it undoes itself.
 */
#include "backend/hostfile.h"
#include "backend/snap_revert.h"
#include "backend/steps.h"
#include "nvirt/secret.h"


static bool make_overlays(struct job *job, const struct revert *revert, GError **error)
{
	for (unsigned i = 0; i < revert->disks->len; i++) {
		const struct revert_disk *disk = g_ptr_array_index(revert->disks, i);
		if (!disk->kept)
			continue;
		unsigned step = steps_will_make_file(job, disk->overlay);
		g_autoptr(GError) local = NULL;
		if (!hostfile_make_overlay(job->conn, disk->overlay, disk->state, disk->format, 0, &local)) {
			/* libvirt removes what it could not finish: what has the name now is another's. */
			if (!conn_lost(job->conn))
				steps_gone(job, step);
			op_refuse(job, error, REVERT_VERB, "%s", local->message);
			return false;
		}
		steps_made(job, step);
	}
	return true;
}

/* ---- starting ---- */

static bool restore_memory(struct job *job, const struct revert *revert, const char *xml)
{
	unsigned flags = revert->after == REVERT_PAUSED ? VIR_DOMAIN_SAVE_PAUSED : VIR_DOMAIN_SAVE_RUNNING;

	job_say(job, "restoring the memory of then from '%s'", revert->snap->memory_file);
	return virDomainRestoreFlags(job->conn, revert->snap->memory_file, xml, flags) == 0;
}

/* Beside the stored definition, which stays what it was until all has worked. */
static bool boot(struct job *job, const struct revert *revert, const char *xml)
{
	unsigned flags = revert->after == REVERT_PAUSED ? VIR_DOMAIN_START_PAUSED : 0;

	job_say(job, "booting on the disks of then");
	g_autoptr(virDomain) dom = virDomainCreateXML(job->conn, xml, flags);
	return dom != NULL;
}

static bool start(struct job *job, const struct revert *revert, GError **error)
{
	if (revert->after == REVERT_OFF)
		return true;
	unsigned step = revert_will_start(job);
	char *xml = revert_definition_xml(revert, true);
	bool ok = revert->restores ? restore_memory(job, revert, xml) : boot(job, revert, xml);
	if (ok)
		steps_made(job, step);
	else
		op_fail(job, revert->dom, error, REVERT_VERB);
	secret_free(xml);
	return ok;
}

/* ---- the snapshot's record ---- */

struct record {
	char *own, *current; /* secret; current NULL = there was none, or it was this one */
	bool was_current;
};

static void record_free(void *data)
{
	struct record *record = data;

	secret_free(record->own);
	secret_free(record->current);
	g_free(record);
}

static bool redefine(virDomainPtr dom, const char *xml, bool current)
{
	unsigned flags = VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | (current ? VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT : 0);
	g_autoptr(virDomainSnapshot) snapshot = virDomainSnapshotCreateXML(dom, xml, flags);

	return snapshot != NULL;
}

static bool undo_record(struct job *job, void *data, GError **error)
{
	const struct record *record = data;
	g_autoptr(virDomain) dom = virDomainLookupByUUID(job->conn, job->request->ref.uuid);

	if (dom && redefine(dom, record->own, record->was_current)
	        && (!record->current || redefine(dom, record->current, true)))
		return true;
	conn_set_error(error, "cannot give the snapshot its record back");
	return false;
}

static const struct snap *current_of(const struct revert *revert)
{
	for (unsigned i = 0; i < revert->tree->len; i++) {
		const struct snap *snap = g_ptr_array_index(revert->tree, i);
		if (snap->current)
			return snap;
	}
	return NULL;
}

static bool make_current(struct job *job, const struct revert *revert, GError **error)
{
	const struct snap *current = current_of(revert);
	struct record *record = g_new0(struct record, 1);

	record->own = revert_snapshot_xml(revert->snap);
	record->was_current = current == revert->snap;
	record->current = current && !record->was_current ? revert_snapshot_xml(current) : NULL;
	unsigned step = steps_will_do(job, "the snapshot's record and which one is current", undo_record, record, record_free);
	char *xml = revert_new_snapshot_xml(revert);
	bool ok = redefine(revert->dom, xml, true);
	if (ok)
		steps_made(job, step);
	else
		op_fail(job, revert->dom, error, REVERT_VERB);
	secret_free(xml);
	return ok;
}

/* ---- all of it ---- */

static bool define(struct job *job, const struct revert *revert, GError **error)
{
	char *xml = revert_definition_xml(revert, false);
	g_autoptr(virDomain) dom = virDomainDefineXMLFlags(job->conn, xml, VIR_DOMAIN_DEFINE_VALIDATE);

	secret_free(xml);
	if (!dom)
		op_fail(job, revert->dom, error, REVERT_VERB);
	return dom != NULL;
}

bool revert_by_hand(struct job *job, const struct revert *revert, GError **error)
{
	revert_note_leftovers(job, revert);
	if (!make_overlays(job, revert, error) || !revert_save(job, revert, error)
	        || !revert_nvram(job, revert, error) || !start(job, revert, error)
	        || !make_current(job, revert, error) || !define(job, revert, error))
		return false;
	revert_committed(job);
	return true;
}
