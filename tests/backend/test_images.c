/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images on real QEMU guests: what a hostile header names is refused, volumes
 * that somebody needs stay, overlays are flattened and re-based without a byte changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/define.h"
#include "backend/image_check.h"
#include "backend/op_util.h"
#include "support/lab.h"
#include "support/ops.h"

#define POOL "t-images"
#define BIG "100M"

static struct lab *lab;
static char *dir, *outside; /* the pool's, and one in no pool */

static int start_lab(void **state)
{
	(void)state;
	lab = lab_start(1);
	dir = g_build_filename(lab_dir(lab), "h1", "t-images", NULL);
	outside = g_build_filename(lab_dir(lab), "h1", "t-outside", NULL);
	return 0;
}

static int stop_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	g_free(dir);
	g_free(outside);
	return 0;
}

/* ---- files ---- */

static char *run_tool(const char *const *words)
{
	g_autofree char *out = NULL, *err = NULL;
	g_autoptr(GError) error = NULL;
	int status = 0;

	if (!g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status, &error))
		fail_msg("%s", error->message);
	if (status)
		fail_msg("%s %s: %s", words[0], words[1], err);
	return g_steal_pointer(&out);
}
#define tool(...) g_free(run_tool(ARGS(__VA_ARGS__)))

static char *in_pool(const char *name)
{
	return g_build_filename(dir, name, NULL);
}

/* In the pool's directory, by hand: libvirt has not seen it. */
static void make_image(const char *name, const char *base, const char *base_format, const char *size)
{
	g_autofree char *path = in_pool(name);

	if (base)
		tool("qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", base_format, path);
	else
		tool("qemu-img", "create", "-q", "-f", "qcow2", path, size);
	g_chmod(path, 0666);
}

static void write_image(const char *name, const char *command)
{
	g_autofree char *path = in_pool(name);

	tool("qemu-io", "-f", "qcow2", "-c", command, path);
}

/* What a guest would read of it. */
static char *content(const char *name)
{
	g_autofree char *path = in_pool(name), *raw = in_pool("content.raw");

	tool("qemu-img", "convert", "-f", "qcow2", "-O", "raw", path, raw);
	g_autofree char *sum = run_tool(ARGS("md5sum", raw));
	g_remove(raw);
	return g_strndup(sum, 32);
}

static void assert_content(const char *name, const char *want)
{
	g_autofree char *is = content(name);

	assert_string_equal(is, want);
}

