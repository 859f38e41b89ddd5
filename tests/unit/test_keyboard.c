/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From characters and key names to scancodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "nvirt/keyboard.h"

static const char german[] = "# a comment\n"
                             "y 0x2c\n"
                             "Y 0x2c shift\n"
                             "at 0x10 altgr\n"
                             "EuroSign 0x12 altgr\n"
                             "adiaeresis 0x28\n"
                             "dead_circumflex 0x29\n"
                             "KP_1 0x4f numlock\n"
                             "1 0x02\n"
                             "1 0x4f numlock\n"
                             "nonsense\n"
                             "x 0xffff\n";

/* "+2a +1e -1e -2a": owned. */
static char *typed(const struct layout *layout, const char *text, bool press)
{
	g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
	GString *out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	bool done = press ? keyboard_press(layout, text, events, &error) : keyboard_type(layout, text, events, &error);

	if (!done) {
		assert_int_equal(events->len, 0);
		g_string_assign(out, error->message);
	}
	for (unsigned i = 0; i < events->len; i++) {
		const struct key_event *event = &g_array_index(events, struct key_event, i);

		g_string_append_printf(out, "%s%c%02x", i ? " " : "", event->down ? '+' : '-', event->scancode);
		assert_true(event->wait_ms >= 10);
	}
	return g_string_free(out, FALSE);
}

static void assert_typed(const struct layout *layout, const char *text, const char *expected)
{
	g_autofree char *got = typed(layout, text, false);

	assert_string_equal(got, expected);
}

static void assert_pressed(const struct layout *layout, const char *words, const char *expected)
{
	g_autofree char *got = typed(layout, words, true);

	assert_string_equal(got, expected);
}

static void us_has_a_key_for_all_of_ascii(void **state)
{
	struct layout *layout = layout_new_us();
	g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
	(void)state;

	for (char ch = ' '; ch < 0x7f; ch++) {
		const char text[2] = {ch, '\0'};

		assert_true(keyboard_type(layout, text, events, NULL));
	}
	assert_typed(layout, "a", "+1e -1e");
	assert_typed(layout, "A", "+2a +1e -1e -2a");
	assert_typed(layout, "~\\\n", "+2a +29 -29 -2a +2b -2b +1c -1c");
	assert_typed(layout, "a\r\nb", "+1e -1e +1c -1c +30 -30");
	layout_free(layout);
}

static void other_layouts_come_from_tables(void **state)
{
	struct layout *layout = layout_new("de", german);
	(void)state;

	assert_typed(layout, "yY", "+2c -2c +2a +2c -2c -2a");
	assert_typed(layout, "@\u20ac", "+b8 +10 -10 -b8 +b8 +12 -12 -b8");
	assert_typed(layout, "^", "+29 -29 +39 -39");
	assert_typed(layout, "1", "+02 -02");
	layout_free(layout);
}

static void what_has_no_key_is_named_before_anything_is_typed(void **state)
{
	struct layout *layout = layout_new_us();
	g_autofree char *words = typed(layout, "ok\n\u00e4 \u00df\u00e4", false);
	g_autofree char *binary = typed(layout, "\xff", false);
	(void)state;

	assert_non_null(strstr(words, "'\u00e4' (line 2), '\u00df' (line 2)"));
	assert_non_null(strstr(words, "nothing was typed"));
	assert_non_null(strstr(binary, "UTF-8"));
	layout_free(layout);
}

static void combinations_are_held_together(void **state)
{
	struct layout *layout = layout_new_us();
	g_autofree char *unknown = typed(layout, "ctrl-foo", true);
	g_autofree char *empty = typed(layout, "", true);
	(void)state;

	assert_pressed(layout, "ctrl-alt-delete", "+1d +38 +d3 -d3 -38 -1d");
	assert_pressed(layout, "F2", "+3c -3c");
	assert_pressed(layout, "ctrl-c", "+1d +2e -2e -1d");
	assert_pressed(layout, "-", "+0c -0c");
	assert_pressed(layout, "ctrl--", "+1d +0c -0c -1d");
	assert_pressed(layout, "alt-sysrq-b", "+38 +54 +30 -30 -54 -38");
	assert_non_null(strstr(unknown, "'foo'"));
	assert_non_null(strstr(empty, "is no key"));
	layout_free(layout);
}

static void layouts_are_found_by_name_only(void **state)
{
	g_autoptr(GError) error = NULL;
	struct layout *layout = layout_load("us", NULL);
	(void)state;

	assert_non_null(layout);
	layout_free(layout);
	assert_null(layout_load("../../../etc/passwd", &error));
	assert_non_null(strstr(error->message, "us"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(us_has_a_key_for_all_of_ascii),
	        cmocka_unit_test(other_layouts_come_from_tables),
	        cmocka_unit_test(what_has_no_key_is_named_before_anything_is_typed),
	        cmocka_unit_test(combinations_are_held_together),
	        cmocka_unit_test(layouts_are_found_by_name_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
