/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Console tab with the screens of real guests: what they show is text, what is typed is their
 * keyboard's, and it comes back after whatever became of the guest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <glib.h>

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
	lab_define_linux(lab, "shell", "nvirt.shell");
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

static void open_tab(struct pty *in)
{
	session_open(in, "guest shell");
	pty_keys(in, "M-2", "]", "]", "]");
	pty_wait_text(in, "\\[Console\\]");
	pty_wait_text(in, "\\[Screen\\]");
}

/* Without the guest at the other end the letters would be commands of nvirt's. */
static void type_to_guest(const char *text)
{
	pty_wait_text(pty, "guest has the k|takes the keys back");
	pty_type(pty, text);
}

static void a_guest_that_is_off_is_shown_when_it_starts(void **state)
{
	(void)state;
	open_tab(pty);
	pty_wait_text(pty, "The guest is off.*: its screen is shown");
	lab_do(lab, "virsh", "h1", "start", "shell");
	pty_wait_text_within(pty, "│(SeaBIOS|iPXE|Booting)", BOOT_MS);
	pty_wait_text_within(pty, "│lab:/#", BOOT_MS);
	pty_wait_text(pty, "80x25");
}

static bool cursor_is_shown(void *data)
{
	return pty_modes(data).cursor_visible;
}

static void it_is_worked_with_by_keys(void **state)
{
	(void)state;
	pty_keys(pty, "Enter");
	type_to_guest("echo q?S$((6*7))T \"<>|\"\r");
	pty_wait_text(pty, "│q\\?S42T <>\\|");
	/* Ctrl-C and Ctrl-D are the guest's as well, and so is what nvirt has commands for. */
	type_to_guest("cat\r");
	type_to_guest("x\r");
	pty_wait_text(pty, "│x\\s*\n.*│x");
	type_to_guest("\003\r\004");
	pty_wait_text(pty, "\\^C");
	/* The arrow up is the shell's history; the cursor is the terminal's own. */
	type_to_guest("\rclear\r");
	pty_wait_gone(pty, "\\^C");
	type_to_guest("echo a$((3*5))z\r");
	pty_wait_text(pty, "│a15z");
	pty_keys(pty, "Up", "Enter");
	pty_wait_text(pty, "│a15z\\s*\n.*\n.*│a15z");
	type_to_guest("# here");
	pty_wait_text(pty, "│lab:/# # here");
	pty_wait_for(pty, cursor_is_shown, pty, "the guest's cursor", BOOT_MS);
	type_to_guest("\025");
	pty_wait_gone(pty, "# here");
	pty_keys(pty, "C-]");
	pty_wait_text(pty, "Enter types");
}

static void keys_that_no_terminal_has_are_in_a_menu(void **state)
{
	(void)state;
	pty_keys(pty, "Enter");
	type_to_guest("clear; cat\r");
	pty_wait_gone(pty, "a15z");
	pty_keys(pty, "C-]", "K");
	pty_wait_text(pty, "Press in the guest");
	pty_wait_text(pty, "ctrl-alt-delete +Reboot");
	/* The guest had the keys, so it has them again. */
	pty_keys(pty, "]");
	pty_wait_text(pty, "guest has the k|takes the keys back");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "│\\^\\]");
	pty_keys(pty, "C-]", "C-]", "Enter");
	pty_wait_text(pty, "│\\^\\]\\s*\n(.*\n)+.*│\\^\\]");
	pty_keys(pty, "C-d");
	pty_wait_text(pty, "│lab:/# *\n");
	pty_keys(pty, "C-]", "K", "o");
	pty_wait_text(pty, "Joined by '-'");
	pty_type(pty, "ctrl-nothing");
	pty_keys(pty, "Enter");
	for (int i = 0; i < 3 && pty_shows(pty, "Joined by '-'"); i++)
		pty_keys(pty, "Enter");
	pty_wait_text(pty, "is no key");
}

static void a_paste_is_typed_or_refused_as_a_whole(void **state)
{
	(void)state;
	pty_keys(pty, "Enter");
	type_to_guest("clear\r");
	pty_wait_text(pty, "│lab:/# *\n");
	type_to_guest("\033[200~echo one {1..3} 'A;b'\necho two #\"@~\033[201~");
	pty_wait_text(pty, "│one \\{1\\.\\.3\\} A;b");
	pty_wait_text(pty, "│lab:/# echo two #\"@~");
	type_to_guest("\025");
	pty_wait_gone(pty, "echo two");
	type_to_guest("\033[200~echo gr\303\274n\033[201~");
	pty_wait_text(pty, "nothing was typed: the keyboard layout 'us' has no key for");
	assert_false(pty_shows(pty, "echo gr"));
	/* Ctrl-] ends a long one, and nothing of the rest comes. */
	g_autoptr(GString) text = g_string_new("\033[200~");
	for (int i = 0; i < 100; i++)
		g_string_append(text, ": abcdefghijklmnopqrstuvwxyz\n");
	g_string_append(text, ": the end\n\033[201~");
	type_to_guest(text->str);
	pty_wait_text(pty, "typing, [0-9]+ %");
	pty_keys(pty, "C-]");
	pty_wait_text(pty, "stopped: only a part");
	pty_keys(pty, "Enter", "C-u");
	type_to_guest("clear; echo alive\r");
	pty_wait_text(pty, "│alive *\n");
	assert_false(pty_shows(pty, "the end"));
	pty_keys(pty, "C-]");
}

