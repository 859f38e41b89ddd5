/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linked clones and the protection of what they stand on, on real files and
 * QEMU guests, in a lab of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>

#include "backend/op_table.h"
#include "support/lab.h"
#include "support/ops.h"

#define CLONES 50

static struct lab *lab;

static int start_lab(void **state)
{
	(void)state;
	lab = lab_start(1);
	return 0;
}

static int stop_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	return 0;
}

static char *image(const char *name)
{
	return g_build_filename(lab_dir(lab), "h1", "img", name, NULL);
}

static void remove_all(virConnectPtr conn)
{
	virDomainPtr *doms = NULL;
	virStorageVolPtr *vols = NULL;
	int n = virConnectListAllDomains(conn, &doms, 0);

	for (int i = 0; i < n; i++) {
		virDomainDestroy(doms[i]);
		virDomainUndefineFlags(doms[i], VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
		                | VIR_DOMAIN_UNDEFINE_NVRAM);
		virDomainFree(doms[i]);
	}
	free(doms);
	virStoragePoolPtr pool = virStoragePoolLookupByName(conn, "default");
	virStoragePoolRefresh(pool, 0);
	n = virStoragePoolListAllVolumes(pool, &vols, 0);
	for (int i = 0; i < n; i++) {
		virStorageVolDelete(vols[i], 0);
		virStorageVolFree(vols[i]);
	}
	free(vols);
	virStoragePoolFree(pool);
}

static int set_up(void **state)
{
	*state = ops_new(lab_uri(lab, "h1"));
	return 0;
}

static int tear_down(void **state)
{
	remove_all(((struct ops *)*state)->conn);
	return ops_tear_down(state);
}

/* ---- files ---- */

/* Runs it; its output, owned. */
static char *run(const char *first, ...)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *errors = NULL;
	char *output = NULL;
	int status = 0;
	va_list args;

	va_start(args, first);
	for (const char *word = first; word; word = va_arg(args, const char *))
		g_ptr_array_add(words, (char *)word);
	va_end(args);
	g_ptr_array_add(words, NULL);
	if (!g_spawn_sync(NULL, (char **)words->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, &errors, &status,
	            &error))
		fail_msg("%s: %s", first, error->message);
	if (!g_spawn_check_wait_status(status, NULL))
		fail_msg("%s failed: %s%s", first, output, errors);
	return output;
}

static void make_image(const char *name, const char *format, const char *base)
{
	g_autofree char *path = image(name), *below = base ? image(base) : NULL;

	if (base)
		g_free(run("qemu-img", "create", "-q", "-f", format, "-F", "qcow2", "-b", below, path, NULL));
	else
		g_free(run("qemu-img", "create", "-q", "-f", format, path, "8M", NULL));
}

static void write_pattern(const char *name, const char *format, unsigned pattern, const char *place)
{
	g_autofree char *path = image(name), *command = g_strdup_printf("write -P %u %s 64k", pattern, place);

	g_free(run("qemu-io", "-f", format, "-c", command, path, NULL));
}

/* qemu-io says "Pattern verification failed" and ends well all the same. */
static void expect_pattern(const char *name, const char *format, unsigned pattern, const char *place)
{
	g_autofree char *path = image(name), *command = g_strdup_printf("read -P %u %s 64k", pattern, place);
	g_autofree char *output = run("qemu-io", "-r", "-f", format, "-c", command, path, NULL);

	if (strstr(output, "verification failed"))
		fail_msg("%s holds something else at %s: %s", name, place, output);
}

static char *hash_of(const char *name)
{
	g_autofree char *path = image(name), *bytes = NULL;
	gsize len;

	assert_true(g_file_get_contents(path, &bytes, &len, NULL));
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, len);
}