static bool has_file(const char *name)
{
	g_autofree char *path = in_pool(name);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static bool stands_on(const char *name, const char *base)
{
	g_autofree char *path = in_pool(name);
	g_autofree char *info = run_tool(ARGS("qemu-img", "info", "-U", path));

	return base ? strstr(info, base) != NULL : strstr(info, "backing file") == NULL;
}

static unsigned count_files(const char *part)
{
	GDir *list = g_dir_open(dir, 0, NULL);
	const char *name;
	unsigned count = 0;

	while ((name = g_dir_read_name(list)))
		count += strstr(name, part) != NULL;
	g_dir_close(list);
	return count;
}

/* ---- guests and pools ---- */

static void remove_guests(virConnectPtr conn)
{
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(conn, &doms, 0);

	for (int i = 0; i < n; i++) {
		virDomainDestroy(doms[i]);
		virDomainUndefineFlags(doms[i], VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA);
		virDomainFree(doms[i]);
	}
	free(doms);
}

static void remove_pools(virConnectPtr conn)
{
	virStoragePoolPtr *pools = NULL;
	int n = virConnectListAllStoragePools(conn, &pools, 0);

	for (int i = 0; i < n; i++) {
		if (g_str_has_prefix(virStoragePoolGetName(pools[i]), "t-")) {
			virStoragePoolDestroy(pools[i]);
			virStoragePoolUndefine(pools[i]);
		}
		virStoragePoolFree(pools[i]);
	}
	free(pools);
}

static int set_up(void **state)
{
	struct ops *ops = ops_new(lab_uri(lab, "h1"));
	g_autofree char *xml = g_strdup_printf(
	        "<pool type='dir'><name>" POOL "</name><target><path>%s</path></target></pool>", dir);

	remove_guests(ops->conn);
	remove_pools(ops->conn);
	tool("rm", "-rf", dir, outside);
	g_mkdir(outside, 0755);
	g_mkdir(dir, 0777);
	g_chmod(dir, 0777);
	virStoragePoolPtr pool = virStoragePoolCreateXML(ops->conn, xml, 0);
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
	remove_pools(ops->conn);
	return ops_tear_down(state);
}

static void define_guest(struct ops *ops, const char *name, const char *image)
{
	g_autofree char *path = in_pool(image);
	g_autofree char *xml = g_strdup_printf(
	        "<domain type='qemu'><name>%s</name><memory unit='MiB'>64</memory>"
	        "<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>"
	        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%s'/>"
	        "<target dev='vda' bus='virtio'/></disk></devices></domain>",
	        name, path);
	virDomainPtr dom = virDomainDefineXML(ops->conn, xml);

	if (!dom)
		fail_msg("%s", virGetLastErrorMessage());
	virDomainFree(dom);
}

static struct obj_ref volume_ref(struct ops *ops, const char *name)
{
	struct obj_ref ref = ops_pool_ref(ops, POOL);
	virStoragePoolPtr pool = virStoragePoolLookupByName(ops->conn, POOL);

	virStoragePoolRefresh(pool, 0);
	virStoragePoolFree(pool);
	ref.kind = OBJ_VOLUME;
	ref.name = g_intern_string(name);
	return ref;
}

static struct ops_result run_volume(struct ops *ops, enum op op, const char *name, const char *const *args)
{
	struct obj_ref ref = volume_ref(ops, name);

	return ops_run(ops, op, &ref, name, args);
}

/* ---- hostile images ---- */

/* The measured attack: a header that names a file of the host, which libvirt would give to the guest. */
static void header_that_names_a_file_of_the_host_is_refused_by_name(void **state)
{
	struct ops *ops = *state;
	g_autofree char *secret = g_build_filename(outside, "shadow", NULL);
	g_autofree char *words = g_strdup_printf("'%s': it lies outside every pool", secret);

	g_file_set_contents(secret, "root:secret", -1, NULL);
	g_chmod(secret, 0600);
	tool("truncate", "-s", "1M", secret);
	make_image("evil.qcow2", secret, "raw", NULL);
	define_guest(ops, "t-evil", "evil.qcow2");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-evil", NULL), TASK_FAILED, words);
	assert_int_equal(ops_state_of(ops, "t-evil"), VIR_DOMAIN_SHUTOFF);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-evil", ARGS("allow", "/another")), TASK_FAILED, words);
	ops_expect(ops_run_guest(ops, OP_GUEST_FLATTEN, "t-evil", NULL), TASK_FAILED, words);
	assert_true(stands_on("evil.qcow2", secret));
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-evil", ARGS("allow", secret)), TASK_OK, "started");
}

/* One image further down is looked at as well. */
static void hostile_base_of_a_base_is_refused(void **state)
{
	struct ops *ops = *state;
	g_autofree char *secret = g_build_filename(outside, "shadow", NULL), *evil = in_pool("evil.qcow2");

	g_file_set_contents(secret, "root:secret", -1, NULL);
	tool("truncate", "-s", "1M", secret);
	make_image("evil.qcow2", secret, "raw", NULL);
	make_image("top.qcow2", evil, "qcow2", NULL);
	define_guest(ops, "t-top", "top.qcow2");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-top", NULL), TASK_FAILED, secret);
}

static void json_and_data_files_are_refused(void **state)
{
	struct ops *ops = *state;
	g_autofree char *data = in_pool("data.raw"), *image = in_pool("data.qcow2");
	g_autofree char *option = g_strdup_printf("data_file=%s", data);
	g_autofree char *base = in_pool("base.qcow2");
	g_autofree char *json = g_strdup_printf("json:{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\",\"filename\":\"%s\"}}", base);

	make_image("base.qcow2", NULL, NULL, "1M");
	make_image("json.qcow2", json, "qcow2", NULL);
	define_guest(ops, "t-json", "json.qcow2");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-json", NULL), TASK_FAILED, "by json:");
	tool("qemu-img", "create", "-q", "-f", "qcow2", "-o", option, image, "1M");
	define_guest(ops, "t-data", "data.qcow2");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-data", NULL), TASK_FAILED, "as its data file");
}

static void ordinary_chains_start(void **state)
{
	struct ops *ops = *state;

	make_image("base.qcow2", NULL, NULL, "1M");
	make_image("a.qcow2", "base.qcow2", "qcow2", NULL);
	make_image("b.qcow2", "a.qcow2", "qcow2", NULL);
	define_guest(ops, "t-web", "b.qcow2");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-web", NULL), TASK_OK, "started");
	g_autofree char *path = in_pool("b.qcow2");
	g_autoptr(GPtrArray) chain = image_check_chain(ops->conn, path, "qcow2", NULL, NULL);
	assert_int_equal(chain->len, 3);
	assert_string_equal(((const struct image_member *)chain->pdata[2])->pool, POOL);
}

/* ---- volumes ---- */

static void volume_that_somebody_needs_is_not_deleted(void **state)
{
	struct ops *ops = *state;

	make_image("base.qcow2", NULL, NULL, "1M");
	make_image("disk.qcow2", "base.qcow2", "qcow2", NULL);
	make_image("free.qcow2", NULL, NULL, "1M");
	define_guest(ops, "t-web", "disk.qcow2");
	ops_expect(run_volume(ops, OP_VOLUME_DELETE, "base.qcow2", NULL), TASK_FAILED,
	        "volume 'disk.qcow2' of pool '" POOL "' is based on it");
	ops_expect(run_volume(ops, OP_VOLUME_DELETE, "disk.qcow2", NULL), TASK_FAILED, "disk vda of 't-web'");
	assert_true(has_file("base.qcow2") && has_file("disk.qcow2"));
	ops_expect(run_volume(ops, OP_VOLUME_DELETE, "free.qcow2", NULL), TASK_OK, "was deleted");
	assert_false(has_file("free.qcow2"));
}

static bool ended_well(struct ops *ops, const char *id, struct ops_result *result)
{
	ops_await(ops, id, result, NULL);
	return result->state == TASK_OK;
}

/* By two nvirts: one deletes it, the other one says that it is gone. */
static void of_two_that_delete_the_same_volume_one_does(void **state)
{
	struct ops *ops = *state, *other = ops_new(lab_uri(lab, "h1"));
	struct ops_result one = {.progress = -1}, two = {.progress = -1};

	other->tasks = 500; /* the ids are each nvirt's own */
	make_image("free.qcow2", NULL, NULL, "1M");
	struct obj_ref ref = volume_ref(ops, "free.qcow2");
	g_autofree char *first = ops_submit(ops, OP_VOLUME_DELETE, &ref, "free.qcow2", NULL);
	g_autofree char *second = ops_submit(other, OP_VOLUME_DELETE, &ref, "free.qcow2", NULL);
	bool a = ended_well(ops, first, &one), b = ended_well(other, second, &two);
	if (a == b)
		fail_msg("'%s' and '%s'", one.message, two.message);
	ops_expect(a ? one : two, TASK_OK, "was deleted");
	ops_expect(a ? two : one, TASK_FAILED, "free.qcow2");
	assert_false(has_file("free.qcow2"));
	void *state_of_other = other;
	ops_tear_down(&state_of_other);
}

/* Whichever comes first: nothing is left that stands on what is gone. */
static void base_and_overlay_deleted_at_once_leave_no_overlay_alone(void **state)
{
	struct ops *ops = *state;
	struct ops_result base = {.progress = -1}, overlay = {.progress = -1};

	make_image("base.qcow2", NULL, NULL, "1M");
	make_image("over.qcow2", "base.qcow2", "qcow2", NULL);
	struct obj_ref base_ref = volume_ref(ops, "base.qcow2"), over_ref = volume_ref(ops, "over.qcow2");
	g_autofree char *first = ops_submit(ops, OP_VOLUME_DELETE, &base_ref, "base.qcow2", NULL);
	g_autofree char *second = ops_submit(ops, OP_VOLUME_DELETE, &over_ref, "over.qcow2", NULL);
	ops_await(ops, first, &base, NULL);
	ops_await(ops, second, &overlay, NULL);
	if (!has_file("base.qcow2") && has_file("over.qcow2"))
		fail_msg("base: %s; overlay: %s", base.message, overlay.message);
	assert_int_equal(base.state == TASK_OK, !has_file("base.qcow2"));
	ops_expect(overlay, TASK_OK, "was deleted");
	ops_result_clear(&base);
}

/* Nobody told libvirt of it, and its pool was not read since. */
static void clone_made_by_hand_saves_its_base(void **state)
{
	struct ops *ops = *state;

	make_image("base.qcow2", NULL, NULL, "1M");
	struct obj_ref ref = volume_ref(ops, "base.qcow2");
	make_image("clone.qcow2", "base.qcow2", "qcow2", NULL);
	ops_expect(ops_run(ops, OP_VOLUME_DELETE, &ref, "base.qcow2", NULL), TASK_FAILED, "clone.qcow2");
	assert_true(has_file("base.qcow2"));
}

static void what_can_not_be_looked_at_stops_a_deletion(void **state)
{
	struct ops *ops = *state;
	g_autofree char *xml = g_strdup_printf(
	        "<pool type='dir'><name>t-off</name><target><path>%s</path></target></pool>", outside);
	virStoragePoolPtr off = virStoragePoolDefineXML(ops->conn, xml, 0);

	assert_non_null(off);
	virStoragePoolFree(off);
	make_image("free.qcow2", NULL, NULL, "1M");
	ops_expect(run_volume(ops, OP_VOLUME_DELETE, "free.qcow2", NULL), TASK_FAILED, "pool 't-off' is not active");
	assert_true(has_file("free.qcow2"));
	ops_expect(run_volume(ops, OP_VOLUME_DELETE, "free.qcow2", ARGS("unseen", "yes")), TASK_OK, "was deleted");
}

/* ---- flattening ---- */

static void make_clone(struct ops *ops, const char *size)
{
	g_autofree char *fill = g_strdup_printf("write -P 7 0 %s", size);

	make_image("base.qcow2", NULL, NULL, strcmp(size, BIG) == 0 ? BIG : "48M");
	write_image("base.qcow2", fill);
	make_image("clone.qcow2", "base.qcow2", "qcow2", NULL);
	write_image("clone.qcow2", "write -P 9 1M 1M");
	define_guest(ops, "t-clone", "clone.qcow2");
}

static void clone_that_is_off_is_flattened(void **state)
{
	struct ops *ops = *state;
	struct stat before, after;
	g_autofree char *path = in_pool("clone.qcow2");

	make_clone(ops, "8M");
	g_autofree char *was = content("clone.qcow2"), *base = content("base.qcow2");
	assert_int_equal(stat(path, &before), 0);
	struct ops_result result = ops_run_guest(ops, OP_GUEST_FLATTEN, "t-clone", NULL);
	assert_non_null(strstr(result.log, "nothing known stands on"));
	ops_expect(result, TASK_OK, "stands on nothing else now");
	assert_true(stands_on("clone.qcow2", NULL));
	assert_content("clone.qcow2", was);
	assert_content("base.qcow2", base);
	assert_int_equal(count_files(".nvirt-"), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_mode, before.st_mode);
	ops_expect(run_volume(ops, OP_VOLUME_DELETE, "base.qcow2", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-clone", NULL), TASK_OK, "started");
	ops_expect(ops_run_guest(ops, OP_GUEST_FLATTEN, "t-clone", NULL), TASK_FAILED, "none of its disks");
}

static void running_clone_is_flattened_by_its_qemu(void **state)
{
	struct ops *ops = *state;

	make_clone(ops, "32M");
	g_autofree char *was = content("clone.qcow2"), *base = content("base.qcow2");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-clone", NULL), TASK_OK, NULL);
	struct ops_result result = ops_run_guest(ops, OP_GUEST_FLATTEN, "t-clone", NULL);
	assert_int_equal(ops_state_of(ops, "t-clone"), VIR_DOMAIN_RUNNING);
	ops_expect(result, TASK_OK, "stands on nothing else now");
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "t-clone", NULL), TASK_OK, NULL);
	assert_true(stands_on("clone.qcow2", NULL));
	assert_content("clone.qcow2", was);
	assert_content("base.qcow2", base);
}

struct pulling {
	struct ops *ops;
	bool slow;
};

/* So slow that an abort comes in the middle. */
static bool is_slowed(void *data)
{
	struct pulling *pulling = data;
	virDomainPtr dom = virDomainLookupByName(pulling->ops->conn, "t-clone");
	virDomainBlockJobInfo info;

	if (virDomainGetBlockJobInfo(dom, "vda", &info, 0) == 1)
		pulling->slow = virDomainBlockJobSetSpeed(dom, "vda", 1, 0) == 0;
	virDomainFree(dom);
	return pulling->slow;
}

static void aborted_pull_leaves_the_clone_as_it_reads(void **state)
{
	struct ops *ops = *state;
	struct ops_result result = {.progress = -1};
	struct pulling pulling = {.ops = ops};

	make_clone(ops, BIG);
	g_autofree char *was = content("clone.qcow2");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-clone", NULL), TASK_OK, NULL);
	struct obj_ref ref = ops_guest_ref(ops, "t-clone");
	g_autofree char *id = ops_submit(ops, OP_GUEST_FLATTEN, &ref, "t-clone", NULL);
	lab_wait_for(is_slowed, &pulling, "QEMU pulls", 20000);
	workers_abort(ops->workers, id);
	ops_await(ops, id, &result, NULL);
	ops_expect(result, TASK_ABORTED, "is as it was");
	assert_int_equal(ops_state_of(ops, "t-clone"), VIR_DOMAIN_RUNNING);
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "t-clone", NULL), TASK_OK, NULL);
	assert_true(stands_on("clone.qcow2", "base.qcow2"));
	assert_content("clone.qcow2", was);
}

