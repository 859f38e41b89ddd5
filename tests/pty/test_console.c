/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The serial console at 80x24 and by `nvirt console`, with a shell in a real Linux guest at its other end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <glib/gstdio.h>

#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"

/* An emulated guest on a busy machine. */
enum { BOOT_MS = 180 * 1000 };

static struct lab *lab;
static struct pty *pty;

static int open_all(void **state)
{
	(void)state;
	lab = lab_start(1);
	lab_define_linux(lab, "shell", "nvirt.serial-shell");
	pty = session_start(lab_uri(lab, "h1"), 24, 80);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	pty_free(pty);
	lab_stop(lab);
	return 0;
}

static void open_tab(void)
{
	session_open(pty, "guest shell");
	pty_keys(pty, "M-2", "]", "]", "]");
	pty_wait_text(pty, "\\[Console\\]");
	for (int i = 0; i < 3 && !pty_shows(pty, "\\[Serial\\]"); i++)
		pty_keys(pty, "v");
	pty_wait_text(pty, "\\[Serial\\]");
}

/* Without the guest at the other end the letters would be commands of nvirt's. */
static void type_to_guest(const char *text)
{
	pty_wait_text(pty, "guest has the keys|takes the keys back");
	pty_type(pty, text);
}

/* A line, and below it the shell asks again: what is typed earlier stands before its question. */
static void answered(const char *line)
{
	g_autofree char *regex = g_strdup_printf("│%s *\n.*│/ #", line);

	pty_wait_text(pty, regex);
}

static void it_waits_for_the_guest_and_sees_it_boot(void **state)
{
	(void)state;
	open_tab();
	pty_wait_text(pty, "It is off");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "the guest is off");
	lab_do(lab, "virsh", "h1", "start", "shell");
	pty_wait_text_within(pty, "lab guest is up *\n.*│/ #", BOOT_MS);
}

static void commands_are_typed_and_answered(void **state)
{
	(void)state;
	/* Every key is the guest's, those of nvirt too. */
	type_to_guest("echo q?S$((6*7))t\r");
	answered("q\\?S42t");
	type_to_guest("printf '\\033[1;31mred\\033[0m\\n'\r");
	answered("red");
	struct pty_cell cell = pty_cell_at(pty, pty_find_row(pty, "│red"), 25);
	assert_int_equal(cell.ch, 'r');
	assert_int_equal(cell.fg, 1);
	/* Ctrl-C is the guest's as well. */
	type_to_guest("cat\r");
	pty_wait_text(pty, "│/ # cat");
	type_to_guest("meow\r");
	pty_wait_text(pty, "│meow\\s*\n.*│meow");
	type_to_guest("\003");
	pty_wait_text(pty, "\\^C *(\n.*│)?/ #");
	type_to_guest("echo still $((1+1)) here\r");
	answered("still 2 here");
}

static void what_scrolled_by_is_searched_and_kept(void **state)
{
	(void)state;
	type_to_guest("seq 1000 1200\r");
	answered("1200");
	pty_keys(pty, "C-]");
	pty_wait_text(pty, "Enter types");
	pty_keys(pty, "PgUp");
	pty_wait_text(pty, "lines back");
	pty_keys(pty, "/");
	pty_type(pty, "1042");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "│1042");
	pty_keys(pty, "y");
	pty_wait_text(pty, "Screen copied|not copied");
	pty_keys(pty, "Esc", "E");
	pty_wait_text(pty, "Save the console");
	pty_keys(pty, "C-u");
	g_autofree char *path = g_build_filename(lab_dir(lab), "console.txt", NULL);
	pty_type(pty, path);
	pty_keys(pty, "Enter");
	for (int i = 0; i < 3 && pty_shows(pty, "Save the console"); i++)
		pty_keys(pty, "Enter");
	pty_wait_text(pty, "console's text");
	g_autofree char *text = NULL;
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_non_null(strstr(text, "\n1000\n1001\n"));
	assert_non_null(strstr(text, "q?S42t\n"));
	pty_keys(pty, "End", "F11");
	pty_wait_gone(pty, "─ Tasks");
	pty_keys(pty, "=");
	pty_wait_text(pty, "(?m)^(/ # )?stty rows [0-9]+ cols 80\\s*\n/ #");
	/* What was said goes with Esc, and with it the whole screen. */
	pty_keys(pty, "Esc", "F11", "Enter");
	type_to_guest("stty size\r");
	pty_wait_text(pty, "(?m)^[0-9]+ 80$");
	pty_keys(pty, "C-]", "F11");
	pty_wait_text(pty, "─ Tasks");
}

static void what_it_says_about_the_guest_is_flagged(void **state)
{
	(void)state;
	pty_keys(pty, "Enter");
	type_to_guest("clear; echo -n 'web1 login: '; read x; echo got $x\r");
	pty_wait_text(pty, "▶ shell +LT");
	type_to_guest("x\r");
	answered("got x");
	/* A line of the kernel's own log, by the console's driver. */
	type_to_guest("clear; echo '<1>BUG: unable to handle' >/dev/kmsg; dmesg | tail -1\r");
	pty_wait_text(pty, "▶ shell +!OT");
	/* It goes on, but is not well. */
	type_to_guest("clear; echo still $((2+2))\r");
	answered("still 4");
	assert_false(pty_shows(pty, "BUG: unable"));
	pty_keys(pty, "C-]");
	assert_true(pty_shows(pty, "▶ shell +!OT"));
}

