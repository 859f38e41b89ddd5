/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nvirt/journal.h"
#include "unit.h"

static struct journal_record *full_record(enum journal_event event)
{
	struct journal_record *record = journal_record_new(event, "20261120T214503.123456-1f3a-0001");

	record->unix_us = G_GINT64_CONSTANT(1795211103123456);
	record->instance = g_strdup("7994:123456");
	record->host_name = g_strdup("alpha");
	record->uri = g_strdup("qemu+ssh://root@alpha/system");
	record->user = g_strdup("root");
	record->verb = g_strdup("start");
	record->object = g_strdup("Büro \"1\" \\ 日本 😀");
	record->kind = OBJ_GUEST;
	memset(record->uuid, 0xab, sizeof record->uuid);
	record->state = TASK_WARNING;
	record->text = g_strdup("done / half");
	return record;
}

static struct journal_record *decode(const char *line)
{
	return journal_decode(line, strlen(line), NULL);
}

static void a_record_survives_the_way_to_disk_and_back(void **state)
{
	(void)state;
	for (unsigned event = JOURNAL_START; event <= JOURNAL_END; event++) {
		struct journal_record *record = full_record((enum journal_event)event), *back;

		if (record->event == JOURNAL_STEP)
			record->step = task_step_new(1, STEP_FILE, "/x", "");
		g_autofree char *line = journal_encode(record);

		back = decode(line);
		assert_non_null(back);
		assert_int_equal(back->event, record->event);
		assert_int_equal(back->unix_us, record->unix_us);
		assert_string_equal(back->task_id, record->task_id);
		assert_string_equal(back->instance, record->instance);
		assert_string_equal(back->uri, record->uri);
		assert_string_equal(back->object, record->object);
		assert_string_equal(back->text, record->text);
		assert_int_equal(back->kind, OBJ_GUEST);
		assert_memory_equal(back->uuid, record->uuid, 16);
		assert_int_equal(back->state, event == JOURNAL_END ? TASK_WARNING : TASK_QUEUED);
		journal_record_free(back);
		journal_record_free(record);
	}
}

static void a_step_survives_with_its_raw_path(void **state)
{
	static const char path[] = "/pool/a b'\"%41\xff\n<ü>.qcow2";
	(void)state;
	for (unsigned kind = 0; kind < STEP_N; kind++) {
		struct journal_record *record = full_record(JOURNAL_STEP), *back;

		record->step = task_step_new(7, (enum step_kind)kind, path, "of web1");
		record->step->mark = STEP_UNDONE;
		memset(record->step->uuid, 0x5a, sizeof record->step->uuid);
		g_autofree char *line = journal_encode(record);
		back = decode(line);
		assert_non_null(back);
		assert_int_equal(back->step->number, 7);
		assert_int_equal(back->step->kind, kind);
		assert_int_equal(back->step->mark, STEP_UNDONE);
		assert_string_equal(back->step->path, path);
		assert_string_equal(back->step->text, "of web1");
		assert_memory_equal(back->step->uuid, record->step->uuid, 16);
		journal_record_free(back);
		journal_record_free(record);
	}
}

static void a_step_that_leads_elsewhere_is_refused(void **state)
{
	static const char *const paths[] = {"etc/passwd", "/pool/../etc/passwd", "/pool/..", "/a%2f%2e%2e%2fb"};
	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *line = g_strdup_printf(
		        "{\"v\":1,\"t\":1,\"event\":\"step\",\"id\":\"t\",\"step\":1,\"mark\":\"will\","
		        "\"what\":\"file\",\"path\":\"%s\"}\n", paths[i]);
		assert_null(decode(line));
	}
	assert_null(decode("{\"v\":1,\"t\":1,\"event\":\"step\",\"id\":\"t\"}\n"));
}

static void every_end_state_survives(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TASK_STATE_N; i++) {
		struct journal_record *record = full_record(JOURNAL_END), *back;

		record->state = (enum task_state)i;
		g_autofree char *line = journal_encode(record);
		back = decode(line);
		assert_int_equal(back->state, i);
		journal_record_free(back);
		journal_record_free(record);
	}
}

static void a_line_is_one_line_of_plain_ascii(void **state)
{
	struct journal_record *record = full_record(JOURNAL_LOG);
	g_autofree char *line = NULL;

	(void)state;
	g_free(record->text);
	record->text = g_strdup("a\nb\x1b\x7f\xff é 😀");
	line = journal_encode(record);
	assert_true(g_str_has_suffix(line, "}\n"));
	for (const char *p = line; p[1]; p++)
		assert_true(*p >= 0x20 && *p < 0x7f);
	assert_non_null(strstr(line, "\\ud83d\\ude00"));
	journal_record_free(record);
}

