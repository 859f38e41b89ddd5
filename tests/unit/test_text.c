/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nvirt/text.h"
#include "unit.h"

#include <locale.h>
#include <time.h>
#include <wchar.h>

static void assert_clean_len(const char *bytes, gssize len, const char *wanted)
{
	g_autofree char *clean = text_clean(bytes, len);

	assert_string_equal(clean, wanted);
}

static void assert_clean(const char *bytes, const char *wanted)
{
	assert_clean_len(bytes, -1, wanted);
}

static void plain_text_stays(void **state)
{
	(void)state;
	assert_clean("web1", "web1");
	assert_clean("", "");
	assert_clean("Büro ☃ 日本語", "Büro ☃ 日本語");
	assert_clean("e\xcc\x81", "e\xcc\x81");
	assert_clean(NULL, "");
	assert_clean_len("abcdef", 3, "abc");
}

static void controls_become_visible(void **state)
{
	(void)state;
	assert_clean("a\x1b]0;x\x07"
	             "b",
	        "a\\x1b]0;x\\x07b");
	assert_clean("a\nb\rc\td\x7f", "a\\nb\\rc\\td\\x7f");
	assert_clean("a\xc2\x9b"
	             "2J",
	        "a\\x9b2J");
	assert_clean("a\xe2\x80\xa8"
	             "b\xe2\x80\xa9",
	        "a\\u2028b\\u2029");
	assert_clean_len("a\0b", 3, "a\\x00b");
}

static void invalid_bytes_become_replacement_characters(void **state)
{
	(void)state;
	assert_clean("a\xff"
	             "b",
	        "a\xef\xbf\xbd"
	        "b");
	assert_clean("\x9b", "\xef\xbf\xbd");
	assert_clean("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd");
	assert_clean("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");
	assert_clean("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_clean_len("\xe2\x82\xac", 2, "\xef\xbf\xbd\xef\xbf\xbd");
}

static void invisible_and_bidi_characters_are_spelt_out(void **state)
{
	(void)state;
	assert_clean("a\xe2\x80\xae"
	             "b",
	        "a<U+202E>b");
	assert_clean("\xe2\x80\x8b\xef\xbb\xbf", "<U+200B><U+FEFF>");
	assert_clean("\xc2\xad", "<U+00AD>");
	assert_clean("x\xef\xb8\x8f", "x<U+FE0F>");
	assert_clean("\xf3\xa0\x81\x81", "<U+E0041>");
	assert_clean("\xee\x80\x80", "<U+E000>");
	assert_clean("\xe1\x85\x9f\xe3\x85\xa4", "<U+115F><U+3164>");
}

static void marks_never_pile_up_or_stand_alone(void **state)
{
	(void)state;
	assert_clean("\xcc\x81"
	             "a",
	        "<U+0301>a");
	assert_clean("a\xcc\x81\xcc\x82\xcc\x83\xcc\x84", "a\xcc\x81\xcc\x82<U+0303><U+0304>");
	assert_clean("\n\xcc\x81", "\\n<U+0301>");
}

static void lines_keep_line_feeds_and_expand_tabs(void **state)
{
	g_autofree char *crlf = text_clean_lines("a\r\nb\rc", -1);
	g_autofree char *tabs = text_clean_lines("a\tb\n日\tc", -1);
	g_autofree char *escape = text_clean_lines("\x1b[2J\n\xcc\x81", -1);

	(void)state;
	assert_string_equal(crlf, "a\nb\\rc");
	assert_string_equal(tabs, "a       b\n日      c");
	assert_string_equal(escape, "\\x1b[2J\n<U+0301>");
}

/* Nothing that comes out may move the cursor, hide, or reorder. */
static void assert_harmless(const char *text, bool lines)
{
	unsigned marks = 0;

	assert_true(g_utf8_validate(text, -1, NULL));
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		gunichar ch = g_utf8_get_char(p);
		GUnicodeType type = g_unichar_type(ch);

		if (lines && ch == '\n') {
			marks = 2;
			continue;
		}
		assert_int_not_equal(type, G_UNICODE_CONTROL);
		assert_int_not_equal(type, G_UNICODE_FORMAT);
		assert_int_not_equal(type, G_UNICODE_UNASSIGNED);
		assert_int_not_equal(type, G_UNICODE_LINE_SEPARATOR);
		assert_int_not_equal(type, G_UNICODE_PARAGRAPH_SEPARATOR);
		marks = text_char_columns(ch) ? 0 : marks + 1;
		assert_true(p != text || marks == 0);
		assert_true(marks <= 2);
	}
}

