/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks on a real host: a lab where all is well passes, and guests, pools, networks and images that were
 * really spoilt are found.
 */
#define _GNU_SOURCE /* memmem() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/health.h"
#include "backend/op_util.h"
#include "backend/proc.h"
#include "support/counter.h"
#include "support/files.h"
#include "support/images.h"

#define DEADLINE_MS 60000
#define UNIX_DAY (24 * 60 * 60)

static struct lab *lab;
static char *small; /* a file system of its own, 2 MiB; NULL where that cannot be had */

static int start_lab(void **state)
{
	char *dir = g_dir_make_tmp("nvirt-small-XXXXXX", NULL);

	(void)state;
	g_chmod(dir, 0755);
	/* Before the lab, whose mount namespace is made from ours. */
	if (mount("tmpfs", dir, "tmpfs", 0, "size=2m,mode=0755") == 0) {
		small = dir;
	} else {
		g_rmdir(dir);
		g_free(dir);
	}
	lab = lab_start(1);
	return 0;
}

static int stop_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	if (small) {
		umount2(small, MNT_DETACH);
		g_rmdir(small);
		g_clear_pointer(&small, g_free);
	}
	return 0;
}

/* ---- looking -------------------------------------------------------------- */

static struct check_report *look(void)
{
	virConnectPtr conn = lab_connection(lab, "h1");
	g_autofree char *log_dir = g_build_filename(lab_dir(lab), "h1", "log", "qemu", NULL);
	struct health_round round = {.host = 1, .local = true, .log_dir = log_dir,
	        .deadline_us = g_get_monotonic_time() + 40 * G_USEC_PER_SEC};
	struct host_status *status = host_status_new();
	g_autoptr(GError) error = NULL;
	struct check_objects *objects = health_read_objects(conn, &round, &error);
	struct check_storage *storage = health_read_storage(conn, &round);
	struct check_capabilities *can = health_read_capabilities(conn);
	struct check_report *report;

	assert_non_null(objects);
	assert_true(storage->whole);
	status->link = HOST_UP;
	status->uri = g_strdup(lab_uri(lab, "h1"));
	status->cpus = 4;
	status->memory_kib = 8 << 20;
	report = check_run(&(struct check_facts){.status = status, .objects = objects, .storage = storage, .capabilities = can,
	                           .now_unix_s = g_get_real_time() / G_USEC_PER_SEC},
	        1);
	check_objects_unref(objects);
	check_storage_unref(storage);
	host_status_unref(status);
	g_free(can);
	return report;
}

static const struct finding *find(const struct check_report *report, const char *id, const char *object)
{
	for (unsigned i = 0; i < report->findings->len; i++) {
		const struct finding *finding = report->findings->pdata[i];

		if (strcmp(finding->check->id, id) == 0 && g_strcmp0(finding->object, object) == 0)
			return finding;
	}
	return NULL;
}

static void expect(const struct check_report *report, const char *id, enum check_result result, const char *object,
        const char *words)
{
	const struct finding *finding = find(report, id, object);

	if (!finding)
		fail_msg("%s said nothing of %s", id, object ? object : "the host");
	if (finding->result != result || (words && !strstr(finding->evidence, words)))
		fail_msg("%s: %s: %s (wanted %s: …%s…)", id, check_result_word(finding->result), finding->evidence,
		        check_result_word(result), words ? words : "");
	if (result >= CHECK_WARN && !finding->remedy)
		fail_msg("%s names no remedy", id);
}

static void virsh(const char *first, const char *second, const char *third)
{
	lab_do(lab, "virsh", "h1", "-q", first, second, third);
}

static char *in_images(const char *name)
{
	return g_build_filename(lab_dir(lab), "h1", "img", name, NULL);
}

static void define_guest(const char *xml)
{
	virDomainPtr dom = virDomainDefineXML(lab_connection(lab, "h1"), xml);

	if (!dom)
		fail_msg("%s", virGetLastErrorMessage());
	virDomainFree(dom);
}

