/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations over a connection that was lent to the workers, as a command's are, and what becomes of them when it dies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/lab.h"
#include "support/ops.h"

/* libvirt's remote_protocol.x */
#define PROC_DOMAIN_CREATE_WITH_FLAGS 196
#define DEADLINE_MS 60000

struct lent {
	struct lab *lab;
	struct ops *ops;
	struct proxy *proxy;
};

static int set_up(void **state)
{
	struct lent *lent = g_new0(struct lent, 1);
	g_autofree char *uri = NULL;
	virConnectPtr conn;

	lent->lab = lab_start(1);
	lab_do(lent->lab, "define", "h1", "web1", "boot");
	lent->ops = ops_new(lab_uri(lent->lab, "h1"));
	lent->proxy = proxy_start(lent->lab, "h1");
	uri = g_strdup_printf(
	        "qemu+unix:///%s?socket=%s", lab_is_system(lent->lab) ? "system" : "session", proxy_socket(lent->proxy));
	conn = conn_open(uri, false, NULL);
	assert_non_null(conn);
	workers_lend_conn(lent->ops->workers, OPS_HOST, conn);
	/* As the poller does, which may be gone before the operation is. */
	conn_close(conn);
	*state = lent;
	return 0;
}

static int tear_down(void **state)
{
	struct lent *lent = *state;
	void *ops = lent->ops;

	ops_tear_down(&ops);
	proxy_stop(lent->proxy);
	lab_stop(lent->lab);
	g_free(lent);
	return 0;
}

static guint64 starts(struct lent *lent)
{
	return proxy_calls(lent->proxy, PROC_DOMAIN_CREATE_WITH_FLAGS).calls;
}

static void it_is_used_while_it_lives(void **state)
{
	struct lent *lent = *state;

	ops_expect(ops_run_guest(lent->ops, OP_GUEST_START, "web1", NULL), TASK_OK, NULL);
	assert_int_equal(starts(lent), 1);
	ops_expect(ops_run_guest(lent->ops, OP_GUEST_DESTROY, "web1", NULL), TASK_OK, NULL);
}

static bool asks_to_start(void *data)
{
	return starts(data) > 0;
}

/* The daemon starts the guest and nobody hears of it: looked at by another connection, it is done. */
static void an_operation_whose_connection_dies_is_settled(void **state)
{
	struct lent *lent = *state;
	struct obj_ref ref = ops_guest_ref(lent->ops, "web1");
	struct ops_result result = {0};
	g_autofree char *task = NULL;

	g_free(proxy_command(lent->proxy, "delay 0 300"));
	task = ops_submit(lent->ops, OP_GUEST_START, &ref, "web1", NULL);
	lab_wait_for(asks_to_start, lent, "the start to be asked for", DEADLINE_MS);
	lab_wait_state(lent->lab, "h1", "web1", VIR_DOMAIN_RUNNING);
	g_free(proxy_command(lent->proxy, "cut 0"));
	ops_await(lent->ops, task, &result, NULL);
	ops_expect(result, TASK_OK, NULL);
	/* The next one does not try the dead one. */
	g_free(proxy_command(lent->proxy, "reset"));
	ops_expect(ops_run_guest(lent->ops, OP_GUEST_DESTROY, "web1", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(lent->ops, OP_GUEST_START, "web1", NULL), TASK_OK, NULL);
	assert_int_equal(starts(lent), 0);
}

/* Taken back while it is used: it lives as long as the operation. */
static void one_that_is_taken_back_lives_on_for_who_uses_it(void **state)
{
	struct lent *lent = *state;
	struct obj_ref ref = ops_guest_ref(lent->ops, "web1");
	struct ops_result result = {0};
	g_autofree char *task = NULL;

	g_free(proxy_command(lent->proxy, "delay 0 100"));
	task = ops_submit(lent->ops, OP_GUEST_START, &ref, "web1", NULL);
	lab_wait_for(asks_to_start, lent, "the start to be asked for", DEADLINE_MS);
	workers_lend_conn(lent->ops->workers, OPS_HOST, NULL);
	ops_await(lent->ops, task, &result, NULL);
	assert_false(result.unknown);
	ops_expect(result, TASK_OK, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(it_is_used_while_it_lives),
	        TEST(an_operation_whose_connection_dies_is_settled),
	        TEST(one_that_is_taken_back_lives_on_for_who_uses_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
