/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every operation of the contract has its functions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "backend/op_table.h"
#include "backend/worker.h"
#include "nvirt/action.h"

static void every_operation_runs_and_settles(void **state)
{
	(void)state;
	for (unsigned op = OP_NONE + 1; op < OP_N; op++) {
		const struct op_row *row = op_row((enum op)op);
		if (!row)
			fail_msg("%s has no row", op_word((enum op)op));
		assert_int_equal(row->op, op);
		assert_non_null(row->run);
		assert_non_null(row->settle);
		assert_true(workers_op_known((enum op)op));
	}
}

static void operation_acts_on_the_kind_that_its_name_says(void **state)
{
	(void)state;
	for (unsigned op = OP_NONE + 1; op < OP_N; op++) {
		const char *word = op_word((enum op)op);
		const struct op_row *row = op_row((enum op)op);
		bool on_guest = op == OP_SNAPSHOT_TAKE || op == OP_SNAPSHOT_PRUNE;
		bool on_host = g_str_has_suffix(word, "_DEFINE_DEFAULT") || g_str_has_prefix(word, "OP_HOST_") ||
		               op == OP_GUEST_RESTORE;
		enum obj_kind kind = g_str_has_prefix(word, "OP_GUEST_") || on_guest ? OBJ_GUEST
		                     : g_str_has_prefix(word, "OP_SNAPSHOT_") ? OBJ_SNAPSHOT
		                     : g_str_has_prefix(word, "OP_VOLUME_") ? OBJ_VOLUME
		                     : g_str_has_prefix(word, "OP_TASK_")   ? OBJ_TASK
		                     : g_str_has_prefix(word, "OP_POOL_") ? OBJ_POOL
		                                                          : OBJ_NETWORK;
		assert_int_equal(row->kind, on_host ? OBJ_HOST : kind);
	}
}

static void nothing_is_no_operation(void **state)
{
	(void)state;
	assert_null(op_row(OP_NONE));
	assert_null(op_row(OP_N));
	assert_false(workers_op_known(OP_NONE));
	assert_false(workers_op_has_plan(OP_NONE));
}

static void what_is_said_to_have_a_plan_has_one(void **state)
{
	(void)state;
	for (unsigned i = 0; i < action_count; i++)
		assert_int_equal(workers_op_has_plan(action_table[i].op), !!(action_table[i].flags & ACTION_PLAN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_runs_and_settles),
		cmocka_unit_test(operation_acts_on_the_kind_that_its_name_says),
		cmocka_unit_test(nothing_is_no_operation),
		cmocka_unit_test(what_is_said_to_have_a_plan_has_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
