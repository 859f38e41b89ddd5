/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The resource tree: folding, filter, and a cursor that keeps to its object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/rich.h"

static struct obj_ref selected(struct screen *screen)
{
	struct obj_ref ref = {.kind = OBJ_NONE};

	app_selected(&screen->app, &ref);
	return ref;
}

static void assert_on(struct screen *screen, const char *name)
{
	struct obj_ref ref = selected(screen);

	screen_text(screen);
	assert_string_equal(store_name(screen->app.store, &ref), name);
	assert_true(obj_ref_equal(&ref, &screen->app.open));
}

static void everything_of_a_host_is_listed_below_it(void **state)
{
	struct screen *screen = screen_new(30, 80);

	(void)state;
	rich_host(screen);
	screen_assert_has(screen, "▾● kvm1             7/8");
	screen_assert_has(screen, "▶ web1");
	screen_assert_has(screen, "‖ build10");
	screen_assert_has(screen, "✖ lab");
	screen_assert_has(screen, "▾ Storage           2");
	screen_assert_has(screen, "▸▤ default      42%");
	screen_assert_has(screen, "▸□ iso");
	screen_assert_has(screen, "▾ Networks          2");
	screen_assert_has(screen, "⇄ default");
	screen_free(screen);
}

static void moving_opens_the_object(void **state)
{
	struct screen *screen = screen_new(30, 80);

	(void)state;
	rich_host(screen);
	screen_keys(screen, "j j");
	assert_on(screen, "build10");
	screen_assert_has(screen, "guest build10");
	screen_keys(screen, "G");
	assert_on(screen, "lan");
	screen_free(screen);
}

static void ascii_tells_states_by_letters(void **state)
{
	struct screen *screen = screen_new_ascii(30, 80);

	(void)state;
	rich_host(screen);
	screen_assert_has(screen, "R web1");
	screen_assert_has(screen, "P build10");
	screen_assert_has(screen, "X lab");
	screen_assert_has(screen, "+s default");
	screen_free(screen);
}

static void folding_hides_and_shows_what_is_below(void **state)
{
	struct screen *screen = screen_new(30, 80);

	(void)state;
	rich_host(screen);
	screen_keys(screen, "h");
	screen_assert_lacks(screen, "▶ web1");
	screen_assert_has(screen, "▸● kvm1");
	screen_keys(screen, "Enter");
	screen_assert_has(screen, "▶ web1");
	/* From a guest, h goes to the host; l goes back to its first child. */
	screen_keys(screen, "j j h");
	assert_on(screen, "kvm1");
	screen_keys(screen, "l");
	assert_on(screen, "build9");
	screen_free(screen);
}

static void a_pool_opens_to_its_volumes(void **state)
{
	struct screen *screen = screen_new(30, 80);

	(void)state;
	rich_host(screen);
	screen_keys(screen, "G k k k k l j");
	assert_on(screen, "web1.qcow2");
	assert_int_equal(selected(screen).kind, OBJ_VOLUME);
	screen_free(screen);
}

static void folding_survives_new_samples(void **state)
{
	struct screen *screen = screen_new(30, 80);
	unsigned host;

	(void)state;
	host = rich_host(screen);
	screen_keys(screen, "h");
	rich_many(screen, host, 20, 0);
	screen_assert_has(screen, "▸● kvm1           20/20");
	screen_assert_lacks(screen, "▶ vm1");
	screen_free(screen);
}

static void filter_finds_all_kinds_and_keeps_their_parents(void **state)
{
	struct screen *screen = screen_new(30, 80);

	(void)state;
	rich_host(screen);
	screen_keys(screen, "/ 'web1' Enter");
	screen_assert_has(screen, "▶ web1");
	screen_assert_has(screen, "▫ web1.qcow2");
	screen_assert_has(screen, "▤ default");
	screen_assert_has(screen, "● kvm1");
	screen_assert_lacks(screen, "▶ web2");
	screen_assert_lacks(screen, "Networks");
	assert_on(screen, "web1");
	screen_free(screen);
}

static void clearing_the_filter_leads_back(void **state)
{
	struct screen *screen = screen_new(30, 80);

	(void)state;
	rich_host(screen);
	screen_keys(screen, "j j j");
	assert_on(screen, "db1");
	screen_keys(screen, "/ 'web' Esc");
	assert_on(screen, "db1");
	screen_free(screen);
}

