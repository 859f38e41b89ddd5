/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The matrix of snapshots and roll backs for BIOS guests: see snapshot_matrix.h. */
#include "snapshot_matrix.h"

static const struct matrix_guest guests[] = {
        {"one", "count"},
        {"two", "count-2"},
        {"raw", "count-raw"},
        {"internal-one", "count"},
        {"internal-two", "count-2"},
        {"internal-raw", "count-raw"},
};

static void external_one_disk(void **state)
{
	(void)state;
	run_matrix(&guests[0], MEMORY, 5);
}

static void external_two_disks(void **state)
{
	(void)state;
	run_matrix(&guests[1], MEMORY, 5);
}

static void external_raw_disk(void **state)
{
	(void)state;
	run_matrix(&guests[2], MEMORY, 5);
}

static void internal_one_disk(void **state)
{
	(void)state;
	run_matrix(&guests[3], INTERNAL, 3);
}

static void internal_two_disks(void **state)
{
	(void)state;
	run_matrix(&guests[4], INTERNAL, 3);
}

static void internal_is_refused_for_a_raw_disk(void **state)
{
	(void)state;
	run_matrix(&guests[5], INTERNAL, 0);
}

static int start_lab(void **state)
{
	(void)state;
	start_guests(guests, G_N_ELEMENTS(guests));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(external_one_disk),
	        cmocka_unit_test(external_two_disks),
	        cmocka_unit_test(external_raw_disk),
	        cmocka_unit_test(internal_one_disk),
	        cmocka_unit_test(internal_two_disks),
	        cmocka_unit_test(internal_is_refused_for_a_raw_disk),
	};

	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
