/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every operation as the workers run it, done and refused, on libvirt's test driver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "backend/metadata.h"
#include "support/ops.h"

#define DEADLINE_US (120 * G_USEC_PER_SEC)

static int set_up_test_driver(void **state)
{
	*state = ops_new("test:///default");
	return 0;
}

static char *metadata_of(struct ops *ops, const char *name, int type, const char *uri)
{
	virDomainPtr dom = virDomainLookupByName(ops->conn, name);
	char *raw = virDomainGetMetadata(dom, type, uri, 0);
	char *text = g_strdup(raw);

	free(raw);
	virDomainFree(dom);
	return text;
}

/* ---- the test driver ---- */

static void guest_is_paused_resumed_and_forced_off(void **state)
{
	struct ops *ops = *state;

	ops_expect(ops_run_guest(ops, OP_GUEST_RESUME, "test", NULL), TASK_FAILED, "it is running already");
	ops_expect(ops_run_guest(ops, OP_GUEST_SUSPEND, "test", NULL), TASK_OK, "paused");
	assert_int_equal(ops_state_of(ops, "test"), VIR_DOMAIN_PAUSED);
	ops_expect(ops_run_guest(ops, OP_GUEST_SUSPEND, "test", NULL), TASK_FAILED, "it is paused already");
	ops_expect(ops_run_guest(ops, OP_GUEST_RESUME, "test", NULL), TASK_OK, "resumed");
	assert_int_equal(ops_state_of(ops, "test"), VIR_DOMAIN_RUNNING);
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "test", NULL), TASK_OK, "forced off");
	assert_int_equal(ops_state_of(ops, "test"), VIR_DOMAIN_SHUTOFF);
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "test", NULL), TASK_FAILED, "it is off already");
}

static void guest_is_started_once(void **state)
{
	struct ops *ops = *state;

	ops_expect(ops_run_guest(ops, OP_GUEST_START, "test", NULL), TASK_FAILED, "it is running already");
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "test", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "test", ARGS("paused", "yes")), TASK_FAILED, "unsupported flags");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "test", NULL), TASK_OK, "started");
	assert_int_equal(ops_state_of(ops, "test"), VIR_DOMAIN_RUNNING);
}

static void guest_is_shut_down_and_waited_for(void **state)
{
	struct ops *ops = *state;

	ops_expect(ops_run_guest(ops, OP_GUEST_SUSPEND, "test", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_SHUTDOWN, "test", NULL), TASK_FAILED, "resume it first");
	ops_expect(ops_run_guest(ops, OP_GUEST_RESUME, "test", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_SHUTDOWN, "test", ARGS("mode", "magic")), TASK_FAILED, "'magic'");
	ops_expect(ops_run_guest(ops, OP_GUEST_SHUTDOWN, "test", ARGS("timeout", "30")), TASK_OK, "shut down");
	assert_int_equal(ops_state_of(ops, "test"), VIR_DOMAIN_SHUTOFF);
	ops_expect(ops_run_guest(ops, OP_GUEST_SHUTDOWN, "test", NULL), TASK_FAILED, "it is off already");
	ops_expect(ops_run_guest(ops, OP_GUEST_REBOOT, "test", NULL), TASK_FAILED, "start it");
}

static void managed_save_is_kept_restored_and_dropped(void **state)
{
	struct ops *ops = *state;

	ops_expect(ops_run_guest(ops, OP_GUEST_MANAGED_SAVE_REMOVE, "test", NULL), TASK_FAILED, "it has none");
	ops_expect(ops_run_guest(ops, OP_GUEST_MANAGED_SAVE, "test", NULL), TASK_OK, "saved");
	ops_expect(ops_run_guest(ops, OP_GUEST_MANAGED_SAVE, "test", NULL), TASK_FAILED, "nothing to save");
	struct ops_result result = ops_run_guest(ops, OP_GUEST_START, "test", NULL);
	assert_non_null(strstr(result.log, "goes on from its managed save"));
	ops_expect(result, TASK_OK, "started");
	ops_expect(ops_run_guest(ops, OP_GUEST_MANAGED_SAVE, "test", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_MANAGED_SAVE_REMOVE, "test", NULL), TASK_OK, "dropped");
}

