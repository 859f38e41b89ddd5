/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nvirt/action.h"
#include "store_fixture.h"

static void the_table_keeps_its_own_rules(void **state)
{
	g_autofree char *wrong = action_self_test();

	(void)state;
	if (wrong)
		fail_msg("%s", wrong);
}

static void verbs_are_found(void **state)
{
	(void)state;
	for (unsigned i = 0; i < action_count; i++)
		assert_ptr_equal(action_by_verb(action_table[i].verb), &action_table[i]);
	assert_null(action_by_verb("explode"));
	assert_null(action_by_verb(NULL));
}

/* ---- why not ---- */

/* NULL `part`: it can run. */
static void assert_why(struct store *store, const char *verb, enum obj_kind kind, const char *part)
{
	struct obj_ref ref = kind == OBJ_HOST ? (struct obj_ref){.kind = OBJ_HOST, .host = 1} : number_ref(kind, 1);
	g_autofree char *why = action_why_not(action_by_verb(verb), store, &ref);

	if (!part && why)
		fail_msg("%s: %s", verb, why);
	if (part && (!why || !strstr(why, part)))
		fail_msg("%s: '%s' instead of '%s'", verb, why ? why : "(can run)", part);
}

struct rule {
	enum guest_state state;
	unsigned flags;
	const char *verb, *part;
};

#define PERSISTENT GUEST_PERSISTENT
#define SAVED (GUEST_PERSISTENT | GUEST_MANAGED_SAVE)