static void forget_guest(const char *name)
{
	virDomainPtr dom = virDomainLookupByName(lab_connection(lab, "h1"), name);

	virDomainDestroy(dom);
	virDomainUndefineFlags(dom, VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA);
	virDomainFree(dom);
}

/* ---- tests ---------------------------------------------------------------- */

static void a_host_where_all_is_well_passes(void **state)
{
	g_autofree char *disk = in_images("t-well.qcow2"), *xml = NULL;
	struct check_report *report;

	(void)state;
	if (lab_is_system(lab))
		virsh("net-start", "default", NULL);
	g_free(images_command("qemu-img create -q -f qcow2 '%s' 1M", disk));
	g_chmod(disk, 0600);
	xml = g_strdup_printf("<domain type='qemu'><name>t-well</name><memory unit='MiB'>32</memory>"
	                      "<os><type arch='x86_64' machine='q35'>hvm</type></os><clock offset='utc'/><devices>"
	                      "<disk type='file'><driver name='qemu' type='qcow2'/><source file='%s'/><target dev='vda' bus='virtio'/></disk>"
	                      "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
	                      "<graphics type='vnc'><listen type='socket'/></graphics>"
	                      "<memballoon model='virtio'><stats period='5'/></memballoon></devices></domain>", disk);
	define_guest(xml);
	report = look();
	for (unsigned i = 0; i < report->findings->len; i++) {
		const struct finding *finding = report->findings->pdata[i];

		/* How much room the machine that tests has, and which KVM, is its own affair. */
		if (finding->result == CHECK_OK || finding->check->group == CHECK_HOST || finding->check->needs & NEED_MACHINE ||
		        g_str_has_prefix(finding->check->id, "pool.") || g_str_has_prefix(finding->check->id, "libvirt."))
			continue;
		fail_msg("%s: %s: %s", finding->check->id, check_result_word(finding->result), finding->evidence);
	}
	check_report_free(report);
	forget_guest("t-well");
	g_unlink(disk);
}

static void a_badly_made_guest_is_found(void **state)
{
	g_autofree char *disk = in_images("t-bad.qcow2"), *xml = NULL;
	struct check_report *report;

	(void)state;
	g_free(images_command("qemu-img create -q -f qcow2 '%s' 1M", disk));
	xml = g_strdup_printf("<domain type='qemu'><name>t-bad</name><memory unit='MiB'>32</memory>"
	                      "<os><type arch='x86_64' machine='pc'>hvm</type></os><cpu mode='maximum'/>"
	                      "<clock offset='utc'><timer name='hpet' present='yes'/></clock><devices>"
	                      "<disk type='file'><driver name='qemu' type='qcow2' cache='unsafe'/><source file='%s'/><target dev='hda' bus='ide'/></disk>"
	                      "<interface type='user'><mac address='52:54:00:11:22:33'/><model type='e1000'/></interface>"
	                      "<graphics type='vnc' port='5999' autoport='no' listen='0.0.0.0'/>"
	                      "<memballoon model='none'/></devices></domain>", disk);
	define_guest(xml);
	define_guest("<domain type='qemu'><name>t-twin</name><memory unit='MiB'>32</memory>"
	             "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
	             "<interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>"
	             "<graphics type='vnc' port='5998' autoport='no' listen='0.0.0.0' passwd='secret'/>"
	             "<memballoon model='virtio'/></devices></domain>");
	report = look();
	expect(report, "guest.disks", CHECK_NOTE, "t-bad", "hda (ide)");
	expect(report, "disk.cache", CHECK_WARN, "t-bad", "hda");
	expect(report, "guest.nics", CHECK_NOTE, "t-bad", "e1000");
	expect(report, "guest.machine", CHECK_NOTE, "t-bad", "i440fx");
	expect(report, "guest.agent", CHECK_NOTE, "t-bad", "no channel");
	expect(report, "guest.balloon", CHECK_NOTE, "t-bad", "no balloon");
	expect(report, "guest.balloon", CHECK_NOTE, "t-twin", "no stats period");
	expect(report, "guest.cpu", CHECK_NOTE, "t-bad", "maximum");
	expect(report, "guest.clock", CHECK_NOTE, "t-bad", "HPET");
	expect(report, "guest.screen", CHECK_FAIL, "t-bad", "0.0.0.0:5999");
	/* It has a password, and that is not told to anybody. */
	assert_null(find(report, "guest.screen", "t-twin"));
	for (unsigned i = 0; i < report->findings->len; i++)
		assert_null(strstr(((struct finding *)report->findings->pdata[i])->evidence, "secret"));
	if (find(report, "network.mac", "t-twin"))
		expect(report, "network.mac", CHECK_WARN, "t-twin", "52:54:00:11:22:33");
	else
		expect(report, "network.mac", CHECK_WARN, "t-bad", "52:54:00:11:22:33");
	check_report_free(report);
	forget_guest("t-bad");
	forget_guest("t-twin");
	g_unlink(disk);
}