static void guest_is_saved_to_a_file_and_restored(void **state)
{
	struct ops *ops = *state;
	struct obj_ref host = ops_host_ref();
	g_autofree char *file = g_build_filename(ops->dir, "saved", NULL);

	ops_expect(ops_run_guest(ops, OP_GUEST_SAVE, "test", ARGS("file", "relative")), TASK_FAILED, "absolute path");
	ops_expect(ops_run(ops, OP_GUEST_RESTORE, &host, "the host", ARGS("file", file)), TASK_FAILED, file);
	ops_expect(ops_run_guest(ops, OP_GUEST_SAVE, "test", ARGS("file", file)), TASK_OK, file);
	assert_int_equal(ops_state_of(ops, "test"), VIR_DOMAIN_SHUTOFF);
	ops_expect(ops_run(ops, OP_GUEST_RESTORE, &host, "the host", ARGS("file", file)), TASK_OK, "restored");
	assert_int_equal(ops_state_of(ops, "test"), VIR_DOMAIN_RUNNING);
	ops_expect(ops_run_guest(ops, OP_GUEST_SAVE, "test", ARGS("file", file)), TASK_FAILED, "overwritten");
	ops_expect(ops_run(ops, OP_GUEST_RESTORE, &host, "the host", ARGS("file", file)), TASK_FAILED,
	        "is running");
}

static void autostart_is_set_and_cleared(void **state)
{
	struct ops *ops = *state;

	ops_expect(ops_run_guest(ops, OP_GUEST_AUTOSTART, "test", ARGS("on", "no")), TASK_OK, "off already");
	ops_expect(ops_run_guest(ops, OP_GUEST_AUTOSTART, "test", ARGS("on", "yes")), TASK_OK, "from now on");
	ops_expect(ops_run_guest(ops, OP_GUEST_AUTOSTART, "test", ARGS("on", "yes")), TASK_OK, "on already");
	ops_expect(ops_run_guest(ops, OP_GUEST_AUTOSTART, "test", ARGS("on", "no")), TASK_OK, "any more");
}

static void guest_is_renamed_only_while_off_and_to_a_safe_name(void **state)
{
	struct ops *ops = *state;
	const char *const bad[] = {"", ".", "..", "a/b"};

	ops_expect(ops_run_guest(ops, OP_GUEST_RENAME, "test", ARGS("name", "web")), TASK_FAILED, "while it is off");
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "test", NULL), TASK_OK, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++)
		ops_expect(ops_run_guest(ops, OP_GUEST_RENAME, "test", ARGS("name", bad[i])), TASK_FAILED,
		        "out of its directories");
	ops_expect(ops_run_guest(ops, OP_GUEST_RENAME, "test", ARGS("name", "test")), TASK_FAILED, "already");
	struct ops_result result = ops_run_guest(ops, OP_GUEST_RENAME, "test", ARGS("name", "web"));
	/* Older test drivers can not; then libvirt's words must say so. */
	if (result.state == TASK_OK)
		assert_int_equal(ops_state_of(ops, "web"), VIR_DOMAIN_SHUTOFF);
	else
		assert_non_null(strstr(result.message, "cannot rename 'test'"));
	ops_result_clear(&result);
}