static void every_state_refuses_what_it_must(void **state)
{
	static const struct rule rules[] = {
	        {GUEST_OFF, PERSISTENT, "start", NULL},
	        {GUEST_RUNNING, PERSISTENT, "start", "already running"},
	        {GUEST_BLOCKED, PERSISTENT, "start", "already running"},
	        {GUEST_PAUSED, PERSISTENT, "start", "resume it instead"},
	        {GUEST_CRASHED, PERSISTENT, "start", "force it off first"},
	        {GUEST_SUSPENDED, PERSISTENT, "start", "power management"},
	        {GUEST_UNKNOWN, PERSISTENT, "start", NULL},
	        {GUEST_OFF, PERSISTENT, "start-paused", NULL},
	        {GUEST_OFF, PERSISTENT, "start-fresh", "no managed save image"},
	        {GUEST_OFF, SAVED, "start-fresh", NULL},
	        {GUEST_RUNNING, PERSISTENT, "shutdown", NULL},
	        {GUEST_RUNNING, PERSISTENT, "balloon", NULL},
	        {GUEST_OFF, PERSISTENT, "balloon", "not running"},
	        {GUEST_PAUSED, PERSISTENT, "balloon", "is paused"},
	        {GUEST_SUSPENDED, PERSISTENT, "balloon", "power management"},
	        {GUEST_OFF, PERSISTENT, "shutdown", "not running"},
	        {GUEST_PAUSED, PERSISTENT, "shutdown", "resume it first"},
	        {GUEST_SHUTTING_DOWN, PERSISTENT, "shutdown", "already shutting down"},
	        {GUEST_CRASHED, PERSISTENT, "shutdown", "crashed"},
	        {GUEST_PAUSED, PERSISTENT, "reboot", "resume it first"},
	        {GUEST_OFF, PERSISTENT, "reboot", "not running"},
	        {GUEST_OFF, PERSISTENT, "reset", "not running"},
	        {GUEST_PAUSED, PERSISTENT, "reset", NULL},
	        {GUEST_CRASHED, PERSISTENT, "reset", NULL},
	        {GUEST_OFF, PERSISTENT, "destroy", "not running"},
	        {GUEST_RUNNING, PERSISTENT, "destroy", NULL},
	        {GUEST_PAUSED, PERSISTENT, "destroy", NULL},
	        {GUEST_CRASHED, PERSISTENT, "destroy", NULL},
	        {GUEST_SUSPENDED, PERSISTENT, "destroy", NULL},
	        {GUEST_UNKNOWN, PERSISTENT, "destroy", NULL},
	        {GUEST_RUNNING, PERSISTENT, "suspend", NULL},
	        {GUEST_PAUSED, PERSISTENT, "suspend", "already paused"},
	        {GUEST_OFF, PERSISTENT, "suspend", "not running"},
	        {GUEST_PAUSED, PERSISTENT, "resume", NULL},
	        {GUEST_RUNNING, PERSISTENT, "resume", "already running"},
	        {GUEST_OFF, PERSISTENT, "resume", "start it instead"},
	        {GUEST_CRASHED, PERSISTENT, "resume", "does not help"},
	        {GUEST_SUSPENDED, PERSISTENT, "resume", "power management"},
	        {GUEST_RUNNING, PERSISTENT, "managedsave", NULL},
	        {GUEST_RUNNING, 0, "managedsave", "transient"},
	        {GUEST_OFF, PERSISTENT, "managedsave", "not running"},
	        {GUEST_OFF, PERSISTENT, "managedsave-remove", "no managed save image"},
	        {GUEST_OFF, SAVED, "managedsave-remove", NULL},
	        {GUEST_RUNNING, SAVED, "managedsave-remove", NULL},
	        {GUEST_RUNNING, 0, "save", NULL},
	        {GUEST_OFF, PERSISTENT, "save", "not running"},
	        {GUEST_CRASHED, PERSISTENT, "save", "crashed"},
	        {GUEST_RUNNING, PERSISTENT, "autostart-on", NULL},
	        {GUEST_RUNNING, PERSISTENT | GUEST_AUTOSTART, "autostart-on", "already"},
	        {GUEST_RUNNING, 0, "autostart-on", "transient"},
	        {GUEST_OFF, PERSISTENT, "autostart-off", "does not start"},
	        {GUEST_OFF, PERSISTENT | GUEST_AUTOSTART, "autostart-off", NULL},
	        {GUEST_OFF, PERSISTENT, "rename", NULL},
	        {GUEST_RUNNING, PERSISTENT, "rename", "is running"},
	        {GUEST_OFF, SAVED, "rename", "managed save"},
	        {GUEST_OFF, PERSISTENT | GUEST_SNAPSHOTS, "rename", "snapshots"},
	        {GUEST_RUNNING, 0, "describe", NULL},
	        {GUEST_OFF, PERSISTENT, "undefine", NULL},
	        {GUEST_RUNNING, PERSISTENT, "undefine", "is running"},
	        {GUEST_RUNNING, 0, "undefine", "transient"},
	        {GUEST_OFF, PERSISTENT | GUEST_TEMPLATE, "start", "is a template: clone it"},
	        {GUEST_OFF, PERSISTENT | GUEST_TEMPLATE, "autostart-on", "is a template"},
	        {GUEST_OFF, PERSISTENT | GUEST_TEMPLATE, "clone", NULL},
	        {GUEST_OFF, PERSISTENT | GUEST_TEMPLATE, "own-overlay", "untemplate"},
	        {GUEST_OFF, PERSISTENT, "template", NULL},
	        {GUEST_RUNNING, PERSISTENT, "template", "is running"},
	        {GUEST_OFF, SAVED, "template", "saved memory"},
	        {GUEST_RUNNING, 0, "clone", "transient"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		struct store *store = store_up();

		put_guest(store, rules[i].state, rules[i].flags, 0);
		assert_why(store, rules[i].verb, OBJ_GUEST, rules[i].part);
		store_free(store);
	}
}

static void a_crashed_guest_that_is_gone_can_be_started(void **state)
{
	struct store *store = store_up();
	struct msg *msg = sample_msg(0);

	(void)state;
	add_named(msg, 1, "web1", GUEST_CRASHED)->id = -1;
	apply_at(store, msg, 0);
	assert_why(store, "start", OBJ_GUEST, NULL);
	assert_why(store, "destroy", OBJ_GUEST, "not running");
	store_free(store);
}

static void the_reason_names_the_object(void **state)
{
	struct store *store = store_up();

	(void)state;
	put_guest(store, GUEST_RUNNING, PERSISTENT, 0);
	assert_why(store, "start", OBJ_GUEST, "'web1' is already running");
	store_free(store);
}

static void kind_and_absence_come_first(void **state)
{
	struct store *store = store_up();

	(void)state;
	assert_why(store, "start", OBJ_GUEST, "this guest is gone");
	assert_why(store, "start", OBJ_POOL, "is for a guest, not for a pool");
	store_free(store);
}

static void a_host_that_is_away_refuses_all_but_its_own_rows(void **state)
{
	struct store *store = store_up();

	(void)state;
	put_guest(store, GUEST_OFF, PERSISTENT, 0);
	assert_why(store, "connect", OBJ_HOST, "connected already");
	assert_why(store, "disconnect", OBJ_HOST, NULL);
	apply_at(store, host_msg(HOST_LOST, 1), 0);
	assert_why(store, "start", OBJ_GUEST, "is lost");
	assert_why(store, "restore", OBJ_HOST, "is lost");
	assert_why(store, "connect", OBJ_HOST, NULL);
	assert_why(store, "reconnect", OBJ_HOST, NULL);
	apply_at(store, host_msg(HOST_FAILED, 1), 0);
	assert_why(store, "start", OBJ_GUEST, "can not be reached");
	apply_at(store, host_msg(HOST_CONNECTING, 1), 0);
	assert_why(store, "start", OBJ_GUEST, "being connected");
	assert_why(store, "connect", OBJ_HOST, "being connected");
	apply_at(store, host_msg(HOST_OFF, 1), 0);
	assert_why(store, "start", OBJ_GUEST, "connect it first");
	assert_why(store, "disconnect", OBJ_HOST, "not connected");
	store_free(store);
}

static void a_readonly_connection_refuses_what_writes(void **state)
{
	struct store *store = store_up();
	struct msg *msg = host_msg(HOST_UP, 1);

	(void)state;
	put_guest(store, GUEST_OFF, PERSISTENT, 0);
	msg->status->readonly = true;
	apply_at(store, msg, 0);
	for (unsigned i = 0; i < action_count; i++)
		if (action_table[i].kind == OBJ_GUEST)
			assert_why(store, action_table[i].verb, OBJ_GUEST, "read-only");
	assert_why(store, "disconnect", OBJ_HOST, NULL);
	store_free(store);
}

static void what_is_under_way_is_not_asked_for_twice(void **state)
{
	struct store *store = store_up();

	(void)state;
	put_guest(store, GUEST_RUNNING, PERSISTENT, 0);
	add_own_task(store, "a", "shutdown", 1, TASK_RUNNING);
	assert_why(store, "shutdown", OBJ_GUEST, "already under way");
	assert_why(store, "destroy", OBJ_GUEST, NULL);
	update_task(store, "a", TASK_FAILED, NULL, 0);
	assert_why(store, "shutdown", OBJ_GUEST, NULL);
	store_free(store);
}

static void pools_and_networks_refuse_what_they_are_already(void **state)
{
	struct store *store = store_up();
	struct msg *pools = list_msg(MSG_POOLS, free_pool_row), *networks = list_msg(MSG_NETWORKS, free_network_row);

	(void)state;
	assert_why(store, "pool-define-default", OBJ_HOST, NULL);
	assert_why(store, "net-define-default", OBJ_HOST, NULL);
	add_pool(pools, 1, "default", POOL_RUNNING);
	add_network(networks, 1, "default", false);
	apply_at(store, pools, 0);
	apply_at(store, networks, 0);
	assert_why(store, "pool-start", OBJ_POOL, "already active");
	assert_why(store, "pool-stop", OBJ_POOL, NULL);
	assert_why(store, "pool-refresh", OBJ_POOL, NULL);
	assert_why(store, "pool-autostart-on", OBJ_POOL, NULL);
	assert_why(store, "pool-autostart-off", OBJ_POOL, "does not start");
	assert_why(store, "pool-define-default", OBJ_HOST, "already");
	assert_why(store, "net-start", OBJ_NETWORK, NULL);
	assert_why(store, "net-stop", OBJ_NETWORK, "not active");
	assert_why(store, "net-autostart-off", OBJ_NETWORK, "does not start");
	assert_why(store, "net-define-default", OBJ_HOST, "inactive: start it");
	store_free(store);
}

static void assert_abort(struct store *store, const char *part)
{
	struct obj_ref ref = {.kind = OBJ_TASK, .name = g_intern_string("a")};
	g_autofree char *why = action_why_not(action_by_verb("task-abort"), store, &ref);

	if (part)
		assert_non_null(strstr(why ? why : "", part));
	else
		assert_null(why);
}

static void only_a_running_abortable_task_of_ours_is_aborted(void **state)
{
	struct store *store = store_up();
	struct task *task;

	(void)state;
	assert_abort(store, "gone");
	task = add_own_task(store, "a", "save", 1, TASK_QUEUED);
	assert_abort(store, NULL);
	task->state = TASK_RUNNING;
	assert_abort(store, "can not abort");
	task->abortable = true;
	assert_abort(store, NULL);
	task->abort_asked = true;
	assert_abort(store, "already");
	update_task(store, "a", TASK_OK, NULL, 0);
	assert_abort(store, "ended");
	store_free(store);
}

/* ---- arguments ---- */

static struct msg *node_msg(int64_t pages_to_scan)
{
	struct msg *msg = msg_new(MSG_NODE, 1, 1);

	msg->node = node_detail_new();
	msg->node->ksm.pages_to_scan = pages_to_scan;
	return msg;
}

static void ksm_is_of_a_system_daemon_with_a_kernel_that_has_it(void **state)
{
	struct store *store = store_up();
	struct msg *session = host_msg(HOST_UP, 1), *other = host_msg(HOST_UP, 1), *own = host_msg(HOST_UP, 1);

	(void)state;
	/* Nobody has looked: then the operation does. */
	assert_why(store, "ksm", OBJ_HOST, NULL);
	apply_at(store, node_msg(100), 0);
	assert_why(store, "ksm", OBJ_HOST, NULL);
	apply_at(store, node_msg(-1), 0);
	assert_why(store, "ksm", OBJ_HOST, "without KSM");
	session->status->session = true;
	apply_at(store, session, 0);
	assert_why(store, "ksm", OBJ_HOST, "session");
	other->status->driver = g_strdup("LXC");
	apply_at(store, other, 0);
	assert_why(store, "ksm", OBJ_HOST, "LXC");
	own->status->driver = g_strdup("QEMU");
	own->status->readonly = true;
	apply_at(store, own, 0);
	assert_why(store, "ksm", OBJ_HOST, "read-only");
	store_free(store);
}

static void assert_args(const char *verb, const char *name, const char *value, const char *part)
{
	g_autoptr(GError) error = NULL;
	struct args *args = args_new();
	bool ok;

	args_set(args, name, value);
	ok = action_check_args(action_by_verb(verb), args, &error);
	if (!part && !ok)
		fail_msg("%s %s=%s: %s", verb, name, value, error->message);
	if (part) {
		assert_false(ok);
		if (!strstr(error->message, part))
			fail_msg("'%s' instead of '%s'", error->message, part);
		if (value && *value)
			assert_non_null(strstr(error->message, name));
	}
	args_free(args);
}

static void arguments_are_checked_by_their_type(void **state)
{
	g_autofree char *longest = g_strnfill(200, 'x'), *longer = g_strnfill(201, 'x');

	(void)state;
	assert_args("start", "paused", "yes", NULL);
	assert_args("start", "paused", "maybe", "'yes' or 'no'");
	assert_args("start", "colour", "red", "takes no 'colour'");
	assert_args("shutdown", "mode", "agent", NULL);
	assert_args("shutdown", "mode", "hammer", "'default', 'acpi', 'agent'");
	assert_args("shutdown", "timeout", "0", NULL);
	assert_args("shutdown", "timeout", "86400", NULL);
	assert_args("shutdown", "timeout", "86401", "0 to 86400");
	assert_args("shutdown", "timeout", "-1", "0 to 86400");
	assert_args("shutdown", "timeout", "9s", "0 to 86400");
	assert_args("shutdown", "timeout", "", NULL);
	assert_args("save", "file", "/var/tmp/x", NULL);
	assert_args("save", "file", "x", "absolute path");
	assert_args("save", "file", "/tmp/", "not a directory");
	assert_args("save", "file", "/tmp/a\nb", "control");
	assert_args("save", "file", "", "is needed");
	assert_args("save", "file", NULL, "is needed");
	assert_args("rename", "name", "web2", NULL);
	assert_args("rename", "name", longest, NULL);
	assert_args("rename", "name", longer, "200 bytes");
	assert_args("rename", "name", "a/b", "'/'");
	assert_args("rename", "name", "..", "'..'");
	assert_args("rename", "name", "-x", "'-'");
	assert_args("rename", "name", "  ", "letters");
	assert_args("rename", "name", "a\x1b]0;x\x07", "a\\x1b]0;x\\x07");
	assert_args("rename", "name", "\xff", "letters");
	assert_args("describe", "title", "", NULL);
	assert_args("describe", "title", "a\nb", "one line");
	assert_args("describe", "description", "a\nb", NULL);
	assert_args("describe", "description", "a\x1b", "control");
	assert_args("balloon", "memory", "768 MiB", NULL);
	assert_args("balloon", "memory", "1.5g", NULL);
	assert_args("balloon", "memory", "768", "with its unit");
	assert_args("balloon", "memory", "", "is needed");
	assert_args("ksm", "pages-to-scan", "0", NULL);
	assert_args("ksm", "pages-to-scan", "", NULL);
	assert_args("ksm", "pages-to-scan", "2147483647", NULL);
	assert_args("ksm", "pages-to-scan", "2147483648", "whole number");
	assert_args("ksm", "pages-to-scan", "-1", "whole number");
	assert_args("ksm", "pages-to-scan", "1.5", "whole number");
	assert_args("undefine", "remove", "disk:vda\nnvram", NULL);
	assert_args("destroy", "remove", "x", "takes no 'remove'");
}

static void defaults_are_filled_in_and_words_made_one(void **state)
{
	struct args *args = args_new();

	(void)state;
	args_set(args, "then-force", "on");
	assert_true(action_check_args(action_by_verb("shutdown"), args, NULL));
	assert_string_equal(args_get(args, "mode"), "default");
	assert_string_equal(args_get(args, "timeout"), "60");
	assert_string_equal(args_get(args, "then-force"), "yes");
	args_free(args);
}

/* ---- request and task ---- */

static void a_request_says_what_and_how(void **state)
{
	struct store *store = store_up();
	struct obj_ref ref = number_ref(OBJ_GUEST, 1);
	struct args *args = args_new();
	struct op_request *request;

	(void)state;
	put_guest(store, GUEST_RUNNING, PERSISTENT, 0);
	args_set(args, "timeout", "9");
	request = action_request(action_by_verb("shutdown"), store, &ref, args, "id1");
	args_free(args);
	assert_int_equal(request->op, OP_GUEST_SHUTDOWN);
	assert_string_equal(request->name, "web1");
	assert_string_equal(request->verb, "shutdown");
	assert_string_equal(request->task_id, "id1");
	assert_string_equal(args_get(request->args, "timeout"), "9");
	assert_true(obj_ref_equal(&request->ref, &ref));
	op_request_free(request);
	store_free(store);
}

static void rows_of_one_operation_differ_by_their_fixed_argument(void **state)
{
	static const char *const wanted[][3] = {{"start-paused", "paused", "yes"},
	        {"start-fresh", "force-boot", "yes"}, {"autostart-on", "on", "yes"},
	        {"autostart-off", "on", "no"}, {"pool-autostart-off", "on", "no"},
	        {"net-autostart-on", "on", "yes"}};
	struct store *store = store_up();

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		const struct action *action = action_by_verb(wanted[i][0]);
		struct obj_ref ref = number_ref(action->kind, 1);
		struct op_request *request = action_request(action, store, &ref, NULL, "id");

		assert_string_equal(args_get(request->args, wanted[i][1]), wanted[i][2]);
		op_request_free(request);
	}
	store_free(store);
}

