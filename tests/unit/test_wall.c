/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wall without a back end: which guests it shows, where, and how its cursor moves; signs in tree and table. */
#include "store_fixture.h"

#include "support/screen.h"
#include "ui/content.h"
#include "ui/wall.h"

static struct screen *wall_of(unsigned running, unsigned off, int rows, int cols)
{
	struct screen *screen = screen_new(rows, cols);
	unsigned host = screen_host(screen, "qemu:///system");
	struct msg *msg = sample_msg(0);

	screen_host_up(screen, host, "alpha");
	msg->sample->taken_us = SCREEN_NOW_US;
	for (unsigned i = 1; i <= running + off; i++) {
		g_autofree char *name = g_strdup_printf("web%u", i);

		add_named(msg, i, name, i <= running ? GUEST_RUNNING : GUEST_OFF);
	}
	screen_message(screen, msg);
	wall_open(&screen->app);
	return screen;
}

static void see(struct screen *screen, unsigned guest, enum screen_sign sign)
{
	struct obj_ref ref = number_ref(OBJ_GUEST, guest);
	unsigned changes = 0;

	store_see_screen(screen->app.store, &ref, SIGN_BY_SCREEN, sign, SCREEN_NOW_US);
	changes = store_see_screen(screen->app.store, &ref, SIGN_BY_SCREEN, sign, SCREEN_NOW_US + 5 * SECOND);
	assert_true(changes & CHANGE_FIGURES);
	app_changed(&screen->app, changes);
}

static void only_guests_that_run_have_a_tile(void **state)
{
	struct screen *screen = wall_of(3, 2, 24, 80);

	(void)state;
	screen_assert_has(screen, "web1 ──");
	screen_assert_has(screen, "web3 ──");
	screen_assert_lacks(screen, "web4");
	screen_assert_lacks(screen, "page ");
	screen_free(screen);
	screen = wall_of(0, 2, 24, 80);
	screen_assert_has(screen, "No guest runs.");
	screen_keys(screen, "Enter j l PgDn End x v v");
	screen_assert_has(screen, "No guest runs.");
	screen_free(screen);
}

static void more_than_fit_are_turned_by_pages(void **state)
{
	struct screen *screen = wall_of(30, 0, 24, 80);

	(void)state;
	/* Three beside each other, four below. */
	screen_assert_has(screen, "page 1 of 3, 30 guests run");
	screen_assert_has(screen, "web12 ─");
	screen_assert_lacks(screen, "web13 ─");
	screen_keys(screen, "PgDn");
	screen_assert_has(screen, "page 2 of 3");
	screen_assert_has(screen, "web13 ─");
	screen_keys(screen, "End");
	screen_assert_has(screen, "page 3 of 3");
	screen_assert_has(screen, "web30 ─");
	screen_assert_lacks(screen, "web13 ─");
	screen_keys(screen, "Home");
	screen_assert_has(screen, "page 1 of 3");
	screen_free(screen);
}

static const char *at_cursor(struct screen *screen)
{
	struct obj_ref ref;

	screen_text(screen);
	return app_selected(&screen->app, &ref) ? store_name(screen->app.store, &ref) : "";
}

static void the_cursor_moves_in_both_directions(void **state)
{
	struct screen *screen = wall_of(30, 0, 24, 80);
	static const struct {
		const char *keys, *name;
	} steps[] = {{"", "web1"}, {"l", "web2"}, {"Right", "web3"}, {"j", "web6"}, {"h", "web5"}, {"k", "web2"},
	        {"k", "web2"}, {"Left", "web1"}, {"h", "web1"}, {"3 l", "web4"}, {"2 j", "web10"}, {"j", "web13"}, {"End", "web30"},
	        {"l", "web30"}, {"j", "web30"}, {"PgUp", "web18"}, {"7 G", "web7"}};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		screen_text(screen);
		screen_keys(screen, steps[i].keys);
		assert_string_equal(at_cursor(screen), steps[i].name);
	}
	screen_free(screen);
}

static void the_filter_leaves_the_rest_out_and_the_cursor_follows_its_guest(void **state)
{
	struct screen *screen = wall_of(30, 0, 24, 80);

	(void)state;
	screen_text(screen);
	screen_keys(screen, "1 2 G");
	assert_string_equal(at_cursor(screen), "web12");
	screen_keys(screen, "/ '12' Enter");
	screen_assert_has(screen, "web12 ─");
	screen_assert_lacks(screen, "web11 ─");
	assert_string_equal(at_cursor(screen), "web12");
	screen_keys(screen, "/ '99' Enter");
	screen_assert_has(screen, "No guest that runs has '1299' in its name");
	screen_keys(screen, "Esc");
	screen_assert_has(screen, "web11 ─");
	screen_free(screen);
}

