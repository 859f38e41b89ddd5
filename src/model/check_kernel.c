/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the kernel: memory, time, control groups: see nvirt/check.h. Pure; any thread. */
#include "check_private.h"

#include <string.h>

#include "nvirt/text.h"

#define KIB 1024

/* ---- control groups ------------------------------------------------------- */

static bool has_word(const char *words, const char *word)
{
	g_auto(GStrv) list = g_strsplit_set(words, " ,\n", -1);

	return g_strv_contains((const char *const *)list, word);
}

void check_cgroups(CHECK_ARGS)
{
	static const char *const v1[] = {"cpu", "cpuacct", "cpuset", "memory", "devices", "blkio", NULL};
	static const char *const v2[] = {"cpu", "cpuset", "memory", "io", NULL};
	const struct check_machine *machine = facts->machine;
	g_autoptr(GString) lacks = g_string_new(NULL);
	struct finding *finding;

	if (!machine->cgroup_version) {
		finding = check_say(report, check, CHECK_WARN, "no control groups are mounted");
		check_remedy(finding, "sudo mount -t cgroup2 none /sys/fs/cgroup");
		return;
	}
	for (const char *const *name = machine->cgroup_version == 1 ? v1 : v2; *name; name++)
		if (!has_word(machine->cgroups, *name))
			g_string_append_printf(lacks, "%s%s", lacks->len ? ", " : "", *name);
	if (!lacks->len) {
		check_say(report, check, CHECK_OK, "version %d, all controllers are there",
		        machine->cgroup_version);
		return;
	}
	finding = check_say(report, check, CHECK_WARN, "version %d without the controllers %s",
	        machine->cgroup_version, lacks->str);
	check_remedy(
	        finding, "cat /sys/fs/cgroup/cgroup.controllers /proc/cmdline   # look for cgroup_disable=");
}

/* ---- memory --------------------------------------------------------------- */

void check_ksm(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	int64_t page = machine->page_bytes > 0 ? machine->page_bytes : 4096;
	CHECK_BYTES(saved, MAX(machine->ksm_sharing_pages, 0) * page);
	CHECK_BYTES(cost, machine->ksm_profit_bytes < 0 ? -machine->ksm_profit_bytes : 0);
	struct finding *finding;

	if (machine->ksm_run < 0)
		check_say(report, check, CHECK_OK, "the kernel has no KSM");
	else if (machine->ksm_run != 1)
		check_say(report, check, CHECK_OK, "off: equal pages of guests are not merged");
	else if (machine->ksm_profit_bytes < 0) {
		finding = check_say(report, check, CHECK_NOTE,
		        "on, but it costs more than it saves: %s saved, and %s more spent on keeping count",
		        saved, cost);
		check_remedy(finding, "echo 0 | sudo tee /sys/kernel/mm/ksm/run");
	} else {
		check_say(report, check, CHECK_OK, "on: saves %s", saved);
	}
}

static int64_t huge_wanted_kib(const struct check_objects *objects)
{
	int64_t wanted = 0;

	for (unsigned i = 0; objects && i < objects->guests->len; i++) {
		const struct check_guest *guest = &g_array_index(objects->guests, struct check_guest, i);

		if (guest->huge_kib && !guest->active && guest->memory_kib > 0)
			wanted = MAX(wanted, guest->memory_kib);
	}
	return wanted;
}

void check_hugepages(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	int64_t wanted = huge_wanted_kib(facts->objects), free_kib = machine->huge_free * machine->huge_kib;
	CHECK_BYTES(idle, MAX(free_kib, 0) * KIB);
	CHECK_BYTES(need, wanted * KIB);
	struct finding *finding;

	if (machine->huge_pages < 0 || machine->huge_kib <= 0) {
		check_say(report, check, CHECK_OK, "the kernel has none");
	} else if (wanted > free_kib) {
		finding = check_say(report, check, CHECK_WARN,
		        "a guest that is off wants %s of huge pages to start, and %s are free", need, idle);
		check_remedy(finding, "sudo sysctl vm.nr_hugepages=%" G_GINT64_FORMAT,
		        (gint64)(machine->huge_pages +
		                 (wanted - free_kib + machine->huge_kib - 1) / machine->huge_kib));
	} else if (machine->huge_free && !wanted) {
		finding = check_say(
		        report, check, CHECK_NOTE, "%s are set aside as huge pages and used by nobody", idle);
		check_remedy(finding, "sudo sysctl vm.nr_hugepages=%" G_GINT64_FORMAT,
		        (gint64)(machine->huge_pages - machine->huge_free));
	} else {
		check_say(report, check, CHECK_OK,
		        machine->huge_pages ? "all that are set aside have a use" : "none are set aside");
	}
}

