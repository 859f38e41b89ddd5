/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The matrix of snapshots and roll backs for UEFI guests, whose variables come back too: see snapshot_matrix.h. */
#include "snapshot_matrix.h"

static const struct matrix_guest guests[] = {
        {"one", "count-uefi"},
        {"two", "count-2-uefi"},
        {"raw", "count-raw-uefi"},
        {"internal", "count-2-uefi"},
};

static void uefi_external_one_disk(void **state)
{
	(void)state;
	if (!lab)
		skip();
	run_matrix(&guests[0], MEMORY, 5);
}

static void uefi_external_two_disks(void **state)
{
	(void)state;
	if (!lab)
		skip();
	run_matrix(&guests[1], MEMORY, 5);
}

static void uefi_external_raw_disk(void **state)
{
	(void)state;
	if (!lab)
		skip();
	run_matrix(&guests[2], MEMORY, 5);
}

static void internal_is_refused_for_uefi(void **state)
{
	(void)state;
	if (!lab)
		skip();
	run_matrix(&guests[3], INTERNAL, 0);
}

static int start_lab(void **state)
{
	(void)state;
	if (!g_file_test("/usr/share/OVMF", G_FILE_TEST_IS_DIR)) {
		print_message("no UEFI firmware here (package ovmf)\n");
		return 0;
	}
	start_guests(guests, G_N_ELEMENTS(guests));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(uefi_external_one_disk),
	        cmocka_unit_test(uefi_external_two_disks),
	        cmocka_unit_test(uefi_external_raw_disk),
	        cmocka_unit_test(internal_is_refused_for_uefi),
	};

	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