static void title_description_and_tags_are_set_and_removed(void **state)
{
	struct ops *ops = *state;

	ops_expect(ops_run_guest(ops, OP_GUEST_DESCRIBE, "test", ARGS("title", "two\nlines")), TASK_FAILED, "one line");
	ops_expect(ops_run_guest(ops, OP_GUEST_DESCRIBE, "test",
	               ARGS("title", "Web <1>", "description", "a\nb & c", "tags", "web,prod & more")),
	        TASK_OK, "described");
	g_autofree char *title = metadata_of(ops, "test", VIR_DOMAIN_METADATA_TITLE, NULL);
	g_autofree char *text = metadata_of(ops, "test", VIR_DOMAIN_METADATA_DESCRIPTION, NULL);
	g_autofree char *tags = metadata_of(ops, "test", VIR_DOMAIN_METADATA_ELEMENT, METADATA_URI);
	assert_string_equal(title, "Web <1>");
	assert_string_equal(text, "a\nb & c");
	assert_non_null(strstr(tags, "web,prod &amp; more"));

	ops_expect(ops_run_guest(ops, OP_GUEST_DESCRIBE, "test", ARGS("title", "", "tags", "")), TASK_OK, NULL);
	g_autofree char *no_title = metadata_of(ops, "test", VIR_DOMAIN_METADATA_TITLE, NULL);
	g_autofree char *no_tags = metadata_of(ops, "test", VIR_DOMAIN_METADATA_ELEMENT, METADATA_URI);
	g_autofree char *still = metadata_of(ops, "test", VIR_DOMAIN_METADATA_DESCRIPTION, NULL);
	assert_null(no_title);
	assert_null(no_tags);
	assert_string_equal(still, "a\nb & c");
}

static void undefine_is_refused_while_it_runs_and_done_when_off(void **state)
{
	struct ops *ops = *state;
	struct plan *plan = ops_plan_of(ops, "test");

	assert_non_null(strstr(plan->refused, "force it off first"));
	plan_free(plan);
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "test", NULL), TASK_FAILED, "force it off first");
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "test", NULL), TASK_OK, NULL);
	plan = ops_plan_of(ops, "test");
	assert_null(plan->refused);
	plan_free(plan);
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "test", ARGS("remove", "disk:nope")), TASK_FAILED, "look again");
	struct obj_ref ref = ops_guest_ref(ops, "test");
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "test", NULL), TASK_OK, "undefined");
	assert_int_equal(ops_state_of(ops, "test"), -1);
	ops_expect(ops_run(ops, OP_GUEST_START, &ref, "test", NULL), TASK_FAILED, "removed by somebody else");
}

static void undefine_takes_a_managed_save_only_when_agreed(void **state)
{
	struct ops *ops = *state;

	ops_expect(ops_run_guest(ops, OP_GUEST_MANAGED_SAVE, "test", NULL), TASK_OK, NULL);
	struct plan *plan = ops_plan_of(ops, "test");
	const struct plan_item *item = ops_item_of(plan, "managed-save");
	assert_true(item->required && item->chosen);
	plan_free(plan);
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "test", NULL), TASK_FAILED, "was not agreed to");
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "test", ARGS("remove", "managed-save\n")), TASK_OK, NULL);
	assert_int_equal(ops_state_of(ops, "test"), -1);
}

static void guest_named_dots_is_never_undefined(void **state)
{
	struct ops *ops = *state;
	virDomainPtr dom = virDomainDefineXML(ops->conn,
	        "<domain type='test'><name>..</name><memory>1024</memory><os><type>hvm</type></os></domain>");

	if (!dom)
		skip();
	ops_expect(ops_run_guest(ops, OP_GUEST_UNDEFINE, "..", NULL), TASK_FAILED, "out of its directories");
	virDomainUndefine(dom);
	virDomainFree(dom);
}

static void pool_is_stopped_started_refreshed_and_autostarted(void **state)
{
	struct ops *ops = *state;
	struct obj_ref ref = ops_pool_ref(ops, "default-pool");

	ops_expect(ops_run(ops, OP_POOL_START, &ref, "p", NULL), TASK_FAILED, "it is active already");
	ops_expect(ops_run(ops, OP_POOL_REFRESH, &ref, "p", NULL), TASK_OK, "refreshed");
	ops_expect(ops_run(ops, OP_POOL_STOP, &ref, "p", NULL), TASK_OK, "its data stays");
	ops_expect(ops_run(ops, OP_POOL_STOP, &ref, "p", NULL), TASK_FAILED, "it is not active");
	ops_expect(ops_run(ops, OP_POOL_REFRESH, &ref, "p", NULL), TASK_FAILED, "start it first");
	ops_expect(ops_run(ops, OP_POOL_START, &ref, "p", NULL), TASK_OK, "started");
	struct ops_result on = ops_run(ops, OP_POOL_AUTOSTART, &ref, "p", ARGS("on", "yes"));
	/* A pool without a file of its own can not be autostarted, in libvirt's words. */
	assert_true(on.state == TASK_OK || strstr(on.message, "cannot set autostart of pool 'p'"));
	ops_result_clear(&on);
}

