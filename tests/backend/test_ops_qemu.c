/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations on real QEMU guests: what the test driver can not show. Runs in a
 * lab of its own, or on the host that NVIRT_LAB_URI names (then without what
 * needs the lab: a guest that obeys, a daemon that may be killed).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <libvirt/libvirt-qemu.h>
#include <signal.h>
#include <string.h>

#include "support/lab.h"
#include "support/ops.h"

#define POOL "nvirt-test"

/* One lab for all tests of the group; NULL with NVIRT_LAB_URI. */
static struct lab *lab;

static const char *host_uri(void)
{
	return lab ? lab_uri(lab, "h1") : g_getenv("NVIRT_LAB_URI");
}

static int start_lab(void **state)
{
	(void)state;
	if (!g_getenv("NVIRT_LAB_URI"))
		lab = lab_start(1);
	return 0;
}

static int stop_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	lab = NULL;
	return 0;
}

static char *images(void)
{
	return lab ? g_build_filename(lab_dir(lab), "h1", "nvirt-test", NULL)
	           : g_strdup("/var/lib/libvirt/nvirt-test");
}

static void remove_guests(virConnectPtr conn)
{
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(conn, &doms, 0);

	for (int i = 0; i < n; i++) {
		if (g_str_has_prefix(virDomainGetName(doms[i]), "t-")) {
			virDomainDestroy(doms[i]);
			virDomainUndefineFlags(doms[i], VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
			                | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA | VIR_DOMAIN_UNDEFINE_NVRAM);
		}
		virDomainFree(doms[i]);
	}
	free(doms);
}

static void remove_pool(virConnectPtr conn)
{
	virStoragePoolPtr pool = virStoragePoolLookupByName(conn, POOL);
	virStorageVolPtr *vols = NULL;

	if (!pool)
		return;
	virStoragePoolRefresh(pool, 0);
	int n = virStoragePoolListAllVolumes(pool, &vols, 0);
	for (int i = 0; i < n; i++) {
		virStorageVolDelete(vols[i], 0);
		virStorageVolFree(vols[i]);
	}
	free(vols);
	virStoragePoolDestroy(pool);
	virStoragePoolFree(pool);
}

static int set_up(void **state)
{
	struct ops *ops = ops_new(host_uri());
	g_autofree char *dir = images();
	g_autofree char *xml = g_strdup_printf(
	        "<pool type='dir'><name>" POOL "</name><target><path>%s</path></target></pool>", dir);

	remove_guests(ops->conn);
	remove_pool(ops->conn);
	virStoragePoolPtr pool =
	        virStoragePoolCreateXML(ops->conn, xml, VIR_STORAGE_POOL_CREATE_WITH_BUILD);
	if (!pool)
		fail_msg("%s", virGetLastErrorMessage());
	virStoragePoolFree(pool);
	*state = ops;
	return 0;
}

static int tear_down(void **state)
{
	struct ops *ops = *state;

	remove_guests(ops->conn);
	remove_pool(ops->conn);
	return ops_tear_down(state);
}

/* ---- guests and disks ---- */

static void make_volume(struct ops *ops, const char *name, const char *base)
{
	g_autofree char *dir = images();
	g_autofree char *backing =
	        base ? g_strdup_printf(
	                "<backingStore><path>%s/%s</path><format type='qcow2'/></backingStore>", dir, base)
	             : g_strdup("");
	g_autofree char *xml = g_strdup_printf("<volume><name>%s</name><capacity unit='MiB'>64</capacity>"
					       "<target><format type='qcow2'/></target>%s</volume>",
	        name, backing);
	virStoragePoolPtr pool = virStoragePoolLookupByName(ops->conn, POOL);
	virStorageVolPtr vol = virStorageVolCreateXML(pool, xml, 0);

	if (!vol)
		fail_msg("%s", virGetLastErrorMessage());
	virStorageVolFree(vol);
	virStoragePoolFree(pool);
}

