/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration: what is wrong is told with its place, and costs nothing but itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "nvirt/config.h"
#include "support/rich.h"
#include "support/screen.h"
#include "ui/keymap.h"

static struct config *parse(const char *json)
{
	return config_parse(json, strlen(json), "c.json");
}

static void assert_problem(const struct config *config, const char *needle)
{
	for (guint i = 0; i < config->problems->len; i++)
		if (strstr(config->problems->pdata[i], needle))
			return;
	for (guint i = 0; i < config->problems->len; i++)
		print_error("%s\n", (const char *)config->problems->pdata[i]);
	fail_msg("no problem says '%s'", needle);
}

static void everything_is_read(void **state)
{
	(void)state;
	struct config *config = parse("{ // mine\n"
	                              "\"hosts\": [{\"name\": \"lab\", \"uri\": \"qemu:///system\", \"readonly\": true},"
	                              "{\"uri\": \"test:///default\"},],\n"
	                              "\"theme\": \"nord\", \"refresh\": 0.5, \"ascii\": true, \"mouse\": false, \"graphics\": \"sixel\",\n"
	                              "\"keys\": {\"app.quit\": \"Q\"}, \"columns\": {\"guests\": [\"name\", \"state\"]}}");
	assert_int_equal(config->problems->len, 0);
	assert_int_equal(config->hosts->len, 2);
	assert_string_equal(config_host(config, "lab")->uri, "qemu:///system");
	assert_true(config_host(config, "lab")->readonly);
	assert_null(config_host(config, ""));
	assert_string_equal(config->theme, "nord");
	assert_int_equal(config->refresh_ms, 500);
	assert_int_equal(config->ascii, CONFIG_ON);
	assert_int_equal(config->mouse, CONFIG_OFF);
	assert_int_equal(config->graphics, GRAPHICS_SIXEL);
	g_auto(GStrv) columns = config_strings(config, "columns/guests");
	assert_string_equal(columns[1], "state");
	assert_null(config_strings(config, "columns/pools"));
	config_free(config);
}

static void an_error_names_file_line_column_and_key(void **state)
{
	(void)state;
	struct config *config = parse("{\n  \"refresh\": \"fast\",\n  \"tehme\": \"nord\",\n"
	                              "  \"hosts\": [{\"uri\": \"a\"},\n    {\"name\": \"x\"}, {\"uri\": 7, \"port\": 1}],\n"
	                              "  /* é */ \"mouse\": 1, \"keys\": [], \"columns\": {\"guests\": [1]}, \"theme\": \"light\", \"graphics\": \"png\"\n}");
	assert_problem(config, "c.json:2:3: key 'refresh': a number of seconds from 0.5 to 3600 is wanted");
	assert_problem(config, "c.json:3:3: unknown key 'tehme'");
	assert_problem(config, "c.json:5:5: key 'hosts/1': an object with \"uri\" is wanted");
	assert_problem(config, "c.json:5:21: key 'hosts/2/uri': a string is wanted");
	assert_problem(config, "unknown key 'port'");
	assert_problem(config, "c.json:6:11: key 'mouse': true or false is wanted");
	assert_problem(config, "key 'keys': an object");
	assert_problem(config, "key 'graphics': \"off\", \"auto\", \"kitty\" or \"sixel\" is wanted");
	assert_problem(config, "key 'columns/guests': a list of strings");
	/* The rest counts. */
	assert_int_equal(config->hosts->len, 1);
	assert_string_equal(config->theme, "light");
	assert_int_equal(config->refresh_ms, 0);
	assert_int_equal(config->graphics, GRAPHICS_UNSAID);
	config_free(config);
}

static void what_is_no_json_is_one_problem(void **state)
{
	(void)state;
	static const char *const broken[] = {"", "{", "[]", "{\"a\": }", "{} x", "{\"theme\": \"\xff\"}"};
	for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
		struct config *config = parse(broken[i]);
		assert_int_equal(config->problems->len, 1);
		assert_true(g_str_has_prefix(config->problems->pdata[0], "c.json:1:"));
		assert_null(config->theme);
		config_free(config);
	}
	g_autofree char *big = g_strnfill(70000, ' ');
	struct config *config = config_parse(big, 70000, "c.json");
	assert_problem(config, "larger than 64 KiB");
	config_free(config);
}

