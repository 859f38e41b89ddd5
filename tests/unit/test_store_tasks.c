/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store's tasks: workers' updates, the journal, foreign events. */
#include "store_fixture.h"

static struct task *first(struct store *store)
{
	return store_task_at(store, 0);
}

/* ---- order and cap ---- */

static void running_tasks_are_on_top_then_the_newest(void **state)
{
	struct store *store = store_up();

	(void)state;
	add_own_task(store, "a", "start", 1, TASK_OK);
	add_own_task(store, "c", "start", 1, TASK_OK);
	add_own_task(store, "b", "start", 1, TASK_RUNNING);
	add_own_task(store, "d", "start", 1, TASK_QUEUED);
	assert_string_equal(store_task_at(store, 0)->id, "d");
	assert_string_equal(store_task_at(store, 1)->id, "b");
	assert_string_equal(store_task_at(store, 2)->id, "c");
	assert_string_equal(store_task_at(store, 3)->id, "a");
	assert_null(store_task_at(store, 4));
	assert_int_equal(store_tasks_running(store), 2);
	update_task(store, "d", TASK_FAILED, "no", 0);
	assert_string_equal(first(store)->id, "b");
	assert_string_equal(store_task_at(store, 1)->id, "d");
	store_free(store);
}

static void only_the_oldest_ended_tasks_are_forgotten(void **state)
{
	struct store *store = store_up();

	(void)state;
	add_own_task(store, "0000", "start", 1, TASK_RUNNING);
	for (unsigned i = 1; i <= 1200; i++) {
		g_autofree char *id = g_strdup_printf("%04u", i);

		add_own_task(store, id, "start", 1, TASK_OK);
	}
	assert_int_equal(store_task_count(store), 1000);
	assert_string_equal(first(store)->id, "0000");
	assert_string_equal(store_task_at(store, 1)->id, "1200");
	assert_null(store_task(store, "0001"));
	assert_non_null(store_task(store, "1200"));
	store_free(store);
}

static void a_task_is_found_on_its_object_while_it_runs(void **state)
{
	struct store *store = store_up();
	struct obj_ref one = number_ref(OBJ_GUEST, 1), two = number_ref(OBJ_GUEST, 2);

	(void)state;
	add_own_task(store, "a", "start", 1, TASK_RUNNING);
	assert_non_null(store_task_on(store, &one));
	assert_null(store_task_on(store, &two));
	update_task(store, "a", TASK_OK, NULL, 0);
	assert_null(store_task_on(store, &one));
	store_free(store);
}

/* ---- updates ---- */

static void an_update_says_how_far_it_is(void **state)
{
	struct store *store = store_up();
	struct task *task = add_own_task(store, "a", "save", 1, TASK_RUNNING);
	struct msg *msg = msg_new(MSG_TASK, 0, 0);

	(void)state;
	msg->update = task_update_new("a");
	msg->update->set_progress = true;
	msg->update->progress = 0.5;
	msg->update->done_bytes = 5;
	msg->update->total_bytes = 10;
	msg->update->set_abortable = msg->update->abortable = true;
	msg->update->log = g_strdup("half");
	assert_int_equal(apply_at(store, msg, 0), CHANGE_TASKS);
	assert_true(task->progress > 0.49 && task->progress < 0.51);
	assert_int_equal(task->total_bytes, 10);
	assert_true(task->abortable);
	assert_int_equal(task->log->len, 1);
	assert_int_equal(task->state, TASK_RUNNING);
	update_task(store, "a", TASK_FAILED, "disk full", 3 * SECOND);
	assert_string_equal(task->message, "disk full");
	assert_int_equal(task->end_unix_us, NOW_UNIX_US + 3 * SECOND);
	assert_false(task->abortable);
	assert_int_equal(update_task(store, "unknown", TASK_OK, NULL, 0), 0);
	store_free(store);
}

static void an_ended_task_stays_ended(void **state)
{
	struct store *store = store_up();
	struct task *task = add_own_task(store, "a", "save", 1, TASK_RUNNING);

	(void)state;
	update_task(store, "a", TASK_ABORTED, "aborted", SECOND);
	update_task(store, "a", TASK_RUNNING, NULL, 2 * SECOND);
	assert_int_equal(task->state, TASK_ABORTED);
	assert_int_equal(task->end_unix_us, NOW_UNIX_US + SECOND);
	store_free(store);
}