static bool has_volume(struct ops *ops, const char *name)
{
	virStoragePoolPtr pool = virStoragePoolLookupByName(ops->conn, POOL);

	virStoragePoolRefresh(pool, 0);
	virStorageVolPtr vol = virStorageVolLookupByName(pool, name);
	bool there = vol != NULL;
	if (vol)
		virStorageVolFree(vol);
	virStoragePoolFree(pool);
	return there;
}

static char *disk_xml(const char *target, const char *volume, const char *more)
{
	g_autofree char *dir = images();

	return g_strdup_printf("<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
			       "<source file='%s/%s'/><target dev='%s' bus='virtio'/>%s</disk>",
	        dir, volume, target, more);
}

/* A guest whose firmware finds nothing to boot: it runs, and is deaf to ACPI. */
static void define_guest(struct ops *ops, const char *name, const char *devices)
{
	g_autofree char *xml = g_strdup_printf(
	        "<domain type='qemu'><name>%s</name><memory unit='MiB'>64</memory>"
	        "<os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features>"
	        "<devices>%s</devices></domain>",
	        name, devices);
	virDomainPtr dom = virDomainDefineXML(ops->conn, xml);

	if (!dom)
		fail_msg("%s", virGetLastErrorMessage());
	virDomainFree(dom);
}

static void define_with_disk(struct ops *ops, const char *name, const char *volume)
{
	g_autofree char *disk = disk_xml("vda", volume, "");

	make_volume(ops, volume, NULL);
	define_guest(ops, name, disk);
}

static void start_guest(struct ops *ops, const char *name)
{
	ops_expect(ops_run_guest(ops, OP_GUEST_START, name, NULL), TASK_OK, "started");
	assert_int_equal(ops_state_of(ops, name), VIR_DOMAIN_RUNNING);
}

static bool is_abortable(const struct ops_result *result)
{
	return result->abortable;
}

/* ---- power ---- */

static void guest_is_started_paused_reset_and_forced_off(void **state)
{
	struct ops *ops = *state;

	define_with_disk(ops, "t-web", "web.qcow2");
	ops_expect(ops_run_guest(ops, OP_GUEST_RESET, "t-web", NULL), TASK_FAILED, "cannot reset 't-web'");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-web", ARGS("paused", "yes")), TASK_OK, "paused");
	assert_int_equal(ops_state_of(ops, "t-web"), VIR_DOMAIN_PAUSED);
	ops_expect(ops_run_guest(ops, OP_GUEST_RESUME, "t-web", NULL), TASK_OK, "resumed");
	ops_expect(ops_run_guest(ops, OP_GUEST_SUSPEND, "t-web", NULL), TASK_OK, "paused");
	ops_expect(ops_run_guest(ops, OP_GUEST_RESUME, "t-web", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_RESET, "t-web", NULL), TASK_OK, "reset");
	ops_expect(ops_run_guest(ops, OP_GUEST_RENAME, "t-web", ARGS("name", "t-x")), TASK_FAILED, "while it is off");
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "t-web", ARGS("graceful", "yes")), TASK_OK, NULL);
	assert_int_equal(ops_state_of(ops, "t-web"), VIR_DOMAIN_SHUTOFF);
	ops_expect(ops_run_guest(ops, OP_GUEST_RENAME, "t-web", ARGS("name", "t-x")), TASK_OK, "'t-x'");
	assert_int_equal(ops_state_of(ops, "t-x"), VIR_DOMAIN_SHUTOFF);
	ops_expect(ops_run_guest(ops, OP_GUEST_AUTOSTART, "t-x", ARGS("on", "yes")), TASK_OK, "from now on");
	ops_expect(ops_run_guest(ops, OP_GUEST_AUTOSTART, "t-x", ARGS("on", "no")), TASK_OK, "any more");
}

