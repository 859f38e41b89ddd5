/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ui/keys.h"

static void names_go_both_ways(void **state)
{
	(void)state;
	static const char *const names[] = {"j", "S", "C-r", "M-x", "Up", "PgDn", "F1", "F10", "F12", "Space", "Tab",
	        "S-Tab", "Enter", "Esc", "?", "/", "-", "C-]", "M-1", "Del", "ä", "C-M-x", "Backspace"};
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		char text[24];
		keycode key = key_parse(names[i]);
		assert_int_not_equal(key, K_NONE);
		key_format(key, text, sizeof(text));
		assert_string_equal(text, names[i]);
	}
}

static void unknown_names_are_none(void **state)
{
	(void)state;
	static const char *const names[] = {"", "F0", "F13", "F100", "Nope", "C-", "X-a", "ab", "\x1b", "\xff"};
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		assert_int_equal(key_parse(names[i]), K_NONE);
	assert_int_equal(key_parse(NULL), K_NONE);
	/* A terminal can not tell C-c from C-C. */
	assert_int_equal(key_parse("C-C"), key_parse("C-c"));
}

static void a_key_is_found_in_a_list_of_names(void **state)
{
	(void)state;
	assert_true(key_in("? F1", '?'));
	assert_true(key_in("? F1", K_F1));
	assert_false(key_in("? F1", 'F'));
	assert_false(key_in("", 'x'));
	assert_false(key_in(NULL, 'x'));
	assert_false(key_in("? F1", K_NONE));
}

static void only_characters_are_text(void **state)
{
	(void)state;
	assert_true(key_is_text('a'));
	assert_true(key_is_text(' '));
	assert_true(key_is_text(0x6f22));
	assert_false(key_is_text(K_UP));
	assert_false(key_is_text(K_ESC));
	assert_false(key_is_text(K_BACKSPACE));
	assert_false(key_is_text(KEY_ALT | 'a'));
	assert_false(key_is_text(0x9b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_go_both_ways),
	        cmocka_unit_test(unknown_names_are_none),
	        cmocka_unit_test(a_key_is_found_in_a_list_of_names),
	        cmocka_unit_test(only_characters_are_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
