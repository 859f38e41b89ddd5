/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots on real guests: taken, read, edited, deleted, pruned; what is left when it fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "backend/op_util.h"
#include "backend/snapshot_tree.h"
#include "backend/snapshot_write.h"
#include "backend/snapshots.h"
#include "support/files.h"
#include "support/images.h"

static struct lab *lab;
static char *dir;

static int start_lab(void **state)
{
	(void)state;
	lab = lab_start(1);
	dir = images_dir(lab);
	g_setenv("XDG_STATE_HOME", dir, true);
	return 0;
}

static int stop_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	g_free(dir);
	return 0;
}

static int set_up(void **state)
{
	struct ops *ops = ops_new(lab_uri(lab, "h1"));

	images_clear(ops->conn);
	files_remove(dir);
	g_free(dir);
	dir = images_dir(lab);
	*state = ops;
	return 0;
}

static int tear_down(void **state)
{
	struct ops *ops = *state;

	images_clear(ops->conn);
	return ops_tear_down(state);
}

/* ---- helpers ---- */

/* A guest "t-web" with disks vda, vdb, …; `formats` "qcow2,raw". */
static void define(struct ops *ops, const char *formats)
{
	g_auto(GStrv) list = g_strsplit(formats, ",", -1);
	g_autoptr(GString) devices = g_string_new(NULL);

	for (unsigned i = 0; list[i]; i++) {
		g_autofree char *name = g_strdup_printf("web.%s%u", list[i], i);
		g_autofree char *path = images_make(dir, name, list[i]);
		g_autofree char *target = g_strdup_printf("vd%c", 'a' + (int)i);
		g_autofree char *disk = images_disk(target, path, list[i], "");
		g_string_append(devices, disk);
	}
	images_define(ops->conn, "t-web", NULL, devices->str);
}

static void start(struct ops *ops)
{
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-web", NULL), TASK_OK, NULL);
}

static GPtrArray *rows_of(struct ops *ops)
{
	g_autoptr(virDomain) dom = virDomainLookupByName(ops->conn, "t-web");
	g_autoptr(GError) error = NULL;
	GPtrArray *rows = snapshots_read(dom, &error);

	if (!rows)
		fail_msg("%s", error->message);
	return rows;
}

static const struct snapshot_row *row_of(GPtrArray *rows, const char *name)
{
	for (unsigned i = 0; i < rows->len; i++) {
		const struct snapshot_row *row = g_ptr_array_index(rows, i);
		if (g_str_equal(row->name, name))
			return row;
	}
	fail_msg("no snapshot '%s'", name);
	return NULL;
}

static unsigned count(struct ops *ops)
{
	g_autoptr(GPtrArray) rows = rows_of(ops);

	return rows->len;
}

static void take(struct ops *ops, const char *name, const char *kind)
{
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-web", ARGS("name", name, "kind", kind)), TASK_OK, "was taken");
}

static struct ops_result on_snapshot(struct ops *ops, enum op op, const char *name, const char *const *args)
{
	struct obj_ref ref = ops_guest_ref(ops, "t-web");

	ref.kind = OBJ_SNAPSHOT;
	ref.name = g_intern_string(name);
	return ops_run(ops, op, &ref, name, args);
}

/* Names in the directory, sorted, one a line. */
static char *listing(void)
{
	return images_command("cd '%s' && find . -type f | grep -v screens | sort", dir);
}

static struct plan *plan(struct ops *ops, enum op op, const char *snapshot, const char *const *args)
{
	struct obj_ref ref = ops_guest_ref(ops, "t-web");
	struct plan *found = NULL;

	if (snapshot) {
		ref.kind = OBJ_SNAPSHOT;
		ref.name = g_intern_string(snapshot);
	}
	struct op_request *request = op_request_new(op, &ref, "t-web");
	for (; args && args[0]; args += 2) {
		if (!request->args)
			request->args = args_new();
		args_set(request->args, args[0], args[1]);
	}
	workers_plan(ops->workers, request, 7);
	while (!found) {
		struct msg *msg = ops_next_msg(ops, g_get_monotonic_time() + 60 * G_USEC_PER_SEC);
		if (msg->type == MSG_PLAN)
			found = g_steal_pointer(&msg->plan);
		msg_free(msg);
	}
	return found;
}

