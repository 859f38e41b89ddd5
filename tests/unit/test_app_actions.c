/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an action goes from a key to a task: reasons, forms, plans, questions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "nvirt/text.h"
#include "support/probe.h"
#include "support/rich.h"
#include "support/screen.h"
#include "ui/commands.h"
#include "ui/list.h"

static void action_without_questions_runs_on_its_key(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "G s");
	const struct task *task = probe_only_task(screen, 1);
	assert_string_equal(task->verb, "start");
	assert_string_equal(task->object, "web2");
	assert_int_equal(screen->app.modals->len, 0);
	screen_free(screen);
}

static void refused_action_says_why(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "s");
	probe_only_task(screen, 0);
	g_autofree char *status = screen_line(screen, 23);
	assert_non_null(strstr(status, "Start: "));
	assert_non_null(strstr(status, "running"));
	/* It goes by itself. */
	screen_advance(screen, 30 * G_USEC_PER_SEC);
	screen_assert_lacks(screen, "Start: ");
	screen_free(screen);
}

static void dangerous_action_proposes_not_to(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "D");
	screen_assert_has(screen, "Force off guest db1?");
	screen_assert_has(screen, "The guest loses power");
	screen_assert_has(screen, "Same as: virsh destroy db1");
	screen_keys(screen, "Enter");
	probe_only_task(screen, 0);
	screen_keys(screen, "D y");
	assert_string_equal(probe_only_task(screen, 1)->verb, "destroy");
	screen_free(screen);
}

static void bulk_asks_once_and_names_whom_it_leaves_out(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "Space Space Space S");
	screen_assert_has(screen, "Shut down 2 guests?");
	screen_assert_has(screen, "db1, web1");
	screen_assert_has(screen, "1 left out:");
	screen_assert_has(screen, "web2: ");
	screen_keys(screen, "y");
	probe_only_task(screen, 2);
	g_autoptr(GArray) marks = store_marks(screen->app.store, OBJ_NONE);
	assert_int_equal(marks->len, 0);
	screen_free(screen);
}

static void bulk_asks_even_where_one_would_not(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "Space Space p");
	screen_assert_has(screen, "Pause 2 guests?");
	screen_keys(screen, "Esc");
	probe_only_task(screen, 0);
	screen_free(screen);
}

static void star_marks_what_passes_the_filter_and_then_none(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "/ 'web' Enter *");
	g_autoptr(GArray) marks = store_marks(screen->app.store, OBJ_GUEST);
	assert_int_equal(marks->len, 2);
	screen_assert_has(screen, "2 marked");
	screen_keys(screen, "*");
	g_autoptr(GArray) none = store_marks(screen->app.store, OBJ_GUEST);
	assert_int_equal(none->len, 0);
	screen_free(screen);
}

static void form_shows_what_is_wrong_and_keeps_what_was_typed(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "G F2");
	screen_assert_has(screen, "Rename: guest web2");
	screen_keys(screen, "C-u 'a/b' Enter");
	assert_int_equal(screen->app.modals->len, 1);
	screen_assert_has(screen, "a/b");
	screen_keys(screen, "C-u 'web9' Enter");
	assert_int_equal(screen->app.modals->len, 0);
	assert_string_equal(probe_only_task(screen, 1)->verb, "rename");
	screen_free(screen);
}

static void menu_asks_for_the_options_that_a_key_takes_for_granted(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "G m s");
	screen_assert_has(screen, "Paused");
	screen_keys(screen, "Space Enter");
	assert_string_equal(probe_only_task(screen, 1)->verb, "start");
	screen_free(screen);
}

static void menu_shows_the_reason_of_what_can_not_be_done(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(30, 100);
	screen_keys(screen, "m s");
	assert_int_equal(screen->app.modals->len, 1);
	screen_assert_has(screen, "Start: ");
	probe_only_task(screen, 0);
	screen_free(screen);
}

static void delete_shows_its_plan_and_wants_the_name_typed(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "G U");
	screen_assert_has(screen, "Looking at what belongs to guest web2");
	probe_post_plan(screen, screen->app.plan_id, NULL);
	screen_assert_has(screen, "[ ] disk vda");
	screen_assert_has(screen, "kept: web1 uses it too");
	screen_assert_has(screen, "[x] NVRAM");
	screen_keys(screen, "Space");
	screen_assert_has(screen, "[x] disk vda");
	screen_keys(screen, "Enter");
	screen_assert_has(screen, "Type web2 to confirm");
	screen_keys(screen, "'web' Enter");
	probe_only_task(screen, 0);
	screen_keys(screen, "2 Enter");
	assert_string_equal(probe_only_task(screen, 1)->verb, "undefine");
	screen_free(screen);
}

static void refused_plan_is_shown(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "G U");
	probe_post_plan(screen, screen->app.plan_id, "it has snapshots that can not be removed");
	screen_assert_has(screen, "it has snapshots that can not be removed");
	screen_keys(screen, "Space");
	assert_int_equal(screen->app.modals->len, 0);
	probe_only_task(screen, 0);
	screen_free(screen);
}

