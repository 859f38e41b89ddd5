/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many guests: what a refresh asks of the daemon, and what a key costs, do not grow with their number. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "support/files.h"
#include "support/lab.h"
#include "support/pty.h"

static char *write_node(const char *dir, unsigned guests)
{
	g_autoptr(GString) xml = g_string_new("<node>\n");
	for (unsigned i = 0; i < guests; i++)
		g_string_append_printf(xml,
		        "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>"
		        "<name>vm%05u</name><uuid>00000000-0000-4000-8000-%012x</uuid><memory>1048576</memory><vcpu>1</vcpu>"
		        "<os><type>hvm</type></os><test:runstate>%d</test:runstate></domain>\n",
		        i, i + 1, i % 2 ? 1 : 5);
	g_string_append(xml, "</node>\n");
	char *path = g_strdup_printf("%s/many-%u.xml", dir, guests);
	files_write(path, xml->str, (gssize)xml->len);
	return path;
}

/* ---- calls ---- */

#define REFRESHES 6
#define WINDOWS 10
#define ROWS 24

struct refresh_wait {
	struct proxy *proxy;
	struct proxy_calls counted;
};

static bool refreshed(void *data)
{
	struct refresh_wait *wait = data;
	wait->counted = proxy_calls(wait->proxy, PROC_CONNECT_GET_ALL_DOMAIN_STATS);
	return wait->counted.calls >= REFRESHES;
}

/* No other call on the list's connection, and no more than the rows of the screen on others. */
static bool is_steady(const struct proxy_calls *counted)
{
	return counted->beside == 0 && counted->total <= counted->calls * (1 + ROWS);
}

/*
 * The list costs one call a refresh on its connection. What is on screen is
 * looked at besides, on a connection of its own: bounded by the screen's rows,
 * not by the guests.
 */
static void assert_one_call_a_refresh(unsigned guests)
{
	struct lab *lab = lab_start(1);
	struct proxy *proxy = proxy_start(lab, "h1");
	g_autofree char *path = write_node(lab_dir(lab), guests);
	g_autofree char *uri = g_strdup_printf("test+unix://%s?socket=%s", path, proxy_socket(proxy));
	g_autofree char *listed = g_strdup_printf("guests %u of %u", guests / 2, guests);
	const char *const argv[] = {"--refresh", "0.5", "-c", uri, NULL};
	struct pty *pty = pty_start(argv, NULL, ROWS, 100);
	struct refresh_wait wait = {.proxy = proxy};
	pty_wait_text(pty, listed);
	/* What a new connection asks once (facts of the host, definitions) falls into the first windows. */
	for (unsigned window = 0; window < WINDOWS && (window == 0 || !is_steady(&wait.counted)); window++) {
		g_free(proxy_command(proxy, "reset"));
		pty_wait_for(pty, refreshed, &wait, "refreshes", PTY_DEADLINE_MS);
	}
	g_autofree char *stats = proxy_command(proxy, "stats");
	if (!is_steady(&wait.counted))
		fail_msg("%u guests: more than a call a refresh and one a row on screen:\n%s", guests, stats);
	print_message("%5u guests, %u refreshes:\n%s", guests, REFRESHES, stats);
	pty_keys(pty, "q");
	pty_wait_exit_code(pty, 0);
	pty_free(pty);
	proxy_stop(proxy);
	g_remove(path);
	lab_stop(lab);
}

static void refresh_of_1000_guests_is_one_call(void **state)
{
	(void)state;
	assert_one_call_a_refresh(1000);
}

static void refresh_of_10000_guests_is_one_call(void **state)
{
	(void)state;
	assert_one_call_a_refresh(10000);
}

/* ---- frames ---- */

/* CPU time of the main thread, which draws. */
static guint64 main_thread_ns(struct pty *pty)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/schedstat", pty_pid(pty), pty_pid(pty));
	g_autofree char *text = NULL;
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return g_ascii_strtoull(text, NULL, 10);
}

static double keys_cpu_ms(struct pty *pty, const char *key, unsigned count)
{
	guint64 before = main_thread_ns(pty);
	for (unsigned i = 0; i < count; i++)
		pty_keys(pty, key);
	return (double)(main_thread_ns(pty) - before) / 1e6 / count;
}

struct costs {
	double tree, table, page, filter;
};

static struct costs measure(unsigned guests)
{
	struct costs costs;
	g_autofree char *path = write_node(g_get_tmp_dir(), guests);
	g_autofree char *uri = g_strdup_printf("test://%s", path);
	g_autofree char *listed = g_strdup_printf("guests %u of %u", guests / 2, guests);
	/* No refresh falls into the measurement. */
	const char *const argv[] = {"--refresh", "3600", "-c", uri, NULL};
	struct pty *pty = pty_start(argv, NULL, 50, 150);
	pty_wait_text(pty, listed);
	pty_keys(pty, "M-1", "Home", "]");
	pty_wait_text(pty, "\\[Guests\\]");
	pty_keys(pty, "M-2");
	costs.table = keys_cpu_ms(pty, "j", 200);
	costs.page = keys_cpu_ms(pty, "PgDn", 15);
	pty_keys(pty, "/");
	costs.filter = keys_cpu_ms(pty, "0", 3);
	pty_keys(pty, "Esc", "Esc", "M-1", "Home");
	costs.tree = keys_cpu_ms(pty, "j", 200);
	pty_keys(pty, "q");
	pty_wait_exit_code(pty, 0);
	pty_free(pty);
	g_remove(path);
	print_message("%5u guests, ms CPU a key: tree %.3f, table %.3f, page %.3f, filter %.3f\n", guests, costs.tree,
	        costs.table, costs.page, costs.filter);
	return costs;
}

static void key_costs_the_same_among_10000_as_among_100(void **state)
{
	(void)state;
	struct costs few = measure(100), many = measure(10000);
	/* A hundred times the guests; the slack is for the caches and a busy machine. */
	assert_true(many.tree < few.tree * 3 + 1);
	assert_true(many.table < few.table * 3 + 1);
	assert_true(many.page < few.page * 3 + 2);
	/* A filter must look at every name. */
	assert_true(many.filter < few.filter + 50);
}

static void filter_finds_one_of_10000(void **state)
{
	(void)state;
	g_autofree char *path = write_node(g_get_tmp_dir(), 10000);
	g_autofree char *uri = g_strdup_printf("test://%s", path);
	const char *const argv[] = {"-c", uri, NULL};
	struct pty *pty = pty_start(argv, NULL, 24, 80);
	pty_wait_text(pty, "guests 5000 of 10000");
	pty_keys(pty, "/");
	pty_type(pty, "vm07777");
	pty_wait_text(pty, "vm07777 ");
	pty_wait_gone(pty, "vm00001");
	pty_keys(pty, "Esc", "Esc");
	pty_wait_text(pty, "vm00001");
	pty_keys(pty, "M-1", "G");
	pty_wait_gone(pty, "vm00001");
	pty_keys(pty, "q");
	pty_wait_exit_code(pty, 0);
	pty_free(pty);
	g_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(refresh_of_1000_guests_is_one_call),
	        cmocka_unit_test(refresh_of_10000_guests_is_one_call),
	        cmocka_unit_test(key_costs_the_same_among_10000_as_among_100),
	        cmocka_unit_test(filter_finds_one_of_10000),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