static bool is_abortable(const struct ops_result *result)
{
	return result->abortable;
}

/* On a fast machine it may be done before the word comes: then it is flat, and reads the same all the same. */
static void aborted_copy_leaves_nothing(void **state)
{
	struct ops *ops = *state;
	struct ops_result result = {.progress = -1};

	make_clone(ops, BIG);
	g_autofree char *was = content("clone.qcow2");
	struct obj_ref ref = ops_guest_ref(ops, "t-clone");
	g_autofree char *id = ops_submit(ops, OP_GUEST_FLATTEN, &ref, "t-clone", NULL);
	ops_await(ops, id, &result, is_abortable);
	workers_abort(ops->workers, id);
	ops_await(ops, id, &result, NULL);
	bool aborted = result.state == TASK_ABORTED;
	assert_true(aborted || result.state == TASK_OK);
	assert_true(stands_on("clone.qcow2", aborted ? "base.qcow2" : NULL));
	ops_result_clear(&result);
	assert_content("clone.qcow2", was);
	assert_int_equal(count_files(".nvirt-"), 0);
}

/* They stand on the base as well, and would read zeros without it. */
static void snapshots_forbid_flattening(void **state)
{
	struct ops *ops = *state;
	g_autofree char *path = in_pool("clone.qcow2");

	make_clone(ops, "1M");
	tool("qemu-img", "snapshot", "-c", "s1", path);
	ops_expect(ops_run_guest(ops, OP_GUEST_FLATTEN, "t-clone", NULL), TASK_FAILED, "internal snapshots");
	assert_true(stands_on("clone.qcow2", "base.qcow2"));
}

