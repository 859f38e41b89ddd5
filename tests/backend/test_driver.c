/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The back end against libvirt's test driver, in this process. */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "backend/host.h"
#include "backend/pump.h"

#define REFRESH_MS 50
#define GUESTS 1000

static int setup(void **state)
{
	struct pump *pump = g_new0(struct pump, 1);

	pump_init(pump, REFRESH_MS);
	*state = pump;
	return 0;
}

static int teardown(void **state)
{
	struct pump *pump = *state;

	pump_fini(pump);
	g_free(pump);
	return 0;
}

static void connect_to(struct pump *pump, const char *uri)
{
	pump_add_host(pump, uri, false);
	assert_true(pump_until(pump, pump_listed, NULL));
}

/* ---- inventory ------------------------------------------------------------------ */

static bool has_pools_and_networks(struct pump *pump, const void *data)
{
	(void)data;
	return pump_host(pump)->pools->len > 0 && pump_host(pump)->networks->len > 0;
}

static void inventory_of_a_host_arrives(void **state)
{
	struct pump *pump = *state;
	struct guest *guest;

	connect_to(pump, "test:///default");
	assert_int_equal(pump_host(pump)->status->link, HOST_UP);
	assert_int_equal(pump_host(pump)->status->epoch, 1);
	guest = pump_guest(pump, "test");
	assert_non_null(guest);
	assert_int_equal(guest->state, GUEST_RUNNING);
	assert_true(pump_until(pump, has_pools_and_networks, NULL));
	assert_string_equal(((struct pool *)pump_host(pump)->pools->pdata[0])->row->name, "default-pool");
	assert_string_equal(((struct network *)pump_host(pump)->networks->pdata[0])->row->name, "default");
}

static bool has_facts(struct pump *pump, const void *data)
{
	(void)data;
	return pump_host(pump)->status->cpus > 0;
}

static void facts_of_a_host_arrive(void **state)
{
	struct pump *pump = *state;

	connect_to(pump, "test:///default");
	assert_true(pump_until(pump, has_facts, NULL));
	assert_string_equal(pump_host(pump)->status->driver, "TEST");
	assert_string_equal(pump_host(pump)->status->uri, "test:///default");
	assert_false(pump_host(pump)->status->local);
	assert_true(pump_host(pump)->status->memory_kib > 0);
	assert_null(pump_host(pump)->status->error);
}

static char *write_node(unsigned guests)
{
	GString *xml = g_string_new("<node>");
	char *path = NULL;
	int fd = g_file_open_tmp("nvirt-node-XXXXXX.xml", &path, NULL);

	for (unsigned i = 0; i < guests; i++)
		g_string_append_printf(xml,
		        "<domain type='test'><name>vm%05u</name><uuid>00000000-0000-4000-8000-%012u</uuid>"
		        "<memory>65536</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>",
		        i, i);
	g_string_append(xml, "</node>");
	assert_true(fd >= 0);
	assert_true(g_file_set_contents(path, xml->str, (gssize)xml->len, NULL));
	g_close(fd, NULL);
	g_string_free(xml, TRUE);
	return path;
}

/* ---- what a tick costs ------------------------------------------------------------ */

static bool many_samples(struct pump *pump, const void *count)
{
	return pump->samples >= *(const unsigned *)count;
}

/* Until a tick after which the counters were read stands between two samples of its own. */
static void thousand_guests_cost_one_call_a_tick(void **state)
{
	struct pump *pump = *state;
	g_autofree char *path = write_node(GUESTS);
	g_autofree char *uri = g_strdup_printf("test://%s", path);
	const unsigned wanted = 5;
	struct host_counts counts;

	connect_to(pump, uri);
	assert_int_equal(pump_host(pump)->guests->len, GUESTS);
	assert_true(pump_until(pump, many_samples, &wanted));
	counts = backend_host_counts(pump->backend, pump_host(pump)->id);
	assert_true(counts.ticks >= wanted);
	/* One may be under way: called, not yet counted as a tick. */
	assert_in_range(counts.calls, counts.ticks, counts.ticks + 1);
	g_unlink(path);
}