static void shutdown_that_is_ignored_says_so(void **state)
{
	struct ops *ops = *state;

	define_guest(ops, "t-deaf", "");
	start_guest(ops, "t-deaf");
	ops_expect(ops_run_guest(ops, OP_GUEST_SHUTDOWN, "t-deaf", ARGS("timeout", "2")), TASK_FAILED,
	        "did not react to ACPI within 2 s; force off with D");
	assert_int_equal(ops_state_of(ops, "t-deaf"), VIR_DOMAIN_RUNNING);
	ops_expect(ops_run_guest(ops, OP_GUEST_SHUTDOWN, "t-deaf", ARGS("mode", "agent")), TASK_FAILED,
	        "agent is not configured. The guest has no agent channel: use ACPI");
	ops_expect(ops_run_guest(ops, OP_GUEST_SHUTDOWN, "t-deaf", ARGS("timeout", "0")), TASK_OK, "not waited for");
	ops_expect(ops_run_guest(ops, OP_GUEST_SHUTDOWN, "t-deaf", ARGS("timeout", "2", "then-force", "yes")),
	        TASK_WARNING, "was forced off");
	assert_int_equal(ops_state_of(ops, "t-deaf"), VIR_DOMAIN_SHUTOFF);
}

static void waiting_for_a_shutdown_can_be_given_up(void **state)
{
	struct ops *ops = *state;
	struct ops_result result = {.progress = -1};

	define_guest(ops, "t-deaf", "");
	start_guest(ops, "t-deaf");
	struct obj_ref ref = ops_guest_ref(ops, "t-deaf");
	g_autofree char *id =
	        ops_submit(ops, OP_GUEST_SHUTDOWN, &ref, "t-deaf", ARGS("mode", "acpi", "timeout", "3600"));
	ops_await(ops, id, &result, is_abortable);
	workers_abort(ops->workers, id);
	ops_await(ops, id, &result, NULL);
	ops_expect(result, TASK_ABORTED, "the request stands");
	assert_int_equal(ops_state_of(ops, "t-deaf"), VIR_DOMAIN_RUNNING);
}

/* ---- what keeps a guest from starting ---- */

static void locked_disk_names_the_guest_that_has_it(void **state)
{
	struct ops *ops = *state;
	g_autofree char *disk = disk_xml("vda", "one.qcow2", "");

	define_with_disk(ops, "t-one", "one.qcow2");
	define_guest(ops, "t-two", disk);
	start_guest(ops, "t-one");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-two", NULL), TASK_FAILED, "It is in use: disk vda of 't-one'");
}

static void missing_disk_is_named(void **state)
{
	struct ops *ops = *state;
	g_autofree char *disk = disk_xml("vda", "nowhere.qcow2", "");

	define_guest(ops, "t-lost", disk);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-lost", NULL), TASK_FAILED, "nowhere.qcow2': put it back");
}

/* ---- saving ---- */

static void managed_save_comes_back_or_is_discarded(void **state)
{
	struct ops *ops = *state;

	define_with_disk(ops, "t-web", "web.qcow2");
	start_guest(ops, "t-web");
	ops_expect(ops_run_guest(ops, OP_GUEST_MANAGED_SAVE, "t-web", ARGS("paused", "yes")), TASK_OK, "paused");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-web", NULL), TASK_OK, "started, paused");
	ops_expect(ops_run_guest(ops, OP_GUEST_MANAGED_SAVE, "t-web", NULL), TASK_OK, NULL);
	struct ops_result result = ops_run_guest(ops, OP_GUEST_START, "t-web", ARGS("force-boot", "yes"));
	assert_non_null(strstr(result.log, "is discarded"));
	ops_expect(result, TASK_OK, "started");
	ops_expect(ops_run_guest(ops, OP_GUEST_MANAGED_SAVE_REMOVE, "t-web", NULL), TASK_FAILED, "it has none");
}