static bool exists(const char *name)
{
	g_autofree char *path = image(name);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static unsigned mode_of(const char *name)
{
	g_autofree char *path = image(name);
	struct stat info;

	assert_int_equal(stat(path, &info), 0);
	return info.st_mode & 0777;
}

/* ---- guests ---- */

static void define_on(struct ops *ops, const char *name, const char *file, const char *format)
{
	g_autofree char *path = image(file);
	g_autofree char *xml = g_strdup_printf(
	        "<domain type='qemu'><name>%s</name><memory unit='MiB'>16</memory>"
	        "<os><type arch='x86_64' machine='pc'>hvm</type></os>"
	        "<devices><disk type='file' device='disk'><driver name='qemu' type='%s'/><source file='%s'/>"
	        "<target dev='vda' bus='virtio'/></disk></devices></domain>",
	        name, format, path);
	virDomainPtr dom = virDomainDefineXML(ops->conn, xml);

	if (!dom)
		fail_msg("%s", virGetLastErrorMessage());
	virDomainFree(dom);
}

static void define_base(struct ops *ops)
{
	make_image("base.qcow2", "qcow2", NULL);
	write_pattern("base.qcow2", "qcow2", 17, "0");
	write_pattern("base.qcow2", "qcow2", 18, "1M");
	define_on(ops, "base", "base.qcow2", "qcow2");
}

static char *xml_of(struct ops *ops, const char *name, unsigned flags)
{
	virDomainPtr dom = virDomainLookupByName(ops->conn, name);
	char *raw = dom ? virDomainGetXMLDesc(dom, flags) : NULL;
	char *xml = g_strdup(raw);

	if (!xml)
		fail_msg("%s: %s", name, virGetLastErrorMessage());
	free(raw);
	virDomainFree(dom);
	return xml;
}

static void expect_in_xml(struct ops *ops, const char *name, const char *text, bool there)
{
	g_autofree char *xml = xml_of(ops, name, 0);

	if (!strstr(xml, text) == there)
		fail_msg("'%s' is %s the definition of '%s'", text, there ? "not in" : "in", name);
}

static void clone_linked(struct ops *ops, const char *source, const char *name)
{
	ops_expect(ops_run_guest(ops, OP_GUEST_CLONE, source, ARGS("name", name, "mode", "linked")), TASK_OK, name);
}

static void delete_with_disk(struct ops *ops, const char *name)
{
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, name, ARGS("remove", "disk:vda")), TASK_OK, "1 file deleted");
}

static void expect_start_refused(struct ops *ops, const char *name, const char *words)
{
	ops_expect(ops_run_guest(ops, OP_GUEST_START, name, NULL), TASK_FAILED, words);
	assert_int_equal(ops_state_of(ops, name), VIR_DOMAIN_SHUTOFF);
}

/* ---- contents ---- */

static void fifty_clones_write_and_neither_base_nor_neighbour_changes(void **state)
{
	struct ops *ops = *state;

	define_base(ops);
	g_autofree char *before = hash_of("base.qcow2");
	char count[8];
	g_snprintf(count, sizeof count, "%d", CLONES);
	ops_expect(ops_run_guest(ops, OP_GUEST_CLONE, "base", ARGS("name", "c-##", "mode", "linked", "count", count)),
	        TASK_OK, "50 linked clones made, 'c-01' to 'c-50'");
	for (unsigned i = 1; i <= CLONES; i++) {
		g_autofree char *file = g_strdup_printf("c-%02u.qcow2", i);
		write_pattern(file, "qcow2", 100 + i, "0");
	}
	for (unsigned i = 1; i <= CLONES; i++) {
		g_autofree char *file = g_strdup_printf("c-%02u.qcow2", i);
		expect_pattern(file, "qcow2", 100 + i, "0");
		expect_pattern(file, "qcow2", 18, "1M");
	}
	expect_pattern("base.qcow2", "qcow2", 17, "0");
	g_autofree char *after = hash_of("base.qcow2");
	assert_string_equal(before, after);
}

