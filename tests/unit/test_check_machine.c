/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks of a machine's own files, on a tree of files that stands for one: a healthy machine passes each,
 * and one file that is otherwise makes the right one fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/health.h"
#include "backend/kvm_probe.h"
#include "support/checks.h"
#include "support/files.h"

struct file {
	const char *path, *text; /* text NULL = it is not there */
};

#define CPUINFO(flags)                                                                                       \
	"processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Some CPU\nflags\t\t: fpu " flags " aes\n\n"    \
	"processor\t: 1\nvendor_id\t: GenuineIntel\nmodel name\t: Some CPU\nflags\t\t: fpu " flags " aes\n\n"
#define MEMINFO(available, swap_free, huge, huge_free)                                                       \
	"MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:   " available " kB\n"          \
	"SwapTotal:      4000000 kB\nSwapFree:       " swap_free " kB\n"                                        \
	"HugePages_Total:     " huge "\nHugePages_Free:      " huge_free "\nHugepagesize:       2048 kB\n"
#define NODE(id, free) "Node " id " MemTotal: 8000000 kB\nNode " id " MemFree: " free " kB\nNode " id " FilePages: 100 kB\n"
#define PRESSURE(part) "some avg10=0.00 avg60=0.00 avg300=" part " total=123\n"

/* Healthy. */
static const struct file files[] = {
        {"/proc/cpuinfo", CPUINFO("vmx")},
        {"/proc/meminfo", MEMINFO("9000000", "4000000", "0", "0")},
        {"/proc/cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t1\t1\n"},
        {"/proc/diskstats", "   8       0 sda 90000 0 0 90000 90000 0 0 90000 0 0 0\n"},
        {"/proc/pressure/cpu", PRESSURE("1.50")},
        {"/proc/pressure/memory", PRESSURE("0.00")},
        {"/proc/pressure/io", PRESSURE("2.00")},
        {"/proc/sys/kernel/random/entropy_avail", "256\n"},
        {"/proc/sys/net/ipv4/ip_forward", "1\n"},
        {"/proc/sys/net/bridge/bridge-nf-call-iptables", "0\n"},
        {"/proc/net/tcp", "  sl  local_address rem_address   st\n   0: 0100007F:0016 00000000:0000 0A 0\n"},
        {"/sys/module/kvm/refcnt", "1\n"},
        {"/sys/module/kvm_intel/parameters/nested", "Y\n"},
        {"/sys/kernel/iommu_groups/0/type", "DMA\n"},
        {"/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids\n"},
        {"/sys/devices/system/cpu/vulnerabilities/meltdown", "Not affected\n"},
        {"/sys/devices/system/cpu/vulnerabilities/mds", "Mitigation: Clear CPU buffers; SMT vulnerable\n"},
        {"/sys/devices/system/node/node0/meminfo", NODE("0", "4000000")},
        {"/sys/devices/system/node/node1/meminfo", NODE("1", "3000000")},
        {"/sys/kernel/mm/ksm/run", "1\n"},
        {"/sys/kernel/mm/ksm/pages_sharing", "100000\n"},
        {"/sys/kernel/mm/ksm/general_profit", "400000000\n"},
        {"/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"},
        {"/sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet\n"},
        {"/sys/block/sda/size", "1\n"},
        {"/sys/class/net/br0/bridge/forward_delay", "1\n"},
        {"/sys/class/net/br0/brif/eth0/state", "3\n"},
        {"/run/systemd/timesync/synchronized", ""},
        {"/run/libvirt/libvirt-sock", ""},
        {"/run/libvirt/virtlogd-sock", ""},
        {"/etc/libvirt/libvirtd.conf", "#max_clients = 1\nunix_sock_rw_perms = \"0770\"\nauth_unix_rw = \"none\"\n"},
        {"/etc/libvirt/qemu.conf", "user = \"nobody\"\n"},
        {"/var/log/libvirt/libvirtd.log", "2020-01-01 10:00:00.000+0000: 12: error : old:1 : long ago\n"},
        {"/dev/kvm", ""},
        {"/dev/kmsg", "6,1,1,-;Linux version 6.1\n"},
        {"/dev/vhost-net", ""},
        {"/dev/net/tun", ""},
        {"/usr/sbin/dnsmasq", ""},
        {"/usr/sbin/iptables", ""},
        {"/usr/sbin/nft", ""},
};

