/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Full clones on real guests: of every kind of source, with the same content and nothing shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/copy.h"
#include "support/clones.h"

#define DEVICES                                                                                              \
	"<serial type='file'><source path='/tmp/t-src.log'/><target port='0'/></serial>"                     \
	"<interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>"         \
	"<graphics type='vnc' port='5977' autoport='no' passwd='secret7'/>"

static char *make_source(struct ops *ops, const char *format, unsigned mib, unsigned data_mib, const char *devices)
{
	char *path = clones_path("src image & co.img");

	clones_image(path, format, mib, data_mib);
	clones_define(ops, "src", path, format, devices);
	return path;
}

static void clone_of_a_guest_that_is_off_is_the_same_and_shares_nothing(void **state)
{
	struct ops *ops = *state;
	g_autofree char *source = make_source(ops, "qcow2", 64, 20, DEVICES);
	g_autofree char *before = clones_hash(source);
	g_autofree char *path = clones_path("copy.qcow2");

	ops_expect(clones_run(ops, "src", ARGS("name", "copy")), TASK_OK, "'copy' is there");
	clones_assert_same(source, path);
	g_autofree char *file = clones_xml_string(ops, "copy", "//disk/source/@file");
	assert_string_equal(file, path);
	g_autofree char *mac = clones_xml_string(ops, "copy", "//interface/mac/@address");
	assert_true(g_str_has_prefix(mac, "52:54:00:"));
	assert_string_not_equal(mac, "52:54:00:11:22:33");
	g_autofree char *uuids = clones_xml_string(ops, "copy", "/domain/uuid");
	g_autofree char *uuid = clones_xml_string(ops, "src", "/domain/uuid");
	assert_string_not_equal(uuid, uuids);
	g_autofree char *serial = clones_xml_string(ops, "copy", "//serial/@type");
	assert_string_equal(serial, "pty");
	g_autofree char *autoport = clones_xml_string(ops, "copy", "//graphics/@autoport");
	assert_string_equal(autoport, "yes");
	g_autofree char *password = clones_xml_string(ops, "copy", "//graphics/@passwd");
	assert_string_equal(password, "secret7");
	g_autofree char *after = clones_hash(source);
	assert_string_equal(before, after);
	clones_start_guest(ops, "copy");
	assert_int_equal(ops_state_of(ops, "copy"), VIR_DOMAIN_RUNNING);
}

static void sparse_raw_stays_sparse_and_formats_change(void **state)
{
	struct ops *ops = *state;
	g_autofree char *source = make_source(ops, "raw", 512, 8, NULL);
	g_autofree char *same = clones_path("same.raw"), *other = clones_path("other.qcow2");
	struct stat from, to;

	ops_expect(clones_run(ops, "src", ARGS("name", "same")), TASK_OK, NULL);
	ops_expect(clones_run(ops, "src", ARGS("name", "other", "format", "qcow2")), TASK_OK, NULL);
	clones_assert_same(source, same);
	clones_assert_same(source, other);
	assert_int_equal(stat(source, &from), 0);
	assert_int_equal(stat(same, &to), 0);
	assert_true(labs(to.st_blocks - from.st_blocks) <= 16);
	assert_int_equal(to.st_mode & 0777, 0600);
	g_autofree char *format = clones_xml_string(ops, "other", "//disk/driver/@type");
	assert_string_equal(format, "qcow2");
}