static void has_note(const struct plan *of, const char *words)
{
	for (unsigned i = 0; i < of->notes->len; i++)
		if (strstr(g_ptr_array_index(of->notes, i), words))
			return;
	fail_msg("no note with '%s'; refused: %s", words, of->refused);
}

/* Every file that the plan says will be made is there, and nothing else is new. */
static void plan_came_true(const struct plan *of, const char *before)
{
	g_autofree char *after = listing();
	g_auto(GStrv) lines = g_strsplit(g_strchomp(after), "\n", -1);
	unsigned new_files = 0, planned = 0;

	for (unsigned i = 0; lines[i]; i++)
		new_files += strstr(before, lines[i]) == NULL;
	for (unsigned i = 0; i < of->items->len; i++) {
		const struct plan_item *item = g_ptr_array_index(of->items, i);
		if (*item->path != '/' || item->does != PLAN_MAKE)
			continue;
		planned++;
		if (!g_file_test(item->path, G_FILE_TEST_EXISTS))
			fail_msg("'%s' was planned and is not there", item->path);
	}
	assert_int_equal(new_files, planned);
}

/* ---- taking ---- */

static void off_guest_gets_an_internal_one_without_new_files(void **state)
{
	struct ops *ops = *state;

	define(ops, "qcow2,qcow2");
	g_autofree char *before = listing();
	struct plan *seen = plan(ops, OP_SNAPSHOT_TAKE, NULL, ARGS("name", "one"));
	has_note(seen, "Kind: internal, without memory");
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-web", ARGS("name", "one", "description", "a <b> & c")), TASK_OK,
	        "internal, without memory");
	plan_came_true(seen, before);
	plan_free(seen);
	take(ops, "zwei & <drei> 'é'", "auto");
	g_autoptr(GPtrArray) rows = rows_of(ops);
	const struct snapshot_row *one = row_of(rows, "one");
	assert_int_equal(rows->len, 2);
	assert_int_equal(one->kind, SNAPSHOT_INTERNAL);
	assert_int_equal(one->state, GUEST_OFF);
	assert_string_equal(one->description, "a <b> & c");
	assert_string_equal(one->missing, "");
	assert_null(one->parent);
	assert_int_equal(one->disks->len, 2);
	assert_string_equal(row_of(rows, "zwei & <drei> 'é'")->parent, "one");
	assert_true(row_of(rows, "zwei & <drei> 'é'")->current);
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-web", ARGS("name", "x", "kind", "external")), TASK_FAILED,
	        "kinds are never mixed");
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-web", ARGS("name", "one")), TASK_FAILED, "already");
	assert_int_equal(count(ops), 2);
}

static void raw_disks_of_one_stem_get_files_of_their_own(void **state)
{
	struct ops *ops = *state;

	define(ops, "qcow2,raw");
	g_autofree char *before = listing();
	struct plan *seen = plan(ops, OP_SNAPSHOT_TAKE, NULL, ARGS("name", "s/../x"));
	assert_non_null(seen->refused);
	plan_free(seen);
	seen = plan(ops, OP_SNAPSHOT_TAKE, NULL, ARGS("name", "s 1"));
	has_note(seen, "disk vdb is not qcow2");
	take(ops, "s 1", "auto");
	plan_came_true(seen, before);
	plan_free(seen);
	g_autoptr(GPtrArray) rows = rows_of(ops);
	const struct snapshot_row *row = row_of(rows, "s 1");
	const struct snapshot_disk *raw = g_ptr_array_index(row->disks, 1);
	assert_int_equal(row->kind, SNAPSHOT_EXTERNAL);
	assert_true(row->size_bytes > 0);
	assert_string_equal(raw->format, "raw");
	g_autofree char *now = images_of(ops->conn, "t-web", "vdb");
	assert_string_equal(raw->overlay, now);
	/* A name that gives the same file name. */
	take(ops, "s_1", "auto");
	assert_int_equal(count(ops), 2);
}

