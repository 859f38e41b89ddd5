/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linked clones with their definition: of a huge base beside a small one, and beside qemu-img and virsh. */
#include <math.h>
#include <string.h>

#include "bench/bench.h"
#include "support/files.h"

enum { MANY = 50 };

static char *image(const struct bench *bench, const char *name)
{
	return g_strdup_printf("%s/h1/img/%s.qcow2", lab_dir(bench->lab), name);
}

/* The definition of a guest with that one disk, in a file; its path, owned. */
static char *definition(const struct bench *bench, const char *name)
{
	g_autofree char *disk = image(bench, name);
	g_autofree char *xml = g_strdup_printf(
	        "<domain type='qemu'><name>%s</name><memory unit='MiB'>64</memory>"
	        "<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>"
	        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%s'/>"
	        "<target dev='vda' bus='virtio'/></disk></devices></domain>",
	        name, disk);
	char *path = g_strdup_printf("%s/%s.xml", bench->dir, name);
	files_write(path, xml, (gssize)strlen(xml));
	return path;
}

static bool define(const struct bench *bench, const char *name, double *ret_ms)
{
	g_autofree char *path = definition(bench, name);
	const char *const argv[] = {"virsh", "-q", "-c", lab_uri(bench->lab, "h1"), "define", path, NULL};
	struct run_cost cost;
	bool ok = run_command(argv, &cost);
	*ret_ms += cost.wall_ms;
	return ok;
}

static bool make_base(const struct bench *bench, const char *name, const char *size)
{
	g_autofree char *path = image(bench, name);
	const char *const argv[] = {"qemu-img", "create", "-q", "-f", "qcow2", path, size, NULL};
	struct run_cost cost;
	double ms = 0;
	return run_command(argv, &cost) && define(bench, name, &ms);
}

/* The task's own time, from its start in the journal to its end; and the whole program's. */
static bool clone_by_nvirt(const struct bench *bench, const char *base, const char *name, const char *count,
        double *ret_ms, double *ret_whole_ms)
{
	const char *const argv[] = {bench->nvirt, "--json", "-c", lab_uri(bench->lab, "h1"), "clone", base, "--name", name,
	        "--mode", "linked", "--count", count, NULL};
	g_autofree char *out = NULL;
	gint64 start_us = g_get_monotonic_time();
	bool ok = g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out,
	        NULL, NULL, NULL);
	const char *task = ok ? strstr(out, "\"duration_ms\":") : NULL;
	*ret_whole_ms = (double)(g_get_monotonic_time() - start_us) / 1e3;
	*ret_ms = task ? g_ascii_strtod(strchr(task, ':') + 1, NULL) : NAN;
	return task && strstr(out, "\"state\":\"ok\"");
}

static bool clone_by_hand(const struct bench *bench, const char *base, const char *name, double *ret_ms)
{
	g_autofree char *below = image(bench, base), *path = image(bench, name);
	const char *const argv[] = {"qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", below, path, NULL};
	struct run_cost cost;
	bool ok = run_command(argv, &cost);
	*ret_ms = cost.wall_ms;
	return ok && define(bench, name, ret_ms);
}

/* Times of one round, all on the same machine in the same second. */
struct round {
	double huge_ms, huge_whole_ms, small_ms, small_whole_ms, hand_ms;
};

static bool play(const struct bench *bench, unsigned number, struct round *round)
{
	g_autofree char *huge = g_strdup_printf("huge-%u", number);
	g_autofree char *small = g_strdup_printf("small-%u", number);
	g_autofree char *hand = g_strdup_printf("hand-%u", number);

	return clone_by_nvirt(bench, "huge", huge, "1", &round->huge_ms, &round->huge_whole_ms)
	       && clone_by_nvirt(bench, "small", small, "1", &round->small_ms, &round->small_whole_ms)
	       && clone_by_hand(bench, "huge", hand, &round->hand_ms);
}

static bool one_by_one(struct bench *bench)
{
	GArray *huge = new_values(), *by_size = new_values(), *by_hand = new_values(), *whole = new_values();
	struct round round;
	bool ok = true;

	for (unsigned i = 0; ok && i < (bench->quick ? 5 : 15); i++) {
		ok = play(bench, i, &round);
		add_value(huge, round.huge_ms);
		add_value(by_size, round.huge_ms / round.small_ms);
		add_value(by_hand, round.huge_ms / round.hand_ms);
		add_value(whole, round.huge_whole_ms / round.hand_ms);
	}
	if (ok) {
		double ms = median(huge);
		g_autofree char *note = g_strdup_printf(
		        "peer: qemu-img create -b and virsh define, in pairs; with nvirt's start and list %.2fx", median(whole));
		bench_line(bench, &(struct line){"linked clone of 2,000 GiB", "ms", ms, NAN, ms / median(by_size), OF_PEER, 1.1,
		                          "peer: nvirt's of 1 GiB, in pairs"});
		bench_line(bench, &(struct line){"linked clone of 2,000 GiB", "ms", ms, NAN, ms / median(by_hand), OF_PEER, 1.5,
		                          note});
	}
	g_array_unref(huge);
	g_array_unref(by_size);
	g_array_unref(by_hand);
	g_array_unref(whole);
	return ok;
}

static bool many_at_once(struct bench *bench)
{
	g_autofree char *count = g_strdup_printf("%d", MANY);
	double ms = 0, whole_ms = 0, hand_ms = 0, one_ms = 0;
	bool ok = clone_by_nvirt(bench, "huge", "many-##", count, &ms, &whole_ms);

	for (unsigned i = 0; ok && i < MANY; i++) {
		g_autofree char *name = g_strdup_printf("by-hand-%u", i);
		ok = clone_by_hand(bench, "huge", name, &one_ms);
		hand_ms += one_ms;
	}
	if (ok)
		bench_line(bench, &(struct line){"50 linked clones at once", "ms each", whole_ms / MANY, NAN, hand_ms / MANY, OF_PEER,
		                          1.5, "peer: qemu-img create -b and virsh define, 50 times"});
	return ok;
}

void bench_clones(struct bench *bench)
{
	if (!make_base(bench, "huge", "2000G") || !make_base(bench, "small", "1G") || !one_by_one(bench)
	        || !many_at_once(bench))
		bench_missing(bench, "linked clones", "a command failed");
}