static void enter_opens_the_console_tab(void **state)
{
	struct screen *screen = wall_of(3, 0, 24, 80);

	(void)state;
	screen_text(screen);
	screen_keys(screen, "l Enter F11");
	screen_assert_has(screen, "guest web2 ");
	screen_assert_has(screen, "[Console]");
	/* And back, with the cursor where it was. */
	screen_keys(screen, "Backspace");
	screen_assert_has(screen, "[Wall]");
	assert_string_equal(at_cursor(screen), "web2");
	screen_keys(screen, "Backspace");
	screen_assert_has(screen, "there is no list to go back to");
	screen_assert_has(screen, "[Wall]");
	screen_free(screen);
}

static void a_click_chooses_and_two_open(void **state)
{
	struct screen *screen = wall_of(3, 0, 24, 80);
	struct mouse mouse = {.button = 1, .clicks = 1, .what = MOUSE_PRESS};

	(void)state;
	screen_text(screen);
	assert_true(screen_find(screen, "web3 ─", &mouse.y, &mouse.x));
	mouse.y += 2;
	app_mouse(&screen->app, &mouse);
	assert_string_equal(at_cursor(screen), "web3");
	screen_keys(screen, "Space");
	screen_assert_has(screen, "•web3 ─");
	mouse.clicks = 2;
	app_mouse(&screen->app, &mouse);
	screen_keys(screen, "F11");
	screen_assert_has(screen, "guest web3 ");
	screen_free(screen);
}

static void signs_are_filtered_too(void **state)
{
	struct screen *screen = wall_of(3, 0, 30, 150);

	(void)state;
	see(screen, 2, SIGN_PANIC);
	screen_keys(screen, "/ 'panic' Enter");
	screen_assert_has(screen, "web2 ─");
	screen_assert_lacks(screen, "web1 ─");
	screen_free(screen);
}

static void it_is_drawn_at_any_size(void **state)
{
	struct screen *screen = wall_of(30, 0, 24, 80);

	(void)state;
	for (int rows = 1; rows < 40; rows += 3)
		for (int cols = 1; cols < 200; cols += 7) {
			screen_resize(screen, rows, cols);
			screen_text(screen);
			screen_keys(screen, "PgDn l j");
			screen_text(screen);
		}
	/* And the view itself, in less than any screen has. */
	for (int rows = 0; rows < 8; rows++)
		for (int cols = 0; cols < 30; cols++) {
			struct view *tab = content_active(screen->app.regions[REGION_CONTENT]);
			struct area area = area_sub(canvas_area(&screen->app.canvas), 0, 0, rows, cols);

			tab->ops->draw(tab, area, true);
		}
	screen_free(screen);
}

static void a_sign_stands_in_tile_tree_and_table(void **state)
{
	struct screen *screen = wall_of(3, 0, 30, 150);

	(void)state;
	see(screen, 1, SIGN_LOGIN);
	screen_assert_has(screen, "─ login prompt");
	see(screen, 2, SIGN_PANIC);
	screen_assert_has(screen, "─ kernel panic");
	screen_assert_has(screen, "the screen of 'web2' says: kernel panic");
	screen_keys(screen, "F11");
	g_autofree char *text = g_strdup(screen_text(screen));
	assert_true(g_regex_match_simple("web1 +L", text, 0, 0));
	assert_true(g_regex_match_simple("web2 +!P", text, 0, 0));
	screen_keys(screen, "[ [ [ [ [ [ [ [ [");
	screen_assert_has(screen, "[Guests]");
	g_autofree char *table = g_strdup(screen_text(screen));
	assert_true(g_regex_match_simple("web2 .*running .*P!", table, 0, 0));
	screen_keys(screen, "?");
	screen_keys(screen, "/ 'rescue'");
	screen_assert_has(screen, "GRUB rescue");
	screen_free(screen);
}

static void another_run_has_other_signs(void **state)
{
	struct screen *screen = wall_of(3, 0, 30, 150);
	struct msg *msg = sample_msg(0);

	(void)state;
	see(screen, 1, SIGN_PANIC);
	see(screen, 2, SIGN_PANIC);
	see(screen, 3, SIGN_PANIC);
	/* One was started anew, one is off, one was reset. */
	msg->sample->taken_us = SCREEN_NOW_US + SECOND;
	add_named(msg, 1, "web1", GUEST_RUNNING)->id = 77;
	add_named(msg, 2, "web2", GUEST_OFF);
	add_named(msg, 3, "web3", GUEST_RUNNING);
	screen_message(screen, msg);
	screen_assert_has(screen, "─ kernel panic");
	struct obj_ref first = number_ref(OBJ_GUEST, 1), third = number_ref(OBJ_GUEST, 3);
	assert_int_equal(store_guest(screen->app.store, &first)->sign, SIGN_NONE);
	assert_int_equal(store_guest(screen->app.store, &third)->sign, SIGN_PANIC);
	screen_message(screen, event_msg(EVENT_REBOOTED, 3, "by its guest"));
	assert_int_equal(store_guest(screen->app.store, &third)->sign, SIGN_NONE);
	screen_free(screen);
}