static void any_mutation_is_survived(void **state)
{
	(void)state;
	static const char good[] = "{\"hosts\":[{\"name\":\"a\",\"uri\":\"b\"}],\"keys\":{\"app.quit\":\"Q\"},\"refresh\":2,"
	                           "\"columns\":{\"g\":[\"x\"]} /* c */}";
	g_autoptr(GRand) rand = g_rand_new_with_seed(5);
	for (int i = 0; i < 5000; i++) {
		char text[sizeof(good)];
		memcpy(text, good, sizeof(good));
		for (int n = g_rand_int_range(rand, 1, 6); n > 0; n--)
			text[g_rand_int_range(rand, 0, sizeof(good) - 1)] = (char)g_rand_int_range(rand, 0, 256);
		struct config *config = config_parse(text, sizeof(good) - 1, "c");
		keymap_free(keymap_new(config));
		config_free(config);
	}
}

/* ---- keys ------------------------------------------------------------------- */

static const struct app_command *app_row(const char *name)
{
	for (const struct app_command *cmd = app_commands; cmd->name; cmd++)
		if (!strcmp(cmd->name, name))
			return cmd;
	fail_msg("no command '%s'", name);
	return NULL;
}

static void keys_are_rebound(void **state)
{
	(void)state;
	struct config *config =
	        parse("{\"keys\": {\"guest.start\": \"F6 M-s\", \"app.quit\": \"Q\", \"tree.fold\": \"<\", \"app.copy\": \"\"}}");
	struct keymap *keymap = keymap_new(config);
	assert_int_equal(config->problems->len, 0);
	assert_string_equal(keymap_action(keymap, action_by_verb("start")), "F6 M-s");
	assert_string_equal(keymap_app(keymap, app_row("quit")), "Q");
	assert_string_equal(keymap_app(keymap, app_row("copy")), "");
	const struct view_cmd *fold = tree_view.cmds;
	while (strcmp(fold->name, "fold"))
		fold++;
	assert_string_equal(keymap_view(keymap, fold), "<");
	assert_string_equal(keymap_app(keymap, app_row("menu")), app_row("menu")->keys);
	keymap_free(keymap);
	config_free(config);
}

static void conflicts_and_unknown_keys_are_told_and_keep_the_default(void **state)
{
	(void)state;
	struct config *config = parse("{\"keys\": {\n\"guest.start\": \"q\",\n\"app.menu\": \"NoKey\",\n\"app.nothing\": \"x\",\n"
	                              "\"app.zoom\": \"j\",\n\"app.theme\": \"M-t\", \"app.palette\": \"M-t\"}}");
	struct keymap *keymap = keymap_new(config);
	assert_int_equal(config->problems->len, 5);
	assert_problem(config, "c.json:2:1: key 'guest.start': 'q' is already app.quit");
	assert_problem(config, "c.json:3:1: key 'app.menu': there is no key 'NoKey'");
	assert_problem(config, "c.json:4:1: key 'app.nothing': there is no such command");
	assert_problem(config, "c.json:5:1: key 'app.zoom': 'j' is already list.down");
	assert_problem(config, "'M-t' is already app.");
	assert_string_equal(keymap_action(keymap, action_by_verb("start")), action_by_verb("start")->key);
	assert_string_equal(keymap_app(keymap, app_row("zoom")), app_row("zoom")->keys);
	keymap_free(keymap);
	config_free(config);
}

static void keys_of_lists_and_digits_are_rebound(void **state)
{
	(void)state;
	struct config *config = parse("{\"keys\": {\"list.down\": \"M-n Down\", \"list.up\": \"\", \"app.zoom\": \"j\",\n"
	                              "\"app.focus-tree\": \"1\", \"app.menu\": \"0\",\n\"list.last\": \"q\"}}");
	struct keymap *keymap = keymap_new(config);
	assert_int_equal(config->problems->len, 2);
	assert_problem(config, "c.json:2:24: key 'app.menu': '0' is a count's");
	assert_problem(config, "c.json:3:1: key 'list.last': 'q' is already app.quit");
	assert_int_equal(keymap_list_key(keymap, KEY_ALT | 'n'), K_DOWN);
	assert_int_equal(keymap_list_key(keymap, K_DOWN), K_DOWN);
	assert_int_equal(keymap_list_key(keymap, 'j'), K_NONE);
	assert_int_equal(keymap_list_key(keymap, 'k'), K_NONE);
	assert_int_equal(keymap_list_key(keymap, 'G'), 'G');
	assert_int_equal(keymap_list_key(keymap, 'x'), 'x');
	assert_true(keymap_has_digit(keymap, '1'));
	assert_false(keymap_has_digit(keymap, '2'));
	assert_string_equal(keymap_app(keymap, app_row("zoom")), "j");
	keymap_free(keymap);
	config_free(config);
}