static virStorageVolPtr make_volume(virStoragePoolPtr pool, const char *name, const char *base)
{
	g_autofree char *backing =
	        base ? g_strdup_printf("<backingStore><path>%s</path><format type='qcow2'/></backingStore>", base)
	             : g_strdup("");
	g_autofree char *xml = g_strdup_printf("<volume><name>%s</name><capacity unit='MiB'>8</capacity>"
	                                       "<target><format type='qcow2'/></target>%s</volume>",
	        name, backing);
	virStorageVolPtr vol = virStorageVolCreateXML(pool, xml, 0);

	if (!vol)
		fail_msg("%s", virGetLastErrorMessage());
	return vol;
}

static void define_on(struct ops *ops, const char *path)
{
	g_autofree char *name = g_path_get_basename(path), *was = dir;

	dir = g_path_get_dirname(path);
	define_guest(ops, "t-clone", name);
	g_free(dir);
	dir = g_steal_pointer(&was);
}

/* What the lab's host has below /var/lib/libvirt is not ours to see: as on another machine. */
static void clone_elsewhere_is_flattened_by_libvirt(void **state)
{
	struct ops *ops = *state;

	if (!lab_is_system(lab))
		skip();
	virStoragePoolPtr pool = virStoragePoolCreateXML(ops->conn,
	        "<pool type='dir'><name>t-there</name><target><path>/var/lib/libvirt/t-there</path></target></pool>",
	        VIR_STORAGE_POOL_CREATE_WITH_BUILD);
	assert_non_null(pool);
	virStorageVolPtr base = make_volume(pool, "base.qcow2", NULL);
	virStorageVolPtr clone = make_volume(pool, "clone.qcow2", "/var/lib/libvirt/t-there/base.qcow2");
	define_on(ops, "/var/lib/libvirt/t-there/clone.qcow2");
	ops_expect(ops_run_guest(ops, OP_GUEST_FLATTEN, "t-clone", NULL), TASK_OK, "stands on nothing else now");
	g_autoptr(virDomain) dom = virDomainLookupByName(ops->conn, "t-clone");
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE);
	g_autofree char *now = op_xml_string(doc, NULL, "/domain/devices/disk/source/@file");
	assert_true(g_str_has_prefix(now, "/var/lib/libvirt/t-there/clone.qcow2.nvirt-"));
	struct image_header header = {0};
	assert_true(image_check_header(ops->conn, now, "qcow2", &header, NULL));
	assert_null(header.backing);
	image_header_clear(&header);
	/* The overlay is gone, the base is not. */
	virStoragePoolRefresh(pool, 0);
	assert_int_equal(virStoragePoolNumOfVolumes(pool), 2);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-clone", NULL), TASK_OK, "started");
	virDomainDestroy(dom);
	struct obj_ref ref = ops_pool_ref(ops, "t-there");
	ref.kind = OBJ_VOLUME;
	ref.name = g_intern_string("base.qcow2");
	ops_expect(ops_run(ops, OP_VOLUME_DELETE, &ref, "base.qcow2", NULL), TASK_OK, NULL);
	virStorageVolFree(base);
	virStorageVolFree(clone);
	virStoragePoolFree(pool);
}