static void any_bytes_come_out_harmless_and_stable(void **state)
{
	GRand *rand = g_rand_new_with_seed(20);

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		char bytes[256];
		gssize len = g_rand_int_range(rand, 0, sizeof bytes);

		for (gssize i = 0; i < len; i++)
			bytes[i] = (char)g_rand_int_range(rand, 0, 256);
		g_autofree char *once = text_clean(bytes, len);
		g_autofree char *twice = text_clean(once, -1);
		g_autofree char *lines = text_clean_lines(bytes, len);

		assert_harmless(once, false);
		assert_string_equal(once, twice);
		for (char *p = lines; *p; p++) /* a line feed starts a line without a base */
			assert_true(*p != '\r' && *p != '\t' && *p != '\x1b');
		assert_true(g_utf8_validate(lines, -1, NULL));
	}
	g_rand_free(rand);
}

static void any_characters_come_out_harmless_and_stable(void **state)
{
	GRand *rand = g_rand_new_with_seed(21);

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		g_autoptr(GString) text = g_string_new(NULL);

		for (unsigned i = 0; i < 24; i++) {
			gunichar ch = (gunichar)g_rand_int_range(rand, 1, i % 3 ? 0x3000 : 0x110000);

			if (ch < 0xd800 || ch > 0xdfff)
				g_string_append_unichar(text, ch);
		}
		g_autofree char *once = text_clean(text->str, (gssize)text->len);
		g_autofree char *twice = text_clean(once, -1);

		assert_harmless(once, false);
		assert_string_equal(once, twice);
	}
	g_rand_free(rand);
}

static void widths_agree_with_the_c_library(void **state)
{
	(void)state;
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		skip();
	for (gunichar ch = 0xa0; ch < 0x110000; ch++) {
		char utf8[8] = {0};

		if (ch >= 0xd800 && ch <= 0xdfff)
			continue;
		g_unichar_to_utf8(ch, utf8);
		g_autofree char *clean = text_clean(utf8, -1);
		if (strcmp(clean, utf8) != 0 || wcwidth((wchar_t)ch) < 0)
			continue; /* spelt out, or newer than this C library */
		if (text_char_columns(ch) != wcwidth((wchar_t)ch))
			fail_msg("U+%04X: %d columns, wcwidth() %d", ch, text_char_columns(ch),
			        wcwidth((wchar_t)ch));
	}
}

static void columns_count_wide_and_combining(void **state)
{
	(void)state;
	assert_int_equal(text_columns("abc"), 3);
	assert_int_equal(text_columns("日本"), 4);
	assert_int_equal(text_columns("e\xcc\x81"), 1);
	assert_int_equal(text_columns(""), 0);
}

static void assert_cut(const char *text, int columns, const char *mark, const char *wanted)
{
	g_autofree char *cut = text_cut(text, columns, mark);

	assert_string_equal(cut, wanted);
	assert_true(text_columns(cut) <= MAX(columns, 0));
}

static void cut_marks_what_it_cut_and_keeps_characters_whole(void **state)
{
	(void)state;
	assert_cut("abcdef", 6, "…", "abcdef");
	assert_cut("abcdef", 5, "…", "abcd…");
	assert_cut("abcdef", 1, "~", "~");
	assert_cut("abcdef", 0, "~", "");
	assert_cut("abcdef", -1, "~", "");
	assert_cut("日本語", 4, "…", "日…");
	assert_cut("日本語", 1, "…", "…");
	assert_cut("abe\xcc\x81", 3, "…", "abe\xcc\x81");
	assert_cut("abe\xcc\x81xy", 4, "…", "abe\xcc\x81…");
	assert_cut("", 0, "…", "");
	assert_cut("abc", 2, "...", "ab");
}

static void fold_ignores_case_and_form(void **state)
{
	g_autofree char *a = text_fold("WEB1");
	g_autofree char *composed = text_fold("É");
	g_autofree char *decomposed = text_fold("e\xcc\x81");

	(void)state;
	assert_string_equal(a, "web1");
	assert_string_equal(composed, decomposed);
}

static void natural_order_counts(void **state)
{
	(void)state;
	assert_true(text_compare("vm2", "vm10") < 0);
	assert_true(text_compare("vm10", "vm2") > 0);
	assert_true(text_compare("vm10a", "vm10b") < 0);
	assert_true(text_compare("vm", "vm1") < 0);
	assert_true(text_compare("a1b2", "a1b10") < 0);
	assert_true(text_compare("vm99999999999999999999998", "vm99999999999999999999999") < 0);
	assert_int_equal(text_compare("vm1", "vm1"), 0);
}