static void what_is_no_disk_of_its_own_is_left_out(void **state)
{
	struct ops *ops = *state;
	g_autofree char *a = images_make(dir, "a.qcow2", "qcow2"), *b = images_make(dir, "b.qcow2", "qcow2");
	g_autofree char *iso = images_make(dir, "cd.iso", "raw"), *c = images_make(dir, "c.qcow2", "qcow2");
	g_autofree char *disk = images_disk("vda", a, "qcow2", ""), *readonly = images_disk("vdb", b, "qcow2", "<readonly/>");
	g_autofree char *out = images_disk("vdc", c, "qcow2", "");
	g_autofree char *devices = g_strdup_printf("%s%s%s<disk type='file' device='cdrom'><driver name='qemu' type='raw'/>"
	                                           "<source file='%s'/><target dev='hda' bus='ide'/><readonly/></disk>"
	                                           "<disk type='file' device='cdrom'><target dev='hdb' bus='ide'/></disk>",
	        disk, readonly, out, iso);

	images_define(ops->conn, "t-web", NULL, devices);
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-web", ARGS("name", "no", "leave-out", "vdx")), TASK_FAILED,
	        "no disk 'vdx'");
	struct plan *seen = plan(ops, OP_SNAPSHOT_TAKE, NULL, ARGS("name", "s1", "leave-out", "vdc"));
	has_note(seen, "Disk vdc is left out");
	has_note(seen, "cdrom hda is not part of it");
	plan_free(seen);
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-web", ARGS("name", "s1", "leave-out", "vdc")), TASK_OK,
	        "external");
	g_autofree char *now = images_of(ops->conn, "t-web", "vdc"), *other = images_of(ops->conn, "t-web", "vdb");
	assert_string_equal(now, c);
	assert_string_equal(other, b);
}

static void running_guest_keeps_its_memory_and_runs_on(void **state)
{
	struct ops *ops = *state;

	define(ops, "qcow2,raw");
	start(ops);
	g_autofree char *before = listing();
	struct plan *seen = plan(ops, OP_SNAPSHOT_TAKE, NULL, ARGS("name", "ram"));
	has_note(seen, "The guest is paused while its memory is saved; it can be aborted.");
	has_note(seen, "is free");
	struct ops_result result = ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-web", ARGS("name", "ram"));
	assert_true(result.abortable);
	ops_expect(result, TASK_OK, "external, with memory");
	plan_came_true(seen, before);
	plan_free(seen);
	assert_int_equal(ops_state_of(ops, "t-web"), VIR_DOMAIN_RUNNING);
	g_autoptr(GPtrArray) rows = rows_of(ops);
	const struct snapshot_row *row = row_of(rows, "ram");
	assert_true(row->memory);
	assert_int_equal(row->state, GUEST_RUNNING);
	assert_true(g_file_test(row->memory_file, G_FILE_TEST_EXISTS));
	assert_non_null(row->screen_file);
	assert_true(row->size_bytes > 100000);
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-web", ARGS("name", "live", "live", "yes")), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-web", ARGS("name", "disks", "memory", "no")), TASK_OK,
	        "without memory");
	ops_expect(ops_run_guest(ops, OP_GUEST_SUSPEND, "t-web", NULL), TASK_OK, NULL);
	take(ops, "paused", "auto");
	assert_int_equal(ops_state_of(ops, "t-web"), VIR_DOMAIN_PAUSED);
}

static void memory_inside_the_disk_is_told_to_pause_the_guest(void **state)
{
	struct ops *ops = *state;

	define(ops, "qcow2");
	start(ops);
	struct plan *seen = plan(ops, OP_SNAPSHOT_TAKE, NULL, ARGS("name", "in", "kind", "internal"));
	has_note(seen, "can not be aborted");
	plan_free(seen);
	struct ops_result result =
	        ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-web", ARGS("name", "in", "kind", "internal"));
	assert_false(result.abortable);
	ops_expect(result, TASK_OK, "internal, with memory");
	assert_int_equal(ops_state_of(ops, "t-web"), VIR_DOMAIN_RUNNING);
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-web", ARGS("name", "x", "memory", "no")), TASK_FAILED,
	        "never mixed");
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "in", NULL), TASK_OK, "deleted");
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-web", ARGS("name", "x", "quiesce", "yes")), TASK_FAILED,
	        "agent");
	assert_int_equal(count(ops), 0);
}

/* ---- failing ---- */