static void clone_is_a_guest_of_its_own(void **state)
{
	struct ops *ops = *state;
	char base[VIR_UUID_STRING_BUFLEN], clone[VIR_UUID_STRING_BUFLEN];

	define_base(ops);
	clone_linked(ops, "base", "web");
	virDomainPtr one = virDomainLookupByName(ops->conn, "base"), two = virDomainLookupByName(ops->conn, "web");
	virDomainGetUUIDString(one, base);
	virDomainGetUUIDString(two, clone);
	virDomainFree(one);
	virDomainFree(two);
	assert_string_not_equal(base, clone);
	expect_in_xml(ops, "web", "/web.qcow2", true);
	expect_in_xml(ops, "web", "nvirt-base", false);
	expect_in_xml(ops, "base", "nvirt-base", true);
	g_autofree char *path = image("web.qcow2");
	g_autofree char *info = run("qemu-img", "info", path, NULL);
	assert_non_null(strstr(info, "backing file format: qcow2"));
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "web", NULL), TASK_OK, "started");
}

static void raw_base_is_recorded_as_raw(void **state)
{
	struct ops *ops = *state;

	/* A raw disk whose first bytes look like a qcow2: a guess would be wrong. */
	make_image("trap.raw", "qcow2", NULL);
	define_on(ops, "base", "trap.raw", "raw");
	clone_linked(ops, "base", "web");
	g_autofree char *path = image("web.qcow2");
	g_autofree char *info = run("qemu-img", "info", path, NULL);
	assert_non_null(strstr(info, "backing file format: raw"));
}

static void plan_names_what_is_then_made(void **state)
{
	struct ops *ops = *state;

	define_base(ops);
	struct obj_ref ref = ops_guest_ref(ops, "base");
	struct op_request *request = op_request_new(OP_GUEST_CLONE, &ref, "base");
	args_set(request->args, "name", "w-#");
	args_set(request->args, "mode", "linked");
	args_set(request->args, "count", "2");
	g_autoptr(GError) error = NULL;
	struct plan *plan = op_row(OP_GUEST_CLONE)->plan(ops->conn, request, &error);
	assert_non_null(plan);
	assert_null(plan->refused);
	assert_false(exists("w-1.qcow2"));
	ops_expect(ops_run_guest(ops, OP_GUEST_CLONE, "base", ARGS("name", "w-#", "mode", "linked", "count", "2")), TASK_OK,
	        NULL);
	unsigned files = 0, guests = 0;
	for (unsigned i = 0; i < plan->items->len; i++) {
		const struct plan_item *item = g_ptr_array_index(plan->items, i);
		files += item->does == PLAN_MAKE && *item->path && g_file_test(item->path, G_FILE_TEST_EXISTS);
		guests += g_str_has_prefix(item->id, "guest:") && ops_state_of(ops, item->id + strlen("guest:")) >= 0;
	}
	assert_int_equal(files, 2);
	assert_int_equal(guests, 2);
	assert_int_equal(plan->items->len, 2 + 2 + 1);
	assert_non_null(strstr(plan->diff, "w-1"));
	plan_free(plan);
	op_request_free(request);
}

/* ---- protection ---- */

static void base_is_read_only_until_the_last_clone_goes(void **state)
{
	struct ops *ops = *state;

	define_base(ops);
	assert_int_equal(mode_of("base.qcow2"), 0644);
	clone_linked(ops, "base", "web");
	clone_linked(ops, "base", "db");
	assert_int_equal(mode_of("base.qcow2"), 0444);
	expect_start_refused(ops, "base", "'db' and 'web'");
	expect_start_refused(ops, "base", "own-overlay");
	expect_start_refused(ops, "base", "template");
	delete_with_disk(ops, "db");
	expect_start_refused(ops, "base", "'web'");
	assert_int_equal(mode_of("base.qcow2"), 0444);
	delete_with_disk(ops, "web");
	assert_int_equal(mode_of("base.qcow2"), 0644);
	expect_in_xml(ops, "base", "nvirt-base", false);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "base", NULL), TASK_OK, "started");
}

