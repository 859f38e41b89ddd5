/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of guests on a real host: each is made to fail by a guest that really is so, and passes without it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "backend/proc.h"
#include "support/checks.h"
#include "support/counter.h"
#include "support/files.h"
#include "support/images.h"

#define DEADLINE_MS 60000
#define UNIX_HOUR (60 * 60)
#define UNIX_DAY (24 * 60 * 60)
#define PLAIN(name) "<domain type='qemu'><name>" name "</name>" PLAIN_REST
#define PLAIN_REST                                                                                           \
	"<memory unit='MiB'>32</memory><os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain>"

static void a_badly_made_guest_is_found(void **state)
{
	g_autofree char *disk = checks_image("t-bad.qcow2"), *xml = NULL;
	struct check_report *report;

	(void)state;
	g_free(images_command("qemu-img create -q -f qcow2 '%s' 1M", disk));
	xml = g_strdup_printf("<domain type='qemu'><name>t-bad</name><memory unit='MiB'>32</memory>"
	                      "<os><type arch='x86_64' machine='pc'>hvm</type></os><cpu mode='maximum'/>"
	                      "<clock offset='utc'><timer name='hpet' present='yes'/></clock><devices>"
	                      "<disk type='file'><driver name='qemu' type='qcow2'/><source file='%s'/><target dev='hda' bus='ide'/></disk>"
	                      "<interface type='user'><mac address='52:54:00:11:22:33'/><model type='e1000'/></interface>"
	                      "<graphics type='vnc' port='5999' autoport='no' listen='0.0.0.0'/>"
	                      "<memballoon model='none'/></devices></domain>", disk);
	checks_define(xml);
	checks_define("<domain type='qemu'><name>t-twin</name><memory unit='MiB'>32</memory>"
	             "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
	             "<interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>"
	             "<graphics type='vnc' port='5998' autoport='no' listen='0.0.0.0' passwd='secret'/>"
	             "<memballoon model='virtio'/></devices></domain>");
	report = checks_look();
	checks_expect(report, "guest.disks", CHECK_NOTE, "t-bad", "hda (ide)");
	checks_expect(report, "guest.nics", CHECK_NOTE, "t-bad", "e1000");
	checks_expect(report, "guest.machine", CHECK_NOTE, "t-bad", "i440fx");
	checks_expect(report, "guest.agent", CHECK_NOTE, "t-bad", "no channel");
	checks_expect(report, "guest.balloon", CHECK_NOTE, "t-bad", "no balloon");
	checks_expect(report, "guest.balloon", CHECK_NOTE, "t-twin", "no stats period");
	checks_expect(report, "guest.cpu", CHECK_NOTE, "t-bad", "maximum");
	checks_expect(report, "guest.clock", CHECK_NOTE, "t-bad", "HPET");
	checks_expect(report, "guest.screen", CHECK_FAIL, "t-bad", "0.0.0.0:5999");
	/* It has a password, and that is not told to anybody. */
	checks_expect_none(report, "guest.screen", "t-twin");
	for (unsigned i = 0; i < report->findings->len; i++)
		assert_null(strstr(((struct finding *)report->findings->pdata[i])->evidence, "secret"));
	check_report_free(report);
	checks_forget("t-bad");
	checks_forget("t-twin");
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
	lab_do(checks_lab, "define", "h1", "ill", "boot");
	checks_virsh("start", "ill");
	dom = virDomainLookupByName(lab_connection(checks_lab, "h1"), "ill");
	lab_do(checks_lab, "stop-qemu", "h1", "ill");
	lab_wait_for(is_stopped, dom, "its QEMU to stop", DEADLINE_MS);
	report = checks_look();
	checks_expect(report, "guest.stuck", CHECK_FAIL, "ill", "SIGSTOP");
	check_report_free(report);
	lab_do(checks_lab, "cont-qemu", "h1", "ill");
	lab_wait_for(goes_on, dom, "its QEMU to go on", DEADLINE_MS);
	report = checks_look();
	checks_expect_none(report, "guest.stuck", "ill");
	check_report_free(report);
	kill(qemu_of(dom).pid, SIGKILL);
	lab_wait_for(has_crashed, dom, "the guest to be gone", DEADLINE_MS);
	report = checks_look();
	checks_expect(report, "guest.crashed", CHECK_FAIL, "ill", "crashed");
	check_report_free(report);
	virDomainFree(dom);
	checks_forget("ill");
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
	g_autofree char *base = checks_image("full.qcow2"), *overlay = NULL, *stuffing = NULL, *definition = NULL, *xml = NULL;
	struct counter counter;
	struct ops *ops;
	struct check_report *report;
	g_auto(GStrv) parts = NULL;

	(void)state;
	if (!checks_small)
		skip();
	overlay = g_build_filename(checks_small, "full.qcow2", NULL);
	stuffing = g_build_filename(checks_small, "stuffing", NULL);
	lab_do(checks_lab, "define", "h1", "full", "count");
	definition = lab_run(checks_lab, "virsh", "h1", "dumpxml", "--inactive", "full");
	g_free(images_command("qemu-img create -q -f qcow2 -b '%s' -F qcow2 '%s'", base, overlay));
	parts = g_strsplit(definition, base, 2);
	xml = g_strjoinv(overlay, parts);
	checks_define(xml);
	checks_virsh("start", "full");
	ops = ops_new(lab_uri(checks_lab, "h1"));
	counter_open(&counter, checks_lab, ops, "full", "count");
	lab_wait_for(counter_is_up, &counter, "the guest to count", DEADLINE_MS);
	g_free(images_command("dd if=/dev/zero of='%s' bs=4k 2>/dev/null || true", stuffing));
	press_key(counter.dom);
	lab_wait_for(is_paused, counter.dom, "the guest to be paused", DEADLINE_MS);
	report = checks_look();
	checks_expect(report, "guest.io-error", CHECK_FAIL, "full", "vda: no space");
	check_report_free(report);
	g_unlink(stuffing);
	checks_virsh("resume", "full");
	report = checks_look();
	checks_expect(report, "guest.io-error", CHECK_OK, NULL, NULL);
	check_report_free(report);
	counter_close(&counter);
	checks_forget("full");
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
	checks_define("<domain type='qemu'><name>t-old</name><memory unit='MiB'>32</memory>"
	             "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain>");
	dom = virDomainLookupByName(lab_connection(checks_lab, "h1"), "t-old");
	virDomainGetUUIDString(dom, uuid);
	xml = g_strdup_printf("<domainsnapshot><name>s1</name><state>shutoff</state><creationTime>%" G_GINT64_FORMAT "</creationTime>"
	                      "<domain type='qemu'><name>t-old</name><uuid>%s</uuid><memory unit='MiB'>32</memory>"
	                      "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain></domainsnapshot>",
	        g_get_real_time() / G_USEC_PER_SEC - 50 * UNIX_DAY, uuid);
	snapshot = virDomainSnapshotCreateXML(dom, xml, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE);
	if (!snapshot)
		fail_msg("%s", virGetLastErrorMessage());
	virDomainSnapshotFree(snapshot);
	report = checks_look();
	checks_expect(report, "guest.snapshots", CHECK_WARN, "t-old", "1 snapshot, the oldest of 50 days");
	check_report_free(report);
	virDomainFree(dom);
	checks_forget("t-old");
}