static void default_pool_is_defined_once(void **state)
{
	struct ops *ops = *state;
	struct obj_ref host = ops_host_ref();

	ops_expect(ops_run(ops, OP_POOL_DEFINE_DEFAULT, &host, "h", NULL), TASK_OK, "/var/lib/libvirt/images");
	virStoragePoolPtr pool = virStoragePoolLookupByName(ops->conn, "default");
	int autostart = 0;
	assert_int_equal(virStoragePoolIsActive(pool), 1);
	virStoragePoolGetAutostart(pool, &autostart);
	assert_int_equal(autostart, 1);
	virStoragePoolFree(pool);
	ops_expect(ops_run(ops, OP_POOL_DEFINE_DEFAULT, &host, "h", NULL), TASK_FAILED, "exists already");
}

static void network_is_stopped_started_and_autostarted(void **state)
{
	struct ops *ops = *state;
	struct obj_ref ref = ops_network_ref(ops, "default"), host = ops_host_ref();

	ops_expect(ops_run(ops, OP_NETWORK_START, &ref, "n", NULL), TASK_FAILED, "it is active already");
	ops_expect(ops_run(ops, OP_NETWORK_STOP, &ref, "n", NULL), TASK_OK, "stopped");
	ops_expect(ops_run(ops, OP_NETWORK_STOP, &ref, "n", NULL), TASK_FAILED, "it is not active");
	ops_expect(ops_run(ops, OP_NETWORK_DEFINE_DEFAULT, &host, "h", NULL), TASK_FAILED, "exists already; start it");
	ops_expect(ops_run(ops, OP_NETWORK_START, &ref, "n", NULL), TASK_OK, "started");
	ops_expect(ops_run(ops, OP_NETWORK_AUTOSTART, &ref, "n", ARGS("on", "yes")), TASK_OK, "from now on");
	ops_expect(ops_run(ops, OP_NETWORK_AUTOSTART, &ref, "n", ARGS("on", "no")), TASK_OK, "any more");
}

static void default_network_is_defined_where_there_is_none(void **state)
{
	struct ops *ops = *state;
	struct obj_ref host = ops_host_ref();
	virNetworkPtr old = virNetworkLookupByName(ops->conn, "default");

	assert_int_equal(virNetworkDestroy(old), 0);
	assert_int_equal(virNetworkUndefine(old), 0);
	virNetworkFree(old);
	ops_expect(ops_run(ops, OP_NETWORK_DEFINE_DEFAULT, &host, "h", NULL), TASK_OK, "192.168.122.0/24");
	virNetworkPtr network = virNetworkLookupByName(ops->conn, "default");
	assert_int_equal(virNetworkIsActive(network), 1);
	virNetworkFree(network);
}

static void objects_that_are_gone_are_named(void **state)
{
	struct ops *ops = *state;
	struct obj_ref pool = {.kind = OBJ_POOL, .host = OPS_HOST, .uuid = {1}};
	struct obj_ref network = {.kind = OBJ_NETWORK, .host = OPS_HOST, .uuid = {1}};

	ops_expect(ops_run(ops, OP_POOL_START, &pool, "gone", NULL), TASK_FAILED, "removed by somebody else");
	ops_expect(ops_run(ops, OP_NETWORK_START, &network, "gone", NULL), TASK_FAILED, "cannot start network 'gone'");
}

/* ---- the workers themselves ---- */

static void read_only_host_is_not_written_to(void **state)
{
	struct ops *ops = *state;

	workers_set_host(ops->workers, OPS_HOST, ops->uri, true, "the host");
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "test", NULL), TASK_FAILED, "read-only");
	assert_int_equal(ops_state_of(ops, "test"), VIR_DOMAIN_RUNNING);
}

