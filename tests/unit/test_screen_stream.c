/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the screen reader may say, and that nothing else is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "console/screen_stream.h"

struct fixture {
	struct screen_stream stream;
	GByteArray *out;
};

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	screen_stream_init(&fixture->stream);
	fixture->out = g_byte_array_new();
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	screen_stream_fini(&fixture->stream);
	g_byte_array_unref(fixture->out);
	g_free(fixture);
	return 0;
}

static void put_hello(struct fixture *fixture)
{
	guint begin = wire_begin(fixture->out, WIRE_HELLO);

	wire_put_u32(fixture->out, WIRE_VERSION);
	wire_end(fixture->out, begin);
}

static void put_screen_of_font(struct fixture *fixture, unsigned rows, unsigned cols, int cursor_row, const char *font)
{
	guint begin = wire_begin(fixture->out, WIRE_SCREEN);

	wire_put_u8(fixture->out, SCREEN_TEXT);
	wire_put_u16(fixture->out, rows);
	wire_put_u16(fixture->out, cols);
	for (unsigned i = 0; i < 4; i++)
		wire_put_u16(fixture->out, 8);
	wire_put_u16(fixture->out, (unsigned)cursor_row & 0xffff);
	wire_put_u16(fixture->out, cursor_row < 0 ? 0xffff : 0);
	wire_put_u32(fixture->out, 0);
	wire_put_u32(fixture->out, 0);
	wire_put_u16(fixture->out, 640);
	wire_put_u16(fixture->out, 480);
	wire_put_string(fixture->out, font);
	wire_end(fixture->out, begin);
}

static void put_screen(struct fixture *fixture, unsigned rows, unsigned cols, int cursor_row)
{
	put_screen_of_font(fixture, rows, cols, cursor_row, "VGA\033[2J");
}

static void put_cell(struct fixture *fixture, unsigned row, unsigned col, gunichar ch, unsigned confidence, unsigned flags)
{
	guint begin = wire_begin(fixture->out, WIRE_CELLS);

	wire_put_u16(fixture->out, row);
	wire_put_u16(fixture->out, col);
	wire_put_u16(fixture->out, 1);
	wire_put_u24(fixture->out, ch);
	wire_put_u24(fixture->out, 0xaabbcc);
	wire_put_u24(fixture->out, 0x112233);
	wire_put_u8(fixture->out, confidence);
	wire_put_u8(fixture->out, flags);
	wire_end(fixture->out, begin);
}

static void put_frame(struct fixture *fixture, uint32_t number)
{
	guint begin = wire_begin(fixture->out, WIRE_FRAME);

	wire_put_u32(fixture->out, number);
	wire_put_u8(fixture->out, 0);
	wire_end(fixture->out, begin);
}

/* Byte by byte, as a socket may give it. */
static bool feed(struct fixture *fixture)
{
	bool right = true;

	for (guint i = 0; right && i < fixture->out->len; i++)
		right = screen_stream_feed(&fixture->stream, fixture->out->data + i, 1);
	g_byte_array_set_size(fixture->out, 0);
	return right;
}

static void a_screen_is_put_together(void **state)
{
	struct fixture *fixture = *state;
	const struct text_screen *screen = &fixture->stream.screen;

	put_hello(fixture);
	put_screen(fixture, 25, 80, 3);
	put_cell(fixture, 2, 79, 'x', 100, 0);
	put_frame(fixture, 7);
	assert_true(feed(fixture));
	assert_int_equal(screen->rows, 25);
	assert_int_equal(screen->cells[2 * 80 + 79].ch, 'x');
	assert_int_equal(screen->cells[2 * 80 + 79].fg, 0xaabbcc);
	assert_int_equal(screen->cells[0].ch, ' ');
	assert_null(strchr(screen->font, '\033'));
	assert_true(fixture->stream.frame_waits && fixture->stream.settled);
	assert_int_equal(fixture->stream.frame, 7);
	/* Another line alone, and the same grid: only that line has changed. */
	screen_stream_begin(&fixture->stream);
	put_screen(fixture, 25, 80, 3);
	put_cell(fixture, 4, 0, 0x2588, 90, CELL_PICTURE);
	put_frame(fixture, 8);
	assert_true(feed(fixture));
	assert_int_equal(screen->changed_first, 3);
	assert_int_equal(screen->changed_last, 4);
	assert_int_equal(screen->cells[2 * 80 + 79].ch, 'x');
}

static void refused(struct fixture *fixture)
{
	assert_false(feed(fixture));
	assert_int_equal(fixture->stream.end, VNC_END_READER);
	assert_true(*fixture->stream.words);
	screen_stream_restart(&fixture->stream);
	put_hello(fixture);
}