static void start_paused(const char *name)
{
	checks_virsh("start", "--paused", name);
}

static bool has_no_job(void *data)
{
	virDomainJobInfo info;

	return virDomainGetJobInfo(data, &info) == 0 && info.type == VIR_DOMAIN_JOB_NONE;
}

/* A backup that others fetch ends when it is told to, and not before. */
static void a_job_that_nobody_ends_is_found(void **state)
{
	g_autofree char *file = g_build_filename(lab_dir(checks_lab), "h1", "tmp", "backup.xml", NULL);
	g_autofree char *xml = g_strdup_printf("<domainbackup mode='pull'><server transport='unix' socket='%s.sock'/></domainbackup>",
	        file);
	struct check_report *report;
	virDomainPtr dom;

	(void)state;
	lab_do(checks_lab, "define", "h1", "t-busy", "boot");
	start_paused("t-busy");
	files_write(file, xml, -1);
	checks_virsh("backup-begin", "t-busy", file);
	report = checks_look();
	checks_expect_none(report, "guest.job", "t-busy");
	check_report_free(report);
	report = checks_look_later(2 * UNIX_HOUR);
	checks_expect(report, "guest.job", CHECK_WARN, "t-busy", "has run for 02:00:0");
	check_report_free(report);
	checks_virsh("domjobabort", "t-busy");
	dom = virDomainLookupByName(lab_connection(checks_lab, "h1"), "t-busy");
	lab_wait_for(has_no_job, dom, "the backup to be gone", DEADLINE_MS);
	virDomainFree(dom);
	report = checks_look_later(2 * UNIX_HOUR);
	checks_expect(report, "guest.job", CHECK_OK, NULL, NULL);
	check_report_free(report);
	checks_forget("t-busy");
}