/* ---- re-basing ---- */

static void moved_base_is_found_again(void **state)
{
	struct ops *ops = *state;
	g_autofree char *base = in_pool("base.qcow2"), *moved = in_pool("moved.qcow2");

	make_clone(ops, "1M");
	g_autofree char *was = content("clone.qcow2");
	assert_int_equal(g_rename(base, moved), 0);
	ops_expect(run_volume(ops, OP_VOLUME_REBASE, "clone.qcow2", ARGS("base", moved, "format", "raw")), TASK_FAILED,
	        "looks like 'qcow2'");
	ops_expect(run_volume(ops, OP_VOLUME_REBASE, "clone.qcow2", ARGS("base", base)), TASK_FAILED, "is not there");
	struct ops_result result = run_volume(ops, OP_VOLUME_REBASE, "clone.qcow2", ARGS("base", moved));
	assert_non_null(strstr(result.log, "only the size could be compared"));
	ops_expect(result, TASK_OK, "it stands on");
	assert_true(stands_on("clone.qcow2", moved));
	assert_content("clone.qcow2", was);
}

static void base_of_other_content_is_refused(void **state)
{
	struct ops *ops = *state;
	g_autofree char *base = in_pool("base.qcow2"), *copy = in_pool("copy.qcow2"), *self = in_pool("clone.qcow2");

	make_clone(ops, "1M");
	tool("cp", base, copy);
	ops_expect(run_volume(ops, OP_VOLUME_REBASE, "clone.qcow2", ARGS("base", copy)), TASK_OK, NULL);
	write_image("copy.qcow2", "write -P 1 2M 1M");
	ops_expect(run_volume(ops, OP_VOLUME_REBASE, "clone.qcow2", ARGS("base", base)), TASK_FAILED,
	        "does not hold what the old one holds");
	assert_true(stands_on("clone.qcow2", copy));
	ops_expect(run_volume(ops, OP_VOLUME_REBASE, "clone.qcow2", ARGS("base", self)), TASK_FAILED, "on itself");
	ops_expect(run_volume(ops, OP_VOLUME_REBASE, "base.qcow2", ARGS("base", copy)), TASK_FAILED, "stands on nothing");
}

