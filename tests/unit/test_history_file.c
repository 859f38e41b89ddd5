/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The history's file: what was written is read; what is broken is told, kept and left out. */
#include "unit/unit.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/history_file.h"
#include "support/files.h"

#define S ((gint64)G_USEC_PER_SEC)
#define NOW (G_GINT64_CONSTANT(1700000000) / 3600 * 3600 * S)
#define URI "qemu:///system"

static const uint8_t guest_uuid[16] = {7};

struct place {
	char *dir;
	struct history_file *file;
};

static int set_up(void **state)
{
	struct place *place = g_new0(struct place, 1);

	place->dir = g_dir_make_tmp("nvirt-history-XXXXXX", NULL);
	place->file = history_file_new(place->dir, URI);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	history_file_free(place->file);
	files_remove(place->dir);
	g_free(place->dir);
	g_free(place);
	return 0;
}

static void reopen(struct place *place)
{
	history_file_free(place->file);
	place->file = history_file_new(place->dir, URI);
}

static GArray *records_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct history_record));
}

static void add_record(GArray *records, const char *device, enum tier tier, int slots_ago, float value)
{
	struct history_record record = {history_key(guest_uuid, METRIC_DISK_READ, device), tier,
	        history_slot_at(tier, NOW) - (uint32_t)slots_ago, value, value * 2, (float)tier_shapes[tier].slot_s};

	g_array_append_val(records, record);
}

static void write_records(struct place *place, GArray *records)
{
	g_autoptr(GError) error = NULL;

	assert_int_equal(history_file_write(place->file, records, false, NOW, &error), HISTORY_WRITTEN);
	assert_null(error);
}

static GArray *read_guest(struct place *place)
{
	GArray *records = records_new();
	g_autoptr(GError) error = NULL;

	assert_true(history_file_read(place->file, guest_uuid, NOW, records, &error));
	assert_null(error);
	return records;
}

/* All slots of a tier of one series. */
static void write_some(struct place *place)
{
	GArray *records = records_new();

	for (int i = 0; i < 100; i++)
		add_record(records, "vda", TIER_5M, i, (float)i);
	write_records(place, records);
	g_array_unref(records);
}

static void what_was_written_is_read(void **state)
{
	struct place *place = *state;
	GArray *records = records_new(), *found;

	for (enum tier tier = 0; tier < TIER_N; tier++)
		for (int i = 0; i < (int)tier_shapes[tier].slots; i++)
			add_record(records, "vda", tier, i, (float)i);
	write_records(place, records);
	reopen(place);
	found = read_guest(place);
	assert_int_equal(found->len, records->len);
	for (unsigned i = 0; i < found->len; i++) {
		const struct history_record *record = &g_array_index(found, struct history_record, i);
		uint32_t ago = history_slot_at((enum tier)record->tier, NOW) - record->slot;

		assert_true(record->average == (float)ago && record->maximum == (float)ago * 2);
		assert_memory_equal(&record->key, &g_array_index(records, struct history_record, 0).key,
		        sizeof(record->key));
	}
	assert_null(history_file_take_notice(place->file));
	g_array_unref(found);
	g_array_unref(records);
}

static void file_never_grows(void **state)
{
	struct place *place = *state;
	struct stat st;

	for (int turn = 0; turn < 3; turn++) {
		GArray *records = records_new();

		for (int i = 0; i < 1500; i++) {
			g_autofree char *device = g_strdup_printf("d%d", i + turn * 700);

			add_record(records, device, TIER_7D, 0, 1);
		}
		write_records(place, records);
		g_array_unref(records);
		assert_int_equal(g_stat(history_file_path(place->file), &st), 0);
		assert_int_equal(st.st_size, history_file_size());
	}
}

/* A later writer of a slot that knows less of it does not count. */
static void more_known_of_a_slot_counts(void **state)
{
	struct place *place = *state;
	GArray *records = records_new(), *found;

	add_record(records, "vda", TIER_7D, 0, 5);
	write_records(place, records);
	g_array_index(records, struct history_record, 0).covered_s = 60;
	g_array_index(records, struct history_record, 0).average = 9;
	write_records(place, records);
	found = read_guest(place);
	assert_int_equal(found->len, 1);
	assert_true(g_array_index(found, struct history_record, 0).average == 5);
	g_array_unref(found);
	g_array_unref(records);
}

