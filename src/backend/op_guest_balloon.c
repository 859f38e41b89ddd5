/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of a guest that runs, by its balloon. Worker threads.
 *
 * libvirt only tells QEMU what is wanted; it is the driver in the guest that
 * gives memory back or takes it, as far as it can. So what comes of it is
 * looked at, and a guest that does not follow is told.
 */
#include <string.h>

#include "backend/op_table.h"
#include "backend/op_util.h"
#include "nvirt/text.h"

#define VERB "set the memory of"
/* Below that no system of today does anything. */
#define FLOOR_KIB (32 * 1024)
/* A guest that gives nothing for that long gives nothing more. */
#define STILL_US (10 * G_USEC_PER_SEC)
#define LOOK_US (300 * G_TIME_SPAN_MILLISECOND)
#define STATS_N 32

struct balloon {
	bool device;      /* it has one */
	int64_t max_kib;
	int64_t now_kib;  /* -1 = not told */
	int64_t used_kib; /* in the guest, as its driver tells; -1 = it tells nothing */
};

/* What is asked for; -1 = as it is. */
struct wish {
	int64_t kib, period_s;
};

static struct wish wish_of(const struct op_request *request)
{
	const char *memory = args_get(request->args, "memory");
	struct wish wish = {.kib = -1, .period_s = args_get_int(request->args, "stats-period", -1)};
	guint64 bytes;

	if (memory && text_parse_size(memory, &bytes))
		wish.kib = (int64_t)(bytes / 1024);
	return wish;
}

static void read_stats(virDomainPtr dom, struct balloon *balloon)
{
	virDomainMemoryStatStruct stats[STATS_N];
	int n = virDomainMemoryStats(dom, stats, STATS_N, 0);
	int64_t total = -1, usable = -1, unused = -1;

	balloon->now_kib = balloon->used_kib = -1;
	for (int i = 0; i < n; i++) {
		int64_t value = (int64_t)MIN(stats[i].val, (unsigned long long)G_MAXINT64);

		if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON)
			balloon->now_kib = value;
		else if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_AVAILABLE)
			total = value;
		else if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_USABLE)
			usable = value;
		else if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_UNUSED)
			unused = value;
	}
	if (usable < 0)
		usable = unused;
	if (total > 0 && usable >= 0)
		balloon->used_kib = MAX(total - usable, 0);
}

static int64_t now_kib(virDomainPtr dom)
{
	struct balloon balloon;

	read_stats(dom, &balloon);
	return balloon.now_kib;
}

/* false with libvirt's error. */
static bool look(virDomainPtr dom, struct balloon *balloon)
{
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, 0);

	if (!doc)
		return false;
	g_autofree char *model = op_xml_string(doc, NULL, "string(/domain/devices/memballoon/@model)");
	balloon->device = *model && !g_str_equal(model, "none");
	balloon->max_kib = (int64_t)virDomainGetMaxMemory(dom);
	read_stats(dom, balloon);
	return true;
}

/* Why it can not be done; owned, or NULL. */
static char *refused(const struct wish *wish, const struct balloon *balloon)
{
	char size[32];

	if (!balloon->device)
		return g_strdup("it has no balloon device: give its definition <memballoon model='virtio'/> and start it anew");
	if (wish->kib >= 0 && wish->kib < FLOOR_KIB) {
		text_format_bytes(size, sizeof(size), (guint64)FLOOR_KIB * 1024);
		return g_strdup_printf("no system runs in less than %s", size);
	}
	if (balloon->max_kib > 0 && wish->kib > balloon->max_kib) {
		text_format_bytes(size, sizeof(size), (guint64)balloon->max_kib * 1024);
		return g_strdup_printf("it has %s at most: that is <memory> in its definition, and takes a new start", size);
	}
	return NULL;
}

/* ---- the plan ---- */

static void note_memory(struct plan *plan, const struct wish *wish, const struct balloon *balloon)
{
	char now[32], wanted[32], used[32];

	text_format_bytes(now, sizeof(now), (guint64)MAX(balloon->now_kib, 0) * 1024);
	text_format_bytes(wanted, sizeof(wanted), (guint64)wish->kib * 1024);
	text_format_bytes(used, sizeof(used), (guint64)MAX(balloon->used_kib, 0) * 1024);
	if (balloon->now_kib >= 0)
		plan_note(plan, "It is given %s instead of %s, until it is started anew.", wanted, now);
	if (balloon->used_kib < 0)
		plan_note(plan, "Its balloon driver tells nothing: maybe there is none, and then nothing changes.");
	else if (balloon->used_kib > wish->kib)
		plan_note(plan, "WARNING: it uses %s now. With less it swaps, and may kill programs of its own.", used);
	else
		plan_note(plan, "It uses %s now.", used);
}