/* ---- events ------------------------------------------------------------------------ */

static bool guest_state_is(struct pump *pump, const void *state)
{
	return pump_guest(pump, "test")->state == *(const enum guest_state *)state;
}

static void guest_changed_by_others_is_seen(void **state)
{
	struct pump *pump = *state;
	const enum guest_state off = GUEST_OFF, running = GUEST_RUNNING;
	virConnectPtr other;
	virDomainPtr dom;

	/* A tick alone would not come in the time that is waited. */
	backend_set_refresh(pump->backend, 3600 * 1000);
	connect_to(pump, "test:///default");
	other = virConnectOpen("test:///default");
	dom = virDomainLookupByName(other, "test");
	assert_int_equal(virDomainDestroy(dom), 0);
	assert_true(pump_until(pump, guest_state_is, &off));
	assert_int_equal(virDomainCreate(dom), 0);
	assert_true(pump_until(pump, guest_state_is, &running));
	assert_true(pump->events > 0);
	assert_string_equal(pump->last_event_name, "test");
	virDomainFree(dom);
	virConnectClose(other);
}

static bool knows_new(struct pump *pump, const void *data)
{
	(void)data;
	return pump_guest(pump, "new\\u009b31m") != NULL || pump_guest(pump, "new") != NULL;
}

static bool new_is_gone(struct pump *pump, const void *data)
{
	return !knows_new(pump, data);
}

static void guest_defined_by_others_comes_and_goes(void **state)
{
	struct pump *pump = *state;
	virConnectPtr other = virConnectOpen("test:///default");
	virDomainPtr dom;

	backend_set_refresh(pump->backend, 3600 * 1000);
	connect_to(pump, "test:///default");
	dom = virDomainDefineXML(other, "<domain type='test'><name>new</name><memory>8192</memory>"
	                                "<os><type>hvm</type></os></domain>");
	assert_non_null(dom);
	assert_true(pump_until(pump, knows_new, NULL));
	assert_int_equal(pump_guest(pump, "new")->state, GUEST_OFF);
	assert_int_equal(virDomainUndefine(dom), 0);
	assert_true(pump_until(pump, new_is_gone, NULL));
	virDomainFree(dom);
	virConnectClose(other);
}

static bool has_autostart(struct pump *pump, const void *on)
{
	bool is = (pump_guest(pump, "test")->flags & GUEST_AUTOSTART) != 0;

	return is == *(const bool *)on;
}

static void refresh_reads_the_flags_again(void **state)
{
	struct pump *pump = *state;
	virConnectPtr other = virConnectOpen("test:///default");
	virDomainPtr dom = virDomainLookupByName(other, "test");
	const bool yes = true, no = false;

	connect_to(pump, "test:///default");
	assert_int_equal(virDomainSetAutostart(dom, 1), 0);
	backend_refresh(pump->backend, pump_host(pump)->id);
	assert_true(pump_until(pump, has_autostart, &yes));
	assert_int_equal(virDomainSetAutostart(dom, 0), 0);
	backend_refresh(pump->backend, pump_host(pump)->id);
	assert_true(pump_until(pump, has_autostart, &no));
	virDomainFree(dom);
	virConnectClose(other);
}

/* ---- the connection's life ----------------------------------------------------------- */

static bool up_in_epoch(struct pump *pump, const void *epoch)
{
	const struct host_status *status = pump_host(pump)->status;

	return status->link == HOST_UP && status->epoch == *(const uint32_t *)epoch;
}

static void disconnected_host_is_off_and_comes_back_in_a_new_epoch(void **state)
{
	struct pump *pump = *state;
	const enum host_link off = HOST_OFF;
	const uint32_t second = 2;

	connect_to(pump, "test:///default");
	backend_disconnect(pump->backend, pump_host(pump)->id);
	assert_true(pump_until(pump, pump_link_is, &off));
	backend_reconnect(pump->backend, pump_host(pump)->id);
	assert_true(pump_until(pump, up_in_epoch, &second));
	pump->samples = 0;
	assert_true(pump_until(pump, many_samples, &(const unsigned){1}));
}

