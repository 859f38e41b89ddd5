/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inbox: order, replacement, and when its descriptor is readable. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "nvirt/msg.h"

#define THREADS 4
#define POSTS 2000

static bool readable(const struct inbox *inbox)
{
	struct pollfd fd = {.fd = inbox_fd(inbox), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

static void post(struct inbox *inbox, enum msg_type type, unsigned host, uint8_t uuid, const char *text)
{
	struct msg *msg = msg_new(type, host, 1);

	msg->uuid[15] = uuid;
	msg->text = g_strdup(text);
	inbox_post(inbox, msg);
}

static void expect(struct inbox *inbox, enum msg_type type, const char *text)
{
	struct msg *msg = inbox_take(inbox);

	assert_non_null(msg);
	assert_int_equal(msg->type, type);
	assert_string_equal(msg->text, text);
	msg_free(msg);
}

static void empty_inbox_gives_nothing_and_is_not_readable(void **state)
{
	struct inbox *inbox = inbox_new();

	(void)state;
	assert_false(readable(inbox));
	assert_null(inbox_take(inbox));
	inbox_free(inbox);
}

static void messages_come_in_order_and_the_last_one_ends_readability(void **state)
{
	struct inbox *inbox = inbox_new();

	(void)state;
	post(inbox, MSG_EVENT, 1, 0, "a");
	post(inbox, MSG_NOTICE, 1, 0, "b");
	assert_true(readable(inbox));
	expect(inbox, MSG_EVENT, "a");
	assert_true(readable(inbox));
	expect(inbox, MSG_NOTICE, "b");
	assert_false(readable(inbox));
	post(inbox, MSG_EVENT, 1, 0, "c");
	assert_true(readable(inbox));
	inbox_free(inbox);
}

static void newer_sample_replaces_an_unread_one_of_its_host_only(void **state)
{
	struct inbox *inbox = inbox_new();

	(void)state;
	post(inbox, MSG_SAMPLE, 1, 0, "old");
	post(inbox, MSG_SAMPLE, 2, 0, "other host");
	post(inbox, MSG_SAMPLE, 1, 0, "new");
	post(inbox, MSG_NODE, 1, 0, "old look");
	post(inbox, MSG_NODE, 1, 0, "new look");
	expect(inbox, MSG_SAMPLE, "other host");
	expect(inbox, MSG_SAMPLE, "new");
	expect(inbox, MSG_NODE, "new look");
	assert_null(inbox_take(inbox));
	inbox_free(inbox);
}

static void newer_sample_never_overtakes_a_state_message(void **state)
{
	struct inbox *inbox = inbox_new();

	(void)state;
	post(inbox, MSG_SAMPLE, 1, 0, "old");
	post(inbox, MSG_HOST, 1, 0, "new epoch");
	post(inbox, MSG_SAMPLE, 1, 0, "new");
	expect(inbox, MSG_HOST, "new epoch");
	expect(inbox, MSG_SAMPLE, "new");
	inbox_free(inbox);
}

static void details_and_volumes_are_replaced_by_object(void **state)
{
	struct inbox *inbox = inbox_new();

	(void)state;
	post(inbox, MSG_DETAIL, 1, 1, "guest 1 old");
	post(inbox, MSG_VOLUMES, 1, 1, "pool 1");
	post(inbox, MSG_DETAIL, 1, 2, "guest 2");
	post(inbox, MSG_DETAIL, 1, 1, "guest 1 new");
	expect(inbox, MSG_VOLUMES, "pool 1");
	expect(inbox, MSG_DETAIL, "guest 2");
	expect(inbox, MSG_DETAIL, "guest 1 new");
	inbox_free(inbox);
}

static void state_messages_are_never_dropped(void **state)
{
	struct inbox *inbox = inbox_new();
	static const enum msg_type types[] = {
	        MSG_HOST, MSG_POOLS, MSG_NETWORKS, MSG_STUCK, MSG_EVENT, MSG_TASK, MSG_PLAN, MSG_EDIT,
	        MSG_JOURNAL, MSG_NOTICE};

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(types); i++) {
		post(inbox, types[i], 1, 0, "first");
		post(inbox, types[i], 1, 0, "second");
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(types); i++) {
		expect(inbox, types[i], "first");
		expect(inbox, types[i], "second");
	}
	inbox_free(inbox);
}

static void *post_many(void *data)
{
	for (unsigned i = 0; i < POSTS; i++) {
		post(data, MSG_EVENT, 1, 0, "event");
		post(data, MSG_SAMPLE, 1, 0, "sample");
	}
	return NULL;
}

static void posts_of_many_threads_all_arrive(void **state)
{
	struct inbox *inbox = inbox_new();
	pthread_t threads[THREADS];
	unsigned events = 0, samples = 0;

	(void)state;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, post_many, inbox), 0);
	while (events < THREADS * POSTS) {
		struct pollfd fd = {.fd = inbox_fd(inbox), .events = POLLIN};
		struct msg *msg;

		assert_int_equal(poll(&fd, 1, 60000), 1);
		while ((msg = inbox_take(inbox)) != NULL) {
			events += msg->type == MSG_EVENT;
			samples += msg->type == MSG_SAMPLE;
			msg_free(msg);
		}
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_true(samples <= THREADS * POSTS);
	inbox_free(inbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(empty_inbox_gives_nothing_and_is_not_readable),
	        cmocka_unit_test(messages_come_in_order_and_the_last_one_ends_readability),
	        cmocka_unit_test(newer_sample_replaces_an_unread_one_of_its_host_only),
	        cmocka_unit_test(newer_sample_never_overtakes_a_state_message),
	        cmocka_unit_test(details_and_volumes_are_replaced_by_object),
	        cmocka_unit_test(state_messages_are_never_dropped),
	        cmocka_unit_test(posts_of_many_threads_all_arrive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
