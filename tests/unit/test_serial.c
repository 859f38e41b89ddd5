/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The serial console's terminal, the reader's copy of it, and its panel: what is shown, and that nothing grows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <malloc.h>

#include "nvirt/serial.h"
#include "ui/console.h"

struct both {
	struct serial_term *term;
	struct serial_screen *screen;
};

static struct both both_new(int rows, int cols)
{
	return (struct both){serial_term_new(rows, cols), serial_screen_new()};
}

static void both_free(struct both *both)
{
	serial_term_free(both->term);
	serial_screen_free(both->screen);
}

static struct serial_frame *frame_of(struct serial_term *term)
{
	struct serial_frame *frame = serial_frame_new();

	serial_term_frame(term, frame);
	return frame;
}

/* What was written reaches the reader; returns how many rows the frame had. */
static unsigned feed(struct both *both, const char *bytes)
{
	serial_term_feed(both->term, bytes, strlen(bytes));
	struct serial_frame *frame = frame_of(both->term);
	unsigned changed = frame->changed->len;

	serial_screen_apply(both->screen, frame);
	serial_frame_free(frame);
	return changed;
}

static void assert_text(const struct both *both, const char *expected)
{
	g_autofree char *text = serial_screen_text(both->screen, 0, serial_screen_lines(both->screen));

	assert_string_equal(text, expected);
}

static void only_changed_rows_are_told(void **state)
{
	struct both both = both_new(5, 20);

	(void)state;
	assert_int_equal(feed(&both, "one\r\ntwo"), 5);
	assert_text(&both, "one\ntwo\n");
	assert_false(serial_term_changed(both.term));
	assert_int_equal(feed(&both, "!"), 1);
	assert_text(&both, "one\ntwo!\n");
	assert_int_equal(feed(&both, ""), 0);
	both_free(&both);
}

static void colours_and_wide_characters(void **state)
{
	struct both both = both_new(3, 20);
	const struct serial_line *line;

	(void)state;
	feed(&both, "\033[1;31;44mr\033[0m\033[38;2;255;0;0mt\033[0m\033[7mi\033[0m\xe6\xbc\xa2" "e\xcc\x81\xe2\x80\xae");
	line = serial_screen_line(both.screen, 0);
	assert_int_equal(line->cells[0].fg, 1);
	assert_int_equal(line->cells[0].bg, 4);
	assert_int_equal(line->cells[0].flags, SERIAL_FG | SERIAL_BG | SERIAL_BOLD);
	assert_int_equal(line->cells[1].fg, 196);
	assert_int_equal(line->cells[1].flags, SERIAL_FG);
	assert_int_equal(line->cells[2].flags, SERIAL_REVERSE);
	assert_int_equal(line->cells[3].ch, 0x6f22);
	assert_int_equal(line->cells[4].ch, 0);
	assert_int_equal(line->cells[5].ch, 'e');
	assert_int_equal(line->cells[5].comb, 0x301);
	/* Nothing that turns the direction of writing round reaches the reader. */
	for (unsigned i = 0; i < line->count; i++)
		assert_true(line->cells[i].ch == 0 || g_unichar_isprint(line->cells[i].ch));
	both_free(&both);
}

static void what_scrolls_off_is_kept(void **state)
{
	struct both both = both_new(3, 20);

	(void)state;
	for (int i = 0; i < SERIAL_LINES_MAX + 500; i++) {
		g_autofree char *line = g_strdup_printf("line %d\r\n", i);

		feed(&both, line);
	}
	assert_int_equal(serial_screen_history(both.screen), SERIAL_LINES_MAX);
	g_autofree char *first = serial_line_text(serial_screen_line(both.screen, 0));
	assert_string_equal(first, "line 498");
	int found = serial_screen_find(both.screen, "LINE 4499", 0, 1);
	assert_int_equal(found, SERIAL_LINES_MAX + 1);
	assert_int_equal(serial_screen_find(both.screen, "line 497", 0, 1), -1);
	assert_int_equal(serial_screen_find(both.screen, "", 0, 1), -1);
	both_free(&both);
}