static void chain_becomes_one_file_with_compat_of_today(void **state)
{
	struct ops *ops = *state;
	g_autofree char *base = clones_path("base.qcow2"), *top = clones_path("top.qcow2");
	g_autofree char *path = clones_path("flat.qcow2");

	clones_image(base, "qcow2", 64, 4);
	g_free(clones_tool("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, top));
	g_free(clones_tool("qemu-io", "-f", "qcow2", "-c", "write -q -P 0x11 8M 2M", top));
	clones_define(ops, "src", top, "qcow2", NULL);
	ops_expect(clones_run(ops, "src", ARGS("name", "flat")), TASK_OK, NULL);
	clones_assert_same(top, path);
	g_autofree char *info = clones_tool("qemu-img", "info", path);
	assert_null(strstr(info, "backing file"));
	assert_non_null(strstr(info, "compat: 1.1"));
}

/* A directory that only the daemon sees, as on a remote host: libvirt copies, UEFI variables too. */
static void what_is_not_here_is_copied_by_libvirt(void **state)
{
	static const char dir[] = "/var/lib/libvirt/nvirt-far";
	struct ops *ops = *state;
	g_autofree char *xml = g_strdup_printf("<pool type='dir'><name>far</name><target><path>%s</path></target></pool>", dir);

	if (!lab_is_system(clones_lab))
		skip();
	virStoragePoolPtr pool = virStoragePoolCreateXML(ops->conn, xml, VIR_STORAGE_POOL_CREATE_WITH_BUILD);
	assert_non_null(pool);
	lab_do(clones_lab, "exec", "h1", "qemu-img", "create", "-q", "-f", "qcow2", "/var/lib/libvirt/nvirt-far/src.qcow2", "32M");
	lab_do(clones_lab, "exec", "h1", "qemu-io", "-f", "qcow2", "-c", "write -q -P 0x33 0 5M", "/var/lib/libvirt/nvirt-far/src.qcow2");
	clones_define(ops, "src", "/var/lib/libvirt/nvirt-far/src.qcow2", "qcow2", NULL);
	ops_expect(clones_run(ops, "src", ARGS("name", "copy")), TASK_OK, "'copy' is there");
	ops_expect(clones_run(ops, "src", ARGS("name", "plain", "format", "raw")), TASK_OK, "'plain' is there");
	lab_do(clones_lab, "exec", "h1", "qemu-img", "compare", "-q", "/var/lib/libvirt/nvirt-far/src.qcow2", "/var/lib/libvirt/nvirt-far/copy.qcow2");
	lab_do(clones_lab, "exec", "h1", "qemu-img", "compare", "-q", "/var/lib/libvirt/nvirt-far/src.qcow2", "/var/lib/libvirt/nvirt-far/plain.raw");
	g_autofree char *list = lab_run(clones_lab, "exec", "h1", "ls", dir);
	assert_string_equal(list, "copy.qcow2\nplain.raw\nsrc.qcow2\n");
	clones_start_guest(ops, "src");
	ops_expect(clones_run(ops, "src", ARGS("name", "live")), TASK_OK, "'live' is there");
	lab_do(clones_lab, "exec", "h1", "qemu-img", "compare", "-U", "-q", "/var/lib/libvirt/nvirt-far/src.qcow2", "/var/lib/libvirt/nvirt-far/live.qcow2");
	virStoragePoolDestroy(pool);
	virStoragePoolFree(pool);
}

static void uefi_variables_are_copied(void **state)
{
	static const char nvram[] = "/var/lib/libvirt/qemu/nvram/src_VARS.fd";
	struct ops *ops = *state;
	g_autofree char *source = clones_path("src.qcow2");

	if (!lab_is_system(clones_lab))
		skip();
	clones_image(source, "qcow2", 16, 1);
	g_autofree char *xml = g_strdup_printf(
	        "<domain type='qemu'><name>src</name><memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type>"
	        "<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader><nvram>%s</nvram></os><features><acpi/></features>"
	        "<devices><disk type='file'><driver name='qemu' type='qcow2'/><source file='%s'/><target dev='vda'/></disk></devices>"
	        "</domain>", nvram, source);
	virDomainPtr dom = virDomainDefineXML(ops->conn, xml);
	if (!dom)
		fail_msg("%s", virGetLastErrorMessage());
	virDomainFree(dom);
	lab_do(clones_lab, "exec", "h1", "sh", "-c", "mkdir -p /var/lib/libvirt/qemu/nvram; echo variables > /var/lib/libvirt/qemu/nvram/src_VARS.fd");
	ops_expect(clones_run(ops, "src", ARGS("name", "copy")), TASK_OK, NULL);
	g_autofree char *text = lab_run(clones_lab, "exec", "h1", "cat", "/var/lib/libvirt/qemu/nvram/copy_VARS.fd");
	assert_string_equal(text, "variables\n");
	g_autofree char *path = clones_xml_string(ops, "copy", "/domain/os/nvram");
	assert_string_equal(path, "/var/lib/libvirt/qemu/nvram/copy_VARS.fd");
}

static void running_guest_is_cloned_and_goes_on(void **state)
{
	struct ops *ops = *state;
	g_autofree char *source = make_source(ops, "qcow2", 64, 20, NULL);
	g_autofree char *path = clones_path("live.qcow2");

	clones_start_guest(ops, "src");
	ops_expect(clones_run(ops, "src", ARGS("name", "live")), TASK_OK, "'live' is there");
	assert_int_equal(ops_state_of(ops, "src"), VIR_DOMAIN_RUNNING);
	clones_assert_same(source, path);
	ops_expect(clones_run(ops, "src", ARGS("name", "live-##", "count", "2", "start", "yes")), TASK_OK, "2 clones");
	assert_int_equal(ops_state_of(ops, "live-02"), VIR_DOMAIN_RUNNING);
}

static void snapshot(struct ops *ops, const char *xml, unsigned flags)
{
	virDomainPtr dom = virDomainLookupByName(ops->conn, "src");
	virDomainSnapshotPtr made = virDomainSnapshotCreateXML(dom, xml, flags);

	if (!made)
		fail_msg("%s", virGetLastErrorMessage());
	virDomainSnapshotFree(made);
	virDomainFree(dom);
}

static void snapshots_of_both_kinds_are_cloned(void **state)
{
	struct ops *ops = *state;
	g_autofree char *source = make_source(ops, "qcow2", 64, 6, NULL);
	g_autofree char *then = clones_path("then.raw"), *path = clones_path("old.raw");

	g_free(clones_tool("qemu-img", "convert", "-O", "raw", source, then));
	snapshot(ops, "<domainsnapshot><name>one, two</name></domainsnapshot>", 0);
	g_free(clones_tool("qemu-io", "-f", "qcow2", "-c", "write -q -P 0x77 0 3M", source));
	ops_expect(clones_run(ops, "src", ARGS("name", "old", "from-snapshot", "one, two", "format", "raw")), TASK_OK, NULL);
	clones_assert_same(then, path);
	ops_expect(clones_run(ops, "src", ARGS("name", "x", "from-snapshot", "none")), TASK_FAILED, "no snapshot 'none'");
	assert_false(clones_defined(ops, "x"));
}

static void external_snapshot_is_cloned(void **state)
{
	struct ops *ops = *state;
	g_autofree char *source = make_source(ops, "qcow2", 64, 6, NULL);
	g_autofree char *path = clones_path("old.qcow2");

	snapshot(ops, "<domainsnapshot><name>e1</name></domainsnapshot>", VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY);
	ops_expect(clones_run(ops, "src", ARGS("name", "old", "from-snapshot", "e1")), TASK_OK, NULL);
	clones_assert_same(source, path);
}

static void plan_names_what_then_is_there(void **state)
{
	struct ops *ops = *state;
	g_free(make_source(ops, "qcow2", 64, 2, NULL));
	g_autofree char *refused = clones_refusal(ops, "src", ARGS("name", "a-##", "count", "3"));
	g_autofree char *before = clones_listing();

	assert_null(refused);
	ops_expect(clones_run(ops, "src", ARGS("name", "a-##", "count", "3")), TASK_OK, "3 clones");
	g_autofree char *after = clones_listing();
	assert_string_equal(before, "src image & co.img");
	assert_string_equal(after, "a-01.qcow2 a-02.qcow2 a-03.qcow2 src image & co.img");
}

static bool has_begun(const struct ops_result *result)
{
	return result->abortable && result->progress >= 0;
}

static struct ops_result abort_clone(struct ops *ops, const char *const *args)
{
	struct obj_ref ref = ops_guest_ref(ops, "src");
	g_autofree char *id = ops_submit(ops, OP_GUEST_CLONE, &ref, "src", args);
	struct ops_result result = {.progress = -1};

	ops_await(ops, id, &result, has_begun);
	workers_abort(ops->workers, id);
	ops_await(ops, id, &result, NULL);
	return result;
}

static void abort_leaves_nothing(void **state)
{
	struct ops *ops = *state;
	g_free(make_source(ops, "raw", 600, 512, NULL));

	ops_expect(abort_clone(ops, ARGS("name", "never")), TASK_ABORTED, "aborted");
	ops_expect(abort_clone(ops, ARGS("name", "never", "format", "qcow2")), TASK_ABORTED, "aborted");
	clones_start_guest(ops, "src");
	ops_expect(abort_clone(ops, ARGS("name", "never")), TASK_ABORTED, "aborted");
	assert_int_equal(ops_state_of(ops, "src"), VIR_DOMAIN_RUNNING);
	assert_false(clones_defined(ops, "never"));
	g_autofree char *left = clones_listing();
	assert_string_equal(left, "src image & co.img");
}

static void progress_of_qemu_img_is_read(void **state)
{
	(void)state;
	assert_true(copy_parse_percent("") < 0);
	assert_true(copy_parse_percent("qemu-img: (x") < 0);
	assert_true(copy_parse_percent("    (12.50/100%)\r    (50.") < 0);
	assert_true(copy_parse_percent("    (12.50/100%)\r") > 12.4);
	assert_true(copy_parse_percent("    (12.50/100%)\r    (99.00/100%)\r") > 98);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clones_set_up, clones_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(progress_of_qemu_img_is_read),
		TEST(clone_of_a_guest_that_is_off_is_the_same_and_shares_nothing),
		TEST(sparse_raw_stays_sparse_and_formats_change),
		TEST(chain_becomes_one_file_with_compat_of_today),
		TEST(what_is_not_here_is_copied_by_libvirt),
		TEST(uefi_variables_are_copied),
		TEST(running_guest_is_cloned_and_goes_on),
		TEST(snapshots_of_both_kinds_are_cloned),
		TEST(external_snapshot_is_cloned),
		TEST(plan_names_what_then_is_there),
		TEST(abort_leaves_nothing),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, clones_start, clones_stop);
}