static void it_may_have_the_whole_screen(void **state)
{
	(void)state;
	pty_keys(pty, "F11");
	pty_wait_gone(pty, "Resources");
	pty_wait_text(pty, "(?m)^alive");
	assert_false(pty_shows(pty, "\\[Screen\\]"));
	pty_keys(pty, "F11");
	pty_wait_text(pty, "─ Tasks");
	pty_keys(pty, "%");
	pty_wait_text(pty, "made smaller");
	pty_keys(pty, "%");
	pty_wait_text(pty, "│alive");
	pty_keys(pty, "i", "i");
	pty_wait_text(pty, "picture 720x400");
	pty_keys(pty, "i");
	pty_wait_text(pty, "80x25");
}

static void the_serial_console_is_beside_it(void **state)
{
	(void)state;
	pty_keys(pty, "v");
	pty_wait_text(pty, "\\[Serial\\]");
	pty_keys(pty, "v");
	pty_wait_text(pty, "\\[Both\\] screen:");
	pty_keys(pty, "o");
	pty_wait_text(pty, "\\[Both\\] serial:");
	pty_keys(pty, "Enter");
	pty_wait_text_within(pty, "│seconds [0-9]+", BOOT_MS);
	assert_true(pty_shows(pty, "│lab:/#"));
	pty_resize(pty, 40, 170);
	pty_wait_text(pty, "│lab:/#.*│.*");
	pty_resize(pty, 24, 80);
	pty_keys(pty, "C-]", "x", "v");
	pty_wait_text(pty, "\\[Screen\\]");
}

static void whatever_becomes_of_the_guest_it_comes_back(void **state)
{
	(void)state;
	lab_do(lab, "virsh", "h1", "managedsave", "shell");
	pty_wait_text(pty, "The guest is off.*: this was");
	/* The last one stays, for the eyes. */
	assert_true(pty_shows(pty, "lab:/#"));
	lab_do(lab, "virsh", "h1", "start", "shell");
	pty_wait_text(pty, "\\[Screen\\] Serial  Both  80x25");
	pty_keys(pty, "Enter");
	/* What is typed before the guest runs again is lost. */
	type_to_guest("                                                            \r");
	type_to_guest("clear; echo b$((4*5))k\r");
	pty_wait_text(pty, "│b20k");
	lab_do(lab, "stop-qemu", "h1", "shell");
	pty_wait_text_within(pty, "QEMU does not answer", BOOT_MS);
	lab_do(lab, "cont-qemu", "h1", "shell");
	pty_wait_gone(pty, "QEMU does not answer");
	lab_do(lab, "virsh", "h1", "reset", "shell");
	pty_wait_gone(pty, "b20k");
	pty_wait_text_within(pty, "│lab:/#", BOOT_MS);
	pty_keys(pty, "C-]");
}

static void a_read_only_connection_looks_and_never_types(void **state)
{
	const char *const argv[] = {"-r", "-c", lab_uri(lab, "h1"), NULL};

	(void)state;
	struct pty *looks = pty_start(argv, NULL, 24, 80);
	open_tab(looks);
	/* The lab's host has its sockets in a place of its own. */
	pty_wait_text(looks, "│lab:/#|cannot connect to");
	pty_keys(looks, "Enter");
	pty_wait_text(looks, "looks and never types");
	pty_keys(looks, "K");
	pty_wait_text(looks, "looks and never types");
	session_quit(looks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_guest_that_is_off_is_shown_when_it_starts),
	        cmocka_unit_test(it_is_worked_with_by_keys),
	        cmocka_unit_test(keys_that_no_terminal_has_are_in_a_menu),
	        cmocka_unit_test(a_paste_is_typed_or_refused_as_a_whole),
	        cmocka_unit_test(it_may_have_the_whole_screen),
	        cmocka_unit_test(the_serial_console_is_beside_it),
	        cmocka_unit_test(whatever_becomes_of_the_guest_it_comes_back),
	        cmocka_unit_test(a_read_only_connection_looks_and_never_types),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
