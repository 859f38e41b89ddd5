/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The app with regions of its own: who gets a key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "nvirt/text.h"
#include "support/probe.h"
#include "support/rich.h"
#include "support/screen.h"
#include "ui/commands.h"
#include "ui/list.h"

static void tab_alt_digits_and_g_digits_move_the_focus(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "Tab");
	assert_int_equal(screen->app.focus, REGION_CONTENT);
	screen_keys(screen, "S-Tab S-Tab");
	assert_int_equal(screen->app.focus, REGION_TASKS);
	screen_keys(screen, "M-1");
	assert_int_equal(screen->app.focus, REGION_TREE);
	screen_keys(screen, "M-3");
	assert_int_equal(screen->app.focus, REGION_TASKS);
	screen_keys(screen, "g 2");
	assert_int_equal(screen->app.focus, REGION_CONTENT);
	screen_free(screen);
}

static void focus_shows_by_shape(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	g_autofree char *before = screen_line(screen, 2);
	assert_non_null(strstr(before, "═►Probe ═"));
	screen_keys(screen, "Tab");
	g_autofree char *after = screen_line(screen, 2);
	assert_non_null(strstr(after, "─ Probe ─"));
	screen_free(screen);
}

static void counts_reach_list_and_commands(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	struct probe *tree = probe_of(screen, REGION_TREE);
	screen_keys(screen, "5 y");
	assert_int_equal(tree->last_count, 5);
	for (unsigned n = 1; n <= 9; n++) {
		g_autofree char *keys = g_strdup_printf("%u 0 y", n);
		screen_keys(screen, keys);
		assert_int_equal(screen->app.focus, REGION_TREE);
		assert_int_equal(tree->last_count, n * 10);
	}
	screen_keys(screen, "2 j");
	assert_int_equal(tree->list.cursor, 2);
	screen_keys(screen, "1 k");
	assert_int_equal(tree->list.cursor, 1);
	screen_keys(screen, "y");
	assert_int_equal(tree->last_count, 0);
	screen_keys(screen, "G");
	assert_int_equal(tree->list.cursor, 2);
	screen_keys(screen, "g g");
	assert_int_equal(tree->list.cursor, 0);
	screen_free(screen);
}

static void a_views_commands_come_before_everything(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "y C-y");
	assert_int_equal(probe_of(screen, REGION_TREE)->command_runs, 2);
	assert_string_equal(probe_of(screen, REGION_TREE)->seen->str, "");
	screen_free(screen);
}

static void filter_is_live_kept_by_enter_and_cleared_by_esc(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "/ 'web'");
	assert_string_equal(probe_of(screen, REGION_TREE)->filter, "web");
	screen_assert_has(screen, "/web");
	screen_keys(screen, "Enter");
	g_autofree char *title = screen_line(screen, 2);
	assert_non_null(strstr(title, "Probe  /web"));
	screen_keys(screen, "Esc");
	assert_string_equal(probe_of(screen, REGION_TREE)->filter, "");
	screen_keys(screen, "/ 'db' Esc");
	assert_string_equal(probe_of(screen, REGION_TREE)->filter, "");
	screen_free(screen);
}

static void q_types_q_while_a_field_is_edited(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "/ q");
	assert_false(screen->app.quitting);
	assert_string_equal(probe_of(screen, REGION_TREE)->filter, "q");
	screen_keys(screen, "Esc : q");
	assert_false(screen->app.quitting);
	assert_int_equal(screen->app.modals->len, 1);
	screen_keys(screen, "Esc q");
	assert_true(screen->app.quitting);
	screen_free(screen);
}

static void esc_peels_one_layer_and_never_quits(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "Space + / 'w' Enter m");
	assert_int_equal(screen->app.modals->len, 1);
	screen_keys(screen, "Esc");
	assert_int_equal(screen->app.modals->len, 0);
	assert_string_equal(probe_of(screen, REGION_TREE)->filter, "w");
	screen_keys(screen, "Esc");
	assert_string_equal(probe_of(screen, REGION_TREE)->filter, "");
	g_autoptr(GArray) marks = store_marks(screen->app.store, OBJ_NONE);
	assert_int_equal(marks->len, 1);
	screen_keys(screen, "Esc");
	g_autoptr(GArray) none = store_marks(screen->app.store, OBJ_NONE);
	assert_int_equal(none->len, 0);
	assert_true(screen->app.zoomed);
	screen_keys(screen, "Esc");
	assert_false(screen->app.zoomed);
	screen_keys(screen, "Esc Esc Esc");
	assert_false(screen->app.quitting);
	screen_free(screen);
}

/* ---- actions ---------------------------------------------------------------- */

static void quitting_with_running_tasks_asks(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, "G s q");
	assert_false(screen->app.quitting);
	screen_assert_has(screen, "Quit nvirt?");
	screen_keys(screen, "n");
	assert_false(screen->app.quitting);
	screen_keys(screen, "q y");
	assert_true(screen->app.quitting);
	screen_free(screen);
}

