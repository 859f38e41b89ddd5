/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests as processes: what /proc tells of one, the rates between two looks, and the tab that shows it. */
#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "backend/proc_tree.h"
#include "nvirt/text.h"
#include "support/files.h"
#include "support/rich.h"

#define STAT(comm, state, utime, start, cpu)                                                                 \
	" (" comm ") " state " 1 1 1 0 -1 0 0 0 0 0 " utime " 0 0 0 20 0 3 0 " start " 1000 500 0 0 0 0 0 0 0 0 0 0 0 0 0 17 " \
	cpu " 0 0 0 0 0\n"
#define STATUS "Name:\tqemu-system-x86\nUid:\t0\t0\t0\t0\nVmRSS:\t  45000 kB\nVmSwap:\t     12 kB\n" \
               "Cpus_allowed:\tf\nCpus_allowed_list:\t0-3\n"

static char *root;

static void put_thread(const char *tid, const char *comm, const char *stat, const char *schedstat)
{
	g_autofree char *dir = g_strconcat("/proc/4711/task/", tid, NULL), *at = g_strconcat(dir, "/comm", NULL);
	g_autofree char *stat_path = g_strconcat(dir, "/stat", NULL), *text = g_strconcat(tid, stat, NULL);
	g_autofree char *status = g_strconcat(dir, "/status", NULL), *times = g_strconcat(dir, "/schedstat", NULL);

	files_put(root, at, comm);
	files_put(root, stat_path, text);
	files_put(root, status, STATUS);
	if (schedstat)
		files_put(root, times, schedstat);
}

static int make_root(void **state)
{
	(void)state;
	root = g_dir_make_tmp("nvirt-proc-XXXXXX", NULL);
	files_put(root, "/proc/4711/stat", "4711" STAT("qemu) S 1", "S", "250", "99", "2"));
	files_put(root, "/proc/4711/comm", "qemu-system-x86\n");
	files_put(root, "/proc/4711/status", STATUS);
	files_put(root, "/proc/4711/cgroup", "0::/machine.slice/machine-qemu.scope/libvirt/emulator\n");
	files_put(root, "/proc/4711/smaps_rollup", "55d0-7fff ---p 0 00:00 0 [rollup]\nRss: 45000 kB\nPss:   23456 kB\n");
	put_thread("4711", "qemu-system-x86\n", STAT("qemu-system-x86", "S", "100", "99", "2"), "1000000000 5 6\n");
	put_thread("4720", "CPU 1/KVM\n", STAT("CPU 1/KVM", "R", "90", "101", "3"), "900000000 5 6\n");
	put_thread("4719", "CPU 0/KVM\n", STAT("CPU 0/KVM", "R", "60", "100", "1"), NULL);
	put_thread("4730", "IO iothread1\n", STAT("IO iothread1", "S", "0", "102", "0"), "7 5 6\n");
	put_thread("4731", "vnc_worker\n", STAT("vnc_worker", "S", "0", "103", "0"), "7 5 6\n");
	/* Of a file that is open twice, of one only read, of what is no file. */
	files_put(root, "/img/web1.qcow2", "12345678");
	files_put(root, "/img/iso", "1");
	g_autofree char *image = g_strconcat(root, "/img/web1.qcow2", NULL), *iso = g_strconcat(root, "/img/iso", NULL);
	files_link(root, "/proc/4711/fd/10", image);
	files_link(root, "/proc/4711/fd/11", image);
	files_link(root, "/proc/4711/fd/12", iso);
	files_link(root, "/proc/4711/fd/0", "/dev/null");
	files_link(root, "/proc/4711/fd/5", "socket:[123]");
	files_put(root, "/proc/4711/fdinfo/10", "pos:\t0\nflags:\t0100000\n");
	files_put(root, "/proc/4711/fdinfo/11", "pos:\t0\nflags:\t0100002\n");
	files_put(root, "/proc/4711/fdinfo/12", "pos:\t0\nflags:\t0100000\n");
	return 0;
}

static int remove_root(void **state)
{
	(void)state;
	files_remove(root);
	g_clear_pointer(&root, g_free);
	return 0;
}

static struct qemu_process *read_it(void)
{
	return proc_tree_read(&(struct health_source){.root = root}, 4711, 99);
}

static void threads_are_named_and_in_order(void **state)
{
	static const char *const titles[] = {"main loop", "vCPU 0", "vCPU 1", "IO iothread1", "vnc_worker"};
	struct qemu_process *process = read_it();
	const struct qemu_thread *vcpu;

	(void)state;
	assert_non_null(process);
	assert_int_equal(process->threads->len, G_N_ELEMENTS(titles));
	for (unsigned i = 0; i < G_N_ELEMENTS(titles); i++) {
		g_autofree char *title = qemu_thread_title(process->threads->pdata[i]);

		assert_string_equal(title, titles[i]);
	}
	vcpu = process->threads->pdata[2];
	assert_int_equal(vcpu->tid, 4720);
	assert_int_equal(vcpu->cpu_ns, 900000000);
	assert_int_equal(vcpu->cpu, 3);
	assert_int_equal(vcpu->state, 'R');
	assert_string_equal(vcpu->affinity, "0-3");
	/* Without the scheduler's own figures, ticks. */
	vcpu = process->threads->pdata[1];
	assert_int_equal(vcpu->cpu_ns, 60 * (1000000000 / sysconf(_SC_CLK_TCK)));
	qemu_process_free(process);
}