/* The guest under the cursor, which runs, gets a snapshot: a row with parameters and a plan. */
static struct screen *taking(void)
{
	struct screen *screen = probe_screen(40, 100);
	screen_keys(screen, "G f");
	screen_assert_has(screen, "Take a snapshot: guest web2");
	return screen;
}

static void post_notes(struct screen *screen, const char *refused, const char *note)
{
	struct msg *msg = msg_new(MSG_PLAN, 1, 1);
	msg->plan_id = screen->app.plan_id;
	msg->plan = plan_new();
	msg->plan->refused = g_strdup(refused);
	msg->plan->diff = g_strdup("-old\n+new\n");
	plan_add(msg->plan, "overlay:vda", "overlay of vda", "/images/web2.snap")->does = PLAN_MAKE;
	plan_note(msg->plan, "%s", note);
	screen_message(screen, msg);
}

static void plan_of_what_was_typed_is_shown_before_it_is_done(void **state)
{
	(void)state;
	struct screen *screen = taking();
	screen_keys(screen, "C-u 'snap1' Enter");
	screen_assert_has(screen, "Looking at what belongs to guest web2");
	post_notes(screen, NULL, "Space needed: 3 GiB.");
	screen_assert_has(screen, "make   overlay of vda  /images/web2.snap");
	screen_assert_has(screen, "Space needed: 3 GiB.");
	screen_assert_lacks(screen, "[x]");
	screen_keys(screen, "d");
	screen_assert_has(screen, "What changes in the definition.");
	screen_keys(screen, "Esc");
	probe_only_task(screen, 0);
	screen_keys(screen, "Enter");
	assert_string_equal(probe_only_task(screen, 1)->verb, "snapshot-create");
	screen_free(screen);
}

static void refused_and_going_back_lead_to_what_was_typed(void **state)
{
	(void)state;
	struct screen *screen = taking();
	screen_keys(screen, "C-u 'snap1' Enter");
	post_notes(screen, "there is no space", "");
	screen_assert_has(screen, "there is no space");
	screen_keys(screen, "Space");
	screen_assert_has(screen, "Take a snapshot: guest web2");
	screen_assert_has(screen, "snap1");
	screen_keys(screen, "Enter");
	post_notes(screen, NULL, "Fine.");
	screen_assert_has(screen, "> Continue <");
	screen_keys(screen, "Esc");
	screen_assert_has(screen, "Take a snapshot: guest web2");
	screen_assert_has(screen, "snap1");
	screen_keys(screen, "Esc");
	assert_int_equal(screen->app.modals->len, 0);
	probe_only_task(screen, 0);
	screen_free(screen);
}

static void a_form_says_what_would_come_of_it(void **state)
{
	(void)state;
	struct screen *screen = taking();
	screen_assert_has(screen, "Looking at what would come of it");
	post_notes(screen, NULL, "Kind: internal, as the tree is.");
	screen_assert_has(screen, "Kind: internal, as the tree is.");
	post_notes(screen, "its disk is raw", "not this");
	screen_assert_has(screen, "Not possible so: its disk is raw");
	screen_assert_lacks(screen, "not this");
	/* An answer that comes when the form is gone is for nobody. */
	screen_keys(screen, "Esc");
	post_notes(screen, NULL, "late");
	screen_assert_lacks(screen, "late");
	screen_free(screen);
}

static void plan_that_nobody_waits_for_opens_nothing(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "G U");
	unsigned id = screen->app.plan_id;
	screen_keys(screen, "Esc");
	probe_post_plan(screen, id, NULL);
	assert_int_equal(screen->app.modals->len, 0);
	screen_free(screen);
}

static void object_that_changed_meanwhile_is_left_out(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "D");
	struct sample *sample = sample_new();
	rich_add_guest(sample, 1, "db1", GUEST_OFF, 1);
	rich_post_sample(screen, 1, sample);
	screen_keys(screen, "y");
	probe_only_task(screen, 0);
	screen_assert_has(screen, "left out");
	screen_free(screen);
}

/* ---- the rest --------------------------------------------------------------- */

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(action_without_questions_runs_on_its_key),
	        cmocka_unit_test(refused_action_says_why),
	        cmocka_unit_test(dangerous_action_proposes_not_to),
	        cmocka_unit_test(bulk_asks_once_and_names_whom_it_leaves_out),
	        cmocka_unit_test(bulk_asks_even_where_one_would_not),
	        cmocka_unit_test(star_marks_what_passes_the_filter_and_then_none),
	        cmocka_unit_test(form_shows_what_is_wrong_and_keeps_what_was_typed),
	        cmocka_unit_test(menu_asks_for_the_options_that_a_key_takes_for_granted),
	        cmocka_unit_test(menu_shows_the_reason_of_what_can_not_be_done),
	        cmocka_unit_test(delete_shows_its_plan_and_wants_the_name_typed),
	        cmocka_unit_test(refused_plan_is_shown),
	        cmocka_unit_test(plan_of_what_was_typed_is_shown_before_it_is_done),
	        cmocka_unit_test(refused_and_going_back_lead_to_what_was_typed),
	        cmocka_unit_test(a_form_says_what_would_come_of_it),
	        cmocka_unit_test(plan_that_nobody_waits_for_opens_nothing),
	        cmocka_unit_test(object_that_changed_meanwhile_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
