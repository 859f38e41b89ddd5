/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mouse on a guest's screen: a real Linux guest with a tablet shows what its kernel is told, and one without says
 * why nothing comes of it. And a guest is asked for another size of its screen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <string.h>

#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"

/* An emulated guest on a busy machine. */
enum { BOOT_MS = 180 * 1000 };
/* Text mode: 80 x 25 cells of 9 x 16 pixels; a tablet counts to 32767 on either side. */
enum { COLS = 80, ROWS = 25, CELL_W = 9, CELL_H = 16, AXIS = 0x7fff };
/* What the kernel is told, as it is shown: type and code of an event as one number. */
enum { ABS_X = 3, ABS_Y = 3 | 1 << 16, BUTTON_LEFT = 1 | 0x110 << 16, BUTTON_WHEEL = 2 | 8 << 16 };
/* SGR's codes. */
enum { LEFT = 0, DRAG_LEFT = 32, WHEEL_UP = 64 };

static struct lab *lab;
static struct pty *pty;
static int top, left; /* of the guest's screen, on ours */

static void attach_tablet(const char *guest)
{
	g_autofree char *path = g_build_filename(lab_dir(lab), "tablet.xml", NULL);

	assert_true(g_file_set_contents(path, "<input type='tablet' bus='virtio'/>", -1, NULL));
	lab_do(lab, "virsh", "h1", "attach-device", guest, path, "--config");
}

static int open_all(void **state)
{
	(void)state;
	lab = lab_start(1);
	lab_do(lab, "define", "h1", "boot", "boot");
	lab_define_linux(lab, "shell", "nvirt.shell");
	attach_tablet("shell");
	lab_do(lab, "virsh", "h1", "start", "boot");
	lab_do(lab, "virsh", "h1", "start", "shell");
	pty = session_start(lab_uri(lab, "h1"), 45, 130);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	pty_free(pty);
	lab_stop(lab);
	return 0;
}

static void open_screen(const char *title)
{
	session_open(pty, title);
	pty_keys(pty, "M-2");
	for (int i = 0; i < 3 && !pty_shows(pty, "\\[Console\\]"); i++)
		pty_keys(pty, "]");
	pty_wait_text(pty, "\\[Screen\\]");
}

/* Button and place of the guest's screen in cells, from 0. */
static void mouse(int code, int row, int col, bool down)
{
	g_autofree char *bytes = g_strdup_printf("\033[<%d;%d;%d%c", code, left + col + 1, top + row + 1, down ? 'M' : 'm');

	pty_type(pty, bytes);
}

/* Those of this code that the kernel was told last. */
static void wait_event(int code, int value)
{
	g_autofree char *regex = g_strdup_printf("│ *%d +%d *\n", code, value);

	pty_wait_text_within(pty, regex, BOOT_MS);
}

static int of_axis(int pixel, int pixels)
{
	return pixel * AXIS / pixels;
}

static void wait_place(int row, int col)
{
	wait_event(ABS_X, of_axis(col * CELL_W + CELL_W / 2, COLS * CELL_W));
	wait_event(ABS_Y, of_axis(row * CELL_H + CELL_H / 2, ROWS * CELL_H));
}

static void find_screen(void)
{
	int row = pty_find_row(pty, "│lab:/#");
	g_autofree char *text = pty_row_text(pty, row);
	const char *border = strstr(text, "│lab:/#");

	left = (int)g_utf8_strlen(text, border - text) + 1;
	top = pty_find_row(pty, "\\[Screen\\]") + 1;
}

static void the_kernel_is_told_where_it_is(void **state)
{
	const char *const type[] = {"type", "-c", lab_uri(lab, "h1"), "shell", "--enter",
	        "clear; cd /sys/class/input; t=$(grep -l Tablet */name); cd ${t%/*}; "
	        "while dd bs=24 count=1 2>/dev/null | od -An -v -j16 -td4; do :; done </dev/input/$(echo event*)",
	        NULL};
	struct pty *verb;

	(void)state;
	open_screen("guest shell");
	pty_wait_text_within(pty, "│lab:/#", BOOT_MS);
	find_screen();
	verb = pty_start(type, NULL, 24, 80);
	pty_wait_exit_code(verb, 0);
	pty_free(verb);
	pty_wait_text(pty, "Enter types");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "Ctrl-\\] takes the keys back");
	/* The first and the last cell. */
	mouse(LEFT, 0, 0, true);
	wait_place(0, 0);
	wait_event(BUTTON_LEFT, 1);
	mouse(LEFT, 0, 0, false);
	wait_event(BUTTON_LEFT, 0);
	mouse(LEFT, ROWS - 1, COLS - 1, true);
	wait_place(ROWS - 1, COLS - 1);
	/* Led out of the panel, the button is let go there. */
	mouse(DRAG_LEFT, 12, 40, true);
	wait_place(12, 40);
	mouse(DRAG_LEFT, 5, -9, true);
	wait_event(ABS_X, 0);
	mouse(LEFT, 5, -9, false);
	wait_event(BUTTON_LEFT, 0);
	mouse(WHEEL_UP, 7, 70, true);
	wait_place(7, 70);
	wait_event(BUTTON_WHEEL, 1);
	pty_keys(pty, "C-]");
}

static void without_a_tablet_it_says_why(void **state)
{
	(void)state;
	open_screen("guest boot");
	pty_wait_text(pty, "│seconds 0000");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "Ctrl-\\] takes the keys back");
	mouse(LEFT, 3, 3, true);
	mouse(LEFT, 3, 3, false);
	pty_wait_text(pty, "the guest uses no tablet");
	pty_keys(pty, "C-]");
}

/* A VGA in text mode has nobody who could be told. */
static void a_size_that_can_not_be_had_is_said(void **state)
{
	(void)state;
	pty_keys(pty, "=");
	pty_wait_text(pty, "the screen keeps its size: its device or driver takes none");
	/* The connection is the same, and goes on. */
	pty_wait_text(pty, "\\[Screen\\] .* 80x25");
}

static void the_layout_in_use_is_proposed(void **state)
{
	(void)state;
	pty_keys(pty, "L");
	pty_wait_text(pty, "┌─ Keyboard layout of the guest");
	pty_wait_text(pty, "Layout \\* +us");
	pty_keys(pty, "C-u");
	pty_type(pty, "nonesuch");
	for (int i = 0; i < 4 && pty_shows(pty, "┌─ Keyboard layout"); i++)
		pty_keys(pty, "Enter");
	pty_wait_text(pty, "there is no keyboard layout 'nonesuch'");
	pty_keys(pty, "L", "C-u");
	pty_type(pty, "de");
	for (int i = 0; i < 4 && pty_shows(pty, "┌─ Keyboard layout"); i++)
		pty_keys(pty, "Enter");
	pty_wait_text(pty, "this guest's keyboard layout is taken for 'de'");
	pty_keys(pty, "L");
	pty_wait_text(pty, "Layout \\* +de");
	pty_keys(pty, "Esc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_kernel_is_told_where_it_is),
	        cmocka_unit_test(without_a_tablet_it_says_why),
	        cmocka_unit_test(a_size_that_can_not_be_had_is_said),
	        cmocka_unit_test(the_layout_in_use_is_proposed),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