static void failed_take_leaves_nothing(void **state)
{
	struct ops *ops = *state;

	define(ops, "qcow2,raw");
	start(ops);
	g_autofree char *quoted = g_shell_quote(dir);
	g_autofree char *before = listing();
	g_autofree char *vda = images_of(ops->conn, "t-web", "vda");
	/* libvirt refuses a second job on the disk. */
	g_autoptr(virDomain) dom = virDomainLookupByName(ops->conn, "t-web");
	g_autofree char *copy = g_strdup_printf("<disk type='file'><source file='%s/copy.img'/><driver type='raw'/></disk>", dir);
	if (virDomainBlockCopy(dom, "vda", copy, NULL, 0, VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB) < 0)
		fail_msg("%s", virGetLastErrorMessage());
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-web", ARGS("name", "s1")), TASK_FAILED, "block copy");
	virDomainBlockJobAbort(dom, "vda", 0);
	g_free(images_command("rm -f %s/copy.img", quoted));
	g_autofree char *after = listing(), *now = images_of(ops->conn, "t-web", "vda");
	assert_string_equal(before, after);
	assert_string_equal(vda, now);
	assert_int_equal(count(ops), 0);
	assert_int_equal(ops_state_of(ops, "t-web"), VIR_DOMAIN_RUNNING);
}

/* ---- deleting ---- */

static void running_guest_merges_what_is_deleted(void **state)
{
	struct ops *ops = *state;

	define(ops, "qcow2,raw");
	start(ops);
	g_autofree char *before = listing();
	take(ops, "s1", "auto");
	take(ops, "s2", "auto");
	take(ops, "s3", "auto");
	struct plan *seen = plan(ops, OP_SNAPSHOT_DELETE, "s2", NULL);
	has_note(seen, "is merged into");
	plan_free(seen);
	/* The middle, the last, the first. */
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "s2", NULL), TASK_OK, "deleted");
	g_autoptr(GPtrArray) rows = rows_of(ops);
	assert_int_equal(rows->len, 2);
	assert_string_equal(row_of(rows, "s3")->missing, "");
	assert_string_equal(row_of(rows, "s3")->parent, "s1");
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "s3", NULL), TASK_OK, "deleted");
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "s1", NULL), TASK_OK, "deleted");
	g_autofree char *after = listing();
	assert_string_equal(before, after);
	assert_int_equal(ops_state_of(ops, "t-web"), VIR_DOMAIN_RUNNING);
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "s1", NULL), TASK_OK, "was gone already");
}

static void off_guest_merges_with_children_first(void **state)
{
	struct ops *ops = *state;

	define(ops, "qcow2,raw");
	g_autofree char *before = listing();
	for (unsigned i = 1; i <= 4; i++) {
		g_autofree char *name = g_strdup_printf("s%u", i);
		g_autofree char *vda = images_of(ops->conn, "t-web", "vda");
		images_write(vda, "qcow2", i, i * 64, 64);
		take(ops, name, "external");
	}
	g_autofree char *vda = images_of(ops->conn, "t-web", "vda");
	g_autofree char *hash = images_hash(vda, "qcow2", NULL);
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "s2", ARGS("scope", "children")), TASK_OK, "2 snapshots");
	assert_int_equal(count(ops), 2);
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "s1", ARGS("scope", "with-children")), TASK_OK, "2 snapshots");
	g_autofree char *after = listing(), *base = images_of(ops->conn, "t-web", "vda");
	g_autofree char *now = images_hash(base, "qcow2", NULL);
	assert_string_equal(before, after);
	assert_string_equal(hash, now);
}

static void record_alone_is_dropped_when_asked(void **state)
{
	struct ops *ops = *state;

	define(ops, "raw");
	take(ops, "s1", "auto");
	g_autofree char *before = listing();
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "s1", ARGS("metadata-only", "yes")), TASK_OK, "its files stay");
	g_autofree char *after = listing();
	assert_string_equal(before, after);
	assert_int_equal(count(ops), 0);
}

