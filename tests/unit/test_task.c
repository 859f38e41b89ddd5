/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nvirt/task.h"
#include "unit.h"

static void ids_are_unique_and_sort_by_start(void **state)
{
	g_autofree char *before = task_make_id();

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		char *id = task_make_id();

		assert_true(strcmp(before, id) < 0);
		g_free(before);
		before = id;
	}
	assert_int_equal(strspn(before, "0123456789T"), 15);
}

static void an_id_has_ends_for_people(void **state)
{
	const char *id = "20261121T190633.384776-77f-0001";

	(void)state;
	assert_string_equal(task_id_end(id, 0), "77f-0001");
	assert_string_equal(task_id_end(id, 1), "384776-77f-0001");
	assert_string_equal(task_id_end(id, TASK_ID_ENDS - 1), id);
	assert_string_equal(task_id_end("of another program", 0), "of another program");
	assert_string_equal(task_id_end("x-", 0), "x-");
}

static void only_what_is_settled_has_ended(void **state)
{
	(void)state;
	assert_false(task_state_ended(TASK_QUEUED));
	assert_false(task_state_ended(TASK_RUNNING));
	assert_false(task_state_ended(TASK_UNKNOWN));
	assert_true(task_state_ended(TASK_OK));
	assert_true(task_state_ended(TASK_WARNING));
	assert_true(task_state_ended(TASK_FAILED));
	assert_true(task_state_ended(TASK_ABORTED));
	assert_true(task_state_ended(TASK_INTERRUPTED));
	for (unsigned i = 0; i < TASK_STATE_N; i++)
		assert_string_not_equal(task_state_word((enum task_state)i), "?");
}

static void a_log_without_end_keeps_its_newest_lines(void **state)
{
	struct task *task = task_new("x", TASK_OURS);

	(void)state;
	for (int i = 0; i < 1500; i++) {
		g_autofree char *text = g_strdup_printf("%d", i);

		task_log(task, i, text);
	}
	assert_int_equal(task->log->len, 1000);
	assert_string_equal(((struct task_log_line *)task->log->pdata[999])->text, "1499");
	assert_true(task->progress < 0);
	task_free(task);
	task_free(NULL);
}

static void an_update_owns_its_parts(void **state)
{
	struct task_update *update = task_update_new("x");

	(void)state;
	update->message = g_strdup("a");
	update->log = g_strdup("b");
	assert_string_equal(update->task_id, "x");
	assert_false(update->set_state);
	task_update_free(update);
	task_update_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(ids_are_unique_and_sort_by_start),
	        cmocka_unit_test(an_id_has_ends_for_people),
	        cmocka_unit_test(only_what_is_settled_has_ended),
	        cmocka_unit_test(a_log_without_end_keeps_its_newest_lines),
	        cmocka_unit_test(an_update_owns_its_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
