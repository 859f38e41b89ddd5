/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a screen says about its guest: from what such screens show, and not from what only reads like it. */
#include "unit.h"

#include "nvirt/screen_signs.h"
#include "nvirt/screen_text.h"
#include "nvirt/serial.h"

static enum screen_sign sign_of(const char *text)
{
	g_auto(GStrv) rows = g_strsplit(text, "\n", -1);

	return screen_sign_of_rows((const char *const *)rows, g_strv_length(rows));
}

struct example {
	enum screen_sign sign;
	const char *text;
};

static const struct example samples[] = {
        {SIGN_PANIC, "[    1.301234] VFS: Unable to mount root fs on unknown-block(0,0)\n"
                     "[    1.302000] Kernel panic - not syncing: VFS: Unable to mount root fs\n"
                     "[    1.302100] CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.1.0\n"
                     "[    1.310000] Rebooting in 30 seconds..\n\n"},
        {SIGN_PANIC, "[   12.4][    T1] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---"},
        {SIGN_PANIC, "Kernel panic - not syncing: Attempted to kill init!\nCPU: 0"},
        {SIGN_PANIC, "  :(\n\n Your PC ran into a problem and needs to restart. We're just"},
        {SIGN_OOPS, "[  100.123456] BUG: kernel NULL pointer dereference, address: 0000000000000000\n"
                    "[  100.123460] Oops: 0002 [#1] PREEMPT SMP NOPTI\nroot@web1:~#"},
        {SIGN_OOPS, "<1>[ 55.000001] Unable to handle kernel NULL pointer dereference at virtual address 0\nweb1 login:"},
        {SIGN_FSCK, "/dev/sda1: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.\n\t(i.e., without -a or -p options)\nfsck exited with status code 4"},
        {SIGN_FSCK, "Pass 2: Checking directory structure\nEntry 'x' in / (2) has deleted/unused inode 12.\nClear<y>?"},
        {SIGN_MAINTENANCE, "You are in emergency mode. After logging in, type \"journalctl -xb\" to view\n"
                           "system logs, \"systemctl reboot\" to reboot.\nGive root password for maintenance\n"
                           "(or press Control-D to continue):"},
        {SIGN_MAINTENANCE, "ALERT!  UUID=1-2 does not exist.  Dropping to a shell!\n\nBusyBox v1.35.0\n\n(initramfs)"},
        {SIGN_NO_BOOT, "Nothing to boot: No such file or directory\nNo more network devices\n\nNo bootable device.\n\n\n"},
        {SIGN_NO_BOOT, "BdsDxe: No bootable option or device was found.\nBdsDxe: Press any key to enter the Boot Manager Menu."},
        {SIGN_GRUB_RESCUE, "error: no such partition.\nEntering rescue mode...\ngrub rescue>"},
        {SIGN_GRUB_RESCUE, "   Minimal BASH-like line editing is supported. For the first word,\n   TAB lists\n\ngrub> ls"},
        {SIGN_INSTALLER, "      ┌────────────┤ [?] Debian installer main menu ├──────┐\n      │ Choose the next step │\n\n\n"
                         "<Tab> moves; <Space> selects; <Enter> activates buttons"},
        {SIGN_INSTALLER, "  ┌─────┤ [!!] Partition disks ├─────┐\n  │  <Go Back>      <Continue>  │"},
        {SIGN_LOGIN, "Debian GNU/Linux 12 web1 tty1\n\nweb1 login:"},
        {SIGN_LOGIN, "web1 login: roo"},
        {SIGN_LOGIN, "FreeBSD/amd64 (x) (ttyv0)\n\nlogin:"},
        {SIGN_LOGIN, "sunhost console login:"},
        /* None of them. */
        {SIGN_NONE, ""},
        {SIGN_NONE, "\n\n\n"},
        {SIGN_NONE, "web1 login: root\nPassword:"},
        {SIGN_NONE, "Last login: Mon Jan  1 on tty1\nroot@web1:~#"},
        {SIGN_NONE, "Last login: Mon Jan  1 on tty1"},
        {SIGN_NONE, "$ cat notes\nKernel panic - not syncing: what it means\nuser@web1:~$"},
        {SIGN_NONE, "Kernel panic - not syncing is what a kernel says\n~\n~\nnotes.txt (END)"},
        {SIGN_NONE, "The words BUG: and Oops: in a manual\nBUG: none"},
        {SIGN_NONE, "[    0.000000] Linux version 6.1.0-13-amd64\n[    0.1] Command line: root=/dev/vda1"},
        {SIGN_NONE, "No bootable device.\n1\n2\n3\n4\n5\nBooting from Hard Disk...\nGRUB loading."},
        {SIGN_NONE, "   ┌──┤ Loading additional components ├──┐\n   │   32%   │"},
        {SIGN_NONE, "user@host:~$ ssh web1 # at the login: prompt say yes"},
        {SIGN_NONE, "[ BUG: in brackets ]"},
        {SIGN_NONE, "[1.5"},
        {SIGN_NONE, "<["},
};

static void screens_are_told_from_each_other(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
		enum screen_sign sign = sign_of(samples[i].text);

		if (sign != samples[i].sign)
			fail_msg("sample %zu: '%s' where '%s' is right: %s", i, screen_sign_words(sign),
			        screen_sign_words(samples[i].sign), samples[i].text);
	}
}

