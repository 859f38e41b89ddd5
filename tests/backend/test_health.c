/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks of storage and networks on a real host: a lab where all is well passes, and pools, images and networks
 * that were really spoilt are found.
 */
#define _GNU_SOURCE /* memmem() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/health.h"
#include "support/checks.h"
#include "support/files.h"
#include "support/images.h"

#define GUEST(name, devices)                                                                                 \
	"<domain type='qemu'><name>" name "</name><memory unit='MiB'>32</memory>"                               \
	"<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>" devices "</devices></domain>"
#define TWINS_NIC "<interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>"

/* ---- storage -------------------------------------------------------------- */

static void pools_that_are_off_or_full_are_found(void **state)
{
	g_autofree char *stuffing = checks_small ? g_build_filename(checks_small, "stuffing", NULL) : NULL;
	g_autofree char *image = checks_small ? g_build_filename(checks_small, "promise.qcow2", NULL) : NULL;
	struct check_report *report;

	(void)state;
	if (!checks_small)
		skip();
	checks_virsh("pool-define-as", "t-small", "dir", "--target", checks_small);
	checks_virsh("pool-autostart", "t-small");
	report = checks_look();
	checks_expect(report, "pool.inactive", CHECK_WARN, "t-small", "start with the host");
	check_report_free(report);
	g_free(images_command("qemu-img create -q -f qcow2 '%s' 1G", image));
	g_free(images_command("dd if=/dev/zero of='%s' bs=4k 2>/dev/null || true", stuffing));
	checks_virsh("pool-start", "t-small");
	report = checks_look();
	checks_expect(report, "pool.full", CHECK_FAIL, "t-small", "100 % full");
	checks_expect(report, "pool.overcommit", CHECK_WARN, "t-small", "of 2.00 MiB");
	checks_expect_none(report, "pool.inactive", "t-small");
	check_report_free(report);
	g_unlink(stuffing);
	g_unlink(image);
	checks_virsh("pool-refresh", "t-small");
	report = checks_look();
	checks_expect_none(report, "pool.full", "t-small");
	checks_expect_none(report, "pool.overcommit", "t-small");
	check_report_free(report);
	checks_virsh("pool-destroy", "t-small");
	checks_virsh("pool-undefine", "t-small");
}

static void define_on(const char *name, const char *image)
{
	g_autofree char *disk = images_disk("vda", image, "qcow2", "");

	images_define(lab_connection(checks_lab, "h1"), name, NULL, disk);
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
	g_autofree char *base = checks_image("t-base.qcow2"), *top = checks_image("t-top.qcow2"), *lost = checks_image("t-lost.qcow2"),
	                *gone = checks_image("t-gone.qcow2"), *orphan = checks_image("t-orphan.qcow2"), *open = checks_image("t-open.qcow2");
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
	checks_virsh("pool-refresh", "default");
	report = checks_look();
	checks_expect(report, "image.writable", CHECK_FAIL, open, "mode 0666");
	checks_expect_none(report, "image.writable", lost);
	checks_expect(report, "image.shared", CHECK_FAIL, open, "two guests");
	checks_expect(report, "image.base", CHECK_WARN, base, "a guest may write");
	checks_expect(report, "image.missing", CHECK_FAIL, gone, "missing");
	checks_expect(report, "image.unused", CHECK_NOTE, NULL, NULL);
	checks_expect_none(report, "image.format", top);
	check_report_free(report);
	forget_format(top);
	checks_virsh("pool-refresh", "default");
	report = checks_look();
	checks_expect(report, "image.format", CHECK_WARN, top, "does not state");
	check_report_free(report);
	images_clear(lab_connection(checks_lab, "h1"));
	g_free(images_command("rm '%s' '%s' '%s' '%s' '%s'", base, top, lost, orphan, open));
	checks_virsh("pool-refresh", "default");
}

static void a_deep_chain_is_found(void **state)
{
	g_autofree char *below = checks_image("t-deep0.qcow2");
	struct check_report *report;

	(void)state;
	g_free(images_command("qemu-img create -q -f qcow2 '%s' 1M", below));
	for (unsigned i = 1; i < 10; i++) {
		g_autofree char *name = g_strdup_printf("t-deep%u.qcow2", i), *path = checks_image(name);

		g_free(images_command("qemu-img create -q -f qcow2 -b '%s' -F qcow2 '%s'", below, path));
		g_free(below);
		below = g_steal_pointer(&path);
	}
	checks_virsh("pool-refresh", "default");
	report = checks_look();
	checks_expect(report, "image.depth", CHECK_WARN, below, "on 9 images");
	check_report_free(report);
	g_free(images_command("rm '%s'/h1/img/t-deep*", lab_dir(checks_lab)));
	checks_virsh("pool-refresh", "default");
}

