/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The task log and the Tasks tabs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/rich.h"

static void running_tasks_are_on_top(void **state)
{
	struct screen *screen = screen_new(30, 120);
	int running, done, x;

	(void)state;
	rich_host(screen);
	assert_true(screen_find(screen, "shutdown", &running, &x));
	assert_true(screen_find(screen, "undefine", &done, &x));
	assert_true(running < done);
	screen_free(screen);
}

static void failed_and_warning_have_their_roles_and_shapes(void **state)
{
	struct screen *screen = screen_new(30, 120);
	int y, x;

	(void)state;
	rich_host(screen);
	assert_true(screen_find(screen, "cannot destroy", &y, &x));
	assert_int_equal(screen_role(screen, y, x), ROLE_TASK_ERROR);
	assert_true(screen_find(screen, "a disk was kept", &y, &x));
	assert_int_equal(screen_role(screen, y, x), ROLE_TASK_WARN);
	screen_assert_has(screen, "✖ failed");
	screen_assert_has(screen, "! warning");
	screen_assert_has(screen, "✓ OK");
	screen_free(screen);
}

static void progress_is_a_bar_where_there_is_one(void **state)
{
	struct screen *screen = screen_new(30, 120);
	struct task *task;

	(void)state;
	rich_host(screen);
	task = store_task(screen->app.store, "20261120T214503.2-1-0002");
	screen_assert_has(screen, "00:01:35");
	screen_assert_lacks(screen, " 45% ");
	task->progress = 0.45;
	app_changed(&screen->app, CHANGE_TASKS);
	screen_assert_has(screen, " 45% ");
	task->progress = -1;
	app_changed(&screen->app, CHANGE_TASKS);
	screen_advance(screen, 5 * G_USEC_PER_SEC);
	screen_assert_has(screen, "00:01:40");
	screen_free(screen);
}

static void narrow_screens_keep_object_task_and_status(void **state)
{
	struct screen *screen = screen_new(24, 60);

	(void)state;
	rich_host(screen);
	screen_assert_has(screen, "Object");
	screen_assert_has(screen, "Status");
	screen_assert_lacks(screen, "Duration");
	screen_free(screen);
}

static void the_task_under_the_cursor_is_selected(void **state)
{
	struct screen *screen = screen_new(30, 120);
	struct obj_ref ref;

	(void)state;
	rich_host(screen);
	screen_keys(screen, "M-3 j");
	assert_true(app_selected(&screen->app, &ref));
	assert_int_equal(ref.kind, OBJ_TASK);
	assert_string_equal(ref.name, "20261120T214503.4-1-0004");
	/* A new task on top does not take the cursor along. */
	rich_task(screen, 1, "20261120T214503.9-1-0009", "reset", "web1", TASK_RUNNING, "");
	screen_text(screen);
	assert_true(app_selected(&screen->app, &ref));
	assert_string_equal(ref.name, "20261120T214503.4-1-0004");
	screen_free(screen);
}

static void enter_shows_the_task(void **state)
{
	struct screen *screen = screen_new(30, 120);

	(void)state;
	rich_host(screen);
	screen_keys(screen, "M-3 j Enter");
	assert_int_equal(screen->app.modals->len, 1);
	screen_free(screen);
}

static void filter_looks_at_every_word(void **state)
{
	struct screen *screen = screen_new(30, 120);

	(void)state;
	rich_host(screen);
	screen_keys(screen, "M-3 / 'kept' Enter");
	screen_assert_has(screen, "undefine");
	screen_assert_lacks(screen, "cannot destroy");
	screen_free(screen);
}

static void a_guests_tab_has_its_own_tasks_only(void **state)
{
	struct screen *screen = screen_new(40, 160);
	unsigned host = rich_host(screen);
	struct obj_ref other = rich_ref(OBJ_GUEST, host, 2), ref = rich_ref(OBJ_GUEST, host, 1);

	(void)state;
	app_open(&screen->app, &other);
	screen_keys(screen, "M-2 ] ] ] ]");
	screen_assert_has(screen, "No tasks yet");
	app_open(&screen->app, &ref);
	screen_assert_lacks(screen, "No tasks yet");
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(running_tasks_are_on_top),
	        cmocka_unit_test(failed_and_warning_have_their_roles_and_shapes),
	        cmocka_unit_test(progress_is_a_bar_where_there_is_one),
	        cmocka_unit_test(narrow_screens_keep_object_task_and_status),
	        cmocka_unit_test(the_task_under_the_cursor_is_selected),
	        cmocka_unit_test(enter_shows_the_task),
	        cmocka_unit_test(filter_looks_at_every_word),
	        cmocka_unit_test(a_guests_tab_has_its_own_tasks_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
