/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host itself against a real libvirtd and this machine's kernel: looked at only while somebody wants it, told
 * by libvirt as by its files; KSM set and put back, and the memory of a guest that follows its balloon, and of
 * others that do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "backend/node_libvirt.h"
#include "backend/node_machine.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "backend/pump.h"
#include "support/files.h"
#include "support/lab.h"
#include "support/ops.h"

#define KSM "/sys/kernel/mm/ksm/"
#define ROOT_VARIABLE "NVIRT_CHECK_ROOT"

static struct lab *lab;

static int start_lab(void **state)
{
	(void)state;
	g_unsetenv(ROOT_VARIABLE);
	lab = lab_start(1);
	return 0;
}

static int stop_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	return 0;
}

static struct node_detail *look_at_files(void)
{
	const struct health_source source = {.root = ""};
	struct node_detail *detail = node_detail_new();

	node_machine_read(detail, &source);
	return detail;
}

/* ---- when it is looked at ---- */

static bool has_look(struct pump *pump, const void *unused)
{
	(void)unused;
	return pump_host(pump)->node_detail != NULL;
}

static bool has_rates(struct pump *pump, const void *unused)
{
	const GArray *cpus = pump_host(pump)->node_rates.cpus;

	(void)unused;
	for (unsigned i = 0; i < cpus->len; i++)
		if (g_array_index(cpus, double, i) >= 0)
			return true;
	return false;
}

static bool has_ticked(struct pump *pump, const void *samples)
{
	return pump->samples >= *(const unsigned *)samples;
}

static void wait_ticks(struct pump *pump, unsigned count)
{
	unsigned samples = pump->samples + count;

	assert_true(pump_until(pump, has_ticked, &samples));
}

static struct host *connected(struct pump *pump)
{
	struct host *host;

	pump_init(pump, 200);
	host = pump_add_host(pump, lab_uri(lab, "h1"), false);
	assert_true(pump_until(pump, pump_listed, NULL));
	return host;
}

static void looks_come_only_while_somebody_looks(void **state)
{
	struct node_detail *files = look_at_files();
	struct pump pump;
	struct host *host = connected(&pump);
	gint64 taken_us;

	(void)state;
	wait_ticks(&pump, 5);
	assert_null(host->node_detail);
	backend_watch(pump.backend, host->id, &(struct watch){.node = true});
	assert_true(pump_until(&pump, has_rates, NULL));
	assert_true(host->node_detail->machine);
	assert_int_equal(host->node_detail->cpus->len, files->cpus->len);
	assert_int_equal(host->node_detail->memory.total_kib, files->memory.total_kib);
	assert_int_equal(host->node_detail->cells->len, files->cells->len);
	assert_int_equal(host->node_detail->ksm.pages_to_scan, files->ksm.pages_to_scan);
	for (unsigned i = 0; i < host->node_rates.cpus->len; i++)
		assert_true(g_array_index(host->node_rates.cpus, double, i) <= 1);
	backend_watch(pump.backend, host->id, &(struct watch){.node = false});
	/* One may be under way; then there is none, in three times the time between two. */
	wait_ticks(&pump, 10);
	taken_us = host->node_detail->taken_us;
	wait_ticks(&pump, 30);
	assert_int_equal(host->node_detail->taken_us, taken_us);
	node_detail_free(files);
	pump_fini(&pump);
}

static void put(const char *root, const char *path, const char *text)
{
	g_autofree char *full = g_strconcat(root, path, NULL), *dir = g_path_get_dirname(full);

	assert_int_equal(g_mkdir_with_parents(dir, 0755), 0);
	files_write(full, text, -1);
}