static bool has_crashed(void *data)
{
	return virDomainIsActive(data) == 0;
}

/* By its own number in /proc: the lab's host has others. */
static struct proc_qemu qemu_of(virDomainPtr dom)
{
	g_autoptr(GArray) found = proc_find_qemus();
	uint8_t uuid[VIR_UUID_BUFLEN];

	virDomainGetUUID(dom, uuid);
	for (unsigned i = 0; i < found->len; i++)
		if (memcmp(g_array_index(found, struct proc_qemu, i).uuid, uuid, 16) == 0)
			return g_array_index(found, struct proc_qemu, i);
	fail_msg("its QEMU does not run");
	return (struct proc_qemu){0};
}

/* A signal takes a moment to be acted on. */
static bool is_stopped(void *data)
{
	struct proc_qemu qemu = qemu_of(data);
	struct proc_figures figures;

	return proc_read(qemu.pid, qemu.start, &figures) && figures.stopped;
}

static bool goes_on(void *data)
{
	return !is_stopped(data);
}

static void a_stopped_and_a_killed_qemu_are_found(void **state)
{
	virDomainPtr dom;
	struct check_report *report;

	(void)state;
	lab_do(lab, "define", "h1", "ill", "boot");
	virsh("start", "ill", NULL);
	dom = virDomainLookupByName(lab_connection(lab, "h1"), "ill");
	lab_do(lab, "stop-qemu", "h1", "ill");
	lab_wait_for(is_stopped, dom, "its QEMU to stop", DEADLINE_MS);
	report = look();
	expect(report, "guest.stuck", CHECK_FAIL, "ill", "SIGSTOP");
	check_report_free(report);
	lab_do(lab, "cont-qemu", "h1", "ill");
	lab_wait_for(goes_on, dom, "its QEMU to go on", DEADLINE_MS);
	report = look();
	assert_null(find(report, "guest.stuck", "ill"));
	check_report_free(report);
	kill(qemu_of(dom).pid, SIGKILL);
	lab_wait_for(has_crashed, dom, "the guest to be gone", DEADLINE_MS);
	report = look();
	expect(report, "guest.crashed", CHECK_FAIL, "ill", "crashed");
	check_report_free(report);
	virDomainFree(dom);
	forget_guest("ill");
}

static bool is_paused(void *data)
{
	int state = 0, reason = 0;

	return virDomainGetState(data, &state, &reason, 0) == 0 && state == VIR_DOMAIN_PAUSED && reason == VIR_DOMAIN_PAUSED_IOERROR;
}

static void press_key(virDomainPtr dom)
{
	unsigned key = 57;

	virDomainSendKey(dom, VIR_KEYCODE_SET_LINUX, 50, &key, 1, 0);
}

