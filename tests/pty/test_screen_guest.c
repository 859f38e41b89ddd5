/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt screen`, `wait`, `type` and `key` on real guests: what they show is read, and a
 * Linux is worked with by its own keyboard and screen alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "support/files.h"
#include "support/lab.h"
#include "support/words.h"

static struct lab *lab;
static char *home;

/* Ends with `code`; `part` (may be NULL) is in what it printed, wherever. */
static void expect_words(int code, const char *part, const char *const *words)
{
	struct said result = said_words(lab_uri(lab, "h1"), home, words);
	g_autofree char *all = g_strconcat(result.out, result.err, NULL);

	if (result.code != code || (part && !strstr(all, part)))
		print_error("%s %s: code %d\n%s\n", words[0], words[1], result.code, all);
	assert_int_equal(result.code, code);
	if (part)
		assert_non_null(strstr(all, part));
	said_fini(&result);
}

#define expect(code, part, ...) expect_words((code), (part), (const char *const[]){__VA_ARGS__, NULL})

static int set_up(void **state)
{
	(void)state;
	home = g_dir_make_tmp("nvirt-screen-XXXXXX", NULL);
	lab = lab_start(1);
	lab_do(lab, "define", "h1", "boot", "boot");
	lab_define_linux(lab, "shell", "nvirt.shell");
	lab_do(lab, "virsh", "h1", "start", "shell");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lab_stop(lab);
	files_remove(home);
	g_free(home);
	return 0;
}

static void a_boot_message_is_read(void **state)
{
	(void)state;
	expect(1, "it is not running", "screen", "boot");
	expect(1, "it is off", "wait", "boot", "--text", "x", "--timeout", "0.5");
	lab_do(lab, "virsh", "h1", "start", "boot");
	expect(0, "SeaBIOS (version", "wait", "boot", "--text", "^SeaBIOS \\(version", "--timeout", "60");
	expect(0, "SeaBIOS (version", "screen", "boot");
	expect(0, "\"kind\":\"text\"", "--json", "screen", "boot");
	expect(1, "was not seen", "wait", "boot", "--text", "no such words", "--timeout", "0.5");
	expect(0, NULL, "wait", "boot", "--text", "no such words", "--gone", "--stable", "0.5", "--timeout", "30");
	expect(2, "regular expression", "wait", "boot", "--text", "(");
	lab_do(lab, "virsh", "h1", "destroy", "boot");
}

static void a_picture_is_written(void **state)
{
	g_autofree char *path = g_build_filename(home, "screen.png", NULL);
	g_autofree char *bytes = NULL;
	gsize length = 0;
	(void)state;

	expect(0, NULL, "screen", "shell", "--png", path);
	assert_true(g_file_get_contents(path, &bytes, &length, NULL));
	assert_true(length > 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0);
	g_unlink(path);
}

static void a_shell_is_used_by_keys_and_screen_alone(void **state)
{
	(void)state;
	expect(0, "lab:/#", "wait", "shell", "--text", "^lab:/#", "--timeout", "180");
	expect(0, NULL, "type", "shell", "--enter", "cd /tmp; echo 'A b' | tr a-zA-Z A-Za-z");
	expect(0, "a B", "wait", "shell", "--text", "^a B$", "--timeout", "60");
	expect(0, NULL, "type", "shell", "--enter", "echo $((6*7)) \"<>|&;(){}[]~!@#%^*_+-=?:,./\" '\\`'");
	expect(0, "42 <>|&;(){}[]~!@#%^*_+-=?:,./ \\`", "wait", "shell", "--text", "^42 <>", "--timeout", "60");
	expect(0, NULL, "type", "shell", "--enter", "cat >/dev/null");
	expect(0, NULL, "key", "shell", "ctrl-d");
	expect(0, NULL, "type", "shell", "--enter", "clear");
	expect(0, NULL, "wait", "shell", "--text", "^a B$", "--gone", "--timeout", "60");
	expect(0, NULL, "wait", "shell", "--stable", "1", "--timeout", "60");
}

static void what_can_not_be_typed_is_told_and_nothing_typed(void **state)
{
	(void)state;
	expect(1, "nothing was typed", "type", "shell", "abc\u00fc");
	expect(1, "read-only", "-r", "type", "shell", "abc");
	expect(1, "is no key", "key", "shell", "ctrl-nothing");
	expect(1, "no keyboard layout", "type", "shell", "--layout", "xx", "abc");
	expect(1, "was not seen", "wait", "shell", "--text", "abc", "--timeout", "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_boot_message_is_read),
	        cmocka_unit_test(a_shell_is_used_by_keys_and_screen_alone),
	        cmocka_unit_test(a_picture_is_written),
	        cmocka_unit_test(what_can_not_be_typed_is_told_and_nothing_typed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
