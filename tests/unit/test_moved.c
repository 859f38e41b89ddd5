/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A cursor that moved is drawn by its two rows: what then stands there is what a whole frame would have drawn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/rich.h"
#include "ui/look.h"

static const char *const moves[] = {"j", "k", "j j", "3 j", "PgDn", "PgUp", "G", "g g", "C-d", "C-u", "Down", "Up"};
static const char *const others[] = {"1", "2", "3", "/ 'vm1' Enter", "/ 'w' Enter", "Esc", "Space", "V", "*",
        "Enter", "h", "l", "i", ">", "b", "v", "+", "_", "?", "/ 'e'", "Tab"};

/* The cells and the place of the cursor, as one piece of memory. */
static GBytes *snapshot(const struct canvas *canvas)
{
	int cursor[] = {canvas->cursor_y, canvas->cursor_x, canvas->cursor_visible};
	GByteArray *bytes = g_byte_array_new();
	g_byte_array_append(bytes, (const guint8 *)cursor, sizeof(cursor));
	g_byte_array_append(bytes, (const guint8 *)canvas->cells,
	        (guint)(sizeof(struct cell) * (gsize)canvas->rows * (gsize)canvas->cols));
	return g_byte_array_free_to_bytes(bytes);
}

static void assert_as_whole(struct screen *screen, const char *after)
{
	app_draw(&screen->app);
	g_autoptr(GBytes) drawn = snapshot(&screen->app.canvas);
	g_autofree char *text = canvas_text(&screen->app.canvas);
	app_redraw(&screen->app);
	app_draw(&screen->app);
	g_autoptr(GBytes) whole = snapshot(&screen->app.canvas);
	if (!g_bytes_equal(drawn, whole))
		fail_msg("after '%s' there stood:\n%s\nbut a whole frame is:\n%s", after, text, screen_text(screen));
}

static struct screen *crowded(void)
{
	struct screen *screen = screen_new(30, 120);
	unsigned host = rich_host(screen);
	rich_many(screen, host, 60, 0);
	rich_many(screen, host, 60, 1);
	for (int i = 0; i < 40; i++) {
		g_autofree char *id = g_strdup_printf("20260101-%02d", i);
		rich_task(screen, host, id, "start", "vm1", i % 3 ? TASK_OK : TASK_FAILED, "said so");
	}
	app_draw(&screen->app);
	return screen;
}

static void step(struct screen *screen, GRand *rand)
{
	const char *keys = g_rand_int_range(rand, 0, 4) ? moves[g_rand_int_range(rand, 0, G_N_ELEMENTS(moves))]
	                                                : others[g_rand_int_range(rand, 0, G_N_ELEMENTS(others))];
	screen_keys(screen, keys);
	if (g_rand_int_range(rand, 0, 40) == 0)
		screen_resize(screen, g_rand_int_range(rand, 1, 50), g_rand_int_range(rand, 1, 180));
	/* Dialogs have no cursor that is drawn so; not to stay in one. */
	if (screen->app.modals->len > 0 && g_rand_int_range(rand, 0, 2))
		app_pop_modal(&screen->app);
	assert_as_whole(screen, keys);
}

static void rows_that_changed_are_a_whole_frame(void **state)
{
	(void)state;
	static const char *const tabs[] = {"", "]", "] ]", "] ] ]", "] ] ] ]"};
	for (guint32 seed = 1; seed <= 10; seed++) {
		struct screen *screen = crowded();
		g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
		screen_keys(screen, tabs[seed % G_N_ELEMENTS(tabs)]);
		for (int i = 0; i < 250; i++)
			step(screen, rand);
		screen_free(screen);
	}
}

/* The frames between may be left out: a slow terminal takes none of them. */
static void several_moves_are_one_frame(void **state)
{
	struct screen *screen = crowded();
	g_autoptr(GRand) rand = g_rand_new_with_seed(11);
	(void)state;
	screen_keys(screen, "M-2 ]");
	app_draw(&screen->app);
	for (int i = 0; i < 300; i++) {
		for (int n = g_rand_int_range(rand, 1, 5); n > 0; n--)
			screen_keys(screen, moves[g_rand_int_range(rand, 0, G_N_ELEMENTS(moves))]);
		assert_as_whole(screen, "several moves");
	}
	screen_free(screen);
}

static void assert_two_rows(struct screen *screen, keycode key)
{
	unsigned dirty = 0;
	app_draw(&screen->app);
	memset(screen->app.canvas.dirty, 0, sizeof(bool) * (gsize)screen->app.canvas.rows);
	app_key(&screen->app, key);
	assert_true(app_draw_moved(&screen->app));
	for (int y = 0; y < screen->app.canvas.rows; y++)
		dirty += screen->app.canvas.dirty[y];
	assert_int_equal(dirty, 2);
}

/* What is left to draw after it is less than a whole view. */
static void a_move_draws_two_rows(void **state)
{
	struct screen *screen = crowded();
	(void)state;
	assert_two_rows(screen, 'j');
	screen_keys(screen, "g g M-2 ]");
	assert_two_rows(screen, 'j');
	assert_two_rows(screen, 'k');
	screen_keys(screen, "M-3");
	assert_two_rows(screen, 'j');
	screen_free(screen);
}

/* 200 columns of another colour would be 400 bytes for each key. */
static void cursor_is_a_bar_over_the_name(void **state)
{
	struct screen *screen = screen_new(30, 200);
	unsigned host = rich_host(screen), bar = 0;
	struct canvas *canvas = &screen->app.canvas;
	(void)state;
	rich_many(screen, host, 20, 0);
	screen_keys(screen, "M-1 g g ] M-2");
	app_draw(&screen->app);
	for (int x = 0; x < canvas->cols; x++)
		bar += canvas->cells[canvas->cursor_y * canvas->cols + x].role == ROLE_CURSOR;
	assert_int_equal(bar, 28);
	screen_free(screen);
}

/* Lines of the last minutes, and how long something is up, move with it: between two frames they may not. */
static int hold_clock(void **state)
{
	(void)state;
	look_hold_wall(g_get_real_time());
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rows_that_changed_are_a_whole_frame),
	        cmocka_unit_test(several_moves_are_one_frame),
	        cmocka_unit_test(a_move_draws_two_rows),
	        cmocka_unit_test(cursor_is_a_bar_over_the_name),
	};
	return cmocka_run_group_tests(tests, hold_clock, NULL);
}