static void guest_is_saved_to_a_file_and_restored(void **state)
{
	struct ops *ops = *state;
	struct obj_ref host = ops_host_ref();
	g_autofree char *dir = images();
	g_autofree char *file = g_build_filename(dir, "saved", NULL);

	define_with_disk(ops, "t-web", "web.qcow2");
	start_guest(ops, "t-web");
	g_autofree char *disk = g_build_filename(dir, "web.qcow2", NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_SAVE, "t-web", ARGS("file", disk)), TASK_FAILED, "overwritten");
	ops_expect(ops_run(ops, OP_GUEST_RESTORE, &host, "h", ARGS("file", file)), TASK_FAILED, "No such file");
	ops_expect(ops_run_guest(ops, OP_GUEST_SAVE, "t-web", ARGS("file", file)), TASK_OK, file);
	assert_int_equal(ops_state_of(ops, "t-web"), VIR_DOMAIN_SHUTOFF);
	ops_expect(ops_run(ops, OP_GUEST_RESTORE, &host, "h", ARGS("file", disk)), TASK_FAILED, "cannot restore");
	ops_expect(ops_run(ops, OP_GUEST_RESTORE, &host, "h", ARGS("file", file, "paused", "yes")), TASK_OK, "stays");
	assert_int_equal(ops_state_of(ops, "t-web"), VIR_DOMAIN_PAUSED);
	ops_expect(ops_run(ops, OP_GUEST_RESTORE, &host, "h", ARGS("file", file)), TASK_FAILED, "is running");
	ops_expect(ops_run_guest(ops, OP_GUEST_SAVE, "t-web", ARGS("file", file)), TASK_FAILED, "overwritten");
}

/* ---- undefine ---- */

static void undefine_refuses_files_that_others_need(void **state)
{
	struct ops *ops = *state;
	g_autofree char *own = disk_xml("vda", "own.qcow2", "");
	g_autofree char *base = disk_xml("vdb", "base.qcow2", "");
	g_autofree char *shared = disk_xml("vdc", "shared.qcow2", "");
	g_autofree char *medium = disk_xml("vdd", "medium.qcow2", "<readonly/>");
	g_autofree char *all = g_strconcat(own, base, shared, medium, NULL);
	g_autofree char *others = disk_xml("vda", "shared.qcow2", "");

	make_volume(ops, "own.qcow2", NULL);
	make_volume(ops, "base.qcow2", NULL);
	make_volume(ops, "clone.qcow2", "base.qcow2");
	make_volume(ops, "shared.qcow2", NULL);
	make_volume(ops, "medium.qcow2", NULL);
	define_guest(ops, "t-web", all);
	define_guest(ops, "t-other", others);

	struct plan *plan = ops_plan_of(ops, "t-web");
	assert_null(plan->refused);
	const struct plan_item *item = ops_item_of(plan, "disk:vda");
	assert_null(item->refused);
	assert_false(item->chosen);
	assert_non_null(strstr(item->note, "qcow2"));
	assert_non_null(strstr(item->note, "in pool '" POOL "'"));
	assert_non_null(strstr(ops_item_of(plan, "disk:vdb")->refused, "'clone.qcow2'"));
	assert_non_null(strstr(ops_item_of(plan, "disk:vdc")->refused, "vda of 't-other'"));
	assert_non_null(strstr(ops_item_of(plan, "disk:vdd")->refused, "read-only"));
	plan_free(plan);

	/* One that may not go keeps everything as it is. */
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "t-web", ARGS("remove", "disk:vda\ndisk:vdb")), TASK_FAILED,
	        "'clone.qcow2'");
	assert_int_equal(ops_state_of(ops, "t-web"), VIR_DOMAIN_SHUTOFF);
	assert_true(has_volume(ops, "own.qcow2"));

	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "t-web", ARGS("remove", "disk:vda")), TASK_OK,
	        "1 file deleted");
	assert_int_equal(ops_state_of(ops, "t-web"), -1);
	assert_false(has_volume(ops, "own.qcow2"));
	assert_true(has_volume(ops, "base.qcow2"));
	assert_true(has_volume(ops, "shared.qcow2"));
	assert_true(has_volume(ops, "medium.qcow2"));
}