static void what_only_files_tell_is_read_below_the_root(void **state)
{
	g_autofree char *root = g_dir_make_tmp("nvirt-node-XXXXXX", NULL);
	struct pump pump;
	struct host *host;

	(void)state;
	put(root, "/proc/pressure/memory", "some avg10=7.50 avg60=1.00 avg300=0.10 total=1\n");
	put(root, "/proc/diskstats", "   8       0 sda 100 0 2000 300 50 0 4000 200 0 900 500\n");
	put(root, "/sys/block/sda/size", "1\n");
	put(root, "/sys/class/hwmon/hwmon0/name", "k10temp\n");
	put(root, "/sys/class/hwmon/hwmon0/temp1_input", "45250\n");
	g_setenv(ROOT_VARIABLE, root, TRUE);
	host = connected(&pump);
	backend_watch(pump.backend, host->id, &(struct watch){.node = true});
	assert_true(pump_until(&pump, has_look, NULL));
	assert_true(host->node_detail->stalls[NODE_STALL_MEMORY].some[0] == 7.5);
	assert_true(host->node_detail->stalls[NODE_STALL_CPU].some[0] < 0);
	assert_int_equal(host->node_detail->disks->len, 1);
	assert_int_equal(host->node_detail->sensors->len, 1);
	assert_int_equal(host->node_detail->cpus->len, 0);
	pump_fini(&pump);
	g_unsetenv(ROOT_VARIABLE);
	files_remove(root);
}

/* ---- libvirt's words ---- */

static void libvirt_tells_what_the_files_tell(void **state)
{
	virConnectPtr conn = lab_connection(lab, "h1");
	struct node_detail *files = look_at_files(), *told = node_detail_new();
	struct node_topology *topology = node_topology_read(conn);
	unsigned rounds = 1, next;

	(void)state;
	assert_non_null(topology);
	node_libvirt_read(conn, topology, told);
	assert_int_equal(told->memory.total_kib, files->memory.total_kib);
	assert_int_equal(told->ksm.pages_to_scan, files->ksm.pages_to_scan);
	assert_int_equal(told->ksm.sleep_ms, files->ksm.sleep_ms);
	if (files->ksm.run >= 0)
		assert_int_equal(told->ksm.page_bytes, files->ksm.page_bytes);
	assert_int_equal(told->cells->len, files->cells->len);
	for (unsigned i = 0; i < files->cells->len; i++) {
		const struct node_cell *a = files->cells->pdata[i], *b = told->cells->pdata[i];

		assert_string_equal(a->cpus, b->cpus);
		assert_int_equal(a->total_kib, b->total_kib);
	}
	/* A round without time reads none, and the next one goes on there. */
	next = node_libvirt_cpus(conn, told->cpus, 0, 0);
	assert_int_equal(next, 0);
	for (next = node_libvirt_cpus(conn, told->cpus, 0, G_MAXINT64); next; rounds++)
		next = node_libvirt_cpus(conn, told->cpus, next, G_MAXINT64);
	assert_int_equal(rounds, 1);
	assert_int_equal(told->cpus->len, files->cpus->len);
	for (unsigned i = 0; i < told->cpus->len; i++)
		assert_true(g_array_index(told->cpus, struct node_cpu, i).busy_ns > 0 &&
		            g_array_index(told->cpus, struct node_cpu, i).total_ns >
		                    g_array_index(told->cpus, struct node_cpu, i).busy_ns);
	node_topology_free(topology);
	node_detail_free(files);
	node_detail_free(told);
}

static void a_guest_may_lie_where_libvirt_binds_it(void **state)
{
	virConnectPtr conn = lab_connection(lab, "h1");
	g_autoptr(GPtrArray) cells = node_cells_new();
	uint8_t uuid[16] = {0};
	struct node_place *place = node_place_new(uuid, 2);
	g_autoptr(virDomain) dom = NULL;

	(void)state;
	g_ptr_array_add(cells, node_cell_new(0));
	g_ptr_array_add(cells, node_cell_new(1));
	lab_do(lab, "define", "h1", "bound", "boot");
	lab_do(lab, "virsh", "h1", "start", "bound");
	dom = virDomainLookupByName(conn, "bound");
	assert_non_null(dom);
	/* Where libvirt tells it (it needs the cpuset cgroup) no guest of this lab is bound to a cell that is not there. */
	if (node_libvirt_place(dom, cells, place))
		assert_int_equal(g_array_index(place->kib, int64_t, 0), -1);
	else
		assert_int_equal(g_array_index(place->kib, int64_t, 1), -1);
	node_place_free(place);
	virDomainDestroy(dom);
}

/* ---- KSM ---- */

static int set_up_ops(void **state)
{
	*state = ops_new(lab_uri(lab, "h1"));
	return 0;
}

