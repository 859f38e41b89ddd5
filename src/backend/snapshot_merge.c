/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A block commit, watched: see snapshot_merge.h. */
#include "backend/snapshot_merge.h"

#include "backend/op_util.h"
#include "backend/xml.h"
#include "nvirt/text.h"

#define TICK_US (G_USEC_PER_SEC / 4)

struct pace {
	gint64 last_us;
	uint64_t last_done;
	double rate_bps;
};

static void tell(struct job *job, const struct removal_merge *merge, struct pace *pace, uint64_t done, uint64_t total)
{
	char done_text[32], total_text[32], rate_text[32];
	gint64 now_us = g_get_monotonic_time();

	if (pace->last_us && now_us > pace->last_us && done >= pace->last_done) {
		double bps = (double)(done - pace->last_done) * G_USEC_PER_SEC / (double)(now_us - pace->last_us);
		pace->rate_bps = pace->rate_bps > 0 ? (pace->rate_bps + bps) / 2 : bps;
	}
	pace->last_us = now_us;
	pace->last_done = done;
	job_progress(job, total ? (double)done / (double)total : -1, done, total);
	text_format_bytes(done_text, sizeof done_text, done);
	text_format_bytes(total_text, sizeof total_text, total);
	text_format_bytes(rate_text, sizeof rate_text, (guint64)pace->rate_bps);
	job_say(job, "merging %s: %s of %s, %s/s", merge->target, done_text, total_text, rate_text);
}

/* Is `path` in the running guest's chain of that disk? -1 = can not be told. */
static int in_chain(virDomainPtr dom, const char *target, const char *path)
{
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, 0);
	int found = 0;

	if (!doc)
		return -1;
	xml_foreach(disk, xml_child(xmlDocGetRootElement(doc), "devices"), "disk")
	{
		g_autofree char *name = op_xml_string(doc, disk, "target/@dev");
		for (xmlNodePtr at = disk; at && g_str_equal(name, target); at = xml_child(at, "backingStore")) {
			g_autofree char *file = op_xml_string(doc, at, "source/@file | source/@dev");
			found |= g_str_equal(file, path);
		}
	}
	return found;
}

static void break_off(struct job *job, virDomainPtr dom, const char *target)
{
	virDomainBlockJobInfo info;

	virDomainBlockJobAbort(dom, target, 0);
	while (virDomainGetBlockJobInfo(dom, target, &info, 0) == 1)
		if (job_wait(job, g_get_monotonic_time() + TICK_US) == JOB_WAKE_STOP)
			return;
}

static enum task_state failed(const struct removal_merge *merge, GError **error)
{
	conn_set_error(error, "cannot merge disk %s", merge->target);
	return TASK_FAILED;
}

static enum task_state ended(virDomainPtr dom, const struct removal_merge *merge, GError **error)
{
	int there = in_chain(dom, merge->target, merge->child);

	if (there == 0)
		return TASK_OK;
	if (there < 0)
		return failed(merge, error);
	g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_FAILED,
	        "cannot merge disk %s: QEMU broke the merge off (is '%s' full?)", merge->target, merge->state);
	return TASK_FAILED;
}

/* The end of an active one: the guest goes over to the file below. TASK_RUNNING: all is copied, but QEMU is not ready yet. */
static enum task_state pivot(virDomainPtr dom, const struct removal_merge *merge, GError **error)
{
	if (virDomainBlockJobAbort(dom, merge->target, VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT) == 0)
		return ended(dom, merge, error);
	const virError *last = virGetLastError();
	return last && last->code == VIR_ERR_BLOCK_COPY_ACTIVE ? TASK_RUNNING : failed(merge, error);
}

static enum task_state follow(struct job *job, virDomainPtr dom, const struct removal_merge *merge, GError **error)
{
	struct pace pace = {0};
	virDomainBlockJobInfo info;

	for (;;) {
		int running = virDomainGetBlockJobInfo(dom, merge->target, &info, 0);
		if (running < 0)
			return failed(merge, error);
		if (running == 0)
			return ended(dom, merge, error);
		tell(job, merge, &pace, info.cur, info.end);
		if (merge->active && info.end > 0 && info.cur == info.end) {
			enum task_state state = pivot(dom, merge, error);
			if (state != TASK_RUNNING)
				return state;
		}
		if (job_wait(job, g_get_monotonic_time() + TICK_US) == JOB_WAKE_STOP || job_abort_asked(job)) {
			break_off(job, dom, merge->target);
			/* It may have ended in this very moment. */
			if (in_chain(dom, merge->target, merge->child) == 0)
				return TASK_OK;
			return TASK_ABORTED;
		}
	}
}

enum task_state snapshot_merge(
        struct job *job, virDomainPtr dom, const struct removal_merge *merge, GError **error)
{
	unsigned flags = merge->active ? VIR_DOMAIN_BLOCK_COMMIT_ACTIVE : 0;

	/* One that broke off before the pivot is still there: it goes on from where it was. */
	virDomainBlockJobInfo info;
	bool runs = virDomainGetBlockJobInfo(dom, merge->target, &info, 0) == 1;
	if (!runs && virDomainBlockCommit(dom, merge->target, merge->state, merge->child, 0, flags) < 0)
		return failed(merge, error);
	job_set_abortable(job, true);
	enum task_state state = follow(job, dom, merge, error);
	job_set_abortable(job, false);
	return state;
}