static void strings_come_back_cleaned(void **state)
{
	struct journal_record *record = decode("{\"v\":1,\"t\":5,\"event\":\"log\",\"id\":\"a\","
	                                       "\"text\":\"x\\u001b[2J\\u202e\\u0000y\\n\"}");

	(void)state;
	assert_non_null(record);
	assert_string_equal(record->text, "x\\x1b[2J<U+202E>\\x00y\\n");
	journal_record_free(record);
}

static void what_is_no_whole_record_is_refused(void **state)
{
	static const char *const lines[] = {"", "\n", "x", "null", "[]", "{}", "1", "\"a\"",
	        "{\"v\":1}", "{\"v\":2,\"t\":5,\"event\":\"log\",\"id\":\"a\"}",
	        "{\"v\":\"1\",\"t\":5,\"event\":\"log\",\"id\":\"a\"}",
	        "{\"v\":1,\"t\":-5,\"event\":\"log\",\"id\":\"a\"}",
	        "{\"v\":1,\"t\":5.5,\"event\":\"log\",\"id\":\"a\"}",
	        "{\"v\":1,\"t\":5,\"event\":\"burn\",\"id\":\"a\"}",
	        "{\"v\":1,\"t\":5,\"event\":\"log\",\"id\":\"\"}",
	        "{\"v\":1,\"t\":5,\"event\":\"log\",\"id\":7}",
	        "{\"v\":1,\"t\":5,\"event\":\"log\"}",
	        "{\"v\":1,\"t\":5,\"event\":\"end\",\"id\":\"a\"}",
	        "{\"v\":1,\"t\":5,\"event\":\"end\",\"id\":\"a\",\"state\":\"fine\"}",
	        "{\"v\":1,\"t\":5,\"event\":\"log\",\"id\":\"a\",\"text\":[]}",
	        "{\"v\":1,\"t\":5,\"event\":\"log\",\"id\":\"a\",\"kind\":\"cow\"}",
	        "{\"v\":1,\"t\":5,\"event\":\"log\",\"id\":\"a\",\"kind\":null}",
	        "{\"v\":1,\"t\":5,\"event\":\"log\",\"id\":\"a\",\"uuid\":\"zz\"}",
	        "{\"v\":1,\"t\":5,\"event\":\"log\",\"id\":\"a\"}{\"v\":1}",
	        "{\"v\":1,\"t\":5,\"event\":\"log\",\"id\":\"a\"",
	        "{\"v\":[[[[[[[[[[1]]]]]]]]]]}"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GError) error = NULL;
		struct journal_record *record = journal_decode(lines[i], strlen(lines[i]), &error);

		if (record)
			fail_msg("taken: %s", lines[i]);
		assert_non_null(error);
	}
}

static void a_line_torn_anywhere_is_refused(void **state)
{
	struct journal_record *record = full_record(JOURNAL_END);
	g_autofree char *line = journal_encode(record);
	gsize len = strlen(line) - 1; /* without its line feed it is still whole */

	(void)state;
	for (gsize i = 0; i < len; i++)
		assert_null(journal_decode(line, i, NULL));
	for (gsize i = 1; i < len; i++)
		assert_null(journal_decode(line + i, len - i, NULL));
	journal_record_free(record);
}

static void damaged_lines_never_crash(void **state)
{
	struct journal_record *record = full_record(JOURNAL_END);
	g_autofree char *line = journal_encode(record);
	GRand *rand = g_rand_new_with_seed(5);
	gsize len = strlen(line);

	(void)state;
	for (unsigned round = 0; round < 10000; round++) {
		g_autofree char *copy = g_memdup2(line, len);
		struct journal_record *back;

		for (int i = g_rand_int_range(rand, 1, 6); i > 0; i--)
			copy[g_rand_int_range(rand, 0, (gint32)len)] = (char)g_rand_int_range(rand, 0, 256);
		back = journal_decode(copy, len, NULL);
		if (back) {
			assert_non_null(back->task_id);
			assert_true(!back->text || g_utf8_validate(back->text, -1, NULL));
		}
		journal_record_free(back);
	}
	g_rand_free(rand);
	journal_record_free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_record_survives_the_way_to_disk_and_back),
	        cmocka_unit_test(a_step_survives_with_its_raw_path),
	        cmocka_unit_test(a_step_that_leads_elsewhere_is_refused),
	        cmocka_unit_test(every_end_state_survives),
	        cmocka_unit_test(a_line_is_one_line_of_plain_ascii),
	        cmocka_unit_test(strings_come_back_cleaned),
	        cmocka_unit_test(what_is_no_whole_record_is_refused),
	        cmocka_unit_test(a_line_torn_anywhere_is_refused),
	        cmocka_unit_test(damaged_lines_never_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