static char *root;

static int make_root(void **state)
{
	(void)state;
	root = g_dir_make_tmp("nvirt-root-XXXXXX", NULL);
	return root ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	files_remove(root);
	g_clear_pointer(&root, g_free);
	return 0;
}

static void put(const struct file *file)
{
	g_autofree char *path = g_strconcat(root, file->path, NULL), *dir = g_path_get_dirname(path);

	if (!file->text) {
		g_unlink(path);
		/* Of a directory the file in it stood for. */
		while (g_rmdir(dir) == 0 && strlen(dir) > strlen(root)) {
			char *up = g_path_get_dirname(dir);
			g_free(dir);
			dir = up;
		}
		return;
	}
	assert_int_equal(g_mkdir_with_parents(dir, 0755), 0);
	files_write(path, file->text, -1);
	assert_int_equal(g_chmod(path, 0666), 0);
}

static void put_all(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++)
		put(&files[i]);
}

/* ---- asking --------------------------------------------------------------- */

/* One guest on br0, one that wants huge pages, and a network by NAT: what the machine is asked about. */
static struct check_objects *some_objects(void)
{
	struct check_objects *objects = check_objects_new();
	struct check_guest *guest = check_objects_add_guest(objects);
	struct check_network *network;
	const struct check_nic nic = {.mac = "52:54:00:00:00:01", .model = "virtio", .type = "bridge", .source = "br0"};

	objects->answer_ms = 3;
	guest->name = guest->raw = "web1";
	g_array_append_val(guest->nics, nic);
	network = check_objects_add_network(objects);
	network->name = "default";
	network->forward = "nat";
	network->bridge = "virbr0";
	network->active = network->dhcp = true;
	return objects;
}

struct asked {
	struct check_machine *machine;
	struct check_objects *objects;
	struct check_storage *storage;
	struct check_report *report;
	struct host_status *status;
};

static struct asked ask_of(struct check_machine *machine)
{
	struct check_capabilities can = {.kvm_offered = 1, .iommu = 1, .virt_flag = 1, .took_ms = 5};
	struct asked asked = {.machine = machine, .objects = some_objects(), .storage = check_storage_new(),
	        .status = host_status_new()};

	asked.status->link = HOST_UP;
	asked.status->local = asked.status->in_libvirt_group = true;
	asked.status->uri = g_strdup("qemu:///system");
	asked.status->libvirt_version = 9000000;
	asked.report = check_run(&(struct check_facts){.status = asked.status, .machine = machine, .objects = asked.objects,
	                                 .storage = asked.storage, .capabilities = &can, .client_version = 9000000,
	                                 .now_unix_s = g_get_real_time() / G_USEC_PER_SEC},
	        1);
	return asked;
}

/* KVM of the tree is a file: whether the real one works is looked at in a test of its own. */
static struct asked ask(void)
{
	const struct health_source source = {.root = root};
	struct check_machine *machine = health_read_machine(&source);

	if (machine->kvm.exists) {
		assert_int_equal(machine->probe.result, KVM_PROBE_NO_API);
		machine->probe = (struct kvm_probe){.result = KVM_PROBE_OK, .rounds = 2000000, .ns = 1000000};
	}
	return ask_of(machine);
}

static void done(struct asked *asked)
{
	check_report_free(asked->report);
	check_machine_unref(asked->machine);
	check_objects_unref(asked->objects);
	check_storage_unref(asked->storage);
	host_status_unref(asked->status);
}

/* The worst that a check says. */
static const struct finding *finding_of(const struct check_report *report, const char *id)
{
	for (unsigned i = 0; i < report->findings->len; i++) {
		const struct finding *finding = report->findings->pdata[i];

		if (g_str_equal(finding->check->id, id))
			return finding;
	}
	fail_msg("check '%s' said nothing", id);
	return NULL;
}

static void expect(const struct asked *asked, const char *id, enum check_result result, const char *words)
{
	const struct finding *finding = finding_of(asked->report, id);

	if (finding->result != result || (words && !strstr(finding->evidence, words)))
		fail_msg("check '%s': %s: %s (wanted %s: …%s…)", id, check_result_word(finding->result), finding->evidence,
		        check_result_word(result), words ? words : "");
	if ((result == CHECK_WARN || result == CHECK_FAIL) && strcmp(id, "kvm.module") != 0 && !finding->remedy)
		fail_msg("check '%s' names no remedy", id);
	checks_note(id, result);
}