static void host_that_is_not_known_or_removed_is_refused(void **state)
{
	struct ops *ops = *state;
	struct obj_ref ref = ops_guest_ref(ops, "test");

	ref.host = 7;
	ops_expect(ops_run(ops, OP_GUEST_DESTROY, &ref, "test", NULL), TASK_FAILED, "not connected");
	workers_remove_host(ops->workers, OPS_HOST);
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "test", NULL), TASK_FAILED, "not connected");
	assert_int_equal(ops_state_of(ops, "test"), VIR_DOMAIN_RUNNING);
}

static void host_that_can_not_be_reached_fails_the_task_untouched(void **state)
{
	struct ops *ops = *state;

	workers_set_host(ops->workers, OPS_HOST, "qemu+unix:///system?socket=/nonexistent/sock", false, "x");
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "test", NULL), TASK_FAILED, "nothing was done: cannot connect");
}

static unsigned count_records(GPtrArray *records, const char *id, enum journal_event event)
{
	unsigned n = 0;

	for (unsigned i = 0; i < records->len; i++) {
		const struct journal_record *record = g_ptr_array_index(records, i);
		n += record->event == event && g_str_equal(record->task_id, id);
	}
	return n;
}

static void every_task_is_journalled_from_start_to_end(void **state)
{
	struct ops *ops = *state;
	unsigned skipped;

	ops_expect(ops_run_guest(ops, OP_GUEST_SUSPEND, "test", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_SUSPEND, "test", NULL), TASK_FAILED, NULL);
	GPtrArray *records = journal_read_all(ops->dir, &skipped, NULL);
	assert_int_equal(skipped, 0);
	for (unsigned i = 1; i <= 2; i++) {
		g_autofree char *id = g_strdup_printf("task-%u", i);
		assert_int_equal(count_records(records, id, JOURNAL_START), 1);
		assert_int_equal(count_records(records, id, JOURNAL_END), 1);
	}
	const struct journal_record *start = g_ptr_array_index(records, 0);
	assert_string_equal(start->host_name, "the host");
	assert_string_equal(start->object, "test");
	assert_int_equal(start->kind, OBJ_GUEST);
	const struct journal_record *end = g_ptr_array_index(records, records->len - 1);
	assert_int_equal(end->state, TASK_FAILED);
	assert_non_null(strstr(end->text, "paused already"));
	g_ptr_array_unref(records);
}

static void operations_on_one_guest_keep_their_order(void **state)
{
	struct ops *ops = *state;
	struct obj_ref ref = ops_guest_ref(ops, "test");
	char *ids[40];

	for (unsigned i = 0; i < G_N_ELEMENTS(ids); i++)
		ids[i] = ops_submit(ops, i % 2 ? OP_GUEST_RESUME : OP_GUEST_SUSPEND, &ref, "test", NULL);
	/* Each is refused unless the one before it has ended. */
	for (unsigned i = 0; i < G_N_ELEMENTS(ids); i++) {
		struct ops_result result = {.progress = -1};
		ops_await(ops, ids[i], &result, NULL);
		ops_expect(result, TASK_OK, NULL);
		g_free(ids[i]);
	}
}

/* Takes calls and never answers. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static bool says_that_it_waits(const struct ops_result *result)
{
	return result->message && strstr(result->message, "on the same guest");
}

/* A snapshot's are its guest's: never two at once. The host takes the call and never answers, so that the first lasts. */
static void operations_on_a_snapshot_wait_for_those_on_its_guest(void **state)
{
	struct ops *ops = *state;
	struct obj_ref guest = ops_guest_ref(ops, "test"), snapshot = guest, other = guest;
	g_autofree char *path = g_build_filename(ops->dir, "deaf", NULL);
	g_autofree char *uri = g_strdup_printf("qemu+unix:///system?socket=%s", path);
	struct ops_result results[3] = {{.progress = -1}, {.progress = -1}, {.progress = -1}};
	int listening = listen_at(path);
	char *ids[3];

	snapshot.kind = other.kind = OBJ_SNAPSHOT;
	snapshot.name = g_intern_string("s1");
	other.name = g_intern_string("s2");
	workers_set_host(ops->workers, OPS_HOST, uri, false, "x");
	ids[0] = ops_submit(ops, OP_SNAPSHOT_REVERT, &snapshot, "s1", NULL);
	ids[1] = ops_submit(ops, OP_GUEST_START, &guest, "test", NULL);
	ids[2] = ops_submit(ops, OP_SNAPSHOT_DELETE, &other, "s2", NULL);
	for (unsigned i = 1; i < 3; i++)
		ops_await(ops, ids[i], &results[i], says_that_it_waits);
	for (unsigned i = 3; i-- > 0;) {
		workers_abort(ops->workers, ids[i]);
		if (!task_state_ended(results[i].state))
			ops_await(ops, ids[i], &results[i], NULL);
		ops_expect(results[i], TASK_ABORTED, "nothing was done");
		g_free(ids[i]);
	}
	close(listening);
}