static void old_slots_and_those_of_others_are_left_out(void **state)
{
	struct place *place = *state;
	GArray *found = records_new();
	g_autoptr(GError) error = NULL;

	write_some(place);
	assert_true(history_file_read(place->file, guest_uuid, NOW + 400 * S, found, &error));
	assert_int_equal(found->len, 0);
	/* A clock that was set back. */
	assert_true(history_file_read(place->file, guest_uuid, NOW - 20 * S, found, &error));
	assert_int_equal(found->len, 90);
	g_array_set_size(found, 0);
	assert_true(history_file_read(place->file, (const uint8_t[16]){9}, NOW, found, &error));
	assert_true(history_file_read(place->file, NULL, NOW, found, &error));
	assert_int_equal(found->len, 0);
	g_array_unref(found);
}

static void lock_of_another_is_waited_for_only_when_asked(void **state)
{
	struct place *place = *state;
	g_autoptr(GError) error = NULL;
	GArray *records = records_new();
	int fd;

	write_some(place);
	fd = open(history_file_path(place->file), O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	add_record(records, "vda", TIER_1H, 0, 5);
	assert_int_equal(history_file_write(place->file, records, false, NOW, &error), HISTORY_BUSY);
	assert_null(error);
	close(fd);
	write_records(place, records);
	g_array_unref(records);
}

/* ---- broken files ---- */

static void assert_put_aside(struct place *place, const char *reason)
{
	g_autofree char *bad = g_strconcat(history_file_path(place->file), ".bad", NULL);
	g_autofree char *notice = NULL;
	GArray *found;

	reopen(place);
	/* Reading alone changes nothing. */
	found = read_guest(place);
	assert_int_equal(found->len, 0);
	assert_false(g_file_test(bad, G_FILE_TEST_EXISTS));
	g_array_unref(found);
	write_some(place);
	notice = history_file_take_notice(place->file);
	if (!notice || !strstr(notice, reason) || !strstr(notice, history_file_path(place->file)) ||
	        !strstr(notice, ".bad"))
		fail_msg("notice: %s", notice ? notice : "none");
	assert_true(g_file_test(bad, G_FILE_TEST_EXISTS));
	found = read_guest(place);
	assert_int_equal(found->len, 100);
	assert_null(history_file_take_notice(place->file));
	g_array_unref(found);
}

static void patch(struct place *place, off_t at, const void *bytes, gsize size)
{
	int fd = open(history_file_path(place->file), O_RDWR | O_CLOEXEC);

	assert_int_equal(pwrite(fd, bytes, size, at), size);
	close(fd);
}

static void file_of_another_version_is_kept_and_told(void **state)
{
	const uint32_t version = 9;

	write_some(*state);
	patch(*state, 16, &version, sizeof(version));
	assert_put_aside(*state, "version 9");
}

static void truncated_file_is_kept_and_told(void **state)
{
	struct place *place = *state;

	write_some(place);
	assert_int_equal(truncate(history_file_path(place->file), 100000), 0);
	assert_put_aside(place, "has 100000 bytes instead of");
}

static void file_of_something_else_is_kept_and_told(void **state)
{
	struct place *place = *state;
	g_autofree char *text = g_strnfill(9000, 'x');

	assert_true(g_file_set_contents(history_file_path(place->file), text, -1, NULL));
	assert_put_aside(place, "no history of nvirt");
}

static void empty_file_is_kept_and_told(void **state)
{
	struct place *place = *state;

	assert_true(g_file_set_contents(history_file_path(place->file), "", 0, NULL));
	assert_put_aside(place, "too short (0 bytes)");
}

static void several_broken_files_are_all_kept(void **state)
{
	struct place *place = *state;

	for (int i = 0; i < 3; i++) {
		g_autofree char *notice = NULL;

		assert_true(g_file_set_contents(history_file_path(place->file), "x", 1, NULL));
		reopen(place);
		write_some(place);
		notice = history_file_take_notice(place->file);
		assert_non_null(notice);
	}
	g_autofree char *third = g_strconcat(history_file_path(place->file), ".bad3", NULL);
	assert_true(g_file_test(third, G_FILE_TEST_EXISTS));
}

static void link_in_its_place_is_not_followed(void **state)
{
	struct place *place = *state;
	g_autofree char *target = g_build_filename(place->dir, "target", NULL);
	g_autoptr(GError) error = NULL;
	GArray *records = records_new();

	assert_true(g_file_set_contents(target, "mine", -1, NULL));
	assert_int_equal(symlink(target, history_file_path(place->file)), 0);
	add_record(records, "vda", TIER_5M, 0, 1);
	assert_int_equal(history_file_write(place->file, records, false, NOW, &error), HISTORY_FAILED);
	assert_non_null(strstr(error->message, history_file_path(place->file)));
	g_array_unref(records);
}

/* No flipped bit gives a value that nobody wrote, and one costs one slot or one series at most. */
static void flipped_bits_are_left_out(void **state)
{
	struct place *place = *state;
	GRand *rand = g_rand_new_with_seed(11);
	int told = 0;

	for (int turn = 0; turn < 400; turn++) {
		off_t first_slot = 4096 + HISTORY_SERIES_MAX * 64;
		/* Header, entry, or the slots of the first tier. */
		off_t at = turn % 10 == 0 ? g_rand_int_range(rand, 0, 300)
		        : turn % 10 == 1  ? 4096 + g_rand_int_range(rand, 0, 64)
		                          : first_slot + g_rand_int_range(rand, 0, 150 * 16);
		uint8_t byte;
		GArray *found;
		int fd;

		reopen(place);
		write_some(place);
		g_free(history_file_take_notice(place->file));
		fd = open(history_file_path(place->file), O_RDWR | O_CLOEXEC);
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= (uint8_t)(1u << g_rand_int_range(rand, 0, 8));
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		close(fd);
		reopen(place);
		found = read_guest(place);
		if (turn % 10 > 1)
			assert_in_range(found->len, 99, 100);
		for (unsigned i = 0; i < found->len; i++) {
			const struct history_record *record = &g_array_index(found, struct history_record, i);

			assert_true(record->average == (float)(history_slot_at(TIER_5M, NOW) - record->slot));
		}
		char *notice = history_file_take_notice(place->file);
		told += notice != NULL;
		g_free(notice);
		g_array_unref(found);
	}
	assert_true(told > 100);
	g_rand_free(rand);
}

/* ---- kill -9 ---- */

static void write_for_ever(const char *dir, int ready)
{
	struct history_file *file = history_file_new(dir, URI);

	for (unsigned round = 0;; round++) {
		GArray *records = records_new();

		for (int i = 0; i < 60; i++) {
			g_autofree char *device = g_strdup_printf("d%u", (round * 7 + (unsigned)i) % 1400);

			add_record(records, device, TIER_5M, i % 150, (float)(i % 150));
		}
		if (history_file_write(file, records, true, NOW + round * S, NULL) != HISTORY_WRITTEN ||
		        (round == 0 && write(ready, "r", 1) != 1))
			_exit(1);
		g_array_unref(records);
	}
}

static void killed_writers_spoil_nothing(void **state)
{
	struct place *place = *state;
	GRand *rand = g_rand_new_with_seed(3);

	for (int turn = 0; turn < 30; turn++) {
		int ready[2], status = 0;
		char byte;
		pid_t pids[2];

		assert_int_equal(pipe(ready), 0);
		for (int i = 0; i < 2; i++)
			if ((pids[i] = fork()) == 0)
				write_for_ever(place->dir, ready[1]);
		assert_int_equal(read(ready[0], &byte, 1), 1);
		gint64 until = g_get_monotonic_time() + g_rand_int_range(rand, 0, 20000);
		while (g_get_monotonic_time() < until)
			continue;
		for (int i = 0; i < 2; i++) {
			kill(pids[i], SIGKILL);
			assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
			assert_true(WIFSIGNALED(status));
		}
		close(ready[0]);
		close(ready[1]);
		reopen(place);
		GArray *found = read_guest(place);
		assert_true(found->len > 0);
		for (unsigned i = 0; i < found->len; i++) {
			const struct history_record *record = &g_array_index(found, struct history_record, i);

			assert_true(record->average == (float)(history_slot_at(TIER_5M, NOW) - record->slot));
		}
		g_array_unref(found);
		char *notice = history_file_take_notice(place->file);
		if (notice)
			fail_msg("%s", notice);
		write_some(place);
	}
	g_rand_free(rand);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(what_was_written_is_read),
	        TEST(file_never_grows),
	        TEST(more_known_of_a_slot_counts),
	        TEST(old_slots_and_those_of_others_are_left_out),
	        TEST(lock_of_another_is_waited_for_only_when_asked),
	        TEST(file_of_another_version_is_kept_and_told),
	        TEST(truncated_file_is_kept_and_told),
	        TEST(file_of_something_else_is_kept_and_told),
	        TEST(empty_file_is_kept_and_told),
	        TEST(several_broken_files_are_all_kept),
	        TEST(link_in_its_place_is_not_followed),
	        TEST(flipped_bits_are_left_out),
	        TEST(killed_writers_spoil_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