/* A linked clone stands on the state: it must live. */
static void file_that_others_stand_on_is_not_merged_into(void **state)
{
	struct ops *ops = *state;

	define(ops, "qcow2");
	g_autofree char *vda = images_of(ops->conn, "t-web", "vda");
	images_write(vda, "qcow2", 7, 0, 64);
	take(ops, "s1", "external");
	g_autofree char *clone = g_build_filename(dir, "clone.qcow2", NULL);
	g_autofree char *quoted = g_shell_quote(clone), *base = g_shell_quote(vda);
	g_free(images_command("qemu-img create -q -f qcow2 -F qcow2 -b %s %s", base, quoted));
	g_autofree char *hash = images_hash(clone, "qcow2", NULL);
	struct plan *seen = plan(ops, OP_SNAPSHOT_DELETE, "s1", NULL);
	has_note(seen, "stays");
	plan_free(seen);
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "s1", NULL), TASK_OK, "deleted");
	g_autofree char *now = images_hash(clone, "qcow2", NULL), *own = images_of(ops->conn, "t-web", "vda");
	assert_string_equal(hash, now);
	assert_string_not_equal(own, vda);
	assert_int_equal(count(ops), 0);
}

static bool can_abort(const struct ops_result *result)
{
	return result->abortable;
}

/* The guest and the other snapshots stay whole; the one is marked, and deleting it again ends the merge. */
static void merge_can_be_aborted_and_taken_up_again(void **state)
{
	struct ops *ops = *state;

	define(ops, "qcow2");
	take(ops, "s1", "external");
	take(ops, "s2", "external");
	g_autofree char *top = images_of(ops->conn, "t-web", "vda");
	images_write(top, "qcow2", 9, 0, 60 * 1024);
	g_autofree char *hash = images_hash(top, "qcow2", NULL);
	start(ops);
	struct obj_ref ref = ops_guest_ref(ops, "t-web");
	ref.kind = OBJ_SNAPSHOT;
	ref.name = g_intern_string("s2");
	struct ops_result result = {.progress = -1};
	g_autofree char *id = ops_submit(ops, OP_SNAPSHOT_DELETE, &ref, "s2", NULL);
	ops_await(ops, id, &result, can_abort);
	workers_abort(ops->workers, id);
	if (!task_state_ended(result.state))
		ops_await(ops, id, &result, NULL);
	bool aborted = result.state == TASK_ABORTED;
	assert_true(aborted || result.state == TASK_OK);
	ops_result_clear(&result);
	assert_int_equal(ops_state_of(ops, "t-web"), VIR_DOMAIN_RUNNING);
	if (aborted) {
		g_autoptr(GPtrArray) rows = rows_of(ops);
		assert_non_null(strstr(row_of(rows, "s2")->missing, "merge"));
		assert_string_equal(row_of(rows, "s1")->missing, "");
		ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "s2", NULL), TASK_OK, "deleted");
	}
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "t-web", NULL), TASK_OK, NULL);
	g_autofree char *now = images_of(ops->conn, "t-web", "vda"), *after = images_hash(now, "qcow2", NULL);
	assert_string_equal(hash, after);
}

/* A merge that broke off: what the record says was is not there any more. */
static void state_that_was_written_over_is_not_rolled_back_to(void **state)
{
	struct ops *ops = *state;

	define(ops, "qcow2");
	take(ops, "s1", "external");
	g_autoptr(virDomain) dom = virDomainLookupByName(ops->conn, "t-web");
	GPtrArray *tree = snapshot_tree_read(dom, true, NULL);
	struct snap *snap = snapshot_tree_find(tree, "s1");
	snap->merging = true;
	snapshot_note_set(snap);
	assert_true(snapshot_redefine(dom, snap, NULL));
	g_ptr_array_unref(tree);
	g_autofree char *before = listing();
	struct plan *seen = plan(ops, OP_SNAPSHOT_REVERT, "s1", NULL);
	assert_non_null(strstr(seen->refused, "written over in part"));
	plan_free(seen);
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_REVERT, "s1", NULL), TASK_FAILED, "written over in part");
	g_autofree char *after = listing();
	assert_string_equal(before, after);
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "s1", NULL), TASK_OK, "deleted");
}

/* ---- what clones stand on ---- */

static char *make_clone(const char *base, const char *name)
{
	char *clone = g_build_filename(dir, name, NULL);
	g_autofree char *quoted = g_shell_quote(clone), *below = g_shell_quote(base);

	g_free(images_command("qemu-img create -q -f qcow2 -F qcow2 -b %s %s", below, quoted));
	return clone;
}

