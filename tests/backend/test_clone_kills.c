/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kill -9 in the middle of a full clone, of nvirt, of libvirtd and of QEMU: the
 * source is untouched byte for byte, and nothing half-made stays or it is found and removed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "support/clones.h"
#include "support/killed.h"

/* ---- nvirt ---- */

/* The next nvirt knows what it left, and removes just that. */
static void kill_in_the_middle(struct ops *ops, bool running, const char *format)
{
	struct clones_source source = clones_source(ops, "raw", CLONES_BIG_MIB);
	struct killed killed;

	if (running)
		clones_start_guest(ops, "src");
	killed_start(&killed, ops->uri, ARGS("clone", "src", "copy", "--format", format, "--yes"));
	g_autofree char *half = clones_wait_file(NULL, "nvirt-tmp-");
	killed_kill(&killed);
	assert_int_equal(g_access(half, F_OK), 0);
	/* Somebody else's file, of a name much like it, is not for us. */
	g_autofree char *other = g_strconcat(half, "x", NULL);
	assert_true(g_file_set_contents(other, "mine", -1, NULL));

	killed_clean_up(&killed);
	assert_int_equal(g_access(half, F_OK), -1);
	assert_int_equal(g_access(other, F_OK), 0);
	if (running) {
		assert_int_equal(ops_state_of(ops, "src"), VIR_DOMAIN_RUNNING);
		ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "src", NULL), TASK_OK, NULL);
	}
	unlink(other);
	clones_assert_untouched(ops, &source, "src.img");
	killed_fini(&killed);
}

static void killed_nvirt_leaves_what_the_next_one_removes(void **state)
{
	kill_in_the_middle(*state, false, "raw");
}

static void killed_nvirt_takes_its_qemu_img_with_it(void **state)
{
	kill_in_the_middle(*state, false, "qcow2");
}

static void killed_nvirt_while_qemu_copies(void **state)
{
	kill_in_the_middle(*state, true, "raw");
}

/* ---- the others ---- */

static void killed_libvirtd_leaves_nothing(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "raw", CLONES_BIG_MIB);
	struct obj_ref ref = ops_guest_ref(ops, "src");
	g_autofree char *id = ops_submit(ops, OP_GUEST_CLONE, &ref, "src", ARGS("name", "copy"));
	g_free(clones_wait_file(NULL, "nvirt-tmp-"));
	struct ops_result result = {.progress = -1};

	lab_do(clones_lab, "kill9", "h1");
	lab_do(clones_lab, "restart", "h1");
	ops_await(ops, id, &result, NULL);
	assert_true(result.unknown);
	ops_expect(result, TASK_FAILED, "the connection to the host was lost");
	clones_assert_untouched(ops, &source, "src.img");
}

static void killed_qemu_is_told(void **state)
{
	struct ops *ops = *state;

	if (!lab_is_system(clones_lab))
		skip();
	struct clones_source source = clones_source(ops, "raw", CLONES_BIG_MIB);
	clones_start_guest(ops, "src");
	struct obj_ref ref = ops_guest_ref(ops, "src");
	g_autofree char *id = ops_submit(ops, OP_GUEST_CLONE, &ref, "src", ARGS("name", "copy"));
	g_free(clones_wait_file(NULL, "nvirt-tmp-"));
	struct ops_result result = {.progress = -1};
	lab_do(clones_lab, "exec", "h1", "sh", "-c", "kill -9 $(cat /run/libvirt/qemu/src.pid)");
	ops_await(ops, id, &result, NULL);
	ops_expect(result, TASK_FAILED, "cannot clone 'src'");
	clones_assert_untouched(ops, &source, "src.img");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clones_set_up, clones_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed_nvirt_leaves_what_the_next_one_removes),
		TEST(killed_nvirt_takes_its_qemu_img_with_it),
		TEST(killed_nvirt_while_qemu_copies),
		TEST(killed_libvirtd_leaves_nothing),
		TEST(killed_qemu_is_told),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, clones_start, clones_stop);
}
