/* SPDX-License-Identifier: GPL-2.0-or-later */
/* History: roll-up by numbers, gaps, clocks that jump, and how much is kept. */
#include "unit/unit.h"

#include <math.h>

#include "nvirt/history.h"

#define S ((gint64)G_USEC_PER_SEC)
/* A full hour, far from 1980. */
#define T0 (G_GINT64_CONSTANT(1700000000) / 3600 * 3600 * S)

static const uint8_t guest_uuid[16] = {1};

static struct history_key cpu_key(void)
{
	return history_key(guest_uuid, METRIC_CPU, NULL);
}

static void add(struct history *history, gint64 from_s, gint64 to_s, double value)
{
	struct history_key key = cpu_key();

	history_add(history, &key, T0 + from_s * S, T0 + to_s * S, value);
}

static struct history_slot slot(const struct history *history, enum tier tier, gint64 at_s)
{
	struct history_key key = cpu_key();
	struct history_slot out;

	history_read(history, &key, tier, history_slot_at(tier, T0 + at_s * S), 1, &out);
	return out;
}

static void assert_near(double value, double wanted)
{
	if (!(fabs(value - wanted) <= 1e-4 * MAX(fabs(wanted), 1)))
		fail_msg("%g instead of %g", value, wanted);
}

static void value_fills_the_slots_of_its_interval(void **state)
{
	struct history *history = history_new();

	(void)state;
	/* 3 s of 10, then 3 s of 40: the second slot of 2 s has 1 s of each. */
	add(history, 0, 3, 10);
	add(history, 3, 6, 40);
	assert_near(slot(history, TIER_5M, 0).average, 10);
	assert_near(slot(history, TIER_5M, 2).average, 25);
	assert_near(slot(history, TIER_5M, 2).maximum, 40);
	assert_near(slot(history, TIER_5M, 4).average, 40);
	assert_true(isnan(slot(history, TIER_5M, 6).average));
	assert_true(isnan(slot(history, TIER_5M, -2).average));
	history_free(history);
}

static void tiers_agree_on_average_and_maximum(void **state)
{
	struct history *history = history_new();
	double sum = 0;

	(void)state;
	/* Two hours: i-th interval of 2 s has i mod 100. */
	for (int i = 0; i < 3600; i++)
		add(history, 2 * i, 2 * i + 2, i % 100);
	for (int i = 1800; i < 3600; i++)
		sum += i % 100;
	assert_near(slot(history, TIER_7D, 3600).average, sum / 1800);
	assert_near(slot(history, TIER_7D, 3600).maximum, 99);
	/* 480 s = 240 intervals from 3360 on: numbers 0 to 99, twice, and 0 to 39. */
	sum = 0;
	for (int i = 3360; i < 3600; i++)
		sum += i % 100;
	assert_near(slot(history, TIER_24H, 6720).average, sum / 240);
	/* 20 s = 10 intervals: 90 … 99. */
	assert_near(slot(history, TIER_1H, 7180).average, 94.5);
	assert_near(slot(history, TIER_1H, 7180).maximum, 99);
	assert_near(slot(history, TIER_5M, 7198).average, 99);
	/* What is older than the tier is gone. */
	assert_true(isnan(slot(history, TIER_5M, 7200 - 302).average));
	assert_near(slot(history, TIER_5M, 7200 - 300).average, 50);
	assert_true(isnan(slot(history, TIER_1H, 3580).average));
	assert_near(slot(history, TIER_1H, 3600).average, 4.5);
	history_free(history);
}