static void lost_host_turns_running_tasks_unknown(void **state)
{
	struct store *store = store_up();
	struct task *running = add_own_task(store, "a", "save", 1, TASK_RUNNING);
	struct task *queued = add_own_task(store, "b", "save", 1, TASK_QUEUED);
	struct task *ended = add_own_task(store, "c", "save", 1, TASK_OK);

	(void)state;
	assert_true(apply_at(store, host_msg(HOST_LOST, 1), 0) & CHANGE_TASKS);
	assert_int_equal(running->state, TASK_UNKNOWN);
	assert_string_not_equal(running->message, "");
	assert_int_equal(queued->state, TASK_QUEUED);
	assert_int_equal(ended->state, TASK_OK);
	apply_at(store, host_msg(HOST_UP, 2), SECOND);
	assert_int_equal(running->state, TASK_UNKNOWN); /* the worker looks and says */
	update_task(store, "a", TASK_OK, "it was saved", 2 * SECOND);
	assert_int_equal(running->state, TASK_OK);
	store_free(store);
}

static void progress_shows_that_an_unknown_task_still_runs(void **state)
{
	struct store *store = store_up();
	struct task *task = add_own_task(store, "a", "save", 1, TASK_RUNNING);
	struct msg *msg = msg_new(MSG_TASK, 0, 0);

	(void)state;
	apply_at(store, host_msg(HOST_LOST, 1), 0);
	msg->update = task_update_new("a");
	msg->update->set_progress = true;
	apply_at(store, msg, 0);
	assert_int_equal(task->state, TASK_RUNNING);
	store_free(store);
}

/* ---- journal ---- */

static struct msg *record_msg(enum journal_event event, const char *id, gint64 offset_us)
{
	struct msg *msg = msg_new(MSG_JOURNAL, 0, 0);
	struct journal_record *record = msg->record = journal_record_new(event, id);

	record->unix_us = NOW_UNIX_US + offset_us;
	record->verb = g_strdup("start");
	record->object = g_strdup("web1");
	record->host_name = g_strdup("alpha");
	record->uri = g_strdup("qemu:///system");
	record->user = g_strdup("eve");
	record->kind = OBJ_GUEST;
	number_uuid(record->uuid, 1);
	return msg;
}

static struct msg *end_msg(const char *id, enum task_state end, gint64 offset_us)
{
	struct msg *msg = record_msg(JOURNAL_END, id, offset_us);

	msg->record->state = end;
	msg->record->text = g_strdup("over");
	return msg;
}

static void another_nvirts_task_is_followed(void **state)
{
	struct store *store = store_up();
	struct msg *log = record_msg(JOURNAL_LOG, "j", SECOND);
	struct task *task;

	(void)state;
	assert_int_equal(apply_at(store, record_msg(JOURNAL_START, "j", 0), 0), CHANGE_TASKS);
	task = store_task(store, "j");
	assert_int_equal(task->origin, TASK_OTHER_NVIRT);
	assert_int_equal(task->state, TASK_RUNNING);
	assert_int_equal(task->ref.host, 1);
	assert_string_equal(task->user, "eve");
	assert_int_equal(store_tasks_running(store), 0);
	log->record->text = g_strdup("line");
	apply_at(store, log, 0);
	assert_int_equal(task->log->len, 1);
	apply_at(store, end_msg("j", TASK_INTERRUPTED, 2 * SECOND), 0);
	assert_int_equal(task->state, TASK_INTERRUPTED);
	assert_int_equal(task->end_unix_us, NOW_UNIX_US + 2 * SECOND);
	assert_string_equal(task->message, "over");
	store_free(store);
}

static void an_end_without_start_is_still_shown(void **state)
{
	struct store *store = store_up();

	(void)state;
	apply_at(store, end_msg("j", TASK_FAILED, 0), 0);
	assert_int_equal(first(store)->state, TASK_FAILED);
	assert_string_equal(first(store)->object, "web1");
	assert_int_equal(apply_at(store, record_msg(JOURNAL_LOG, "unheard", 0), 0), 0);
	store_free(store);
}

static void the_journal_never_overrules_an_own_task(void **state)
{
	struct store *store = store_up();
	struct task *task = add_own_task(store, "a", "start", 1, TASK_RUNNING);

	(void)state;
	assert_int_equal(apply_at(store, record_msg(JOURNAL_START, "a", 0), 0), 0);
	assert_int_equal(apply_at(store, end_msg("a", TASK_INTERRUPTED, 0), 0), 0);
	assert_int_equal(task->state, TASK_RUNNING);
	store_free(store);
}

static void a_journalled_task_finds_its_host_when_that_connects(void **state)
{
	struct store *store = store_new();
	struct task *task;

	(void)state;
	store_add_host(store, "", false);
	apply_at(store, record_msg(JOURNAL_START, "j", 0), 0);
	task = store_task(store, "j");
	assert_int_equal(task->ref.host, 0);
	assert_true(apply_at(store, host_msg(HOST_UP, 1), 0) & CHANGE_TASKS);
	assert_int_equal(task->ref.host, 1);
	store_remove_host(store, 1);
	assert_int_equal(task->ref.host, 0);
	store_free(store);
}