static void natural_order_is_total(void **state)
{
	static const char *const names[] = {"", "0", "00", "01", "1", "1a", "a", "a0", "a00", "a01", "a1", "a1b",
	        "a01b", "a10", "b", "-", "a-1", "a.1"};
	size_t n = G_N_ELEMENTS(names);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			int ij = text_compare(names[i], names[j]);

			assert_true((ij == 0) == (i == j));
			assert_true((ij < 0) == (text_compare(names[j], names[i]) > 0));
			for (size_t k = 0; k < n; k++)
				if (ij < 0 && text_compare(names[j], names[k]) < 0)
					assert_true(text_compare(names[i], names[k]) < 0);
		}
}

static void assert_bytes(guint64 bytes, const char *wanted)
{
	char text[32];

	text_format_bytes(text, sizeof text, bytes);
	assert_string_equal(text, wanted);
	assert_true(strlen(text) <= 9);
}

static void bytes_have_three_digits(void **state)
{
	(void)state;
	assert_bytes(0, "0 B");
	assert_bytes(512, "512 B");
	assert_bytes(1023, "1023 B");
	assert_bytes(1024, "1.00 KiB");
	assert_bytes(12 * 1024 * 1024, "12.0 MiB");
	assert_bytes(G_GUINT64_CONSTANT(1610612736), "1.50 GiB");
	assert_bytes(1024 * 1024 - 1, "1.00 MiB");
	assert_bytes(10235, "10.0 KiB");
	assert_bytes(102390, "100 KiB");
	assert_bytes(G_MAXUINT64, "16.0 EiB");
}

static void assert_span(gint64 ms, const char *wanted)
{
	char text[32];

	text_format_span_ms(text, sizeof text, ms);
	assert_string_equal(text, wanted);
	assert_true(strlen(text) <= 9);
}

static void spans_are_short(void **state)
{
	(void)state;
	assert_span(-5, "0 ms");
	assert_span(180, "180 ms");
	assert_span(12345, "12 s");
	assert_span(60000, "00:01:00");
	assert_span(((4 * 60 + 5) * 60 + 6) * 1000, "04:05:06");
	assert_span((gint64)(3 * 24 + 4) * 3600 * 1000, "3d 04h");
	assert_span((gint64)9999 * 86400000, "9999d 00h");
	assert_span((gint64)10000 * 86400000, "10000d");
	assert_span(G_MAXINT64, "99999999d");
}

static void assert_time(const char *then, const char *now, const char *wanted)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_local();
	g_autoptr(GDateTime) a = g_date_time_new_from_iso8601(then, zone);
	g_autoptr(GDateTime) b = g_date_time_new_from_iso8601(now, zone);
	char text[32];

	text_format_time(text, sizeof text, g_date_time_to_unix(a) * G_USEC_PER_SEC,
	        g_date_time_to_unix(b) * G_USEC_PER_SEC);
	assert_string_equal(text, wanted);
}

static void times_say_what_differs_from_now(void **state)
{
	(void)state;
	assert_time("2026-11-20T21:45:03", "2026-11-20T23:00:00", "21:45:03");
	assert_time("2026-11-19T21:45:03", "2026-11-20T01:00:00", "11-19 21:45");
	assert_time("2025-11-20T21:45:03", "2026-11-20T23:00:00", "2025-11-20");
}

static void an_impossible_time_is_no_crash(void **state)
{
	char text[32];

	(void)state;
	text_format_time(text, sizeof text, G_MAXINT64, 0);
	assert_string_equal(text, "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(plain_text_stays),
	        cmocka_unit_test(controls_become_visible),
	        cmocka_unit_test(invalid_bytes_become_replacement_characters),
	        cmocka_unit_test(invisible_and_bidi_characters_are_spelt_out),
	        cmocka_unit_test(marks_never_pile_up_or_stand_alone),
	        cmocka_unit_test(lines_keep_line_feeds_and_expand_tabs),
	        cmocka_unit_test(any_bytes_come_out_harmless_and_stable),
	        cmocka_unit_test(any_characters_come_out_harmless_and_stable),
	        cmocka_unit_test(widths_agree_with_the_c_library),
	        cmocka_unit_test(columns_count_wide_and_combining),
	        cmocka_unit_test(cut_marks_what_it_cut_and_keeps_characters_whole),
	        cmocka_unit_test(fold_ignores_case_and_form),
	        cmocka_unit_test(natural_order_counts),
	        cmocka_unit_test(natural_order_is_total),
	        cmocka_unit_test(bytes_have_three_digits),
	        cmocka_unit_test(spans_are_short),
	        cmocka_unit_test(times_say_what_differs_from_now),
	        cmocka_unit_test(an_impossible_time_is_no_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