static void no_value_is_a_gap_and_not_nought(void **state)
{
	struct history *history = history_new();
	struct history_key key = cpu_key();
	struct history_slot slots[30];
	unsigned known = 0;

	(void)state;
	add(history, 0, 10, 5);
	add(history, 30, 40, 0);
	add(history, 40, 42, NAN);
	add(history, 42, 44, -1);
	add(history, 44, 44, 7);
	assert_true(history_read(history, &key, TIER_5M, history_slot_at(TIER_5M, T0), 30, slots));
	for (int i = 0; i < 30; i++)
		known += !isnan(slots[i].average);
	assert_int_equal(known, 10);
	assert_true(isnan(slots[5].average) && isnan(slots[14].average) && isnan(slots[20].average));
	assert_true(slots[15].average == 0);
	/* The longer slot knows 10 s of each half. */
	assert_near(slot(history, TIER_24H, 0).average, 2.5);
	key.metric = METRIC_LOAD;
	assert_false(history_read(history, &key, TIER_5M, history_slot_at(TIER_5M, T0), 30, slots));
	history_free(history);
}

static void gap_longer_than_a_tier_empties_it(void **state)
{
	struct history *history = history_new();

	(void)state;
	add(history, 0, 100, 5);
	add(history, 2000, 2002, 9);
	assert_true(isnan(slot(history, TIER_5M, 98).average));
	assert_near(slot(history, TIER_5M, 2000).average, 9);
	assert_near(slot(history, TIER_1H, 80).average, 5);
	history_free(history);
}

static void clock_set_back_drops_what_lies_ahead(void **state)
{
	struct history *history = history_new();

	(void)state;
	add(history, 0, 100, 5);
	add(history, 50, 52, 7);
	assert_near(slot(history, TIER_5M, 48).average, 5);
	assert_near(slot(history, TIER_5M, 50).average, 7);
	assert_true(isnan(slot(history, TIER_5M, 60).average));
	add(history, 52, 54, 8);
	assert_near(slot(history, TIER_5M, 52).average, 8);
	/* By years. */
	history_add(history, &(struct history_key){.metric = METRIC_CPU}, T0, T0 + 2 * S, 1);
	add(history, -100000000, -99999998, 3);
	assert_near(slot(history, TIER_7D, -100000000).average, 3);
	assert_true(isnan(slot(history, TIER_7D, 0).average));
	history_free(history);
}

static void clock_set_forward_leaves_a_gap(void **state)
{
	struct history *history = history_new();

	(void)state;
	add(history, 0, 10, 5);
	add(history, 108, 110, 7);
	assert_near(slot(history, TIER_5M, 8).average, 5);
	assert_true(isnan(slot(history, TIER_5M, 20).average));
	assert_near(slot(history, TIER_5M, 108).average, 7);
	history_free(history);
}

static void clock_that_was_never_set_changes_nothing(void **state)
{
	struct history *history = history_new();
	struct history_key key = cpu_key();

	(void)state;
	add(history, 0, 10, 5);
	history_add(history, &key, 100 * S, 102 * S, 9);
	assert_near(slot(history, TIER_5M, 8).average, 5);
	history_free(history);
}

/* The wall clock is read anew for every message: it may be a hair off. */
static void clocks_a_hair_apart_lose_nothing(void **state)
{
	struct history *history = history_new();
	struct history_key key = cpu_key();

	(void)state;
	for (int i = 0; i < 150; i++) {
		gint64 off_us = i % 2 ? 900 : -900;

		history_add(history, &key, T0 + 2 * i * S + off_us, T0 + 2 * (i + 1) * S + off_us, 4);
	}
	for (int i = 1; i < 149; i++)
		assert_near(slot(history, TIER_5M, i * 2).average, 4);
	history_free(history);
}

static void new_slots_are_taken_once_and_the_open_one_again(void **state)
{
	struct history *history = history_new();
	GArray *records;

	(void)state;
	add(history, 0, 10, 5);
	records = history_take_new(history);
	/* Five slots of 2 s, and the one under way of each longer tier. */
	assert_int_equal(records->len, 5 + 3);
	g_array_unref(records);
	records = history_take_new(history);
	assert_int_equal(records->len, 0);
	g_array_unref(records);
	add(history, 10, 12, 5);
	records = history_take_new(history);
	assert_int_equal(records->len, 2 + 3);
	g_array_unref(records);
	history_free(history);
}