/* Its disk lies on a file system that is then filled up, to the last byte. */
static void a_guest_paused_by_a_full_disk_is_found(void **state)
{
	g_autofree char *base = in_images("full.qcow2"), *overlay = NULL, *stuffing = NULL, *definition = NULL, *xml = NULL;
	struct counter counter;
	struct ops *ops;
	struct check_report *report;
	g_auto(GStrv) parts = NULL;

	(void)state;
	if (!small)
		skip();
	overlay = g_build_filename(small, "full.qcow2", NULL);
	stuffing = g_build_filename(small, "stuffing", NULL);
	lab_do(lab, "define", "h1", "full", "count");
	definition = lab_run(lab, "virsh", "h1", "dumpxml", "--inactive", "full");
	g_free(images_command("qemu-img create -q -f qcow2 -b '%s' -F qcow2 '%s'", base, overlay));
	parts = g_strsplit(definition, base, 2);
	xml = g_strjoinv(overlay, parts);
	define_guest(xml);
	virsh("start", "full", NULL);
	ops = ops_new(lab_uri(lab, "h1"));
	counter_open(&counter, lab, ops, "full", "count");
	lab_wait_for(counter_is_up, &counter, "the guest to count", DEADLINE_MS);
	g_free(images_command("dd if=/dev/zero of='%s' bs=4k 2>/dev/null || true", stuffing));
	press_key(counter.dom);
	lab_wait_for(is_paused, counter.dom, "the guest to be paused", DEADLINE_MS);
	report = look();
	expect(report, "guest.io-error", CHECK_FAIL, "full", "vda: no space");
	check_report_free(report);
	g_unlink(stuffing);
	virsh("resume", "full", NULL);
	report = look();
	expect(report, "guest.io-error", CHECK_OK, NULL, NULL);
	check_report_free(report);
	counter_close(&counter);
	forget_guest("full");
	g_unlink(overlay);
	void *data = ops;
	ops_tear_down(&data);
}

static void an_old_snapshot_is_found(void **state)
{
	virDomainSnapshotPtr snapshot;
	struct check_report *report;
	virDomainPtr dom;
	g_autofree char *xml = NULL;
	char uuid[VIR_UUID_STRING_BUFLEN];

	(void)state;
	define_guest("<domain type='qemu'><name>t-old</name><memory unit='MiB'>32</memory>"
	             "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain>");
	dom = virDomainLookupByName(lab_connection(lab, "h1"), "t-old");
	virDomainGetUUIDString(dom, uuid);
	xml = g_strdup_printf("<domainsnapshot><name>s1</name><state>shutoff</state><creationTime>%" G_GINT64_FORMAT "</creationTime>"
	                      "<domain type='qemu'><name>t-old</name><uuid>%s</uuid><memory unit='MiB'>32</memory>"
	                      "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain></domainsnapshot>",
	        g_get_real_time() / G_USEC_PER_SEC - 50 * UNIX_DAY, uuid);
	snapshot = virDomainSnapshotCreateXML(dom, xml, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE);
	if (!snapshot)
		fail_msg("%s", virGetLastErrorMessage());
	virDomainSnapshotFree(snapshot);
	report = look();
	expect(report, "guest.snapshots", CHECK_WARN, "t-old", "1 snapshot, the oldest of 50 days");
	check_report_free(report);
	virDomainFree(dom);
	forget_guest("t-old");
}

/* ---- storage -------------------------------------------------------------- */

static void pools_that_are_off_or_full_are_found(void **state)
{
	g_autofree char *stuffing = small ? g_build_filename(small, "stuffing", NULL) : NULL;
	g_autofree char *image = small ? g_build_filename(small, "promise.qcow2", NULL) : NULL;
	struct check_report *report;

	(void)state;
	if (!small)
		skip();
	lab_do(lab, "virsh", "h1", "-q", "pool-define-as", "t-small", "dir", "--target", small);
	virsh("pool-autostart", "t-small", NULL);
	report = look();
	expect(report, "pool.inactive", CHECK_WARN, "t-small", "start with the host");
	check_report_free(report);
	g_free(images_command("qemu-img create -q -f qcow2 '%s' 1G", image));
	g_free(images_command("dd if=/dev/zero of='%s' bs=4k 2>/dev/null || true", stuffing));
	virsh("pool-start", "t-small", NULL);
	report = look();
	expect(report, "pool.full", CHECK_FAIL, "t-small", "100 % full");
	expect(report, "pool.overcommit", CHECK_WARN, "t-small", "of 2.00 MiB");
	assert_null(find(report, "pool.inactive", "t-small"));
	check_report_free(report);
	g_unlink(stuffing);
	g_unlink(image);
	virsh("pool-refresh", "t-small", NULL);
	report = look();
	assert_null(find(report, "pool.full", "t-small"));
	assert_null(find(report, "pool.overcommit", "t-small"));
	check_report_free(report);
	virsh("pool-destroy", "t-small", NULL);
	virsh("pool-undefine", "t-small", NULL);
}

