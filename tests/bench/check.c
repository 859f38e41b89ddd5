/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nvirt check` of a host with 30 guests: what it costs, and whether a guest notices. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "support/files.h"

#define SPINNER "spinner"
/* Where its boot sector counts, and how wide. */
#define COUNT_AT 0x600
#define SECTOR 512
/* A disk of one sector is not booted from. */
#define DISK_BYTES (1024 * 1024)
#define WINDOW_MS 3000

/* What a check costs: the client, the daemon, and the QEMUs of all guests. */
struct check_cost {
	GArray *all, *qemus, *client, *wall;
};

/* Notes and warnings are no failure here, as the machine is what it is. */
static bool run_check(const struct bench *bench, struct run_cost *ret_cost)
{
	const char *const words[] = {"/bin/sh", "-c", "\"$0\" -c \"$1\" check >/dev/null; [ $? -lt 3 ]", bench->nvirt,
		lab_uri(bench->lab, "h1"), NULL};
	return run_command(words, ret_cost);
}

static bool measure(const struct bench *bench, struct check_cost *costs)
{
	struct run_cost cost;
	double daemon = cpu_ms(bench->libvirtd), qemus = cpu_ms_of(bench->qemus);
	if (!run_check(bench, &cost))
		return false;
	daemon = cpu_ms(bench->libvirtd) - daemon;
	qemus = cpu_ms_of(bench->qemus) - qemus;
	double idle = -cpu_ms(bench->libvirtd) - cpu_ms_of(bench->qemus);
	(void)g_poll(NULL, 0, (int)cost.wall_ms);
	idle += cpu_ms(bench->libvirtd) + cpu_ms_of(bench->qemus);
	add_value(costs->all, MAX(cost.cpu_ms + daemon + qemus - idle, 0));
	add_value(costs->qemus, qemus);
	add_value(costs->client, cost.cpu_ms);
	add_value(costs->wall, cost.wall_ms);
	return true;
}

static void cpu_of_a_check(struct bench *bench)
{
	struct check_cost costs = {new_values(), new_values(), new_values(), new_values()};
	bool ok = true;
	for (int i = bench->quick ? 4 : 0; ok && i < 7; i++)
		ok = measure(bench, &costs);
	if (ok) {
		g_autofree char *note = g_strdup_printf("client %.0f, the rest is the daemon's; %.0f ms of wall time",
		        median(costs.client), median(costs.wall));
		bench_line(bench, &(struct line){"nvirt check, 30 guests, whole host", "ms CPU", median(costs.all), NAN, NAN,
		                          ABSOLUTE, 1000, note});
		bench_line(bench, &(struct line){"... of it the guests' QEMUs", "ms CPU", median(costs.qemus), NAN, NAN, ABSOLUTE,
		                          10, "all 30; paused, so that what they use is what they are asked"});
	} else {
		bench_missing(bench, "nvirt check", "it could not check");
	}
	g_array_unref(costs.all);
	g_array_unref(costs.qemus);
	g_array_unref(costs.client);
	g_array_unref(costs.wall);
}

/* ---- a guest that counts as fast as it can ---- */

/* xor ax, ax; mov ds, ax; 4: inc dword [0x600]; jnz 4; inc dword [0x604]; jmp 4 */
static const guint8 spin[] = {0x31, 0xc0, 0x8e, 0xd8, 0x66, 0xff, 0x06, 0x00, 0x06, 0x75, 0xf9, 0x66, 0xff, 0x06, 0x04, 0x06,
	0xeb, 0xf2};

static virDomainPtr start_spinner(const struct bench *bench)
{
	g_autofree char *path = g_build_filename(lab_dir(bench->lab), "h1", "img", SPINNER ".img", NULL);
	g_autofree char *xml = g_strdup_printf("<domain type='qemu'><name>" SPINNER "</name><memory unit='MiB'>16</memory>"
	                                       "<os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os><devices>"
	                                       "<disk type='file'><driver name='qemu' type='raw'/><source file='%s'/>"
	                                       "<target dev='vda' bus='virtio'/></disk></devices></domain>", path);
	g_autofree guint8 *disk = g_malloc0(DISK_BYTES);
	memcpy(disk, spin, sizeof(spin));
	disk[SECTOR - 2] = 0x55;
	disk[SECTOR - 1] = 0xaa;
	files_write(path, (const char *)disk, DISK_BYTES);
	return virDomainCreateXML(lab_connection(bench->lab, "h1"), xml, 0);
}

static guint64 counted(virDomainPtr dom)
{
	guint64 count = 0;
	return virDomainMemoryPeek(dom, COUNT_AT, sizeof(count), &count, VIR_MEMORY_PHYSICAL) == 0 ? GUINT64_FROM_LE(count) : 0;
}

struct pace {
	double cpu_us, wall_us; /* a million counts take */
};

/* Over one window; with a check at its start or without. */
static struct pace pace(const struct bench *bench, virDomainPtr dom, pid_t qemu, bool checked)
{
	gint64 start_us = g_get_monotonic_time();
	double before_ms = cpu_ms(qemu), counts = -(double)counted(dom);
	struct run_cost cost = {0};
	if (checked && !run_check(bench, &cost))
		return (struct pace){NAN, NAN};
	(void)g_poll(NULL, 0, MAX(WINDOW_MS - (int)cost.wall_ms, 0));
	counts = (counts + (double)counted(dom)) / 1e6;
	return (struct pace){(cpu_ms(qemu) - before_ms) * 1e3 / counts, (double)(g_get_monotonic_time() - start_us) / counts};
}

static void compare_pace(struct bench *bench, virDomainPtr dom, pid_t qemu)
{
	GArray *cpu = new_values(), *wall = new_values(), *plain = new_values();
	for (int i = bench->quick ? 4 : 0; i < 9; i++) {
		/* By turns, and each once first: what grows or shrinks over time is in both. */
		struct pace first = pace(bench, dom, qemu, i % 2), second = pace(bench, dom, qemu, !(i % 2));
		struct pace checked = i % 2 ? first : second, quiet = i % 2 ? second : first;
		add_value(cpu, checked.cpu_us / quiet.cpu_us);
		add_value(wall, checked.wall_us / quiet.wall_us);
		add_value(plain, quiet.cpu_us);
	}
	g_autofree char *note = g_strdup_printf("peer: the same guest unchecked, by turns; %.2f of wall time, where the check's "
	                                        "own CPU time is missing when all cores are busy", median(wall));
	bench_line(bench, &(struct line){"a guest that counts, a check every 3 s", "us of its CPU a million", median(plain) * median(cpu),
	                          NAN, median(plain), OF_PEER, 1.03, note});
	g_array_unref(cpu);
	g_array_unref(wall);
	g_array_unref(plain);
}

static void pace_of_a_guest(struct bench *bench)
{
	virDomainPtr dom = start_spinner(bench);
	g_autoptr(GArray) qemus = find_processes("qemu-system", "guest=" SPINNER);
	/* Its BIOS takes a moment. */
	for (int i = 0; dom && i < 100 && counted(dom) < 1000000; i++)
		(void)g_poll(NULL, 0, 200);
	if (dom && qemus->len == 1 && counted(dom) > 0)
		compare_pace(bench, dom, g_array_index(qemus, pid_t, 0));
	else
		bench_missing(bench, "a guest that counts", "it does not");
	if (dom) {
		virDomainDestroy(dom);
		virDomainFree(dom);
	}
}

void bench_check(struct bench *bench)
{
	cpu_of_a_check(bench);
	pace_of_a_guest(bench);
}