/* What a first process gave away and a second one reads, in the middle of a slot. */
static void parts_of_a_slot_are_joined_after_a_restart(void **state)
{
	struct history *before = history_new(), *after = history_new();
	GArray *records;

	(void)state;
	add(before, 0, 1200, 10);
	records = history_take_new(before);
	add(after, 1800, 3000, 40);
	for (int turn = 0; turn < 2; turn++)
		for (unsigned i = 0; i < records->len; i++)
			history_put(after, &g_array_index(records, struct history_record, i), T0 + 3000 * S);
	assert_near(slot(after, TIER_7D, 0).average, 25);
	assert_near(slot(after, TIER_7D, 0).maximum, 40);
	assert_near(slot(after, TIER_1H, 1180).average, 10);
	assert_true(isnan(slot(after, TIER_1H, 1400).average));
	assert_near(slot(after, TIER_1H, 1800).average, 40);
	g_array_unref(records);
	history_free(before);
	history_free(after);
}

static void records_from_outside_are_checked(void **state)
{
	struct history *history = history_new();
	uint32_t now = history_slot_at(TIER_5M, T0);
	const struct history_record bad[] = {
	        {cpu_key(), TIER_N, now, 1, 1, 1},
	        {cpu_key(), 1u << 31, now, 1, 1, 1},
	        {cpu_key(), TIER_5M, now + 1, 1, 1, 1},
	        {cpu_key(), TIER_5M, now, NAN, 1, 1},
	        {cpu_key(), TIER_5M, now, 1, INFINITY, 1},
	        {cpu_key(), TIER_5M, now, -1, 1, 1},
	        {cpu_key(), TIER_5M, now, 1, 1, 0},
	        {cpu_key(), TIER_5M, now, 1, 1, 1e9f},
	        {{.metric = METRIC_N}, TIER_5M, now, 1, 1, 1},
	        {{.metric = 255}, TIER_5M, now, 1, 1, 1},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		history_put(history, &bad[i], T0);
	assert_int_equal(history_series_count(history), 0);
	history_free(history);
}

static void number_uuid(uint8_t uuid[16], unsigned number)
{
	memset(uuid, 0, 16);
	uuid[0] = 0xff;
	memcpy(uuid + 8, &number, sizeof(number));
}

static void ten_thousand_guests_have_places_for_a_few(void **state)
{
	struct history *history = history_new();
	uint8_t uuid[16];
	unsigned admitted = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		number_uuid(uuid, i);
		admitted += history_admit(history, uuid);
	}
	assert_int_equal(admitted, HISTORY_GUESTS_MAX);
	/* Who comes on screen gets one, of somebody who never was. */
	for (unsigned i = 9000; i < 9050; i++) {
		number_uuid(uuid, i);
		history_watch(history, uuid, false);
		assert_true(history_admit(history, uuid));
	}
	for (unsigned i = 9000; i < 9050; i++) {
		number_uuid(uuid, i);
		assert_true(history_admit(history, uuid));
	}
	number_uuid(uuid, 5000);
	assert_false(history_admit(history, uuid));
	history_free(history);
}

static void devices_are_kept_of_the_guests_opened_last(void **state)
{
	struct history *history = history_new();
	uint8_t uuid[16];

	(void)state;
	for (unsigned i = 0; i < 2 * HISTORY_DETAILS_MAX; i++) {
		struct history_key disk, cpu;

		number_uuid(uuid, i);
		history_watch(history, uuid, true);
		disk = history_key(uuid, METRIC_DISK_READ, "vda");
		cpu = history_key(uuid, METRIC_CPU, NULL);
		history_add(history, &disk, T0, T0 + S, 1);
		history_add(history, &cpu, T0, T0 + S, 1);
	}
	assert_int_equal(history_series_count(history), 3 * HISTORY_DETAILS_MAX);
	number_uuid(uuid, 0);
	assert_false(history_admit_devices(history, uuid));
	number_uuid(uuid, 2 * HISTORY_DETAILS_MAX - 1);
	assert_true(history_admit_devices(history, uuid));
	history_forget(history, uuid);
	assert_int_equal(history_series_count(history), 3 * HISTORY_DETAILS_MAX - 2);
	history_free(history);
}

