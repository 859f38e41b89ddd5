/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Graphs by numbers: a guest that burns half a vCPU, writes 10 MB/s and sends
 * 1 MB/s reads so within 5 %, and still does after a restart of nvirt.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/history_file.h"
#include "support/files.h"
#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"

#define DISK_BPS 10e6
#define NET_BPS 1e6
#define VCPU_PCT 50.0
#define TOLERANCE 0.05
/* Slots of the shortest tier that must be known before figures are compared. */
#define SLOTS 25
/* More waiting than that means that others took the CPU, and the guest did not get its half. */
#define CALM_STALL_PCT 3.0

static struct lab *lab;

static int open_lab(void **state)
{
	(void)state;
	lab = lab_start(1);
	if (lab_is_system(lab))
		lab_do(lab, "virsh", "h1", "net-start", "default");
	g_setenv("NVIRT_LAB_CMDLINE", "nvirt.load=cpu=50,disk=10,net=1", TRUE);
	lab_do(lab, "define", "h1", "load", "linux");
	lab_do(lab, "virsh", "h1", "start", "load");
	return 0;
}

static int close_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	return 0;
}

/* ---- what the host itself counts ---- */

struct counts {
	gint64 us;
	double cpu_ns, vcpu_ns, written, sent;
};

static double number(virDomainStatsRecordPtr record, const char *field)
{
	unsigned long long value = 0;

	virTypedParamsGetULLong(record->params, record->nparams, field, &value);
	return (double)value;
}

static struct counts count(void)
{
	virDomainPtr doms[] = {virDomainLookupByName(lab_connection(lab, "h1"), "load"), NULL};
	virDomainStatsRecordPtr *records = NULL;
	struct counts counts = {0};
	virDomainInfo info = {0};

	assert_non_null(doms[0]);
	assert_int_equal(virDomainListGetStats(doms, 0, &records, 0), 1);
	assert_int_equal(virDomainGetInfo(doms[0], &info), 0);
	counts.us = g_get_monotonic_time();
	counts.cpu_ns = (double)info.cpuTime;
	counts.vcpu_ns = number(records[0], "vcpu.0.time");
	counts.written = number(records[0], "block.0.wr.bytes");
	counts.sent = number(records[0], "net.0.tx.bytes");
	virDomainStatsRecordListFree(records);
	virDomainFree(doms[0]);
	return counts;
}

static bool load_runs(void *data)
{
	(void)data;
	return count().written > 3 * DISK_BPS;
}

/* ---- what nvirt kept ---- */

struct kept {
	char *home, *uri;
	uint8_t uuid[16];
	uint32_t first; /* slot of the shortest tier */
	struct history *history;
};

static struct history_slot mean(const struct kept *kept, const uint8_t *uuid, enum metric metric, const char *device, unsigned *ret_known)
{
	struct history_key key = history_key(uuid, metric, device);
	struct history_slot slots[150], sum = {0, 0};
	unsigned known = 0;

	history_read(kept->history, &key, TIER_5M, kept->first, G_N_ELEMENTS(slots), slots);
	for (gsize i = 0; i < G_N_ELEMENTS(slots); i++)
		if (!isnan(slots[i].average)) {
			sum.average += slots[i].average;
			known++;
		}
	sum.average /= (float)MAX(known, 1);
	if (ret_known)
		*ret_known = known;
	return sum;
}

static void read_kept(struct kept *kept)
{
	g_autofree char *dir = g_build_filename(kept->home, "state", "nvirt", "history", NULL);
	struct history_file *file = history_file_new(dir, kept->uri);
	GArray *records = g_array_new(FALSE, FALSE, sizeof(struct history_record));
	gint64 now_us = g_get_real_time();

	history_free(kept->history);
	kept->history = history_new();
	history_watch(kept->history, kept->uuid, true);
	assert_true(history_file_read(file, NULL, now_us, records, NULL));
	assert_true(history_file_read(file, kept->uuid, now_us, records, NULL));
	for (unsigned i = 0; i < records->len; i++)
		history_put(kept->history, &g_array_index(records, struct history_record, i), now_us);
	g_array_unref(records);
	history_file_free(file);
}

static bool enough_is_kept(void *data)
{
	struct kept *kept = data;
	unsigned known;

	read_kept(kept);
	mean(kept, kept->uuid, METRIC_DISK_WRITE, NULL, &known);
	return known >= SLOTS;
}

static void assert_close(const char *what, double value, double wanted)
{
	print_message("%-30s %12.4g, should be %12.4g: %+.2f %%\n", what, value, wanted,
	        (value / wanted - 1) * 100);
	if (!(fabs(value - wanted) <= TOLERANCE * wanted))
		fail_msg("%s: %g is not within 5 %% of %g", what, value, wanted);
}

static double per_s(double from, double to, const struct counts *a, const struct counts *b)
{
	return (to - from) * 1e6 / (double)(b->us - a->us);
}