/* Nobody reads: the terminal keeps no more than it would ever show. */
static void an_endless_writer_fills_nothing(void **state)
{
	struct serial_term *term = serial_term_new(24, 80);
	g_autoptr(GByteArray) answers = g_byte_array_new();
	static const char *const floods[] = {"yes\r\n", "\033[c\033[6n\033[5n", "\033]0;title without an end",
	        "\033[1;2;3;4;5;6;7;8;9;", "\033P1$r", "e\xcc\x81\xcc\x81\xcc\x81", "\033[2J\033[999;999H\033[999L",
	        "\033[?1049h\033[?1049l", "\xff\xfe\xc0", "\033[99999999999999999999b", "\033[99999999999999999999S"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(floods); i++) {
		g_autoptr(GString) flood = g_string_new(NULL);

		while (flood->len < 4096)
			g_string_append(flood, floods[i]);
		struct mallinfo2 before = mallinfo2();
		for (int n = 0; n < 500; n++) {
			serial_term_feed(term, flood->str, flood->len);
			serial_term_answers(term, answers);
		}
		struct mallinfo2 after = mallinfo2();
		print_message("  flood %u: %ld KiB more\n", (unsigned)i, ((long)after.uordblks - (long)before.uordblks) / 1024);
		assert_true(answers->len <= SERIAL_INPUT_MAX);
		/* A full screen's scrollback is 4000 lines of up to 80 cells. */
		assert_true((long)after.uordblks - (long)before.uordblks < 6 * 1024 * 1024);
		serial_term_feed(term, "\033\\\030\033c", 5);
	}
	struct serial_frame *frame = frame_of(term);
	assert_true(frame->lines->len <= SERIAL_LINES_MAX);
	serial_frame_free(frame);
	serial_term_free(term);
}

static void another_size_loses_nothing(void **state)
{
	struct both both = both_new(4, 20);

	(void)state;
	feed(&both, "one\r\ntwo\033[1;20H\0337");
	serial_term_resize(both.term, 3, 5);
	feed(&both, "\0338end");
	assert_text(&both, "one\ntwo\nend\n");
	assert_int_equal(serial_screen_rows(both.screen), 3);
	both_free(&both);
}

static void a_divider_parts_two_runs(void **state)
{
	struct both both = both_new(4, 20);

	(void)state;
	/* A full-screen program was in the middle of something. */
	feed(&both, "login:\033[?1049h\033[7m\033[2;3r\033[1;1Hvi");
	serial_term_divide(both.term, "[ here ]");
	feed(&both, "a\r\nb\r\nc\r\nd");
	assert_text(&both, "vi\n[ here ]\na\nb\nc\nd\n");
	assert_int_equal(serial_screen_line(both.screen, 2)->cells[0].flags, 0);
	/* Nothing on the screen: only the divider. */
	serial_term_divide(both.term, "[ there ]");
	serial_term_divide(both.term, "[ and there ]");
	feed(&both, "e");
	assert_text(&both, "vi\n[ here ]\na\nb\nc\nd\n[ there ]\n[ and there ]\ne\n");
	both_free(&both);
}

static void random_bytes_do_no_harm(void **state)
{
	struct both both = both_new(10, 40);
	GRand *rand = g_rand_new_with_seed(7);
	static const char alphabet[] = "\033[];?0123456789hlmHJKrABCDPXb\r\n\t \b\a\x9b\x90\x80\xc3\xe2\x94(0";

	(void)state;
	for (int i = 0; i < 2000; i++) {
		char bytes[64];

		for (gsize j = 0; j < sizeof(bytes); j++)
			bytes[j] = g_rand_int_range(rand, 0, 8) ? alphabet[g_rand_int_range(rand, 0, sizeof(alphabet) - 1)]
			                                        : (char)g_rand_int_range(rand, 0, 256);
		serial_term_feed(both.term, bytes, sizeof(bytes));
		if (i % 100 == 0)
			serial_term_resize(both.term, g_rand_int_range(rand, -5, 90), g_rand_int_range(rand, -5, 200));
		feed(&both, "");
	}
	g_rand_free(rand);
	both_free(&both);
}

static void assert_key(struct serial_term *term, keycode key, const char *bytes)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	struct serial_key sent;

	assert_true(console_key(key, &sent));
	serial_term_key(term, &sent, out);
	assert_int_equal(out->len, strlen(bytes));
	assert_memory_equal(out->data, bytes, out->len);
}

