/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make bench: starts the lab, runs the groups, ends the lab.
 *
 *   bench NVIRT [full | quick [GROUP]]
 *   bench NVIRT link MINUTES
 */
#include "bench/bench.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/files.h"

struct tty *bench_dashboard(const struct bench *bench, const char *uri, const char *refresh_s)
{
	const char *const argv[] = {bench->nvirt, "--refresh", refresh_s, "-c", uri, NULL};
	return tty_start(argv);
}

struct poller *poller_start(const struct bench *bench, const char *uri, const char *groups, int pace_ms)
{
	struct poller *poller = g_new0(struct poller, 1);
	g_autofree char *counter = g_strdup_printf("%s/counter", bench->dir);
	g_autofree char *pace = g_strdup_printf("%d", pace_ms);
	char *argv[] = {bench->floor, (char *)"poll", (char *)uri, (char *)groups, pace, counter, NULL};
	g_autoptr(GError) error = NULL;
	guint64 zero = 0;
	files_write(counter, (const char *)&zero, sizeof(zero));
	int fd = open(counter, O_RDWR | O_CLOEXEC);
	poller->counted = mmap(NULL, sizeof(zero), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (poller->counted == MAP_FAILED ||
	        !g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &poller->pid,
	                &poller->input, NULL, NULL, &error))
		g_error("cannot start the floor program: %s", error ? error->message : "no counter");
	fcntl(poller->input, F_SETFD, FD_CLOEXEC);
	return poller;
}

void poller_stop(struct poller *poller)
{
	close(poller->input);
	waitpid(poller->pid, NULL, 0);
	munmap((void *)poller->counted, sizeof(guint64));
	g_free(poller);
}

char *bench_many_guests(const struct bench *bench, unsigned guests)
{
	g_autoptr(GString) xml = g_string_new("<node>\n");
	for (unsigned i = 0; i < guests; i++)
		g_string_append_printf(xml,
		        "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>"
		        "<name>vm%05u</name><uuid>00000000-0000-4000-8000-%012x</uuid><memory>1048576</memory><vcpu>1</vcpu>"
		        "<os><type>hvm</type></os><test:runstate>%d</test:runstate></domain>\n",
		        i, i + 1, i % 2 ? 1 : 5);
	g_string_append(xml, "</node>\n");
	char *path = g_strdup_printf("%s/many-%u.xml", lab_dir(bench->lab), guests);
	files_write(path, xml->str, (gssize)xml->len);
	return path;
}

char *bench_many_uri(const struct bench *bench, const char *path)
{
	return g_strdup_printf("test+unix://%s?socket=%s", path, proxy_socket(bench->proxy));
}

/* Paused: their QEMUs then use no CPU of their own, and what is left is what they are asked. */
static void start_guests(struct bench *bench)
{
	for (int i = 1; i <= BENCH_GUESTS; i++) {
		g_autofree char *name = g_strdup_printf("g%02d", i);
		lab_do(bench->lab, "define", "h1", name);
		lab_do(bench->lab, "virsh", "h1", "-q", "start", "--paused", name);
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\rstarting guests: %d of %d%s", i, BENCH_GUESTS, i < BENCH_GUESTS ? "" : "\r\033[K");
	}
	bench->qemus = find_processes("qemu-system", lab_dir(bench->lab));
	g_autoptr(GArray) daemons = find_processes("libvirtd", lab_dir(bench->lab));
	if (bench->qemus->len != BENCH_GUESTS || daemons->len != 1)
		g_error("found %u QEMUs and %u libvirtd of the lab", bench->qemus->len, daemons->len);
	bench->libvirtd = g_array_index(daemons, pid_t, 0);
}

static void set_up(struct bench *bench, const char *nvirt)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *beside = g_path_get_dirname(self);
	bench->nvirt = g_canonicalize_filename(nvirt, NULL);
	bench->floor = g_build_filename(beside, "floor", NULL);
	bench->dir = g_dir_make_tmp("nvirt-bench-XXXXXX", NULL);
	/* A journal of its own, and none of the user's settings. */
	g_setenv("XDG_STATE_HOME", bench->dir, TRUE);
	g_setenv("XDG_CONFIG_HOME", bench->dir, TRUE);
	g_setenv("XDG_DATA_HOME", bench->dir, TRUE);
	g_unsetenv("LIBVIRT_DEFAULT_URI");
	signal(SIGPIPE, SIG_IGN);
	bench->lab = lab_start(1);
	bench->proxy = proxy_start(bench->lab, "h1");
	start_guests(bench);
}

static void tear_down(struct bench *bench)
{
	proxy_stop(bench->proxy);
	lab_stop(bench->lab);
	files_remove(bench->dir);
	g_array_unref(bench->qemus);
	g_free(bench->nvirt);
	g_free(bench->floor);
	g_free(bench->dir);
}

static void bench_many_all(struct bench *bench)
{
	bench_many(bench, 30, 2.5);
	if (!bench->quick)
		bench_many(bench, 1000, 1.5);
	bench_many(bench, 10000, 1.3);
}

/* `only`: a group's name, NULL = all; false = there is none of that name. */
static bool run_groups(struct bench *bench, const char *only)
{
	static const struct {
		const char *name;
		void (*run)(struct bench *bench);
	} groups[] = {
		{"host", bench_host},     {"many", bench_many_all},         {"start", bench_start_up},
		{"keys", bench_keys},     {"full-clones", bench_full_clone}, {"linked-clones", bench_clones},
		{"screen", bench_screen}, {"check", bench_check},
	};
	unsigned ran = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(groups); i++) {
		if (only && strcmp(only, groups[i].name) != 0)
			continue;
		groups[i].run(bench);
		ran++;
	}
	return ran;
}

int main(int argc, char **argv)
{
	struct bench bench = {.quick = argc > 2 && strcmp(argv[2], "quick") == 0};
	if (argc < 2) {
		fprintf(stderr, "usage: bench NVIRT [full | quick [GROUP]]\n       bench NVIRT link MINUTES\n");
		return 2;
	}
	set_up(&bench, argv[1]);
	if (argc > 3 && strcmp(argv[2], "link") == 0) {
		bool kept_up = bench_link(&bench, g_ascii_strtod(argv[3], NULL));
		tear_down(&bench);
		return kept_up ? 0 : 1;
	}
	bench_head();
	bool known = run_groups(&bench, argc > 3 ? argv[3] : NULL);
	tear_down(&bench);
	if (!known) {
		fprintf(stderr, "bench: no group '%s'; host, many, start, keys, full-clones, linked-clones, screen, check\n", argv[3]);
		return 2;
	}
	printf("\n%u of %u targets met. docs/bench.md says how each is measured.\n", bench.met, bench.lines);
	return 0;
}