static void check_figures(const struct kept *kept, const struct counts *a, const struct counts *b)
{
	double vcpu = mean(kept, kept->uuid, METRIC_VCPU, "0", NULL).average;
	double stall = mean(kept, NULL, METRIC_STALL_CPU, NULL, NULL).average;

	assert_close("CPU, % by the kernel", mean(kept, kept->uuid, METRIC_CPU, NULL, NULL).average,
	        per_s(a->cpu_ns, b->cpu_ns, a, b) / 1e7);
	assert_close("vCPU, % by the kernel", vcpu, per_s(a->vcpu_ns, b->vcpu_ns, a, b) / 1e7);
	assert_close("written, B/s by QEMU", mean(kept, kept->uuid, METRIC_DISK_WRITE, NULL, NULL).average,
	        per_s(a->written, b->written, a, b));
	assert_close("written, B/s", mean(kept, kept->uuid, METRIC_DISK_WRITE, NULL, NULL).average, DISK_BPS);
	assert_close("written to vda, B/s", mean(kept, kept->uuid, METRIC_DISK_WRITE, "vda", NULL).average, DISK_BPS);
	/* User networking has no counters. */
	if (lab_is_system(lab))
		assert_close("sent, B/s", mean(kept, kept->uuid, METRIC_NET_TX, NULL, NULL).average, NET_BPS);
	/* An emulated guest can not tell time it was not given from time it used. */
	if (stall < CALM_STALL_PCT)
		assert_close("vCPU, %", vcpu, VCPU_PCT);
	else
		print_message("vCPU %.1f %%: not held against %.0f %%, tasks waited for a CPU %.1f %% of the time\n",
		        vcpu, VCPU_PCT, stall);
}

/* ---- what the screen says ---- */

static double shown(struct pty *pty, const char *title, const char *unit)
{
	g_autofree char *regex = g_strdup_printf("%s[^│]*avg ([0-9.]+) ?%s", title, unit);
	g_autofree char *text = pty_screen_text(pty);
	g_autoptr(GMatchInfo) match = NULL;
	g_autoptr(GRegex) compiled = g_regex_new(regex, G_REGEX_DOTALL, 0, NULL);
	g_autofree char *figure = NULL;

	if (!g_regex_match(compiled, text, 0, &match)) {
		pty_dump(pty);
		fail_msg("'%s' has no average in %s", title, unit);
	}
	figure = g_match_info_fetch(match, 1);
	return g_ascii_strtod(figure, NULL);
}

static struct pty *start(const struct kept *kept, const char *refresh)
{
	const char *const argv[] = {"--refresh", refresh, "-c", kept->uri, NULL};
	struct pty *pty = pty_start_with(&(struct pty_options){.argv = argv, .home = kept->home, .rows = 60, .cols = 120});

	pty_wait_text(pty, "guests [0-9]+ of [0-9]+");
	session_open(pty, "guest load");
	pty_keys(pty, "2", "[");
	pty_wait_text(pty, "\\[Graphs\\]");
	return pty;
}

static void find_uuid(struct kept *kept)
{
	virDomainPtr dom = virDomainLookupByName(lab_connection(lab, "h1"), "load");

	assert_non_null(dom);
	assert_int_equal(virDomainGetUUID(dom, kept->uuid), 0);
	virDomainFree(dom);
}

static void known_load_reads_within_five_percent_also_after_a_restart(void **state)
{
	struct kept kept = {.uri = (char *)lab_uri(lab, "h1"), .home = g_dir_make_tmp("nvirt-graphs-XXXXXX", NULL)};
	struct counts before, after;
	struct pty *pty;

	(void)state;
	find_uuid(&kept);
	lab_wait_for(load_runs, NULL, "the guest's load", 120000);
	before = count();
	kept.first = history_slot_at(TIER_5M, g_get_real_time());
	pty = start(&kept, "1");
	pty_wait_for(pty, enough_is_kept, &kept, "enough of the history", 180000);
	after = count();
	read_kept(&kept);
	check_figures(&kept, &before, &after);
	session_quit(pty);
	/* A look an hour: what is shown now was kept. */
	pty = start(&kept, "3600");
	pty_wait_text(pty, "Disk write *[^\n]*\n?[^│]*avg [0-9]");
	assert_close("written, MiB/s on the screen", shown(pty, "Disk write", "MiB/s") * 1048576, DISK_BPS);
	assert_close("CPU, % on the screen", shown(pty, "CPU", "%"), per_s(before.cpu_ns, after.cpu_ns, &before, &after) / 1e7);
	if (lab_is_system(lab)) {
		pty_keys(pty, "G");
		pty_wait_text(pty, "Network sent *[^\n]*\n?[^│]*avg [0-9]");
		assert_close("sent, KiB/s on the screen", shown(pty, "Network sent", "KiB/s") * 1024, NET_BPS);
	}
	session_quit(pty);
	/* What the second one kept of the same time says the same, vCPU and all. */
	read_kept(&kept);
	check_figures(&kept, &before, &after);
	history_free(kept.history);
	files_remove(kept.home);
	g_free(kept.home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(known_load_reads_within_five_percent_also_after_a_restart),
	};
	return cmocka_run_group_tests(tests, open_lab, close_lab);
}