static bool failed_times(struct pump *pump, const void *attempts)
{
	const struct host_status *status = pump_host(pump)->status;

	return status->link == HOST_FAILED && status->attempt == *(const unsigned *)attempts;
}

static void wrong_uri_says_what_was_tried_and_what_helps(void **state)
{
	struct pump *pump = *state;
	const unsigned once = 1, twice = 2;

	pump_add_host(pump, "quemu:///system", false);
	assert_true(pump_until(pump, failed_times, &once));
	assert_non_null(pump_host(pump)->status->error);
	assert_non_null(strstr(pump_host(pump)->status->advice, "no driver"));
	assert_true(g_str_has_prefix(pump_host(pump)->status->tried, "quemu:///system"));
	assert_string_equal(pump_host(pump)->status->command, "nvirt -c qemu:///system");
	assert_true(pump_host(pump)->status->retry_at_us > 0);
	/* By hand: at once. */
	backend_reconnect(pump->backend, pump_host(pump)->id);
	assert_true(pump_until(pump, failed_times, &twice));
}

static void missing_socket_is_a_failure_with_its_name(void **state)
{
	struct pump *pump = *state;
	const unsigned once = 1;

	pump_add_host(pump, "qemu+unix:///system?socket=/nonexistent/libvirt-sock", false);
	assert_true(pump_until(pump, failed_times, &once));
	assert_non_null(strstr(pump_host(pump)->status->tried, "/nonexistent/libvirt-sock"));
	assert_non_null(pump_host(pump)->status->advice);
	assert_non_null(pump_host(pump)->status->command);
}

/* ---- in depth --------------------------------------------------------------------------- */

static bool has_detail(struct pump *pump, const void *data)
{
	struct guest *guest = pump_guest(pump, "test");

	(void)data;
	return guest->detail != NULL && guest->detail->xml != NULL;
}

static bool has_row_facts(struct pump *pump, const void *data)
{
	(void)data;
	return pump_guest(pump, "test")->vcpus > 0 && pump_guest(pump, "test")->cpu_time_ns > 0;
}

static void watched_guest_gets_its_detail_and_its_row(void **state)
{
	struct pump *pump = *state;
	struct guest *guest;
	struct watch watch = {0};

	connect_to(pump, "test:///default");
	guest = pump_guest(pump, "test");
	assert_int_equal(guest->vcpus, 0);
	watch.open = guest->ref;
	watch.visible = (const uint8_t(*)[16])guest->ref.uuid;
	watch.visible_n = 1;
	backend_watch(pump->backend, pump_host(pump)->id, &watch);
	assert_true(pump_until(pump, has_detail, NULL));
	guest = pump_guest(pump, "test");
	assert_non_null(strstr(guest->detail->xml, "<name>test</name>"));
	assert_int_equal(guest->detail->memory_max_kib, 8388608);
	assert_true(pump_until(pump, has_row_facts, NULL));
	assert_int_equal(pump_guest(pump, "test")->vcpus, 2);
}

static virDomainPtr define_again(virConnectPtr conn, const char *uuid)
{
	g_autofree char *xml = g_strdup_printf("<domain type='test'><name>again</name><uuid>%s</uuid>"
	                                       "<memory>65536</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>",
	        uuid);
	virDomainPtr dom = virDomainDefineXML(conn, xml);

	assert_non_null(dom);
	return dom;
}

static bool again_has_uuid(struct pump *pump, const void *uuid)
{
	struct guest *guest = pump_guest(pump, "again");
	uint8_t wanted[16];

	return guest && uuid_parse(uuid, wanted) && memcmp(guest->ref.uuid, wanted, sizeof(wanted)) == 0;
}