static void the_same_uri_of_another_machine_is_another_host(void **state)
{
	struct store *store = store_up();
	struct msg *msg = record_msg(JOURNAL_START, "j", 0);

	(void)state;
	g_free(msg->record->host_name);
	msg->record->host_name = g_strdup("beta");
	apply_at(store, msg, 0);
	assert_int_equal(store_task(store, "j")->ref.host, 0);
	store_free(store);
}

static void journal_notices_reach_the_status_line(void **state)
{
	struct store *store = store_up();
	struct msg *msg = msg_new(MSG_JOURNAL, 0, 0);

	(void)state;
	msg->text = g_strdup("cannot write");
	assert_int_equal(apply_at(store, msg, 0), CHANGE_NOTICE);
	assert_string_equal(store_notice(store)->text, "cannot write");
	store_free(store);
}

/* ---- foreign events ---- */

static void what_others_do_is_shown_as_finished(void **state)
{
	struct store *store = store_up();

	(void)state;
	put_guest(store, GUEST_RUNNING, 0, 0);
	assert_int_equal(apply_at(store, event_msg(EVENT_CRASHED, 1, "panicked"), 0), CHANGE_TASKS);
	assert_int_equal(store_task_count(store), 1);
	assert_int_equal(first(store)->origin, TASK_FOREIGN);
	assert_string_equal(first(store)->verb, "crashed");
	assert_string_equal(first(store)->object, "web1");
	assert_string_equal(first(store)->message, "panicked");
	assert_string_equal(first(store)->host_name, "alpha");
	assert_int_equal(first(store)->state, TASK_FAILED);
	store_free(store);
}

static void an_event_of_an_unseen_guest_has_a_name_too(void **state)
{
	struct store *store = store_up();
	struct msg *named = event_msg(EVENT_DEFINED, 7, NULL);

	(void)state;
	named->name = g_strdup("new1");
	apply_at(store, named, 0);
	assert_string_equal(first(store)->object, "new1");
	apply_at(store, event_msg(EVENT_DEFINED, 8, NULL), SECOND);
	assert_string_equal(first(store)->object, "08000000-0000-0000-0000-000000000000");
	store_free(store);
}

static void repeated_events_are_one_task_with_a_count(void **state)
{
	struct store *store = store_up();

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		apply_at(store, event_msg(EVENT_IO_ERROR, 1, "vda: no space"), i * SECOND);
	assert_int_equal(store_task_count(store), 1);
	assert_string_equal(first(store)->message, "vda: no space (50 times)");
	assert_int_equal(first(store)->state, TASK_WARNING);
	assert_int_equal(first(store)->end_unix_us, NOW_UNIX_US + 49 * SECOND);
	apply_at(store, event_msg(EVENT_IO_ERROR, 2, "vda: no space"), 49 * SECOND);
	assert_int_equal(store_task_count(store), 2);
	apply_at(store, event_msg(EVENT_IO_ERROR, 1, "vda: no space"), 60 * SECOND);
	assert_int_equal(store_task_count(store), 3);
	store_free(store);
}

static void assert_sequence(const enum event_kind *events, size_t n, const char *verb)
{
	struct store *store = store_up();

	for (size_t i = 0; i < n; i++)
		apply_at(store, event_msg(events[i], 1, NULL), (gint64)i * 1000);
	assert_int_equal(store_task_count(store), 1);
	assert_string_equal(first(store)->verb, verb);
	store_free(store);
}

#define SEQUENCE(verb, ...)                                                                                  \
	assert_sequence((const enum event_kind[]){__VA_ARGS__},                                              \
	        sizeof((const enum event_kind[]){__VA_ARGS__}) / sizeof(enum event_kind), verb)

static void one_deed_of_several_events_is_one_task(void **state)
{
	(void)state;
	SEQUENCE("started", EVENT_STARTED, EVENT_RESUMED);
	SEQUENCE("started", EVENT_RESUMED, EVENT_STARTED);
	SEQUENCE("stopped", EVENT_SHUTDOWN, EVENT_STOPPED);
	SEQUENCE("stopped", EVENT_SUSPENDED, EVENT_STOPPED);
	SEQUENCE("crashed", EVENT_CRASHED, EVENT_STOPPED);
	SEQUENCE("I/O error", EVENT_IO_ERROR, EVENT_SUSPENDED, EVENT_IO_ERROR);
	SEQUENCE("I/O error", EVENT_SUSPENDED, EVENT_IO_ERROR);
	SEQUENCE("rebooted", EVENT_REBOOTED, EVENT_REBOOTED, EVENT_REBOOTED);
}

