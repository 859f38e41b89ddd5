/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of guests: order, selection by identity, filter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/rich.h"
#include "ui/table.h"

static const char *selected_name(struct screen *screen)
{
	struct obj_ref ref = {.kind = OBJ_NONE};

	screen_text(screen);
	app_selected(&screen->app, &ref);
	return store_name(screen->app.store, &ref);
}

/* The name in row `row` (from 0) of the table on a screen of 160 columns. */
static bool row_has(struct screen *screen, int row, const char *name)
{
	g_autofree char *line = screen_line(screen, 5 + row);
	char *table = strstr(line, "│");

	return table && strstr(table, name);
}

static struct screen *guests(unsigned *ret_host)
{
	struct screen *screen = screen_new(30, 160);

	*ret_host = rich_host(screen);
	screen_keys(screen, "M-2 ]");
	screen_text(screen);
	return screen;
}

static void sort_by(struct screen *screen, const char *mark)
{
	for (int i = 0; i < 12; i++) {
		if (strstr(screen_text(screen), mark))
			return;
		screen_keys(screen, ">");
	}
	fail_msg("no column '%s':\n%s", mark, screen_text(screen));
}

static void names_are_in_natural_order(void **state)
{
	unsigned host;
	struct screen *screen = guests(&host);

	(void)state;
	assert_true(row_has(screen, 0, "build9"));
	assert_true(row_has(screen, 1, "build10"));
	screen_assert_has(screen, "Name↑");
	screen_keys(screen, "i");
	assert_true(row_has(screen, 0, "web2"));
	screen_assert_has(screen, "Name↓");
	screen_free(screen);
}

static void cpu_is_of_one_host_cpu(void **state)
{
	unsigned host;
	struct screen *screen = guests(&host);

	(void)state;
	sort_by(screen, "CPU%↓");
	/* 8 of 10 seconds a guest's number: "old" is number 8, 400 % in two seconds. */
	assert_true(row_has(screen, 0, "old"));
	assert_true(row_has(screen, 0, "400.0"));
	assert_true(row_has(screen, 7, "build9"));
	screen_free(screen);
}

static void cursor_keeps_to_its_guest_when_the_order_changes(void **state)
{
	unsigned host;
	struct screen *screen = guests(&host);

	(void)state;
	rich_many(screen, host, 50, 0);
	rich_many(screen, host, 50, 1);
	sort_by(screen, "CPU%↓");
	screen_keys(screen, "Home j j");
	assert_string_equal(selected_name(screen), "vm48");
	screen_keys(screen, "i");
	assert_string_equal(selected_name(screen), "vm48");
	rich_many(screen, host, 60, 2);
	assert_string_equal(selected_name(screen), "vm48");
	screen_free(screen);
}

static void filter_leaves_what_matches(void **state)
{
	unsigned host;
	struct screen *screen = guests(&host);

	(void)state;
	screen_keys(screen, "/ 'WEB' Enter");
	assert_true(row_has(screen, 0, "web1"));
	assert_true(row_has(screen, 1, "web2"));
	assert_false(row_has(screen, 2, "build"));
	assert_string_equal(selected_name(screen), "web1");
	screen_assert_has(screen, "2 match \"WEB\"");
	screen_free(screen);
}

static void enter_opens_the_guest(void **state)
{
	unsigned host;
	struct screen *screen = guests(&host);

	(void)state;
	screen_keys(screen, "j j Enter");
	assert_int_equal(screen->app.open.kind, OBJ_GUEST);
	assert_string_equal(store_name(screen->app.store, &screen->app.open), "db1");
	screen_free(screen);
}

static void marks_are_shown(void **state)
{
	unsigned host;
	struct screen *screen = guests(&host);

	(void)state;
	screen_keys(screen, "Space");
	screen_assert_has(screen, "•□  build9");
	screen_assert_has(screen, "1 marked");
	screen_free(screen);
}

static void a_click_on_a_title_sorts(void **state)
{
	unsigned host;
	struct screen *screen = guests(&host);
	struct mouse mouse = {.button = 1, .clicks = 1, .what = MOUSE_PRESS};

	(void)state;
	assert_true(screen_find(screen, "CPU%", &mouse.y, &mouse.x));
	app_mouse(&screen->app, &mouse);
	screen_assert_has(screen, "CPU%↓");
	assert_true(row_has(screen, 0, "old"));
	screen_free(screen);
}

static void only_guests_on_screen_are_asked_for(void **state)
{
	unsigned host;
	struct screen *screen = guests(&host);
	g_autoptr(GArray) uuids = g_array_new(FALSE, FALSE, 16);
	struct view *content = screen->app.regions[REGION_CONTENT];

	(void)state;
	rich_many(screen, host, 10000, 0);
	screen_text(screen);
	content->ops->visible(content, host, uuids);
	assert_in_range(uuids->len, 1, 30);
	content->ops->visible(content, host + 1, uuids);
	assert_in_range(uuids->len, 1, 30);
	screen_free(screen);
}

static void ten_thousand_guests_sort_and_scroll(void **state)
{
	unsigned host;
	struct screen *screen = guests(&host);

	(void)state;
	rich_many(screen, host, 10000, 0);
	rich_many(screen, host, 10000, 1);
	sort_by(screen, "CPU%↓");
	screen_keys(screen, "Home");
	assert_string_equal(selected_name(screen), "vm10000");
	screen_keys(screen, "G");
	assert_string_equal(selected_name(screen), "vm1");
	screen_free(screen);
}

static void columns_of_one_rank_are_dropped_together(void **state)
{
	static const struct table_column columns[] = {{.title = "Name", .width = 10, .grow = 1},
	        {.title = "Read", .width = 5, .drop = 1}, {.title = "Write", .width = 5, .drop = 1},
	        {.title = "More", .width = 5, .drop = 2}};
	struct table_slot slots[4];

	(void)state;
	table_layout(columns, 4, 30, slots);
	assert_int_equal(slots[0].width, 12);
	assert_int_equal(slots[3].x, 25);
	table_layout(columns, 4, 22, slots);
	assert_int_equal(slots[3].width, 0);
	assert_int_equal(slots[2].width, 5);
	table_layout(columns, 4, 21, slots);
	assert_int_equal(slots[1].width + slots[2].width, 0);
	assert_int_equal(slots[0].width, 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_are_in_natural_order),
	        cmocka_unit_test(cpu_is_of_one_host_cpu),
	        cmocka_unit_test(cursor_keeps_to_its_guest_when_the_order_changes),
	        cmocka_unit_test(filter_leaves_what_matches),
	        cmocka_unit_test(enter_opens_the_guest),
	        cmocka_unit_test(marks_are_shown),
	        cmocka_unit_test(a_click_on_a_title_sorts),
	        cmocka_unit_test(only_guests_on_screen_are_asked_for),
	        cmocka_unit_test(ten_thousand_guests_sort_and_scroll),
	        cmocka_unit_test(columns_of_one_rank_are_dropped_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