void check_numa(CHECK_ARGS)
{
	const GArray *cells = facts->machine->cells;
	double least = 2, most = -1;
	unsigned low = 0;

	for (unsigned i = 0; i < cells->len; i++) {
		const struct check_cell *cell = &g_array_index(cells, struct check_cell, i);
		double part = cell->total_kib > 0 ? (double)cell->free_kib / cell->total_kib : -1;

		if (part < 0)
			continue;
		if (part < least)
			low = cell->id;
		least = MIN(least, part);
		most = MAX(most, part);
	}
	if (cells->len < 2)
		check_say(report, check, CHECK_OK, "the machine is one cell");
	else if (least < 0.05 && most > 0.3) {
		struct finding *finding = check_say(report, check, CHECK_WARN,
		        "cell %u has %.0f %% of its memory free, another one %.0f %%", low, least * 100,
		        most * 100);
		check_remedy(finding, "numastat -m   # then bind guests: virsh numatune GUEST --nodeset …");
	} else {
		check_say(report, check, CHECK_OK, "%u cells, none is short while another one has plenty",
		        cells->len);
	}
}

void check_memory_free(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	double part;

	if (machine->memory_kib <= 0 || machine->available_kib < 0) {
		check_say(report, check, CHECK_UNKNOWN, "the kernel does not say");
		return;
	}
	part = (double)machine->available_kib / machine->memory_kib;
	CHECK_BYTES(left, machine->available_kib * KIB);
	enum check_result result = part < 0.03 ? CHECK_FAIL : part < 0.1 ? CHECK_WARN : CHECK_OK;
	struct finding *finding =
	        check_say(report, check, result, "%s (%.0f %%) available", left, part * 100);
	if (result != CHECK_OK)
		check_remedy(finding, "ps -eo rss,pid,args --sort=-rss | head");
}

static int64_t host_memory_kib(const struct check_facts *facts)
{
	return facts->machine && facts->machine->memory_kib > 0 ? facts->machine->memory_kib
	                                                        : (int64_t)facts->status->memory_kib;
}

void check_memory_overcommit(CHECK_ARGS)
{
	int64_t total = host_memory_kib(facts), sum = 0;
	const GArray *guests = facts->objects->guests;

	for (unsigned i = 0; i < guests->len; i++) {
		const struct check_guest *guest = &g_array_index(guests, struct check_guest, i);

		sum += guest->active ? MAX(guest->memory_kib, 0) : 0;
	}
	CHECK_BYTES(given, sum * KIB);
	CHECK_BYTES(there, total * KIB);
	if (total <= 0) {
		check_say(report, check, CHECK_UNKNOWN, "how much memory the host has is not known");
	} else if (sum > total) {
		struct finding *finding = check_say(report, check, CHECK_WARN,
		        "running guests may take %s of %s: %.1f times what there is", given, there,
		        (double)sum / total);
		check_remedy_nvirt(facts, finding, "list guests   # then give some of them less, or let them balloon");
	} else {
		check_say(report, check, CHECK_OK, "running guests may take %s of %s", given, there);
	}
}

void check_cpu_overcommit(CHECK_ARGS)
{
	unsigned cpus = facts->machine && facts->machine->cpus ? facts->machine->cpus : facts->status->cpus,
	         sum = 0;
	const GArray *guests = facts->objects->guests;
	struct finding *finding;

	for (unsigned i = 0; i < guests->len; i++) {
		const struct check_guest *guest = &g_array_index(guests, struct check_guest, i);

		sum += guest->active ? guest->vcpus : 0;
		if (cpus && guest->active && guest->vcpus > cpus) {
			finding = check_say_of(report, check, CHECK_WARN, OBJ_GUEST, guest->uuid, guest->name,
			        "has %u vCPUs, the host only %u", guest->vcpus, cpus);
			g_autofree char *virsh = check_virsh(facts), *name = check_guest_word(guest);
			check_remedy(finding, "%s setvcpus %s %u --config --maximum", virsh, name, cpus);
		}
	}
	if (!cpus)
		check_say(report, check, CHECK_UNKNOWN, "how many CPUs the host has is not known");
	else if (sum > 4 * cpus)
		check_remedy_nvirt(facts, check_say(report, check, CHECK_WARN,
		                     "%u vCPUs of running guests on %u CPUs: %.1f times", sum, cpus,
		                     (double)sum / cpus),
		        "list guests   # then give some of them fewer");
	else if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "%u vCPUs of running guests on %u CPUs", sum, cpus);
}

