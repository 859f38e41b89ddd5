/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may stand where by a verb's usage; a shell's line and what is put back into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/cli_complete.h"

static void next(const char *usage, const char *before, const char *wanted)
{
	g_auto(GStrv) words = g_strsplit(before, " ", -1);
	g_autoptr(GPtrArray) given = g_ptr_array_new(), found = NULL;

	for (char **word = words; *word; word++)
		if (**word)
			g_ptr_array_add(given, *word);
	found = usage_next(usage, given);
	g_ptr_array_add(found, NULL);
	g_autofree char *text = g_strjoinv(" ", (char **)found->pdata);
	assert_string_equal(text, wanted);
}

static void words_of_a_usage_stand_in_their_places(void **state)
{
	(void)state;
	next("GUEST SNAPSHOT [SNAPSHOT]", "", "GUEST");
	next("GUEST SNAPSHOT [SNAPSHOT]", "a", "SNAPSHOT");
	next("GUEST SNAPSHOT [SNAPSHOT]", "a b", "SNAPSHOT");
	next("GUEST SNAPSHOT [SNAPSHOT]", "a b c", "");
	next("[guests | volumes POOL | hosts]", "", "guests volumes hosts");
	next("[guests | volumes POOL | hosts]", "volumes", "POOL");
	next("[guests | volumes POOL | hosts]", "hosts", "");
	next("[guest | pool] NAME", "", "guest pool NAME");
	next("[guest | pool] NAME", "pool", "NAME");
	next("bash | zsh", "", "bash zsh");
	next("[GUEST] KEY...", "", "GUEST KEY");
	next("[GUEST] KEY...", "a b c", "KEY");
	next("", "", "");
	next("", "a", "");
}

static void a_usage_that_is_broken_ends(void **state)
{
	(void)state;
	next("[a | b", "", "a b");
	next("a ] b", "", "a");
	next("[", "", "");
	next("|", "", "");
}

static void split(const char *line, const char *wanted, char quote)
{
	char open;
	g_autoptr(GPtrArray) words = line_split(line, &open);

	g_ptr_array_add(words, NULL);
	g_autofree char *text = g_strjoinv("|", (char **)words->pdata);
	assert_string_equal(text, wanted);
	assert_int_equal(open, quote);
}

static void a_line_is_split_as_a_shell_does(void **state)
{
	(void)state;
	split("nvirt start ", "nvirt|start|", 0);
	split("nvirt  start we", "nvirt|start|we", 0);
	split("a 'b c' d", "a|b c|d", 0);
	split("a 'b c", "a|b c", '\'');
	split("a \"b\\\"c \\x", "a|b\"c \\x", '"');
	split("a b\\ c\\'", "a|b c'", 0);
	split("a 'b\\", "a|b\\", '\'');
	split("a \\", "a|", 0);
	split("a ''", "a|", 0);
	split("", "", 0);
}

static void quoted(const char *word, char quote, const char *wanted)
{
	g_autofree char *text = bash_quote(word, quote);
	g_autofree char *line = quote ? g_strdup_printf("%c%s%c", quote, text, quote) : g_strdup(text);
	char open;
	g_autoptr(GPtrArray) words = line_split(line, &open);

	assert_string_equal(text, wanted);
	/* And back. */
	assert_string_equal(words->pdata[0], word);
	assert_int_equal(open, 0);
}

static void what_is_put_back_is_the_same_word(void **state)
{
	(void)state;
	quoted("plain", 0, "plain");
	quoted("two words", 0, "two\\ words");
	quoted("it's $HOME", 0, "it\\'s\\ \\$HOME");
	quoted("it's $HOME", '\'', "it'\\''s $HOME");
	quoted("\"$(x)`y`\\", '"', "\\\"\\$(x)\\`y\\`\\\\");
	quoted("a;b&c|d>e", 0, "a\\;b\\&c\\|d\\>e");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(words_of_a_usage_stand_in_their_places),
	        cmocka_unit_test(a_usage_that_is_broken_ends),
	        cmocka_unit_test(a_line_is_split_as_a_shell_does),
	        cmocka_unit_test(what_is_put_back_is_the_same_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
