/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The back end against real QEMUs: in a lab of its own, or on the host that
 * NVIRT_LAB_URI names, a local one that may be disturbed.
 */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "backend/proc.h"
#include "backend/pump.h"
#include "support/lab.h"

/* Two guests that need no file; their firmware finds nothing to boot. */
static const char *const names[] = {"nvirt-live-a", "nvirt-live-b"};

struct live {
	struct pump pump;
	virConnectPtr other;
	virDomainPtr doms[G_N_ELEMENTS(names)];
};

static void quiet(void *data, virErrorPtr error)
{
	(void)data;
	(void)error;
}

static void remove_guest(virDomainPtr dom)
{
	if (dom == NULL)
		return;
	virDomainDestroy(dom);
	virDomainUndefine(dom);
	virDomainFree(dom);
}

static virDomainPtr define(virConnectPtr conn, const char *name)
{
	g_autofree char *xml = g_strdup_printf("<domain type='qemu'><name>%s</name><memory unit='MiB'>32</memory>"
	                                       "<vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os><devices>"
	                                       "<memballoon model='virtio'/></devices></domain>",
	        name);

	remove_guest(virDomainLookupByName(conn, name));
	return virDomainDefineXML(conn, xml);
}

static int setup(void **state)
{
	struct live *live = g_new0(struct live, 1);

	virSetErrorFunc(NULL, quiet);
	pump_init(&live->pump, 2000);
	live->other = virConnectOpen(g_getenv("NVIRT_LAB_URI"));
	if (live->other == NULL)
		return -1;
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		live->doms[i] = define(live->other, names[i]);
	*state = live;
	return live->doms[0] != NULL && live->doms[1] != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	struct live *live = *state;

	pump_fini(&live->pump);
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		remove_guest(live->doms[i]);
	virConnectClose(live->other);
	g_free(live);
	return 0;
}

static bool is_known(struct pump *pump, const void *name)
{
	return pump_guest(pump, name) != NULL;
}

static bool is_running(struct pump *pump, const void *name)
{
	struct guest *guest = pump_guest(pump, name);

	return guest != NULL && guest->state == GUEST_RUNNING;
}

static void connect_to_lab(struct live *live)
{
	pump_add_host(&live->pump, g_getenv("NVIRT_LAB_URI"), false);
	assert_true(pump_until(&live->pump, pump_listed, NULL));
	assert_true(pump_until(&live->pump, is_known, names[0]));
}

static bool has_flags(struct pump *pump, const void *name)
{
	return (pump_guest(pump, name)->flags & GUEST_PERSISTENT) != 0;
}

static void guest_started_by_others_is_seen_within_a_second(void **state)
{
	struct live *live = *state;
	gint64 started_us;

	connect_to_lab(live);
	assert_true(pump_until(&live->pump, has_flags, names[0]));
	/* Only its event can tell. */
	backend_set_refresh(live->pump.backend, 3600 * 1000);
	assert_int_equal(virDomainCreate(live->doms[0]), 0);
	started_us = g_get_monotonic_time();
	assert_true(pump_until(&live->pump, is_running, names[0]));
	assert_true(g_get_monotonic_time() - started_us < G_USEC_PER_SEC);
}

static bool has_figures(struct pump *pump, const void *name)
{
	const struct guest *guest = pump_guest(pump, name);

	return guest->cpu_time_ns > 0 && guest->rss_kib > 0;
}

static void local_guest_has_its_figures_from_proc(void **state)
{
	struct live *live = *state;

	assert_int_equal(virDomainCreate(live->doms[0]), 0);
	connect_to_lab(live);
	assert_true(pump_host(&live->pump)->status->local);
	assert_true(pump_until(&live->pump, has_figures, names[0]));
}

static bool has_balloon(struct pump *pump, const void *name)
{
	const struct guest *guest = pump_guest(pump, name);

	return guest->detail != NULL && guest->detail->balloon_kib > 0;
}

static void watch(struct live *live, const char *name)
{
	struct guest *guest = pump_guest(&live->pump, name);
	struct watch watched = {.open = guest->ref, .visible = (const uint8_t(*)[16])guest->ref.uuid, .visible_n = 1};

	backend_watch(live->pump.backend, guest->ref.host, &watched);
}

static void open_guest_has_the_figures_of_its_monitor(void **state)
{
	struct live *live = *state;

	assert_int_equal(virDomainCreate(live->doms[0]), 0);
	connect_to_lab(live);
	watch(live, names[0]);
	assert_true(pump_until(&live->pump, has_balloon, names[0]));
	assert_true(pump_guest(&live->pump, names[0])->detail->pid > 0);
	assert_non_null(pump_guest(&live->pump, names[0])->detail->xml_stored);
}

static int pid_of(virDomainPtr dom)
{
	g_autoptr(GArray) qemus = proc_find_qemus();
	uint8_t uuid[16];

	virDomainGetUUID(dom, uuid);
	for (guint i = 0; i < qemus->len; i++)
		if (memcmp(g_array_index(qemus, struct proc_qemu, i).uuid, uuid, sizeof(uuid)) == 0)
			return g_array_index(qemus, struct proc_qemu, i).pid;
	return 0;
}