static void define_on(const char *name, const char *image)
{
	g_autofree char *disk = images_disk("vda", image, "qcow2", "");

	images_define(lab_connection(lab, "h1"), name, NULL, disk);
}

/* The header's extension that states the format of what it stands on, made into one that nobody knows. */
static void forget_format(const char *path)
{
	static const char extension[] = {'\xe2', '\x79', '\x2a', '\xca'};
	g_autofree char *bytes = NULL;
	gsize len = 0;
	char *at;

	assert_true(g_file_get_contents(path, &bytes, &len, NULL));
	at = memmem(bytes, len, extension, sizeof extension);
	assert_non_null(at);
	at[0] = '\x12';
	files_write(path, bytes, (gssize)len);
}

static void images_that_were_spoilt_are_found(void **state)
{
	g_autofree char *base = in_images("t-base.qcow2"), *top = in_images("t-top.qcow2"), *lost = in_images("t-lost.qcow2"),
	                *gone = in_images("t-gone.qcow2"), *orphan = in_images("t-orphan.qcow2"), *open = in_images("t-open.qcow2");
	struct check_report *report;

	(void)state;
	g_free(images_command("qemu-img create -q -f qcow2 '%s' 1M", base));
	g_free(images_command("qemu-img create -q -f qcow2 -b '%s' -F qcow2 '%s'", base, top));
	g_free(images_command("qemu-img create -q -f qcow2 '%s' 1M", gone));
	g_free(images_command("qemu-img create -q -f qcow2 -b '%s' -F qcow2 '%s'", gone, orphan));
	g_free(images_command("qemu-img create -q -f qcow2 '%s' 1M", lost));
	g_free(images_command("qemu-img create -q -f qcow2 '%s' 1M", open));
	g_chmod(open, 0666);
	g_chmod(lost, 0600);
	g_unlink(gone);
	define_on("t-master", base);
	define_on("t-clone", top);
	define_on("t-orphan", orphan);
	define_on("t-one", open);
	define_on("t-two", open);
	virsh("pool-refresh", "default", NULL);
	report = look();
	expect(report, "image.writable", CHECK_FAIL, open, "mode 0666");
	assert_null(find(report, "image.writable", lost));
	expect(report, "image.shared", CHECK_FAIL, open, "two guests");
	expect(report, "image.base", CHECK_WARN, base, "a guest may write");
	expect(report, "image.missing", CHECK_FAIL, gone, "missing");
	expect(report, "image.unused", CHECK_NOTE, NULL, NULL);
	assert_null(find(report, "image.format", top));
	check_report_free(report);
	forget_format(top);
	virsh("pool-refresh", "default", NULL);
	report = look();
	expect(report, "image.format", CHECK_WARN, top, "does not state");
	check_report_free(report);
	images_clear(lab_connection(lab, "h1"));
	g_free(images_command("rm '%s' '%s' '%s' '%s' '%s'", base, top, lost, orphan, open));
	virsh("pool-refresh", "default", NULL);
}