static void base_is_not_restored_over_clones(void **state)
{
	struct ops *ops = *state;
	struct obj_ref host = ops_host_ref();
	g_autofree char *file = image("saved");

	define_base(ops);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "base", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_SAVE, "base", ARGS("file", file)), TASK_OK, NULL);
	clone_linked(ops, "base", "web");
	ops_expect(ops_run(ops, OP_GUEST_RESTORE, &host, "h1", ARGS("file", file)), TASK_FAILED, "'web'");
	assert_int_equal(ops_state_of(ops, "base"), VIR_DOMAIN_SHUTOFF);
}

static void base_with_saved_memory_is_not_cloned(void **state)
{
	struct ops *ops = *state;

	define_base(ops);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "base", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_MANAGED_SAVE, "base", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_CLONE, "base", ARGS("name", "web", "mode", "linked")), TASK_FAILED,
	        "saved memory");
	assert_false(exists("web.qcow2"));
}

static void clone_that_others_made_protects_too(void **state)
{
	struct ops *ops = *state;

	define_base(ops);
	/* The pool has not noticed it. */
	make_image("hand.qcow2", "qcow2", "base.qcow2");
	define_on(ops, "hand", "hand.qcow2", "qcow2");
	expect_start_refused(ops, "base", "'hand'");
	/* Outside every pool. */
	virDomainPtr dom = virDomainLookupByName(ops->conn, "hand");
	virDomainUndefine(dom);
	virDomainFree(dom);
	g_autofree char *path = image("hand.qcow2"), *away = g_build_filename(lab_dir(lab), "h1", "tmp", "hand.qcow2", NULL);
	g_free(run("mv", path, away, NULL));
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "base", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "base", NULL), TASK_OK, NULL);
	define_on(ops, "hand", "../tmp/hand.qcow2", "qcow2");
	expect_start_refused(ops, "base", "'hand'");
	g_free(run("rm", away, NULL));
}

static void vanished_clones_free_the_base_at_its_next_start(void **state)
{
	struct ops *ops = *state;

	define_base(ops);
	clone_linked(ops, "base", "web");
	virDomainPtr dom = virDomainLookupByName(ops->conn, "web");
	virDomainUndefine(dom);
	virDomainFree(dom);
	ops_expect(ops_run_guest(ops, OP_GUEST_UNPROTECT, "base", NULL), TASK_FAILED, "web.qcow2");
	g_autofree char *path = image("web.qcow2");
	g_free(run("rm", path, NULL));
	struct ops_result result = ops_run_guest(ops, OP_GUEST_START, "base", NULL);
	assert_non_null(strstr(result.log, "protection was lifted"));
	ops_expect(result, TASK_OK, "started");
	assert_int_equal(mode_of("base.qcow2"), 0644);
	ops_expect(ops_run_guest(ops, OP_GUEST_UNPROTECT, "base", NULL), TASK_FAILED, "not protected");
}

static void base_of_clones_is_not_deleted(void **state)
{
	struct ops *ops = *state;

	define_base(ops);
	clone_linked(ops, "base", "web");
	struct plan *plan = ops_plan_of(ops, "base");
	const struct plan_item *item = ops_item_of(plan, "disk:vda");
	assert_non_null(item->refused);
	assert_non_null(strstr(item->refused, "web.qcow2"));
	plan_free(plan);
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "base", ARGS("remove", "disk:vda")), TASK_FAILED, "web.qcow2");
	assert_true(exists("base.qcow2"));
	assert_int_equal(ops_state_of(ops, "base"), VIR_DOMAIN_SHUTOFF);
}

/* ---- failure ---- */

static void failed_clones_leave_nothing(void **state)
{
	struct ops *ops = *state;
	g_autofree char *xml = NULL;

	define_base(ops);
	xml = xml_of(ops, "base", 0);
	/* libvirt refuses the name when all files are made. */
	ops_expect(ops_run_guest(ops, OP_GUEST_CLONE, "base", ARGS("name", "a\nb", "mode", "linked", "count", "2")),
	        TASK_FAILED, "cannot define");
	assert_false(exists("a\nb-1.qcow2"));
	assert_int_equal(mode_of("base.qcow2"), 0644);
	/* libvirt keeps an empty element where the mark was. */
	g_autofree char *now = xml_of(ops, "base", 0);
	g_auto(GStrv) around = g_strsplit(now, "  <metadata/>\n", -1);
	g_autofree char *without = g_strjoinv("", around);
	assert_string_equal(xml, without);
	ops_expect(ops_run_guest(ops, OP_GUEST_CLONE, "base", ARGS("name", "base", "mode", "linked")), TASK_FAILED,
	        "has that name already");
	ops_expect(ops_run_guest(ops, OP_GUEST_CLONE, "base", ARGS("name", "x", "mode", "linked", "count", "no")),
	        TASK_FAILED, NULL);
}

