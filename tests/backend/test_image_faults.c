/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes wrong in the middle of a flatten, and under the deletion of a
 * volume: the guest reads the same as before, the base is untouched, nothing half-made stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "backend/op_util.h"
#include "support/clones.h"
#include "support/killed.h"

/* A guest 'top' whose top.qcow2 stands on base.qcow2. */
struct stack {
	char *base, *top;
	char *base_hash;
	char *reads; /* another image with what the guest reads */
};

static void make_overlay(const char *base, const char *path)
{
	g_free(clones_tool("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, path));
	g_free(clones_tool("qemu-io", "-f", "qcow2", "-c", "write -q -P 9 1M 1M", path));
}

/* Packed, the base seems to fit where its content does not. `dir` of the overlay: NULL = the pool's. */
static struct stack make_stack(struct ops *ops, unsigned data_mib, const char *dir)
{
	struct stack stack = {.base = clones_path("base.qcow2"), .top = clones_path("top.qcow2")};
	g_autofree char *loose = clones_path("loose.qcow2");

	if (dir) {
		g_free(stack.top);
		stack.top = g_build_filename(dir, "top.qcow2", NULL);
	}
	clones_image(dir ? loose : stack.base, "qcow2", data_mib + 8, data_mib);
	if (dir)
		g_free(clones_tool("qemu-img", "convert", "-c", "-O", "qcow2", loose, stack.base));
	unlink(loose);
	stack.reads = g_build_filename(lab_dir(clones_lab), "reads.qcow2", NULL);
	make_overlay(stack.base, stack.top);
	make_overlay(stack.base, stack.reads);
	stack.base_hash = clones_hash(stack.base);
	clones_define(ops, "top", stack.top, "qcow2", NULL);
	return stack;
}

static bool stands_on_base(const struct stack *stack)
{
	g_autofree char *info = clones_tool("qemu-img", "info", "-U", stack->top);

	return strstr(info, "base.qcow2") != NULL;
}

/* `files` of the pool's directory; NULL = as they were. Clears it. */
static void assert_same(struct stack *stack, const char *files)
{
	g_autofree char *hash = clones_hash(stack->base), *left = clones_listing();
	bool beside = g_path_is_absolute(stack->top) && !strstr(stack->top, "/clones/");

	assert_string_equal(hash, stack->base_hash);
	assert_string_equal(left, files ? files : beside ? "base.qcow2" : "base.qcow2 top.qcow2");
	clones_assert_same(stack->reads, stack->top);
	unlink(stack->reads);
	g_free(stack->base);
	g_free(stack->top);
	g_free(stack->base_hash);
	g_free(stack->reads);
}

static struct ops_result flatten(struct ops *ops)
{
	return ops_run_guest(ops, OP_GUEST_FLATTEN, "top", NULL);
}

static void destroy(struct ops *ops)
{
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "top", NULL), TASK_OK, NULL);
}

/* ---- disk full ---- */

static void assert_only_top_in_small(void)
{
	g_autofree char *listing = clones_tool("ls", clones_small);

	assert_string_equal(listing, "top.qcow2\n");
}

static void full_disk_leaves_the_overlay(void **state)
{
	struct ops *ops = *state;

	if (!clones_small)
		skip();
	struct stack stack = make_stack(ops, 80, clones_small);
	ops_expect(flatten(ops), TASK_FAILED, "No space left");
	assert_only_top_in_small();
	assert_true(stands_on_base(&stack));
	assert_same(&stack, NULL);
}

static void full_disk_under_a_running_guest(void **state)
{
	struct ops *ops = *state;

	if (!clones_small || !lab_is_system(clones_lab))
		skip();
	struct stack stack = make_stack(ops, 80, clones_small);
	clones_start_guest(ops, "top");
	ops_expect(flatten(ops), TASK_FAILED, "free some space");
	assert_int_equal(ops_state_of(ops, "top"), VIR_DOMAIN_RUNNING);
	destroy(ops);
	assert_only_top_in_small();
	assert_true(stands_on_base(&stack));
	assert_same(&stack, NULL);
}

/* ---- killed in the middle ---- */

static void killed_nvirt_leaves_the_overlay(void **state)
{
	struct ops *ops = *state;
	struct stack stack = make_stack(ops, CLONES_BIG_MIB, NULL);
	struct killed killed;

	killed_start(&killed, ops->uri, ARGS("flatten", "top", "--yes"));
	g_autofree char *half = clones_wait_file(NULL, "top.qcow2.nvirt-");
	killed_kill(&killed);
	assert_int_equal(g_access(half, F_OK), 0);
	killed_clean_up(&killed);
	assert_true(stands_on_base(&stack));
	assert_same(&stack, NULL);
	killed_fini(&killed);
}