static void a_guest_that_always_runs_is_found(void **state)
{
	struct check_report *report;

	(void)state;
	checks_define(PLAIN("t-always"));
	start_paused("t-always");
	report = checks_look();
	checks_expect_none(report, "guest.autostart", "t-always");
	check_report_free(report);
	report = checks_look_later(9 * UNIX_DAY);
	checks_expect(report, "guest.autostart", CHECK_NOTE, "t-always", "has run for 9 days");
	check_report_free(report);
	checks_virsh("autostart", "t-always");
	report = checks_look_later(9 * UNIX_DAY);
	checks_expect(report, "guest.autostart", CHECK_OK, NULL, NULL);
	check_report_free(report);
	checks_forget("t-always");
}

/* Together they may take more than there is; none of them touches it. */
static void guests_that_take_more_than_there_is_are_found(void **state)
{
	struct check_report *report;
	virNodeInfo node;

	(void)state;
	assert_int_equal(virNodeGetInfo(lab_connection(checks_lab, "h1"), &node), 0);
	for (unsigned i = 0; i < 2; i++) {
		/* One alone might be refused by the kernel. */
		g_autofree char *xml = g_strdup_printf("<domain type='qemu'><name>t-big%u</name><memory>%lu</memory><vcpu>%u</vcpu>"
		                                       "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain>",
		        i, node.memory / 10 * 6, MIN(2 * node.cpus + 1, 250));
		g_autofree char *name = g_strdup_printf("t-big%u", i);

		checks_define(xml);
		start_paused(name);
	}
	report = checks_look();
	checks_expect(report, "memory.overcommit", CHECK_WARN, NULL, "1.2 times what there is");
	checks_expect(report, "guest.limit", CHECK_NOTE, NULL, "2 running guests have no memory limit");
	checks_expect(report, "cpu.overcommit", CHECK_WARN, "t-big0", "the host only");
	check_report_free(report);
	checks_forget("t-big0");
	checks_forget("t-big1");
	report = checks_look();
	checks_expect(report, "memory.overcommit", CHECK_OK, NULL, NULL);
	checks_expect(report, "guest.limit", CHECK_OK, NULL, NULL);
	checks_expect(report, "cpu.overcommit", CHECK_OK, NULL, NULL);
	check_report_free(report);
}

/* ---- what libvirt itself would refuse: as it is found after its daemon was away ---- */

static char *definition_file(const char *name)
{
	g_autofree char *file = g_strconcat(name, ".xml", NULL);

	return g_build_filename(lab_dir(checks_lab), "h1", "etc", "qemu", file, NULL);
}