static void every_sign_has_words_and_a_letter_of_its_own(void **state)
{
	bool seen[SIGN_N] = {false};

	(void)state;
	for (enum screen_sign a = SIGN_NONE + 1; a < SIGN_N; a++) {
		assert_true(*screen_sign_words(a));
		/* Those of the tree's other marks. */
		assert_null(strchr("!Ttaxsn", screen_sign_letter(a)));
		for (enum screen_sign b = a + 1; b < SIGN_N; b++)
			assert_int_not_equal(screen_sign_letter(a), screen_sign_letter(b));
	}
	for (gsize i = 0; i < G_N_ELEMENTS(samples); i++)
		seen[samples[i].sign] = true;
	for (enum screen_sign sign = SIGN_NONE; sign < SIGN_N; sign++)
		assert_true(seen[sign]);
	assert_string_equal(screen_sign_words(SIGN_NONE), "");
}

#define MS 1000

static void a_sign_comes_when_it_stood_and_goes_when_it_was_away(void **state)
{
	struct screen_signs signs = {0};

	(void)state;
	assert_false(screen_signs_see(&signs, SIGN_LOGIN, 1000 * MS));
	assert_int_equal(signs.shown, SIGN_NONE);
	assert_true(screen_signs_pending(&signs));
	/* It only flashed by. */
	assert_false(screen_signs_see(&signs, SIGN_NONE, 1100 * MS));
	assert_false(screen_signs_pending(&signs));
	assert_false(screen_signs_see(&signs, SIGN_LOGIN, 2000 * MS));
	assert_true(screen_signs_see(&signs, SIGN_LOGIN, 3000 * MS));
	assert_int_equal(signs.shown, SIGN_LOGIN);
	assert_false(screen_signs_pending(&signs));
	/* Away for a moment, while the screen is drawn anew. */
	assert_false(screen_signs_see(&signs, SIGN_NONE, 3100 * MS));
	assert_false(screen_signs_see(&signs, SIGN_LOGIN, 3200 * MS));
	assert_false(screen_signs_see(&signs, SIGN_NONE, 4000 * MS));
	assert_false(screen_signs_see(&signs, SIGN_NONE, 5000 * MS));
	assert_int_equal(signs.shown, SIGN_LOGIN);
	assert_true(screen_signs_see(&signs, SIGN_NONE, 6000 * MS));
	assert_int_equal(signs.shown, SIGN_NONE);
	/* One after the other: from the newest on. */
	assert_false(screen_signs_see(&signs, SIGN_LOGIN, 7000 * MS));
	assert_false(screen_signs_see(&signs, SIGN_PANIC, 7700 * MS));
	assert_false(screen_signs_see(&signs, SIGN_PANIC, 8000 * MS));
	assert_true(screen_signs_see(&signs, SIGN_PANIC, 8600 * MS));
	assert_int_equal(signs.shown, SIGN_PANIC);
}

static void an_oops_that_scrolled_by_stays(void **state)
{
	struct screen_signs signs = {0};

	(void)state;
	screen_signs_see(&signs, SIGN_OOPS, 1000 * MS);
	assert_true(screen_signs_see(&signs, SIGN_OOPS, 2000 * MS));
	for (int i = 3; i < 10; i++)
		assert_false(screen_signs_see(&signs, i % 2 ? SIGN_NONE : SIGN_LOGIN, i * 1000 * MS));
	assert_int_equal(signs.shown, SIGN_OOPS);
	screen_signs_see(&signs, SIGN_PANIC, 20000 * MS);
	assert_true(screen_signs_see(&signs, SIGN_PANIC, 21000 * MS));
}

static void a_picture_says_nothing(void **state)
{
	struct text_cell cells[6] = {{.ch = 'l'}, {.ch = 'o'}, {.ch = 'g'}, {.ch = 'i'}, {.ch = 'n'}, {.ch = ':'}};
	struct text_screen screen = {.kind = SCREEN_TEXT, .rows = 1, .cols = 6, .cells = cells};

	(void)state;
	assert_int_equal(screen_sign_of_screen(&screen), SIGN_LOGIN);
	screen.kind = SCREEN_PICTURE;
	assert_int_equal(screen_sign_of_screen(&screen), SIGN_NONE);
	assert_int_equal(screen_sign_of_screen(NULL), SIGN_NONE);
}

static void a_console_is_read_as_its_terminal_shows_it(void **state)
{
	static const char *const texts[] = {"Debian GNU/Linux 12 web1 ttyS0", "", "web1 login:"};
	struct serial_screen *screen = serial_screen_new();
	struct serial_frame *frame = serial_frame_new();

	(void)state;
	assert_int_equal(screen_sign_of_serial(screen), SIGN_NONE);
	frame->rows = 5;
	frame->cols = 80;
	for (int i = 0; i < 3; i++) {
		struct serial_cell cells[80] = {{0}};
		struct serial_row row = {.row = i};

		for (unsigned c = 0; c < strlen(texts[i]); c++)
			cells[c].ch = (guchar)texts[i][c];
		row.line = serial_line_new(cells, (unsigned)strlen(texts[i]));
		g_array_append_val(frame->changed, row);
	}
	serial_screen_apply(screen, frame);
	assert_int_equal(screen_sign_of_serial(screen), SIGN_LOGIN);
	serial_frame_free(frame);
	serial_screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(screens_are_told_from_each_other),
	        cmocka_unit_test(every_sign_has_words_and_a_letter_of_its_own),
	        cmocka_unit_test(a_sign_comes_when_it_stood_and_goes_when_it_was_away),
	        cmocka_unit_test(an_oops_that_scrolled_by_stays),
	        cmocka_unit_test(a_picture_says_nothing),
	        cmocka_unit_test(a_console_is_read_as_its_terminal_shows_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
