/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another machine's files over ssh: what is made of them, and what a hostile one can not do. The ssh is a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/health_far.h"
#include "support/files.h"

#define HEAD "Welcome to far!\n\nnvirt-facts 1\n"
#define DEADLINE_US (30 * G_USEC_PER_SEC)

static char *home, *temporary;

static int set_up(void **state)
{
	(void)state;
	home = g_strdup("/tmp/nvirt-far-test-XXXXXX");
	assert_non_null(mkdtemp(home));
	/* Where it is all laid out; GLib asks once. */
	temporary = g_build_filename(home, "tmp", NULL);
	assert_int_equal(g_mkdir(temporary, 0700), 0);
	g_setenv("TMPDIR", temporary, TRUE);
	assert_string_equal(g_get_tmp_dir(), temporary);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	files_remove(home);
	g_free(home);
	g_free(temporary);
	return 0;
}

/* Nothing is left there, whatever came. */
static void assert_clean(void)
{
	GDir *dir = g_dir_open(temporary, 0, NULL);
	const char *name = g_dir_read_name(dir);

	if (name)
		fail_msg("'%s' was left", name);
	g_dir_close(dir);
}

static struct check_machine *take(const char *text, bool session)
{
	g_autofree char *copy = g_strdup(text);
	struct check_machine *machine = health_far_machine(copy, session, NULL);

	assert_clean();
	return machine;
}

static const char *const far_away =
        HEAD "F /proc/cpuinfo\n processor\t: 0\n vendor_id\t: AuthenticAMD\n model name\t: Far CPU\n flags\t\t: fpu svm\n\n"
             "F /proc/meminfo\n MemTotal:       16000000 kB\n MemAvailable:   9000000 kB\n\n"
             "F /sys/module/kvm_amd/parameters/nested\n 1\n\nE /sys/module/kvm_amd\nE /sys/module/kvm\n"
             "E /sys/kernel/iommu_groups/0\nE /run/libvirt/libvirt-sock\nE /usr/sbin/dnsmasq\n"
             "U /etc/libvirt/libvirtd.conf\nU /var/log/libvirt/libvirtd.log\n"
             "D /dev/kvm 660 root kvm 0\nD /dev/vhost-net 600 root root 0\nD /dev/sda 660 root disk 1\n"
             "M / 1000 100\nM /var/log 2000 1\nM broken\n"
             "K arch x86_64\nK page 4096\nK user me\nK uid 1000\nK groups me libvirt\nK qemu libvirt-qemu\n"
             "K qemu-groups libvirt-qemu kvm\nK synced yes\nend\n";

static void what_it_tells_becomes_a_machine(void **state)
{
	struct check_machine *machine = take(far_away, false);

	(void)state;
	assert_non_null(machine);
	assert_true(machine->elsewhere);
	assert_string_equal(machine->arch, "x86_64");
	assert_string_equal(machine->cpu_model, "Far CPU");
	assert_int_equal(machine->virt_flag, 1);
	assert_int_equal(machine->memory_kib, 16000000);
	assert_string_equal(machine->kvm_driver, "kvm_amd");
	assert_int_equal(machine->nested, 1);
	assert_int_equal(machine->iommu_groups, 1);
	assert_true(machine->sockets & SOCKET_LIBVIRTD);
	assert_true(machine->dnsmasq);
	assert_true(machine->kvm.exists);
	assert_int_equal(machine->kvm.mode, 0660);
	assert_string_equal(machine->kvm.group, "kvm");
	assert_int_equal(machine->kvm.user_may, 0);
	assert_int_equal(machine->kvm.qemu_may, 1);
	assert_int_equal(machine->vhost_net.qemu_may, 0);
	assert_false(machine->tun.exists);
	/* It was not tried, and nothing of ours was taken for it. */
	assert_int_equal(machine->probe.result, KVM_PROBE_NOT_RUN);
	assert_int_equal(machine->mounts->len, 2);
	assert_string_equal(g_array_index(machine->mounts, struct check_mount, 1).path, "/var/log");
	assert_int_equal(g_array_index(machine->mounts, struct check_mount, 1).free_bytes, 1024);
	assert_string_equal(machine->user, "me");
	assert_false(machine->root);
	assert_true(machine->in_libvirt_group);
	assert_false(machine->in_kvm_group);
	assert_string_equal(machine->qemu_user, "libvirt-qemu");
	assert_string_not_equal(machine->config_unread, "");
	assert_int_equal(machine->log_errors, -1);
	assert_int_equal(machine->clock_synced, 1);
	check_machine_unref(machine);
	/* Of a session QEMU is he who logs in. */
	machine = take(far_away, true);
	assert_string_equal(machine->qemu_user, "me");
	assert_int_equal(machine->kvm.qemu_may, 0);
	check_machine_unref(machine);
}