/* The first call after its daemon was killed may be the one that finds a connection dead. */
static bool answers(void *data)
{
	virNodeInfo node;

	(void)data;
	return virNodeGetInfo(lab_connection(checks_lab, "h1"), &node) == 0;
}

/* `xml` NULL: without that file. */
static void restart_with(const char *name, const char *xml)
{
	g_autofree char *path = definition_file(name);

	lab_do(checks_lab, "kill9", "h1");
	if (xml)
		files_write(path, xml, -1);
	else
		g_unlink(path);
	lab_do(checks_lab, "restart", "h1");
	lab_wait_for(answers, NULL, "the daemon to answer", DEADLINE_MS);
}

/* The lab's host has no /dev/kvm: as after an upgrade that lost the module. */
static void a_guest_that_lost_kvm_is_found(void **state)
{
	struct check_report *report;

	(void)state;
	restart_with("t-kvm", "<domain type='kvm'><name>t-kvm</name>" PLAIN_REST);
	report = checks_look();
	checks_expect(report, "guest.accelerator", CHECK_WARN, "t-kvm", "asks for KVM, which does not work here");
	check_report_free(report);
	checks_forget("t-kvm");
	report = checks_look();
	checks_expect(report, "guest.accelerator", CHECK_OK, NULL, NULL);
	check_report_free(report);
}

/* Longer than what libvirt's messages carry: it is known, and nobody can have its definition. */
static void a_definition_that_cannot_be_read_is_found(void **state)
{
	g_autofree char *words = g_strnfill(5 * 1024 * 1024, 'x');
	g_autofree char *xml = g_strdup_printf("<domain type='qemu'><name>t-long</name><description>%s</description>" PLAIN_REST, words);
	struct check_report *report;

	(void)state;
	restart_with("t-long", xml);
	report = checks_look();
	checks_expect(report, "guest.definition", CHECK_UNKNOWN, "t-long", "cannot be read");
	/* It is all that this one says. */
	checks_note("guest.definition", CHECK_FAIL);
	check_report_free(report);
	checks_forget("t-long");
	report = checks_look();
	checks_expect(report, "guest.definition", CHECK_OK, NULL, NULL);
	check_report_free(report);
}

/* Never undefined: that is what the check warns of. Its file goes, and the daemon forgets it. */
static void a_guest_called_like_a_directory_is_found(void **state)
{
	struct check_report *report;

	(void)state;
	restart_with(".", PLAIN("."));
	report = checks_look();
	checks_expect(report, "guest.name", CHECK_FAIL, ".", "called like a directory");
	check_report_free(report);
	restart_with(".", NULL);
	report = checks_look();
	checks_expect(report, "guest.name", CHECK_OK, NULL, NULL);
	check_report_free(report);
}

static void each_check_of_guests_has_failed_and_passed(void **state)
{
	(void)state;
	if (!checks_small)
		checks_excuse("guest.io-error");
	checks_assert_all_seen(CHECKS_OF_GUESTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(checks_a_well_host_passes),
	        cmocka_unit_test(a_badly_made_guest_is_found),
	        cmocka_unit_test(a_stopped_and_a_killed_qemu_are_found),
	        cmocka_unit_test(a_guest_paused_by_a_full_disk_is_found),
	        cmocka_unit_test(an_old_snapshot_is_found),
	        cmocka_unit_test(a_job_that_nobody_ends_is_found),
	        cmocka_unit_test(a_guest_that_always_runs_is_found),
	        cmocka_unit_test(guests_that_take_more_than_there_is_are_found),
	        cmocka_unit_test(a_guest_that_lost_kvm_is_found),
	        cmocka_unit_test(a_definition_that_cannot_be_read_is_found),
	        cmocka_unit_test(a_guest_called_like_a_directory_is_found),
	        /* Last: of all that went before. */
	        cmocka_unit_test(each_check_of_guests_has_failed_and_passed),
	};

	return cmocka_run_group_tests(tests, checks_start, checks_stop);
}
