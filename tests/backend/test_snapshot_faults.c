/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots of a guest with an agent, when that hangs, and when the daemon dies in the middle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <libvirt/libvirt-qemu.h>
#include <string.h>

#include "backend/op_util.h"
#include "support/images.h"

static struct lab *lab;

static int start_lab(void **state)
{
	(void)state;
	lab = lab_start(1);
	g_setenv("XDG_STATE_HOME", lab_dir(lab), true);
	return 0;
}

static int stop_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	return 0;
}

static bool agent_answers(void *data)
{
	struct ops *ops = data;
	g_autoptr(virDomain) dom = virDomainLookupByName(ops->conn, "t-linux");
	char *answer = virDomainQemuAgentCommand(dom, "{\"execute\":\"guest-ping\"}", 2, 0);
	bool there = answer != NULL;

	free(answer);
	return there;
}

static bool agent_hangs(void *data)
{
	return !agent_answers(data);
}

static int set_up(void **state)
{
	struct ops *ops = ops_new(lab_uri(lab, "h1"));
	g_autoptr(virNetwork) network = virNetworkLookupByName(ops->conn, "default");

	images_clear(ops->conn);
	if (network && virNetworkIsActive(network) == 0 && virNetworkCreate(network) < 0)
		fail_msg("%s", virGetLastErrorMessage());
	lab_do(lab, "define", "h1", "t-linux", "linux");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "t-linux", NULL), TASK_OK, NULL);
	lab_wait_for(agent_answers, ops, "the agent answers", 120000);
	*state = ops;
	return 0;
}

static int tear_down(void **state)
{
	struct ops *ops = *state;

	conn_close(ops->conn);
	ops->conn = conn_open(ops->uri, false, NULL);
	images_clear(ops->conn);
	/* A file that is left protects what it is based on. */
	g_free(images_command("rm -f '%s'/h1/img/t-linux*", lab_dir(lab)));
	return ops_tear_down(state);
}

/* ---- the agent ---- */

static unsigned linux_count(struct ops *ops)
{
	g_autoptr(virDomain) dom = virDomainLookupByName(ops->conn, "t-linux");

	return (unsigned)virDomainSnapshotNum(dom, 0);
}

/* An agent that is connected but hangs would be waited for until the guest ends. */
static void file_systems_are_quiesced_by_an_agent_that_answers(void **state)
{
	struct ops *ops = *state;

	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-linux", ARGS("name", "calm", "quiesce", "yes")), TASK_OK,
	        "external, without memory");
	assert_int_equal(linux_count(ops), 1);
	g_autoptr(virDomain) dom = virDomainLookupByName(ops->conn, "t-linux");
	char *answer = virDomainQemuAgentCommand(dom,
	        "{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"/bin/sh\",\"arg\":[\"-c\",\"kill -STOP $PPID\"]}}",
	        5, 0);
	/* It may be stopped before it has answered. */
	free(answer);
	lab_wait_for(agent_hangs, ops, "the agent to hang", 60000);
	gint64 begun_us = g_get_monotonic_time();
	ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-linux", ARGS("name", "hangs", "quiesce", "yes")), TASK_FAILED,
	        "can not be quiesced, nothing was done");
	assert_true(g_get_monotonic_time() - begun_us < 60 * G_USEC_PER_SEC);
	assert_int_equal(linux_count(ops), 1);
	assert_int_equal(ops_state_of(ops, "t-linux"), VIR_DOMAIN_RUNNING);
}

/* ---- the daemon ---- */

static char *listing(void)
{
	return images_command("cd '%s/h1/img' && ls | grep -v serial | sort", lab_dir(lab));
}

static bool can_abort(const struct ops_result *result)
{
	return result->abortable;
}

static bool is_unknown(const struct ops_result *result)
{
	return result->unknown || task_state_ended(result->state);
}

static struct ops_result take_until(struct ops *ops, char **ret_id)
{
	struct obj_ref ref = ops_guest_ref(ops, "t-linux");
	struct ops_result result = {.progress = -1};

	*ret_id = ops_submit(ops, OP_SNAPSHOT_TAKE, &ref, "t-linux", ARGS("name", "ram"));
	ops_await(ops, *ret_id, &result, can_abort);
	return result;
}

static void aborted_take_leaves_nothing(void **state)
{
	struct ops *ops = *state;
	g_autofree char *before = listing(), *id = NULL;
	struct ops_result result = take_until(ops, &id);

	workers_abort(ops->workers, id);
	if (!task_state_ended(result.state))
		ops_await(ops, id, &result, NULL);
	/* It may have been quicker. */
	if (result.state != TASK_OK) {
		g_autofree char *after = listing();
		assert_int_equal(result.state, TASK_ABORTED);
		assert_string_equal(before, after);
		assert_int_equal(linux_count(ops), 0);
	}
	ops_result_clear(&result);
	assert_int_equal(ops_state_of(ops, "t-linux"), VIR_DOMAIN_RUNNING);
}

static void killed_daemon_is_settled_by_looking(void **state)
{
	struct ops *ops = *state;
	g_autofree char *before = listing(), *id = NULL;
	struct ops_result result = take_until(ops, &id);

	lab_do(lab, "kill9", "h1");
	if (!is_unknown(&result))
		ops_await(ops, id, &result, is_unknown);
	lab_do(lab, "restart", "h1");
	if (!task_state_ended(result.state) || result.state == TASK_UNKNOWN)
		ops_await(ops, id, &result, NULL);
	conn_close(ops->conn);
	ops->conn = conn_open(ops->uri, false, NULL);
	assert_non_null(ops->conn);
	assert_int_equal(ops_state_of(ops, "t-linux"), VIR_DOMAIN_RUNNING);
	g_autofree char *after = listing();
	if (result.state == TASK_OK) {
		assert_int_equal(linux_count(ops), 1);
	} else {
		if (result.state != TASK_FAILED || !strstr(result.message, "no snapshot was taken"))
			fail_msg("%s: %s; log: %s", task_state_word(result.state), result.message, result.log);
		assert_int_equal(linux_count(ops), 0);
		assert_string_equal(before, after);
	}
	ops_result_clear(&result);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(file_systems_are_quiesced_by_an_agent_that_answers),
		TEST(aborted_take_leaves_nothing),
		TEST(killed_daemon_is_settled_by_looking),
	};

	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