static void a_sign_that_nobody_sees_grows_old(void **state)
{
	struct screen *screen = wall_of(1, 0, 30, 150);
	struct obj_ref ref = number_ref(OBJ_GUEST, 1);
	struct msg *again;
	int y, x;

	(void)state;
	see(screen, 1, SIGN_LOGIN);
	screen_advance(screen, 30 * SECOND);
	screen_assert_lacks(screen, "ago");
	screen_advance(screen, 600 * SECOND);
	screen_assert_has(screen, "login prompt, seen 10 min ago");
	screen_keys(screen, "F11");
	assert_true(screen_find(screen, "web1", &y, &x));
	g_autofree char *line = screen_line(screen, y);
	const char *letter = strchr(line, 'L');
	assert_non_null(letter);
	assert_int_equal(screen_role(screen, y, (int)g_utf8_pointer_to_offset(line, letter)), ROLE_DIM);
	/* Somebody looks: it says the same still. */
	store_keep_seeing(screen->app.store, &ref, SIGN_BY_SCREEN, SCREEN_NOW_US + 630 * SECOND);
	app_redraw(&screen->app);
	screen_assert_lacks(screen, "seen 10 min ago");
	assert_int_not_equal(screen_role(screen, y, (int)g_utf8_pointer_to_offset(line, letter)), ROLE_DIM);
	/* What happened while the host was away nobody knows. */
	again = msg_new(MSG_HOST, ref.host, 2);
	again->status = host_status_new();
	again->status->link = HOST_UP;
	again->status->epoch = 2;
	screen_message(screen, again);
	assert_int_equal(store_guest(screen->app.store, &ref)->sign, SIGN_NONE);
	screen_free(screen);
}

static void of_two_sources_the_worse_counts(void **state)
{
	struct screen *screen = wall_of(1, 0, 24, 80);
	struct obj_ref ref = number_ref(OBJ_GUEST, 1);
	struct store *store = screen->app.store;

	(void)state;
	see(screen, 1, SIGN_LOGIN);
	store_see_screen(store, &ref, SIGN_BY_SERIAL, SIGN_PANIC, SCREEN_NOW_US);
	assert_true(store_see_screen(store, &ref, SIGN_BY_SERIAL, SIGN_PANIC, SCREEN_NOW_US + 2 * SECOND));
	assert_int_equal(store_guest(store, &ref)->sign, SIGN_PANIC);
	/* The other one goes on saying the same: nothing new. */
	assert_false(store_see_screen(store, &ref, SIGN_BY_SCREEN, SIGN_LOGIN, SCREEN_NOW_US + 3 * SECOND));
	store_see_screen(store, &ref, SIGN_BY_SERIAL, SIGN_NONE, SCREEN_NOW_US + 4 * SECOND);
	assert_true(store_see_screen(store, &ref, SIGN_BY_SERIAL, SIGN_NONE, SCREEN_NOW_US + 9 * SECOND));
	assert_int_equal(store_guest(store, &ref)->sign, SIGN_LOGIN);
	assert_false(store_see_screen(store, &(struct obj_ref){.kind = OBJ_GUEST, .host = 9}, SIGN_BY_SCREEN, SIGN_PANIC, 1));
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(only_guests_that_run_have_a_tile),
	        cmocka_unit_test(more_than_fit_are_turned_by_pages),
	        cmocka_unit_test(the_cursor_moves_in_both_directions),
	        cmocka_unit_test(the_filter_leaves_the_rest_out_and_the_cursor_follows_its_guest),
	        cmocka_unit_test(enter_opens_the_console_tab),
	        cmocka_unit_test(a_click_chooses_and_two_open),
	        cmocka_unit_test(signs_are_filtered_too),
	        cmocka_unit_test(it_is_drawn_at_any_size),
	        cmocka_unit_test(a_sign_stands_in_tile_tree_and_table),
	        cmocka_unit_test(another_run_has_other_signs),
	        cmocka_unit_test(a_sign_that_nobody_sees_grows_old),
	        cmocka_unit_test(of_two_sources_the_worse_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