static void memory_user_and_files_are_told(void **state)
{
	struct qemu_process *process = read_it();
	const struct qemu_file *iso = process->files->pdata[0], *image = process->files->pdata[1];

	(void)state;
	assert_string_equal(process->user, "root");
	assert_string_equal(process->program, "qemu-system-x86");
	assert_int_equal(process->rss_kib, 45000);
	assert_int_equal(process->swap_kib, 12);
	assert_int_equal(proc_tree_pss(&(struct health_source){.root = root}, 4711), 23456);
	assert_string_equal(process->cgroup, "/machine.slice/machine-qemu.scope/libvirt/emulator");
	assert_int_equal(process->fds, 5);
	assert_int_equal(process->files->len, 2);
	assert_true(g_str_has_suffix(image->path, "/img/web1.qcow2"));
	assert_true(image->writable);
	assert_int_equal(image->fd, 10);
	assert_false(iso->writable);
	assert_string_equal(process->unread, "");
	qemu_process_free(process);
}

static void another_process_of_that_number_is_not_it(void **state)
{
	(void)state;
	assert_null(proc_tree_read(&(struct health_source){.root = root}, 4711, 98));
	assert_null(proc_tree_read(&(struct health_source){.root = root}, 4712, 99));
}

/* Root may all, so that it is the directory that is taken away. */
static void what_may_not_be_seen_is_said(void **state)
{
	g_autofree char *fd = g_strconcat(root, "/proc/4711/fd", NULL), *away = g_strconcat(root, "/fd", NULL);
	struct qemu_process *process;

	(void)state;
	assert_int_equal(rename(fd, away), 0);
	process = read_it();
	assert_int_equal(rename(away, fd), 0);
	assert_null(process->files);
	assert_int_equal(process->fds, -1);
	assert_non_null(strstr(process->unread, "its open files can not be seen"));
	assert_non_null(strstr(process->unread, "): that needs root"));
	qemu_process_free(process);
}

static void rates_are_of_the_same_threads(void **state)
{
	struct qemu_process *before = read_it(), *now = read_it();
	struct qemu_thread *vcpu = now->threads->pdata[1], *reused = now->threads->pdata[2];

	(void)state;
	before->taken_us = 1000000;
	now->taken_us = 3000000;
	vcpu->cpu_ns += 1500000000;
	now->cpu_ns += 1800000000;
	reused->start++;
	reused->cpu_ns += 5;
	qemu_process_set_rates(now, before);
	assert_true(vcpu->cpu_pct > 74.9 && vcpu->cpu_pct < 75.1);
	assert_true(now->cpu_pct > 89.9 && now->cpu_pct < 90.1);
	assert_true(reused->cpu_pct < 0);
	/* Another process under the same guest: nothing is known of it yet. */
	now->start++;
	now->cpu_pct = -1;
	qemu_process_set_rates(now, before);
	assert_true(now->cpu_pct < 0);
	qemu_process_free(before);
	qemu_process_free(now);
}

static void names_of_threads_are_told_apart(void **state)
{
	static const struct {
		const char *comm;
		enum thread_kind kind;
		int vcpu;
	} rows[] = {{"CPU 12/TCG", THREAD_VCPU, 12}, {"ALL CPUs/TCG", THREAD_VCPU, -1}, {"CPU x", THREAD_VCPU, -1},
	        {"IO mon_iothread", THREAD_IO, -1}, {"worker", THREAD_WORKER, -1}, {"vnc_worker", THREAD_DISPLAY, -1},
	        {"SPICE Worker", THREAD_DISPLAY, -1}, {"vhost-4711", THREAD_VHOST, -1},
	        {"live_migration", THREAD_MIGRATION, -1}, {"call_rcu", THREAD_OTHER, -1}, {"", THREAD_OTHER, -1}};
	int vcpu;

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		assert_int_equal(thread_kind_of(rows[i].comm, false, &vcpu), rows[i].kind);
		assert_int_equal(vcpu, rows[i].vcpu);
	}
	assert_int_equal(thread_kind_of("CPU 0/KVM", true, &vcpu), THREAD_MAIN);
}

static void cpu_time_is_short_and_exact(void **state)
{
	char text[24];

	(void)state;
	text_format_cpu_time(text, sizeof(text), 12340000000);
	assert_string_equal(text, "0:12.34");
	text_format_cpu_time(text, sizeof(text), G_GINT64_CONSTANT(3599999999999));
	assert_string_equal(text, "59:59.99");
	text_format_cpu_time(text, sizeof(text), G_GINT64_CONSTANT(360061000000000));
	assert_string_equal(text, "100:01:01");
	text_format_cpu_time(text, sizeof(text), -1);
	assert_string_equal(text, "0:00.00");
}