static void what_a_form_did_not_change_is_not_sent(void **state)
{
	struct store *store = store_up();
	struct obj_ref ref = number_ref(OBJ_GUEST, 1);
	struct msg *msg = msg_new(MSG_DETAIL, 1, 1);
	struct args *args = args_new();
	struct op_request *request;

	(void)state;
	put_guest(store, GUEST_RUNNING, PERSISTENT, 0);
	msg->detail = guest_detail_new();
	number_uuid(msg->detail->uuid, 1);
	msg->detail->title = g_strdup("old");
	msg->detail->tags = g_strdup("a,b");
	apply_at(store, msg, 0);
	args_set(args, "title", "old");
	args_set(args, "description", "");
	args_set(args, "tags", "");
	request = action_request(action_by_verb("describe"), store, &ref, args, "id");
	assert_null(args_get(request->args, "title"));
	assert_null(args_get(request->args, "description"));
	assert_string_equal(args_get(request->args, "tags"), "");
	op_request_free(request);
	args_free(args);
	store_free(store);
}

static void a_task_is_ready_to_be_shown(void **state)
{
	struct store *store = store_up();
	struct obj_ref ref = number_ref(OBJ_GUEST, 1);
	struct task *task;

	(void)state;
	put_guest(store, GUEST_OFF, PERSISTENT, 0);
	task = action_task(action_by_verb("start"), store, &ref, NOW_US, NOW_UNIX_US);
	assert_int_equal(task->state, TASK_QUEUED);
	assert_int_equal(task->origin, TASK_OURS);
	assert_string_equal(task->verb, "start");
	assert_string_equal(task->object, "web1");
	assert_string_equal(task->host_name, "alpha");
	assert_string_equal(task->uri, "qemu:///system");
	assert_string_equal(task->user, "root");
	assert_int_equal(task->start_us, NOW_US);
	assert_int_equal(task->start_unix_us, NOW_UNIX_US);
	store_add_task(store, task);
	assert_ptr_equal(store_task_on(store, &ref), task);
	store_free(store);
}

