/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nvirt/msg.h"
#include "unit.h"

static void a_message_knows_where_it_came_from(void **state)
{
	struct msg *msg = msg_new(MSG_EVENT, 3, 7);

	(void)state;
	assert_int_equal(msg->type, MSG_EVENT);
	assert_int_equal(msg->host, 3);
	assert_int_equal(msg->epoch, 7);
	assert_null(msg->text);
	msg_free(msg);
}

static void a_message_frees_all_it_carries(void **state)
{
	struct msg *msg = msg_new(MSG_NOTICE, 1, 1);
	struct host_status *status = host_status_new();

	(void)state;
	msg->text = g_strdup("a");
	msg->name = g_strdup("b");
	msg->status = host_status_ref(status);
	msg->sample = sample_new();
	msg->list = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(msg->list, g_strdup("row"));
	msg->detail = guest_detail_new();
	msg->update = task_update_new("t");
	msg->plan = plan_new();
	msg->record = journal_record_new(JOURNAL_LOG, "t");
	msg_free(msg);
	msg_free(NULL);
	assert_int_equal(status->link, HOST_OFF); /* the other owner still has it */
	host_status_unref(status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_message_knows_where_it_came_from),
	        cmocka_unit_test(a_message_frees_all_it_carries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