/* In the program: the digit is the command's at once, and still part of a count that has begun. */
static void a_rebound_digit_still_ends_a_count(void **state)
{
	(void)state;
	struct config *config = parse("{\"keys\": {\"app.focus-tasks\": \"3\", \"list.down\": \"M-j\"}}");
	struct screen *screen = screen_new(24, 120);
	screen->app.keymap = keymap_new(config);
	rich_host(screen);
	screen_keys(screen, "3");
	assert_int_equal(screen->app.focus, REGION_TASKS);
	screen_keys(screen, "M-1 2 3");
	assert_int_equal(screen->app.focus, REGION_TREE);
	assert_int_equal(screen->app.count, 23);
	screen_keys(screen, "Esc");
	struct obj_ref before, after;
	assert_true(app_selected(&screen->app, &before));
	screen_keys(screen, "j");
	assert_true(app_selected(&screen->app, &after));
	assert_true(obj_ref_equal(&before, &after));
	screen_keys(screen, "M-j");
	assert_true(app_selected(&screen->app, &after));
	assert_false(obj_ref_equal(&before, &after));
	keymap_free(screen->app.keymap);
	screen->app.keymap = NULL;
	screen_free(screen);
	config_free(config);
}

static void two_keys_can_be_swapped(void **state)
{
	(void)state;
	struct config *config = parse("{\"keys\": {\"app.filter\": \":\", \"app.palette\": \"/\"}}");
	struct keymap *keymap = keymap_new(config);
	assert_int_equal(config->problems->len, 0);
	assert_string_equal(keymap_app(keymap, app_row("filter")), ":");
	assert_string_equal(keymap_app(keymap, app_row("palette")), "/");
	keymap_free(keymap);
	config_free(config);
}

/* Every key of the tables, given again by name, is no conflict: what they share is meant so. */
static void the_tables_own_keys_conflict_with_nothing(void **state)
{
	(void)state;
	g_autoptr(GString) json = g_string_new("{\"keys\": {");
	for (const struct app_command *cmd = app_commands; cmd->name; cmd++)
		g_string_append_printf(json, "\"app.%s\": \"%s\",", cmd->name, cmd->keys);
	for (const struct list_move *move = list_moves; move->name; move++)
		g_string_append_printf(json, "\"list.%s\": \"%s\",", move->name, move->keys);
	for (unsigned i = 0; i < action_count; i++)
		g_string_append_printf(json, "\"%s.%s\": \"%s\",", obj_kind_word(action_table[i].kind), action_table[i].verb,
		        action_table[i].key ? action_table[i].key : "");
	g_string_append(json, "}}");
	struct config *config = parse(json->str);
	struct keymap *keymap = keymap_new(config);
	for (guint i = 0; i < config->problems->len; i++)
		print_error("%s\n", (const char *)config->problems->pdata[i]);
	assert_int_equal(config->problems->len, 0);
	keymap_free(keymap);
	config_free(config);
}

static void rebound_keys_work_and_show_everywhere(void **state)
{
	(void)state;
	struct config *config = parse("{\"keys\": {\"app.menu\": \"F8\", \"guest.shutdown\": \"F6\"}}");
	struct screen *screen = screen_new(24, 120);
	screen->app.keymap = keymap_new(config);
	rich_host(screen);
	screen_keys(screen, "F8");
	screen_keys(screen, "Esc");
	screen_assert_has(screen, "F8 menu");
	screen_keys(screen, "? / 'menu of'");
	screen_assert_has(screen, "F8");
	screen_keys(screen, "Esc");
	screen_keys(screen, "m");
	assert_int_equal(screen->app.modals->len, 0);
	screen_keys(screen, "F8");
	assert_int_equal(screen->app.modals->len, 1);
	keymap_free(screen->app.keymap);
	screen->app.keymap = NULL;
	screen_free(screen);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(everything_is_read),
	        cmocka_unit_test(an_error_names_file_line_column_and_key),
	        cmocka_unit_test(what_is_no_json_is_one_problem),
	        cmocka_unit_test(any_mutation_is_survived),
	        cmocka_unit_test(keys_are_rebound),
	        cmocka_unit_test(conflicts_and_unknown_keys_are_told_and_keep_the_default),
	        cmocka_unit_test(keys_of_lists_and_digits_are_rebound),
	        cmocka_unit_test(a_rebound_digit_still_ends_a_count),
	        cmocka_unit_test(two_keys_can_be_swapped),
	        cmocka_unit_test(the_tables_own_keys_conflict_with_nothing),
	        cmocka_unit_test(rebound_keys_work_and_show_everywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