/* Wide: what it says on one line is not broken in the middle of a word. */
static struct pty *start_verb(const char *option)
{
	const char *const argv[] = {"console", "-c", lab_uri(lab, "h1"), "shell", option, NULL};

	return pty_start(argv, NULL, 24, 160);
}

static void a_second_session_is_refused_or_cuts_the_first(void **state)
{
	(void)state;
	struct pty *verb = start_verb(NULL);
	pty_wait_exit_code(verb, 1);
	assert_true(pty_shows(verb, "Active console session exists for this domain; '--force' cuts that session"));
	struct termios before = pty_termios_before(verb), after = pty_termios(verb);
	assert_int_equal(before.c_lflag, after.c_lflag);
	pty_free(verb);

	verb = start_verb("--force");
	pty_wait_text(verb, "console of 'shell' is open, Ctrl-\\] leaves");
	pty_wait_text(pty, "another session may");
	pty_type(verb, "echo raw $((2+3)) line\r");
	pty_wait_text(verb, "(?m)^raw 5 line");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "Console in use");
	pty_keys(pty, "y");
	pty_wait_exit_code(verb, 1);
	assert_true(pty_shows(verb, "another session may have it now"));
	before = pty_termios_before(verb);
	after = pty_termios(verb);
	assert_int_equal(before.c_lflag, after.c_lflag);
	assert_int_equal(before.c_oflag, after.c_oflag);
	pty_free(verb);
	pty_wait_text(pty, "guest has the keys|takes the keys back");
	type_to_guest("echo back $((3+3))\r");
	answered("back 6");
}

static void a_restarted_guest_is_attached_again(void **state)
{
	(void)state;
	type_to_guest("clear\r");
	pty_wait_gone(pty, "back 6");
	/* The same QEMU. */
	lab_do(lab, "virsh", "h1", "reset", "shell");
	pty_wait_text_within(pty, "lab guest is up *\n.*│/ #", BOOT_MS);
	type_to_guest("clear\r");
	pty_wait_gone(pty, "lab guest is up");
	/* Another one. */
	lab_do(lab, "virsh", "h1", "destroy", "shell");
	pty_wait_text(pty, "the guest is off");
	lab_do(lab, "virsh", "h1", "start", "shell");
	pty_wait_text_within(pty, "lab guest is up *\n.*│/ #", BOOT_MS);
	type_to_guest("echo again $((4+4))\r");
	answered("again 8");
}

static void ctrl_bracket_leaves_the_verb(void **state)
{
	(void)state;
	pty_keys(pty, "C-]", "x");
	pty_wait_text(pty, "Enter opens the guest's serial console");
	struct pty *verb = start_verb(NULL);
	pty_wait_text(verb, "console of 'shell' is open");
	pty_type(verb, "\x1d");
	pty_wait_exit_code(verb, 0);
	struct termios before = pty_termios_before(verb), after = pty_termios(verb);
	assert_int_equal(before.c_lflag, after.c_lflag);
	pty_free(verb);
	session_quit(g_steal_pointer(&pty));
}

static void refused(const char *uri, const char *guest, const char *why)
{
	const char *const argv[] = {"console", "-c", uri, guest, NULL};
	struct pty *verb = pty_start(argv, NULL, 24, 160);

	pty_wait_exit_code(verb, 1);
	pty_wait_text(verb, why);
	pty_free(verb);
}

static void where_there_is_none_it_says_what_helps(void **state)
{
	(void)state;
	lab_do(lab, "define", "h1", "mute", "boot");
	g_autofree char *xml = lab_run(lab, "virsh", "h1", "dumpxml", "--inactive", "mute");
	g_autoptr(GRegex) consoles = g_regex_new("<(serial|console) .*?</\\1>", G_REGEX_DOTALL, 0, NULL);
	g_autofree char *without = g_regex_replace(consoles, xml, -1, 0, "", 0, NULL);
	virDomainPtr dom = virDomainDefineXML(lab_connection(lab, "h1"), without);

	assert_non_null(dom);
	assert_int_equal(virDomainCreate(dom), 0);
	refused(lab_uri(lab, "h1"), "mute", "give the guest <console type='pty'/>");
	virDomainDestroy(dom);
	virDomainFree(dom);
	refused("test:///default", "test", "guests of this kind of host have none");
}

static void without_a_terminal_it_says_so(void **state)
{
	const char *argv[] = {pty_program(), "console", "shell", NULL};
	g_autofree char *words = NULL;
	int status = 0;

	(void)state;
	assert_true(g_spawn_sync(NULL, (char **)(void *)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
	        &words, &status, NULL));
	assert_non_null(strstr(words, "needs a terminal"));
	assert_int_not_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_waits_for_the_guest_and_sees_it_boot),
	        cmocka_unit_test(commands_are_typed_and_answered),
	        cmocka_unit_test(what_scrolled_by_is_searched_and_kept),
	        cmocka_unit_test(what_it_says_about_the_guest_is_flagged),
	        cmocka_unit_test(a_second_session_is_refused_or_cuts_the_first),
	        cmocka_unit_test(a_restarted_guest_is_attached_again),
	        cmocka_unit_test(ctrl_bracket_leaves_the_verb),
	        cmocka_unit_test(where_there_is_none_it_says_what_helps),
	        cmocka_unit_test(without_a_terminal_it_says_so),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