/* A tick knows guests by their names and places while no event says otherwise. */
static void guest_of_the_same_name_is_another_when_its_uuid_is(void **state)
{
	static const char *const uuids[] = {
	        "00000000-0000-4000-8000-0000000000a1", "00000000-0000-4000-8000-0000000000a2"};
	struct pump *pump = *state;
	virConnectPtr other = virConnectOpen("test:///default");
	virDomainPtr dom = define_again(other, uuids[0]);
	const unsigned wanted = 5;

	connect_to(pump, "test:///default");
	assert_true(pump_until(pump, many_samples, &wanted));
	assert_true(again_has_uuid(pump, uuids[0]));
	virDomainUndefine(dom);
	virDomainFree(dom);
	dom = define_again(other, uuids[1]);
	assert_true(pump_until(pump, again_has_uuid, uuids[1]));
	virDomainUndefine(dom);
	virDomainFree(dom);
	virConnectClose(other);
}

static bool has_volume(struct pump *pump, const void *data)
{
	struct pool *pool = pump_host(pump)->pools->pdata[0];

	(void)data;
	return pool->volumes != NULL && pool->volumes->len == 1;
}

static void volumes_of_the_open_pool_arrive(void **state)
{
	struct pump *pump = *state;
	virConnectPtr other = virConnectOpen("test:///default");
	virStoragePoolPtr pool = virStoragePoolLookupByName(other, "default-pool");
	virStorageVolPtr volume = virStorageVolCreateXML(pool,
	        "<volume><name>disk</name><capacity unit='MiB'>5</capacity><target><format type='qcow2'/></target>"
	        "</volume>",
	        0);
	struct watch watch = {0};
	struct volume *row;

	assert_non_null(volume);
	connect_to(pump, "test:///default");
	assert_true(pump_until(pump, has_pools_and_networks, NULL));
	watch.open = ((struct pool *)pump_host(pump)->pools->pdata[0])->ref;
	backend_watch(pump->backend, pump_host(pump)->id, &watch);
	assert_true(pump_until(pump, has_volume, NULL));
	row = ((struct pool *)pump_host(pump)->pools->pdata[0])->volumes->pdata[0];
	assert_string_equal(row->row->name, "disk");
	assert_int_equal(row->row->capacity_bytes, 5 * 1024 * 1024);
	virStorageVolDelete(volume, 0);
	virStorageVolFree(volume);
	virStoragePoolFree(pool);
	virConnectClose(other);
}

static void every_operation_has_its_function(void **state)
{
	(void)state;
	for (int op = OP_NONE + 1; op < OP_N; op++)
		assert_true(backend_op_known(op));
	assert_false(backend_op_known(OP_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(inventory_of_a_host_arrives, setup, teardown),
	        cmocka_unit_test_setup_teardown(facts_of_a_host_arrive, setup, teardown),
	        cmocka_unit_test_setup_teardown(thousand_guests_cost_one_call_a_tick, setup, teardown),
	        cmocka_unit_test_setup_teardown(guest_changed_by_others_is_seen, setup, teardown),
	        cmocka_unit_test_setup_teardown(guest_defined_by_others_comes_and_goes, setup, teardown),
	        cmocka_unit_test_setup_teardown(refresh_reads_the_flags_again, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                disconnected_host_is_off_and_comes_back_in_a_new_epoch, setup, teardown),
	        cmocka_unit_test_setup_teardown(wrong_uri_says_what_was_tried_and_what_helps, setup, teardown),
	        cmocka_unit_test_setup_teardown(missing_socket_is_a_failure_with_its_name, setup, teardown),
	        cmocka_unit_test_setup_teardown(watched_guest_gets_its_detail_and_its_row, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                guest_of_the_same_name_is_another_when_its_uuid_is, setup, teardown),
	        cmocka_unit_test_setup_teardown(volumes_of_the_open_pool_arrive, setup, teardown),
	        cmocka_unit_test(every_operation_has_its_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