/* The second one can not be had: its UEFI variables would replace another guest's. */
static void clones_that_are_whole_stay_when_the_next_one_fails(void **state)
{
	struct ops *ops = *state;
	g_autofree char *nvram = image("base_VARS.fd"), *code = image("code.fd");
	g_autofree char *disk = image("base.qcow2");

	make_image("base.qcow2", "qcow2", NULL);
	make_image("base_VARS.fd", "raw", NULL);
	make_image("code.fd", "raw", NULL);
	g_autofree char *xml = g_strdup_printf(
	        "<domain type='qemu'><name>base</name><memory unit='MiB'>16</memory>"
	        "<os><type arch='x86_64' machine='q35'>hvm</type><loader readonly='yes' type='pflash'>%s</loader>"
	        "<nvram>%s</nvram></os><features><acpi/></features><devices><disk type='file' device='disk'>"
	        "<driver name='qemu' type='qcow2'/>"
	        "<source file='%s'/><target dev='vda' bus='virtio'/></disk></devices></domain>",
	        code, nvram, disk);
	virDomainPtr dom = virDomainDefineXML(ops->conn, xml);
	assert_non_null(dom);
	virDomainFree(dom);
	make_image("w-2_VARS.fd", "raw", NULL);
	g_autofree char *before = hash_of("w-2_VARS.fd");
	ops_expect(ops_run_guest(ops, OP_GUEST_CLONE, "base", ARGS("name", "w", "mode", "linked", "count", "3")),
	        TASK_FAILED, "1 of 3 clones are there and stay, then: cannot clone 'base'");
	assert_int_equal(ops_state_of(ops, "w-1"), VIR_DOMAIN_SHUTOFF);
	assert_int_equal(ops_state_of(ops, "w-2"), -1);
	assert_true(exists("w-1_VARS.fd"));
	assert_false(exists("w-2.qcow2"));
	assert_int_equal(mode_of("base.qcow2"), 0444);
	g_autofree char *after = hash_of("w-2_VARS.fd");
	assert_string_equal(before, after);
	ops_expect(ops_run_guest(ops, OP_GUEST_CLONE, "base", ARGS("name", "x", "mode", "linked")), TASK_OK, NULL);
}

static void file_that_is_there_is_never_used(void **state)
{
	struct ops *ops = *state;

	define_base(ops);
	make_image("web.qcow2", "qcow2", NULL);
	g_autofree char *before = hash_of("web.qcow2");
	clone_linked(ops, "base", "web");
	g_autofree char *after = hash_of("web.qcow2");
	assert_string_equal(before, after);
	expect_in_xml(ops, "web", "/web.2.qcow2", true);
}

/* ---- an overlay of its own ---- */

static void parent_with_its_own_overlay_runs_beside_its_clones(void **state)
{
	struct ops *ops = *state;

	define_base(ops);
	ops_expect(ops_run_guest(ops, OP_GUEST_OWN_OVERLAY, "base", NULL), TASK_FAILED, "nothing stands on");
	clone_linked(ops, "base", "web");
	g_autofree char *before = hash_of("base.qcow2");
	ops_expect(ops_run_guest(ops, OP_GUEST_OWN_OVERLAY, "base", NULL), TASK_OK, "overlay of its own");
	expect_in_xml(ops, "base", "/base-own.qcow2", true);
	write_pattern("base-own.qcow2", "qcow2", 33, "0");
	write_pattern("web.qcow2", "qcow2", 44, "0");
	expect_pattern("base-own.qcow2", "qcow2", 18, "1M");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "base", NULL), TASK_OK, "started");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "web", NULL), TASK_OK, "started");
	g_autofree char *after = hash_of("base.qcow2");
	assert_string_equal(before, after);
}