static int64_t ksm_number(const char *name)
{
	const struct health_source source = {.root = ""};
	g_autofree char *path = g_strconcat(KSM, name, NULL);

	return health_number(&source, path, -1);
}

static void put_back(const char *name, int64_t value)
{
	g_autofree char *path = g_strconcat(KSM, name, NULL);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "%" G_GINT64_FORMAT "\n", (gint64)value);
	assert_int_equal(fclose(file), 0);
}

static struct ops_result run_ksm(struct ops *ops, const char *const *args)
{
	struct obj_ref ref = ops_host_ref();

	return ops_run(ops, OP_HOST_KSM, &ref, "h1", args);
}

static void ksm_is_set_and_what_cannot_be_is_refused(void **state)
{
	struct ops *ops = *state;
	g_autofree char *root = g_dir_make_tmp("nvirt-node-XXXXXX", NULL);
	int64_t run = ksm_number("run"), pages = ksm_number("pages_to_scan"), sleep_ms = ksm_number("sleep_millisecs");

	if (run < 0) {
		ops_expect(run_ksm(ops, ARGS("state", "on")), TASK_FAILED, "no KSM");
		return;
	}
	ops_expect(run_ksm(ops, NULL), TASK_FAILED, "nothing is asked for");
	ops_expect(run_ksm(ops, ARGS("state", "keep", "pages-to-scan", "0")), TASK_FAILED, "turn it off instead");
	/* What the files say is not what libvirt says: a kernel that is not ours. */
	put(root, KSM "pages_to_scan", "7\n");
	put(root, KSM "run", "0\n");
	g_setenv(ROOT_VARIABLE, root, TRUE);
	ops_expect(run_ksm(ops, ARGS("state", "on")), TASK_FAILED, "another machine");
	g_unsetenv(ROOT_VARIABLE);
	assert_int_equal(ksm_number("run"), run);
	files_remove(root);
	if (access(KSM "run", W_OK) != 0 || access(KSM "pages_to_scan", W_OK) != 0 || !lab_is_system(lab)) {
		ops_expect(run_ksm(ops, ARGS("state", "on")), TASK_FAILED, NULL);
		return;
	}
	ops_expect(run_ksm(ops, ARGS("pages-to-scan", "151", "sleep-ms", "33")), TASK_OK, "parameters");
	assert_int_equal(ksm_number("pages_to_scan"), 151);
	assert_int_equal(ksm_number("sleep_millisecs"), 33);
	assert_int_equal(ksm_number("run"), run);
	ops_expect(run_ksm(ops, ARGS("state", "on", "sleep-ms", "34")), TASK_OK, "it is on");
	assert_int_equal(ksm_number("run"), 1);
	assert_int_equal(ksm_number("sleep_millisecs"), 34);
	ops_expect(run_ksm(ops, ARGS("state", "unmerge")), TASK_OK, "taken apart");
	assert_int_equal(ksm_number("run"), 2);
	put_back("pages_to_scan", pages);
	put_back("sleep_millisecs", sleep_ms);
	put_back("run", run);
}

/* ---- balloon ---- */

static bool driver_tells(void *data)
{
	virDomainMemoryStatStruct stats[32];
	int n = virDomainMemoryStats(data, stats, G_N_ELEMENTS(stats), 0);

	for (int i = 0; i < n; i++)
		if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_USABLE)
			return true;
	return false;
}

static bool has_160_mib(void *dom)
{
	virDomainInfo info;

	return virDomainGetInfo(dom, &info) == 0 && info.memory == 160 * 1024;
}