static void disk_that_changed_after_the_plan_is_not_deleted(void **state)
{
	struct ops *ops = *state;
	g_autofree char *disk = disk_xml("vda", "other.qcow2", "");

	define_with_disk(ops, "t-web", "web.qcow2");
	plan_free(ops_plan_of(ops, "t-web"));
	virDomainPtr dom = virDomainLookupByName(ops->conn, "t-web");
	make_volume(ops, "other.qcow2", NULL);
	assert_int_equal(virDomainUpdateDeviceFlags(dom, disk, VIR_DOMAIN_AFFECT_CONFIG), 0);
	virDomainFree(dom);
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "t-web", ARGS("remove", "disk:vda")), TASK_FAILED,
	        "by now: look again");
	assert_true(has_volume(ops, "other.qcow2"));
	plan_free(ops_plan_of(ops, "t-web"));
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "t-web", ARGS("remove", "disk:vda")), TASK_OK, NULL);
	assert_false(has_volume(ops, "other.qcow2"));
	assert_true(has_volume(ops, "web.qcow2"));
}

static void clone_made_by_hand_after_the_plan_saves_its_base(void **state)
{
	struct ops *ops = *state;

	if (!lab || !lab_is_system(lab))
		skip();
	define_with_disk(ops, "t-web", "web.qcow2");
	struct plan *plan = ops_plan_of(ops, "t-web");
	assert_null(ops_item_of(plan, "disk:vda")->refused);
	plan_free(plan);
	g_autofree char *dir = images();
	g_autofree char *base = g_build_filename(dir, "web.qcow2", NULL);
	g_autofree char *clone = g_build_filename(dir, "byhand.qcow2", NULL);
	lab_do(lab, "exec", "h1", "qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, clone);
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "t-web", ARGS("remove", "disk:vda")), TASK_FAILED,
	        "'byhand.qcow2'");
	assert_true(has_volume(ops, "web.qcow2"));
}

static void file_in_no_pool_is_deleted_through_a_lent_one(void **state)
{
	struct ops *ops = *state;
	virStoragePoolPtr pool = virStoragePoolLookupByName(ops->conn, POOL);

	define_with_disk(ops, "t-web", "web.qcow2");
	assert_int_equal(virStoragePoolDestroy(pool), 0);
	virStoragePoolFree(pool);
	struct plan *plan = ops_plan_of(ops, "t-web");
	assert_null(ops_item_of(plan, "disk:vda")->refused);
	assert_non_null(strstr(ops_item_of(plan, "disk:vda")->note, "in no pool"));
	plan_free(plan);
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "t-web", ARGS("remove", "disk:vda")), TASK_OK, "1 file deleted");
	/* The lent pool is gone again. */
	assert_int_equal(virConnectNumOfStoragePools(ops->conn), lab ? 1 : virConnectNumOfStoragePools(ops->conn));
}

static void snapshots_are_agreed_to_and_their_guest_undefined(void **state)
{
	struct ops *ops = *state;

	define_with_disk(ops, "t-web", "web.qcow2");
	virDomainPtr dom = virDomainLookupByName(ops->conn, "t-web");
	virDomainSnapshotPtr snapshot =
	        virDomainSnapshotCreateXML(dom, "<domainsnapshot><name>s1</name></domainsnapshot>", 0);
	assert_non_null(snapshot);
	virDomainSnapshotFree(snapshot);
	virDomainFree(dom);
	struct plan *plan = ops_plan_of(ops, "t-web");
	assert_true(ops_item_of(plan, "snapshots")->required);
	plan_free(plan);
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "t-web", NULL), TASK_FAILED, "not agreed to");
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "t-web", ARGS("remove", "snapshots")), TASK_OK, "its disks stay");
	assert_true(has_volume(ops, "web.qcow2"));
}

/* ---- lab only: a guest that obeys, a daemon that dies ---- */

static bool agent_answers(void *data)
{
	virDomainPtr dom = data;
	char *answer = virDomainQemuAgentCommand(dom, "{\"execute\":\"guest-ping\"}", 2, 0);
	bool alive = answer != NULL;

	free(answer);
	return alive;
}

static void wait_agent(struct ops *ops, const char *name)
{
	virDomainPtr dom = virDomainLookupByName(ops->conn, name);

	lab_wait_for(agent_answers, dom, "the agent", 120000);
	virDomainFree(dom);
}