static void running_source_is_cloned_only_with_an_overlay_of_its_own(void **state)
{
	struct ops *ops = *state;

	define_base(ops);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "base", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_CLONE, "base", ARGS("name", "web", "mode", "linked")), TASK_FAILED,
	        "it is running");
	assert_false(exists("web.qcow2"));
	ops_expect(ops_run_guest(ops, OP_GUEST_CLONE, "base",
	                   ARGS("name", "web", "mode", "linked", "own-overlay", "yes", "start", "yes")),
	        TASK_OK, "started");
	assert_int_equal(ops_state_of(ops, "base"), VIR_DOMAIN_RUNNING);
	assert_int_equal(ops_state_of(ops, "web"), VIR_DOMAIN_RUNNING);
	expect_in_xml(ops, "base", "/base-own.qcow2", true);
	g_autofree char *path = image("web.qcow2"), *base = image("base.qcow2");
	g_autofree char *info = run("qemu-img", "info", "-U", path, NULL);
	assert_non_null(strstr(info, base));
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "base", NULL), TASK_OK, NULL);
	/* Its stored definition was switched over too. */
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "base", NULL), TASK_OK, NULL);
	expect_in_xml(ops, "base", "/base-own.qcow2", true);
}

static void take_external_snapshot(struct ops *ops, const char *guest, const char *overlay)
{
	g_autofree char *path = image(overlay);
	g_autofree char *xml = g_strdup_printf("<domainsnapshot><name>s1</name><disks><disk name='vda' snapshot='external'>"
	                                       "<source file='%s'/></disk></disks></domainsnapshot>",
	        path);
	virDomainPtr dom = virDomainLookupByName(ops->conn, guest);
	virDomainSnapshotPtr snapshot = virDomainSnapshotCreateXML(dom, xml, VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY);

	if (!snapshot)
		fail_msg("%s", virGetLastErrorMessage());
	virDomainSnapshotFree(snapshot);
	virDomainFree(dom);
}

static void clone_of_an_external_snapshot_stands_on_its_file(void **state)
{
	struct ops *ops = *state;

	define_base(ops);
	take_external_snapshot(ops, "base", "base.s1");
	write_pattern("base.s1", "qcow2", 55, "0");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "base", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_CLONE, "base",
	                   ARGS("name", "web", "mode", "linked", "from-snapshot", "s1")),
	        TASK_OK, "'web'");
	expect_pattern("web.qcow2", "qcow2", 17, "0");
	assert_int_equal(mode_of("base.qcow2"), 0444);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "web", NULL), TASK_OK, NULL);
	/* It writes to its own overlay only, and may go on doing so. */
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "base", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "base", NULL), TASK_OK, NULL);
}

static void snapshots_are_not_lost_by_an_overlay_unless_agreed(void **state)
{
	struct ops *ops = *state;

	define_base(ops);
	virDomainPtr dom = virDomainLookupByName(ops->conn, "base");
	virDomainSnapshotPtr snapshot =
	        virDomainSnapshotCreateXML(dom, "<domainsnapshot><name>s1</name></domainsnapshot>", 0);
	assert_non_null(snapshot);
	virDomainSnapshotFree(snapshot);
	clone_linked(ops, "base", "web");
	ops_expect(ops_run_guest(ops, OP_GUEST_OWN_OVERLAY, "base", NULL), TASK_FAILED, "1 snapshot");
	expect_in_xml(ops, "base", "/base.qcow2", true);
	ops_expect(ops_run_guest(ops, OP_GUEST_OWN_OVERLAY, "base", ARGS("forget-snapshots", "yes")), TASK_OK, NULL);
	assert_int_equal(virDomainSnapshotNum(dom, 0), 0);
	virDomainFree(dom);
}