/* ---- one file that is otherwise ------------------------------------------- */

static const struct ill {
	const char *id;
	struct file file;
	enum check_result result;
	const char *words;
} ills[] = {
        {"cpu.virtualization", {"/proc/cpuinfo", CPUINFO("sse")}, CHECK_FAIL, "firmware (BIOS)"},
        {"cpu.virtualization", {"/proc/cpuinfo", CPUINFO("hypervisor")}, CHECK_FAIL, "itself a virtual one"},
        {"cpu.firmware", {"/dev/kmsg", "6,1,1,-;Linux\n3,2,2,-;kvm: disabled by bios\n"}, CHECK_FAIL, "disabled by bios"},
        {"cpu.firmware", {"/dev/kmsg", "[ 0.1] x86/cpu: VMX (outside TXT) disabled by BIOS\n"}, CHECK_FAIL, "outside TXT"},
        {"kvm.module", {"/sys/module/kvm_intel/parameters/nested", NULL}, CHECK_FAIL, "no module for this processor"},
        {"kvm.module", {"/sys/module/kvm/refcnt", NULL}, CHECK_FAIL, "not loaded"},
        {"kvm.nested", {"/sys/module/kvm_intel/parameters/nested", "N\n"}, CHECK_NOTE, "cannot run guests"},
        {"kvm.device", {"/dev/kvm", NULL}, CHECK_FAIL, "although kvm_intel is loaded"},
        {"kvm.usable", {"/dev/kvm", NULL}, CHECK_FAIL, "emulated"},
        {"kvm.vhost", {"/dev/vhost-net", NULL}, CHECK_WARN, "/dev/vhost-net"},
        {"kernel.tun", {"/dev/net/tun", NULL}, CHECK_FAIL, "/dev/net/tun"},
        {"cpu.iommu", {"/sys/kernel/iommu_groups/0/type", NULL}, CHECK_NOTE, "cannot be passed"},
        {"cpu.vulnerabilities", {"/sys/devices/system/cpu/vulnerabilities/mds", "Vulnerable\n"}, CHECK_WARN, "1 not mitigated: mds"},
        {"kernel.cgroups", {"/sys/fs/cgroup/cgroup.controllers", "cpuset io memory\n"}, CHECK_WARN, "without the controllers cpu"},
        {"kernel.cgroups", {"/sys/fs/cgroup/cgroup.controllers", NULL}, CHECK_WARN, NULL},
        {"kernel.pressure", {"/proc/pressure/memory", PRESSURE("25.00")}, CHECK_WARN, "25 % for memory"},
        {"kernel.pressure", {"/proc/pressure/io", PRESSURE("55.00")}, CHECK_WARN, "55 % for a disk"},
        {"memory.free", {"/proc/meminfo", MEMINFO("1000000", "4000000", "0", "0")}, CHECK_WARN, "6 %"},
        {"memory.free", {"/proc/meminfo", MEMINFO("100000", "4000000", "0", "0")}, CHECK_FAIL, "1 %"},
        {"memory.swap", {"/proc/meminfo", MEMINFO("9000000", "3000000", "0", "0")}, CHECK_NOTE, "25 %"},
        {"memory.swap", {"/proc/meminfo", MEMINFO("9000000", "1000000", "0", "0")}, CHECK_WARN, "75 %"},
        {"memory.hugepages", {"/proc/meminfo", MEMINFO("9000000", "4000000", "512", "512")}, CHECK_NOTE, "1.00 GiB"},
        {"memory.ksm", {"/sys/kernel/mm/ksm/general_profit", "-2000000\n"}, CHECK_NOTE, "costs more"},
        {"memory.numa", {"/sys/devices/system/node/node0/meminfo", NODE("0", "1000")}, CHECK_WARN, "cell 0"},
        {"kernel.entropy", {"/proc/sys/kernel/random/entropy_avail", "12\n"}, CHECK_WARN, "12 bits"},
        {"clock.source", {"/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n"}, CHECK_WARN, "tsc hpet"},
        {"clock.sync", {"/run/systemd/timesync/synchronized", NULL}, CHECK_WARN, NULL},
        {"disk.slow", {"/proc/diskstats", "   8       0 sda 9000 0 0 900000 1000 0 0 100000 0 0 0\n"}, CHECK_WARN, "sda took 100 ms"},
        {"libvirt.daemons", {"/run/libvirt/virtlogd-sock", NULL}, CHECK_WARN, "virtlogd"},
        {"libvirt.daemons", {"/run/libvirt/virtqemud-sock", ""}, CHECK_WARN, "both have sockets"},
        {"libvirt.socket",
                {"/etc/libvirt/libvirtd.conf", "unix_sock_rw_perms = \"0777\"\nauth_unix_rw = \"none\"\n"}, CHECK_FAIL, "as good as root"},
        {"libvirt.remote", {"/etc/libvirt/libvirtd.conf", "listen_tcp = 1\nauth_tcp = \"none\"\n"}, CHECK_FAIL, "nobody is asked"},
        {"libvirt.remote", {"/etc/libvirt/libvirtd.conf", "tls_no_verify_certificate = 1\n"}, CHECK_FAIL, "any client"},
        {"libvirt.remote", {"/proc/net/tcp", "   0: 00000000:407D 00000000:0000 0A 0\n"}, CHECK_WARN, "16509"},
        {"libvirt.limits", {"/etc/libvirt/libvirtd.conf", "max_client_requests = 2\n"}, CHECK_WARN, "max_client_requests = 2"},
        {"libvirt.limits", {"/etc/libvirt/libvirtd.conf", "  max_clients=3\n"}, CHECK_WARN, "max_clients = 3"},
        {"libvirt.keepalive", {"/etc/libvirt/libvirtd.conf", "keepalive_interval = -1\n"}, CHECK_NOTE, "-1"},
        {"network.dnsmasq", {"/usr/sbin/dnsmasq", NULL}, CHECK_FAIL, "not installed"},
        {"network.firewall", {"/usr/sbin/iptables", NULL}, CHECK_FAIL, "only nft"},
        {"network.firewall", {"/proc/sys/net/bridge/bridge-nf-call-iptables", "1\n"}, CHECK_NOTE, "may drop"},
        {"network.forwarding", {"/proc/sys/net/ipv4/ip_forward", "0\n"}, CHECK_FAIL, "1 active network"},
        {"network.bridge", {"/sys/class/net/br0/brif/eth0/state", NULL}, CHECK_WARN, "no uplink"},
        {"network.bridge", {"/sys/class/net/br0/bridge/forward_delay", NULL}, CHECK_FAIL, "is not there"},
};

