/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A real guest's picture in a terminal that has graphics: what it was told by kitty's protocol or by sixels is decoded,
 * held against the guest's own screenshot, and must be gone wherever something else is to be seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <glib.h>

#include "nvirt/screen_file.h"
#include "support/agent.h"
#include "support/lab.h"
#include "support/plane.h"
#include "support/pty.h"
#include "support/session.h"

/* An emulated guest on a busy machine. */
enum { BOOT_MS = 180 * 1000 };

static const struct pty_terminal kitty = {.kitty = true, .cell_w = 9, .cell_h = 15},
                                 sixels = {.sixel = true, .cell_w = 10, .cell_h = 20, .by_kernel = true};

static struct lab *lab;
static struct pty *pty;

static int open_lab(void **state)
{
	(void)state;
	lab = lab_start(1);
	lab_do(lab, "define", "h1", "boot1", "boot");
	lab_do(lab, "virsh", "h1", "start", "boot1");
	return 0;
}

static int close_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	return 0;
}

/* ---- what is seen ---- */

/* The guest's frame now; owned. */
static struct picture *guest_frame(void)
{
	virDomainPtr dom = virDomainLookupByName(lab_connection(lab, "h1"), "boot1");
	g_autoptr(GByteArray) bytes = guest_screenshot(dom);
	struct frame frame;
	assert_true(frame_from_bytes(bytes->data, bytes->len, &frame, NULL));
	struct picture *picture = picture_new((unsigned)frame.width, (unsigned)frame.height);
	for (int i = 0; i < frame.width * frame.height; i++)
		for (int c = 0; c < 3; c++)
			picture->rgb[i * 3 + c] = (uint8_t)(frame.pixels[i] >> (16 - 8 * c));
	g_free((void *)frame.pixels);
	virDomainFree(dom);
	return picture;
}

static double difference(const struct picture *a, const struct picture *b)
{
	gsize sum = 0, count = (gsize)a->width * a->height * 3;
	for (gsize i = 0; i < count; i++)
		sum += (gsize)ABS(a->rgb[i] - b->rgb[i]);
	return (double)sum / (double)count;
}

/* All of the guest's picture stands there, and it is the guest's. */
static bool shows_guest(void *data)
{
	struct pty *in = data;
	struct plane_box box;
	unsigned covered;
	if (!plane_box(pty_plane(in), &box) || box.rows < 3 || box.cols < 16)
		return false;
	struct picture *seen = plane_pixels(pty_plane(in), &box, &covered), *frame = guest_frame();
	/* Sixels leave the last rows of pixels alone that are less than one. */
	bool whole = covered + seen->width * 6 > seen->width * seen->height;
	struct picture *wanted = picture_scaled(frame, 0, 0, frame->width, frame->height, seen->width, covered / seen->width);
	seen->height = wanted->height;
	bool same = whole && difference(seen, wanted) < 8;
	picture_free(seen);
	picture_free(frame);
	picture_free(wanted);
	return same;
}

static bool shows_nothing(void *data)
{
	struct plane_box box;
	return !plane_box(pty_plane(data), &box);
}

static void wait_shown(struct pty *in)
{
	pty_wait_for(in, shows_guest, in, "the guest's picture as graphics", PTY_DEADLINE_MS);
	plane_settle(pty_plane(in));
}

static void wait_nothing(struct pty *in, const char *when)
{
	pty_wait_for(in, shows_nothing, in, when, PTY_DEADLINE_MS);
}

/* ---- the program in a terminal ---- */

/* In the Console tab, with the screen as a picture. */
static struct pty *start(const struct pty_terminal *terminal, const char *const *env, const char *graphics)
{
	const char *const argv[] = {"--refresh", "0.5", "-c", lab_uri(lab, "h1"), graphics ? "--graphics" : NULL, graphics, NULL};
	struct pty *in = pty_start_with(
	        &(struct pty_options){.argv = argv, .env = env, .rows = 30, .cols = 100, .terminal = terminal});
	session_open(in, "guest boot1");
	pty_keys(in, "M-2", "]", "]", "]");
	pty_wait_text_within(in, "\\[Screen\\].*80x25", BOOT_MS);
	pty_keys(in, "i", "i");
	pty_wait_text(in, "picture 720x400");
	return in;
}

/* Nothing of graphics was ever sent. */
static void assert_never_asked(struct pty *in)
{
	const GByteArray *raw = pty_raw_bytes(in);
	g_autofree char *text = g_strndup((const char *)raw->data, raw->len);
	assert_int_equal(pty_asked(in), 0);
	assert_null(strstr(text, "\033_"));
	assert_null(strstr(text, "\033P"));
	assert_null(strstr(text, "\033[c"));
	assert_null(strstr(text, "16t"));
}

static void whoever_does_not_ask_for_graphics_gets_none(void **state)
{
	(void)state;
	pty = start(&kitty, NULL, NULL);
	pty_keys(pty, "?", "Esc", "[", "]");
	assert_never_asked(pty);
	session_quit(pty);
}

