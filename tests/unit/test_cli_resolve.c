/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From typed words to objects, and near names for those that are not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli_resolve.h"
#include "nvirt/text.h"

static void add_guest(GArray *guests, uint8_t number, const char *raw, int id)
{
	g_autofree char *clean = text_clean(raw, -1);
	struct guest_row row = {
	        .uuid = {0x10, number}, .id = id, .state = id < 0 ? GUEST_OFF : GUEST_RUNNING};

	row.raw = g_ref_string_new(raw);
	row.name = g_ref_string_new(clean);
	g_array_append_val(guests, row);
}

static void apply(struct store *store, struct msg *msg)
{
	store_apply(store, msg, g_get_monotonic_time(), g_get_real_time());
}

static int setup(void **state)
{
	struct store *store = store_new();
	struct host *host = store_add_host(store, "test:///default", false);
	struct msg *status = msg_new(MSG_HOST, host->id, 1);
	struct msg *sample = msg_new(MSG_SAMPLE, host->id, 1);

	status->status = host_status_new();
	status->status->link = HOST_UP;
	status->status->epoch = 1;
	status->status->uri = g_strdup("test:///default");
	status->status->hostname = g_strdup("lab");
	apply(store, status);
	sample->sample = sample_new();
	add_guest(sample->sample->guests, 1, "web1", 5);
	add_guest(sample->sample->guests, 2, "web2", -1);
	add_guest(sample->sample->guests, 3, "5", -1);
	add_guest(sample->sample->guests, 4, "e\x1bvil", 9);
	add_guest(sample->sample->guests, 5, "Mail-Server", -1);
	apply(store, sample);
	*state = store;
	return 0;
}

static int teardown(void **state)
{
	store_free(*state);
	return 0;
}

static void finds(struct store *store, const char *word, uint8_t number)
{
	struct obj_ref ref = {0};

	assert_true(cli_resolve(store_host_at(store, 0), OBJ_GUEST, word, &ref, NULL));
	assert_int_equal(ref.kind, OBJ_GUEST);
	assert_int_equal(ref.uuid[1], number);
}

static void fails(struct store *store, const char *word, const char *part)
{
	g_autoptr(GError) error = NULL;
	struct obj_ref ref = {.host = 77};

	assert_false(cli_resolve(store_host_at(store, 0), OBJ_GUEST, word, &ref, &error));
	assert_non_null(strstr(error->message, part));
	assert_int_equal(ref.host, 77);
}

static void a_guest_is_found_by_name_uuid_and_id(void **state)
{
	finds(*state, "web1", 1);
	finds(*state, "10020000-0000-0000-0000-000000000000", 2);
	finds(*state, "9", 4);
}

static void a_hostile_name_is_found_raw_and_as_shown(void **state)
{
	finds(*state, "e\x1bvil", 4);
	finds(*state, "e\\x1bvil", 4);
}

static void an_id_that_is_another_guests_name_is_ambiguous(void **state)
{
	fails(*state, "5", "'5' means more than one guest");
}

static void an_unknown_name_names_the_near_ones(void **state)
{
	fails(*state, "wbe1", "no guest 'wbe1' on 'lab': did you mean 'web1'");
	fails(*state, "mail-server", "did you mean 'Mail-Server'?");
	fails(*state, "server", "did you mean 'Mail-Server'?");
	fails(*state, "\x1b[2J", "no guest '\\x1b[2J' on 'lab'");
}

static void nothing_near_suggests_nothing(void **state)
{
	g_autoptr(GError) error = NULL;
	struct obj_ref ref;

	assert_false(cli_resolve(store_host_at(*state, 0), OBJ_GUEST, "zzzzzzzz", &ref, &error));
	assert_string_equal(error->message, "no guest 'zzzzzzzz' on 'lab'");
}

static void distance_counts_swaps_as_one(void **state)
{
	(void)state;
	assert_int_equal(cli_edit_distance("abcd", "abcd", 3), 0);
	assert_int_equal(cli_edit_distance("abcd", "abdc", 3), 1);
	assert_int_equal(cli_edit_distance("", "abc", 3), 3);
	assert_int_equal(cli_edit_distance("kitten", "sitting", 3), 3);
	assert_int_equal(cli_edit_distance("a", "zzzzzz", 2), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_guest_is_found_by_name_uuid_and_id, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_hostile_name_is_found_raw_and_as_shown, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                an_id_that_is_another_guests_name_is_ambiguous, setup, teardown),
	        cmocka_unit_test_setup_teardown(an_unknown_name_names_the_near_ones, setup, teardown),
	        cmocka_unit_test_setup_teardown(nothing_near_suggests_nothing, setup, teardown),
	        cmocka_unit_test(distance_counts_swaps_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
