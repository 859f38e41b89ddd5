/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rolling back to an internal snapshot: libvirt's own call, which leaves the
 * guest off and its disks half-way when it fails. So an internal snapshot of the
 * disks of now is made first and gone back to then; the memory of now is saved
 * beside it.
 */
#include "backend/snap_revert.h"
#include "backend/steps.h"
#include "backend/xml.h"

struct before {
	char *name;
};

static void before_free(void *data)
{
	struct before *before = data;

	g_free(before->name);
	g_free(before);
}

static virDomainSnapshotPtr find(virDomainPtr dom, const char *name)
{
	return virDomainSnapshotLookupByName(dom, name, 0);
}

static bool drop(virDomainSnapshotPtr snapshot, GError **error)
{
	if (virDomainSnapshotDelete(snapshot, 0) == 0)
		return true;
	conn_set_error(error, "cannot delete the snapshot '%s'", virDomainSnapshotGetName(snapshot));
	return false;
}

/* The disks of now come back; what was started from the snapshot is stopped. */
static bool undo_before(struct job *job, void *data, GError **error)
{
	const struct before *before = data;
	g_autoptr(virDomain) dom = virDomainLookupByUUID(job->conn, job->request->ref.uuid);
	g_autoptr(virDomainSnapshot) snapshot = dom ? find(dom, before->name) : NULL;

	if (!snapshot) {
		const virError *last = virGetLastError();
		return last && last->code == VIR_ERR_NO_DOMAIN_SNAPSHOT;
	}
	if (virDomainIsActive(dom) == 1)
		virDomainDestroy(dom);
	if (virDomainRevertToSnapshot(snapshot, VIR_DOMAIN_SNAPSHOT_REVERT_FORCE) < 0) {
		conn_set_error(error, "cannot go back to it");
		return false;
	}
	return drop(snapshot, error);
}

static char *before_xml(const char *name, const char *of)
{
	g_autofree char *text = g_strdup_printf("Made by nvirt before it rolled back to '%s'; not needed any more.", of);
	char *xml = g_markup_printf_escaped("<domainsnapshot><name>%s</name><description>%s</description></domainsnapshot>",
	        name, text);

	return xml;
}

static bool keep_disks(struct job *job, const struct revert *revert, GError **error)
{
	struct before *before = g_new0(struct before, 1);
	g_autofree char *unique = g_uuid_string_random();

	before->name = g_strdup_printf(REVERT_BEFORE_PREFIX "%.8s", unique);
	g_autofree char *text = g_strdup_printf("the snapshot '%s', of before the roll back", before->name);
	g_autofree char *xml = before_xml(before->name, job->request->name);
	g_string_append_printf(job->paths, "before %s\n", before->name);
	unsigned step = steps_will_do(job, text, undo_before, before, before_free);
	g_autoptr(virDomainSnapshot) snapshot = virDomainSnapshotCreateXML(revert->dom, xml, 0);
	if (snapshot)
		steps_made(job, step);
	else
		op_fail(job, revert->dom, error, REVERT_VERB);
	return snapshot != NULL;
}

static unsigned flags_of(const struct revert *revert)
{
	switch (revert->after) {
	case REVERT_RUNNING:
		return VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING;
	case REVERT_PAUSED:
		return VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED;
	case REVERT_OFF:
		break;
	}
	/* One with memory can only be brought up; it is stopped before it runs. */
	return revert->snap->memory ? VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED : 0;
}

static bool call_libvirt(struct job *job, const struct revert *revert, GError **error)
{
	g_autoptr(virDomainSnapshot) snapshot = find(revert->dom, revert->snap->name);
	unsigned force = op_is_qemu(job->conn) ? VIR_DOMAIN_SNAPSHOT_REVERT_FORCE : 0;

	job_say(job, "libvirt rolls back; it tells no progress and can not be aborted");
	if (!snapshot || virDomainRevertToSnapshot(snapshot, flags_of(revert) | force) < 0) {
		op_fail(job, revert->dom, error, REVERT_VERB);
		return false;
	}
	if (revert->after == REVERT_OFF && virDomainIsActive(revert->dom) == 1
	        && virDomainDestroy(revert->dom) < 0) {
		op_fail(job, revert->dom, error, REVERT_VERB);
		return false;
	}
	return true;
}

bool revert_internal(struct job *job, const struct revert *revert, GError **error)
{
	bool qemu = op_is_qemu(job->conn);

	revert_note_leftovers(job, revert);
	/* Other drivers have neither; they change nothing when they refuse. */
	if (qemu && (!revert_save(job, revert, error) || !keep_disks(job, revert, error)))
		return false;
	if (!revert_nvram(job, revert, error))
		return false;
	if (qemu)
		revert_will_start(job);
	if (!call_libvirt(job, revert, error))
		return false;
	revert_committed(job);
	return true;
}
