/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keeper's thread: what is given to it comes back, from another one too; what fails is said once. */
#include "unit/unit.h"

#include <poll.h>
#include <sys/stat.h>

#include "nvirt/msg.h"
#include "support/files.h"

#define URI "qemu:///system"
#define DEADLINE_MS 20000

static const uint8_t uuid[16] = {3};

static GArray *some_records(unsigned count)
{
	GArray *records = g_array_new(FALSE, FALSE, sizeof(struct history_record));
	uint32_t now = history_slot_at(TIER_1H, g_get_real_time());

	for (unsigned i = 0; i < count; i++) {
		struct history_record record = {
		        history_key(uuid, METRIC_NET_TX, NULL), TIER_1H, now - i, (float)i, (float)i, 20};

		g_array_append_val(records, record);
	}
	return records;
}

static struct msg *next(struct inbox *inbox)
{
	struct pollfd fd = {.fd = inbox_fd(inbox), .events = POLLIN};
	struct msg *msg = inbox_take(inbox);

	if (msg || poll(&fd, 1, DEADLINE_MS) <= 0)
		return msg;
	return inbox_take(inbox);
}

static void what_was_given_comes_back(void **state)
{
	g_autofree char *dir = g_dir_make_tmp("nvirt-keeper-XXXXXX", NULL);
	struct inbox *inbox = inbox_new();
	struct history_keeper *one = history_keeper_new(dir, inbox), *two;
	struct msg *msg;

	(void)state;
	history_keeper_store(one, 1, URI, some_records(30));
	history_keeper_load(one, 1, URI, uuid);
	msg = next(inbox);
	assert_non_null(msg);
	assert_int_equal(msg->type, MSG_HISTORY);
	assert_int_equal(msg->host, 1);
	assert_int_equal(msg->history->len, 30);
	msg_free(msg);
	/* Another nvirt, at the same time. */
	two = history_keeper_new(dir, inbox);
	history_keeper_load(two, 4, URI, uuid);
	msg = next(inbox);
	assert_int_equal(msg->host, 4);
	assert_int_equal(msg->history->len, 30);
	msg_free(msg);
	history_keeper_free(one, 5000);
	history_keeper_free(two, 5000);
	inbox_free(inbox);
	files_remove(dir);
}

static void several_writers_lose_nothing(void **state)
{
	g_autofree char *dir = g_dir_make_tmp("nvirt-keeper-XXXXXX", NULL);
	struct inbox *inbox = inbox_new();
	struct history_keeper *keepers[4], *reader;
	struct msg *msg;

	(void)state;
	for (int i = 0; i < 4; i++)
		keepers[i] = history_keeper_new(dir, inbox);
	for (int turn = 0; turn < 30; turn++)
		for (int i = 0; i < 4; i++)
			history_keeper_store(keepers[i], 1, URI, some_records(100));
	for (int i = 0; i < 4; i++)
		history_keeper_free(keepers[i], DEADLINE_MS);
	reader = history_keeper_new(dir, inbox);
	history_keeper_load(reader, 1, URI, uuid);
	msg = next(inbox);
	assert_non_null(msg);
	if (msg->type == MSG_NOTICE)
		fail_msg("%s", msg->text);
	assert_int_equal(msg->type, MSG_HISTORY);
	assert_int_equal(msg->history->len, 100);
	msg_free(msg);
	history_keeper_free(reader, 5000);
	inbox_free(inbox);
	files_remove(dir);
}

static void directory_that_can_not_be_used_is_said_once(void **state)
{
	g_autofree char *dir = g_dir_make_tmp("nvirt-keeper-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(dir, "history", NULL);
	struct inbox *inbox = inbox_new();
	struct history_keeper *keeper;
	struct msg *msg;

	(void)state;
	files_write(file, "in the way", -1);
	keeper = history_keeper_new(file, inbox);
	for (int i = 0; i < 5; i++)
		history_keeper_store(keeper, 1, URI, some_records(3));
	msg = next(inbox);
	assert_int_equal(msg->type, MSG_NOTICE);
	assert_int_equal(msg->level, LEVEL_WARNING);
	assert_non_null(strstr(msg->text, file));
	assert_non_null(strstr(msg->text, "not kept"));
	msg_free(msg);
	history_keeper_free(keeper, 5000);
	assert_null(inbox_take(inbox));
	inbox_free(inbox);
	files_remove(dir);
}

static void keeper_without_work_ends(void **state)
{
	struct inbox *inbox = inbox_new();

	(void)state;
	history_keeper_free(history_keeper_new("/nonexistent", inbox), 100);
	history_keeper_free(NULL, 100);
	inbox_free(inbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_given_comes_back),
	        cmocka_unit_test(several_writers_lose_nothing),
	        cmocka_unit_test(directory_that_can_not_be_used_is_said_once),
	        cmocka_unit_test(keeper_without_work_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