static void need_network(struct ops *ops)
{
	virNetworkPtr network = virNetworkLookupByName(ops->conn, "default");

	if (network && virNetworkIsActive(network) == 0 && virNetworkCreate(network) < 0)
		fail_msg("%s", virGetLastErrorMessage());
	if (network)
		virNetworkFree(network);
}

static void guest_that_obeys_reboots_and_shuts_down(void **state)
{
	struct ops *ops = *state;

	if (!lab)
		skip();
	need_network(ops);
	lab_do(lab, "define", "h1", "t-linux", "linux");
	start_guest(ops, "t-linux");
	wait_agent(ops, "t-linux");
	ops_expect(ops_run_guest(ops, OP_GUEST_REBOOT, "t-linux", ARGS("mode", "acpi")), TASK_OK, "rebooted");
	wait_agent(ops, "t-linux");
	ops_expect(ops_run_guest(ops, OP_GUEST_SHUTDOWN, "t-linux", NULL), TASK_OK, "shut down");
	start_guest(ops, "t-linux");
	wait_agent(ops, "t-linux");
	ops_expect(ops_run_guest(ops, OP_GUEST_SHUTDOWN, "t-linux", ARGS("mode", "acpi")), TASK_OK, "shut down");
	assert_int_equal(ops_state_of(ops, "t-linux"), VIR_DOMAIN_SHUTOFF);
}

static bool is_unknown(const struct ops_result *result)
{
	return result->unknown;
}

static void task_of_a_killed_daemon_is_unknown_and_settled_by_looking(void **state)
{
	struct ops *ops = *state;
	struct ops_result result = {.progress = -1};

	if (!lab)
		skip();
	define_guest(ops, "t-deaf", "");
	start_guest(ops, "t-deaf");
	struct obj_ref ref = ops_guest_ref(ops, "t-deaf");
	g_autofree char *id = ops_submit(ops, OP_GUEST_SHUTDOWN, &ref, "t-deaf", ARGS("timeout", "3600"));
	ops_await(ops, id, &result, is_abortable);
	lab_do(lab, "kill9", "h1");
	ops_await(ops, id, &result, is_unknown);
	lab_do(lab, "restart", "h1");
	workers_set_host(ops->workers, OPS_HOST, ops->uri, false, "the host");
	ops_await(ops, id, &result, NULL);
	ops_expect(result, TASK_FAILED, "it still runs");
	conn_close(ops->conn);
	ops->conn = conn_open(ops->uri, false, NULL);
	assert_int_equal(ops_state_of(ops, "t-deaf"), VIR_DOMAIN_RUNNING);
}

static void settling_can_be_given_up(void **state)
{
	struct ops *ops = *state;
	struct ops_result result = {.progress = -1};

	if (!lab)
		skip();
	define_guest(ops, "t-deaf", "");
	start_guest(ops, "t-deaf");
	struct obj_ref ref = ops_guest_ref(ops, "t-deaf");
	g_autofree char *id = ops_submit(ops, OP_GUEST_SHUTDOWN, &ref, "t-deaf", ARGS("timeout", "3600"));
	ops_await(ops, id, &result, is_abortable);
	lab_do(lab, "kill9", "h1");
	ops_await(ops, id, &result, is_unknown);
	workers_abort(ops->workers, id);
	ops_await(ops, id, &result, NULL);
	ops_expect(result, TASK_WARNING, "can not be told");
	lab_do(lab, "restart", "h1");
	conn_close(ops->conn);
	ops->conn = conn_open(ops->uri, false, NULL);
	assert_non_null(ops->conn);
}

/* Fills the guest's memory, so that saving it takes a while. */
static bool filled(void *data)
{
	char *answer = virDomainQemuAgentCommand(data,
	        "{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"/bin/sh\",\"arg\":[\"-c\","
	        "\"dd if=/dev/urandom of=/fill bs=1M count=600\"]}}",
	        10, 0);
	bool ok = answer != NULL;

	free(answer);
	return ok;
}