/* It tells what is not blank, of a screen that was blank when it began. */
static void another_reader_begins_with_a_blank_screen(void **state)
{
	struct fixture *fixture = *state;
	const struct text_screen *screen = &fixture->stream.screen;

	put_hello(fixture);
	put_screen(fixture, 25, 80, -1);
	put_cell(fixture, 2, 79, 'x', 100, 0);
	put_frame(fixture, 1);
	assert_true(feed(fixture));
	screen_stream_restart(&fixture->stream);
	assert_int_equal(screen->cells[2 * 80 + 79].ch, 'x');
	put_hello(fixture);
	put_screen(fixture, 25, 80, -1);
	put_cell(fixture, 3, 0, 'y', 100, 0);
	put_frame(fixture, 1);
	assert_true(feed(fixture));
	assert_int_equal(screen->cells[2 * 80 + 79].ch, ' ');
	assert_int_equal(screen->cells[3 * 80].ch, 'y');
	assert_int_equal(screen->changed_first, 0);
	put_screen(fixture, 25, 80, -1);
	put_frame(fixture, 2);
	assert_true(feed(fixture));
	assert_int_equal(screen->cells[3 * 80].ch, 'y');
}

static void a_long_name_of_a_font_is_cut_between_characters(void **state)
{
	struct fixture *fixture = *state;

	put_hello(fixture);
	put_screen_of_font(fixture, 25, 80, -1, "a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
	assert_true(feed(fixture));
	assert_true(g_utf8_validate(fixture->stream.font, -1, NULL));
}

static void what_can_not_be_right_is_refused(void **state)
{
	struct fixture *fixture = *state;

	put_frame(fixture, 1); /* before any greeting */
	refused(fixture);
	put_hello(fixture); /* twice */
	refused(fixture);
	put_screen(fixture, 2049, 80, -1);
	refused(fixture);
	put_screen(fixture, 2048, 2048, -1);
	refused(fixture);
	put_screen(fixture, 25, 80, 25);
	refused(fixture);
	put_screen(fixture, 25, 80, -2);
	refused(fixture);
	put_cell(fixture, 0, 0, 'x', 100, 0); /* no screen yet */
	refused(fixture);
	wire_end(fixture->out, wire_begin(fixture->out, 99));
	refused(fixture);
	wire_end(fixture->out, wire_begin(fixture->out, WIRE_PIXELS)); /* nobody asked */
	refused(fixture);
	wire_put_u32(fixture->out, 0x7fffffff);
	wire_put_u8(fixture->out, WIRE_CELLS);
	refused(fixture);
}

static void cells_outside_or_not_printable_are_refused(void **state)
{
	static const gunichar bad[] = {0, '\033', '\n', 0x9b, 0x202e, 0x200b, 0x301, 0xd800, 0x110000, 0xffffff, 0x4e00};
	struct fixture *fixture = *state;

	put_hello(fixture);
	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
		put_screen(fixture, 25, 80, -1);
		put_cell(fixture, 0, 0, bad[i], 100, 0);
		refused(fixture);
	}
	put_screen(fixture, 25, 80, -1);
	put_cell(fixture, 25, 0, 'x', 100, 0);
	refused(fixture);
	put_screen(fixture, 25, 80, -1);
	put_cell(fixture, 0, 80, 'x', 100, 0);
	refused(fixture);
	put_screen(fixture, 25, 80, -1);
	put_cell(fixture, 0, 0, 'x', 101, 0);
	refused(fixture);
	/* A wide one where it says so. */
	put_screen(fixture, 25, 80, -1);
	put_cell(fixture, 0, 0, 0x4e00, 100, CELL_WIDE);
	put_cell(fixture, 0, 1, 0, 100, CELL_WIDE_REST);
	assert_true(feed(fixture));
}

static void an_end_carries_clean_words(void **state)
{
	struct fixture *fixture = *state;
	guint begin;

	put_hello(fixture);
	begin = wire_begin(fixture->out, WIRE_ENDED);
	wire_put_u8(fixture->out, VNC_END_CLOSED);
	wire_put_string(fixture->out, "gone\033]0;x\a\xff");
	wire_end(fixture->out, begin);
	assert_false(feed(fixture));
	assert_int_equal(fixture->stream.end, VNC_END_CLOSED);
	assert_null(strchr(fixture->stream.words, '\033'));
	assert_true(g_utf8_validate(fixture->stream.words, -1, NULL));
}

static void a_picture_comes_only_when_asked_for_and_whole(void **state)
{
	struct fixture *fixture = *state;
	guint begin;

	fixture->stream.pixels_wanted = true;
	put_hello(fixture);
	begin = wire_begin(fixture->out, WIRE_PIXELS_NEW);
	wire_put_u16(fixture->out, 2);
	wire_put_u16(fixture->out, 1);
	wire_end(fixture->out, begin);
	begin = wire_begin(fixture->out, WIRE_PIXELS);
	wire_put_u24(fixture->out, 0x030201);
	wire_put_u24(fixture->out, 0x060504);
	wire_end(fixture->out, begin);
	assert_true(feed(fixture));
	assert_int_equal(fixture->stream.pixels_have, 6);
	assert_int_equal(fixture->stream.pixels->rgb[5], 6);
	begin = wire_begin(fixture->out, WIRE_PIXELS);
	wire_put_u8(fixture->out, 0);
	wire_end(fixture->out, begin);
	assert_false(feed(fixture));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_screen_is_put_together, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(another_reader_begins_with_a_blank_screen, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_long_name_of_a_font_is_cut_between_characters, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(what_can_not_be_right_is_refused, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(cells_outside_or_not_printable_are_refused, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(an_end_carries_clean_words, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_picture_comes_only_when_asked_for_and_whole, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