/* Paths that lead elsewhere, names that are none, words that are missing, the same twice. */
static void a_hostile_one_writes_nowhere_else(void **state)
{
	g_autofree char *evil = g_build_filename(home, "evil", NULL), *long_path = g_strnfill(5000, 'a');
	g_autofree char *text = g_strdup_printf(HEAD "F /../../../../../../..%s\n gotcha\n\nF ../evil\n gotcha\n\nF evil\n gotcha\n"
	                                             "F /a/./b\n x\nF /a//b\n x\nF /a/\n x\nF /\n x\nF \n x\nF /a b\n x\nF /a\033[2J\n x\n"
	                                             "F /%s\n x\nE /etc\nF /etc/libvirt/qemu.conf\n user = \"x\"\n"
	                                             "F /proc/meminfo\n MemTotal: 5 kB\nF /proc/meminfo\n MemTotal: 6 kB\n"
	                                             "D\nD \nD /dev/kvm\nD /dev/kvm x y z w v u\nM\nM / 99999999999999999999999 -1\n"
	                                             "K\nK \nK user\nK user \033]0;title\007me\nK page -5\nX what\n\n \nend\n",
	        evil, long_path);
	struct check_machine *machine = take(text, false);

	(void)state;
	assert_non_null(machine);
	assert_false(g_file_test(evil, G_FILE_TEST_EXISTS));
	assert_int_equal(machine->memory_kib, 5);
	assert_null(strchr(machine->user, '\033'));
	check_machine_unref(machine);
}

static void a_thousand_files_too_many_are_left_out(void **state)
{
	g_autoptr(GString) text = g_string_new(HEAD);
	struct check_machine *machine;

	(void)state;
	for (unsigned i = 0; i < 6000; i++)
		g_string_append_printf(text, "E /sys/kernel/iommu_groups/%u\n", i);
	g_string_append(text, "end\n");
	machine = take(text->str, false);
	assert_int_equal(machine->iommu_groups, 4000);
	check_machine_unref(machine);
}

static void what_is_cut_short_is_not_believed(void **state)
{
	g_autofree char *half = g_strndup(far_away, strlen(far_away) / 2), *words = g_strdup("csh: nothing of the sort\n");
	g_autoptr(GError) cut = NULL;
	g_autoptr(GError) silent = NULL;

	(void)state;
	assert_null(health_far_machine(half, false, &cut));
	assert_non_null(strstr(cut->message, "ends in the middle"));
	assert_null(health_far_machine(words, false, &silent));
	assert_non_null(strstr(silent->message, "its shell did not run"));
	assert_clean();
}

/* ---- through ssh ------------------------------------------------------------ */

/* A URI whose ssh is this script. */
static char *uri_of(const char *script)
{
	g_autofree char *path = g_build_filename(home, "ssh", NULL);
	g_autofree char *text = g_strdup_printf("#!/bin/sh\n%s\n", script);

	files_write(path, text, -1);
	assert_int_equal(g_chmod(path, 0700), 0);
	return g_strdup_printf("qemu+ssh://me@far.example/system?command=%s", path);
}

static struct check_machine *read_far(const char *script, gint64 within_us, GError **error)
{
	g_autofree char *uri = uri_of(script);
	const struct ssh_limits limits = {.bytes = 4 * 1024 * 1024, .deadline_us = g_get_monotonic_time() + within_us};
	struct check_machine *machine = health_read_far(uri, false, &limits, error);