/* Until the pull is there it is looked for; then it is so slow that whatever comes, comes in the middle. */
static bool is_slowed(void *data)
{
	struct ops *ops = data;
	g_autoptr(virDomain) dom = virDomainLookupByName(ops->conn, "top");
	virDomainBlockJobInfo info;

	return virDomainGetBlockJobInfo(dom, "vda", &info, 0) == 1 && virDomainBlockJobSetSpeed(dom, "vda", 1, 0) == 0;
}

static bool has_no_job(void *data)
{
	struct ops *ops = data;
	g_autoptr(virDomain) dom = virDomainLookupByName(lab_connection(clones_lab, "h1"), "top");
	virDomainBlockJobInfo info;

	(void)ops;
	return dom && virDomainGetBlockJobInfo(dom, "vda", &info, 0) == 0;
}

static void full_speed(void)
{
	g_autoptr(virDomain) dom = virDomainLookupByName(lab_connection(clones_lab, "h1"), "top");

	assert_int_equal(virDomainBlockJobSetSpeed(dom, "vda", 0, 0), 0);
	lab_wait_for(has_no_job, NULL, "QEMU has done it", 60000);
}

static void killed_nvirt_lets_qemu_go_on(void **state)
{
	struct ops *ops = *state;
	struct stack stack = make_stack(ops, CLONES_BIG_MIB, NULL);
	struct killed killed;

	clones_start_guest(ops, "top");
	killed_start(&killed, ops->uri, ARGS("flatten", "top", "--yes"));
	lab_wait_for(is_slowed, ops, "QEMU pulls", 60000);
	killed_kill(&killed);
	g_free(killed_task(&killed));
	full_speed();
	destroy(ops);
	assert_false(stands_on_base(&stack));
	assert_same(&stack, NULL);
	killed_fini(&killed);
}

static void killed_libvirtd_does_not_matter_to_qemu(void **state)
{
	struct ops *ops = *state;
	struct stack stack = make_stack(ops, CLONES_BIG_MIB, NULL);
	struct obj_ref ref = ops_guest_ref(ops, "top");
	struct ops_result result = {.progress = -1};

	clones_start_guest(ops, "top");
	g_autofree char *id = ops_submit(ops, OP_GUEST_FLATTEN, &ref, "top", NULL);
	lab_wait_for(is_slowed, ops, "QEMU pulls", 60000);
	lab_do(clones_lab, "kill9", "h1");
	lab_do(clones_lab, "restart", "h1");
	ops_await(ops, id, &result, NULL);
	assert_true(result.unknown);
	ops_reconnect(ops);
	ops_expect(result, TASK_WARNING, "still stand on a base, or are just being flattened");
	full_speed();
	destroy(ops);
	assert_false(stands_on_base(&stack));
	assert_same(&stack, NULL);
}

static void killed_qemu_leaves_the_overlay(void **state)
{
	struct ops *ops = *state;

	if (!lab_is_system(clones_lab))
		skip();
	struct stack stack = make_stack(ops, CLONES_BIG_MIB, NULL);
	struct obj_ref ref = ops_guest_ref(ops, "top");
	struct ops_result result = {.progress = -1};
	clones_start_guest(ops, "top");
	g_autofree char *id = ops_submit(ops, OP_GUEST_FLATTEN, &ref, "top", NULL);
	lab_wait_for(is_slowed, ops, "QEMU pulls", 60000);
	lab_do(clones_lab, "exec", "h1", "sh", "-c", "kill -9 $(cat /run/libvirt/qemu/top.pid)");
	ops_await(ops, id, &result, NULL);
	ops_expect(result, TASK_FAILED, "cannot flatten 'top'");
	assert_true(stands_on_base(&stack));
	assert_same(&stack, NULL);
}

/* ---- refused, or done by two ---- */

static void denied_directory_leaves_the_overlay(void **state)
{
	struct ops *ops = *state;
	struct stack stack = make_stack(ops, 4, NULL);

	if (!clones_lock_dir(true))
		skip();
	struct ops_result result = flatten(ops);
	clones_lock_dir(false);
	ops_expect(result, TASK_FAILED, "ermi");
	assert_true(stands_on_base(&stack));
	assert_same(&stack, NULL);
}

static void vanished_base_is_named(void **state)
{
	struct ops *ops = *state;
	struct stack stack = make_stack(ops, 4, NULL);
	g_autofree char *away = clones_path("away.qcow2");

	assert_int_equal(g_rename(stack.base, away), 0);
	ops_expect(flatten(ops), TASK_FAILED, "base.qcow2");
	assert_int_equal(g_rename(away, stack.base), 0);
	assert_same(&stack, NULL);
}