/* ---- with graphics ---- */

static void what_lies_over_it_or_hides_it_takes_it_away(const char *words)
{
	wait_shown(pty);
	pty_wait_text(pty, words);
	pty_keys(pty, "?");
	wait_nothing(pty, "no graphics below the help");
	/* What the help leaves free shows the picture, as characters. */
	pty_keys(pty, "Esc");
	wait_shown(pty);
	pty_keys(pty, ":");
	wait_nothing(pty, "no graphics below the palette");
	pty_keys(pty, "Esc");
	wait_shown(pty);
	pty_keys(pty, "[");
	wait_nothing(pty, "no graphics in another tab");
	pty_keys(pty, "]");
	wait_shown(pty);
	pty_keys(pty, "H");
	pty_wait_text(pty, "frozen");
	wait_nothing(pty, "no graphics in read mode");
	pty_keys(pty, "q");
	wait_shown(pty);
}

static void it_goes_along_with_the_terminal(void)
{
	pty_keys(pty, "F11");
	pty_wait_gone(pty, "Resources");
	wait_shown(pty);
	pty_keys(pty, "F11");
	pty_wait_text(pty, "─ Tasks");
	wait_shown(pty);
	pty_resize(pty, 40, 140);
	wait_shown(pty);
	pty_keys(pty, "C-l");
	wait_shown(pty);
	pty_keys(pty, "C-z");
	pty_wait_stopped(pty);
	wait_nothing(pty, "no graphics in the shell");
	pty_continue(pty);
	wait_shown(pty);
	/* A part of it, as it is. */
	pty_resize(pty, 24, 80);
	wait_shown(pty);
}

/* The tree beside it goes on, and nothing that is written there touches it. */
static void what_changes_beside_it_leaves_it(void)
{
	for (int i = 0; i < 3; i++) {
		pty_keys(pty, "M-1", "F5", "M-2");
		assert_true(shows_guest(pty));
	}
}

/* Made for the very cells of this terminal: the guest's 720 by 400 pixels have their shape in them. */
static void assert_fills_cells(const struct pty_terminal *terminal)
{
	struct plane_box box;
	assert_true(plane_box(pty_plane(pty), &box));
	double shape = (double)(box.cols * terminal->cell_w) / (box.rows * terminal->cell_h);
	assert_true(shape > 1.8 * 0.94 && shape < 1.8 * 1.06);
}

static void the_picture_is_the_guests(const struct pty_terminal *terminal, const char *words)
{
	pty = start(terminal, NULL, NULL);
	assert_int_equal(pty_asked(pty), 0);
	pty_keys(pty, "P");
	what_lies_over_it_or_hides_it_takes_it_away(words);
	assert_fills_cells(terminal);
	what_changes_beside_it_leaves_it();
	it_goes_along_with_the_terminal();
	assert_int_equal(pty_asked(pty), 1);
	pty_keys(pty, "P");
	wait_nothing(pty, "characters again");
	/* What it has is known by now. */
	pty_keys(pty, "P");
	wait_shown(pty);
	assert_int_equal(pty_asked(pty), 1);
	pty_keys(pty, "i", "i", "q");
	pty_wait_exit_code(pty, 0);
	wait_nothing(pty, "no graphics behind it");
	pty_free(pty);
}

static void kittys_graphics_show_the_guests_picture(void **state)
{
	(void)state;
	the_picture_is_the_guests(&kitty, "picture 720x400, kitty");
}

static void sixels_show_the_guests_picture(void **state)
{
	(void)state;
	the_picture_is_the_guests(&sixels, "picture 720x400, sixels");
}

/* ---- terminals that have none, or are not what they seem ---- */

static void a_terminal_without_graphics_says_so_and_keeps_characters(void **state)
{
	static const struct pty_terminal plain = {.cell_w = 8, .cell_h = 16}, silent = {.cell_w = 8, .cell_h = 16, .silent = true};

	(void)state;
	pty = start(&plain, NULL, NULL);
	pty_keys(pty, "P");
	pty_wait_text(pty, "pictures stay characters: this terminal has neither");
	assert_true(shows_nothing(pty));
	session_quit(pty);
	pty = start(&silent, NULL, NULL);
	pty_keys(pty, "P");
	/* Keys go on meanwhile. */
	pty_keys(pty, "?", "Esc");
	pty_wait_text(pty, "pictures stay characters: this terminal did not say");
	assert_true(shows_nothing(pty));
	session_quit(pty);
}