static void a_healthy_machine_passes_every_check(void **state)
{
	struct asked asked;

	(void)state;
	put_all();
	asked = ask();
	for (unsigned i = 0; i < G_N_ELEMENTS(ills); i++)
		expect(&asked, ills[i].id, CHECK_OK, NULL);
	expect(&asked, "kvm.permission", CHECK_OK, NULL);
	expect(&asked, "libvirt.log", CHECK_OK, NULL);
	done(&asked);
}

static void one_file_that_is_otherwise_is_found(void **state)
{
	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(ills); i++) {
		struct asked asked;

		put_all();
		if (g_str_has_prefix(ills[i].words ? ills[i].words : "", "disabled by") || g_str_equal(ills[i].id, "cpu.firmware"))
			put(&(struct file){"/proc/cpuinfo", CPUINFO("sse")});
		put(&ills[i].file);
		asked = ask();
		expect(&asked, ills[i].id, ills[i].result, ills[i].words);
		done(&asked);
		/* What the case added goes again. */
		put(&(struct file){ills[i].file.path, NULL});
	}
}

static void who_may_open_kvm_is_found(void **state)
{
	g_autofree char *path = g_strconcat(root, "/dev/kvm", NULL);
	struct asked asked;

	(void)state;
	put_all();
	assert_int_equal(g_chmod(path, 0600), 0);
	asked = ask();
	expect(&asked, "kvm.permission", CHECK_FAIL, "'nobody'");
	done(&asked);
	put(&(struct file){"/etc/libvirt/qemu.conf", "user = \"root\"\n"});
	asked = ask();
	expect(&asked, "kvm.permission", CHECK_OK, "mode 0600");
	done(&asked);
}