static void a_deep_chain_is_found(void **state)
{
	g_autofree char *below = in_images("t-deep0.qcow2");
	struct check_report *report;

	(void)state;
	g_free(images_command("qemu-img create -q -f qcow2 '%s' 1M", below));
	for (unsigned i = 1; i < 10; i++) {
		g_autofree char *name = g_strdup_printf("t-deep%u.qcow2", i), *path = in_images(name);

		g_free(images_command("qemu-img create -q -f qcow2 -b '%s' -F qcow2 '%s'", below, path));
		g_free(below);
		below = g_steal_pointer(&path);
	}
	virsh("pool-refresh", "default", NULL);
	report = look();
	expect(report, "image.depth", CHECK_WARN, below, "on 9 images");
	check_report_free(report);
	g_free(images_command("rm '%s'/h1/img/t-deep*", lab_dir(lab)));
	virsh("pool-refresh", "default", NULL);
}

/* ---- networks ------------------------------------------------------------- */

static void networks_that_are_off_are_found(void **state)
{
	struct check_report *report;

	(void)state;
	if (!lab_is_system(lab))
		skip();
	define_guest("<domain type='qemu'><name>t-net</name><memory unit='MiB'>32</memory>"
	             "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
	             "<interface type='network'><source network='default'/></interface></devices></domain>");
	virsh("net-destroy", "default", NULL);
	report = look();
	expect(report, "network.default", CHECK_WARN, "default", "1 guest on it cannot start");
	check_report_free(report);
	virsh("net-start", "default", NULL);
	report = look();
	expect(report, "network.default", CHECK_OK, NULL, NULL);
	check_report_free(report);
	lab_do(lab, "virsh", "h1", "-q", "net-undefine", "default");
	virsh("net-destroy", "default", NULL);
	report = look();
	expect(report, "network.default", CHECK_WARN, NULL, "there is none");
	check_report_free(report);
	forget_guest("t-net");
}

/* ---- its own files -------------------------------------------------------- */

/* The lab's daemon is open to everybody, on purpose: its configuration says so. */
static void an_open_daemon_is_found_by_its_files(void **state)
{
	g_autofree char *root = g_dir_make_tmp("nvirt-root-XXXXXX", NULL), *etc = g_build_filename(root, "etc", NULL),
	                *run = g_build_filename(root, "run", NULL), *own_etc = g_build_filename(lab_dir(lab), "h1", "etc", NULL),
	                *own_run = g_build_filename(lab_dir(lab), "h1", "run", "libvirt", NULL);
	g_autofree char *etc_link = g_build_filename(etc, "libvirt", NULL), *run_link = g_build_filename(run, "libvirt", NULL);
	const struct health_source source = {.root = root};
	struct host_status *status = host_status_new();
	struct check_machine *machine;
	struct check_report *report;

	(void)state;
	g_mkdir(etc, 0755);
	g_mkdir(run, 0755);
	assert_int_equal(symlink(own_etc, etc_link), 0);
	assert_int_equal(symlink(own_run, run_link), 0);
	machine = health_read_machine(&source);
	status->link = HOST_UP;
	status->local = true;
	report = check_run(&(struct check_facts){.status = status, .machine = machine}, 1);
	expect(report, "libvirt.socket", CHECK_FAIL, NULL, "0777");
	expect(report, "libvirt.daemons", CHECK_OK, NULL, "libvirtd");
	expect(report, "libvirt.limits", CHECK_OK, NULL, NULL);
	check_report_free(report);
	check_machine_unref(machine);
	host_status_unref(status);
	unlink(etc_link);
	unlink(run_link);
	files_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_host_where_all_is_well_passes),
	        cmocka_unit_test(a_badly_made_guest_is_found),
	        cmocka_unit_test(a_stopped_and_a_killed_qemu_are_found),
	        cmocka_unit_test(a_guest_paused_by_a_full_disk_is_found),
	        cmocka_unit_test(an_old_snapshot_is_found),
	        cmocka_unit_test(pools_that_are_off_or_full_are_found),
	        cmocka_unit_test(images_that_were_spoilt_are_found),
	        cmocka_unit_test(a_deep_chain_is_found),
	        cmocka_unit_test(networks_that_are_off_are_found),
	        cmocka_unit_test(an_open_daemon_is_found_by_its_files),
	};

	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