/* ---- the tab ---- */

static void post(struct screen *screen, unsigned host, gint64 taken_us, int64_t more_ns)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)qemu_process_free);

	for (unsigned i = 1; i <= 2; i++) {
		struct qemu_process *process = read_it();
		struct obj_ref ref = rich_ref(OBJ_GUEST, host, i);

		memcpy(process->uuid, ref.uuid, sizeof(process->uuid));
		process->taken_us = taken_us;
		process->cpu_ns += more_ns * i;
		((struct qemu_thread *)process->threads->pdata[1])->cpu_ns += more_ns * i;
		g_ptr_array_add(list, process);
	}
	rich_post_list(screen, host, MSG_PROCESSES, 0, list);
}

static struct screen *open_tab(int rows, int cols, unsigned *ret_host)
{
	struct screen *screen = screen_new(rows, cols);
	struct obj_ref ref;

	*ret_host = rich_host(screen);
	ref = store_host(screen->app.store, *ret_host)->ref;
	app_open(&screen->app, &ref);
	screen_keys(screen, "M-2 ] ] ] ] ] ]");
	screen_assert_has(screen, "[Processes]");
	screen_assert_has(screen, "Processes are being read ...");
	post(screen, *ret_host, 1000000, 0);
	post(screen, *ret_host, 3000000, 500000000);
	return screen;
}

static const char *name_of(struct screen *screen, unsigned host, unsigned number)
{
	struct obj_ref ref = rich_ref(OBJ_GUEST, host, number);

	return store_name(screen->app.store, &ref);
}

static bool is_before(struct screen *screen, const char *first, const char *second)
{
	g_autofree char *a = g_strconcat("▾ ", first, NULL), *b = g_strconcat("▾ ", second, NULL);
	const char *text = screen_text(screen), *x = strstr(text, a), *y = strstr(text, b);

	return x && y && x < y;
}

static void the_tab_is_a_tree_with_rates(void **state)
{
	unsigned host;
	struct screen *screen = open_tab(40, 160, &host);

	(void)state;
	screen_assert_has(screen, "  vCPU 0");
	screen_assert_has(screen, "25.0%");
	screen_assert_has(screen, "50.0%");
	screen_assert_has(screen, "43.9 MiB");
	screen_assert_has(screen, "▸ 2 open files");
	screen_assert_lacks(screen, "/img/web1.qcow2");
	screen_free(screen);
}

static void the_tab_folds_and_filters(void **state)
{
	unsigned host;
	struct screen *screen = open_tab(40, 160, &host);

	(void)state;
	screen_keys(screen, "H");
	screen_assert_lacks(screen, "vCPU 0");
	screen_keys(screen, "Home l");
	screen_assert_has(screen, "vCPU 0");
	screen_keys(screen, "j j j j j j l");
	screen_assert_has(screen, "/img/web1.qcow2");
	/* From a file to the files, from there to the process. */
	screen_keys(screen, "j h h h h");
	screen_assert_lacks(screen, "vCPU 0");
	screen_keys(screen, "/ 'iothread' Enter");
	screen_assert_has(screen, "IO iothread1");
	screen_assert_lacks(screen, "vCPU 0");
	screen_free(screen);
}

/* Whichever way round, threads stay below their process. */
static void the_order_keeps_the_tree(void **state)
{
	unsigned host;
	struct screen *screen = open_tab(40, 160, &host);
	const char *one = name_of(screen, host, 1), *two = name_of(screen, host, 2);
	struct obj_ref ref;

	(void)state;
	screen_keys(screen, "> >");
	screen_assert_has(screen, "CPU↓");
	assert_true(is_before(screen, two, one));
	screen_keys(screen, "i");
	assert_true(is_before(screen, one, two));
	screen_keys(screen, "Home j Enter");
	assert_true(app_selected(&screen->app, &ref));
	assert_int_equal(screen->app.open.kind, OBJ_GUEST);
	assert_string_equal(store_name(screen->app.store, &screen->app.open), one);
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(threads_are_named_and_in_order),
	        cmocka_unit_test(memory_user_and_files_are_told),
	        cmocka_unit_test(another_process_of_that_number_is_not_it),
	        cmocka_unit_test(what_may_not_be_seen_is_said),
	        cmocka_unit_test(rates_are_of_the_same_threads),
	        cmocka_unit_test(names_of_threads_are_told_apart),
	        cmocka_unit_test(cpu_time_is_short_and_exact),
	        cmocka_unit_test(the_tab_is_a_tree_with_rates),
	        cmocka_unit_test(the_tab_folds_and_filters),
	        cmocka_unit_test(the_order_keeps_the_tree),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