static void errors_of_the_last_hours_are_counted(void **state)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *stamp = g_date_time_format(now, "%Y-%m-%d %H:%M:%S.123+0000");
	g_autofree char *text = g_strdup_printf("2020-01-01 10:00:00.000+0000: 12: error : old:1 : long ago\n"
	                                        "%s: 12: info : x:1 : fine\n%s: 12: error : virNet:3 : first\n"
	                                        "%s: 12: error : virNet:4 : End of file\n", stamp, stamp, stamp);
	struct asked asked;

	(void)state;
	put_all();
	put(&(struct file){"/var/log/libvirt/libvirtd.log", text});
	asked = ask();
	expect(&asked, "libvirt.log", CHECK_NOTE, "2 errors in the last six hours, the newest: virNet:4 : End of file");
	done(&asked);
	put(&(struct file){"/var/log/libvirt/libvirtd.log", NULL});
	asked = ask();
	expect(&asked, "libvirt.log", CHECK_UNKNOWN, "journal");
	done(&asked);
}

/* A journalctl of our own: what it would print, and that it may fail. */
static void the_journal_is_read_where_there_is_no_log(void **state)
{
	g_autofree char *bin = g_strconcat(root, "/bin", NULL), *program = g_strconcat(bin, "/journalctl", NULL),
	                *path = g_strconcat(bin, ":/usr/bin:/bin", NULL), *before = g_strdup(g_getenv("PATH"));
	const struct health_source source = {.root = ""};
	struct check_machine *machine = check_machine_new();

	(void)state;
	/* Only root is sure to be shown all of it; and a machine with a log has no need of it. */
	if (geteuid() != 0 || g_file_test("/var/log/libvirt/libvirtd.log", G_FILE_TEST_EXISTS))
		skip();
	g_mkdir(bin, 0755);
	files_write(program, "#!/bin/sh\necho 'internal error: one'\necho 'End of file'\n", -1);
	g_chmod(program, 0755);
	g_setenv("PATH", path, TRUE);
	health_read_daemon(machine, &source);
	assert_int_equal(machine->log_errors, 2);
	assert_string_equal(machine->log_last, "End of file");
	check_machine_unref(machine);
	files_write(program, "#!/bin/sh\nexit 1\n", -1);
	machine = check_machine_new();
	health_read_daemon(machine, &source);
	assert_int_equal(machine->log_errors, -1);
	check_machine_unref(machine);
	g_setenv("PATH", before, TRUE);
}

static void what_may_not_be_read_cannot_be_told(void **state)
{
	g_autofree char *path = g_strconcat(root, "/etc/libvirt/libvirtd.conf", NULL);
	struct asked asked;

	(void)state;
	put_all();
	/* Root reads everything; a directory in its place nobody does. */
	g_unlink(path);
	assert_int_equal(g_mkdir(path, 0700), 0);
	asked = ask();
	expect(&asked, "libvirt.socket", CHECK_UNKNOWN, "cannot be read");
	expect(&asked, "libvirt.limits", CHECK_UNKNOWN, "cannot be read");
	done(&asked);
	g_rmdir(path);
}

static void modular_daemons_want_their_helpers(void **state)
{
	struct asked asked;

	(void)state;
	put_all();
	put(&(struct file){"/run/libvirt/libvirt-sock", NULL});
	put(&(struct file){"/run/libvirt/virtqemud-sock", ""});
	put(&(struct file){"/run/libvirt/virtlogd-sock", ""});
	asked = ask();
	expect(&asked, "libvirt.daemons", CHECK_WARN, "virtnetworkd");
	done(&asked);
	put(&(struct file){"/run/libvirt/virtnetworkd-sock", ""});
	put(&(struct file){"/run/libvirt/virtstoraged-sock", ""});
	asked = ask();
	expect(&asked, "libvirt.daemons", CHECK_OK, "modular");
	done(&asked);
}

/* A file system of its own that is filled: only root can make one. */
static void a_full_file_system_is_found(void **state)
{
	g_autofree char *dir = g_strconcat(root, "/var/log", NULL), *file = g_strconcat(dir, "/full", NULL);
	g_autofree char *bytes = g_strnfill(1040 * 1000, 'x');
	struct asked asked;

	(void)state;
	put_all();
	if (mount("nvirt-test", dir, "tmpfs", 0, "size=1M") != 0) {
		checks_excuse("fs.full");
		skip();
	}
	files_write(file, bytes, 1040 * 1000);
	asked = ask();
	umount(dir);
	expect(&asked, "fs.full", CHECK_FAIL, "/var/log");
	done(&asked);
	asked = ask();
	expect(&asked, "fs.full", CHECK_OK, NULL);
	done(&asked);
}

