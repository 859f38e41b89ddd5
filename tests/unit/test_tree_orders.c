/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree by host, kind, state and tag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/rich.h"

static void assert_on(struct screen *screen, const char *name)
{
	struct obj_ref ref = {.kind = OBJ_NONE};

	screen_text(screen);
	app_selected(&screen->app, &ref);
	assert_string_equal(store_name(screen->app.store, &ref), name);
}

/* web1 has two tags, web2 one, db1 none; lab's definition was not read. */
static unsigned tagged(struct screen *screen)
{
	struct sample *sample = sample_new();
	unsigned host = rich_host(screen);

	rich_add_guest(sample, 1, "web1", GUEST_RUNNING, 1);
	rich_tags(sample, "web, prod");
	rich_add_guest(sample, 2, "web2", GUEST_RUNNING, 1);
	rich_tags(sample, "web");
	rich_add_guest(sample, 3, "db1", GUEST_OFF, 1);
	rich_tags(sample, "");
	rich_add_guest(sample, 6, "lab", GUEST_CRASHED, 1);
	rich_post_sample(screen, host, sample);
	return host;
}

static void orders_follow_each_other(void **state)
{
	struct screen *screen = screen_new(30, 80);

	(void)state;
	tagged(screen);
	screen_assert_has(screen, "Resources ");
	screen_keys(screen, "v");
	screen_assert_has(screen, "Resources by kind");
	screen_assert_has(screen, "▾ Hosts");
	screen_keys(screen, "v");
	screen_assert_has(screen, "Guests by state");
	screen_keys(screen, "v");
	screen_assert_has(screen, "Guests by tag");
	screen_keys(screen, "v");
	screen_assert_has(screen, "Resources ═");
	assert_on(screen, "kvm1");
	screen_free(screen);
}

static void by_kind_groups_all_hosts(void **state)
{
	struct screen *screen = screen_new(30, 80);

	(void)state;
	tagged(screen);
	screen_keys(screen, "v");
	screen_assert_has(screen, "▾ Guests            3/4");
	screen_assert_has(screen, "▾ Storage             2");
	screen_assert_has(screen, "▸▤ default");
	screen_assert_has(screen, "▾ Networks            2");
	screen_free(screen);
}

static void by_state_begins_with_what_needs_a_look(void **state)
{
	struct screen *screen = screen_new(30, 80);
	int crashed, running, off, x;

	(void)state;
	tagged(screen);
	screen_keys(screen, "v v");
	assert_true(screen_find(screen, "▾ crashed ", &crashed, &x));
	assert_true(screen_find(screen, "▾ running ", &running, &x));
	assert_true(screen_find(screen, "▾ off ", &off, &x));
	assert_true(crashed < running && running < off);
	screen_free(screen);
}

static void a_guest_stands_below_each_of_its_tags(void **state)
{
	struct screen *screen = screen_new(30, 80);
	g_autofree char *line = NULL;
	int prod, web, none, unread, x;

	(void)state;
	tagged(screen);
	screen_keys(screen, "v v v");
	assert_true(screen_find(screen, "▾ prod ", &prod, &x));
	assert_true(screen_find(screen, "▾ web ", &web, &x));
	assert_true(screen_find(screen, "▾ no tags ", &none, &x));
	assert_true(screen_find(screen, "▾ tags not read yet ", &unread, &x));
	assert_int_equal(web, prod + 2);
	assert_true(unread > web && none > web);
	line = screen_line(screen, prod + 1);
	assert_non_null(strstr(line, "web1"));
	screen_assert_has(screen, "reading tags 3 of 4");
	screen_free(screen);
}

static void selection_stays_over_orders_and_refreshes(void **state)
{
	struct screen *screen = screen_new(30, 80);
	struct sample *sample = sample_new();
	unsigned host;

	(void)state;
	host = tagged(screen);
	screen_keys(screen, "/ 'web2' Enter Esc G");
	screen_keys(screen, "Home j j j j");
	assert_on(screen, "web2");
	screen_keys(screen, "v");
	assert_on(screen, "web2");
	screen_keys(screen, "v v");
	assert_on(screen, "web2");
	/* Another tag: it moves to another group, and the cursor with it. */
	rich_add_guest(sample, 1, "web1", GUEST_RUNNING, 1);
	rich_tags(sample, "web");
	rich_add_guest(sample, 2, "web2", GUEST_RUNNING, 1);
	rich_tags(sample, "zoo");
	rich_post_sample(screen, host, sample);
	assert_on(screen, "web2");
	screen_assert_has(screen, "▾ zoo");
	screen_assert_lacks(screen, "reading tags");
	screen_free(screen);
}

static void the_row_below_the_second_tag_is_kept_apart(void **state)
{
	struct screen *screen = screen_new(30, 80);
	unsigned host;
	int y, x;

	(void)state;
	host = tagged(screen);
	screen_keys(screen, "v v v Home j j j");
	assert_on(screen, "web1");
	assert_true(screen_find(screen, "▾ web ", &y, &x));
	assert_int_equal(screen_role(screen, y + 1, 4), ROLE_CURSOR);
	rich_post_sample(screen, host, sample_new());
	screen_free(screen);
}

static void what_an_order_can_not_show_is_found_again(void **state)
{
	struct screen *screen = screen_new(30, 80);

	(void)state;
	tagged(screen);
	screen_keys(screen, "G");
	assert_on(screen, "lan");
	screen_keys(screen, "v v v");
	assert_string_equal(store_name(screen->app.store, &screen->app.open), "lan");
	screen_keys(screen, "v");
	assert_on(screen, "lan");
	screen_free(screen);
}