static void image_in_use_is_not_rebased(void **state)
{
	struct ops *ops = *state;
	g_autofree char *base = in_pool("base.qcow2"), *copy = in_pool("copy.qcow2");

	make_clone(ops, "1M");
	tool("cp", base, copy);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-clone", NULL), TASK_OK, NULL);
	ops_expect(run_volume(ops, OP_VOLUME_REBASE, "clone.qcow2", ARGS("base", copy)), TASK_FAILED, "it is in use");
	assert_true(stands_on("clone.qcow2", "base.qcow2"));
}

/* ---- definitions ---- */

static void definition_is_validated_and_compared(void **state)
{
	struct ops *ops = *state;

	make_image("disk.qcow2", NULL, NULL, "1M");
	define_guest(ops, "t-web", "disk.qcow2");
	g_autoptr(virDomain) dom = virDomainLookupByName(ops->conn, "t-web");
	g_autoptr(xmlDoc) doc = define_read(dom);
	g_autoptr(GPtrArray) differences = NULL;
	g_autoptr(virDomain) same = define_checked(ops->conn, doc, &differences);
	assert_non_null(same);
	assert_int_equal(differences->len, 0);
	xmlNewChild(xmlDocGetRootElement(doc), NULL, BAD_CAST "nonsense", NULL);
	assert_null(define_checked(ops->conn, doc, NULL));
	assert_int_equal(virGetLastErrorCode(), VIR_ERR_XML_INVALID_SCHEMA);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(header_that_names_a_file_of_the_host_is_refused_by_name),
	        TEST(hostile_base_of_a_base_is_refused),
	        TEST(json_and_data_files_are_refused),
	        TEST(ordinary_chains_start),
	        TEST(volume_that_somebody_needs_is_not_deleted),
	        TEST(of_two_that_delete_the_same_volume_one_does),
	        TEST(base_and_overlay_deleted_at_once_leave_no_overlay_alone),
	        TEST(clone_made_by_hand_saves_its_base),
	        TEST(what_can_not_be_looked_at_stops_a_deletion),
	        TEST(clone_that_is_off_is_flattened),
	        TEST(running_clone_is_flattened_by_its_qemu),
	        TEST(aborted_pull_leaves_the_clone_as_it_reads),
	        TEST(aborted_copy_leaves_nothing),
	        TEST(snapshots_forbid_flattening),
	        TEST(clone_elsewhere_is_flattened_by_libvirt),
	        TEST(moved_base_is_found_again),
	        TEST(base_of_other_content_is_refused),
	        TEST(image_in_use_is_not_rebased),
	        TEST(definition_is_validated_and_compared),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
