/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a task that was killed has left: what is known to be its own goes, and what it makes dangerous is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "support/clones.h"
#include "support/killed.h"
#include "support/leftovers.h"

#define BEFORE "nvirt-before-0123abcd"

static void overlay(const char *path, const char *base)
{
	g_free(clones_tool("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, path));
}

static bool is_file(const char *path)
{
	return access(path, F_OK) == 0;
}

/* ---- the tests ---- */

static void an_overlay_that_was_only_announced_goes_where_it_is_the_announced_one(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "qcow2", 4);
	g_autofree char *own = clones_path("own.qcow2"), *used = clones_path("used.qcow2");
	g_autofree char *foreign = clones_path("foreign.qcow2"), *other = clones_path("other.qcow2");
	struct killed killed = {.uri = ops->uri};
	int status = -1;

	clones_image(other, "qcow2", 64, 1);
	overlay(own, source.path);
	overlay(used, source.path);
	overlay(foreign, other);
	clones_define(ops, "user", used, "qcow2", NULL);
	killed.home = g_dir_make_tmp("nvirt-home-XXXXXX", NULL);
	leftovers_write(killed.home, ops->uri, source.path, ARGS(own, used, foreign));
	/* By the end of its id, as 'nvirt tasks' shows it. */
	g_autofree char *said = killed_run(&killed, ARGS("task-cleanup", LEFTOVERS_END, "--yes"), &status);
	if (status || is_file(own) || !is_file(used) || !is_file(foreign))
		fail_msg("status %d, own %d, used %d, foreign %d: %s", status, is_file(own), is_file(used),
		        is_file(foreign), said);
	killed_fini(&killed);
	clones_source_clear(&source);
}

/* The disks may be another snapshot's by now: its saved memory would ruin them. */
static void saved_memory_of_before_a_roll_back_is_not_gone_on_from(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "qcow2", 4);
	g_autofree char *told = g_strdup("(virsh snapshot-revert to '" BEFORE "')");

	clones_start_guest(ops, "src");
	lab_do(clones_lab, "virsh", "h1", "-q", "snapshot-create-as", "src", BEFORE);
	lab_do(clones_lab, "virsh", "h1", "-q", "managedsave", "src");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "src", NULL), TASK_FAILED, "start it anew (start-fresh)");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "src", NULL), TASK_FAILED, told);
	assert_int_equal(ops_state_of(ops, "src"), VIR_DOMAIN_SHUTOFF);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "src", ARGS("force-boot", "yes")), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "src", NULL), TASK_OK, NULL);
	/* The memory is gone: what is left of the roll back is a snapshot like any other. */
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "src", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "src", NULL), TASK_OK, NULL);
	lab_do(clones_lab, "virsh", "h1", "-q", "snapshot-delete", "src", BEFORE);
	clones_source_clear(&source);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clones_set_up, clones_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(an_overlay_that_was_only_announced_goes_where_it_is_the_announced_one),
	        TEST(saved_memory_of_before_a_roll_back_is_not_gone_on_from),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, clones_start, clones_stop);
}
