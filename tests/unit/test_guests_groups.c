/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of guests: columns to choose, groups, what is kept, and what is exported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/rich.h"
#include "ui/guest_cells.h"
#include "ui/saved.h"

static struct screen *table(unsigned *ret_host)
{
	struct screen *screen = screen_new(30, 160);
	struct sample *sample = sample_new();

	*ret_host = rich_host(screen);
	rich_add_guest(sample, 1, "web1", GUEST_RUNNING, 1);
	rich_tags(sample, "web, prod");
	rich_add_guest(sample, 2, "web2", GUEST_RUNNING, 1);
	rich_tags(sample, "web");
	rich_add_guest(sample, 3, "db\"1,x", GUEST_OFF, 1);
	rich_tags(sample, "");
	rich_post_sample(screen, *ret_host, sample);
	screen_keys(screen, "M-2 ]");
	screen_text(screen);
	return screen;
}

static const char *selected_name(struct screen *screen)
{
	struct obj_ref ref = {.kind = OBJ_NONE};

	screen_text(screen);
	app_selected(&screen->app, &ref);
	return store_name(screen->app.store, &ref);
}

static void columns_are_chosen_and_moved(void **state)
{
	unsigned host;
	struct screen *screen = table(&host);
	int tags, name, y;

	(void)state;
	screen_assert_lacks(screen, "Tags");
	screen_keys(screen, "o");
	screen_assert_has(screen, "[x] CPU bar");
	screen_assert_has(screen, "[ ] Tags");
	/* Tags is the sixteenth; it goes up to the second place. */
	screen_keys(screen, "M-1 Home j j j j j j j j j j j j j j j Space K K K K K K K K K K K K K K Esc");
	assert_int_equal(screen->app.modals->len, 0);
	screen_assert_has(screen, "web, prod");
	assert_true(screen_find(screen, "Tags ", &y, &tags));
	assert_true(screen_find(screen, "Name", &y, &name));
	assert_true(tags < name);
	screen_keys(screen, "o d Esc");
	screen_assert_lacks(screen, "Tags");
	screen_free(screen);
}

static void what_was_kept_is_used(void **state)
{
	unsigned host;
	struct screen *screen = table(&host);

	(void)state;
	saved_load(&screen->app, "{\"tree\": {\"order\": \"state\"}, \"guests\": {\"show\": "
	                     "[\"name\", \"nonsense\", \"uuid\", 5, \"s\"], \"sort\": \"uuid\", \"invert\": true, "
	                     "\"group\": \"state\"}}");
	screen_assert_has(screen, "UUID↓");
	screen_assert_has(screen, "by state");
	screen_assert_has(screen, "Guests by state");
	screen_assert_lacks(screen, "CPU%");
	screen_free(screen);
}

static void nonsense_that_was_kept_is_passed_over(void **state)
{
	static const char *const texts[] = {"[]", "3", "{\"guests\": []}",
	        "{\"guests\": {\"show\": {}, \"sort\": 1, \"group\": []}}", "nothing"};
	unsigned host;
	struct screen *screen = table(&host);

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		saved_load(&screen->app, texts[i]);
		screen_assert_has(screen, "CPU%");
		screen_assert_has(screen, "Name↑");
	}
	screen_free(screen);
}

static void groups_fold_and_keep_the_cursor(void **state)
{
	unsigned host;
	struct screen *screen = table(&host);

	(void)state;
	screen_keys(screen, "G");
	assert_string_equal(selected_name(screen), "web2");
	screen_keys(screen, "b");
	screen_assert_has(screen, "▾  running");
	screen_assert_has(screen, "2 of 2");
	screen_assert_has(screen, "▾  off");
	assert_string_equal(selected_name(screen), "web2");
	screen_keys(screen, "h h");
	screen_assert_has(screen, "▸  running");
	assert_string_equal(selected_name(screen), "");
	screen_keys(screen, "l j j");
	assert_string_equal(selected_name(screen), "web2");
	screen_keys(screen, "b");
	screen_assert_has(screen, "▾  prod");
	screen_assert_has(screen, "▾  no tags");
	assert_string_equal(selected_name(screen), "web2");
	/* With one host there is no group by host. */
	screen_keys(screen, "b");
	screen_assert_lacks(screen, "by tag");
	assert_string_equal(selected_name(screen), "web2");
	screen_free(screen);
}

static void by_host_lists_all_hosts(void **state)
{
	struct sample *sample = sample_new();
	unsigned host, other;
	struct screen *screen = table(&host);

	(void)state;
	other = screen_host(screen, "qemu+ssh://kvm2/system");
	screen_host_up(screen, other, "kvm2");
	rich_add_guest(sample, 20, "aaa", GUEST_RUNNING, 1);
	rich_post_sample(screen, other, sample);
	screen_keys(screen, "b b b");
	screen_assert_has(screen, "▾  kvm1");
	screen_assert_has(screen, "▾  kvm2");
	screen_assert_has(screen, "▶  web1");
	screen_assert_has(screen, "▶  aaa");
	screen_free(screen);
}

static void export_has_what_is_shown(void **state)
{
	static const enum guest_column columns[] = {GUEST_COL_STATE, GUEST_COL_NAME, GUEST_COL_WORD, GUEST_COL_MEMORY,
	        GUEST_COL_TAGS};
	unsigned host, guests;
	struct screen *screen = table(&host);
	struct guest_rows rows;
	struct guest_export export = {&screen->app, &rows, columns, G_N_ELEMENTS(columns)};

	(void)state;
	guest_rows_init(&rows, screen->app.store);
	guest_rows_set_host(&rows, host);
	guest_rows_sync(&rows);
	g_autofree char *csv = guest_export_csv(&export, &guests);
	assert_int_equal(guests, 3);
	assert_string_equal(csv, "name,state,memory_bytes,tags\r\n"
	                         "\"db\"\"1,x\",off,,\r\n"
	                         "web1,running,537894912,\"web, prod\"\r\n"
	                         "web2,running,538918912,web\r\n");
	guest_rows_set_filter(&rows, "web1");
	guest_rows_set_group(&rows, GUEST_GROUP_STATE);
	guest_rows_sync(&rows);
	g_autofree char *json = guest_export_json(&export, &guests);
	assert_int_equal(guests, 1);
	assert_non_null(strstr(json, "\"name\": \"web1\""));
	assert_non_null(strstr(json, "\"memory_bytes\": 537894912,"));
	assert_non_null(strstr(json, "\"group\": \"running\""));
	guest_rows_fini(&rows);
	screen_free(screen);
}

static void ten_thousand_guests_in_groups_stay_in_reach(void **state)
{
	unsigned host;
	struct screen *screen = table(&host);

	(void)state;
	rich_many(screen, host, 10000, 0);
	rich_many(screen, host, 10000, 1);
	screen_keys(screen, "b Home j");
	assert_string_equal(selected_name(screen), "vm1");
	screen_keys(screen, "G");
	assert_string_equal(selected_name(screen), "vm10000");
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(columns_are_chosen_and_moved),
	        cmocka_unit_test(what_was_kept_is_used),
	        cmocka_unit_test(nonsense_that_was_kept_is_passed_over),
	        cmocka_unit_test(groups_fold_and_keep_the_cursor),
	        cmocka_unit_test(by_host_lists_all_hosts),
	        cmocka_unit_test(export_has_what_is_shown),
	        cmocka_unit_test(ten_thousand_guests_in_groups_stay_in_reach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