static void in_tmux_there_are_none_but_by_force(void **state)
{
	const char *const env[] = {"TMUX=/nowhere,1,0", "TERM=tmux-256color", NULL};

	(void)state;
	pty = start(&sixels, env, NULL);
	pty_keys(pty, "P");
	pty_wait_text(pty, "pictures stay characters: tmux and screen");
	assert_never_asked(pty);
	session_quit(pty);
	pty = start(&sixels, env, "auto");
	pty_wait_text(pty, "pictures stay characters: tmux and screen");
	assert_never_asked(pty);
	session_quit(pty);
	pty = start(&sixels, env, "sixel");
	wait_shown(pty);
	assert_int_equal(pty_asked(pty), 0);
	session_quit(pty);
}

/* Asked for by the command line they are asked of the terminal when there is a picture, and silently used. */
static void an_option_asks_when_there_is_a_picture(void **state)
{
	(void)state;
	pty = start(&kitty, NULL, "auto");
	wait_shown(pty);
	assert_int_equal(pty_asked(pty), 1);
	session_quit(pty);
}

/* ---- a slow line ---- */

static void behind_a_slow_line_keys_come_first(void **state)
{
	(void)state;
	pty = start(&sixels, NULL, NULL);
	pty_keys(pty, "P");
	wait_shown(pty);
	pty_keys(pty, "P");
	wait_nothing(pty, "characters again");
	/* From here on the terminal tells nothing of what it has taken. */
	pty_hold_answers(pty, true);
	gsize before = pty_raw_bytes(pty)->len;
	pty_keys(pty, "P", "v", "v", "v", "j", "k", "?", "Esc");
	/* What may be under way at most, and one band: not the whole picture again and again. */
	assert_true(pty_raw_bytes(pty)->len - before < 160 * 1024);
	pty_hold_answers(pty, false);
	wait_shown(pty);
	session_quit(pty);
}

/* ---- on the command line ---- */

/* `nvirt screen` with that, in that terminal. */
static struct pty *print(const struct pty_terminal *terminal, const char *kind, const char *const *env)
{
	const char *const argv[] = {"-c", lab_uri(lab, "h1"), "screen", "boot1", "--graphics", kind, NULL};
	return pty_start_with(&(struct pty_options){.argv = argv, .env = env, .rows = 40, .cols = 100, .terminal = terminal});
}

static void a_screen_is_printed_as_a_picture(void **state)
{
	static const struct {
		const struct pty_terminal *terminal;
		const char *kind;
		unsigned asked;
	} rows[] = {{&kitty, "auto", 1}, {&sixels, "auto", 1}, {&sixels, "sixel", 0}, {&kitty, "kitty", 0}};

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct pty *in = print(rows[i].terminal, rows[i].kind, NULL);
		pty_wait_exit_code(in, 0);
		assert_true(shows_guest(in));
		assert_int_equal(pty_asked(in), rows[i].asked);
		struct termios before = pty_termios_before(in), now = pty_termios(in);
		assert_memory_equal(&before, &now, sizeof(before));
		pty_free(in);
	}
}

static void it_is_refused_in_words_where_it_can_not_be(void **state)
{
	static const struct pty_terminal plain = {.cell_w = 8, .cell_h = 16}, silent = {.cell_w = 8, .cell_h = 16, .silent = true};
	static const char *const tmux[] = {"TERM=tmux-256color", NULL};
	static const struct {
		const struct pty_terminal *terminal;
		const char *kind, *const *env;
		int code;
		const char *words;
	} rows[] = {{&plain, "auto", NULL, 1, "neither kitty's graphics nor sixels"}, {&silent, "auto", NULL, 1, "did not say what"},
	        {&kitty, "auto", tmux, 1, "tmux and screen lose"}, {&kitty, "png", NULL, 2, "'png' is none of auto, kitty, sixel"},
	        {&kitty, "off", NULL, 2, "'off' is none of"}};

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct pty *in = print(rows[i].terminal, rows[i].kind, rows[i].env);
		pty_wait_exit_code(in, rows[i].code);
		assert_true(pty_shows(in, rows[i].words));
		assert_true(shows_nothing(in));
		pty_free(in);
	}
	struct pty *in = pty_start((const char *const[]){"--graphics", "png", NULL}, NULL, 24, 80);
	pty_wait_exit_code(in, 2);
	assert_true(pty_shows(in, "option '--graphics': 'png' is none of off, auto, kitty, sixel"));
	pty_free(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(whoever_does_not_ask_for_graphics_gets_none),
	        cmocka_unit_test(kittys_graphics_show_the_guests_picture),
	        cmocka_unit_test(sixels_show_the_guests_picture),
	        cmocka_unit_test(a_terminal_without_graphics_says_so_and_keeps_characters),
	        cmocka_unit_test(in_tmux_there_are_none_but_by_force),
	        cmocka_unit_test(an_option_asks_when_there_is_a_picture),
	        cmocka_unit_test(behind_a_slow_line_keys_come_first),
	        cmocka_unit_test(a_screen_is_printed_as_a_picture),
	        cmocka_unit_test(it_is_refused_in_words_where_it_can_not_be),
	};

	return cmocka_run_group_tests(tests, open_lab, close_lab);
}