static void opened_guest_is_wanted_once(void **state)
{
	struct history *history = history_new();
	GArray *wanted;

	(void)state;
	history_watch(history, guest_uuid, false);
	assert_null(history_take_wanted(history));
	history_watch(history, guest_uuid, true);
	history_watch(history, guest_uuid, true);
	wanted = history_take_wanted(history);
	assert_int_equal(wanted->len, 1);
	assert_memory_equal(wanted->data, guest_uuid, 16);
	g_array_unref(wanted);
	assert_null(history_take_wanted(history));
	history_free(history);
}

static void devices_are_listed_by_number(void **state)
{
	struct history *history = history_new();
	const char *const names[] = {"10", "2", "0"};
	GPtrArray *devices;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		struct history_key key = history_key(guest_uuid, METRIC_VCPU, names[i]);

		history_add(history, &key, T0, T0 + S, 1);
	}
	add(history, 0, 1, 1);
	devices = history_devices(history, guest_uuid, METRIC_VCPU);
	assert_int_equal(devices->len, 3);
	assert_string_equal(devices->pdata[0], "0");
	assert_string_equal(devices->pdata[1], "2");
	assert_string_equal(devices->pdata[2], "10");
	g_ptr_array_unref(devices);
	history_free(history);
}

/* Any order of any times: no crash, and never a value that nobody gave. */
static void random_times_give_only_given_values(void **state)
{
	struct history *history = history_new();
	GRand *rand = g_rand_new_with_seed(7);
	struct history_slot slots[400];
	struct history_key key = cpu_key();

	(void)state;
	for (int i = 0; i < 20000; i++) {
		gint64 from_us = T0 + (gint64)g_rand_int_range(rand, -2000000, 2000000) * (g_rand_boolean(rand) ? S : S / 100);

		history_add(history, &key, from_us, from_us + (gint64)g_rand_int_range(rand, 1, 90) * S / 3,
		        g_rand_double_range(rand, 10, 20));
		if (i % 100)
			continue;
		history_read(history, &key, (enum tier)(i / 100 % TIER_N),
		        history_slot_at((enum tier)(i / 100 % TIER_N), from_us) - 300, 400, slots);
		for (int n = 0; n < 400; n++)
			assert_true(isnan(slots[n].average) ||
			        (slots[n].average >= 9.99 && slots[n].average <= slots[n].maximum + 0.01 &&
			                slots[n].maximum <= 20));
	}
	g_rand_free(rand);
	history_free(history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(value_fills_the_slots_of_its_interval),
	        cmocka_unit_test(tiers_agree_on_average_and_maximum),
	        cmocka_unit_test(no_value_is_a_gap_and_not_nought),
	        cmocka_unit_test(gap_longer_than_a_tier_empties_it),
	        cmocka_unit_test(clock_set_back_drops_what_lies_ahead),
	        cmocka_unit_test(clock_set_forward_leaves_a_gap),
	        cmocka_unit_test(clock_that_was_never_set_changes_nothing),
	        cmocka_unit_test(clocks_a_hair_apart_lose_nothing),
	        cmocka_unit_test(new_slots_are_taken_once_and_the_open_one_again),
	        cmocka_unit_test(parts_of_a_slot_are_joined_after_a_restart),
	        cmocka_unit_test(records_from_outside_are_checked),
	        cmocka_unit_test(ten_thousand_guests_have_places_for_a_few),
	        cmocka_unit_test(devices_are_kept_of_the_guests_opened_last),
	        cmocka_unit_test(opened_guest_is_wanted_once),
	        cmocka_unit_test(devices_are_listed_by_number),
	        cmocka_unit_test(random_times_give_only_given_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