static void different_deeds_stay_apart(void **state)
{
	struct store *store = store_up();

	(void)state;
	apply_at(store, event_msg(EVENT_SUSPENDED, 1, NULL), 0);
	apply_at(store, event_msg(EVENT_RESUMED, 1, NULL), 1000);
	apply_at(store, event_msg(EVENT_STOPPED, 1, NULL), 2000);
	apply_at(store, event_msg(EVENT_STARTED, 1, NULL), 3000);
	assert_int_equal(store_task_count(store), 4);
	store_free(store);
}

static void own_deeds_are_not_shown_twice(void **state)
{
	struct store *store = store_up();

	(void)state;
	add_own_task(store, "a", "start", 1, TASK_RUNNING);
	assert_int_equal(apply_at(store, event_msg(EVENT_STARTED, 1, NULL), 0), 0);
	assert_int_equal(apply_at(store, event_msg(EVENT_STARTED, 2, NULL), 0), CHANGE_TASKS);
	update_task(store, "a", TASK_OK, NULL, SECOND);
	assert_int_equal(apply_at(store, event_msg(EVENT_RESUMED, 1, NULL), 2 * SECOND), 0);
	assert_int_equal(apply_at(store, event_msg(EVENT_SUSPENDED, 1, NULL), 4 * SECOND), CHANGE_TASKS);
	store_free(store);
}

static void an_event_that_outran_the_journal_is_taken_back(void **state)
{
	struct store *store = store_up();

	(void)state;
	apply_at(store, event_msg(EVENT_SUSPENDED, 1, NULL), -10 * SECOND);
	apply_at(store, event_msg(EVENT_STARTED, 1, NULL), SECOND);
	apply_at(store, record_msg(JOURNAL_START, "j", 0), SECOND);
	assert_int_equal(store_task_count(store), 2);
	assert_string_equal(store_task_at(store, 0)->id, "j");
	assert_string_equal(store_task_at(store, 1)->verb, "paused");
	apply_at(store, event_msg(EVENT_RESUMED, 1, NULL), 2 * SECOND);
	assert_int_equal(store_task_count(store), 2);
	store_free(store);
}

static void a_rename_shows_the_new_name_at_once(void **state)
{
	struct store *store = store_up();
	struct obj_ref ref = number_ref(OBJ_GUEST, 1);
	uint64_t generation;

	(void)state;
	put_guest(store, GUEST_OFF, 0, 0);
	generation = store_generation(store);
	assert_true(apply_at(store, event_msg(EVENT_RENAMED, 1, "db1"), 0) & CHANGE_LIST);
	assert_string_equal(store_name(store, &ref), "db1");
	assert_true(store_generation(store) > generation);
	assert_string_equal(first(store)->verb, "renamed");
	store_free(store);
}

static void events_that_say_nothing_are_not_shown(void **state)
{
	struct store *store = store_up();

	(void)state;
	assert_int_equal(apply_at(store, event_msg(EVENT_OTHER, 1, NULL), 0), 0);
	assert_int_equal(apply_at(store, event_msg(EVENT_OTHER, 1, "disk added"), 0), CHANGE_TASKS);
	store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(running_tasks_are_on_top_then_the_newest),
	        cmocka_unit_test(only_the_oldest_ended_tasks_are_forgotten),
	        cmocka_unit_test(a_task_is_found_on_its_object_while_it_runs),
	        cmocka_unit_test(an_update_says_how_far_it_is),
	        cmocka_unit_test(an_ended_task_stays_ended),
	        cmocka_unit_test(lost_host_turns_running_tasks_unknown),
	        cmocka_unit_test(progress_shows_that_an_unknown_task_still_runs),
	        cmocka_unit_test(another_nvirts_task_is_followed),
	        cmocka_unit_test(an_end_without_start_is_still_shown),
	        cmocka_unit_test(the_journal_never_overrules_an_own_task),
	        cmocka_unit_test(a_journalled_task_finds_its_host_when_that_connects),
	        cmocka_unit_test(the_same_uri_of_another_machine_is_another_host),
	        cmocka_unit_test(journal_notices_reach_the_status_line),
	        cmocka_unit_test(what_others_do_is_shown_as_finished),
	        cmocka_unit_test(an_event_of_an_unseen_guest_has_a_name_too),
	        cmocka_unit_test(repeated_events_are_one_task_with_a_count),
	        cmocka_unit_test(one_deed_of_several_events_is_one_task),
	        cmocka_unit_test(different_deeds_stay_apart),
	        cmocka_unit_test(own_deeds_are_not_shown_twice),
	        cmocka_unit_test(an_event_that_outran_the_journal_is_taken_back),
	        cmocka_unit_test(a_rename_shows_the_new_name_at_once),
	        cmocka_unit_test(events_that_say_nothing_are_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