/* Two NICs that each take the other's packets; and one who would lose what he wrote. */
static void guests_at_odds_are_found(void **state)
{
	g_autofree char *disk = checks_image("t-unsafe.qcow2"), *xml = NULL;
	struct check_report *report;
	bool second;

	(void)state;
	g_free(images_command("qemu-img create -q -f qcow2 '%s' 1M", disk));
	xml = g_strdup_printf(GUEST("t-unsafe",
	                              "<disk type='file'><driver name='qemu' type='qcow2' cache='unsafe'/><source file='%s'/>"
	                              "<target dev='vda'/></disk>" TWINS_NIC), disk);
	checks_define(xml);
	checks_define(GUEST("t-twin", TWINS_NIC));
	report = checks_look();
	checks_expect(report, "disk.cache", CHECK_WARN, "t-unsafe", "vda");
	/* It is said of the one that was listed last. */
	second = checks_find(report, "network.mac", "t-twin");
	checks_expect(report, "network.mac", CHECK_WARN, second ? "t-twin" : "t-unsafe", "52:54:00:11:22:33");
	check_report_free(report);
	checks_forget("t-unsafe");
	checks_forget("t-twin");
	g_unlink(disk);
}

/* ---- networks ------------------------------------------------------------- */

static void networks_that_are_off_are_found(void **state)
{
	struct check_report *report;

	(void)state;
	if (!lab_is_system(checks_lab))
		skip();
	checks_define(GUEST("t-net", "<interface type='network'><source network='default'/></interface>"));
	checks_virsh("net-destroy", "default");
	report = checks_look();
	checks_expect(report, "network.default", CHECK_WARN, "default", "1 guest on it cannot start");
	check_report_free(report);
	checks_virsh("net-start", "default");
	report = checks_look();
	checks_expect(report, "network.default", CHECK_OK, NULL, NULL);
	check_report_free(report);
	checks_virsh("net-undefine", "default");
	checks_virsh("net-destroy", "default");
	report = checks_look();
	checks_expect(report, "network.default", CHECK_WARN, NULL, "there is none");
	check_report_free(report);
	checks_forget("t-net");
}

static char *network_file(const char *xml)
{
	char *path = g_build_filename(lab_dir(checks_lab), "h1", "tmp", "network.xml", NULL);

	files_write(path, xml, -1);
	return path;
}

static void a_network_at_odds_with_itself_is_found(void **state)
{
	g_autofree char *file = network_file("<network><name>t-twice</name><ip address='10.9.8.1' netmask='255.255.255.0'><dhcp>"
	                                     "<host mac='52:54:00:00:00:01' ip='10.9.8.5'/>"
	                                     "<host mac='52:54:00:00:00:02' ip='10.9.8.5'/></dhcp></ip></network>");
	struct check_report *report;

	(void)state;
	if (!lab_is_system(checks_lab))
		skip();
	checks_virsh("net-define", file);
	checks_virsh("net-autostart", "t-twice");
	report = checks_look();
	checks_expect(report, "network.inactive", CHECK_WARN, "t-twice", "it is to start with the host");
	checks_expect(report, "network.address", CHECK_WARN, "t-twice", "10.9.8.5 belongs to 52:54:00:00:00:01 and to");
	check_report_free(report);
	checks_virsh("net-start", "t-twice");
	report = checks_look();
	checks_expect_none(report, "network.inactive", "t-twice");
	check_report_free(report);
	checks_virsh("net-undefine", "t-twice");
	checks_virsh("net-destroy", "t-twice");
	report = checks_look();
	checks_expect_none(report, "network.address", "t-twice");
	check_report_free(report);
}

/* ---- its own files -------------------------------------------------------- */

/* The lab's daemon is open to everybody, on purpose: its configuration says so. */
static void an_open_daemon_is_found_by_its_files(void **state)
{
	g_autofree char *root = g_dir_make_tmp("nvirt-root-XXXXXX", NULL), *etc = g_build_filename(root, "etc", NULL),
	                *run = g_build_filename(root, "run", NULL), *own_etc = g_build_filename(lab_dir(checks_lab), "h1", "etc", NULL),
	                *own_run = g_build_filename(lab_dir(checks_lab), "h1", "run", "libvirt", NULL);
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
	checks_expect(report, "libvirt.socket", CHECK_FAIL, NULL, "0777");
	checks_expect(report, "libvirt.daemons", CHECK_OK, NULL, "libvirtd");
	checks_expect(report, "libvirt.limits", CHECK_OK, NULL, NULL);
	check_report_free(report);
	check_machine_unref(machine);
	host_status_unref(status);
	unlink(etc_link);
	unlink(run_link);
	files_remove(root);
}

static void each_check_of_objects_has_failed_and_passed(void **state)
{
	static const char *const roots[] = {"pool.inactive", "pool.full", "pool.overcommit"};
	static const char *const systems[] = {"network.default", "network.inactive", "network.address"};

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(roots) && !checks_small; i++)
		checks_excuse(roots[i]);
	for (unsigned i = 0; i < G_N_ELEMENTS(systems) && !lab_is_system(checks_lab); i++)
		checks_excuse(systems[i]);
	checks_assert_all_seen(CHECKS_OF_OBJECTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(checks_a_well_host_passes),
	        cmocka_unit_test(pools_that_are_off_or_full_are_found),
	        cmocka_unit_test(images_that_were_spoilt_are_found),
	        cmocka_unit_test(a_deep_chain_is_found),
	        cmocka_unit_test(guests_at_odds_are_found),
	        cmocka_unit_test(networks_that_are_off_are_found),
	        cmocka_unit_test(a_network_at_odds_with_itself_is_found),
	        cmocka_unit_test(an_open_daemon_is_found_by_its_files),
	        /* Last: of all that went before. */
	        cmocka_unit_test(each_check_of_objects_has_failed_and_passed),
	};

	return cmocka_run_group_tests(tests, checks_start, checks_stop);
}