static bool big_enough(void *data)
{
	virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
	int n = virDomainMemoryStats(data, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0);

	for (int i = 0; i < n; i++)
		if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_RSS)
			return stats[i].val > 600 * 1024;
	return false;
}

static struct ops_result abort_managed_save(struct ops *ops, const char *name)
{
	struct ops_result result = {.progress = -1};
	struct obj_ref ref = ops_guest_ref(ops, name);
	g_autofree char *id = ops_submit(ops, OP_GUEST_MANAGED_SAVE, &ref, name, NULL);

	ops_await(ops, id, &result, is_abortable);
	workers_abort(ops->workers, id);
	ops_await(ops, id, &result, NULL);
	return result;
}

static void managed_save_shows_progress_and_can_be_aborted(void **state)
{
	struct ops *ops = *state;
	struct ops_result result = {.progress = -1};

	if (!lab)
		skip();
	need_network(ops);
	lab_do(lab, "define", "h1", "t-big", "linux", "1024");
	start_guest(ops, "t-big");
	wait_agent(ops, "t-big");
	virDomainPtr dom = virDomainLookupByName(ops->conn, "t-big");
	assert_true(filled(dom));
	lab_wait_for(big_enough, dom, "a full memory", 120000);
	virDomainFree(dom);
	result = abort_managed_save(ops, "t-big");
	/* On a loaded machine the word may come when all is written already: that is no abort then. */
	for (int again = 0; again < 5 && result.state == TASK_OK; again++) {
		start_guest(ops, "t-big");
		result = abort_managed_save(ops, "t-big");
	}
	ops_expect(result, TASK_ABORTED, "canceled by client");
	assert_int_equal(ops_state_of(ops, "t-big"), VIR_DOMAIN_RUNNING);

	result = ops_run_guest(ops, OP_GUEST_MANAGED_SAVE, "t-big", NULL);
	assert_true(result.progress >= 0 && result.progress <= 1);
	ops_expect(result, TASK_OK, "saved");
	assert_int_equal(ops_state_of(ops, "t-big"), VIR_DOMAIN_SHUTOFF);
}

static void stopped_network_says_who_is_cut_off(void **state)
{
	struct ops *ops = *state;

	if (!lab || !lab_is_system(lab))
		skip();
	need_network(ops);
	struct obj_ref ref = ops_network_ref(ops, "default");
	define_guest(ops, "t-net", "<interface type='network'><source network='default'/></interface>");
	start_guest(ops, "t-net");
	ops_expect(ops_run(ops, OP_NETWORK_STOP, &ref, "default", NULL), TASK_WARNING, "1 network card");
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "t-net", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-net", NULL), TASK_FAILED, "Start that network first");
	ops_expect(ops_run(ops, OP_NETWORK_START, &ref, "default", NULL), TASK_OK, "started");
	ops_expect(ops_run(ops, OP_NETWORK_AUTOSTART, &ref, "default", ARGS("on", "yes")), TASK_OK, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(guest_is_started_paused_reset_and_forced_off),
		TEST(shutdown_that_is_ignored_says_so),
		TEST(waiting_for_a_shutdown_can_be_given_up),
		TEST(locked_disk_names_the_guest_that_has_it),
		TEST(missing_disk_is_named),
		TEST(managed_save_comes_back_or_is_discarded),
		TEST(guest_is_saved_to_a_file_and_restored),
		TEST(undefine_refuses_files_that_others_need),
		TEST(disk_that_changed_after_the_plan_is_not_deleted),
		TEST(clone_made_by_hand_after_the_plan_saves_its_base),
		TEST(file_in_no_pool_is_deleted_through_a_lent_one),
		TEST(snapshots_are_agreed_to_and_their_guest_undefined),
		TEST(guest_that_obeys_reboots_and_shuts_down),
		TEST(managed_save_shows_progress_and_can_be_aborted),
		TEST(stopped_network_says_who_is_cut_off),
		TEST(task_of_a_killed_daemon_is_unknown_and_settled_by_looking),
		TEST(settling_can_be_given_up),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