static void forms_start_with_todays_values(void **state)
{
	struct store *store = store_up();
	struct obj_ref ref = number_ref(OBJ_GUEST, 1);
	g_autofree char *name = NULL;

	(void)state;
	put_guest(store, GUEST_OFF, PERSISTENT, 0);
	name = action_by_verb("rename")->params[0].current(store, &ref);
	assert_string_equal(name, "web1");
	assert_null(action_by_verb("describe")->params[0].current(store, &ref));
	store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_table_keeps_its_own_rules),
	        cmocka_unit_test(verbs_are_found),
	        cmocka_unit_test(every_state_refuses_what_it_must),
	        cmocka_unit_test(a_crashed_guest_that_is_gone_can_be_started),
	        cmocka_unit_test(the_reason_names_the_object),
	        cmocka_unit_test(kind_and_absence_come_first),
	        cmocka_unit_test(a_host_that_is_away_refuses_all_but_its_own_rows),
	        cmocka_unit_test(a_readonly_connection_refuses_what_writes),
	        cmocka_unit_test(what_is_under_way_is_not_asked_for_twice),
	        cmocka_unit_test(pools_and_networks_refuse_what_they_are_already),
	        cmocka_unit_test(only_a_running_abortable_task_of_ours_is_aborted),
	        cmocka_unit_test(ksm_is_of_a_system_daemon_with_a_kernel_that_has_it),
	        cmocka_unit_test(arguments_are_checked_by_their_type),
	        cmocka_unit_test(defaults_are_filled_in_and_words_made_one),
	        cmocka_unit_test(a_request_says_what_and_how),
	        cmocka_unit_test(rows_of_one_operation_differ_by_their_fixed_argument),
	        cmocka_unit_test(what_a_form_did_not_change_is_not_sent),
	        cmocka_unit_test(a_task_is_ready_to_be_shown),
	        cmocka_unit_test(forms_start_with_todays_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
