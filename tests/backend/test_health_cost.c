/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What gathering for the checks costs a host: calls of a first round and of one that nothing changed for, counted
 * on the wire; and that no QEMU of a guest that is well is asked anything, counted in the daemon's own log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <string.h>

#include "backend/health.h"
#include "backend/health_cache.h"
#include "support/checks.h"
#include "support/files.h"
#include "support/images.h"

#define GUESTS 30
#define RUNNING 3
/* Lists, flags, states, networks, pools, volumes and the like: however many guests there are. */
#define CALLS_MAX 40
/* Does its QEMU answer, and has it a job: of each that runs, in each round. */
#define CALLS_RUNNING 2
#define DEADLINE_MS 60000

struct looker {
	virConnectPtr conn;
	struct health_cache *cache;
	uint32_t serial; /* of all guests */
	char *changed;   /* but for this one: its UUID as text; NULL = none */
};

static uint32_t serial_of(const uint8_t uuid[16], void *data)
{
	const struct looker *looker = data;
	char text[37];

	uuid_format(uuid, text);
	return looker->serial + (g_strcmp0(text, looker->changed) == 0);
}

/* One round; what it found of guests, to be compared. Owned. */
static char *look(struct looker *looker)
{
	struct health_round round = {.host = 1, .local = true, .cache = looker->cache, .serial = serial_of, .data = looker,
	        .deadline_us = g_get_monotonic_time() + DEADLINE_MS * 1000};
	struct host_status *status = host_status_new();
	struct check_objects *objects = health_read_objects(looker->conn, &round, NULL);
	struct check_storage *storage = health_read_storage(looker->conn, &round);
	GString *words = g_string_new(NULL);
	struct check_report *report;

	assert_non_null(objects);
	assert_true(storage->whole);
	status->link = HOST_UP;
	report = check_run(&(struct check_facts){.status = status, .objects = objects, .storage = storage}, 1);
	for (unsigned i = 0; i < report->findings->len; i++) {
		const struct finding *finding = report->findings->pdata[i];

		if (finding->check->group == CHECK_GUESTS || finding->check->group == CHECK_STORAGE)
			g_string_append_printf(words, "%s %s %s\n", finding->check->id, finding->object, finding->evidence);
	}
	check_report_free(report);
	check_objects_unref(objects);
	check_storage_unref(storage);
	host_status_unref(status);
	return g_string_free(words, FALSE);
}

static char *name_of(unsigned i)
{
	return g_strdup_printf("t-%02u", i);
}

/* Each on an overlay of its own; the first few run. */
static void define_guests(void)
{
	g_autofree char *base = checks_image("t-base.qcow2");

	g_free(images_command("qemu-img create -q -f qcow2 '%s' 1M", base));
	for (unsigned i = 0; i < GUESTS; i++) {
		g_autofree char *name = name_of(i), *file = g_strconcat(name, ".qcow2", NULL), *path = checks_image(file);
		g_autofree char *disk = images_disk("vda", path, "qcow2", "");

		g_free(images_command("qemu-img create -q -f qcow2 -b '%s' -F qcow2 '%s'", base, path));
		images_define(lab_connection(checks_lab, "h1"), name, NULL, disk);
		if (i < RUNNING)
			checks_virsh("start", "--paused", name);
	}
	checks_virsh("pool-refresh", "default");
}

static void forget_guests(void)
{
	for (unsigned i = 0; i < RUNNING; i++) {
		g_autofree char *name = name_of(i);

		checks_virsh("destroy", name);
	}
	images_clear(lab_connection(checks_lab, "h1"));
	g_free(images_command("rm '%s'/h1/img/t-*", lab_dir(checks_lab)));
}

static guint64 calls_of(struct proxy *proxy, struct looker *looker, char **ret_words)
{
	g_free(proxy_command(proxy, "reset"));
	*ret_words = look(looker);
	return proxy_calls(proxy, 0).total;
}

