/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>

#include "ui/list.h"

static struct list make(unsigned count, unsigned height)
{
	struct list list = {0};
	list_set_height(&list, height);
	list_set_count(&list, count);
	return list;
}

static void check(const struct list *list)
{
	unsigned height = MAX(list->height, 1);
	assert_true(list->count == 0 ? list->cursor == 0 : list->cursor < list->count);
	assert_true(list->cursor >= list->top && list->cursor < list->top + height);
	assert_true(list->top == 0 || list->top + height <= list->count);
}

static void counts_multiply_moves(void **state)
{
	(void)state;
	struct list list = make(100, 10);
	assert_true(list_key(&list, 'j', 5));
	assert_int_equal(list.cursor, 5);
	assert_true(list_key(&list, 'G', 20));
	assert_int_equal(list.cursor, 19);
	assert_true(list_key(&list, 'k', 0));
	assert_int_equal(list.cursor, 18);
	assert_true(list_key(&list, 'G', 0));
	assert_int_equal(list.cursor, 99);
	assert_true(list_key(&list, K_HOME, 0));
	assert_int_equal(list.cursor, 0);
}

static void other_keys_are_left_alone(void **state)
{
	(void)state;
	struct list list = make(10, 5);
	assert_false(list_key(&list, 'x', 0));
	assert_false(list_key(&list, K_ENTER, 0));
	assert_int_equal(list.cursor, 0);
}

static void cursor_stays_on_screen_whatever_happens(void **state)
{
	(void)state;
	static const keycode keys[] = {'j', 'k', 'G', K_HOME, K_END, K_PGUP, K_PGDN, KEY_CTRL | 'd', KEY_CTRL | 'u',
	        K_UP, K_DOWN};
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);
	struct list list = make(0, 0);
	for (int i = 0; i < 20000; i++) {
		switch (g_rand_int_range(rand, 0, 5)) {
		case 0:
			list_set_count(&list, (unsigned)g_rand_int_range(rand, 0, 60));
			break;
		case 1:
			list_set_height(&list, (unsigned)g_rand_int_range(rand, 0, 20));
			break;
		case 2:
			list_wheel(&list, g_rand_int_range(rand, -9, 10));
			break;
		default:
			list_key(&list, keys[g_rand_int_range(rand, 0, G_N_ELEMENTS(keys))],
			        (unsigned)g_rand_int_range(rand, 0, 4));
			break;
		}
		check(&list);
	}
}

static void shrunk_list_shows_no_blank_rows(void **state)
{
	(void)state;
	struct list list = make(100, 10);
	list_goto(&list, 99);
	assert_int_equal(list.top, 90);
	list_set_count(&list, 12);
	assert_int_equal(list.cursor, 11);
	assert_int_equal(list.top, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(counts_multiply_moves),
	        cmocka_unit_test(other_keys_are_left_alone),
	        cmocka_unit_test(cursor_stays_on_screen_whatever_happens),
	        cmocka_unit_test(shrunk_list_shows_no_blank_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
