/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A verb's words: options, parameters and names in any order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/cli_line.h"

static const struct cli_option options[] = {
        {"connect", 'c', "URI", true, ""},
        {"readonly", 'r', NULL, false, ""},
        {"yes", 'y', NULL, false, ""},
        {0},
};

static const struct param params[] = {
        {.name = "timeout", .type = PARAM_SECONDS},
        {.name = "paused", .type = PARAM_BOOL},
        {.name = "mode", .type = PARAM_CHOICE, .choices = "default|full|linked", .fallback = "default"},
        {0},
};

static bool parse(struct cli_line *line, const char *const *words, GError **error)
{
	cli_line_init(line);
	return cli_line_parse(line, (char **)words, options, params, error);
}

static void refused(const char *const *words, const char *message)
{
	g_autoptr(GError) error = NULL;
	struct cli_line line;

	assert_false(parse(&line, words, &error));
	assert_string_equal(error->message, message);
	cli_line_fini(&line);
}

static void options_and_names_stand_in_any_order(void **state)
{
	const char *words[] = {"web1", "--timeout", "30", "-y", "web2", "--paused", "web3", NULL};
	struct cli_line line;
	(void)state;

	assert_true(parse(&line, words, NULL));
	assert_int_equal(line.words->len, 3);
	assert_string_equal(line.words->pdata[1], "web2");
	assert_string_equal(line.words->pdata[2], "web3");
	assert_string_equal(args_get(line.params, "timeout"), "30");
	assert_string_equal(args_get(line.params, "paused"), "yes");
	assert_true(cli_line_flag(&line, "yes"));
	assert_false(cli_line_flag(&line, "readonly"));
	cli_line_fini(&line);
}

static void a_bool_never_eats_the_name_after_it(void **state)
{
	const char *words[] = {"--paused", "no", NULL};
	struct cli_line line;
	(void)state;

	assert_true(parse(&line, words, NULL));
	assert_string_equal(args_get(line.params, "paused"), "yes");
	assert_string_equal(line.words->pdata[0], "no");
	cli_line_fini(&line);
}

static void a_bool_can_be_switched_off(void **state)
{
	const char *by_name[] = {"--no-paused", NULL};
	const char *by_value[] = {"--paused=off", NULL};
	struct cli_line line;
	(void)state;

	assert_true(parse(&line, by_name, NULL));
	assert_string_equal(args_get(line.params, "paused"), "no");
	cli_line_fini(&line);
	assert_true(parse(&line, by_value, NULL));
	assert_string_equal(args_get(line.params, "paused"), "no");
	cli_line_fini(&line);
}

static void letters_can_be_joined_and_carry_a_value(void **state)
{
	const char *words[] = {"-rycqemu:///system", "-c", "test:///default", NULL};
	struct cli_line line;
	(void)state;

	assert_true(parse(&line, words, NULL));
	assert_true(cli_line_flag(&line, "readonly"));
	assert_true(cli_line_flag(&line, "yes"));
	assert_string_equal(cli_line_value(&line, "connect"), "qemu:///system\ntest:///default");
	cli_line_fini(&line);
}

static void two_dashes_end_the_options(void **state)
{
	const char *words[] = {"-y", "--", "--paused", "-", NULL};
	struct cli_line line;
	(void)state;

	assert_true(parse(&line, words, NULL));
	assert_int_equal(line.words->len, 2);
	assert_string_equal(line.words->pdata[0], "--paused");
	assert_null(args_get(line.params, "paused"));
	cli_line_fini(&line);
}

static void mistakes_are_named(void **state)
{
	(void)state;
	refused((const char *[]){"--foo", NULL}, "unknown option '--foo'");
	refused((const char *[]){"-yx", NULL}, "unknown option '-yx'");
	refused((const char *[]){"--no-timeout", NULL}, "unknown option '--no-timeout'");
	refused((const char *[]){"--timeout", NULL}, "option '--timeout' needs a value");
	refused((const char *[]){"-c", NULL}, "option '-c' needs a value");
	refused((const char *[]){"--paused=maybe", NULL},
	        "option '--paused': 'maybe' is not understood: 'yes' or 'no' is wanted");
	refused((const char *[]){"--\x1b]0;x\x07", NULL}, "unknown option '--\\x1b]0;x\\x07'");
}

static void a_choice_is_an_option_of_its_own(void **state)
{
	const char *const words[] = {"web1", "--linked", "web2", NULL};
	g_autoptr(GError) error = NULL;
	struct cli_line line;

	(void)state;
	assert_true(parse(&line, words, &error));
	assert_string_equal(args_get(line.params, "mode"), "linked");
	assert_int_equal(line.words->len, 2);
	cli_line_fini(&line);
	refused((const char *const[]){"--default", NULL}, "unknown option '--default'");
	refused((const char *const[]){"--linked=yes", NULL}, "unknown option '--linked=yes'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(options_and_names_stand_in_any_order),
	        cmocka_unit_test(a_bool_never_eats_the_name_after_it),
	        cmocka_unit_test(a_bool_can_be_switched_off),
	        cmocka_unit_test(letters_can_be_joined_and_carry_a_value),
	        cmocka_unit_test(two_dashes_end_the_options),
	        cmocka_unit_test(a_choice_is_an_option_of_its_own),
	        cmocka_unit_test(mistakes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