static void a_round_that_nothing_changed_for_asks_little(void **state)
{
	struct proxy *proxy = proxy_start(checks_lab, "h1");
	g_autofree char *uri = g_strdup_printf(
	        "qemu+unix:///%s?socket=%s", lab_is_system(checks_lab) ? "system" : "session", proxy_socket(proxy));
	struct looker looker = {.conn = virConnectOpen(uri), .cache = health_cache_new(true), .serial = 1};
	g_autofree char *first_words = NULL, *second_words = NULL, *third_words = NULL, *name = name_of(GUESTS - 1);
	g_autofree char *uuid = NULL;
	guint64 first, second, third;

	(void)state;
	assert_non_null(looker.conn);
	define_guests();
	first = calls_of(proxy, &looker, &first_words);
	second = calls_of(proxy, &looker, &second_words);
	print_message("calls of %d guests, %d of which run: %" G_GUINT64_FORMAT " at first, %" G_GUINT64_FORMAT " then\n", GUESTS,
	        RUNNING, first, second);
	assert_true(second <= CALLS_MAX + CALLS_RUNNING * RUNNING);
	assert_true(first > second + 3 * GUESTS);
	/* What was not read again is all there. */
	assert_string_equal(first_words, second_words);
	/* One that changed is read, and what is new of it is found. */
	uuid = g_strstrip(lab_run(checks_lab, "virsh", "h1", "-q", "domuuid", name));
	checks_virsh("dommemstat", name, "--period", "7", "--config");
	looker.changed = uuid;
	third = calls_of(proxy, &looker, &third_words);
	assert_in_range(third, second + 1, second + 8);
	assert_string_not_equal(second_words, third_words);
	health_cache_free(looker.cache);
	virConnectClose(looker.conn);
	proxy_stop(proxy);
	forget_guests();
}

/* ---- QEMU's monitors -------------------------------------------------------- */

static char *log_path(void)
{
	return g_build_filename(lab_dir(checks_lab), "h1", "log", "monitor.log", NULL);
}

static unsigned commands_sent(void)
{
	g_autofree char *path = log_path(), *text = NULL;
	unsigned count = 0;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	for (const char *at = strstr(text, "QEMU_MONITOR_SEND_MSG"); at; at = strstr(at + 1, "QEMU_MONITOR_SEND_MSG"))
		count++;
	return count;
}

/* The daemon writes down whatever it sends to a QEMU. */
static void log_monitors(void)
{
	g_autofree char *conf = g_build_filename(lab_dir(checks_lab), "h1", "etc", "libvirtd.conf", NULL), *path = log_path();
	g_autofree char *before = NULL, *after = NULL;
	g_auto(GStrv) halves = NULL;

	assert_true(g_file_get_contents(conf, &before, NULL, NULL));
	/* The last line of it: where it logs to now. */
	halves = g_strsplit(before, "log_outputs", 2);
	after = g_strdup_printf(
	        "%slog_filters = \"1:qemu.qemu_monitor\"\nlog_outputs = \"1:file:%s\"\n", halves[0], path);
	lab_do(checks_lab, "kill9", "h1");
	files_write(conf, after, -1);
	lab_do(checks_lab, "restart", "h1");
}

static bool answers(void *data)
{
	virNodeInfo node;

	(void)data;
	return virNodeGetInfo(lab_connection(checks_lab, "h1"), &node) == 0;
}

static void no_qemu_is_asked_anything(void **state)
{
	struct looker looker = {0};
	unsigned before;

	(void)state;
	log_monitors();
	lab_wait_for(answers, NULL, "the daemon to answer", DEADLINE_MS);
	define_guests();
	before = commands_sent();
	/* It does write them down. */
	assert_true(before > 0);
	looker.conn = lab_connection(checks_lab, "h1");
	g_free(look(&looker));
	assert_int_equal(commands_sent(), before);
	forget_guests();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_round_that_nothing_changed_for_asks_little),
	        cmocka_unit_test(no_qemu_is_asked_anything),
	};

	return cmocka_run_group_tests(tests, checks_start, checks_stop);
}
