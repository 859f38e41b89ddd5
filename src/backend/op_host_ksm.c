/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KSM, the merging of equal pages of memory. Worker threads.
 *
 * libvirt sets how fast it looks and whether it merges across NUMA cells. It
 * has no call that turns it on or off: that is a file of the kernel, which is
 * written where the daemon is this very machine's and we may.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "backend/node_libvirt.h"
#include "backend/node_machine.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "nvirt/text.h"

#define VERB "set KSM of"
#define RUN_FILE "/sys/kernel/mm/ksm/run"

/* What is asked for; -1 = as it is. */
struct wish {
	int run;
	int64_t pages_to_scan, sleep_ms, across;
};

static struct wish wish_of(const struct op_request *request)
{
	static const char *const states[] = {"off", "on", "unmerge"}; /* the kernel's 0, 1, 2 */
	const char *state = args_get(request->args, "state"), *cells = args_get(request->args, "cells");
	struct wish wish = {.run = -1, .across = -1};

	for (int i = 0; state && i < (int)G_N_ELEMENTS(states); i++)
		if (g_str_equal(state, states[i]))
			wish.run = i;
	wish.pages_to_scan = args_get_int(request->args, "pages-to-scan", -1);
	wish.sleep_ms = args_get_int(request->args, "sleep-ms", -1);
	if (cells && !g_str_equal(cells, "keep"))
		wish.across = g_str_equal(cells, "across");
	return wish;
}

static bool wishes_nothing(const struct wish *wish)
{
	return wish->run < 0 && wish->pages_to_scan < 0 && wish->sleep_ms < 0 && wish->across < 0;
}

/* ---- looking ---- */

/*
 * A socket on this machine may lead to another one's daemon: the same KSM and
 * the same memory to the KiB is the same kernel.
 */
static bool is_this_machine(virConnectPtr conn, const struct node_detail *theirs)
{
	const struct health_source source = {.root = health_root()};
	struct node_detail *ours;
	bool same;

	if (!op_is_local(conn) || !op_is_qemu(conn))
		return false;
	ours = node_detail_new();
	node_machine_read(ours, &source);
	same = ours->ksm.pages_to_scan == theirs->ksm.pages_to_scan && ours->ksm.sleep_ms == theirs->ksm.sleep_ms &&
	       ours->ksm.full_scans >= theirs->ksm.full_scans &&
	       ours->memory.total_kib == theirs->memory.total_kib;
	node_detail_free(ours);
	return same;
}

/* Memory and KSM, as libvirt tells them; NULL with `error` where there is no KSM. */
static struct node_detail *look(virConnectPtr conn, const char *name, GError **error)
{
	struct node_detail *now = node_detail_new();

	node_libvirt_read(conn, NULL, now);
	/* libvirt leaves out what the kernel has not. */
	if (node_libvirt_ksm(conn, &now->ksm) && now->ksm.pages_to_scan >= 0)
		return now;
	if (virGetLastErrorCode() != VIR_ERR_OK)
		conn_set_error(error, "cannot " VERB " '%s'", name);
	else
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_UNSUPPORTED, "cannot " VERB " '%s': its kernel has no KSM",
		        name);
	node_detail_free(now);
	return NULL;
}

/* More than that is to be found when what was merged is taken apart. */
static int64_t merged_kib(const struct node_detail *now)
{
	int64_t page_bytes = now->ksm.page_bytes > 0 ? now->ksm.page_bytes : 4096;

	return now->ksm.sharing_pages > 0 ? now->ksm.sharing_pages * (page_bytes / 1024) : 0;
}

static int64_t free_kib(const struct node_detail *now)
{
	return now->memory.free_kib < 0 ? -1 : now->memory.free_kib + MAX(now->memory.cache_kib, 0);
}

static char *remedy(int run)
{
	return g_strdup_printf("as root on that machine: echo %d > " RUN_FILE, run);
}

/* Why it can not be done, without trying; owned, NULL = nothing is known against it. */
static char *refused(virConnectPtr conn, const struct wish *wish, const struct node_detail *now)
{
	char needed[32], there[32];
	g_autofree char *path = g_strconcat(health_root(), RUN_FILE, NULL);

	if (wishes_nothing(wish))
		return g_strdup("nothing is asked for: say what is to be changed");
	if (wish->pages_to_scan == 0)
		return g_strdup("to look at no pages is to do nothing: turn it off instead");
	if (wish->run == 2 && free_kib(now) >= 0 && merged_kib(now) > free_kib(now)) {
		text_format_bytes(needed, sizeof(needed), (guint64)merged_kib(now) * 1024);
		text_format_bytes(there, sizeof(there), (guint64)free_kib(now) * 1024);
		return g_strdup_printf("taking apart what was merged needs %s, and %s are free", needed, there);
	}
	if (wish->across >= 0 && wish->across != now->ksm.merge_across_nodes && now->ksm.shared_pages > 0 &&
	        wish->run != 2)
		return g_strdup("merging across cells can only be changed while nothing is merged: unmerge first");
	if (wish->run < 0)
		return NULL;
	g_autofree char *how = remedy(wish->run);
	if (!is_this_machine(conn, now))
		return g_strdup_printf("libvirt has no call for it, and this is another machine; %s", how);
	if (access(path, W_OK) != 0)
		return g_strdup_printf("'%s' may not be written by you (%s); %s", path, g_strerror(errno), how);
	return NULL;
}

/* ---- the plan ---- */

