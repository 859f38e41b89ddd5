/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab and its proxy: hosts work, can be disturbed, and leave nothing behind. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/lab.h"

/* Does any process have `word` in its command line? */
static bool process_with(const char *word)
{
	bool found = false;
	GDir *dir = g_dir_open("/proc", 0, NULL);
	const char *name;
	while (!found && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename("/proc", name, "cmdline", NULL);
		g_autofree char *line = NULL;
		gsize len = 0;
		if (!g_ascii_isdigit(*name) || !g_file_get_contents(path, &line, &len, NULL))
			continue;
		for (gsize i = 0; i + 1 < len; i++)
			if (!line[i])
				line[i] = ' ';
		found = strstr(line, word) != NULL;
	}
	g_dir_close(dir);
	return found;
}

struct gone_wait {
	const char *dir;
};

static bool all_gone(void *data)
{
	struct gone_wait *wait = data;
	return !g_file_test(wait->dir, G_FILE_TEST_EXISTS) && !process_with(wait->dir);
}

static void boot_guest_runs_and_counts(void **state)
{
	(void)state;
	struct lab *lab = lab_start(1);
	lab_do(lab, "define", "h1", "one");
	lab_do(lab, "virsh", "h1", "start", "one");
	lab_wait_state(lab, "h1", "one", VIR_DOMAIN_RUNNING);
	g_autofree char *pools = lab_run(lab, "virsh", "h1", "pool-list");
	assert_non_null(strstr(pools, "default"));
	lab_stop(lab);
}

static void stopping_leaves_nothing(void **state)
{
	(void)state;
	struct lab *lab = lab_start(2);
	g_autofree char *dir = g_strdup(lab_dir(lab));
	lab_do(lab, "define", "h2", "one");
	lab_do(lab, "virsh", "h2", "start", "one");
	assert_true(process_with(dir));
	lab_stop(lab);
	assert_true(all_gone(&(struct gone_wait){dir}));
}

/* Whoever started a lab and is killed -9 takes it along, a stopped QEMU and a stopped daemon included. */
static void killed_owner_takes_the_lab_along(void **state)
{
	(void)state;
	char dir[] = "/tmp/nvl-XXXXXX";
	assert_non_null(mkdtemp(dir));
	g_autofree char *script = g_strdup_printf("export NVIRT_LAB=%s NVIRT_LAB_OWNER=$$; l=tests/lab/lab.sh\n"
	                                          "$l start && $l define h1 one && $l virsh h1 start one &&\n"
	                                          "$l stop-qemu h1 one && $l stop-daemon h1 && kill -9 $$",
	        dir);
	char *argv[] = {(char *)"/bin/sh", (char *)"-c", script, NULL};
	int status = 0;
	assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, NULL));
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	lab_wait_for(all_gone, &(struct gone_wait){dir}, "the end of everything in the lab", 30000);
}

static void killed_daemon_comes_back_and_guests_live_on(void **state)
{
	(void)state;
	struct lab *lab = lab_start(1);
	lab_do(lab, "define", "h1", "one");
	lab_do(lab, "virsh", "h1", "start", "one");
	lab_do(lab, "kill9", "h1");
	lab_do(lab, "restart", "h1");
	lab_wait_state(lab, "h1", "one", VIR_DOMAIN_RUNNING);
	lab_stop(lab);
}

static void proxy_counts_calls(void **state)
{
	(void)state;
	struct lab *lab = lab_start(1);
	struct proxy *proxy = proxy_start(lab, "h1");
	g_autofree char *uri = g_strdup_printf("%s", lab_uri(lab, "h1"));
	*strchr(uri, '?') = '\0';
	g_autofree char *through = g_strdup_printf("%s?socket=%s", uri, proxy_socket(proxy));
	virConnectPtr conn = virConnectOpen(through);
	assert_non_null(conn);
	g_free(proxy_command(proxy, "reset"));
	virDomainStatsRecordPtr *records = NULL;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(virConnectGetAllDomainStats(conn, VIR_DOMAIN_STATS_STATE, &records, 0), 0);
		virDomainStatsRecordListFree(records);
	}
	struct proxy_calls counted = proxy_calls(proxy, PROC_CONNECT_GET_ALL_DOMAIN_STATS);
	assert_int_equal(counted.calls, 3);
	assert_int_equal(counted.beside, 0);
	assert_int_equal(counted.total, 3);
	g_free(proxy_command(proxy, "cut 0"));
	assert_int_equal(virConnectGetAllDomainStats(conn, VIR_DOMAIN_STATS_STATE, &records, 0), -1);
	virConnectClose(conn);
	proxy_stop(proxy);
	lab_stop(lab);
}

static void proxy_delays(void **state)
{
	(void)state;
	struct lab *lab = lab_start(1);
	struct proxy *proxy = proxy_start(lab, "h1");
	g_autofree char *through =
	        g_strdup_printf("qemu+unix:///%s?socket=%s", lab_is_system(lab) ? "system" : "session", proxy_socket(proxy));
	virConnectPtr conn = virConnectOpen(through);
	assert_non_null(conn);
	g_free(proxy_command(proxy, "delay 100 150"));
	gint64 start_us = g_get_monotonic_time();
	assert_true(virConnectNumOfDomains(conn) >= 0);
	assert_true(g_get_monotonic_time() - start_us >= 250000);
	virConnectClose(conn);
	proxy_stop(proxy);
	lab_stop(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(boot_guest_runs_and_counts),
	        cmocka_unit_test(stopping_leaves_nothing),
	        cmocka_unit_test(killed_owner_takes_the_lab_along),
	        cmocka_unit_test(killed_daemon_comes_back_and_guests_live_on),
	        cmocka_unit_test(proxy_counts_calls),
	        cmocka_unit_test(proxy_delays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