/* ---- templates ---- */

static void template_does_not_start_and_its_clones_are_linked(void **state)
{
	struct ops *ops = *state;

	define_base(ops);
	ops_expect(ops_run_guest(ops, OP_GUEST_AUTOSTART, "base", ARGS("on", "yes")), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_TEMPLATE, "base", ARGS("on", "yes")), TASK_OK, "template now");
	assert_int_equal(mode_of("base.qcow2"), 0444);
	virDomainPtr dom = virDomainLookupByName(ops->conn, "base");
	int autostart = 1;
	assert_int_equal(virDomainGetAutostart(dom, &autostart), 0);
	assert_int_equal(autostart, 0);
	virDomainFree(dom);
	expect_start_refused(ops, "base", "it is a template");
	ops_expect(ops_run_guest(ops, OP_GUEST_CLONE, "base", ARGS("name", "web")), TASK_OK, "linked clone 'web'");
	expect_in_xml(ops, "web", "nvirt-template", false);
	ops_expect(ops_run_guest(ops, OP_GUEST_TEMPLATE, "base", ARGS("on", "no")), TASK_FAILED, "'web'");
	delete_with_disk(ops, "web");
	/* Still a template: what protects it stays. */
	assert_int_equal(mode_of("base.qcow2"), 0444);
	ops_expect(ops_run_guest(ops, OP_GUEST_TEMPLATE, "base", ARGS("on", "no")), TASK_OK, "can start");
	assert_int_equal(mode_of("base.qcow2"), 0644);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "base", NULL), TASK_OK, "started");
	ops_expect(ops_run_guest(ops, OP_GUEST_TEMPLATE, "base", ARGS("on", "yes")), TASK_FAILED, "it is running");
}

static void template_with_clones_becomes_a_guest_on_its_own_overlay(void **state)
{
	struct ops *ops = *state;

	define_base(ops);
	ops_expect(ops_run_guest(ops, OP_GUEST_TEMPLATE, "base", ARGS("on", "yes")), TASK_OK, NULL);
	clone_linked(ops, "base", "web");
	ops_expect(ops_run_guest(ops, OP_GUEST_TEMPLATE, "base", ARGS("on", "no", "own-overlay", "yes")), TASK_OK,
	        "guest again");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "base", NULL), TASK_OK, "started");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "web", NULL), TASK_OK, "started");
	assert_int_equal(mode_of("base.qcow2"), 0444);
}

#define LINKED_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        LINKED_TEST(fifty_clones_write_and_neither_base_nor_neighbour_changes),
	        LINKED_TEST(clone_is_a_guest_of_its_own),
	        LINKED_TEST(raw_base_is_recorded_as_raw),
	        LINKED_TEST(plan_names_what_is_then_made),
	        LINKED_TEST(base_is_read_only_until_the_last_clone_goes),
	        LINKED_TEST(base_is_not_restored_over_clones),
	        LINKED_TEST(base_with_saved_memory_is_not_cloned),
	        LINKED_TEST(clone_that_others_made_protects_too),
	        LINKED_TEST(vanished_clones_free_the_base_at_its_next_start),
	        LINKED_TEST(base_of_clones_is_not_deleted),
	        LINKED_TEST(failed_clones_leave_nothing),
	        LINKED_TEST(clones_that_are_whole_stay_when_the_next_one_fails),
	        LINKED_TEST(file_that_is_there_is_never_used),
	        LINKED_TEST(parent_with_its_own_overlay_runs_beside_its_clones),
	        LINKED_TEST(running_source_is_cloned_only_with_an_overlay_of_its_own),
	        LINKED_TEST(clone_of_an_external_snapshot_stands_on_its_file),
	        LINKED_TEST(snapshots_are_not_lost_by_an_overlay_unless_agreed),
	        LINKED_TEST(template_does_not_start_and_its_clones_are_linked),
	        LINKED_TEST(template_with_clones_becomes_a_guest_on_its_own_overlay),
	};
	virSetErrorFunc(NULL, NULL);
	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