static void note_run(struct plan *plan, const struct wish *wish, const struct node_detail *now)
{
	char merged[32], there[32];

	text_format_bytes(merged, sizeof(merged), (guint64)merged_kib(now) * 1024);
	text_format_bytes(there, sizeof(there), (guint64)MAX(free_kib(now), 0) * 1024);
	if (wish->run == 1)
		plan_note(plan, "Equal pages of guests are kept once from now on: memory is saved, and CPU time is spent on "
		                "looking. Guests could tell by time what others have in memory.");
	else if (wish->run == 0)
		plan_note(plan, "Nothing more is merged; what is merged stays so and saves %s.", merged);
	else if (wish->run == 2)
		plan_note(plan, "What is merged is taken apart: that takes %s of memory again, of %s that are free.", merged,
		        there);
}

struct plan *op_host_ksm_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	struct wish wish = wish_of(request);
	struct node_detail *now = look(conn, request->name, error);
	struct plan *plan;

	if (!now)
		return NULL;
	plan = plan_new();
	plan->refused = refused(conn, &wish, now);
	note_run(plan, &wish, now);
	if (wish.pages_to_scan >= 0 || wish.sleep_ms >= 0)
		plan_note(plan, "It looks at %" G_GINT64_FORMAT " pages every %" G_GINT64_FORMAT " ms; today at %" G_GINT64_FORMAT
		                " every %" G_GINT64_FORMAT " ms. The more it looks at, the more CPU time it takes.",
		        wish.pages_to_scan >= 0 ? wish.pages_to_scan : now->ksm.pages_to_scan,
		        wish.sleep_ms >= 0 ? wish.sleep_ms : now->ksm.sleep_ms, now->ksm.pages_to_scan, now->ksm.sleep_ms);
	if (wish.across >= 0)
		plan_note(plan, wish.across ? "Pages are merged across NUMA cells: some are then slower to reach."
		                            : "Pages are merged within each NUMA cell only.");
	plan_note(plan, "It lasts until the machine is booted again.");
	node_detail_free(now);
	return plan;
}

/* ---- acting ---- */

static bool set_parameters(struct job *job, const struct wish *wish)
{
	virTypedParameterPtr params = NULL;
	int n = 0, max = 0, result = 0;
	const struct {
		const char *name;
		int64_t value;
	} rows[] = {
	        {VIR_NODE_MEMORY_SHARED_PAGES_TO_SCAN, wish->pages_to_scan},
	        {VIR_NODE_MEMORY_SHARED_SLEEP_MILLISECS, wish->sleep_ms},
	        {VIR_NODE_MEMORY_SHARED_MERGE_ACROSS_NODES, wish->across},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].value >= 0)
			virTypedParamsAddUInt(&params, &n, &max, rows[i].name, (unsigned)rows[i].value);
	if (n > 0)
		result = virNodeSetMemoryParameters(job->conn, params, n, 0);
	virTypedParamsFree(params, n);
	return result == 0;
}

/* Taking apart is done before write() returns. */
static bool set_run(struct job *job, int run, GError **error)
{
	g_autofree char *path = g_strconcat(health_root(), RUN_FILE, NULL);
	const char digit = (char)('0' + run);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, &digit, 1) == 1;
	int code = errno;

	if (fd >= 0)
		close(fd);
	if (written)
		return true;
	g_autofree char *how = remedy(run);
	op_refuse(job, error, VERB, "'%s' cannot be written: %s; %s", path, g_strerror(code), how);
	return false;
}

enum task_state op_host_ksm_run(struct job *job, GError **error)
{
	static const char *const words[] = {"it is off", "it is on", "it is off, and what was merged was taken apart"};
	struct wish wish = wish_of(job->request);
	struct node_detail *now = look(job->conn, job->request->name, error);
	g_autofree char *why = NULL;

	if (!now)
		return TASK_FAILED;
	why = refused(job->conn, &wish, now);
	node_detail_free(now);
	if (why)
		return op_refuse(job, error, VERB, "%s", why);
	/* Only what is not merged any more can be merged in another way. */
	if (wish.run == 2 && !set_run(job, wish.run, error))
		return TASK_FAILED;
	if (!set_parameters(job, &wish))
		return op_fail(job, NULL, error, VERB);
	if (wish.run >= 0 && wish.run != 2 && !set_run(job, wish.run, error))
		return TASK_FAILED;
	job_say(job, "%s", wish.run >= 0 ? words[wish.run] : "its parameters are set");
	return TASK_OK;
}

static bool is_so(int64_t wanted, int64_t now)
{
	return wanted < 0 || wanted == now;
}

enum task_state op_host_ksm_settle(struct job *job, GError **error)
{
	const struct health_source source = {.root = health_root()};
	struct wish wish = wish_of(job->request);
	struct node_detail *now = look(job->conn, job->request->name, error);
	bool done;

	if (!now)
		return TASK_UNKNOWN;
	done = is_so(wish.pages_to_scan, now->ksm.pages_to_scan) && is_so(wish.sleep_ms, now->ksm.sleep_ms) &&
	       is_so(wish.across, now->ksm.merge_across_nodes);
	/* Another machine's was refused before anything was done. */
	if (wish.run >= 0)
		done = done && is_this_machine(job->conn, now) &&
		       health_number(&source, RUN_FILE, -1) == wish.run;
	node_detail_free(now);
	job_say(job, done ? "it is as it was asked for" : "it was not set, or not all of it: look at the host's Summary");
	return done ? TASK_OK : TASK_FAILED;
}