/* Internal ones are written into the guest's own file, which a clone stands on. */
static void base_of_a_clone_is_not_written_to(void **state)
{
	struct ops *ops = *state;

	define(ops, "qcow2");
	take(ops, "s1", "internal");
	g_autofree char *vda = images_of(ops->conn, "t-web", "vda"), *clone = make_clone(vda, "clone.qcow2");
	g_autofree char *disk = images_disk("vda", clone, "qcow2", "");
	images_define(ops->conn, "t-clone", NULL, disk);
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-web", ARGS("name", "s2", "kind", "internal")), TASK_FAILED,
	        "clones stand on it: 't-clone'");
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_REVERT, "s1", NULL), TASK_FAILED, "clones stand on it: 't-clone'");
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "s1", NULL), TASK_FAILED, "clones stand on it: 't-clone'");
	static const enum op ops_on[] = {OP_SNAPSHOT_REVERT, OP_SNAPSHOT_DELETE};
	for (unsigned i = 0; i < G_N_ELEMENTS(ops_on); i++) {
		struct plan *seen = plan(ops, ops_on[i], "s1", NULL);
		assert_non_null(strstr(seen->refused, "'t-clone'"));
		plan_free(seen);
	}
	assert_int_equal(count(ops), 1);
	g_autoptr(virDomain) dom = virDomainLookupByName(ops->conn, "t-clone");
	assert_int_equal(virDomainUndefine(dom), 0);
	assert_int_equal(unlink(clone), 0);
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_REVERT, "s1", NULL), TASK_OK, "rolled back");
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "s1", NULL), TASK_OK, "deleted");
}

/* Branches stand on files of the guest's own snapshots; that is no clone, and the guest goes on as ever. */
static void branches_do_not_keep_the_guest_from_starting(void **state)
{
	struct ops *ops = *state;

	define(ops, "qcow2");
	take(ops, "s1", "external");
	take(ops, "s2", "external");
	for (unsigned i = 0; i < 2; i++) {
		g_autofree char *name = g_strdup_printf("b%u", i);
		ops_expect(on_snapshot(ops, OP_SNAPSHOT_REVERT, i ? "s2" : "s1", NULL), TASK_OK, "rolled back");
		start(ops);
		ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "t-web", NULL), TASK_OK, NULL);
		take(ops, name, "auto");
		start(ops);
		ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "t-web", NULL), TASK_OK, NULL);
	}
	/* Also when a record of a branch has vanished, and its files stay. */
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "b0", ARGS("metadata-only", "yes")), TASK_OK, NULL);
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_REVERT, "s1", NULL), TASK_OK, "rolled back");
	start(ops);
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "t-web", NULL), TASK_OK, NULL);
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "s1", NULL), TASK_OK, NULL);
	start(ops);
}

/* ---- keeping few ---- */

static void newest_automatic_ones_are_kept(void **state)
{
	struct ops *ops = *state;
	static const char *const names[] = {"auto-1", "mine", "auto-2", "auto-3", "auto-4"};

	define(ops, "qcow2");
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		take(ops, names[i], "external");
	struct plan *seen = plan(ops, OP_SNAPSHOT_PRUNE, NULL, ARGS("keep", "2"));
	ops_item_of(seen, "snapshot:auto-1");
	ops_item_of(seen, "snapshot:auto-2");
	unsigned named = 0;
	for (unsigned i = 0; i < seen->items->len; i++)
		named += g_str_has_prefix(((struct plan_item *)g_ptr_array_index(seen->items, i))->id, "snapshot:");
	assert_int_equal(named, 2);
	plan_free(seen);
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_PRUNE, "t-web", ARGS("keep", "2")), TASK_OK, "2 snapshots deleted");
	g_autoptr(GPtrArray) rows = rows_of(ops);
	assert_int_equal(rows->len, 3);
	row_of(rows, "mine");
	row_of(rows, "auto-3");
	row_of(rows, "auto-4");
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_PRUNE, "t-web", ARGS("keep", "2")), TASK_OK, "nothing to delete");
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_PRUNE, "t-web", ARGS("keep", "x")), TASK_FAILED, "must be a number");
}