/* ---- KVM ------------------------------------------------------------------ */

/* What the real device does here is what it does here; that it is told within the time, and explained, is tested. */
static void the_real_kvm_is_tried_in_time(void **state)
{
	gint64 start_us = g_get_monotonic_time();
	struct kvm_probe probe = kvm_probe_run("/dev/kvm", 5000);
	struct check_machine *machine;
	struct asked asked;

	(void)state;
	assert_true(g_get_monotonic_time() - start_us < 8 * G_USEC_PER_SEC);
	assert_int_not_equal(probe.result, KVM_PROBE_HUNG);
	assert_int_not_equal(probe.result, KVM_PROBE_DIED);
	if (probe.result == KVM_PROBE_OK || probe.result == KVM_PROBE_SLOW)
		assert_true(probe.rounds > 0 && probe.ns > 0);
	put_all();
	machine = health_read_machine(&(struct health_source){.root = root});
	machine->probe = probe;
	asked = ask_of(machine);
	if (probe.result == KVM_PROBE_OK)
		expect(&asked, "kvm.usable", CHECK_OK, NULL);
	else
		expect(&asked, "kvm.usable", CHECK_FAIL, probe.result == KVM_PROBE_SLOW ? "too slowly" : "/dev/kvm");
	done(&asked);
}

static void every_end_of_the_probe_is_told(void **state)
{
	g_autofree char *path = g_strconcat(root, "/dev/kvm", NULL), *none = g_strconcat(root, "/none", NULL);
	struct kvm_probe probe;

	(void)state;
	put_all();
	probe = kvm_probe_run(path, 5000);
	assert_int_equal(probe.result, KVM_PROBE_NO_API);
	probe = kvm_probe_run(none, 5000);
	assert_int_equal(probe.result, KVM_PROBE_NO_OPEN);
	assert_int_equal(probe.error, ENOENT);
	for (int result = KVM_PROBE_NO_API; result < KVM_PROBE_N; result++) {
		struct check_machine *machine = health_read_machine(&(struct health_source){.root = root});
		struct asked asked;

		machine->probe = (struct kvm_probe){.result = result, .rounds = 1000, .ns = 1000000, .exit_reason = 17};
		asked = ask_of(machine);
		expect(&asked, "kvm.usable", CHECK_FAIL, result == KVM_PROBE_BAD_RUN ? "reason 17" : "/dev/kvm");
		done(&asked);
	}
}

/* One that never answers is killed: the same as one that is given no time. */
static void a_probe_that_hangs_is_left(void **state)
{
	g_autofree char *path = g_strconcat(root, "/fifo", NULL);
	struct kvm_probe probe;

	(void)state;
	probe = kvm_probe_run("/dev/kvm", 0);
	if (access("/dev/kvm", F_OK) == 0 && probe.result != KVM_PROBE_HUNG)
		assert_int_not_equal(probe.result, KVM_PROBE_NOT_RUN);
	assert_int_equal(mkfifo(path, 0600), 0);
	probe = kvm_probe_run(path, 2000);
	assert_int_equal(probe.result, KVM_PROBE_NO_API);
}

static void each_check_of_files_has_failed_and_passed(void **state)
{
	(void)state;
	checks_assert_all_seen(CHECKS_OF_FILES);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)
	const struct CMUnitTest tests[] = {
	        TEST(a_healthy_machine_passes_every_check),
	        TEST(one_file_that_is_otherwise_is_found),
	        TEST(who_may_open_kvm_is_found),
	        TEST(errors_of_the_last_hours_are_counted),
	        TEST(the_journal_is_read_where_there_is_no_log),
	        TEST(what_may_not_be_read_cannot_be_told),
	        TEST(modular_daemons_want_their_helpers),
	        TEST(a_full_file_system_is_found),
	        TEST(the_real_kvm_is_tried_in_time),
	        TEST(every_end_of_the_probe_is_told),
	        TEST(a_probe_that_hangs_is_left),
	        /* Last: of all that went before. */
	        cmocka_unit_test(each_check_of_files_has_failed_and_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