static void open_object_that_goes_is_replaced(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	struct obj_ref ref = rich_ref(OBJ_GUEST, 1, 3);
	app_open(&screen->app, &ref);
	rich_post_sample(screen, 1, sample_new());
	assert_true(store_has(screen->app.store, &screen->app.open));
	assert_false(obj_ref_equal(&screen->app.open, &ref));
	screen_free(screen);
}

static void help_lists_every_command_and_action(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(120, 100);
	screen_keys(screen, "?");
	for (const struct app_command *cmd = app_commands; cmd->name; cmd++)
		screen_assert_has(screen, cmd->title);
	for (unsigned i = 0; i < action_count; i++)
		if (action_table[i].kind == OBJ_GUEST)
			screen_assert_has(screen, action_table[i].title);
	screen_assert_has(screen, "Try the probe");
	screen_assert_has(screen, "guest running");
	screen_free(screen);
}

static void palette_finds_by_name_and_runs(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(24, 80);
	screen_keys(screen, ": 'next region' Enter");
	assert_int_equal(screen->app.modals->len, 0);
	assert_int_equal(screen->app.focus, REGION_CONTENT);
	screen_free(screen);
}

static void no_key_means_two_things(void **state)
{
	(void)state;
	for (const struct app_command *cmd = app_commands; cmd->name; cmd++) {
		g_auto(GStrv) keys = g_strsplit(cmd->keys, " ", -1);
		for (int k = 0; keys[k]; k++) {
			assert_int_not_equal(key_parse(keys[k]), K_NONE);
			for (const struct app_command *other = cmd + 1; other->name; other++)
				assert_false(key_in(other->keys, key_parse(keys[k])));
			for (unsigned i = 0; i < action_count; i++)
				if (strcmp(keys[k], "R") != 0 && key_in(action_table[i].key, key_parse(keys[k])))
					fail_msg("%s: both %s and %s", keys[k], cmd->name, action_table[i].verb);
		}
	}
	for (unsigned i = 0; i < action_count; i++)
		if (action_table[i].key)
			assert_int_not_equal(key_parse(action_table[i].key), K_NONE);
}

static void any_keys_at_any_size_draw(void **state)
{
	(void)state;
	static const keycode keys[] = {'j', 'k', 'm', ':', '?', '/', 'D', 'S', 's', 'U', 'y', 'n', 'a', K_ENTER, K_ESC,
	        K_TAB, KEY_SHIFT | K_TAB, K_SPACE, '*', '+', '_', '1', '2', '3', '9', 'g', 'G', K_UP, K_DOWN, K_F1 + 1,
	        'd', K_LEFT, K_RIGHT, K_BACKSPACE, 't', 0x6f22};
	g_autoptr(GRand) rand = g_rand_new_with_seed(5);
	struct screen *screen = probe_screen(24, 80);
	for (int i = 0; i < 6000; i++) {
		app_key(&screen->app, keys[g_rand_int_range(rand, 0, G_N_ELEMENTS(keys))]);
		if (i % 7 == 0)
			screen_resize(screen, g_rand_int_range(rand, 0, 60), g_rand_int_range(rand, 0, 120));
		if (i % 50 == 0)
			probe_post_plan(screen, screen->app.plan_id, i % 100 ? NULL : "no");
		app_draw(&screen->app);
		assert_false(app_needs_draw(&screen->app));
	}
	screen_free(screen);
}

static void too_small_a_terminal_says_so(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(4, 30);
	screen_assert_has(screen, "terminal too small 30x4 (need");
	screen_resize(screen, 1, 1);
	assert_string_equal(screen_text(screen), "t\n");
	screen_free(screen);
}

static void small_terminal_switches_regions(void **state)
{
	(void)state;
	struct screen *screen = probe_screen(12, 40);
	screen_assert_has(screen, "[g1 Tree]");
	screen_keys(screen, "Tab");
	screen_assert_has(screen, "[g2 Object]");
	screen_free(screen);
}
int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(tab_alt_digits_and_g_digits_move_the_focus),
	        cmocka_unit_test(focus_shows_by_shape),
	        cmocka_unit_test(counts_reach_list_and_commands),
	        cmocka_unit_test(a_views_commands_come_before_everything),
	        cmocka_unit_test(filter_is_live_kept_by_enter_and_cleared_by_esc),
	        cmocka_unit_test(q_types_q_while_a_field_is_edited),
	        cmocka_unit_test(esc_peels_one_layer_and_never_quits),
	        cmocka_unit_test(quitting_with_running_tasks_asks),
	        cmocka_unit_test(open_object_that_goes_is_replaced),
	        cmocka_unit_test(help_lists_every_command_and_action),
	        cmocka_unit_test(palette_finds_by_name_and_runs),
	        cmocka_unit_test(no_key_means_two_things),
	        cmocka_unit_test(any_keys_at_any_size_draw),
	        cmocka_unit_test(too_small_a_terminal_says_so),
	        cmocka_unit_test(small_terminal_switches_regions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
