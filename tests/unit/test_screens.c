/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every view at every size: none draws outside its area, none needs room to survive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/rich.h"

#define GUARD 0x2603 /* a snowman: no view draws one */

static const int sizes[] = {0, 1, 2, 3, 5, 7, 10, 16, 23, 24, 40, 55, 80, 101, 131, 200};

/* Draws `view` into a window of a canvas full of guards and looks whether one outside it was touched. */
static void draw_guarded(struct view *view, int rows, int cols, bool focused)
{
	struct canvas canvas;
	struct area area;

	canvas_init(&canvas, rows + 4, cols + 6, false);
	area_fill(canvas_area(&canvas), 0, 0, canvas.rows, canvas.cols, ROLE_TEXT, GUARD);
	area = area_sub(canvas_area(&canvas), 2, 3, rows, cols);
	area_clear(area, ROLE_TEXT);
	view->ops->draw(view, area, focused);
	for (int y = 0; y < canvas.rows; y++)
		for (int x = 0; x < canvas.cols; x++) {
			bool inside = y >= 2 && y < 2 + rows && x >= 3 && x < 3 + cols;
			gunichar ch = canvas.cells[y * canvas.cols + x].ch;

			if (!inside && ch != GUARD)
				fail_msg("%s %dx%d drew at %d,%d", view->ops->name, rows, cols, y - 2, x - 3);
			if (inside)
				assert_true(ch != GUARD);
		}
	canvas_fini(&canvas);
}

static void draw_sizes(struct view *view)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++)
		for (unsigned j = 0; j < G_N_ELEMENTS(sizes); j++)
			draw_guarded(view, MIN(sizes[i], 70), sizes[j], (i + j) % 2);
}

static void draw_tabs_of(struct screen *screen, const struct obj_ref *ref)
{
	for (const struct tab *tab = tab_table; tab->kind != OBJ_NONE; tab++) {
		struct view *view;

		if (tab->kind != ref->kind)
			continue;
		view = tab->ops->create(&screen->app);
		view->ops->set_object(view, ref);
		draw_sizes(view);
		view->ops->destroy(view);
	}
}

static void regions_stay_in_their_area(void **state)
{
	struct screen *screen = screen_new(24, 80);

	(void)state;
	rich_host(screen);
	for (int i = 0; i < REGION_N; i++)
		draw_sizes(screen->app.regions[i]);
	screen_free(screen);
}

static void tabs_stay_in_their_area(void **state)
{
	static const enum obj_kind kinds[] = {OBJ_HOST, OBJ_GUEST, OBJ_POOL, OBJ_NETWORK};
	struct screen *screen = screen_new(24, 80);
	unsigned host = rich_host(screen);
	struct obj_ref volume = rich_ref(OBJ_VOLUME, host, 1);

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
		struct obj_ref ref = rich_ref(kinds[i], host, 1), gone = rich_ref(kinds[i], host + 1, 99);

		draw_tabs_of(screen, &ref);
		draw_tabs_of(screen, &gone);
	}
	volume.name = g_intern_string("web1.qcow2");
	draw_tabs_of(screen, &volume);
	screen_free(screen);
}

static void a_host_that_is_not_there_stays_in_its_area(void **state)
{
	struct screen *screen = screen_new(24, 80);
	unsigned host = screen_host(screen, "qemu+ssh://a-very-long-host-name.example.org/system");
	struct obj_ref ref = rich_ref(OBJ_HOST, host, 0);

	(void)state;
	draw_tabs_of(screen, &ref);
	for (int i = 0; i < REGION_N; i++)
		draw_sizes(screen->app.regions[i]);
	screen_free(screen);
}

static void an_empty_store_is_drawn(void **state)
{
	struct screen *screen = screen_new(24, 80);

	(void)state;
	for (int i = 0; i < REGION_N; i++)
		draw_sizes(screen->app.regions[i]);
	screen_free(screen);
}

static void whole_screens_of_every_size_are_drawn(void **state)
{
	struct screen *screen = screen_new(24, 80);

	(void)state;
	rich_host(screen);
	for (int rows = 1; rows < 50; rows += 3)
		for (int cols = 1; cols < 140; cols += 7) {
			screen_resize(screen, rows, cols);
			screen_keys(screen, "Tab j ]");
			assert_true(strlen(screen_text(screen)) >= (size_t)rows);
		}
	screen_free(screen);
}

static void eighty_by_24_has_all_four_regions(void **state)
{
	struct screen *screen = screen_new(24, 80);

	(void)state;
	rich_host(screen);
	screen_assert_has(screen, "qemu:///system");
	screen_assert_has(screen, "  up");
	screen_assert_has(screen, "guests 7 of 8");
	screen_assert_has(screen, "▶ web1");
	screen_assert_has(screen, "[Summary] Guests  Storage  Images  Networks  Devices");
	screen_assert_has(screen, "Status");
	screen_free(screen);
}

/* Cells written are what a frame costs; ten thousand guests write no more than ten. */
static void a_frame_does_not_grow_with_the_number_of_guests(void **state)
{
	struct screen *screen = screen_new(50, 160);
	unsigned host = rich_host(screen);
	gint64 few = 0, many = 0;

	(void)state;
	screen_keys(screen, "M-2 ]");
	for (unsigned round = 0; round < 2; round++) {
		gint64 start;

		rich_many(screen, host, round ? 10000 : 60, round);
		app_draw(&screen->app);
		start = g_get_monotonic_time();
		for (int i = 0; i < 200; i++) {
			screen_keys(screen, i % 2 ? "j" : "k");
			app_draw(&screen->app);
		}
		*(round ? &many : &few) = g_get_monotonic_time() - start;
	}
	/* Far from what walking all of them would take (a hundred times), and wide enough for a busy machine.
	 */
	assert_true(many < few * 10 + 200000);
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(regions_stay_in_their_area),
	        cmocka_unit_test(tabs_stay_in_their_area),
	        cmocka_unit_test(a_host_that_is_not_there_stays_in_its_area),
	        cmocka_unit_test(an_empty_store_is_drawn),
	        cmocka_unit_test(whole_screens_of_every_size_are_drawn),
	        cmocka_unit_test(eighty_by_24_has_all_four_regions),
	        cmocka_unit_test(a_frame_does_not_grow_with_the_number_of_guests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
