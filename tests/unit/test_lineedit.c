/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ui/lineedit.h"

static void type(struct lineedit *edit, const char *text)
{
	for (const char *p = text; *p; p = g_utf8_next_char(p))
		assert_true(lineedit_key(edit, g_utf8_get_char(p)));
}

static void keys_edit_in_place(void **state)
{
	(void)state;
	struct lineedit edit;
	lineedit_init(&edit, "web1", 0);
	lineedit_key(&edit, K_HOME);
	type(&edit, "my ");
	assert_string_equal(lineedit_get(&edit), "my web1");
	lineedit_key(&edit, K_END);
	lineedit_key(&edit, K_BACKSPACE);
	assert_string_equal(lineedit_get(&edit), "my web");
	lineedit_key(&edit, KEY_CTRL | 'w');
	assert_string_equal(lineedit_get(&edit), "my ");
	lineedit_key(&edit, KEY_CTRL | 'u');
	assert_string_equal(lineedit_get(&edit), "");
	assert_true(lineedit_key(&edit, K_BACKSPACE));
	assert_false(lineedit_key(&edit, K_ENTER));
	assert_false(lineedit_key(&edit, K_TAB));
	lineedit_fini(&edit);
}

static void cursor_moves_over_whole_characters(void **state)
{
	(void)state;
	struct lineedit edit;
	lineedit_init(&edit, "e\xcc\x81漢x", 0);
	lineedit_key(&edit, K_HOME);
	lineedit_key(&edit, K_RIGHT);
	lineedit_key(&edit, K_DELETE);
	assert_string_equal(lineedit_get(&edit), "e\xcc\x81x");
	lineedit_key(&edit, K_BACKSPACE);
	assert_string_equal(lineedit_get(&edit), "x");
	lineedit_fini(&edit);
}

static void paste_is_cleaned_and_stays_on_one_line(void **state)
{
	(void)state;
	struct lineedit edit;
	lineedit_init(&edit, NULL, 0);
	lineedit_insert(&edit, "a\nb\x1b[31m");
	assert_null(strchr(lineedit_get(&edit), '\n'));
	assert_null(strchr(lineedit_get(&edit), '\x1b'));
	assert_non_null(strstr(lineedit_get(&edit), "a b"));
	lineedit_fini(&edit);
}

static void too_much_is_left_out(void **state)
{
	(void)state;
	struct lineedit edit;
	lineedit_init(&edit, NULL, 5);
	lineedit_insert(&edit, "abcd漢ef");
	assert_string_equal(lineedit_get(&edit), "abcde");
	lineedit_fini(&edit);
}

static void several_lines_move_up_and_down(void **state)
{
	(void)state;
	struct lineedit edit;
	lineedit_init(&edit, NULL, 0);
	edit.multiline = true;
	type(&edit, "first");
	lineedit_key(&edit, K_ENTER);
	type(&edit, "2");
	lineedit_key(&edit, K_UP);
	type(&edit, "X");
	assert_string_equal(lineedit_get(&edit), "fXirst\n2");
	lineedit_key(&edit, K_DOWN);
	type(&edit, "Y");
	assert_string_equal(lineedit_get(&edit), "fXirst\n2Y");
	lineedit_fini(&edit);
}

static void any_keys_leave_valid_text_and_cursor(void **state)
{
	(void)state;
	static const keycode keys[] = {'a', ' ', 0x301, 0x6f22, K_LEFT, K_RIGHT, K_HOME, K_END, K_BACKSPACE, K_DELETE,
	        KEY_CTRL | 'w', KEY_CTRL | 'k', K_ENTER, K_UP, K_DOWN};
	g_autoptr(GRand) rand = g_rand_new_with_seed(3);
	struct lineedit edit;
	struct canvas canvas;
	canvas_init(&canvas, 3, 9, false);
	lineedit_init(&edit, NULL, 64);
	edit.multiline = true;
	for (int i = 0; i < 20000; i++) {
		lineedit_key(&edit, keys[g_rand_int_range(rand, 0, G_N_ELEMENTS(keys))]);
		assert_true(g_utf8_validate(edit.text->str, -1, NULL));
		assert_true(edit.cursor <= edit.text->len);
		assert_true(g_utf8_validate(edit.text->str + edit.cursor, -1, NULL));
		lineedit_draw(&edit, canvas_area(&canvas), ROLE_TEXT, true);
		assert_in_range(canvas.cursor_y, 0, 2);
		assert_in_range(canvas.cursor_x, 0, 8);
	}
	lineedit_fini(&edit);
	canvas_fini(&canvas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(keys_edit_in_place),
	        cmocka_unit_test(cursor_moves_over_whole_characters),
	        cmocka_unit_test(paste_is_cleaned_and_stays_on_one_line),
	        cmocka_unit_test(too_much_is_left_out),
	        cmocka_unit_test(several_lines_move_up_and_down),
	        cmocka_unit_test(any_keys_leave_valid_text_and_cursor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