/* It is as flat by one as by both. */
static void two_that_flatten_the_same_do_no_harm(void **state)
{
	struct ops *ops = *state, *other = ops_new(lab_uri(clones_lab, "h1"));
	struct stack stack = make_stack(ops, 64, NULL);
	struct obj_ref ref = ops_guest_ref(ops, "top");
	struct ops_result one = {.progress = -1}, two = {.progress = -1};

	other->tasks = 500; /* the ids are each nvirt's own */
	g_autofree char *first = ops_submit(ops, OP_GUEST_FLATTEN, &ref, "top", NULL);
	g_autofree char *second = ops_submit(other, OP_GUEST_FLATTEN, &ref, "top", NULL);
	ops_await(ops, first, &one, NULL);
	ops_await(other, second, &two, NULL);
	if (one.state != TASK_OK && two.state != TASK_OK)
		fail_msg("'%s' and '%s'", one.message, two.message);
	ops_result_clear(&one);
	ops_result_clear(&two);
	assert_false(stands_on_base(&stack));
	assert_same(&stack, NULL);
	void *state_of_other = other;
	ops_tear_down(&state_of_other);
}

static void renamed_guest_does_not_matter(void **state)
{
	struct ops *ops = *state;
	struct stack stack = make_stack(ops, CLONES_BIG_MIB, NULL);
	struct obj_ref ref = ops_guest_ref(ops, "top");
	struct ops_result result = {.progress = -1};
	g_autofree char *id = ops_submit(ops, OP_GUEST_FLATTEN, &ref, "top", NULL);
	g_free(clones_wait_file(NULL, "top.qcow2.nvirt-"));
	g_autoptr(virDomain) dom = virDomainLookupByName(ops->conn, "top");

	assert_int_equal(virDomainRename(dom, "renamed", 0), 0);
	ops_await(ops, id, &result, NULL);
	ops_expect(result, TASK_OK, "stands on nothing else now");
	assert_false(stands_on_base(&stack));
	assert_same(&stack, NULL);
}

/* ---- deleting a volume ---- */

static struct obj_ref volume_ref(struct ops *ops)
{
	struct obj_ref ref = ops_pool_ref(ops, CLONES_POOL);
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByName(ops->conn, CLONES_POOL);

	virStoragePoolRefresh(pool, 0);
	ref.kind = OBJ_VOLUME;
	ref.name = g_intern_static_string("lone.raw");
	return ref;
}

static void volume_that_can_not_be_deleted_stays_whole(void **state)
{
	struct ops *ops = *state;
	g_autofree char *lone = clones_path("lone.raw");

	clones_image(lone, "raw", 2, 1);
	g_autofree char *hash = clones_hash(lone);
	struct obj_ref ref = volume_ref(ops);
	if (!clones_lock_dir(true))
		skip();
	struct ops_result result = ops_run(ops, OP_VOLUME_DELETE, &ref, "lone.raw", NULL);
	clones_lock_dir(false);
	ops_expect(result, TASK_FAILED, "ermi");
	g_autofree char *now = clones_hash(lone);
	assert_string_equal(hash, now);
}

static void volume_that_has_vanished_is_told(void **state)
{
	struct ops *ops = *state;
	g_autofree char *lone = clones_path("lone.raw");

	clones_image(lone, "raw", 2, 1);
	struct obj_ref ref = volume_ref(ops);
	assert_int_equal(unlink(lone), 0);
	struct ops_result result = ops_run(ops, OP_VOLUME_DELETE, &ref, "lone.raw", NULL);
	assert_true(task_state_ended(result.state));
	assert_non_null(strstr(result.message, "lone.raw"));
	ops_result_clear(&result);
	ops_expect(ops_run(ops, OP_VOLUME_DELETE, &ref, "lone.raw", NULL), TASK_FAILED, "lone.raw");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clones_set_up, clones_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(full_disk_leaves_the_overlay),
		TEST(full_disk_under_a_running_guest),
		TEST(killed_nvirt_leaves_the_overlay),
		TEST(killed_nvirt_lets_qemu_go_on),
		TEST(killed_libvirtd_does_not_matter_to_qemu),
		TEST(killed_qemu_leaves_the_overlay),
		TEST(denied_directory_leaves_the_overlay),
		TEST(vanished_base_is_named),
		TEST(two_that_flatten_the_same_do_no_harm),
		TEST(renamed_guest_does_not_matter),
		TEST(volume_that_can_not_be_deleted_stays_whole),
		TEST(volume_that_has_vanished_is_told),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, clones_start, clones_stop);
}
