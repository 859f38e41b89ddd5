/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marks in tree and table: one, a count of them, a range, turned round; and what runs over them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/rich.h"

/* The names of what is marked, as the store lists them. */
static void assert_marked(struct screen *screen, const char *want)
{
	g_autoptr(GArray) marks = store_marks(screen->app.store, OBJ_NONE);
	g_autoptr(GString) names = g_string_new(NULL);

	screen_text(screen);
	for (unsigned i = 0; i < marks->len; i++)
		g_string_append_printf(names, "%s%s", i ? " " : "",
		        store_name(screen->app.store, &g_array_index(marks, struct obj_ref, i)));
	assert_string_equal(names->str, want);
}

/* Guests of rich_host() in order: build9 build10 db1 lab laptop … web1 web2. */
static struct screen *tree(void)
{
	struct screen *screen = screen_new(30, 160);

	rich_host(screen);
	screen_keys(screen, "j");
	return screen;
}

static struct screen *table(void)
{
	struct screen *screen = screen_new(30, 160);

	rich_host(screen);
	screen_keys(screen, "M-2 ]");
	screen_text(screen);
	return screen;
}

static void count_marks_several(struct screen *screen)
{
	screen_keys(screen, "4 Space");
	assert_marked(screen, "build9 build10 db1 lab");
	screen_assert_has(screen, "4 marked");
	screen_free(screen);
}

static void range_follows_the_cursor(struct screen *screen)
{
	screen_keys(screen, "Space j V j j");
	assert_marked(screen, "build9 db1 lab laptop");
	screen_assert_has(screen, "range, 4 marked");
	screen_keys(screen, "k k k");
	assert_marked(screen, "build9 build10 db1");
	screen_keys(screen, "V j j j");
	assert_marked(screen, "build9 build10 db1");
	screen_keys(screen, "Esc");
	assert_marked(screen, "");
	screen_free(screen);
}

static void esc_takes_the_range_back(struct screen *screen)
{
	screen_keys(screen, "Space V j j Esc");
	assert_marked(screen, "build9");
	screen_free(screen);
}

static void star_turns_round_what_is_listed(struct screen *screen)
{
	screen_keys(screen, "/ 'web' Enter *");
	assert_marked(screen, "web1 web2");
	screen_keys(screen, "Space *");
	assert_marked(screen, "web1");
	screen_free(screen);
}

static void actions_run_over_marks(struct screen *screen)
{
	screen_keys(screen, "V j j T");
	screen_assert_has(screen, "Add tags");
	screen_keys(screen, "'prod' Enter");
	screen_assert_has(screen, "Add tags 3 guests?");
	screen_keys(screen, "y");
	assert_int_equal(screen->app.modals->len, 0);
	screen_assert_has(screen, "tag-add");
	assert_marked(screen, "");
	screen_free(screen);
}

#define BOTH(name)                                                                                           \
	static void name##_in_tree(void **state)                                                             \
	{                                                                                                    \
		(void)state;                                                                                 \
		name(tree());                                                                                \
	}                                                                                                    \
	static void name##_in_table(void **state)                                                            \
	{                                                                                                    \
		(void)state;                                                                                 \
		name(table());                                                                               \
	}

BOTH(count_marks_several)
BOTH(range_follows_the_cursor)
BOTH(esc_takes_the_range_back)
BOTH(star_turns_round_what_is_listed)
BOTH(actions_run_over_marks)

static void a_guest_with_two_tags_is_turned_round_once(void **state)
{
	struct screen *screen = screen_new(30, 160);
	struct sample *sample = sample_new();
	unsigned host = rich_host(screen);

	(void)state;
	rich_add_guest(sample, 1, "web1", GUEST_RUNNING, 1);
	rich_tags(sample, "web, prod");
	rich_post_sample(screen, host, sample);
	screen_keys(screen, "v v v Home j *");
	assert_marked(screen, "web1");
	screen_free(screen);
}

static void a_range_leaves_other_kinds_out(void **state)
{
	struct screen *screen = screen_new(30, 160);

	(void)state;
	rich_host(screen);
	screen_keys(screen, "/ 'web2' Enter Esc V G");
	screen_free(screen);
	screen = tree();
	screen_keys(screen, "7 j V G");
	assert_marked(screen, "web2");
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(count_marks_several_in_tree),
	        cmocka_unit_test(count_marks_several_in_table),
	        cmocka_unit_test(range_follows_the_cursor_in_tree),
	        cmocka_unit_test(range_follows_the_cursor_in_table),
	        cmocka_unit_test(esc_takes_the_range_back_in_tree),
	        cmocka_unit_test(esc_takes_the_range_back_in_table),
	        cmocka_unit_test(star_turns_round_what_is_listed_in_tree),
	        cmocka_unit_test(star_turns_round_what_is_listed_in_table),
	        cmocka_unit_test(actions_run_over_marks_in_tree),
	        cmocka_unit_test(actions_run_over_marks_in_table),
	        cmocka_unit_test(a_guest_with_two_tags_is_turned_round_once),
	        cmocka_unit_test(a_range_leaves_other_kinds_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