	assert_clean();
	return machine;
}

/* The real script, run here: it tells the same of this machine as reading it does. */
static void it_tells_what_reading_tells(void **state)
{
	g_autoptr(GError) error = NULL;
	struct check_machine *far_one = read_far("while [ \"$1\" != -- ]; do shift; done; shift 2; exec sh -c \"$*\"", DEADLINE_US, &error);
	struct check_machine *here = health_read_machine(&(struct health_source){.root = ""});

	(void)state;
	if (!far_one)
		fail_msg("%s", error->message);
	assert_string_equal(far_one->arch, here->arch);
	assert_string_equal(far_one->cpu_model, here->cpu_model);
	assert_int_equal(far_one->cpus, here->cpus);
	assert_int_equal(far_one->virt_flag, here->virt_flag);
	assert_int_equal(far_one->memory_kib, here->memory_kib);
	assert_int_equal(far_one->cgroup_version, here->cgroup_version);
	assert_string_equal(far_one->cgroups, here->cgroups);
	assert_int_equal(far_one->vulnerabilities, here->vulnerabilities);
	assert_string_equal(far_one->clocksource, here->clocksource);
	assert_int_equal(far_one->kvm_module, here->kvm_module);
	assert_string_equal(far_one->kvm_driver, here->kvm_driver);
	assert_int_equal(far_one->iommu_groups, here->iommu_groups);
	assert_int_equal(far_one->kvm.exists, here->kvm.exists);
	assert_int_equal(far_one->kvm.mode, here->kvm.mode);
	assert_string_equal(far_one->kvm.owner, here->kvm.owner);
	assert_int_equal(far_one->kvm.user_may, here->kvm.user_may);
	assert_string_equal(far_one->user, here->user);
	assert_int_equal(far_one->dnsmasq, here->dnsmasq);
	assert_int_equal(far_one->blockdevs->len, here->blockdevs->len);
	assert_int_equal(far_one->bridges->len, here->bridges->len);
	assert_int_equal(far_one->page_bytes, here->page_bytes);
	check_machine_unref(far_one);
	check_machine_unref(here);
}

static void expect_failure(const char *script, gint64 within_us, const char *words)
{
	g_autoptr(GError) error = NULL;

	assert_null(read_far(script, within_us, &error));
	if (!strstr(error->message, words))
		fail_msg("%s (wanted …%s…)", error->message, words);
}

static void an_ssh_that_fails_floods_or_hangs_is_left(void **state)
{
	gint64 start_us = g_get_monotonic_time();

	(void)state;
	expect_failure("echo 'Permission denied (publickey).' >&2; exit 255", DEADLINE_US, "ssh to 'me@far.example': Permission denied");
	expect_failure("exit 1", DEADLINE_US, "it ended without a word");
	expect_failure("exec cat /dev/zero", DEADLINE_US, "more than was asked for");
	expect_failure("echo nvirt-facts 1; exec sleep 1000", G_USEC_PER_SEC, "has not answered in time");
	assert_true(g_get_monotonic_time() - start_us < DEADLINE_US);
}

static bool no_longer(void *data)
{
	(void)data;
	return false;
}

static void one_that_nobody_wants_any_more_is_ended(void **state)
{
	g_autofree char *uri = uri_of("exec sleep 1000");
	g_autoptr(GError) error = NULL;
	const struct ssh_limits limits = {
	        .bytes = 1024, .deadline_us = g_get_monotonic_time() + DEADLINE_US, .go_on = no_longer};

	(void)state;
	assert_null(health_read_far(uri, false, &limits, &error));
	assert_non_null(strstr(error->message, "no longer wanted"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_it_tells_becomes_a_machine),
	        cmocka_unit_test(a_hostile_one_writes_nowhere_else),
	        cmocka_unit_test(a_thousand_files_too_many_are_left_out),
	        cmocka_unit_test(what_is_cut_short_is_not_believed),
	        cmocka_unit_test(it_tells_what_reading_tells),
	        cmocka_unit_test(an_ssh_that_fails_floods_or_hangs_is_left),
	        cmocka_unit_test(one_that_nobody_wants_any_more_is_ended),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