static void selection_stays_on_its_guest_when_others_come(void **state)
{
	struct screen *screen = screen_new(30, 80);
	struct sample *sample = sample_new();
	unsigned host;

	(void)state;
	host = rich_host(screen);
	screen_keys(screen, "j j j");
	assert_on(screen, "db1");
	rich_add_guest(sample, 3, "db1", GUEST_OFF, 1);
	rich_add_guest(sample, 9, "aaa", GUEST_RUNNING, 1);
	rich_add_guest(sample, 10, "aab", GUEST_RUNNING, 1);
	rich_post_sample(screen, host, sample);
	assert_on(screen, "db1");
	screen_free(screen);
}

static void a_guest_that_goes_away_leaves_the_cursor_on_its_neighbour(void **state)
{
	struct screen *screen = screen_new(30, 80);
	struct sample *sample = sample_new();
	unsigned host;

	(void)state;
	host = rich_host(screen);
	screen_keys(screen, "j j j");
	rich_add_guest(sample, 4, "build10", GUEST_OFF, 1);
	rich_add_guest(sample, 5, "build9", GUEST_OFF, 1);
	rich_add_guest(sample, 6, "lab", GUEST_OFF, 1);
	rich_post_sample(screen, host, sample);
	assert_on(screen, "lab");
	screen_free(screen);
}

static void a_lost_host_is_drawn_stale(void **state)
{
	struct screen *screen = screen_new(30, 80);
	struct msg *msg;
	unsigned host;
	int y, x;

	(void)state;
	host = rich_host(screen);
	msg = msg_new(MSG_HOST, host, 1);
	msg->status = host_status_copy(store_host(screen->app.store, host)->status);
	msg->status->link = HOST_LOST;
	msg->status->since_us = app_now_us(&screen->app);
	msg->status->retry_at_us = app_now_us(&screen->app) + 3 * G_USEC_PER_SEC;
	screen_message(screen, msg);
	assert_true(screen_find(screen, "web2", &y, &x));
	assert_int_equal(screen_role(screen, y, x), ROLE_STALE);
	screen_assert_has(screen, "LOST 0 s, retry in 3 s");
	screen_advance(screen, 2 * G_USEC_PER_SEC);
	screen_assert_has(screen, "LOST 2 s, retry in 1 s");
	screen_free(screen);
}

static void a_stuck_guest_is_marked(void **state)
{
	struct screen *screen = screen_new(30, 80);
	struct obj_ref ref;
	struct msg *msg;
	unsigned host;

	(void)state;
	host = rich_host(screen);
	ref = rich_ref(OBJ_GUEST, host, 2);
	msg = msg_new(MSG_STUCK, host, 1);
	memcpy(msg->uuid, ref.uuid, 16);
	msg->since_us = app_now_us(&screen->app) - 12 * G_USEC_PER_SEC;
	msg->text = g_strdup("its process is stopped");
	screen_message(screen, msg);
	screen_assert_has(screen, "! web2");
	app_open(&screen->app, &ref);
	screen_assert_has(screen, "QEMU has not answered since ");
	screen_assert_has(screen, "(12 s)");
	screen_free(screen);
}

static void ten_thousand_guests_stay_in_reach(void **state)
{
	struct screen *screen = screen_new(30, 80);
	unsigned host;

	(void)state;
	host = rich_host(screen);
	rich_many(screen, host, 10000, 0);
	screen_keys(screen, "5 0 0 0 j");
	assert_on(screen, "vm5000");
	rich_many(screen, host, 10000, 1);
	assert_on(screen, "vm5000");
	screen_keys(screen, "/ '9999' Enter");
	assert_on(screen, "vm9999");
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(everything_of_a_host_is_listed_below_it),
	        cmocka_unit_test(moving_opens_the_object),
	        cmocka_unit_test(ascii_tells_states_by_letters),
	        cmocka_unit_test(folding_hides_and_shows_what_is_below),
	        cmocka_unit_test(a_pool_opens_to_its_volumes),
	        cmocka_unit_test(folding_survives_new_samples),
	        cmocka_unit_test(filter_finds_all_kinds_and_keeps_their_parents),
	        cmocka_unit_test(clearing_the_filter_leads_back),
	        cmocka_unit_test(selection_stays_on_its_guest_when_others_come),
	        cmocka_unit_test(a_guest_that_goes_away_leaves_the_cursor_on_its_neighbour),
	        cmocka_unit_test(a_lost_host_is_drawn_stale),
	        cmocka_unit_test(a_stuck_guest_is_marked),
	        cmocka_unit_test(ten_thousand_guests_stay_in_reach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