void check_swap(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	int64_t used = machine->swap_kib - machine->swap_free_kib;
	double part = machine->swap_kib > 0 ? (double)used / machine->swap_kib : 0;
	CHECK_BYTES(text, MAX(used, 0) * KIB);
	struct finding *finding;

	if (machine->swap_kib < 0 || machine->swap_free_kib < 0) {
		check_say(report, check, CHECK_UNKNOWN, "the kernel does not say");
	} else if (part > 0.1) {
		finding = check_say(report, check, part > 0.5 ? CHECK_WARN : CHECK_NOTE,
		        "%s (%.0f %%) of it are used", text, part * 100);
		check_remedy(
		        finding, "grep -H VmSwap /proc/[0-9]*/status | sort -rnk2 | head   # whose it is");
	} else {
		check_say(report, check, CHECK_OK, machine->swap_kib ? "hardly used" : "there is none");
	}
}

void check_pressure(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	double cpu = machine->stall_cpu_pct, memory = machine->stall_memory_pct, io = machine->stall_io_pct;

	if (cpu < 0 && memory < 0 && io < 0)
		check_say(report, check, CHECK_UNKNOWN,
		        "the kernel does not keep count (psi=1 on its command line)");
	else if (memory > 10 || io > 40 || cpu > 60) {
		struct finding *finding = check_say(report, check, CHECK_WARN,
		        "in the last five minutes tasks waited %.0f %% of the time for a CPU, %.0f %% for "
		        "memory, %.0f %% for a "
		        "disk",
		        MAX(cpu, 0), MAX(memory, 0), MAX(io, 0));
		check_remedy_nvirt(facts, finding, "  # order the guests by CPU, memory or disk to see whose it is");
	} else
		check_say(report, check, CHECK_OK,
		        "tasks hardly waited: CPU %.0f %%, memory %.0f %%, disk %.0f %%", MAX(cpu, 0),
		        MAX(memory, 0), MAX(io, 0));
}

/* ---- time and chance ------------------------------------------------------ */

void check_entropy(CHECK_ARGS)
{
	int64_t bits = facts->machine->entropy_bits;

	if (bits < 0) {
		check_say(report, check, CHECK_UNKNOWN, "the kernel does not say");
	} else if (bits < 128) {
		struct finding *finding =
		        check_say(report, check, CHECK_WARN, "only %" G_GINT64_FORMAT " bits", (gint64)bits);
		check_remedy(finding, "sudo apt-get install rng-tools5   # or another source of randomness");
	} else {
		check_say(report, check, CHECK_OK, "%" G_GINT64_FORMAT " bits", (gint64)bits);
	}
}

void check_clocksource(CHECK_ARGS)
{
	static const char *const slow[] = {"hpet", "acpi_pm", "pit", "jiffies", "refined-jiffies", NULL};
	const char *source = facts->machine->clocksource;
	struct finding *finding;

	if (!*source) {
		check_say(report, check, CHECK_UNKNOWN, "the kernel does not say");
	} else if (g_strv_contains(slow, source)) {
		finding = check_say(report, check, CHECK_WARN, "%s is slow to read (there are: %s)", source,
		        facts->machine->clocksources);
		check_remedy(finding, "sudo dmesg | grep -i clocksource   # why the kernel gave up tsc");
	} else {
		check_say(report, check, CHECK_OK, "%s", source);
	}
}

void check_clock_sync(CHECK_ARGS)
{
	if (facts->machine->clock_synced < 0) {
		check_say(report, check, CHECK_UNKNOWN, "the kernel does not say");
	} else if (!facts->machine->clock_synced) {
		struct finding *finding =
		        check_say(report, check, CHECK_WARN, "nothing keeps the clock of this machine right");
		check_remedy(finding, "sudo timedatectl set-ntp true");
	} else {
		check_say(report, check, CHECK_OK, "it is kept by NTP");
	}
}