static void keys_are_what_a_terminal_sends(void **state)
{
	struct serial_term *term = serial_term_new(24, 80);

	(void)state;
	assert_key(term, 'q', "q");
	assert_key(term, 0xe4, "\xc3\xa4");
	assert_key(term, K_ENTER, "\r");
	assert_key(term, K_TAB, "\t");
	assert_key(term, K_ESC, "\033");
	assert_key(term, K_BACKSPACE, "\177");
	assert_key(term, KEY_CTRL | 'c', "\003");
	assert_key(term, KEY_CTRL | '\\', "\034");
	assert_key(term, KEY_ALT | 'x', "\033x");
	assert_key(term, K_UP, "\033[A");
	assert_key(term, K_DELETE, "\033[3~");
	assert_key(term, K_F1, "\033OP");
	serial_term_feed(term, "\033[?1h", 5);
	assert_key(term, K_UP, "\033OA");
	serial_term_free(term);
}

/* ---- the panel ---- */

static void show(struct console *console, struct serial_term *term, const char *bytes)
{
	serial_term_feed(term, bytes, strlen(bytes));
	struct serial_frame *frame = frame_of(term);

	frame->state = SERIAL_OPEN;
	console_apply(console, frame);
	serial_frame_free(frame);
}

static char *drawn(struct console *console, int rows, int cols, const char *search)
{
	struct canvas canvas;

	canvas_init(&canvas, rows, cols, false);
	console_draw(console, canvas_area(&canvas), search, true);
	char *text = canvas_text(&canvas);
	canvas_fini(&canvas);
	return g_strchomp(text);
}

static void assert_drawn(struct console *console, int rows, int cols, const char *expected)
{
	g_autofree char *text = drawn(console, rows, cols, "");

	assert_string_equal(text, expected);
}

static void a_small_panel_follows_the_cursor(void **state)
{
	struct serial_term *term = serial_term_new(6, 20);
	struct console *console = console_new(&(struct obj_ref){.kind = OBJ_GUEST}, 1);

	(void)state;
	show(console, term, "a\r\nb\r\nc\r\nd\r\ne\r\nf\r\ng\r\nh\r\n");
	/* Eight lines and an empty one on six rows. */
	assert_drawn(console, 3, 20, "g\nh");
	console_scroll(console, 2);
	assert_drawn(console, 3, 20, "e\nf\ng");
	/* What comes meanwhile does not move what is looked at. */
	show(console, term, "i\r\nj\r\n");
	assert_drawn(console, 3, 20, "e\nf\ng");
	console_scroll(console, 1000);
	assert_drawn(console, 3, 20, "a\nb\nc");
	console_scroll(console, -1000);
	assert_drawn(console, 3, 20, "i\nj");
	/* A panel that is taller shows what scrolled off above. */
	assert_drawn(console, 20, 20, "a\nb\nc\nd\ne\nf\ng\nh\ni\nj");
	assert_drawn(console, 0, 0, "");
	console_free(console);
	serial_term_free(term);
}

static void a_search_goes_through_the_scrollback(void **state)
{
	struct serial_term *term = serial_term_new(4, 20);
	struct console *console = console_new(&(struct obj_ref){.kind = OBJ_GUEST}, 1);

	(void)state;
	for (int i = 0; i < 40; i++) {
		g_autofree char *line = g_strdup_printf("%s %d\r\n", i % 10 ? "line" : "Error", i);

		show(console, term, line);
	}
	assert_drawn(console, 4, 20, "line 37\nline 38\nline 39");
	assert_true(console_search(console, "error", -1));
	g_autofree char *last = drawn(console, 4, 20, "error");
	assert_non_null(strstr(last, "Error 30"));
	assert_true(console_search(console, "error", -1));
	g_autofree char *before = drawn(console, 4, 20, "error");
	assert_non_null(strstr(before, "Error 20"));
	assert_true(console_search(console, "error", 1));
	g_autofree char *again = drawn(console, 4, 20, "error");
	assert_non_null(strstr(again, "Error 30"));
	assert_false(console_search(console, "nowhere", 1));
	console_free(console);
	serial_term_free(term);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(only_changed_rows_are_told),
	        cmocka_unit_test(colours_and_wide_characters),
	        cmocka_unit_test(what_scrolls_off_is_kept),
	        cmocka_unit_test(an_endless_writer_fills_nothing),
	        cmocka_unit_test(another_size_loses_nothing),
	        cmocka_unit_test(a_divider_parts_two_runs),
	        cmocka_unit_test(random_bytes_do_no_harm),
	        cmocka_unit_test(keys_are_what_a_terminal_sends),
	        cmocka_unit_test(a_small_panel_follows_the_cursor),
	        cmocka_unit_test(a_search_goes_through_the_scrollback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