static void host_is_looked_at_again_after_each_operation(void **state)
{
	struct ops *ops = *state;

	ops_expect(ops_run_guest(ops, OP_GUEST_SUSPEND, "test", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_SUSPEND, "test", NULL), TASK_FAILED, NULL);
	workers_free(g_steal_pointer(&ops->workers), 20000);
	assert_int_equal(__atomic_load_n(&ops->touched, __ATOMIC_RELAXED), 2);
}

static void end_of_the_program_ends_every_task_in_the_journal(void **state)
{
	struct ops *ops = *state;
	struct obj_ref ref = ops_guest_ref(ops, "test");
	unsigned skipped, ended = 0;

	for (unsigned i = 0; i < 20; i++)
		g_free(ops_submit(ops, i % 2 ? OP_GUEST_RESUME : OP_GUEST_SUSPEND, &ref, "test", NULL));
	workers_free(g_steal_pointer(&ops->workers), 20000);
	journal_close(g_steal_pointer(&ops->journal), 20000);
	GPtrArray *records = journal_read_all(ops->dir, &skipped, NULL);
	for (unsigned i = 0; i < records->len; i++)
		ended += ((const struct journal_record *)g_ptr_array_index(records, i))->event == JOURNAL_END;
	assert_int_equal(ended, 20);
	g_ptr_array_unref(records);
}

static void operation_without_a_plan_says_so(void **state)
{
	struct ops *ops = *state;
	struct obj_ref ref = ops_guest_ref(ops, "test");

	workers_plan(ops->workers, op_request_new(OP_GUEST_START, &ref, "test"), 5);
	struct msg *msg = ops_next_msg(ops, g_get_monotonic_time() + DEADLINE_US);
	assert_int_equal(msg->type, MSG_PLAN);
	assert_int_equal(msg->plan_id, 5);
	assert_non_null(msg->plan->refused);
	msg_free(msg);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_test_driver, ops_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(guest_is_paused_resumed_and_forced_off),
		TEST(guest_is_started_once),
		TEST(guest_is_shut_down_and_waited_for),
		TEST(managed_save_is_kept_restored_and_dropped),
		TEST(guest_is_saved_to_a_file_and_restored),
		TEST(autostart_is_set_and_cleared),
		TEST(guest_is_renamed_only_while_off_and_to_a_safe_name),
		TEST(title_description_and_tags_are_set_and_removed),
		TEST(undefine_is_refused_while_it_runs_and_done_when_off),
		TEST(undefine_takes_a_managed_save_only_when_agreed),
		TEST(guest_named_dots_is_never_undefined),
		TEST(pool_is_stopped_started_refreshed_and_autostarted),
		TEST(default_pool_is_defined_once),
		TEST(network_is_stopped_started_and_autostarted),
		TEST(default_network_is_defined_where_there_is_none),
		TEST(objects_that_are_gone_are_named),
		TEST(read_only_host_is_not_written_to),
		TEST(host_that_is_not_known_or_removed_is_refused),
		TEST(host_that_can_not_be_reached_fails_the_task_untouched),
		TEST(every_task_is_journalled_from_start_to_end),
		TEST(operations_on_one_guest_keep_their_order),
		TEST(operations_on_a_snapshot_wait_for_those_on_its_guest),
		TEST(host_is_looked_at_again_after_each_operation),
		TEST(end_of_the_program_ends_every_task_in_the_journal),
		TEST(operation_without_a_plan_says_so),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