static bool is_stuck(struct pump *pump, const void *name)
{
	return pump_guest(pump, name)->stuck_us != 0;
}

static bool is_well(struct pump *pump, const void *name)
{
	return !is_stuck(pump, name);
}

static bool sampled_after(struct pump *pump, const void *us)
{
	return pump_guest(pump, names[1])->taken_us > *(const gint64 *)us;
}

static void stopped_qemu_is_named_and_the_others_stay_fresh(void **state)
{
	struct live *live = *state;
	gint64 stopped_us;
	int pid;

	assert_int_equal(virDomainCreate(live->doms[0]), 0);
	assert_int_equal(virDomainCreate(live->doms[1]), 0);
	connect_to_lab(live);
	watch(live, names[0]);
	assert_true(pump_until(&live->pump, has_balloon, names[0]));
	pid = pid_of(live->doms[0]);
	assert_true(pid > 0);
	kill(pid, SIGSTOP);
	stopped_us = g_get_monotonic_time();
	if (!pump_until(&live->pump, is_stuck, names[0]) || !pump_until(&live->pump, sampled_after, &stopped_us)) {
		kill(pid, SIGCONT);
		fail_msg("the stopped QEMU was not told, or the other guest's numbers stood still");
	}
	assert_non_null(strstr(pump_guest(&live->pump, names[0])->stuck_why, "stopped"));
	kill(pid, SIGCONT);
	assert_true(pump_until(&live->pump, is_well, names[0]));
	assert_true(pump_until(&live->pump, has_balloon, names[0]));
}

/* ---- rows on screen that are not open ---- */

static void watch_rows(struct live *live, unsigned rows)
{
	uint8_t uuids[G_N_ELEMENTS(names)][16];
	struct watch watched = {.visible = (const uint8_t(*)[16])uuids, .visible_n = G_N_ELEMENTS(names), .rows = rows};

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		memcpy(uuids[i], pump_guest(&live->pump, names[i])->ref.uuid, sizeof(uuids[i]));
	backend_watch(live->pump.backend, pump_host(&live->pump)->id, &watched);
}

static bool has_net(struct pump *pump, const void *name)
{
	const struct guest_traffic *traffic = pump_guest(pump, name)->traffic;

	return traffic != NULL && traffic->net_us > 0;
}

static bool has_slow(struct pump *pump, const void *name)
{
	const struct guest_traffic *traffic = pump_guest(pump, name)->traffic;

	return has_net(pump, name) && traffic->disk_us > 0 && traffic->address != NULL;
}

struct after {
	const char *name;
	gint64 us;
};

static bool has_disks_after(struct pump *pump, const void *data)
{
	const struct after *after = data;
	const struct guest_traffic *traffic = pump_guest(pump, after->name)->traffic;

	return traffic != NULL && traffic->disk_us > after->us;
}

static void rows_on_screen_are_asked_for_what_they_show_only(void **state)
{
	struct live *live = *state;

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		assert_int_equal(virDomainCreate(live->doms[i]), 0);
	connect_to_lab(live);
	assert_true(pump_until(&live->pump, is_running, names[1]));
	watch_rows(live, WATCH_NET);
	assert_true(pump_until(&live->pump, has_net, names[0]));
	assert_int_equal(pump_guest(&live->pump, names[0])->traffic->disk_us, 0);
	assert_null(pump_guest(&live->pump, names[0])->traffic->address);
	watch_rows(live, WATCH_NET | WATCH_DISK | WATCH_ADDRESS);
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		assert_true(pump_until(&live->pump, has_slow, names[i]));
	/* Nobody opened them. */
	assert_null(pump_guest(&live->pump, names[0])->detail);
}

static void a_stopped_row_costs_the_others_nothing(void **state)
{
	struct live *live = *state;
	struct after after = {.name = names[1]};
	int pid;
	bool came;

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		assert_int_equal(virDomainCreate(live->doms[i]), 0);
	connect_to_lab(live);
	assert_true(pump_until(&live->pump, is_running, names[1]));
	pid = pid_of(live->doms[0]);
	assert_true(pid > 0);
	kill(pid, SIGSTOP);
	after.us = g_get_monotonic_time();
	watch_rows(live, WATCH_DISK);
	came = pump_until(&live->pump, has_disks_after, &after);
	kill(pid, SIGCONT);
	assert_true(came);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(guest_started_by_others_is_seen_within_a_second, setup, teardown),
	        cmocka_unit_test_setup_teardown(local_guest_has_its_figures_from_proc, setup, teardown),
	        cmocka_unit_test_setup_teardown(open_guest_has_the_figures_of_its_monitor, setup, teardown),
	        cmocka_unit_test_setup_teardown(stopped_qemu_is_named_and_the_others_stay_fresh, setup, teardown),
	        cmocka_unit_test_setup_teardown(rows_on_screen_are_asked_for_what_they_show_only, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_stopped_row_costs_the_others_nothing, setup, teardown),
	};

	struct lab *lab = NULL;
	int failed;

	signal(SIGPIPE, SIG_IGN);
	if (g_getenv("NVIRT_LAB_URI") == NULL) {
		lab = lab_start(1);
		g_setenv("NVIRT_LAB_URI", lab_uri(lab, "h1"), TRUE);
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	lab_stop(lab);
	return failed;
}