struct plan *op_guest_balloon_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(conn, request->ref.uuid);
	struct wish wish = wish_of(request);
	struct balloon balloon = {0};
	struct plan *plan;

	if (!dom || !look(dom, &balloon)) {
		conn_set_error(error, "cannot " VERB " '%s'", request->name);
		return NULL;
	}
	plan = plan_new();
	plan->refused = refused(&wish, &balloon);
	if (!plan->refused && wish.kib >= 0)
		note_memory(plan, &wish, &balloon);
	if (wish.period_s > 0)
		plan_note(plan, "Its driver is asked for figures every %d s.", (int)wish.period_s);
	else if (wish.period_s == 0)
		plan_note(plan, "Its driver is not asked for figures any more.");
	return plan;
}

/* ---- acting ---- */

/* Waits until it has what is wanted or gives nothing more; where it is then. */
static enum job_wake follow(struct job *job, virDomainPtr dom, int64_t wanted_kib, int64_t *ret_kib)
{
	int64_t first_kib = now_kib(dom), last_kib = first_kib;
	gint64 moved_us = g_get_monotonic_time();

	while (last_kib != wanted_kib && g_get_monotonic_time() - moved_us < STILL_US) {
		enum job_wake wake = job_wait(job, g_get_monotonic_time() + LOOK_US);
		int64_t kib = now_kib(dom);

		if (kib != last_kib)
			moved_us = g_get_monotonic_time();
		last_kib = kib;
		if (wake == JOB_WAKE_ABORT || wake == JOB_WAKE_STOP || kib < 0) {
			*ret_kib = last_kib;
			return wake;
		}
		if (first_kib != wanted_kib)
			job_progress(job, (double)(last_kib - first_kib) / (double)(wanted_kib - first_kib), 0, 0);
	}
	*ret_kib = last_kib;
	return JOB_WAKE_TIME;
}

static enum task_state tell(struct job *job, enum job_wake wake, int64_t wanted_kib, int64_t kib)
{
	char wanted[32], now[32];

	text_format_bytes(wanted, sizeof(wanted), (guint64)wanted_kib * 1024);
	text_format_bytes(now, sizeof(now), (guint64)MAX(kib, 0) * 1024);
	if (kib == wanted_kib) {
		job_say(job, "it has %s now", now);
		return TASK_OK;
	}
	if (wake == JOB_WAKE_ABORT || wake == JOB_WAKE_STOP) {
		job_say(job, "not waited for any longer: it has %s now, and goes on towards %s", now, wanted);
		return wake == JOB_WAKE_ABORT ? TASK_ABORTED : TASK_WARNING;
	}
	job_say(job, "asked for %s, but for %d s it has stayed at %s: its balloon driver does not answer, or gives no more",
	        wanted, (int)(STILL_US / G_USEC_PER_SEC), now);
	return TASK_WARNING;
}

enum task_state op_guest_balloon_run(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = op_guest(job, VERB, error);
	struct wish wish = wish_of(job->request);
	struct balloon balloon = {0};
	enum job_wake wake;
	int64_t kib = -1;

	if (!dom)
		return TASK_FAILED;
	if (job->before.known && !op_state_active(job->before.state))
		return op_refuse(job, error, VERB, "it is off: only a guest that runs has a balloon");
	if (!look(dom, &balloon))
		return op_fail(job, dom, error, VERB);
	g_autofree char *why = refused(&wish, &balloon);
	if (why)
		return op_refuse(job, error, VERB, "%s", why);
	if (wish.period_s >= 0 && virDomainSetMemoryStatsPeriod(dom, (int)wish.period_s, VIR_DOMAIN_AFFECT_LIVE) < 0)
		return op_fail(job, dom, error, VERB);
	if (wish.kib < 0) {
		job_say(job, "its period is set");
		return TASK_OK;
	}
	if (virDomainSetMemoryFlags(dom, (unsigned long)wish.kib, VIR_DOMAIN_AFFECT_LIVE) < 0)
		return op_fail(job, dom, error, VERB);
	job_say(job, "asked; waits for the guest to follow");
	job_set_abortable(job, true);
	wake = follow(job, dom, wish.kib, &kib);
	job_set_abortable(job, false);
	if (kib < 0 && conn_lost(job->conn))
		return op_fail(job, dom, error, VERB);
	return tell(job, wake, wish.kib, kib);
}

enum task_state op_guest_balloon_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	struct wish wish = wish_of(job->request);
	enum task_state found = op_settle_guest(job, &dom, error);
	char now[32];
	int64_t kib;

	if (found != TASK_OK)
		return found;
	kib = now_kib(dom);
	if (kib < 0) {
		conn_set_error(error, "cannot look at '%s'", job->request->name);
		return TASK_UNKNOWN;
	}
	text_format_bytes(now, sizeof(now), (guint64)kib * 1024);
	job_say(job, "it has %s now", now);
	return wish.kib < 0 || kib == wish.kib ? TASK_OK : TASK_WARNING;
}