static void a_guest_follows_its_balloon(void **state)
{
	struct ops *ops = *state;
	g_autoptr(virDomain) dom = NULL;

	lab_define_linux(lab, "t-balloon", "");
	ops_expect(ops_run_guest(ops, OP_GUEST_BALLOON, "t-balloon", ARGS("memory", "160M")), TASK_FAILED, "it is off");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-balloon", NULL), TASK_OK, NULL);
	dom = virDomainLookupByName(ops->conn, "t-balloon");
	lab_wait_for(driver_tells, dom, "the balloon driver", 120000);
	ops_expect(ops_run_guest(ops, OP_GUEST_BALLOON, "t-balloon", ARGS("memory", "160 MiB", "stats-period", "3")), TASK_OK,
	        "it has 160 MiB now");
	/* libvirt itself hears of it by an event, that QEMU sends once a second. */
	lab_wait_for(has_160_mib, dom, "160 MiB", 30000);
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, 0);
	g_autofree char *period = op_xml_string(doc, NULL, "string(/domain/devices/memballoon/stats/@period)");
	assert_string_equal(period, "3");
	ops_expect(ops_run_guest(ops, OP_GUEST_BALLOON, "t-balloon", ARGS("memory", "64G")), TASK_FAILED, "at most");
	ops_expect(ops_run_guest(ops, OP_GUEST_BALLOON, "t-balloon", ARGS("memory", "8M")), TASK_FAILED, "no system runs");
	assert_true(has_160_mib(dom));
	virDomainDestroy(dom);
}

static struct plan *plan_of(struct ops *ops, const char *name, const char *memory)
{
	struct obj_ref ref = ops_guest_ref(ops, name);
	struct op_request *request = op_request_new(OP_GUEST_BALLOON, &ref, name);
	g_autoptr(GError) error = NULL;
	struct plan *plan;

	request->args = request->args ? request->args : args_new();
	args_set(request->args, "memory", memory);
	plan = op_row(OP_GUEST_BALLOON)->plan(ops->conn, request, &error);
	assert_null(error);
	op_request_free(request);
	return plan;
}

/* A guest of 64 MiB with nothing to boot. */
static virDomainPtr run_bare(struct ops *ops, const char *name, const char *balloon)
{
	g_autofree char *xml = g_strdup_printf("<domain type='qemu'><name>%s</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>"
	                                       "<os><type arch='x86_64'>hvm</type></os><devices><memballoon model='%s'/></devices>"
	                                       "</domain>",
	        name, balloon);
	virDomainPtr dom = virDomainCreateXML(ops->conn, xml, 0);

	if (!dom)
		fail_msg("%s", virGetLastErrorMessage());
	return dom;
}

/* The firmware has no driver; and libvirt tells nothing of it. */
static void a_guest_that_does_not_follow_is_told(void **state)
{
	struct ops *ops = *state;
	virDomainPtr dom;
	struct plan *plan;

	dom = run_bare(ops, "t-firmware", "virtio");
	plan = plan_of(ops, "t-firmware", "48M");
	assert_null(plan->refused);
	assert_non_null(strstr(plan->notes->pdata[plan->notes->len - 1], "tells nothing"));
	plan_free(plan);
	ops_expect(ops_run_guest(ops, OP_GUEST_BALLOON, "t-firmware", ARGS("memory", "48M")), TASK_WARNING, "stayed at");
	virDomainDestroy(dom);
	virDomainFree(dom);
}

static void a_guest_without_balloon_is_refused(void **state)
{
	struct ops *ops = *state;
	virDomainPtr dom = run_bare(ops, "t-none", "none");
	struct plan *plan;

	plan = plan_of(ops, "t-none", "48M");
	assert_non_null(strstr(plan->refused, "no balloon device"));
	plan_free(plan);
	ops_expect(ops_run_guest(ops, OP_GUEST_BALLOON, "t-none", ARGS("memory", "48M")), TASK_FAILED, "no balloon device");
	virDomainDestroy(dom);
	virDomainFree(dom);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(looks_come_only_while_somebody_looks),
	        cmocka_unit_test(what_only_files_tell_is_read_below_the_root),
	        cmocka_unit_test(libvirt_tells_what_the_files_tell),
	        cmocka_unit_test(a_guest_may_lie_where_libvirt_binds_it),
	        cmocka_unit_test_setup_teardown(ksm_is_set_and_what_cannot_be_is_refused, set_up_ops, ops_tear_down),
	        cmocka_unit_test_setup_teardown(a_guest_follows_its_balloon, set_up_ops, ops_tear_down),
	        cmocka_unit_test_setup_teardown(a_guest_that_does_not_follow_is_told, set_up_ops, ops_tear_down),
	        cmocka_unit_test_setup_teardown(a_guest_without_balloon_is_refused, set_up_ops, ops_tear_down),
	};

	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