/* ---- editing ---- */

static void name_and_description_are_changed(void **state)
{
	struct ops *ops = *state;

	define(ops, "qcow2");
	take(ops, "s1", "external");
	take(ops, "s2", "external");
	take(ops, "s3", "external");
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_EDIT, "s2", ARGS("name", "zwei", "description", "<x> & \"y\"\nz")), TASK_OK,
	        "renamed");
	g_autoptr(GPtrArray) rows = rows_of(ops);
	assert_int_equal(rows->len, 3);
	assert_string_equal(row_of(rows, "zwei")->description, "<x> & \"y\"\nz");
	assert_string_equal(row_of(rows, "zwei")->parent, "s1");
	assert_string_equal(row_of(rows, "s3")->parent, "zwei");
	assert_true(row_of(rows, "s3")->current);
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_EDIT, "zwei", ARGS("name", "s1")), TASK_FAILED, "already");
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "s1", ARGS("scope", "with-children")), TASK_OK, "3 snapshots");
	take(ops, "in", "internal");
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_EDIT, "in", ARGS("name", "other")), TASK_FAILED, "know it by this name");
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_EDIT, "in", ARGS("description", "told")), TASK_OK, "changed");
	g_autoptr(GPtrArray) now = rows_of(ops);
	assert_string_equal(row_of(now, "in")->description, "told");
}

/* ---- UEFI ---- */

#define UEFI_OS                                                                                              \
	"<os><type arch='x86_64' machine='q35'>hvm</type><loader readonly='yes' type='pflash'>"              \
	"/usr/share/OVMF/OVMF_CODE_4M.fd</loader><nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'/></os>"

static void uefi_variables_are_kept_with_it(void **state)
{
	struct ops *ops = *state;

	if (!g_file_test("/usr/share/OVMF/OVMF_VARS_4M.fd", G_FILE_TEST_EXISTS))
		skip();
	g_autofree char *path = images_make(dir, "efi.qcow2", "qcow2"), *disk = images_disk("vda", path, "qcow2", "");
	images_define(ops->conn, "t-web", UEFI_OS, disk);
	start(ops);
	g_autofree char *before = listing();
	struct plan *seen = plan(ops, OP_SNAPSHOT_TAKE, NULL, ARGS("name", "s1"));
	has_note(seen, "no internal ones of UEFI guests");
	take(ops, "s1", "auto");
	plan_came_true(seen, before);
	plan_free(seen);
	g_autoptr(GPtrArray) rows = rows_of(ops);
	const char *copy = row_of(rows, "s1")->nvram_file;
	assert_true(g_file_test(copy, G_FILE_TEST_EXISTS));
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "t-web", NULL), TASK_OK, NULL);
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_EDIT, "s1", ARGS("name", "first")), TASK_OK, "renamed");
	g_autoptr(GPtrArray) renamed = rows_of(ops);
	assert_string_equal(row_of(renamed, "first")->nvram_file, copy);
	ops_expect(on_snapshot(ops, OP_SNAPSHOT_DELETE, "first", NULL), TASK_OK, "deleted");
	g_autofree char *after = listing();
	assert_string_equal(before, after);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(off_guest_gets_an_internal_one_without_new_files),
		TEST(raw_disks_of_one_stem_get_files_of_their_own),
		TEST(what_is_no_disk_of_its_own_is_left_out),
		TEST(running_guest_keeps_its_memory_and_runs_on),
		TEST(memory_inside_the_disk_is_told_to_pause_the_guest),
		TEST(failed_take_leaves_nothing),
		TEST(running_guest_merges_what_is_deleted),
		TEST(off_guest_merges_with_children_first),
		TEST(record_alone_is_dropped_when_asked),
		TEST(file_that_others_stand_on_is_not_merged_into),
		TEST(merge_can_be_aborted_and_taken_up_again),
		TEST(state_that_was_written_over_is_not_rolled_back_to),
		TEST(base_of_a_clone_is_not_written_to),
		TEST(branches_do_not_keep_the_guest_from_starting),
		TEST(newest_automatic_ones_are_kept),
		TEST(name_and_description_are_changed),
		TEST(uefi_variables_are_kept_with_it),
	};

	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