static void folding_is_kept_for_each_order(void **state)
{
	struct screen *screen = screen_new(30, 80);

	(void)state;
	tagged(screen);
	screen_keys(screen, "v v Home Enter");
	screen_assert_has(screen, "▸ crashed");
	screen_keys(screen, "v v");
	screen_assert_has(screen, "✖ lab");
	screen_keys(screen, "v v");
	screen_assert_has(screen, "▸ crashed");
	screen_free(screen);
}

static void filter_finds_guests_and_groups(void **state)
{
	struct screen *screen = screen_new(30, 80);

	(void)state;
	tagged(screen);
	screen_keys(screen, "v v v / 'web2' Enter");
	screen_assert_has(screen, "▾ web ");
	screen_assert_lacks(screen, "▾ prod");
	assert_on(screen, "web2");
	screen_keys(screen, "/ C-u 'prod' Enter");
	screen_assert_has(screen, "▶ web1");
	screen_assert_lacks(screen, "▶ web2");
	screen_free(screen);
}

static void a_group_takes_no_action(void **state)
{
	struct screen *screen = screen_new(30, 80);
	struct obj_ref ref;

	(void)state;
	tagged(screen);
	screen_keys(screen, "j j v v Home");
	assert_false(app_selected(&screen->app, &ref));
	screen_keys(screen, "D Space");
	assert_int_equal(screen->app.modals->len, 0);
	screen_free(screen);
}

static void a_stuck_guest_moves_to_its_group(void **state)
{
	struct screen *screen = screen_new(30, 80);
	struct obj_ref ref;
	struct msg *msg;
	unsigned host;

	(void)state;
	host = tagged(screen);
	screen_keys(screen, "v v");
	screen_assert_lacks(screen, "not answering");
	ref = rich_ref(OBJ_GUEST, host, 2);
	msg = msg_new(MSG_STUCK, host, 1);
	memcpy(msg->uuid, ref.uuid, 16);
	msg->since_us = app_now_us(&screen->app);
	screen_message(screen, msg);
	screen_assert_has(screen, "▾ not answering");
	screen_free(screen);
}

static void guests_of_several_hosts_name_theirs(void **state)
{
	struct screen *screen = screen_new(30, 110);
	struct sample *sample = sample_new();
	unsigned other;

	(void)state;
	tagged(screen);
	other = screen_host(screen, "qemu+ssh://kvm2/system");
	screen_host_up(screen, other, "kvm2");
	rich_add_guest(sample, 20, "aaa", GUEST_RUNNING, 1);
	rich_post_sample(screen, other, sample);
	screen_keys(screen, "v");
	screen_assert_has(screen, "▶ aaa @kvm2");
	screen_assert_has(screen, "web1 @kvm1");
	screen_free(screen);
}

static void marks_and_bars_show_where_there_is_room(void **state)
{
	struct screen *screen = screen_new(40, 200);
	struct sample *sample = sample_new();
	unsigned host = rich_host(screen);

	(void)state;
	/* Guest 3 is emulated and starts with its host; it uses half of its two CPUs. */
	rich_add_guest(sample, 3, "db1", GUEST_RUNNING, 1);
	g_array_index(sample->guests, struct guest_row, 0).cpu_time_ns = 8000000000ull;
	screen->app.held_us += 2 * G_USEC_PER_SEC;
	rich_post_sample(screen, host, sample);
	screen_assert_has(screen, "Ta");
	screen_assert_has(screen, "█");
	screen_resize(screen, 24, 80);
	screen_assert_has(screen, "Ta│");
	screen_free(screen);
}

static void ten_thousand_guests_are_made_anew_only_when_they_change(void **state)
{
	struct screen *screen = screen_new(30, 80);
	unsigned host;
	gint64 begin;

	(void)state;
	host = rich_host(screen);
	rich_many(screen, host, 10000, 0);
	screen_keys(screen, "v v v");
	screen_text(screen);
	begin = g_get_monotonic_time();
	for (unsigned i = 0; i < 100; i++) {
		app_redraw(&screen->app);
		screen_text(screen);
	}
	/* A frame is some hundred microseconds; making the rows anew is tens of milliseconds. */
	assert_in_range(g_get_monotonic_time() - begin, 0, 100 * 20000);
	screen_keys(screen, "Home 5 0 0 0 j");
	assert_on(screen, "vm5000");
	screen_keys(screen, "v");
	assert_on(screen, "vm5000");
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(orders_follow_each_other),
	        cmocka_unit_test(by_kind_groups_all_hosts),
	        cmocka_unit_test(by_state_begins_with_what_needs_a_look),
	        cmocka_unit_test(a_guest_stands_below_each_of_its_tags),
	        cmocka_unit_test(selection_stays_over_orders_and_refreshes),
	        cmocka_unit_test(the_row_below_the_second_tag_is_kept_apart),
	        cmocka_unit_test(what_an_order_can_not_show_is_found_again),
	        cmocka_unit_test(folding_is_kept_for_each_order),
	        cmocka_unit_test(filter_finds_guests_and_groups),
	        cmocka_unit_test(a_group_takes_no_action),
	        cmocka_unit_test(a_stuck_guest_moves_to_its_group),
	        cmocka_unit_test(guests_of_several_hosts_name_theirs),
	        cmocka_unit_test(marks_and_bars_show_where_there_is_room),
	        cmocka_unit_test(ten_thousand_guests_are_made_anew_only_when_they_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
