/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A full clone of a half-filled image, beside the best of the tools that copy
 * files and images. Rounds alternate, so that the machine's other load falls
 * on all; the best round of each counts, for what disturbs only ever adds.
 */
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/bench.h"

enum { ROUNDS = 6, PIECES = 8 };

struct cloning {
	struct bench *bench;
	const char *format;
	char *source, *copy, *clone, *name;
};

/* Every second sixteenth is noise, so that nothing can be skipped or packed. */
static void fill(const char *path, unsigned mib)
{
	unsigned piece = mib / PIECES / 2;
	struct run_cost cost;
	g_autofree char *size = g_strdup_printf("%uM", mib);

	run_command((const char *const[]){"truncate", "-s", size, path, NULL}, &cost);
	for (unsigned i = 0; i < PIECES; i++) {
		g_autofree char *to = g_strdup_printf("of=%s", path);
		g_autofree char *count = g_strdup_printf("count=%u", piece);
		g_autofree char *seek = g_strdup_printf("seek=%u", 2 * i * piece);
		run_command((const char *const[]){"dd", "if=/dev/urandom", to, "bs=1M", count, seek, "conv=notrunc", NULL}, &cost);
	}
}

static void define(struct cloning *cloning)
{
	g_autofree char *xml = g_strdup_printf(
	        "<domain type='qemu'><name>%s</name><memory unit='MiB'>64</memory><os><type arch='x86_64'>hvm</type></os>"
	        "<devices><disk type='file' device='disk'><driver name='qemu' type='%s'/><source file='%s'/>"
	        "<target dev='vda' bus='virtio'/></disk></devices></domain>",
	        cloning->name, cloning->format, cloning->source);
	g_autofree char *path = g_build_filename(cloning->bench->dir, "clone.xml", NULL);

	g_file_set_contents(path, xml, -1, NULL);
	lab_do(cloning->bench->lab, "virsh", "h1", "-q", "define", path);
}

static double wall_of(const char *const *argv)
{
	struct run_cost cost;

	sync();
	return run_command(argv, &cost) ? cost.wall_ms : INFINITY;
}

static double best_peer(const struct cloning *cloning)
{
	const char *from = cloning->source, *to = cloning->copy, *format = cloning->format;
	const char *const *const peers[] = {
		(const char *const[]){"cp", "--sparse=always", from, to, NULL},
		(const char *const[]){"cp", "--reflink=auto", from, to, NULL},
		(const char *const[]){"qemu-img", "convert", "-f", format, "-O", format, from, to, NULL},
		(const char *const[]){"qemu-img", "convert", "-W", "-m", "16", "-f", format, "-O", format, from, to, NULL},
		(const char *const[]){
		        "qemu-img", "convert", "-W", "-t", "none", "-T", "none", "-f", format, "-O", format, from, to, NULL},
		(const char *const[]){"qemu-img", "convert", "-C", "-f", format, "-O", format, from, to, NULL},
	};
	double best = INFINITY;

	for (unsigned i = 0; i < G_N_ELEMENTS(peers); i++) {
		best = fmin(best, wall_of(peers[i]));
		unlink(to);
	}
	return best;
}

static blkcnt_t blocks_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_blocks : -1;
}

static double clone_once(const struct cloning *cloning, blkcnt_t *ret_blocks)
{
	double wall = wall_of((const char *const[]){cloning->bench->nvirt, "-c", lab_uri(cloning->bench->lab, "h1"), "clone",
	        cloning->name, "bench-copy", "--yes", NULL});

	*ret_blocks = blocks_of(cloning->clone);
	lab_do(cloning->bench->lab, "virsh", "h1", "-q", "undefine", "bench-copy");
	unlink(cloning->clone);
	return wall;
}

static void compare(struct cloning *cloning)
{
	double nvirt = INFINITY, peer = INFINITY;
	blkcnt_t blocks = 0, wanted = blocks_of(cloning->source);

	for (int i = 0; i < (cloning->bench->quick ? 2 : ROUNDS); i++) {
		/* Who comes after six others finds other pages free than who comes first. */
		if (i % 2)
			nvirt = fmin(nvirt, clone_once(cloning, &blocks));
		peer = fmin(peer, best_peer(cloning));
		if (i % 2 == 0)
			nvirt = fmin(nvirt, clone_once(cloning, &blocks));
	}
	g_autofree char *what = g_strdup_printf("full clone, half-filled %s", cloning->format);
	g_autofree char *note = g_strdup_printf("the whole command; %lld blocks, the source has %lld", (long long)blocks, (long long)wanted);
	bench_line(cloning->bench, &(struct line){.what = what, .unit = "ms", .nvirt = nvirt, .floor = NAN, .peer = peer,
	        .against = OF_PEER, .target = 1.1, .note = note});
}

void bench_full_clone(struct bench *bench)
{
	static const char *const formats[] = {"raw", "qcow2"};
	g_autofree char *dir = g_build_filename(lab_dir(bench->lab), "h1", "img", NULL);
	g_autofree char *noise = g_build_filename(dir, "bench-noise.raw", NULL);

	struct run_cost cost;

	fill(noise, bench->quick ? 512 : 2048);
	for (unsigned i = 0; i < G_N_ELEMENTS(formats); i++) {
		struct cloning cloning = {.bench = bench, .format = formats[i]};
		cloning.name = g_strdup_printf("bench-%s", formats[i]);
		cloning.source = g_strdup_printf("%s/bench-source.%s", dir, formats[i]);
		cloning.copy = g_strdup_printf("%s/bench-tool.%s", dir, formats[i]);
		cloning.clone = g_strdup_printf("%s/bench-copy.%s", dir, formats[i]);
		run_command((const char *const[]){"qemu-img", "convert", "-f", "raw", "-O", formats[i], noise, cloning.source, NULL}, &cost);
		define(&cloning);
		compare(&cloning);
		lab_do(bench->lab, "virsh", "h1", "-q", "undefine", cloning.name);
		unlink(cloning.source);
		g_free(cloning.name);
		g_free(cloning.source);
		g_free(cloning.copy);
		g_free(cloning.clone);
	}
	unlink(noise);
}
